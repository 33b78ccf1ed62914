import { type Destination, type DestinationKind, parseDestination } from './destination.ts'
import { ConfigurationError } from './errors.ts'
import { RedeliveryPolicy, type RedeliveryPolicyOptions } from './redelivery-policy.ts'

/**
 * Policies by destination: `{ 'ORDERS.>': { maximumRedeliveries: 2 }, 'topic://NEWS': { ... } }`. A name without prefix
 * is a queue; `*` stands for one part of a name, `>` at its end for any number of parts.
 */
export type RedeliveryPolicies = Readonly<Record<string, RedeliveryPolicyOptions>>

interface Entry {
  readonly kind: DestinationKind
  readonly path: readonly string[]
  readonly policy: RedeliveryPolicy
}

/**
 * The redelivery policies of a connection (RedeliveryPolicyMap of the model system, which a program sets and a URL cannot).
 * The most specific pattern wins: part for part from the left, a name beats `*`, and `*` beats `>`. What an entry does not
 * say is as the defaults of `RedeliveryPolicyOptions`, not as the policy of the connection.
 */
export class RedeliveryPolicyMap {
  /** Of what no pattern matches. */
  readonly defaultEntry: RedeliveryPolicy
  /** Most specific first. */
  readonly #entries: readonly Entry[]

  /** Throws ConfigurationError for a pattern that is no destination. */
  constructor(defaultEntry: RedeliveryPolicy, policies: RedeliveryPolicies = {}) {
    this.defaultEntry = defaultEntry
    this.#entries = Object.entries(policies)
      .map(([pattern, options]) => entryOf(pattern, options))
      .sort((a, b) => compare(a.path, b.path))
  }

  /** The policy of a consumer of this destination. */
  policyOf(destination: Destination): RedeliveryPolicy {
    if (this.#entries.length === 0) return this.defaultEntry
    const path = destination.name.split('.')
    const found = this.#entries.find((entry) => entry.kind === destination.kind && matches(entry.path, path))
    return found?.policy ?? this.defaultEntry
  }
}

function entryOf(pattern: string, options: RedeliveryPolicyOptions): Entry {
  let destination: Destination
  try {
    destination = parseDestination(pattern)
  } catch (error) {
    throw new ConfigurationError(`"${pattern}" in redeliveryPolicyMap is not a destination`, { cause: error })
  }
  return { kind: destination.kind, path: destination.name.split('.'), policy: new RedeliveryPolicy(options) }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  for (const [at, part] of pattern.entries()) {
    // Also nothing at all: `A.>` is A, too.
    if (part === '>' && at === pattern.length - 1) return path.length >= at
    if (at >= path.length || (part !== '*' && part !== path[at])) return false
  }
  return pattern.length === path.length
}

/** Negative: `a` is the more specific. */
function compare(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = vagueness(a[at]) - vagueness(b[at])
    if (difference !== 0) return difference
  }
  return 0
}

function vagueness(part: string | undefined): number {
  if (part === '>') return 3
  if (part === undefined) return 2
  return part === '*' ? 1 : 0
}
