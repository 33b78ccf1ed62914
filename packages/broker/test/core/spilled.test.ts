import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultDisk } from '../journal/fault-disk.ts'
import { drained, journalWorld } from './journal-world.ts'
import { at, numbers, type Received, type World } from './world.ts'

const SIZES = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 20_000 } as const
const FLEETING = { persistent: false, size: 400 }

function open(disk: FaultDisk, spilledBytesMax = 1 << 20): Promise<World> {
  return journalWorld(disk, SIZES, {
    policies: [at('>'), at('topic://>')].map((destination) => ({
      destination,
      policy: { producerFlowControl: false },
    })),
    limits: { memoryBytesMax: 10_000, spilledBytesMax },
  })
}

for (const how of ['stopped', 'killed', 'killed without a snapshot'] as const) {
  test(`messages that went to the disk although they need not survive are gone after the broker was ${how}`, async () => {
    const disk = new FaultDisk()
    let world = await open(disk)
    let client = world.connect()
    for (const text of numbers(1, 100)) {
      client.post('Q', text, FLEETING)
      if (Number(text) % 10 === 0) client.post('Q', `kept ${text}`)
    }
    await world.answered()
    assert.ok(world.store.usage.spilledBytes > 0)
    let left = disk
    if (how === 'stopped') await world.finished(world.broker.close())
    else left = disk.kill()
    if (how.endsWith('snapshot')) for (const path of left.paths()) if (path.endsWith('.index')) left.delete(path)
    world = await open(left)
    assert.equal(world.store.usage.spilledBytes, 0)
    assert.equal(world.broker.queue(at('Q'))?.count, 10)
    client = world.connect()
    const expected = numbers(1, 10).map((text) => `kept ${Number(text) * 10}`)
    assert.deepEqual(await drained(world, client.consume('Q', { prefetch: 4 }), 10), expected)
    // And they do not come back with a later start either.
    client.post('Q', 'last')
    await world.answered()
    world = await open(left.kill())
    assert.equal(world.broker.queue(at('Q'))?.count, 1)
    await world.finished(world.broker.close())
  })
}

test('they come in order, and their room on the disk is counted by itself until they are consumed', async () => {
  const world = await open(new FaultDisk())
  const client = world.connect()
  for (const text of numbers(1, 200)) client.post('Q', text, FLEETING)
  await world.answered()
  assert.ok(world.store.usage.spilledBytes > 50_000)
  assert.deepEqual(await drained(world, client.consume('Q', { prefetch: 7 }), 200), numbers(1, 200))
  await world.until(() => world.store.usage.spilledBytes === 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
  await world.finished(world.broker.close())
})

test('beyond their limit the next ones wait until some were consumed', async () => {
  const world = await open(new FaultDisk(), 20_000)
  const client = world.connect()
  const sent = numbers(1, 100).map((text) => client.post('Q', text, FLEETING))
  await world.until(() => client.connection.parked.length > 0)
  assert.ok(world.store.usage.spilledBytes < 25_000)
  assert.deepEqual(await drained(world, client.consume('Q', { prefetch: 7 }), 100), numbers(1, 100))
  assert.ok(sent.every((reply) => reply.code === null))
  await world.finished(world.broker.close())
})

test('being on the disk makes no dead letters of messages that leave none', async () => {
  const world = await open(new FaultDisk())
  const client = world.connect()
  const shared = { durable: false, ownClientId: true, text: 's' }
  const subscriber = client.consume('topic://T', { prefetch: 1, durableName: 's', shared })
  const expiration = world.clock.now() + 1_000
  for (const text of numbers(1, 30)) {
    client.post('Q', text, { ...FLEETING, expiration })
    client.post('topic://T', text, { size: 400, expiration })
  }
  await world.answered()
  await world.until(() => world.broker.usage.storingBytes === 0 && subscriber.received.length === 1)
  assert.ok(world.store.usage.spilledBytes > 20_000)
  world.pass(1_000)
  subscriber.ack(subscriber.received[0] as Received)
  client.consume('Q')
  await world.until(() => world.store.usage.spilledBytes === 0)
  assert.equal(world.broker.queue(at('ActiveMQ.DLQ')), null)
  assert.deepEqual(subscriber.texts, ['1'])
  await world.finished(world.broker.close())
})
