import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { numbers, type Received, World } from './world.ts'

test('every subscription to a topic gets every message that comes after it', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('topic://T', 'early')
  const first = client.consume('topic://T')
  const second = client.consume('topic://T')
  client.send('topic://T', 'one')
  assert.deepEqual([first.texts, second.texts], [['one'], ['one']])
  assert.equal(first.received[0]?.message, second.received[0]?.message, 'they share one message')
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a persistent message of a topic without durable subscriptions is not stored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('topic://T')
  const reply = client.post('topic://T', 'one')
  assert.equal(reply.code, null)
  assert.equal(world.store.usage.bytes, 0)
  world.run()
  assert.deepEqual(consumer.texts, ['one'])
})

test('a topic subscription has its prefetch outstanding, counts acknowledgements and keeps the rest waiting', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('topic://T', { prefetch: 3 })
  for (const text of numbers(1, 9)) client.send('topic://T', text)
  assert.deepEqual(consumer.take(), ['1', '2', '3'])
  consumer.ack({ key: 0 } as Received, { kind: AckKind.Delivered, count: 2 })
  assert.deepEqual(consumer.take(), ['4', '5'])
  consumer.ack({ key: 0 } as Received, { kind: AckKind.Redelivered, count: 2 })
  assert.deepEqual(consumer.take(), [])
  consumer.ack({ key: 0 } as Received, { count: 3 })
  assert.deepEqual(consumer.take(), ['6'])
  assert.ok(world.broker.usage.memoryBytes > 0)
  consumer.close()
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a subscription that limits what waits for it loses the oldest', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('topic://T', { prefetch: 2, maximumPendingMessages: 3 })
  for (const text of numbers(1, 9)) client.send('topic://T', text)
  assert.deepEqual(consumer.take(), ['1', '2'])
  consumer.ack({ key: 0 } as Received, { count: 2 })
  assert.deepEqual(consumer.take(), ['7', '8'])
  assert.equal(consumer.subscription.discarded, 4)
})

test('selectors and noLocal of topic subscriptions are looked at when a message is sent', async () => {
  const world = await World.open()
  const client = world.connect()
  const other = world.connect()
  const picky = client.consume('topic://T', { selector: "JMSType = 'a'" })
  const remote = client.consume('topic://T', { noLocal: true })
  client.send('topic://T', 'one', { type: 'a' })
  other.send('topic://T', 'two', { type: 'b' })
  assert.deepEqual([picky.texts, remote.texts], [['one'], ['two']])
  assert.throws(() => client.consume('topic://T', { selector: 'a = = b' }), { code: 'SELECTOR_INVALID' })
})

test('a topic consumer by pattern, and a composite one, get from all that fit, each message once', async () => {
  const world = await World.open()
  const client = world.connect()
  const pattern = client.consume('topic://A.*')
  const composite = client.consume('topic://A.1,topic://A.*,topic://B')
  client.send('topic://A.1', 'one')
  client.send('topic://B', 'two')
  client.send('topic://A.1.2', 'three')
  assert.deepEqual([pattern.texts, composite.texts], [['one'], ['one', 'two']])
})

test('one consumer of a queue and a topic acknowledges messages of both', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('queue://Q,topic://T')
  client.send('Q', 'one')
  client.send('topic://T', 'two')
  client.send('Q', 'three')
  const received = consumer.takeAll()
  assert.deepEqual(received.map((one) => one.text).toSorted(), ['one', 'three', 'two'])
  assert.equal(consumer.ack(received[2] as Received, { count: 3 }).code, null)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('messages of one producer stay in order although some have to be stored first', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'd', selector: "JMSType = 'a'" })
  const consumer = client.consume('topic://T')
  client.post('topic://T', '1', { type: 'a' })
  client.post('topic://T', '2', { type: 'b' })
  client.post('topic://T', '3', { persistent: false })
  client.post('topic://T', '4', { type: 'a' })
  world.run()
  assert.deepEqual(consumer.texts, numbers(1, 4))
})
