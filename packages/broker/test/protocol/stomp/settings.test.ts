import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StompProtocol } from '../../../src/protocol/stomp/protocol.ts'
import { isStompOption, readStompSettings, stompDefaults } from '../../../src/protocol/stomp/settings.ts'
import { BrokerService } from '../../../src/service.ts'
import { stompBroker } from './stomp-broker.ts'

test('the options of a connector have the names of the model, and their values are checked', () => {
  assert.deepEqual(readStompSettings(new Map()), stompDefaults)
  const settings = readStompSettings(
    new Map([
      ['wireFormat.maxFrameSize', '2000'],
      ['transport.hbGracePeriodMultiplier', '1.5'],
      ['transport.defaultHeartBeat', '1000,0'],
      ['stomp.closeOnError', 'true'],
    ]),
  )
  assert.equal(settings.maxFrameSize, 2000)
  assert.equal(settings.hbGracePeriodMultiplier, 1.5)
  assert.equal(settings.defaultHeartBeat, '1000,0')
  assert.equal(settings.closeOnError, true)
  for (const [name, value] of [
    ['wireFormat.maxFrameSize', '10'],
    ['wireFormat.maxHeaders', 'many'],
    ['transport.hbGracePeriodMultiplier', '0.5'],
    ['transport.defaultHeartBeat', '1000'],
    ['stomp.lenientEscapes', 'yes'],
  ] as const) {
    assert.throws(() => readStompSettings(new Map([[name, value]])), { code: 'CONFIGURATION_INVALID' }, name)
  }
  assert.equal(isStompOption('wireFormat.maxFrameSize'), true)
  assert.equal(isStompOption('wireFormat.cacheSize'), false)
  assert.equal(isStompOption('toString'), false)
})

test('an option that is not known is refused before the broker starts', async () => {
  const service = new BrokerService({ memory: true, listen: ['stomp://127.0.0.1:0?wireFormat.maxFrameSiz=1'] })
  await assert.rejects(service.start(), { code: 'CONFIGURATION_INVALID' })
})

test('a frame may be as large as the connector allows once the client is known', async (t) => {
  const { connect } = await stompBroker(t, '?wireFormat.maxFrameSize=200000&wireFormat.maxDataLength=150000')
  const client = await connect('1.2')
  await client.ask('SEND', { destination: '/queue/a' }, 'x'.repeat(150_000))
  client.send('SEND', { destination: '/queue/a', 'content-length': '150001' })
  assert.equal((await client.error()).headers['code'], 'FRAME_TOO_LARGE')
  await client.closed
})

test('the first bytes say whether a client speaks STOMP', () => {
  const protocol = new StompProtocol()
  for (const text of ['', '\n', '\r\n', 'C', 'CONN', 'STOM', '\n\nST']) {
    assert.equal(protocol.claims(Buffer.from(text)), undefined, JSON.stringify(text))
  }
  for (const text of ['CONNECT\n', 'STOMP\n', '\r\nCONNECT\r\n', 'CONNECT']) {
    assert.equal(protocol.claims(Buffer.from(text)), true, text)
  }
  for (const text of ['AMQP', 'GET / HTTP/1.1', '\0\0\0\u0001\u0001ActiveMQ', 'CONNX', 'SEND\n', 'stomp']) {
    assert.equal(protocol.claims(Buffer.from(text)), false, text)
  }
})
