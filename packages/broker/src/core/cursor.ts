import { assert, LinkedList, type Task } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Paged, PageReceiver } from '../store/store.ts'
import type { Attachment } from './dispatch.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'
import { BacklogIndexes } from './search/backlog-indexes.ts'
import type { BacklogIndex } from './search/header-index.ts'
import { readBack } from './routing/copy.ts'

/** Stored messages kept in memory however scarce it is, so that every queue can go on. */
const SCARCE_COUNT_MAX = 16
const SCARCE_BYTES_MAX = 65_536

/** Messages asked for when nothing is known about their size. */
const FIRST_PAGE_COUNT = 64

/** A page that is read to be looked through has so many messages, so that no turn is long. */
const SLICE_COUNT = 1_000

/** Messages that an index names are read together when no more than so many keys lie between the first and the last. */
const RUN_SPAN = 256

/** A page that is on its way. */
interface Reading {
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
 * A consumer that can have nothing in the window, because of its selector or of the owners of message groups, does not
 * have to wait for others to move it: the store is read on for it, a slice per turn, and what it can have is taken out
 * of the order. Everyone who has looked at what comes before a slice is offered its messages, so that many searching
 * consumers cost one reading; where a selector demands a value of a header, an index names the messages instead. What
 * was taken out is in memory ahead of the window; the keys are held, so that the window leaves them out when it comes to
 * them. One page is on its way at a time, so the main window and all who search have their turns and a page never meets
 * a window that moved meanwhile.
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
  /** Of those the keys that a branch removes which was found prepared at recovery. */
  readonly #hidden = new Set<number>()
  /** Keys that ceased to be held while a page was on its way, which may still show them. */
  readonly #released: number[] = []
  #reading: Reading | null = null
  /** Nobody consumes, and nothing that is stored is kept in memory. */
  #cold = false
  /** Stored messages among the ready ones. */
  #windowCount = 0
  #windowBytes = 0
  /** A running average of what was read. */
  #messageBytes = 0
  /** They wait for the next page. */
  #purges: Task[] | null = null
  /** Index of the attachment to be searched for next. */
  #turnOf = 0
  readonly #indexes: BacklogIndexes
  /** Goes on in the next turn, after others had theirs. */
  readonly #continuing: Task = { queued: false, run: () => this.#queue.run() }
  /** How far the look for expired messages in the store has come; 0 = none is under way. */
  #expiryTo = 0
  /** Nothing that is only in the store expires before this; 0 = it came from an earlier run, and nobody has looked yet. */
  #expiresMs = Number.POSITIVE_INFINITY
  /** The same for what the look has come across. */
  #expiresNextMs = Number.POSITIVE_INFINITY
  /** Keys to be restored once the page that is on its way is here. */
  #restoring: number[] = []

