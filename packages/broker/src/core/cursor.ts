import { assert, LinkedList } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Paged, PageReceiver } from '../store/store.ts'
import type { Attachment } from './dispatch.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'

/** Stored messages kept in memory however scarce it is, so that every queue can go on. */
const SCARCE_COUNT_MAX = 16
const SCARCE_BYTES_MAX = 65_536

/** Messages asked for when nothing is known about their size. */
const FIRST_PAGE_COUNT = 64

/** A page that is on its way. */
interface Reading {
  /** For whom beyond the window; null = to fill the window. */
  readonly attachment: Attachment | null
  readonly countMax: number
  /** What was only in the store when it was asked for: a last page has covered all of that. */
  readonly pagedOutLast: number
  /** Only to find what has expired. */
  readonly expiry: boolean
}

/**
 * The window over a long queue. Stored messages up to `#position` are in memory (or settled); those beyond are in the
 * store only, and cost nothing but a place in a count. While a consumer keeps up nothing is beyond, and messages go
 * straight through. When the window runs low the next page is read.
 *
 * A consumer whose selector finds nothing in the window does not have to wait for others to move it: the store is read
 * on for it alone, and what matches is taken out of the order. Such messages are in memory ahead of the window; their
 * keys are held, so that the window leaves them out when it comes to them. One page is on its way at a time, so the
 * main window and every searching consumer have their turns and a page never meets a window that moved meanwhile.
 */
export class Cursor implements PageReceiver {
  /** Messages that are only in the store. */
  pagedOut = 0
  /** Not persistent, and behind messages that are only in the store: they wait for those. In the order of arrival. */
  readonly waiting: LinkedList<Entry> = new LinkedList()
  readonly #queue: Queue
  #position = 0
  /** The highest key that is only in the store. */
  #pagedOutLast = 0
  /** The highest key that the store has confirmed; a page may show more, which is not to be seen yet. */
  #safeLast = 0
  /** Keys beyond the position that are in memory, or belong to a prepared branch. */
  readonly #held = new Set<number>()
  /** Keys that ceased to be held while a page was on its way, which may still show them. */
  readonly #released: number[] = []
  #reading: Reading | null = null
  /** Stored messages among the ready ones. */
  #windowCount = 0
  #windowBytes = 0
  /** A running average of what was read. */
  #messageBytes = 0
  /** Index of the attachment to be searched for next. */
  #turnOf = 0
  /** How far the look for expired messages in the store has come; 0 = none is under way. */
  #expiryTo = 0
  /** Nothing that is only in the store expires before this; 0 = nobody has looked yet. */
  #expiresMs = 0
  /** The same for what the look has come across. */
  #expiresNextMs = Number.POSITIVE_INFINITY
  /** Keys to be restored once the page that is on its way is here. */
  #restoring: number[] = []

  constructor(queue: Queue) {
    this.#queue = queue
  }

  /** Something is only in the store. */
  get behind(): boolean {
    return this.#pagedOutLast > this.#position
  }

  get lastKey(): number {
    return this.#pagedOutLast
  }

  get position(): number {
    return this.#position
  }

  get windowCount(): number {
    return this.#windowCount
  }

