import { seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerSpec, Limits, Policy } from '../../src/core/broker.ts'
import { xidText } from '../../src/message/xid.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { drained, isBatch, journalWorld } from './journal-world.ts'
import { at, numbers, type Received, type TestConsumer, World, type WorldOptions } from './world.ts'

const SIZES = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 20_000 } as const
const FLEETING = { persistent: false, size: 400 }
const TOPIC = 'topic://T'

interface Settings {
  readonly interceptors?: WorldOptions['interceptors']
  readonly policy?: Partial<Policy>
  readonly limits?: Partial<Limits>
}

function settings({ policy, limits, interceptors = [] }: Settings): WorldOptions {
  return {
    interceptors,
    policies: [{ destination: at('topic://>'), policy: { producerFlowControl: false, ...policy } }],
    limits: { memoryBytesMax: 20_000, ...limits },
  }
}

function inMemory(given: Settings = {}): Promise<World> {
  return World.open(settings(given))
}

function onDisk(disk: FaultDisk, given: Settings = {}): Promise<World> {
  return journalWorld(disk, SIZES, settings(given))
}

/** They keep up: what comes is acknowledged at once. */
function settle(consumer: TestConsumer): string[] {
  const received = consumer.takeAll()
  const last = received.at(-1)
  if (last !== undefined) consumer.ack(last, { count: received.length })
  return received.map((one) => one.text)
}

test('what waits for a slow consumer of a topic goes to the store when memory runs out, and comes in order', async () => {
  const world = await inMemory()
  const client = world.connect()
  const slow = client.consume(TOPIC, { prefetch: 3 })
  const quick = client.consume(TOPIC, { prefetch: 3 })
  const seen: string[] = []
  for (const text of numbers(1, 300)) {
    assert.equal(client.send(TOPIC, text, FLEETING).code, null)
    seen.push(...settle(quick))
    assert.ok(world.broker.usage.memoryBytes <= 20_000)
  }
  assert.deepEqual(seen, numbers(1, 300))
  assert.ok(world.store.usage.spilledBytes > 50_000)
  assert.equal(slow.subscription.waiting, 297)
  assert.deepEqual(slow.drain(), numbers(1, 300))
  assert.equal(world.store.usage.spilledBytes, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
  assert.equal(world.broker.usage.storingBytes, 0)
  assert.equal(quick.subscription.overflow, null)
})

test('persistent messages that no durable subscription wants go to the store as well, and stay persistent', async () => {
  const disk = new FaultDisk()
  const world = await onDisk(disk)
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 3 })
  for (const text of numbers(1, 100)) client.send(TOPIC, text, { size: 400 })
  assert.ok(world.store.usage.spilledBytes > 10_000)
  const received: Received[] = []
  while (received.length < 100) {
    await world.until(() => consumer.received.length > 0)
    received.push(...consumer.received)
    settle(consumer)
  }
  assert.deepEqual(
    received.map((one) => one.text),
    numbers(1, 100),
  )
  assert.ok(received.every(({ message }) => message.persistent))
  await world.finished(world.broker.close())
})

test('later messages stay behind those in the store, also when memory has room again', async () => {
  const world = await onDisk(new FaultDisk())
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 5 })
  const texts: string[] = []
  let sent = 0
  for (let round = 0; round < 60; round++) {
    // Now more than is taken, now less.
    for (let left = round % 20 < 10 ? 12 : 2; left > 0; left--) client.post(TOPIC, `${++sent}`, FLEETING)
    await world.answered()
    texts.push(...settle(consumer))
  }
  texts.push(...(await drained(world, consumer, sent - texts.length)))
  assert.deepEqual(texts, numbers(1, sent))
  await world.until(() => world.store.usage.spilledBytes === 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
  await world.finished(world.broker.close())
})

test('with flow control sends to a topic wait, and nothing goes to the store', async () => {
  const world = await inMemory({ policy: { producerFlowControl: true } })
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 1 })
  const sent = numbers(1, 50).map((text) => client.send(TOPIC, text, FLEETING))
  assert.equal(sent.at(-1)?.code, undefined)
  assert.equal(world.store.usage.spilledBytes, 0)
  assert.deepEqual(consumer.drain(), numbers(1, 50))
})

test('a temporary topic has no store: its sends wait', async () => {
  const world = await inMemory()
  const client = world.connect()
  const temporary = `temp-topic://${client.connection.id}:1`
  const consumer = client.consume(temporary, { prefetch: 1 })
  const sent = numbers(1, 50).map((text) => client.send(temporary, text, FLEETING))
  assert.equal(sent.at(-1)?.code, undefined)
  assert.deepEqual(consumer.drain(), numbers(1, 50))
})

