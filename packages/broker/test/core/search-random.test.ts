import { seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { at, numbers, type TestConsumer, World } from './world.ts'

interface Sent {
  readonly text: string
  readonly priority: number
  readonly type: string
  readonly correlationId: string
  readonly groupId: string | null
}

const SELECTORS: readonly (readonly [string | null, (sent: Sent) => boolean])[] = [
  [null, () => true],
  [null, () => true],
  ["JMSType = 't1'", ({ type }) => type === 't1'],
  [
    "JMSType IN ('t2', 't3') AND JMSPriority > 2",
    ({ type, priority }) => (type === 't2' || type === 't3') && priority > 2,
  ],
  ['JMSPriority >= 5', ({ priority }) => priority >= 5],
  ["JMSCorrelationID = 'c7'", ({ correlationId }) => correlationId === 'c7'],
]

/**
 * A queue much longer than its window, with message groups, priorities and selectors, whose consumers come and go: in
 * the end everything was taken once, and at no time of rest does a consumer with room lack what it could have.
 */
async function run(seed: number, prioritized: boolean): Promise<void> {
  const random = seededRandom(seed)
  const world = await World.open({
    limits: { windowCountMax: 20, dispatchMax: 50, indexBytesMax: random(2) === 0 ? 14_000 : 1_000_000 },
    policies: [{ destination: at('Q'), policy: { prioritizedMessages: prioritized } }],
  })
  const client = world.connect()
  const sent: Sent[] = []
  const taken: string[] = []
  let consumers: TestConsumer[] = []
  const wants = new Map<TestConsumer, (sent: Sent) => boolean>()
  const send = (): void => {
    const group = random(4)
    const one = {
      text: `${sent.length}`,
      priority: random(10),
      type: `t${random(5)}`,
      correlationId: `c${random(20)}`,
      groupId: group < 3 ? `g${group}` : null,
    }
    sent.push(one)
    const { text, groupId, ...headers } = one
    const inGroup = groupId === null ? {} : { groupId, groupSequence: random(40) === 0 ? -1 : 0 }
    client.post('Q', text, { persistent: random(5) > 0, ...headers, ...inGroup })
  }
  const checkNobodyStarves = (): void => {
    world.run()
    const away = new Set([...taken, ...consumers.flatMap((consumer) => consumer.texts)])
    const owners = new Map(world.broker.queue(at('Q'))?.groupOwners.map(({ group, consumerId }) => [group, consumerId]))
    for (const consumer of consumers) {
      if (!consumer.subscription.hasCredit()) continue
      const missed = sent.find((one) => {
        const owner = one.groupId === null ? undefined : owners.get(one.groupId)
        const free = owner === undefined || owner === consumer.subscription.id
        return free && !away.has(one.text) && wants.get(consumer)?.(one) === true
      })
      assert.equal(missed, undefined, `seed ${seed}: ${consumer.subscription.selector?.text} starves`)
    }
  }
  const acknowledge = (consumer: TestConsumer): void => {
    const one = consumer.received.shift()
    if (one === undefined) return
    taken.push(one.text)
    assert.equal(consumer.ack(one, { kind: AckKind.Individual }).code, null)
  }
  for (let step = 0; step < 1_500; step++) {
    const what = random(20)
    if (what < 12) send()
    else if (what === 12 && consumers.length < 6) {
      const [selector, matches] = SELECTORS[random(SELECTORS.length)] as (typeof SELECTORS)[number]
      const consumer = client.consumeLater('Q', { prefetch: 1 + random(10), selector })
      wants.set(consumer, matches)
      consumers.push(consumer)
    } else if (what === 13 && consumers.length > 0) {
      const [gone] = consumers.splice(random(consumers.length), 1)
      gone?.close(-1)
    } else if (what > 13 && consumers.length > 0) {
      const consumer = consumers[random(consumers.length)] as TestConsumer
      for (let left = random(8); left > 0; left--) acknowledge(consumer)
    }
    if (random(3) === 0) world.run()
    if (random(30) === 0) checkNobodyStarves()
    if (random(200) === 0) world.pass(61_000)
  }
  checkNobodyStarves()
  for (const consumer of consumers) consumer.close(-1)
  consumers = [client.consume('Q', { prefetch: 3 }), client.consume('Q', { prefetch: 50 })]
  for (let left = 0; left !== taken.length; ) {
    left = taken.length
    for (const consumer of consumers) while (consumer.received.length > 0) acknowledge(consumer)
  }
  assert.deepEqual(
    taken.toSorted((one, other) => Number(one) - Number(other)),
    sent.map(({ text }) => text),
    `seed ${seed}`,
  )
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
}

for (const seed of process.env['SEED'] === undefined ? numbers(1, 12).map(Number) : [Number(process.env['SEED'])]) {
  for (const prioritized of [false, true]) {
    const how = prioritized ? 'by priority' : 'in order'
    test(`whoever searches a long queue ${how}, everything is taken once (seed ${seed})`, () => run(seed, prioritized))
  }
}
