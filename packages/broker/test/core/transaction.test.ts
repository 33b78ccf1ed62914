import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { at, numbers, type Received, World } from './world.ts'

const XID: Xid = { formatId: 1, globalTransactionId: Buffer.from('global'), branchQualifier: Buffer.from('branch') }

test('sends of a transaction are seen after its commit, all at once, and answered when they are stored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('A,B,topic://T')
  client.begin('T1')
  client.send('A', 'one', { transaction: 'T1' })
  client.send('B', 'two', { transaction: 'T1' })
  client.send('topic://T', 'three', { transaction: 'T1', persistent: false })
  assert.deepEqual(consumer.texts, [])
  const reply = world.reply()
  world.broker.commit(client.connection, 'T1', reply)
  assert.equal(reply.code, undefined)
  assert.deepEqual(consumer.texts, [])
  world.run()
  assert.equal(reply.code, null)
  assert.deepEqual(consumer.take().toSorted(), ['one', 'three', 'two'])
})

test('sends of a transaction that is rolled back never happened', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.begin('T1')
  client.send('Q', 'one', { transaction: 'T1' })
  assert.equal(client.rollback('T1').code, null)
  assert.deepEqual(consumer.texts, [])
  assert.equal(world.broker.usage.memoryBytes, 0)
  assert.equal(world.broker.usage.uncommittedBytes, 0)
  assert.equal(client.commit('T1').code, 'TRANSACTION_UNKNOWN')
})

test('acknowledgements of a transaction count after its commit', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 4)) client.post('Q', text)
  const consumer = client.consume('Q', { prefetch: 2 })
  client.begin('T1')
  consumer.ack(consumer.takeAll()[1] as Received, { count: 2, transactionId: 'T1' })
  assert.deepEqual(consumer.texts, ['3', '4'], 'the window opens without waiting for the commit')
  assert.equal(world.store.queue('queue://Q').count, 4)
  assert.equal(client.commit('T1').code, null)
  assert.equal(world.store.queue('queue://Q').count, 2)
  consumer.close()
  assert.deepEqual(client.consume('Q').texts, ['3', '4'])
})

test('after a rollback what was acknowledged is outstanding for its consumer again', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 5)) client.post('Q', text)
  const consumer = client.consume('Q', { prefetch: 5 })
  const received = consumer.takeAll()
  client.begin('T1')
  consumer.ack(received[1] as Received, { count: 2, transactionId: 'T1' })
  consumer.ack(received[3] as Received, { kind: AckKind.Individual, transactionId: 'T1' })
  client.rollback('T1')
  assert.deepEqual(consumer.texts, [], 'it is delivered again by the client, not by the broker')
  assert.equal(consumer.ack(received[4] as Received, { first: received[0]?.key as number, count: 5 }).code, null)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
})

test('what a closed consumer had acknowledged comes back to the queue when the transaction is rolled back', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 3)) client.post('Q', text)
  const consumer = client.consume('Q')
  client.begin('T1')
  consumer.ack(consumer.received[1] as Received, { count: 2, transactionId: 'T1' })
  consumer.close(-1)
  const second = client.consume('Q')
  assert.deepEqual(second.take(), ['3'])
  client.rollback('T1')
  assert.deepEqual(second.take(), ['1', '2'])
})

test('the end of a connection rolls its transactions back', async () => {
  const world = await World.open()
  const client = world.connect()
  const other = world.connect()
  client.send('Q', 'one')
  const consumer = client.consume('Q')
  client.begin('T1')
  consumer.ack(consumer.received[0] as Received, { transactionId: 'T1' })
  client.send('Q', 'two', { transaction: 'T1' })
  client.crash()
  assert.deepEqual(other.consume('Q').texts, ['one'])
})

test('something that failed in a transaction makes its commit fail and roll back', async () => {
  const world = await World.open()
  const client = world.connect()
  client.begin('T1')
  client.send('Q', 'one', { transaction: 'T1' })
  assert.equal(client.send('temp-queue://ID:nobody:1', 'two', { transaction: 'T1' }).code, 'DESTINATION_UNKNOWN')
  assert.equal(client.commit('T1').code, 'TRANSACTION_ROLLED_BACK')
  assert.deepEqual(client.consume('Q').texts, [])
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a transaction that grows too large fails and can only be rolled back', async () => {
  const world = await World.open({ limits: { uncommittedMax: 3, uncommittedBytesMax: 10_000 } })
  const client = world.connect()
  client.begin('T1')
  for (const text of numbers(1, 3)) assert.equal(client.send('Q', text, { transaction: 'T1' }).code, null)
  assert.equal(client.send('Q', '4', { transaction: 'T1' }).code, 'LIMIT_REACHED')
  assert.equal(client.commit('T1').code, 'TRANSACTION_ROLLED_BACK')
  client.begin('T2')
  assert.equal(client.send('Q', 'big', { transaction: 'T2', size: 10_000 }).code, 'MEMORY_FULL')
  assert.equal(client.rollback('T2').code, null)
  assert.equal(world.broker.usage.uncommittedBytes, 0)
})

