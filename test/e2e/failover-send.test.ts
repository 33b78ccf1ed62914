import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, DeliveryMode, type JMSError } from '@millrace/client'
import { DataType } from '@millrace/openwire'
import { failover, kept, next, said } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

test('a confirmed send whose answer was lost is sent again, and arrives once', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('a'))
  const answered = kept(relay)
  const sent = producer.send(session.createTextMessage('b'))
  // The broker has it, and has said so.
  await answered
  await it.cut()
  await sent
  await producer.send(session.createTextMessage('c'))
  const consumer = await session.createConsumer(queue)
  for (const text of ['a', 'b', 'c']) assert.equal(textOf(await consumer.receive(SOON)), text)
  assert.equal(await consumer.receiveNoWait(), null)
})

test('a confirmed send that never arrived is sent again', async (t) => {
  const { connection, relay } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const texts = ['a', 'b', 'c', 'd']
  const sent = texts.map((text) => producer.send(session.createTextMessage(text)))
  await lost
  await Promise.all(sent)
  const consumer = await session.createConsumer(queue)
  for (const text of texts) assert.equal(textOf(await consumer.receive(SOON)), text)
  assert.equal(await consumer.receiveNoWait(), null)
})

test('what is sent while there is no link follows in order', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await it.down()
  const texts = Array.from({ length: 50 }, (_, i) => `message ${i}`)
  const sent = texts.map((text, i) => producer.send(session.createTextMessage(text), { confirm: i % 2 === 0 }))
  await it.up()
  await Promise.all(sent)
  const consumer = await session.createConsumer(queue)
  for (const text of texts) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('one-way sends that may be lost are told of: by an event, and by sync', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  producer.deliveryMode = DeliveryMode.NON_PERSISTENT
  await producer.send(session.createTextMessage('certain'))
  await connection.sync()
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const doubt = next(connection, 'exception')
  const resumed = next(connection, 'resumed')
  await producer.send(session.createTextMessage('in doubt'))
  await lost
  const error = await doubt
  assert.equal(error.code, 'SENDS_IN_DOUBT')
  assert.match(error.message, /^a one-way send may have been lost/)
  assert.equal(error.outcome, 'unknown')
  await resumed
  await assert.rejects(producer.flush(), { code: 'SENDS_IN_DOUBT', outcome: 'unknown' })
  await producer.flush()
  await producer.send(session.createTextMessage('more'))
  await connection.sync()
  let told: JMSError | null = null
  connection.on('exception', (another) => {
    told = another
  })
  await it.cut()
  await connection.sync()
  assert.equal(told, null)
})

test('without a listener close tells of one-way sends in doubt', async (t) => {
  const { connection, relay } = await failover(t)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const resumed = next(connection, 'resumed')
  await producer.send(session.createTextMessage('in doubt'), { confirm: false })
  await lost
  await resumed
  await assert.rejects(connection.close(), AggregateError)
})

