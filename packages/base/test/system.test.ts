import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../src/log.ts'
import { systemClock } from '../src/system.ts'

test('the clock of the system moves forward and knows the century', () => {
  const first = systemClock.monotonic()
  assert.ok(systemClock.monotonic() >= first)
  assert.ok(systemClock.now() > 1_700_000_000_000)
})

test('what was cancelled at once is cancelled, however long its delay', () => {
  const never = (): void => assert.fail('called')
  for (const cancel of [systemClock.after(2 ** 40, never), systemClock.after(0, never), systemClock.every(0, never)]) {
    cancel()
    cancel()
  }
})

test('the silent logger takes everything and says nothing', () => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    assert.equal(silentLogger[level]({ connection: 'x' }, 'a message'), undefined)
  }
})
