import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@millrace/base'
import { RedeliveryPolicy, type RedeliveryPolicyOptions } from '../src/redelivery-policy.ts'

const still = (): number => {
  throw new Error('no chance is involved')
}

/** Delays of the redeliveries 1 to 6. */
function delays(options: RedeliveryPolicyOptions): number[] {
  const policy = new RedeliveryPolicy(options)
  const found: number[] = []
  for (let previous: number | null = null; found.length < 6; ) {
    previous = policy.delay(previous, still)
    found.push(previous)
  }
  return found
}

test('the delays of the model system', () => {
  assert.deepEqual(delays({}), [1000, 1000, 1000, 1000, 1000, 1000])
  assert.deepEqual(delays({ useExponentialBackOff: true }), [1000, 5000, 25_000, 125_000, 625_000, 3_125_000])
  assert.deepEqual(
    delays({ useExponentialBackOff: true, maximumRedeliveryDelay: 60_000 }),
    [1000, 5000, 25_000, 60_000, 60_000, 60_000],
  )
  assert.deepEqual(delays({ initialRedeliveryDelay: 0 }), [0, 1000, 1000, 1000, 1000, 1000])
})

test('exponential growth begins at redeliveryDelay when the initial delay is 0', () => {
  assert.deepEqual(
    delays({ initialRedeliveryDelay: 0, useExponentialBackOff: true, redeliveryDelay: 100, backOffMultiplier: 2 }),
    [0, 100, 200, 400, 800, 1600],
  )
})

test('the cap is never below redeliveryDelay', () => {
  const options = { useExponentialBackOff: true, maximumRedeliveryDelay: 10, redeliveryDelay: 500 }
  assert.deepEqual(delays(options).slice(1), [500, 500, 500, 500, 500])
})

test('six redeliveries are allowed by default, so a message is delivered seven times', () => {
  const policy = new RedeliveryPolicy()
  assert.equal(policy.exceeded(6), false)
  assert.equal(policy.exceeded(7), true)
  assert.equal(new RedeliveryPolicy({ maximumRedeliveries: 0 }).exceeded(1), true)
  assert.equal(new RedeliveryPolicy({ maximumRedeliveries: -1 }).exceeded(1_000_000), false)
})

test('collision avoidance spreads by its share, but not the first delay', (t) => {
  const seed = 20_261_123
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const policy = new RedeliveryPolicy({ useCollisionAvoidance: true })
  assert.equal(policy.delay(null, random), 1000)
  const found = Array.from({ length: 1000 }, () => policy.delay(1000, random))
  const lowest = Math.min(...found)
  const highest = Math.max(...found)
  assert.ok(lowest >= 850 && lowest < 870, `${lowest}`)
  assert.ok(highest <= 1150 && highest > 1130, `${highest}`)
})
