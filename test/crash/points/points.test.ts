import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Moment } from './host-process.ts'
import { Points } from './point.ts'
import { SCRIPTS } from './scripts.ts'

/*
 * A real broker on real files dies by SIGKILL before, within or after the first, second, third … call by which it changes
 * something on the disk, until the script ends without reaching it. Each time another one is started on what is left, and a
 * ledger of what was confirmed is checked. `npm run crash-points` takes every call and each moment; here it is some of them.
 */
const all = process.env['MILLRACE_CRASH_POINTS'] === 'all'
const MOMENTS: readonly Moment[] = ['before', 'after', 'within']

/** Calls that are left out between two; scripts are from 5 to 120 calls long. */
function strideOf(name: string): number {
  if (all) return 1
  return name.startsWith('segments') ? 29 : 3
}

/** No script has so many. */
const CALLS_MAX = 1000

describe('wherever a broker is killed, what it confirmed holds', { concurrency: 2 }, () => {
  for (const name of Object.keys(SCRIPTS)) {
    it(name, { timeout: 1_800_000 }, async (t) => {
      await using points = new Points()
      let deaths = 0
      let call = 1
      for (let dying = true; dying; call += strideOf(name)) {
        assert.ok(call < CALLS_MAX, 'the script never ends')
        dying = false
        const moments = all ? MOMENTS : [MOMENTS[deaths % MOMENTS.length] as Moment]
        for (const moment of moments) {
          if (!(await points.play(name, call, moment))) continue
          dying = true
          deaths++
        }
      }
      t.diagnostic(`${deaths} deaths at ${call - strideOf(name)} calls`)
      assert.ok(deaths > 0)
    })
  }
})
