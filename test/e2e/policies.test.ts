/** What an operator says of destinations, as a client sees it. */
import { ManualClock } from '@millrace/base'
import { type Connection, DeliveryMode, type MessageConsumer, type SendOptions, type Session } from '@millrace/client'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type BrokerServiceOptions, Destination, type Policy } from 'millrace'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'

class World {
  readonly fixture: Fixture
  readonly connection: Connection
  readonly session: Session

  constructor(fixture: Fixture, connection: Connection, session: Session) {
    this.fixture = fixture
    this.connection = connection
    this.session = session
  }

  static async open(t: TestContext, options: Partial<BrokerServiceOptions> = {}): Promise<World> {
    const fixture = await startBroker(t, options)
    // Everything that is sent was taken when the call returns, or was refused.
    const connection = await fixture.connect({ alwaysSyncSend: true })
    return new World(fixture, connection, await connection.createSession())
  }

  /** One for `Q` or `topic://T`, with the options in its name. */
  consumer(name: string, selector?: string): Promise<MessageConsumer> {
    const { session } = this
    const destination = name.startsWith('topic://') ? session.createTopic(name.slice(8)) : session.createQueue(name)
    return session.createConsumer(destination, selector === undefined ? {} : { selector })
  }

  async send(
    name: string,
    texts: readonly string[],
    options: SendOptions = {},
    group?: (text: string) => string,
  ): Promise<void> {
    const { session } = this
    const destination = name.startsWith('topic://') ? session.createTopic(name.slice(8)) : session.createQueue(name)
    const producer = await session.createProducer(destination)
    for (const text of texts) {
      const message = session.createTextMessage(text)
      if (group !== undefined) message.setStringProperty('JMSXGroupID', group(text))
      await producer.send(message, options)
    }
    await producer.close()
  }

  /** Everything that the broker has for it now. */
  async rest(consumer: MessageConsumer): Promise<string[]> {
    const texts: string[] = []
    for (;;) {
      await this.connection.sync()
      const message = await consumer.receiveNoWait()
      if (message === null) return texts
      texts.push(textOf(message))
    }
  }
}

function policy(destination: string, attributes: Partial<Policy>): Partial<BrokerServiceOptions> {
  return { policies: [{ destination, policy: attributes }] }
}

function timed(): Partial<BrokerServiceOptions> & { clock: ManualClock } {
  // What a client says of time is by its own clock.
  return { clock: new ManualClock(Date.now()), listen: ['openwire://127.0.0.1:0?wireFormat.maxInactivityDuration=0'] }
}

/** So many seconds, one after the other. */
function pass(clock: ManualClock, seconds: number): void {
  for (let left = seconds; left > 0; left--) clock.advance(1_000)
}

test('consumers of a higher priority come first, unless the policy says otherwise', async (t) => {
  for (const useConsumerPriority of [true, false]) {
    const world = await World.open(t, policy('Q', { useConsumerPriority }))
    const usual = await world.consumer('Q')
    const high = await world.consumer('Q?consumer.priority=7')
    await world.send('Q', ['1', '2', '3', '4'])
    assert.deepEqual(await world.rest(high), useConsumerPriority ? ['1', '2', '3', '4'] : ['2', '4'])
    assert.deepEqual(await world.rest(usual), useConsumerPriority ? [] : ['1', '3'])
  }
})

test('equal consumers take turns; in strict order one is filled before the next', async (t) => {
  for (const strictOrderDispatch of [false, true]) {
    const world = await World.open(t, policy('Q', { strictOrderDispatch }))
    const one = await world.consumer('Q?consumer.prefetchSize=2')
    const two = await world.consumer('Q?consumer.prefetchSize=2')
    await world.send('Q', ['1', '2', '3', '4'])
    await world.connection.sync()
    const [first, second] = [await one.receive(SOON), await two.receive(SOON)].map(textOf)
    assert.deepEqual([first, second], strictOrderDispatch ? ['1', '3'] : ['1', '2'])
  }
})

