import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { AcknowledgeMode, type Connection, ConnectionFactory, type Message, type Session } from '@millrace/client'
import { AckType, DataType, type MessageAck } from '@millrace/openwire'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

async function fill(connection: Connection, name: string, count: number): Promise<void> {
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue(name))
  await Promise.all(Array.from({ length: count }, (_, i) => producer.send(session.createTextMessage(`${i}`))))
  await session.close()
}

async function receiveAll(session: Session, name: string, count: number): Promise<Message[]> {
  const consumer = await session.createConsumer(session.createQueue(name))
  const messages: Message[] = []
  for (let i = 0; i < count; i++) {
    const message = await consumer.receive(SOON)
    assert.ok(message !== null, `message ${i} did not come`)
    messages.push(message)
  }
  return messages
}

/** What another consumer finds afterwards. */
async function left(broker: Fixture, name: string): Promise<string[]> {
  const connection = await broker.connect()
  const session = await connection.createSession()
  const found: string[] = []
  for await (const message of session.createBrowser(session.createQueue(name))) found.push(textOf(message))
  await connection.close()
  return found
}

test('AUTO acknowledges each message that receive has returned', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'AUTO', 5)
  const session = await connection.createSession()
  await receiveAll(session, 'AUTO', 3)
  await connection.close()
  assert.deepEqual(await left(broker, 'AUTO'), ['3', '4'])
})

test('DUPS_OK on a queue acknowledges like AUTO', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'DUPS', 3)
  await receiveAll(await connection.createSession({ acknowledgeMode: AcknowledgeMode.DUPS_OK }), 'DUPS', 2)
  await connection.close()
  assert.deepEqual(await left(broker, 'DUPS'), ['2'])
})

test('CLIENT: one acknowledge covers everything that the session has delivered', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'CLIENT', 5)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const messages = await receiveAll(session, 'CLIENT', 4)
  await messages[1]?.acknowledge()
  await connection.close()
  assert.deepEqual(await left(broker, 'CLIENT'), ['4'])
})

test('CLIENT: what is not acknowledged comes again after the connection', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'CLIENT.AGAIN', 2)
  await receiveAll(await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT }), 'CLIENT.AGAIN', 2)
  await connection.close()
  const next = await broker.connect()
  const messages = await receiveAll(await next.createSession(), 'CLIENT.AGAIN', 2)
  assert.deepEqual(messages.map(textOf), ['0', '1'])
  assert.deepEqual(
    messages.map((message) => message.jmsRedelivered),
    [true, true],
  )
})

test('INDIVIDUAL acknowledges one message, in any order', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'INDIVIDUAL', 5)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const messages = await receiveAll(session, 'INDIVIDUAL', 5)
  await messages[3]?.acknowledge()
  await messages[1]?.acknowledge()
  await messages[1]?.acknowledge()
  await connection.close()
  assert.deepEqual(await left(broker, 'INDIVIDUAL'), ['0', '2', '4'])
})

test('a small prefetch does not stop modes that acknowledge late', async (t) => {
  const broker = await startBroker(t)
  for (const acknowledgeMode of [
    AcknowledgeMode.CLIENT,
    AcknowledgeMode.INDIVIDUAL,
    AcknowledgeMode.SESSION_TRANSACTED,
  ]) {
    const name = `WINDOW.${acknowledgeMode}`
    const connection = await broker.connect({ prefetchPolicy: { all: 4 } })
    await fill(connection, name, 50)
    await receiveAll(await connection.createSession({ acknowledgeMode }), name, 50)
    await connection.close()
    assert.equal((await left(broker, name)).length, 50)
  }
})

test('DUPS_OK on a topic acknowledges at half the prefetch, and the rest at close', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { prefetchPolicy: { all: 10 } }).createConnection()
  await connection.start()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.DUPS_OK })
  const topic = session.createTopic('LAZY')
  const consumer = await session.createConsumer(topic)
  const producer = await session.createProducer(topic)
  for (let i = 0; i < 7; i++) await producer.send(session.createTextMessage(`${i}`))
  for (let i = 0; i < 7; i++) await consumer.receive(SOON)
  await consumer.close()
  await connection.sync()
  const acks = relay.ofType<MessageAck>(DataType.MessageAck).map((ack) => [ack.ackType, ack.messageCount])
  assert.deepEqual(acks, [
    [AckType.Standard, 5],
    [AckType.Standard, 2],
  ])
  await connection.close()
})

