import { encodePrimitiveMap, type MillraceError, type Primitive, PrimitiveTag } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Policy } from '../../src/core/broker.ts'
import { at, type Client, numbers, World } from './world.ts'

function endedBy({ closedBy }: { readonly closedBy: MillraceError | null }): string | null {
  return closedBy?.code ?? null
}

interface Noted {
  readonly world: World
  readonly client: Client
  readonly slow: string[]
  readonly discarded: string[]
}

async function withPolicy(policy: Partial<Policy>): Promise<Noted> {
  const slow: string[] = []
  const discarded: string[] = []
  const world = await World.open({
    policies: [
      { destination: at('topic://>'), policy },
      { destination: at('>'), policy },
    ],
    interceptors: [
      {
        slow: (subscription) => slow.push(subscription.id),
        discarded: (_subscription, message) => discarded.push((message.body?.toString() ?? '').trim()),
      },
    ],
  })
  return { world, client: world.connect(), slow, discarded }
}

test('a constant limit bounds what waits beyond the prefetch, the oldest goes', async () => {
  const { client, discarded } = await withPolicy({ pendingMessageLimit: { kind: 'constant', limit: 3 } })
  const consumer = client.consume('topic://T', { prefetch: 2 })
  for (const text of numbers(1, 10)) client.send('topic://T', text)
  assert.deepEqual(consumer.texts, ['1', '2'])
  assert.deepEqual(discarded, numbers(3, 7))
  assert.equal(consumer.subscription.discarded, 5)
  const [, two] = consumer.takeAll()
  assert.ok(two !== undefined)
  consumer.ack(two, { count: 2 })
  assert.deepEqual(consumer.texts, ['8', '9'])
})

test('of a burst in one turn a consumer is given what it has room for, and the oldest of the rest goes', async () => {
  const { world, client, discarded } = await withPolicy({ pendingMessageLimit: { kind: 'constant', limit: 3 } })
  const consumer = client.consume('topic://T', { prefetch: 2 })
  for (const text of numbers(1, 10)) client.post('topic://T', text, { persistent: false })
  world.run()
  assert.deepEqual(consumer.texts, ['1', '2'])
  assert.deepEqual(discarded, numbers(3, 7))
})

test('a limit of 0 keeps nothing beyond the prefetch, -1 is no limit, and a client can only tighten it', async () => {
  for (const [limit, own, kept] of [
    [0, 0, 0],
    [-1, 0, 8],
    [5, 2, 2],
    [2, 5, 2],
    [-1, 4, 4],
  ] as const) {
    const { client } = await withPolicy({ pendingMessageLimit: { kind: 'constant', limit } })
    const consumer = client.consume('topic://T', { prefetch: 2, maximumPendingMessages: own })
    for (const text of numbers(1, 10)) client.send('topic://T', text)
    assert.equal(consumer.subscription.pending.length, kept, `limit ${limit}, own ${own}`)
  }
})

test('a limit by the prefetch is so many times the prefetch', async () => {
  const { client } = await withPolicy({ pendingMessageLimit: { kind: 'prefetchRate', multiplier: 2.5 } })
  const consumer = client.consume('topic://T', { prefetch: 4 })
  for (const text of numbers(1, 30)) client.send('topic://T', text)
  assert.equal(consumer.subscription.pending.length, 10)
})

test('the oldest message of the lowest priority can go first', async () => {
  const { client, discarded } = await withPolicy({
    pendingMessageLimit: { kind: 'constant', limit: 3 },
    messageEviction: { kind: 'oldestWithLowestPriority' },
  })
  client.consume('topic://T', { prefetch: 1 })
  client.send('topic://T', 'out')
  for (const [text, priority] of [
    ['a', 4],
    ['b', 2],
    ['c', 2],
    ['d', 9],
    ['e', 1],
  ] as const) {
    client.send('topic://T', text, { priority })
  }
  assert.deepEqual(discarded, ['b', 'e'])
})

test('what has expired goes before anything that can still be of use', async () => {
  const { world, client, discarded } = await withPolicy({ pendingMessageLimit: { kind: 'constant', limit: 3 } })
  const consumer = client.consume('topic://T', { prefetch: 1 })
  const soon = world.clock.now() + 1_000
  client.send('topic://T', '1')
  client.send('topic://T', '2')
  client.send('topic://T', 'short', { expiration: soon })
  client.send('topic://T', '3')
  // While it lives the oldest goes.
  client.send('topic://T', '4')
  assert.deepEqual(discarded, ['2'])
  world.pass(1_000)
  client.send('topic://T', '5')
  assert.deepEqual(discarded, ['2'])
  client.send('topic://T', '6')
  assert.deepEqual(discarded, ['2', '3'])
  assert.equal(consumer.subscription.discarded, 2)
  const [one] = consumer.takeAll()
  assert.ok(one !== undefined)
  consumer.ack(one)
  assert.deepEqual(consumer.texts, ['4'])
})

