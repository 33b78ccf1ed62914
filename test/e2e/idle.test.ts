import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cancel, type Clock, systemClock } from '@millrace/base'
import { SOON, startBroker } from './fixture.ts'

/** The real time, and how many of its timers are set just now. */
function countingClock(): { clock: Clock; timers: Set<object> } {
  const timers = new Set<object>()
  const counted = (start: (done: () => void) => Cancel): Cancel => {
    const timer = {}
    timers.add(timer)
    const cancel = start(() => timers.delete(timer))
    return () => {
      timers.delete(timer)
      cancel()
    }
  }
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic(),
    after: (delayMs, callback) =>
      counted((done) =>
        systemClock.after(delayMs, () => {
          done()
          callback()
        }),
      ),
    every: (periodMs, callback) => counted(() => systemClock.every(periodMs, callback)),
  }
  return { clock, timers }
}

test('idle connections and consumers have no timers of their own', { timeout: 6 * SOON }, async (t) => {
  const { connect } = await startBroker(t)
  const { clock, timers } = countingClock()
  const open = async (): Promise<void> => {
    const connection = await connect({ clock })
    const session = await connection.createSession()
    for (let i = 0; i < 5; i++) await session.createConsumer(session.createQueue('IDLE'))
  }
  await open()
  const few = timers.size
  for (let i = 0; i < 20; i++) await open()
  assert.equal(timers.size, few)
})
