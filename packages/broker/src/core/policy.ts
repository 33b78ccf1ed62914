import type { Destination } from '../message/destination.ts'
import type { HistoryPolicy } from './history/history.ts'

/** What can differ from destination to destination. */
export interface Policy {
  /** Higher priority first among the messages in memory; otherwise priority is carried and not looked at. */
  readonly prioritizedMessages: boolean
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
