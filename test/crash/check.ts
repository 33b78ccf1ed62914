import type { LedgerEvent, ReceivedEvent, SendEvent } from './ledger.ts'

/*
 * The judge of a crash run. It reads a ledger that ended with a quiet phase, in which every endpoint was emptied and
 * every acknowledgement confirmed, and says what cannot be explained:
 *
 *   I1  a persistent message that was confirmed is consumed: its disappearance is explained by an acknowledgement
 *   I2  what was acknowledged and confirmed is never delivered again
 *   I3  a second delivery follows a release of the first, and within one life it is marked; a second copy of what was
 *       said follows a first whose outcome was unknown
 *   I4  what one consumer gets for the first time comes in the order in which its producer sent it
 *   I5  what arrives is what was sent, byte for byte
 *   I6  nothing arrives that was never sent, refused or rolled back; a transaction happens as a whole or not at all
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6'

export interface Finding {
  readonly invariant: Invariant
  readonly text: string
}

/** What became of a send or of a transaction, as far as its client knows. */
type Outcome = 'confirmed' | 'unknown' | 'refused'

interface Delivery {
  readonly event: ReceivedEvent
  readonly at: number
  releasedAt: number
  /** The intent. What is delivered again after a rollback is another delivery. */
  acknowledgement: { readonly at: number; readonly transaction: string | null } | null
  confirmedAt: number
}

interface Transaction {
  readonly id: string
  commitAt: number
  outcomeAt: number
  outcome: Outcome
  readonly sends: SendEvent[]
  readonly deliveries: Delivery[]
}

const NEVER: number = Number.POSITIVE_INFINITY

export function check(events: readonly LedgerEvent[]): Finding[] {
  return new Checker(events).run()
}

class Checker {
  readonly #events: readonly LedgerEvent[]
  readonly #findings: Finding[] = []
  readonly #sends = new Map<string, SendEvent>()
  readonly #sent = new Map<string, number>()
  readonly #refused = new Set<string>()
  readonly #deliveries = new Map<number, Delivery>()
  /** By message and endpoint, in order. */
  readonly #places = new Map<string, Delivery[]>()
  readonly #transactions = new Map<string, Transaction>()

  constructor(events: readonly LedgerEvent[]) {
    this.#events = events
  }

  run(): Finding[] {
    this.#read()
    this.#checkPlaces()
    this.#checkOrder()
    this.#checkTransactions()
    this.#checkCopies()
    return this.#findings
  }

