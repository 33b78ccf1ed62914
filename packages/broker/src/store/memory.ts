import { MillraceError, type Task, type Turn } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type {
  DurableRecord,
  Operation,
  Paged,
  PageReceiver,
  QueueStore,
  Recovery,
  Store,
  Stored,
  StoreUsage,
} from './store.ts'

/**
 * The reference engine: it keeps everything in memory and forgets it when the process ends. The same contract as every
 * other, to the letter: waiters and pages come at the end of the turn, never within the call.
 */
export class MemoryStore implements Store, Task {
  queued = false
  readonly #turn: Turn
  readonly #bytesMax: number
  readonly #queues = new Map<string, MemoryQueue>()
  readonly #branches = new Map<string, readonly Operation[]>()
  /** Waiters, page requests and refusals, in the order of the calls. */
  #owed: (Stored | PageRequest | Refusal)[] = []
  #bytes = 0
  #spilledBytes = 0
  #closed = false

  constructor(turn: Turn, bytesMax: number = Number.POSITIVE_INFINITY) {
    this.#turn = turn
    this.#bytesMax = bytesMax
  }

  open(recovery: Recovery): Promise<void> {
    recovery.keys(0)
    return Promise.resolve()
  }

  queue(name: string): QueueStore {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      queue = new MemoryQueue(this, name)
      this.#queues.set(name, queue)
    }
    return queue
  }

  commit(operations: readonly Operation[], waiter: Stored | null): void {
    const gone = operations.find(({ kind, queue }) => kind === 'add' && (queue as MemoryQueue).deleted)
    if (gone !== undefined) {
      if (waiter !== null) this.owe(new Refusal(waiter, deletedError(gone.queue.name)))
      return
    }
    this.#apply(operations)
    this.owe(waiter)
  }

  prepare(xid: Xid, operations: readonly Operation[], waiter: Stored | null): void {
    this.#branches.set(xidText(xid), operations)
    this.owe(waiter)
  }

  finish(xid: Xid, committed: boolean, waiter: Stored | null): void {
    const text = xidText(xid)
    const operations = this.#branches.get(text)
    this.#branches.delete(text)
    if (operations !== undefined && committed) this.#apply(operations)
    this.owe(waiter)
  }

  addDurable(_record: DurableRecord, waiter: Stored | null): void {
    this.owe(waiter)
  }

  removeDurable(_clientId: string, _name: string, waiter: Stored | null): void {
    this.owe(waiter)
  }

  /** Nothing outlives this store. */
  refused(_producerId: string, _sequence: number): void {}

  get usage(): StoreUsage {
    const spilledBytes = this.#spilledBytes
    const full = this.#bytes - spilledBytes >= this.#bytesMax
    const spilledBytesMax = Number.POSITIVE_INFINITY
    return { bytes: this.#bytes, spilledBytes, spilledBytesMax, bytesMax: this.#bytesMax, full, noRoom: false }
  }

  /** Nothing rots here that would be noticed. */
  damaged(): readonly [] {
    return []
  }

  tick(): void {}

  /** Tells whoever still waits. What is handed over afterwards is refused. */
  close(): Promise<void> {
    this.run()
    this.#closed = true
    return Promise.resolve()
  }

  /** Called by the queues: this waiter or page is due at the end of the turn. */
  owe(owed: Stored | PageRequest | Refusal | null): void {
    if (owed === null) return
    this.#owed.push(owed)
    this.#turn.work(this)
  }

  /** Called by the queues: the store grew or shrank. */
  grow(bytes: number): void {
    this.#bytes += bytes
  }

  /** The same, of spilled messages. */
  growSpilled(bytes: number): void {
    this.#spilledBytes += bytes
  }

  forget(queue: MemoryQueue): void {
    if (this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name)
  }

  run(): void {
    const owed = this.#owed
    this.#owed = []
    const error = this.#closed ? new MillraceError('BROKER_STOPPING', 'the store is closed') : null
    for (const one of owed) {
      if (one instanceof PageRequest) one.serve()
      else if (one instanceof Refusal) one.waiter.stored(one.error)
      else one.stored(error)
    }
  }

  #apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      const queue = operation.queue as MemoryQueue
      if (queue.deleted) continue
      if (operation.kind === 'add') queue.put(operation.message, operation.key)
      else queue.drop(operation.key)
    }
  }
}