test('a topic with a limit of memory of its own goes to the store when that runs out', async () => {
  const world = await inMemory({ policy: { memoryLimit: 4_000 }, limits: { memoryBytesMax: 1_000_000 } })
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 1 })
  for (const text of numbers(1, 100)) assert.equal(client.send(TOPIC, text, FLEETING).code, null)
  assert.ok((world.broker.destinations.find(at(TOPIC))?.allowance?.bytes ?? 0) <= 4_000)
  assert.ok(world.store.usage.spilledBytes > 10_000)
  assert.deepEqual(consumer.drain(), numbers(1, 100))
  assert.equal(world.broker.destinations.find(at(TOPIC))?.allowance?.bytes, 0)
})

test('when the store has no room for them either sends wait, until something was consumed', async () => {
  const world = await inMemory({ limits: { spilledBytesMax: 20_000 } })
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 2 })
  const sent = numbers(1, 200).map((text) => client.send(TOPIC, text, FLEETING))
  assert.equal(sent.at(-1)?.code, undefined)
  assert.ok(world.store.usage.spilledBytes <= 22_000)
  assert.ok(world.broker.usage.memoryBytes <= 22_000)
  assert.deepEqual(consumer.drain(), numbers(1, 200))
  assert.ok(sent.every((reply) => reply.code === null))
  assert.equal(world.store.usage.spilledBytes, 0)
})

test('or they fail, where that is wanted', async () => {
  const world = await inMemory({ policy: { sendFailIfNoSpace: true }, limits: { spilledBytesMax: 20_000 } })
  const client = world.connect()
  client.consume(TOPIC, { prefetch: 2 })
  const sent = numbers(1, 200).map((text) => client.send(TOPIC, text, FLEETING))
  assert.equal(sent[25]?.code, null)
  assert.equal(sent.at(-1)?.code, 'MEMORY_FULL')
})

for (const [limit, eviction] of [
  [20, { kind: 'oldest' }],
  [40, { kind: 'oldestWithLowestPriority' }],
  [60, { kind: 'uniqueProperty', propertyName: 'SYMBOL' }],
] as const) {
  test(`a limit of ${limit} of what may wait holds for what is in the store as well: ${eviction.kind}`, async () => {
    const policy = { pendingMessageLimit: { kind: 'constant', limit }, messageEviction: eviction } as const
    const discarded: string[] = []
    const world = await onDisk(new FaultDisk(), {
      policy,
      limits: { memoryBytesMax: 6_000 },
      interceptors: [{ discarded: (_, message) => discarded.push((message.body?.toString() ?? '').trim()) }],
    })
    const client = world.connect()
    const consumer = client.consume(TOPIC, { prefetch: 2 })
    for (const text of numbers(1, 300)) {
      client.post(TOPIC, text, FLEETING)
      assert.ok(consumer.subscription.waiting <= limit)
      if (Number(text) % 7 === 0) await world.answered()
    }
    await world.until(() => consumer.subscription.discarded === 298 - limit)
    assert.equal(consumer.subscription.waiting, limit)
    assert.deepEqual(discarded, numbers(3, 300 - limit))
    const expected = ['1', '2', ...numbers(301 - limit, 300)]
    assert.deepEqual(await drained(world, consumer, expected.length), expected)
    await world.until(() => world.store.usage.spilledBytes === 0)
    assert.equal(world.broker.usage.memoryBytes, 0)
    await world.finished(world.broker.close())
  })
}

test('what expires in the store is not delivered', async () => {
  const world = await inMemory()
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 2 })
  const soon = world.clock.now() + 1_000
  for (const text of numbers(1, 100)) {
    client.send(TOPIC, text, { ...FLEETING, expiration: Number(text) % 2 === 0 ? soon : 0 })
  }
  const [one] = consumer.takeAll()
  world.pass(1_000)
  consumer.ack(one as Received, { count: 2 })
  assert.deepEqual(
    consumer.drain(),
    numbers(2, 50).map((text) => `${Number(text) * 2 - 1}`),
  )
  assert.equal(world.store.usage.spilledBytes, 0)
})

test('a consumer that pulls is given them one by one, and an empty store is told at once', async () => {
  const world = await inMemory()
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 0 })
  for (const text of numbers(1, 80)) client.send(TOPIC, text, FLEETING)
  const texts: string[] = []
  for (let i = 0; i < 80; i++) {
    consumer.pull(-1)
    texts.push(...settle(consumer))
  }
  assert.deepEqual(texts, numbers(1, 80))
  assert.equal(consumer.exhaustions, 0)
  consumer.pull(-1)
  assert.equal(consumer.exhaustions, 1)
})

test('a consumer whose connection does not read is not waited for either', async () => {
  const world = await inMemory()
  const client = world.connect()
  const reader = world.connect()
  const consumer = reader.consume(TOPIC)
  reader.connection.paused = true
  for (const text of numbers(1, 100)) assert.equal(client.send(TOPIC, text, FLEETING).code, null)
  assert.ok(world.store.usage.spilledBytes > 10_000)
  reader.connection.paused = false
  consumer.subscription.wake()
  world.run()
  assert.deepEqual(consumer.take(), numbers(1, 100))
})

