import { encodePrimitiveMap, primitiveOf } from '@millrace/base'
import { messageText, type SimulatedClient } from '../client.ts'
import { COMPOSITE, QUEUES, VIRTUAL } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { readyClient } from './links.ts'
import { sendLetter } from './send.ts'

const DESTINATIONS = [...QUEUES, 'A,B', VIRTUAL, COMPOSITE] as const

export const schedule: Step = {
  name: 'schedule',
  weight: 5,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    const { random } = simulation
    const transaction = random(4) === 0 ? client.transaction : null
    const dice = random(12)
    // Mostly so many times, sometimes for ever or by the clock on the wall.
    const repeats = dice < 6 ? 0 : dice < 10 ? 1 + random(3) : dice === 10 ? -1 : random(2)
    const everyMinute = dice === 11
    const key = transaction === null && random(3) === 0 ? `${client.clientId}-${random(2)}` : null
    const periodMs = repeats === 0 ? 0 : 100 * (1 + random(4))
    const delayMs = repeats === 0 && !everyMinute ? 1 + random(1500) : random(2) * random(600)
    sendLetter(simulation, client, {
      destination: simulation.pick(DESTINATIONS) as string,
      persistent: random(4) > 0,
      color: random(2) === 0 ? 'red' : 'green',
      size: random(200),
      transaction,
      terms: { delayMs, periodMs, repeats, everyMinute, key },
    })
  },
}

/** Somebody cancels one of them, whoever sent it. */
export const cancel: Step = {
  name: 'cancel',
  weight: 2,
  run(simulation) {
    const client = readyClient(simulation)
    const letter = simulation.pick(
      simulation.ledger.appointments().filter((one) => !one.refused && !one.appointment.ending),
    )
    if (client === undefined || letter === undefined || letter.transaction !== null) return
    simulation.note(() => `  ${client.clientId} cancels ${letter.number}`)
    simulation.ledger.ending(letter)
    const certain = letter.confirmed
    const id = messageText(client.message(letter).messageId).replace(`${client.connectionId}:1:1`, letter.producerId)
    demand(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: id }, () => {
      if (certain) letter.appointment.end(simulation.clock.now())
    })
  },
}

/** Everything that is kept back, for ever. */
export function cancelAll(simulation: Simulation, client: SimulatedClient): void {
  simulation.note(() => `  ${client.clientId} cancels all`)
  for (const letter of simulation.ledger.appointments()) simulation.ledger.ending(letter)
  demand(client, { AMQ_SCHEDULER_ACTION: 'REMOVEALL' }, () => {})
}

function demand(client: SimulatedClient, properties: Readonly<Record<string, string>>, then: () => void): void {
  const message = client.bareMessage('topic://ActiveMQ.Scheduler.Management')
  message.marshalledProperties = encodePrimitiveMap(
    new Map(Object.entries(properties).map(([name, value]) => [name, primitiveOf(value)])),
  )
  client.request(message, properties['AMQ_SCHEDULER_ACTION'] ?? '', ({ error }) => {
    if (error === null) then()
    else client.simulation.fail(new Error(`a request to the scheduler was refused: ${error}`))
  })
}
