import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  AbortError,
  AcknowledgeMode,
  AlreadyClosedError,
  checkSelector,
  ConnectionFactory,
  ConnectionFailedError,
  IllegalStateError,
  InvalidSelectorError,
  type Message,
  type MessageProducer,
  type Session,
} from '@millrace/client'
import { AckType, DataType, type MessageAck, type MessagePull } from '@millrace/openwire'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

async function sendAll(session: Session, producer: MessageProducer, texts: readonly string[]): Promise<void> {
  await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))
}

test('receive waits, times out with null, and gets null when the consumer closes', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('RECEIVE')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  assert.equal(await consumer.receiveNoWait(), null)
  assert.equal(await consumer.receive(5), null)
  const waiting = consumer.receive()
  await producer.send(session.createTextMessage('awaited'))
  assert.equal(textOf(await waiting), 'awaited')
  const pending = consumer.receive()
  await consumer.close()
  assert.equal(await pending, null)
  await assert.rejects(consumer.receive(), AlreadyClosedError)
  await consumer.close()
})

test('receives are served in the order of the calls', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('FIFO')
  const consumer = await session.createConsumer(queue)
  const waiting = [consumer.receive(), consumer.receive(), consumer.receive()]
  await sendAll(session, await session.createProducer(queue), ['a', 'b', 'c'])
  assert.deepEqual((await Promise.all(waiting)).map(textOf), ['a', 'b', 'c'])
})

test('receive rejects when its signal fires and when the connection is lost', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('GONE'))
  const controller = new AbortController()
  const aborted = consumer.receive({ signal: controller.signal })
  controller.abort()
  await assert.rejects(aborted, AbortError)
  const lost = consumer.receive()
  relay.cut()
  await assert.rejects(lost, ConnectionFailedError)
  await connection.close()
})

test('nothing is delivered before start and after stop, and sending goes on', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.factory().createConnection()
  const session = await connection.createSession()
  const queue = session.createQueue('STOPPED')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(session.createTextMessage('one'))
  assert.equal(await consumer.receive(5), null)
  const waiting = consumer.receive()
  await connection.start()
  assert.equal(textOf(await waiting), 'one')
  await connection.stop()
  await producer.send(session.createTextMessage('two'))
  assert.equal(await consumer.receive(5), null)
  await connection.start()
  assert.equal(textOf(await consumer.receive(SOON)), 'two')
  await connection.close()
})

test('a listener gets one message at a time over all consumers of its session', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queues = [session.createQueue('SERIAL.A'), session.createQueue('SERIAL.B')]
  const producer = await session.createProducer()
  for (const queue of queues) {
    for (let i = 0; i < 5; i++) await producer.send(queue, session.createTextMessage(`${queue.name} ${i}`))
  }
  const got: string[] = []
  let running = 0
  await new Promise<void>((resolve) => {
    const listener = async (message: Message): Promise<void> => {
      assert.equal(running, 0)
      running++
      await Promise.resolve()
      await Promise.resolve()
      running--
      got.push(textOf(message))
      if (got.length === 10) resolve()
    }
    for (const queue of queues) {
      void session.createConsumer(queue).then((consumer) => consumer.setMessageListener(listener))
    }
  })
  for (const { name } of queues) {
    assert.deepEqual(
      got.filter((text) => text.startsWith(name)),
      [0, 1, 2, 3, 4].map((i) => `${name} ${i}`),
    )
  }
})

test('a session with a listener refuses receive', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const listening = await session.createConsumer(session.createQueue('L'))
  const other = await session.createConsumer(session.createQueue('M'))
  await listening.setMessageListener(() => {})
  await assert.rejects(other.receive(1), IllegalStateError)
  await listening.setMessageListener(null)
  assert.equal(await other.receive(1), null)
})

test('for await acknowledges a message when the loop asks for the next one', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('ITERATE')
  await sendAll(session, await session.createProducer(queue), ['a', 'b', 'c'])
  const consumer = await session.createConsumer(queue)
  const acked = (): number => relay.ofType<MessageAck>(DataType.MessageAck).filter(isStandard).length
  const counts: number[] = []
  for await (const message of consumer) {
    await connection.sync()
    counts.push(acked())
    if (textOf(message) === 'c') await consumer.close()
  }
  assert.deepEqual(counts, [0, 1, 2])
  await connection.close()
})

function isStandard(ack: MessageAck): boolean {
  return ack.ackType === AckType.Standard
}

test('leaving a for await loop leaves the message, which comes again marked as redelivered', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  const session = await connection.createSession()
  const queue = session.createQueue('LEAVE')
  await sendAll(session, await session.createProducer(queue), ['a', 'b'])
  const consumer = await session.createConsumer(queue)
  for await (const message of consumer) {
    assert.equal(textOf(message), 'a')
    break
  }
  for await (const message of consumer) {
    assert.equal(textOf(message), 'a')
    assert.equal(message.jmsRedelivered, true)
    assert.equal(message.deliveryCount, 2)
    await message.acknowledge()
    break
  }
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  assert.equal(await consumer.receive(5), null)
})

