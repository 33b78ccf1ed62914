import { encodePrimitiveMap, type Primitive, primitiveOf } from '@millrace/base'
import { encodeText } from '@millrace/openwire'
import { Appointment, type Terms } from '../appointment.ts'
import type { SimulatedClient } from '../client.ts'
import { COLORS, COMPOSITE, type Letter, QUEUES, TOPICS, type Undecided, VIRTUAL } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { readyClient } from './links.ts'

const DESTINATIONS = [
  ...QUEUES,
  ...QUEUES,
  ...TOPICS,
  'A,B',
  'B,topic://T',
  VIRTUAL,
  VIRTUAL,
  `A,${VIRTUAL}`,
  COMPOSITE,
] as const

export const send: Step = {
  name: 'send',
  weight: 34,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    const transacted = simulation.random(2) === 0
    for (let left = 1 + simulation.random(8); left > 0; left--) sendOne(simulation, client, transacted)
  },
}

function sendOne(simulation: Simulation, client: SimulatedClient, transacted: boolean): void {
  const { random, clock } = simulation
  sendLetter(simulation, client, {
    destination: simulation.pick(DESTINATIONS) as string,
    persistent: random(4) > 0,
    priority: random(4) === 0 ? random(10) : 4,
    color: simulation.pick(COLORS) as string,
    group: random(8) === 0 ? `G${random(2)}` : null,
    closes: random(6) === 0,
    expiration: random(8) === 0 ? clock.now() + 1 + random(1500) : 0,
    transaction: transacted ? client.transaction : null,
    // A few are larger than a batch.
    size: random(24) === 0 ? 3000 : random(200),
    answer: random(6) > 0,
  })
}

export interface Sending {
  readonly destination: string
  readonly persistent?: boolean
  readonly priority?: number
  readonly color?: string
  readonly group?: string | null
  /** The last one of its group. */
  readonly closes?: boolean
  /** Not now. */
  readonly terms?: Terms
  /** Wall clock in ms; 0 = never. */
  readonly expiration?: number
  readonly transaction?: Undecided | null
  /** Bytes of the body. */
  readonly size?: number
  /** Whether an answer is asked for. */
  readonly answer?: boolean
}

export function sendLetter(simulation: Simulation, client: SimulatedClient, sending: Sending): void {
  const { destination, persistent = true, priority = 4, color = 'red', group = null, expiration = 0 } = sending
  const { transaction = null, size = 0, answer = true, closes = false, terms } = sending
  const letter = simulation.ledger.intend(
    {
      producerId: client.producerId,
      sequence: ++client.sequence,
      destination,
      persistent,
      priority,
      color,
      group,
      closes: closes && group !== null,
      expiration,
      transaction,
      appointment: terms === undefined ? null : new Appointment(terms, simulation.clock.now()),
    },
    simulation.watchers(),
  )
  simulation.note(() => `  ${client.clientId} sends ${letter.number} to ${destination}${kindOf(letter)}`)
  const message = client.message(letter)
  if (terms !== undefined) message.marshalledProperties = propertiesOf(terms)
  message.content = encodeText(`${letter.number}`.padEnd(size, ' '))
  if (!answer) client.send(message)
  else if (transaction !== null) {
    client.request(message, `send of ${letter.number}`, ({ error }) => {
      if (error !== null) transaction.failed = true
    })
  } else {
    if (persistent) client.unanswered.push({ letter, message })
    client.requestSend(letter, message)
  }
}

function propertiesOf({ delayMs, periodMs, repeats, everyMinute, key }: Terms): Buffer {
  const properties = new Map<string, Primitive>()
  if (delayMs > 0) properties.set('AMQ_SCHEDULED_DELAY', primitiveOf(delayMs))
  if (periodMs > 0) properties.set('AMQ_SCHEDULED_PERIOD', primitiveOf(periodMs))
  if (repeats !== 0) properties.set('AMQ_SCHEDULED_REPEAT', primitiveOf(repeats))
  if (everyMinute) properties.set('AMQ_SCHEDULED_CRON', primitiveOf('* * * * *'))
  if (key !== null) properties.set('millraceScheduleKey', primitiveOf(key))
  return encodePrimitiveMap(properties)
}

function kindOf({ persistent, transaction, expiration, group, priority, appointment }: Letter): string {
  const texts: string[] = []
  if (!persistent) texts.push('not persistent')
  if (transaction !== null) texts.push(`in ${transaction.id}`)
  if (expiration > 0) texts.push('expires')
  if (group !== null) texts.push(group)
  if (appointment !== null) {
    const { delayMs, periodMs, repeats, everyMinute, key } = appointment.terms
    texts.push(`after ${delayMs} ms, each ${everyMinute ? 'minute' : `${periodMs} ms`}, ${repeats} more, ${key ?? ''}`)
  }
  if (priority !== 4) texts.push(`priority ${priority}`)
  return texts.length === 0 ? '' : ` (${texts.join(', ')})`
}
