import type { Random } from '@millrace/base'

/** When and how often a message that was rolled back is delivered again by this client. Times in milliseconds. */
export interface RedeliveryPolicyOptions {
  /** Redeliveries before the message goes to the dead letter queue; 6, so at most 7 deliveries. -1: no limit. */
  maximumRedeliveries?: number
  /** Before the first redelivery. 1000. */
  initialRedeliveryDelay?: number
  /** From the second on, and the first growth step when the initial delay is 0. 1000. */
  redeliveryDelay?: number
  /** false. */
  useExponentialBackOff?: boolean
  /** 5; takes effect when greater than 1 and `useExponentialBackOff`. */
  backOffMultiplier?: number
  /** Cap for exponential delays; never below `redeliveryDelay`. -1: none. */
  maximumRedeliveryDelay?: number
  /** Spreads delays by +/- `collisionAvoidancePercent`. false. */
  useCollisionAvoidance?: boolean
  /** 15. */
  collisionAvoidancePercent?: number
  /** Transacted sessions: a message the broker already counts beyond the limit is not delivered once more. true. */
  preDispatchCheck?: boolean
}

const FRACTIONS = 1_000_000

/** The policy of one consumer (model behaviour: `jms.redeliveryPolicy.*`). Immutable. */
export class RedeliveryPolicy {
  readonly maximumRedeliveries: number
  readonly initialRedeliveryDelay: number
  readonly redeliveryDelay: number
  readonly useExponentialBackOff: boolean
  readonly backOffMultiplier: number
  readonly maximumRedeliveryDelay: number
  readonly useCollisionAvoidance: boolean
  readonly collisionAvoidancePercent: number
  readonly preDispatchCheck: boolean

  /** What is absent is as `RedeliveryPolicyOptions` says. */
  constructor(options: RedeliveryPolicyOptions = {}) {
    this.maximumRedeliveries = options.maximumRedeliveries ?? 6
    this.initialRedeliveryDelay = options.initialRedeliveryDelay ?? 1000
    this.redeliveryDelay = options.redeliveryDelay ?? 1000
    this.useExponentialBackOff = options.useExponentialBackOff ?? false
    this.backOffMultiplier = options.backOffMultiplier ?? 5
    this.maximumRedeliveryDelay = options.maximumRedeliveryDelay ?? -1
    this.useCollisionAvoidance = options.useCollisionAvoidance ?? false
    this.collisionAvoidancePercent = options.collisionAvoidancePercent ?? 15
    this.preDispatchCheck = options.preDispatchCheck ?? true
  }

  /** Whether a message that was rolled back this often (1 = once) goes to the dead letter queue. */
  exceeded(redeliveries: number): boolean {
    return this.maximumRedeliveries >= 0 && redeliveries > this.maximumRedeliveries
  }

  /** The first delay, and then `next` of the one before: collision avoidance builds on what was really waited. */
  delay(previousMs: number | null, random: Random): number {
    if (previousMs === null) return this.initialRedeliveryDelay
    const delayMs = this.#grown(previousMs)
    if (!this.useCollisionAvoidance) return delayMs
    const share = (random(2 * FRACTIONS + 1) / FRACTIONS - 1) * (this.collisionAvoidancePercent / 100)
    return Math.max(0, Math.round(delayMs + delayMs * share))
  }

  #grown(previousMs: number): number {
    if (!this.useExponentialBackOff || previousMs <= 0 || this.backOffMultiplier <= 1) return this.redeliveryDelay
    const grown = Math.trunc(previousMs * this.backOffMultiplier)
    if (this.maximumRedeliveryDelay < 0 || grown <= this.maximumRedeliveryDelay) return grown
    return Math.max(this.maximumRedeliveryDelay, this.redeliveryDelay)
  }
}
