import type { Message } from '../../message/message.ts'
import type { Queue } from '../queue.ts'
import { type BacklogIndex, HEADER_COUNT, type Header, HeaderIndex } from './header-index.ts'
import { Lanes } from './lanes.ts'

/** An index that no consumer has needed for so long is dropped. */
const UNUSED_MS_MAX = 60_000

/**
 * The indexes over what a queue has in the store only. Each is made when a consumer comes that can use it, filled from
 * the store in slices, and kept up from then on. One that finds no room any more ends where it ended: beyond that
 * messages are looked at one by one.
 */
export class BacklogIndexes {
  lanes: Lanes | null = null
  /** There is an index to be kept up. */
  any = false
  readonly #queue: Queue
  readonly #headers: (HeaderIndex | null)[] = Array.from({ length: HEADER_COUNT }, () => null)
  #list: BacklogIndex[] = []
  /** They found no room. */
  readonly #ended = new Set<BacklogIndex>()
  #usedMs = 0

  constructor(queue: Queue) {
    this.#queue = queue
  }

  of(header: Header, position: number): HeaderIndex {
    const known = this.#headers[header] ?? null
    if (known !== null) return known
    const index = new HeaderIndex(header, position, this.#queue.broker.usage.indexRoom)
    this.#headers[header] = index
    this.#put(index)
    return index
  }

  lanesFrom(position: number): Lanes {
    if (this.lanes === null) {
      this.lanes = new Lanes(position, this.#queue.broker.usage.indexRoom)
      this.#put(this.lanes)
    }
    return this.lanes
  }

  /** Whether it can be built on. */
  growing(index: BacklogIndex): boolean {
    return !this.#ended.has(index)
  }

  /** While it is being built. Returns false when it cannot go on. */
  add(index: BacklogIndex, key: number, message: Message): boolean {
    // It may have been dropped since the page was asked for.
    if (!this.#list.includes(index)) return false
    if (index.add(key, message)) return true
    this.#ended.add(index)
    return false
  }

  /** Another message is only in the store; `lastKey` was the last one. */
  follow(key: number, message: Message, lastKey: number): void {
    for (const index of this.#list) {
      if (index.builtTo >= lastKey && this.growing(index) && this.add(index, key, message)) index.builtTo = key
    }
  }

  remove(key: number): void {
    for (const index of this.#list) index.remove(key)
  }

  trim(position: number): void {
    for (const index of this.#list) index.trim(position)
  }

  clear(): void {
    for (const index of this.#list) index.clear()
    this.#list = []
    this.#ended.clear()
    this.#headers.fill(null)
    this.lanes = null
    this.any = false
  }

  upkeep(nowMs: number): boolean {
    if (!this.any || this.#queue.deleted) return false
    const { dispatcher, prioritized } = this.#queue
    if (this.#usedMs === 0 || dispatcher.attachments.some(({ probe }) => prioritized || probe !== null)) {
      this.#usedMs = nowMs
    }
    if (nowMs - this.#usedMs < UNUSED_MS_MAX) return true
    this.clear()
    return false
  }

  #put(index: BacklogIndex): void {
    this.#list.push(index)
    this.any = true
    this.#usedMs = 0
    this.#queue.broker.upkeep.watch(this.#queue.cursor)
  }
}
