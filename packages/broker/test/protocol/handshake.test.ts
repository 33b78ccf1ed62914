import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  BrokerInfo,
  ConnectionControl,
  ConnectionId,
  ConnectionInfo,
  DataType,
  FlushCommand,
  initialFormat,
  KeepAliveInfo,
  type Offer,
  PartialCommand,
  RemoveInfo,
  SessionInfo,
  ShutdownInfo,
  WireFormatInfo,
  wireFormatInfo,
} from '@millrace/openwire'
import { ByteWriter, ManualClock } from '@millrace/base'
import { BrokerService } from '../../src/service.ts'
import { queue, RawClient } from './raw-client.ts'

const clock = new ManualClock()
const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null, clock })
let address = ''

before(async () => {
  await service.start()
  address = service.addresses[0] ?? ''
})
after(() => service.stop())

/** Others do not notice what one peer does: each test of a misbehaving one ends with this. */
async function othersGoOn(): Promise<void> {
  const other = await RawClient.connect(address, 'bystander')
  await other.ask(other.producer(1, queue('bystander')))
  await other.leave()
}

describe('before the first command', () => {
  test('the broker speaks first, in version 1 loose, without saying what it runs on', async () => {
    const client = await RawClient.open(address)
    const bytes = await new Promise<Buffer>((resolve) => client.socket.once('data', resolve))
    assert.equal(bytes.readInt32BE(0), bytes.length - 4)
    assert.equal(bytes[4], DataType.WireFormatInfo)
    assert.equal(bytes.toString('latin1', 5, 13), 'ActiveMQ')
    assert.equal(bytes.readInt32BE(13), 12)
    assert.doesNotMatch(bytes.toString('latin1'), /node\.?js|linux|\d+\.\d+\.\d+/i)
    await client.vanish()
  })

  test('bytes of another protocol end the link, and only that', async () => {
    for (const garbage of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'STOMP\naccept-version:1.2\n\n\0',
      '\x10\x0c\0\x04MQTT\x04\x02',
    ]) {
      const client = await RawClient.open(address)
      client.write(Buffer.from(garbage, 'latin1'))
      await client.closed
    }
    await othersGoOn()
  })

  test('a frame that is announced larger than 64 KiB ends the link before it has come', async () => {
    const client = await RawClient.open(address)
    client.write(Buffer.from([0, 1, 0, 1, 1]))
    await client.closed
  })

  test('anything but a WireFormatInfo ends the link', async () => {
    for (const command of [new ConnectionInfo(), new KeepAliveInfo(), new ShutdownInfo()]) {
      const client = await RawClient.open(address)
      client.send(command)
      await client.closed
    }
  })

  test('a wrong magic, and a version below 1, end the link', async () => {
    const magic = new WireFormatInfo()
    magic.magic = Buffer.from('ActiveMX')
    magic.version = 12
    const version = wireFormatInfo()
    version.version = -3
    for (const info of [magic, version]) {
      const client = await RawClient.open(address)
      client.send(info)
      // A version below 1 is no opinion, by the rules of negotiation.
      if (info === version) await client.vanish()
      else await client.closed
    }
    await othersGoOn()
  })

  test('half a greeting is waited for, and no longer than the limit', async () => {
    const client = await RawClient.open(address)
    const writer = new ByteWriter()
    initialFormat().marshal(wireFormatInfo(), writer)
    const greeting = writer.take()
    client.write(greeting.subarray(0, 20))
    const other = await RawClient.connect(address, 'meanwhile')
    client.write(greeting.subarray(20))
    await client.take(DataType.BrokerInfo)
    await client.vanish()
    await other.leave()
  })
})

describe('before the ConnectionInfo', () => {
  test('only the commands of the handshake are accepted', async () => {
    const remove = new RemoveInfo()
    remove.objectId = new ConnectionId()
    for (const command of [new SessionInfo(), new FlushCommand(), remove, wireFormatInfo()]) {
      const client = await RawClient.greet(address)
      client.send(command)
      if (command.dataType !== DataType.WireFormatInfo) {
        const error = await client.take(DataType.ConnectionError)
        assert.equal(error.exception?.className, 'java.lang.IllegalStateException')
      }
      await client.closed
    }
    await othersGoOn()
  })

  test('a fail-over client may say so first, and a bridge may present itself', async () => {
    const client = await RawClient.greet(address)
    const control = new ConnectionControl()
    control.faultTolerant = true
    control.connectedBrokers = ''
    control.reconnectTo = ''
    client.send(control)
    const bridge = new BrokerInfo()
    bridge.networkConnection = true
    client.send(bridge)
    await client.introduce('early')
    await client.leave()
  })

  test('a second BrokerInfo ends the link, and so does a duplex bridge', async () => {
    const twice = await RawClient.greet(address)
    twice.send(new BrokerInfo())
    twice.send(new BrokerInfo())
    await twice.closed
    const duplex = await RawClient.greet(address)
    const info = new BrokerInfo()
    info.duplexConnection = true
    duplex.send(info)
    const error = await duplex.take(DataType.ConnectionError)
    assert.equal(error.exception?.className, 'javax.jms.JMSException')
    await duplex.closed
  })

  test('frames stay small', async () => {
    const client = await RawClient.greet(address)
    const info = new ConnectionInfo()
    info.clientId = 'x'.repeat(30_000)
    info.userName = 'x'.repeat(30_000)
    info.password = 'x'.repeat(30_000)
    client.send(info)
    const error = await client.take(DataType.ConnectionError)
    assert.equal(error.exception?.className, 'java.io.IOException')
    await client.closed
  })

  test('a peer that talks and never introduces itself is let go', async () => {
    const client = await RawClient.greet(address)
    for (let i = 0; i < 40; i++) client.send(new KeepAliveInfo())
    await client.closed
  })

  test('a connection id and a client id are needed', async () => {
    const nameless = await RawClient.greet(address)
    nameless.send(new ConnectionInfo())
    await nameless.closed
    const idless = await RawClient.greet(address)
    const info = new ConnectionInfo()
    info.connectionId = new ConnectionId()
    info.connectionId.value = 'ID:a-1-1-1:1'
    assert.equal(await idless.refused(info), 'javax.jms.InvalidClientIDException')
    clock.advance(2_000)
    await idless.closed
  })

  test('a second introduction ends the link', async () => {
    const client = await RawClient.connect(address, 'twice')
    const info = new ConnectionInfo()
    info.connectionId = new ConnectionId()
    info.connectionId.value = client.connectionId
    info.clientId = 'twice'
    client.send(info)
    await client.take(DataType.ConnectionError)
    await client.closed
  })
})