test('a consumer with prefetch 0 has exactly one message in the process', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('PULL')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(session.createQueue('PULL?consumer.prefetchSize=0'))
  assert.equal(await consumer.receiveNoWait(), null)
  assert.equal(await consumer.receive(10), null)
  await sendAll(session, producer, ['a', 'b', 'c', 'd', 'e'])
  assert.equal(textOf(await consumer.receive()), 'a')
  assert.equal(textOf(await consumer.receiveNoWait()), 'b')
  const dispatched = relay.ofType(DataType.MessageDispatch, relay.received).length
  // Two empty answers, two messages, and none ahead.
  assert.equal(dispatched, 4)
  assert.deepEqual(
    relay.ofType<MessagePull>(DataType.MessagePull).map((pull) => Number(pull.timeout)),
    [-1, 10, 0, -1],
  )
  const rest: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener((message) => {
      rest.push(textOf(message))
      if (rest.length === 3) resolve()
    })
  })
  assert.deepEqual(rest, ['c', 'd', 'e'])
  await connection.close()
})

test('a selector filters at the broker, which refuses what is none; blank is none at all', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('SELECT')
  const refused = (error: unknown): boolean =>
    error instanceof InvalidSelectorError && error.remoteClass === 'javax.jms.InvalidSelectorException'
  await assert.rejects(session.createConsumer(queue, { selector: 'region =' }), refused)
  await assert.rejects(session.createBrowser(queue, 'region =').messages().next(), refused)
  const all = await session.createConsumer(queue, { selector: ' \n' })
  assert.equal(all.messageSelector, undefined)
  await all.close()
  const producer = await session.createProducer(queue)
  for (const region of ['EU', 'US', 'EU']) {
    const message = session.createTextMessage(region)
    message.setStringProperty('region', region)
    await producer.send(message)
  }
  const consumer = await session.createConsumer(queue, { selector: "region = 'EU'" })
  assert.equal(consumer.messageSelector, "region = 'EU'")
  assert.equal(textOf(await consumer.receive(SOON)), 'EU')
  assert.equal(textOf(await consumer.receive(SOON)), 'EU')
  assert.equal(await consumer.receive(5), null)
})

test('a factory with checkSelector checks selectors before anything is sent', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ checkSelector })
  const session = await connection.createSession()
  const queue = session.createQueue('SELECT')
  const here = (error: unknown): boolean => error instanceof InvalidSelectorError && error.remoteClass === undefined
  await assert.rejects(session.createConsumer(queue, { selector: 'region =' }), here)
  assert.throws(() => session.createBrowser(queue, 'region ='), here)
  const consumer = await session.createConsumer(queue, { selector: "region = 'EU'" })
  assert.equal(consumer.messageSelector, "region = 'EU'")
})

test('an expired message is not delivered, and the broker is told', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const clock = new ManualClock(Date.now())
  const connection = await new ConnectionFactory(relay.url, { clock }).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('EXPIRE')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(session.createTextMessage('dead'), { timeToLive: 60_000 })
  await producer.send(session.createTextMessage('alive'))
  await connection.sync()
  // Only for this side is it over: the broker's clock does not move.
  clock.jump(120_000)
  assert.equal(textOf(await consumer.receive()), 'alive')
  await connection.sync()
  const acks = relay.ofType<MessageAck>(DataType.MessageAck).map((ack) => ack.ackType)
  assert.deepEqual(acks, [AckType.Expired, AckType.Standard])
  await connection.close()
})

test('concurrency lets several listener calls run, in INDIVIDUAL mode only', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const auto = await connection.createSession()
  await assert.rejects(auto.createConsumer(auto.createQueue('C'), { concurrency: 2 }), IllegalStateError)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('C')
  await sendAll(session, await session.createProducer(queue), ['1', '2', '3', '4', '5', '6'])
  const consumer = await session.createConsumer(queue, { concurrency: 3 })
  let running = 0
  let most = 0
  let done = 0
  const gates: (() => void)[] = []
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener(async (message) => {
      running++
      most = Math.max(most, running)
      await new Promise<void>((go) => {
        gates.push(go)
        // The first three meet here; the rest passes.
        if (gates.length >= 3) for (const gate of gates) gate()
      })
      running--
      await message.acknowledge()
      if (++done === 6) resolve()
    })
  })
  assert.equal(most, 3)
})

test('a topic reaches every consumer, and a pattern all topics it covers', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const one = await session.createConsumer(session.createTopic('NEWS.SPORT'))
  const all = await session.createConsumer(session.createTopic('NEWS.>'))
  const producer = await session.createProducer()
  await producer.send(session.createTopic('NEWS.SPORT'), session.createTextMessage('goal'))
  await producer.send(session.createTopic('NEWS.WORLD'), session.createTextMessage('peace'))
  assert.equal(textOf(await one.receive(SOON)), 'goal')
  assert.equal(textOf(await all.receive(SOON)), 'goal')
  const second = await all.receive(SOON)
  assert.equal(textOf(second), 'peace')
  assert.equal(String(second?.jmsDestination), 'topic://NEWS.WORLD')
  assert.equal(await one.receive(5), null)
})
