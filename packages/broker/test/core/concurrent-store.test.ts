/** Queues whose messages may be consumed while they are being stored: the policy `concurrentStoreAndDispatch`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { isBatch, journalWorld } from './journal-world.ts'
import { at, type Client, numbers, type Received, type TestConsumer, type World } from './world.ts'

const SIZES = { segmentSize: 65_536, batchSize: 8192, snapshotSize: 1 << 30 } as const

/** A disk that writes what it is given when it is told to. */
class HeldDisk {
  readonly disk: FaultDisk
  #waiting: (() => void)[] = []

  constructor(disk: FaultDisk) {
    this.disk = disk
  }

  hold(): void {
    this.disk.pace = (go) => this.#waiting.push(go)
  }

  release(): void {
    this.disk.pace = null
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Records of messages with these texts that were given to it. */
  has(text: string): boolean {
    return this.disk.paths().some((path) => this.disk.bytes(path).includes(text))
  }
}

async function eager(disk: FaultDisk = new FaultDisk()): Promise<{ held: HeldDisk; world: World }> {
  const world = await journalWorld(disk, SIZES, {
    policies: [{ destination: at('>'), policy: { concurrentStoreAndDispatch: true } }],
  })
  return { held: new HeldDisk(disk), world }
}

/** The same with somebody who waits for messages of `Q`. */
async function consuming(): Promise<{ held: HeldDisk; world: World; client: Client; consumer: TestConsumer }> {
  const { held, world } = await eager()
  const client = world.connect()
  const consumer = client.consume('Q')
  await world.answered()
  return { held, world, client, consumer }
}

test('a consumer has a message before it is stored, and its sender is answered when it is stored', async () => {
  const { held, world, client, consumer } = await consuming()
  held.hold()
  const reply = client.send('Q', 'one')
  assert.deepEqual(consumer.texts, ['one'])
  assert.equal(reply.code, undefined)
  held.release()
  await world.answered()
  assert.equal(reply.code, null)
})

test('what is acknowledged before it is stored is answered then', async () => {
  const { held, world, client, consumer } = await consuming()
  held.hold()
  const reply = client.send('Q', 'one')
  consumer.ackLater(consumer.received[0] as Received, {}, { errorsOnly: true, done: () => {} })
  assert.equal(reply.code, null)
  held.release()
  await world.until(() => world.broker.usage.storingBytes === 0)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  const { world: next } = await eager(held.disk.kill())
  assert.deepEqual(next.connect().consume('Q').texts, [])
})

test('what is acknowledged while another batch is written is never written', async () => {
  const { held, world, client, consumer } = await consuming()
  held.hold()
  client.send('OTHER', 'the one that is being written')
  const taken = numbers(1, 20, 'taken ').map((text) => client.send('Q', text))
  const rest = numbers(1, 3, 'left ').map((text) => client.send('Q', text))
  assert.equal(consumer.received.length, 23)
  consumer.ack(consumer.received[19] as Received, { count: 20 })
  assert.ok(taken.every((reply) => reply.code === null))
  assert.ok(rest.every((reply) => reply.code === undefined))
  held.release()
  await world.answered()
  assert.ok(held.has('left 3'))
  assert.ok(!held.has('taken '))
  const { world: next } = await eager(held.disk.kill())
  const again = next.connect().consume('Q')
  await next.until(() => again.received.length === 3)
  assert.deepEqual(again.texts, numbers(1, 3, 'left '))
})

test('a consumer that settles at once leaves nothing to be written', async () => {
  const { held, world, client, consumer } = await consuming()
  const { deliver } = consumer
  // As a client that acknowledges in the same turn.
  consumer.deliver = (entry) => {
    deliver.call(consumer, entry)
    consumer.ackLater(consumer.received.at(-1) as Received, { kind: AckKind.Individual }, { done: () => {} })
  }
  // The name of the queue is written with the first.
  client.send('Q', '1')
  await world.answered()
  const before = held.disk.calls.filter(isBatch).length
  for (const text of numbers(2, 50)) assert.equal(client.send('Q', text).code, null)
  assert.equal(consumer.received.length, 50)
  assert.equal(held.disk.calls.filter(isBatch).length, before)
})

test('without a consumer that has room for it a message is seen when it is stored', async () => {
  const { held, world } = await eager()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 2 })
  await world.answered()
  held.hold()
  for (const text of numbers(1, 4)) client.send('Q', text)
  assert.deepEqual(consumer.take(), ['1', '2'])
  assert.equal(world.broker.queue(at('Q'))?.ready.length, 0)
  held.release()
  await world.answered()
  assert.equal(world.broker.queue(at('Q'))?.ready.length, 2)
})

