import { ConnectionId, RemoveInfo, ShutdownInfo } from '@millrace/openwire'
import type { SimulatedClient } from '../client.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'

/** Few, so that they come back and find what they left. */
const CLIENT_IDS = ['c0', 'c1', 'c2', 'c3'] as const

export const connect: Step = {
  name: 'connect',
  weight: 8,
  run(simulation) {
    const free = CLIENT_IDS.filter((id) => !simulation.clients.some((one) => one.clientId === id))
    const clientId = simulation.pick(free)
    if (clientId === undefined) return
    simulation.note(() => `  ${clientId}`)
    simulation.connect(clientId)
    return simulation.random(2) === 0 ? simulation.rest() : undefined
  },
}

/** A client that lost its link comes back, and sends once more what was not answered. */
export const reconnect: Step = {
  name: 'reconnect',
  weight: 10,
  run(simulation) {
    const all = simulation.random(2) === 0
    const lost = gone(simulation)
    for (const client of all ? lost : lost.slice(0, 1)) {
      if (simulation.reconnect(client)) simulation.note(() => `  ${client.clientId}`)
    }
    return simulation.random(2) === 0 ? simulation.rest() : undefined
  },
}

/** A client that lost its link does not come back. */
export const forget: Step = {
  name: 'forget',
  weight: 2,
  run(simulation) {
    const client = simulation.pick(gone(simulation))
    if (client?.line.idle === true) simulation.clients.splice(simulation.clients.indexOf(client), 1)
  },
}

export const cut: Step = {
  name: 'cut',
  weight: 3,
  run(simulation) {
    const client = simulation.pick(simulation.clients.filter(({ alive }) => alive))
    simulation.note(() => `  ${client?.clientId}`)
    client?.cut()
  },
}

export const goodbye: Step = {
  name: 'goodbye',
  weight: 1,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    simulation.note(() => `  ${client.clientId}`)
    sayGoodbye(client)
  },
}

export function sayGoodbye(client: SimulatedClient): void {
  client.leaving = true
  // The broker rolls back what is open.
  if (client.transaction !== null) client.simulation.ledger.abandon(client.transaction)
  client.transaction = null
  for (const consumer of client.consumers) {
    for (const copy of consumer.owned) client.simulation.ledger.giveBack(copy, true)
    consumer.closed = true
    client.simulation.ledger.departed(consumer)
    consumer.held = []
  }
  for (const place of client.temporaries) client.simulation.ledger.vanishing(place)
  client.temporaries.length = 0
  const info = new RemoveInfo()
  info.objectId = new ConnectionId()
  info.objectId.value = client.connectionId
  info.lastDeliveredSequenceId = -2
  client.ask(info, 'goodbye', () => client.send(new ShutdownInfo()))
}

function gone(simulation: Simulation): SimulatedClient[] {
  return simulation.clients.filter(({ alive }) => !alive)
}

/** One that can be told to do something. */
export function readyClient(simulation: Simulation): SimulatedClient | undefined {
  return simulation.pick(simulation.clients.filter(({ alive, ready, leaving }) => alive && ready && !leaving))
}
