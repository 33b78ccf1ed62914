import { assert } from '@millrace/base'

export interface Due {
  /** When, by the clock of the heap. */
  readonly at: number
  /** Of two that are due at once the smaller comes first. */
  readonly key: number
  /** Its place in the heap, which only the heap changes; -1 = in none. */
  slot: number
}

/** What is due next, in front: adding and taking out, also from the middle, cost the logarithm of what is in it. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = []

  get count(): number {
    return this.#items.length
  }

  get first(): T | null {
    return this.#items[0] ?? null
  }

  add(item: T): void {
    assert(item.slot === -1, 'an item is in one heap, once')
    this.#items.push(item)
    this.#up(item, this.#items.length - 1)
  }

  remove(item: T): void {
    assert(this.#items[item.slot] === item, 'an item is taken out of a heap that it is not in')
    const at = item.slot
    item.slot = -1
    const last = this.#items.pop() as T
    if (last === item) return
    this.#up(last, at)
    if (last.slot === at) this.#down(last, at)
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]()
  }

  #up(item: T, from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = this.#items[parent] as T
      if (!precedes(item, above)) break
      this.#put(above, at)
      at = parent
    }
    this.#put(item, at)
  }

  #down(item: T, from: number): void {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#items.length) break
      const right = child + 1
      if (right < this.#items.length && precedes(this.#items[right] as T, this.#items[child] as T)) child = right
      const below = this.#items[child] as T
      if (!precedes(below, item)) break
      this.#put(below, at)
      at = child
    }
    this.#put(item, at)
  }

  #put(item: T, at: number): void {
    this.#items[at] = item
    item.slot = at
  }
}

function precedes(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key)
}
