/** Options that few need, each seen from outside: on the wire, in the log, or by what comes first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/base'
import { AcknowledgeMode, ConnectionFactory, JMSError, RequestTimedOutError } from '@millrace/client'
import {
  AckType,
  ConsumerControl,
  type ConsumerInfo,
  DataType,
  type MessageAck,
  type MessageDispatch,
} from '@millrace/openwire'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

test('with sendAcksAsync off an acknowledgement asks for an answer', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  for (const sendAcksAsync of [true, false]) {
    const connection = await new ConnectionFactory(relay.url, { sendAcksAsync }).createConnection()
    await connection.start()
    const session = await connection.createSession()
    const queue = session.createQueue('ACKS')
    await (await session.createProducer(queue)).send(session.createTextMessage('x'))
    await (await session.createConsumer(queue)).receive(SOON)
    await connection.close()
  }
  const asked = relay
    .ofType<MessageAck>(DataType.MessageAck)
    .filter((ack) => ack.ackType === AckType.Standard)
    .map((ack) => ack.responseRequired)
  assert.deepEqual(asked, [false, true])
})

test('with transactedIndividualAck each message of a transaction is acknowledged by itself', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { transactedIndividualAck: true }).createConnection()
  await connection.start()
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('ONE.BY.ONE')
  const producer = await session.createProducer(queue)
  for (const text of ['a', 'b']) await producer.send(session.createTextMessage(text))
  await session.commit()
  const consumer = await session.createConsumer(queue)
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await session.commit()
  await connection.close()
  const acks = relay.ofType<MessageAck>(DataType.MessageAck).map((ack) => [ack.ackType, ack.messageCount])
  assert.deepEqual(acks, [
    [AckType.Individual, 1],
    [AckType.Individual, 1],
  ])
})

test('with nonBlockingRedelivery others pass a message that waits for its redelivery', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({
    nonBlockingRedelivery: true,
    redeliveryPolicy: { initialRedeliveryDelay: 3_600_000 },
  })
  const session = await connection.createSession()
  const queue = session.createQueue('PASSES')
  const producer = await session.createProducer(queue)
  for (const text of ['fails', 'passes']) await producer.send(session.createTextMessage(text))
  const consumer = await session.createConsumer(queue)
  const passed = await new Promise<string>((resolve) => {
    void consumer.setMessageListener((message) => {
      const text = textOf(message)
      if (text === 'fails') throw new Error('not now')
      resolve(text)
    })
  })
  assert.equal(passed, 'passes')
})

test('retroactive and noLocal are said to the broker', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(relay.url, { watchTopicAdvisories: false, useRetroactiveConsumer: true })
  const connection = await factory.createConnection()
  const session = await connection.createSession()
  await session.createConsumer(session.createTopic('T'), { noLocal: true })
  await session.createConsumer(session.createTopic('T?consumer.retroactive=false'))
  await connection.close()
  assert.deepEqual(
    relay.ofType<ConsumerInfo>(DataType.ConsumerInfo).map((info) => [info.retroactive, info.noLocal]),
    [
      [true, true],
      [false, false],
    ],
  )
})

test('with trace every command is in the log', async (t) => {
  const broker = await startBroker(t)
  const said: string[] = []
  const log = { ...silentLogger, debug: (_: object, message: string): void => void said.push(message) }
  const connection = await broker.factory({ log, transport: { trace: true } }).createConnection()
  await connection.start()
  await connection.close()
  assert.ok(said.includes('sent'))
  assert.ok(said.includes('received'))
})

test('a broker that does not accept a connection in time is given up', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { connectResponseTimeout: 20 }).createConnection()
  relay.hold()
  await assert.rejects(connection.start(), RequestTimedOutError)
  relay.release()
  await connection.close().catch(() => {})
})

test('a received message says when the broker had it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('TIMES')
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  const message = await (await session.createConsumer(queue)).receive(SOON)
  assert.ok(message !== null)
  const [came, left] = ['JMSActiveMQBrokerInTime', 'JMSActiveMQBrokerOutTime'].map((name) =>
    message.getLongProperty(name),
  )
  assert.ok(came !== undefined && left !== undefined)
  assert.ok(Number(came) >= message.jmsTimestamp, 'not before it was sent')
  assert.ok(left >= came, 'not out before it was in')
})

test('the broker may change the prefetch of a consumer, and close it', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { watchTopicAdvisories: false }).createConnection()
  await connection.start()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const queue = session.createQueue('CONTROLLED')
  const consumer = await session.createConsumer(queue)
  const closed = new Promise<string>((resolve) => consumer.on('closed', ({ reason }) => resolve(reason)))
  const [info] = relay.ofType<ConsumerInfo>(DataType.ConsumerInfo)
  const control = Object.assign(new ConsumerControl(), { consumerId: info?.consumerId ?? null, prefetch: 2 })
  relay.tell(control)
  const producer = await session.createProducer(queue)
  for (const text of ['a', 'b']) await producer.send(session.createTextMessage(text))
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await connection.sync()
  const delivered = relay.ofType<MessageAck>(DataType.MessageAck).filter((ack) => ack.ackType === AckType.Delivered)
  assert.ok(delivered.length > 0, 'of a window of 1000 two are too few to ask for more')
  control.close = true
  relay.tell(control)
  assert.match(await closed, /the broker closed/)
  assert.equal(await consumer.receive(SOON).catch(() => null), null)
  await connection.close()
})

test('a broker that ignores the prefetch is given up before it fills the process', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const options = { watchTopicAdvisories: false, wireFormat: { cacheEnabled: false, tightEncodingEnabled: false } }
  const connection = await new ConnectionFactory(relay.url, options).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('FLOOD')
  const consumer = await session.createConsumer(queue, { prefetchSize: 1 })
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  assert.equal(textOf(await consumer.receive(SOON)), 'x')
  const [dispatch] = relay.ofType<MessageDispatch>(DataType.MessageDispatch, relay.received)
  assert.ok(dispatch !== undefined)
  const ended = new Promise<JMSError | null>((resolve) => connection.on('closed', ({ error }) => resolve(error)))
  for (let count = 0; count < 1200; count++) relay.tell(dispatch)
  const error = await ended
  assert.equal(error?.cause instanceof JMSError && error.cause.code, 'PREFETCH_IGNORED')
  await assert.rejects(consumer.receive())
  await connection.close()
})
