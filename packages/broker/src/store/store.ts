import type { MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Xid } from '../message/xid.ts'

/**
 * What survives. The core hands over messages and keys; a store keeps them and says when they are safe. Two things are
 * promised by every store (`suite.ts` holds them to it):
 *
 * - A waiter is told exactly once, never within the call that handed it over but at the end of its turn at the earliest, in
 *   the order of those calls.
 *   `stored(null)` means: on stable storage, together with everything handed over before it.
 * - What was answered `stored(null)` is there after any crash; what was not may be there or not, but whole.
 *
 * A `null` waiter means that nobody waits: the record alone never starts a sync, it rides with the next that does, or
 * with the tick.
 */
export interface Stored {
  stored(error: MillraceError | null): void
  /** A peer stands still until it is told. Absent: false. */
  readonly awaited?: boolean
}

/** One queue, or the backlog of one durable subscription. Its keys rise. */
export interface QueueStore {
  readonly name: string
  /** Messages in it, those not yet safe included. */
  readonly count: number
  /**
   * No message in it expires before this (wall clock, ms); Infinity: none does; 0: not known. So that nobody has to read a
   * backlog through to find that out.
   */
  readonly expiresMs: number
  /**
   * Takes a message that is to be kept, with its schedule if it has one. `key` is larger than every key added here
   * before.
   */
  add(message: Message, key: number, waiter: Stored | null): void
  /**
   * As `add`, for a message that may be consumed before it is written: the store writes it as late as costs no time, and not
   * at all if it is removed before. Then its waiter is told at the end of the turn, which may be before those of earlier calls.
   */
  addLate(message: Message, key: number, waiter: Stored | null): void
  /**
   * As `add`, for a message that need not survive: it is here to be out of memory, and gone after the next start. What
   * such messages take is counted by itself, in `StoreUsage.spilledBytes`.
   */
  spill(message: Message, key: number, waiter: Stored | null): void
  /** Forgets it. A key that is not there is ignored. */
  remove(key: number, waiter: Stored | null): void
  /**
   * Reads at most `countMax` messages with keys above `afterKey`, in order. The page arrives in a later turn, when the
   * waiters of everything that was added before were told. `borrowed`: properties and bodies are only looked at until
   * `paged` returns, so that nothing has to be copied.
   */
  page(afterKey: number, countMax: number, to: PageReceiver, borrowed?: boolean): void
  /** Forgets the queue and everything in it. Adds to this object are refused from now on; its name is free. */
  delete(waiter: Stored | null): void
}

export interface Paged {
  readonly key: number
  readonly message: Message
}

export interface PageReceiver {
  /** `last`: nothing was stored behind this page when it was read. A damaged message is left out and reported. */
  paged(page: readonly Paged[], last: boolean): void
}

/** One step of a transaction. The same `Message` object added to several queues is written once. */
export type Operation =
  | { readonly kind: 'add'; readonly queue: QueueStore; readonly message: Message; readonly key: number }
  | { readonly kind: 'remove'; readonly queue: QueueStore; readonly key: number }

/** A durable subscription, as stored. Its backlog is the queue `durable://<clientId>:<name>` of the store. */
export interface DurableRecord {
  /** Empty: it has its name for itself, whoever the client is (only shared ones). */
  readonly clientId: string
  readonly name: string
  readonly destination: Destination
  readonly selector: string | null
  readonly noLocal: boolean
  /** Several consumers may hold it together (JMS 2.0). */
  readonly shared?: boolean
}

/** What the store tells the core while it opens, before the promise of `open` is fulfilled. */
export interface Recovery {
  /** A queue that has messages, or was made. `keyFirst` and `keyLast` are 0 when it is empty. */
  queue(store: QueueStore, keyFirst: number, keyLast: number): void
  durable(record: DurableRecord): void
  /** A prepared branch whose outcome is not known. Its adds are not in their queues yet, its removes still are. */
  prepared(xid: Xid, operations: readonly Operation[]): void
  /** The highest producer sequence stored per producer id, for finding messages sent twice after a fail-over. */
  producer(producerId: string, sequence: number): void
  /**
   * A send below that sequence which was refused, so that it is not there: its producer may not have heard of that and
   * send it again.
   */
  refused(producerId: string, sequence: number): void
  /** No key up to this one is free. */
  keys(keyLast: number): void
}

export interface StoreUsage {
  /** Bytes that the store occupies, spilled messages included. */
  readonly bytes: number
  /** Of these, what spilled messages take. */
  readonly spilledBytes: number
  /** Beyond this nothing more is to be spilled. */
  readonly spilledBytesMax: number
  /** When the rest is beyond this, `full` is true: sends are refused or wait, everything else goes on. */
  readonly bytesMax: number
  readonly full: boolean
  /** The medium itself has no room: nothing can be added, spilled messages neither. */
  readonly noRoom: boolean
}

/** A stored message whose bytes are not those that were written. It is never given out (J9). */
export interface DamagedMessage {
  /** The queue of the store that it is in, like `queue://ORDERS`. */
  readonly queue: string
  readonly key: number
  /** The file and the place in it, for who looks with other means. */
  readonly where: string
  /** When it was found, in ms since 1970. */
  readonly foundMs: number
}

export interface Store {
  open(recovery: Recovery): Promise<void>
  /** The queue of this name, made if it is not there. Names are texts like `queue://ORDERS`. */
  queue(name: string): QueueStore
  /** All of it or nothing. */
  commit(operations: readonly Operation[], waiter: Stored | null): void
  /** Keeps the operations under `xid`, undone, until `finish`. */
  prepare(xid: Xid, operations: readonly Operation[], waiter: Stored | null): void
  /** Ends a prepared branch: does its operations, or forgets them. */
  finish(xid: Xid, committed: boolean, waiter: Stored | null): void
  addDurable(record: DurableRecord, waiter: Stored | null): void
  removeDurable(clientId: string, name: string, waiter: Stored | null): void
  /**
   * This send was refused before it came here. Remembered before the next message of its producer, so that a start tells
   * of it (`Recovery.refused`) if it tells of that. What the store itself refuses it remembers by itself.
   */
  refused(producerId: string, sequence: number): void
  readonly usage: StoreUsage
  /** The damaged messages that were found since it was opened and are still there: when they were read, or by looking for them. */
  damaged(): readonly DamagedMessage[]
  /** Writes what has gathered although nobody waits for it; called once per tick of the clock (100 ms). */
  tick(): void
  /** Everything handed over is safe when this is fulfilled. */
  close(): Promise<void>
}