  #read(): void {
    for (const [at, event] of this.#events.entries()) {
      switch (event.kind) {
        case 'send':
          this.#sends.set(event.id, event)
          if (event.transaction !== null) this.#transaction(event.transaction).sends.push(event)
          break
        case 'sent':
          this.#sent.set(event.id, at)
          break
        case 'refused':
          this.#refused.add(event.id)
          break
        case 'received': {
          const delivery: Delivery = { event, at, releasedAt: NEVER, acknowledgement: null, confirmedAt: NEVER }
          this.#deliveries.set(event.delivery, delivery)
          const place = placeOf(event.id, event.endpoint)
          const there = this.#places.get(place)
          if (there === undefined) this.#places.set(place, [delivery])
          else there.push(delivery)
          break
        }
        case 'acknowledge': {
          const delivery = this.#delivery(event.delivery)
          delivery.acknowledgement = { at, transaction: event.transaction }
          if (event.transaction !== null) this.#transaction(event.transaction).deliveries.push(delivery)
          break
        }
        case 'acknowledged':
          this.#delivery(event.delivery).confirmedAt = at
          break
        case 'released':
          this.#delivery(event.delivery).releasedAt = at
          break
        case 'commit':
          this.#transaction(event.transaction).commitAt = at
          break
        case 'committed':
        case 'rolled-back': {
          const transaction = this.#transaction(event.transaction)
          transaction.outcomeAt = at
          transaction.outcome = event.kind === 'committed' ? 'confirmed' : 'refused'
          break
        }
        default:
          throw new Error(`unknown event ${JSON.stringify(event satisfies never)}`)
      }
    }
    for (const transaction of this.#transactions.values()) {
      if (transaction.outcome === 'unknown' && transaction.commitAt === NEVER) transaction.outcome = 'refused'
      if (transaction.outcome !== 'confirmed') continue
      for (const delivery of transaction.deliveries) delivery.confirmedAt = transaction.outcomeAt
    }
  }

  /** One message at one endpoint: lost, returned, repeated, changed, or never meant to be there. */
  #checkPlaces(): void {
    for (const send of this.#sends.values()) {
      const outcome = this.#outcomeOf(send)
      for (const endpoint of send.endpoints) {
        const deliveries = this.#places.get(placeOf(send.id, endpoint)) ?? []
        if (outcome === 'refused' && deliveries.length > 0) {
          this.#find('I6', `${send.id} was refused or rolled back, yet ${endpoint} delivered it`)
        }
        if (outcome === 'confirmed' && send.persistent) {
          const [last] = deliveries.slice(-1)
          if (last === undefined) this.#find('I1', `${send.id} was confirmed, but never came out of ${endpoint}`)
          else if (!this.#mayHaveEnded(last)) {
            this.#find('I1', `${send.id} was confirmed and not consumed, but is gone from ${endpoint}`)
          }
        }
      }
    }
    for (const deliveries of this.#places.values()) this.#checkPlace(deliveries)
  }

  #checkPlace(deliveries: readonly Delivery[]): void {
    for (const [index, delivery] of deliveries.entries()) {
      const { id, endpoint, hash, life, consumer, redelivered } = delivery.event
      const send = this.#sends.get(id)
      const where = `${id} from ${endpoint} to ${consumer}`
      if (send === undefined) {
        this.#find('I6', `${where}: nobody sent it`)
        continue
      }
      if (!send.endpoints.includes(endpoint)) this.#find('I6', `${where}: it was not sent there`)
      if (send.hash !== hash) this.#find('I5', `${where}: it is not what was sent`)
      const earlier = deliveries.slice(0, index)
      const confirmed = earlier.find((one) => one.confirmedAt < delivery.at)
      if (confirmed !== undefined) {
        this.#find('I2', `${where}: its acknowledgement by ${confirmed.event.consumer} had been confirmed`)
        continue
      }
      const [before] = earlier.slice(-1)
      if (before === undefined) continue
      if (before.releasedAt > delivery.at) {
        this.#find('I3', `${where}: ${before.event.consumer} still had it`)
      } else if (before.event.life === life && !redelivered) {
        this.#find('I3', `${where}: it was delivered before in this life of the broker, but is not marked redelivered`)
      }
    }
  }

  #checkOrder(): void {
    const seen = new Set<string>()
    const highest = new Map<string, { readonly sequence: number; readonly id: string }>()
    for (const { event } of this.#deliveries.values()) {
      const place = placeOf(event.id, event.endpoint)
      const send = this.#sends.get(event.id)
      if (send === undefined || seen.has(place)) continue
      seen.add(place)
      const stream = `${send.producer} ${event.consumer}`
      const before = highest.get(stream)
      if (before !== undefined && before.sequence > send.sequence) {
        this.#find('I4', `${event.consumer} got ${send.id} after ${before.id}, which ${send.producer} had sent later`)
        continue
      }
      highest.set(stream, { sequence: send.sequence, id: send.id })
    }
  }

  /** Where the outcome is unknown, what is seen of its sends and acknowledgements must agree. */
  #checkTransactions(): void {
    for (const transaction of this.#transactions.values()) {
      if (transaction.outcome !== 'unknown') continue
      const happened: string[] = []
      const not: string[] = []
      for (const send of transaction.sends) {
        if (!send.persistent) continue
        for (const endpoint of send.endpoints) {
          const came = this.#places.has(placeOf(send.id, endpoint))
          ;(came ? happened : not).push(`${send.id} to ${endpoint}`)
        }
      }
      for (const delivery of transaction.deliveries) {
        const { id, endpoint } = delivery.event
        const send = this.#sends.get(id)
        // What was not persistent may have vanished with the broker.
        if (send?.persistent !== true) continue
        const again = (this.#places.get(placeOf(id, endpoint)) ?? []).some((other) => other.at > delivery.at)
        ;(again ? not : happened).push(`the acknowledgement of ${id} at ${endpoint}`)
      }
      if (happened.length > 0 && not.length > 0) {
        this.#find('I6', `transaction ${transaction.id} happened in part: ${happened[0]} did, ${not[0]} did not`)
      }
    }
  }

  /** Somebody who says it again must have had a reason. */
  #checkCopies(): void {
    const attempts = new Map<string, SendEvent[]>()
    for (const send of this.#sends.values()) {
      const before = attempts.get(send.logical)
      if (before === undefined) attempts.set(send.logical, [send])
      else before.push(send)
    }
    for (const [logical, sends] of attempts) {
      const arrived = sends.filter((send) =>
        send.endpoints.some((endpoint) => this.#places.has(placeOf(send.id, endpoint))),
      )
      for (const send of arrived.slice(0, -1)) {
        if (this.#outcomeOf(send) === 'unknown') continue
        this.#find('I3', `${logical} arrived ${arrived.length} times, although ${send.id} was confirmed`)
      }
    }
  }

  #outcomeOf(send: SendEvent): Outcome {
    if (send.transaction !== null) return this.#transaction(send.transaction).outcome
    if (this.#refused.has(send.id)) return 'refused'
    return this.#sent.has(send.id) ? 'confirmed' : 'unknown'
  }

  /** Whether this delivery, the last one, can be the reason that the message is gone. */
  #mayHaveEnded(delivery: Delivery): boolean {
    if (delivery.acknowledgement === null) return false
    const { transaction } = delivery.acknowledgement
    return transaction === null || this.#transaction(transaction).outcome !== 'refused'
  }

  #delivery(number: number): Delivery {
    const delivery = this.#deliveries.get(number)
    if (delivery === undefined) throw new Error(`the ledger acknowledges delivery ${number}, which it does not have`)
    return delivery
  }

  #transaction(id: string): Transaction {
    let transaction = this.#transactions.get(id)
    if (transaction === undefined) {
      transaction = { id, commitAt: NEVER, outcomeAt: NEVER, outcome: 'unknown', sends: [], deliveries: [] }
      this.#transactions.set(id, transaction)
    }
    return transaction
  }

  #find(invariant: Invariant, text: string): void {
    this.#findings.push({ invariant, text })
  }
}

function placeOf(id: string, endpoint: string): string {
  return `${id} ${endpoint}`
}
