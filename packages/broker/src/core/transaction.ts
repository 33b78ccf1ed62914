import { assert, LinkedList, MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Xid } from '../message/xid.ts'
import type { Operation, QueueStore, Stored } from '../store/store.ts'
import type { InDoubt } from './branches.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { DUPLICATES_PREFIX } from './duplicates/duplicates.ts'
import { RememberedId } from './duplicates/remembered-ids.ts'
import { type Entry, Place } from './entry.ts'
import type { PrepareReply, Reply } from './ports.ts'
import type { Producer } from './producer.ts'
import type { Queue } from './queue.ts'
import { SCHEDULE_STORE } from './schedule/scheduler.ts'
import { readBack } from './routing/copy.ts'
import type { Subscription } from './subscription.ts'
import type { Enlisted } from './target.ts'

export const TransactionState = {
  Active: 0,
  /** The store was given it under its xid. */
  Preparing: 1,
  Prepared: 2,
  /** Its outcome is decided; the store may not have confirmed it. */
  Ended: 3,
} as const
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState]

interface TransactedSend {
  readonly producer: Producer
  readonly message: Message
}

/** A remove of a prepared branch that was found at recovery: the message is in the store and must not be seen. */
interface HiddenRemove {
  readonly queue: Queue
  readonly key: number
}

/**
 * Sends and acknowledgements that happen together or not at all. Sends are only remembered; what was acknowledged is
 * kept aside. A commit is one call of the store; when that is safe everything becomes visible in the order it was done.
 */
export class Transaction implements Stored {
  readonly broker: Broker
  readonly id: string
  /** Of a branch of a distributed transaction; null for a local one. */
  readonly xid: Xid | null
  /** Rolled back when this one goes; null once prepared. */
  connection: Connection | null
  state: TransactionState = TransactionState.Active
  /** Its commit waits for space. */
  parked = false
  /** Monotonic ms, as of the tick before somebody worked on it last. */
  touchedMs: number
  /** Sends of it that are being transformed, and come to it later. */
  transforming = 0
  /** Why it can only be rolled back. */
  failure: MillraceError | null = null
  #sends: TransactedSend[] = []
  #sendBytes = 0
  /** In the order of acknowledgement. */
  readonly #acknowledged = new LinkedList<Entry>()
  #enlisted: Enlisted[] = []
  #hidden: HiddenRemove[] = []
  /** Wall clock, ms; 0: not prepared, or before the broker started. */
  #preparedMs = 0
  #reply: Reply | null = null
  #prepareReply: PrepareReply | null = null
  #storingBytes = 0
  /** It was prepared, and its commit is with the store. */
  #ending = false
  /** The connection that counts this commit. */
  #committing: Connection | null = null

  constructor(broker: Broker, connection: Connection | null, id: string, xid: Xid | null) {
    this.broker = broker
    this.connection = connection
    this.id = id
    this.xid = xid
    this.touchedMs = broker.tickedMs
  }

  /** Nothing was done in it. */
  get empty(): boolean {
    return this.#sends.length === 0 && this.#acknowledged.length === 0
  }

  get sends(): number {
    return this.#sends.length
  }

  get persistent(): boolean {
    return this.#sends.some((send) => send.message.persistent)
  }

  /** Whether it may grow by so many. */
  checkRoom(count: number): MillraceError | null {
    const { uncommittedMax } = this.broker.limits
    if (this.#sends.length + this.#acknowledged.length + count <= uncommittedMax) return null
    return this.#fails(
      new MillraceError('LIMIT_REACHED', `transaction ${this.id} has ${uncommittedMax} messages, which is the limit`),
    )
  }

