import type { Linked, MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Stored } from '../store/store.ts'
import type { Reply } from './ports.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'
import type { Enlisted } from './target.ts'
import type { Transaction } from './transaction.ts'

/** Where an entry is. It is linked in exactly one list, the one its place names, or in none. */
export const Place = {
  /** Handed to the store, not yet safe; in no list. */
  Storing: 0,
  /** In its queue's list of what can be dispatched, or in the pending list of a topic subscription. */
  Ready: 1,
  /**
   * Not persistent and behind stored messages that are not in memory: in its queue's list of volatile ones, or in the
   * overflow of its topic subscription.
   */
  Waiting: 2,
  /** In the outstanding list of `subscription`. */
  Outstanding: 3,
  /** Acknowledged or added in `transaction`, whose outcome is not known. */
  Transacted: 4,
  /** Settled, and the store is being told by a record that somebody waits for; in no list. */
  Leaving: 5,
  /** In no list, and nothing may happen to it any more. */
  Gone: 6,
  /** Waits for its redelivery, out of sight of consumers; in no list of its queue. */
  Delayed: 7,
  /** Of a commit whose outcome is not known; in no list. */
  Enlisted: 8,
} as const
export type Place = (typeof Place)[keyof typeof Place]

/** One message's place in one queue, or on its way to one topic subscription. */
export class Entry implements Linked<Entry>, Stored, Enlisted {
  /** Null: on its way to a topic subscription that is not durable. */
  readonly queue: Queue | null
  readonly message: Message
  /** Rises in the order of arrival at the broker; OpenWire's brokerSequenceId. */
  readonly key: number
  /** In the store too, so that it has to be removed from there. */
  readonly persistent: boolean
  place: Place = Place.Storing
  /** Deliveries that came to nothing: 0 the first time. */
  redeliveries = 0
  /** Who has it, or had it when a transaction acknowledged it. */
  subscription: Subscription | null = null
  /** Counts the dispatches of the broker: the order within an outstanding list. */
  dispatchOrder = 0
  /** Rises along the list of ready entries. */
  readyOrder = 0
  transaction: Transaction | null = null
  /** The first message of its group for this consumer; JMSXGroupFirstForConsumer. */
  groupFirst = false
  /** A consumer had it while it was being stored, and then the store refused it: it does not come again. */
  withdrawn = false
  /** Still owed to the sender until the message is safe. */
  reply: Reply | null
  previous: Entry | null = null
  next: Entry | null = null

  constructor(queue: Queue | null, message: Message, key: number, persistent: boolean, reply: Reply | null) {
    this.queue = queue
    this.message = message
    this.key = key
    this.persistent = persistent
    this.reply = reply
  }

  /** The concrete destination it sits in. */
  get destination(): Destination {
    return this.message.destination
  }

  get awaited(): boolean {
    return this.reply !== null && this.reply.errorsOnly !== true
  }

  stored(error: MillraceError | null): void {
    this.queue?.stored(this, error)
  }

  committing(late: boolean): void {
    if (late && this.persistent) this.queue?.cursor.hold(this.key)
  }

  committed(): void {
    this.queue?.arrived(this)
  }

  rolledBack(): void {
    this.queue?.forget(this)
  }
}
