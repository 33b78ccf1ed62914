import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { MillraceError } from '@millrace/base'
import type { Connection, ConnectionSpec } from './connection.ts'
import type { Entry } from './entry.ts'
import type { Action, Principal } from './permission.ts'
import type { Producer } from './producer.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'

/**
 * What becomes of a message that nobody could use. `discard`: it is dropped. `later`: it stays in its queue, out of
 * sight, and is delivered again after `delayMs`.
 */
export type Fate = { readonly kind: 'discard' } | { readonly kind: 'later'; readonly delayMs: number }

/**
 * Looks at what is about to happen and may refuse it by throwing a MillraceError (NOT_AUTHORIZED, say), which the peer
 * gets as the answer. Every hook is optional; absent ones cost nothing. Hooks run in the order of the list, in the middle
 * of the broker's turn: plain calls, no promises, except where a hook says so. Names in `-ing` come before something
 * happens and may refuse it, unless they say that they only look; the others tell what has happened, and only look.
 */
export interface Interceptor {
  /**
   * Who is this? Asked before `connecting`, once per connection, and the only hook that may take its time: the peer waits.
   * Throws NOT_AUTHENTICATED. The first interceptor that has this hook is asked; the others are not.
   */
  authenticating?(spec: ConnectionSpec): Principal | Promise<Principal>
  connecting?(connection: Connection): void
  disconnected?(connection: Connection): void
  /** Another name for what a client named: a destination of a producer or a consumer, whole, as it came. */
  renaming?(destination: Destination): Destination
  /** A producer for this destination is made; `null`: it will say with each message. */
  producing?(producer: Producer, destination: Destination | null): void
  producerRemoved?(producer: Producer): void
  consuming?(subscription: Subscription): void
  consumerRemoved?(subscription: Subscription): void
  /**
   * Whether this connection may do that with this one destination: asked for every part of a composite, for every
   * destination that a pattern covers, and once, not per message, where a producer keeps to one destination. False:
   * NOT_AUTHORIZED, or, for what a pattern covers, it is left out.
   */
  permits?(connection: Connection, action: Action, destination: Destination): boolean
  /**
   * May change headers, properties, body and destination. A composite is seen whole; `message.destination` says where it
   * goes, `message.brokerInTime` when it came. `'taken'`: the message is answered as sent and goes nowhere.
   */
  sending?(producer: Producer, message: Message): void | 'taken'
  /**
   * As `sending`, after it, and the one hook on messages that may take its time: while its promise is open, what the same
   * producer sends waits, others go on, and the sender is answered when the message has gone its way. A promise that is
   * not fulfilled in `limits.transformMsMax` is a refusal (PLUGIN_FAILED). Not asked for what the broker itself sends.
   */
  transforming?(producer: Producer, message: Message): void | 'taken' | Promise<void | 'taken'>
  /** Whether `transforming` is for messages of this destination; absent: for all. Of a composite each part is asked for. */
  transforms?(destination: Destination): boolean
  /** The answer to a send is known; null: it is as safe as it was asked to be. In a transaction that is not its commit. */
  sent?(producer: Producer, message: Message, error: MillraceError | null): void
  /** Is about to be handed to a consumer, or shown to a browser. Only looks. */
  dispatching?(subscription: Subscription, entry: Entry): void
  /** An acknowledgement has come, perhaps as part of a transaction whose outcome is open. Only looks. */
  acknowledging?(subscription: Subscription, entry: Entry, transactionId: string | null): void
  /** Settled for good: at once, or with the commit of its transaction. */
  acknowledged?(subscription: Subscription, entry: Entry): void
  /** A message has expired in its queue. */
  expired?(entry: Entry): void
  /**
   * A message is given up, or has expired: the first answer counts; none: as the dead letter strategy says. `expired` is
   * true when it was its age.
   */
  deadLettering?(entry: Entry, cause: string | null, expired: boolean): Fate | undefined
  /** The letter is stored in its dead letter queue, and `entry` has left its own. */
  deadLettered?(letter: Message, entry: Entry): void
  destinationAdded?(destination: Destination, owner: Connection | null): void
  destinationRemoved?(destination: Destination, owner: Connection | null): void
  /** More waits for this consumer than it can take; told once until it has caught up. Only looks. */
  slow?(subscription: Subscription): void
  /** A topic's message is dropped because too many wait for this consumer. Only looks. */
  discarded?(subscription: Subscription, message: Message): void
  /**
   * Nothing of a queue, or of the backlog of a durable subscription, is left: neither waiting nor with a consumer nor in
   * the store. Comes in the middle of what emptied it, so this one only looks.
   */
  emptied?(queue: Queue): void
}

