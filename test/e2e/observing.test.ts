/** What a connection says of itself: counts, state, capabilities, and that a message is there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcknowledgeMode, ConnectionFactory, RequestTimedOutError } from '@millrace/client'
import { failover } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'

const SOON_AGAIN = { initialRedeliveryDelay: 0, redeliveryDelay: 0 }

test('statistics count sends and deliveries per producer, consumer, session, destination and connection', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { ...SOON_AGAIN, maximumRedeliveries: 1 } })
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('COUNTED')
  const producer = await session.createProducer(queue)
  for (const text of ['good', 'bad']) await producer.send(session.createTextMessage(text))
  await session.commit()
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'good')
  await session.commit()
  for (let times = 0; times < 2; times++) {
    assert.equal(textOf(await consumer.receive(SOON)), 'bad')
    await session.rollback()
  }
  const bytes = producer.statistics().bytes
  assert.ok(bytes > 0)
  assert.deepEqual(producer.statistics(), { destination: 'queue://COUNTED', messages: 2, bytes, failed: 0 })
  const received = consumer.statistics()
  assert.deepEqual(
    { ...received, bytes: 0 },
    {
      destination: 'queue://COUNTED',
      messages: 3,
      bytes: 0,
      redelivered: 1,
      expired: 0,
      poisoned: 1,
      duplicates: 0,
      pending: 0,
    },
  )
  assert.deepEqual(session.statistics(), {
    commits: 2,
    rollbacks: 2,
    producers: [producer.statistics()],
    consumers: [received],
  })
  // What is closed still counts for its destination and for the whole.
  await session.close()
  const anonymous = await (await connection.createSession()).createProducer()
  await anonymous.send(queue, session.createTextMessage('x'))
  const all = connection.statistics()
  assert.deepEqual([all.sent.messages, all.received.messages, all.commits, all.rollbacks], [3, 3, 2, 2])
  assert.deepEqual(all.destinations['queue://COUNTED']?.received.poisoned, 1)
  assert.deepEqual(all.destinations['queue://COUNTED']?.sent.messages, 2)
  assert.deepEqual(all.destinations['*']?.sent.messages, 1)
  assert.equal(all.sessions.length, 1)
  assert.deepEqual(JSON.parse(JSON.stringify(all)), all, 'plain numbers')
})

test('statistics count sends that failed, expired messages and interruptions', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic('T'))
  await it.down()
  const gone = AbortSignal.abort()
  await assert.rejects(producer.send(session.createTextMessage('x'), { signal: gone }))
  const giving = new AbortController()
  const sent = producer.send(session.createTextMessage('x'), { signal: giving.signal })
  giving.abort()
  await assert.rejects(sent)
  await it.up()
  assert.deepEqual([producer.statistics().messages, producer.statistics().failed], [1, 1])
  assert.equal(connection.statistics().interruptions, 1)
})

test('state names what a connection is good for, and ping asks the broker', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  assert.equal(connection.state, 'connected')
  assert.ok((await connection.ping({ timeout: SOON })) >= 0)
  await it.down()
  assert.equal(connection.state, 'interrupted')
  await assert.rejects(connection.ping({ timeout: 5 }), RequestTimedOutError)
  await it.up()
  assert.equal(connection.state, 'connected')
  const closing = connection.close()
  assert.equal(connection.state, 'closing')
  await closing
  assert.equal(connection.state, 'closed')
  const plain = await new ConnectionFactory(relay.url).createConnection()
  const failed = new Promise((resolve) => plain.on('closed', resolve))
  relay.cut()
  await failed
  assert.equal(plain.state, 'failed')
  await plain.close()
})

test('capabilities follow from what the broker says of itself and from the version of the link', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  assert.deepEqual(connection.capabilities, {
    product: 'Millrace',
    version: null,
    openWireVersion: 12,
    pull: true,
    producerWindow: true,
    orderlyRecovery: true,
    syncIsDurable: true,
    sharedSubscriptions: false,
  })
  const old = await broker.connect({ wireFormat: { version: 1 } })
  assert.deepEqual([old.capabilities?.openWireVersion, old.capabilities?.pull], [1, false])
})

test('messageAvailable tells of messages that wait, without taking them', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('THERE')
  const consumer = await session.createConsumer(queue)
  const told: number[] = []
  const two = new Promise<void>((resolve) => {
    consumer.on('messageAvailable', ({ pending }) => {
      told.push(pending)
      if (pending === 2) resolve()
    })
  })
  const producer = await session.createProducer(queue)
  for (const text of ['a', 'b']) await producer.send(session.createTextMessage(text))
  await two
  assert.deepEqual(told, [1, 2])
  assert.equal(textOf(await consumer.receiveNoWait()), 'a')
  assert.equal(textOf(await consumer.receiveNoWait()), 'b')
  // One that a receive waits for, or a listener, is not announced.
  const waiting = consumer.receive(SOON)
  await producer.send(session.createTextMessage('c'))
  assert.equal(textOf(await waiting), 'c')
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener(() => resolve())
    void producer.send(session.createTextMessage('d'))
  })
  assert.deepEqual(told, [1, 2])
})
