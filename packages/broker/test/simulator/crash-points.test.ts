import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { finish } from './finish.ts'
import { SCRIPTS, stageOf } from './scripts.ts'
import { Simulation } from './simulation.ts'

/** `MILLRACE_CALLS=all`: the longest scripts too die at every call, not at every third. */
function stride(name: string): number {
  const long = name.startsWith('segments') || name === 'schedule'
  return long && process.env['MILLRACE_CALLS'] !== 'all' ? 3 : 1
}

/** The calls of the disk in one script, with those of starting the broker. */
const CALLS_MAX = 2000

type Prepare = (simulation: Simulation) => void

/**
 * Plays a script with something prepared, then the quiet end with all its checks. True: the script came to its end before
 * the broker died.
 */
async function play(name: string, seed: number, prepare: Prepare, full: boolean): Promise<boolean> {
  const simulation = new Simulation(seed, true)
  try {
    prepare(simulation)
    simulation.start()
    await simulation.rest()
    const first = simulation.lifetime
    const stage = first === null ? null : await stageOf(simulation)
    if (stage !== null) {
      for (const act of SCRIPTS[name] ?? []) {
        if (simulation.lifetime !== first) break
        await act(stage)
        await simulation.rest()
      }
      if (full) await acknowledged(simulation)
    }
    const whole = !simulation.died
    // Sometimes it dies while the disk is still full, and is started on what is left.
    if (full && seed % 3 > 0 && simulation.lifetime !== null) {
      simulation.crash(seed % 3 === 1)
      simulation.start()
      await simulation.rest()
    }
    await finish(simulation)
    simulation.check()
    return whole
  } catch (error) {
    throw new Error(`${name}, ${seed}:\n${simulation.trace?.join('\n')}`, { cause: simulation.failure ?? error })
  } finally {
    simulation.end()
  }
}

/** While the disk is full: whoever takes messages away is answered. */
async function acknowledged(simulation: Simulation): Promise<void> {
  await simulation.pass(2000)
  const waiting = simulation.clients.flatMap((client) => client.unansweredRequests)
  assert.deepEqual(
    waiting.filter((what) => what.startsWith('acknowledgement')),
    [],
    'an acknowledgement waits for room',
  )
}

describe('after a crash at any call of the disk what was confirmed holds', () => {
  for (const name of Object.keys(SCRIPTS)) {
    for (const power of [false, true]) {
      it(`${name}, ${power ? 'the power is cut' : 'the process is killed'}`, async () => {
        let call = 1
        while (!(await play(name, call, (simulation) => simulation.dieAt(call, power), false))) {
          call += stride(name)
          assert.ok(call < CALLS_MAX, 'the script never ends')
        }
        assert.ok(call > 5, `${call} calls`)
      })
    }
  }
})

describe('when the disk is full from any call on sends are refused, acknowledgements are not, and nothing is lost', () => {
  for (const name of Object.keys(SCRIPTS)) {
    it(name, async () => {
      for (let call = 1; call < CALLS_MAX; call += stride(name)) {
        let left = call
        await play(
          name,
          call,
          (simulation) => {
            const { disk } = simulation
            disk.faults = ({ kind }) => {
              if (kind !== 'read' && --left === 0) {
                simulation.cramped = true
                simulation.capacity = disk.used
                disk.capacity = disk.used
              }
              return null
            }
          },
          true,
        )
        if (left > 0) return
      }
    })
  }
})
