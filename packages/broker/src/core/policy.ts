import type { Destination } from '../message/destination.ts'
import { type DeadLetterStrategy, defaultDeadLetterStrategy } from './dead-letters/strategy.ts'

/** What can differ from destination to destination. */
export interface Policy {
  /** Higher priority first among the messages in memory; otherwise priority is carried and not looked at. */
  readonly prioritizedMessages: boolean
  /** What becomes of messages that nobody could use. Default: shared, in `ActiveMQ.DLQ`. */
  readonly deadLetterStrategy: DeadLetterStrategy
}

export const defaultPolicy: Policy = {
  prioritizedMessages: false,
  deadLetterStrategy: defaultDeadLetterStrategy,
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

  /** Every policy that a destination may have, without the default. */
  get all(): readonly Policy[] {
    return this.#entries.map((entry) => ({ ...defaultPolicy, ...entry.policy }))
  }

  find(destination: Destination): Policy {
    for (const entry of this.#entries) {
      if (entry.destination.matches(destination)) return { ...defaultPolicy, ...entry.policy }
    }
    return defaultPolicy
  }
}
