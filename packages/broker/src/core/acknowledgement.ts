import { assert, MillraceError } from '@millrace/base'
import type { Stored } from '../store/store.ts'
import { type Entry, Place } from './entry.ts'
import type { Lease } from './lease.ts'
import type { Reply } from './ports.ts'
import type { Subscription } from './subscription.ts'
import type { Transaction } from './transaction.ts'

/** The numbers are OpenWire's. */
export const AckKind = {
  /** Handed to the application: the window moves on, nothing is removed. */
  Delivered: 0,
  /** Given up by the client: goes to the dead letter queue. */
  Poison: 1,
  Standard: 2,
  /** Is being delivered again from the client's own list: only counted. */
  Redelivered: 3,
  /** Removes `last` only. */
  Individual: 4,
  /** Consumed because it did not match. */
  Unmatched: 5,
  Expired: 6,
} as const
export type AckKind = (typeof AckKind)[keyof typeof AckKind]

/** A range in the order in which the messages were dispatched to the consumer. */
export interface Acknowledgement {
  readonly kind: AckKind
  /** Key of the first one; 0 = from the oldest. */
  readonly first: number
  /** Key of the last one; not looked at where subscriptions only count. */
  readonly last: number
  /** Messages that the client believes to be in the range. */
  readonly count: number
  readonly transactionId: string | null
  /** Why a message was given up. */
  readonly cause: string | null
}

/** Does what an acknowledgement says. Errors go to the reply, and then nothing was done. */
export function acknowledge(
  subscription: Subscription,
  ack: Acknowledgement,
  transaction: Transaction | null,
  reply: Reply,
): void {
  const hadCredit = subscription.hasCredit()
  const { lease } = subscription
  if (lease === null || subscription.removed) settle(subscription, ack, transaction, reply)
  else settleRest(subscription, lease, ack, transaction, reply)
  // While it had credit nothing was waiting for it.
  if (!hadCredit) subscription.wake()
}

/** `ack`: without what was taken back from a consumer whose lease was over, which is an error after the rest was done. */
function settleRest(
  subscription: Subscription,
  lease: Lease,
  ack: Acknowledgement,
  transaction: Transaction | null,
  reply: Reply,
): void {
  const { left, lost } = lease.without(ack)
  if (lost === 0) {
    if (left === null) reply.done(null)
    else settle(subscription, left, transaction, reply)
    return
  }
  const error = lease.lostError(lost)
  if (transaction !== null) {
    // Its work is being done a second time: the commit has to fail.
    transaction.fail(error)
    reply.done(error)
    return
  }
  if (left === null) reply.done(error)
  else settle(subscription, left, null, { done: (failure) => reply.done(failure ?? error) })
}

function settle(subscription: Subscription, ack: Acknowledgement, transaction: Transaction | null, reply: Reply): void {
  // What comes too late, or before anything was delivered, is of no interest to anyone.
  if (subscription.removed || subscription.delivered === 0) {
    reply.done(null)
    return
  }
  subscription.toldSlow = false
  if (subscription.counting) {
    count(subscription, ack)
    reply.done(null)
    return
  }
  if (ack.kind === AckKind.Individual) {
    const entry = subscription.find(ack.last)
    if (entry === null) reply.done(null)
    else finish(subscription, { first: entry, last: entry, count: 1, lastStored: stored(entry) }, transaction, reply)
    return
  }
  const range = rangeOf(subscription, ack)
  if (range === null) {
    const error = new MillraceError(
      'ACKNOWLEDGEMENT_INVALID',
      `${subscription.id} acknowledges up to ${ack.last}, which is not among its ${subscription.unacknowledged} outstanding messages`,
    )
    // Perhaps nobody waits for this answer: the commit will say it.
    transaction?.fail(error)
    reply.done(error)
    return
  }
  switch (ack.kind) {
    case AckKind.Delivered:
      extend(subscription, range.last)
      reply.done(null)
      return
    case AckKind.Redelivered:
      for (const entry of range) entry.redeliveries++
      reply.done(null)
      return
    case AckKind.Poison:
    case AckKind.Expired:
      giveUp(subscription, range, ack, reply)
      return
    default:
      if (transaction === null && ack.kind === AckKind.Standard && ack.count !== range.count) {
        reply.done(
          new MillraceError(
            'ACKNOWLEDGEMENT_INVALID',
            `${subscription.id} acknowledges ${ack.count} messages up to ${ack.last}, but ${range.count} are outstanding there`,
          ),
        )
        return
      }
      finish(subscription, range, transaction, reply)
  }
}

interface Ends {
  readonly first: Entry
  readonly last: Entry
  readonly count: number
  /** The last one that the store has to forget. */
  readonly lastStored: Entry | null
}

class Range implements Ends, Iterable<Entry> {
  readonly first: Entry
  readonly last: Entry
  readonly count: number
  readonly lastStored: Entry | null