  constructor(queue: Queue) {
    this.#queue = queue
    this.#indexes = new BacklogIndexes(queue)
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

  /** Some message is kept for a branch whose outcome is not known, or is in memory ahead of the window. */
  get holding(): boolean {
    return this.#held.size > 0
  }

  /** At recovery: everything is only in the store. */
  recover(count: number, keyLast: number): void {
    assert(this.#position === 0, 'a queue in use is recovered')
    this.pagedOut += count
    if (count > 0) {
      this.#indexes.missed()
      this.#expiresMs = 0
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
    if (!old && this.#windowFull()) {
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
    this.#indexes.missed()
    for (const { key } of stays) this.hold(key)
  }

  /** Somebody consumes again. */
  warm(): void {
    this.#cold = false
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
      this.#indexes.missed()
      for (const { searched } of this.#queue.dispatcher.attachments) searched.back(key)
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
    this.#indexes.clear()
  }

  /** Something that is only in the store has a higher priority than all that is ready: that first. */
  get outranked(): boolean {
    const top = this.#indexes.lanes?.top ?? -1
    return this.behind && top > (this.#queue.ready.first?.message.priority ?? -1)
  }

  /** Asks for the next page if there is one to read and somebody to read it for. */
  refill(): void {
    if (this.#reading !== null) return
    const { attachments, careful } = this.#queue.dispatcher
    if (attachments.length === 0) return
    if (this.#queue.prioritized && this.behind && this.#readLane()) return
    if (this.behind && this.#windowLow()) {
      this.#read('window', null, this.#position, this.#pageCount())
      return
    }
    if (!careful) return
    for (let i = 0; i < attachments.length; i++) {
      // Starting behind the one that was served last.
      const attachment = attachments[(this.#turnOf + i) % attachments.length] as Attachment
      if (!this.#shouldSearch(attachment)) continue
      if (this.#searchFor(attachment)) {
        this.#turnOf = (this.#turnOf + i + 1) % attachments.length
        return
      }
      this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
    }
  }

  /** Asks for the next page that may have something for it; false: everything was looked through. */
  #searchFor(attachment: Attachment): boolean {
    const { searched, probe } = attachment
    let after = Math.max(this.#position, searched.to)
    if (after >= this.#pagedOutLast) return false
    const index = probe === null ? null : this.#indexes.of(probe.header, this.#position, this.#pagedOutLast)
    if (index === null || probe === null) {
      this.#read('search', attachment, after, SLICE_COUNT)
      return true
    }
    for (; after < index.builtTo; after = searched.to) {
      const named = index.next(after, probe.hashes, RUN_SPAN).filter((key) => !this.#held.has(key))
      const first = named[0]
      if (first === undefined) {
        searched.to = index.builtTo
        continue
      }
      searched.to = first - 1
      const run = named.filter((key) => key < first + RUN_SPAN)
      this.#read('search', attachment, first - 1, (run[run.length - 1] as number) - first + 1, null, run)
      return true
    }
    if (after >= this.#pagedOutLast) return false
    if (this.#indexes.growing(index)) this.#read('index', attachment, index.builtTo, SLICE_COUNT, index)
    else this.#read('search', attachment, after, SLICE_COUNT)
    return true
  }

  /** The next messages of the highest priority, if they are not the next ones anyway. */
  #readLane(): boolean {
    const lanes = this.#indexes.lanesFrom(this.#position)
    if (lanes.builtTo < this.#pagedOutLast && this.#indexes.growing(lanes)) {
      this.#read('index', null, Math.max(this.#position, lanes.builtTo), SLICE_COUNT, lanes)
      return true
    }
    if (!this.outranked && (lanes.even || !this.#windowLow())) return false
    const named = lanes.take(RUN_SPAN)
    const first = named[0]
    if (first === undefined) return false
    this.#read('lane', null, first - 1, (named[named.length - 1] as number) - first + 1, null, named)
    return true
  }

  /** Asks for the next page although nobody consumes: for a purge, which is run when a page has come. */
  readOn(purge: Task | null): void {
    if (purge !== null) (this.#purges ??= []).push(purge)
    if (this.#reading === null && this.behind) this.#read('window', null, this.#position, this.#pageCount())
  }

  /**
   * Looks through the next `countMax` messages that are only in the store for expired ones. True: there are more to look
   * at, and the next call goes on. An idle queue is looked through once, and then when the first of it expires.
   */
  expire(countMax: number): boolean {
    if (!this.behind) return false
    if (this.#reading !== null) return true
    const { broker } = this.#queue
    if (this.#expiryTo === 0) {
      if (broker.nowMs() < this.#expiresMs) return false
      this.#expiresMs = Number.POSITIVE_INFINITY
      this.#expiresNextMs = Number.POSITIVE_INFINITY
    }
    this.#read('expiry', null, Math.max(this.#position, this.#expiryTo), countMax)
    return true
  }

  /** More may be found for this consumer without anything arriving. */
  searches(attachment: Attachment | null): boolean {
    if (attachment === null) return false
    const reading = this.#reading
    if (reading !== null && (reading.purpose !== 'search' || reading.attachment === attachment)) return true
    if (this.behind && this.#windowLow()) return true
    return this.#shouldSearch(attachment) && Math.max(this.#position, attachment.searched.to) < this.#pagedOutLast
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
        this.#search(page, end, reading)
        break
      case 'index':
        this.#index(page, end, reading)
        break
      case 'expiry':
        this.#expirePage(page, end)
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

  /** Nobody has needed the indexes for a while. Returns false when there is nothing left to look after. */
  upkeep(nowMs: number): boolean {
    return this.#indexes.upkeep(nowMs)
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
    if (this.#indexes.any) this.#indexes.trim(this.#position)
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
      broker.redelivery.expire(this.#takeOut(item))
    }
    if (!end && whole) return
    this.#expiryTo = 0
    this.#expiresMs = Math.min(this.#expiresMs, this.#expiresNextMs)
  }

  /** Offers each message to everyone who has looked at all that comes before it. */
  #search(page: readonly Paged[], end: boolean, reading: Reading): void {
    const { dispatcher, broker } = this.#queue
    const searchers = dispatcher.attachments.filter((attachment) => this.#shouldSearch(attachment))
    const nowMs = broker.nowMs()
    let previous = reading.afterKey
    for (const item of page) {
      if (item.key > this.#safeLast) return
      if (this.#held.has(item.key)) {
        this.#passed(searchers, previous, item.key)
      } else if (item.message.expired(nowMs)) {
        broker.redelivery.expire(this.#takeOut(item))
        this.#passed(searchers, previous, item.key)
      } else if (!this.#offer(searchers, previous, item)) {
        return
      }
      previous = item.key
    }
    for (const key of reading.named) {
      // What an index names and the store does not have went another way.
      if ((end || key <= previous) && !page.some((item) => item.key === key)) this.#indexes.remove(key)
    }
    if (!end) return
    this.#passed(searchers, previous, reading.pagedOutLast)
    for (const attachment of searchers) {
      if (attachment.searched.to >= this.#pagedOutLast) this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
    }
  }

  /** Everyone who came to `previous` has passed this key too. */
  #passed(searchers: readonly Attachment[], previous: number, key: number): void {
    for (const { searched } of searchers) {
      if (searched.blockedKey !== key && Math.max(this.#position, searched.to) >= previous && searched.to < key) {
        searched.to = key
      }
    }
  }

  /** Returns false when nobody who came so far can go on. */
  #offer(searchers: readonly Attachment[], previous: number, item: Paged): boolean {
    const { dispatcher } = this.#queue
    const { key, message } = item
    let taker: Attachment | null = null
    let somebody = false
    for (const attachment of searchers) {
      const { searched } = attachment
      const at = Math.max(this.#position, searched.to)
      if (at < previous || at >= key || searched.unwantedKey === key) continue
      if (this.waiting.first !== null && !this.#offerWaiting(attachment, key)) {
        searched.blockedKey = key
      } else if (!dispatcher.wants(attachment, message, 0)) {
        if (dispatcher.ownedByOther(attachment, message)) searched.skip(dispatcher.groupOf(message), key)
        else searched.unwantedKey = key
        somebody = true
      } else if (!dispatcher.canTake(attachment)) {
        searched.blockedKey = key
      } else {
        somebody = true
        // A group without an owner goes to who has the fewest.
        if (taker === null || attachment.groups < taker.groups) taker = attachment
        if (message.groupId === null) break
      }
    }
    if (taker !== null) {
      // Nobody has to wait any more to be offered it.
      for (const { searched } of searchers) if (searched.blockedKey === key) searched.blockedKey = 0
      // Before it is given: that may free a group and send everyone back.
      if (taker.searched.to < key) taker.searched.to = key
      dispatcher.give(this.#takeOut(item), taker)
    }
    this.#passed(searchers, previous, key)
    for (const { searched } of searchers) if (searched.blockedKey === key) searched.blockedKey = 0
    return somebody
  }

  /** It is in memory from now on, ahead of the window. */
  #takeOut(item: Paged): Entry {
    this.pagedOut--
    this.#held.add(item.key)
    this.#indexes.remove(item.key)
    return this.#enter(item)
  }

  #index(page: readonly Paged[], end: boolean, reading: Reading): void {
    const index = reading.index
    assert(index !== null, 'an index is built that nobody named')
    // The window may have moved on meanwhile.
    for (const { key, message } of page) {
      if (key > this.#safeLast) return
      if (key <= index.builtTo) continue
      if (!this.#held.has(key) && !this.#indexes.add(index, key, message)) return
      index.builtTo = key
    }
    if (end && reading.pagedOutLast > index.builtTo) index.builtTo = reading.pagedOutLast
  }

  #fillLane(page: readonly Paged[], end: boolean, reading: Reading): void {
    const named = new Set(reading.named)
    for (const item of page) {
      if (item.key > this.#safeLast) return
      if (named.has(item.key) && !this.#held.has(item.key)) this.#queue.link(this.#takeOut(item))
    }
    const last = page[page.length - 1]?.key ?? Number.POSITIVE_INFINITY
    const rest = reading.named.filter((key) => key > last)
    const first = rest[0]
    // The page was cut because of its size.
    if (end || first === undefined) return
    this.#read('lane', null, first - 1, (rest[rest.length - 1] as number) - first + 1, null, rest)
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
        attachment.waitedTo = entry.key
        dispatcher.give(entry, attachment)
        // A group lost its owner: what was left out before comes first.
        if (attachment.waitedTo < entry.key) return true
      }
      attachment.waitedTo = entry.key
      entry = next
    }
    return true
  }

  #shouldSearch(attachment: Attachment): boolean {
    const { dispatcher, ready } = this.#queue
    if ((!attachment.selective && !dispatcher.hasGroups) || !dispatcher.canTake(attachment)) return false
    // First everything in memory.
    if (attachment.checked !== ready.last) return false
    const last = this.waiting.last
    return (
      Math.max(this.#position, attachment.searched.to) < this.#pagedOutLast ||
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
    const entry = this.#queue.enterWithKey(readBack(item.message, this.#queue), item.key, null, true)
    const { sizeBytes } = item.message
    this.#messageBytes = this.#messageBytes === 0 ? sizeBytes : (this.#messageBytes * 7 + sizeBytes) / 8
    return entry
  }

  #pageOut(entry: Entry): void {
    this.pagedOut++
    const { key } = entry
    this.#indexes.follow(key, entry.message, this.#pagedOutLast, this.#position)
    this.#pagedOutLast = Math.max(this.#pagedOutLast, key)
    const { expiration } = entry.message
    if (expiration > 0 && expiration < this.#expiresMs) this.#expiresMs = expiration
    this.#queue.forget(entry)
  }

  #read(
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

  get #scarce(): boolean {
    const { allowance, broker } = this.#queue
    return broker.usage.memoryScarce || (allowance !== null && allowance.scarce)
  }

  #pageCount(): number {
    const { limits } = this.#queue.broker
    let countMax = this.#scarce ? SCARCE_COUNT_MAX : limits.windowCountMax >> 1
    if (this.#queue.policy.lazyDispatch) {
      countMax = Math.max(1, Math.min(countMax, this.#queue.dispatcher.credit - this.#windowCount))
    }
    if (this.#messageBytes === 0) return Math.min(countMax, FIRST_PAGE_COUNT)
    const bytesMax = this.#scarce ? SCARCE_BYTES_MAX : limits.windowBytesMax >> 1
    return Math.max(1, Math.min(countMax, Math.floor(bytesMax / this.#messageBytes)))
  }

  #windowLow(): boolean {
    const { limits } = this.#queue.broker
    if (this.#queue.policy.lazyDispatch && this.#windowCount >= this.#queue.dispatcher.credit) return false
    if (this.#scarce) return this.#windowCount < SCARCE_COUNT_MAX >> 1 && this.#windowBytes < SCARCE_BYTES_MAX
    return this.#windowCount <= limits.windowCountMax >> 1 && this.#windowBytes <= limits.windowBytesMax >> 1
  }

  #windowFull(): boolean {
    const { limits, usage } = this.#queue.broker
    // Ten thousand queues that nobody consumes from do not keep a little of each in memory.
    if (usage.memoryBusy && this.#queue.dispatcher.attachments.length === 0) return true
    if (this.#scarce && this.#windowCount >= SCARCE_COUNT_MAX) return true
    if (this.#scarce && this.#windowBytes >= SCARCE_BYTES_MAX) return true
    return this.#windowCount >= limits.windowCountMax || this.#windowBytes >= limits.windowBytesMax
  }
}
