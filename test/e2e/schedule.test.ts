import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  type Connection,
  ConnectionFactory,
  type Message,
  MessageFormatError,
  type MessageProducer,
  type ScheduledMessage,
  scheduledMessages,
  type Session,
} from '@millrace/client'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

interface Desk {
  readonly broker: Fixture
  readonly clock: ManualClock
  readonly connection: Connection
  readonly session: Session
  readonly producer: MessageProducer
  /** The next message of the queue; null: there is none now. */
  next(): Promise<string | null>
  send(text: string, properties?: Readonly<Record<string, number | string>>): Promise<Message>
}

/** A broker whose time stands still until it is told to pass, and one who sends and receives. */
async function desk(t: TestContext): Promise<Desk> {
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:30Z'))
  const broker = await startBroker(t, { clock })
  // Its time is not the broker's.
  const connection = await broker.connect({ wireFormat: { maxInactivityDuration: 0 } })
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  return {
    broker,
    clock,
    connection,
    session,
    producer,
    async next() {
      await connection.sync()
      const message = await consumer.receiveNoWait()
      return message === null ? null : textOf(message)
    },
    async send(text, properties = {}) {
      const message = session.createTextMessage(text)
      for (const [name, value] of Object.entries(properties)) {
        if (typeof value === 'string') message.setStringProperty(name, value)
        else if (name === 'AMQ_SCHEDULED_REPEAT') message.setIntProperty(name, value)
        else message.setLongProperty(name, value)
      }
      await producer.send(message)
      return message
    },
  }
}

async function texts(list: AsyncIterable<ScheduledMessage>): Promise<string[]> {
  const found: string[] = []
  for await (const { message } of list) found.push(textOf(message))
  return found
}

test('a delivery delay delivers later, not now', async (t) => {
  const { clock, session, producer, next } = await desk(t)
  producer.deliveryDelay = 60_000
  await producer.send(session.createTextMessage('by the producer'))
  await producer.send(session.createTextMessage('by the send'), { deliveryDelay: 10_000 })
  assert.equal(await next(), null)
  clock.advance(9_900)
  assert.equal(await next(), null)
  clock.advance(100)
  assert.equal(await next(), 'by the send')
  assert.equal(await next(), null)
  clock.advance(50_000)
  assert.equal(await next(), 'by the producer')
})

test('a delivery delay of a transaction begins at its commit', async (t) => {
  const { broker, clock, connection, next } = await desk(t)
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('Q'))
  await producer.send(session.createTextMessage('kept'), { deliveryDelay: 1000 })
  clock.advance(5000)
  assert.equal(broker.service.broker.scheduler.count, 0)
  await session.commit()
  await producer.send(session.createTextMessage('taken back'), { deliveryDelay: 1000 })
  await session.rollback()
  assert.equal(await next(), null)
  clock.advance(1000)
  assert.equal(await next(), 'kept')
  clock.advance(10_000)
  assert.equal(await next(), null)
})

test('delay, period, repeat and cron are properties', async (t) => {
  const { clock, send, next } = await desk(t)
  await send('series', { AMQ_SCHEDULED_DELAY: 1000, AMQ_SCHEDULED_PERIOD: 2000, AMQ_SCHEDULED_REPEAT: 2 })
  const found: (string | null)[] = []
  for (let second = 0; second < 8; second++) {
    found.push(await next())
    clock.advance(1000)
  }
  assert.deepEqual(found, [null, 'series', null, 'series', null, 'series', null, null])
  await send('each quarter', { AMQ_SCHEDULED_CRON: '*/15 * * * *' })
  clock.advance(14 * 60_000)
  assert.equal(await next(), null)
  clock.advance(60_000)
  assert.equal(await next(), 'each quarter')
  clock.advance(15 * 60_000)
  assert.equal(await next(), 'each quarter')
})

test('a schedule that makes no sense is refused, and the connection goes on', async (t) => {
  const { send, next } = await desk(t)
  await assert.rejects(send('x', { AMQ_SCHEDULED_CRON: '99 * * * *' }), (error) => {
    assert.ok(error instanceof MessageFormatError, String(error))
    assert.match(error.message, /minute "99": 99 is not within 0 and 59/)
    return true
  })
  await send('good')
  assert.equal(await next(), 'good')
})

