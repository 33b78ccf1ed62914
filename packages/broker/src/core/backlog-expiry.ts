import type { Paged } from '../store/store.ts'
import type { Cursor } from './cursor.ts'
import type { Queue } from './queue.ts'

/**
 * The look for expired messages among those that are only in the store, page by page. An idle queue is looked through
 * once, and then when the first of it expires.
 */
export class BacklogExpiry {
  readonly #queue: Queue
  readonly #cursor: Cursor
  /** How far the look has come; 0 = none is under way. */
  #to = 0
  /** Nothing that is only in the store expires before this; 0 = nobody has looked yet. */
  #expiresMs = Number.POSITIVE_INFINITY
  /** The same for what the look has come across. */
  #expiresNextMs = Number.POSITIVE_INFINITY

  constructor(queue: Queue, cursor: Cursor) {
    this.#queue = queue
    this.#cursor = cursor
  }

  /** Behind which key to look; -1: there is nothing to be found yet. */
  begin(nowMs: number): number {
    if (this.#to > 0) return this.#to
    if (nowMs < this.#expiresMs) return -1
    this.#expiresMs = Number.POSITIVE_INFINITY
    this.#expiresNextMs = Number.POSITIVE_INFINITY
    return 0
  }

  paged(page: readonly Paged[], end: boolean): void {
    const { broker } = this.#queue
    const cursor = this.#cursor
    const nowMs = broker.nowMs()
    let whole = true
    for (const item of page) {
      if (item.key > cursor.safeLast) {
        whole = false
        break
      }
      this.#to = item.key
      const { expiration } = item.message
      if (expiration === 0 || item.key <= cursor.position || cursor.holds(item.key)) continue
      if (!item.message.expired(nowMs)) {
        this.#expiresNextMs = Math.min(this.#expiresNextMs, expiration)
        continue
      }
      broker.redelivery.expire(cursor.takeOut(item))
    }
    if (!end && whole) return
    this.#to = 0
    this.#expiresMs = Math.min(this.#expiresMs, this.#expiresNextMs)
  }

  /** Something that expires then, or not before, is only in the store from now on (ms); Infinity = never. */
  follow(expiresMs: number): void {
    if (expiresMs < this.#expiresMs) this.#expiresMs = expiresMs
  }

  /** One came back that nobody looked at. */
  again(): void {
    this.#expiresMs = 0
  }
}
