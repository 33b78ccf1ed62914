import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { drained } from './journal-world.ts'
import { at, numbers, type Received, World } from './world.ts'
import { removedAtExit } from '../removed-at-exit.ts'

const XID: Xid = { formatId: 1, globalTransactionId: Buffer.from('global'), branchQualifier: Buffer.from('branch') }

/** A broker on a journal in a directory of its own, which can be stopped and started. */
class Disk {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-core-'))

  constructor() {
    removedAtExit(this.directory)
  }

  open(windowCountMax = 2000): Promise<World> {
    return World.open({
      limits: { windowCountMax },
      store: (turn, clock) => openJournalStore({ directory: this.directory, turn, clock, log: silentLogger }),
    })
  }

  async close(world: World): Promise<void> {
    await world.finished(world.broker.close())
  }

  async reopen(world: World, windowCountMax = 2000): Promise<World> {
    await this.close(world)
    return this.open(windowCountMax)
  }
}

test('what was stored and not acknowledged is there after a restart, in order, and keys go on', async () => {
  const disk = new Disk()
  let world = await disk.open()
  let client = world.connect()
  for (const text of numbers(1, 300)) client.post('Q', text)
  await world.answered()
  client.post('Q', 'fleeting', { persistent: false })
  let consumer = client.consume('Q', { prefetch: 10 })
  await world.until(() => consumer.received.length === 10)
  const tenth = consumer.received[9] as Received
  consumer.ack(tenth, { count: 10 })
  await world.answered()
  world = await disk.reopen(world, 20)
  assert.equal(world.broker.queue(at('Q'))?.count, 290)
  client = world.connect()
  client.post('Q', 'new')
  await world.answered()
  consumer = client.consume('Q', { prefetch: 7 })
  await world.until(() => consumer.received.length > 0)
  assert.ok((consumer.received[0] as Received).key > tenth.key)
  assert.deepEqual(await drained(world, consumer, 291), [...numbers(11, 300), 'new'])
  await disk.close(world)
})

test('a durable subscription collects for its consumer also over a restart', async () => {
  const disk = new Disk()
  let world = await disk.open()
  let client = world.connect({ clientId: 'me' })
  const spec = { durableName: 'd', selector: "JMSType = 'a'" }
  client.consume('topic://T', spec)
  await world.answered()
  client.post('topic://T', 'one', { type: 'a' })
  client.post('topic://T', 'no', { type: 'b' })
  await world.answered()
  world = await disk.reopen(world)
  client = world.connect({ clientId: 'me' })
  client.post('topic://T', 'two', { type: 'a' })
  await world.answered()
  const consumer = client.consume('topic://T', spec)
  assert.equal(consumer.created.code, null, 'it is the same subscription')
  assert.deepEqual(await drained(world, consumer, 2), ['one', 'two'])
  consumer.close()
  const reply = client.ask((one) => world.broker.removeDurable(client.connection, 'd', one))
  await world.until(() => reply.code !== undefined)
  world = await disk.reopen(world)
  client = world.connect({ clientId: 'me' })
  const gone = client.ask((one) => world.broker.removeDurable(client.connection, 'd', one))
  assert.equal(gone.code, 'SUBSCRIPTION_UNKNOWN')
  await disk.close(world)
})

for (const committed of [true, false]) {
  test(`a prepared branch is ${committed ? 'committed' : 'rolled back'} after a restart`, async () => {
    const disk = new Disk()
    let world = await disk.open()
    let client = world.connect()
    const id = xidText(XID)
    for (const text of ['1', '2', '3']) client.post('Q', text)
    await world.answered()
    let consumer = client.consume('Q')
    await world.until(() => consumer.received.length === 3)
    world.broker.begin(client.connection, id, XID)
    consumer.ack(consumer.received[1] as Received, { first: (consumer.received[1] as Received).key, transactionId: id })
    client.post('Q', 'new', { transaction: id })
    client.post('P', 'new', { transaction: id })
    const vote = client.ask((reply) => world.broker.prepare(client.connection, id, reply))
    await world.until(() => vote.prepareResult === 'ok')
    client.post('Q', '4')
    await world.answered()
    world = await disk.reopen(world)
    assert.deepEqual(world.broker.recover().map(xidText), [id])
    client = world.connect()
    consumer = client.consume('Q')
    const other = client.consume('P')
    await world.until(() => consumer.received.length === 3)
    assert.deepEqual(consumer.texts, ['1', '3', '4'])
    const end = client.ask((reply) => world.broker[committed ? 'commit' : 'rollback'](client.connection, id, reply))
    await world.until(() => end.code !== undefined)
    assert.equal(end.code, null)
    await world.until(() => consumer.received.length === 4)
    assert.deepEqual(consumer.texts, ['1', '3', '4', committed ? 'new' : '2'])
    assert.deepEqual(other.texts, committed ? ['new'] : [])
    world = await disk.reopen(world)
    assert.deepEqual(world.broker.recover(), [])
    consumer = world.connect().consume('Q')
    await world.until(() => consumer.received.length === 4)
    assert.deepEqual(consumer.texts, committed ? ['1', '3', 'new', '4'] : ['1', '2', '3', '4'])
    await disk.close(world)
  })
}

test('a message that is sent again after a restart is known', async () => {
  const disk = new Disk()
  let world = await disk.open()
  let client = world.connect({ id: 'ID:c' })
  client.post('Q', 'one', { sequence: 1 })
  client.post('Q', 'two', { sequence: 2 })
  await world.answered()
  world = await disk.reopen(world)
  client = world.connect({ id: 'ID:c', reconnected: true })
  for (const [i, text] of ['one', 'two', 'three'].entries()) client.post('Q', text, { sequence: i + 1 })
  await world.answered()
  const consumer = client.consume('Q')
  await world.until(() => consumer.received.length >= 3)
  assert.deepEqual(consumer.texts, ['one', 'two', 'three'])
  await disk.close(world)
})

test('a dead letter is in one queue after a restart, never in two and never in none', async () => {
  const disk = new Disk()
  let world = await disk.open()
  const client = world.connect()
  client.post('Q', 'bad')
  await world.answered()
  const consumer = client.consume('Q')
  await world.until(() => consumer.received.length === 1)
  consumer.ack(consumer.received[0] as Received, { kind: 1, cause: 'bad' })
  await world.answered()
  world = await disk.reopen(world)
  assert.equal(world.broker.queue(at('Q'))?.count ?? 0, 0)
  assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 1)
  await disk.close(world)
})
