import { type Cancel, type Clock, findPrimitive, PrimitiveTag, type Random } from '@millrace/base'
import type { RedeliveryPolicy } from '../redelivery-policy.ts'
import type { ConsumerCounters } from '../statistics.ts'
import type { Acknowledgement } from './acknowledgement.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryBuffer } from './delivery-buffer.ts'

export interface RedeliverySettings {
  readonly clock: Clock
  readonly random: Random
  readonly nonBlockingRedelivery: boolean
}

const CAUSE_LENGTH_MAX = 1000

/** What the application gave back is delivered to it again, or given up to the dead letter queue. */
export class Redelivery {
  readonly #settings: RedeliverySettings
  readonly #acks: Acknowledgement
  readonly #buffer: DeliveryBuffer
  readonly #counters: ConsumerCounters
  readonly #wake: () => void
  #suspended = false
  /** The last delay: the next one builds on it. */
  #delayMs = 0
  /** Waiting for their delay outside the buffer. */
  readonly #delayed = new Set<Delivery[]>()
  readonly #timers = new Set<Cancel>()

  /** `wake`: something may be deliverable now. */
  constructor(
    settings: RedeliverySettings,
    acks: Acknowledgement,
    buffer: DeliveryBuffer,
    counters: ConsumerCounters,
    wake: () => void,
  ) {
    this.#settings = settings
    this.#acks = acks
    this.#buffer = buffer
    this.#counters = counters
    this.#wake = wake
  }

  /** Nothing is delivered before the delay is over. */
  get suspended(): boolean {
    return this.#suspended
  }

  /** Something was consumed for good: the next delay is a first one. */
  succeeded(): void {
    this.#delayMs = 0
  }

  /** Oldest first; all of the present link. */
  again(deliveries: Delivery[], policy: RedeliveryPolicy): void {
    const newest = deliveries.at(-1)
    if (newest === undefined) return
    const { clock, random, nonBlockingRedelivery } = this.#settings
    const delayMs = policy.delay(newest.redeliveries > 0 ? this.#delayMs : null, random)
    this.#delayMs = delayMs
    for (const delivery of deliveries) delivery.redeliveries++
    if (policy.exceeded(newest.redeliveries)) {
      this.#delayMs = 0
      this.#counters.poisoned += deliveries.length
      this.#acks.poison(deliveries, exceeded(policy, newest))
      this.#wake()
      return
    }
    this.#acks.redelivered(deliveries)
    if (delayMs <= 0 || !nonBlockingRedelivery) this.#buffer.putBack(deliveries)
    if (delayMs <= 0) {
      this.#wake()
      return
    }
    if (nonBlockingRedelivery) this.#delayed.add(deliveries)
    else this.#suspended = true
    const cancel = clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      // Not among them any more: the link broke meanwhile.
      if (this.#delayed.delete(deliveries)) this.#buffer.putBack(deliveries)
      if (!nonBlockingRedelivery) this.#suspended = false
      this.#wake()
    })
    this.#timers.add(cancel)
  }

  /** Those that wait for their delay, which do not come again any more. */
  takeDelayed(): Delivery[] {
    const all = [...this.#delayed].flat()
    this.#delayed.clear()
    return all
  }

  cancel(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }
}

/** Why a message that was delivered too often is given up. */
export function exceeded(policy: RedeliveryPolicy, { failure }: Delivery): string {
  const limit = `Exceeded redelivery policy limit: ${policy.maximumRedeliveries} redeliveries`
  if (failure === null) return limit
  const cause = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)
  return `${limit}, cause: ${cause.slice(0, CAUSE_LENGTH_MAX)}`
}

/** The broker's own redelivery is at work. */
export function brokerRedelivers(properties: Buffer | null): boolean {
  if (properties === null) return false
  try {
    return (findPrimitive(properties, 'redeliveryDelay')?.tag ?? PrimitiveTag.Null) !== PrimitiveTag.Null
  } catch {
    // What nobody can read says nothing.
    return false
  }
}
