/** One port for everything. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { Duplex } from 'node:stream'
import { ByteWriter, ManualClock } from '@millrace/base'
import { initialFormat, wireFormatInfo } from '@millrace/openwire'
import type { BrokerService } from '../../src/service.ts'
import { RawClient } from '../protocol/raw-client.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { dribble, heard, open, openTls, portOf, started, Warnings } from './sockets.ts'

const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE }
const listen = ['auto://127.0.0.1:0']

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Somebody who does as is expected is served. */
async function isServed(service: BrokerService): Promise<void> {
  const client = new RawClient(await open(portOf(service)), {})
  await client.greet()
  await client.introduce('somebody else')
  await client.leave()
}

function greeting(): Buffer {
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo(), writer)
  return writer.take()
}

describe('one port', () => {
  test('speaks OpenWire with and without TLS, and says nothing before the peer has', async (t) => {
    const service = await started(t, { listen, tls })
    const plain = await open(portOf(service))
    const secure = await openTls(portOf(service))
    for (const [name, socket] of [
      ['plain', plain],
      ['secure', secure],
    ] as const) {
      const client = new RawClient(socket, {})
      assert.equal(client.received.length, 0)
      await client.greet()
      await client.introduce(name)
      client.send(client.session(1))
      await client.barrier()
    }
    assert.equal(service.connectionCount, 2)
  })

  test('needs no more than one byte at a time, for OpenWire, TLS and HTTP', async (t) => {
    const service = await started(t, { listen, tls })
    const plain = await open(portOf(service))
    await dribble(plain, greeting())
    assert.ok((await once(plain, 'data'))[0])
    plain.destroy()

    // TLS, and OpenWire in it: each byte in a segment of its own.
    const below = await open(portOf(service))
    const slow = new Duplex({
      read: () => {},
      async writev(chunks, done) {
        for (const { chunk } of chunks) await dribble(below, chunk as Buffer)
        done()
      },
    })
    below.on('data', (chunk: Buffer) => slow.push(chunk)).on('close', () => slow.push(null))
    const secure = connectTls({ socket: slow, ca: TEST_CERTIFICATE, servername: 'localhost' })
    await once(secure, 'secureConnect')
    await dribble(secure, greeting())
    assert.ok((await once(secure, 'data'))[0])
    below.destroy()

    const web = await open(portOf(service))
    const answer = heard(web)
    await dribble(web, latin1('GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))
    assert.match((await answer).toString(), /^HTTP\/1\.1 404 /)
    await isServed(service)
  })

  test('tells who speaks AMQP or MQTT that they are not spoken, and closes', async (t) => {
    const log = new Warnings()
    const service = await started(t, { listen, log })
    const answers: string[] = []
    for (const text of ['AMQP\u0003\u0001\0\0', '\u0010\u000c\0\u0004MQTT\u0004\u0002\0<\0\0']) {
      const socket = await open(portOf(service))
      const answer = heard(socket)
      socket.write(latin1(text))
      answers.push((await answer).toString('hex'))
    }
    assert.deepEqual(answers, ['414d515000010000', '20020001'])
    assert.deepEqual(log.reasons, ['AMQP is not spoken here', 'MQTT is not spoken here'])
    await isServed(service)
  })

  test('without a certificate tells who wants TLS so, and the log what to do', async (t) => {
    const log = new Warnings()
    const service = await started(t, { listen, log })
    await assert.rejects(openTls(portOf(service)), /handshake failure/i)
    assert.deepEqual(log.reasons, ['the peer wants TLS, and there is no certificate: give the broker one'])
    await isServed(service)
  })

  test('takes TLS once: TLS inside TLS ends the connection', async (t) => {
    const log = new Warnings()
    const service = await started(t, { listen, tls, log })
    const outer = await openTls(portOf(service))
    const inner = connectTls({ socket: outer, ca: TEST_CERTIFICATE, servername: 'localhost' })
    await heard(inner)
    assert.ok(log.reasons.includes('TLS inside TLS'), log.reasons.join())
    await isServed(service)
  })

  test('loses nothing of what came together with the first bytes', async (t) => {
    const service = await started(t, { listen, tls })
    for (const socket of [await open(portOf(service)), await openTls(portOf(service))]) {
      // What is said before the other side has answered is said in version 1.
      const client = new RawClient(socket, { version: 1 })
      socket.cork()
      const greeted = client.greet()
      const introduced = client.introduce('in one')
      socket.uncork()
      await greeted
      await introduced
      await client.leave()
    }
  })
})

describe('who keeps a port waiting', () => {
  /** Turns the clock until the peer is let go. */
  async function untilClosed(socket: Socket, clock: ManualClock): Promise<number> {
    let gone = false
    let passedMs = 0
    socket.on('close', () => {
      gone = true
    })
    while (!gone) {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
      if (gone) break
      clock.advance(500)
      passedMs += 500
    }
    return passedMs
  }

  test('is let go: in silence, in the middle of a handshake, in the middle of a header', async (t) => {
    const clock = new ManualClock()
    const service = await started(t, { listen: [...listen, 'ssl://127.0.0.1:0', 'ws://127.0.0.1:0'], tls, clock })
    const beginnings: readonly (readonly [number, string])[] = [
      [0, ''],
      [0, '\0\0\u0001'],
      [0, '\u0016\u0003\u0001\u0002\0'],
      [0, 'GET / HTTP/1.1\r\nHost: '],
      [1, ''],
      [1, '\u0016\u0003\u0001'],
      [2, ''],
      [2, 'GET / HT'],
    ]
    for (const [index, text] of beginnings) {
      const socket = await open(portOf(service, index))
      socket.on('error', () => {}).resume()
      if (text !== '') socket.write(latin1(text))
      const passedMs = await untilClosed(socket, clock)
      assert.ok(passedMs > 0 && passedMs <= 45_000, `${index} ${JSON.stringify(text)}: ${passedMs}`)
    }
    while (service.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve))
    await isServed(service)
  })

  test('waits no longer than its address says', async (t) => {
    const clock = new ManualClock()
    const service = await started(t, { listen: ['auto://127.0.0.1:0?protocolDetectionTimeOut=3000'], clock })
    const socket = await open(portOf(service))
    socket.resume()
    assert.ok((await untilClosed(socket, clock)) <= 4_000)
  })

  test('counts as a connection while it does', async (t) => {
    const service = await started(t, { listen: ['auto://127.0.0.1:0?maximumConnections=2'], tls })
    const silent = await open(portOf(service))
    const begun = await open(portOf(service))
    begun.write(latin1('\u0016\u0003\u0001'))
    while (service.connectionCount < 2) await new Promise((resolve) => setImmediate(resolve))
    assert.equal((await heard(await open(portOf(service)))).length, 0)
    silent.destroy()
    while (service.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve))
    await isServed(service)
    begun.destroy()
  })

  test('sends rubbish: that costs the connection and nothing else', async (t) => {
    const service = await started(t, { listen, tls })
    const lines = [
      'x'.repeat(100_000),
      '\0'.repeat(50_000),
      '\u0016\u0003' + 'y'.repeat(50_000),
      'GET ' + 'z'.repeat(50_000),
    ]
    for (const line of lines) {
      const socket = await open(portOf(service))
      const answer = heard(socket)
      socket.write(latin1(line))
      await answer
    }
    const inside = await openTls(portOf(service))
    const answer = heard(inside)
    inside.write('x'.repeat(50_000))
    await answer
    await isServed(service)
    assert.ok(inside instanceof TLSSocket)
  })
})

