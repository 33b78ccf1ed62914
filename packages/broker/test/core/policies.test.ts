import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Policies, type PolicyEntry } from '../../src/core/policies.ts'
import { defaultPolicy } from '../../src/core/policy.ts'
import { at, World } from './world.ts'

/** Which entry a destination has: each has another timeout, that of its place in the list. */
function entryOf(patterns: readonly string[], destination: string): string {
  const entries = patterns.map((pattern, i) => ({ destination: pattern, policy: { inactiveTimeoutBeforeGC: i } }))
  const { inactiveTimeoutBeforeGC } = new Policies(entries).find(at(destination))
  return patterns[inactiveTimeoutBeforeGC] ?? 'none'
}

test('the closest of the policies that cover a destination is its own, whatever their order', () => {
  const cases: readonly [destination: string, entry: string, ...others: string[]][] = [
    ['A.B', 'A.B', 'A.*', 'A.>', '*.B', '>', 'default'],
    ['A.B', 'A.*', 'A.>', '*.B', '>', 'default'],
    ['A.B', '*.B', '*.*', '*.>', '>'],
    ['A', 'A', 'A.>', '*'],
    ['A', 'A.>', '*', '>'],
    ['A.B.C', 'A.B.>', 'A.*.C', 'A.>'],
    ['A.B.C', 'A.*.C', 'A.*.*', 'A.*.>'],
    ['A.B.C', 'default', 'A.*', 'A.B', 'topic://>', 'temp-queue://>'],
    ['topic://A', 'topic://>', '>', 'default'],
    ['topic://A', 'default', '>', 'A'],
    ['temp-queue://ID:a:1', 'temp-queue://>', '>', 'topic://>', 'temp-topic://>', 'default'],
    ['temp-topic://ID:a:1', 'temp-topic://>', 'topic://>'],
    ['queue://default', 'queue://default', 'default'],
  ]
  for (const [destination, entry, ...others] of cases) {
    const patterns = [entry, ...others]
    assert.equal(entryOf(patterns, destination), entry, `${destination} of ${patterns.join(' ')}`)
    assert.equal(
      entryOf(patterns.toReversed(), destination),
      entry,
      `${destination} of ${patterns.join(' ')}, reversed`,
    )
  }
})

test('policies are not merged: what an entry does not say has its default', () => {
  const policies = new Policies([
    { destination: '>', policy: { gcInactiveDestinations: true, prioritizedMessages: true } },
    { destination: 'A.>', policy: { inactiveTimeoutBeforeGC: 1 } },
    { destination: 'default', policy: { prioritizedMessages: true } },
  ])
  assert.deepEqual(policies.find(at('A.B')), { ...defaultPolicy, inactiveTimeoutBeforeGC: 1 })
  assert.deepEqual(policies.find(at('topic://A')), { ...defaultPolicy, prioritizedMessages: true })
  assert.deepEqual(new Policies([]).find(at('A')), defaultPolicy)
})

test('a policy that cannot be is refused with a sentence that says where and what', () => {
  const cases: readonly [entries: readonly unknown[], message: RegExp][] = [
    [[{ destination: 'A', policy: { xyzzy: 1 } }], /^the policy for A: there is no attribute xyzzy$/],
    [
      [{ destination: 'A', policy: { maxDestination: 1 } }],
      /no attribute maxDestination; did you mean maxDestinations\?$/,
    ],
    [[{ destination: 'A', policy: { gcInactiveDestinations: 'yes' } }], /"yes", expected true or false$/],
    [[{ destination: 'A', policy: { inactiveTimeoutBeforeGC: '1' } }], /"1", expected a number$/],
    [[{ destination: 'A', policy: { inactiveTimeoutBeforeGC: -1 } }], /-1, expected a number of ms from 0$/],
    [[{ destination: 'A', policy: { inactiveTimeoutBeforeGC: Number.NaN } }], /NaN, expected a number$/],
    [[{ destination: 'A', policy: { maxDestinations: 1.5 } }], /1.5, expected a whole number/],
    [[{ destination: 'A,B', policy: {} }], /an entry of its own$/],
    [['queue://A', 'A'].map((destination) => ({ destination, policy: {} })), /two policies for queue:\/\/A$/],
    [['default', 'default'].map((destination) => ({ destination, policy: {} })), /two policies for default$/],
  ]
  for (const [entries, message] of cases) {
    assert.throws(() => new Policies(entries as PolicyEntry[]), { code: 'CONFIGURATION_INVALID', message })
  }
})

