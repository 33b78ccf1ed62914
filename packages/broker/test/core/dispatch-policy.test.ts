import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AckKind, type Policy } from '../../src/core/broker.ts'
import { openJournalStore } from '../../src/journal/journal-store.ts'
import { at, numbers, type Received, World } from './world.ts'
import { removedAtExit } from '../removed-at-exit.ts'

function withPolicy(policy: Partial<Policy>): Promise<World> {
  return World.open({ policies: [{ destination: at('>'), policy }] })
}

test('in strict order one consumer is filled before the next', async () => {
  const world = await withPolicy({ strictOrderDispatch: true })
  const client = world.connect()
  const [one, two] = [client.consume('Q', { prefetch: 3 }), client.consume('Q', { prefetch: 3 })]
  for (const text of numbers(1, 8)) client.post('Q', text)
  world.run()
  assert.deepEqual(one.texts, ['1', '2', '3'])
  assert.deepEqual(two.texts, ['4', '5', '6'])
})

test('consumer priority can be left out of account', async () => {
  const world = await withPolicy({ useConsumerPriority: false })
  const client = world.connect()
  const low = client.consume('Q', { priority: 0 })
  const high = client.consume('Q', { priority: 9 })
  for (const text of numbers(1, 4)) client.send('Q', text)
  assert.deepEqual(
    [low.texts, high.texts],
    [
      ['1', '3'],
      ['2', '4'],
    ],
  )
})

test('where every consumer is exclusive one gets all, and the next takes over when it leaves', async () => {
  const world = await withPolicy({ allConsumersExclusiveByDefault: true })
  const client = world.connect()
  const one = client.consume('Q')
  const two = client.consume('Q')
  const high = client.consume('Q', { priority: 5 })
  for (const text of numbers(1, 3)) client.send('Q', text)
  assert.deepEqual([one.texts, two.texts, high.texts], [[], [], ['1', '2', '3']])
  high.close(-1)
  assert.deepEqual([one.texts, two.texts], [['1', '2', '3'], []])
})

test('a policy changes the prefetch of consumers that ask for the default of their kind', async () => {
  const world = await withPolicy({ queuePrefetch: 2, queueBrowserPrefetch: 3 })
  const client = world.connect()
  for (const text of numbers(1, 10)) client.post('Q', text)
  world.run()
  assert.equal(client.consume('Q', { prefetch: 500, browser: true }).received.length, 3)
  assert.equal(client.consume('Q', { prefetch: 1000 }).received.length, 2)
  assert.equal(client.consume('Q', { prefetch: 5 }).received.length, 5)
  const topics = await World.open({
    policies: [{ destination: at('topic://>'), policy: { topicPrefetch: 4, durableTopicPrefetch: 1 } }],
  })
  const other = topics.connect({ clientId: 'me' })
  const plain = other.consume('topic://T', { prefetch: 32_766 })
  const durable = other.consume('topic://T', { prefetch: 100, durableName: 'd' })
  for (const text of numbers(1, 9)) other.send('topic://T', text)
  assert.equal(plain.received.length, 4)
  assert.equal(durable.received.length, 1)
})

test('a consumer that a policy makes pull is told so', async () => {
  const world = await withPolicy({ queuePrefetch: 0 })
  const client = world.connect()
  client.send('Q', '1')
  const consumer = client.consume('Q')
  assert.equal(consumer.prefetchTold, 0)
  assert.deepEqual(consumer.texts, [])
  consumer.pull(-1)
  assert.deepEqual(consumer.texts, ['1'])
})

test('what the application was handed widens the window, unless the policy says no', async () => {
  for (const usePrefetchExtension of [true, false]) {
    const world = await withPolicy({ usePrefetchExtension })
    const client = world.connect()
    for (const text of numbers(1, 6)) client.post('Q', text)
    const consumer = client.consume('Q', { prefetch: 2 })
    consumer.ack(consumer.received[1] as Received, { kind: AckKind.Delivered, count: 2 })
    assert.equal(consumer.received.length, usePrefetchExtension ? 4 : 2)
  }
})

test('messages acknowledged in an open transaction do not use up the prefetch', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 6)) client.post('Q', text)
  const consumer = client.consume('Q', { prefetch: 2 })
  client.begin('T1')
  for (let i = 0; i < 3; i++) {
    const last = consumer.received[2 * i + 1] as Received
    assert.equal(consumer.ack(last, { count: 2, transactionId: 'T1' }).code, null)
  }
  assert.deepEqual(consumer.texts, numbers(1, 6))
  client.rollback('T1')
  assert.equal(world.broker.queue(at('Q'))?.count, 6)
})

