import { checkStrategy, type DeadLetterStrategy, defaultDeadLetterStrategy } from './dead-letters/strategy.ts'
import type { HistoryPolicy } from './history/history.ts'

/**
 * What can differ from destination to destination. A new attribute needs its line here and its default below; its value
 * is checked to be of its default's type, if that is true or false, a number or a text; what else it must be is said by
 * `ATTRIBUTE_CHECKS`. Read `target.policy` where the attribute is used: then a change of the policies while the broker runs
 * reaches destinations that exist.
 */
export interface Policy {
  /** Higher priority first; otherwise priority is carried and not looked at. Default: false. */
  readonly prioritizedMessages: boolean
  /** Removed when it was of no use for `inactiveTimeoutBeforeGC`. Default: false. Model behaviour. */
  readonly gcInactiveDestinations: boolean
  /** How long it must have been of no use, in ms. Default: 60,000. */
  readonly inactiveTimeoutBeforeGC: number
  /**
   * Destinations that the pattern of this entry may cover; one more is refused with LIMIT_REACHED. Default: -1, which is
   * as many as the broker may have. Advisory topics are not counted.
   */
  readonly maxDestinations: number
  /** What becomes of messages that nobody could use. Default: shared, in `ActiveMQ.DLQ`. */
  readonly deadLetterStrategy: DeadLetterStrategy
  /** Topics: what a retroactive consumer is given of what was sent before it came. Default: nothing but what is retained. */
  readonly subscriptionRecoveryPolicy: HistoryPolicy
  /** Topics: every consumer is retroactive. Default: false. */
  readonly alwaysRetroactive: boolean
  /** Advisories of each message that the broker has accepted. Default: false, as for all that follow. */
  readonly advisoryForDelivery: boolean
  /** … that is handed to a consumer, browsers excepted. */
  readonly advisoryForDispatched: boolean
  /** … that is acknowledged. */
  readonly advisoryForConsumed: boolean
  /** … that is dropped because its consumer is too slow. */
  readonly advisoryForDiscardingMessages: boolean
  /** Advisories of consumers that have all they may hold while more waits. */
  readonly advisoryForSlowConsumers: boolean
  /** Advisories of producers that have to wait for space. */
  readonly advisoryForFastProducers: boolean
  /** Advisories of a limit that is reached. */
  readonly advisoryWhenFull: boolean
  /** Messages that do not survive and that nobody consumes are sent to an advisory topic. */
  readonly sendAdvisoryIfNoConsumers: boolean
  /** What advisories tell of messages has their bodies. */
  readonly includeBodyForAdvisory: boolean

  // Dispatch. Queues, where nothing else is said.

  /**
   * A persistent message that a consumer can take goes to it at once, while it is being stored. It is answered when it is
   * stored or consumed, whichever comes first, and what is consumed first need not be written. What is refused or lost with the
   * broker before that, a consumer may have seen all the same.
   */
  readonly concurrentStoreAndDispatch: boolean
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

  /**
   * Queues and durable subscriptions: a message that its consumer has not settled after so many ms is taken back and given
   * to another connection, counted as delivered; the consumer may ask for more time. 0, the default: it is the consumer's
   * for as long as that is there. The time begins with the dispatch, so it is for a small prefetch.
   */
  readonly consumerLease: number

  // Slow consumers.

  /** Topics: what a subscription that is not durable may keep waiting beyond its prefetch; null = no limit. */
  readonly pendingMessageLimit: PendingMessageLimit | null
  /** Topics: which message goes when that is exceeded. */
  readonly messageEviction: MessageEviction
  /** Consumers that are too slow are ended; null = they are not. */
  readonly slowConsumers: SlowConsumerPolicy | null

  // Flow control.

  /**
   * False: messages that are not persistent never wait for memory but go to the store instead; so does all that waits for
   * a subscription to a topic that is not durable. Not what is temporary.
   */
  readonly producerFlowControl: boolean
  /** Bytes of messages of one destination in memory, under the limit of the broker; 0 = no limit of its own. */
  readonly memoryLimit: number
  /** A send that finds no space fails instead of waiting; null = as the broker's limits say. */
  readonly sendFailIfNoSpace: boolean | null
  /** Ms; a send that waited so long fails; 0 = never; null = as the broker's limits say. */
  readonly sendFailIfNoSpaceAfterTimeout: number | null

  /**
   * So many values of the property `_AMQ_DUPL_ID` of what is sent here are remembered: a message with one of them is
   * dropped, and its sender told that all is well. 0 = nobody looks. Artemis has 20,000.
   */
  readonly duplicateIdsMax: number
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
  gcInactiveDestinations: false,
  inactiveTimeoutBeforeGC: 60_000,
  maxDestinations: -1,
  deadLetterStrategy: defaultDeadLetterStrategy,
  subscriptionRecoveryPolicy: { kind: 'none' },
  alwaysRetroactive: false,
  advisoryForDelivery: false,
  advisoryForDispatched: false,
  advisoryForConsumed: false,
  advisoryForDiscardingMessages: false,
  advisoryForSlowConsumers: false,
  advisoryForFastProducers: false,
  advisoryWhenFull: false,
  sendAdvisoryIfNoConsumers: false,
  includeBodyForAdvisory: false,
  concurrentStoreAndDispatch: false,
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
  consumerLease: 0,
  pendingMessageLimit: null,
  messageEviction: { kind: 'oldest' },
  slowConsumers: null,
  producerFlowControl: true,
  memoryLimit: 0,
  sendFailIfNoSpace: null,
  sendFailIfNoSpaceAfterTimeout: null,
  duplicateIdsMax: 0,
}

/** What a value must be besides its type: what is expected, if it is not that; otherwise null. */
export const ATTRIBUTE_CHECKS: { readonly [K in keyof Policy]?: (value: Policy[K]) => string | null } = {
  deadLetterStrategy: (value) => {
    checkStrategy(value)
    return null
  },
  queuePrefetch: countOrNull,
  queueBrowserPrefetch: countOrNull,
  topicPrefetch: countOrNull,
  durableTopicPrefetch: countOrNull,
  messageGroupBuckets: count,
  messageGroupsMax: countOrNull,
  consumersBeforeDispatchStarts: count,
  timeBeforeDispatchStarts: count,
  ringMessagesMax: count,
  consumerLease: count,
  memoryLimit: count,
  sendFailIfNoSpaceAfterTimeout: countOrNull,
  duplicateIdsMax: count,
  sendFailIfNoSpace: (value) => (value === null || typeof value === 'boolean' ? null : 'true, false or null'),
  inactiveTimeoutBeforeGC: (value) => (value >= 0 ? null : 'a number of ms from 0'),
  maxDestinations: (value) =>
    Number.isInteger(value) && value >= -1 ? null : 'a whole number from 0, or -1 for no limit',
}

function count(value: number): string | null {
  return Number.isSafeInteger(value) && value >= 0 ? null : 'a whole number from 0'
}

function countOrNull(value: number | null): string | null {
  return value === null || count(value) === null ? null : 'a whole number from 0, or null'
}
