/** What a link over a socket does while nobody wants to hear its peer. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemTurn } from '@millrace/base'
import type { LinkOwner } from '../../src/net/link.ts'
import { SocketLink } from '../../src/net/socket-link.ts'

/** Hears its link, which pauses as often as it is told to. */
class Listening implements LinkOwner {
  readonly introduced = true
  readonly chunks: Buffer[] = []
  readonly closed: Promise<Error | null>
  /** With every chunk the link is paused, and goes on a turn later. */
  halting = false
  #paused = false
  readonly #link: SocketLink
  #gone: (reason: Error | null) => void = () => {}

  constructor(link: SocketLink) {
    this.#link = link
    this.closed = new Promise((resolve) => {
      this.#gone = resolve
    })
    link.open(this)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  received(chunk: Buffer): void {
    assert.ok(!this.#paused)
    this.chunks.push(chunk)
    if (!this.halting) return
    this.pause()
    setImmediate(() => this.resume())
  }

  taken(): void {}

  gone(reason: Error | null): void {
    this.#gone(reason)
  }

  pause(): void {
    this.#paused = true
    this.#link.pause()
  }

  resume(): void {
    this.#paused = false
    this.#link.resume()
  }
}

/** A socket of another class is read through its stream, as one with TLS is. */
class Streamed extends Socket {}

const ways = {
  'the buffer of all': (socket: Socket): Socket => socket,
  'its stream': (socket: Socket): Socket => Object.setPrototypeOf(socket, Streamed.prototype) as Socket,
}

for (const [way, made] of Object.entries(ways)) {
  async function pair(t: TestContext): Promise<[far: Socket, near: Listening, link: SocketLink]> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const accepted = once(server, 'connection')
    const far = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, noDelay: true })
    t.after(() => far.destroy())
    far.on('error', () => {})
    const [socket] = (await accepted) as [Socket]
    const link = new SocketLink(made(socket), systemTurn())
    return [far, new Listening(link), link]
  }

  test(`through ${way}: what comes while the link is paused is handed over when it goes on, in order`, async (t) => {
    const [far, near] = await pair(t)
    near.pause()
    far.write('one ')
    // Its answer would come if anybody read, and there is nothing else to wait for: the system has both.
    await new Promise((resolve) => far.write('two ', resolve))
    assert.equal(near.text, '')
    near.resume()
    near.pause()
    near.resume()
    far.end('three')
    await near.closed
    assert.equal(near.text, 'one two three')
  })

  test(`through ${way}: a million bytes pass a link that is paused with each chunk`, async (t) => {
    const [far, near] = await pair(t)
    near.halting = true
    const bytes = Buffer.alloc(1_000_000, 'what is said at length; ')
    far.end(bytes)
    await near.closed
    assert.ok(Buffer.concat(near.chunks).equals(bytes))
    assert.ok(near.chunks.length > 10)
  })

  test(`through ${way}: a peer that goes is missed although the link is paused`, async (t) => {
    const [far, near] = await pair(t)
    near.pause()
    far.end()
    assert.equal(await near.closed, null)

    const [other, reset] = await pair(t)
    reset.pause()
    other.resetAndDestroy()
    assert.equal(((await reset.closed) as NodeJS.ErrnoException).code, 'ECONNRESET')
  })

  test(`through ${way}: a link that ends while it is paused is gone when its peer has ended too`, async (t) => {
    const [far, near, link] = await pair(t)
    near.pause()
    far.resume()
    link.end()
    assert.equal(await near.closed, null)
  })

  test(`through ${way}: what was held is not told of after the link was destroyed`, async (t) => {
    const [far, near, link] = await pair(t)
    near.pause()
    await new Promise((resolve) => far.write('too late', resolve))
    await new Promise((resolve) => setImmediate(resolve))
    near.resume()
    link.destroy()
    await near.closed
    assert.equal(near.text, '')
  })
}
