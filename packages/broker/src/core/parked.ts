import { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { Blocked } from './flow/blocked.ts'
import type { Parked } from './parking.ts'
import type { Reply } from './ports.ts'
import type { Producer } from './producer.ts'
import type { Target } from './target.ts'
import type { Transaction } from './transaction.ts'

/** A send that found no space. */
export class ParkedSend implements Parked {
  readonly connection: Connection
  readonly bytes: number
  readonly commit = false
  readonly lanes: readonly string[]
  readonly deadlineMs: number
  previous: Parked | null = null
  next: Parked | null = null
  readonly #broker: Broker
  readonly #producer: Producer
  /** Who counts it. */
  readonly #blocked: readonly Blocked[]
  readonly #sinceMs: number
  readonly #message: Message
  readonly #reply: Reply

  /** `target` null: a composite. */
  constructor(
    broker: Broker,
    producer: Producer,
    target: Target | null,
    message: Message,
    reply: Reply,
    deadlineMs: number,
  ) {
    this.connection = producer.connection
    this.bytes = message.sizeBytes
    this.lanes = [producer.id, message.destination.text]
    this.deadlineMs = deadlineMs
    this.#sinceMs = broker.clock.monotonic()
    producer.blocked ??= new Blocked()
    if (target !== null) target.blocked ??= new Blocked()
    this.#blocked = [broker.parking.blocked, producer.blocked, ...(target?.blocked ? [target.blocked] : [])]
    for (const blocked of this.#blocked) blocked.begin()
    this.#broker = broker
    this.#producer = producer
    this.#message = message
    this.#reply = reply
  }

  hasSpace(): boolean {
    const { rate } = this.connection
    if (rate !== null && !rate.allows(this.#broker.clock.monotonic())) return false
    return this.#broker.sends.hasSpace(this.#message)
  }

  proceed(): void {
    this.#end()
    this.connection.rate?.take(this.bytes)
    this.#broker.sends.sendParked(this.#producer, this.#message, this.#reply)
  }

  spill(): boolean {
    // What is kept back, or goes to others, has another way into the store.
    if (this.#message.schedule !== null || this.#broker.duplicates.active) return false
    const target = this.#broker.destinations.find(this.#message.destination)
    if (target === null || target.forward !== null || !target.spill(this.#message, this.#reply)) return false
    this.#end()
    return true
  }

  #end(): void {
    const ms = this.#broker.clock.monotonic() - this.#sinceMs
    for (const blocked of this.#blocked) blocked.end(ms)
  }

  fail(error: MillraceError | null): void {
    this.#end()
    if (this.#message.persistent) this.#broker.refusals.noteHere(this.#message)
    this.#reply.done(error ?? this.#broker.sends.noSpaceError(this.#message))
  }
}

/** A commit with persistent sends that found the store full. */
export class ParkedCommit implements Parked {
  readonly connection: Connection
  readonly bytes = 0
  readonly commit = true
  readonly lanes: readonly string[] = []
  readonly deadlineMs: number
  previous: Parked | null = null
  next: Parked | null = null
  readonly #broker: Broker
  readonly #transaction: Transaction
  readonly #reply: Reply

  constructor(broker: Broker, connection: Connection, transaction: Transaction, reply: Reply, deadlineMs: number) {
    this.connection = connection
    this.deadlineMs = deadlineMs
    this.#broker = broker
    this.#transaction = transaction
    this.#reply = reply
  }

  hasSpace(): boolean {
    if (this.#transaction.transforming > 0) return false
    const { rate } = this.connection
    if (rate !== null && this.#transaction.sends > 0 && !rate.allows(this.#broker.clock.monotonic())) return false
    return !this.#transaction.persistent || !this.#broker.usage.full(false, true)
  }

  proceed(): void {
    this.#transaction.commit(this.#reply)
  }

  spill(): boolean {
    return false
  }

  fail(error: MillraceError | null): void {
    const cause = error ?? this.#lack()
    this.#transaction.rollback(null)
    this.#reply.done(
      new MillraceError(
        'TRANSACTION_ROLLED_BACK',
        `transaction ${this.#transaction.id} found no space: ${cause.message}`,
        {
          cause,
        },
      ),
    )
  }

  #lack(): MillraceError {
    if (this.#broker.usage.full(false, true)) return this.#broker.usage.fullError(false)
    return new MillraceError('LIMIT_REACHED', 'it sent more per second than its connection or user may')
  }
}

/** What needs no space itself, but has its turn behind sends that wait: a flush, the end of a connection. */
export class ParkedCall implements Parked {
  readonly connection: Connection
  readonly bytes = 0
  readonly commit = false
  readonly lanes: readonly string[] = []
  readonly deadlineMs: number = Number.POSITIVE_INFINITY
  previous: Parked | null = null
  next: Parked | null = null
  readonly proceed: () => void
  readonly fail: (error: MillraceError | null) => void

  /** `fail`: the link went first. */
  constructor(connection: Connection, proceed: () => void, fail: (error: MillraceError | null) => void) {
    this.connection = connection
    this.proceed = proceed
    this.fail = fail
  }

  hasSpace(): boolean {
    return true
  }

  spill(): boolean {
    return false
  }
}
