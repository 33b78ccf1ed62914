import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Policy, PolicyEntry } from '../../src/core/broker.ts'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { xidText } from '../../src/message/xid.ts'
import { at, type Received, World } from './world.ts'
import { removedAtExit } from '../removed-at-exit.ts'

const PERIOD_MS = 1000

function open(policy: Partial<Policy>, more: { entries?: PolicyEntry[]; perSweep?: number } = {}): Promise<World> {
  return World.open({
    policies: [
      { destination: 'default', policy: { gcInactiveDestinations: true, ...policy } },
      ...(more.entries ?? []),
    ],
    broker: { schedulePeriodForDestinationPurge: PERIOD_MS, maxPurgedDestinationsPerSweep: more.perSweep ?? 0 },
  })
}

function names(world: World): string[] {
  return [...world.broker.destinations.all].map((target) => target.destination.text)
}

test('a destination that nobody uses goes with a later sweep than the one that found it so', async () => {
  const world = await open({ inactiveTimeoutBeforeGC: 2 * PERIOD_MS })
  const client = world.connect()
  for (const name of ['Q', 'topic://T']) world.broker.administration.createDestination(name)
  world.pass(PERIOD_MS)
  world.pass(PERIOD_MS)
  assert.deepEqual(names(world), ['queue://Q', 'topic://T'])
  world.pass(PERIOD_MS)
  assert.deepEqual(names(world), [])
  // Everything is as if it had never been there.
  client.send('Q', '1')
  assert.deepEqual(client.consume('Q').drain(), ['1'])
})

test('nothing goes without a period, nor without a policy that says so', async () => {
  const idle = await World.open({
    policies: [{ destination: 'default', policy: { gcInactiveDestinations: true, inactiveTimeoutBeforeGC: 0 } }],
  })
  idle.broker.administration.createDestination('Q')
  idle.pass(10 * PERIOD_MS)
  assert.deepEqual(names(idle), ['queue://Q'])

  const world = await open({ inactiveTimeoutBeforeGC: 0 }, { entries: [{ destination: 'KEEP.>', policy: {} }] })
  for (const name of ['KEEP.Q', 'GO.Q']) world.broker.administration.createDestination(name)
  world.pass(2 * PERIOD_MS)
  assert.deepEqual(names(world), ['queue://KEEP.Q'])
  world.broker.setPolicies([
    { destination: 'KEEP.>', policy: { gcInactiveDestinations: true, inactiveTimeoutBeforeGC: 0 } },
  ])
  world.pass(2 * PERIOD_MS)
  assert.deepEqual(names(world), [])
})

test('what has messages, consumers, producers, durable subscriptions or an owner stays', async () => {
  const world = await open({ inactiveTimeoutBeforeGC: 0 })
  const client = world.connect()
  const { administration } = world.broker
  const temporary = `temp-queue://${client.connection.id}:1`
  const kept = ['queue://MESSAGE', 'queue://HELD', 'queue://CONSUMER', 'queue://PRODUCER', 'topic://DURABLE', temporary]
  client.send('MESSAGE', '1')
  client.send('HELD', '1')
  const held = client.consume('HELD')
  client.consume('CONSUMER')
  const producer = client.producer('PRODUCER')
  const durable = client.consume('topic://DURABLE', { durableName: 'd' })
  durable.close()
  client.ask((reply) => world.broker.addDestination(client.connection, at(temporary), reply))
  for (const name of ['MESSAGE', 'HELD']) world.broker.removeProducer(client.producer(name))
  client.begin('t')
  held.ack(held.takeAll()[0] as Received, { transactionId: 't' })
  held.close()
  administration.createDestination('topic://IDLE')
  world.pass(3 * PERIOD_MS)
  assert.deepEqual(names(world), kept)

  // Each goes when that ends.
  world.broker.removeProducer(producer)
  client.commit('t')
  client.consume('MESSAGE').drain()
  world.broker.removeDurable(client.connection, 'd', world.reply())
  world.pass(2 * PERIOD_MS)
  assert.deepEqual(names(world), ['queue://MESSAGE', 'queue://CONSUMER', temporary])
  client.crash()
  world.pass(2 * PERIOD_MS)
  assert.deepEqual(names(world), [])
})

