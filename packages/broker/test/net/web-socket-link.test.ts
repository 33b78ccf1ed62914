import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import type { LinkOwner } from '../../src/net/link.ts'
import { WebSocketLink } from '../../src/net/web-socket-link.ts'

interface Pair {
  readonly link: WebSocketLink
  readonly client: WebSocket
  readonly owner: Owner
}

class Owner implements LinkOwner {
  introduced = true
  text = ''
  bytes = 0
  takenCount = 0
  reason: Error | null | undefined
  heard: () => void = () => {}

  received(chunk: Buffer): void {
    this.text = `${this.text}${chunk.toString('latin1')}`.slice(-1000)
    this.bytes += chunk.length
    this.heard()
  }

  taken(): void {
    this.takenCount++
    this.heard()
  }

  gone(reason: Error | null): void {
    this.reason = reason
    this.heard()
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => (this.heard = resolve))
  }
}

/** The two ends of one WebSocket, ours as a link. */
async function pair(t: TestContext, textAllowed: boolean, options: object = {}): Promise<Pair> {
  const http = createHttpServer()
  const server = new WebSocketServer({ server: http })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const connected = once(server, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, options)
  const [socket, request] = (await connected) as [WebSocket, IncomingMessage]
  const owner = new Owner()
  const link = new WebSocketLink(socket, request.socket, textAllowed)
  link.open(owner)
  await once(client, 'open')
  t.after(() => {
    client.terminate()
    server.close()
    http.close()
  })
  return { link, client, owner }
}

test('answers come in the kind that the client used first, and what is no text as bytes', async (t) => {
  const { link, client, owner } = await pair(t, true)
  const answers: [string, boolean][] = []
  const got = (count: number) =>
    new Promise<void>((resolve) => client.on('message', () => answers.length === count && resolve()))
  client.on('message', (data: Buffer, binary: boolean) => answers.push([data.toString('hex'), binary]))
  client.send('grüße')
  await owner.until(() => owner.bytes === 7)
  const both = got(3)
  link.send(Buffer.from('ü'))
  link.send(Buffer.from([0xff, 0x00]))
  // Half of a letter.
  link.send(Buffer.from('ü').subarray(0, 1))
  await both
  assert.deepEqual(answers, [
    ['c3bc', false],
    ['ff00', true],
    ['c3', true],
  ])
  const other = await pair(t, true)
  other.client.send(Buffer.from('bytes'))
  await other.owner.until(() => other.owner.bytes === 5)
  const answer = once(other.client, 'message')
  other.link.send(Buffer.from('text'))
  assert.equal((await answer)[1], true)
})

test('false: the chunk is still needed; taken: no more', async (t) => {
  const { link, client, owner } = await pair(t, false)
  client.pause()
  let sent = 0
  const chunk = Buffer.alloc(64 * 1024, 1)
  do sent += chunk.length
  while (link.send(chunk))
  assert.equal(owner.takenCount, 0)
  let received = 0
  client.on('message', (data: Buffer) => {
    received += data.length
    owner.heard()
  })
  client.resume()
  await owner.until(() => owner.takenCount === 1 && received === sent)
})

test('what is paused hands over nothing more, and goes on', async (t) => {
  const { link, client, owner } = await pair(t, false)
  client.send(Buffer.from('first'))
  await owner.until(() => owner.bytes === 5)
  link.pause()
  for (let i = 0; i < 1000; i++) client.send(Buffer.alloc(64 * 1024))
  // The system takes what fits between the two, and no more.
  while (client.bufferedAmount === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(owner.bytes, 5)
  link.resume()
  await owner.until(() => owner.bytes === 5 + 1000 * 64 * 1024)
})

test('who is silent is asked, and given up when nothing comes back', async (t) => {
  const silent = await pair(t, false, { autoPong: false })
  const pinged = once(silent.client, 'ping')
  for (const nowMs of [1, 2, 29_000, 30_002]) silent.link.tick(nowMs)
  await pinged
  silent.link.tick(75_000)
  assert.equal(silent.owner.reason, undefined)
  silent.link.tick(75_002)
  await silent.owner.until(() => silent.owner.reason !== undefined)
  assert.match(String(silent.owner.reason), /silent for 75001 ms/)
})

test('who answers is kept, and so is who is not read from', async (t) => {
  const alive = await pair(t, false)
  const ponged = once(alive.client, 'ping')
  for (const nowMs of [1, 2, 30_002]) alive.link.tick(nowMs)
  await ponged
  // Something after the answer, so that it is known to have come.
  alive.client.send(Buffer.from('x'))
  await alive.owner.until(() => alive.owner.bytes === 1)
  alive.link.tick(60_000)
  alive.link.pause()
  for (const nowMs of [100_000, 200_000]) alive.link.tick(nowMs)
  alive.link.resume()
  alive.link.tick(201_000)
  alive.link.tick(260_000)
  assert.equal(alive.owner.reason, undefined)
  alive.link.end()
  const [code] = (await once(alive.client, 'close')) as [number]
  assert.equal(code, 1000)
})
