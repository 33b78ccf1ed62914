import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'

export const start: Step = {
  name: 'start',
  weight: 12,
  run(simulation) {
    if (simulation.lifetime !== null) return
    simulation.start()
    return simulation.random(4) > 0 ? simulation.rest() : undefined
  },
}

export const kill: Step = {
  name: 'kill',
  weight: 2,
  run(simulation) {
    if (simulation.lifetime !== null) simulation.crash(false)
  },
}

export const cutPower: Step = {
  name: 'cut power',
  weight: 2,
  run(simulation) {
    if (simulation.lifetime !== null) simulation.crash(true)
  },
}

export const stop: Step = {
  name: 'stop',
  weight: 1,
  async run(simulation) {
    if (!simulation.open) return
    simulation.lifetime?.stop()
    // Most are waited for; others are cut short by what comes next.
    if (simulation.random(4) > 0) await stopped(simulation)
  },
}

/** Until the broker has come to its orderly end. Returns false if it cannot. */
export async function stopped(simulation: Simulation): Promise<boolean> {
  await simulation.rest()
  if (simulation.lifetime?.state !== 'closed') return false
  simulation.note(() => 'the broker has stopped')
  simulation.leave(simulation.disk)
  return true
}
