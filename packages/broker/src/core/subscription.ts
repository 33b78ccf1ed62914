import { assert, LinkedList, type Selector, type Task } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { MessageSubject } from '../message/selector-subject.ts'
import type { Broker } from './broker.ts'
import type { Browse } from './browse.ts'
import type { Connection } from './connection.ts'
import type { Durable } from './durable.ts'
import { Entry, Place } from './entry.ts'
import { Overflow } from './flow/overflow.ts'
import { Lease } from './lease.ts'
import type { Policy } from './policy.ts'
import type { Consumer } from './ports.ts'
import { prefetchFor } from './prefetch.ts'
import type { Queue } from './queue.ts'
import { evicted, expiredAmong, pendingMax } from './slow/eviction.ts'
import { SlowWatch } from './slow/slow-watch.ts'
import type { Target } from './target.ts'

/** How a subscription is shared (JMS 2.0). */
export interface SharedSpec {
  readonly durable: boolean
  /** Its name is one of the client id; else it is the same for every client. */
  readonly ownClientId: boolean
  /** The name as its client said it, for those who are told of the consumer. */
  readonly text: string
}

export interface ConsumerSpec {
  readonly consumerId: string
  /** May be a composite or a pattern. */
  readonly destination: Destination
  /** Messages outstanding at most; 0 = each one is pulled. */
  readonly prefetch: number
  readonly selector: string | null
  readonly noLocal: boolean
  readonly browser: boolean
  readonly exclusive: boolean
  readonly retroactive: boolean
  /** It acknowledges in the turn in which it is given a message, so that nothing need be kept for it. Absent: false. */
  readonly settlesAtOnce?: boolean
  /** -128 to 127; higher is served first. */
  readonly priority: number
  /** The name of a durable or shared topic subscription. */
  readonly durableName: string | null
  /** Several consumers may hold the subscription of that name together. */
  readonly shared?: SharedSpec
  /** Topics: messages kept beyond the prefetch, the oldest is dropped; 0 = not limited by the client. */
  readonly maximumPendingMessages: number
}

/** Lengths of search in the outstanding list from which on an index is worth its upkeep. */
const SEARCH_MAX = 64

/**
 * A consumer's standing request, what it was given for it, and how much more it can take.
 *
 * What comes from a queue stays in `outstanding` until it is acknowledged. Subscriptions to topics that are not durable,
 * and browsers, only count: nothing comes back from them.
 */
export class Subscription implements Task {
  queued = false
  readonly broker: Broker
  readonly connection: Connection
  readonly spec: ConsumerSpec
  readonly consumer: Consumer
  readonly selector: Selector | null
  /** Keeps no entries of what was delivered. */
  readonly counting: boolean
  /** Of what it consumes from; of a composite's first part. */
  readonly policy: Policy
  prefetch: number
  /** Messages beyond the prefetch that it may have, because it said that others were handed to the application. */
  extension = 0
  /** In the order of dispatch. */
  readonly outstanding: LinkedList<Entry> = new LinkedList()
  /** Delivered and not acknowledged, when counting. */
  counted = 0
  /** Messages of topics that wait for credit. */
  readonly pending: LinkedList<Entry> = new LinkedList()
  /** What waits behind those, in the store because memory ran out; null: nothing ever did. */
  overflow: Overflow | null = null
  /** Where its messages come from. */
  readonly targets: Set<Target> = new Set()
  /** Null: what it has is its own for as long as it is there. */
  lease: Lease | null = null
  /** Taken back because its lease was over; the client may still have them, so they use up credit. */
  lapsed = 0
  durable: Durable | null = null
  browse: Browse | null = null
  removed = false
  /** It was told of as a slow consumer, and has taken nothing since. */
  toldSlow = false
  /** Messages ever delivered. */
  delivered = 0
  discarded = 0
  /** More waits for it than it can take; looked at again when it has caught up. */
  slow = false
  /** Topics: what waits beyond its prefetch is limited. */
  readonly #limited: boolean
  /** When limited: nothing that waits expires before this. */
  #pendingExpiresMs = Number.POSITIVE_INFINITY
  /** Asked for by pulls and not found yet: 0 or 1. */
  #pulled = 0
  /** Monotonic ms at which the pull is answered with nothing; -1 = as soon as everything was looked through. */
  #pullDeadlineMs = Number.POSITIVE_INFINITY
  #index: Map<number, Entry> | null = null

  constructor(
    broker: Broker,
    connection: Connection,
    spec: ConsumerSpec,
    consumer: Consumer,
    selector: Selector | null,
    counting: boolean,
  ) {
    this.broker = broker
    this.connection = connection
    this.spec = spec
    this.consumer = consumer
    this.selector = selector
    this.counting = counting
    this.policy = broker.policies.find(spec.destination.parts()[0] ?? spec.destination)
    this.prefetch = prefetchFor(spec, this.policy, broker.limits)
    this.#limited = this.policy.pendingMessageLimit !== null || spec.maximumPendingMessages > 0
  }

