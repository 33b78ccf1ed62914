import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seededRandom } from '@millrace/base'
import { DueHeap } from '../../../src/core/schedule/due-heap.ts'

it('what is due first is in front, whatever was added and taken out (seed 9)', () => {
  const random = seededRandom(9)
  const heap = new DueHeap<{ at: number; key: number; slot: number }>()
  let kept: { at: number; key: number; slot: number }[] = []
  for (let key = 1; key < 5000; key++) {
    const item = { at: random(200), key, slot: -1 }
    heap.add(item)
    kept.push(item)
    if (random(3) === 0) {
      const gone = kept[random(kept.length)] as (typeof kept)[0]
      heap.remove(gone)
      assert.equal(gone.slot, -1)
      kept = kept.filter((one) => one !== gone)
    }
    assert.equal(heap.count, kept.length)
  }
  assert.equal(new Set(heap).size, kept.length)
  kept.sort((a, b) => a.at - b.at || a.key - b.key)
  for (const expected of kept) {
    assert.equal(heap.first, expected)
    heap.remove(expected)
  }
  assert.equal(heap.first, null)
})
