/** One address for every transport and protocol. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { ConnectionFactory, type ConnectionFactoryOptions, type WebSocketConstructor } from '@millrace/client'
import { BrokerService } from 'millrace'
import { WebSocket } from 'ws'
import { type Certificate, certificateFor } from './certificates.ts'
import { SOON, textOf } from './fixture.ts'

interface World {
  readonly service: BrokerService
  readonly port: string
  readonly path: string
  readonly own: Certificate
  readonly options: ConnectionFactoryOptions
}

/** A broker with one TCP port and one socket in the file system, and a certificate; null: no openssl. */
async function world(t: TestContext): Promise<World | null> {
  const own = certificateFor('localhost')
  if (own === null) {
    t.skip('there is no openssl to make certificates with')
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ways-'))
  const path = join(folder, 'broker.sock')
  const listen = ['auto://127.0.0.1:0', `unix://${path}`]
  const service = new BrokerService({ memory: true, listen, tls: own, vmName: null })
  await service.start()
  t.after(async () => {
    await service.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  class Trusting extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { ca: own?.cert ?? '' })
    }
  }
  const webSocket = Trusting as unknown as WebSocketConstructor
  const port = /:(\d+)$/.exec(service.addresses[0] ?? '')?.[1] ?? ''
  return { service, port, path, own, options: { tls: { ca: own.cert }, transport: { webSocket } } }
}

test('our client comes in by every way over one port: tcp, ssl, ws, wss, and unix beside it', async (t) => {
  const made = await world(t)
  if (made === null) return
  const { port, path, options } = made
  const urls = ['tcp', 'nio', 'auto', 'ssl', 'auto+ssl', 'ws', 'wss'].map((scheme) => `${scheme}://localhost:${port}`)
  for (const url of [...urls, `unix://${path}`, `failover:(wss://localhost:${port},tcp://localhost:${port})`]) {
    const connection = await new ConnectionFactory(url, options).createConnection()
    await connection.start()
    const session = await connection.createSession()
    const queue = session.createQueue('WAYS')
    const producer = await session.createProducer(queue)
    const consumer = await session.createConsumer(queue)
    for (const length of [0, 1, 70_000, 3_000_000]) {
      await producer.send(session.createTextMessage('x'.repeat(length)))
      assert.equal(textOf(await consumer.receive(SOON)).length, length, url)
    }
    await connection.close()
  }
})

test("the platform's own WebSocket comes in without a relay, and goes on when the broker was gone", async (t) => {
  const first = new BrokerService({ memory: true, listen: ['ws://127.0.0.1:0'], vmName: null })
  await first.start()
  const url = first.addresses[0] ?? ''
  const worker = fileURLToPath(new URL('web-socket-worker.js', import.meta.url))
  const args = ['--experimental-websocket', worker, `${url}/broker`]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, '1 200 70000 3000000')
  await first.stop()
  const second = new BrokerService({ memory: true, listen: [url], vmName: null })
  await second.start()
  t.after(() => second.stop())
  assert.equal((await lines.next()).value, 'after the cut')
  await exited
})

test('certificates change while clients work: they go on, and who comes later sees the new ones', async (t) => {
  const made = await world(t)
  const next = certificateFor('localhost')
  if (made === null || next === null) return
  const { service, port, options } = made
  const url = `ssl://localhost:${port}`
  const before = await new ConnectionFactory(url, options).createConnection()
  await before.start()
  const session = await before.createSession()
  const queue = session.createQueue('CERTIFICATES')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('one'))
  service.reloadTls(next)
  await producer.send(session.createTextMessage('two'))
  await assert.rejects(new ConnectionFactory(url, options).createConnection())
  const after = await new ConnectionFactory(url, { tls: { ca: next.cert } }).createConnection()
  await after.start()
  const consumer = await (await after.createSession()).createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'one')
  assert.equal(textOf(await consumer.receive(SOON)), 'two')
  await after.close()
  await before.close()
})

test('a page that speaks STOMP over a WebSocket exchanges messages with an OpenWire client', async (t) => {
  const made = await world(t)
  if (made === null) return
  const { port, own, options } = made
  const connection = await new ConnectionFactory(`tcp://localhost:${port}`, options).createConnection()
  await connection.start()
  const session = await connection.createSession()
  for (const [url, protocols] of [
    [`ws://localhost:${port}/`, ['v10.stomp', 'v11.stomp', 'v12.stomp']],
    [`wss://localhost:${port}/stomp`, ['v12.stomp']],
    [`ws://localhost:${port}/`, []],
  ] as const) {
    const page = new WebSocket(url, [...protocols], { ca: own.cert, origin: `http://localhost:${port}` })
    let text = ''
    const kinds = new Set<boolean>()
    page.on('message', (data: Buffer, binary: boolean) => {
      text += data.toString()
      kinds.add(binary)
    })
    const said = async (part: string): Promise<void> => {
      while (!text.includes(part)) await once(page, 'message')
    }
    await once(page, 'open')
    assert.equal(page.protocol, protocols.length === 0 ? '' : 'v12.stomp')
    page.send('CONNECT\naccept-version:1.2\nhost:localhost\n\n\0')
    await said('CONNECTED\n')
    // Borders between messages mean nothing.
    page.send('SUBSCRIBE\nid:1\ndestination:/queue/PAGE\nreceipt:r1')
    page.send('\n\n\0SEND\ndestination:/queue/PROGRAM\n\ngrüße\0\n')
    await said('receipt-id:r1')
    const consumer = await session.createConsumer(session.createQueue('PROGRAM'))
    assert.equal(textOf(await consumer.receive(SOON)), 'grüße')
    await consumer.close()
    const producer = await session.createProducer(session.createQueue('PAGE'))
    await producer.send(session.createTextMessage('zurück'))
    await said('zurück\0')
    assert.deepEqual([...kinds], [false])
    page.close()
    await once(page, 'close')
  }
  await connection.close()
})

test('STOMP comes in over the same port, with and without TLS', async (t) => {
  const made = await world(t)
  if (made === null) return
  const { port, own } = made
  const { connect } = await import('node:net')
  const secure = connectTls({ host: 'localhost', port: Number(port), ca: own.cert })
  const plain = connect(Number(port), '127.0.0.1')
  for (const socket of [plain, secure]) {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    // Byte by byte, and with ends of line before the first frame.
    for (const letter of '\n\r\nCONNECT\naccept-version:1.1,1.2\nhost:x\n\n\0') socket.write(letter)
    while (!text.includes('version:1.2')) await once(socket, 'data')
    socket.destroy()
  }
})
