import { assert, LinkedList, type MillraceError, type Task } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Operation, QueueStore, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { Cursor } from './cursor.ts'
import { Dispatcher } from './dispatch.ts'
import { Entry, Place } from './entry.ts'
import type { Policy } from './policy.ts'
import { Allowance } from './flow/allowance.ts'
import type { Blocked } from './flow/blocked.ts'
import { overflowStore } from './flow/overflow.ts'
import type { GroupOwner } from './groups.ts'
import type { Reply } from './ports.ts'
import type { Forward } from './routing/routing.ts'
import type { Subscription } from './subscription.ts'
import type { Enlisted, Target } from './target.ts'

const NOBODY: Reply = { done: () => {} }

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
  /** Null: nothing in it survives the broker. One that is volatile is given one when memory runs out. */
  store: QueueStore | null
  /** The backlog of a shared subscription: nothing in it survives, but all of it may go to the store. */
  readonly volatile: boolean
  readonly owner: Connection | null
  policy: Policy
  prioritized: boolean
  /** What can be dispatched, in order. */
  readonly ready: LinkedList<Entry> = new LinkedList()
  readonly cursor: Cursor
  readonly dispatcher: Dispatcher
  forward: Forward | null = null
  allowance: Allowance | null
  blocked: Blocked | null = null
  deleted = false
  unusedSinceMs = -1
  unusedEnqueued = 0
  /** Consumers get nothing; everything else goes on. */
  paused = false
  producers = 0
  /** Entries in memory, wherever they are. */
  entries = 0
  enqueued = 0
  dequeued = 0
  /** Of those that were dequeued: because their time was over. */
  expired = 0
  /** Dropped by a ring that was full. */
  discarded = 0
  #ringMax: number
  /** What is not persistent goes to the store when memory runs out. */
  #spills: boolean
  /** Such messages that the store has not confirmed. */
  #spilling = 0
  /** What a consumer can take goes to it while it is being stored. */
  #ahead: boolean
  /** Messages that are seen when the store has confirmed them, and that it has not. */
  #storing = 0
  #orderFirst = 0
  #orderLast = 0

  constructor(
    broker: Broker,
    name: string,
    destination: Destination,
    store: QueueStore | null,
    owner: Connection | null,
    volatile = false,
  ) {
    this.broker = broker
    this.name = name
    this.destination = destination
    this.store = store
    this.owner = owner
    this.volatile = volatile
    this.policy = broker.policies.find(destination)
    this.prioritized = this.policy.prioritizedMessages
    this.allowance = Allowance.of(this.policy)
    this.#spills = !this.policy.producerFlowControl && store !== null
    this.#ahead = this.policy.concurrentStoreAndDispatch
    this.cursor = new Cursor(this)
    this.dispatcher = new Dispatcher(this)
    this.paused = broker.pausedQueues.has(name)
    this.#ringMax = this.policy.ringMessagesMax
  }

  /** Everything that is not settled, wherever it is. */
  get count(): number {
    return this.entries + this.cursor.pagedOut
  }

  get used(): boolean {
    return this.owner !== null || this.count + this.consumers + this.producers > 0 || this.cursor.holding
  }

  get consumers(): number {
    return this.dispatcher.attachments.length
  }

  full(message: Message): boolean {
    const { usage } = this.broker
    if (message.persistent && this.store !== null) return usage.full(false, true)
    if (this.#spills) return this.scarce && usage.spillFull
    return usage.full(true, false) || this.allowance?.full === true
  }

  /** Memory runs out, or what goes to the store for that reason is still on its way: the order has to stay. */
  get scarce(): boolean {
    return this.#spilling > 0 || this.broker.usage.memoryScarce || this.allowance?.scarce === true
  }

  send(message: Message, reply: Reply): void {
    if (!message.persistent && (this.#spills || this.#spilling > 0) && this.scarce && this.spill(message, reply)) return
    const entry = this.enter(message, reply)
    if (this.store !== null && entry.persistent) {
      this.broker.usage.storing(message.sizeBytes)
      if (this.#ahead && this.#wanted) {
        this.store.addLate(message, entry.key, entry)
        this.arrived(entry)
        return
      }
      this.#storing++
      this.store.add(message, entry.key, entry)
      return
    }
    entry.reply = null
    this.arrived(entry)
    reply.done(null)
  }

  /** A consumer would take the next message at the end of the turn, and nothing that came before is still being stored. */
  get #wanted(): boolean {
    if (this.#storing > 0 || this.#spilling > 0 || this.paused || this.deleted || this.cursor.behind) return false
    return this.dispatcher.gate?.closed !== true && this.dispatcher.hasTaker
  }

  spill(message: Message, reply: Reply): boolean {
    if (this.store === null || this.deleted || this.broker.usage.spillFull) return false
    this.#spillWithKey(this.store, message, this.broker.nextKey(), reply)
    return true
  }

  /** From a topic that spills: true if it is to be stored only to be out of memory, and was handed over. */
  overflows(message: Message, key: number): boolean {
    if (!this.scarce || (message.persistent && !this.volatile)) return false
    // What is on its way to the store is not to be overtaken, were it only because another backlog took the last room.
    if (this.#spilling === 0 && this.broker.usage.spillFull) return false
    if (this.volatile) this.store ??= overflowStore(this.broker)
    if (this.store === null) return false
    this.#spillWithKey(this.store, message, key, null)
    return true
  }

  #spillWithKey(store: QueueStore, message: Message, key: number, reply: Reply | null): void {
    const entry = this.enterWithKey(message, key, reply, true)
    this.#spilling++
    this.broker.usage.storing(message.sizeBytes)
    store.spill(message, key, entry)
  }

  enlist(message: Message, operations: Operation[]): Enlisted {
    const entry = this.enter(message, null)
    if (this.store !== null && entry.persistent) {
      operations.push({ kind: 'add', queue: this.store, message: message.storedAs ?? message, key: entry.key })
      entry.place = Place.Enlisted
      this.#storing++
    }
    // It would stay in memory with its copy.
    message.storedAs = null
    return entry
  }

  /** Makes the entry; it is not linked before it is safe. */
  enter(message: Message, reply: Reply | null): Entry {
    return this.enterWithKey(message, this.broker.nextKey(), reply)
  }

  /** `stored`: the store has it too, or will. */
  enterWithKey(
    message: Message,
    key: number,
    reply: Reply | null,
    stored: boolean = message.persistent && this.store !== null && !this.volatile,
  ): Entry {
    assert(!this.deleted, 'a message for a queue that is deleted', this.name)
    this.broker.usage.hold(message)
    this.allowance?.charge(message)
    this.entries++
    return new Entry(this, message, key, stored, reply)
  }

  /** The store's answer to `send`. */
  stored(entry: Entry, error: MillraceError | null): void {
    this.broker.usage.stored(entry.message.sizeBytes)
    if (entry.place !== Place.Storing) {
      this.#storedLate(entry, error)
      return
    }
    const spilled = !entry.message.persistent || this.volatile
    if (spilled) this.#spilling--
    else this.#storing--
    const reply = entry.reply
    entry.reply = null
    if (error !== null && !spilled) this.broker.refusals.note(entry.message)
    reply?.done(error)
    if (error === null) this.arrived(entry)
    else this.forget(entry)
  }

  /** The commit that brings it has its outcome. */
  #decided(entry: Entry): void {
    entry.place = Place.Storing
    this.#storing--
  }

  /** It was seen before. */
  #storedLate(entry: Entry, error: MillraceError | null): void {
    const { reply } = entry
    // Null: it was consumed meanwhile, and its sender knows.
    if (reply === null) return
    entry.reply = null
    if (error !== null) {
      this.broker.refusals.note(entry.message)
      this.#withdraw(entry)
    }
    reply.done(error)
  }

  /** Its sender is told that it is not here. A consumer that has it keeps it, but it is nobody else's any more. */
  #withdraw(entry: Entry): void {
    if (entry.place === Place.Ready) {
      this.unlink(entry)
      entry.place = Place.Leaving
      this.forget(entry)
    } else if (entry.place !== Place.Gone) entry.withdrawn = true
  }

  /** It is as safe as it will be: from now on it can be seen. */
  arrived(entry: Entry): void {
    if (entry.place === Place.Enlisted) this.#decided(entry)
    this.enqueued++
    if (this.broker.advisories.watched !== 0) this.broker.advisories.arrived(entry, this)
    if (this.deleted) {
      this.forget(entry)
      return
    }
    if (this.cursor.admits(entry)) {
      // Now it may stay for longer; what the store alone keeps was never copied.
      if (this.dispatcher.settlesAtOnce) this.broker.arrivals.add(entry)
      else entry.message.own()
      this.link(entry)
    }
    if (this.#ringMax > 0) this.#trimRing()
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
      if (this.deleted || entry.withdrawn) {
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
    if (entry.reply !== null) {
      // Consumed before it was stored: there is nothing left to wait for.
      entry.reply.done(null)
      entry.reply = null
    }
    const stored = this.store !== null && entry.persistent && !this.deleted
    if (stored) this.store?.remove(entry.key, waiter)
    this.forget(entry)
    return stored
  }

  /** As `settle`, when the store knows already or never knew. */
  forget(entry: Entry): void {
    if (entry.place === Place.Enlisted) this.#decided(entry)
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
    if (this.paused || this.dispatcher.gate?.closed === true) {
      this.dispatcher.checkPulls()
      return
    }
    if (this.#ringMax > 0) this.#trimRing()
    if (this.prioritized && this.cursor.outranked) {
      this.cursor.refill()
      return
    }
    const more = this.dispatcher.run(this.broker.limits.dispatchMax)
    this.cursor.refill()
    this.dispatcher.checkPulls()
    if (this.ready.first !== null && this.broker.advisories.watched !== 0) this.broker.advisories.waiting(this)
    if (more) this.broker.turn.later(this)
  }

  /**
   * Lets go of what can be dispatched and is in memory; what consumers have stays theirs. True: more is in the store, and
   * will be here in a later turn, in which `again` is run.
   */
  purge(again: Task | null = null): boolean {
    for (let entry = this.ready.first; entry !== null; entry = this.ready.first) {
      this.unlink(entry)
      entry.place = Place.Leaving
      this.settle(entry, null)
    }
    const { behind } = this.cursor
    this.cursor.readOn(behind ? again : null)
    return behind
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
    if (this.paused) this.broker.pausedQueues.set(this, false, NOBODY)
    this.#emptied()
    if (this.store === null) reply.done(null)
    else this.store.delete({ stored: (error) => reply.done(error) })
  }

  /** Consumers get nothing more until `resume`, also after a restart; `reply` is completed when that is sure. */
  pause(reply: Reply = NOBODY): void {
    this.broker.pausedQueues.set(this, true, reply)
  }

  resume(reply: Reply = NOBODY): void {
    this.broker.pausedQueues.set(this, false, reply)
    this.wake()
  }

  /** Message groups that have an owner. */
  get groupOwners(): GroupOwner[] {
    return this.dispatcher.groups?.list() ?? []
  }

  /** The next message of this group finds a new owner. Returns whether it had one. */
  releaseGroup(group: string): boolean {
    const released = this.dispatcher.groups?.release(group) ?? false
    this.wake()
    return released
  }

  releaseAllGroups(): void {
    this.dispatcher.groups?.releaseAll()
    this.wake()
  }

  wake(): void {
    this.broker.turn.work(this)
  }

  policyChanged(policy: Policy): void {
    this.policy = policy
    this.allowance = Allowance.changed(this.allowance, policy)
    this.#spills = !policy.producerFlowControl && this.store !== null
    this.#ahead = policy.concurrentStoreAndDispatch
    this.#ringMax = policy.ringMessagesMax
    if (this.prioritized !== policy.prioritizedMessages) {
      this.prioritized = policy.prioritizedMessages
      this.#sort()
    }
    this.dispatcher.policyChanged()
    this.wake()
  }

  searching(subscription: Subscription): boolean {
    return !this.paused && this.cursor.searches(this.dispatcher.find(subscription))
  }

  holdsFor(subscription: Subscription): boolean {
    return this.dispatcher.holdsFor(subscription)
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

  #trimRing(): void {
    for (let first = this.ready.first; first !== null && this.count > this.#ringMax; first = this.ready.first) {
      this.unlink(first)
      first.place = Place.Leaving
      this.discarded++
      this.settle(first, null)
    }
    // The oldest are in the store only, after a restart.
    if (this.count > this.#ringMax && this.ready.first === null) this.cursor.readOn(null)
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

  /** What is ready gets into the order that counts from now on. */
  #sort(): void {
    const entries = [...this.ready]
    for (const entry of entries) this.ready.remove(entry)
    entries.sort((one, other) => (this.#precedes(one, other) ? -1 : 1))
    for (const entry of entries) this.ready.push(entry)
    this.renumber()
    this.dispatcher.offerAgain()
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

export function isQueue(target: Target): target is Queue {
  return target instanceof Queue
}
