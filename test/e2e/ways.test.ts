/** Ways to a broker beside TCP and TLS. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConnectionFactory, ConnectionFailedError, type SocketAddress } from '@millrace/client'
import { BrokerService } from 'millrace'
import { certificateFor } from './certificates.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { WebSocketRelay } from './web-socket-relay.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

async function goesThrough(factory: ConnectionFactory): Promise<void> {
  const connection = await factory.createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('WAY')
  await (await session.createProducer(queue)).send(session.createTextMessage('through'))
  assert.equal(textOf(await (await session.createConsumer(queue)).receive(SOON)), 'through')
  await connection.close()
}

test('a broker listens on a socket in the file system, and clients come over it, with fail-over too', async (t) => {
  if (process.platform === 'win32') {
    t.skip('sockets in the file system are of other systems')
    return
  }
  const folder = temporaryDirectory('test')
  const path = join(folder, 'broker.sock')
  const { service } = await startBroker(t, { listen: ['openwire://127.0.0.1:0', `unix://${path}`] })
  assert.equal(service.addresses[1], `unix://${path}`)
  await goesThrough(new ConnectionFactory(`unix://${path}`))
  await goesThrough(new ConnectionFactory(`failover:(unix://${join(folder, 'none')},unix://${path})?randomize=false`))
  await assert.rejects(
    new ConnectionFactory(`unix://${join(folder, 'none')}`).createConnection(),
    (error: unknown) => error instanceof ConnectionFailedError && error.message.includes(`unix://${folder}`),
  )
  const second = new BrokerService({ memory: true, listen: [`unix://${path}`], vmName: null })
  await assert.rejects(second.start(), { code: 'ADDRESS_IN_USE' })
  for (const wrong of ['unix://run/x', 'unix:///']) {
    const refused = new BrokerService({ memory: true, listen: [wrong], vmName: null })
    await assert.rejects(refused.start(), { code: 'ADDRESS_INVALID' })
  }
})

/** A proxy of the kind that browsers use (HTTP CONNECT), and a `createSocket` that goes through it. */
async function startProxy(t: TestContext): Promise<(address: SocketAddress) => Promise<Duplex>> {
  const proxy = createServer().on('connect', (asked, client, head) => {
    const { hostname, port } = new URL(`http://${asked.url}`)
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(client)
      client.pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  const { port } = proxy.address() as AddressInfo
  return async ({ host, port: to, signal }) => {
    const asked = request({ port, method: 'CONNECT', path: `${host}:${to}`, signal }).end()
    const [answer, socket, head] = (await once(asked, 'connect')) as [IncomingMessage, Duplex, Buffer]
    if (answer.statusCode !== 200) throw new Error('the proxy said no')
    // The broker speaks at once.
    socket.unshift(head)
    return socket
  }
}

test('createSocket goes through a proxy', async (t) => {
  const broker = await startBroker(t)
  const createSocket = await startProxy(t)
  await goesThrough(broker.factory({ transport: { createSocket } }))
  await goesThrough(new ConnectionFactory(`failover:(${broker.url})`, { transport: { createSocket } }))
  const refusing = broker.factory({
    transport: {
      createSocket: () => {
        throw new Error('no way')
      },
    },
  })
  await assert.rejects(refusing.createConnection(), /no connection to tcp:.*no way/)
})

test('createSocket may give any stream of bytes', async (t) => {
  const broker = await startBroker(t)
  const createSocket = ({ host, port }: SocketAddress): Duplex => {
    const socket = connect(port, host)
    return Duplex.from({ readable: socket, writable: socket })
  }
  await goesThrough(broker.factory({ transport: { createSocket } }))
})

test('ssl: TLS is spoken over what createSocket gives', async (t) => {
  const own = certificateFor('localhost')
  if (own === null) {
    t.skip('there is no openssl to make certificates with')
    return
  }
  const { service } = await startBroker(t, {
    listen: ['openwire+ssl://127.0.0.1:0', 'openwire://127.0.0.1:0'],
    tls: own,
  })
  const { port } = new URL((service.addresses[0] ?? '').replace(/^[a-z+]+:/, 'http:'))
  const through = await startProxy(t)
  const createSocket = (address: SocketAddress): Promise<Duplex> => through({ ...address, host: '127.0.0.1' })
  await goesThrough(
    new ConnectionFactory(`ssl://localhost:${port}`, { tls: { ca: own.cert }, transport: { createSocket } }),
  )
  const stranger = new ConnectionFactory(`ssl://localhost:${port}`, { transport: { createSocket } })
  await assert.rejects(stranger.createConnection(), ConnectionFailedError)
})

const worker = fileURLToPath(new URL('web-socket-worker.js', import.meta.url))

test('ws: carries OpenWire in binary messages, and goes on after the line was cut', async (t) => {
  const broker = await startBroker(t)
  const relay = await WebSocketRelay.between(t, broker.url)
  const args = ['--experimental-websocket', worker, `${relay.url}/broker`]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, '1 200 70000 3000000')
  relay.cut()
  assert.equal((await lines.next()).value, 'after the cut')
  await exited
  assert.deepEqual(relay.protocols, ['openwire', 'openwire'])
  assert.equal(relay.paths[0], '/broker')
})

test('ws: without a WebSocket of the platform or of the options is a mistake in the configuration', async (t) => {
  const { url } = await WebSocketRelay.between(t, 'tcp://127.0.0.1:1')
  const run = promisify(execFile)
  const without = ['--no-experimental-websocket', worker, url, 'refused']
  assert.equal((await run(process.execPath, without)).stdout.trim(), 'no WebSocket')
  const nobody = ['--experimental-websocket', worker, 'ws://127.0.0.1:1', 'refused']
  assert.equal((await run(process.execPath, nobody)).stdout.trim(), 'not reached')
})
