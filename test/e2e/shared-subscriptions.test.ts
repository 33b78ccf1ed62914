import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  type Connection,
  InvalidDestinationError,
  JMSError,
  type MessageConsumer,
  type Session,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const ONE_BY_ONE = { prefetchSize: 1 }

async function publish(connection: Connection, topic: string, ...texts: string[]): Promise<void> {
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic(topic))
  for (const text of texts) await producer.send(session.createTextMessage(text))
  await session.close()
}

/** A session whose topic is T. */
async function onT(connection: Connection): Promise<Session> {
  return connection.createSession({ acknowledgeMode: AcknowledgeMode.AUTO })
}

async function texts(consumer: MessageConsumer, count: number): Promise<string[]> {
  const found: string[] = []
  for (let left = count; left > 0; left--) found.push(textOf(await consumer.receive(SOON)))
  return found
}

for (const kind of ['createSharedConsumer', 'createSharedDurableConsumer'] as const) {
  test(`each message goes to one of the consumers of a shared subscription: ${kind}`, async (t) => {
    const broker = await startBroker(t)
    const [first, second, other] = [await broker.connect(), await broker.connect(), await broker.connect()]
    const one = await onT(first)
    const two = await onT(second)
    const a = await one[kind](one.createTopic('T'), 'work', ONE_BY_ONE)
    const b = await two[kind](two.createTopic('T'), 'work', ONE_BY_ONE)
    const three = await onT(other)
    const everything = await three.createConsumer(three.createTopic('T'))
    await publish(first, 'T', '1', '2', '3', '4')
    const got = await Promise.all([texts(a, 2), texts(b, 2)])
    assert.deepEqual(got.flat().sort(), ['1', '2', '3', '4'])
    assert.deepEqual(await texts(everything, 4), ['1', '2', '3', '4'])
  })
}

test('a shared subscription that is not durable goes with its last consumer', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await onT(connection)
  const topic = session.createTopic('T')
  const first = await session.createSharedConsumer(topic, 'work')
  const second = await session.createSharedConsumer(topic, 'work')
  await first.close()
  await publish(connection, 'T', 'while one is there')
  assert.deepEqual(await texts(second, 1), ['while one is there'])
  await second.close()
  await connection.sync()
  assert.deepEqual(broker.service.broker.durables.list(), [])
  await publish(connection, 'T', 'while nobody is there')
  const third = await session.createSharedConsumer(topic, 'work')
  await connection.sync()
  assert.equal(await third.receiveNoWait(), null)
})

test('what a consumer of a shared subscription had and did not acknowledge goes to another', async (t) => {
  const broker = await startBroker(t)
  const [lost, kept] = [await broker.connect(), await broker.connect()]
  const one = await lost.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const two = await onT(kept)
  const a = await one.createSharedDurableConsumer(one.createTopic('T'), 'work')
  await publish(kept, 'T', '1')
  assert.deepEqual(await texts(a, 1), ['1'])
  const b = await two.createSharedDurableConsumer(two.createTopic('T'), 'work')
  await lost.close()
  const again = await b.receive(SOON)
  assert.equal(textOf(again), '1')
  assert.equal(again?.jmsRedelivered, true)
})

test('a shared durable subscription collects over a restart, and is unsubscribed by its name', async (t) => {
  const data = temporaryDirectory('shared')
  const options = { memory: false, data } as const
  const before = await startBroker(t, options)
  const first = await before.connect()
  const one = await onT(first)
  await (await one.createSharedDurableConsumer(one.createTopic('T'), 'work', { selector: 'JMSType IS NULL' })).close()
  await publish(first, 'T', 'a', 'b')
  await first.close()
  await before.service.stop()
  const after = await startBroker(t, options)
  const [view] = after.service.broker.durables.list()
  assert.deepEqual([view?.name, view?.shared, view?.durable, view?.pending], ['work', true, true, 2])
  const connection = await after.connect()
  const session = await onT(connection)
  const consumer = await session.createSharedDurableConsumer(session.createTopic('T'), 'work', {
    selector: 'JMSType IS NULL',
  })
  assert.deepEqual(await texts(consumer, 2), ['a', 'b'])
  await assert.rejects(session.unsubscribe('work'), JMSError)
  await consumer.close()
  await session.unsubscribe('work')
  await assert.rejects(session.unsubscribe('work'), InvalidDestinationError)
  assert.deepEqual(after.service.broker.durables.list(), [])
})

test('shared and unshared use of one durable name exclude each other', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ clientID: 'me' })
  const session = await onT(connection)
  const topic = session.createTopic('T')
  const shared = await session.createSharedDurableConsumer(topic, 'name')
  await shared.close()
  await assert.rejects(session.createDurableConsumer(topic, 'name'), JMSError)
  // One that is not durable has its names for itself.
  await (await session.createSharedConsumer(topic, 'name')).close()
  await session.unsubscribe('name')
  const unshared = await session.createDurableConsumer(topic, 'name')
  await unshared.close()
  await assert.rejects(session.createSharedDurableConsumer(topic, 'name'), JMSError)
})

test('a shared subscription in use is not changed, an idle one is replaced', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await onT(connection)
  const topic = session.createTopic('T')
  for (const kind of ['createSharedConsumer', 'createSharedDurableConsumer'] as const) {
    const first = await session[kind](topic, 'work')
    await assert.rejects(session[kind](session.createTopic('OTHER'), 'work'), JMSError)
    await assert.rejects(session[kind](topic, 'work', { selector: 'x = 1' }), JMSError)
    await first.close()
    await (await session[kind](topic, 'work', { selector: 'x = 1' })).close()
  }
  assert.deepEqual(
    broker.service.broker.durables.list().map(({ selector }) => selector),
    ['x = 1'],
  )
})

test('a client id makes the name of a shared subscription its own', async (t) => {
  const broker = await startBroker(t)
  const mine = await broker.connect({ clientID: 'me' })
  const yours = await broker.connect({ clientID: 'you' })
  const one = await onT(mine)
  const two = await onT(yours)
  const a = await one.createSharedConsumer(one.createTopic('T'), 'work')
  const b = await two.createSharedConsumer(two.createTopic('T'), 'work')
  await publish(mine, 'T', '1')
  assert.deepEqual(await texts(a, 1), ['1'])
  assert.deepEqual(await texts(b, 1), ['1'])
})

test('a program without createSharedConsumer says it in the name of the topic', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await onT(connection)
  const shared = session.createTopic('T?consumer.subscriptionName=shared-durable:work&consumer.prefetchSize=1')
  const a = await session.createConsumer(shared)
  const b = await session.createSharedDurableConsumer(session.createTopic('T'), 'work', ONE_BY_ONE)
  await publish(connection, 'T', '1', '2')
  assert.deepEqual((await Promise.all([texts(a, 1), texts(b, 1)])).flat().sort(), ['1', '2'])
})

test('messages of a shared subscription are received in a transaction', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createSharedConsumer(session.createTopic('T'), 'work')
  await publish(connection, 'T', '1')
  assert.deepEqual(await texts(consumer, 1), ['1'])
  await session.rollback()
  assert.deepEqual(await texts(consumer, 1), ['1'])
  await session.commit()
  assert.equal(broker.service.broker.durables.list()[0]?.pending, 0)
})
