import { checkStrategy, type DeadLetterStrategy, defaultDeadLetterStrategy } from './dead-letters/strategy.ts'
import type { HistoryPolicy } from './history/history.ts'

/**
 * What can differ from destination to destination. A new attribute needs its line here and its default below; its value
 * is checked to be of its default's type. Read `target.policy` where the attribute is used: then a change of the
 * policies while the broker runs reaches destinations that exist.
 */
export interface Policy {
  /**
   * Higher priority first among the messages in memory; otherwise priority is carried and not looked at. Default: false.
   * Of a destination that exists it stays as it was when that was made.
   */
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
}

/** Attributes that shape a destination when it is made: a change reaches those that are made later. Model behaviour. */
export const FIXED_ATTRIBUTES: readonly (keyof Policy)[] = ['prioritizedMessages']

/** What a value must be besides its type: what is expected, if it is not that; otherwise null. */
export const ATTRIBUTE_CHECKS: { readonly [K in keyof Policy]?: (value: Policy[K]) => string | null } = {
  deadLetterStrategy: (value) => {
    checkStrategy(value)
    return null
  },
  inactiveTimeoutBeforeGC: (value) => (value >= 0 ? null : 'a number of ms from 0'),
  maxDestinations: (value) =>
    Number.isInteger(value) && value >= -1 ? null : 'a whole number from 0, or -1 for no limit',
}
