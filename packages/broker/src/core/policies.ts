import { MillraceError } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import { didYouMean } from './nearest-name.ts'
import { shapeProblem } from './policy-shapes.ts'
import { ATTRIBUTE_CHECKS, defaultPolicy, type Policy } from './policy.ts'

export interface PolicyEntry {
  /**
   * What it is for: `queue://ORDERS`, `topic://PRICES.>`, `temp-queue://>`; a bare name is a queue. `default`: whatever
   * no other entry covers, of every kind.
   */
  readonly destination: Destination | string
  /** What is not said has its default, whatever a wider entry says. */
  readonly policy: Partial<Policy>
}

/**
 * Exactly one entry is the policy of a destination: that of its name, else the closest pattern, else the default entry.
 * Entries are never merged. Model behaviour.
 *
 * Of two patterns the closer one says more where they first differ, read from the left: a name says more than `*`, which
 * says more than `>`. So a pattern that covers less than another always wins over it.
 */
export class Policies {
  #rules: readonly PatternRule[] = []
  #default: Rule = { pattern: null, policy: defaultPolicy, count: 0 }
  /** Rules with a maximum of destinations. */
  #limited: readonly Rule[] = []

  /** Throws CONFIGURATION_INVALID. */
  constructor(entries: readonly PolicyEntry[]) {
    this.set(entries)
  }

  /** All entries at once, in place of those before. Throws CONFIGURATION_INVALID; then nothing has changed. */
  set(entries: readonly PolicyEntry[]): void {
    const rules = new Map<string, PatternRule>()
    let fallback: Rule | null = null
    for (const entry of entries) {
      const policy = policyOf(entry)
      if (entry.destination === DEFAULT) {
        if (fallback !== null) throw twice(DEFAULT)
        fallback = { pattern: null, policy, count: 0 }
        continue
      }
      const pattern = patternOf(entry.destination)
      if (rules.has(pattern.text)) throw twice(pattern.text)
      rules.set(pattern.text, { pattern, policy, count: 0 })
    }
    this.#rules = [...rules.values()].sort((one, other) => closeness(one.pattern, other.pattern))
    this.#default = fallback ?? { pattern: null, policy: defaultPolicy, count: 0 }
    this.#limited = [...this.#rules, this.#default].filter((rule) => rule.policy.maxDestinations >= 0)
  }

  /** Every policy that a destination may have. */
  get all(): readonly Policy[] {
    return [...this.#rules.map((rule) => rule.policy), this.#default.policy]
  }

  /** The same object for all destinations that have the same entry. */
  find(destination: Destination): Policy {
    return this.#ruleOf(destination).policy
  }

  /** Throws LIMIT_REACHED when the entry of this destination covers as many as it may. */
  checkCount(destination: Destination): void {
    if (this.#limited.length === 0) return
    const rule = this.#ruleOf(destination)
    if (rule.policy.maxDestinations < 0 || rule.count < rule.policy.maxDestinations) return
    throw new MillraceError(
      'LIMIT_REACHED',
      `the policy for ${rule.pattern?.text ?? DEFAULT} covers ${rule.count} destinations, which is its limit; ${destination.text} is one more`,
    )
  }

  /** A destination was made (1) or went (-1). */
  count(destination: Destination, change: 1 | -1): void {
    for (const rule of this.#limited) {
      if (rule.pattern?.matches(destination) ?? this.#ruleOf(destination) === rule) rule.count += change
    }
  }

  #ruleOf(destination: Destination): Rule {
    for (const rule of this.#rules) if (rule.pattern.matches(destination)) return rule
    return this.#default
  }
}

interface Rule {
  /** Null: whatever no other entry covers. */
  readonly pattern: Destination | null
  readonly policy: Policy
  /** Destinations that exist and are covered by the pattern, whatever their own entry is. */
  count: number
}

interface PatternRule extends Rule {
  readonly pattern: Destination
}

const DEFAULT = 'default'

function patternOf(destination: Destination | string): Destination {
  const pattern = typeof destination === 'string' ? Destination.parse(destination) : destination
  if (!pattern.composite) return pattern
  throw new MillraceError('CONFIGURATION_INVALID', `the policy for ${pattern.text}: give each part an entry of its own`)
}

/** Defaults filled in. Throws for what is not an attribute, and for a value that it cannot have. */
function policyOf({ destination, policy }: PolicyEntry): Policy {
  const where = `the policy for ${String(destination)}`
  const whole: Record<string, unknown> = { ...defaultPolicy }
  for (const [name, value] of Object.entries(policy)) {
    if (!Object.hasOwn(defaultPolicy, name)) {
      throw new MillraceError(
        'CONFIGURATION_INVALID',
        `${where}: there is no attribute ${name}${didYouMean(name, Object.keys(defaultPolicy))}`,
      )
    }
    if (value === undefined) continue
    const misshapen = shapeProblem(name as keyof Policy, value)
    if (misshapen !== null) {
      throw new MillraceError('CONFIGURATION_INVALID', `${where}: ${name}${misshapen.path}: ${misshapen.text}`)
    }
    const expected = expectedOf(name as keyof Policy, value)
    if (expected !== null) {
      throw new MillraceError('CONFIGURATION_INVALID', `${where}: ${name} is ${shown(value)}, expected ${expected}`)
    }
    whole[name] = value
  }
  return whole as unknown as Policy
}

/** What the value should have been; null: it can be what it is. */
function expectedOf<K extends keyof Policy>(name: K, value: unknown): string | null {
  const type = typeof defaultPolicy[name]
  const checked = type === 'boolean' || type === 'number' || type === 'string'
  if (checked && typeof value !== type) return type === 'boolean' ? 'true or false' : `a ${type}`
  if (typeof value === 'number' && Number.isNaN(value)) return 'a number'
  return ATTRIBUTE_CHECKS[name]?.(value as Policy[K]) ?? null
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value)
}

function twice(text: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `there are two policies for ${text}`)
}

/** Below 0: the first pattern is the closer one of two that cover the same destination. */
function closeness(one: Destination, other: Destination): number {
  const left = one.name.split('.')
  const right = other.name.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = vagueness(left, i) - vagueness(right, i)
    if (difference !== 0) return difference
  }
  return one.text < other.text ? -1 : 1
}

function vagueness(elements: readonly string[], i: number): number {
  const element = elements[i]
  // Ended where the other goes on, which can only be with `>`.
  if (element === undefined || (element !== '*' && element !== '>')) return 0
  return element === '>' && i === elements.length - 1 ? 2 : 1
}
