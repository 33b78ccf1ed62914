import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Limits, Policy } from '../../src/core/broker.ts'
import { at, numbers, type Received, World } from './world.ts'

const FLEETING = { persistent: false } as const

function withPolicy(policy: Partial<Policy>, limits: Partial<Limits> = {}, storeBytesMax?: number): Promise<World> {
  return World.open({
    limits,
    policies: [
      { destination: at('Q'), policy },
      { destination: at('topic://T'), policy },
    ],
    ...(storeBytesMax === undefined ? {} : { storeBytesMax }),
  })
}

test('a destination has a limit of memory of its own, and others are not held up by it', async () => {
  const world = await withPolicy({ memoryLimit: 3_000 })
  const client = world.connect()
  const sent = numbers(1, 5).map((text) => client.send('Q', text, FLEETING))
  assert.deepEqual(
    sent.map((reply) => reply.code),
    [null, null, null, undefined, undefined],
  )
  assert.equal(client.send('P', 'elsewhere', FLEETING).code, null)
  assert.equal(client.send('P', 'again', FLEETING).code, null)
  assert.deepEqual(client.consume('P').texts, ['elsewhere', 'again'])
  assert.deepEqual(client.consume('Q', { prefetch: 1 }).drain(), numbers(1, 5))
  assert.equal(world.broker.queue(at('Q'))?.allowance?.bytes, 0)
})

test('a topic has a limit of memory of its own', async () => {
  const world = await withPolicy({ memoryLimit: 3_000 })
  const client = world.connect()
  const consumer = client.consume('topic://T', { prefetch: 1 })
  const sent = numbers(1, 6).map((text) => client.send('topic://T', text))
  assert.deepEqual(
    sent.map((reply) => reply.code),
    [null, null, null, null, undefined, undefined],
  )
  const texts = consumer.take()
  for (let i = 0; i < 6; i++) {
    consumer.ack({ key: 0 } as Received)
    texts.push(...consumer.take())
  }
  assert.deepEqual(texts, numbers(1, 6))
  assert.ok(sent.every((reply) => reply.code === null))
  assert.equal(world.broker.destinations.find(at('topic://T'))?.allowance?.bytes, 0)
})

test('stored messages of a destination with a limit of memory leave it for the store', async () => {
  const world = await withPolicy({ memoryLimit: 60_000 })
  const client = world.connect()
  for (const text of numbers(1, 200)) assert.equal(client.send('Q', text, { size: 500 }).code, null)
  assert.ok((world.broker.queue(at('Q'))?.allowance?.bytes ?? 0) <= 60_000)
  assert.deepEqual(client.consume('Q', { prefetch: 2 }).drain(), numbers(1, 200))
})

test('a policy says whether a send fails instead of waiting, and when', async () => {
  const failing = await withPolicy({ memoryLimit: 2_000, sendFailIfNoSpace: true })
  const one = failing.connect()
  for (const text of numbers(1, 2)) one.send('Q', text, FLEETING)
  const refused = one.send('Q', '3', FLEETING)
  assert.equal(refused.code, 'MEMORY_FULL')
  assert.match(refused.outcome?.message ?? '', /queue:\/\/Q/)
  const waiting = await withPolicy({ memoryLimit: 2_000, sendFailIfNoSpaceAfterTimeout: 500 })
  const two = waiting.connect()
  for (const text of numbers(1, 2)) two.send('Q', text, FLEETING)
  const late = two.send('Q', '3', FLEETING)
  waiting.pass(400)
  assert.equal(late.code, undefined)
  waiting.pass(300)
  assert.equal(late.code, 'MEMORY_FULL')
})