  send(producer: Producer, message: Message): MillraceError | null {
    const { usage, limits } = this.broker
    const error = this.checkRoom(1)
    if (error !== null) return error
    if (usage.uncommittedBytes + message.sizeBytes > limits.uncommittedBytesMax) {
      return this.#fails(
        new MillraceError(
          'MEMORY_FULL',
          `the sends of open transactions take ${usage.uncommittedBytes} bytes of ${limits.uncommittedBytesMax}`,
        ),
      )
    }
    this.touchedMs = this.broker.tickedMs
    message.own()
    usage.hold(message)
    usage.uncommittedBytes += message.sizeBytes
    this.#sendBytes += message.sizeBytes
    this.#sends.push({ producer, message })
    return null
  }

  /** Still outstanding as far as the consumer is concerned, but not to be acknowledged again. */
  acknowledge(entry: Entry, subscription: Subscription): void {
    assert(this.state === TransactionState.Active, `transaction ${this.id} has ended and gets an acknowledgement`)
    this.touchedMs = this.broker.tickedMs
    subscription.drop(entry)
    entry.place = Place.Transacted
    entry.transaction = this
    this.#acknowledged.push(entry)
  }

  /** Something that nobody waits for failed: it must not be committed as if it had happened. */
  fail(error: MillraceError): void {
    this.failure ??= error
  }

  /** Nobody works on it any more: what it holds goes back, and its end will be told that it failed. */
  abandon(error: MillraceError): void {
    assert(this.state === TransactionState.Active, `transaction ${this.id} is given up after its end`)
    this.fail(error)
    this.#forgetSends()
    this.#restore()
  }

  /** For operators. */
  inDoubt(): InDoubt {
    assert(this.xid !== null, 'a local transaction is in doubt')
    const destinations = new Map<string, Destination>()
    const at = (destination: Destination): void => void destinations.set(destination.text, destination)
    for (const { message } of this.#enlisted) if (message !== null) at(message.destination)
    for (let entry = this.#acknowledged.first; entry !== null; entry = entry.next) at(entry.destination)
    for (const { queue } of this.#hidden) at(queue.destination)
    return {
      id: this.id,
      xid: this.xid,
      preparedMs: this.#preparedMs,
      sends: this.#enlisted.filter((one) => !(one instanceof RememberedId)).length,
      acknowledgements: this.#acknowledged.length + this.#hidden.length,
      destinations: [...destinations.values()],
    }
  }

  commit(reply: Reply): void {
    const { broker } = this
    if (this.state === TransactionState.Prepared) {
      this.#commitPrepared(reply)
      return
    }
    assert(this.state === TransactionState.Active, `transaction ${this.id} is committed twice`)
    const operations = this.#enlist()
    if (operations === null) {
      this.rollback(null)
      reply.done(this.#rolledBackError())
      return
    }
    this.state = TransactionState.Ended
    this.#reply = reply
    for (const enlisted of this.#enlisted) enlisted.committing(false)
    const { connection } = this
    // A commit that needs no storing must not overtake one of the same client that does.
    if (operations.length === 0 && (connection === null || connection.committing === 0)) {
      this.stored(null)
      return
    }
    if (connection !== null) connection.committing++
    this.#committing = connection
    this.#handOver()
    broker.store.commit(operations, this)
  }

  prepare(reply: PrepareReply): void {
    assert(this.state === TransactionState.Active, `transaction ${this.id} is prepared twice`)
    assert(this.xid !== null, 'a local transaction is prepared')
    if (this.#sends.length === 0 && this.#acknowledged.length === 0 && this.failure === null) {
      this.state = TransactionState.Ended
      this.broker.transactions.ended(this)
      reply.prepared('read-only')
      return
    }
    const operations = this.#enlist()
    if (operations === null) {
      this.rollback(null)
      reply.done(this.#rolledBackError())
      return
    }
    this.state = TransactionState.Preparing
    this.#preparedMs = this.broker.nowMs()
    this.connection = null
    this.#prepareReply = reply
    this.#handOver()
    this.broker.store.prepare(this.xid, operations, this)
  }

  /** Undoes it. `reply` null: nobody asked, a connection went or a commit failed. */
  rollback(reply: Reply | null): void {
    const { broker } = this
    const { state } = this
    assert(state !== TransactionState.Ended, `transaction ${this.id} is rolled back after its end`)
    this.state = TransactionState.Ended
    broker.transactions.ended(this)
    for (const enlisted of this.#enlisted) enlisted.rolledBack()
    this.#enlisted = []
    this.#forgetSends()
    this.#restore()
    if (state === TransactionState.Active) {
      reply?.done(null)
      return
    }
    assert(this.xid !== null, 'a local transaction was prepared')
    const hidden = this.#hidden
    this.#hidden = []
    broker.store.finish(this.xid, false, {
      stored: (error) => {
        for (const { queue, key } of hidden) if (!queue.deleted) queue.cursor.restore(key)
        reply?.done(error)
      },
    })
  }

  get awaited(): boolean {
    return this.#reply !== null
  }

  /** The store's answer to a commit or a prepare. */
  stored(error: MillraceError | null): void {
    if (this.#storingBytes > 0) this.broker.usage.stored(this.#storingBytes)
    this.#storingBytes = 0
    if (this.#committing !== null) this.#committing.committing--
    this.#committing = null
    const prepareReply = this.#prepareReply
    this.#prepareReply = null
    if (prepareReply !== null) {
      if (error !== null) {
        this.#refused(error)
        prepareReply.done(this.#rolledBackError())
        return
      }
      // It may have been rolled back while it was being prepared.
      if (this.state === TransactionState.Preparing) this.state = TransactionState.Prepared
      prepareReply.prepared('ok')
      return
    }
    const reply = this.#reply
    assert(reply !== null, `transaction ${this.id} is stored and nobody asked for it`)
    this.#reply = null
    if (error !== null && this.#ending) {
      // It stays prepared, and its coordinator may try again.
      this.#ending = false
      this.state = TransactionState.Prepared
      for (const enlisted of this.#enlisted) enlisted.postponed?.()
      reply.done(error)
      return
    }
    this.broker.transactions.ended(this)
    if (error === null) {
      reply.done(null)
      this.#show()
    } else {
      this.fail(error)
      this.#undo()
      reply.done(this.#rolledBackError())
    }
  }

  /** Found by recovery: the operations of a branch that was prepared and not ended. */
  recover(operations: readonly Operation[], queueOf: (store: QueueStore) => Queue): void {
    this.state = TransactionState.Prepared
    for (const operation of operations) {
      if (operation.queue.name === SCHEDULE_STORE) {
        const { scheduler } = this.broker
        if (operation.kind === 'add') this.#enlisted.push(scheduler.prepared(operation.message, operation.key))
        continue
      }
      if (operation.queue.name.startsWith(DUPLICATES_PREFIX)) {
        const { kind, queue, key } = operation
        if (kind === 'add') this.#enlisted.push(this.broker.duplicates.prepared(queue, operation.message, key))
        continue
      }
      const queue = queueOf(operation.queue)
      if (operation.kind === 'add') {
        this.#enlisted.push(queue.enterWithKey(readBack(operation.message, queue), operation.key, null))
      } else {
        queue.cursor.hide(operation.key)
        this.#hidden.push({ queue, key: operation.key })
      }
    }
  }

  #commitPrepared(reply: Reply): void {
    assert(this.xid !== null, 'a local transaction was prepared')
    this.state = TransactionState.Ended
    this.#ending = true
    this.#reply = reply
    for (const enlisted of this.#enlisted) enlisted.committing(true)
    this.broker.store.finish(this.xid, true, this)
  }

  /** What the store has to do; null: it cannot be done, and `failure` says why. */
  #enlist(): Operation[] | null {
    const operations: Operation[] = []
    if (this.failure !== null) return null
    const nowMs = this.broker.nowMs()
    for (const { producer, message } of this.#sends) {
      if (message.expired(nowMs)) continue
      try {
        const identified = this.broker.duplicates.identify(message)
        const once = identified === null ? null : this.broker.duplicates.enlist(identified, message, operations)
        if (identified !== null && once === null) continue
        if (once !== null) this.#enlisted.push(once)
        for (const { target, message: part } of this.broker.sends.route(message)) {
          this.#enlisted.push(target.enlist(part, operations))
        }
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        this.fail(error)
        return null
      }
      if (message.persistent) producer.sequenceLast = Math.max(producer.sequenceLast, message.producerSequence)
    }
    for (let entry = this.#acknowledged.first; entry !== null; entry = entry.next) {
      const { queue } = entry
      if (queue === null || queue.store === null || queue.deleted || !entry.persistent) continue
      operations.push({ kind: 'remove', queue: queue.store, key: entry.key })
    }
    return operations
  }

  #handOver(): void {
    this.#storingBytes = this.#sendBytes
    this.broker.usage.storing(this.#storingBytes)
    this.#forgetSends()
  }

  #show(): void {
    this.#forgetSends()
    for (const enlisted of this.#enlisted) enlisted.committed()
    this.#enlisted = []
    for (const { queue, key } of this.#hidden) queue.cursor.gone(key)
    this.#hidden = []
    const { advisories } = this.broker
    const { acknowledged } = this.broker.interceptors
    for (let entry = this.#acknowledged.shift(); entry !== null; entry = this.#acknowledged.shift()) {
      if (entry.subscription !== null) for (const hook of acknowledged) hook(entry.subscription, entry)
      if (advisories.watched !== 0) advisories.consumed(entry, entry.subscription)
      entry.place = Place.Leaving
      if (entry.queue === null) {
        entry.place = Place.Gone
        this.broker.usage.release(entry.message)
      } else {
        entry.queue.dequeued++
        entry.queue.forget(entry)
      }
    }
  }

  /** The store did not take the branch: it is not prepared, and nobody will end it. */
  #refused(error: MillraceError): void {
    this.fail(error)
    if (this.state !== TransactionState.Preparing) return
    this.state = TransactionState.Ended
    this.broker.transactions.ended(this)
    this.#undo()
  }

  /** The store refused it. */
  #undo(): void {
    for (const { message } of this.#enlisted) if (message?.persistent === true) this.broker.refusals.note(message)
    for (const enlisted of this.#enlisted) enlisted.rolledBack()
    this.#enlisted = []
    this.#forgetSends()
    this.#restore()
  }

  #forgetSends(): void {
    const { usage } = this.broker
    for (const { message } of this.#sends) usage.release(message)
    usage.uncommittedBytes -= this.#sendBytes
    this.#sends = []
    this.#sendBytes = 0
  }

  /** What was acknowledged is outstanding again; what was acknowledged by a consumer that is gone is redelivered. */
  #restore(): void {
    const orphans = new Map<Queue, Entry[]>()
    for (let entry = this.#acknowledged.last; entry !== null; entry = this.#acknowledged.last) {
      this.#acknowledged.remove(entry)
      const { queue, subscription } = entry
      assert(subscription !== null, 'an acknowledged entry without a subscription')
      if (queue?.deleted === true || (queue === null && subscription.removed)) {
        entry.place = Place.Leaving
        if (queue !== null) queue.forget(entry)
        else this.broker.usage.release(entry.message)
      } else if (!subscription.removed) {
        subscription.restore(entry)
      } else if (queue !== null) {
        entry.place = Place.Leaving
        entry.redeliveries++
        const entries = orphans.get(queue)
        if (entries === undefined) orphans.set(queue, [entry])
        else entries.push(entry)
      }
    }
    for (const [queue, entries] of orphans) queue.giveBack(entries.sort((one, other) => one.key - other.key))
  }

  #fails(error: MillraceError): MillraceError {
    this.fail(error)
    return error
  }

  #rolledBackError(): MillraceError {
    return new MillraceError(
      'TRANSACTION_ROLLED_BACK',
      `transaction ${this.id} was rolled back: ${this.failure?.message}`,
      {
        cause: this.failure,
      },
    )
  }
}