test('an exclusive consumer gets everything, and the next takes over when it closes', async (t) => {
  const world = await World.open(t)
  const one = await world.consumer('Q?consumer.exclusive=true')
  const two = await world.consumer('Q?consumer.exclusive=true')
  await world.send('Q', ['1', '2'])
  assert.deepEqual(await world.rest(two), [])
  assert.deepEqual(await world.rest(one), ['1', '2'])
  await one.close()
  await world.send('Q', ['3'])
  assert.equal(textOf(await two.receive(SOON)), '3')
})

const GROUPS = ['a', 'b', 'c', 'd']

test('groups are shared out anew when a consumer joins, are listed, and are released by hand', async (t) => {
  const world = await World.open(t, policy('Q', { messageGroupRebalance: true }))
  const one = await world.consumer('Q')
  await world.send('Q', GROUPS, {}, (text) => text)
  assert.deepEqual(await world.rest(one), GROUPS)
  await world.connection.sync()
  const two = await world.consumer('Q')
  await world.send('Q', GROUPS, {}, (text) => text)
  const [ofOne, ofTwo] = [await world.rest(one), await world.rest(two)]
  assert.deepEqual([ofOne.length, ofTwo.length], [2, 2])
  assert.deepEqual([...ofOne, ...ofTwo].sort(), GROUPS)
  const queue = world.fixture.service.broker.queue(Destination.parse('Q'))
  assert.deepEqual(queue?.groupOwners.map(({ group }) => group).sort(), GROUPS)
  assert.equal(queue?.releaseGroup('a'), true)
  assert.deepEqual(queue?.groupOwners.map(({ group }) => group).sort(), ['b', 'c', 'd'])
})

test('groups of one bucket have one owner', async (t) => {
  const world = await World.open(t, policy('Q', { messageGroupBuckets: 1 }))
  const one = await world.consumer('Q')
  const two = await world.consumer('Q')
  await world.send('Q', GROUPS, {}, (text) => text)
  assert.deepEqual(await world.rest(one), GROUPS)
  assert.deepEqual(await world.rest(two), [])
})

test('a selector finds what it wants at the end of a long backlog', async (t) => {
  const world = await World.open(t)
  const { session } = world
  const producer = await session.createProducer(session.createQueue('Q'))
  for (let i = 0; i < 3_000; i++) {
    const message = session.createTextMessage(`${i}`)
    message.JMSCorrelationID = `id ${i}`
    message.setIntProperty('n', i)
    void producer.send(message)
  }
  await world.connection.sync()
  const byId = await world.consumer('Q', "JMSCorrelationID = 'id 2999'")
  assert.equal(textOf(await byId.receive(SOON)), '2999')
  const byNumber = await world.consumer('Q', 'n = 2998')
  assert.equal(textOf(await byNumber.receive(SOON)), '2998')
})

test('nothing is dispatched before there are enough consumers', async (t) => {
  const attributes = { consumersBeforeDispatchStarts: 2, timeBeforeDispatchStarts: 600_000 }
  const world = await World.open(t, policy('Q', attributes))
  const one = await world.consumer('Q')
  await world.send('Q', ['1', '2'])
  assert.deepEqual(await world.rest(one), [])
  const two = await world.consumer('Q')
  assert.equal(textOf(await one.receive(SOON)), '1')
  assert.equal(textOf(await two.receive(SOON)), '2')
})

test('where priorities count, the highest is dispatched first', async (t) => {
  for (const prioritizedMessages of [true, false]) {
    const world = await World.open(t, policy('Q', { prioritizedMessages }))
    await world.send('Q', ['low'], { priority: 1 })
    await world.send('Q', ['high'], { priority: 9 })
    await world.send('Q', ['usual'], { priority: 4 })
    const consumer = await world.consumer('Q?consumer.prefetchSize=1')
    const expected = prioritizedMessages ? ['high', 'usual', 'low'] : ['low', 'high', 'usual']
    assert.deepEqual(await world.rest(consumer), expected)
  }
})

test('a slow consumer of a topic loses the oldest, or those of the lowest priority', async (t) => {
  for (const kind of ['oldest', 'oldestWithLowestPriority'] as const) {
    const attributes = { pendingMessageLimit: { kind: 'constant', limit: 2 }, messageEviction: { kind } } as const
    const world = await World.open(t, policy('topic://T', attributes))
    const consumer = await world.consumer('topic://T?consumer.prefetchSize=1')
    await world.send('topic://T', ['in hand', 'old'])
    await world.send('topic://T', ['low'], { priority: 1 })
    await world.send('topic://T', ['new'])
    const left = kind === 'oldest' ? ['low', 'new'] : ['old', 'new']
    assert.deepEqual(await world.rest(consumer), ['in hand', ...left])
  }
})