test('scheduled messages are listed in the order of their times', async (t) => {
  const { clock, connection, send } = await desk(t)
  const start = clock.now()
  for (const n of [3, 1, 2]) {
    await send(`${n}`, { AMQ_SCHEDULED_DELAY: n * 60_000, millraceScheduleKey: `key ${n}` })
  }
  const jobs = scheduledMessages(connection)
  const found: ScheduledMessage[] = []
  for await (const one of jobs.list()) found.push(one)
  assert.deepEqual(
    found.map((one) => [textOf(one.message), one.key, String(one.destination), (one.dueTime ?? 0) - start]),
    [
      ['1', 'key 1', 'queue://Q', 60_000],
      ['2', 'key 2', 'queue://Q', 120_000],
      ['3', 'key 3', 'queue://Q', 180_000],
    ],
  )
  assert.deepEqual(await texts(jobs.list({ from: start + 100_000, to: new Date(start + 130_000) })), ['2'])
  assert.deepEqual(await texts(jobs.list({ from: start + 200_000 })), [])
})

test('scheduled messages are cancelled by job id, by key, by time, or all', async (t) => {
  const { broker, clock, connection, send, next } = await desk(t)
  const start = clock.now()
  const first = await send('by id', { AMQ_SCHEDULED_DELAY: 60_000 })
  await send('by key', { AMQ_SCHEDULED_DELAY: 60_000, millraceScheduleKey: 'mine' })
  await send('by time', { AMQ_SCHEDULED_DELAY: 120_000 })
  await send('left', { AMQ_SCHEDULED_DELAY: 60_000 })
  await send('rest 1', { AMQ_SCHEDULED_DELAY: 180_000 })
  await send('rest 2', { AMQ_SCHEDULED_DELAY: 180_000 })
  const jobs = scheduledMessages(connection)
  assert.equal(await jobs.cancel(first.jmsMessageID ?? ''), true)
  assert.equal(await jobs.cancel(first.jmsMessageID ?? ''), false)
  assert.equal(await jobs.cancel({ key: 'mine' }), true)
  assert.equal(await jobs.cancel({ key: 'nobody’s' }), false)
  assert.equal(await jobs.cancelAll({ from: start + 100_000, to: start + 130_000 }), 1)
  clock.advance(60_000)
  assert.equal(await next(), 'left')
  assert.equal(await jobs.cancelAll(), 2)
  assert.equal(broker.service.broker.scheduler.count, 0)
  clock.advance(600_000)
  assert.equal(await next(), null)
})

test('a scheduled message is replaced and postponed by its key', async (t) => {
  const { clock, connection, send, next } = await desk(t)
  const jobs = scheduledMessages(connection)
  await send('draft', { AMQ_SCHEDULED_DELAY: 60_000, millraceScheduleKey: 'reminder' })
  await send('final', { AMQ_SCHEDULED_DELAY: 60_000, millraceScheduleKey: 'reminder' })
  assert.equal(await jobs.postpone({ key: 'reminder' }, 90_000), true)
  assert.equal(await jobs.postpone({ key: 'other' }, 90_000), false)
  clock.advance(89_900)
  assert.equal(await next(), null)
  assert.equal(await jobs.postpone({ key: 'reminder' }, new Date(clock.now() + 3_600_000)), true)
  clock.advance(3_599_900)
  assert.equal(await next(), null)
  clock.advance(100)
  assert.equal(await next(), 'final')
  clock.advance(3_600_000)
  assert.equal(await next(), null)
})

test('what became due while the broker was stopped is delivered when it starts', async (t) => {
  const data = temporaryDirectory('schedule')
  const clock = new ManualClock()
  const broker = await startBroker(t, { memory: false, data, clock })
  const quiet = { wireFormat: { maxInactivityDuration: 0 } }
  let connection = await broker.connect(quiet)
  let session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  for (const n of [2, 1, 3]) await producer.send(session.createTextMessage(`${n}`), { deliveryDelay: n * 60_000 })
  await connection.close()
  await broker.service.stop()
  clock.advance(150_000)
  await broker.service.start()
  // Another port than before.
  const url = broker.service.addresses[0]?.replace('openwire:', 'tcp:') ?? ''
  connection = await new ConnectionFactory(url, quiet).createConnection()
  t.after(() => connection.close())
  await connection.start()
  session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  clock.advance(100)
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  assert.equal(textOf(await consumer.receive(SOON)), '2')
  assert.equal(await consumer.receiveNoWait(), null)
  clock.advance(60_000)
  assert.equal(textOf(await consumer.receive(SOON)), '3')
})
