import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numbers, World } from './world.ts'

test('a consumer with prefetch 0 gets one message for each pull', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 3)) client.post('Q', text)
  const consumer = client.consume('Q', { prefetch: 0 })
  assert.deepEqual(consumer.texts, [])
  consumer.pull(0)
  assert.deepEqual(consumer.texts, ['1'])
  consumer.pull(-1)
  assert.deepEqual(consumer.texts, ['1', '2'])
  assert.equal(consumer.exhaustions, 0)
})

test('a pull that wants an answer at once gets it', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 0 })
  consumer.pull(-1)
  assert.equal(consumer.exhaustions, 1)
  client.send('Q', 'one')
  assert.deepEqual(consumer.texts, [], 'the pull is over')
})

test('a pull waits as long as it said, or for ever', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 0 })
  consumer.pull(1000)
  world.pass(900)
  assert.equal(consumer.exhaustions, 0)
  world.pass(200)
  assert.equal(consumer.exhaustions, 1)
  consumer.pull(1000)
  client.send('Q', 'one')
  assert.deepEqual(consumer.take(), ['one'])
  world.pass(2000)
  assert.equal(consumer.exhaustions, 1)
  consumer.pull(0)
  world.pass(100_000)
  client.send('Q', 'two')
  assert.deepEqual(consumer.take(), ['two'])
})

test('a pull finds what is only in the store before it says that there is nothing', async () => {
  const world = await World.open({ limits: { windowCountMax: 4 } })
  const client = world.connect()
  for (const text of numbers(1, 20)) client.post('Q', text, { type: text })
  world.run()
  const consumer = client.consume('Q', { prefetch: 0, selector: "JMSType = '17'" })
  consumer.pull(-1)
  assert.deepEqual(consumer.texts, ['17'])
  assert.equal(consumer.exhaustions, 0)
  consumer.pull(-1)
  assert.equal(consumer.exhaustions, 1)
})

test('topics and durable subscriptions can be pulled from', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  for (const durableName of [null, 'd']) {
    const consumer = client.consume('topic://T', { prefetch: 0, durableName })
    client.send('topic://T', 'one')
    client.send('topic://T', 'two')
    assert.deepEqual(consumer.texts, [])
    consumer.pull(-1)
    assert.deepEqual(consumer.texts, ['one'])
    consumer.pull(0)
    assert.deepEqual(consumer.texts, ['one', 'two'])
    consumer.pull(-1)
    assert.equal(consumer.exhaustions, 1)
    consumer.close(-1)
  }
})
