import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../../src/cli/histogram.ts'

test('percentiles are right to within one per cent', () => {
  const histogram = new Histogram()
  for (let i = 1; i <= 10_000; i++) histogram.add(i / 100)
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const found = histogram.percentile(share) ?? 0
    assert.ok(Math.abs(found / (share * 100) - 1) <= 0.0101, `${share}: ${found}`)
  }
  assert.equal(histogram.percentile(1), 100)
  assert.equal(histogram.count, 10_000)
})

test('nothing has no percentile, and the extremes have a place', () => {
  const histogram = new Histogram()
  assert.equal(histogram.percentile(0.5), null)
  histogram.add(0)
  assert.equal(histogram.percentile(0.5), 0)
  histogram.add(1e9)
  assert.equal(histogram.percentile(1), 1e9)
})
