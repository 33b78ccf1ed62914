import { Buffer } from 'node:buffer'
import type { MillraceError, Task } from '@millrace/base'
import type { Consumer, Entry, Subscription } from '../../core/broker.ts'
import type { Destination } from '../../message/destination.ts'

/** How a consumer acknowledges. */
export const AckMode = {
  /** What was written counts as consumed. */
  Auto: 0,
  /** With each message those before it. */
  Client: 1,
  Individual: 2,
} as const
export type AckMode = (typeof AckMode)[keyof typeof AckMode]

/** What a consumer asks of its conversation. */
export interface Deliveries {
  deliver(consumer: StompConsumer, entry: Entry): void
  exhausted(consumer: StompConsumer): void
  ended(consumer: StompConsumer, error: MillraceError): void
  /** All that it was given counts as consumed. */
  acknowledgeAll(consumer: StompConsumer): void
}

export interface StompConsumerSpec {
  /** Of this connection; part of the ids in `ack` headers. */
  readonly number: number
  /** As the client named it; null: it did not, in 1.0. */
  readonly id: string | null
  readonly destination: Destination
  readonly mode: AckMode
  readonly browser: boolean
  readonly durableName: string | null
  readonly transformation: string | null
}

/** The port of one consumer. */
export class StompConsumer implements Consumer, Task {
  queued = false
  readonly spec: StompConsumerSpec
  /** Set when the core has taken it. */
  subscription: Subscription | null = null
  /** What its frames begin with. */
  readonly head: Buffer
  /**
   * What it was given and has to acknowledge, in order, where the core only counts: by the id that acknowledgements will
   * say. Null: the core knows.
   */
  readonly unacknowledged: Map<string, true> | null
  readonly #deliveries: Deliveries
  /** The destination that a message came from last, and its header. */
  from: Destination | null = null
  fromHeader: Buffer = Buffer.alloc(0)

  constructor(spec: StompConsumerSpec, head: Buffer, counting: boolean, deliveries: Deliveries) {
    this.spec = spec
    this.head = head
    this.unacknowledged = counting && spec.mode !== AckMode.Auto ? new Map() : null
    this.#deliveries = deliveries
  }

  deliver(entry: Entry): void {
    this.#deliveries.deliver(this, entry)
  }

  exhausted(): void {
    this.#deliveries.exhausted(this)
  }

  prefetchChanged(): void {
    // Nobody here pulls.
  }

  closed(error: MillraceError): void {
    this.#deliveries.ended(this, error)
  }

  /** The end of a turn in which an `auto` consumer was given something. */
  run(): void {
    this.#deliveries.acknowledgeAll(this)
  }
}
