import type { Turn } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import type { PageReceiver, QueueStore } from '../../src/store/store.ts'
import { at, numbers, type Received, World } from './world.ts'

/** Counts the pages that were asked for. */
class CountingStore extends MemoryStore {
  pages = 0

  override queue(name: string): QueueStore {
    const queue = super.queue(name)
    const page = queue.page
    if (Object.hasOwn(queue, 'page')) return queue
    queue.page = (afterKey: number, countMax: number, to: PageReceiver): void => {
      this.pages++
      page.call(queue, afterKey, countMax, to)
    }
    return queue
  }
}

function counting(): { store: (turn: Turn) => MemoryStore; pages: () => number } {
  let made: CountingStore | null = null
  return {
    store: (turn) => {
      made = new CountingStore(turn)
      return made
    },
    pages: () => made?.pages ?? 0,
  }
}

test('a backlog costs memory for its window only', async () => {
  const world = await World.open({ limits: { windowCountMax: 100 } })
  const client = world.connect()
  for (const text of numbers(1, 5000)) client.send('Q', text)
  const queue = world.broker.queue(at('Q'))
  assert.equal(queue?.count, 5000)
  assert.equal(queue.entries, 100)
  assert.ok(world.broker.usage.memoryBytes < 100 * 1100)
})

test('a backlog comes in order, page by page, and the memory stays small', async () => {
  const world = await World.open({ limits: { windowCountMax: 50 } })
  const client = world.connect()
  for (const text of numbers(1, 1000)) client.post('Q', text)
  world.run()
  const consumer = client.consume('Q', { prefetch: 10 })
  const texts: string[] = []
  let entriesMax = 0
  while (consumer.received.length > 0) {
    const one = consumer.received.shift() as Received
    texts.push(one.text)
    consumer.ack(one)
    entriesMax = Math.max(entriesMax, world.broker.queue(at('Q'))?.entries ?? 0)
  }
  assert.deepEqual(texts, numbers(1, 1000))
  assert.ok(entriesMax <= 85, `${entriesMax} entries`)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('while a consumer keeps up the store is never read', async () => {
  const { store, pages } = counting()
  const world = await World.open({ store, limits: { windowCountMax: 10 } })
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 1000 })
  for (let round = 0; round < 20; round++) {
    // Many more than the window become safe in one turn.
    for (const text of numbers(1, 50)) client.post('Q', text)
    world.run()
    const last = consumer.received[49] as Received
    assert.equal(consumer.ack(last, { count: 50 }).code, null)
    assert.deepEqual(consumer.take(), numbers(1, 50))
  }
  assert.equal(pages(), 0)
})

test('messages that come while a backlog is being read come after it, in order', async () => {
  const world = await World.open({ limits: { windowCountMax: 20 } })
  const client = world.connect()
  for (const text of numbers(1, 100)) client.post('Q', text)
  world.run()
  const consumer = client.consume('Q', { prefetch: 5 })
  const texts: string[] = []
  let sent = 100
  while (consumer.received.length > 0) {
    const one = consumer.received.shift() as Received
    texts.push(one.text)
    consumer.ack(one)
    if (sent < 300) {
      sent++
      client.send('Q', `${sent}`, { persistent: sent % 3 !== 0 })
    }
  }
  assert.deepEqual(texts, numbers(1, 300))
})

test('a consumer with a selector finds its messages however far behind they are', async () => {
  const { store, pages } = counting()
  const world = await World.open({ store, limits: { windowCountMax: 20 } })
  const client = world.connect()
  for (const text of numbers(1, 2000)) client.post('Q', text, { type: Number(text) > 1900 ? 'blue' : 'red' })
  world.run()
  const blue = client.consume('Q', { prefetch: 10, selector: "JMSType = 'blue'" })
  assert.deepEqual(blue.texts, numbers(1901, 1910))
  assert.deepEqual(blue.drain(), numbers(1901, 2000))
  assert.ok(pages() < 500, `${pages()} pages`)
  const before = pages()
  client.send('Q', '2001', { type: 'red' })
  world.pass(1000)
  assert.ok(pages() - before <= 2, 'it does not look again and again at what it has seen')
  client.send('Q', '2002', { type: 'blue' })
  assert.deepEqual(blue.take(), ['2002'])
  blue.close(-1)
  const red = client.consume('Q', { prefetch: 10 })
  const rest = red.drain().toSorted((one, other) => Number(one) - Number(other))
  assert.deepEqual(rest, [...numbers(1, 1900), '2001', '2002'])
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a consumer whose messages are far behind does not wait for another that is full', async () => {
  const world = await World.open({ limits: { windowCountMax: 20 } })
  const client = world.connect()
  for (const text of numbers(1, 500)) client.post('Q', text, { type: Number(text) > 400 ? 'blue' : 'red' })
  world.run()
  const red = client.consume('Q', { prefetch: 5, selector: "JMSType = 'red'" })
  const blue = client.consume('Q', { prefetch: 5, selector: "JMSType = 'blue'" })
  assert.deepEqual(red.texts, numbers(1, 5))
  assert.deepEqual(blue.texts, numbers(401, 405))
  const [redTexts, blueTexts] = [red.drain(), blue.drain()]
  assert.deepEqual(redTexts, numbers(1, 400))
  assert.deepEqual(blueTexts, numbers(401, 500))
})

