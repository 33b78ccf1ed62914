import type { Broker } from './broker.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'

/** Queues looked through in one tick. */
const QUEUES_PER_TICK = 100

/**
 * Looks for expired messages that nobody comes to fetch. Every period it begins to go through all queues, a few per
 * tick, and in each only through the oldest messages in memory; the others are met when they get there.
 */
export class Expiry {
  readonly #broker: Broker
  #queues: Queue[] = []
  #begunMs = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  tick(nowMs: number): void {
    if (this.#queues.length === 0) {
      if (nowMs - this.#begunMs < this.#broker.limits.expiryPeriodMs) return
      this.#begunMs = nowMs
      this.#queues = [...this.#broker.queues()]
    }
    for (let left = QUEUES_PER_TICK; left > 0; left--) {
      const queue = this.#queues.pop()
      if (queue === undefined) return
      // Where one was found there are probably more.
      if (!queue.deleted && !queue.paused && this.#scan(queue)) this.#queues.unshift(queue)
    }
  }

  /** Returns true when it found something and did not see the end. */
  #scan(queue: Queue): boolean {
    const { limits, redelivery } = this.#broker
    const nowMs = this.#broker.nowMs()
    const expired: Entry[] = []
    let left = limits.expiryScanMax
    for (let entry = queue.ready.first; entry !== null && left > 0; left--) {
      const next: Entry | null = entry.next
      if (entry.message.expired(nowMs)) {
        queue.unlink(entry)
        entry.place = Place.Leaving
        expired.push(entry)
      }
      entry = next
    }
    for (const entry of expired) redelivery.expire(entry)
    if (expired.length > 0) queue.wake()
    return expired.length > 0 && left === 0
  }
}