test('with trackMessages one-way sends are sent again, and persistent ones arrive once', async (t) => {
  const { connection, relay, ...it } = await failover(t, '?trackMessages=true')
  connection.on('exception', (error) => assert.fail(error))
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const resumed = next(connection, 'resumed')
  const oneWay = { confirm: false }
  await Promise.all(['a', 'b', 'c'].map((text) => producer.send(session.createTextMessage(text), oneWay)))
  await lost
  await resumed
  await producer.send(session.createTextMessage('d'), oneWay)
  // Arrived, but the client cannot know.
  const other = await (await it.connect()).createSession()
  const consumer = await other.createConsumer(queue)
  for (const text of ['a', 'b', 'c', 'd']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await it.cut()
  await producer.send(session.createTextMessage('e'))
  assert.equal(textOf(await consumer.receive(SOON)), 'e')
})

test('trackMessages keeps only so much, and tells of the rest', async (t) => {
  const { connection, relay } = await failover(t, '?trackMessages=true&maxCacheSize=3000')
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const doubt = next(connection, 'exception')
  const oneWay = { confirm: false }
  await Promise.all(['a', 'b', 'c', 'd'].map((text) => producer.send(session.createTextMessage(text), oneWay)))
  await lost
  assert.match((await doubt).message, /^2 one-way sends/)
  const consumer = await session.createConsumer(queue)
  for (const text of ['c', 'd']) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('confirmed and one-way sends of one producer are replayed in the order of the calls', async (t) => {
  const { connection, relay } = await failover(t, '?trackMessages=true')
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const texts = Array.from({ length: 10 }, (_, i) => `message ${i}`)
  const lost = said(relay, DataType.ActiveMQTextMessage, () => relay.cut())
  const sent = texts.map((text, i) => producer.send(session.createTextMessage(text), { confirm: i % 3 === 0 }))
  await lost
  await Promise.all(sent)
  const consumer = await session.createConsumer(queue)
  for (const text of texts) assert.equal(textOf(await consumer.receive(SOON)), text)
  assert.equal(await consumer.receiveNoWait(), null)
})

test('a producer window that was full is empty after the link broke', async (t) => {
  const { connection, relay } = await failover(t, '?jms.producerWindowSize=2000&jms.useAsyncSend=true')
  connection.on('exception', () => {})
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  relay.hold()
  const sent = ['a', 'b', 'c', 'd'].map((text) => producer.send(session.createTextMessage(text)))
  relay.cut()
  await Promise.all(sent)
})

test('one-way sends after which the producer is closed while there is no link are not lost', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const consumer = await session.createConsumer(queue)
  const producing = await connection.createSession()
  const producer = await producing.createProducer(queue)
  await it.down()
  const sent = producer.send(producing.createTextMessage('last'), { confirm: false })
  await producer.close()
  await producing.close()
  await it.up()
  await sent
  assert.equal(textOf(await consumer.receive(SOON)), 'last')
})

test('the broker may send a client to another broker, and name others', async (t) => {
  const one = await startBroker(t)
  const other = await startBroker(t)
  const relay = await Relay.between(t, one.url)
  const connection = await new ConnectionFactory(`failover:(${relay.url})`).createConnection()
  t.after(() => connection.close().catch(() => {}))
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const resumed = next(connection, 'resumed')
  relay.say({ connectedBrokers: `${one.url},${other.url},vm://inside`, reconnectTo: other.url })
  assert.equal((await resumed).address, other.url)
  await producer.send(session.createTextMessage('moved'))
  const reader = await (await other.connect()).createSession()
  const consumer = await reader.createConsumer(reader.createQueue('Q'))
  assert.equal(textOf(await consumer.receive(SOON)), 'moved')
  const back = next(connection, 'resumed')
  await other.service.stop()
  assert.notEqual((await back).address, other.url)
})

test('a broker may ask for another balance, and who is with the first of the list stays', async (t) => {
  const first = await Relay.between(t, (await startBroker(t)).url)
  const second = await Relay.between(t, (await startBroker(t)).url)
  first.refusing = true
  const factory = new ConnectionFactory(`failover:(${first.url},${second.url})?randomize=false`)
  const connection = await factory.createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.createSession()
  assert.equal(connection.address, second.url)
  const resumed = next(connection, 'resumed')
  first.refusing = false
  second.say({ rebalanceConnection: true })
  assert.equal((await resumed).address, first.url)
  first.say({ rebalanceConnection: true })
  await connection.sync()
  assert.equal(connection.connected, true)
})

test('with reconnectSupported=false a broker cannot send a client away', async (t) => {
  const one = await startBroker(t)
  const relay = await Relay.between(t, one.url)
  const factory = new ConnectionFactory(`failover:(${relay.url})?reconnectSupported=false&updateURIsSupported=false`)
  const connection = await factory.createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.createSession()
  relay.say({ connectedBrokers: one.url, reconnectTo: one.url, rebalanceConnection: true })
  await connection.sync()
  assert.equal(connection.address, relay.url)
  assert.equal(connection.connected, true)
})
