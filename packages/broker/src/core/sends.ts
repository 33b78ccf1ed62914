import { MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { expected } from './expected.ts'
import { ParkedCall, ParkedSend } from './parked.ts'
import { checkUse } from './permission.ts'
import type { Reply } from './ports.ts'
import type { Producer } from './producer.ts'
import type { Route } from './routing/routing.ts'
import { sendAll } from './routing/send-all.ts'
import { SentReply } from './sent-reply.ts'
import type { Sink, Target } from './target.ts'

/** A message's way from its producer to its destination. */
export class Sends {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * True, or false once when the connection has to stop being read from until `port.resume()`. A message with a
   * transaction id is part of that transaction.
   */
  send(producer: Producer, message: Message, requested: Reply): boolean {
    const broker = this.#broker
    const { connection } = producer
    const { transactionId } = message
    const { renaming, sending, sent, transformers } = broker.interceptors
    if (renaming.length > 0) message.destination = broker.interceptors.rename(message.destination)
    const reply = sent.length === 0 ? requested : new SentReply(sent, producer, message, requested)
    let target: Sink | null
    try {
      broker.checkConnection(connection)
      message.brokerInTime = broker.nowMs()
      for (const hook of sending) {
        if (hook(producer, message) !== 'taken') continue
        reply.done(null)
        return true
      }
      if (message.replyTo !== null && broker.management.takes(producer, message, reply)) return true
      if (transformers.length > 0) {
        const kept = broker.transformations.take(producer, message, reply)
        if (kept !== null) return kept
      }
      if (message.properties !== null && broker.scheduler.takes(producer, message, reply)) return true
      target = message.schedule === null ? this.#targetFor(producer, message.destination) : broker.scheduler
      if (transactionId !== null) broker.transactions.active(connection, transactionId)
    } catch (error) {
      const refusal = expected(error)
      if (transactionId !== null) broker.transactions.fail(connection, transactionId, refusal)
      reply.done(refusal)
      return true
    }
    if (connection.spec.reconnected && this.#cameBefore(producer, message, reply)) return true
    if (transactionId !== null) {
      connection.rate?.take(message.sizeBytes)
      reply.done(broker.transactions.active(connection, transactionId).send(producer, message))
      return true
    }
    if (message.expired(broker.nowMs())) {
      if (broker.advisories.watched !== 0) broker.advisories.expired(message)
      reply.done(null)
      return true
    }
    if (this.#waits(producer, target, message)) {
      return this.#park(producer, message.schedule === null ? (target as Target | null) : null, message, reply)
    }
    connection.rate?.take(message.sizeBytes)
    this.#send(producer, target, message, reply)
    return true
  }

  /** One that was transformed while everything of its producer waited behind it. */
  sendTransformed(producer: Producer, message: Message, reply: Reply): void {
    const broker = this.#broker
    const { connection } = producer
    const { transactionId } = message
    try {
      if (message.properties !== null && broker.scheduler.takes(producer, message, reply)) return
      if (transactionId !== null) {
        if (message.schedule === null) this.#targetFor(producer, message.destination)
        connection.rate?.take(message.sizeBytes)
        reply.done(broker.transactions.active(connection, transactionId).send(producer, message))
        return
      }
    } catch (error) {
      const refusal = expected(error)
      if (transactionId !== null) broker.transactions.fail(connection, transactionId, refusal)
      reply.done(refusal)
      return
    }
    if (connection.spec.reconnected && this.#cameBefore(producer, message, reply)) return
    if (broker.limits.sendFailIfNoSpace && !this.hasSpace(message)) {
      reply.done(this.noSpaceError(message))
      return
    }
    connection.rate?.take(message.sizeBytes)
    this.sendParked(producer, message, reply)
  }

  /** One that had waited for space. What it was sent to, or when, may have changed meanwhile. */
  sendParked(producer: Producer, message: Message, reply: Reply): void {
    if (message.expired(this.#broker.nowMs())) {
      reply.done(null)
      return
    }
    let target: Sink | null
    try {
      target = message.schedule === null ? this.#targetFor(producer, message.destination) : this.#broker.scheduler
    } catch (error) {
      reply.done(expected(error))
      return
    }
    this.#send(producer, target, message, reply)
  }

  flush(connection: Connection, reply: Reply): void {
    const broker = this.#broker
    try {
      broker.checkConnection(connection)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    const flush = (): void => broker.store.commit([], { stored: (error) => reply.done(error) })
    if (connection.parked.length === 0) flush()
    else broker.parking.park(new ParkedCall(connection, flush, (error) => reply.done(error)))
  }

  route(message: Message): Route[] {
    if (message.schedule !== null) return [{ target: this.#broker.scheduler, message }]
    return this.#broker.routing.route(message)
  }

  hasSpace(message: Message): boolean {
    if (message.schedule !== null) return !this.#broker.scheduler.full(message)
    return this.#broker.routing.hasSpace(message)
  }

  noSpaceError(message: Message): MillraceError {
    const allowance = this.#broker.destinations.find(message.destination)?.allowance ?? null
    if (allowance !== null && allowance.full) return allowance.fullError(message.destination)
    if (this.hasSpace(message)) {
      return new MillraceError(
        'LIMIT_REACHED',
        `${message.producerId} sends more per second than its connection or user may`,
      )
    }
    return this.#broker.usage.fullError(!message.persistent || !message.destination.queue)
  }

  /** Monotonic ms until which something may wait for space; `timeoutMs` 0 = for ever. */
  deadlineMs(timeoutMs: number): number {
    return timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.#broker.clock.monotonic() + timeoutMs
  }

  /** Then it is answered: the first copy may not be safe yet, and this answer says that it is. */
  #cameBefore(producer: Producer, message: Message, reply: Reply): boolean {
    if (!message.persistent) return false
    // Also one that is new for its producer: it is on its way now, and must not be taken for a refused one after the next link.
    const refused = this.#broker.refusals.take(message)
    if (refused || message.producerSequence > producer.sequenceLast) return false
    this.#broker.store.commit([], { stored: (error) => reply.done(error) })
    return true
  }

  /** `target` null: it goes to several. */
  #send(producer: Producer, target: Sink | null, message: Message, reply: Reply): void {
    if (message.persistent && message.producerSequence > producer.sequenceLast) {
      producer.sequenceLast = message.producerSequence
    }
    const { duplicates } = this.#broker
    if (duplicates.active && message.properties !== null && duplicates.sends(message, target, reply)) return
    if (target !== null) {
      target.send(message, reply)
      return
    }
    let routes: Route[]
    try {
      routes = this.route(message)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    sendAll(this.#broker, message, routes, reply)
  }

  #targetFor(producer: Producer, destination: Destination): Target | null {
    const last = producer.target
    if (last !== null && !last.deleted) {
      if (last.destination === destination || last.destination.text === destination.text) return last
    }
    const { destinations } = this.#broker
    checkUse(this.#broker, producer.connection, 'write', destination)
    if (destination.composite) {
      for (const part of destination.parts()) destinations.forSend(part)
      return null
    }
    const target = destinations.forSend(destination)
    if (target.forward !== null) return null
    producer.target = target
    return target
  }

  /** Behind what waits for the same destination, for space, or for its time. */
  #waits(producer: Producer, target: Sink | null, message: Message): boolean {
    const { parkedLanes, rate } = producer.connection
    if (
      parkedLanes.size > 0 &&
      (target === null || parkedLanes.has(target.destination.text) || parkedLanes.has(producer.id))
    ) {
      return true
    }
    if (rate !== null && !rate.allows(this.#broker.clock.monotonic())) return true
    return target === null ? !this.hasSpace(message) : target.full(message)
  }

  #park(producer: Producer, target: Target | null, message: Message, reply: Reply): boolean {
    const broker = this.#broker
    if (target?.policy.sendFailIfNoSpace ?? broker.limits.sendFailIfNoSpace) {
      // What is only too fast waits all the same.
      if (target === null || target.full(message)) {
        if (message.persistent) broker.refusals.noteHere(message)
        reply.done(this.noSpaceError(message))
        return true
      }
    }
    message.own()
    if (producer.connection.parked.length === 0 && broker.advisories.watched !== 0) {
      broker.advisories.parked(producer, message.destination)
    }
    const timeoutMs = target?.policy.sendFailIfNoSpaceAfterTimeout ?? broker.limits.sendFailIfNoSpaceAfterMs
    return broker.parking.park(new ParkedSend(broker, producer, target, message, reply, this.deadlineMs(timeoutMs)))
  }
}
