import { encodePrimitiveMap, PrimitiveTag } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Policy } from '../../src/core/broker.ts'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { isBatch, journalWorld } from './journal-world.ts'
import { at, type Client, type SendOptions, type TestReply, type World } from './world.ts'

const SIZES = { segmentSize: 16_384, batchSize: 1024, snapshotSize: 20_000 } as const
const XID: Xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }

function open(disk: FaultDisk, policy: Partial<Policy> = { duplicateIdsMax: 3 }): Promise<World> {
  return journalWorld(disk, SIZES, {
    policies: [
      { destination: at('Q'), policy },
      { destination: at('topic://T'), policy },
    ],
  })
}

function post(client: Client, to: string, text: string, id: string | null, options: SendOptions = {}): TestReply {
  const { world } = client
  const reply = world.reply()
  const message = client.message(to, text, options)
  const value = id === null ? { tag: PrimitiveTag.Null, value: null } : { tag: PrimitiveTag.String, value: id }
  message.properties = encodePrimitiveMap(new Map([['_AMQ_DUPL_ID', value]]))
  world.broker.send(client.producer(to), message, reply)
  return reply
}

async function texts(world: World, queue = 'Q', count = 1): Promise<string[]> {
  const consumer = world.connect().consume(queue)
  await world.until(() => consumer.received.length >= count)
  return consumer.texts
}

test('what is sent a second time with an id of the sender is dropped, and answered when the first is safe', async () => {
  const world = await open(new FaultDisk())
  const client = world.connect()
  const replies = [post(client, 'Q', 'first', 'a'), post(client, 'Q', 'again', 'a'), post(client, 'Q', 'other', 'b')]
  assert.deepEqual(
    replies.map((reply) => reply.code),
    [undefined, undefined, undefined],
  )
  await world.answered()
  assert.ok(replies.every((reply) => reply.code === null))
  post(client, 'Q', 'without', null)
  post(client, 'Q', 'without', null)
  post(client, 'Q', 'late', 'a')
  post(client, 'OTHER', 'elsewhere', 'a')
  post(client, 'OTHER', 'elsewhere', 'a')
  await world.answered()
  assert.equal(world.broker.duplicates.found, 2)
  assert.deepEqual(await texts(world, 'Q', 4), ['first', 'other', 'without', 'without'])
  assert.deepEqual(await texts(world, 'OTHER', 2), ['elsewhere', 'elsewhere'])
  await world.finished(world.broker.close())
})

test('ids of persistent messages are remembered over a crash, and no more of them than the policy says', async () => {
  let disk = new FaultDisk()
  let world = await open(disk)
  let client = world.connect()
  for (const id of ['a', 'b', 'c', 'd']) post(client, 'Q', id, id)
  post(client, 'Q', 'fleeting', 'e', { persistent: false })
  await world.answered()
  for (let round = 0; round < 2; round++) {
    disk = disk.kill()
    world = await open(disk)
    client = world.connect()
    for (const id of ['d', 'c', 'e']) post(client, 'Q', `${id} again`, id, { persistent: false })
    await world.answered()
    // `b` made room for `e`, which was only in memory.
    assert.equal(world.store.queue('state://duplicates/queue://Q').count, 2)
  }
  post(client, 'Q', 'a again', 'a')
  await world.answered()
  assert.deepEqual(await texts(world, 'Q', 6), ['a', 'b', 'c', 'd', 'e again', 'a again'])
  await world.finished(world.broker.close())
})

test('in transactions too: what is sent before, and twice in one; a roll-back forgets', async () => {
  const world = await open(new FaultDisk())
  const client = world.connect()
  post(client, 'Q', 'before', 'a')
  await world.answered()
  const ended = async (id: string, commit: boolean): Promise<void> => {
    client.begin(id)
    for (const name of ['a', 'b', 'b']) post(client, 'Q', `${id} ${name}`, name, { transaction: id })
    const reply = world.reply()
    if (commit) world.broker.commit(client.connection, id, reply)
    else world.broker.rollback(client.connection, id, reply)
    await world.answered()
    assert.equal(reply.code, null)
  }
  await ended('T1', false)
  await ended('T2', true)
  await ended('T3', true)
  assert.deepEqual(await texts(world, 'Q', 2), ['before', 'T2 b'])
  await world.finished(world.broker.close())
})

for (const committed of [true, false]) {
  test(`a branch that was prepared before a crash keeps its ids ${committed ? 'when it is committed' : 'only until it is rolled back'}`, async () => {
    const disk = new FaultDisk()
    let world = await open(disk)
    let client = world.connect()
    const id = xidText(XID)
    world.broker.begin(client.connection, id, XID)
    post(client, 'Q', 'prepared', 'a', { transaction: id })
    const prepared = world.reply()
    world.broker.prepare(client.connection, id, prepared)
    await world.answered()
    assert.equal(prepared.prepareResult, 'ok')
    world = await open(disk.kill())
    client = world.connect()
    assert.equal(world.broker.branches.inDoubt()[0]?.sends, 1)
    // It waits for what becomes of the first.
    const again = post(client, 'Q', 'again', 'a')
    world.run()
    assert.equal(again.code, undefined)
    const ended = world.reply()
    if (committed) world.broker.commit(client.connection, id, ended, true)
    else world.broker.rollback(client.connection, id, ended)
    await world.answered()
    assert.equal(again.code, committed ? null : 'STORE_FULL')
    post(client, 'Q', 'third', 'a')
    await world.answered()
    assert.deepEqual(await texts(world), [committed ? 'prepared' : 'third'])
    await world.finished(world.broker.close())
  })
}

test('what was refused for lack of room is not remembered, and who followed it hears so', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const client = world.connect()
  post(client, 'Q', 'makes it', null)
  await world.answered()
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const replies = [post(client, 'Q', 'first', 'a'), post(client, 'Q', 'second', 'a')]
  await world.answered()
  assert.deepEqual(
    replies.map((reply) => reply.code),
    ['STORE_FULL', 'STORE_FULL'],
  )
  disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.full
  })
  post(client, 'Q', 'third', 'a')
  await world.answered()
  assert.deepEqual(await texts(world, 'Q', 2), ['makes it', 'third'])
  await world.finished(world.broker.close())
})

test('a topic looks once for all its subscribers', async () => {
  const world = await open(new FaultDisk())
  const client = world.connect({ clientId: 'c' })
  const consumers = [client.consumeLater('topic://T'), client.consumeLater('topic://T', { durableName: 'd' })]
  await world.answered()
  for (const text of ['first', 'second']) post(client, 'topic://T', text, 'a')
  await world.answered()
  await world.until(() => consumers.every((consumer) => consumer.received.length > 0))
  for (const consumer of consumers) assert.deepEqual(consumer.texts, ['first'])
  await world.finished(world.broker.close())
})

test('an id that is too long is refused, and when the policy ends its ids are forgotten', async () => {
  const disk = new FaultDisk()
  let world = await open(disk)
  const client = world.connect()
  const long = post(client, 'Q', 'long', 'x'.repeat(1025))
  post(client, 'Q', 'first', 'a')
  await world.answered()
  assert.equal(long.code, 'LIMIT_REACHED')
  world = await open(disk.kill(), {})
  post(world.connect(), 'Q', 'second', 'a')
  await world.answered()
  assert.equal(world.store.queue('state://duplicates/queue://Q').count, 0)
  assert.deepEqual(await texts(world, 'Q', 2), ['first', 'second'])
  await world.finished(world.broker.close())
})
