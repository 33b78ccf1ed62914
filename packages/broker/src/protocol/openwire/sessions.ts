import type { Buffer } from 'node:buffer'
import { type Long, MillraceError } from '@millrace/base'
import type { ConsumerId, ProducerId } from '@millrace/openwire'
import type { Consumer, Entry, Producer, Subscription } from '../../core/broker.ts'
import type { Destination } from '../../message/destination.ts'
import { type WireDestination, writeDestination } from './identities.ts'

/** What a consumer asks of its conversation. */
export interface Deliveries {
  deliver(consumer: OpenWireConsumer, entry: Entry): void
  exhausted(consumer: OpenWireConsumer): void
  prefetchChanged(consumer: OpenWireConsumer, prefetch: number): void
  ended(consumer: OpenWireConsumer, error: MillraceError): void
}

export class OpenWireProducer {
  readonly id: ProducerId
  readonly text: string
  /** Bytes that the client sends without hearing of them; 0 = it does not count. */
  readonly windowSize: number
  readonly producer: Producer

  constructor(id: ProducerId, text: string, windowSize: number, producer: Producer) {
    this.id = id
    this.text = text
    this.windowSize = windowSize
    this.producer = producer
  }
}

/** The port of one consumer. */
export class OpenWireConsumer implements Consumer {
  readonly id: ConsumerId
  readonly destination: Destination
  /** Set when the core has taken it. */
  subscription: Subscription | null = null
  /** What its frames begin with; see `fan-out.ts`. */
  head: Buffer | null = null
  readonly #deliveries: Deliveries
  #from: Destination | null = null
  #fromStructure: WireDestination | null = null

  constructor(id: ConsumerId, destination: Destination, deliveries: Deliveries) {
    this.id = id
    this.destination = destination
    this.#deliveries = deliveries
  }

  deliver(entry: Entry): void {
    this.#deliveries.deliver(this, entry)
  }

  exhausted(): void {
    this.#deliveries.exhausted(this)
  }

  prefetchChanged(prefetch: number): void {
    this.#deliveries.prefetchChanged(this, prefetch)
  }

  closed(error: MillraceError): void {
    this.#deliveries.ended(this, error)
  }

  /** The structure of where a delivery comes from; nearly always the same as last time. */
  structureOf(destination: Destination): WireDestination {
    if (destination === this.#from) return this.#fromStructure as WireDestination
    this.#from = destination
    this.#fromStructure = writeDestination(destination)
    return this.#fromStructure
  }
}

export class Session {
  readonly producers: Map<Long, OpenWireProducer> = new Map()
  readonly consumers: Map<Long, OpenWireConsumer> = new Map()
}

/** Exists on every connection without a SessionInfo. */
const UNNAMED_SESSION = -1

/** The sessions of one connection and what they hold; found by numbers, without making texts of them. */
export class Sessions {
  readonly #connectionId: string
  readonly #countMax: number
  readonly #sessions = new Map<Long, Session>()

  constructor(connectionId: string, countMax: number) {
    this.#connectionId = connectionId
    this.#countMax = countMax
    this.#sessions.set(UNNAMED_SESSION, new Session())
  }

  /** Saying it again changes nothing. */
  add(connectionId: string | null, value: Long): void {
    if (connectionId !== this.#connectionId) throw this.#foreign('session', connectionId)
    if (this.#sessions.has(value)) return
    if (this.#sessions.size >= this.#countMax) {
      throw new MillraceError('LIMIT_REACHED', `a connection may have ${this.#countMax} sessions`)
    }
    this.#sessions.set(value, new Session())
  }

  remove(connectionId: string | null, value: Long): Session | null {
    const session = connectionId === this.#connectionId ? this.#sessions.get(value) : undefined
    if (session === undefined) return null
    this.#sessions.delete(value)
    return session
  }

  /** The session that a new consumer or producer names. Throws SESSION_UNKNOWN. */
  of(id: ConsumerId | ProducerId): Session {
    if (id.connectionId !== this.#connectionId) throw this.#foreign('connection', id.connectionId)
    const session = this.#sessions.get(id.sessionId)
    if (session === undefined) {
      throw new MillraceError('SESSION_UNKNOWN', `session ${id.sessionId} of ${id.connectionId} was never opened`)
    }
    return session
  }

  find(id: ConsumerId | ProducerId): Session | null {
    if (id.connectionId !== this.#connectionId) return null
    return this.#sessions.get(id.sessionId) ?? null
  }

  all(): Iterable<Session> {
    return this.#sessions.values()
  }

  #foreign(what: string, connectionId: string | null): MillraceError {
    return new MillraceError(
      'SESSION_UNKNOWN',
      `this link has ${this.#connectionId}, not the ${what} of ${connectionId}`,
    )
  }
}
