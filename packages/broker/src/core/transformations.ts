import { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { expected } from './expected.ts'
import type { Transformer } from './interceptor.ts'
import type { Parked } from './parking.ts'
import type { Reply } from './ports.ts'
import type { Producer } from './producer.ts'
import type { Transaction } from './transaction.ts'

/** What became of a message; a promise: it will be known later. */
type Transformed = void | 'taken' | Promise<void | 'taken'>

/**
 * Code that takes its time over messages before they are sent on. While it does, the message is parked like one that waits
 * for space: everything that its producer sends comes behind it, other producers go on, and the connection is not read
 * from any more when too much waits. The answer comes when the message has gone its way.
 */
export class Transformations {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * Null: nobody transforms it and nothing of its producer is being transformed, or that was done at once. Otherwise it is
   * taken care of, and the result is what `send` returns. Throws what a transformer throws.
   */
  take(producer: Producer, message: Message, reply: Reply): boolean | null {
    const { transformers } = this.#broker.interceptors
    const wanted = transformers.filter(({ covers }) => message.destination.parts().some(covers))
    if (wanted.length === 0 && producer.transforming === 0) return null
    // It stays for longer than the chunk that it came with.
    message.own()
    const parked = new ParkedMessage(this.#broker, producer, message, reply, wanted)
    if (producer.transforming === 0) {
      const outcome = parked.transform()
      if (outcome === undefined) return null
      if (outcome === 'taken') {
        reply.done(null)
        return true
      }
      parked.await(outcome)
    }
    parked.counted()
    return this.#broker.parking.park(parked)
  }
}

const State = { Waiting: 0, Running: 1, Known: 2, Gone: 3 } as const
type State = (typeof State)[keyof typeof State]

/** Waiting for those before it: at the end of time, as a number. */
const NEVER_MS = Number.MAX_SAFE_INTEGER

class ParkedMessage implements Parked {
  readonly connection: Connection
  readonly bytes: number
  readonly commit = false
  readonly lanes: readonly string[]
  /** Only while it is being transformed. */
  deadlineMs: number = NEVER_MS
  previous: Parked | null = null
  next: Parked | null = null
  readonly #broker: Broker
  readonly #producer: Producer
  readonly #message: Message
  readonly #reply: Reply
  readonly #transformers: readonly Transformer[]
  readonly #transaction: Transaction | null
  #at = 0
  #state: State = State.Waiting
  #outcome: 'taken' | MillraceError | null = null

  constructor(
    broker: Broker,
    producer: Producer,
    message: Message,
    reply: Reply,
    transformers: readonly Transformer[],
  ) {
    this.connection = producer.connection
    this.bytes = message.sizeBytes
    this.lanes = [producer.id]
    this.#broker = broker
    this.#producer = producer
    this.#message = message
    this.#reply = reply
    this.#transformers = transformers
    const { transactionId } = message
    this.#transaction = transactionId === null ? null : broker.transactions.active(this.connection, transactionId)
  }

  /** Asks one after the other. */
  transform(): Transformed {
    while (this.#at < this.#transformers.length) {
      const outcome = this.#transformers[this.#at]?.transform(this.#producer, this.#message)
      this.#at++
      if (outcome instanceof Promise) return outcome.then((known) => (known === 'taken' ? known : this.transform()))
      if (outcome === 'taken') return outcome
    }
  }

  await(outcome: Promise<void | 'taken'>): void {
    this.#state = State.Running
    this.deadlineMs = this.#broker.clock.monotonic() + this.#broker.limits.transformMsMax
    outcome.then(
      (known) => this.#known(known ?? null),
      (error: unknown) => this.#known(expected(error)),
    )
  }

  /** It is parked from now on. */
  counted(): void {
    this.#producer.transforming++
    if (this.#transaction !== null) this.#transaction.transforming++
  }

  hasSpace(): boolean {
    if (this.#state === State.Waiting) this.#begin()
    if (this.#state !== State.Known) return false
    if (this.#outcome !== null || this.#transaction !== null) return true
    const { rate } = this.connection
    if (rate !== null && !rate.allows(this.#broker.clock.monotonic())) return false
    return this.#broker.limits.sendFailIfNoSpace || this.#broker.sends.hasSpace(this.#message)
  }

  proceed(): void {
    this.#state = State.Gone
    const outcome = this.#outcome
    if (outcome === 'taken') this.#reply.done(null)
    else if (outcome !== null) this.#refuse(outcome)
    else this.#broker.sends.sendTransformed(this.#producer, this.#message, this.#reply)
    this.#uncounted()
  }

  spill(): boolean {
    return false
  }

  fail(error: MillraceError | null): void {
    this.#state = State.Gone
    const { transformMsMax } = this.#broker.limits
    this.#refuse(error ?? new MillraceError('PLUGIN_FAILED', `a message was not transformed in ${transformMsMax} ms`))
    this.#uncounted()
  }

  /** Its turn has come. */
  #begin(): void {
    try {
      const outcome = this.transform()
      if (outcome instanceof Promise) this.await(outcome)
      else this.#set(outcome ?? null)
    } catch (error) {
      this.#set(expected(error))
    }
  }

  #known(outcome: 'taken' | MillraceError | null): void {
    // It was given up meanwhile.
    if (this.#state !== State.Running) return
    this.#set(outcome)
    this.#broker.parking.wake()
  }

  #set(outcome: 'taken' | MillraceError | null): void {
    this.#state = State.Known
    this.#outcome = outcome
    this.deadlineMs = NEVER_MS
  }

  #refuse(error: MillraceError): void {
    const { transactionId, persistent } = this.#message
    if (transactionId !== null) this.#broker.transactions.fail(this.connection, transactionId, error)
    if (persistent) this.#broker.refusals.note(this.#message)
    this.#reply.done(error)
  }

  #uncounted(): void {
    this.#producer.transforming--
    if (this.#transaction !== null) this.#transaction.transforming--
  }
}
