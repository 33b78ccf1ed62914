import type { Message } from '../../message/message.ts'
import type { Queue } from '../queue.ts'
import { type BacklogIndex, HEADER_COUNT, type Header, HeaderIndex, headerOf } from './header-index.ts'
import { Lanes } from './lanes.ts'

/** An index that no consumer has needed for so long is dropped. */
const UNUSED_MS_MAX = 60_000

/**
 * The indexes over what a queue has in the store only. While all of that came through memory, a header has its index from
 * the first message with it, so that who looks for one message of a million has it at once. After a restart, and where
 * many such indexes would take too much, an index is made when a consumer comes that can use it, filled from the store in
 * slices, and kept up from then on. One that finds no room any more ends where it ended: beyond that messages are looked
 * at one by one.
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
  /** Everything that is only in the store went through `follow`, so a header without an index is in none of it. */
  #whole = true

  constructor(queue: Queue) {
    this.#queue = queue
  }

  /** `lastKey`: of what is only in the store. */
  of(header: Header, position: number, lastKey: number): HeaderIndex {
    const known = this.#headers[header] ?? null
    if (known !== null) return known
    return this.#make(header, this.#whole ? Math.max(position, lastKey) : position)
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

  /** Another message is only in the store; `lastKey` was the last one, `position` the last that is in the window or settled. */
  follow(key: number, message: Message, lastKey: number, position: number): void {
    // Nothing else is only in the store.
    if (lastKey <= position) this.#whole = true
    if (this.#whole) this.#begin(message, Math.max(lastKey, position))
    if (this.#whole && this.any && this.#queue.broker.usage.indexRoom.scarce && !this.#needed) this.missed()
    for (const index of this.#list) {
      if (index.builtTo >= lastKey && this.growing(index) && this.add(index, key, message)) index.builtTo = key
    }
  }

  /** Something is only in the store and was not followed. */
  missed(): void {
    this.clear()
    this.#whole = false
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
    if (this.#usedMs === 0 || this.#needed) this.#usedMs = nowMs
    if (nowMs - this.#usedMs < UNUSED_MS_MAX) return true
    if (this.#whole && this.lanes === null) return false
    this.missed()
    return false
  }

  /** The headers that this message is the first to have. */
  #begin(message: Message, builtTo: number): void {
    const { indexRoom } = this.#queue.broker.usage
    for (let header = 0; header < HEADER_COUNT; header++) {
      if (this.#headers[header] !== null || headerOf(message, header as Header) === null) continue
      if (indexRoom.scarce) this.#whole = false
      else this.#make(header as Header, builtTo)
    }
  }

  get #needed(): boolean {
    const { dispatcher, prioritized } = this.#queue
    return dispatcher.attachments.some(({ probe }) => prioritized || probe !== null)
  }

  #make(header: Header, builtTo: number): HeaderIndex {
    const index = new HeaderIndex(header, builtTo, this.#queue.broker.usage.indexRoom)
    this.#headers[header] = index
    this.#put(index)
    return index
  }

  #put(index: BacklogIndex): void {
    this.#list.push(index)
    this.any = true
    this.#usedMs = 0
    this.#queue.broker.upkeep.watch(this.#queue.cursor)
  }
}
