import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { Solitude } from '../../src/net/solitude.ts'

const [ONE, OTHER] = [{}, {}]

function heard(solitude: Solitude, peer: object, times: number): void {
  for (let i = 0; i < times; i++) solitude.heard(peer)
}

test('a write may be done within a call when one peer alone has spoken for a while', () => {
  const solitude = new Solitude(new ManualClock())
  assert.equal(solitude.begin(), false)
  heard(solitude, ONE, 16)
  assert.equal(solitude.begin(), false)
  heard(solitude, ONE, 1)
  assert.equal(solitude.begin(), true)
  solitude.end()
  heard(solitude, OTHER, 1)
  assert.equal(solitude.begin(), false)
  heard(solitude, ONE, 16)
  assert.equal(solitude.begin(), false)
  heard(solitude, ONE, 1)
  assert.equal(solitude.begin(), true)
})

test('one slow write is forgiven; a disk that is slow is left alone for a thousand', () => {
  const clock = new ManualClock()
  const solitude = new Solitude(clock)
  heard(solitude, ONE, 20)
  const write = (ms: number): boolean => {
    if (!solitude.begin()) return false
    clock.advance(ms)
    solitude.end()
    return true
  }
  assert.equal(write(20), true)
  for (let i = 0; i < 100; i++) assert.equal(write(0), true)
  let done = 0
  while (write(10)) done++
  assert.ok(done < 10, `${done} slow ones were waited for`)
  for (let i = 0; i < 999; i++) assert.equal(write(0), false)
  assert.equal(write(0), true)
})