test('a ring keeps the newest messages', async () => {
  const world = await World.open({
    limits: { windowCountMax: 10 },
    policies: [{ destination: at('Q'), policy: { ringMessagesMax: 25 } }],
  })
  const client = world.connect()
  for (const text of numbers(1, 100)) client.send('Q', text, { persistent: Number(text) % 3 !== 0 })
  const queue = world.broker.queue(at('Q'))
  assert.equal(queue?.count, 25)
  assert.equal(queue?.discarded, 75)
  assert.deepEqual(client.consume('Q', { prefetch: 5 }).drain(), numbers(76, 100))
  assert.equal(queue?.count, 0)
})

test('a paused queue takes messages and gives none, and is browsed as ever', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  const queue = world.broker.queue(at('Q'))
  assert.ok(queue !== null)
  const paused = world.reply()
  queue.pause(paused)
  world.run()
  assert.equal(paused.code, null)
  assert.equal(client.send('Q', '1').code, null)
  assert.deepEqual(consumer.texts, [])
  assert.deepEqual(client.consume('Q', { browser: true }).texts, ['1'])
  const puller = client.consume('Q', { prefetch: 0 })
  puller.pull(-1)
  assert.equal(puller.exhaustions, 1)
  queue.resume()
  world.run()
  assert.deepEqual(consumer.texts, ['1'])
})

test('a queue is paused after a restart too, until it is resumed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-paused-'))
  removedAtExit(directory)
  const open = (): Promise<World> =>
    World.open({ store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }) })
  let world = await open()
  let sent = world.connect().send('Q', '1')
  await world.until(() => sent.code === null)
  world.broker.queue(at('Q'))?.pause(world.reply())
  await world.answered()
  await world.finished(world.broker.close())

  world = await open()
  let consumer = world.connect().consume('Q')
  sent = world.connect().send('Q', '2')
  await world.until(() => sent.code === null)
  assert.equal(world.broker.queue(at('Q'))?.paused, true)
  assert.deepEqual(consumer.texts, [])
  world.broker.queue(at('Q'))?.resume(world.reply())
  await world.answered()
  await world.until(() => consumer.received.length === 2)
  await world.finished(world.broker.close())

  world = await open()
  consumer = world.connect().consume('Q')
  await world.until(() => consumer.received.length === 2)
  assert.equal(world.broker.queue(at('Q'))?.paused, false)
  await world.finished(world.broker.close())
})

test('nothing is dispatched before there are enough consumers, or the time is up', async () => {
  const world = await withPolicy({ consumersBeforeDispatchStarts: 2 })
  const client = world.connect()
  for (const text of numbers(1, 4)) client.post('Q', text, { groupId: `g${text}` })
  const one = client.consume('Q')
  assert.deepEqual(one.texts, [])
  const two = client.consume('Q')
  assert.deepEqual([one.texts.length, two.texts.length], [2, 2])
  one.close(-1)
  two.close(-1)
  const alone = client.consume('Q')
  assert.deepEqual(alone.texts, [])
  world.pass(900)
  assert.deepEqual(alone.texts, [])
  world.pass(200)
  assert.deepEqual(alone.texts, numbers(1, 4))
})

test('with a time only, dispatch starts when it is up', async () => {
  const world = await withPolicy({ timeBeforeDispatchStarts: 500 })
  const client = world.connect()
  client.send('Q', '1')
  const consumer = client.consume('Q')
  world.pass(300)
  assert.deepEqual(consumer.texts, [])
  world.pass(300)
  assert.deepEqual(consumer.texts, ['1'])
})

test('the owners of message groups are listed and released', async () => {
  const world = await World.open()
  const client = world.connect()
  const one = client.consume('Q')
  for (const group of ['a', 'b', 'c']) client.send('Q', group, { groupId: group })
  const queue = world.broker.queue(at('Q'))
  assert.deepEqual(queue?.groupOwners, [
    { group: 'a', consumerId: one.subscription.id },
    { group: 'b', consumerId: one.subscription.id },
    { group: 'c', consumerId: one.subscription.id },
  ])
  const two = client.consume('Q')
  assert.equal(queue?.releaseGroup('b'), true)
  assert.equal(queue?.releaseGroup('b'), false)
  client.send('Q', 'b2', { groupId: 'b' })
  assert.deepEqual(
    two.received.map((got) => [got.text, got.groupFirst]),
    [['b2', true]],
  )
  queue?.releaseAllGroups()
  assert.deepEqual(queue?.groupOwners, [])
})

test('the first message of a sequence finds a new owner for its group', async () => {
  const world = await World.open()
  const client = world.connect()
  const one = client.consume('Q', { prefetch: 1 })
  const two = client.consume('Q', { prefetch: 5 })
  client.send('Q', 'a1', { groupId: 'a', groupSequence: 1 })
  client.send('Q', 'a2', { groupId: 'a', groupSequence: 2 })
  assert.deepEqual([one.texts, two.texts], [['a1'], []])
  one.drain()
  client.send('Q', 'b1', { groupId: 'a', groupSequence: 1 })
  client.send('Q', 'b2', { groupId: 'a', groupSequence: 2 })
  const flags = two.received.map(({ text, groupFirst }) => `${text} ${groupFirst}`)
  assert.deepEqual(flags, ['b1 true', 'b2 false'])
})

