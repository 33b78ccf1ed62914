import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { ByteWriter, ManualClock } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import type { BrokerService } from '../../src/service.ts'
import { LineClient } from '../protocol/stomp/line-client.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { heard, open, openTls, portOf, started } from './sockets.ts'
import { Opcode, openUpgraded, webSocketFrame } from './web-socket-frames.ts'

const [AUTO, STOMP, WS, OPENWIRE] = [0, 1, 2, 3]
const LISTEN = ['auto', 'stomp', 'ws', 'openwire'].map((scheme) => `${scheme}://127.0.0.1:0`)

/** What a peer says, a byte of it each second. */
interface Way {
  readonly index: number
  readonly text: string
  readonly open: (port: number) => Promise<Socket>
  readonly inFrames: boolean
}

const way = (index: number, text: string): Way => ({ index, text, open, inFrames: false })
const webSocket = (index: number, text: string, subProtocol: string | null): Way => ({
  index,
  text,
  open: (port) => openUpgraded(port, subProtocol),
  inFrames: true,
})

const LONG = 'a'.repeat(100)
const CONNECT = `CONNECT\naccept-version:1.2\nlogin:${LONG}`
const REQUEST = `GET / HTTP/1.1\r\nHost: here\r\nX-A: ${LONG}`

function greeting(): string {
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo({}), writer)
  return writer.take().toString('latin1')
}

const WAYS: readonly Way[] = [
  way(AUTO, CONNECT),
  way(AUTO, '\n'.repeat(60) + CONNECT),
  way(AUTO, `${'\n'.repeat(25)}${CONNECT}`),
  way(AUTO, REQUEST),
  way(AUTO, greeting()),
  way(AUTO, `\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003${LONG}`),
  way(STOMP, '\n'.repeat(100)),
  way(STOMP, CONNECT),
  way(WS, REQUEST),
  way(OPENWIRE, greeting()),
  webSocket(AUTO, CONNECT, null),
  webSocket(AUTO, '\n'.repeat(100), null),
  webSocket(WS, CONNECT, 'v12.stomp'),
  webSocket(WS, greeting(), 'openwire'),
]

/** Waits until no more than so many are connected. */
async function remain(service: BrokerService, count: number): Promise<void> {
  while (service.connectionCount > count) await new Promise((resolve) => setImmediate(resolve))
}

async function steadyClient(service: BrokerService): Promise<LineClient> {
  const client = await LineClient.connect(service.addresses[STOMP] ?? '')
  await client.ask('SUBSCRIBE', { destination: '/queue/steady', id: 's' })
  return client
}

/** A message goes through. */
async function isServed(client: LineClient, text: string): Promise<void> {
  await client.ask('SEND', { destination: '/queue/steady' }, text)
  assert.deepEqual(await client.bodies(1), [text])
}

test('a thousand peers that say a byte each second are gone when half a minute has passed', async (t) => {
  const clock = new ManualClock()
  const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE }
  const service = await started(t, { listen: LISTEN, clock, tls })
  const steady = await steadyClient(service)
  const peers: { readonly socket: Socket; readonly way: Way }[] = []
  for (let i = 0; i < 980; i++) {
    const way = WAYS[i % WAYS.length] as Way
    peers.push({ socket: await way.open(portOf(service, way.index)), way })
  }
  const secret = { ...way(AUTO, CONNECT), open: (port: number) => openTls(port) }
  for (let i = 0; i < 20; i++) peers.push({ socket: await secret.open(portOf(service)), way: secret })
  for (const { socket } of peers) socket.on('error', () => {}).resume()
  await isServed(steady, 'before')
  assert.equal(service.connectionCount, 1001)

  for (let second = 0; second < 30; second++) {
    for (const { socket, way } of peers) {
      const byte = Buffer.from(way.text.charAt(second), 'latin1')
      if (socket.writable) socket.write(way.inFrames ? webSocketFrame(byte, { opcode: Opcode.Binary }) : byte)
    }
    await isServed(steady, `${second}`)
    // Nobody but who speaks HTTP or wants TLS is given less.
    if (second === 9) assert.ok(service.connectionCount > 700)
    clock.advance(1000)
  }
  await remain(service, 1)
  await isServed(steady, 'after')
  await steady.leave()
})

