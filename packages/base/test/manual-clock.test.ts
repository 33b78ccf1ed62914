import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../src/manual-clock.ts'

test('it stands still until it is told to move', () => {
  const clock = new ManualClock(5000)
  assert.equal(clock.now(), 5000)
  assert.equal(clock.monotonic(), 0)
  clock.advance(250)
  assert.equal(clock.now(), 5250)
  assert.equal(clock.monotonic(), 250)
})

test('only the wall clock jumps', () => {
  const clock = new ManualClock(5000)
  const called: number[] = []
  clock.after(100, () => called.push(clock.monotonic()))
  clock.jump(-3000)
  assert.equal(clock.now(), 2000)
  assert.equal(clock.monotonic(), 0)
  clock.advance(99)
  assert.deepEqual(called, [])
  clock.advance(1)
  assert.deepEqual(called, [100])
})

test('what falls due is called in order, each at its own moment', () => {
  const clock = new ManualClock(0)
  const called: string[] = []
  const note = (name: string) => (): void => {
    called.push(`${name} at ${clock.now()}`)
  }
  clock.after(30, note('c'))
  clock.after(10, note('a'))
  clock.after(20, note('b1'))
  clock.after(20, note('b2'))
  clock.after(41, note('later'))
  clock.advance(40)
  assert.deepEqual(called, ['a at 10', 'b1 at 20', 'b2 at 20', 'c at 30'])
  assert.equal(clock.now(), 40)
})

test('every comes again and again until it is cancelled', () => {
  const clock = new ManualClock()
  const called: number[] = []
  const cancel = clock.every(10, () => called.push(clock.monotonic()))
  clock.advance(35)
  assert.deepEqual(called, [10, 20, 30])
  cancel()
  cancel()
  clock.advance(100)
  assert.deepEqual(called, [10, 20, 30])
})

test('a cancelled call does not come, also when it is cancelled on the way', () => {
  const clock = new ManualClock()
  const called: string[] = []
  const cancelSecond = clock.after(20, () => called.push('second'))
  clock.after(10, () => {
    called.push('first')
    cancelSecond()
  })
  const cancelThird = clock.after(30, () => called.push('third'))
  cancelThird()
  clock.advance(100)
  assert.deepEqual(called, ['first'])
})

test('a call may ask for another that falls due in the same advance', () => {
  const clock = new ManualClock()
  const called: number[] = []
  clock.after(10, () => {
    called.push(clock.monotonic())
    clock.after(5, () => called.push(clock.monotonic()))
    clock.after(0, () => called.push(clock.monotonic()))
  })
  clock.advance(20)
  assert.deepEqual(called, [10, 10, 15])
})

test('a step goes to the next call that falls due, and no further', () => {
  const clock = new ManualClock(0)
  const called: string[] = []
  clock.after(10, () => called.push('a'))
  clock.after(10, () => called.push('b'))
  clock.every(25, () => called.push('c'))
  assert.equal(clock.step(9), false)
  assert.equal(clock.monotonic(), 0)
  assert.equal(clock.step(100), true)
  assert.deepEqual(called, ['a'])
  assert.equal(clock.step(0), true)
  assert.deepEqual(called, ['a', 'b'])
  assert.equal(clock.monotonic(), 10)
  assert.equal(clock.step(100), true)
  assert.deepEqual(called, ['a', 'b', 'c'])
  assert.equal(clock.monotonic(), 25)
  assert.equal(clock.step(24), false)
})