test('groups in one bucket have one owner, and there are no more owners than buckets', async () => {
  const world = await withPolicy({ messageGroupBuckets: 8 })
  const client = world.connect()
  const [one, two] = [client.consume('Q'), client.consume('Q')]
  for (const text of numbers(1, 200)) client.post('Q', text, { groupId: `g${text}` })
  world.run()
  const owners = world.broker.queue(at('Q'))?.groupOwners ?? []
  assert.equal(owners.length, 8)
  assert.ok(one.received.length > 0)
  assert.ok(two.received.length > 0)
  const before = one.received.map((got) => got.message.groupId)
  one.take()
  two.take()
  for (const text of numbers(1, 200)) client.post('Q', text, { groupId: `g${text}` })
  world.run()
  assert.deepEqual(
    one.received.map((got) => got.message.groupId),
    before,
  )
})

test('with a limit of its own the group unused for longest loses its owner', async () => {
  const world = await withPolicy({ messageGroupsMax: 2 })
  const client = world.connect()
  client.consume('Q')
  for (const group of ['a', 'b', 'a', 'c']) client.send('Q', group, { groupId: group })
  assert.deepEqual(
    world.broker.queue(at('Q'))?.groupOwners.map(({ group }) => group),
    ['a', 'c'],
  )
})

test('a limit that is lowered frees those unused for longest at once, and one that is raised lets more in', async () => {
  const world = await withPolicy({})
  const client = world.connect()
  client.consume('Q')
  const owned = (): unknown => world.broker.queue(at('Q'))?.groupOwners.map(({ group }) => group)
  const limit = (messageGroupsMax: number): void => {
    world.broker.setPolicies([{ destination: at('queue://>'), policy: { messageGroupsMax } }])
  }
  for (const group of ['a', 'b', 'c', 'd']) client.send('Q', group, { groupId: group })
  limit(2)
  assert.deepEqual(owned(), ['c', 'd'])
  client.send('Q', 'e', { groupId: 'e' })
  assert.deepEqual(owned(), ['d', 'e'])
  limit(3)
  client.send('Q', 'f', { groupId: 'f' })
  assert.deepEqual(owned(), ['d', 'e', 'f'])
})

test('a consumer that joins gets its share of the groups that are not being worked on', async () => {
  const world = await withPolicy({ messageGroupRebalance: true })
  const client = world.connect()
  const one = client.consume('Q')
  for (const group of ['a', 'b', 'c', 'd']) client.send('Q', `${group}1`, { groupId: group })
  const busy = one.takeAll()
  for (const got of busy.slice(1)) one.ack(got, { kind: AckKind.Individual })
  const two = client.consume('Q')
  for (const group of ['a', 'b', 'c', 'd']) client.send('Q', `${group}2`, { groupId: group })
  assert.ok(one.texts.includes('a2'), 'a group of which something is in hand stays')
  assert.equal(one.received.length, 2)
  assert.equal(two.received.length, 2)
})

test('a queue that is read lazily is read no further than its consumers have credit', async () => {
  const world = await World.open({
    limits: { windowCountMax: 200 },
    policies: [{ destination: at('Q'), policy: { lazyDispatch: true } }],
  })
  const client = world.connect()
  for (const text of numbers(1, 1_000)) client.post('Q', text)
  world.run()
  const consumer = client.consume('Q', { prefetch: 3 })
  const queue = world.broker.queue(at('Q'))
  const texts: string[] = []
  while (consumer.received.length > 0) {
    const one = consumer.received.shift() as Received
    texts.push(one.text)
    consumer.ack(one)
    if (texts.length > 210) assert.ok((queue?.entries ?? 0) <= 6, `${queue?.entries} in memory`)
  }
  assert.deepEqual(texts, numbers(1, 1_000))
})

test('a browser pages through a queue of any length', async () => {
  const world = await World.open({ limits: { windowCountMax: 50, browseMax: 1_000_000 } })
  const client = world.connect()
  for (const text of numbers(1, 5_000)) client.post('Q', text)
  world.run()
  const browser = client.consume('Q', { browser: true, prefetch: 100 })
  const texts: string[] = []
  while (browser.received.length > 0) {
    texts.push(...browser.take())
    client.ask((reply) =>
      world.broker.acknowledge(
        browser.subscription,
        { kind: AckKind.Standard, first: 0, last: 0, count: 100, transactionId: null, cause: null },
        reply,
      ),
    )
  }
  assert.deepEqual(texts, numbers(1, 5_000))
  assert.equal(browser.exhaustions, 1)
  assert.ok(world.broker.usage.memoryBytes < 60 * 1100)
})
