import { type Clock, LinkedList } from '@millrace/base'
import {
  AckType,
  type ConsumerId,
  MessageAck,
  type MessageId,
  type Throwable,
  type TransactionId,
} from '@millrace/openwire'
import type { Delivery } from './delivery.ts'

/** JMS acknowledge modes, and the model system's INDIVIDUAL. The long names are JMS's own. */
export const AcknowledgeMode = {
  SESSION_TRANSACTED: 0,
  AUTO: 1,
  AUTO_ACKNOWLEDGE: 1,
  CLIENT: 2,
  CLIENT_ACKNOWLEDGE: 2,
  DUPS_OK: 3,
  DUPS_OK_ACKNOWLEDGE: 3,
  INDIVIDUAL: 4,
  INDIVIDUAL_ACKNOWLEDGE: 4,
} as const
export type AcknowledgeMode = (typeof AcknowledgeMode)[keyof typeof AcknowledgeMode]

export interface AcknowledgementSpec {
  readonly consumerId: ConsumerId
  readonly mode: AcknowledgeMode
  /** A topic consumer or a browser: DUPS_OK is lazy there. */
  readonly topic: boolean
  readonly browser: boolean
  /** In a transaction each message is acknowledged when it is delivered. */
  readonly individualInTransaction: boolean
  /** AUTO only: acknowledgements are batched. */
  readonly optimize: boolean
  readonly optimizeTimeoutMs: number
  readonly clock: Clock
  /** Of the present link. */
  readonly epoch: number
}

/** Sends acknowledgements, and says which transaction they belong to. */
export interface AcknowledgementPort {
  /** null: nobody waits for an answer. */
  send(ack: MessageAck): Promise<void> | null
  /** The session's transaction, begun if need be; this consumer takes part in it from now on. */
  joinTransaction(): TransactionId
}

/** Share of the prefetch after which the broker is told that messages have been delivered. */
const WINDOW_SHARE = 0.5
/** Share of the prefetch after which batched acknowledgements go out. */
const OPTIMIZED_SHARE = 0.65

/**
 * What one consumer owes the broker, and when it is said (OpenWire conversations §5):
 *
 *     AUTO, DUPS_OK on a queue   standard, after each message
 *     DUPS_OK on a topic         standard range at half the prefetch, the rest at close
 *     CLIENT                     delivered at half the prefetch; standard range over everything on acknowledge()
 *     INDIVIDUAL                 delivered at half the prefetch; individual on acknowledge()
 *     transacted                 delivered at half the prefetch; standard range before the commit
 *
 * A delivered acknowledgement only lets the broker send more.
 */
export class Acknowledgement {
  /** Of the broker's view; it may change it later. */
  prefetch: number
  /** Of the present link: what came over an earlier one is not acknowledged any more. */
  epoch: number
  readonly #spec: AcknowledgementSpec
  readonly #port: AcknowledgementPort
  /** What the application has, oldest first. */
  readonly #held = new LinkedList<Delivery>()
  // A range that gathers: delivered, or standard where nothing is held.
  #rangeType: AckType = AckType.Delivered
  #rangeFirst: Delivery | null = null
  #rangeLast: Delivery | null = null
  #rangeCount = 0
  /** Of `optimize`: consumed since the last batch. */
  #batched = 0
  #batchedAtMs: number

  constructor(spec: AcknowledgementSpec, prefetch: number, port: AcknowledgementPort) {
    this.#spec = spec
    this.#port = port
    this.prefetch = prefetch
    this.epoch = spec.epoch
    this.#batchedAtMs = spec.clock.monotonic()
  }

  get heldCount(): number {
    return this.#held.length
  }

