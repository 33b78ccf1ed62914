import { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { type Acknowledgement, AckKind } from './acknowledgement.ts'
import { type Entry, Place } from './entry.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'
import type { Upkept } from './upkeep.ts'

/** Lost messages remembered for one consumer; of older ones an acknowledgement is as of a message that was never there. */
const LOST_MAX = 10_000

/** One that was taken back. */
interface Lost {
  readonly queue: Queue
  /** Null: somebody has settled it. */
  message: Message | null
  /** When it was dispatched, among the others. */
  readonly dispatchOrder: number
}

/**
 * A consumer has a message for so long, and no longer unless it asks: what it has not settled then is taken back,
 * counted as delivered, and given to a consumer of another connection. Until it lets go of it, by an acknowledgement that
 * is refused or by its end, a message that was taken back uses up its credit, and its connection is not given it again:
 * clients take a second delivery for a mistake.
 *
 * Made for consumers whose policy has a lease; for all others there is none.
 */
export class Lease implements Upkept {
  readonly #subscription: Subscription
  readonly #leaseMs: number
  /** Monotonic ms. */
  readonly #deadlines = new Map<Entry, number>()
  /** By their keys. */
  readonly #lost = new Map<number, Lost>()

  constructor(subscription: Subscription, leaseMs: number) {
    this.#subscription = subscription
    this.#leaseMs = leaseMs
  }

  static of(subscription: Subscription): Lease | null {
    const { consumerLease } = subscription.policy
    if (consumerLease === 0 || subscription.counting || subscription.spec.browser) return null
    const lease = new Lease(subscription, consumerLease)
    subscription.broker.upkeep.watch(lease)
    return lease
  }

  took(entry: Entry): void {
    if (this.#lost.size > 0) this.#forget(entry.key)
    this.#deadlines.set(entry, this.#subscription.broker.clock.monotonic() + this.#leaseMs)
  }

  /** Settled, or on its way back. */
  left(entry: Entry): void {
    this.#deadlines.delete(entry)
  }

  /** From now on; never to an earlier time than it has. */
  extend(entry: Entry, ms: number): void {
    const known = this.#deadlines.get(entry) ?? 0
    this.#deadlines.set(entry, Math.max(known, this.#subscription.broker.clock.monotonic() + ms))
  }

  upkeep(nowMs: number): boolean {
    if (this.#subscription.removed) return false
    const late: Entry[] = []
    for (const [entry, deadlineMs] of this.#deadlines) if (deadlineMs <= nowMs) late.push(entry)
    if (late.length > 0) this.#takeBack(late)
    for (const lost of this.#lost.values()) if (lost.message?.holders === 0) this.#settled(lost)
    return true
  }

  /** The consumer ends. */
  end(): void {
    for (const key of [...this.#lost.keys()]) this.#forget(key)
    this.#deadlines.clear()
  }

  /**
   * What is left of an acknowledgement that names messages that were taken back, and how many those are; null: nothing is
   * left. They are let go of.
   */
  without(ack: Acknowledgement): { readonly left: Acknowledgement | null; readonly lost: number } {
    if (this.#lost.size === 0) return { left: ack, lost: 0 }
    const named = this.#lost.get(ack.last)
    if (ack.kind === AckKind.Individual || ack.kind === AckKind.Delivered || ack.kind === AckKind.Redelivered) {
      if (named === undefined) return { left: ack, lost: 0 }
      // What only moves the window is nothing that could come too late.
      if (ack.kind !== AckKind.Individual) return { left: null, lost: 0 }
      this.#forget(ack.last)
      return { left: null, lost: 1 }
    }
    const { outstanding } = this.#subscription
    const until = named?.dispatchOrder ?? this.#subscription.find(ack.last)?.dispatchOrder ?? -1
    const from = this.#lost.get(ack.first)?.dispatchOrder ?? this.#subscription.find(ack.first)?.dispatchOrder ?? 0
    let lost = 0
    for (const [key, { dispatchOrder }] of [...this.#lost]) {
      if (dispatchOrder < from || dispatchOrder > until) continue
      lost++
      this.#forget(key)
    }
    if (lost === 0) return { left: ack, lost }
    let first: Entry | null = null
    let last: Entry | null = null
    for (let entry = outstanding.first; entry !== null && entry.dispatchOrder <= until; entry = entry.next) {
      if (entry.dispatchOrder < from) continue
      first ??= entry
      last = entry
    }
    if (first === null || last === null) return { left: null, lost }
    return { left: { ...ack, first: first.key, last: last.key, count: ack.count - lost }, lost }
  }

  lostError(count: number): MillraceError {
    const what = count === 1 ? 'a message' : `${count} messages`
    return new MillraceError(
      'ACKNOWLEDGEMENT_INVALID',
      `${this.#subscription.id} acknowledges ${what} too late: the lease of ${this.#leaseMs} ms was over, and others have what it had`,
    )
  }

  #takeBack(entries: readonly Entry[]): void {
    const subscription = this.#subscription
    const { broker, connection } = subscription
    const queues = new Map<Queue, Entry[]>()
    for (const entry of entries) {
      const { queue } = entry
      subscription.drop(entry)
      entry.place = Place.Leaving
      entry.redeliveries++
      if (queue === null) continue
      this.#lost.set(entry.key, { queue, message: entry.message, dispatchOrder: entry.dispatchOrder })
      subscription.lapsed++
      connection.lapsed ??= new Set()
      connection.lapsed.add(entry.message)
      const back = queues.get(queue)
      if (back === undefined) queues.set(queue, [entry])
      else back.push(entry)
    }
    for (const key of this.#lost.keys()) {
      if (this.#lost.size <= LOST_MAX) break
      this.#forget(key)
    }
    broker.log.info(
      { consumer: subscription.id, connection: connection.id, messages: entries.length, leaseMs: this.#leaseMs },
      'messages are taken back from a consumer whose lease is over',
    )
    for (const [queue, back] of queues) {
      queue.dispatcher.lapsed()
      queue.giveBack(back.sort(byPlace))
      // Its owner does not work on the group.
      for (const { message } of back) if (message.groupId !== null) queue.releaseGroup(message.groupId)
    }
  }

  /** It is not kept for the sake of the one who lost it. */
  #settled(lost: Lost): void {
    if (lost.message !== null) this.#subscription.connection.lapsed?.delete(lost.message)
    lost.message = null
  }

  /** The consumer has let go of it, or has it again. */
  #forget(key: number): void {
    const lost = this.#lost.get(key)
    if (lost === undefined) return
    this.#lost.delete(key)
    const subscription = this.#subscription
    subscription.lapsed--
    if (lost.message === null || lost.queue.deleted) return
    this.#settled(lost)
    // Its connection may be given it now.
    lost.queue.dispatcher.offerAgain()
    lost.queue.wake()
  }
}

function byPlace(one: Entry, other: Entry): number {
  const byPriority = one.queue?.prioritized === true ? other.message.priority - one.message.priority : 0
  return byPriority === 0 ? one.key - other.key : byPriority
}
