import { test } from 'node:test'
import { fuzz } from './run.ts'
import { TARGETS } from './targets.ts'

const SEED = Number(process.env['MILLRACE_SEED'] ?? 20_261_124)
const INPUTS = Number(process.env['MILLRACE_FUZZ_INPUTS'] ?? 20_000)

for (const target of TARGETS) {
  test(`${target.title} cost their peers, never the broker nor another client (seed ${SEED})`, async () => {
    await fuzz(target, SEED, INPUTS)
  })
}