test('messages taken out of the order and given back are found by others', async () => {
  const world = await World.open({ limits: { windowCountMax: 20 } })
  const client = world.connect()
  for (const text of numbers(1, 300)) client.post('Q', text, { type: Number(text) % 100 === 0 ? 'blue' : 'red' })
  world.run()
  const blue = client.consume('Q', { prefetch: 10, selector: "JMSType = 'blue'" })
  assert.deepEqual(blue.texts, ['100', '200', '300'])
  blue.close(-2)
  const again = client.consume('Q', { prefetch: 10, selector: "JMSType = 'blue'" })
  assert.deepEqual(
    again.received.map((one) => `${one.text}:${one.redeliveries}`),
    ['100:1', '200:1', '300:1'],
  )
  again.close(-1)
  const all = client.consume('Q', { prefetch: 10 }).drain()
  assert.deepEqual(
    all.toSorted((one, other) => Number(one) - Number(other)),
    numbers(1, 300),
  )
})

test('messages that are not persistent and wait behind a backlog are found by a selector', async () => {
  const world = await World.open({ limits: { windowCountMax: 10 } })
  const client = world.connect()
  for (const text of numbers(1, 100)) client.post('Q', text, { type: 'red' })
  world.run()
  client.send('Q', 'first', { type: 'blue', persistent: false })
  for (const text of numbers(1, 100)) client.post('Q', text, { type: 'red' })
  world.run()
  const blue = client.consume('Q', { selector: "JMSType = 'blue'" })
  assert.deepEqual(blue.texts, ['first'])
  client.send('Q', 'second', { type: 'blue', persistent: false })
  assert.deepEqual(blue.texts, ['first', 'second'])
})

test('a selector that matches nothing among many messages in memory does not hold up the others', async () => {
  const world = await World.open({ limits: { dispatchMax: 100 } })
  const client = world.connect()
  for (const text of numbers(1, 2000)) client.post('Q', text, { persistent: false, type: 'red' })
  world.run()
  const none = client.consumeLater('Q', { selector: "JMSType = 'blue'" })
  let turns = 0
  for (; world.ends.length > 0; turns++) world.step()
  assert.ok(turns >= 20, `${turns} turns`)
  assert.deepEqual(none.texts, [])
  client.send('Q', 'x', { persistent: false, type: 'blue' })
  assert.deepEqual(none.texts, ['x'])
})

test('a long queue is given away over several turns', async () => {
  const world = await World.open({ limits: { dispatchMax: 100 } })
  const client = world.connect()
  for (const text of numbers(1, 1000)) client.post('Q', text, { persistent: false })
  world.run()
  const consumer = client.consumeLater('Q', { prefetch: 10_000 })
  world.step()
  assert.equal(consumer.received.length, 100)
  world.run()
  assert.deepEqual(consumer.texts, numbers(1, 1000))
})

test('large messages are kept in memory by their bytes', async () => {
  const world = await World.open({ limits: { windowBytesMax: 100_000 } })
  const client = world.connect()
  for (const text of numbers(1, 50)) client.send('Q', text, { size: 20_000 })
  assert.ok(world.broker.usage.memoryBytes <= 125_000)
  const consumer = client.consume('Q', { prefetch: 1 })
  assert.deepEqual(consumer.drain(), numbers(1, 50))
})

test('a durable subscription that is away for long costs its window only', async () => {
  const world = await World.open({ limits: { windowCountMax: 20 } })
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'd' }).close(-1)
  for (const text of numbers(1, 500)) client.send('topic://T', text)
  assert.ok(world.broker.usage.memoryBytes < 20 * 1100)
  assert.deepEqual(client.consume('topic://T', { durableName: 'd', prefetch: 3 }).drain(), numbers(1, 500))
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('expired messages are found when they are paged in', async () => {
  const world = await World.open({ limits: { windowCountMax: 10 } })
  const client = world.connect()
  const expiration = world.clock.now() + 1000
  for (const text of numbers(1, 60)) client.post('Q', text, Number(text) % 2 === 0 ? { expiration } : {})
  world.run()
  world.clock.advance(2000)
  const odd = numbers(1, 60).filter((text) => Number(text) % 2 === 1)
  assert.deepEqual(client.consume('Q', { prefetch: 3 }).drain(), odd)
  assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 30)
})
