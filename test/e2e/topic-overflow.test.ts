import { type Connection, DeliveryMode, type MessageConsumer } from '@millrace/client'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'

const MEMORY = 16 * 1024 * 1024
const BODY = 'x'.repeat(1_000)
const SLOW = 'PRICES?consumer.prefetchSize=10'

interface World extends Fixture {
  /** Bytes in memory at most, looked at with every message that is sent. */
  highest: number
}

async function onDisk(t: TestContext, data: string): Promise<World> {
  const world: World = {
    highest: 0,
    ...(await startBroker(t, {
      memory: false,
      data,
      limits: { memoryBytesMax: MEMORY },
      policies: [{ destination: 'topic://>', policy: { producerFlowControl: false } }],
      interceptors: [
        {
          sending: () => {
            world.highest = Math.max(world.highest, world.service.broker.usage.memoryBytes)
          },
        },
      ],
    })),
  }
  return world
}

/** As fast as the disk can follow: each thousand is behind something that is answered when it is stored. */
async function publish(connection: Connection, first: number, last: number): Promise<void> {
  const session = await connection.createSession()
  const topic = await session.createProducer(session.createTopic('PRICES'))
  topic.deliveryMode = DeliveryMode.NON_PERSISTENT
  const mark = await session.createProducer(session.createQueue('MARKS'))
  for (let i = first; i <= last; i++) {
    await topic.send(session.createTextMessage(`${i}`.padEnd(8) + BODY))
    if (i % 1_000 === 0) await mark.send(session.createTextMessage(`${i}`))
  }
  await session.close()
}

async function receive(consumer: MessageConsumer, first: number, last: number): Promise<void> {
  for (let i = first; i <= last; i++) {
    assert.equal(
      textOf(await consumer.receive(SOON))
        .slice(0, 8)
        .trim(),
      `${i}`,
    )
  }
}

test('a slow consumer of a topic gets 30,000 messages in order, while memory stays within its limit and nobody waits', async (t) => {
  const world = await onDisk(t, temporaryDirectory('overflow'))
  const { broker } = world.service
  const reading = await world.connect()
  const session = await reading.createSession()
  const slow = await session.createConsumer(session.createTopic(SLOW))
  const sending = await world.connect()
  await publish(sending, 1, 25_000)
  assert.ok(broker.store.usage.spilledBytes > 10_000_000)
  await receive(slow, 1, 10_000)
  await publish(sending, 25_001, 30_000)
  await receive(slow, 10_001, 30_000)
  assert.ok(world.highest < MEMORY, `${world.highest} bytes in memory`)
  assert.equal(broker.parking.blocked.sends, 0)
  assert.ok(broker.usage.memoryBytes < 1_000_000)
  assert.equal(broker.store.usage.spilledBytes, 0)
})

test('what waits for a slow consumer on the disk goes with the consumer, or with the broker', async (t) => {
  const data = temporaryDirectory('overflow-end')
  const first = await onDisk(t, data)
  const { broker } = first.service
  const reading = await first.connect()
  const session = await reading.createSession()
  const slow = await session.createConsumer(session.createTopic(SLOW))
  const sending = await first.connect()
  await publish(sending, 1, 12_000)
  assert.ok(broker.store.usage.spilledBytes > 5_000_000)
  await slow.close()
  await reading.sync()
  assert.equal(broker.store.usage.spilledBytes, 0)
  assert.ok(broker.usage.memoryBytes < 1_000_000)

  await session.createConsumer(session.createTopic(SLOW))
  await publish(sending, 1, 12_000)
  assert.ok(broker.store.usage.spilledBytes > 5_000_000)
  await first.service.stop()

  const second = await onDisk(t, data)
  assert.equal(second.service.broker.store.usage.spilledBytes, 0)
  const again = await second.connect()
  const later = await again.createSession()
  const consumer = await later.createConsumer(later.createTopic(SLOW))
  await publish(again, 1, 1)
  await receive(consumer, 1, 1)
  assert.equal(await consumer.receiveNoWait(), null)
})
