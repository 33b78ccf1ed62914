import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advisoryTopic, topicsAbout } from '../../src/core/advisory-topics.ts'
import { at, type Received, type TestConsumer, World } from './world.ts'

/** Everything that there are advisories about. */
function everything(world: World): void {
  const client = world.connect({ clientId: 'me' })
  const consumer = client.consume('Q', { prefetch: 1 })
  const subscriber = client.consume('topic://T', { prefetch: 1, maximumPendingMessages: 1 })
  for (const text of ['1', '2', '3']) {
    client.send('Q', text)
    client.send('topic://T', text)
  }
  client.send('Q', 'expired', { expiration: 1 })
  consumer.ack(consumer.takeAll()[0] as Received, { kind: 1 })
  consumer.close()
  subscriber.close()
  client.send('NOBODY', 'x', { persistent: false })
  client.goodbye()
}

test('while nobody listens no advisory is made, not even an object', async () => {
  const world = await World.open()
  everything(world)
  const consumer = world.connect().consume('topic://ActiveMQ.Advisory.MasterBroker')
  assert.equal(consumer.received[0]?.message.producerSequence, 1)
  assert.equal(world.broker.advisories.watched, 0)
})

test('who listens to temporary destinations only is no reason to look at messages', async () => {
  const world = await World.open()
  world.connect().consume('topic://ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic')
  world.connect().consume('topic://ActiveMQ.Advisory.Consumer.>')
  world.connect().consume('topic://ORDERS.>')
  world.connect().consume('topic://Advisory.*')
  assert.equal(world.broker.advisories.watched, 0)
  const expired = world.connect().consume('topic://ActiveMQ.Advisory.Expired.>')
  assert.equal(world.broker.advisories.watched, 16)
  const all = world.connect().consume('topic://ActiveMQ.Advisory.>')
  assert.equal(world.broker.advisories.watched, 1023)
  all.close()
  assert.equal(world.broker.advisories.watched, 16)
  expired.close()
  assert.equal(world.broker.advisories.watched, 0)
})

test('who listens to everything does not hear of what it is told itself', async () => {
  const world = await World.open()
  const listener = world.connect().consume('topic://>')
  everything(world)
  const told = listener.received.map(({ destination }) => destination).filter((one) => one.includes('Advisory'))
  assert.ok(told.length > 5)
  assert.deepEqual(
    told.filter((one) => one.lastIndexOf('ActiveMQ.Advisory.') > 'topic://'.length),
    [],
  )
})

test('the advisory topics about a destination go with it, unless somebody still listens', async () => {
  const world = await World.open()
  const client = world.connect()
  const { destinations } = world.broker
  const topics = (): number => topicsAbout(at('Q')).filter((name) => destinations.find(advisoryTopic(name))).length
  const listener = world.connect().consume('topic://ActiveMQ.Advisory.*.Queue.Q')
  const one = world.connect().consume('topic://ActiveMQ.Advisory.Consumer.Queue.Q')
  client.consume('Q').close()
  client.send('Q', 'x')
  assert.ok(topics() > 1)
  listener.close()
  client.ask((reply) => world.broker.removeDestination(client.connection, at('Q'), reply))
  assert.equal(topics(), 1)
  one.take()
  client.consume('Q')
  assert.equal(one.received.length, 1)
})

test('a listener of an event may leave while it is told', async () => {
  const world = await World.open()
  const { events } = world.broker
  const told: string[] = []
  const stop = events.on('connection-added', () => {
    told.push('first')
    stop()
  })
  events.on('connection-added', () => told.push('second'))
  world.connect()
  world.connect()
  assert.deepEqual(told, ['first', 'second', 'second'])
})

test('an event of discarding is told with the number that this consumer has lost', async () => {
  const world = await World.open()
  const lost: number[] = []
  world.broker.events.on('message-discarded', ({ discardedCount }) => lost.push(discardedCount))
  world.connect().consume('topic://T', { prefetch: 1, maximumPendingMessages: 1 })
  const sender = world.connect()
  for (const text of ['1', '2', '3', '4']) sender.send('topic://T', text)
  assert.deepEqual(lost, [1, 2])
})

test('virtual destinations can tell of the consumers that they make wanted', async () => {
  const world = await World.open({
    behaviour: { useVirtualDestSubs: true },
    broker: {
      virtualDestinations: {
        virtualTopics: [{ name: 'VirtualTopic.>' }],
        composites: [{ name: 'C', forwardTo: ['D'] }],
      },
    },
  })
  const told = (listener: TestConsumer): string[] =>
    listener.received.map(({ destination, message }) => `${destination} ${message.advisory?.kind}`)
  const prefix = 'topic://ActiveMQ.Advisory.VirtualDestination.Consumer'
  const listener = world.connect().consume(`${prefix}.>`)
  const client = world.connect()
  const group = client.consume('Consumer.A.VirtualTopic.T')
  client.consume('D')
  client.consume('E')
  assert.deepEqual(told(listener), [
    `${prefix}.Topic.VirtualTopic.T consumer-added`,
    `${prefix}.Queue.C consumer-added`,
  ])
  // Who comes later is told what is there, alone.
  const later = world.connect().consume(`${prefix}.Topic.VirtualTopic.T`)
  assert.deepEqual(told(later), [`${prefix}.Topic.VirtualTopic.T consumer-added`])
  assert.equal(listener.received.length, 2)
  group.close()
  assert.equal(told(listener)[2], `${prefix}.Topic.VirtualTopic.T consumer-removed`)
  assert.equal(told(later).length, 2)
})

test('without being told to, virtual destinations tell of no consumers', async () => {
  const world = await World.open()
  const listener = world.connect().consume('topic://ActiveMQ.Advisory.VirtualDestination.Consumer.>')
  world.connect().consume('Consumer.A.VirtualTopic.T')
  assert.deepEqual(listener.received, [])
})
