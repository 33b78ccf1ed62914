import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, encodePrimitiveMap, primitiveOf, type PrimitiveValue } from '@millrace/base'
import {
  AckKind,
  type DeadLetterStrategy,
  type Policy,
  type RetryOptions,
  type RetryResult,
} from '../../src/core/broker.ts'
import type { Message } from '../../src/message/message.ts'
import { property } from '../../src/message/properties.ts'
import { at, type Client, numbers, type Received, type SendOptions, World, type WorldOptions } from './world.ts'

function policies(destination: string, deadLetterStrategy: DeadLetterStrategy): NonNullable<WorldOptions['policies']> {
  return [{ destination: at(destination), policy: { deadLetterStrategy } satisfies Partial<Policy> }]
}

/** Sends, and lets a consumer give it up. */
function kill(client: Client, destination: string, text: string, options: SendOptions = {}, cause = 'no use'): void {
  const consumer = client.consume(destination)
  client.send(destination, text, options)
  for (const one of consumer.takeAll()) {
    assert.equal(consumer.ack(one, { kind: AckKind.Poison, cause }).code, null)
  }
  consumer.close(-1)
}

function count(world: World, queue: string): number | null {
  return world.broker.queue(at(queue))?.count ?? null
}

function of(message: Message, name: string): PrimitiveValue {
  return property(message, name)?.value ?? null
}

function retry(world: World, options: RetryOptions = {}): { error: MillraceError | null; result: RetryResult | null } {
  const outcome: { error: MillraceError | null; result: RetryResult | null }[] = []
  world.broker.retries.retry(options, { retried: (error, result) => void outcome.push({ error, result }) })
  world.run()
  assert.equal(outcome.length, 1)
  return outcome[0] as { error: MillraceError | null; result: RetryResult | null }
}

test('the shared dead letter queue may have another name, by pattern', async () => {
  const world = await World.open({ policies: policies('A.>', { kind: 'shared', deadLetterQueue: 'GRAVES' }) })
  const client = world.connect()
  kill(client, 'A.B', 'one')
  kill(client, 'OTHER', 'two')
  assert.deepEqual(client.consume('GRAVES').texts, ['one'])
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['two'])
})

test('an individual strategy gives each destination its own dead letter queue', async () => {
  const world = await World.open({ policies: policies('>', { kind: 'individual' }) })
  const client = world.connect()
  kill(client, 'A', 'one')
  kill(client, 'B', 'two')
  assert.deepEqual(client.consume('ActiveMQ.DLQ.Queue.A').texts, ['one'])
  assert.deepEqual(client.consume('ActiveMQ.DLQ.Queue.B').texts, ['two'])
})

test('prefixes and suffixes name individual dead letter queues, and what dies there is dropped', async () => {
  const world = await World.open({
    policies: policies('>', { kind: 'individual', queuePrefix: 'DLQ.', queueSuffix: '.dead' }),
  })
  const client = world.connect()
  kill(client, 'A', 'one')
  assert.equal(count(world, 'DLQ.A.dead'), 1)
  const letters = client.consume('DLQ.A.dead')
  letters.ack(letters.received[0] as Received, { kind: AckKind.Poison })
  assert.equal(count(world, 'DLQ.A.dead'), 0)
  assert.equal(count(world, 'DLQ.DLQ.A.dead.dead'), null)
})

test('letters of a durable subscription name the topic, and may have a queue for each subscription', async () => {
  for (const [strategy, queue] of [
    [{ kind: 'individual' }, 'ActiveMQ.DLQ.Topic.T'],
    [{ kind: 'individual', destinationPerDurableSubscriber: true }, 'ActiveMQ.DLQ.Topic.T.me:news'],
  ] as const) {
    const world = await World.open({ policies: policies('topic://>', strategy) })
    const client = world.connect({ clientId: 'me' })
    const consumer = client.consume('topic://T', { durableName: 'news' })
    client.send('topic://T', 'one')
    consumer.ack(consumer.received[0] as Received, { kind: AckKind.Poison })
    const [letter] = client.consume(queue).received
    assert.equal(letter?.text, 'one')
    assert.equal(letter?.message.originalDestination?.text, 'topic://T')
  }
})

test('letters may go to a topic, where whoever listens gets them', async () => {
  const world = await World.open({
    policies: policies('>', { kind: 'individual', useQueueForQueueMessages: false, queuePrefix: 'DEAD.' }),
  })
  const client = world.connect()
  const letters = client.consume('topic://DEAD.A')
  kill(client, 'A', 'one')
  kill(client, 'A', 'two')
  assert.deepEqual(letters.texts, ['one', 'two'])
  assert.equal(count(world, 'A'), 0)
})