test('the order is kept: behind a message that waits for the store nothing goes ahead', async () => {
  const { held, world } = await eager()
  const client = world.connect()
  held.hold()
  client.send('Q', '1')
  const consumer = client.consume('Q')
  client.send('Q', '2')
  assert.deepEqual(consumer.texts, [])
  held.release()
  await world.answered()
  client.send('Q', '3')
  await world.answered()
  assert.deepEqual(consumer.texts, ['1', '2', '3'])
})

test('the records of all that is sent elsewhere stand behind those that waited', async () => {
  const { held, world, client, consumer } = await consuming()
  held.hold()
  client.send('OTHER', 'the one that is being written')
  client.send('Q', 'first')
  client.begin('T')
  consumer.ackLater(consumer.received[0] as Received, { transactionId: 'T' }, world.reply())
  client.post('R', 'answer', { transaction: 'T' })
  const commit = client.commit('T')
  assert.equal(commit.code, undefined)
  held.release()
  await world.answered()
  assert.equal(commit.code, null)
  const { world: next } = await eager(held.disk.kill())
  const [q, r] = [next.connect().consume('Q'), next.connect().consume('R')]
  await next.until(() => r.received.length === 1)
  assert.deepEqual([q.texts, r.texts], [[], ['answer']])
})

test('an unacknowledged message comes back, marked, to the next consumer, and after a crash', async () => {
  const { held, world, client, consumer } = await consuming()
  held.hold()
  const reply = client.send('Q', 'one')
  assert.deepEqual(consumer.take(), ['one'])
  consumer.close(0)
  const second = client.consume('Q')
  assert.deepEqual(second.texts, ['one'])
  held.release()
  await world.answered()
  assert.equal(reply.code, null)
  const { world: next } = await eager(held.disk.kill())
  const again = next.connect().consume('Q')
  await next.until(() => again.received.length === 1)
  assert.deepEqual(again.texts, ['one'])
})

test('what the store refuses after a consumer had it is refused, and does not come again', async () => {
  const { held, world, client, consumer } = await consuming()
  held.disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const reply = client.send('Q', 'one')
  assert.deepEqual(consumer.take(), ['one'])
  await world.answered()
  assert.equal(reply.code, 'STORE_FULL')
  consumer.close()
  held.disk.faults = () => null
  await world.until(() => {
    world.pass(100)
    return !world.store.usage.full
  })
  const second = client.consume('Q')
  client.send('Q', 'two')
  await world.answered()
  assert.deepEqual(second.texts, ['two'])
  assert.equal(world.broker.queue(at('Q'))?.count, 1)
  const ack = second.ack(second.received[0] as Received)
  await world.until(() => ack.code !== undefined)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
})

test('what the store refuses before its consumer took it is gone', async () => {
  const { held, world } = await eager()
  const client = world.connect()
  client.consume('Q', { selector: "JMSType = 'other'" })
  await world.answered()
  held.disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const reply = client.send('Q', 'one')
  assert.equal(world.broker.queue(at('Q'))?.ready.length, 1)
  await world.answered()
  assert.equal(reply.code, 'STORE_FULL')
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
})

test('it can be switched on and off while the queue is in use', async () => {
  const { held, world, client, consumer } = await consuming()
  world.broker.setPolicies([])
  held.hold()
  client.send('Q', 'one')
  assert.deepEqual(consumer.texts, [])
  held.release()
  await world.answered()
  world.broker.setPolicies([{ destination: at('>'), policy: { concurrentStoreAndDispatch: true } }])
  held.hold()
  client.send('Q', 'two')
  assert.deepEqual(consumer.texts, ['one', 'two'])
  held.release()
  await world.answered()
})
