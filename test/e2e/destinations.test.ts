import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IllegalStateError, InvalidDestinationError, type JMSError } from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

test('request and reply over a temporary queue', async (t) => {
  const broker = await startBroker(t)
  const server = await broker.connect()
  const client = await broker.connect()
  const serving = await server.createSession()
  const responder = await serving.createProducer()
  const requests = await serving.createConsumer(serving.createQueue('REQUESTS'))
  await requests.setMessageListener(async (request) => {
    const reply = serving.createTextMessage(`${textOf(request)} pong`)
    reply.jmsCorrelationID = request.jmsMessageID
    assert.ok(request.jmsReplyTo !== null)
    await responder.send(request.jmsReplyTo, reply)
  })
  const session = await client.createSession()
  const answers = await session.createTemporaryQueue()
  const consumer = await session.createConsumer(answers)
  const producer = await session.createProducer(session.createQueue('REQUESTS'))
  const request = session.createTextMessage('ping')
  request.jmsReplyTo = answers
  await producer.send(request)
  const reply = await consumer.receive(SOON)
  assert.equal(textOf(reply), 'ping pong')
  assert.equal(reply?.jmsCorrelationID, request.jmsMessageID)
})

test('only its connection consumes from a temporary destination and deletes it', async (t) => {
  const broker = await startBroker(t)
  const owner = await broker.connect()
  const other = await broker.connect()
  const session = await owner.createSession()
  const queue = await session.createTemporaryQueue()
  const topic = await session.createTemporaryTopic()
  assert.notEqual(queue.name, topic.name)
  const foreign = await other.createSession()
  await assert.rejects(foreign.createConsumer(queue), InvalidDestinationError)
  const consumer = await session.createConsumer(queue)
  await assert.rejects(queue.delete(), IllegalStateError)
  await consumer.close()
  await queue.delete()
  await topic.delete()
})

test('a send to a deleted temporary destination fails here, in every connection', async (t) => {
  const broker = await startBroker(t)
  const owner = await broker.connect()
  const other = await broker.connect()
  const queue = await (await owner.createSession()).createTemporaryQueue()
  const session = await other.createSession()
  const producer = await session.createProducer()
  await producer.send(queue, session.createTextMessage('alive'))
  await queue.delete()
  // The advisory went out before the answer to the deletion; what the broker says next comes behind it.
  await other.sync()
  const error = await producer.send(queue, session.createMessage()).then(
    () => assert.fail('was sent'),
    (thrown: JMSError) => thrown,
  )
  assert.ok(error instanceof InvalidDestinationError)
  assert.equal(error.remoteClass, undefined)
})

test('a durable subscription collects while nobody consumes, until it is unsubscribed', async (t) => {
  const broker = await startBroker(t)
  const publisher = await broker.connect()
  const publishing = await publisher.createSession()
  const topic = publishing.createTopic('DURABLE')
  const producer = await publishing.createProducer(topic)
  const anonymous = await broker.connect()
  await assert.rejects((await anonymous.createSession()).createDurableConsumer(topic, 'sub'), IllegalStateError)
  for (const text of ['', 'while away']) {
    const connection = await broker.factory().createConnection({ clientID: 'subscriber' })
    await connection.start()
    const session = await connection.createSession()
    const consumer = await session.createDurableConsumer(topic, 'sub')
    if (text !== '') assert.equal(textOf(await consumer.receive(SOON)), text)
    await producer.send(publishing.createTextMessage(`now ${text}`))
    assert.equal(textOf(await consumer.receive(SOON)), `now ${text}`)
    await assert.rejects(session.unsubscribe('sub'))
    await connection.close()
    await producer.send(publishing.createTextMessage('while away'))
  }
  const connection = await broker.factory().createConnection({ clientID: 'subscriber' })
  const session = await connection.createSession()
  await session.unsubscribe('sub')
  await assert.rejects(session.unsubscribe('sub'), InvalidDestinationError)
  await connection.close()
})

test('a browser sees a queue without taking from it, each loop anew', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.factory().createConnection()
  const session = await connection.createSession()
  const queue = session.createQueue('BROWSE')
  const producer = await session.createProducer(queue)
  const count = 1200
  await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const message = session.createTextMessage(`${i}`)
      message.setIntProperty('i', i)
      return producer.send(message)
    }),
  )
  await using browser = session.createBrowser(queue)
  const seen: string[] = []
  for await (const message of browser) seen.push(textOf(message))
  assert.deepEqual(
    seen,
    Array.from({ length: count }, (_, i) => `${i}`),
  )
  const some: string[] = []
  for await (const message of browser.messages({ limit: 2 })) some.push(textOf(message))
  assert.deepEqual(some, ['0', '1'])
  const selected: string[] = []
  for await (const message of session.createBrowser(queue, 'i >= 1198')) selected.push(textOf(message))
  assert.deepEqual(selected, ['1198', '1199'])
  await connection.start()
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), '0')
  await connection.close()
})

test('names with prefixes say what a destination is', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  assert.equal(String(session.createQueue('queue://A')), 'queue://A')
  assert.throws(() => session.createQueue('topic://A'), InvalidDestinationError)
  assert.throws(() => session.createQueue(' '), InvalidDestinationError)
  assert.equal(session.createQueue('ID:x:1').temporary, true)
})

test('a queue is deleted with what is in it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('DELETE.ME')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('x'))
  await producer.close()
  await connection.deleteDestination(queue)
  for await (const _ of session.createBrowser(queue)) assert.fail('still there')
})
