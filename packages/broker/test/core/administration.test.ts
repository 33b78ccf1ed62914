import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { at, numbers, World } from './world.ts'
import { removedAtExit } from '../removed-at-exit.ts'

test('an operator makes and deletes destinations', async () => {
  const world = await World.open()
  const { administration, destinations } = world.broker
  const made = administration.createDestination('Q')
  assert.equal(administration.createDestination(at('Q')), made)
  administration.createDestination('topic://T')
  for (const name of ['A,B', 'A.>', 'temp-queue://X']) {
    assert.throws(() => administration.createDestination(name), { code: 'DESTINATION_INVALID' })
  }
  const client = world.connect()
  client.send('Q', '1')
  for (const name of ['Q', 'topic://T']) await world.finished(administration.deleteDestination(name))
  assert.deepEqual([...destinations.all], [])
  assert.equal(world.broker.usage.memoryBytes, 0)
  await assert.rejects(administration.deleteDestination('Q'), { code: 'DESTINATION_UNKNOWN' })
})

test('what has consumers or durable subscriptions is only deleted by force', async () => {
  const world = await World.open()
  const { administration } = world.broker
  const client = world.connect()
  const consumer = client.consume('Q')
  client.consume('topic://T', { durableName: 'd' }).close()
  client.send('Q', '1')
  await assert.rejects(administration.deleteDestination('Q'), {
    code: 'DESTINATION_IN_USE',
    message: /1 consumers and 0/,
  })
  await assert.rejects(administration.deleteDestination('topic://T'), {
    code: 'DESTINATION_IN_USE',
    message: /0 consumers and 1/,
  })
  for (const name of ['Q', 'topic://T'])
    await world.finished(administration.deleteDestination(name, { evenIfUsed: true }))
  client.send('Q', '2')
  client.send('topic://T', '3')
  assert.deepEqual(consumer.texts, ['1'])
  assert.deepEqual(client.consume('topic://T', { durableName: 'd' }).texts, ['3'])
})

test('a purge takes all messages but those that consumers have, and says how many', async () => {
  const world = await World.open({ limits: { windowCountMax: 16 } })
  const { administration } = world.broker
  const client = world.connect()
  for (const text of numbers(1, 500)) client.post('Q', text)
  world.run()
  const consumer = client.consume('Q', { prefetch: 3 })
  const queue = world.broker.queue(at('Q'))
  // Two at once share the work.
  const counts = await world.finished(Promise.all([administration.purge('Q'), administration.purge('Q')]))
  assert.equal(counts[0] + counts[1], 497)
  assert.equal(queue?.count, 3)
  assert.deepEqual(consumer.texts, numbers(1, 3))
  assert.equal(await world.finished(administration.purge('Q')), 0)
  await assert.rejects(administration.purge('NONE'), { code: 'DESTINATION_UNKNOWN' })
  administration.createDestination('topic://T')
  await assert.rejects(administration.purge('topic://T'), { code: 'DESTINATION_INVALID' })
})

test('a purge ends when its queue is deleted meanwhile', async () => {
  const world = await World.open({ limits: { windowCountMax: 16 } })
  const { administration } = world.broker
  const client = world.connect()
  for (const text of numbers(1, 500)) client.post('Q', text)
  world.run()
  const purged = administration.purge('Q')
  const deleted = administration.deleteDestination('Q')
  await world.finished(Promise.all([purged, deleted]))
})

test('start-up destinations are there before the first client, once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-start-'))
  removedAtExit(directory)
  const store = (turn: World['turn'], clock: World['clock']) =>
    openJournalStore({ directory, turn, clock, log: silentLogger })
  for (let starts = 0; starts < 2; starts++) {
    const world = await World.open({ store, broker: { destinations: ['ORDERS', at('topic://PRICES'), 'ORDERS'] } })
    assert.deepEqual(
      [...world.broker.destinations.all].map((target) => target.destination.text),
      ['queue://ORDERS', 'topic://PRICES'],
    )
    await world.finished(world.broker.close())
  }
  for (const name of ['A.>', 'A,B', 'temp-topic://A']) {
    await assert.rejects(async () => World.open({ broker: { destinations: [name] } }), {
      code: 'CONFIGURATION_INVALID',
    })
  }
})

test('with deleteAllMessagesOnStartup a broker begins with nothing, and keeps that', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-clear-'))
  removedAtExit(directory)
  const open = (deleteAllMessagesOnStartup: boolean): Promise<World> =>
    World.open({
      store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }),
      broker: { deleteAllMessagesOnStartup },
    })
  let world = await open(false)
  let client = world.connect({ clientId: 'c' })
  client.consumeLater('topic://T', { durableName: 'd' })
  await world.answered()
  for (const name of ['Q', 'topic://T']) client.post(name, 'old')
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  world.broker.begin(client.connection, 'x', xid)
  client.post('Q', 'prepared', { transaction: 'x' })
  const vote = world.reply()
  world.broker.prepare(client.connection, 'x', vote)
  await world.answered()
  await world.finished(world.broker.close())

  world = await open(true)
  assert.deepEqual([...world.broker.queues()], [])
  assert.deepEqual(world.broker.recover(), [])
  client = world.connect({ clientId: 'c' })
  client.post('Q', 'new')
  await world.answered()
  await world.finished(world.broker.close())

  world = await open(false)
  const consumer = world.connect().consume('Q')
  await world.until(() => consumer.received.length > 0)
  assert.deepEqual(consumer.texts, ['new'])
  assert.equal(world.broker.destinations.durables.size, 0)
  await world.finished(world.broker.close())
})