  /** The application is about to get it. */
  delivered(delivery: Delivery): void {
    delivery.ranged = false
    if (!this.#untracked) {
      delivery.held = true
      this.#held.push(delivery)
    }
    if (this.#spec.mode !== AcknowledgeMode.SESSION_TRANSACTED) return
    this.#port.joinTransaction()
    if (this.#spec.individualInTransaction) void this.#sendOne(AckType.Individual, delivery, true)
    else void this.#later(delivery, AckType.Delivered)
  }

  /** The application is done with it, as far as the mode can tell. */
  consumed(delivery: Delivery): Promise<void> | null {
    if (delivery.epoch !== this.epoch) return null
    switch (this.#spec.mode) {
      case AcknowledgeMode.SESSION_TRANSACTED:
        return null
      case AcknowledgeMode.CLIENT:
      case AcknowledgeMode.INDIVIDUAL:
        if (delivery.held) void this.#later(delivery, AckType.Delivered)
        return null
      case AcknowledgeMode.DUPS_OK:
        if (!this.#untracked) return this.all()
        return this.#later(delivery, AckType.Standard)
      case AcknowledgeMode.AUTO:
        if (this.#spec.browser) return this.#later(delivery, AckType.Standard)
        return this.#spec.optimize ? this.#batch() : this.all()
      default:
        return this.#spec.mode satisfies never
    }
  }

  /** Acknowledges everything that is held: one standard range. */
  all(): Promise<void> | null {
    const { first, last, length } = this.#held
    if (first === null || last === null) return null
    const ack = this.#ack(AckType.Standard, first.messageId, last.messageId, length, last)
    this.#forgetRange()
    this.#release()
    return this.#port.send(ack)
  }

  /** Acknowledges one, whatever else is held. */
  one(delivery: Delivery): Promise<void> | null {
    if (!delivery.held) return null
    this.#drop(delivery)
    return this.#sendOne(AckType.Individual, delivery, false)
  }

  /** What was held becomes part of the transaction's end; the caller keeps it until the broker has answered. */
  leaveTransaction(transactionId: TransactionId): Delivery[] {
    const deliveries = [...this.#held]
    const first = deliveries[0]
    const last = deliveries.at(-1)
    if (first !== undefined && last !== undefined && !this.#spec.individualInTransaction) {
      const ack = this.#ack(AckType.Standard, first.messageId, last.messageId, deliveries.length, last)
      ack.transactionId = transactionId
      void this.#port.send(ack)
    }
    this.#forgetRange()
    this.#release()
    return deliveries
  }

  /** Takes back everything that is held, oldest first. */
  takeAll(): Delivery[] {
    const deliveries = [...this.#held]
    this.#forgetRange()
    this.#release()
    return deliveries
  }

  /** The link broke: nothing that came over it is owed any more. Returns what the application has. */
  interrupted(epoch: number): Delivery[] {
    this.epoch = epoch
    this.#batched = 0
    return this.takeAll()
  }

  /** Takes back one. */
  take(delivery: Delivery): Delivery[] {
    if (delivery.epoch !== this.epoch) return [delivery]
    if (!delivery.held) return []
    this.#drop(delivery)
    return [delivery]
  }

  /** Dropped here because its time is over. */
  expired(delivery: Delivery): void {
    void this.#port.send(this.#ack(AckType.Expired, delivery.messageId, delivery.messageId, 1, delivery))
  }

  /** The application had it before. */
  suppressed(delivery: Delivery): void {
    void this.#sendOne(AckType.Individual, delivery, false)
  }

  /** To the dead letter queue. */
  poison(deliveries: readonly Delivery[], cause: string): void {
    const ack = this.#range(AckType.Poison, deliveries)
    if (ack === null) return
    ack.poisonCause = throwable(cause)
    void this.#port.send(ack)
  }

  /** The client delivers them once more by itself; the broker counts. */
  redelivered(deliveries: readonly Delivery[]): void {
    const ack = this.#range(AckType.Redelivered, deliveries)
    if (ack !== null) void this.#port.send(ack)
  }

  /** Sends what gathers: before the consumer goes, or when the broker changes the prefetch. */
  flush(): void {
    if (this.#rangeLast !== null) void this.#sendRange()
    if (this.#batched > 0) void this.#sendBatch()
  }

  get #untracked(): boolean {
    const { mode, topic, browser } = this.#spec
    return browser || (topic && mode === AcknowledgeMode.DUPS_OK)
  }

  #later(delivery: Delivery, type: AckType): Promise<void> | null {
    if (this.#rangeLast !== null && this.#rangeType !== type) void this.#sendRange()
    delivery.ranged = true
    this.#rangeType = type
    this.#rangeFirst ??= delivery
    this.#rangeLast = delivery
    this.#rangeCount++
    return this.#rangeCount + this.#batched >= WINDOW_SHARE * this.prefetch ? this.#sendRange() : null
  }

  #sendRange(): Promise<void> | null {
    const first = this.#rangeFirst
    const last = this.#rangeLast
    if (first === null || last === null) return null
    const ack = this.#ack(this.#rangeType, first.messageId, last.messageId, this.#rangeCount, last)
    if (this.#spec.mode === AcknowledgeMode.SESSION_TRANSACTED) ack.transactionId = this.#port.joinTransaction()
    this.#forgetRange()
    return this.#port.send(ack)
  }

  #batch(): Promise<void> | null {
    this.#batched++
    const { optimizeTimeoutMs, clock } = this.#spec
    const due = optimizeTimeoutMs > 0 && clock.monotonic() - this.#batchedAtMs >= optimizeTimeoutMs
    return due || this.#batched + this.#rangeCount >= OPTIMIZED_SHARE * this.prefetch ? this.#sendBatch() : null
  }

  #sendBatch(): Promise<void> | null {
    this.#batched = 0
    this.#batchedAtMs = this.#spec.clock.monotonic()
    return this.all()
  }

  #sendOne(type: AckType, delivery: Delivery, inTransaction: boolean): Promise<void> | null {
    const ack = this.#ack(type, null, delivery.messageId, 1, delivery)
    if (inTransaction) ack.transactionId = this.#port.joinTransaction()
    return this.#port.send(ack)
  }

  #range(type: AckType, deliveries: readonly Delivery[]): MessageAck | null {
    const first = deliveries[0]
    const last = deliveries.at(-1)
    if (first === undefined || last === undefined) return null
    return this.#ack(type, first.messageId, last.messageId, deliveries.length, last)
  }

  #ack(type: AckType, first: MessageId | null, last: MessageId | null, count: number, of: Delivery): MessageAck {
    const ack = new MessageAck()
    ack.consumerId = this.#spec.consumerId
    ack.destination = of.destination
    ack.ackType = type
    ack.firstMessageId = first
    ack.lastMessageId = last
    ack.messageCount = count
    return ack
  }

  #forgetRange(): void {
    this.#rangeFirst = null
    this.#rangeLast = null
    this.#rangeCount = 0
  }

  /** A range must not begin or end with one that the broker has settled: it would look for it in vain. */
  #leaveRange(delivery: Delivery): void {
    delivery.ranged = false
    if (this.#rangeCount === 0) return
    this.#rangeCount--
    if (delivery === this.#rangeFirst) this.#rangeFirst = delivery.next
    if (delivery === this.#rangeLast) this.#rangeLast = delivery.previous
    if (this.#rangeCount === 0 || this.#rangeFirst === null || this.#rangeLast === null) this.#forgetRange()
  }

  #drop(delivery: Delivery): void {
    if (delivery.ranged) this.#leaveRange(delivery)
    delivery.held = false
    this.#held.remove(delivery)
  }

  #release(): void {
    for (let delivery = this.#held.shift(); delivery !== null; delivery = this.#held.shift()) delivery.held = false
  }
}

function throwable(message: string): Throwable {
  return { className: 'java.lang.Throwable', message, stackTrace: [], cause: null }
}
