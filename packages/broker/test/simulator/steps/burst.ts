import { TOPICS } from '../ledger.ts'
import type { Step } from '../step.ts'
import { subscribe } from './consume.ts'
import { readyClient } from './links.ts'
import { setPolicies } from './operate.ts'
import { sendLetter } from './send.ts'

/** More than a topic has memory for, beside a consumer that takes little at a time: what waits for it goes to the disk. */
export const burst: Step = {
  name: 'burst',
  weight: 3,
  run(simulation) {
    const { random } = simulation
    const client = readyClient(simulation)
    if (client === undefined || !simulation.open) return
    const destination = simulation.pick(TOPICS) as string
    // Where the disk is full too, sends are refused after a time.
    simulation.cramped = true
    setPolicies(simulation, { producerFlowControl: false, memoryLimit: 4000 })
    if (random(2) === 0) {
      const prefetch = [0, 1, 2, 5][random(4)] as number
      subscribe(simulation, client, { destination, place: null, selection: null, prefetch })
    }
    for (let left = 4 + random(16); left > 0; left--) {
      const size = random(8) === 0 ? 3000 : random(200)
      sendLetter(simulation, client, { destination, persistent: random(6) === 0, size, answer: random(3) > 0 })
    }
  },
}