test('a consumer that wants nothing of its own connection gets what others send', async (t) => {
  const world = await World.open(t)
  const { session } = world
  for (const destination of [session.createTopic('T'), session.createQueue('Q')]) {
    const consumer = await session.createConsumer(destination, { noLocal: true })
    const other = await (await world.fixture.connect()).createSession()
    for (const [from, text] of [
      [session, 'own'],
      [other, 'foreign'],
    ] as const) {
      const producer = await from.createProducer(destination)
      await producer.send(from.createTextMessage(text))
    }
    assert.equal(textOf(await consumer.receive(SOON)), 'foreign')
    assert.deepEqual(await world.rest(consumer), [])
  }
})

test('a ring keeps the newest', async (t) => {
  const world = await World.open(t, policy('Q', { ringMessagesMax: 3 }))
  await world.send('Q', ['1', '2', '3', '4', '5'])
  assert.deepEqual(await world.rest(await world.consumer('Q')), ['3', '4', '5'])
})

test('a send that finds no memory fails when the policy says so, and works again when there is some', async (t) => {
  const world = await World.open(t, policy('Q', { memoryLimit: 10_000, sendFailIfNoSpace: true }))
  const volatile = { deliveryMode: DeliveryMode.NON_PERSISTENT }
  const large = 'x'.repeat(6_000)
  await world.send('Q', [large, large], volatile)
  await assert.rejects(world.send('Q', ['no room'], volatile), /memory/i)
  const consumer = await world.consumer('Q')
  assert.deepEqual(await world.rest(consumer), [large, large])
  await world.connection.sync()
  await world.send('Q', ['room'], volatile)
  assert.equal(textOf(await consumer.receive(SOON)), 'room')
})

test('a send waits for memory as long as the policy says, and then fails', async (t) => {
  const options = timed()
  const attributes = { memoryLimit: 10_000, sendFailIfNoSpaceAfterTimeout: 5_000 }
  const world = await World.open(t, { ...options, ...policy('Q', attributes) })
  const volatile = { deliveryMode: DeliveryMode.NON_PERSISTENT }
  await world.send('Q', ['x'.repeat(11_000)], volatile)
  const waiting = world.send('Q', ['no room'], volatile)
  const failed = assert.rejects(waiting, /memory/i)
  while (world.fixture.service.broker.parking.blocked.sends === 0) await new Promise(setImmediate)
  pass(options.clock, 6)
  await failed
})

test('a store that is full refuses sends and takes acknowledgements', async (t) => {
  const world = await World.open(t, {
    memory: false,
    data: temporaryDirectory('store-full'),
    storeLimit: 160_000_000,
    limits: { sendFailIfNoSpace: true },
  })
  const large = 'x'.repeat(8_000_000)
  let stored = 0
  await assert.rejects(async () => {
    for (;;) {
      await world.send('Q', [large])
      stored++
    }
  }, /store/i)
  assert.ok(stored >= 5, `${stored} messages`)
  const consumer = await world.consumer('Q?consumer.prefetchSize=1')
  assert.equal((await world.rest(consumer)).length, stored)
  assert.equal(world.fixture.service.broker.queue(Destination.parse('Q'))?.count, 0)
})

