import { MillraceError } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import { Message } from '../../message/message.ts'
import type { Operation, QueueStore } from '../../store/store.ts'
import type { Broker } from '../broker.ts'
import type { Reply } from '../ports.ts'
import type { Enlisted } from '../target.ts'

/** The newest ids of one destination, and where the store has them. */
export class RememberedIds {
  /** As the policy says; the oldest go first. */
  countMax = 0
  readonly #broker: Broker
  readonly #destination: Destination
  readonly #storeName: string
  #store: QueueStore | null = null
  /** In the order in which they came. */
  readonly #ids = new Map<string, RememberedId>()

  constructor(broker: Broker, text: string, storeName: string) {
    this.#broker = broker
    this.#destination = Destination.parse(text)
    this.#storeName = storeName
  }

  find(id: string): RememberedId | null {
    return this.#ids.get(id) ?? null
  }

  /** From now on it is known; what the store has to do goes with the message. */
  remember(id: string, persistent: boolean, operations: Operation[]): RememberedId {
    const key = persistent ? this.#broker.nextKey() : 0
    const remembered = new RememberedId(this, id, key, true)
    this.#ids.set(id, remembered)
    if (persistent) {
      const message = new Message(this.#destination, this.#storeName, 0)
      message.persistent = true
      message.body = Buffer.from(id)
      operations.push({ kind: 'add', queue: this.store, message, key })
    }
    this.trim(operations)
    return remembered
  }

  prepared(id: string, key: number): RememberedId {
    const remembered = new RememberedId(this, id, key, true)
    this.#ids.set(id, remembered)
    return remembered
  }

  recovered(id: string, key: number): void {
    this.#ids.set(id, new RememberedId(this, id, key, false))
  }

  /** Null: at once. */
  trim(operations: Operation[] | null): void {
    for (const [id, { key, pending }] of this.#ids) {
      if (this.#ids.size <= this.countMax) return
      // Its message is on the way: it is among the newest, if not by their number.
      if (pending) return
      this.#ids.delete(id)
      if (key === 0) continue
      if (operations === null) this.store.remove(key, null)
      else operations.push({ kind: 'remove', queue: this.store, key })
    }
  }

  forget(remembered: RememberedId): void {
    if (this.#ids.get(remembered.id) === remembered) this.#ids.delete(remembered.id)
  }

  get store(): QueueStore {
    this.#store ??= this.#broker.store.queue(this.#storeName)
    return this.#store
  }
}

/** The id of one message, which is safe when the message is. */
export class RememberedId implements Enlisted {
  readonly message: null = null
  readonly id: string
  /** In the store; 0 = only in memory, as its message. */
  readonly key: number
  /** Its message is not safe yet. */
  pending: boolean
  readonly #ids: RememberedIds
  /** Of those that came meanwhile. */
  #followers: Reply[] = []

  constructor(ids: RememberedIds, id: string, key: number, pending: boolean) {
    this.#ids = ids
    this.id = id
    this.key = key
    this.pending = pending
  }

  /** A duplicate is as safe as the first, and not before it. */
  follow(reply: Reply): void {
    if (this.pending) this.#followers.push(reply)
    else reply.done(null)
  }

  committing(): void {}

  committed(): void {
    this.pending = false
    this.#answer(null)
  }

  rolledBack(): void {
    this.pending = false
    this.#ids.forget(this)
    this.#answer(new MillraceError('STORE_FULL', `what was sent first as ${this.id} was not stored; send it again`))
  }

  #answer(error: MillraceError | null): void {
    const followers = this.#followers
    this.#followers = []
    for (const reply of followers) reply.done(error)
  }
}
