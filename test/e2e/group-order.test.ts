import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/base'
import { AcknowledgeMode } from '@millrace/client'
import { startBroker, textOf } from './fixture.ts'

const MESSAGES = 400

for (const seed of [1, 2, 3, 4]) {
  test(`groups keep their order whatever fails, is released or refused, seed ${seed}`, async (t) => {
    const random = seededRandom(seed)
    const broker = await startBroker(t)
    const connection = await broker.connect({
      redeliveryPolicy: { initialRedeliveryDelay: 0, redeliveryDelay: 0, maximumRedeliveries: -1 },
      prefetchPolicy: { queuePrefetch: 1 + random(100) },
    })
    connection.on('internalError', () => {})
    const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
    const queue = session.createQueue('RANDOM.GROUPS')
    const producer = await session.createProducer(queue)
    const groups = 1 + random(8)
    const expected = new Map<string, number[]>()
    for (let i = 0; i < MESSAGES; i++) {
      const group = String(random(groups))
      const message = session.createTextMessage(String(i))
      message.setStringProperty('group', group)
      if (group !== '0') message.setStringProperty('JMSXGroupID', group)
      void producer.send(message)
      expected.set(group, [...(expected.get(group) ?? []), i])
    }
    await producer.flush()
    const handled = new Map<string, number[]>()
    const running = new Set<string>()
    let left = MESSAGES
    let end: () => void = () => {}
    const done = (): void => {
      left--
      if (left === 0) end()
    }
    const consumer = await session.createConsumer(queue, { concurrency: 1 + random(10) })
    // Some are refused before the listener sees them, which must not hold up their group.
    const refused = new Set(Array.from({ length: 20 }, () => String(random(MESSAGES))))
    consumer.transformer = {
      consumerTransform: (message) => {
        if (!refused.has(textOf(message))) return message
        done()
        throw new RangeError('refused')
      },
    }
    await new Promise<void>((resolve, reject) => {
      end = resolve
      void consumer.setMessageListener(async (message) => {
        const group = message.getStringProperty('group') ?? ''
        if (group !== '0' && running.has(group)) reject(new Error(`two of group ${group} at once`))
        running.add(group)
        for (let turns = random(4); turns > 0; turns--) await connection.sync()
        const fate = random(10)
        running.delete(group)
        if (fate === 0) throw new RangeError('fails')
        if (fate === 1) {
          await message.release()
          return
        }
        handled.set(group, [...(handled.get(group) ?? []), Number(textOf(message))])
        await message.acknowledge()
        done()
      })
    })
    for (const [group, numbers] of expected) {
      const wanted = numbers.filter((n) => !refused.has(String(n)))
      const got = handled.get(group) ?? []
      if (group !== '0') assert.deepEqual(got, wanted, `group ${group}`)
      else
        assert.deepEqual(
          got.toSorted((a, b) => a - b),
          wanted,
        )
    }
    await consumer.close()
    await connection.sync()
    const rest: string[] = []
    for await (const message of session.createBrowser(queue)) rest.push(textOf(message))
    assert.deepEqual(rest, [])
  })
}