test('policies can be changed while the broker runs, and destinations that exist have the new ones', async () => {
  const world = await World.open({ policies: [{ destination: 'A.>', policy: { prioritizedMessages: true } }] })
  const client = world.connect()
  const texts = (queue: string): string[] => {
    for (const priority of [4, 9]) client.post(queue, `${priority}`, { priority })
    world.run()
    return client.consume(queue).drain()
  }
  client.producer('A.OLD')
  client.consume('topic://T', { durableName: 'd' })
  world.broker.setPolicies([{ destination: 'default', policy: { gcInactiveDestinations: true } }])
  for (const target of world.broker.destinations.all) assert.equal(target.policy.gcInactiveDestinations, true)
  for (const queue of world.broker.queues()) assert.equal(queue.policy.gcInactiveDestinations, true)
  assert.deepEqual(texts('A.OLD'), ['4', '9'])
  assert.deepEqual(texts('A.NEW'), ['4', '9'])

  assert.throws(() => world.broker.setPolicies([{ destination: 'A', policy: { maxDestinations: -2 } }]), {
    code: 'CONFIGURATION_INVALID',
  })
  assert.equal(world.broker.queue(at('A.OLD'))?.policy.gcInactiveDestinations, true)
})

test('what waits gets into the order of priorities when they begin to count, and into that of arrival when they end to', async () => {
  // A few of it in memory, the rest in the store only.
  const world = await World.open({ limits: { windowCountMax: 10 } })
  const client = world.connect()
  const count = (prioritizedMessages: boolean): void => {
    world.broker.setPolicies([{ destination: 'Q', policy: { prioritizedMessages } }])
    world.run()
  }
  const priorities = [4, 1, 9, 4, 1, 9]
  const all = Array.from({ length: 60 }, (_, i) => ({ text: `${i}`, priority: priorities[i % 6] as number }))
  for (const { text, priority } of all) client.post('Q', text, { priority })
  world.run()
  count(true)
  const consumer = client.consume('Q', { prefetch: 1 })
  const some = [...all].sort((one, other) => other.priority - one.priority)
  const drained: string[] = []
  const takeOne = (): void => {
    const [got] = consumer.takeAll()
    assert.ok(got !== undefined)
    drained.push(got.text)
    assert.equal(consumer.ack(got).code, null)
  }
  for (let i = 0; i < 25; i++) takeOne()
  const byPriority = some.slice(0, 25).map(({ text }) => text)
  assert.deepEqual(drained, byPriority)
  count(false)
  while (consumer.received.length > 0) takeOne()
  assert.equal(drained.length, 60)
  // One was on its way already, and what was in memory ahead of its turn is in the order of arrival now.
  const rest = drained.slice(26, 36).map(Number)
  assert.deepEqual(
    rest,
    [...rest].sort((one, other) => one - other),
  )
})

test('a ring that becomes smaller drops its oldest, and one that ends drops nothing', async () => {
  const world = await World.open()
  const client = world.connect()
  const ring = (ringMessagesMax: number): void => {
    world.broker.setPolicies([{ destination: 'Q', policy: { ringMessagesMax } }])
    world.run()
  }
  for (let i = 1; i <= 5; i++) client.send('Q', `${i}`)
  ring(3)
  assert.equal(world.broker.queue(at('Q'))?.count, 3)
  ring(0)
  client.send('Q', '6')
  assert.deepEqual(client.consume('Q').texts, ['3', '4', '5', '6'])
})

