import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConnectionFactory,
  createXASession,
  IllegalStateError,
  type Session,
  TransactionInProgressError,
  XA,
  XAError,
  XAErrorCode,
  type Xid,
  xidText,
} from '@millrace/client'
import {
  type ActiveMQTextMessage,
  DataType,
  type MessageAck,
  type TransactionId,
  type TransactionInfo,
  TransactionType,
} from '@millrace/openwire'
import { failover } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

const AT_ONCE = { redeliveryPolicy: { initialRedeliveryDelay: 0, redeliveryDelay: 0 } }

/** The xids of the recorded conversation: format 9, global 01 nn, branch 03. */
function xid(number: number): Xid {
  return { formatId: 9, globalTransactionId: Buffer.from([1, number]), branchQualifier: Buffer.from([3]) }
}

async function send(session: Session, name: string, ...texts: string[]): Promise<void> {
  const producer = await session.createProducer(session.createQueue(name))
  for (const text of texts) await producer.send(session.createTextMessage(text))
}

function refused(errorCode: number): (error: unknown) => boolean {
  return (error) => error instanceof XAError && error.errorCode === errorCode
}

function numberOf(id: TransactionId | null): number {
  return id !== null && 'globalTransactionId' in id ? (id.globalTransactionId?.at(-1) ?? 0) : 0
}

test('a coordinator drives the conversation that Java has', async (t) => {
  const broker = await startBroker(t)
  const filler = await (await broker.connect()).createSession()
  await send(filler, 'in', 'one', 'two')
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, AT_ONCE).createConnection()
  await connection.start()
  const { session, resource } = await createXASession(connection)
  const producer = await session.createProducer(session.createQueue('out'))
  const consumer = await session.createConsumer(session.createQueue('in'))

  await resource.start(xid(1))
  await producer.send(session.createTextMessage('first'))
  assert.equal(textOf(await consumer.receive(SOON)), 'one')
  await resource.end(xid(1))
  assert.equal(await resource.prepare(xid(1)), XA.XA_OK)
  assert.deepEqual((await resource.recover()).map(xidText), ['9:0101:03'])
  assert.deepEqual(await resource.recover(XA.TMNOFLAGS), [])
  await resource.commit(xid(1), false)
  assert.deepEqual(await resource.recover(), [])

  await resource.start(xid(2))
  await producer.send(session.createTextMessage('second'))
  await resource.end(xid(2))
  await resource.commit(xid(2), true)

  await resource.start(xid(3))
  assert.equal(textOf(await consumer.receive(SOON)), 'two')
  await resource.end(xid(3), XA.TMFAIL)
  await resource.rollback(xid(3))

  await resource.start(xid(4))
  await resource.end(xid(4))
  assert.equal(await resource.prepare(xid(4)), XA.XA_RDONLY)
  await assert.rejects(resource.forget(xid(5)), refused(XAErrorCode.XAER_NOTA))

  const said = relay
    .ofType<TransactionInfo>(DataType.TransactionInfo)
    .map((info) => [info.type, numberOf(info.transactionId), info.responseRequired])
  assert.deepEqual(said, [
    [TransactionType.Begin, 1, false],
    [TransactionType.End, 1, true],
    [TransactionType.Prepare, 1, true],
    [TransactionType.Recover, 0, true],
    [TransactionType.CommitTwoPhase, 1, true],
    [TransactionType.Recover, 0, true],
    [TransactionType.Begin, 2, false],
    [TransactionType.End, 2, true],
    [TransactionType.CommitOnePhase, 2, true],
    [TransactionType.Begin, 3, false],
    [TransactionType.End, 3, true],
    [TransactionType.Rollback, 3, true],
    [TransactionType.Begin, 4, false],
    [TransactionType.End, 4, true],
    [TransactionType.Prepare, 4, true],
    [TransactionType.Forget, 5, true],
  ])
  const messages = relay.ofType<ActiveMQTextMessage>(DataType.ActiveMQTextMessage)
  assert.deepEqual(
    messages.map((message) => [numberOf(message.transactionId), message.responseRequired]),
    [
      [1, false],
      [2, false],
    ],
  )
  const acks = relay.ofType<MessageAck>(DataType.MessageAck).filter((ack) => ack.transactionId !== null)
  assert.deepEqual(
    acks.map((ack) => [numberOf(ack.transactionId), ack.ackType, ack.messageCount]),
    [
      [1, 2, 1],
      [3, 2, 1],
    ],
  )

  // Rolled back: it comes again, in the next branch.
  await resource.start(xid(6))
  const again = await consumer.receive(SOON)
  assert.equal(textOf(again), 'two')
  assert.equal(again?.jmsRedelivered, true)
  await resource.end(xid(6))
  await resource.commit(xid(6), true)
  const out = await filler.createConsumer(filler.createQueue('out'))
  assert.equal(textOf(await out.receive(SOON)), 'first')
  assert.equal(textOf(await out.receive(SOON)), 'second')
  await connection.close()
})