test('of messages with the same value of a property the newest is kept', async () => {
  const { client, world, discarded } = await withPolicy({
    pendingMessageLimit: { kind: 'constant', limit: 3 },
    messageEviction: { kind: 'uniqueProperty', propertyName: 'SYMBOL' },
  })
  const consumer = client.consume('topic://T', { prefetch: 1 })
  const post = (text: string, symbol: string | null): void => {
    const message = client.message('topic://T', text)
    const value: Primitive = { tag: PrimitiveTag.String, value: symbol ?? '' }
    if (symbol !== null) message.properties = encodePrimitiveMap(new Map([['SYMBOL', value]]))
    world.broker.send(client.producer('topic://T'), message, world.reply())
    world.run()
  }
  post('out', null)
  for (const [text, symbol] of [
    ['x1', 'X'],
    ['y1', 'Y'],
    ['x2', 'X'],
    ['x3', 'X'],
    ['z1', 'Z'],
    ['w1', 'W'],
  ] as const) {
    post(text, symbol)
  }
  assert.deepEqual(discarded, ['x2', 'x1', 'y1'])
  assert.equal(consumer.subscription.pending.length, 3)
})

test('a topic consumer is slow once more waits than its prefetch, and is told of once until it has caught up', async () => {
  const { client, slow } = await withPolicy({})
  const consumer = client.consume('topic://T', { prefetch: 2 })
  for (const text of numbers(1, 4)) client.send('topic://T', text)
  assert.deepEqual(slow, [])
  for (const text of numbers(5, 9)) client.send('topic://T', text)
  assert.deepEqual(slow, [consumer.subscription.id])
  assert.equal(consumer.subscription.slow, true)
  while (consumer.received.length > 0) {
    const batch = consumer.takeAll()
    consumer.ack(batch[batch.length - 1] as (typeof batch)[number], { count: batch.length })
  }
  assert.equal(consumer.subscription.slow, false)
})

test('a consumer that stays slow for too long is ended, and its messages go to others', async () => {
  const { client, world } = await withPolicy({
    slowConsumers: { kind: 'slow', maxSlowDuration: 2_000, checkPeriod: 500 },
  })
  for (const text of numbers(1, 6)) client.send('Q', text)
  const slow = client.consume('Q', { prefetch: 2 })
  world.pass(2_000)
  assert.equal(endedBy(slow), null)
  world.pass(1_000)
  assert.equal(endedBy(slow), 'PEER_TOO_SLOW')
  const other = client.consume('Q', { prefetch: 100 })
  assert.deepEqual(
    other.received.map((one) => `${one.text}:${one.redeliveries}`),
    ['1:1', '2:1', '3:0', '4:0', '5:0', '6:0'],
  )
  world.pass(10_000)
  assert.equal(endedBy(other), null, 'nothing waits for it')
})

test('a consumer that does not acknowledge for too long is ended with its connection, an idle one is left alone', async () => {
  const { client, world } = await withPolicy({
    slowConsumers: {
      kind: 'lastAck',
      maxTimeSinceLastAck: 1_000,
      maxSlowDuration: 1_000,
      checkPeriod: 200,
      abortConnection: true,
    },
  })
  const idle = client.consume('Q')
  world.pass(5_000)
  assert.equal(endedBy(idle), null)
  client.send('Q', '1')
  idle.ack(idle.takeAll()[0] as never)
  world.pass(5_000)
  assert.equal(endedBy(client), null)
  client.send('Q', '2')
  world.pass(1_500)
  assert.equal(endedBy(client), null)
  world.pass(1_500)
  assert.equal(endedBy(client), 'PEER_TOO_SLOW')
})

test('a consumer that becomes slow too often is ended', async () => {
  const { client, world } = await withPolicy({
    slowConsumers: { kind: 'slow', maxSlowDuration: -1, maxSlowCount: 1, checkPeriod: 100 },
  })
  const consumer = client.consume('Q', { prefetch: 1 })
  for (let round = 0; round < 2; round++) {
    client.send('Q', 'a')
    client.send('Q', 'b')
    world.pass(200)
    assert.equal(consumer.closedBy === null, round === 0)
    if (round === 0) consumer.drain()
    world.pass(200)
  }
})