  get id(): string {
    return this.spec.consumerId
  }

  /** It is in its place. A policy may have made a puller of it, which its client does not know. */
  began(): void {
    SlowWatch.start(this)
    this.lease = Lease.of(this)
    if (this.prefetch === 0 && this.spec.prefetch > 0) this.consumer.prefetchChanged(0)
  }

  /** Messages that it can take; pulls are not counted. */
  get credit(): number {
    return Math.max(0, this.prefetch - this.unacknowledged + this.extension)
  }

  hasCredit(): boolean {
    if (this.removed || this.connection.paused) return false
    if (this.prefetch === 0) return this.#pulled > 0
    return this.unacknowledged - this.extension < this.prefetch
  }

  /** Delivered and not acknowledged. */
  get unacknowledged(): number {
    return this.counting ? this.counted : this.outstanding.length + this.lapsed
  }

  /** Whether it asked for such messages. */
  wants(message: Message, redeliveries: number, subject: MessageSubject): boolean {
    if (message.targetConsumerId !== null && message.targetConsumerId !== this.id) return false
    if (this.connection.lapsed !== null && this.connection.lapsed.has(message)) return false
    if (this.spec.noLocal && isLocal(message, this.connection.id)) return false
    return this.selector === null || this.selector.matches(subject.of(message, redeliveries))
  }

  /** From a queue. The entry is in no list. */
  take(entry: Entry): void {
    assert(!this.removed, 'a subscription is removed and is given a message', this.id)
    assert(!this.counting, 'a subscription only counts and is given an entry', this.id)
    entry.place = Place.Outstanding
    entry.subscription = this
    entry.dispatchOrder = this.broker.nextDispatch()
    this.outstanding.push(entry)
    this.#index?.set(entry.key, entry)
    if (this.lease !== null) this.lease.took(entry)
    this.#deliver(entry)
  }

  /** From a browse: a copy that nobody owns. */
  show(entry: Entry): void {
    this.counted++
    this.#deliver(entry)
  }

  /** Messages of topics that wait for credit, wherever they are. */
  get waiting(): number {
    return this.overflow === null ? this.pending.length : this.pending.length + this.overflow.count
  }

