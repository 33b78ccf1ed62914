import { assert, LinkedList, type Task } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Paged, PageReceiver } from '../store/store.ts'
import type { Attachment } from './dispatch.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'
import { BacklogExpiry } from './backlog-expiry.ts'
import { BacklogIndexes } from './search/backlog-indexes.ts'
import { BacklogSearch, RUN_SPAN, SLICE_COUNT } from './search/backlog-search.ts'
import type { BacklogIndex } from './search/header-index.ts'
import { readBack } from './routing/copy.ts'
import { Window } from './window.ts'

/** A page that is on its way. */
export interface Reading {
  /** To fill the window, for who searches beyond it, to build an index, for messages of one priority, or for expired ones. */
  readonly purpose: 'window' | 'search' | 'index' | 'lane' | 'expiry'
  readonly attachment: Attachment | null
  readonly index: BacklogIndex | null
  readonly afterKey: number
  /** The keys that an index named. */
  readonly named: readonly number[]
  /** What was only in the store when it was asked for: a last page has covered all of that. */
  readonly pagedOutLast: number
}

/**
 * The window over a long queue. Stored messages up to `#position` are in memory (or settled); those beyond are in the
 * store only, and cost nothing but a place in a count. While a consumer keeps up nothing is beyond, and messages go
 * straight through. When the window runs low the next page is read.
 *
 * Who looks beyond the window (a search, an index, priorities, expiry) takes what it finds out of the order: that is in
 * memory ahead of the window, and its key is held, so that the window leaves it out when it comes to it. One page is on
 * its way at a time, so the main window and all who search have their turns and a page never meets a window that moved
 * meanwhile.
 */
export class Cursor implements PageReceiver {
  /** Messages that are only in the store. */
  pagedOut = 0
  /** Not persistent, and behind messages that are only in the store: they wait for those. In the order of arrival. */
  readonly waiting: LinkedList<Entry> = new LinkedList()
  readonly indexes: BacklogIndexes
  readonly #queue: Queue
  readonly #window: Window
  readonly #search: BacklogSearch
  readonly #expiry: BacklogExpiry
  #position = 0
  /** The highest key that is only in the store. */
  #pagedOutLast = 0
  #safeLast = 0
  /** Keys beyond the position that are in memory, or belong to a prepared branch. */
  readonly #held = new Set<number>()
  /** Of those the keys that a branch removes which was found prepared at recovery. */
  readonly #hidden = new Set<number>()
  /** Keys that ceased to be held while a page was on its way, which may still show them. */
  readonly #released: number[] = []
  #reading: Reading | null = null
  /** Nobody consumes, and nothing that is stored is kept in memory. */
  #cold = false
  /** They wait for the next page. */
  #purges: Task[] | null = null
  /** Goes on in the next turn, after others had theirs. */
  readonly #continuing: Task = { queued: false, run: () => this.#queue.run() }
  /** Keys to be restored once the page that is on its way is here. */
  #restoring: number[] = []