test('a queue whose last message a prepared branch has removed stays, also after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-inactivity-'))
  removedAtExit(directory)
  const openDisk = (): Promise<World> =>
    World.open({
      store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }),
      policies: [{ destination: 'default', policy: { gcInactiveDestinations: true, inactiveTimeoutBeforeGC: 0 } }],
      broker: { schedulePeriodForDestinationPurge: PERIOD_MS },
    })
  let world = await openDisk()
  let client = world.connect()
  client.post('Q', '1')
  await world.answered()
  const consumer = client.consume('Q')
  await world.until(() => consumer.received.length > 0)
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const id = xidText(xid)
  world.broker.begin(client.connection, id, xid)
  consumer.ack(consumer.takeAll()[0] as Received, { transactionId: id })
  world.broker.prepare(client.connection, id, world.reply())
  await world.answered()
  client.crash()
  await world.finished(world.broker.close())

  world = await openDisk()
  world.pass(3 * PERIOD_MS)
  assert.deepEqual(names(world), ['queue://Q'])
  client = world.connect()
  world.broker.rollback(client.connection, id, world.reply())
  await world.answered()
  const again = client.consume('Q')
  await world.until(() => again.received.length > 0)
  assert.deepEqual(again.texts, ['1'])
  await world.finished(world.broker.close())
})

test('what happens between two sweeps begins the time anew', async () => {
  const world = await open({ inactiveTimeoutBeforeGC: PERIOD_MS })
  world.broker.administration.createDestination('Q')
  world.broker.administration.createDestination('topic://T')
  const client = world.connect()
  const anonymous = world.broker.addProducer(client.connection, { producerId: 'ID:c1:1:99', destination: null })
  world.pass(PERIOD_MS)
  for (let sweeps = 0; sweeps < 3; sweeps++) {
    client.consume('Q').close()
    const message = client.message('topic://OTHER', 'm')
    message.destination = at('topic://T')
    world.broker.send(anonymous, message, world.reply())
    world.pass(PERIOD_MS)
    assert.deepEqual(names(world).slice(0, 2), ['queue://Q', 'topic://T'])
  }
  world.pass(2 * PERIOD_MS)
  assert.deepEqual(names(world), ['topic://OTHER'])
})

test('a sweep removes at most as many as it may', async () => {
  const world = await open({ inactiveTimeoutBeforeGC: 0 }, { perSweep: 2 })
  for (let i = 0; i < 5; i++) world.broker.administration.createDestination(`Q.${i}`)
  const counts = [1, 2, 3, 4].map(() => {
    world.pass(PERIOD_MS)
    return names(world).length
  })
  assert.deepEqual(counts, [5, 3, 1, 0])
})

test('what was removed does not count any more, and a producer that comes late leaves no trace', async () => {
  const world = await World.open({
    policies: [
      { destination: 'Q.>', policy: { gcInactiveDestinations: true, inactiveTimeoutBeforeGC: 0, maxDestinations: 1 } },
    ],
    broker: { schedulePeriodForDestinationPurge: PERIOD_MS },
  })
  const client = world.connect()
  const { administration } = world.broker
  administration.createDestination('Q.1')
  assert.throws(() => administration.createDestination('Q.2'), { code: 'LIMIT_REACHED' })
  world.pass(2 * PERIOD_MS)
  const producer = client.producer('Q.2')
  // Deleted and made again under a producer: the new one does not count it.
  const deleted = administration.deleteDestination('Q.2')
  world.run()
  await deleted
  const other = world.connect().producer('Q.2')
  assert.equal(world.broker.queue(at('Q.2'))?.producers, 1)
  world.broker.removeProducer(producer)
  assert.equal(world.broker.queue(at('Q.2'))?.producers, 1)
  world.broker.removeProducer(other)
  assert.equal(world.broker.queue(at('Q.2'))?.producers, 0)
})

test('a period that cannot be is refused', async () => {
  for (const broker of [{ schedulePeriodForDestinationPurge: -1 }, { maxPurgedDestinationsPerSweep: Number.NaN }]) {
    await assert.rejects(async () => World.open({ broker }), { code: 'CONFIGURATION_INVALID' })
  }
})