test('options of an address go to the protocol that they name, and what nobody knows is refused', async (t) => {
  const fine = 'auto://127.0.0.1:0?wireFormat.maxFrameSize=2000000&wireFormat.default.version=11&auto.protocols=default'
  const service = await started(t, { listen: [fine] })
  const client = new RawClient(await open(portOf(service)), {})
  await client.greet()
  assert.equal(client.agreed?.version, 11)
  client.socket.destroy()
  for (const [text, message] of [
    ['auto://127.0.0.1:0?maximumConection=5', /there is no option maximumConection; did you mean maximumConnections\?/],
    ['auto://127.0.0.1:0?wireFormat.openwire.maxFrame=5', /no option wireFormat\.openwire\.maxFrame/],
    ['auto://127.0.0.1:0?auto.protocols=openwires', /there is no protocol openwires, but .*did you mean openwire\?/],
    ['auto://127.0.0.1:0?maximumConnections=0', /expected a whole number from 1$/],
    ['unix:///tmp/x?mode=999', /expected permissions like 600/],
    ['ws://127.0.0.1:0?allowedOrigins=shop', /expected origins like https:\/\/shop\.example/],
  ] as const) {
    await assert.rejects(started(t, { listen: [text] }), { code: 'CONFIGURATION_INVALID', message }, text)
  }
})
