import { ConnectionId, ConsumerInfo, DestinationInfo } from '@millrace/openwire'
import { destinationOf, TEMPORARY } from '../client.ts'
import type { Step } from '../step.ts'
import { open, subscribe } from './consume.ts'
import { readyClient } from './links.ts'
import { sendLetter } from './send.ts'

/** A client makes a queue that goes with its connection, and consumes from it. */
export const makeTemporary: Step = {
  name: 'make temporary queue',
  weight: 2,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined || client.temporaries.length > 0) return
    const name = `${TEMPORARY}${client.connectionId}:${simulation.number()}`
    simulation.note(() => `  ${name}`)
    const place = simulation.ledger.temporary(name)
    client.temporaries.push(place)
    const info = new DestinationInfo()
    info.connectionId = new ConnectionId()
    info.connectionId.value = client.connectionId
    info.destination = destinationOf(name)
    client.ask(info, `making ${name}`, () => {
      if (client.temporaries.includes(place) && place.durable !== null) place.durable.state = 'there'
    })
    if (simulation.random(3) === 0) return
    const prefetch = [0, 1, 50][simulation.random(3)] as number
    subscribe(simulation, client, { destination: name, place, selection: null, prefetch })
  },
}

/** Anybody sends there; whether it is still there, nobody knows. */
export const sendTemporary: Step = {
  name: 'send to temporary queue',
  weight: 4,
  run(simulation) {
    const client = readyClient(simulation)
    const known = simulation.ledger.temporaries().filter(({ durable }) => durable?.state !== 'none')
    const place = simulation.random(4) === 0 ? simulation.pick(simulation.ledger.temporaries()) : simulation.pick(known)
    if (client === undefined || place === undefined) return
    const { random, clock } = simulation
    for (let left = 1 + random(3); left > 0; left--) {
      sendLetter(simulation, client, {
        destination: place.destination,
        persistent: random(2) === 0,
        expiration: random(6) === 0 ? clock.now() + 1 + random(800) : 0,
      })
    }
  },
}

/** Only its own connection consumes from it. */
export const intrude: Step = {
  name: 'intrude',
  weight: 1,
  run(simulation) {
    const client = readyClient(simulation)
    const place = simulation.pick(
      // One that its client had before it lost its link it may have again.
      simulation.ledger.temporaries().filter(({ name }) => client !== undefined && !name.includes(client.connectionId)),
    )
    if (client === undefined || place === undefined || open(client).length > 3) return
    simulation.note(() => `  ${client.clientId} would consume from ${place.name}`)
    const info = new ConsumerInfo()
    info.consumerId = client.nextId()
    info.destination = destinationOf(place.destination)
    info.prefetchSize = 10
    client.request(info, `consumer of ${place.name}`, ({ error }) => {
      if (error === null) simulation.fail(new Error(`${client.clientId} consumes from ${place.name}, not its own`))
    })
  },
}
