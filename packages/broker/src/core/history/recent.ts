import { type Linked, LinkedList } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import type { History, Kept } from './history.ts'
import type { HistorySpace } from './space.ts'

class Recent implements Kept, Linked<Recent> {
  readonly message: Message
  readonly key: number
  readonly sinceMs: number
  previous: Recent | null = null
  next: Recent | null = null

  constructor(message: Message, key: number, sinceMs: number) {
    this.message = message
    this.key = key
    this.sinceMs = sinceMs
  }
}

export interface RecentBounds {
  readonly countMax: number
  readonly bytesMax: number
  readonly ageMsMax: number
}

/** The last messages, bounded by count, bytes and age, and by what all topics together may keep. */
export class RecentHistory implements History {
  readonly #space: HistorySpace
  readonly #bounds: RecentBounds
  readonly #kept = new LinkedList<Recent>()
  #bytes = 0

  constructor(space: HistorySpace, bounds: RecentBounds) {
    this.#space = space
    this.#bounds = bounds
  }

  add(message: Message, key: number, nowMs: number): void {
    const { sizeBytes } = message
    this.#age(nowMs)
    if (sizeBytes > this.#bounds.bytesMax) {
      // It would be the last, and does not fit: what was before it is no longer the end.
      this.clear()
      return
    }
    while (this.#kept.length >= this.#bounds.countMax || this.#bytes + sizeBytes > this.#bounds.bytesMax) this.#drop()
    while (this.#kept.length > 0 && !this.#space.has(sizeBytes)) this.#drop()
    if (!this.#space.has(sizeBytes)) return
    this.#space.take(message)
    this.#bytes += sizeBytes
    this.#kept.push(new Recent(message, key, nowMs))
  }

  *recall(nowMs: number): Iterable<Kept> {
    this.#age(nowMs)
    for (let one = this.#kept.first; one !== null; one = one.next) yield one
  }

  clear(): void {
    while (this.#kept.length > 0) this.#drop()
  }

  #age(nowMs: number): void {
    const { ageMsMax } = this.#bounds
    for (let one = this.#kept.first; one !== null && one.sinceMs <= nowMs - ageMsMax; one = this.#kept.first)
      this.#drop()
  }

  #drop(): void {
    const one = this.#kept.shift()
    if (one === null) return
    this.#bytes -= one.message.sizeBytes
    this.#space.give(one.message)
  }
}
