import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { isBatch, journalWorld } from './journal-world.ts'
import { at, World } from './world.ts'

/** Found by the simulator: what the store refuses, or a crash cuts in two. */

const SIZES = { segmentSize: 16_384, batchSize: 1024, snapshotSize: 1 << 30 } as const

function open(disk: FaultDisk): Promise<World> {
  return journalWorld(disk, SIZES)
}

test('a message for several queues is in all of them after a crash, or in none', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const client = world.connect()
  for (const queue of ['A', 'B']) client.send(queue, 'makes it')
  await world.answered()
  const images: FaultDisk[] = []
  disk.faults = (call) => {
    if (call.kind !== 'read') images.push(disk.afterKill())
    return null
  }
  // Two of it do not fit into one batch.
  client.post('A,B', 'both', { size: 700 })
  await world.answered()
  images.push(disk.afterKill())
  assert.ok(images.length > 1)
  for (const image of images) {
    const { broker } = await open(image)
    assert.equal(broker.queue(at('A'))?.count, broker.queue(at('B'))?.count)
  }
  disk.kill()
})

test('a topic goes on after a transaction that sent to it was refused for lack of room', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const subscriber = world.connect({ clientId: 'c' })
  const durable = subscriber.consumeLater('topic://T', { durableName: 'd' })
  await world.answered()
  const client = world.connect()
  client.begin('T1')
  client.post('topic://T', 'refused', { transaction: 'T1' })
  client.post('A', 'refused', { transaction: 'T1' })
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const commit = world.reply()
  world.broker.commit(client.connection, 'T1', commit)
  await world.answered()
  assert.equal(commit.code, 'TRANSACTION_ROLLED_BACK')
  disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.full
  })
  client.post('topic://T', 'next')
  await world.answered()
  assert.deepEqual(durable.take(), ['next'])
  assert.equal(world.broker.usage.uncommittedBytes, 0)
})

test('a branch whose prepare was refused for lack of room is not prepared, and what it acknowledged comes back', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const client = world.connect()
  client.post('A', 'kept')
  await world.answered()
  const consumer = client.consume('A')
  await world.until(() => consumer.received.length > 0)
  const xid: Xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const id = xidText(xid)
  world.broker.begin(client.connection, id, xid)
  const [kept] = consumer.takeAll()
  assert.ok(kept !== undefined)
  consumer.ackLater(kept, { transactionId: id }, world.reply())
  client.post('A', 'refused', { transaction: id })
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const prepare = world.reply()
  world.broker.prepare(client.connection, id, prepare)
  await world.answered()
  assert.equal(prepare.code, 'TRANSACTION_ROLLED_BACK')
  assert.deepEqual(world.broker.recover(), [])
  disk.faults = () => null
  consumer.close()
  const second = client.consume('A')
  await world.until(() => second.received.length > 0)
  assert.deepEqual(second.texts, ['kept'])
})

test('what was refused for lack of room is not taken for a duplicate when it is sent again over another link', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const client = world.connect({ id: 'ID:sender' })
  client.post('A', 'first', { sequence: 1 })
  await world.answered()
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const sent = ['A', 'A,B', 'A'].map((queue, i) => client.post(queue, `again ${i}`, { sequence: 2 + i }))
  await world.answered()
  assert.deepEqual(
    sent.map((reply) => reply.code),
    ['STORE_FULL', 'STORE_FULL', 'STORE_FULL'],
  )
  client.crash()
  disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.full
  })
  const back = world.connect({ id: 'ID:sender', reconnected: true })
  for (const [i, queue] of ['A', 'A', 'A,B', 'A'].entries()) {
    back.producer(queue)
    back.post(queue, i === 0 ? 'first' : `again ${i - 1}`, { sequence: 1 + i })
  }
  await world.answered()
  const consumer = world.connect().consume('A')
  await world.until(() => consumer.received.length >= 4)
  assert.deepEqual(consumer.texts, ['first', 'again 0', 'again 1', 'again 2'])
})

for (const twice of [false, true]) {
  test(`nor after a crash, although a later one was stored${twice ? ', and after another' : ''}`, async () => {
    let disk = new FaultDisk()
    let world = await open(disk)
    let client = world.connect({ id: 'ID:sender' })
    client.post('A', 'first', { sequence: 1 })
    await world.answered()
    disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
    // In a batch that is refused as a whole, and one by one while there is no room.
    for (const sequence of [2, 3]) client.post('A', `again ${sequence}`, { sequence })
    await world.answered()
    const late = client.post('A', 'again 4', { sequence: 4 })
    await world.until(() => late.code !== undefined || client.connection.parked.length > 0)
    client.crash()
    disk.faults = () => null
    await world.until(() => {
      world.pass(100)
      return !world.store.usage.full
    })
    // A later one of the same producer gets through, and then the broker is gone.
    client = world.connect({ id: 'ID:sender', reconnected: true })
    client.post('A', 'later', { sequence: 5 })
    await world.answered()
    const resent = async (): Promise<void> => {
      disk = disk.kill()
      world = await open(disk)
      client = world.connect({ id: 'ID:sender', reconnected: true })
      for (const sequence of [2, 3, 4]) client.post('A', `again ${sequence}`, { sequence })
      client.post('A', 'later', { sequence: 5 })
      await world.answered()
    }
    await resent()
    if (twice) await resent()
    const consumer = world.connect().consume('A')
    await world.until(() => consumer.received.length >= 5)
    assert.deepEqual(consumer.texts, ['first', 'later', 'again 2', 'again 3', 'again 4'])
    await world.finished(world.broker.close())
  })
}

