import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { numbers, type Received, World } from './world.ts'

test('a durable subscription collects while its consumer is away', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const sender = world.connect()
  const first = client.consume('topic://T', { durableName: 'd' })
  sender.send('topic://T', 'one')
  first.ack(first.takeAll()[0] as Received)
  first.close(-1)
  sender.send('topic://T', 'two')
  sender.send('topic://T', 'three')
  assert.deepEqual(client.consume('topic://T', { durableName: 'd' }).texts, ['two', 'three'])
})

test('it belongs to the client id, not to the connection', async () => {
  const world = await World.open()
  const sender = world.connect()
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'd' })
  client.crash()
  sender.send('topic://T', 'one')
  const again = world.connect({ clientId: 'me' })
  const other = world.connect({ clientId: 'you' })
  assert.deepEqual(other.consume('topic://T', { durableName: 'd' }).texts, [])
  assert.deepEqual(again.consume('topic://T', { durableName: 'd' }).texts, ['one'])
})

test('what was delivered and not acknowledged is delivered again, marked', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const first = client.consume('topic://T', { durableName: 'd' })
  for (const text of numbers(1, 3)) client.send('topic://T', text)
  first.close((first.received[1] as Received).key)
  const second = client.consume('topic://T', { durableName: 'd' })
  assert.deepEqual(
    second.received.map((one) => `${one.text}:${one.redeliveries}`),
    ['1:1', '2:1', '3:0'],
  )
})

test('a message for several durable subscriptions is answered when it is stored for all', async () => {
  const world = await World.open()
  const clients = ['a', 'b', 'c'].map((clientId) => world.connect({ clientId }))
  const consumers = clients.map((client) => client.consume('topic://T', { durableName: 'd' }))
  const reply = world.connect().post('topic://T', 'one')
  assert.equal(reply.code, undefined)
  assert.equal(world.store.queue('durable://b:d').count, 1)
  world.run()
  assert.equal(reply.code, null)
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [['one'], ['one'], ['one']],
  )
  for (const consumer of consumers) consumer.ack(consumer.received[0] as Received)
  assert.equal(world.store.queue('durable://b:d').count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('what its selector does not want is not stored for it', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const consumer = client.consume('topic://T', { durableName: 'd', selector: "JMSType = 'a'" })
  client.send('topic://T', 'one', { type: 'b' })
  assert.equal(world.store.queue('durable://me:d').count, 0)
  client.send('topic://T', 'two', { type: 'a' })
  assert.deepEqual(consumer.texts, ['two'])
})

test('another selector, topic or noLocal begins a new subscription without the old messages', async () => {
  for (const change of [{ selector: "JMSType = 'a'" }, { noLocal: true }]) {
    const world = await World.open()
    const client = world.connect({ clientId: 'me' })
    client.consume('topic://T', { durableName: 'd' }).close(-1)
    client.send('topic://T', 'old')
    const consumer = client.consume('topic://T', { durableName: 'd', ...change })
    assert.equal(consumer.created.code, null)
    assert.deepEqual(consumer.texts, [])
    world.connect().send('topic://T', 'new', { type: 'a' })
    assert.deepEqual(consumer.texts, ['new'])
  }
})

test('a second consumer of the same name is refused while the first is there', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const first = client.consume('topic://T', { durableName: 'd' })
  assert.throws(() => client.consume('topic://T', { durableName: 'd' }), { code: 'SUBSCRIPTION_IN_USE' })
  first.close()
  assert.equal(client.consume('topic://T', { durableName: 'd' }).created.code, null)
})

test('a subscription is removed by name, not while it is in use, and not if it is not there', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const remove = (): string | null | undefined =>
    client.ask((reply) => world.broker.removeDurable(client.connection, 'd', reply)).code
  assert.equal(remove(), 'SUBSCRIPTION_UNKNOWN')
  const consumer = client.consume('topic://T', { durableName: 'd' })
  assert.equal(remove(), 'SUBSCRIPTION_IN_USE')
  consumer.close()
  client.send('topic://T', 'one')
  assert.equal(remove(), null)
  assert.deepEqual(client.consume('topic://T', { durableName: 'd' }).texts, [])
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a queue, a temporary topic or an advisory topic has no durable subscriptions', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  for (const destination of ['queue://Q', 'topic://ActiveMQ.Advisory.Connection']) {
    assert.throws(() => client.consume(destination, { durableName: 'd' }), { code: 'DESTINATION_INVALID' })
  }
})

test('a durable subscription may be to a pattern', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://A.>', { durableName: 'd' }).close(-1)
  client.send('topic://A.1', 'one')
  client.send('topic://A.2', 'two')
  const consumer = client.consume('topic://A.>', { durableName: 'd' })
  assert.deepEqual(consumer.texts, ['one', 'two'])
  assert.equal(consumer.received[1]?.destination, 'topic://A.2')
})

test('messages that are not persistent wait for a durable subscription in memory', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'd' }).close(-1)
  client.send('topic://T', 'one', { persistent: false })
  client.send('topic://T', 'two')
  assert.deepEqual(client.consume('topic://T', { durableName: 'd' }).texts, ['one', 'two'])
})

test('acknowledgements and poison work as for a queue', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const consumer = client.consume('topic://T', { durableName: 'd', prefetch: 2 })
  for (const text of numbers(1, 4)) client.send('topic://T', text)
  const [one, two] = consumer.takeAll() as [Received, Received]
  assert.equal(consumer.ack(two, { count: 1 }).code, 'ACKNOWLEDGEMENT_INVALID')
  consumer.ack(one)
  consumer.ack(two, { kind: AckKind.Poison })
  assert.deepEqual(consumer.texts, ['3', '4'])
  const [letter] = client.consume('ActiveMQ.DLQ').received
  assert.equal(letter?.message.originalDestination?.text, 'topic://T')
})

test('sends to durable subscriptions in a transaction are stored by its commit', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const consumer = client.consume('topic://T', { durableName: 'd' })
  client.begin('T1')
  client.send('topic://T', 'one', { transaction: 'T1' })
  assert.equal(world.store.queue('durable://me:d').count, 0)
  client.commit('T1')
  assert.deepEqual(consumer.texts, ['one'])
  client.begin('T2')
  consumer.ack(consumer.received[0] as Received, { transactionId: 'T2' })
  client.rollback('T2')
  consumer.close()
  assert.deepEqual(client.consume('topic://T', { durableName: 'd' }).texts, ['one'])
})

test('a durable subscription that wants to browse as well consumes', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  const consumer = client.consume('topic://T', { durableName: 'd', browser: true })
  client.send('topic://T', 'one')
  assert.deepEqual(consumer.texts, ['one'])
  consumer.ack(consumer.takeAll()[0] as Received)
  assert.equal(world.store.queue('durable://me:d').count, 0)
})