  constructor(queue: Queue) {
    this.#queue = queue
    this.#window = new Window(queue)
    this.#search = new BacklogSearch(queue, this)
    this.#expiry = new BacklogExpiry(queue, this)
    this.indexes = new BacklogIndexes(queue)
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

  /** The highest key that the store has confirmed; a page may show more, which is not to be seen yet. */
  get safeLast(): number {
    return this.#safeLast
  }

  /** Whether this key, which is beyond the position, is in memory or must not be seen. */
  holds(key: number): boolean {
    return this.#held.has(key)
  }

  /** Some message is kept for a branch whose outcome is not known, or is in memory ahead of the window. */
  get holding(): boolean {
    return this.#held.size > 0
  }

  /** At recovery: everything is only in the store. */
  recover(count: number, keyLast: number, expiresMs: number): void {
    assert(this.#position === 0, 'a queue in use is recovered')
    this.pagedOut += count
    if (count > 0) {
      this.indexes.missed()
      this.#expiry.follow(expiresMs)
    }
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
    // A prepared branch brings keys that are old by now, and that no page shows: they stay, however full the window is.
    const old = key <= this.#position || this.#held.has(key)
    if (this.behind || this.#cold) {
      if (old) return true
      this.#pageOut(entry)
      return false
    }
    if (!old && this.#window.full) {
      // A large batch became safe at once: what consumers take now needs no place in the window.
      this.#queue.run()
      if (this.behind || this.#window.full) {
        this.#pageOut(entry)
        return false
      }
    }
    if (key > this.#position) this.#position = key
    if (this.#held.size > 0) this.#held.delete(key)
    return true
  }

  /**
   * Nobody consumes for now: what is stored is let go of and read again later. What was delivered before stays, because
   * only memory knows that it was.
   */
  cool(): void {
    this.#cold = true
    const queue = this.#queue
    const stored: Entry[] = []
    const volatile: Entry[] = []
    const stays: Entry[] = []
    for (let entry = queue.ready.first; entry !== null; entry = entry.next) {
      if (!entry.persistent) volatile.push(entry)
      else (entry.redeliveries === 0 ? stored : stays).push(entry)
    }
    // What a transaction has, or is just being moved, is in no list, and would be read a second time.
    const listed = stored.length + volatile.length + stays.length + this.waiting.length
    if (stored.length === 0 || this.#reading !== null || queue.entries !== listed) return
    const before = this.waiting.first
    for (const entry of volatile) {
      queue.unlink(entry)
      entry.place = Place.Waiting
      this.waiting.insertBefore(entry, before)
    }
    let keyFirst = this.#position
    for (const entry of stored) {
      keyFirst = Math.min(keyFirst, entry.key)
      queue.unlink(entry)
      entry.place = Place.Leaving
      this.#pageOut(entry)
    }
    this.#position = keyFirst - 1
    // They did not come in the order of their keys.
    this.indexes.missed()
    for (const { key } of stays) this.hold(key)
  }

  /** Somebody consumes again. */
  warm(): void {
    this.#cold = false
  }

  /** A stored message was linked. */
  enters(message: Message): void {
    this.#window.enters(message)
  }

  leaves(message: Message): void {
    this.#window.leaves(message)
  }

  /** This key is in memory, or must not be seen, although it is beyond the position. */
  hold(key: number): void {
    if (key > this.#position) this.#held.add(key)
  }

  /** An entry with this key is gone; a page that is on its way may still show it. */
  gone(key: number): void {
    if (this.#hidden.size > 0) this.#hidden.delete(key)
    if (this.#held.size === 0 || !this.#held.has(key)) return
    if (this.#reading === null) this.#held.delete(key)
    else this.#released.push(key)
  }

  /** A prepared branch that was found at recovery had removed this one and is rolled back: it is back in the store. */
  restore(key: number): void {
    const { store } = this.#queue
    this.#hidden.delete(key)
    if (key > this.#position) {
      if (this.#reading !== null) {
        this.#restoring.push(key)
        return
      }
      this.#held.delete(key)
      this.pagedOut++
      this.#pagedOutLast = Math.max(this.#pagedOutLast, key)
      this.indexes.missed()
      for (const { searched } of this.#queue.dispatcher.attachments) searched.back(key)
      this.#expiry.again()
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
    this.#hidden.add(key)
    this.pagedOut--
  }

  /** Whether this message is in the store and must not be seen. */
  hides(key: number): boolean {
    return this.#hidden.has(key)
  }

  clear(): void {
    for (let entry = this.waiting.shift(); entry !== null; entry = this.waiting.shift()) this.#queue.forget(entry)
    this.pagedOut = 0
    this.#pagedOutLast = 0
    this.#held.clear()
    this.#purgeOn()
    this.#hidden.clear()
    this.indexes.clear()
  }

  /** Something that is only in the store has a higher priority than all that is ready: that first. */
  get outranked(): boolean {
    const top = this.indexes.lanes?.top ?? -1
    return this.behind && top > (this.#queue.ready.first?.message.priority ?? -1)
  }

  /** Asks for the next page if there is one to read and somebody to read it for. */
  refill(): void {
    if (this.#reading !== null) return
    const { attachments, careful } = this.#queue.dispatcher
    if (attachments.length === 0) return
    if (this.#queue.prioritized && this.behind && this.#readLane()) return
    if (this.#windowWanted) {
      this.read('window', null, this.#position, this.#window.pageCount)
      return
    }
    if (careful) this.#search.next(attachments)
  }

  /** Messages in their order would be of use. Not to those who name what they want: an index finds it. */
  get #windowWanted(): boolean {
    const { dispatcher, prioritized } = this.#queue
    return this.behind && this.#window.low && (prioritized || !dispatcher.named)
  }

  /** The next messages of the highest priority, if they are not the next ones anyway. */
  #readLane(): boolean {
    const lanes = this.indexes.lanesFrom(this.#position)
    if (lanes.builtTo < this.#pagedOutLast && this.indexes.growing(lanes)) {
      this.read('index', null, Math.max(this.#position, lanes.builtTo), SLICE_COUNT, lanes)
      return true
    }
    if (!this.outranked && (lanes.even || !this.#window.low)) return false
    const named = lanes.take(RUN_SPAN)
    const first = named[0]
    if (first === undefined) return false
    this.read('lane', null, first - 1, (named[named.length - 1] as number) - first + 1, null, named)
    return true
  }

  /** Asks for the next page although nobody consumes: for a purge, which is run when a page has come. */
  readOn(purge: Task | null): void {
    if (purge !== null) (this.#purges ??= []).push(purge)
    if (this.#reading === null && this.behind) this.read('window', null, this.#position, this.#window.pageCount)
  }

  /**
   * Looks through the next `countMax` messages that are only in the store for expired ones. True: there are more to look
   * at, and the next call goes on. An idle queue is looked through once, and then when the first of it expires.
   */
  expire(countMax: number): boolean {
    if (!this.behind) return false
    if (this.#reading !== null) return true
    const after = this.#expiry.begin(this.#queue.broker.nowMs())
    if (after < 0) return false
    this.read('expiry', null, Math.max(this.#position, after), countMax)
    return true
  }

  /** More may be found for this consumer without anything arriving. */
  searches(attachment: Attachment | null): boolean {
    if (attachment === null) return false
    const reading = this.#reading
    if (reading !== null && (reading.purpose !== 'search' || reading.attachment === attachment)) return true
    if (this.#windowWanted) return true
    return this.#search.goesOn(attachment)
  }

  paged(page: readonly Paged[], last: boolean): void {
    const reading = this.#reading
    assert(reading !== null, 'a page that nobody asked for')
    this.#reading = null
    if (this.#queue.deleted) return
    // A page without messages has nothing behind it, whatever it says: never ask for it again and again.
    const end = last || page.length === 0
    switch (reading.purpose) {
      case 'window':
        this.#fill(page, end, reading)
        break
      case 'search':
        this.#search.paged(page, end, reading)
        break
      case 'index':
        this.#search.index(page, end, reading)
        break
      case 'expiry':
        this.#expiry.paged(page, end)
        break
      case 'lane':
        this.#fillLane(page, end, reading)
    }
    for (const key of this.#released) this.#held.delete(key)
    this.#released.length = 0
    const restoring = this.#restoring
    this.#restoring = []
    for (const key of restoring) this.restore(key)
    const { turn } = this.#queue.broker
    if (reading.purpose === 'window') turn.work(this.#queue)
    else turn.later(this.#continuing)
    this.#purgeOn()
  }

  /** It is in memory from now on, ahead of the window. */
  takeOut(item: Paged): Entry {
    this.pagedOut--
    this.#held.add(item.key)
    this.indexes.remove(item.key)
    return this.#enter(item)
  }

  /** Asks the store for a page; one is on its way at a time. */
  read(
    purpose: Reading['purpose'],
    attachment: Attachment | null,
    afterKey: number,
    countMax: number,
    index: BacklogIndex | null = null,
    named: readonly number[] = [],
  ): void {
    const { store } = this.#queue
    assert(store !== null, 'a page of a queue that has no store')
    this.#reading = { purpose, attachment, index, afterKey, named, pagedOutLast: this.#pagedOutLast }
    store.page(afterKey, countMax, this)
  }

  /** Nobody has needed the indexes for a while. Returns false when there is nothing left to look after. */
  upkeep(nowMs: number): boolean {
    return this.indexes.upkeep(nowMs)
  }

  #purgeOn(): void {
    const purges = this.#purges
    if (purges === null) return
    this.#purges = null
    for (const purge of purges) this.#queue.broker.turn.work(purge)
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
    if (this.indexes.any) this.indexes.trim(this.#position)
    if (this.behind) return
    // Messages that the store could not read back are in no page.
    this.pagedOut = 0
    this.#linkWaiting(Number.POSITIVE_INFINITY)
    for (const key of this.#held) if (key <= this.#position) this.#held.delete(key)
  }

  #fillLane(page: readonly Paged[], end: boolean, reading: Reading): void {
    const named = new Set(reading.named)
    for (const item of page) {
      if (item.key > this.#safeLast) return
      if (named.has(item.key) && !this.#held.has(item.key)) this.#queue.link(this.takeOut(item))
    }
    const last = page[page.length - 1]?.key ?? Number.POSITIVE_INFINITY
    const rest = reading.named.filter((key) => key > last)
    const first = rest[0]
    // The page was cut because of its size.
    if (end || first === undefined) return
    this.read('lane', null, first - 1, (rest[rest.length - 1] as number) - first + 1, null, rest)
  }

  #linkWaiting(belowKey: number): void {
    for (let entry = this.waiting.first; entry !== null && entry.key < belowKey; entry = this.waiting.first) {
      this.waiting.remove(entry)
      this.#queue.link(entry)
    }
  }

  #enter(item: Paged): Entry {
    const entry = this.#queue.enterWithKey(readBack(item.message, this.#queue), item.key, null, true)
    this.#window.learn(item.message.sizeBytes)
    return entry
  }

  #pageOut(entry: Entry): void {
    this.pagedOut++
    const { key } = entry
    this.indexes.follow(key, entry.message, this.#pagedOutLast, this.#position)
    this.#pagedOutLast = Math.max(this.#pagedOutLast, key)
    const { expiration } = entry.message
    if (expiration > 0) this.#expiry.follow(expiration)
    this.#queue.forget(entry)
  }
}