test('the end of a consumer, or of its connection, frees the disk, and its name can be used again', async () => {
  const world = await onDisk(new FaultDisk())
  const client = world.connect()
  for (const how of ['close', 'crash', 'close at once'] as const) {
    const other = world.connect()
    const consumer = other.consume(TOPIC, { prefetch: 2 })
    for (const text of numbers(1, 100)) client.post(TOPIC, text, FLEETING)
    if (how !== 'close at once') await world.answered()
    assert.ok(world.store.usage.spilledBytes > 10_000)
    if (how === 'crash') other.crash()
    else consumer.close()
    await world.until(() => world.broker.usage.storingBytes === 0)
    assert.equal(world.store.usage.spilledBytes, 0, how)
    assert.equal(world.broker.usage.memoryBytes, 0, how)
  }
  await world.finished(world.broker.close())
})

for (const how of ['stopped', 'killed'] as const) {
  test(`nothing of it is left after the broker was ${how}`, async () => {
    const disk = new FaultDisk()
    let world = await onDisk(disk)
    const client = world.connect()
    client.consume(TOPIC, { prefetch: 2 })
    client.consume(TOPIC, { prefetch: 2, durableName: 'd' })
    client.consume(TOPIC, { prefetch: 2, durableName: 's', shared: { durable: false, ownClientId: true, text: 's' } })
    for (const text of numbers(1, 100)) client.post(TOPIC, text, FLEETING)
    await world.answered()
    assert.ok(world.store.usage.spilledBytes > 100_000)
    let left = disk
    if (how === 'stopped') await world.finished(world.broker.close())
    else left = disk.kill()
    world = await onDisk(left)
    assert.equal(world.store.usage.spilledBytes, 0)
    for (const { destination } of world.broker.destinations.all) assert.ok(!destination.text.includes('overflow'))
    assert.equal(world.broker.durables.list()[0]?.pending, 0)
    await world.finished(world.broker.close())
  })
}

for (const [kind, spec] of [
  ['durable', { durableName: 'd' }],
  ['shared', { durableName: 's', shared: { durable: false, ownClientId: true, text: 's' } }],
  ['shared durable', { durableName: 's', shared: { durable: true, ownClientId: true, text: 's' } }],
] as [string, Partial<ConsumerSpec>][]) {
  test(`what waits for a ${kind} subscription goes to the store as well`, async () => {
    const world = await onDisk(new FaultDisk(), { limits: { memoryBytesMax: 120_000 } })
    const client = world.connect()
    const consumer = client.consume(TOPIC, { prefetch: 7, ...spec })
    for (const text of numbers(1, 200)) {
      assert.equal(client.post(TOPIC, text, { size: 400, persistent: Number(text) % 10 === 0 }).code ?? null, null)
      if (Number(text) % 5 === 0) await world.until(() => world.broker.usage.storingBytes === 0)
      assert.ok(world.broker.usage.memoryBytes <= 120_000)
    }
    await world.answered()
    assert.equal(world.broker.parking.blocked.sends, 0)
    assert.ok(world.store.usage.spilledBytes > 50_000)
    assert.deepEqual(await drained(world, consumer, 200), numbers(1, 200))
    await world.until(() => world.store.usage.spilledBytes === 0)
    assert.equal(world.broker.usage.memoryBytes, 0)
    await world.finished(world.broker.close())
  })
}

test('a transaction sends behind what is in the store', async () => {
  const world = await onDisk(new FaultDisk())
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 2 })
  for (const text of numbers(1, 60)) client.post(TOPIC, text, FLEETING)
  client.begin('t')
  for (const text of numbers(61, 90)) client.post(TOPIC, text, { ...FLEETING, transaction: 't' })
  client.commit('t')
  await world.answered()
  for (const text of numbers(91, 100)) client.post(TOPIC, text, FLEETING)
  assert.deepEqual(await drained(world, consumer, 100), numbers(1, 100))
  await world.until(() => world.store.usage.spilledBytes === 0)
  await world.finished(world.broker.close())
})

test('a policy that comes or goes while it runs loses nothing', async () => {
  const world = await onDisk(new FaultDisk(), { policy: { producerFlowControl: true } })
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 2 })
  const say = (producerFlowControl: boolean): void => {
    world.broker.setPolicies([{ destination: at('topic://>'), policy: { producerFlowControl } }])
  }
  for (const text of numbers(1, 10)) client.post(TOPIC, text, FLEETING)
  say(false)
  for (const text of numbers(11, 80)) client.post(TOPIC, text, FLEETING)
  await world.until(() => world.broker.usage.storingBytes === 0)
  assert.ok(world.store.usage.spilledBytes > 10_000)
  say(true)
  for (const text of numbers(81, 120)) client.post(TOPIC, text, FLEETING)
  assert.deepEqual(await drained(world, consumer, 120), numbers(1, 120))
  await world.until(() => world.store.usage.spilledBytes === 0)
  await world.finished(world.broker.close())
})

