import { LinkedList } from '@millrace/base'
import type { Delivery } from './delivery.ts'

/** How many times its prefetch a consumer is sent before its broker is given up, and so many more. */
const PREFETCH_EXCESS = 2
const PREFETCH_SLACK = 1000

/** What the broker sent to one consumer and the application has not got, in the order in which it is delivered. */
export class DeliveryBuffer {
  readonly #byPriority: boolean
  readonly #list = new LinkedList<Delivery>()
  /** Of those here: given back, and so counted before. */
  #returned = 0
  /** More than this many that were not given back, and the broker does as it likes. */
  #lengthMax = PREFETCH_SLACK

  /** `byPriority`: what is more important passes; otherwise in the order of the broker. */
  constructor(byPriority: boolean) {
    this.#byPriority = byPriority
  }

  get length(): number {
    return this.#list.length
  }

  get first(): Delivery | null {
    return this.#list.first
  }

  /** More is here than the largest prefetch allows. */
  get flooded(): boolean {
    return this.#list.length - this.#returned > this.#lengthMax
  }

  [Symbol.iterator](): Iterator<Delivery> {
    return this.#list[Symbol.iterator]()
  }

  /** The broker may send as many as this ahead. What it was allowed before may still come. */
  allow(prefetch: number): void {
    this.#lengthMax = Math.max(this.#lengthMax, PREFETCH_EXCESS * prefetch + PREFETCH_SLACK)
  }

  push(delivery: Delivery): void {
    if (!this.#byPriority) {
      this.#list.push(delivery)
      return
    }
    let before: Delivery | null = null
    for (let at = this.#list.last; at !== null && at.wire.priority < delivery.wire.priority; at = at.previous)
      before = at
    this.#list.insertBefore(delivery, before)
  }

  shift(): Delivery | null {
    const delivery = this.#list.shift()
    if (delivery?.returned === true) {
      delivery.returned = false
      this.#returned--
    }
    return delivery
  }

  /** They come first, the first of them before all. */
  putBack(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries.toReversed()) {
      if (!delivery.returned) this.#returned++
      delivery.returned = true
      this.#list.unshift(delivery)
    }
  }

  clear(): void {
    this.#list.first = null
    this.#list.last = null
    this.#list.length = 0
    this.#returned = 0
  }
}
