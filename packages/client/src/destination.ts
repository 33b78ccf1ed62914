import { ActiveMQQueue, ActiveMQTempQueue, ActiveMQTempTopic, ActiveMQTopic } from '@millrace/openwire'
import { IllegalStateError, InvalidDestinationError } from './errors.ts'
import { parseQuery } from './uri.ts'
import type { WaitOptions } from './wait.ts'

export type WireDestination = ActiveMQQueue | ActiveMQTopic | ActiveMQTempQueue | ActiveMQTempTopic
/** The four kinds of destinations. */
export type DestinationKind = 'queue' | 'topic' | 'temp-queue' | 'temp-topic'

/** What a temporary destination needs of the connection that made it. */
export interface TemporaryOwner {
  deleteDestination(destination: Destination, options?: WaitOptions): Promise<void>
}

/**
 * Where messages go: a value, compared with `equals`. The name may be a composite (`A,topic://B`) or, for consumers, a
 * pattern (`A.*`, `A.>`). What follows a `?` are options for this client (`ORDERS?consumer.prefetchSize=1`); they never
 * travel and are no part of the identity. `Body` is what the program says that its messages are; see `typedProducer`.
 */
export abstract class Destination<Body = unknown> {
  /** Only for the compiler: there is no such field. */
  declare readonly bodyType?: Body
  abstract readonly kind: DestinationKind
  /** The physical name, without prefix and options. */
  readonly name: string
  /** Everything after the `?` of the name. */
  readonly options: ReadonlyMap<string, string | null>

  /** Throws InvalidDestinationError for an empty name. */
  constructor(name: string) {
    const question = name.indexOf('?')
    this.name = (question < 0 ? name : name.slice(0, question)).trim()
    this.options = question < 0 ? NO_OPTIONS : parseQuery(name.slice(question + 1))
    if (this.name === '') throw new InvalidDestinationError('a destination needs a name, got an empty one')
  }

  /** For this package: the OpenWire form. One object per destination, which the link's cache can recognise. */
  abstract readonly wire: WireDestination

  get temporary(): boolean {
    return this.kind === 'temp-queue' || this.kind === 'temp-topic'
  }

  get composite(): boolean {
    return this.name.includes(',')
  }

  equals(other: Destination): boolean {
    return this.kind === other.kind && this.name === other.name
  }

  /** `queue://ORDERS` */
  toString(): string {
    return `${this.kind}://${this.name}`
  }
}

const NO_OPTIONS: ReadonlyMap<string, string | null> = new Map()

/** A queue: each message goes to one consumer (JMS Queue). A value; nothing goes over the wire. */
export class Queue<Body = unknown> extends Destination<Body> {
  readonly kind = 'queue'
  readonly wire: ActiveMQQueue

  constructor(name: string) {
    super(name)
    this.wire = new ActiveMQQueue()
    this.wire.physicalName = this.name
  }
}

/** A topic: each message goes to every subscription (JMS Topic). A value; nothing goes over the wire. */
export class Topic<Body = unknown> extends Destination<Body> {
  readonly kind = 'topic'
  readonly wire: ActiveMQTopic

  constructor(name: string) {
    super(name)
    this.wire = new ActiveMQTopic()
    this.wire.physicalName = this.name
  }
}

/** Lives as long as the connection that made it, or until `delete()`. Anyone may send to it. */
export class TemporaryQueue extends Destination {
  readonly kind = 'temp-queue'
  readonly wire: ActiveMQTempQueue
  readonly #owner: TemporaryOwner | null

  /** `owner`: null for one that came in a message. */
  constructor(name: string, owner: TemporaryOwner | null = null) {
    super(name)
    this.wire = new ActiveMQTempQueue()
    this.wire.physicalName = this.name
    this.#owner = owner
  }

  /** Rejects with IllegalStateError while this connection consumes from it, or when another connection made it. */
  async delete(options?: WaitOptions): Promise<void> {
    await ownerOf(this, this.#owner).deleteDestination(this, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete()
  }
}

/** Lives as long as the connection that made it, or until `delete()`. */
export class TemporaryTopic extends Destination {
  readonly kind = 'temp-topic'
  readonly wire: ActiveMQTempTopic
  readonly #owner: TemporaryOwner | null

  /** `owner`: null for one that came in a message. */
  constructor(name: string, owner: TemporaryOwner | null = null) {
    super(name)
    this.wire = new ActiveMQTempTopic()
    this.wire.physicalName = this.name
    this.#owner = owner
  }

  /** Rejects with IllegalStateError while this connection consumes from it, or when another connection made it. */
  async delete(options?: WaitOptions): Promise<void> {
    await ownerOf(this, this.#owner).deleteDestination(this, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete()
  }
}

function ownerOf(destination: Destination, owner: TemporaryOwner | null): TemporaryOwner {
  if (owner !== null) return owner
  throw new IllegalStateError(`${destination.toString()} belongs to another connection, which alone can delete it`)
}

const PREFIX = /^\s*(queue|topic|temp-queue|temp-topic):\/\//

/** Reads `queue://X` and its kin; a bare name is of `kind`. */
export function parseDestination(text: string, kind: DestinationKind = 'queue'): Destination {
  const found = PREFIX.exec(text)
  if (found === null) return destinationOf(kind, text)
  return destinationOf(found[1] as DestinationKind, text.slice(found[0].length))
}

function destinationOf(kind: DestinationKind, name: string): Destination {
  switch (kind) {
    case 'queue':
      return new Queue(name)
    case 'topic':
      return new Topic(name)
    case 'temp-queue':
      return new TemporaryQueue(name)
    case 'temp-topic':
      return new TemporaryTopic(name)
    default:
      return kind satisfies never
  }
}

/** What came over the wire, as a value of this API. */
export function destinationFromWire(wire: WireDestination): Destination {
  const name = wire.physicalName ?? ''
  if (wire instanceof ActiveMQQueue) return new Queue(name)
  if (wire instanceof ActiveMQTopic) return new Topic(name)
  if (wire instanceof ActiveMQTempQueue) return new TemporaryQueue(name)
  return new TemporaryTopic(name)
}
