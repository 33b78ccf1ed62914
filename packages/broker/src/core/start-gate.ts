import type { Queue } from './queue.ts'
import type { Upkept } from './upkeep.ts'

/** How long a queue waits for consumers when nothing else is said. */
const WAIT_MS = 1_000

/**
 * Holds a queue back after its first consumer came, until there are as many as it wants or its time is up, so that
 * message groups are shared out among all of them. Closed again when the last one has left.
 */
export class StartGate implements Upkept {
  closed = false
  readonly #queue: Queue
  readonly #consumers: number
  readonly #waitMs: number
  #deadlineMs = 0

  constructor(queue: Queue, consumers: number, waitMs: number) {
    this.#queue = queue
    this.#consumers = consumers
    this.#waitMs = waitMs
  }

  /** Null: the queue gives out its messages at once. */
  static of(queue: Queue): StartGate | null {
    const { consumersBeforeDispatchStarts: consumers, timeBeforeDispatchStarts: timeMs } = queue.policy
    if (consumers <= 0 && timeMs <= 0) return null
    return new StartGate(queue, consumers, timeMs > 0 ? timeMs : WAIT_MS)
  }

  attached(count: number): void {
    if (count === 1) {
      this.closed = true
      this.#deadlineMs = this.#queue.broker.clock.monotonic() + this.#waitMs
      this.#queue.broker.upkeep.watch(this)
    }
    if (this.#consumers > 0 && count >= this.#consumers) this.closed = false
  }

  detached(count: number): void {
    if (count === 0) this.closed = false
  }

  upkeep(nowMs: number): boolean {
    if (this.closed && nowMs >= this.#deadlineMs) this.closed = false
    if (this.closed) return true
    this.#queue.wake()
    return false
  }
}
