import { MillraceError } from '@millrace/base'
import type { Broker } from './broker.ts'
import type { Target } from './target.ts'

/** When destinations of no use are removed. What is of no use, and for how long, is said by policies. */
export interface SweepOptions {
  /** Ms between two sweeps; 0 = never. Default: 0. Model behaviour. */
  readonly schedulePeriodForDestinationPurge?: number
  /** Destinations removed by one sweep; 0 = as many as there are. Default: 0. Model behaviour. */
  readonly maxPurgedDestinationsPerSweep?: number
}

/** Destinations looked at in one tick. */
const TARGETS_PER_TICK = 1000

/**
 * Removes destinations that nobody uses. The first sweep that finds one unused remembers when; a later one removes it, if
 * it was unused for long enough and nothing happened to it in between.
 */
export class Inactivity {
  readonly #broker: Broker
  readonly #periodMs: number
  readonly #removalsMax: number
  #begunMs: number
  #left: Target[] = []
  #removals = 0

  /** Throws CONFIGURATION_INVALID. */
  constructor(broker: Broker, options: SweepOptions) {
    const { schedulePeriodForDestinationPurge = 0, maxPurgedDestinationsPerSweep = 0 } = options
    for (const [name, value] of Object.entries({ schedulePeriodForDestinationPurge, maxPurgedDestinationsPerSweep })) {
      if (Number.isFinite(value) && value >= 0) continue
      throw new MillraceError('CONFIGURATION_INVALID', `${name} is ${value}, expected a number from 0`)
    }
    this.#broker = broker
    this.#periodMs = schedulePeriodForDestinationPurge
    this.#removalsMax = maxPurgedDestinationsPerSweep === 0 ? Number.POSITIVE_INFINITY : maxPurgedDestinationsPerSweep
    this.#begunMs = broker.clock.monotonic()
  }

  tick(nowMs: number): void {
    if (this.#periodMs === 0) return
    if (this.#left.length === 0) {
      if (nowMs - this.#begunMs < this.#periodMs) return
      this.#begunMs = nowMs
      this.#removals = 0
      this.#left = [...this.#broker.destinations.all]
    }
    for (let left = TARGETS_PER_TICK; left > 0; left--) {
      const target = this.#left.pop()
      if (target === undefined) break
      if (!target.deleted) this.#look(target, nowMs)
    }
    if (this.#left.length > 0 || this.#removals === 0) return
    this.#broker.log.info({ removed: this.#removals }, 'unused destinations were removed')
    this.#removals = 0
  }

  #look(target: Target, nowMs: number): void {
    const { gcInactiveDestinations, inactiveTimeoutBeforeGC } = target.policy
    if (!gcInactiveDestinations || target.used) {
      target.unusedSinceMs = -1
      return
    }
    if (target.unusedSinceMs < 0 || target.unusedEnqueued !== target.enqueued) {
      target.unusedSinceMs = nowMs
      target.unusedEnqueued = target.enqueued
      return
    }
    if (nowMs - target.unusedSinceMs < inactiveTimeoutBeforeGC || this.#removals >= this.#removalsMax) return
    this.#removals++
    this.#broker.destinations.delete(target, NOBODY)
  }
}

const NOBODY = { done: (): void => {} }
