import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seededRandom } from '@millrace/base'
import { QueueIndex } from '../../src/journal/queue-index.ts'

interface Entry {
  place: number
  offset: number
  length: number
  shares: number
}

function check(index: QueueIndex, model: Map<number, Entry>): void {
  const sorted = [...model].sort(([a], [b]) => a - b)
  assert.equal(index.count, model.size)
  assert.equal(index.keyFirst, sorted[0]?.[0] ?? 0)
  assert.equal(index.keyLast, sorted[sorted.length - 1]?.[0] ?? 0)
  assert.deepEqual(
    index.after(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
    sorted.map(([key, entry]) => ({ key, ...entry })),
  )
  let live = 0
  for (const chunk of index.chunks) live += chunk.live
  assert.equal(live, model.size)
}

for (const [name, seed, removals] of [
  ['from the front, as a queue is emptied', 1, 'front'],
  ['anywhere, as selectors do', 2, 'anywhere'],
  ['at the end', 3, 'end'],
] as const) {
  it(`entries come and go ${name} (seed ${seed})`, () => {
    const random = seededRandom(seed)
    const index = new QueueIndex()
    const model = new Map<number, Entry>()
    let key = 0
    for (let step = 0; step < 20_000; step++) {
      const growing = step % 10_000 < 6_000
      if (random(10) < (growing ? 7 : 3)) {
        // A branch that was prepared earlier brings an older key.
        const added = random(50) === 0 ? Math.max(1, key - random(3000)) + 0.5 : ++key
        if (model.has(added)) continue
        const entry = {
          place: random(1e9) * 1000,
          offset: random(1e6),
          length: 1 + random(1e6),
          shares: 1 + random(255),
        }
        index.insert(added, entry.place, entry.offset, entry.length, entry.shares)
        model.set(added, entry)
      } else if (model.size > 0) {
        const keys = removals === 'anywhere' ? [...model.keys()] : []
        const [first] = model.keys()
        const removed =
          removals === 'front'
            ? (first as number)
            : removals === 'end'
              ? index.keyLast
              : (keys[random(keys.length)] as number)
        assert.ok(index.find(removed))
        assert.equal(index.offset, model.get(removed)?.offset)
        index.remove()
        model.delete(removed)
        assert.ok(!index.find(removed))
        if (random(20) === 0) {
          // What was refused comes back.
          index.insert(removed, 7, 8, 9, 1)
          model.set(removed, { place: 7, offset: 8, length: 9, shares: 1 })
        }
      }
      if (removals === 'anywhere' ? step % 4000 === 0 : step % 1000 === 0) check(index, model)
    }
    check(index, model)
    for (const [each] of [...model]) {
      assert.ok(index.find(each))
      index.remove()
    }
    check(index, new Map())
    assert.equal(index.chunks.length, 0)
  })
}

it('a page ends at its count or at its bytes, but has at least one', () => {
  const index = new QueueIndex()
  for (let key = 1; key <= 3000; key++) index.insert(key, key, 0, 100, 1)
  assert.deepEqual(
    index.after(1500, 3, 1e9).map(({ key }) => key),
    [1501, 1502, 1503],
  )
  assert.equal(index.after(0, 1000, 1000).length, 10)
  assert.equal(index.after(0, 1000, 1).length, 1)
  assert.equal(index.after(2999, 10, 1e9).length, 1)
  assert.equal(index.after(3000, 10, 1e9).length, 0)
})

it('a frozen chunk is copied when it changes, and only then', () => {
  const index = new QueueIndex()
  for (let key = 1; key <= 100; key++) index.insert(key, key, 0, 1, 1)
  const chunk = index.chunks[0]
  assert.ok(chunk !== undefined)
  const { keys, lengths } = chunk
  chunk.frozen = true
  index.insert(101, 101, 0, 1, 1)
  assert.equal(chunk.keys, keys)
  assert.ok(index.find(5))
  index.remove()
  assert.notEqual(chunk.keys, keys)
  assert.equal(lengths[4], 1)
})

it('a long queue costs 25 bytes for each message', () => {
  const index = new QueueIndex()
  for (let key = 1; key <= 100_000; key++) index.insert(key, key, 0, 1, 1)
  let bytes = 0
  for (const { keys, places, offsets, lengths, shares } of index.chunks) {
    bytes += keys.byteLength + places.byteLength + offsets.byteLength + lengths.byteLength + shares.byteLength
  }
  assert.ok(bytes < 26 * 100_000, `${bytes} bytes`)
})