  /**
   * From a topic: waits for the end of the turn, or for credit. `scarce`: memory is, and the topic has it that what has to
   * wait goes to the store.
   */
  offer(message: Message, key: number, scarce = false): void {
    if ((scarce || this.overflow !== null) && this.#overflows(message, scarce)) return
    const entry = new Entry(null, message, key, false, null)
    entry.place = Place.Ready
    this.broker.usage.hold(message)
    this.pending.push(entry)
    const credit = this.credit
    // What is delivered at the end of the turn is not copied.
    if (this.connection.paused || this.pending.length > credit) message.own()
    if (this.#limited) this.#limitPending(credit, message)
    this.#lookSlow(credit)
    this.broker.turn.work(this)
  }

  /** From its overflow: its turn has come. The entry is in no list, and is held. */
  back(entry: Entry): void {
    const { expiration } = entry.message
    entry.place = Place.Ready
    if (expiration > 0 && expiration < this.#pendingExpiresMs) this.#pendingExpiresMs = expiration
    this.pending.push(entry)
  }

  /** One of too many. */
  discard({ message }: Entry): void {
    this.discarded++
    const { advisories, interceptors } = this.broker
    if (advisories.watched !== 0) advisories.discarded(message, this)
    for (const hook of interceptors.discarded) hook(this, message)
  }

  /** Delivers what waits. */
  run(): void {
    if (this.removed) return
    const { dispatchMax } = this.broker.limits
    let left = dispatchMax
    for (let entry = this.pending.first; entry !== null && this.hasCredit(); entry = this.pending.first) {
      if (left === 0) {
        this.broker.turn.later(this)
        return
      }
      left--
      this.pending.remove(entry)
      if (entry.message.expiration > 0 && entry.message.expired(this.broker.nowMs())) {
        if (this.broker.advisories.watched !== 0) this.broker.advisories.expired(entry.message)
        this.broker.usage.release(entry.message)
        continue
      }
      if (this.counting) {
        this.counted++
        entry.place = Place.Gone
        this.#deliver(entry)
        this.broker.usage.release(entry.message)
      } else {
        this.take(entry)
      }
    }
    const { overflow } = this
    if (overflow !== null) overflow.refill(left < dispatchMax || this.hasCredit())
    const first = this.pending.first ?? (overflow?.active === true ? overflow : null)
    if (first === null) this.slow = false
    else if (this.prefetch > 0 && this.broker.advisories.watched !== 0)
      this.broker.advisories.slowConsumer(this, first.destination)
    this.checkPull()
  }

  /** Full, and more waits for it. */
  get lagging(): boolean {
    if (this.prefetch === 0 || this.unacknowledged - this.extension < this.prefetch) return false
    if (this.counting) return this.waiting > this.prefetch
    for (const target of this.targets) if (target.holdsFor(this)) return true
    return this.durable?.backlog.holdsFor(this) ?? false
  }

  /** Told once each time. */
  becameSlow(): void {
    this.slow = true
    for (const hook of this.broker.interceptors.slow) hook(this)
  }

  /** Credit came back, or the connection drained: whoever has something for it looks again at the end of the turn. */
  wake(): void {
    if (this.removed) return
    const { turn } = this.broker
    if (this.pending.first !== null || this.overflow !== null) turn.work(this)
    if (this.browse !== null) turn.work(this.browse)
    for (const target of this.targets) target.wake()
    this.durable?.backlog.wake()
  }

  /** `timeoutMs`: -1 = answer at once; 0 = wait for ever. */
  pull(timeoutMs: number): void {
    this.#pulled = 1
    if (timeoutMs < 0) this.#pullDeadlineMs = -1
    else this.#pullDeadlineMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.broker.clock.monotonic() + timeoutMs
    this.wake()
    this.broker.turn.work(this)
  }

  /** Answers an immediate pull once nothing was found. */
  checkPull(): void {
    if (this.#pulled === 0 || this.#pullDeadlineMs !== -1 || this.connection.paused) return
    // A browse says itself when it is at its end.
    if (this.browse !== null) return
    if (this.pending.first !== null || this.overflow?.active === true || this.#searching()) return
    this.#pullFailed()
  }

  /** Answers a pull whose time is up. */
  tick(nowMs: number): void {
    if (this.#pulled > 0 && this.#pullDeadlineMs >= 0 && this.#pullDeadlineMs <= nowMs) this.#pullFailed()
  }

  get waitsForPull(): boolean {
    return this.#pulled > 0 && this.#pullDeadlineMs !== Number.POSITIVE_INFINITY
  }

  /** Finds an outstanding entry by its key. */
  find(key: number): Entry | null {
    if (this.#index !== null) return this.#index.get(key) ?? null
    let left = SEARCH_MAX
    for (let entry = this.outstanding.first; entry !== null; entry = entry.next) {
      if (entry.key === key) return entry
      if (left-- === 0) {
        const index = new Map<number, Entry>()
        for (let one = this.outstanding.first; one !== null; one = one.next) index.set(one.key, one)
        this.#index = index
        return index.get(key) ?? null
      }
    }
    return null
  }

  /** The key of an outstanding message, for acknowledgements that name only the message. */
  keyOf(messageId: string): number | null {
    for (let entry = this.outstanding.first; entry !== null; entry = entry.next) {
      if (entry.message.id === messageId) return entry.key
    }
    return null
  }

  /** Out of `outstanding`: acknowledged, or on its way back. The extension shrinks with it. */
  drop(entry: Entry): void {
    assert(entry.place === Place.Outstanding, 'an entry leaves that is not outstanding', this.id)
    this.outstanding.remove(entry)
    this.#index?.delete(entry.key)
    if (this.lease !== null) this.lease.left(entry)
    if (this.extension > 0) this.extension--
  }

  /** A transaction that had acknowledged it is rolled back: outstanding again, at its old place. */
  restore(entry: Entry): void {
    assert(!this.removed, `${this.id} is removed and gets an entry back`)
    let before = this.outstanding.first
    while (before !== null && before.dispatchOrder < entry.dispatchOrder) before = before.next
    entry.place = Place.Outstanding
    entry.transaction = null
    this.outstanding.insertBefore(entry, before)
    this.#index?.set(entry.key, entry)
    if (this.lease !== null) this.lease.took(entry)
  }

  /** Ends it. What is outstanding goes back; up to `lastDeliveredKey` it counts as delivered (-1 none, -2 all). */
  remove(lastDeliveredKey: number): void {
    assert(!this.removed, `${this.id} is removed twice`)
    this.removed = true
    if (this.lease !== null) this.lease.end()
    for (const target of this.targets) target.unsubscribe(this)
    this.targets.clear()
    this.durable?.deactivate(this)
    for (let entry = this.pending.first; entry !== null; entry = this.pending.first) this.#dropPending(entry)
    this.overflow?.close()
    this.#giveBack(lastDeliveredKey)
  }

  /** The broker took a queue away from it. */
  queueDeleted(queue: Queue): void {
    queue.dispatcher.detach(this)
    this.targets.delete(queue)
    for (let entry = this.outstanding.first; entry !== null; ) {
      const next = entry.next
      if (entry.queue === queue) {
        this.drop(entry)
        entry.place = Place.Leaving
        queue.forget(entry)
      }
      entry = next
    }
  }

  #deliver(entry: Entry): void {
    this.delivered++
    if (this.prefetch === 0) this.#pulled = 0
    for (const hook of this.broker.interceptors.dispatching) hook(this, entry)
    if (this.broker.advisories.watched !== 0) this.broker.advisories.dispatched(entry, this)
    this.consumer.deliver(entry)
  }

  /** Whether the message was taken to the overflow: behind what is there, or as the first that has to wait. */
  #overflows(message: Message, scarce: boolean): boolean {
    const { credit } = this
    if (this.overflow?.active !== true) {
      // What it has credit for, and will not be given at the end of this turn, waits too.
      const waits = this.connection.paused || this.pending.length >= Math.min(credit, this.broker.limits.dispatchMax)
      if (!scarce || !waits || this.broker.usage.spillFull) return false
      this.overflow ??= new Overflow(this, message)
    }
    this.overflow.add(message, scarce)
    if (this.#limited) this.#limitPending(credit, message)
    this.#lookSlow(credit)
    this.broker.turn.work(this)
    return true
  }

  #lookSlow(credit: number): void {
    if (!this.slow && this.waiting - credit > this.prefetch && this.prefetch > 1) this.becameSlow()
  }

  #limitPending(credit: number, { expiration }: Message): void {
    if (expiration > 0 && expiration < this.#pendingExpiresMs) this.#pendingExpiresMs = expiration
    const countMax = pendingMax(this.policy.pendingMessageLimit, this.spec, this.prefetch)
    if (this.waiting <= countMax + credit) return
    // What it has room for goes now: it is not what waits, and none of it is to be dropped.
    if (credit > 0) this.run()
    const most = countMax + this.credit
    if (this.waiting > most && this.#pendingExpiresMs <= this.broker.nowMs()) this.#dropExpired()
    while (this.waiting > most && this.pending.first !== null) {
      for (const entry of evicted(this.pending, this.policy.messageEviction)) {
        this.discard(entry)
        this.#dropPending(entry)
      }
    }
    // Nothing of what waits is in memory.
    if (this.waiting > most) this.overflow?.drop(this.waiting - most)
  }

  #dropExpired(): void {
    const { advisories } = this.broker
    const { expired, nextMs } = expiredAmong(this.pending, this.broker.nowMs())
    this.#pendingExpiresMs = nextMs
    for (const entry of expired) {
      if (advisories.watched !== 0) advisories.expired(entry.message)
      this.#dropPending(entry)
    }
  }

  #dropPending(entry: Entry): void {
    this.pending.remove(entry)
    entry.place = Place.Gone
    this.broker.usage.release(entry.message)
  }

  #searching(): boolean {
    for (const target of this.targets) if (target.searching(this)) return true
    return this.durable?.backlog.searching(this) ?? false
  }

  #pullFailed(): void {
    this.#pulled = 0
    this.consumer.exhausted()
  }

  #giveBack(lastDeliveredKey: number): void {
    // A key that is not outstanding any more says that nothing of what is was delivered.
    let counts = lastDeliveredKey === -2 || (lastDeliveredKey >= 0 && this.find(lastDeliveredKey) !== null)
    const byQueue = new Map<Queue, Entry[]>()
    for (let entry = this.outstanding.first; entry !== null; entry = this.outstanding.first) {
      this.drop(entry)
      entry.place = Place.Leaving
      if (counts) entry.redeliveries++
      if (entry.key === lastDeliveredKey) counts = false
      const { queue } = entry
      if (queue === null) {
        entry.place = Place.Gone
        this.broker.usage.release(entry.message)
        continue
      }
      const entries = byQueue.get(queue)
      if (entries === undefined) byQueue.set(queue, [entry])
      else entries.push(entry)
    }
    for (const [queue, entries] of byQueue) {
      entries.sort(byPlace)
      queue.giveBack(entries)
    }
  }
}

function byPlace(one: Entry, other: Entry): number {
  if (one.queue?.prioritized === true && one.message.priority !== other.message.priority) {
    return other.message.priority - one.message.priority
  }
  return one.key - other.key
}

/** Whether it was sent over this connection. Producer ids begin with that of their connection. */
export function isLocal(message: Message, connectionId: string): boolean {
  return message.producerId.charAt(connectionId.length) === ':' && message.producerId.startsWith(connectionId)
}
