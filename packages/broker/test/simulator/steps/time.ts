import { TICK_MS } from '../simulation.ts'
import type { Step } from '../step.ts'

export const tick: Step = {
  name: 'tick',
  weight: 14,
  run(simulation) {
    simulation.tick(TICK_MS)
  },
}

export const wait: Step = {
  name: 'wait',
  weight: 4,
  async run(simulation) {
    await simulation.pass(100 * (1 + simulation.random(8)))
  },
}

/** Everything that is under way comes to its end. */
export const rest: Step = {
  name: 'rest',
  weight: 8,
  async run(simulation) {
    await simulation.rest()
  },
}

/** A minute passes of which the broker sees nothing. */
export const leap: Step = {
  name: 'leap',
  weight: 1,
  run(simulation) {
    simulation.tick(60_000)
  },
}
