import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cancel, type Clock, ManualClock } from '@millrace/base'
import { Beat } from '../src/transport/beats.ts'

/** Counts the timers that are set just now. */
class CountingClock implements Clock {
  readonly manual: ManualClock = new ManualClock()
  timers = 0

  now(): number {
    return this.manual.now()
  }

  monotonic(): number {
    return this.manual.monotonic()
  }

  after(delayMs: number, callback: () => void): Cancel {
    let set = true
    this.timers++
    const end = (): void => {
      if (set) this.timers--
      set = false
    }
    const cancel = this.manual.after(delayMs, () => {
      end()
      callback()
    })
    return () => {
      end()
      cancel()
    }
  }

  every(periodMs: number, callback: () => void): Cancel {
    this.timers++
    return this.manual.every(periodMs, callback)
  }
}

test('beats of one period share one timer, and each keeps its own time', () => {
  const clock = new CountingClock()
  const heard: string[] = []
  const beats = ['a', 'b', 'c'].map((name) => new Beat(() => heard.push(`${name} ${clock.monotonic() - begin}`)))
  const begin = clock.monotonic()
  for (const beat of beats) {
    beat.start(clock, 100)
    clock.manual.advance(10)
  }
  assert.equal(clock.timers, 1)
  clock.manual.advance(200)
  assert.deepEqual(heard, ['a 100', 'b 110', 'c 120', 'a 200', 'b 210', 'c 220'])
  assert.equal(clock.timers, 1)
  for (const beat of beats) beat.stop()
  assert.equal(clock.timers, 0)
})

test('a beat that throws does not keep the others from theirs', () => {
  const clock = new CountingClock()
  let heard = 0
  const bad = new Beat(() => {
    throw new Error('bad')
  })
  const good = new Beat(() => heard++)
  bad.start(clock, 100)
  clock.manual.advance(50)
  good.start(clock, 100)
  assert.throws(() => clock.manual.advance(60), /bad/)
  clock.manual.advance(60)
  assert.equal(heard, 1)
  good.stop()
  bad.stop()
})

test('one that stops itself, or starts another, within its turn leaves the rest in order', () => {
  const clock = new CountingClock()
  const heard: string[] = []
  const later = new Beat(() => heard.push('later'))
  const once: Beat = new Beat(() => {
    heard.push('once')
    once.stop()
    later.start(clock, 100)
  })
  once.start(clock, 100)
  clock.manual.advance(100)
  assert.deepEqual(heard, ['once'])
  clock.manual.advance(100)
  assert.deepEqual(heard, ['once', 'later'])
  later.stop()
  assert.equal(clock.timers, 0)
})
