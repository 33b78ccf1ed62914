import { LinkedList, type MillraceError } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { Paged, PageReceiver, QueueStore, Stored } from '../../store/store.ts'
import type { Broker } from '../broker.ts'
import { Entry, Place } from '../entry.ts'
import type { Allowance } from './allowance.ts'
import type { Subscription } from '../subscription.ts'

/** What queues of the store are called that only keep messages out of memory. None of them is of use after a start. */
export const OVERFLOW_PREFIX = 'overflow://'

export function overflowStore(broker: Broker): QueueStore {
  return broker.store.queue(`${OVERFLOW_PREFIX}${broker.nextKey()}`)
}

/** Of one page; less while memory is scarce. */
const COUNT_MAX = 200
const BYTES_MAX = 1_048_576
const SCARCE_COUNT_MAX = 16
const SCARCE_BYTES_MAX = 65_536

/**
 * The end of what waits for one topic subscription, in the store to be out of memory. The beginning is the subscription's
 * `pending`, to which pages are read back in order when it runs low; a message is removed from the store when it has been
 * read. Whatever comes while something is here goes behind it: to the store while memory is scarce, else to `#kept`, which
 * is also where a message goes that finds no space in the store. The keys say how both follow each other.
 *
 * The first message that overflows makes it, and it goes with its subscription.
 */
export class Overflow implements Stored, PageReceiver {
  /** Of the message that came last. */
  destination: Destination
  readonly #subscription: Subscription
  #store: QueueStore | null = null
  /** Messages in the store, or on their way there, and their bytes. */
  #stored = 0
  #bytes = 0
  /** Handed to the store and not confirmed, in the order of the calls. */
  readonly #storing: LinkedList<Entry> = new LinkedList()
  /** In memory, between messages in the store or behind them; in the order of their keys. */
  readonly #kept: LinkedList<Entry> = new LinkedList()
  /** The last key that was read back, that was handed to the store, and that the store has confirmed. */
  #position = 0
  #last = 0
  #safe = 0
  /** What `#last` was when the page that is on its way was asked for; -1: none is. */
  #reading = -1
  /** So many of the oldest are dropped as soon as they are read: there were too many. */
  #dropping = 0
  #closed = false

  constructor(subscription: Subscription, { destination }: Message) {
    this.#subscription = subscription
    this.destination = destination
  }

  /** Messages that wait here. */
  get count(): number {
    return this.#stored + this.#kept.length - this.#dropping
  }

  /** Something is here, which whatever comes has to stay behind. */
  get active(): boolean {
    return this.#stored > 0 || this.#kept.length > 0
  }

  /** Behind all that is here. */
  add(message: Message, scarce: boolean): void {
    const { broker } = this.#subscription
    const { usage } = broker
    // Topics of one subscription do not show their messages in the order of the keys that they gave them.
    const entry = new Entry(null, message, broker.nextKey(), false, null)
    usage.hold(message)
    this.destination = message.destination
    if (!scarce || usage.spillFull) {
      message.own()
      entry.place = Place.Waiting
      this.#kept.push(entry)
      return
    }
    this.#store ??= overflowStore(broker)
    this.#storing.push(entry)
    this.#stored++
    this.#bytes += message.sizeBytes
    this.#last = entry.key
    usage.storing(message.sizeBytes)
    this.#store.spill(message, entry.key, this)
  }

  /** There are too many: the oldest go, when they have been read. */
  drop(count: number): void {
    this.#dropping += count
    this.refill(false)
  }

  stored(error: MillraceError | null): void {
    const entry = this.#storing.shift() as Entry
    const { usage } = this.#subscription.broker
    usage.stored(entry.message.sizeBytes)
    this.#safe = entry.key
    if (error === null || this.#closed) {
      this.#release(entry)
      return
    }
    // It stays in memory, at its place.
    this.#took(entry.message)
    entry.message.own()
    entry.place = Place.Waiting
    let before = this.#kept.first
    while (before !== null && before.key < entry.key) before = before.next
    this.#kept.insertBefore(entry, before)
    this.#settle()
  }

  /** Asks for the next page if there is one, and use for it. `taking`: the consumer takes what comes. */
  refill(taking: boolean): void {
    if (this.#reading >= 0 || this.#stored === 0) return
    const countMax = this.#pageCount
    const low = taking && this.#subscription.pending.length <= countMax >> 1
    if (!low && this.#dropping === 0) return
    this.#reading = this.#last
    this.#store?.page(this.#position, countMax, this)
  }

  paged(page: readonly Paged[], last: boolean): void {
    const asked = this.#reading
    this.#reading = -1
    if (this.#closed) return
    let whole = true
    for (const { key, message } of page) {
      if (key > this.#safe) {
        whole = false
        break
      }
      this.#link(key)
      this.#position = key
      this.#took(message)
      this.#store?.remove(key, null)
      this.#subscription.broker.usage.hold(message)
      this.#allowanceOf(message.destination)?.charge(message)
      this.#next(new Entry(null, message, key, false, null))
      if (this.#closed) return
    }
    if (whole && (last || page.length === 0)) this.#position = Math.max(this.#position, asked)
    if (this.#position >= this.#last) {
      // Messages that the store could not read back are in no page.
      this.#stored = 0
      this.#bytes = 0
    }
    this.#settle()
    if (this.#dropping > 0) this.refill(false)
  }

  /** The subscription ends, and everything here with it. */
  close(): void {
    this.#closed = true
    for (let entry = this.#kept.shift(); entry !== null; entry = this.#kept.shift()) this.#release(entry)
    this.#stored = 0
    this.#dropping = 0
    this.#store?.delete(null)
  }

  #settle(): void {
    if (this.#stored === 0) {
      this.#link(Number.POSITIVE_INFINITY)
      this.#dropping = 0
    }
    this.#subscription.broker.turn.work(this.#subscription)
  }

  #link(belowKey: number): void {
    for (let first = this.#kept.first; first !== null && first.key < belowKey; first = this.#kept.first) {
      this.#kept.remove(first)
      this.#next(first)
    }
  }

  /** It has its turn: in no list, and held. */
  #next(entry: Entry): void {
    if (this.#dropping === 0) {
      this.#subscription.back(entry)
      return
    }
    this.#dropping--
    // Who hears of it may end the consumer.
    this.#subscription.discard(entry)
    this.#release(entry)
  }

  #release(entry: Entry): void {
    entry.place = Place.Gone
    this.#subscription.broker.usage.release(entry.message)
  }

  #took({ sizeBytes }: Message): void {
    this.#stored--
    this.#bytes -= sizeBytes
  }

  #allowanceOf(destination: Destination): Allowance | null {
    return this.#subscription.broker.destinations.find(destination)?.allowance ?? null
  }

  get #pageCount(): number {
    const { usage } = this.#subscription.broker
    const scarce = usage.memoryScarce || this.#allowanceOf(this.destination)?.scarce === true
    const [countMax, bytesMax] = scarce ? [SCARCE_COUNT_MAX, SCARCE_BYTES_MAX] : [COUNT_MAX, BYTES_MAX]
    const messageBytes = this.#bytes / this.#stored
    return Math.max(1, Math.min(countMax, Math.floor(bytesMax / messageBytes)))
  }
}
