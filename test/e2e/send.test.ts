import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/base'
import {
  AbortError,
  AlreadyClosedError,
  ConnectionFactory,
  ConnectionFailedError,
  DeliveryMode,
  InvalidDestinationError,
  JMSSecurityError,
  MaxFrameSizeExceededError,
  type Message,
  RequestTimedOutError,
  TransactionRolledBackError,
  UnsupportedOperationError,
} from '@millrace/client'
import { type ActiveMQTextMessage, DataType } from '@millrace/openwire'
import type { Interceptor } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

test('pipelined sends keep their order and are each confirmed', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('PIPELINED')
  const producer = await session.createProducer(queue)
  const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`)
  const settled: string[] = []
  await Promise.all(
    texts.map((text) => producer.send(session.createTextMessage(text)).then(() => void settled.push(text))),
  )
  assert.deepEqual(settled, texts)
  assert.equal(producer.bufferedAmount, 0)
  const consumer = await session.createConsumer(queue)
  for (const text of texts) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('one message object may be sent many times, also changed in between', async (t) => {
  const broker = await startBroker(t)
  // A limit of one makes every send but the first wait its turn.
  const connection = await broker.connect({ maxSendsInFlight: 1 })
  const session = await connection.createSession()
  const queue = session.createQueue('SNAPSHOT')
  const producer = await session.createProducer(queue)
  const message = session.createTextMessage()
  const sends: Promise<void>[] = []
  for (let i = 0; i < 20; i++) {
    message.text = `text ${i}`
    message.clearProperties()
    message.setIntProperty('number', i)
    sends.push(producer.send(message))
  }
  await Promise.all(sends)
  const consumer = await session.createConsumer(queue)
  for (let i = 0; i < 20; i++) {
    const received = await consumer.receive(SOON)
    assert.equal(textOf(received), `text ${i}`)
    assert.equal(received?.getIntProperty('number'), i)
  }
})

test('no more confirmed sends are on their way than maxSendsInFlight says, and bufferedAmount tells', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { maxSendsInFlight: 5 }).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('IN.FLIGHT'))
  relay.hold()
  const sends = Array.from({ length: 20 }, (_, i) => producer.send(session.createTextMessage(`${i}`)))
  assert.ok(producer.bufferedAmount >= 20 * 1024, `${producer.bufferedAmount} bytes`)
  assert.equal(connection.sendsInFlight, 5)
  relay.release()
  await Promise.all(sends)
  assert.equal(connection.sendsInFlight, 0)
  assert.equal(producer.bufferedAmount, 0)
  const messages = relay.ofType<ActiveMQTextMessage>(DataType.ActiveMQTextMessage)
  const sequences = messages.map((one) => Number(one.messageId?.producerSequenceId))
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => a - b),
  )
  await connection.close()
})

test('sends of one turn share socket writes', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ONE.WRITE'))
  const before = relay.chunks.length
  await Promise.all(Array.from({ length: 100 }, (_, i) => producer.send(session.createTextMessage(`${i}`))))
  assert.ok(relay.chunks.length - before <= 3, `${relay.chunks.length - before} chunks for 100 sends`)
  await connection.close()
})

test('send sets the headers on the message of the caller', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('HEADERS')
  const producer = await session.createProducer(queue)
  const message = session.createTextMessage('x')
  const sending = producer.send(message, { priority: 7, timeToLive: 60_000 })
  assert.match(message.jmsMessageID ?? '', /^ID:.+:1:1:1$/)
  assert.equal(message.JMSPriority, 7)
  assert.equal(message.jmsExpiration, message.jmsTimestamp + 60_000)
  assert.equal(message.jmsDeliveryMode, DeliveryMode.PERSISTENT)
  assert.equal(String(message.jmsDestination), 'queue://HEADERS')
  await sending
  const received = await (await session.createConsumer(queue)).receive(SOON)
  assert.equal(received?.jmsMessageID, message.jmsMessageID)
  assert.equal(received?.jmsPriority, 7)
  assert.equal(received?.jmsExpiration, message.jmsExpiration)
})

test('without timestamps a time to live counts all the same', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ disableTimeStampsByDefault: true })
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('NO.TIMESTAMP'))
  const message = session.createMessage()
  await producer.send(message, { timeToLive: 60_000 })
  assert.equal(message.jmsTimestamp, 0)
  assert.ok(message.jmsExpiration > 60_000)
})

test('onComplete is called in the order of the calls, never within send', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('CALLBACK'))
  const calls: number[] = []
  const sends = Array.from({ length: 10 }, (_, i) => {
    return producer.send(session.createTextMessage(`${i}`), {
      // Non-persistent ones could be answered before persistent ones that were sent earlier.
      deliveryMode: i % 2 === 0 ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT,
      onComplete: (message: Message, error) => {
        assert.equal(error, undefined)
        assert.equal(textOf(message), `${i}`)
        calls.push(i)
      },
    })
  })
  assert.deepEqual(calls, [])
  await Promise.all(sends)
  assert.deepEqual(calls, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('an oversized message fails alone and the connection lives', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ wireFormat: { maxFrameSize: 20_000 } })
  const session = await connection.createSession()
  const queue = session.createQueue('OVERSIZED')
  const producer = await session.createProducer(queue)
  const sizes = [10, 30_000, 20]
  const results = await Promise.allSettled(
    sizes.map((size) => producer.send(session.createBytesMessage(Buffer.alloc(size)))),
  )
  assert.deepEqual(
    results.map((one) => one.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const reason = (results[1] as PromiseRejectedResult).reason
  assert.ok(reason instanceof MaxFrameSizeExceededError)
  assert.equal(reason.code, '41300')
  await producer.send(session.createTextMessage('still here'))
})

test('a send that is wrong in itself rejects and calls no callback', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const anonymous = await session.createProducer()
  const bound = await session.createProducer(session.createQueue('BOUND'))
  const onComplete = (): void => assert.fail('called back')
  const message = session.createMessage()
  await assert.rejects(anonymous.send(message, { onComplete }), InvalidDestinationError)
  await assert.rejects(bound.send(session.createQueue('OTHER'), message, { onComplete }), UnsupportedOperationError)
  await bound.close()
  await assert.rejects(bound.send(message, { onComplete }), AlreadyClosedError)
  assert.throws(() => {
    anonymous.priority = 10
  }, /0 to 9/)
})

test('an anonymous producer sends anywhere, a composite to all its parts', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer()
  await producer.send(session.createQueue('ONE,TWO'), session.createTextMessage('both'))
  await producer.send(session.createTextMessage('by option'), { destination: session.createQueue('ONE') })
  const one = await session.createConsumer(session.createQueue('ONE'))
  const two = await session.createConsumer(session.createQueue('TWO'))
  assert.equal(textOf(await one.receive(SOON)), 'both')
  assert.equal(textOf(await two.receive(SOON)), 'both')
  assert.equal(textOf(await one.receive(SOON)), 'by option')
})

test('a reply that does not come in time: the outcome is unknown, and a late reply changes nothing', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { sendTimeout: 20 }).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('LATE'))
  relay.hold()
  await assert.rejects(producer.send(session.createTextMessage('late')), (error) => {
    assert.ok(error instanceof RequestTimedOutError)
    assert.equal(error.outcome, 'unknown')
    return true
  })
  relay.release()
  await producer.send(session.createTextMessage('in time'), { timeout: SOON })
  await connection.close()
})

test('an abort before the frame is written leaves no doubt, afterwards the outcome is unknown', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { maxSendsInFlight: 1 }).createConnection()
  const session = await connection.createSession()
  const queue = session.createQueue('ABORT')
  const producer = await session.createProducer(queue)
  relay.hold()
  const written = new AbortController()
  const waiting = new AbortController()
  const first = producer.send(session.createTextMessage('written'), { signal: written.signal })
  const second = producer.send(session.createTextMessage('waiting'), { signal: waiting.signal })
  const third = producer.send(session.createTextMessage('third'))
  waiting.abort()
  await assert.rejects(second, (error) => error instanceof AbortError && error.outcome === undefined)
  written.abort()
  await assert.rejects(first, (error) => error instanceof AbortError && error.outcome === 'unknown')
  await assert.rejects(producer.send(session.createMessage(), { signal: AbortSignal.abort() }), AbortError)
  relay.release()
  await third
  await connection.start()
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'written')
  assert.equal(textOf(await consumer.receive(SOON)), 'third')
  await connection.close()
})

test('a producer window stops one-way sends until the broker has acknowledged them', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, {
    useAsyncSend: true,
    producerWindowSize: 5000,
  }).createConnection()
  const session = await connection.createSession()
  const queue = session.createQueue('WINDOW')
  const producer = await session.createProducer(queue)
  relay.hold()
  const sends = Array.from({ length: 30 }, (_, i) => producer.send(session.createTextMessage(`${i}`)))
  await sends[0]
  assert.ok(producer.bufferedAmount > 5000)
  relay.release()
  await Promise.all(sends)
  await producer.flush()
  assert.equal(producer.bufferedAmount, 0)
  await connection.start()
  const consumer = await session.createConsumer(queue)
  for (let i = 0; i < 30; i++) assert.equal(textOf(await consumer.receive(SOON)), `${i}`)
  await connection.close()
})

test('an unawaited one-way send makes back-pressure visible to those who await', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { transport: { ioBufferSize: 10_000 } }).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('PRESSURE'))
  producer.deliveryMode = DeliveryMode.NON_PERSISTENT
  let accepted = false
  for (let i = 0; i < 50; i++) void producer.send(session.createBytesMessage(Buffer.alloc(1000)))
  const last = producer.send(session.createBytesMessage(Buffer.alloc(1000))).then(() => {
    accepted = true
  })
  await Promise.resolve()
  assert.equal(accepted, false)
  await last
  await connection.close()
})

test('a lost connection fails every outstanding send, each with an unknown outcome', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { maxSendsInFlight: 3 }).createConnection()
  const events: string[] = []
  connection.on('exception', (error) => events.push(error.name))
  connection.on('closed', ({ error }) => events.push(`closed ${error?.name}`))
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('LOST'))
  relay.hold()
  const sends = Promise.allSettled(
    Array.from({ length: 6 }, (_, i) => producer.send(session.createTextMessage(`${i}`))),
  )
  relay.cut()
  const outcomes = (await sends).map((one) => {
    assert.equal(one.status, 'rejected')
    assert.ok(one.reason instanceof ConnectionFailedError)
    return one.reason.outcome
  })
  // What was still waiting here has certainly not been sent.
  assert.deepEqual(outcomes, ['unknown', 'unknown', 'unknown', undefined, undefined, undefined])
  assert.deepEqual(events, ['ConnectionFailedError', 'closed ConnectionFailedError'])
  await assert.rejects(producer.send(session.createMessage()), ConnectionFailedError)
  await connection.close()
})

/** A broker whose hook refuses messages of type `forbidden`, with the error of the security layer. */
const FORBIDDING: Interceptor = {
  sending: (_, message) => {
    if (message.type === 'forbidden') throw new MillraceError('NOT_AUTHORIZED', 'not this one')
  },
}

test('each pipelined send fails for itself', async (t) => {
  const broker = await startBroker(t, { interceptors: [FORBIDDING] })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('EACH')
  const producer = await session.createProducer(queue)
  const callbacks: string[] = []
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4].map((i) => {
      const message = session.createTextMessage(`${i}`)
      if (i % 2 === 1) message.jmsType = 'forbidden'
      if (i < 3) return producer.send(message)
      return producer.send(message, { onComplete: (_, error) => callbacks.push(`${i} ${error?.name}`) })
    }),
  )
  assert.deepEqual(
    results.map((one) => one.status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
  const reason = (results[1] as PromiseRejectedResult).reason
  assert.ok(reason instanceof JMSSecurityError)
  assert.match(reason.remoteClass ?? '', /SecurityException$/)
  assert.deepEqual(callbacks, ['3 JMSSecurityError', '4 undefined'])
  const consumer = await session.createConsumer(queue)
  for (const text of ['0', '2', '4']) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('a one-way send that the broker refuses fails the commit of its transaction', async (t) => {
  const broker = await startBroker(t, { interceptors: [FORBIDDING] })
  const connection = await broker.connect()
  const errors: string[] = []
  connection.on('exception', (error) => errors.push(error.name))
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('POISONED')
  const producer = await session.createProducer(queue)
  const bad = session.createTextMessage('bad')
  bad.jmsType = 'forbidden'
  await producer.send(session.createTextMessage('good'))
  await producer.send(bad)
  await assert.rejects(session.commit(), TransactionRolledBackError)
  assert.deepEqual(errors, ['JMSSecurityError'])
  await producer.send(session.createTextMessage('next'))
  await session.commit()
  const other = await connection.createSession()
  const consumer = await other.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'next')
})
