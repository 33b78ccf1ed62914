import assert from 'node:assert/strict'
import { test } from 'node:test'
import { campaign, textOf } from './campaign.ts'
import { planOf, play } from './history.ts'
import { STEPS } from './steps/index.ts'

/** `MILLRACE_SEED=7` begins there, `MILLRACE_HISTORIES=5000` plays more than these. */
const { MILLRACE_SEED, MILLRACE_HISTORIES } = process.env
const SEED = Number(MILLRACE_SEED ?? 1)
const HISTORIES = Number(MILLRACE_HISTORIES ?? 300)

/** A loaded machine plays fewer. */
const MS_MAX = MILLRACE_HISTORIES === undefined ? 15_000 : Number.POSITIVE_INFINITY

test('whatever happens to broker, disk and links, what was confirmed holds', async () => {
  const tally = await campaign(SEED, HISTORIES, 1, () => performance.now(), MS_MAX)
  assert.deepEqual(tally.failed.map(textOf), [])
  assert.ok(tally.histories > 0)
})

test('the same seed gives the same history, event by event', async () => {
  for (const seed of [SEED, SEED + 1, SEED + 2, SEED + 3]) {
    const one = await play(planOf(seed), true)
    const other = await play(planOf(seed), true)
    assert.equal(one.trace.join('\n'), other.trace.join('\n'))
    assert.equal(one.events, other.events)
  }
})

test('histories have everything in them that can happen', async () => {
  const seen = new Set<string>()
  let events = 0
  for (let seed = 1; seed <= 20; seed++) {
    for (const { step } of planOf(seed).steps) seen.add(step.name)
    events += (await play(planOf(seed), false)).events
  }
  assert.deepEqual(
    STEPS.map(({ name }) => name).filter((name) => !seen.has(name)),
    [],
  )
  assert.ok(events > 2000, `${events} events`)
})
