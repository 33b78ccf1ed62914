import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { ConnectionFactory, IllegalStateError, type Session, TransactionRolledBackError } from '@millrace/client'
import { AckType, DataType, type MessageAck, type TransactionInfo, TransactionType } from '@millrace/openwire'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

async function send(session: Session, name: string, ...texts: string[]): Promise<void> {
  const producer = await session.createProducer(session.createQueue(name))
  for (const text of texts) await producer.send(session.createTextMessage(text))
}

test('sends appear with the commit, all of them, and not after a roll-back', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const other = await connection.createSession()
  const consumer = await other.createConsumer(other.createQueue('COMMIT'))
  await send(session, 'COMMIT', 'a', 'b')
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
  await session.commit()
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  await send(session, 'COMMIT', 'undone')
  await session.rollback()
  await send(session, 'COMMIT', 'c')
  await session.commit()
  assert.equal(textOf(await consumer.receive(SOON)), 'c')
})

test('what is sent after the call of commit belongs to the next transaction', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('DETACH')
  const producer = await session.createProducer(queue)
  void producer.send(session.createTextMessage('first'))
  const committed = session.commit()
  void producer.send(session.createTextMessage('second'))
  await committed
  await session.rollback()
  const other = await connection.createSession()
  const consumer = await other.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'first')
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('received messages go with the commit; after a roll-back they come again, in order and marked', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const connection = await broker.connect({ clock })
  const filler = await connection.createSession()
  await send(filler, 'RECEIVED', 'a', 'b', 'c', 'd')
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('RECEIVED'))
  assert.equal(textOf(await consumer.receive()), 'a')
  await session.commit()
  assert.equal(textOf(await consumer.receive()), 'b')
  assert.equal(textOf(await consumer.receive()), 'c')
  await session.rollback()
  clock.advance(1000)
  const again = [await consumer.receive(), await consumer.receive(), await consumer.receive()]
  assert.deepEqual(again.map(textOf), ['b', 'c', 'd'])
  assert.deepEqual(
    again.map((message) => message?.jmsRedelivered),
    [true, true, false],
  )
  await session.commit()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('the commands of a transaction, as the broker sees them', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  await connection.start()
  const session = await connection.createSession({ transacted: true })
  await session.commit()
  await session.rollback()
  await send(session, 'WIRE', 'a', 'b')
  await session.commit()
  const consumer = await session.createConsumer(session.createQueue('WIRE'))
  await consumer.receive(SOON)
  await consumer.receive(SOON)
  await session.commit()
  const kinds = relay
    .ofType<TransactionInfo>(DataType.TransactionInfo)
    .map((info) => [
      info.type,
      Number(info.transactionId !== null && 'value' in info.transactionId && info.transactionId.value),
    ])
  // Nothing at all for the empty ones.
  assert.deepEqual(kinds, [
    [TransactionType.Begin, 1],
    [TransactionType.CommitOnePhase, 1],
    [TransactionType.Begin, 2],
    [TransactionType.CommitOnePhase, 2],
  ])
  const acks = relay.ofType<MessageAck>(DataType.MessageAck)
  assert.deepEqual(
    acks.map((ack) => [ack.ackType, ack.messageCount, ack.transactionId !== null]),
    [[AckType.Standard, 2, true]],
  )
  await connection.close()
})

test('rolled back too often, a message goes to the dead letter queue', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({
    redeliveryPolicy: { maximumRedeliveries: 2, initialRedeliveryDelay: 0, redeliveryDelay: 0 },
  })
  const filler = await connection.createSession()
  await send(filler, 'TOO.OFTEN', 'bad')
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('TOO.OFTEN'))
  const counts: (number | undefined)[] = []
  for (let i = 0; i < 3; i++) {
    counts.push((await consumer.receive(SOON))?.deliveryCount)
    await session.rollback()
  }
  assert.deepEqual(counts, [1, 2, 3])
  const dead = await filler.createConsumer(filler.createQueue('ActiveMQ.DLQ'))
  assert.equal(textOf(await dead.receive(SOON)), 'bad')
})

test('closing a session rolls its open transaction back', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const filler = await connection.createSession()
  await send(filler, 'IN', 'request')
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('IN'))
  await consumer.receive(SOON)
  await send(session, 'OUT', 'answer')
  await session.close()
  const requests = await filler.createConsumer(filler.createQueue('IN'))
  const again = await requests.receive(SOON)
  assert.equal(textOf(again), 'request')
  assert.equal(again?.jmsRedelivered, true)
  const answers = await filler.createConsumer(filler.createQueue('OUT'))
  await connection.sync()
  assert.equal(await answers.receiveNoWait(), null)
})

test('a consumer closed within a transaction keeps its messages in it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const filler = await connection.createSession()
  await send(filler, 'CLOSE.IN', 'a', 'b')
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('CLOSE.IN'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await consumer.close()
  await session.commit()
  const next = await filler.createConsumer(filler.createQueue('CLOSE.IN'))
  assert.equal(textOf(await next.receive(SOON)), 'b')
})

test('session.transaction commits, rolls back when the work throws, and retries what was rolled back', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('TRANSACTION.FUNCTION')
  const producer = await session.createProducer(queue)
  const result = await session.transaction(async () => {
    await producer.send(session.createTextMessage('kept'))
    return 42
  })
  assert.equal(result, 42)
  await assert.rejects(
    session.transaction(async () => {
      await producer.send(session.createTextMessage('dropped'))
      throw new RangeError('changed my mind')
    }),
    RangeError,
  )
  let attempts = 0
  await session.transaction(
    async () => {
      await producer.send(session.createTextMessage(`attempt ${++attempts}`))
      if (attempts < 3) throw new TransactionRolledBackError('not yet')
    },
    { retries: 2 },
  )
  const other = await connection.createSession()
  const consumer = await other.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'kept')
  assert.equal(textOf(await consumer.receive(SOON)), 'attempt 3')
})

test('session events tell begin, commit and rollback', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const events: string[] = []
  for (const name of ['begin', 'commit', 'rollback'] as const) session.on(name, () => events.push(name))
  await send(session, 'EVENTS', 'a')
  await session.commit()
  await send(session, 'EVENTS', 'b')
  await session.rollback()
  assert.deepEqual(events, ['begin', 'commit', 'begin', 'rollback'])
})

test('each kind of session refuses what belongs to the other', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const plain = await connection.createSession()
  const transacted = await connection.createSession({ transacted: true })
  await assert.rejects(plain.commit(), IllegalStateError)
  await assert.rejects(plain.rollback(), IllegalStateError)
  await assert.rejects(transacted.recover(), IllegalStateError)
  await assert.rejects(transacted.acknowledge(), IllegalStateError)
})
