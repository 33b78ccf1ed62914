import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/base'
import { AckKind } from '../../src/core/broker.ts'
import { at, type Client, type TestConsumer, World } from './world.ts'

const STEPS = 400

/**
 * Messages die, are delivered later, are sent back and die again, while windows are small and consumers come and go. At
 * the end each is in one place: consumed, in its queue, or in the dead letter queue.
 */
async function life(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const world = await World.open({
    limits: { windowCountMax: 4, dispatchMax: 3, delayedMax: 5 },
    interceptors: [{ deadLettering: () => (random(3) === 0 ? { kind: 'later', delayMs: random(2000) } : undefined) }],
  })
  const client: Client = world.connect()
  const names = ['A', 'B', 'ActiveMQ.DLQ']
  const done = new Set<string>()
  let consumers: TestConsumer[] = []
  let sent = 0

  const settle = (consumer: TestConsumer): void => {
    const at = random(consumer.received.length)
    const [one] = consumer.received.splice(at, 1)
    if (one === undefined) return
    // In a dead letter queue nothing may die: that would drop it.
    const letter = one.destination === 'queue://ActiveMQ.DLQ'
    const dies = !letter && random(2) === 0
    const range = { first: one.key, kind: dies ? AckKind.Poison : AckKind.Individual }
    consumer.ackLater(one, range, world.reply())
    if (dies) return
    assert.equal(done.has(one.text), false, `${one.text} is consumed twice, seed ${seed}`)
    done.add(one.text)
  }

  for (let step = 0; step < STEPS; step++) {
    switch (random(8)) {
      case 0:
      case 1:
      case 2:
        sent++
        client.post(names[random(2)] ?? 'A', `${sent}`)
        break
      case 3:
        if (consumers.length < 4)
          consumers.push(client.consumeLater(names[random(3)] ?? 'A', { prefetch: 1 + random(5) }))
        break
      case 4:
        consumers.splice(random(consumers.length), 1)[0]?.close(-2)
        break
      case 5: {
        const from = world.broker.queue(at('ActiveMQ.DLQ'))
        if (from !== null) world.broker.retries.retry({ limit: 1 + random(10) }, { retried: () => {} })
        break
      }
      case 6:
        world.pass(random(5) * 100)
        break
      default:
        for (const consumer of consumers) settle(consumer)
    }
    if (random(3) === 0) world.run()
  }
  world.run()
  for (const consumer of consumers) consumer.close(-2)
  consumers = []
  world.pass(3000)
  assert.equal(world.broker.redelivery.later.count, 0)
  const left: string[] = []
  for (const name of names) {
    const consumer = client.consume(name, { prefetch: 1 })
    left.push(...consumer.drain())
    assert.equal(world.broker.queue(at(name))?.count, 0, `${name}, seed ${seed}`)
  }
  const all = [...left, ...done].map(Number).sort((one, other) => one - other)
  assert.deepEqual(
    all,
    Array.from({ length: sent }, (_, i) => i + 1),
    `seed ${seed}`,
  )
  assert.equal(world.broker.usage.memoryBytes, 0, `seed ${seed}`)
  assert.equal(world.broker.usage.uncommittedBytes, 0, `seed ${seed}`)
}

test('whatever dies, waits and is sent back, nothing is lost and nothing is there twice', async () => {
  for (let seed = 1; seed <= 60; seed++) await life(seed)
})