  constructor(first: Entry, last: Entry, count: number, lastStored: Entry | null) {
    this.first = first
    this.last = last
    this.count = count
    this.lastStored = lastStored
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    yield* entriesOf(this)
  }
}

/** From the first to the last; each may be unlinked while it is looked at. */
function* entriesOf({ first, count }: Ends): IterableIterator<Entry> {
  let entry: Entry | null = first
  for (let left = count; left > 0; left--) {
    assert(entry !== null, 'an acknowledged range is shorter than it was')
    const next: Entry | null = entry.next
    yield entry
    entry = next
  }
}

function rangeOf(subscription: Subscription, ack: Acknowledgement): Range | null {
  const oldest = subscription.outstanding.first
  // Of a delivered range only the end counts: its beginning may have been acknowledged by itself meanwhile.
  const fromOldest = ack.first === 0 || ack.kind === AckKind.Delivered || oldest?.key === ack.first
  const first = fromOldest ? oldest : subscription.find(ack.first)
  let lastStored: Entry | null = null
  let count = 0
  for (let entry = first; entry !== null; entry = entry.next) {
    count++
    lastStored = stored(entry) ?? lastStored
    if (entry.key === ack.last) return new Range(first as Entry, entry, count, lastStored)
  }
  return null
}

function stored(entry: Entry): Entry | null {
  return entry.persistent ? entry : null
}

/** The window opens by everything up to the last one that the application has. */
function extend(subscription: Subscription, last: Entry): void {
  if (subscription.prefetch === 0 || !subscription.policy.usePrefetchExtension) return
  let extension = 1
  for (let entry = last.previous; entry !== null; entry = entry.previous) extension++
  if (extension <= subscription.extension) return
  subscription.extension = extension
}

function count(subscription: Subscription, ack: Acknowledgement): void {
  const messages = Math.max(1, ack.count)
  switch (ack.kind) {
    case AckKind.Redelivered:
      return
    case AckKind.Delivered:
      if (!subscription.policy.usePrefetchExtension) return
      subscription.extension = Math.min(subscription.counted, subscription.extension + messages)
      break
    default:
      subscription.counted = Math.max(0, subscription.counted - messages)
      subscription.extension = Math.max(0, subscription.extension - messages)
  }
}

/** Told by the store when an acknowledgement that somebody waits for is safe. */
class Answer implements Stored {
  readonly awaited = true
  readonly #reply: Reply

  constructor(reply: Reply) {
    this.#reply = reply
  }

  stored(error: MillraceError | null): void {
    this.#reply.done(error)
  }
}

function finish(subscription: Subscription, range: Ends, transaction: Transaction | null, reply: Reply): void {
  const { acknowledged, acknowledging } = subscription.broker.interceptors
  if (acknowledging.length > 0) {
    for (const entry of entriesOf(range)) {
      for (const hook of acknowledging) hook(subscription, entry, transaction?.id ?? null)
    }
  }
  if (transaction !== null) {
    const error = transaction.checkRoom(range.count)
    if (error === null) for (const entry of entriesOf(range)) transaction.acknowledge(entry, subscription)
    reply.done(error)
    return
  }
  const waits = range.lastStored !== null && reply.errorsOnly !== true
  const lastStored = range.lastStored
  let entry: Entry | null = range.first
  for (let left = range.count; left > 0; left--) {
    assert(entry !== null, 'an acknowledged range is shorter than it was')
    const next: Entry | null = entry.next
    for (const hook of acknowledged) hook(subscription, entry)
    if (subscription.broker.advisories.watched !== 0) subscription.broker.advisories.consumed(entry, subscription)
    subscription.drop(entry)
    forget(entry, waits && entry === lastStored ? new Answer(reply) : null)
    entry = next
  }
  if (!waits) reply.done(null)
}

function forget(entry: Entry, waiter: Stored | null): void {
  entry.place = Place.Leaving
  if (entry.queue !== null) {
    const told = entry.queue.settle(entry, waiter)
    assert(waiter === null || told, 'nobody will answer an acknowledgement')
  } else {
    entry.place = Place.Gone
    entry.subscription?.broker.usage.release(entry.message)
  }
}

function giveUp(subscription: Subscription, range: Range, ack: Acknowledgement, reply: Reply): void {
  if (ack.transactionId !== null && ack.kind === AckKind.Poison) {
    reply.done(new MillraceError('ACKNOWLEDGEMENT_INVALID', 'a poison acknowledgement cannot be part of a transaction'))
    return
  }
  const entries: Entry[] = []
  for (const entry of range) {
    subscription.drop(entry)
    entry.place = Place.Leaving
    entries.push(entry)
  }
  const { redelivery } = subscription.broker
  if (ack.kind === AckKind.Poison) redelivery.deadLetter(entries, ack.cause, reply)
  else redelivery.expireAll(entries, reply)
}