test('a long backlog is not all in memory, and comes in order', async (t) => {
  const limits = { windowCountMax: 100 }
  const world = await World.open(t, { memory: false, data: temporaryDirectory('paging'), limits })
  const texts = Array.from({ length: 2_000 }, (_, i) => `${i}`)
  const { session } = world
  const producer = await session.createProducer(session.createQueue('Q'))
  await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))
  const queue = world.fixture.service.broker.queue(Destination.parse('Q'))
  assert.equal(queue?.count, 2_000)
  assert.ok((queue?.entries ?? 0) <= 200, `${queue?.entries} in memory`)
  const consumer = await world.consumer('Q?consumer.prefetchSize=10')
  for (const text of texts) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('a connection that sends faster than it may waits for its next second', async (t) => {
  const options = timed()
  const world = await World.open(t, { ...options, limits: { connectionMessagesPerSecondMax: 10 } })
  await world.send(
    'Q',
    Array.from({ length: 10 }, (_, i) => `${i}`),
  )
  let sent = false
  const waiting = world.send('Q', ['too fast']).then(() => {
    sent = true
  })
  while (world.fixture.service.broker.parking.blocked.sends === 0) await new Promise(setImmediate)
  await (await world.fixture.connect()).sync()
  assert.equal(sent, false)
  pass(options.clock, 2)
  await waiting
})

test('what has the same id of the sender is there once', async (t) => {
  const world = await World.open(t, policy('Q', { duplicateIdsMax: 100 }))
  const { session } = world
  const producer = await session.createProducer(session.createQueue('Q'))
  for (const [text, id] of [
    ['one', 'a'],
    ['one again', 'a'],
    ['two', 'b'],
  ] as const) {
    const message = session.createTextMessage(text)
    message.setStringProperty('_AMQ_DUPL_ID', id)
    await producer.send(message)
  }
  assert.deepEqual(await world.rest(await world.consumer('Q')), ['one', 'two'])
})

test('what expires while nobody consumes becomes a dead letter by itself, in a queue of its own if the policy says so', async (t) => {
  const options = timed()
  const strategy = { deadLetterStrategy: { kind: 'individual' } } as const
  const world = await World.open(t, { ...options, ...policy('ORDERS', strategy) })
  for (const name of ['ORDERS', 'OTHERS']) await world.send(name, ['late'], { timeToLive: 5_000 })
  pass(options.clock, 40)
  for (const name of ['ActiveMQ.DLQ.Queue.ORDERS', 'ActiveMQ.DLQ']) {
    const letters = await world.consumer(name)
    assert.equal(textOf(await letters.receive(SOON)), 'late')
  }
  for (const name of ['ORDERS', 'OTHERS']) {
    assert.equal(world.fixture.service.broker.queue(Destination.parse(name))?.count, 0)
  }
})

test('expired messages are dropped where the policy says so, and dead letters are no more than it says', async (t) => {
  const options = timed()
  const world = await World.open(t, {
    ...options,
    policies: [
      { destination: 'DROPPED', policy: { deadLetterStrategy: { kind: 'shared', processExpired: false } } },
      { destination: 'KEPT', policy: { deadLetterStrategy: { kind: 'shared', maxLetters: 2 } } },
    ],
  })
  await world.send('DROPPED', ['dropped'], { timeToLive: 5_000 })
  await world.send('KEPT', ['1', '2', '3'], { timeToLive: 5_000 })
  pass(options.clock, 40)
  const letters = await world.consumer('ActiveMQ.DLQ')
  for (const text of ['2', '3']) assert.equal(textOf(await letters.receive(SOON)), text)
  assert.deepEqual(await world.rest(letters), [])
})

test('a durable subscription that nobody uses ends after the time that was set', async (t) => {
  const options = timed()
  const fixture = await startBroker(t, {
    ...options,
    behaviour: { offlineDurableSubscriberTimeout: 10_000, offlineDurableSubscriberTaskSchedule: 1_000 },
  })
  const subscribe = async (): Promise<[Connection, MessageConsumer]> => {
    const connection = await fixture.connect({ clientID: 'c' })
    const session = await connection.createSession()
    return [connection, await session.createDurableConsumer(session.createTopic('NEWS'), 'd')]
  }
  const [first] = await subscribe()
  await first.close()
  const sender = await fixture.connect()
  const session = await sender.createSession()
  const producer = await session.createProducer(session.createTopic('NEWS'))
  pass(options.clock, 5)
  await producer.send(session.createTextMessage('kept'))
  const [second, consumer] = await subscribe()
  assert.equal(textOf(await consumer.receive(SOON)), 'kept')
  await second.close()
  pass(options.clock, 20)
  await producer.send(session.createTextMessage('gone'))
  const [third, again] = await subscribe()
  await third.sync()
  assert.equal(await again.receiveNoWait(), null)
})
