import type { Destination } from '../message/destination.ts'

/** What can differ from destination to destination. */
export interface Policy {
  /** Higher priority first, in memory and in the store; otherwise priority is carried and not looked at. */
  readonly prioritizedMessages: boolean

  // Dispatch. Queues, where nothing else is said.

  /** One consumer is filled before the next, instead of one message for each in turn. */
  readonly strictOrderDispatch: boolean
  /** Consumers of a higher priority first. */
  readonly useConsumerPriority: boolean
  /** Every consumer is exclusive: one gets all messages, the others stand by. */
  readonly allConsumersExclusiveByDefault: boolean
  /** Instead of the default of its kind, for a consumer that asks for just that (queues: 1000); null = no other. */
  readonly queuePrefetch: number | null
  /** As `queuePrefetch`, for browsers, whose default is 500. */
  readonly queueBrowserPrefetch: number | null
  /** As `queuePrefetch`, for topic subscriptions that are not durable, whose default is 32766. */
  readonly topicPrefetch: number | null
  /** As `queuePrefetch`, for durable subscriptions, whose default is 100. */
  readonly durableTopicPrefetch: number | null
  /** What a consumer handed to the application before it acknowledges widens its window. */
  readonly usePrefetchExtension: boolean
  /** A long queue is read no further than its consumers have credit. */
  readonly lazyDispatch: boolean
  /** Above 0: message groups are hashed into so many buckets, each of which has one owner. */
  readonly messageGroupBuckets: number
  /** Groups with an owner; beyond it the one unused for longest loses its owner. null = as the broker's limits say. */
  readonly messageGroupsMax: number | null
  /** A consumer that joins gets its share of the groups that nobody has messages of in hand. */
  readonly messageGroupRebalance: boolean
  /** After the first consumer came, nothing is dispatched before there are so many, or the time is up. 0 = at once. */
  readonly consumersBeforeDispatchStarts: number
  /** Ms; 0 = with `consumersBeforeDispatchStarts` a second, else no waiting. */
  readonly timeBeforeDispatchStarts: number
  /** A ring: beyond so many messages the oldest that no consumer has is dropped. 0 = no ring. */
  readonly ringMessagesMax: number

  // Slow consumers.

  /** Topics: what a subscription that is not durable may keep waiting beyond its prefetch; null = no limit. */
  readonly pendingMessageLimit: PendingMessageLimit | null
  /** Topics: which message goes when that is exceeded. */
  readonly messageEviction: MessageEviction
  /** Consumers that are too slow are ended; null = they are not. */
  readonly slowConsumers: SlowConsumerPolicy | null

  // Flow control.

  /** False: messages that are not persistent never wait for memory; those of queues go to the store instead. */
  readonly producerFlowControl: boolean
  /** Bytes of messages of one destination in memory, under the limit of the broker; 0 = no limit of its own. */
  readonly memoryLimit: number
  /** A send that finds no space fails instead of waiting; null = as the broker's limits say. */
  readonly sendFailIfNoSpace: boolean | null
  /** Ms; a send that waited so long fails; 0 = never; null = as the broker's limits say. */
  readonly sendFailIfNoSpaceAfterTimeout: number | null
}

/** `constant`: so many messages; `prefetchRate`: so many times the prefetch. */
export type PendingMessageLimit =
  | { readonly kind: 'constant'; readonly limit: number }
  | { readonly kind: 'prefetchRate'; readonly multiplier: number }

/** `uniqueProperty`: the oldest of those that have the same value of a property as a newer one. */
export type MessageEviction =
  | { readonly kind: 'oldest' }
  | { readonly kind: 'oldestWithLowestPriority' }
  | { readonly kind: 'uniqueProperty'; readonly propertyName: string }

/** Times in ms. */
export interface SlowConsumerPolicy {
  /** `slow`: it stays slow for too long; `lastAck`: it has not acknowledged for too long. */
  readonly kind: 'slow' | 'lastAck'
  /** Times it may become slow; -1 = any number. */
  readonly maxSlowCount?: number
  /** 30,000; -1 = for ever. */
  readonly maxSlowDuration?: number
  /** Only `lastAck`: 30,000. */
  readonly maxTimeSinceLastAck?: number
  /** Only `lastAck`: true, a consumer that has nothing to acknowledge is left alone. */
  readonly ignoreIdleConsumers?: boolean
  /** Between two looks: 30,000. */
  readonly checkPeriod?: number
  /** False: only the consumer ends. */
  readonly abortConnection?: boolean
}

export const defaultPolicy: Policy = {
  prioritizedMessages: false,
  strictOrderDispatch: false,
  useConsumerPriority: true,
  allConsumersExclusiveByDefault: false,
  queuePrefetch: null,
  queueBrowserPrefetch: null,
  topicPrefetch: null,
  durableTopicPrefetch: null,
  usePrefetchExtension: true,
  lazyDispatch: false,
  messageGroupBuckets: 0,
  messageGroupsMax: null,
  messageGroupRebalance: false,
  consumersBeforeDispatchStarts: 0,
  timeBeforeDispatchStarts: 0,
  ringMessagesMax: 0,
  pendingMessageLimit: null,
  messageEviction: { kind: 'oldest' },
  slowConsumers: null,
  producerFlowControl: true,
  memoryLimit: 0,
  sendFailIfNoSpace: null,
  sendFailIfNoSpaceAfterTimeout: null,
}

export interface PolicyEntry {
  /** May be a pattern. */
  readonly destination: Destination
  readonly policy: Partial<Policy>
}

/** The first entry that covers a destination is its policy; entries are not merged. */
export class Policies {
  readonly #entries: readonly PolicyEntry[]

  constructor(entries: readonly PolicyEntry[]) {
    this.#entries = entries
  }

  find(destination: Destination): Policy {
    for (const entry of this.#entries) {
      if (entry.destination.matches(destination)) return { ...defaultPolicy, ...entry.policy }
    }
    return defaultPolicy
  }
}
