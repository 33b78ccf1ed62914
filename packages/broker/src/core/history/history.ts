import type { Destination } from '../../message/destination.ts'
import type { MessageContent } from '../../message/made.ts'
import type { Message } from '../../message/message.ts'

/**
 * What a topic keeps for consumers that come later and ask for it (retroactive ones). Names and defaults are the
 * model's; all of it is in memory, within `historyBytesMax`, and gone after a restart. What was retained (the property
 * `ActiveMQ.Retain`) is kept in any case.
 */
export type HistoryPolicy =
  | { readonly kind: 'none' }
  /** The last message. */
  | { readonly kind: 'lastImage' }
  /** The last `maximumSize` messages. Default: 100. */
  | { readonly kind: 'fixedCount'; readonly maximumSize?: number }
  /** The last messages that take `maximumSize` bytes together. Default: 65,536. */
  | { readonly kind: 'fixedSized'; readonly maximumSize?: number }
  /** The messages of the last `recoverDuration` ms. Default: 60,000. */
  | { readonly kind: 'timed'; readonly recoverDuration?: number }
  /** What a function of the embedding program answers. */
  | { readonly kind: 'query'; readonly query: HistoryQuery }

/** Asked in the middle of a consumer's creation: it answers at once, from memory. */
export interface HistoryQuery {
  /** The messages that a new consumer of this topic is given first, in order. */
  recover(
    topic: Destination,
    consumer: { readonly clientId: string; readonly selector: string | null },
  ): Iterable<MessageContent>
  /** False: this message is for the query's own use only and reaches no consumer. */
  validateUpdate?(message: Message): boolean
}

/** A message as it was sent, and the key under which it was. */
export interface Kept {
  readonly message: Message
  readonly key: number
  /** Wall clock, ms. */
  readonly sinceMs: number
}

/** Messages that were sent, the oldest first. */
export interface History {
  add(message: Message, key: number, nowMs: number): void
  recall(nowMs: number): Iterable<Kept>
  /** Lets go of everything. */
  clear(): void
}