test('a discarding strategy keeps nothing', async () => {
  const world = await World.open({ policies: policies('A', { kind: 'discarding' }) })
  const client = world.connect()
  kill(client, 'A', 'one')
  assert.equal(count(world, 'A'), 0)
  assert.equal(count(world, 'ActiveMQ.DLQ'), null)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('with processExpired off what expires is dropped, and what is given up is kept', async () => {
  const world = await World.open({ policies: policies('A', { kind: 'shared', processExpired: false }) })
  const client = world.connect()
  client.send('A', 'old', { expiration: world.clock.now() + 1000 })
  world.clock.advance(1000)
  kill(client, 'A', 'bad')
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['bad'])
})

test('with processNonPersistent on a letter is persistent and says what it was', async () => {
  const world = await World.open({ policies: policies('A', { kind: 'shared', processNonPersistent: true }) })
  const client = world.connect()
  kill(client, 'A', 'light', { persistent: false })
  const [letter] = client.consume('ActiveMQ.DLQ').received
  assert.equal(letter?.message.persistent, true)
  assert.equal(of(letter.message, 'originalDeliveryMode'), 'NON_PERSISTENT')
  assert.equal(world.store.queue('queue://ActiveMQ.DLQ').count, 1)
})

test('a letter tells when it died, and how often it had been delivered in vain', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('A', 'bad')
  const first = client.consume('A')
  first.close((first.received[0] as Received).key)
  const second = client.consume('A')
  second.ack(second.received[0] as Received, { kind: AckKind.Poison })
  const [letter] = client.consume('ActiveMQ.DLQ').received
  assert.equal(of((letter as Received).message, 'MillraceDeadLetterTime'), BigInt(world.clock.now()))
  assert.equal(of((letter as Received).message, 'MillraceDeadLetterDeliveries'), 1)
})

test('a message id becomes one letter, unless the audit is off or has forgotten it', async () => {
  const counts: (number | null)[] = []
  for (const rules of [{}, { enableAudit: false }, { maxAuditDepth: 1 }]) {
    const world = await World.open({ policies: policies('>', { kind: 'shared', ...rules }) })
    const client = world.connect()
    // A composite: the same message id in both queues.
    const consumers = [client.consume('A'), client.consume('B')]
    client.send('A,B', 'twice')
    client.send('A,B', 'again')
    for (const consumer of consumers) {
      for (const one of consumer.takeAll()) consumer.ack(one, { kind: AckKind.Poison })
    }
    counts.push(count(world, 'ActiveMQ.DLQ'))
  }
  assert.deepEqual(counts, [2, 4, 4])
})

test('letters expire when the strategy says so, and are gone then', async () => {
  const world = await World.open({ policies: policies('A', { kind: 'shared', expiration: 5000 }) })
  const client = world.connect()
  kill(client, 'A', 'one')
  assert.equal(count(world, 'ActiveMQ.DLQ'), 1)
  world.pass(40_000)
  assert.equal(count(world, 'ActiveMQ.DLQ'), 0)
  assert.equal(world.store.queue('queue://ActiveMQ.DLQ').count, 0)
})

test('with maxLetters the oldest letters make place for new ones', async () => {
  const world = await World.open({ policies: policies('A', { kind: 'shared', maxLetters: 3 }) })
  const client = world.connect()
  for (const text of numbers(1, 5)) kill(client, 'A', text)
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['3', '4', '5'])
})

test('with maxLetters letters that are only in the store make place, too', async () => {
  const world = await World.open({
    limits: { windowCountMax: 2 },
    policies: policies('A', { kind: 'shared', maxLetters: 4 }),
  })
  const client = world.connect()
  for (const text of numbers(1, 9)) kill(client, 'A', text)
  world.pass(2000)
  assert.equal(count(world, 'ActiveMQ.DLQ'), 4)
  assert.deepEqual(client.consume('ActiveMQ.DLQ', { prefetch: 1 }).drain(), numbers(6, 9))
})

test('a strategy that cannot work is refused when the broker is made', () => {
  for (const strategy of [
    { kind: 'shared', deadLetterQueue: 'A.*' },
    { kind: 'individual', queuePrefix: '' },
    { kind: 'shared', expiration: -1 },
  ] as const) {
    assert.throws(() => new World({ policies: policies('>', strategy) }), { code: 'CONFIGURATION_INVALID' })
  }
})

