import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  AcknowledgeMode,
  byte,
  DeadLetters,
  InvalidDestinationError,
  type Message,
  NotStartedError,
  type Session,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

async function kill(session: Session, name: string, texts: readonly string[]): Promise<void> {
  const queue = session.createQueue(name)
  const producer = await session.createProducer(queue)
  for (const text of texts) {
    const message = session.createTextMessage(text)
    message.setObjectProperty('size', byte(7))
    message.setStringProperty('name', text)
    message.setStringProperty('JMSXGroupID', 'g')
    message.jmsCorrelationID = `c ${text}`
    await producer.send(message, { priority: 7 })
  }
  const consumer = await session.createConsumer(queue)
  for (const text of texts) await (await consumer.receive(SOON))?.reject(`no ${text}`)
  await consumer.close()
  await session.connection.sync()
}

test('dead letters are listed with cause and origin, and sent back as they were', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  await kill(session, 'MORTAL', ['a', 'b', 'c'])
  const letters = new DeadLetters(connection)
  const seen: unknown[] = []
  for await (const letter of letters.list({ selector: "name <> 'b'" })) {
    seen.push([textOf(letter.message), letter.cause, String(letter.originalDestination), letter.originalExpiration])
  }
  assert.deepEqual(seen, [
    ['a', 'no a', 'queue://MORTAL', null],
    ['c', 'no c', 'queue://MORTAL', null],
  ])
  assert.equal(await letters.replay({ selector: "name = 'b'" }), 1)
  assert.equal(await letters.replay({ limit: 1, to: session.createQueue('ELSEWHERE') }), 1)
  const back = await (await session.createConsumer(session.createQueue('MORTAL'))).receive(SOON)
  assert.equal(textOf(back), 'b')
  assert.equal(back?.getStringProperty('dlqDeliveryFailureCause'), null)
  assert.deepEqual(
    [...back.propertyNames].filter((name) => name.startsWith('MillraceDeadLetter')),
    [],
  )
  assert.equal(back.getByteProperty('size'), 7)
  assert.equal(back.getStringProperty('JMSXGroupID'), 'g')
  assert.equal(back.jmsCorrelationID, 'c b')
  assert.equal(back.jmsPriority, 7)
  assert.equal(back.deliveryCount, 1)
  assert.match(back.getStringProperty('MillraceReplay') ?? '', /^replay/)
  const elsewhere = await session.createConsumer(session.createQueue('ELSEWHERE'))
  assert.equal(textOf(await elsewhere.receive(SOON)), 'a')
  assert.equal(await letters.discard(), 1)
  assert.equal(await letters.discard(), 0)
})

test('what dies again during a replay is left, and can be replayed by the next', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  await kill(session, 'AGAIN', ['x', 'y'])
  const consumer = await session.createConsumer(session.createQueue('AGAIN'))
  let deaths = 0
  await consumer.setMessageListener(async (message: Message) => {
    deaths++
    await message.reject('still no')
  })
  const letters = new DeadLetters(connection)
  assert.equal(await letters.replay(), 2)
  await connection.sync()
  assert.equal(await letters.replay(), 2)
  await connection.sync()
  assert.equal(deaths, 4)
})

test('a letter that does not say where it came from stays, and the replay says so', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  await (await session.createProducer(session.createQueue('ActiveMQ.DLQ'))).send(session.createTextMessage('lost'))
  const letters = new DeadLetters(connection)
  await assert.rejects(letters.replay(), InvalidDestinationError)
  assert.equal(await letters.replay({ to: session.createQueue('FOUND') }), 1)
  const found = await (await session.createConsumer(session.createQueue('FOUND'))).receive(SOON)
  assert.equal(textOf(found), 'lost')
})

test('an expired message tells when it died', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const connection = await broker.connect({ clock })
  const session = await connection.createSession()
  const queue = session.createQueue('OLD.AGE')
  const message = session.createTextMessage('old')
  await (await session.createProducer(queue)).send(message, { timeToLive: 20_000 })
  const consumer = await session.createConsumer(queue)
  // Here it is late already; the broker hears of it from the client.
  clock.advance(20_000)
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
  await connection.sync()
  const ages: unknown[] = []
  for await (const letter of new DeadLetters(connection).list()) ages.push(letter.originalExpiration)
  assert.deepEqual(ages, [message.jmsExpiration])
})

test('looking needs no started connection, taking does', async (t) => {
  const broker = await startBroker(t)
  const idle = await broker.factory().createConnection()
  const letters = new DeadLetters(idle, 'OTHER.DLQ')
  await assert.rejects(letters.discard(), NotStartedError)
  const session = await idle.createSession()
  await (await session.createProducer(letters.queue)).send(session.createTextMessage('x'))
  const listed: string[] = []
  for await (const letter of letters.list()) listed.push(textOf(letter.message))
  assert.deepEqual(listed, ['x'])
  await idle.close()
})

test('a dead letter is not given up by a connection that gives up at once', async (t) => {
  const broker = await startBroker(t)
  const strict = await broker.factory({ redeliveryPolicy: { maximumRedeliveries: 0 } }).createConnection()
  t.after(() => strict.close())
  await strict.start()
  const session = await strict.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  await kill(session, 'STRICT', ['a'])
  // Somebody looks at it and goes: it was delivered once more than this connection puts up with.
  const looking = await (await broker.connect()).createSession({ transacted: true })
  const consumer = await looking.createConsumer(session.createQueue('ActiveMQ.DLQ'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await looking.rollback()
  await looking.close()
  assert.equal(await new DeadLetters(strict).replay(), 1)
  const back = await (await broker.connect()).createSession()
  assert.equal(textOf(await (await back.createConsumer(session.createQueue('STRICT'))).receive(SOON)), 'a')
})
