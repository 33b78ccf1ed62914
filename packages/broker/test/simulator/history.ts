import { seededRandom } from '@millrace/base'
import { finish } from './finish.ts'
import { Simulation } from './simulation.ts'
import type { Step } from './step.ts'
import { STEPS } from './steps/index.ts'

/** One step of a plan: which kind, and the seed of everything it chooses. */
export interface Planned {
  readonly step: Step
  readonly seed: number
}

/** A history before it is played. The same seed gives the same plan, and a plan gives the same history. */
export interface Plan {
  readonly seed: number
  readonly steps: readonly Planned[]
}

export interface Outcome {
  readonly plan: Plan
  /** What was violated; null: nothing. */
  readonly failure: unknown
  readonly trace: readonly string[]
  readonly events: number
  readonly lifetimes: number
  readonly messages: number
}

const STEPS_MIN = 30
const STEPS_MAX = 130

const WEIGHTS = STEPS.reduce((sum, { weight }) => sum + weight, 0)

export function planOf(seed: number): Plan {
  const random = seededRandom(seed)
  const steps: Planned[] = []
  for (let left = STEPS_MIN + random(STEPS_MAX - STEPS_MIN); left > 0; left--) {
    steps.push({ step: drawn(random(WEIGHTS)), seed: random(2 ** 31) })
  }
  return { seed, steps }
}

function drawn(at: number): Step {
  let left = at
  for (const step of STEPS) {
    if (left < step.weight) return step
    left -= step.weight
  }
  return STEPS[0] as Step
}

/** Plays it to its end, or to what is wrong. Without `tracing` nothing is written down. */
export async function play(plan: Plan, tracing: boolean): Promise<Outcome> {
  const simulation = new Simulation(plan.seed, tracing)
  let failure: unknown = null
  try {
    simulation.start()
    await simulation.rest()
    for (const [i, { step, seed }] of plan.steps.entries()) {
      simulation.random = seededRandom(seed)
      simulation.note(() => `${i + 1}. ${step.name}`)
      await step.run(simulation)
      await simulation.happen(happenings(simulation.random(8), simulation.random(40)))
    }
    simulation.random = seededRandom(plan.seed + 1)
    await finish(simulation)
    simulation.check()
  } catch (error) {
    // What was noted first is the cause of what was thrown.
    failure = simulation.failure ?? error
  }
  simulation.end()
  const { events, lifetimes } = simulation
  return { plan, failure, trace: simulation.trace ?? [], events, lifetimes, messages: simulation.ledger.letters.size }
}

/** Often nearly nothing, so that steps meet each other's halves; sometimes much. */
function happenings(dice: number, many: number): number {
  if (dice < 3) return dice
  return dice < 6 ? many >> 2 : many
}
