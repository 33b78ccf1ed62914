import { MillraceError, type Random, systemRandom } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import { readOptions } from './options.ts'
import type { Plugin } from './plugin.ts'

/** When and how often the broker delivers a message again that was given up. Times in ms; names and defaults of JMS. */
export interface RedeliveryRules {
  /** -1: no limit. Default: 6. */
  readonly maximumRedeliveries?: number
  /** Default: 1000. */
  readonly initialRedeliveryDelay?: number
  /** Default: 1000. */
  readonly redeliveryDelay?: number
  /** Default: false. */
  readonly useExponentialBackOff?: boolean
  /** Default: 5. */
  readonly backOffMultiplier?: number
  /** -1: none. Default: -1. */
  readonly maximumRedeliveryDelay?: number
  /** Default: false. */
  readonly useCollisionAvoidance?: boolean
  /** Default: 15. */
  readonly collisionAvoidancePercent?: number
}

export interface RedeliveryEntry extends RedeliveryRules {
  /** May be a pattern. */
  readonly destination: string
}

export interface RedeliveryOptions {
  /** The first that covers a destination counts. */
  readonly policies?: readonly RedeliveryEntry[]
  /** For every other destination; without it those have no policy. */
  readonly default?: RedeliveryRules
  /** What failed too often becomes a dead letter; false: it is dropped. Default: true. */
  readonly sendToDlqIfMaxRetriesExceeded?: boolean
  /** What has no policy becomes a dead letter; false: it is dropped. Default: true. */
  readonly fallbackToDeadLetter?: boolean
}

const defaults: Required<RedeliveryRules> = {
  maximumRedeliveries: 6,
  initialRedeliveryDelay: 1000,
  redeliveryDelay: 1000,
  useExponentialBackOff: false,
  backOffMultiplier: 5,
  maximumRedeliveryDelay: -1,
  useCollisionAvoidance: false,
  collisionAvoidancePercent: 15,
}

const FRACTIONS = 1_000_000

/** No delay passes this, however much it has grown: a year. */
const DELAY_MS_MAX = 365 * 24 * 3600 * 1000

/**
 * Redelivery by the broker (the model's redeliveryPlugin): what a client gives up comes back after a delay, and meanwhile
 * others go on, so order is given up. Clients hand over at once when their own `maximumRedeliveries` is 0. What expires
 * is not delivered again.
 */
export function redelivery(given: RedeliveryOptions = {}, random: Random = systemRandom): Plugin {
  const options = readOptions('redelivery', given, {
    policies: [] as readonly RedeliveryEntry[],
    default: null as RedeliveryRules | null,
    sendToDlqIfMaxRetriesExceeded: true,
    fallbackToDeadLetter: true,
  })
  if (!Array.isArray(options.policies)) throw invalid('policies is a list')
  const policies = (options.policies as readonly RedeliveryEntry[]).map(({ destination, ...rules }) => ({
    destination: Destination.parse(destination),
    rules: rulesOf(rules),
  }))
  const others = options.default === null ? null : rulesOf(options.default)
  const rulesFor = (destination: Destination): Required<RedeliveryRules> | null =>
    policies.find((policy) => policy.destination.matches(destination))?.rules ?? others
  return {
    name: 'redelivery',
    deadLettering: (entry, _cause, expired) => {
      if (expired) return undefined
      const rules = rulesFor(entry.destination)
      if (rules === null) return options.fallbackToDeadLetter ? undefined : { kind: 'discard' }
      const { maximumRedeliveries } = rules
      if (maximumRedeliveries >= 0 && entry.redeliveries >= maximumRedeliveries) {
        return options.sendToDlqIfMaxRetriesExceeded ? undefined : { kind: 'discard' }
      }
      return { kind: 'later', delayMs: delayOf(rules, entry.redeliveries, random) }
    },
  }
}

/** `redeliveries`: how often it was delivered again already. */
function delayOf(rules: Required<RedeliveryRules>, redeliveries: number, random: Random): number {
  let delayMs = rules.initialRedeliveryDelay
  if (redeliveries > 0) {
    const base = rules.initialRedeliveryDelay > 0 ? rules.initialRedeliveryDelay : rules.redeliveryDelay
    const grows = rules.useExponentialBackOff && rules.backOffMultiplier > 1
    delayMs = grows ? base * rules.backOffMultiplier ** redeliveries : rules.redeliveryDelay
    if (grows && rules.maximumRedeliveryDelay >= 0) delayMs = Math.min(delayMs, rules.maximumRedeliveryDelay)
  }
  if (rules.useCollisionAvoidance) {
    const share = random(2 * FRACTIONS + 1) / FRACTIONS - 1
    delayMs += (delayMs * share * rules.collisionAvoidancePercent) / 100
  }
  return Math.min(Math.round(delayMs), DELAY_MS_MAX)
}

function rulesOf(given: RedeliveryRules): Required<RedeliveryRules> {
  const rules = readOptions('redelivery', given, defaults)
  for (const name of ['initialRedeliveryDelay', 'redeliveryDelay', 'backOffMultiplier'] as const) {
    if (rules[name] < 0) throw invalid(`${name} is ${rules[name]}, expected a number from 0`)
  }
  if (rules.collisionAvoidancePercent < 0 || rules.collisionAvoidancePercent > 100) {
    throw invalid(`collisionAvoidancePercent is ${rules.collisionAvoidancePercent}, expected 0 to 100`)
  }
  return rules
}

function invalid(why: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `plugin redelivery: ${why}`)
}
