import { assert } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type { DurableRecord, Operation, QueueStore, Recovery } from '../store/store.ts'
import type { Broker } from './broker.ts'
import { DURABLE_PREFIX } from './durable.ts'
import { OVERFLOW_PREFIX } from './flow/overflow.ts'
import { STATE_PREFIX } from './paused-queues.ts'
import { isQueue, type Queue } from './queue.ts'
import { SCHEDULE_STORE } from './schedule/scheduler.ts'
import { Transaction } from './transaction.ts'

/** What the store tells while it opens, gathered: queues and durable subscriptions come in any order. */
export class Recovered implements Recovery {
  readonly queues: { store: QueueStore; keyFirst: number; keyLast: number }[] = []
  readonly durables: DurableRecord[] = []
  readonly branches: { xid: Xid; operations: readonly Operation[] }[] = []
  readonly producers: Map<string, number> = new Map()
  readonly refusals: { producerId: string; sequence: number }[] = []
  keyLast = 0

  queue(store: QueueStore, keyFirst: number, keyLast: number): void {
    this.queues.push({ store, keyFirst, keyLast })
  }

  durable(record: DurableRecord): void {
    this.durables.push(record)
  }

  prepared(xid: Xid, operations: readonly Operation[]): void {
    this.branches.push({ xid, operations })
  }

  producer(producerId: string, sequence: number): void {
    this.producers.set(producerId, sequence)
  }

  refused(producerId: string, sequence: number): void {
    this.refusals.push({ producerId, sequence })
  }

  keys(keyLast: number): void {
    this.keyLast = Math.max(this.keyLast, keyLast)
  }

  /** Gives all of it to a broker that has nothing yet. */
  restore(broker: Broker): void {
    for (const [producerId, sequence] of this.producers) broker.producers.rememberSequence(producerId, sequence)
    for (const { producerId, sequence } of this.refusals) broker.refusals.recovered(producerId, sequence)
    for (const record of this.durables) broker.durables.restore(record)
    for (const { store, keyFirst, keyLast } of this.queues) {
      if (store.name === SCHEDULE_STORE || store.name.startsWith(STATE_PREFIX)) continue
      const queue = store.name.startsWith(OVERFLOW_PREFIX) ? null : queueOf(broker, store)
      if (queue === null) {
        // What was only to be out of memory; or the backlog of a subscription whose end was stored and whose messages were
        // not reached.
        store.delete(null)
        continue
      }
      assert(
        keyLast <= this.keyLast,
        `${store.name} has key ${keyLast}, and only those up to ${this.keyLast} were given`,
      )
      assert(keyFirst <= keyLast, `${store.name} begins behind its end`)
      if (store.count > 0) queue.cursor.recover(store.count, keyLast, store.expiresMs)
    }
    for (const { xid, operations } of this.branches) {
      const id = xidText(xid)
      const transaction = new Transaction(broker, null, id, xid)
      transaction.recover(operations, (store) => {
        const queue = queueOf(broker, store)
        assert(queue !== null, `a prepared branch names ${store.name}, which is not there`)
        return queue
      })
      broker.branches.all.set(id, transaction)
    }
  }
}

/** Whose messages these are; null: a durable subscription that is not there. */
function queueOf(broker: Broker, store: QueueStore): Queue | null {
  const { destinations } = broker
  if (store.name.startsWith(DURABLE_PREFIX)) return destinations.durables.get(store.name)?.backlog ?? null
  const destination = Destination.parse(store.name)
  const target = destinations.find(destination) ?? destinations.create(destination, null, true)
  assert(isQueue(target), `${store.name} is in the store and is not a queue`)
  return target
}
