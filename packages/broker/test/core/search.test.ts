import type { Turn } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import type { PageReceiver, QueueStore } from '../../src/store/store.ts'
import { at, type Client, numbers, type SendOptions, World, type WorldOptions } from './world.ts'

/** Counts what was read back. */
class CountingStore extends MemoryStore {
  pages = 0
  messages = 0
  sliceMax = 0

  override queue(name: string): QueueStore {
    const queue = super.queue(name)
    const page = queue.page
    if (Object.hasOwn(queue, 'page')) return queue
    queue.page = (afterKey: number, countMax: number, to: PageReceiver): void => {
      page.call(queue, afterKey, countMax, {
        paged: (read, last) => {
          this.pages++
          this.messages += read.length
          this.sliceMax = Math.max(this.sliceMax, read.length)
          to.paged(read, last)
        },
      })
    }
    return queue
  }

  reset(): void {
    this.pages = 0
    this.messages = 0
  }
}

async function counted(options: WorldOptions = {}): Promise<{ world: World; store: CountingStore; client: Client }> {
  const holder: { store?: CountingStore } = {}
  const world = await World.open({
    limits: { windowCountMax: 100 },
    ...options,
    store: (turn: Turn) => {
      holder.store = new CountingStore(turn)
      return holder.store
    },
  })
  return { world, store: holder.store as CountingStore, client: world.connect() }
}

function fill(client: Client, count: number, options: (n: number) => SendOptions): void {
  for (let n = 1; n <= count; n++) client.post('Q', `${n}`, options(n))
  client.world.run()
}

test('a correlation id far behind is found with the index, and the next one without reading on', async () => {
  const { world, store, client } = await counted()
  fill(client, 20_000, (n) => ({ correlationId: `ID:client-${n}` }))
  const first = client.consume('Q', { selector: "JMSCorrelationID = 'ID:client-19000'" })
  assert.deepEqual(first.texts, ['19000'])
  assert.ok(store.messages <= 20_500, 'the backlog was read once')
  assert.ok(store.sliceMax <= 1_000, 'in slices')
  store.reset()
  const second = client.consume('Q', { selector: "JMSCorrelationID = 'ID:client-18000' AND JMSPriority = 4" })
  assert.deepEqual(second.texts, ['18000'])
  assert.ok(store.messages <= 2, `${store.messages} messages were read`)
  store.reset()
  client.send('Q', 'new', { correlationId: 'ID:client-18000' })
  assert.deepEqual(second.texts, ['18000', 'new'])
  assert.ok(store.messages <= 2, 'what arrives is in the index')
  assert.deepEqual(client.consume('Q', { selector: "JMSCorrelationID = 'nobody'" }).texts, [])
  assert.ok(store.messages <= 2)
  world.broker.removeConsumer(first.subscription, -1)
})

test('IN and OR of one header are found with the index, and hashes alone do not decide', async () => {
  const { store, client } = await counted()
  fill(client, 5_000, (n) => ({ type: `t${n}`, priority: n % 2 === 0 ? 7 : 4 }))
  const some = client.consume('Q', { selector: "JMSType IN ('t4001', 't4500', 't10') AND JMSPriority = 7" })
  assert.deepEqual(some.texts, ['10', '4500'])
  store.reset()
  assert.deepEqual(client.consume('Q', { selector: "JMSType = 't3001' OR JMSType = 't3002'" }).texts, ['3001', '3002'])
  assert.ok(store.messages <= 4, `${store.messages} messages were read`)
})