test('with another number of buckets all groups find new owners', async () => {
  const world = await World.open()
  const client = world.connect()
  const [one, two] = [client.consume('Q'), client.consume('Q')]
  const groups = ['a', 'b', 'c', 'd']
  const send = (): void => groups.forEach((groupId) => client.send('Q', groupId, { groupId }))
  send()
  assert.deepEqual([one.take().length, two.take().length], [2, 2])
  world.broker.setPolicies([{ destination: 'Q', policy: { messageGroupBuckets: 1 } }])
  world.run()
  send()
  assert.deepEqual([one.take().length, two.take().length].sort(), [0, 4])
  assert.equal(world.broker.queue(at('Q'))?.groupOwners.length, 1)
  world.broker.setPolicies([])
  world.run()
  send()
  assert.deepEqual([one.take().length, two.take().length], [2, 2])
})

test('a policy can say how many destinations its pattern covers at most', async () => {
  const world = await World.open({
    policies: [
      { destination: 'A.>', policy: { maxDestinations: 2 } },
      { destination: 'default', policy: { maxDestinations: 1 } },
      { destination: 'A.FREE', policy: {} },
    ],
  })
  const client = world.connect()
  const refused = { code: 'LIMIT_REACHED' }
  client.producer('A.1')
  client.producer('A.2')
  assert.throws(() => client.producer('A.3'), refused)
  assert.throws(() => client.consume('A.3'), refused)
  assert.equal(
    client.ask((reply) => world.broker.addDestination(client.connection, at('A.3'), reply)).code,
    'LIMIT_REACHED',
  )
  // Its own entry has no limit; but the pattern covers it.
  client.producer('A.FREE')
  client.producer('topic://T')
  assert.throws(() => client.producer('B'), refused)

  for (const name of ['A.FREE', 'A.2']) {
    client.ask((reply) => world.broker.removeDestination(client.connection, at(name), reply))
  }
  client.consume('A.3')
  assert.throws(() => client.producer('A.4'), refused)
  world.broker.setPolicies([{ destination: 'A.>', policy: { maxDestinations: 3 } }])
  client.producer('A.4')
  assert.throws(() => client.producer('A.5'), refused)
})

test('limits, order of dispatch, gates and what topics keep follow a change of policies', async () => {
  const world = await World.open()
  const client = world.connect()
  const change = (policy: PolicyEntry['policy']): void => {
    world.broker.setPolicies([{ destination: 'default', policy }])
    world.run()
  }
  for (const name of ['A', 'topic://T']) client.producer(name)

  change({ timeBeforeDispatchStarts: 300 })
  client.send('A', '1')
  const [one, other] = [client.consume('A', { prefetch: 2 }), client.consume('A', { prefetch: 2 })]
  world.run()
  assert.deepEqual(one.take(), [])
  change({ strictOrderDispatch: true })
  assert.deepEqual(one.take(), ['1'])
  client.send('A', '2')
  world.run()
  assert.deepEqual([one.take(), other.take()], [['2'], []])

  change({ memoryLimit: 1 })
  client.send('A', '3', { persistent: false })
  const waiting = client.post('A', '4', { persistent: false })
  world.run()
  assert.equal(waiting.code, undefined)
  change({})
  world.broker.tick()
  world.run()
  assert.equal(waiting.code, null)

  change({ subscriptionRecoveryPolicy: { kind: 'fixedCount', maximumSize: 5 } })
  client.send('topic://T', 'kept')
  world.run()
  assert.deepEqual(client.consume('topic://T', { retroactive: true }).take(), ['kept'])
  change({ subscriptionRecoveryPolicy: { kind: 'fixedCount', maximumSize: 5 } })
  assert.deepEqual(client.consume('topic://T', { retroactive: true }).take(), ['kept'])
  change({})
  assert.deepEqual(client.consume('topic://T', { retroactive: true }).take(), [])
})