test('a peer that does not let go of its side of the connection is cut five seconds later', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: LISTEN, clock })
  const socket = await open(portOf(service, STOMP))
  // Nothing is read, so the end is not seen either.
  socket.on('error', () => {})
  while (service.connectionCount < 1) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(30_000)
  clock.advance(6_000)
  await remain(service, 0)
  socket.destroy()
})

/** Writes without an end in sight, as fast as it is taken, until the other side has had enough. */
async function pour(socket: Socket, piece: Buffer, bytesMax: number): Promise<void> {
  const gone = heard(socket)
  for (let sent = 0; sent < bytesMax && socket.writable; sent += piece.length) {
    if (!socket.write(piece)) {
      await Promise.race([gone, new Promise((resolve) => socket.once('drain', resolve))])
    }
  }
}

test('headers, requests and lines without an end cost the connection, and nobody else anything', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: LISTEN, clock })
  const steady = await steadyClient(service)
  const piece = (text: string): Buffer => Buffer.from(text.repeat(Math.ceil(65_536 / text.length)))
  for (const [index, beginning, more] of [
    [STOMP, 'CONNECT\nlogin:', 'a'],
    [STOMP, 'CONNECT\n', 'name:value\n'],
    [STOMP, '', 'CONNECT'],
    [STOMP, 'CONNECT\n\n', 'body'],
    [AUTO, 'CONNECT\nlogin:', 'a'],
    [AUTO, '', '\n'],
    [AUTO, 'GET / HTTP/1.1\r\nX-A: ', 'a'],
    [AUTO, 'GET / HTTP/1.1\r\n', 'X-A: b\r\n'],
    [WS, 'GET /', 'a'],
  ] as const) {
    const socket = await open(portOf(service, index))
    const gone = heard(socket)
    socket.write(beginning)
    await pour(socket, piece(more), Number.POSITIVE_INFINITY)
    await gone
    await remain(service, 1)
    await isServed(steady, beginning)
  }
  await steady.leave()
})

test('who goes on talking after it was refused is cut before its time to leave is over', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: LISTEN, clock })
  const steady = await steadyClient(service)
  const socket = connect({ host: '127.0.0.1', port: portOf(service, STOMP), allowHalfOpen: true })
  const gone = heard(socket)
  socket.write('NONSENSE\n')
  await pour(socket, Buffer.alloc(65_536, 'x'), Number.POSITIVE_INFINITY)
  assert.match((await gone).toString(), /^ERROR\n/)
  await remain(service, 1)
  await steady.leave()
})

test('ends of line without an end are read and forgotten, as far as a peer may talk that has not said who it is', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: LISTEN, clock })
  const steady = await steadyClient(service)
  const socket = await open(portOf(service, STOMP))
  socket.write(Buffer.alloc(400 * 1024, '\n'))
  await isServed(steady, 'meanwhile')
  assert.equal(service.connectionCount, 2)
  await pour(socket, Buffer.alloc(65_536, '\n'), Number.POSITIVE_INFINITY)
  await remain(service, 1)
  await isServed(steady, 'after')
  await steady.leave()
})

test('thousands of connections without a byte, and of CONNECTs, leave nothing behind', async (t) => {
  const clock = new ManualClock()
  const service = await started(t, { listen: LISTEN, clock })
  const steady = await steadyClient(service)
  for (let round = 0; round < 10; round++) {
    const silent = await Promise.all(Array.from({ length: 200 }, () => open(portOf(service, round % 4))))
    for (const socket of silent) socket.on('error', () => {}).destroy()
    const greeting = await open(portOf(service, STOMP))
    const answer = heard(greeting)
    // The second is one too many.
    greeting.write('CONNECT\naccept-version:1.2\nhost:here\n\n\0'.repeat(1000))
    assert.match((await answer).toString(), /^CONNECTED\n[^]*\0\nERROR\n[^]*second CONNECT/)
    await isServed(steady, `${round}`)
  }
  await remain(service, 1)
  assert.equal(service.broker.connections.size, 1)
  await steady.leave()
})
