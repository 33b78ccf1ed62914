import { MillraceError, type Turn } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Operation, Stored } from '../../src/store/store.ts'
import { type Client, type Received, type TestConsumer, type TestReply, World } from './world.ts'

const XID: Xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
const ID = xidText(XID)

/** A store that refuses transactions while it is told to, as one does whose disk is full. */
class RefusingStore extends MemoryStore {
  refusing = false
  readonly #turn: Turn

  constructor(turn: Turn) {
    super(turn)
    this.#turn = turn
  }

  override commit(operations: readonly Operation[], waiter: Stored | null): void {
    if (!this.#refused(waiter)) super.commit(operations, waiter)
  }

  override prepare(xid: Xid, operations: readonly Operation[], waiter: Stored | null): void {
    if (!this.#refused(waiter)) super.prepare(xid, operations, waiter)
  }

  override finish(xid: Xid, committed: boolean, waiter: Stored | null): void {
    if (!this.#refused(waiter)) super.finish(xid, committed, waiter)
  }

  #refused(waiter: Stored | null): boolean {
    if (!this.refusing) return false
    const error = new MillraceError('STORE_FULL', 'the disk is full')
    this.#turn.work({ queued: false, run: () => waiter?.stored(error) })
    return true
  }
}

interface Scene {
  readonly world: World
  readonly store: RefusingStore
  readonly client: Client
  readonly taken: TestConsumer
  readonly durable: TestConsumer
  end(outcome: 'commit' | 'prepare'): TestReply
}

/** A branch, or a local transaction, that takes `in` and sends `out` to a queue and to a topic with a durable consumer. */
async function scene(xid: Xid | undefined): Promise<Scene> {
  let store: RefusingStore | null = null
  const world = await World.open({
    store: (turn) => {
      store = new RefusingStore(turn)
      return store
    },
  })
  assert.ok(store !== null)
  const client = world.connect({ clientId: 'me' })
  const durable = client.consume('topic://T', { durableName: 'd' })
  client.send('IN', 'in')
  const taken = client.consume('IN')
  const { broker } = world
  broker.begin(client.connection, ID, xid)
  taken.ack(taken.takeAll()[0] as Received, { transactionId: ID })
  client.send('OUT', 'out', { transaction: ID })
  client.send('topic://T', 'out', { transaction: ID })
  const end = (outcome: 'commit' | 'prepare'): TestReply =>
    client.ask((reply) => broker[outcome](client.connection, ID, reply))
  return { world, store, client, taken, durable, end }
}

test('a commit that the store refuses is a rollback, and the topic goes on', async () => {
  const { store, client, taken, durable, end } = await scene(undefined)
  store.refusing = true
  assert.equal(end('commit').code, 'TRANSACTION_ROLLED_BACK')
  store.refusing = false
  client.send('topic://T', 'next')
  assert.deepEqual(durable.texts, ['next'])
  assert.deepEqual(client.consume('OUT').texts, [])
  taken.close()
  assert.deepEqual(client.consume('IN').texts, ['in'])
})

test('a prepare that the store refuses is a rollback, and the branch is not known any more', async () => {
  const { world, store, client, taken, durable, end } = await scene(XID)
  store.refusing = true
  const vote = end('prepare')
  assert.deepEqual([vote.prepareResult, vote.code], [null, 'TRANSACTION_ROLLED_BACK'])
  store.refusing = false
  assert.deepEqual(world.broker.recover(), [])
  assert.equal(end('commit').code, 'TRANSACTION_UNKNOWN')
  client.send('topic://T', 'next')
  assert.deepEqual(durable.texts, ['next'])
  taken.close()
  assert.deepEqual(client.consume('IN').texts, ['in'])
  assert.equal(world.broker.usage.uncommittedBytes, 0)
})

test('a prepared branch whose commit the store refuses stays prepared, and is committed when it is tried again', async () => {
  const { world, store, client, durable, end } = await scene(XID)
  assert.equal(end('prepare').prepareResult, 'ok')
  store.refusing = true
  assert.equal(end('commit').code, 'STORE_FULL')
  assert.equal(end('commit').code, 'STORE_FULL')
  store.refusing = false
  assert.deepEqual(world.broker.recover().map(xidText), [ID])
  // Nobody waits for the branch meanwhile.
  client.send('topic://T', 'next')
  assert.deepEqual(durable.texts, ['next'])
  assert.equal(end('commit').code, null)
  assert.deepEqual(durable.texts, ['next', 'out'])
  assert.deepEqual(client.consume('OUT').texts, ['out'])
  assert.deepEqual(world.broker.recover(), [])
})

test('a prepared branch whose commit the store refused can be rolled back by an operator', async () => {
  const { world, store, client, taken, end } = await scene(XID)
  end('prepare')
  store.refusing = true
  end('commit')
  store.refusing = false
  await world.finished(world.broker.branches.rollback(ID))
  assert.deepEqual(client.consume('OUT').texts, [])
  taken.close()
  assert.deepEqual(client.consume('IN').texts, ['in'])
})
