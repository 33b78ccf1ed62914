import { assert, type Task } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { MessageSubject } from '../message/selector-subject.ts'
import type { Paged, PageReceiver } from '../store/store.ts'
import { Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'
import { readBack } from './routing/copy.ts'
import type { Subscription } from './subscription.ts'

const PAGE_COUNT = 64

/**
 * Shows a browser what a queue held at the moment it came, in order: what is in memory then, and what is only in the
 * store, merged by key. Nothing is locked: what was settled meanwhile is left out. Several queues come one by one.
 */
export class Browse implements Task {
  queued = false
  readonly #subscription: Subscription
  readonly #views: View[]
  readonly #subject = new MessageSubject()
  #shownLeft: number
  #done = false

  constructor(subscription: Subscription, queues: readonly Queue[]) {
    this.#subscription = subscription
    this.#shownLeft = subscription.broker.limits.browseMax
    this.#views = queues.map((queue) => new View(this, queue, this.#shownLeft))
  }

  wake(): void {
    this.#subscription.broker.turn.work(this)
  }

  run(): void {
    const subscription = this.#subscription
    const { broker } = subscription
    let left = broker.limits.dispatchMax
    while (!this.#done && !subscription.removed && subscription.hasCredit()) {
      const view = this.#views[0]
      if (view === undefined || this.#shownLeft === 0) {
        this.#done = true
        subscription.consumer.exhausted()
        return
      }
      if (left-- === 0) {
        broker.turn.later(this)
        return
      }
      const entry = view.next()
      if (entry === undefined) return
      if (entry === null) this.#views.shift()
      else if (this.#wants(entry.message, entry.redeliveries)) {
        this.#shownLeft--
        subscription.show(entry)
      }
    }
  }

  #wants(message: Message, redeliveries: number): boolean {
    if (message.expired(this.#subscription.broker.nowMs())) return false
    return this.#subscription.wants(message, redeliveries, this.#subject)
  }
}

/** One queue as it was at one moment. */
class View implements PageReceiver {
  readonly #browse: Browse
  readonly #queue: Queue
  readonly #memory: readonly Entry[]
  /** Keys of `#memory` that the store's pages may show too. */
  readonly #seen = new Set<number>()
  readonly #keyLast: number
  #at = 0
  #page: readonly Paged[] = []
  #pageAt = 0
  #afterKey: number
  #reading = false
  /** Nothing more comes from the store. */
  #whole: boolean

  constructor(browse: Browse, queue: Queue, countMax: number) {
    this.#browse = browse
    this.#queue = queue
    this.#memory = queue.snapshot(countMax)
    this.#afterKey = queue.cursor.position
    this.#keyLast = queue.cursor.lastKey
    this.#whole = !queue.cursor.behind
    for (const entry of this.#memory) if (entry.key > this.#afterKey) this.#seen.add(entry.key)
  }

  /** A copy of the next entry; null: there is none; undefined: it is being read. */
  next(): Entry | null | undefined {
    for (;;) {
      const entry = this.#memory[this.#at]
      if (entry?.place === Place.Gone) {
        this.#at++
        continue
      }
      const item = this.#page[this.#pageAt]
      if (item === undefined && !this.#whole) {
        this.#read()
        return undefined
      }
      if (entry === undefined && item === undefined) return null
      if (entry !== undefined && (item === undefined || entry.key <= item.key)) {
        this.#at++
        return copyOf(entry.message, entry.key, entry.redeliveries)
      }
      assert(item !== undefined, 'a browse that is neither in memory nor in the store')
      this.#pageAt++
      if (!this.#seen.has(item.key)) return copyOf(readBack(item.message, this.#queue), item.key, 0)
    }
  }

  paged(page: readonly Paged[], last: boolean): void {
    this.#reading = false
    const end = page[page.length - 1]
    const { cursor } = this.#queue
    this.#page = page.filter((item) => item.key <= this.#keyLast && !cursor.hides(item.key))
    this.#pageAt = 0
    if (end !== undefined) this.#afterKey = end.key
    this.#whole = last || end === undefined || end.key >= this.#keyLast
    this.#browse.wake()
  }

  #read(): void {
    if (this.#reading) return
    const { store, deleted } = this.#queue
    if (store === null || deleted) {
      this.#whole = true
      this.#browse.wake()
      return
    }
    this.#reading = true
    store.page(this.#afterKey, PAGE_COUNT, this)
  }
}

function copyOf(message: Message, key: number, redeliveries: number): Entry {
  const copy = new Entry(null, message, key, false, null)
  copy.redeliveries = redeliveries
  return copy
}