test('a poison acknowledgement cannot be part of a transaction', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('Q', 'one')
  const consumer = client.consume('Q')
  client.begin('T1')
  const ack = { kind: AckKind.Poison, transactionId: 'T1' }
  assert.equal(consumer.ack(consumer.received[0] as Received, ack).code, 'ACKNOWLEDGEMENT_INVALID')
})

test('a transaction that is not known is refused for sends, acknowledgements and ends', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'one')
  assert.equal(client.send('Q', 'two', { transaction: 'T9' }).code, 'TRANSACTION_UNKNOWN')
  const one = consumer.received[0] as Received
  assert.equal(consumer.ack(one, { transactionId: 'T9' }).code, 'TRANSACTION_UNKNOWN')
  assert.equal(client.rollback('T9').code, 'TRANSACTION_UNKNOWN')
})

test('beginning a transaction again changes nothing', async () => {
  const world = await World.open()
  const client = world.connect()
  client.begin('T1')
  client.send('Q', 'one', { transaction: 'T1' })
  client.begin('T1')
  client.commit('T1')
  assert.deepEqual(client.consume('Q').texts, ['one'])
})

test('a prepared branch survives its connection and is committed over another', async () => {
  const world = await World.open()
  const client = world.connect()
  const other = world.connect()
  const id = xidText(XID)
  client.send('Q', 'old')
  const consumer = client.consume('Q')
  world.broker.begin(client.connection, id, XID)
  consumer.ack(consumer.received[0] as Received, { transactionId: id })
  client.send('Q', 'new', { transaction: id })
  client.send('topic://T', 'news', { transaction: id })
  const vote = client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  assert.equal(vote.prepareResult, 'ok')
  client.crash()
  const queue = other.consume('Q')
  const topic = other.consume('topic://T')
  other.send('Q', 'meanwhile')
  other.send('topic://T', 'first')
  assert.deepEqual([queue.texts, topic.texts], [['meanwhile'], ['first']])
  assert.deepEqual(world.broker.recover(), [XID])
  assert.equal(other.commit(id).code, null)
  assert.deepEqual(
    [queue.texts, topic.texts],
    [
      ['meanwhile', 'new'],
      ['first', 'news'],
    ],
  )
  assert.deepEqual(world.broker.recover(), [])
  assert.equal(world.store.queue('queue://Q').count, 2)
})

test('a branch that is committed late is seen although the window of its queue is full of what came after it', async () => {
  const world = await World.open({ limits: { windowCountMax: 4 } })
  const client = world.connect()
  const id = xidText(XID)
  // Somebody consumes elsewhere: the queue keeps its window in memory.
  client.consume('OTHER')
  world.broker.begin(client.connection, id, XID)
  for (const text of ['1', '2', '3', '4']) client.send('Q', text, { transaction: id })
  client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  for (const text of ['5', '6', '7']) client.send('Q', text)
  assert.equal(client.commit(id).code, null)
  assert.deepEqual(client.consume('Q').take().toSorted(), ['1', '2', '3', '4', '5', '6', '7'])
})

test('a prepared branch can be rolled back', async () => {
  const world = await World.open()
  const client = world.connect()
  const id = xidText(XID)
  client.send('Q', 'old')
  const consumer = client.consume('Q')
  world.broker.begin(client.connection, id, XID)
  consumer.ack(consumer.received[0] as Received, { transactionId: id })
  client.send('Q', 'new', { transaction: id })
  client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  assert.equal(client.send('Q', 'more', { transaction: id }).code, 'TRANSACTION_INVALID')
  assert.equal(client.rollback(id).code, null)
  consumer.close()
  assert.deepEqual(client.consume('Q').texts, ['old'])
})

test('a branch that did nothing votes read-only and is gone', async () => {
  const world = await World.open()
  const client = world.connect()
  const id = xidText(XID)
  world.broker.begin(client.connection, id, XID)
  const vote = client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  assert.equal(vote.prepareResult, 'read-only')
  assert.equal(client.commit(id).code, 'TRANSACTION_UNKNOWN')
})

test('a branch that is not prepared is rolled back with its connection', async () => {
  const world = await World.open()
  const client = world.connect()
  const other = world.connect()
  const id = xidText(XID)
  world.broker.begin(client.connection, id, XID)
  client.send('Q', 'new', { transaction: id })
  client.crash()
  assert.equal(other.commit(id).code, 'TRANSACTION_UNKNOWN')
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a local transaction cannot be prepared', async () => {
  const world = await World.open()
  const client = world.connect()
  client.begin('T1')
  const vote = client.ask((reply) => world.broker.prepare(client.connection, 'T1', reply))
  assert.equal(vote.code, 'TRANSACTION_INVALID')
})
