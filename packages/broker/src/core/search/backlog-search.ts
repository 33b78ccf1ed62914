import { assert } from '@millrace/base'
import type { Paged } from '../../store/store.ts'
import type { Cursor, Reading } from '../cursor.ts'
import type { Attachment } from '../dispatch.ts'
import { type Entry, Place } from '../entry.ts'
import type { Queue } from '../queue.ts'

/** A page that is read to be looked through has so many messages, so that no turn is long. */
export const SLICE_COUNT = 1_000

/** Messages that an index names are read together when no more than so many keys lie between the first and the last. */
export const RUN_SPAN = 256

/**
 * Who can have nothing in the window, because of its selector or of the owners of message groups, does not have to wait
 * for others to move it: the store is read on for it, a slice per turn, and what it can have is taken out of the order.
 * Everyone who has looked at what comes before a slice is offered its messages, so that many searching consumers cost one
 * reading; where a selector demands a value of a header, an index names the messages instead.
 */
export class BacklogSearch {
  readonly #queue: Queue
  readonly #cursor: Cursor
  /** Index of the attachment to be searched for next. */
  #turnOf = 0

  constructor(queue: Queue, cursor: Cursor) {
    this.#queue = queue
    this.#cursor = cursor
  }

  /** Asks for a page for one of those who search, starting behind the one that was served last. */
  next(attachments: readonly Attachment[]): void {
    for (let i = 0; i < attachments.length; i++) {
      const attachment = attachments[(this.#turnOf + i) % attachments.length] as Attachment
      if (!this.#shouldSearch(attachment)) continue
      if (this.#searchFor(attachment)) {
        this.#turnOf = (this.#turnOf + i + 1) % attachments.length
        return
      }
      this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
    }
  }

  /** More may be found for it in the store. */
  goesOn(attachment: Attachment): boolean {
    const { position, lastKey } = this.#cursor
    return this.#shouldSearch(attachment) && Math.max(position, attachment.searched.to) < lastKey
  }

  /** Asks for the next page that may have something for it; false: everything was looked through. */
  #searchFor(attachment: Attachment): boolean {
    const { searched, probe } = attachment
    let after = Math.max(this.#cursor.position, searched.to)
    if (after >= this.#cursor.lastKey) return false
    const index =
      probe === null ? null : this.#cursor.indexes.of(probe.header, this.#cursor.position, this.#cursor.lastKey)
    if (index === null || probe === null) {
      this.#cursor.read('search', attachment, after, SLICE_COUNT)
      return true
    }
    for (; after < index.builtTo; after = searched.to) {
      const named = index.next(after, probe.hashes, RUN_SPAN).filter((key) => !this.#cursor.holds(key))
      const first = named[0]
      if (first === undefined) {
        searched.to = index.builtTo
        continue
      }
      searched.to = first - 1
      const run = named.filter((key) => key < first + RUN_SPAN)
      this.#cursor.read('search', attachment, first - 1, (run[run.length - 1] as number) - first + 1, null, run)
      return true
    }
    if (after >= this.#cursor.lastKey) return false
    if (this.#cursor.indexes.growing(index)) this.#cursor.read('index', attachment, index.builtTo, SLICE_COUNT, index)
    else this.#cursor.read('search', attachment, after, SLICE_COUNT)
    return true
  }

  /** A page to look through: offers each message to everyone who has looked at all that comes before it. */
  paged(page: readonly Paged[], end: boolean, reading: Reading): void {
    const { dispatcher, broker } = this.#queue
    const searchers = dispatcher.attachments.filter((attachment) => this.#shouldSearch(attachment))
    const nowMs = broker.nowMs()
    let previous = reading.afterKey
    for (const item of page) {
      if (item.key > this.#cursor.safeLast) return
      if (this.#cursor.holds(item.key)) {
        this.#passed(searchers, previous, item.key)
      } else if (item.message.expired(nowMs)) {
        broker.redelivery.expire(this.#cursor.takeOut(item))
        this.#passed(searchers, previous, item.key)
      } else if (!this.#offer(searchers, previous, item)) {
        return
      }
      previous = item.key
    }
    for (const key of reading.named) {
      // What an index names and the store does not have went another way.
      if ((end || key <= previous) && !page.some((item) => item.key === key)) this.#cursor.indexes.remove(key)
    }
    if (!end) return
    this.#passed(searchers, previous, reading.pagedOutLast)
    for (const attachment of searchers) {
      if (attachment.searched.to >= this.#cursor.lastKey) this.#offerWaiting(attachment, Number.POSITIVE_INFINITY)
    }
  }

  /** Everyone who came to `previous` has passed this key too. */
  #passed(searchers: readonly Attachment[], previous: number, key: number): void {
    for (const { searched } of searchers) {
      if (
        searched.blockedKey !== key &&
        Math.max(this.#cursor.position, searched.to) >= previous &&
        searched.to < key
      ) {
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
      const at = Math.max(this.#cursor.position, searched.to)
      if (at < previous || at >= key || searched.unwantedKey === key) continue
      if (this.#cursor.waiting.first !== null && !this.#offerWaiting(attachment, key)) {
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
      dispatcher.give(this.#cursor.takeOut(item), taker)
    }
    this.#passed(searchers, previous, key)
    for (const { searched } of searchers) if (searched.blockedKey === key) searched.blockedKey = 0
    return somebody
  }

  /** A page to build an index of. */
  index(page: readonly Paged[], end: boolean, reading: Reading): void {
    const index = reading.index
    assert(index !== null, 'an index is built that nobody named')
    // The window may have moved on meanwhile.
    for (const { key, message } of page) {
      if (key > this.#cursor.safeLast) return
      if (key <= index.builtTo) continue
      if (!this.#cursor.holds(key) && !this.#cursor.indexes.add(index, key, message)) return
      index.builtTo = key
    }
    if (end && reading.pagedOutLast > index.builtTo) index.builtTo = reading.pagedOutLast
  }

  /** Offers the waiting entries below `key` that this consumer has not seen. Returns false when it can take no more. */
  #offerWaiting(attachment: Attachment, key: number): boolean {
    const { broker, dispatcher } = this.#queue
    let first: Entry | null = null
    for (
      let entry = this.#cursor.waiting.last;
      entry !== null && entry.key > attachment.waitedTo;
      entry = entry.previous
    ) {
      first = entry
    }
    for (let entry = first; entry !== null && entry.key < key; ) {
      const next = entry.next
      if (entry.message.expired(broker.nowMs())) {
        this.#cursor.waiting.remove(entry)
        entry.place = Place.Leaving
        attachment.waitedTo = entry.key
        broker.redelivery.expire(entry)
        entry = next
        continue
      }
      if (dispatcher.wants(attachment, entry.message, entry.redeliveries)) {
        if (!dispatcher.canTake(attachment)) return false
        this.#cursor.waiting.remove(entry)
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
    const last = this.#cursor.waiting.last
    return (
      Math.max(this.#cursor.position, attachment.searched.to) < this.#cursor.lastKey ||
      (last !== null && last.key > attachment.waitedTo)
    )
  }
}