test('a send that failed at once for lack of room, and one of a transaction, are new when they are sent again', async () => {
  const disk = new FaultDisk()
  const world = await journalWorld(disk, SIZES, { limits: { sendFailIfNoSpace: true } })
  let client = world.connect({ id: 'ID:sender' })
  client.producer('A')
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  client.begin('T')
  client.post('A', 'two', { sequence: 2, transaction: 'T' })
  const commit = world.reply()
  world.broker.commit(client.connection, 'T', commit)
  await world.answered()
  assert.equal(commit.code, 'TRANSACTION_ROLLED_BACK')
  const failed = client.send('A', 'three', { sequence: 3 })
  assert.equal(failed.code, 'STORE_FULL')
  disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.full
  })
  client.post('A', 'four', { sequence: 4 })
  await world.answered()
  const again = await open(disk.kill())
  client = again.connect({ id: 'ID:sender', reconnected: true })
  for (const [i, text] of ['two', 'three', 'four'].entries()) client.post('A', text, { sequence: 2 + i })
  await again.answered()
  const consumer = again.connect().consume('A')
  await again.until(() => consumer.received.length >= 3)
  assert.deepEqual(consumer.texts, ['four', 'two', 'three'])
  await again.finished(again.broker.close())
})

test('a branch has its turn behind sends of its connection that wait for space, to be prepared and to be committed', async () => {
  for (const preparing of [true, false]) {
    const world = await World.open({ storeBytesMax: 5000 })
    const client = world.connect({ id: 'ID:sender' })
    client.send('FULL', 'takes all there is', { size: 6000 })
    const waiting = client.post('A', 'waits')
    const xid: Xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
    const id = xidText(xid)
    world.broker.begin(client.connection, id, xid)
    client.post('A', 'in the branch', { transaction: id })
    const ended = world.reply()
    if (preparing) world.broker.prepare(client.connection, id, ended)
    else world.broker.commit(client.connection, id, ended)
    world.run()
    assert.deepEqual([waiting.code, ended.code], [undefined, undefined])
    world.connect().consume('FULL').drain()
    world.pass(200)
    assert.deepEqual([waiting.code, ended.code], [null, null])
    if (preparing) assert.equal(client.commit(id).code, null)
    const consumer = world.connect().consume('A')
    assert.deepEqual(consumer.drain(), ['waits', 'in the branch'])
  }
})

test('a send that waited for space in vain is not taken for a duplicate when it is sent again over another link', async () => {
  const world = await World.open({ storeBytesMax: 5000, limits: { sendFailIfNoSpaceAfterMs: 1000 } })
  const client = world.connect({ id: 'ID:sender' })
  client.send('FULL', 'takes all there is', { size: 6000, sequence: 1 })
  const producer = client.producer('FULL')
  const waiting = world.reply()
  world.broker.send(producer, client.message('FULL', 'waits', { sequence: 2 }), waiting)
  world.pass(1100)
  assert.equal(waiting.code, 'STORE_FULL')
  const consumer = world.connect().consume('FULL')
  consumer.drain()
  client.send('FULL', 'later', { sequence: 3 })
  client.crash()
  const back = world.connect({ id: 'ID:sender', reconnected: true })
  assert.equal(back.send('FULL', 'waits', { sequence: 2 }).code, null)
  assert.equal(back.send('FULL', 'later', { sequence: 3 }).code, null)
  assert.deepEqual(consumer.drain(), ['later', 'waits'])
})

test('a send that was refused, came over a second link as a new one and comes over a third is there once', async () => {
  const world = await World.open({ storeBytesMax: 5000 })
  const consumer = world.connect().consume('FULL', { prefetch: 1 })
  const client = world.connect({ id: 'ID:sender' })
  client.send('FULL', 'takes all there is', { size: 6000, sequence: 1 })
  const waiting = world.reply()
  world.broker.send(client.producer('FULL'), client.message('FULL', 'waits', { sequence: 2 }), waiting)
  world.run()
  // Its link goes while it waits: it was not taken, and its producer has sent nothing beyond the first.
  client.crash()
  consumer.drain()
  for (const link of ['second', 'third']) {
    const back = world.connect({ id: 'ID:sender', reconnected: true })
    assert.equal(back.send('FULL', 'waits', { sequence: 2 }).code, null, link)
    back.crash()
  }
  assert.deepEqual(consumer.drain(), ['waits'])
})
