import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { expected, page, pageFile, titles } from '../src/compatibility.ts'
import { deviations } from '../src/deviations.ts'

test('each deviation is of a behaviour that there is', () => {
  const known = new Set(titles())
  const unknown = Object.values(deviations).flatMap((of) => Object.keys(of).filter((title) => !known.has(title)))
  assert.deepEqual(unknown, [])
})

test('docs/compatibility.md fits behaviours, deviations and versions; `npm run compatibility` writes it anew', () => {
  assert.equal(readFileSync(pageFile, 'utf8'), page(expected()))
})

test('results with a failure, or without a behaviour, make no page', () => {
  const [first, ...rest] = expected()
  assert.ok(first !== undefined)
  assert.throws(() => page(rest), /0 results/)
  assert.throws(() => page([{ ...first, outcome: 'fails' }, ...rest]), /it failed/)
})
