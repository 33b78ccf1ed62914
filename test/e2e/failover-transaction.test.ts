import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransactionRolledBackError } from '@millrace/client'
import { DataType } from '@millrace/openwire'
import { failover, kept, next, said, sendAll } from './failover-fixture.ts'
import { SOON, textOf } from './fixture.ts'

test('an open transaction of sends survives the link, and commits over the next one', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('a'))
  await it.down()
  const sent = producer.send(session.createTextMessage('b'))
  const committed = session.commit()
  await it.up()
  await Promise.all([sent, committed])
  const consumer = await session.createConsumer(queue)
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
  assert.equal(await consumer.receiveNoWait(), null)
})

test('a commit whose answer was lost is in doubt: the outcome is unknown', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('a'))
  const answered = kept(relay)
  const committed = session.commit()
  const refused = assert.rejects(committed, (error) => {
    assert.ok(error instanceof TransactionRolledBackError)
    assert.equal(error.outcome, 'unknown')
    return true
  })
  await answered
  await it.cut()
  await refused
  // The broker did it; the next transaction has nothing to do with that.
  await producer.send(session.createTextMessage('b'))
  await session.commit()
  const consumer = await session.createConsumer(queue)
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('a commit in doubt is not tried again by transaction()', async (t) => {
  const { connection, relay } = await failover(t)
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('Q'))
  let runs = 0
  const done = session.transaction(
    async () => {
      runs++
      await producer.send(session.createTextMessage('a'))
      void said(relay, DataType.TransactionInfo, () => relay.cut())
    },
    { retries: 3 },
  )
  await assert.rejects(done, { outcome: 'unknown' })
  assert.equal(runs, 1)
})

test('messages received in a transaction that come again are not delivered twice, and it commits', async (t) => {
  const { connection, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b', 'c'])
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('Q'))
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await it.cut()
  assert.equal(textOf(await consumer.receive(SOON)), 'c')
  await session.commit()
  await sendAll(connection, 'Q', ['d'])
  assert.equal(textOf(await consumer.receive(SOON)), 'd')
  await session.commit()
  const look = session.createBrowser(session.createQueue('Q'))
  for await (const message of look) assert.fail(`${textOf(message)} is still there`)
})

test('a transaction whose messages have not come again is rolled back, and then they do', async (t) => {
  const { connection, ...it } = await failover(t)
  await sendAll(connection, 'IN', ['a'])
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('IN'))
  const producer = await session.createProducer(session.createQueue('OUT'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await producer.send(session.createTextMessage('made of a'))
  await it.down()
  const committed = assert.rejects(session.commit(), (error) => {
    assert.ok(error instanceof TransactionRolledBackError)
    assert.equal(error.outcome, undefined)
    return true
  })
  await it.up()
  await committed
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await producer.send(session.createTextMessage('made of a, again'))
  await session.commit()
  const out = await session.createConsumer(session.createQueue('OUT'))
  assert.equal(textOf(await out.receive(SOON)), 'made of a, again')
  assert.equal(await out.receiveNoWait(), null)
})

test('a commit may wait for its messages to come again', async (t) => {
  const { connection, ...it } = await failover(t, '?jms.consumerFailoverRedeliveryWaitPeriod=10000')
  await sendAll(connection, 'IN', ['a', 'b'])
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('IN'))
  for (const text of ['a', 'b']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await it.down()
  const committed = session.commit()
  await it.up()
  await committed
  const look = session.createBrowser(session.createQueue('IN'))
  for await (const message of look) assert.fail(`${textOf(message)} is still there`)
})

test('a commit in doubt with messages received: they come again only if it did not happen', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b'])
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('Q'))
  // It never reaches the broker.
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  const cut = said(relay, DataType.MessageAck, () => relay.cut())
  const resumed = next(connection, 'resumed')
  await assert.rejects(session.commit(), { outcome: 'unknown' })
  await cut
  await resumed
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  // It does, but the answer is lost.
  const answered = kept(relay)
  const refused = assert.rejects(session.commit(), { outcome: 'unknown' })
  await answered
  await it.cut()
  await refused
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  await session.commit()
})

test('a roll-back while there is no link is carried out over the next one', async (t) => {
  const { connection, ...it } = await failover(t)
  await sendAll(connection, 'IN', ['a'])
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue('IN'))
  const producer = await session.createProducer(session.createQueue('OUT'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await producer.send(session.createTextMessage('undone'))
  await it.down()
  const rolledBack = session.rollback()
  await it.up()
  await rolledBack
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await session.commit()
  const out = await session.createConsumer(session.createQueue('OUT'))
  assert.equal(await out.receiveNoWait(), null)
})

test('a transaction that lost a message to the time limit is not committed without it', async (t) => {
  const { connection, ...it } = await failover(t, '?timeout=10')
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('a'))
  await it.down()
  await assert.rejects(producer.send(session.createTextMessage('b')), { code: 'FAILOVER_TIMEOUT' })
  const committed = assert.rejects(session.commit(), TransactionRolledBackError)
  await it.up()
  await committed
  await producer.send(session.createTextMessage('c'))
  await session.commit()
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'c')
})