test('a client id that is in use is refused, and the link closes two seconds later', async () => {
  const holder = await RawClient.connect(address, 'same')
  const second = await RawClient.greet(address)
  second.connectionId = ''
  const info = new ConnectionInfo()
  info.connectionId = new ConnectionId()
  info.connectionId.value = 'ID:another-1-1-1:1'
  info.clientId = 'same'
  assert.equal(await second.refused(info), 'javax.jms.InvalidClientIDException')
  clock.advance(1_900)
  second.send(new KeepAliveInfo())
  clock.advance(200)
  await second.closed
  await holder.leave()
})

describe('undecodable bytes after the introduction', () => {
  const cases: readonly (readonly [string, Buffer])[] = [
    ['an unknown type code', Buffer.from([0, 0, 0, 1, 99])],
    ['a frame of size 0', Buffer.from([0, 0, 0, 0])],
    ['a negative size', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a frame larger than the limit', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['a frame that ends within a field', Buffer.from([0, 0, 0, 3, DataType.SessionInfo, 0, 0])],
    ['a frame longer than its command', Buffer.from([0, 0, 0, 8, DataType.KeepAliveInfo, 0, 0, 0, 1, 0, 0, 0])],
    ['a length beyond the frame', Buffer.from([0, 0, 0, 9, DataType.ControlCommand, 0, 0, 0, 1, 0, 1, 0x7f, 0xff])],
    ['the null frame', Buffer.from([0, 0, 0, 1, 0])],
  ]
  for (const [name, bytes] of cases) {
    test(`${name}: the peer is told and the link closes, others go on`, async () => {
      const client = await RawClient.connect(address, 'wrong')
      client.write(bytes)
      const error = await client.take(DataType.ConnectionError)
      assert.match(error.exception?.className ?? '', /^java\.(io\.IOException|lang\.IllegalStateException)$/)
      await client.closed
      await othersGoOn()
    })
  }

  test('a structure that is no command ends the link', async () => {
    const client = await RawClient.connect(address, 'structure')
    client.send(new PartialCommand())
    await client.take(DataType.ConnectionError)
    await client.closed
  })

  test('half a frame is no frame: when the peer goes, it was never there', async () => {
    const client = await RawClient.connect(address, 'half')
    client.write(Buffer.from([0, 0, 0, 40, DataType.SessionInfo, 0]))
    await client.vanish()
    await othersGoOn()
  })
})

describe('negotiation', () => {
  const offers: Offer[] = []
  for (let version = 1; version <= 12; version++) {
    for (const tightEncodingEnabled of [false, true]) offers.push({ version, tightEncodingEnabled, cacheEnabled: true })
  }

  test('each version from 1 to 12 is served loose, whatever else is offered, by default', async () => {
    for (const offer of offers) {
      const client = await RawClient.connect(address, 'plain', offer)
      assert.equal(client.agreed?.version, offer.version)
      assert.equal(client.agreed?.tightEncodingEnabled, false)
      assert.equal(client.agreed?.cacheEnabled, false)
      await client.ask(client.producer(1, queue('negotiated')))
      await client.leave()
    }
  })

  test('tight encoding and the cache are spoken where the connector is told so', async () => {
    const tight = new BrokerService({
      memory: true,
      listen: ['openwire://127.0.0.1:0?wireFormat.tightEncodingEnabled=true&wireFormat.cacheEnabled=true'],
      vmName: null,
    })
    await tight.start()
    try {
      for (const offer of offers) {
        const client = await RawClient.connect(tight.addresses[0] ?? '', 'tight', offer)
        assert.equal(client.agreed?.version, offer.version)
        assert.equal(client.agreed?.tightEncodingEnabled, offer.tightEncodingEnabled)
        assert.equal(client.agreed?.cacheEnabled, true)
        for (let i = 1; i <= 3; i++) await client.ask(client.producer(i, queue('negotiated')))
        await client.leave()
      }
    } finally {
      await tight.stop()
    }
  })
})
