import type { Broker } from './broker.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'

/** Queues looked through in one tick. */
const QUEUES_PER_TICK = 100

/** Pages of stored messages asked for in one tick. */
const PAGES_PER_TICK = 4

/**
 * Looks for expired messages that nobody comes to fetch. Every period it begins to go through all queues and backlogs of
 * durable subscriptions, some in each tick and of each only so many messages: first those in memory, then those that are
 * only in the store. What is not through yet goes on with the next tick.
 */
export class Expiry {
  readonly #broker: Broker
  #queues: Look[] = []
  #begunMs = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  tick(nowMs: number): void {
    if (this.#queues.length === 0) {
      if (nowMs - this.#begunMs < this.#broker.limits.expiryPeriodMs) return
      this.#begunMs = nowMs
      for (const queue of this.#broker.queues()) if (queue.count > 0) this.#queues.push(new Look(queue))
    }
    const unfinished: Look[] = []
    let pages = PAGES_PER_TICK
    for (let left = QUEUES_PER_TICK; left > 0; left--) {
      const look = this.#queues.pop()
      if (look === undefined) break
      if (look.queue.deleted || look.queue.paused) continue
      if (look.inMemory) this.#scan(look)
      else if (pages > 0) {
        if (!look.queue.cursor.expire(this.#broker.limits.expiryScanMax)) continue
        pages--
      }
      unfinished.push(look)
    }
    this.#queues.push(...unfinished)
  }

  /** The next messages in memory. */
  #scan(look: Look): void {
    const { queue } = look
    const { limits, redelivery } = this.#broker
    const nowMs = this.#broker.nowMs()
    const expired: Entry[] = []
    let left = limits.expiryScanMax
    // Where it stopped may be somewhere else by now.
    const resume = look.next !== null && look.next.place === Place.Ready ? look.next : null
    let entry = resume ?? queue.ready.first
    for (; entry !== null && left > 0; left--) {
      const next: Entry | null = entry.next
      if (entry.message.expired(nowMs)) {
        queue.unlink(entry)
        expired.push(entry)
      }
      entry = next
    }
    look.next = entry
    if (entry === null) {
      look.inMemory = false
      // Those that wait behind stored ones: the oldest of them.
      const { waiting } = queue.cursor
      for (let one = waiting.first; one !== null && left > 0; left--) {
        const next: Entry | null = one.next
        if (one.message.expired(nowMs)) {
          waiting.remove(one)
          expired.push(one)
        }
        one = next
      }
    }
    for (const one of expired) {
      one.place = Place.Leaving
      redelivery.expire(one)
    }
    if (expired.length > 0) queue.wake()
  }
}

/** How far the look through one queue has come. */
class Look {
  readonly queue: Queue
  inMemory = true
  /** Where to go on; null = at the front. */
  next: Entry | null = null

  constructor(queue: Queue) {
    this.queue = queue
  }
}