test('the index follows removals, and what was given back is found', async () => {
  const { world, store, client } = await counted()
  fill(client, 3_000, (n) => ({ type: n % 100 === 0 ? 'blue' : 'red' }))
  const blue = client.consume('Q', { prefetch: 5, selector: "JMSType = 'blue'" })
  assert.deepEqual(
    blue.drain(),
    numbers(1, 30).map((n) => `${n}00`),
  )
  store.reset()
  const again = client.consume('Q', { selector: "JMSType = 'blue' AND TRUE" })
  assert.deepEqual(again.texts, [])
  assert.equal(store.messages, 0)
  blue.close(-1)
  client.send('Q', 'x', { type: 'blue' })
  assert.deepEqual(again.texts, ['x'])
  again.close(-1)
  const third = client.consume('Q', { selector: "JMSType = 'blue'" })
  assert.deepEqual(third.drain(), ['x'])
  third.close(-1)
  assert.equal(client.consume('Q', { prefetch: 50 }).drain().length, 2_970)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('an index that no consumer needs any more is dropped, and its memory is bounded', async () => {
  const { world, client } = await counted({ limits: { windowCountMax: 100, indexBytesMax: 30_000 } })
  fill(client, 10_000, (n) => ({ correlationId: `c${n}` }))
  const { indexRoom } = world.broker.usage
  const one = client.consume('Q', { selector: "JMSCorrelationID = 'c9999'" })
  assert.deepEqual(one.texts, ['9999'], 'what has no room in the index is looked at one by one')
  assert.ok(indexRoom.bytes > 0)
  assert.ok(indexRoom.bytes <= 30_000)
  world.pass(100)
  one.close(-1)
  world.pass(61_000)
  assert.equal(indexRoom.bytes, 0)
})

test('what came through memory has its index when the first consumer asks, and keeps it', async () => {
  const { world, store, client } = await counted()
  fill(client, 10_000, (n) => (n % 2 === 0 ? { correlationId: `c${n}` } : {}))
  store.reset()
  const selector = "JMSCorrelationID = 'c9000'"
  const one = client.consume('Q', { selector })
  assert.deepEqual(one.texts, ['9000'])
  assert.ok(store.messages <= 1, `${store.messages} messages were read`)
  one.close(-1)
  world.pass(61_000)
  store.reset()
  assert.deepEqual(client.consume('Q', { selector: "JMSCorrelationID = 'c9002'" }).texts, ['9002'])
  assert.ok(store.messages <= 1, `${store.messages} messages were read`)
  assert.deepEqual(client.consume('Q', { selector: "JMSType = 'none has one'" }).texts, [])
  assert.ok(store.messages <= 1, 'what nobody has is known without a look')
})

test('for consumers that name what they want nothing else is read, and for others everything', async () => {
  const { store, client } = await counted()
  fill(client, 10_000, (n) => ({ correlationId: n <= 80 || n === 9000 ? 'a' : `b${n}` }))
  store.reset()
  const named = client.consume('Q', { prefetch: 1000, selector: "JMSCorrelationID = 'a'" })
  assert.deepEqual(named.texts, [...numbers(1, 80), 9000].map(String))
  // Most of what was in memory is gone, and nobody wants what comes behind it.
  assert.ok(store.messages <= 1, `${store.messages} messages were read`)
  const plain = client.consume('Q', { prefetch: 300 })
  assert.deepEqual(plain.texts, numbers(81, 380).map(String))
})

test('what is not persistent and expires behind a backlog is given to nobody who looks for it', async () => {
  const { world, client } = await counted()
  fill(client, 1000, (n) => ({ correlationId: `b${n}` }))
  const expiration = world.clock.now() + 1000
  client.send('Q', 'late', { persistent: false, correlationId: 'a', expiration })
  client.send('Q', 'lasting', { persistent: false, correlationId: 'a' })
  world.clock.advance(2000)
  assert.deepEqual(client.consume('Q', { selector: "JMSCorrelationID = 'a'" }).texts, ['lasting'])
})

test('other selectors walk through the backlog in slices, once, however many consumers have them', async () => {
  const { store, client } = await counted()
  fill(client, 10_000, (n) => ({ priority: n % 10 }))
  const selectors = numbers(1, 20).map((n) => `JMSPriority = 77 OR JMSMessageID = '${n}'`)
  for (const selector of selectors) client.consumeLater('Q', { selector })
  client.world.run()
  assert.ok(store.messages <= 11_000, `${store.messages} messages were read`)
  assert.ok(store.sliceMax <= 1_000)
  store.reset()
  client.send('Q', 'new', { priority: 1 })
  assert.ok(store.messages <= 20, 'only what is new is looked at')
  const nines = client.consume('Q', { prefetch: 2, selector: 'JMSPriority = 9' })
  assert.deepEqual(nines.texts, ['9', '19'])
})

test('a consumer with the selector of an earlier one goes on where that one came to', async () => {
  const { store, client } = await counted()
  fill(client, 5_000, () => ({}))
  const selector = 'JMSPriority = 8'
  client.consume('Q', { selector }).close(-1)
  store.reset()
  const again = client.consume('Q', { selector })
  assert.equal(store.messages, 0)
  client.send('Q', 'x', { priority: 8 })
  assert.deepEqual(again.texts, ['x'])
})

test('a search of a long backlog leaves the turns to others', async () => {
  // An index that nobody needs yet may not take so much of what there is.
  const { world, client } = await counted({ limits: { windowCountMax: 100, indexBytesMax: 500_000 } })
  fill(client, 20_000, (n) => ({ correlationId: `c${n}` }))
  assert.equal(world.broker.usage.indexRoom.bytes, 0)
  client.consumeLater('Q', { selector: "JMSCorrelationID = 'x'" })
  let turns = 0
  for (; world.ends.length > 0; turns++) world.step()
  assert.ok(turns >= 19, `${turns} turns`)
})

test('a message group whose owner is full does not hold up groups far behind it', async () => {
  const { world, client } = await counted()
  fill(client, 4_000, (n) => ({ groupId: n <= 3_000 ? 'busy' : n % 2 === 0 ? 'even' : 'odd' }))
  const one = client.consume('Q', { prefetch: 1 })
  const two = client.consume('Q', { prefetch: 10 })
  assert.deepEqual(one.texts, ['1'])
  assert.deepEqual(two.texts, numbers(3_001, 3_010))
  assert.deepEqual(two.drain(), numbers(3_001, 4_000))
  assert.deepEqual(one.drain(), numbers(1, 3_000))
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a group far behind goes in its order to the next consumer when its owner leaves', async () => {
  const { client } = await counted()
  fill(client, 2_000, (n) => ({ groupId: n <= 1_000 ? 'a' : 'b' }))
  const one = client.consume('Q', { prefetch: 1 })
  const two = client.consume('Q', { prefetch: 10 })
  assert.deepEqual(two.texts, numbers(1_001, 1_010))
  assert.deepEqual(one.texts, ['1'])
  one.close(-1)
  const rest = two.drain()
  assert.deepEqual(
    rest.filter((text) => Number(text) > 1_000),
    numbers(1_001, 2_000),
  )
  assert.deepEqual(
    rest.filter((text) => Number(text) <= 1_000),
    numbers(1, 1_000),
  )
})

test('a high priority far behind comes first where priorities count', async () => {
  const { world, client } = await counted({
    policies: [{ destination: at('Q'), policy: { prioritizedMessages: true } }],
  })
  fill(client, 3_000, (n) => ({ priority: n === 2_500 ? 9 : n > 2_900 ? 6 : 4 }))
  const consumer = client.consume('Q', { prefetch: 1 })
  const texts = consumer.drain()
  // The first was given out before the store had been looked through.
  assert.deepEqual(texts.slice(0, 3), ['1', '2500', '2901'])
  assert.deepEqual(texts.slice(0, 103).toSorted(), ['1', '2500', ...numbers(2_901, 3_000), '2'].toSorted())
  assert.equal(texts.length, 3_000)
  client.send('Q', 'low', { priority: 1 })
  assert.deepEqual(consumer.drain(), ['low'])
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a message of high priority that arrives behind a backlog overtakes it', async () => {
  const { client } = await counted({ policies: [{ destination: at('Q'), policy: { prioritizedMessages: true } }] })
  fill(client, 2_000, () => ({ priority: 4 }))
  const consumer = client.consume('Q', { prefetch: 1 })
  client.send('Q', 'high', { priority: 8 })
  assert.deepEqual(consumer.drain().slice(0, 2), ['1', 'high'])
})