test('a retry sends letters to where they came from, as they were and never delivered', async () => {
  const world = await World.open({ policies: policies('>', { kind: 'shared', processNonPersistent: true }) })
  const client = world.connect()
  kill(client, 'A', 'one', { priority: 7, expiration: world.clock.now() + 60_000 })
  kill(client, 'B', 'two', { persistent: false })
  assert.deepEqual(retry(world), { error: null, result: { count: 2, kept: 0, more: false } })
  assert.equal(count(world, 'ActiveMQ.DLQ'), 0)
  const [one] = client.consume('A').received
  const [two] = client.consume('B').received
  assert.deepEqual([one?.text, one?.redeliveries, one?.message.priority], ['one', 0, 7])
  assert.equal(one?.message.expiration, 0)
  assert.equal(one.message.originalDestination, null)
  for (const name of ['dlqDeliveryFailureCause', 'originalExpiration', 'MillraceDeadLetterTime']) {
    assert.equal(of(one.message, name), null, name)
  }
  assert.deepEqual([two?.text, two?.message.persistent], ['two', false])
})

test('a retry is one transaction: its letters are in their dead letter queue until all have left it', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 3)) kill(client, 'A', text)
  const commits: number[] = []
  const { store } = world
  const commit = store.commit.bind(store)
  store.commit = (operations, waiter) => {
    commits.push(operations.length)
    commit(operations, waiter)
  }
  assert.equal(retry(world).result?.count, 3)
  assert.deepEqual(commits, [6])
})

test('a retry may be of one message, of those that match, or of so many', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 6)) kill(client, text < '4' ? 'A' : 'B', text, { type: text })
  const letters = client.consume('ActiveMQ.DLQ', { browser: true })
  const [first] = letters.received
  assert.equal(retry(world, { messageId: (first as Received).message.id }).result?.count, 1)
  assert.equal(retry(world, { selector: "JMSDestination = 'queue://B' AND JMSType <> '4'" }).result?.count, 2)
  assert.deepEqual(retry(world, { limit: 1 }).result, { count: 1, kept: 0, more: true })
  assert.deepEqual(client.consume('A').texts, ['1', '2'])
  assert.deepEqual(client.consume('B').texts, ['5', '6'])
  assert.equal(count(world, 'ActiveMQ.DLQ'), 2)
  assert.equal(retry(world, { to: 'REPAIR' }).result?.count, 2)
  assert.deepEqual(client.consume('REPAIR').texts, ['3', '4'])
})

test('a retry reaches letters that are only in the store, and leaves what consumers have', async () => {
  const world = await World.open({ limits: { windowCountMax: 4 } })
  const client = world.connect()
  for (const text of numbers(1, 30)) kill(client, 'A', text, { type: Number(text) % 2 === 0 ? 'even' : 'odd' })
  client.consume('ActiveMQ.DLQ', { prefetch: 2 })
  assert.equal(retry(world, { selector: "JMSType = 'even'" }).result?.count, 14)
  assert.equal(count(world, 'A'), 14)
  assert.equal(retry(world).result?.count, 14)
  assert.equal(count(world, 'ActiveMQ.DLQ'), 2)
})

test('what does not say where it came from stays, and the retry says how many', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('ActiveMQ.DLQ', 'lost')
  kill(client, 'A', 'one')
  assert.deepEqual(retry(world).result, { count: 1, kept: 1, more: false })
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['lost'])
})

test('what dies again after a retry is a letter again', async () => {
  const world = await World.open()
  const client = world.connect()
  kill(client, 'A', 'one')
  assert.equal(retry(world).result?.count, 1)
  const consumer = client.consume('A')
  consumer.ack(consumer.received[0] as Received, { kind: AckKind.Poison })
  assert.equal(count(world, 'ActiveMQ.DLQ'), 1)
})

test('a retry that the store refuses changes nothing', async () => {
  const world = await World.open({ limits: { uncommittedBytesMax: 100 } })
  const client = world.connect()
  kill(client, 'A', 'one')
  assert.equal(retry(world).error?.code, 'MEMORY_FULL')
  assert.equal(count(world, 'ActiveMQ.DLQ'), 1)
  assert.equal(count(world, 'A'), 0)
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['one'])
})