test('a prepared branch outlives its connection, and another one completes it', async (t) => {
  const broker = await startBroker(t)
  const lost = await broker.connect()
  const worker = await createXASession(lost)
  for (const number of [1, 2]) {
    await worker.resource.start(xid(number))
    await send(worker.session, 'SURVIVES', `branch ${number}`)
    await worker.resource.end(xid(number))
    await worker.resource.prepare(xid(number))
  }
  await worker.resource.start(xid(3))
  await send(worker.session, 'SURVIVES', 'never prepared')
  await lost.close()
  const connection = await broker.connect()
  const { resource } = await createXASession(connection)
  const found = await resource.recover(XA.TMSTARTRSCAN | XA.TMENDRSCAN)
  assert.deepEqual(found.map(xidText).sort(), ['9:0101:03', '9:0102:03'])
  await resource.commit(xid(1), false)
  await resource.rollback(xid(2))
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('SURVIVES'))
  assert.equal(textOf(await consumer.receive(SOON)), 'branch 1')
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('outside a branch nothing is delivered, nothing can be sent, and the session does not decide', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const filler = await connection.createSession()
  await send(filler, 'OUTSIDE', 'waits')
  const { session, resource } = await createXASession(connection)
  const consumer = await session.createConsumer(session.createQueue('OUTSIDE'))
  const producer = await session.createProducer(session.createQueue('OUTSIDE.TO'))
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
  await assert.rejects(producer.send(session.createTextMessage('x')), IllegalStateError)
  await assert.rejects(session.commit(), TransactionInProgressError)
  await assert.rejects(session.rollback(), TransactionInProgressError)
  const waiting = consumer.receive(SOON)
  await resource.start(xid(1))
  assert.equal(textOf(await waiting), 'waits')
  await resource.end(xid(1))
  await resource.commit(xid(1), true)
})

test('a branch is suspended and resumed, and its work is one', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect(AT_ONCE)
  const filler = await connection.createSession()
  await send(filler, 'SUSPENDED', 'a', 'b', 'c')
  const { session, resource } = await createXASession(connection)
  const consumer = await session.createConsumer(session.createQueue('SUSPENDED'))
  await resource.start(xid(1))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await resource.end(xid(1), XA.TMSUSPEND)
  await resource.start(xid(2))
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  await resource.end(xid(2))
  await resource.start(xid(1), XA.TMRESUME)
  assert.equal(textOf(await consumer.receive(SOON)), 'c')
  await resource.end(xid(1))
  await resource.commit(xid(2), true)
  await resource.rollback(xid(1))
  await resource.start(xid(3))
  const again = [await consumer.receive(SOON), await consumer.receive(SOON)]
  assert.deepEqual(again.map(textOf), ['a', 'c'])
  await resource.end(xid(3))
  await resource.commit(xid(3), true)
})