test('optimizeAcknowledge batches, and close sends what is owed', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, {
    optimizeAcknowledge: true,
    optimizeAcknowledgeTimeOut: 0,
    prefetchPolicy: { all: 10 },
  }).createConnection()
  await connection.start()
  await fill(connection, 'BATCH', 9)
  const session = await connection.createSession()
  await receiveAll(session, 'BATCH', 9)
  await session.close()
  await connection.sync()
  const acks = relay.ofType<MessageAck>(DataType.MessageAck).map((ack) => [ack.ackType, ack.messageCount])
  assert.deepEqual(acks, [
    [AckType.Standard, 7],
    [AckType.Standard, 2],
  ])
  await connection.close()
  assert.deepEqual(await left(broker, 'BATCH'), [])
})

test('recover delivers again what is not acknowledged, after the delays of the policy', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const connection = await broker.connect({ clock })
  await fill(connection, 'RECOVER', 3)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await session.createConsumer(session.createQueue('RECOVER'))
  const first = [await consumer.receive(), await consumer.receive()]
  assert.deepEqual(first.map(textOf), ['0', '1'])
  await session.recover()
  // The whole consumer waits, also with what was never delivered.
  const waiting = consumer.receive()
  await connection.sync()
  clock.advance(999)
  let arrived = false
  void waiting.then(() => {
    arrived = true
  })
  await connection.sync()
  assert.equal(arrived, false)
  clock.advance(1)
  const again = [await waiting, await consumer.receive(), await consumer.receive()]
  assert.deepEqual(again.map(textOf), ['0', '1', '2'])
  assert.deepEqual(
    again.map((message) => message?.deliveryCount),
    [2, 2, 1],
  )
  // The object of the first delivery is the application's own and has not changed.
  assert.equal(first[0]?.deliveryCount, 1)
})

test('a listener that throws gets the message again, and after the limit it goes to the dead letter queue', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({
    redeliveryPolicy: { maximumRedeliveries: 3, initialRedeliveryDelay: 0, redeliveryDelay: 0 },
  })
  await fill(connection, 'POISON', 2)
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('POISON'))
  const counts: number[] = []
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener(async (message) => {
      await Promise.resolve()
      if (textOf(message) === '0') {
        counts.push(message.deliveryCount)
        throw new Error('bad message')
      }
      resolve()
    })
  })
  assert.deepEqual(counts, [1, 2, 3, 4])
  const other = await connection.createSession()
  const dead = await other.createConsumer(other.createQueue('ActiveMQ.DLQ'))
  const letter = await dead.receive(SOON)
  assert.equal(textOf(letter), '0')
  assert.match(letter?.getStringProperty('dlqDeliveryFailureCause') ?? '', /redelivery policy limit/)
})

test('INDIVIDUAL: only the message whose listener threw comes again', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  await fill(connection, 'ONE.FAILS', 3)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const consumer = await session.createConsumer(session.createQueue('ONE.FAILS'))
  const seen: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener(async (message) => {
      seen.push(`${textOf(message)} ${message.deliveryCount}`)
      if (seen.length === 4) resolve()
      if (textOf(message) === '1' && !message.jmsRedelivered) throw new Error('once')
      if (textOf(message) !== '0') await message.acknowledge()
    })
  })
  assert.deepEqual(seen, ['0 1', '1 1', '1 2', '2 1'])
  await connection.close()
  assert.deepEqual(await left(broker, 'ONE.FAILS'), ['0'])
})

test('CLIENT: a listener that throws just gets the next message, and internalError tells', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await fill(connection, 'GOES.ON', 2)
  const errors: string[] = []
  connection.on('internalError', (error) => errors.push(error.message))
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await session.createConsumer(session.createQueue('GOES.ON'))
  const seen: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.setMessageListener((message) => {
      seen.push(textOf(message))
      if (seen.length === 2) resolve()
      else throw new Error('bad day')
    })
  })
  assert.deepEqual(seen, ['0', '1'])
  assert.equal(errors.length, 1)
  assert.match(errors[0] ?? '', /bad day/)
})
