import { assert, LinkedList, type MillraceError, type Task } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Operation, QueueStore, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import { Dispatcher } from './dispatch.ts'
import { Entry, Place } from './entry.ts'
import type { Reply } from './ports.ts'
import type { Subscription } from './subscription.ts'
import type { Enlisted, Target } from './target.ts'

/**
 * Messages in order, each for one consumer: a queue, or the backlog of a durable subscription.
 *
 * An entry comes in by `send` (or a commit), is linked into `ready` when it is safe, is given to a subscription at the
 * end of a turn, and is settled by an acknowledgement or comes back. What does not fit into memory stays in the store
 * only; the cursor knows where that begins.
 */
export class Queue implements Task, Target {
  queued = false
  readonly broker: Broker
  /** Its name in the store. */
  readonly name: string
  readonly destination: Destination
  /** Null: nothing in it survives the broker. */
  readonly store: QueueStore | null
  readonly owner: Connection | null
  readonly prioritized: boolean
  /** What can be dispatched, in order. */
  readonly ready: LinkedList<Entry> = new LinkedList()
  readonly cursor: Cursor
  readonly dispatcher: Dispatcher
  deleted = false
  producers = 0
  /** Entries in memory, wherever they are. */
  entries = 0
  enqueued = 0
  dequeued = 0
  #orderFirst = 0
  #orderLast = 0

  constructor(
    broker: Broker,
    name: string,
    destination: Destination,
    store: QueueStore | null,
    owner: Connection | null,
  ) {
    this.broker = broker
    this.name = name
    this.destination = destination
    this.store = store
    this.owner = owner
    this.prioritized = broker.policies.find(destination).prioritizedMessages
    this.cursor = new Cursor(this)
    this.dispatcher = new Dispatcher(this)
  }

  /** Everything that is not settled, wherever it is. */
  get count(): number {
    return this.entries + this.cursor.pagedOut
  }

  get consumers(): number {
    return this.dispatcher.attachments.length
  }

  full(message: Message): boolean {
    const stored = message.persistent && this.store !== null
    return this.broker.usage.full(!stored, stored)
  }

  send(message: Message, reply: Reply): void {
    const entry = this.enter(message, reply)
    if (this.store !== null && entry.persistent) {
      this.broker.usage.storing(message.sizeBytes)
      this.store.add(message, entry.key, entry)
      return
    }
    entry.reply = null
    this.arrived(entry)
    reply.done(null)
  }

  enlist(message: Message, operations: Operation[]): Enlisted {
    const entry = this.enter(message, null)
    if (this.store !== null && entry.persistent) {
      operations.push({ kind: 'add', queue: this.store, message, key: entry.key })
    }
    return entry
  }

  /** Makes the entry; it is not linked before it is safe. */
  enter(message: Message, reply: Reply | null): Entry {
    return this.enterWithKey(message, this.broker.nextKey(), reply)
  }

  enterWithKey(message: Message, key: number, reply: Reply | null): Entry {
    assert(!this.deleted, 'a message for a queue that is deleted', this.name)
    this.broker.usage.hold(message)
    this.entries++
    return new Entry(this, message, key, message.persistent && this.store !== null, reply)
  }

  /** The store's answer to `send`. */
  stored(entry: Entry, error: MillraceError | null): void {
    assert(entry.place === Place.Storing, 'an entry was stored twice', this.name)
    this.broker.usage.stored(entry.message.sizeBytes)
    const reply = entry.reply
    entry.reply = null
    if (error !== null) this.broker.refusals.note(entry.message)
    reply?.done(error)
    if (error === null) this.arrived(entry)
    else this.forget(entry)
  }

  /** It is as safe as it will be: from now on it can be seen. */
  arrived(entry: Entry): void {
    this.enqueued++
    if (this.deleted) {
      this.forget(entry)
      return
    }
    if (this.cursor.admits(entry)) {
      // Now it will stay for longer; what the store alone keeps was never copied.
      entry.message.own()
      this.link(entry)
    }
    this.broker.turn.work(this)
  }

  /** Linked at its place: the end, unless priority says otherwise. */
  link(entry: Entry): void {
    let before: Entry | null = null
    if (this.prioritized) {
      const { priority } = entry.message
      for (let last = this.ready.last; last !== null && last.message.priority < priority; last = last.previous) {
        before = last
      }
    }
    this.#insert(entry, before)
  }

  /** Out of `ready`, to go elsewhere. */
  unlink(entry: Entry): void {
    assert(entry.place === Place.Ready, 'an entry is taken that is not ready', this.name)
    this.dispatcher.leaves(entry)
    this.ready.remove(entry)
    if (entry.persistent) this.cursor.leaves(entry.message)
  }

