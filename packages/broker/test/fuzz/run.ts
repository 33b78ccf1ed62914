import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { seededRandom } from '@millrace/base'
import { Chance } from './chance.ts'
import { FuzzBroker } from './fuzz-broker.ts'
import type { FuzzTarget } from './target.ts'

/** After so many inputs the well-behaved client is asked how it is. */
const BATCH_INPUTS = 500
/** Inputs after which everything that is made once has been made. */
const WARM_INPUTS = 5_000
/** What is held by a broker that everybody has left may differ by this much from one moment to another. */
const GROWTH_BYTES_MAX = 12 * 1024 * 1024

export interface FuzzResult {
  readonly inputs: number
  readonly grownBytes: number
}

/** Throws what went wrong, with what it takes to see it again. `progress`: told after each batch. */
export async function fuzz(
  target: FuzzTarget,
  seed: number,
  inputs: number,
  progress: (done: number) => void = () => {},
): Promise<FuzzResult> {
  let done = 0
  let warmBytes = 0
  let measured = false
  try {
    const chance = new Chance(seededRandom(seed))
    const world = await FuzzBroker.open()
    while (done < inputs) {
      done += await target.batch(world, chance, Math.min(BATCH_INPUTS, inputs - done))
      await world.check()
      if (!measured && done >= Math.min(WARM_INPUTS, inputs / 2)) {
        measured = true
        warmBytes = await heldBytes()
      }
      progress(done)
    }
    const grownBytes = (await heldBytes()) - warmBytes
    await world.close()
    if (grownBytes > GROWTH_BYTES_MAX)
      throw new Error(`${grownBytes} bytes more are held than after ${WARM_INPUTS} inputs`)
    return { inputs: done, grownBytes }
  } catch (error) {
    const how = `MILLRACE_SEED=${seed} npm run fuzz -- --target ${target.name}`
    throw new Error(`${target.name}, seed ${seed}, after ${done} inputs: ${String(error)}\nagain: ${how}`, {
      cause: error,
    })
  }
}

async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
