/** One connection that sends to several brokers at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, ConnectionFailedError, type Message, type MessageConsumer } from '@millrace/client'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

async function listenTo(broker: Fixture, name: string): Promise<MessageConsumer> {
  const session = await (await broker.connect()).createSession()
  return await session.createConsumer(session.createTopic(name))
}

const text = (message: Message | null): string => textOf(message)

test('fanout: messages to topics go to every broker, those to queues and all consumers to the first', async (t) => {
  const [one, two] = [await startBroker(t), await startBroker(t)]
  const heard = [await listenTo(one, 'NEWS'), await listenTo(two, 'NEWS')]
  const connection = await new ConnectionFactory(`fanout:(static:(${one.url},${two.url}))`).createConnection()
  t.after(() => connection.close())
  await connection.start()
  const session = await connection.createSession()
  await (await session.createProducer(session.createTopic('NEWS'))).send(session.createTextMessage('rain'))
  for (const consumer of heard) assert.equal(text(await consumer.receive(SOON)), 'rain')
  const queue = session.createQueue('ORDERS')
  await (await session.createProducer(queue)).send(session.createTextMessage('wheel'))
  assert.equal(text(await (await session.createConsumer(queue)).receive(SOON)), 'wheel')
  const other = await (await two.connect()).createSession()
  assert.equal(await (await other.createConsumer(queue, { prefetchSize: 0 })).receiveNoWait(), null)
})

test('fanout: with fanOutQueues a transaction brings messages to the queues of all brokers', async (t) => {
  const [one, two] = [await startBroker(t), await startBroker(t)]
  const url = `fanout:(static:(${one.url},${two.url}))?fanOutQueues=true`
  const connection = await new ConnectionFactory(url).createConnection()
  await connection.start()
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('BOTH'))
  await session.transaction(async () => {
    for (const name of ['a', 'b']) await producer.send(session.createTextMessage(name))
  })
  await connection.close()
  for (const broker of [one, two]) {
    const own = await (await broker.connect()).createSession()
    const consumer = await own.createConsumer(own.createQueue('BOTH'))
    for (const name of ['a', 'b']) assert.equal(text(await consumer.receive(SOON)), name)
  }
})

test('fanout: a broker that is down is passed over, and is told of everything when it is back', async (t) => {
  const [one, two] = [await startBroker(t), await startBroker(t)]
  const relay = await Relay.between(t, two.url)
  const heard = [await listenTo(one, 'NEWS'), await listenTo(two, 'NEWS')]
  const url = `fanout:(static:(${one.url},${relay.url}))?minAckCount=1&maxReconnectDelay=5`
  const connection = await new ConnectionFactory(url).createConnection()
  t.after(() => connection.close())
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic('NEWS'))
  relay.refusing = true
  relay.cut()
  const refused = new Promise<void>((resolve) => {
    relay.onRefused = resolve
  })
  await refused
  await producer.send(session.createTextMessage('one only'), { confirm: true })
  assert.equal(text((await heard[0]?.receive(SOON)) ?? null), 'one only')
  relay.refusing = false
  // The broker behind the relay hears of the producer again, and of what comes from now on.
  let last: string | undefined
  for (let number = 0; last === undefined; number++) {
    await producer.send(session.createTextMessage(`both ${number}`), { confirm: true })
    last = (await heard[1]?.receive(20))?.bodyAs('string') ?? undefined
  }
  assert.match(last, /^both /)
})

test('fanout: with fewer brokers than minAckCount nothing is sent, and the list must be long enough to begin', async (t) => {
  const broker = await startBroker(t)
  const gone = await Relay.between(t, broker.url)
  await gone.close()
  const url = `fanout:(static:(${broker.url},${gone.url}))?maxReconnectAttempts=1`
  await assert.rejects(new ConnectionFactory(url).createConnection(), ConnectionFailedError)
  const relay = await Relay.between(t, (await startBroker(t)).url)
  const both = new ConnectionFactory(
    `fanout:(static:(${broker.url},${relay.url}))?maxReconnectDelay=5&fanOutQueues=true`,
  )
  const connection = await both.createConnection()
  t.after(() => connection.close())
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('WAITS'))
  relay.refusing = true
  relay.cut()
  await new Promise<void>((resolve) => {
    relay.onRefused = resolve
  })
  let done = false
  const sent = producer.send(session.createTextMessage('x')).then(() => {
    done = true
  })
  await (await broker.connect()).sync()
  assert.equal(done, false, 'two answers are wanted')
  relay.refusing = false
  await sent
})