/** What an interceptor does with messages of the destinations that it names. */
export interface Transformer {
  covers(destination: Destination): boolean
  transform: Hook<'transforming'>
}

type Hook<K extends keyof Interceptor> = NonNullable<Interceptor[K]>

/** One list per hook, so that a hook nobody has is an empty list. */
export class Interceptors {
  readonly authenticating: readonly Hook<'authenticating'>[]
  readonly connecting: readonly Hook<'connecting'>[]
  readonly disconnected: readonly Hook<'disconnected'>[]
  readonly renaming: readonly Hook<'renaming'>[]
  readonly producing: readonly Hook<'producing'>[]
  readonly producerRemoved: readonly Hook<'producerRemoved'>[]
  readonly consuming: readonly Hook<'consuming'>[]
  readonly consumerRemoved: readonly Hook<'consumerRemoved'>[]
  readonly permits: readonly Hook<'permits'>[]
  readonly sending: readonly Hook<'sending'>[]
  readonly transformers: readonly Transformer[]
  readonly sent: readonly Hook<'sent'>[]
  readonly dispatching: readonly Hook<'dispatching'>[]
  readonly acknowledging: readonly Hook<'acknowledging'>[]
  readonly acknowledged: readonly Hook<'acknowledged'>[]
  readonly expired: readonly Hook<'expired'>[]
  readonly deadLettering: readonly Hook<'deadLettering'>[]
  readonly deadLettered: readonly Hook<'deadLettered'>[]
  readonly destinationAdded: readonly Hook<'destinationAdded'>[]
  readonly destinationRemoved: readonly Hook<'destinationRemoved'>[]
  readonly slow: readonly Hook<'slow'>[]
  readonly discarded: readonly Hook<'discarded'>[]
  readonly emptied: readonly Hook<'emptied'>[]

  constructor(list: readonly Interceptor[]) {
    this.authenticating = hooks(list, 'authenticating')
    this.connecting = hooks(list, 'connecting')
    this.disconnected = hooks(list, 'disconnected')
    this.renaming = hooks(list, 'renaming')
    this.producing = hooks(list, 'producing')
    this.producerRemoved = hooks(list, 'producerRemoved')
    this.consuming = hooks(list, 'consuming')
    this.consumerRemoved = hooks(list, 'consumerRemoved')
    this.permits = hooks(list, 'permits')
    this.sending = hooks(list, 'sending')
    this.transformers = list.flatMap(transformerOf)
    this.sent = hooks(list, 'sent')
    this.dispatching = hooks(list, 'dispatching')
    this.acknowledging = hooks(list, 'acknowledging')
    this.acknowledged = hooks(list, 'acknowledged')
    this.expired = hooks(list, 'expired')
    this.deadLettering = hooks(list, 'deadLettering')
    this.deadLettered = hooks(list, 'deadLettered')
    this.destinationAdded = hooks(list, 'destinationAdded')
    this.destinationRemoved = hooks(list, 'destinationRemoved')
    this.slow = hooks(list, 'slow')
    this.discarded = hooks(list, 'discarded')
    this.emptied = hooks(list, 'emptied')
  }

  /** The name that the broker goes by for what a client named. */
  rename(destination: Destination): Destination {
    let renamed = destination
    for (const hook of this.renaming) renamed = hook(renamed)
    return renamed
  }
}

function transformerOf(interceptor: Interceptor): Transformer[] {
  if (interceptor.transforming === undefined) return []
  const covers = interceptor.transforms?.bind(interceptor) ?? ((): boolean => true)
  return [{ covers, transform: interceptor.transforming.bind(interceptor) }]
}

function hooks<K extends keyof Interceptor>(list: readonly Interceptor[], name: K): Hook<K>[] {
  const found: Hook<K>[] = []
  for (const interceptor of list) {
    const hook = interceptor[name]
    if (hook !== undefined) found.push(hook.bind(interceptor) as Hook<K>)
  }
  return found
}