  /** At recovery: everything is only in the store. */
  recover(count: number, keyLast: number): void {
    assert(this.#position === 0, 'a queue in use is recovered')
    this.pagedOut += count
    this.#pagedOutLast = Math.max(this.#pagedOutLast, keyLast)
    this.#safeLast = Math.max(this.#safeLast, keyLast)
  }

  /**
   * Whether an entry that arrives is to be linked. If not it was taken care of: forgotten, because the store has it, or
   * kept waiting behind such ones.
   */
  admits(entry: Entry): boolean {
    if (!entry.persistent) {
      if (!this.behind) return true
      entry.place = Place.Waiting
      entry.message.own()
      this.waiting.push(entry)
      return false
    }
    const { key } = entry
    if (key > this.#safeLast) this.#safeLast = key
    if (this.behind) {
      // A prepared branch brings keys that are old by now.
      if (key <= this.#position || this.#held.has(key)) return true
      this.#pageOut(entry)
      return false
    }
    if (this.#windowFull()) {
      // A large batch became safe at once: what consumers take now needs no place in the window.
      this.#queue.run()
      if (this.behind || this.#windowFull()) {
        this.#pageOut(entry)
        return false
      }
    }
    if (key > this.#position) this.#position = key
    if (this.#held.size > 0) this.#held.delete(key)
    return true
  }

  /** A stored message was linked. */
  enters(message: Message): void {
    this.#windowCount++
    this.#windowBytes += message.sizeBytes
  }

  leaves(message: Message): void {
    this.#windowCount--
    this.#windowBytes -= message.sizeBytes
    assert(this.#windowCount >= 0, 'more left the window than entered it')
  }

  /** This key is in memory, or must not be seen, although it is beyond the position. */
  hold(key: number): void {
    if (key > this.#position) this.#held.add(key)
  }

  /** An entry with this key is gone; a page that is on its way may still show it. */
  gone(key: number): void {
    if (this.#held.size === 0 || !this.#held.has(key)) return
    if (this.#reading === null) this.#held.delete(key)
    else this.#released.push(key)
  }

  /** A prepared branch that was found at recovery had removed this one and is rolled back: it is back in the store. */
  restore(key: number): void {
    const { store } = this.#queue
    if (key > this.#position) {
      if (this.#reading !== null) {
        this.#restoring.push(key)
        return
      }
      this.#held.delete(key)
      this.pagedOut++
      this.#pagedOutLast = Math.max(this.#pagedOutLast, key)
      this.#expiresMs = 0
      this.#queue.broker.turn.work(this.#queue)
      return
    }
    store?.page(key - 1, 1, {
      paged: (page) => {
        const item = page[0]
        if (item === undefined || item.key !== key || this.#queue.deleted) return
        const entry = this.#enter(item)
        entry.place = Place.Leaving
        this.#queue.giveBack([entry])
      },
    })
  }

  /** At recovery: a prepared branch has removed this one, which must not be seen until that is decided. */
  hide(key: number): void {
    this.#held.add(key)
    this.pagedOut--
  }

  clear(): void {
    for (let entry = this.waiting.shift(); entry !== null; entry = this.waiting.shift()) this.#queue.forget(entry)
    this.pagedOut = 0
    this.#pagedOutLast = 0
    this.#held.clear()
  }

  /** Asks for the next page if there is one to read and somebody to read it for. */
  refill(): void {
    if (this.#reading !== null) return
    const { attachments } = this.#queue.dispatcher
    if (attachments.length === 0) return
    if (this.behind && this.#windowLow()) {
      this.#read(null, this.#position)
      return
    }
    if (!this.#queue.dispatcher.selective) return
    for (let i = 0; i < attachments.length; i++) {
      // Starting behind the one that was served last.
      const attachment = attachments[(this.#turnOf + i) % attachments.length] as Attachment
      if (!this.#shouldSearch(attachment)) continue
      const after = Math.max(this.#position, attachment.searchedTo)
      if (after < this.#pagedOutLast) {
        this.#turnOf = (this.#turnOf + i + 1) % attachments.length
        this.#read(attachment, after)
        return
      }
      this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
    }
  }

  /** Asks for the next page although nobody consumes: for a purge. */
  readOn(): void {
    if (this.#reading === null && this.behind) this.#read(null, this.#position)
  }

  /**
   * Looks through the next `countMax` messages that are only in the store for expired ones. True: there are more to look
   * at, and the next call goes on. An idle queue is looked through once, and then when the first of it expires.
   */
  expire(countMax: number): boolean {
    if (!this.behind) return false
    if (this.#reading !== null) return true
    const { store, broker } = this.#queue
    if (this.#expiryTo === 0) {
      if (broker.nowMs() < this.#expiresMs) return false
      this.#expiresMs = Number.POSITIVE_INFINITY
      this.#expiresNextMs = Number.POSITIVE_INFINITY
    }
    this.#reading = { attachment: null, countMax, pagedOutLast: this.#pagedOutLast, expiry: true }
    store?.page(Math.max(this.#position, this.#expiryTo), countMax, this)
    return true
  }

  /** More may be found for this consumer without anything arriving. */
  searches(attachment: Attachment | null): boolean {
    if (attachment === null) return false
    if (this.#reading !== null && (this.#reading.attachment === null || this.#reading.attachment === attachment))
      return true
    if (this.behind && this.#windowLow()) return true
    return this.#shouldSearch(attachment) && Math.max(this.#position, attachment.searchedTo) < this.#pagedOutLast
  }

  paged(page: readonly Paged[], last: boolean): void {
    const reading = this.#reading
    assert(reading !== null, 'a page that nobody asked for')
    this.#reading = null
    if (this.#queue.deleted) return
    // A page without messages has nothing behind it, whatever it says: never ask for it again and again.
    const end = last || page.length === 0
    if (reading.expiry) this.#expirePage(page, end)
    else if (reading.attachment === null) this.#fill(page, end, reading)
    else if (reading.attachment.attached) this.#search(reading.attachment, page, end, reading)
    for (const key of this.#released) this.#held.delete(key)
    this.#released.length = 0
    const restoring = this.#restoring
    this.#restoring = []
    for (const key of restoring) this.restore(key)
    this.#queue.broker.turn.work(this.#queue)
  }

  #fill(page: readonly Paged[], end: boolean, reading: Reading): void {
    let whole = true
    for (const item of page) {
      if (item.key > this.#safeLast) {
        whole = false
        break
      }
      this.#linkWaiting(item.key)
      assert(item.key > this.#position, 'a page goes back')
      this.#position = item.key
      if (this.#held.delete(item.key)) continue
      this.pagedOut--
      this.#queue.link(this.#enter(item))
    }
    if (end && whole) this.#position = Math.max(this.#position, reading.pagedOutLast)
    if (this.behind) return
    // Messages that the store could not read back are in no page.
    this.pagedOut = 0
    this.#linkWaiting(Number.POSITIVE_INFINITY)
    for (const key of this.#held) if (key <= this.#position) this.#held.delete(key)
  }

  #expirePage(page: readonly Paged[], end: boolean): void {
    const { broker } = this.#queue
    const nowMs = broker.nowMs()
    let whole = true
    for (const item of page) {
      if (item.key > this.#safeLast) {
        whole = false
        break
      }
      this.#expiryTo = item.key
      const { expiration } = item.message
      if (expiration === 0 || item.key <= this.#position || this.#held.has(item.key)) continue
      if (!item.message.expired(nowMs)) {
        this.#expiresNextMs = Math.min(this.#expiresNextMs, expiration)
        continue
      }
      this.pagedOut--
      this.#held.add(item.key)
      broker.redelivery.expire(this.#enter(item))
    }
    if (!end && whole) return
    this.#expiryTo = 0
    this.#expiresMs = Math.min(this.#expiresMs, this.#expiresNextMs)
  }

  #search(attachment: Attachment, page: readonly Paged[], end: boolean, reading: Reading): void {
    const { dispatcher, broker } = this.#queue
    const nowMs = broker.nowMs()
    for (const item of page) {
      if (item.key > this.#safeLast) return
      if (!this.#offerWaiting(attachment, item.key)) return
      if (!this.#held.has(item.key)) {
        const expired = item.message.expired(nowMs)
        if (!expired && !dispatcher.wants(attachment, item.message, 0)) {
          attachment.searchedTo = item.key
          continue
        }
        if (!expired && !dispatcher.canTake(attachment)) return
        this.pagedOut--
        this.#held.add(item.key)
        const entry = this.#enter(item)
        if (expired) broker.redelivery.expire(entry)
        else dispatcher.give(entry, attachment)
      }
      attachment.searchedTo = item.key
    }
    if (!end) return
    attachment.searchedTo = Math.max(attachment.searchedTo, reading.pagedOutLast)
    if (attachment.searchedTo >= this.#pagedOutLast) this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
  }

  /** Offers the waiting entries below `key` that this consumer has not seen. Returns false when it can take no more. */
  #offerWaiting(attachment: Attachment, key: number): boolean {
    const { dispatcher } = this.#queue
    let first: Entry | null = null
    for (let entry = this.waiting.last; entry !== null && entry.key > attachment.waitedTo; entry = entry.previous) {
      first = entry
    }
    for (let entry = first; entry !== null && entry.key < key; ) {
      const next = entry.next
      if (dispatcher.wants(attachment, entry.message, entry.redeliveries)) {
        if (!dispatcher.canTake(attachment)) return false
        this.waiting.remove(entry)
        dispatcher.give(entry, attachment)
      }
      attachment.waitedTo = entry.key
      entry = next
    }
    return true
  }

  #shouldSearch(attachment: Attachment): boolean {
    if (!attachment.selective || !this.#queue.dispatcher.canTake(attachment)) return false
    // First everything in memory.
    if (attachment.checked !== this.#queue.ready.last) return false
    const last = this.waiting.last
    return (
      Math.max(this.#position, attachment.searchedTo) < this.#pagedOutLast ||
      (last !== null && last.key > attachment.waitedTo)
    )
  }

  #linkWaiting(belowKey: number): void {
    for (let entry = this.waiting.first; entry !== null && entry.key < belowKey; entry = this.waiting.first) {
      this.waiting.remove(entry)
      this.#queue.link(entry)
    }
  }

  #enter(item: Paged): Entry {
    const entry = this.#queue.enterWithKey(item.message, item.key, null)
    const { sizeBytes } = item.message
    this.#messageBytes = this.#messageBytes === 0 ? sizeBytes : (this.#messageBytes * 7 + sizeBytes) / 8
    return entry
  }

  #pageOut(entry: Entry): void {
    this.pagedOut++
    this.#pagedOutLast = Math.max(this.#pagedOutLast, entry.key)
    const { expiration } = entry.message
    if (expiration > 0 && expiration < this.#expiresMs) this.#expiresMs = expiration
    this.#queue.forget(entry)
  }

  #read(attachment: Attachment | null, afterKey: number): void {
    const { store } = this.#queue
    assert(store !== null, 'a page of a queue that has no store')
    const countMax = this.#pageCount()
    this.#reading = { attachment, countMax, pagedOutLast: this.#pagedOutLast, expiry: false }
    store.page(afterKey, countMax, this)
  }

  #pageCount(): number {
    const { limits, usage } = this.#queue.broker
    const countMax = usage.memoryScarce ? SCARCE_COUNT_MAX : limits.windowCountMax >> 1
    if (this.#messageBytes === 0) return Math.min(countMax, FIRST_PAGE_COUNT)
    const bytesMax = usage.memoryScarce ? SCARCE_BYTES_MAX : limits.windowBytesMax >> 1
    return Math.max(1, Math.min(countMax, Math.floor(bytesMax / this.#messageBytes)))
  }

  #windowLow(): boolean {
    const { limits, usage } = this.#queue.broker
    if (usage.memoryScarce) return this.#windowCount < SCARCE_COUNT_MAX >> 1 && this.#windowBytes < SCARCE_BYTES_MAX
    return this.#windowCount <= limits.windowCountMax >> 1 && this.#windowBytes <= limits.windowBytesMax >> 1
  }

  #windowFull(): boolean {
    const { limits, usage } = this.#queue.broker
    if (usage.memoryScarce && this.#windowCount >= SCARCE_COUNT_MAX) return true
    if (usage.memoryScarce && this.#windowBytes >= SCARCE_BYTES_MAX) return true
    return this.#windowCount >= limits.windowCountMax || this.#windowBytes >= limits.windowBytesMax
  }
}
