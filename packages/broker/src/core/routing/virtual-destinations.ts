import type { Destination } from '../../message/destination.ts'

/**
 * What the broker sends on by itself. Destinations are given as objects or as texts like `topic://PRICES.>`. All of it can
 * be changed while the broker runs (`Broker.setVirtualDestinations`).
 */
export interface VirtualDestinations {
  /** In place of the built-in one, which is `{ name: 'VirtualTopic.>' }`; `[]`: none. */
  readonly virtualTopics?: readonly VirtualTopic[]
  readonly composites?: readonly Composite[]
  /** `true`: each queue, with the defaults. Default: none. */
  readonly mirroredQueues?: boolean | MirroredQueues
}

/**
 * A topic that each group of consumers can consume from as from a queue. What is sent to the topic `T` goes to each queue
 * that exists and matches prefix, `T`, postfix: with the defaults `Consumer.BILLING.VirtualTopic.ORDERS` is the queue of
 * group BILLING. Then it goes to the topic's own subscribers. Names and defaults are the model's.
 *
 * All copies of a message are one unit: they are stored together or not at all, with one sync. So the model's
 * `transactedSend` is always on, and `concurrentSend`, which makes several syncs one wait, has nothing to do.
 */
export interface VirtualTopic {
  /** Topics, by a pattern without prefix `topic://`. */
  readonly name: string
  /** Before the topic's name; `*` is one element. Default: `Consumer.*.`. */
  readonly prefix?: string
  /** Behind the topic's name. Default: empty. */
  readonly postfix?: string
  /** A queue only gets what a consumer that it has now selects; without consumers nothing. Default: false. */
  readonly selectorAware?: boolean
  /**
   * With `selectorAware`: what consumers of a queue selected counts also when they are gone, until the broker stops, the
   * rules are changed, or the queue is deleted; at most 100 selectors per queue, the oldest is forgotten. Default: false.
   * In the model a plugin.
   */
  readonly rememberSelectors?: boolean
  /** A queue without space is left out where the send would fail for it (`sendFailIfNoSpace`). Default: false. */
  readonly dropOnResourceLimit?: boolean
  /** Copies say the queue as their destination and the topic as their original one; false: the topic. Default: true. */
  readonly setOriginalDestination?: boolean
  /** The topic's own subscribers get nothing. Default: false. Not in the model. */
  readonly forwardOnly?: boolean
  /** Not for what came from another broker. Default: false. Without effect: there are no networks of brokers yet. */
  readonly local?: boolean
  /** Without effect, see above. */
  readonly concurrentSend?: boolean
  /** Without effect, see above. */
  readonly transactedSend?: boolean
}

/** A queue or topic that passes on what it is sent. Names and defaults are the model's. */
export interface Composite {
  /** May be a pattern. */
  readonly name: Destination | string
  readonly forwardTo: readonly (Destination | string | FilteredDestination)[]
  /** Nothing stays on the named destination. Default: true. */
  readonly forwardOnly?: boolean
  /** A message stays there exactly when no target took it, whatever `forwardOnly` says. Default: false. */
  readonly sendWhenNotMatched?: boolean
  /** Without effect: forwards are always copies. As in the model. */
  readonly copyMessage?: boolean
  /** Without effect: all copies are one unit. */
  readonly concurrentSend?: boolean
}

export interface FilteredDestination {
  readonly destination: Destination | string
  /** Only what it selects is forwarded. */
  readonly selector: string
}

/** What is sent to a queue is also published on a topic of that name, with prefix and postfix. */
export interface MirroredQueues {
  /** Default: `VirtualTopic.Mirror.`, so that groups of consumers can tap a queue. */
  readonly prefix?: string
  /** Default: empty. */
  readonly postfix?: string
  /** The topic's message says the topic as its destination; false: the queue. Default: true. */
  readonly copyMessage?: boolean
  /** Temporary queues too, each of which leaves a topic behind. Default: false (the model's is true). */
  readonly temporaryQueues?: boolean
}
