import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvariantError } from '../src/errors.ts'
import { ManualClock } from '../src/manual-clock.ts'
import { NOT_SCHEDULED, TimerWheel, type WheelEntry } from '../src/timer-wheel.ts'

class Entry implements WheelEntry {
  previous: WheelEntry | null = null
  next: WheelEntry | null = null
  slot: number = NOT_SCHEDULED
  dueStep = 0
  readonly due: () => void

  constructor(due: () => void) {
    this.due = due
  }
}

/** A wheel with steps of 10 ms and 8 slots, and what it has called. */
class Bench {
  readonly clock: ManualClock = new ManualClock()
  readonly wheel: TimerWheel = new TimerWheel(this.clock, 10, 8)
  readonly called: string[] = []

  entry(name: string, then: () => void = () => {}): Entry {
    return new Entry(() => {
      this.called.push(name)
      then()
    })
  }

  schedule(name: string, delayMs: number): Entry {
    const entry = this.entry(name)
    this.wheel.schedule(entry, delayMs)
    return entry
  }

  /** Lets time pass and ticks once, as a service that was busy does. */
  pass(ms: number): string[] {
    this.called.length = 0
    this.clock.advance(ms)
    this.wheel.tick(this.clock.monotonic())
    return [...this.called]
  }
}

test('an entry is called once, when its delay has passed and not before', () => {
  const bench = new Bench()
  bench.schedule('a', 30)
  assert.deepEqual(bench.pass(29), [])
  assert.deepEqual(bench.pass(1), ['a'])
  assert.deepEqual(bench.pass(1000), [])
  assert.equal(bench.wheel.length, 0)
})

test('an entry scheduled between two ticks is not early', () => {
  const bench = new Bench()
  bench.clock.advance(15)
  bench.schedule('a', 10)
  assert.deepEqual(bench.pass(9), [])
  assert.deepEqual(bench.pass(6), ['a'])
})

test('no delay means the next tick, never the present call', () => {
  const bench = new Bench()
  bench.schedule('a', 0)
  bench.schedule('b', -5)
  assert.deepEqual(bench.called, [])
  assert.deepEqual(bench.pass(10), ['a', 'b'])
})

test('entries are called step by step, and within one in the order of scheduling', () => {
  const bench = new Bench()
  bench.schedule('late', 40)
  bench.schedule('first', 12)
  bench.schedule('second', 11)
  assert.deepEqual(bench.pass(60), ['first', 'second', 'late'])
})

test('an entry further away than one round waits for its own round', () => {
  const bench = new Bench()
  bench.schedule('near', 20)
  bench.schedule('far', 20 + 80)
  bench.schedule('farther', 20 + 240)
  assert.deepEqual(bench.pass(20), ['near'])
  for (let i = 0; i < 7; i++) assert.deepEqual(bench.pass(10), [])
  assert.deepEqual(bench.pass(10), ['far'])
  assert.deepEqual(bench.pass(150), [])
  assert.deepEqual(bench.pass(10), ['farther'])
})

test('after a long pause everything that is due is called, and nothing else', () => {
  const bench = new Bench()
  for (const delay of [10, 75, 80, 300, 5000, 5010]) bench.schedule(String(delay), delay)
  assert.deepEqual(bench.pass(5000).sort(), ['10', '300', '5000', '75', '80'])
  assert.deepEqual(bench.pass(10), ['5010'])
})

test('a cancelled entry is not called; cancelling again does nothing', () => {
  const bench = new Bench()
  const a = bench.schedule('a', 10)
  bench.schedule('b', 10)
  bench.wheel.cancel(a)
  bench.wheel.cancel(a)
  assert.equal(bench.wheel.length, 1)
  assert.deepEqual(bench.pass(10), ['b'])
  bench.wheel.cancel(a)
  assert.equal(bench.wheel.length, 0)
})

test('scheduling one that waits moves it', () => {
  const bench = new Bench()
  const a = bench.schedule('a', 10)
  bench.wheel.schedule(a, 50)
  assert.equal(bench.wheel.length, 1)
  assert.deepEqual(bench.pass(40), [])
  bench.wheel.schedule(a, 0)
  assert.deepEqual(bench.pass(10), ['a'])
})

test('an entry may schedule itself again, for the next tick at the earliest', () => {
  const bench = new Bench()
  const again: Entry = bench.entry('again', () => bench.wheel.schedule(again, 0))
  bench.wheel.schedule(again, 0)
  assert.deepEqual(bench.pass(10), ['again'])
  assert.deepEqual(bench.pass(10), ['again'])
  assert.equal(bench.wheel.length, 1)
})

test('an entry may cancel or move another that is due in the same tick', () => {
  const bench = new Bench()
  const victim = bench.entry('victim')
  const moved = bench.entry('moved')
  const first = bench.entry('first', () => {
    bench.wheel.cancel(victim)
    bench.wheel.schedule(moved, 30)
  })
  for (const entry of [first, victim, moved]) bench.wheel.schedule(entry, 10)
  bench.schedule('last', 10)
  assert.deepEqual(bench.pass(10), ['first', 'last'])
  assert.deepEqual(bench.pass(30), ['moved'])
})

test('when an entry throws, the others are called in the next tick', () => {
  const bench = new Bench()
  const broken = bench.entry('broken', () => {
    throw new Error('for this test')
  })
  bench.wheel.schedule(broken, 10)
  bench.schedule('other', 10)
  assert.throws(() => bench.pass(10), /for this test/)
  assert.deepEqual(bench.pass(0), ['other'])
})

test('a tick that comes twice, or late, calls nothing twice', () => {
  const bench = new Bench()
  bench.schedule('a', 10)
  bench.clock.advance(10)
  bench.wheel.tick(10)
  bench.wheel.tick(10)
  bench.wheel.tick(5)
  bench.schedule('b', 10)
  bench.clock.advance(10)
  bench.wheel.tick(20)
  assert.deepEqual(bench.called, ['a', 'b'])
})

test('an endless delay is our mistake', () => {
  const bench = new Bench()
  for (const delay of [Number.POSITIVE_INFINITY, Number.NaN]) {
    assert.throws(() => bench.wheel.schedule(bench.entry('x'), delay), InvariantError)
  }
  assert.equal(bench.wheel.length, 0)
})

test('whatever is scheduled and cancelled, each entry is called in the first tick at or behind its moment', () => {
  const action = fc.record({
    what: fc.constantFrom('schedule', 'schedule', 'cancel', 'pass'),
    which: fc.nat({ max: 9 }),
    ms: fc.nat({ max: 200 }),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const bench = new Bench()
      const entries = Array.from({ length: 10 }, (_, i) => bench.entry(String(i)))
      // By entry, the first step at whose beginning its delay has passed, and which has not been ticked yet.
      const expected = new Map<string, number>()
      let ticked = 0
      for (const { what, which, ms } of actions) {
        const entry = entries[which] as Entry
        if (what === 'schedule') {
          bench.wheel.schedule(entry, ms)
          expected.set(String(which), Math.max(Math.ceil((bench.clock.monotonic() + ms) / 10), ticked + 1))
        } else if (what === 'cancel') {
          bench.wheel.cancel(entry)
          expected.delete(String(which))
        } else {
          const called = bench.pass(ms)
          ticked = Math.floor(bench.clock.monotonic() / 10)
          const due = [...expected].filter(([, step]) => step <= ticked).map(([name]) => name)
          assert.deepEqual(called.sort(), due.sort())
          for (const name of due) expected.delete(name)
        }
        assert.equal(bench.wheel.length, expected.size)
      }
    }),
    { numRuns: 500 },
  )
})
