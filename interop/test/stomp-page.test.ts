import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { stompDeviations } from '../src/stomp/deviations.ts'
import { stompPage, stompPageFile, stompTitles } from '../src/stomp/page.ts'

test('each deviation is of a behaviour that there is', () => {
  const known = new Set(stompTitles())
  assert.deepEqual(
    stompDeviations.filter(({ title }) => !known.has(title)),
    [],
  )
})

test('docs/stomp-clients.md fits behaviours, deviations and versions; `npm run compatibility` writes it anew', () => {
  assert.equal(readFileSync(stompPageFile, 'utf8'), stompPage())
})
