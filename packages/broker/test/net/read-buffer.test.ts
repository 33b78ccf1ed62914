/** Sockets that read into one buffer. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { readInto } from '../../src/net/read-buffer.ts'

async function listening(t: TestContext): Promise<{ server: Server; port: number }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

async function pair(t: TestContext, server: Server, port: number): Promise<[far: Socket, near: Socket]> {
  const accepted = once(server, 'connection')
  const far = connect({ host: '127.0.0.1', port, noDelay: true })
  const [near] = (await accepted) as [Socket]
  t.after(() => far.destroy())
  return [far, near]
}

test('what is kept of one read is not written over by the next, of whichever socket', async (t) => {
  const { server, port } = await listening(t)
  const pairs: [Socket, Socket][] = []
  for (let i = 0; i < 4; i++) pairs.push(await pair(t, server, port))
  await Promise.all(
    pairs.map(async ([far, near], i) => {
      const chunks: Buffer[] = []
      assert.ok(readInto(near, (chunk) => chunks.push(chunk) > 0))
      // More than a piece each, and they are read from in turns.
      const bytes = Buffer.alloc(700_000, `${i} this is what number ${i} says; `)
      far.end(bytes)
      await once(near, 'close')
      assert.ok(Buffer.concat(chunks).equals(bytes))
    }),
  )
})

test('what had not been read yet when it began is read, in order', async (t) => {
  const { server, port } = await listening(t)
  const [far, near] = await pair(t, server, port)
  far.write('first')
  const [first] = (await once(near, 'data')) as [Buffer]
  near.removeAllListeners('data')
  const heard = [first]
  far.write('second')
  assert.ok(readInto(near, (chunk) => heard.push(chunk) > 0))
  far.end('third')
  await once(near, 'close')
  assert.equal(Buffer.concat(heard).toString(), 'firstsecondthird')
})

test('who returns false gets nothing until the socket is resumed', async (t) => {
  const { server, port } = await listening(t)
  const [far, near] = await pair(t, server, port)
  let heard = 0
  let paused = false
  readInto(near, (chunk) => {
    assert.ok(!paused)
    heard += chunk.length
    paused = true
    setImmediate(() => {
      paused = false
      near.resume()
    })
    return false
  })
  far.end(Buffer.alloc(1_000_000))
  await once(near, 'close')
  assert.equal(heard, 1_000_000)
})

test('both sides may end: what is written before it arrives, and a reset is told', async (t) => {
  const { server, port } = await listening(t)
  const [far, near] = await pair(t, server, port)
  assert.ok(readInto(near, () => true))
  near.end('the last words')
  const [words] = (await once(far, 'data')) as [Buffer]
  assert.equal(words.toString(), 'the last words')
  far.end()
  await once(near, 'close')

  const [other, cut] = await pair(t, server, port)
  assert.ok(readInto(cut, () => true))
  const failed = once(cut, 'error')
  other.resetAndDestroy()
  assert.equal(((await failed)[0] as NodeJS.ErrnoException).code, 'ECONNRESET')
})

test('what is no plain socket, or has read already, stays as it is', async (t) => {
  const { server, port } = await listening(t)
  const [far, near] = await pair(t, server, port)
  far.write('early')
  await once(near, 'readable')
  const heard: Buffer[] = []
  assert.ok(!readInto(near, (chunk) => heard.push(chunk) > 0))
  await once(near, 'data')
  assert.equal(Buffer.concat(heard).toString(), 'early')

  class Other extends Socket {}
  assert.ok(!readInto(new Other(), () => true))
  assert.ok(!readInto(new Socket(), () => true))
})
