import { AckType, MessageAck } from '@millrace/openwire'
import { destinationOf, type Held, type SimulatedClient, type SimulatedConsumer } from '../client.ts'
import { At, type Copy, DEAD_LETTERS, Fate, type Undecided } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { open } from './consume.ts'
import { readyClient } from './links.ts'

export const acknowledge: Step = {
  name: 'acknowledge',
  weight: 30,
  run(simulation) {
    const client = readyClient(simulation)
    const consumer =
      client === undefined ? undefined : simulation.pick(open(client).filter((one) => one.held.length > 0))
    if (client === undefined || consumer === undefined) return
    const { random } = simulation
    if (consumer.place === null || consumer.browser) {
      acknowledgeCounted(client, consumer, 1 + random(consumer.held.length))
      return
    }
    const dice = random(20)
    const transaction = client.transaction !== null && random(2) === 0 ? client.transaction : null
    // What comes back when a rollback is answered may lie in between.
    const gaps = [...client.limbo.keys()].some((one) => one !== client.transaction)
    if (dice < 8 || (gaps && dice < 16))
      settle(simulation, client, consumer, random(consumer.held.length), 1, AckType.Individual, transaction)
    else if (dice < 16) {
      settle(simulation, client, consumer, 0, 1 + random(consumer.held.length), AckType.Standard, transaction)
    } else if (dice < 18) settle(simulation, client, consumer, random(consumer.held.length), 1, AckType.Poison, null)
    else
      count(client, consumer, 1 + random(consumer.held.length), dice === 18 ? AckType.Delivered : AckType.Redelivered)
  },
}

/** Topics and browsers only count. */
export function acknowledgeCounted(client: SimulatedClient, consumer: SimulatedConsumer, count: number): void {
  const range = consumer.held.splice(0, count)
  const ack = ackOf(consumer, range, AckType.Standard)
  client.ask(ack, 'acknowledgement', () => {})
}

/** Removes nothing: it was seen, or is delivered once more by the client. */
function count(client: SimulatedClient, consumer: SimulatedConsumer, count: number, kind: AckType): void {
  const range = consumer.held.slice(0, count)
  if (kind === AckType.Redelivered) for (const { copy } of range) if (copy !== null) copy.counted++
  client.ask(ackOf(consumer, range, kind), 'acknowledgement', () => {})
}

export function settle(
  simulation: Simulation,
  client: SimulatedClient,
  consumer: SimulatedConsumer,
  from: number,
  count: number,
  kind: AckType,
  transaction: Undecided | null,
): void {
  const { ledger, random } = simulation
  const range = consumer.held.splice(from, count)
  const ack = ackOf(consumer, range, kind)
  if (from === 0 && kind === AckType.Standard && client.limbo.size === 0 && random(2) === 0) ack.firstMessageId = null
  const numbers = range.map(({ copy }) => copy?.letter.number).join(' ')
  const word = kind === AckType.Poison ? 'gives up' : 'acknowledges'
  simulation.note(() => `  ${consumer.name} ${word} ${numbers}${transaction === null ? '' : ` in ${transaction.id}`}`)
  if (transaction !== null) {
    ack.transactionId = client.transactionId(transaction)
    const limbo = client.limbo.get(transaction) ?? []
    client.limbo.set(transaction, limbo)
    for (const held of range) {
      limbo.push({ consumer, held })
      if (held.copy !== null) ledger.enlist(transaction, held.copy, consumer)
    }
    client.ask(ack, 'acknowledgement', () => {})
    return
  }
  const copies = range.map(({ copy }) => copy).filter((copy) => copy !== null)
  const after = copies.map((copy) => (kind === AckType.Poison ? graveOf(copy, consumer) : At.Nowhere))
  for (const [i, copy] of copies.entries()) ledger.settle(copy, after[i] as number)
  if (kind !== AckType.Poison && random(4) === 0) {
    client.send(ack)
    const { commandId } = ack
    client.silent.push(...copies.map((copy, i) => ({ copy, to: after[i] as number, commandId })))
    return
  }
  client.request(ack, `acknowledgement of ${numbers}`, ({ error, response }) => {
    if (error === null) {
      for (const [i, copy] of copies.entries()) ledger.settled(copy, after[i] as number)
      if (copies.some(({ letter }) => letter.persistent)) client.safe(response)
    } else if (kind !== AckType.Poison || !simulation.cramped) {
      // However full the disk is, what makes room is taken.
      simulation.fail(new Error(`an acknowledgement of ${numbers} was refused: ${error}`))
    }
  })
}

/** Where it is when nobody can use it. */
function graveOf({ letter }: Copy, consumer: SimulatedConsumer): number {
  return letter.persistent && consumer.destination !== DEAD_LETTERS ? At.Dead : At.Nowhere
}

function ackOf(consumer: SimulatedConsumer, range: readonly Held[], kind: AckType): MessageAck {
  const ack = new MessageAck()
  ack.consumerId = consumer.id
  ack.destination = destinationOf(consumer.destination)
  ack.ackType = kind
  ack.messageCount = range.length
  ack.firstMessageId = kind === AckType.Individual ? null : (range[0]?.messageId ?? null)
  ack.lastMessageId = range.at(-1)?.messageId ?? null
  return ack
}

/** For transactions: its acknowledgements can be a part of this one. */
export function isOpen(transaction: Undecided | null): transaction is Undecided {
  return transaction !== null && transaction.fate === Fate.Open
}