  /**
   * Back from a consumer, ahead of what is newer. `entries` are in the order of their keys and in no list.
   */
  giveBack(entries: readonly Entry[]): void {
    let before = this.ready.first
    for (const entry of entries) {
      entry.subscription = null
      entry.transaction = null
      entry.groupFirst = false
      if (this.deleted) {
        this.forget(entry)
        continue
      }
      while (before !== null && this.#precedes(before, entry)) before = before.next
      this.#insert(entry, before)
    }
    this.broker.turn.work(this)
  }

  /** It is over with this entry; `waiter` hears when the store has forgotten it. Returns whether it will. */
  settle(entry: Entry, waiter: Stored | null): boolean {
    this.dequeued++
    const stored = this.store !== null && entry.persistent && !this.deleted
    if (stored) this.store?.remove(entry.key, waiter)
    this.forget(entry)
    return stored
  }

  /** As `settle`, when the store knows already or never knew. */
  forget(entry: Entry): void {
    assert(entry.place !== Place.Gone, 'an entry went twice', this.name)
    assert(entry.place !== Place.Ready, 'an entry goes while it is ready', this.name)
    entry.place = Place.Gone
    entry.subscription = null
    entry.transaction = null
    this.entries--
    this.broker.usage.release(entry.message)
    if (entry.persistent) this.cursor.gone(entry.key)
    if (this.entries === 0) this.#emptied()
  }

  subscribe(subscription: Subscription): void {
    this.dispatcher.attach(subscription)
    this.broker.turn.work(this)
  }

  unsubscribe(subscription: Subscription): void {
    this.dispatcher.detach(subscription)
    this.broker.turn.work(this)
  }

  run(): void {
    if (this.deleted) return
    const more = this.dispatcher.run(this.broker.limits.dispatchMax)
    this.cursor.refill()
    this.dispatcher.checkPulls()
    if (more) this.broker.turn.later(this)
  }

  /**
   * Lets go of what can be dispatched and is in memory; what consumers have stays theirs. True: more is in the store, and
   * will be here in a later turn.
   */
  purge(): boolean {
    for (let entry = this.ready.first; entry !== null; entry = this.ready.first) {
      this.unlink(entry)
      entry.place = Place.Leaving
      this.settle(entry, null)
    }
    this.cursor.readOn()
    return this.cursor.behind
  }

  delete(reply: Reply): void {
    assert(!this.deleted, `${this.name} is deleted twice`)
    this.deleted = true
    for (let entry = this.ready.first; entry !== null; entry = this.ready.first) {
      this.unlink(entry)
      entry.place = Place.Leaving
      this.forget(entry)
    }
    this.cursor.clear()
    this.dispatcher.clear()
    this.#emptied()
    if (this.store === null) reply.done(null)
    else this.store.delete({ stored: (error) => reply.done(error) })
  }

  wake(): void {
    this.broker.turn.work(this)
  }

  searching(subscription: Subscription): boolean {
    return this.cursor.searches(this.dispatcher.find(subscription))
  }

  /** What is in memory and not settled, in the order of the keys; about `countMax` at most. */
  snapshot(countMax: number): Entry[] {
    const entries: Entry[] = []
    const add = (first: Entry | null): void => {
      for (let entry = first; entry !== null && entries.length < countMax; entry = entry.next) {
        if (entry.queue === this) entries.push(entry)
      }
    }
    for (const { subscription } of this.dispatcher.attachments) add(subscription.outstanding.first)
    add(this.ready.first)
    add(this.cursor.waiting.first)
    return entries.sort((one, other) => one.key - other.key)
  }

  #emptied(): void {
    if (this.count > 0) return
    for (const hook of this.broker.interceptors.emptied) hook(this)
  }

  #precedes(one: Entry, other: Entry): boolean {
    if (this.prioritized && one.message.priority !== other.message.priority) {
      return one.message.priority > other.message.priority
    }
    return one.key < other.key
  }

  #insert(entry: Entry, before: Entry | null): void {
    entry.place = Place.Ready
    const first = this.ready.first
    if (before === null) {
      this.#orderLast++
      entry.readyOrder = this.#orderLast
    } else if (before === first) {
      this.#orderFirst--
      entry.readyOrder = this.#orderFirst
    }
    this.ready.insertBefore(entry, before)
    if (entry.persistent) this.cursor.enters(entry.message)
    if (before !== null) this.dispatcher.inserted(before !== first)
    if (entry.message.groupId !== null) this.dispatcher.grouped()
  }

  /** Numbers the ready entries anew, after some came between others. */
  renumber(): void {
    this.#orderFirst = 0
    this.#orderLast = 0
    for (let entry = this.ready.first; entry !== null; entry = entry.next) {
      this.#orderLast++
      entry.readyOrder = this.#orderLast
    }
  }
}