test('without flow control messages that are not persistent go to the store when memory runs out, in order', async () => {
  const world = await withPolicy({ producerFlowControl: false }, { memoryBytesMax: 60_000 })
  const client = world.connect()
  for (const text of numbers(1, 300)) assert.equal(client.send('Q', text, FLEETING).code, null)
  assert.ok(world.broker.usage.memoryBytes <= 60_000)
  const consumer = client.consume('Q', { prefetch: 3 })
  assert.deepEqual(consumer.drain(), numbers(1, 300))
  assert.equal(world.store.queue('queue://Q').count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('without flow control what goes to the store has a limit of its own, at which sends wait', async () => {
  const world = await withPolicy({ producerFlowControl: false }, { memoryBytesMax: 10_000, spilledBytesMax: 5_000 }, 1)
  const client = world.connect()
  assert.equal(client.send('Q', 'persistent').code, null)
  const sent = numbers(1, 20).map((text) => client.send('Q', text, FLEETING))
  assert.equal(sent[5]?.code, null)
  assert.equal(sent[19]?.code, undefined)
  assert.deepEqual(client.consume('Q', { prefetch: 1 }).drain(), ['persistent', ...numbers(1, 20)])
  world.pass(100)
  assert.ok(sent.every((reply) => reply.code === null))
  assert.equal(world.store.usage.spilledBytes, 0)
})

test('a connection that consumes is read on when its sends wait, so that its acknowledgements are found', async () => {
  const limits = { memoryBytesMax: 5_000, parkedBytesMax: 5_000, parkedBytesOfConsumingMax: 40_000 }
  const world = await World.open({ limits })
  const client = world.connect()
  const temporary = `temp-queue://${client.connection.id}:1`
  client.ask((reply) => world.broker.addDestination(client.connection, at(temporary), reply))
  const consumer = client.consume(temporary, { prefetch: 1 })
  const reads = numbers(1, 60).map((text) =>
    world.broker.send(client.producer(temporary), client.message(temporary, text, FLEETING), world.reply()),
  )
  world.run()
  // A temporary queue has no store to go to: there is an end to it.
  assert.equal(reads.indexOf(false), 43)
  assert.deepEqual(consumer.drain(), numbers(1, 60))
  assert.equal(client.resumed, 1)
})

test('when even that is full its oldest sends go to the store, and it is read on and on', async () => {
  const limits = { memoryBytesMax: 5_000, parkedBytesMax: 5_000, parkedBytesOfConsumingMax: 10_000 }
  const world = await World.open({ limits })
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 1 })
  for (const text of numbers(1, 500)) {
    const message = client.message('Q', text, FLEETING)
    assert.equal(world.broker.send(client.producer('Q'), message, world.reply()), true)
    if (Number(text) % 50 === 0) world.run()
  }
  assert.ok(client.connection.parkedBytes <= 10_000)
  assert.ok(world.broker.usage.memoryBytes <= 25_000)
  assert.deepEqual(consumer.drain(), numbers(1, 500))
  await world.answered()
  assert.ok(world.replies.every((reply) => reply.code === null))
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('all connections together wait with a bounded number of bytes', async () => {
  const limits = {
    memoryBytesMax: 2_000,
    parkedBytesMax: 2_000,
    parkedBytesOfConsumingMax: 20_000,
    parkedBytesOfAllMax: 25_000,
  }
  const world = await World.open({ limits })
  const clients = [1, 2, 3].map(() => {
    const client = world.connect()
    const temporary = `temp-queue://${client.connection.id}:1`
    client.ask((reply) => world.broker.addDestination(client.connection, at(temporary), reply))
    client.consume(temporary, { prefetch: 1 })
    for (let i = 0; i < 30; i++) {
      const message = client.message(temporary, 'x', FLEETING)
      if (!world.broker.send(client.producer(temporary), message, world.reply())) break
    }
    return client
  })
  assert.ok(world.broker.parking.bytes < 30_000, `${world.broker.parking.bytes} bytes`)
  for (const client of clients) client.crash()
  assert.equal(world.broker.parking.bytes, 0)
})

test('blocked sends are counted for the broker, the destination and the producer, with their time', async () => {
  const world = await withPolicy({ memoryLimit: 2_000 })
  const client = world.connect()
  for (const text of numbers(1, 4)) client.send('Q', text, FLEETING)
  const { blocked } = client.producer('Q')
  assert.deepEqual([blocked?.sends, blocked?.waiting], [2, 2])
  world.pass(1_000)
  client.consume('Q', { prefetch: 1 }).drain()
  assert.deepEqual([blocked?.sends, blocked?.waiting, blocked?.averageMs], [2, 0, 1_000])
  assert.equal(world.broker.queue(at('Q'))?.blocked?.totalMs, 2_000)
  assert.equal(world.broker.parking.blocked.sends, 2)
  assert.equal(client.producer('P').blocked, null)
})

test('producers of several connections have space in turn', async () => {
  const world = await withPolicy({ memoryLimit: 1_100 })
  const greedy = world.connect()
  const modest = world.connect()
  for (const text of numbers(1, 100)) greedy.send('Q', text, FLEETING)
  const reply = modest.send('Q', 'me too', FLEETING)
  const consumer = world.connect().consume('Q', { prefetch: 1 })
  let taken = 0
  for (; reply.code === undefined; taken++) consumer.ack(consumer.received.shift() as Received)
  assert.ok(taken <= 5, `it waited for ${taken}`)
})

test('what one producer sends stays in order, wherever it goes', async () => {
  const world = await withPolicy({ memoryLimit: 1_100 })
  const client = world.connect()
  const producer = client.producer('Q')
  const send = (to: string, text: string): void => {
    const message = client.message(to, text, FLEETING)
    message.producerId = producer.id
    world.broker.send(producer, message, world.reply())
    world.run()
  }
  send('Q', '1')
  send('Q', '2')
  send('Q', '3')
  send('P', '4')
  const other = client.consume('P')
  assert.deepEqual(other.texts, [])
  const consumer = client.consume('Q', { prefetch: 1 })
  consumer.drain()
  assert.deepEqual(other.texts, ['4'])
})

test('a connection sends no more messages per second than it may, and is read on', async () => {
  const world = await World.open({ limits: { connectionMessagesPerSecondMax: 10 } })
  const client = world.connect()
  const consumer = client.consume('Q')
  const sent = numbers(1, 25).map((text) => client.send('Q', text))
  assert.equal(consumer.received.length, 10)
  world.pass(500)
  assert.equal(consumer.received.length, 15)
  world.pass(1_000)
  assert.deepEqual(consumer.texts, numbers(1, 25))
  assert.ok(sent.every((reply) => reply.code === null))
})

test('a connection sends no more bytes per second than it may, and one large message gets through', async () => {
  const world = await World.open({ limits: { connectionBytesPerSecondMax: 10_000 } })
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'large', { size: 25_000 })
  client.send('Q', 'small')
  assert.deepEqual(consumer.texts, ['large'])
  world.pass(1_000)
  assert.deepEqual(consumer.texts, ['large'])
  world.pass(1_500)
  assert.deepEqual(consumer.texts, ['large', 'small'])
})