test('whatever consumers do, each is given all that it asked for, once and in order', async () => {
  const seed = Number(process.env['MILLRACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  const random = seededRandom(seed)
  const note = `MILLRACE_SEED=${seed}`
  for (let round = 0; round < 30; round++) {
    const world = await onDisk(new FaultDisk(), {
      limits: { memoryBytesMax: 4_000 + random(12_000), spilledBytesMax: random(2) === 0 ? 30_000 : 1 << 20 },
      policy: random(3) === 0 ? { memoryLimit: 3_000 } : {},
    })
    const client = world.connect()
    const consumers = Array.from({ length: 1 + random(4) }, () => {
      const spec = { prefetch: 1 + random(12), ...(random(4) === 0 ? { durableName: `d${random(1_000_000)}` } : {}) }
      return { consumer: world.connect().consume('topic://A,topic://B', spec), seen: [] as string[] }
    })
    const counts = { A: 0, B: 0 }
    for (let step = 0; step < 60; step++) {
      for (let left = random(12); left > 0; left--) {
        const name = random(2) === 0 ? 'A' : 'B'
        counts[name]++
        client.post(`topic://${name}`, `${name}${counts[name]}`, { persistent: random(4) === 0, size: random(900) })
      }
      if (random(3) === 0) await world.until(() => world.broker.usage.storingBytes === 0)
      else if (random(2) === 0) world.run()
      for (const { consumer, seen } of consumers) if (random(3) === 0) seen.push(...settle(consumer))
    }
    for (const { consumer, seen } of consumers) {
      const { connection } = consumer.client
      assert.equal(connection.paused, false)
      seen.push(...settle(consumer))
    }
    await world.until(() => {
      for (const { consumer, seen } of consumers) seen.push(...settle(consumer))
      return consumers.every(({ seen }) => seen.length >= counts.A + counts.B)
    })
    for (const { seen } of consumers) {
      for (const name of ['A', 'B'] as const) {
        assert.deepEqual(
          seen.filter((text) => text.startsWith(name)),
          numbers(1, counts[name], name),
          note,
        )
      }
    }
    await world.until(() => world.store.usage.spilledBytes === 0)
    assert.equal(world.broker.usage.memoryBytes, 0, note)
    await world.finished(world.broker.close())
  }
})

test('what the disk has no room for stays in memory, at its place', async () => {
  const disk = new FaultDisk()
  const world = await onDisk(disk)
  const client = world.connect()
  const consumer = client.consume(TOPIC, { prefetch: 2 })
  const stored = async (first: number, last: number): Promise<void> => {
    for (const text of numbers(first, last)) client.post(TOPIC, text, FLEETING)
    await world.until(() => world.broker.usage.storingBytes === 0)
  }
  await stored(1, 40)
  assert.ok(world.store.usage.spilledBytes > 5_000)
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  await stored(41, 44)
  disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.noRoom
  })
  await stored(45, 80)
  assert.deepEqual(await drained(world, consumer, 80), numbers(1, 80))
  await world.until(() => world.store.usage.spilledBytes === 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
  await world.finished(world.broker.close())
})

test('a branch that had taken some of a shared subscription is prepared when the broker is killed', async () => {
  const disk = new FaultDisk()
  let world = await onDisk(disk)
  const client = world.connect()
  const shared = { durable: false, ownClientId: true, text: 's' }
  const consumer = client.consume(TOPIC, { prefetch: 40, durableName: 's', shared })
  const queued = client.consume('Q', { prefetch: 1 })
  client.post('Q', 'kept')
  for (const text of numbers(1, 60)) client.post(TOPIC, text, FLEETING)
  await world.until(() => world.broker.usage.storingBytes === 0)
  await world.until(() => consumer.received.length === 40 && queued.received.length === 1)
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const id = xidText(xid)
  world.broker.begin(client.connection, id, xid)
  consumer.ack(consumer.received.at(-1) as Received, { count: 40, transactionId: id })
  queued.ack(queued.received[0] as Received, { transactionId: id })
  const vote = client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  await world.until(() => vote.prepareResult === 'ok')
  world = await onDisk(disk.kill())
  assert.equal(world.broker.recover().length, 1)
  const other = world.connect()
  const ended = other.ask((reply) => world.broker.rollback(other.connection, id, reply))
  await world.until(() => ended.code === null)
  assert.deepEqual(await drained(world, other.consume('Q'), 1), ['kept'])
  await world.finished(world.broker.close())
})
