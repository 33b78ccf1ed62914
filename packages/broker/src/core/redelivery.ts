import { type MillraceError, type Primitive, PrimitiveTag } from '@millrace/base'
import { Destination, DestinationKind } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import { setProperties } from '../message/properties.ts'
import type { Operation, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import { type Entry, Place } from './entry.ts'
import type { Reply } from './ports.ts'

export const DEAD_LETTER_QUEUE: Destination = new Destination(DestinationKind.Queue, 'ActiveMQ.DLQ')

/**
 * What becomes of messages that nobody could use: persistent ones go to the dead letter queue, in one step with leaving
 * their own, so that a crash leaves them in exactly one; others are dropped, and so is what fails in the dead letter
 * queue itself.
 */
export class Redelivery {
  readonly #broker: Broker
  /** There was no space for these; they are tried again with the next tick. */
  #postponed: Postponed[] = []

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** `entries` are in no list. */
  deadLetter(entries: readonly Entry[], cause: string | null, reply: Reply | null): void {
    const operations: Operation[] = []
    const letters: Entry[] = []
    for (const entry of entries) {
      const { queue } = entry
      entry.place = Place.Leaving
      if (queue === null || queue.store === null || !entry.persistent) continue
      if (queue.deleted) continue
      if (queue.destination.text !== DEAD_LETTER_QUEUE.text) {
        const target = this.#broker.deadLetterQueue()
        const letter = deadLetterOf(entry.message, cause)
        letters.push(target.enlist(letter, operations) as Entry)
      }
      operations.push({ kind: 'remove', queue: queue.store, key: entry.key })
    }
    const move = new Move(this.#broker, entries, letters, cause, reply)
    if (operations.length === 0) move.stored(null)
    else this.#broker.store.commit(operations, move)
  }

  /** Called when it could not be done; the entries stay where they are until it can. */
  postpone(entries: readonly Entry[], cause: string | null): void {
    this.#postponed.push({ entries, cause })
  }

  tick(): void {
    if (this.#postponed.length === 0) return
    const postponed = this.#postponed
    this.#postponed = []
    for (const { entries, cause } of postponed) this.deadLetter(entries, cause, null)
  }

  /** `entry` is in no list. */
  expire(entry: Entry): void {
    this.expireAll([entry], null)
  }

  expireAll(entries: readonly Entry[], reply: Reply | null): void {
    for (const { queue } of entries) if (queue !== null) queue.expired++
    if (entries.length === 1) {
      this.deadLetter(entries, `expired at ${(entries[0] as Entry).message.expiration}`, reply)
    } else {
      this.deadLetter(entries, 'expired', reply)
    }
  }
}

interface Postponed {
  readonly entries: readonly Entry[]
  readonly cause: string | null
}

class Move implements Stored {
  readonly #broker: Broker
  readonly #entries: readonly Entry[]
  readonly #letters: readonly Entry[]
  readonly #cause: string | null
  readonly #reply: Reply | null

  constructor(
    broker: Broker,
    entries: readonly Entry[],
    letters: readonly Entry[],
    cause: string | null,
    reply: Reply | null,
  ) {
    this.#broker = broker
    this.#entries = entries
    this.#letters = letters
    this.#cause = cause
    this.#reply = reply
  }

  stored(error: MillraceError | null): void {
    for (const letter of this.#letters) {
      if (error === null) letter.committed()
      else letter.rolledBack()
    }
    if (error === null) this.#settle()
    else this.#broker.redelivery.postpone(this.#entries, this.#cause)
    this.#reply?.done(error)
  }

  #settle(): void {
    for (const entry of this.#entries) {
      const { queue } = entry
      if (queue === null) {
        entry.place = Place.Gone
        this.#broker.usage.release(entry.message)
      } else {
        queue.dequeued++
        queue.forget(entry)
      }
    }
  }
}

function deadLetterOf(message: Message, cause: string | null): Message {
  const letter = message.copyTo(DEAD_LETTER_QUEUE)
  letter.originalDestination = message.destination
  letter.transactionId = null
  const additions = new Map<string, Primitive>()
  if (message.expiration > 0) {
    letter.expiration = 0
    additions.set('originalExpiration', { tag: PrimitiveTag.Long, value: BigInt(Math.trunc(message.expiration)) })
  }
  if (cause !== null) additions.set('dlqDeliveryFailureCause', { tag: PrimitiveTag.String, value: cause })
  setProperties(letter, additions)
  return letter
}
