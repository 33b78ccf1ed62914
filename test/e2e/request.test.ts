import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  AbortError,
  AcknowledgeMode,
  ConnectionClosedError,
  ConnectionFactory,
  IllegalStateError,
  MapMessage,
  type Message,
  NotStartedError,
  QueueRequestor,
  request,
  RequestFailedError,
  requestMany,
  RequestTimedOutError,
  ResourceAllocationError,
  respond,
} from '@millrace/client'
import { DataType, type DestinationInfo } from '@millrace/openwire'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

const WAIT = { timeout: SOON }

test('many requests at once share one temporary queue, and each gets its own reply', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const server = await broker.connect()
  const session = await server.createSession()
  const queue = session.createQueue('SQUARES')
  await respond(session, queue, (message) => String(Number(textOf(message)) ** 2))
  const client = await new ConnectionFactory(relay.url).createConnection()
  await client.start()
  const replies = await Promise.all([1, 2, 3, 4].map((n) => request(client, queue, String(n), WAIT)))
  assert.deepEqual(replies.map(textOf), ['1', '4', '9', '16'])
  assert.equal(textOf(await request(client, queue, '5', WAIT)), '25')
  assert.equal(relay.ofType<DestinationInfo>(DataType.DestinationInfo).length, 1)
  await client.close()
})

test('a responder of another kind may answer with the message id, and headers and properties travel', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('FOREIGN')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer()
  const message = session.createMapMessage({ item: 'wheel' })
  message.setStringProperty('region', 'EU')
  const pending = request(connection, queue, message, { ...WAIT, priority: 9 })
  const received = await consumer.receive(SOON)
  assert.ok(received instanceof MapMessage)
  assert.equal(received.getStringProperty('region'), 'EU')
  assert.equal(received.jmsPriority, 9)
  const reply = session.createTextMessage('done')
  reply.jmsCorrelationID = received.jmsMessageID
  assert.ok(received.jmsReplyTo !== null)
  await producer.send(received.jmsReplyTo, reply)
  assert.equal(textOf(await pending), 'done')
})

test('a request gives up by time and by signal, and a reply that comes later harms nobody', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const connection = await broker.connect({ clock })
  const session = await connection.createSession()
  const queue = session.createQueue('SILENT')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer()
  const late = request(connection, queue, 'too late', { timeout: 1000 })
  const first = await consumer.receive()
  clock.advance(1000)
  await assert.rejects(late, (error) => error instanceof RequestTimedOutError && error.outcome === 'unknown')
  const controller = new AbortController()
  const aborted = request(connection, queue, 'never mind', { signal: controller.signal })
  await consumer.receive()
  controller.abort()
  await assert.rejects(aborted, AbortError)
  await assert.rejects(request(connection, queue, 'x', { signal: controller.signal }), AbortError)
  assert.ok(first?.jmsReplyTo)
  const reply = session.createTextMessage('late')
  reply.jmsCorrelationID = first.jmsCorrelationID
  await producer.send(first.jmsReplyTo, reply)
  await respond(await connection.createSession(), session.createQueue('ALIVE'), () => 'yes')
  assert.equal(textOf(await request(connection, session.createQueue('ALIVE'), null)), 'yes')
})

test('a request is refused before start, and fails when the connection closes', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.factory().createConnection()
  const session = await connection.createSession()
  const queue = session.createQueue('CLOSING')
  await assert.rejects(request(connection, queue, 'early'), NotStartedError)
  await connection.start()
  const consumer = await session.createConsumer(queue)
  const pending = request(connection, queue, 'unanswered')
  const failed = assert.rejects(pending, ConnectionClosedError)
  await consumer.receive(SOON)
  await connection.close()
  await failed
  await assert.rejects(request(connection, queue, 'after'), ConnectionClosedError)
})

test('an async generator on the other side makes a reply of each value, and says when it is done', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('COUNT')
  await respond(session, queue, async function* (message) {
    await Promise.resolve()
    for (let i = 1; i <= Number(textOf(message)); i++) yield String(i)
  })
  const texts: string[] = []
  for await (const reply of requestMany(connection, queue, '3', WAIT)) texts.push(textOf(reply))
  assert.deepEqual(texts, ['1', '2', '3'])
  const two: string[] = []
  for await (const reply of requestMany(connection, queue, '5', { ...WAIT, limit: 2 })) two.push(textOf(reply))
  assert.deepEqual(two, ['1', '2'])
})

test('many responders on a topic are gathered until the time is over', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const connection = await broker.connect({ clock })
  const topic = (await connection.createSession()).createTopic('WHO.IS.THERE')
  for (const name of ['a', 'b']) await respond(await connection.createSession(), topic, () => name)
  const found: string[] = []
  for await (const reply of requestMany(connection, topic, null, { timeout: 5000 })) {
    found.push(textOf(reply))
    if (found.length === 2) clock.advance(5000)
  }
  assert.deepEqual(found.sort(), ['a', 'b'])
})

