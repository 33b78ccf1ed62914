import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Client, type TestConsumer, World } from './world.ts'

function create(client: Client, destination: string): string | null | undefined {
  return client.ask((reply) => client.world.broker.addDestination(client.connection, at(destination), reply)).code
}

function remove(client: Client, destination: string): string | null | undefined {
  return client.ask((reply) => client.world.broker.removeDestination(client.connection, at(destination), reply)).code
}

const ADVISORIES = 'topic://ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic'

function told(consumer: TestConsumer): string[] {
  return consumer.takeAll().map(({ message }) => {
    const { advisory } = message
    assert.ok(advisory !== null)
    return 'destination' in advisory ? `${advisory.kind} ${advisory.destination?.text}` : advisory.kind
  })
}

test('only its owner consumes from a temporary queue, anyone sends to it', async () => {
  const world = await World.open()
  const owner = world.connect({ id: 'ID:o' })
  const other = world.connect()
  assert.equal(create(owner, 'temp-queue://ID:o:1'), null)
  assert.throws(() => other.consume('temp-queue://ID:o:1'), { code: 'DESTINATION_NOT_OWNED' })
  const consumer = owner.consume('temp-queue://ID:o:1')
  assert.equal(other.send('temp-queue://ID:o:1', 'one').code, null)
  assert.deepEqual(consumer.texts, ['one'])
  assert.equal(world.store.usage.bytes, 0, 'nothing of it is stored')
})

test('a temporary destination goes with its connection', async () => {
  const world = await World.open()
  const owner = world.connect({ id: 'ID:o' })
  const other = world.connect()
  create(owner, 'temp-queue://ID:o:1')
  other.send('temp-queue://ID:o:1', 'one')
  owner.crash()
  assert.equal(other.send('temp-queue://ID:o:1', 'two').code, 'DESTINATION_UNKNOWN')
  assert.throws(() => other.consume('temp-queue://ID:o:1'), { code: 'DESTINATION_UNKNOWN' })
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a temporary destination can be removed by its owner, also with consumers and messages', async () => {
  const world = await World.open()
  const owner = world.connect({ id: 'ID:o' })
  const other = world.connect()
  create(owner, 'temp-queue://ID:o:1')
  const consumer = owner.consume('temp-queue://ID:o:1', { prefetch: 1 })
  owner.send('temp-queue://ID:o:1', 'one')
  owner.send('temp-queue://ID:o:1', 'two')
  assert.equal(remove(other, 'temp-queue://ID:o:1'), 'DESTINATION_NOT_OWNED')
  assert.equal(remove(owner, 'temp-queue://ID:o:1'), null)
  assert.deepEqual(consumer.texts, ['one'])
  assert.equal(world.broker.usage.memoryBytes, 0)
  consumer.close()
})

test('nobody makes a temporary destination in the name of another connection', async () => {
  const world = await World.open()
  const client = world.connect({ id: 'ID:a' })
  assert.equal(create(client, 'temp-queue://ID:b:1'), 'DESTINATION_NOT_OWNED')
})

test('who listens is told of temporary destinations, first of those that are there', async () => {
  const world = await World.open()
  const owner = world.connect({ id: 'ID:o' })
  create(owner, 'temp-queue://ID:o:1')
  const other = world.connect()
  const first = owner.consume(ADVISORIES)
  assert.deepEqual(told(first), ['destination-added temp-queue://ID:o:1'])
  const second = other.consume(ADVISORIES)
  assert.deepEqual(told(second), ['destination-added temp-queue://ID:o:1'])
  assert.deepEqual(told(first), [], 'what is told to a newcomer is told to it alone')
  create(owner, 'temp-topic://ID:o:2')
  assert.deepEqual(told(first), ['destination-added temp-topic://ID:o:2'])
  assert.deepEqual(told(second), ['destination-added temp-topic://ID:o:2'])
  remove(owner, 'temp-queue://ID:o:1')
  assert.deepEqual(told(second), ['destination-removed temp-queue://ID:o:1'])
  owner.crash()
  assert.deepEqual(told(second), ['destination-removed temp-topic://ID:o:2'])
})

test('who listens is told of connections, destinations, consumers and producers', async () => {
  const world = await World.open()
  const listener = world.connect({ id: 'ID:l' })
  const connections = listener.consume('topic://ActiveMQ.Advisory.Connection')
  const queues = listener.consume('topic://ActiveMQ.Advisory.Queue')
  const consumers = listener.consume('topic://ActiveMQ.Advisory.Consumer.>')
  const producers = listener.consume('topic://ActiveMQ.Advisory.Producer.Queue.Q')
  const client = world.connect({ id: 'ID:c' })
  const consumer = client.consume('Q')
  client.send('Q', 'one')
  consumer.close()
  client.crash()
  assert.deepEqual(told(connections), ['connection-added', 'connection-added', 'connection-removed'])
  assert.deepEqual(told(queues), ['destination-added queue://Q'])
  assert.deepEqual(told(consumers), ['consumer-added queue://Q', 'consumer-removed queue://Q'])
  assert.deepEqual(told(producers), ['producer-added queue://Q', 'producer-removed queue://Q'])
})

test("an advisory looks as the model system's", async () => {
  const world = await World.open()
  const owner = world.connect({ id: 'ID:o' })
  const consumer = owner.consume(ADVISORIES)
  create(owner, 'temp-queue://ID:o:1')
  const message = consumer.received[0]?.message
  assert.equal(message?.type, 'Advisory')
  assert.equal(message?.persistent, false)
  assert.equal(message?.priority, 0)
  assert.equal(message?.destination.text, 'topic://ActiveMQ.Advisory.TempQueue')
  assert.ok(message?.properties?.includes('originBrokerName'))
})
