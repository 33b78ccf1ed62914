import type { Destination } from '../message/destination.ts'

/** What can differ from destination to destination. */
export interface Policy {
  /** Higher priority first among the messages in memory; otherwise priority is carried and not looked at. */
  readonly prioritizedMessages: boolean
}

export const defaultPolicy: Policy = { prioritizedMessages: false }

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
