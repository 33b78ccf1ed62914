import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TimeStampsOptions, timeStamps } from '../../src/plugins/time-stamps.ts'
import { sendLater } from '../core/schedule/scheduling.ts'
import { World } from '../core/world.ts'

const HOUR = 3_600_000

/** How a message comes out that was sent by a clock so many ms ahead, with a time to live (0: none). */
async function through(
  options: TimeStampsOptions,
  aheadMs: number,
  timeToLive: number,
  timestamp?: number,
): Promise<{ timestamp: number; expiration: number } | null> {
  const world = await World.open({ interceptors: [timeStamps(options)] })
  const client = world.connect()
  const now = world.clock.now()
  const sent = timestamp ?? now + aheadMs
  sendLater(client, 'Q', 'x', { timestamp: sent, expiration: timeToLive === 0 ? 0 : sent + timeToLive })
  const [received] = client.consume('Q').takeAll()
  if (received === undefined) return null
  const { message } = received
  return {
    timestamp: message.timestamp === 0 ? 0 : message.timestamp - now,
    expiration: message.expiration === 0 ? 0 : message.expiration - now,
  }
}

describe('the broker’s clock in place of the sender’s', () => {
  it('a message lives as long as its sender said, from its arrival', async () => {
    assert.deepEqual(await through({}, 5 * HOUR, 1000), { timestamp: 0, expiration: 1000 })
    // By the clock of the broker it would have been dead on arrival.
    assert.deepEqual(await through({}, -5 * HOUR, 1000), { timestamp: 0, expiration: 1000 })
    assert.deepEqual(await through({}, -HOUR, 0), { timestamp: 0, expiration: 0 })
  })

  it('no longer than the ceiling, and not for ever where a default is set', async () => {
    assert.deepEqual(await through({ ttlCeiling: 500 }, HOUR, 1000), { timestamp: 0, expiration: 500 })
    assert.deepEqual(await through({ ttlCeiling: 5000 }, HOUR, 1000), { timestamp: 0, expiration: 1000 })
    assert.deepEqual(await through({ zeroExpirationOverride: 700 }, 0, 0), { timestamp: 0, expiration: 700 })
    const both = { zeroExpirationOverride: 700, ttlCeiling: 600 }
    assert.deepEqual(await through(both, 0, 0), { timestamp: 0, expiration: 600 })
  })

  it('only later, when it is to be so', async () => {
    const options = { futureOnly: true }
    assert.deepEqual(await through(options, HOUR, 1000), { timestamp: HOUR, expiration: HOUR + 1000 })
    assert.deepEqual(await through(options, -10 * HOUR, HOUR), { timestamp: 0, expiration: HOUR })
  })

  it('not for messages without a time stamp', async () => {
    const options = { ttlCeiling: 500, zeroExpirationOverride: 500 }
    assert.deepEqual(await through(options, 0, 0, 0), { timestamp: 0, expiration: 0 })
  })

  it('not for the dead letter queue', async () => {
    const world = await World.open({ interceptors: [timeStamps({ zeroExpirationOverride: 10 })] })
    const client = world.connect()
    sendLater(client, 'ActiveMQ.DLQ', 'x', { timestamp: 5 })
    const [letter] = client.consume('ActiveMQ.DLQ').takeAll()
    assert.equal(letter?.message.timestamp, 5)
    assert.equal(letter?.message.expiration, 0)
  })

  it('options that are no times are refused', () => {
    for (const wrong of [{ ttlCeiling: -1 }, { zeroExpirationOverride: 1.5 }, { ttlCeiling: Number.NaN }]) {
      assert.throws(() => timeStamps(wrong), { code: 'CONFIGURATION_INVALID' })
    }
  })
})