class Refusal {
  readonly waiter: Stored
  readonly error: MillraceError

  constructor(waiter: Stored, error: MillraceError) {
    this.waiter = waiter
    this.error = error
  }
}

class PageRequest {
  readonly #queue: MemoryQueue
  readonly #afterKey: number
  readonly #countMax: number
  readonly #to: PageReceiver

  constructor(queue: MemoryQueue, afterKey: number, countMax: number, to: PageReceiver) {
    this.#queue = queue
    this.#afterKey = afterKey
    this.#countMax = countMax
    this.#to = to
  }

  serve(): void {
    const page: Paged[] = []
    const last = this.#queue.read(this.#afterKey, this.#countMax, page)
    this.#to.paged(page, last)
  }
}

class MemoryQueue implements QueueStore {
  readonly name: string
  readonly #store: MemoryStore
  readonly #messages = new Map<number, Message>()
  readonly #spilled = new Set<number>()
  #expiresMs = Number.POSITIVE_INFINITY
  deleted = false
  /** Ascending; keys that were removed stay until they are the majority. */
  #keys: number[] = []

  constructor(store: MemoryStore, name: string) {
    this.#store = store
    this.name = name
  }

  get count(): number {
    return this.#messages.size
  }

  get expiresMs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.#expiresMs
  }

  add(message: Message, key: number, waiter: Stored | null): void {
    if (this.deleted) {
      if (waiter !== null) this.#store.owe(new Refusal(waiter, deletedError(this.name)))
      return
    }
    this.put(message, key)
    this.#store.owe(waiter)
  }

  addLate(message: Message, key: number, waiter: Stored | null): void {
    this.add(message, key, waiter)
  }

  spill(message: Message, key: number, waiter: Stored | null): void {
    this.add(message, key, waiter)
    if (this.deleted || this.#spilled.has(key)) return
    this.#spilled.add(key)
    this.#store.growSpilled(message.sizeBytes)
  }

  remove(key: number, waiter: Stored | null): void {
    this.drop(key)
    this.#store.owe(waiter)
  }

  page(afterKey: number, countMax: number, to: PageReceiver): void {
    this.#store.owe(new PageRequest(this, afterKey, countMax, to))
  }

  delete(waiter: Stored | null): void {
    for (const key of [...this.#messages.keys()]) this.drop(key)
    this.#keys = []
    this.deleted = true
    this.#store.forget(this)
    this.#store.owe(waiter)
  }

  put(message: Message, key: number): void {
    if (this.#messages.has(key)) return
    message.own()
    if (this.#messages.size === 0) this.#expiresMs = Number.POSITIVE_INFINITY
    if (message.expiration > 0) this.#expiresMs = Math.min(this.#expiresMs, message.expiration)
    this.#messages.set(key, message)
    this.#store.grow(message.sizeBytes)
    const keys = this.#keys
    // Only a branch that was prepared long ago brings a key that is not the largest.
    if (keys.length === 0 || key > (keys[keys.length - 1] as number)) keys.push(key)
    else keys.splice(firstAbove(keys, key - 1), 0, key)
  }

  drop(key: number): void {
    const message = this.#messages.get(key)
    if (message === undefined) return
    this.#messages.delete(key)
    this.#store.grow(-message.sizeBytes)
    if (this.#spilled.delete(key)) this.#store.growSpilled(-message.sizeBytes)
    if (this.#keys.length > 64 && this.#keys.length > 2 * this.#messages.size) {
      this.#keys = this.#keys.filter((kept) => this.#messages.has(kept))
    }
  }

  /** Fills the page; true when nothing is behind it. */
  read(afterKey: number, countMax: number, page: Paged[]): boolean {
    const keys = this.#keys
    for (let i = firstAbove(keys, afterKey); i < keys.length; i++) {
      const key = keys[i] as number
      const message = this.#messages.get(key)
      if (message === undefined) continue
      if (page.length === countMax) return false
      page.push({ key, message })
    }
    return true
  }
}

function deletedError(name: string): MillraceError {
  return new MillraceError('DESTINATION_UNKNOWN', `${name} was deleted`)
}

/** Index of the first key above `key` in an ascending list. */
function firstAbove(keys: readonly number[], key: number): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as number) <= key) low = middle + 1
    else high = middle
  }
  return low
}