test('more replies than may wait end the iteration with an error, after those that came', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('FLOOD')
  const responder = await respond(session, queue, async function* () {
    for (let i = 0; i < 5; i++) yield String(await Promise.resolve(i))
  })
  const seen: string[] = []
  await assert.rejects(async () => {
    for await (const reply of requestMany(connection, queue, null, { ...WAIT, bufferedMax: 2 })) {
      // The responder has sent all of its replies, and the connection has them.
      if (seen.length === 0) await responder.close()
      await connection.sync()
      seen.push(textOf(reply))
    }
  }, ResourceAllocationError)
  assert.equal(seen[0], '0')
})

test('when the handler throws the request comes again, or its error is the reply', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  const session = await connection.createSession()
  let calls = 0
  await respond(session, session.createQueue('AGAIN'), () => {
    calls++
    if (calls === 1) throw new RangeError('not yet')
    return `call ${calls}`
  })
  assert.equal(textOf(await request(connection, session.createQueue('AGAIN'), 'x', WAIT)), 'call 2')
  const refuse = (): never => {
    throw new RangeError('no such order')
  }
  await respond(await connection.createSession(), session.createQueue('REFUSED'), refuse, { onError: 'reply' })
  await assert.rejects(
    request(connection, session.createQueue('REFUSED'), 'x', WAIT),
    (error) => error instanceof RequestFailedError && error.message === 'no such order',
  )
})

test('in a transacted session request and reply are one transaction', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('TRANSACTED.REQUESTS')
  const log = await session.createProducer(session.createQueue('LOG'))
  const counts: number[] = []
  await respond(session, queue, async (message) => {
    counts.push(message.deliveryCount)
    await log.send(session.createTextMessage(`try ${message.deliveryCount}`))
    if (message.deliveryCount === 1) throw new RangeError('the first time fails')
    return 'done'
  })
  assert.equal(textOf(await request(connection, queue, 'x', WAIT)), 'done')
  assert.deepEqual(counts, [1, 2])
  const reader = await (await connection.createSession()).createConsumer(session.createQueue('LOG'))
  assert.equal(textOf(await reader.receive(SOON)), 'try 2')
})

test('an INDIVIDUAL session answers several requests at once, and acknowledges each with its reply', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('AT.ONCE.REQUESTS')
  let slowEnds: () => void = () => {}
  const slow = new Promise<void>((resolve) => {
    slowEnds = resolve
  })
  const responder = await respond(
    session,
    queue,
    async (message) => {
      if (textOf(message) === 'slow') await slow
      return `${textOf(message)} done`
    },
    { concurrency: 2 },
  )
  const first = request(connection, queue, 'slow', WAIT)
  assert.equal(textOf(await request(connection, queue, 'fast', WAIT)), 'fast done')
  slowEnds()
  assert.equal(textOf(await first), 'slow done')
  await responder.close()
  await connection.sync()
  const left = await (await connection.createSession()).createConsumer(queue)
  await connection.sync()
  assert.equal(await left.receiveNoWait(), null)
})

test('a reply to a queue that is gone is dropped, and the responder goes on', async (t) => {
  const broker = await startBroker(t)
  const server = await broker.connect()
  const session = await server.createSession()
  const queue = session.createQueue('GONE.REPLIES')
  const client = await broker.connect()
  const asking = await client.createSession()
  const producer = await asking.createProducer(queue)
  const replies = await asking.createTemporaryQueue()
  const message = asking.createTextMessage('then I leave')
  message.jmsReplyTo = replies
  await producer.send(message)
  await producer.send(asking.createTextMessage('nobody asks'))
  await replies.delete()
  const seen: string[] = []
  await respond(session, queue, (received: Message) => {
    seen.push(textOf(received))
    return 'answer'
  })
  assert.equal(textOf(await request(client, queue, 'third', WAIT)), 'answer')
  assert.deepEqual(seen, ['then I leave', 'nobody asks', 'third'])
})

test('a QueueRequestor asks one at a time and closes its session', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const server = await connection.createSession()
  const queue = server.createQueue('OLD.STYLE')
  await respond(server, queue, (message) => textOf(message).toUpperCase())
  const session = await connection.createSession()
  const requestor = await QueueRequestor.open(session, queue)
  const first = requestor.request(session.createTextMessage('a'), WAIT)
  await assert.rejects(requestor.request(session.createTextMessage('b')), IllegalStateError)
  assert.equal(textOf(await first), 'A')
  assert.equal(textOf(await requestor.request(session.createTextMessage('b'), WAIT)), 'B')
  await requestor.close()
  assert.equal(session.closed, true)
  const transacted = await connection.createSession({ transacted: true })
  await assert.rejects(QueueRequestor.open(transacted, queue), IllegalStateError)
})
