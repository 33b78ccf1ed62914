import { SHARED } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { open, subscribe, unsubscribeFrom } from './consume.ts'
import { readyClient } from './links.ts'

const CONSUMERS_MAX = 4

/** One more consumer of a subscription that several clients hold together. */
export const share: Step = {
  name: 'share',
  weight: 4,
  async run(simulation) {
    // Requests of several clients about one subscription must have an order.
    await simulation.rest()
    const client = readyClient(simulation)
    const facts = simulation.pick(SHARED)
    if (client === undefined || facts === undefined || open(client).length >= CONSUMERS_MAX) return
    const place = simulation.ledger.shared(facts)
    if (place.pending > 0) return
    const prefetch = [0, 1, 3, 20][simulation.random(4)] as number
    subscribe(simulation, client, { destination: facts.topic, place, selection: facts.selection, prefetch })
    await simulation.rest()
  },
}

export const unshare: Step = {
  name: 'unshare',
  weight: 1,
  async run(simulation) {
    await simulation.rest()
    const client = readyClient(simulation)
    const place = simulation.pick(
      simulation.ledger.durables().filter(({ durable }) => durable?.kind === 'shared' && durable.state !== 'none'),
    )
    if (client === undefined || place === undefined || place.pending > 0 || held(simulation, place.name)) return
    unsubscribeFrom(simulation, client, place)
    await simulation.rest()
  },
}

function held(simulation: Simulation, name: string): boolean {
  return simulation.clients.some((client) => client.alive && client.consumers.some(({ place }) => place?.name === name))
}
