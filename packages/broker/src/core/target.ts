import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Operation } from '../store/store.ts'
import type { Connection } from './connection.ts'
import type { Allowance } from './flow/allowance.ts'
import type { Blocked } from './flow/blocked.ts'
import type { Policy } from './policy.ts'
import type { Reply } from './ports.ts'
import type { Forward } from './routing/routing.ts'
import type { Subscription } from './subscription.ts'

/** A send of a transaction that is being committed or is prepared. */
export interface Enlisted {
  /** Null: the store has its body. */
  readonly message: Message | null
  /** The commit is about to be handed to the store. `late`: it was prepared before, and keys have been given since. */
  committing(late: boolean): void
  /** It is safe, and can be seen now. */
  committed(): void
  rolledBack(): void
  /** The commit could not be done now; the branch is prepared as before. */
  postponed?(): void
}

/** What takes messages: a destination that exists, or what keeps them back until they are due. */
export interface Sink {
  readonly destination: Destination
  /** Whether a send would have to wait for space. */
  full(message: Message): boolean
  /** The message is this one's own from now on. The reply is completed when it is as safe as it was asked to be. */
  send(message: Message, reply: Reply): void
  /** The same as part of a transaction: says what has to be stored, and is told of the outcome. */
  enlist(message: Message, operations: Operation[]): Enlisted
}

/** A plain destination that exists: a queue or a topic. */
export interface Target extends Sink {
  /** Whose temporary destination it is. */
  readonly owner: Connection | null
  readonly deleted: boolean
  /** As it is now: the broker's policies can change while it runs. */
  readonly policy: Policy
  /** Its own limit of memory; null = it shares that of the broker. */
  readonly allowance: Allowance | null
  /** Sends to it that had to wait; null = none ever. */
  blocked: Blocked | null
  /** What is sent to it goes to others as well, or only; null for nearly all. */
  forward: Forward | null
  /** Producers that were made for it. */
  producers: number
  readonly consumers: number
  /** Messages that it was sent since it was made. */
  readonly enqueued: number
  /** It has messages, consumers, producers, durable subscriptions or an owner. */
  readonly used: boolean
  /** Monotonic ms of the sweep that found it unused, with what `enqueued` was then; -1 = none did since it was used. */
  unusedSinceMs: number
  unusedEnqueued: number
  /**
   * Stores a message that need not be stored, to be rid of it in memory. False, and nothing is done, if there is no store
   * or no space in it.
   */
  spill(message: Message, reply: Reply): boolean
  subscribe(subscription: Subscription): void
  unsubscribe(subscription: Subscription): void
  /** Somebody can take more: looked at once, at the end of the turn. */
  wake(): void
  /** Whether a consumer that found nothing yet may still find something: the store is being read for it. */
  searching(subscription: Subscription): boolean
  /** It has another policy from now on. */
  policyChanged(policy: Policy): void
  /** Whether something waits in it that a consumer with credit might be given. */
  holdsFor(subscription: Subscription): boolean
  /** Forgets everything in it. */
  delete(reply: Reply): void
}