test('what a coordinator may not do has its code', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const { session, resource } = await createXASession(connection)
  const other = await createXASession(connection)
  await assert.rejects(resource.end(xid(1)), refused(XAErrorCode.XAER_PROTO))
  await assert.rejects(resource.start(xid(1), XA.TMRESUME), refused(XAErrorCode.XAER_PROTO))
  await assert.rejects(resource.commit(xid(9), false), refused(XAErrorCode.XAER_NOTA))
  await assert.rejects(resource.start({ ...xid(1), formatId: -1 }), refused(XAErrorCode.XAER_INVAL))
  const long = { ...xid(1), branchQualifier: Buffer.alloc(65) }
  await assert.rejects(resource.start(long), refused(XAErrorCode.XAER_INVAL))
  await resource.start(xid(1))
  await assert.rejects(resource.start(xid(2)), refused(XAErrorCode.XAER_PROTO))
  await assert.rejects(resource.prepare(xid(1)), refused(XAErrorCode.XAER_PROTO))
  await send(session, 'CODES', 'x')
  await resource.end(xid(1), XA.TMFAIL)
  await assert.rejects(resource.start(xid(1)), refused(XAErrorCode.XAER_DUPID))
  await assert.rejects(resource.prepare(xid(1)), refused(XAErrorCode.XA_RBROLLBACK))
  await assert.rejects(resource.commit(xid(1), false), refused(XAErrorCode.XAER_NOTA))
  assert.equal(resource.isSameRM(other.resource), true)
  assert.equal(resource.setTransactionTimeout(10), false)
  assert.equal(resource.getTransactionTimeout(), 0)
})

test('isSameRM compares brokers, and a lost connection is XAER_RMFAIL', async (t) => {
  const [one, two] = [await startBroker(t, { name: 'one' }), await startBroker(t, { name: 'two' })]
  const relay = await Relay.between(t, one.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  await connection.start()
  const first = await createXASession(connection)
  const same = await createXASession(await one.connect())
  const different = await createXASession(await two.connect())
  assert.equal(first.resource.isSameRM(same.resource), true)
  assert.equal(first.resource.isSameRM(different.resource), false)
  await first.resource.start(xid(1))
  const ended = new Promise((resolve) => {
    connection.on('closed', resolve)
  })
  relay.cut()
  await ended
  await assert.rejects(first.resource.end(xid(1)), refused(XAErrorCode.XAER_RMFAIL))
  await connection.close()
})

test('a branch that lost its messages with the link is rolled back instead of prepared, and they come again', async (t) => {
  const { connection, ...it } = await failover(t, '', AT_ONCE)
  const filler = await (await it.connect()).createSession()
  await send(filler, 'LOST', 'a')
  const { session, resource } = await createXASession(connection)
  const consumer = await session.createConsumer(session.createQueue('LOST'))
  await resource.start(xid(1))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await send(session, 'LOST.TO', 'made of a')
  await resource.end(xid(1))
  await it.cut()
  await assert.rejects(resource.prepare(xid(1)), refused(XAErrorCode.XA_RBCOMMFAIL))
  await assert.rejects(resource.commit(xid(1), false), refused(XAErrorCode.XAER_NOTA))
  await resource.start(xid(2))
  const again = await consumer.receive(SOON)
  assert.equal(textOf(again), 'a')
  assert.equal(again?.jmsRedelivered, true)
  await resource.end(xid(2))
  assert.equal(await resource.prepare(xid(2)), XA.XA_OK)
  // Prepared, it outlives a link.
  await it.cut()
  await resource.commit(xid(2), false)
  const look = await (await it.connect()).createSession()
  for (const name of ['LOST', 'LOST.TO', 'ActiveMQ.DLQ']) {
    const rest = await look.createConsumer(look.createQueue(name), { prefetchSize: 0 })
    assert.equal(await rest.receiveNoWait(), null, name)
  }
})

test('a branch whose messages come again before its end goes on', async (t) => {
  const { connection, ...it } = await failover(t, '', AT_ONCE)
  const filler = await (await it.connect()).createSession()
  await send(filler, 'GOES.ON', 'a', 'b')
  const { session, resource } = await createXASession(connection)
  const consumer = await session.createConsumer(session.createQueue('GOES.ON'))
  await resource.start(xid(1))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await it.cut()
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  await resource.end(xid(1))
  await resource.commit(xid(1), true)
  const look = await (await it.connect()).createSession()
  const rest = await look.createConsumer(look.createQueue('GOES.ON'), { prefetchSize: 0 })
  assert.equal(await rest.receiveNoWait(), null)
})