test('a retry from a queue that is not there, or with a wrong selector, is refused', async () => {
  const world = await World.open()
  const reply = { retried: () => assert.fail('nothing is owed') }
  const { retries } = world.broker
  assert.throws(() => retries.retry({ queue: 'NOWHERE' }, reply), { code: 'DESTINATION_UNKNOWN' })
  kill(world.connect(), 'A', 'one')
  assert.throws(() => retries.retry({ selector: 'a =' }, reply), { code: 'SELECTOR_INVALID' })
  assert.throws(() => retries.retry({ to: 'A.>' }, reply), { code: 'DESTINATION_INVALID' })
})

test('a message that is delivered later does not hold up the others, and comes back redelivered', async () => {
  const world = await World.open({
    interceptors: [
      {
        deadLettering: (entry, _cause, expired) =>
          expired || entry.redeliveries >= 2 ? undefined : { kind: 'later', delayMs: 1000 * (entry.redeliveries + 1) },
      },
    ],
  })
  const client = world.connect()
  const consumer = client.consume('A')
  client.send('A', 'bad')
  client.send('A', 'good')
  const [bad, good] = consumer.takeAll()
  assert.equal(consumer.ack(bad as Received, { kind: AckKind.Poison }).code, null)
  assert.equal(consumer.ack(good as Received).code, null)
  world.pass(900)
  assert.deepEqual(consumer.texts, [])
  assert.equal(world.store.queue('queue://A').count, 1)
  world.pass(200)
  const [second] = consumer.takeAll()
  assert.deepEqual([second?.text, second?.redeliveries], ['bad', 1])
  consumer.ack(second as Received, { kind: AckKind.Poison })
  world.pass(1900)
  assert.deepEqual(consumer.texts, [])
  world.pass(200)
  const [third] = consumer.takeAll()
  assert.deepEqual([third?.text, third?.redeliveries], ['bad', 2])
  consumer.ack(third as Received, { kind: AckKind.Poison })
  assert.equal(count(world, 'A'), 0)
  assert.equal(count(world, 'ActiveMQ.DLQ'), 1)
})

test('what finds no room among the delayed becomes a letter at once', async () => {
  const world = await World.open({
    limits: { delayedMax: 1 },
    interceptors: [{ deadLettering: () => ({ kind: 'later', delayMs: 1000 }) }],
  })
  const client = world.connect()
  kill(client, 'A', 'one')
  kill(client, 'A', 'two')
  assert.equal(count(world, 'A'), 1)
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['two'])
})

test('a queue may be deleted while a message of it waits for its redelivery', async () => {
  const world = await World.open({ interceptors: [{ deadLettering: () => ({ kind: 'later', delayMs: 1000 }) }] })
  const client = world.connect()
  kill(client, 'A', 'one')
  client.ask((reply) => world.broker.removeDestination(client.connection, at('A'), reply))
  world.pass(1500)
  assert.equal(count(world, 'A'), null)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('properties that a sender set stay on the letter', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('A')
  const message = client.message('A', 'one')
  message.properties = encodePrimitiveMap(new Map([['region', primitiveOf('EU')]]))
  client.ask((reply) => void world.broker.send(client.producer('A'), message, reply))
  consumer.ack(consumer.received[0] as Received, { kind: AckKind.Poison, cause: 'why' })
  const [letter] = client.consume('ActiveMQ.DLQ', { selector: "region = 'EU'" }).received
  assert.equal(of((letter as Received).message, 'dlqDeliveryFailureCause'), 'why')
})

test('letters for a topic that the store refuses do not hold up what comes later', async () => {
  const world = await World.open({
    policies: policies('A', { kind: 'individual', useQueueForQueueMessages: false, queuePrefix: 'DEAD.' }),
  })
  const client = world.connect({ clientId: 'me' })
  const letters = client.consume('topic://DEAD.A', { durableName: 'letters' })
  const { store } = world
  const commit = store.commit.bind(store)
  let refusals = 0
  store.commit = (operations, waiter) => {
    if (refusals++ > 0) commit(operations, waiter)
    else commit([], { stored: () => waiter?.stored(new MillraceError('STORE_FULL', 'no room')) })
  }
  const consumer = client.consume('A')
  client.send('A', 'one')
  assert.equal(consumer.ack(consumer.received[0] as Received, { kind: AckKind.Poison }).code, 'STORE_FULL')
  client.send('topic://DEAD.A', 'another')
  assert.deepEqual(letters.take(), ['another'])
  // The letter is tried again with the next tick.
  world.pass(100)
  assert.deepEqual(letters.take(), ['one'])
  assert.equal(count(world, 'A'), 0)
})
