import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, numbers, type Received, World } from './world.ts'

test('a browser sees everything in order, then the end, and takes nothing', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 2 })
  for (const text of numbers(1, 5)) client.post('Q', text)
  world.run()
  const browser = client.consume('Q', { browser: true })
  assert.deepEqual(browser.texts, numbers(1, 5), 'also what a consumer has and did not acknowledge')
  assert.equal(browser.exhaustions, 1)
  browser.close()
  assert.equal(world.broker.queue(at('Q'))?.count, 5)
  assert.deepEqual(consumer.drain(), numbers(1, 5))
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a browser of an empty queue is at its end at once', async () => {
  const world = await World.open()
  const browser = world.connect().consume('Q', { browser: true })
  assert.equal(browser.exhaustions, 1)
})

test('a browser is shown its prefetch and goes on as it acknowledges', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 5)) client.send('Q', text)
  const browser = client.consume('Q', { browser: true, prefetch: 2 })
  assert.deepEqual(browser.texts, ['1', '2'])
  assert.equal(browser.exhaustions, 0)
  browser.ack({ key: 0 } as Received)
  browser.ack({ key: 0 } as Received)
  assert.deepEqual(browser.texts, ['1', '2', '3', '4'])
  browser.ack({ key: 0 } as Received)
  assert.deepEqual(browser.texts, numbers(1, 5))
  browser.ack({ key: 0 } as Received)
  assert.equal(browser.exhaustions, 1)
})

test('a browser sees the queue as it was when it came, but not what was settled meanwhile', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 4)) client.send('Q', text)
  const browser = client.consume('Q', { browser: true, prefetch: 1 })
  const consumer = client.consume('Q')
  client.send('Q', '5')
  consumer.ack(consumer.received[2] as Received, { count: 3 })
  for (let i = 0; i < 5; i++) browser.ack({ key: 0 } as Received)
  assert.deepEqual(browser.texts, ['1', '4'])
  assert.equal(browser.exhaustions, 1)
})

test('a browser has a selector, and several queues behind it have one end', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 6))
    client.post(Number(text) % 2 === 0 ? 'A' : 'B', text, { type: `${Number(text) % 3}` })
  world.run()
  const browser = client.consume('A,B', { browser: true, selector: "JMSType <> '0'" })
  assert.deepEqual(browser.texts, ['2', '4', '1', '5'])
  assert.equal(browser.exhaustions, 1)
})

test('a browser sees what is only in the store, merged with what is in memory', async () => {
  const world = await World.open({ limits: { windowCountMax: 10 } })
  const client = world.connect()
  for (const text of numbers(1, 200)) client.post('Q', text, { persistent: Number(text) % 7 !== 0 })
  world.run()
  assert.ok((world.broker.queue(at('Q'))?.cursor.pagedOut ?? 0) > 100)
  const consumer = client.consume('Q', { prefetch: 5 })
  const browser = client.consume('Q', { browser: true })
  assert.deepEqual(
    browser.texts.toSorted((a, b) => Number(a) - Number(b)),
    numbers(1, 200),
  )
  assert.equal(browser.exhaustions, 1)
  assert.equal(consumer.drain().length, 200)
})

test('a browser is shown a bounded number of messages', async () => {
  const world = await World.open({ limits: { browseMax: 10, windowCountMax: 4 } })
  const client = world.connect()
  for (const text of numbers(1, 30)) client.post('Q', text)
  world.run()
  const browser = client.consume('Q', { browser: true })
  assert.deepEqual(browser.texts, numbers(1, 10))
  assert.equal(browser.exhaustions, 1)
})
