import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LazyMap } from '@millrace/base'

test('a lazy map is empty until something is set, and again when it was taken away', () => {
  const map = new LazyMap<string, number>()
  assert.equal(map.size, 0)
  assert.equal(map.get('a'), undefined)
  assert.equal(map.has('a'), false)
  assert.equal(map.delete('a'), false)
  assert.deepEqual([...map.values()], [])
  map.clear()
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  assert.deepEqual([map.size, map.get('a'), map.has('b'), ...map.values()], [2, 3, true, 3, 2])
  assert.equal(map.delete('a'), true)
  assert.deepEqual([map.size, ...map.values()], [1, 2])
  map.clear()
  assert.deepEqual([map.size, ...map.values()], [0])
})
