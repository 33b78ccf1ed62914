import type { Cancel } from '@millrace/base'
import {
  ConsumerControl,
  type ConsumerId,
  type ConsumerInfo,
  consumerIdText,
  LastDelivered,
  type MessageAck,
  type MessageDispatch,
  MessagePull,
  type TransactionId,
} from '@millrace/openwire'
import type { Connection } from '../connection.ts'
import type { Destination } from '../destination.ts'
import { AlreadyClosedError, IllegalStateError, JMSError, localError, remoteError } from '../errors.ts'
import { TypedEmitter } from '../events.ts'
import type { BodyOf, BodyType } from '../messages/body-type.ts'
import type { Message, Settlement } from '../messages/message.ts'
import { detach, receivedMessage } from '../messages/receive.ts'
import type { RedeliveryPolicy } from '../redelivery-policy.ts'
import { removal } from '../removal.ts'
import { DONE, isFailure } from '../reply.ts'
import type { DispatchTarget } from '../routes.ts'
import type { Session } from '../session.ts'
import { ConsumerCounters, type ConsumerStatistics } from '../statistics.ts'
import { deliverChannel, type MessageEvent } from '../telemetry/telemetry.ts'
import type { Participant } from '../transaction-context.ts'
import type { MessageTransformer } from '../transformer.ts'
import { checkSignal, type WaitOptions } from '../wait.ts'
import { AcknowledgeMode, Acknowledgement } from './acknowledgement.ts'
import type { BatchOptions } from './batches.ts'
import { ByteWindow } from './byte-window.ts'
import type { ConsumerOptions } from './consumer-info.ts'
import { Delivery, type DeliveryOwner } from './delivery.ts'
import { DeliveryBuffer } from './delivery-buffer.ts'
import { GroupOrder } from './group-order.ts'
import { ListenerCalls, type MessageListener } from './listener-calls.ts'
import { type Held, type Receiver, Receivers, type WaitMs } from './receivers.ts'
import { brokerRedelivers, exceeded, Redelivery } from './redelivery.ts'
import { idOf, Repeats } from './repeats.ts'

/** What a consumer tells its listeners: `consumer.on(name, listener)`. */
export interface ConsumerEvents {
  /** The broker closed it, for being too slow, say. */
  closed: { readonly reason: string }
  /**
   * Without a listener: a message has come that no `receive` waits for, and now so many wait here. It is not taken, so it may
   * be received at leisure.
   */
  messageAvailable: { readonly pending: number }
}

/** How `MessageConsumer.messages` goes on and ends. */
export interface IterationOptions {
  /** Ends the iteration: its pending `next()` rejects with AbortError. */
  signal?: AbortSignal
  /**
   * AUTO mode: `'next'` acknowledges a message when the loop asks for the next one; `'yield'` before the loop gets it,
   * as `receive` does. `'next'`.
   */
  ackOn?: 'next' | 'yield'
}

/**
 * Receives messages (JMS MessageConsumer), in one of three ways: `receive()`, a listener, or `for await`. Messages the
 * broker sent ahead wait here. `await using consumer = ...` closes it at the end of the block.
 */
export class MessageConsumer
  extends TypedEmitter<ConsumerEvents>
  implements DispatchTarget, DeliveryOwner, Participant, AsyncIterable<Message>, AsyncDisposable
{
  readonly destination: Destination
  readonly messageSelector: string | undefined
  /** The session's when this consumer was made. */
  transformer: MessageTransformer | null
  /** By its destination, as the connection's options say; may be set to another. */
  redeliveryPolicy: RedeliveryPolicy
  readonly #session: Session
  readonly #connection: Connection
  readonly #info: ConsumerInfo
  readonly #id: ConsumerId
  readonly #acks: Acknowledgement
  readonly #buffer: DeliveryBuffer
  readonly #receivers: Receivers
  readonly #redelivery: Redelivery
  readonly #repeats: Repeats
  readonly #calls: ListenerCalls
  #listener: MessageListener | null = null
  /** null: one call at a time keeps the order by itself. */
  readonly #groups: GroupOrder | null
  readonly #byteWindow: ByteWindow | null
  #paused = false
  /** Transactions whose end is awaited: what is rolled back comes first. */
  #held = 0
  /** Of batched acknowledgements. */
  #cancelFlush: Cancel | null = null
  /** A commit waits for it. */
  #whenComplete: (() => void) | null = null
  readonly #counters = new ConsumerCounters()
  #lastDelivered: number = LastDelivered.None
  #closing: Promise<void> | null = null
  #closed = false
  #error: JMSError | null = null

  /** Use `session.createConsumer`. */
  constructor(session: Session, destination: Destination, info: ConsumerInfo, options: ConsumerOptions) {
    const { connection } = session
    const { settings } = connection
    super(settings.log)
    const { concurrency = 1 } = options
    if (concurrency > 1 && session.acknowledgeMode !== AcknowledgeMode.INDIVIDUAL) {
      throw new IllegalStateError('concurrency above 1 needs a session in INDIVIDUAL mode')
    }
    this.#groups = concurrency > 1 ? new GroupOrder() : null
    this.#byteWindow =
      options.prefetchBytes === undefined || info.prefetchSize === 0
        ? null
        : new ByteWindow(options.prefetchBytes, info.prefetchSize)
    if (this.#byteWindow !== null) info.prefetchSize = this.#byteWindow.size
    this.destination = destination
    this.messageSelector = info.selector ?? undefined
    this.transformer = session.transformer
    this.#session = session
    this.#connection = connection
    this.#info = info
    this.#id = info.consumerId as ConsumerId
    this.redeliveryPolicy = settings.redeliveryPolicyMap.policyOf(destination)
    this.#buffer = new DeliveryBuffer(settings.messagePrioritySupported)
    this.#buffer.allow(info.prefetchSize)
    const topic = destination.kind === 'topic' || destination.kind === 'temp-topic'
    const ownPlace = topic ? `consumer ${consumerIdText(this.#id)}` : null
    this.#repeats = new Repeats(
      connection.audit,
      (delivery) => ownPlace ?? delivery.destination?.physicalName ?? destination.name,
    )
    this.#receivers = new Receivers(settings.clock, this.#buffer, {
      pull: (timeoutMs) => this.#pull(timeoutMs),
      cannotPull: (error) => this.#cannotPull(error),
    })
    this.#calls = new ListenerCalls(session, concurrency, {
      finished: (delivery) => this.#finished(delivery),
      threw: (delivery, error) => this.#listenerThrew(delivery, error),
    })
    const mode = session.acknowledgeMode
    this.#acks = new Acknowledgement(
      {
        consumerId: this.#id,
        mode,
        topic,
        browser: false,
        individualInTransaction:
          settings.transactedIndividualAck || settings.nonBlockingRedelivery || settings.messagePrioritySupported,
        optimize: info.optimizedAcknowledge,
        optimizeTimeoutMs: settings.optimizeAcknowledgeTimeOut,
        clock: settings.clock,
        epoch: connection.epoch,
      },
      info.prefetchSize,
      {
        send: (ack) => this.#sendAck(ack),
        joinTransaction: () => session.transactions.join(this),
      },
    )
    this.#redelivery = new Redelivery(settings, this.#acks, this.#buffer, this.#counters, () => this.wake())
    const flushMs = settings.optimizedAckScheduledAckInterval
    if (info.optimizedAcknowledge && flushMs > 0) {
      this.#cancelFlush = settings.clock.every(flushMs, () => this.flushAcknowledgements())
    }
  }

  /**
   * The next message. null when `timeout` ms pass (a number, or in the options; 0 or absent: for ever), or when the
   * consumer is closed meanwhile. Rejects with AbortError when the signal fires, ConnectionFailedError when the
   * transport fails, IllegalStateError when the session has a listener. AUTO mode acknowledges before it resolves.
   */
  receive(options: number | WaitOptions = {}): Promise<Message | null> {
    const { timeout = 0, signal } = typeof options === 'number' ? { timeout: options } : options
    return this.#receive(timeout > 0 ? timeout : null, signal, null)
  }

  /** What has come already, or null. With prefetch 0 the broker is asked. */
  receiveNoWait(): Promise<Message | null> {
    return this.#receive(0, undefined, null)
  }

  /**
   * The body of the next message, as `receive` would get it (JMS 2.0 receiveBody); null also for a message without a
   * body. Rejects with MessageFormatError when it is of another type: in AUTO and DUPS_OK mode the message then stays,
   * and is the next one that is received, not counted as delivered; in the other modes it is delivered like any other.
   */
  async receiveBody<Type extends BodyType>(
    type: Type,
    options: number | WaitOptions = {},
  ): Promise<BodyOf[Type] | null> {
    const { timeout = 0, signal } = typeof options === 'number' ? { timeout: options } : options
    return this.#receiveBody(type, timeout > 0 ? timeout : null, signal)
  }

  /** The body of what has come already, or null. Otherwise as `receiveBody`. */
  receiveBodyNoWait<Type extends BodyType>(type: Type): Promise<BodyOf[Type] | null> {
    return this.#receiveBody(type, 0, undefined)
  }

  /**
   * Calls back for each message, one at a time per session; the next one, and the acknowledgement of AUTO mode, wait for
   * the promise that the listener returns. When it throws or rejects, the message is delivered again by the redelivery
   * policy (AUTO, DUPS_OK on queues, INDIVIDUAL), or the next one follows (CLIENT, transacted; event `'internalError'`).
   * The signal fires when the consumer closes. null takes the listener away.
   */
  async setMessageListener(listener: MessageListener | null): Promise<void> {
    this.#requireOpen()
    if (listener !== null && this.#receivers.length > 0) throw new IllegalStateError('a receive() is waiting')
    this.#listener = listener
    if (listener === null && this.#groups !== null) this.#buffer.putBack(this.#groups.clear())
    if (listener === null) await DONE
    else this.wake()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages()
  }

  /**
   * Messages one after another; ends when the consumer is closed. AUTO mode acknowledges when the loop asks for the next
   * one. Leaving the loop, by `break` or by an error, leaves the last message unacknowledged, and it is delivered again:
   * call `message.acknowledge()` before a `break` that means success.
   */
  messages(options: IterationOptions = {}): AsyncIterableIterator<Message> {
    const { signal, ackOn = 'next' } = options
    let current: Delivery | null = null
    let ended = false
    const iterator: AsyncIterableIterator<Message> = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => {
        if (ended) return { done: true, value: undefined }
        const finished = current
        current = null
        if (finished !== null) await this.#consumed(finished)
        if (this.#closed || this.#closing !== null) return { done: true, value: undefined }
        const hold = ackOn === 'yield' ? null : (delivery: Delivery) => void (current = delivery)
        const message = await this.#receive(null, signal, hold)
        return message === null ? { done: true, value: undefined } : { done: false, value: message }
      },
      return: async () => {
        ended = true
        const left = current
        current = null
        const back = left !== null && (left.held || left.epoch !== this.#acks.epoch)
        if (left !== null && back && this.#heldIsUnfinished) this.#rollback(this.#acks.take(left))
        await DONE
        return { done: true, value: undefined }
      },
    }
    return iterator
  }

  /**
   * Several messages at once: waits for one, and takes what else is there, or comes within `wait` ms. AUTO mode
   * acknowledges a batch as a whole when the loop asks for the next one; leaving the loop brings the batch again, but for
   * what was settled one by one.
   */
  async *batches(options: BatchOptions = {}): AsyncGenerator<Message[], void, undefined> {
    const { batchesOf } = await import('./batches.ts')
    yield* batchesOf(this, this.#session, options)
  }

  /** Delivers nothing until `resume()`; calls that are under way go on. The broker still fills the prefetch. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.wake()
  }

  get closed(): boolean {
    return this.#closed || this.#closing !== null
  }

  /** What was received so far: plain numbers. */
  statistics(): ConsumerStatistics {
    return this.#counters.snapshot(this.destination, this.#buffer.length)
  }

  get paused(): boolean {
    return this.#paused
  }

  /**
   * Stops receiving: a running listener is waited for (unless it is the one that calls), pending receives resolve to
   * null, and what was not delivered goes to others. In a transaction with messages of this consumer the broker is told
   * when that ends. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // For the connection.

  dispatch(dispatch: MessageDispatch): void {
    const { message } = dispatch
    if (message === null) {
      this.#receivers.nothingCame()
      this.wake()
      return
    }
    if (this.#closed || this.#closing !== null) return
    this.#receivers.answered()
    detach(message)
    if (this.#byteWindow?.arrived(message) === true) this.#changePrefetch(this.#byteWindow.size)
    const { epoch } = this.#connection
    const delivery = new Delivery(this, message, dispatch.destination, dispatch.redeliveryCounter, epoch)
    this.#repeats.came(delivery)
    this.#buffer.push(delivery)
    if (this.#buffer.flooded) {
      this.#flooded()
      return
    }
    if (this.#whenComplete !== null && this.complete()) this.#whenComplete()
    if (!this.#connection.started) this.#connection.warnUnstarted()
    this.wake()
    if (this.#listener === null && this.listenerCount('messageAvailable') > 0) this.#tellAvailable()
  }

  control(control: ConsumerControl): void {
    if (control.close) {
      this.emit('closed', { reason: 'the broker closed the consumer' })
      // Nothing can fail in a way that anyone could still be told.
      this.close().catch(() => {})
      return
    }
    this.flushAcknowledgements()
    this.#acks.prefetch = control.prefetch
    this.#buffer.allow(control.prefetch)
  }

  interrupted(): void {
    this.#repeats.forgetAll(this.#buffer)
    this.#repeats.forgetAll(this.#groups?.clear() ?? [])
    for (const delivery of this.#redelivery.takeDelayed()) this.#repeats.forget(delivery)
    this.#repeats.interrupted()
    this.#buffer.clear()
    for (const delivery of this.#acks.interrupted(this.#connection.epoch)) {
      if (this.#heldIsUnfinished && delivery.finished) continue
      this.#repeats.forget(delivery)
      if (this.#session.transacted) this.#repeats.expect(delivery)
    }
    this.#receivers.interrupted()
  }

  resumed(): void {
    this.wake()
  }

  // For the session.

  get listening(): boolean {
    return this.#listener !== null
  }

  get lastDelivered(): number {
    return this.#lastDelivered
  }

  /** Something may be deliverable now. */
  wake(): void {
    if (this.#listener !== null) this.#session.listenerReady(this)
    else if (this.#receivers.length > 0) this.#serve()
  }

  /** Whether its listener may be called, with so many running in the session. */
  mayRun(runningInSession: number): boolean {
    return this.#calls.mayRun(runningInSession)
  }

  takeForListener(): Delivery | null {
    if (this.#listener === null) return null
    const delivery = this.#take()
    if (delivery === null && this.#info.prefetchSize === 0 && this.#canDeliver) this.#receivers.pull(null)
    return delivery
  }

  callListener(delivery: Delivery): void {
    const listener = this.#listener
    if (listener === null) return
    const message = this.#handOver(delivery)
    this.#calls.begin(listener, delivery, message, () => this.#event(message))
  }

  acknowledgeAll(): Promise<void> {
    return this.#acks.all() ?? DONE
  }

  /** As `receive`, without acknowledging. null: for ever; 0: not at all. */
  receiveHeld(waitMs: number | null, signal: AbortSignal | undefined): Promise<Message | null> {
    return this.#receive(waitMs, signal, () => {})
  }

  recover(): void {
    this.#rollback(this.#acks.takeAll())
  }

  flushAcknowledgements(): void {
    if (!this.#connection.gone) this.#acks.flush()
  }

  /** The session closes: no more deliveries, nothing on the wire. */
  closeLocally(): void {
    if (this.#closing === null) this.#closing = DONE
    this.#end(new AlreadyClosedError('the consumer is closed'), null)
  }

  closedWithSession(): void {
    this.closeLocally()
    this.#closed = true
    this.#giveBack()
    this.#connection.targets.remove(this.#id)
    this.#session.removeConsumer(this)
  }

  failed(error: JMSError): void {
    this.#error = error
    this.#groups?.clear()
    this.#buffer.clear()
    this.#end(error, error)
  }

  // For the transaction.

  complete(): boolean {
    for (let first = this.#buffer.first; first !== null && this.#repeats.arrived(first); first = this.#buffer.first) {
      this.#buffer.shift()
      this.#acks.delivered(first)
    }
    return !this.#repeats.expecting
  }

  cameAgain(): Promise<void> | null {
    const { clock, consumerFailoverRedeliveryWaitPeriod: waitMs } = this.#connection.settings
    if (waitMs <= 0) return null
    return new Promise((resolve) => {
      const cancel = clock.after(waitMs, resolve)
      this.#whenComplete = () => {
        cancel()
        resolve()
      }
    })
  }

  leaveTransaction(transactionId: TransactionId): Delivery[] {
    this.#whenComplete = null
    this.#repeats.transactionLeft()
    return this.#acks.leaveTransaction(transactionId)
  }

  hold(): void {
    this.#held++
  }

  transactionEnded(deliveries: Delivery[], rolledBack: boolean): void {
    if (this.#held > 0) this.#held--
    if (this.#closing !== null) {
      if (!this.#closed) this.#remove()
      return
    }
    if (rolledBack) this.#rollback(deliveries)
    else this.#redelivery.succeeded()
    this.wake()
  }

  // For its deliveries.

  async acknowledgeDelivery(delivery: Delivery): Promise<void> {
    this.#session.requireOpen()
    switch (this.#session.acknowledgeMode) {
      case AcknowledgeMode.CLIENT:
        await this.#session.acknowledge()
        break
      case AcknowledgeMode.INDIVIDUAL:
        await this.#acks.one(delivery)
        break
      case AcknowledgeMode.AUTO:
        if (delivery.held) await this.#acks.all()
        break
      default:
        // DUPS_OK acknowledges by itself, a transaction with its commit.
        break
    }
  }

  async settleDelivery(delivery: Delivery, settlement: Settlement): Promise<void> {
    this.#session.requireOpen()
    if (this.#session.transacted) throw new IllegalStateError('in a transaction there is only commit() and rollback()')
    const taken = this.#acks.take(delivery)
    if (taken.length === 0) throw new IllegalStateError('the message is acknowledged, or given back, already')
    switch (settlement.kind) {
      case 'release':
        if (delivery.running) delivery.releasing = true
        else this.#rollback(taken)
        break
      case 'reject':
        this.#counters.poisoned += taken.length
        this.#acks.poison(taken, settlement.cause)
        break
      default:
        settlement satisfies never
    }
    await DONE
  }

  #receive(waitMs: WaitMs, signal: AbortSignal | undefined, held: Held | null): Promise<Message | null> {
    try {
      this.#requireOpen()
      checkSignal(signal)
      if (this.#session.hasListener) throw new IllegalStateError('a session with a listener cannot receive()')
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#receivers.length === 0) {
      const delivery = this.#take()
      if (delivery !== null) return this.#received(delivery, held)
    }
    const pulls = this.#info.prefetchSize === 0
    if (waitMs === 0 && !(pulls && this.#canDeliver && !this.#receivers.pulling)) return Promise.resolve(null)
    const pulled = pulls && this.#canDeliver && !this.#receivers.pulling
    return this.#receivers.wait(waitMs, signal, held, pulled, pulled && !this.#connection.keepsCommands)
  }

  async #receiveBody<Type extends BodyType>(
    type: Type,
    waitMs: WaitMs,
    signal: AbortSignal | undefined,
  ): Promise<BodyOf[Type] | null> {
    let held: Delivery | null = null
    const message = await this.#receive(waitMs, signal, (delivery) => void (held = delivery))
    // Assigned by the callback, which the compiler does not follow.
    const delivery = held as Delivery | null
    if (message === null) return null
    try {
      const body = message.bodyAs(type)
      if (delivery !== null) await this.#consumed(delivery)
      return body
    } catch (error) {
      if (delivery?.held === true) {
        this.#buffer.putBack(this.#acks.take(delivery))
        this.wake()
      }
      throw error
    }
  }

  /** Gives what is here to those who wait, and asks for more in their name. */
  #serve(): void {
    while (this.#receivers.length > 0) {
      const delivery = this.#take()
      if (delivery === null) break
      const receiver = this.#receivers.shift() as Receiver
      this.#received(delivery, receiver.held).then(receiver.resolve, receiver.reject)
    }
    const { first } = this.#receivers
    if (first !== null && this.#info.prefetchSize === 0 && this.#canDeliver) this.#receivers.pull(first)
  }

  #received(delivery: Delivery, held: Held | null): Promise<Message> {
    const message = this.#handOver(delivery)
    if (held !== null && this.#heldIsUnfinished) {
      held(delivery)
      return Promise.resolve(message)
    }
    const acknowledged = this.#consumed(delivery)
    return acknowledged === null ? Promise.resolve(message) : acknowledged.then(() => message)
  }

  /** In these modes being handed over is not the end of it: the iteration waits with the acknowledgement. */
  get #heldIsUnfinished(): boolean {
    const { acknowledgeMode } = this.#session
    return acknowledgeMode === AcknowledgeMode.AUTO || acknowledgeMode === AcknowledgeMode.DUPS_OK
  }

  #handOver(delivery: Delivery): Message {
    const message = delivery.transformed ?? this.#message(delivery)
    delivery.transformed = null
    this.#lastDelivered = Number(delivery.messageId?.brokerSequenceId ?? LastDelivered.None)
    this.#acks.delivered(delivery)
    this.#counters.messages++
    this.#counters.bytes += bytesOf(delivery)
    if (delivery.redeliveries > 0) this.#counters.redelivered++
    if (deliverChannel.hasSubscribers) deliverChannel.publish(this.#event(message))
    return message
  }

  #event(message: Message): MessageEvent {
    return { message, destination: message.jmsDestination ?? this.destination, address: this.#connection.address }
  }

  #message(delivery: Delivery): Message {
    const message = receivedMessage(delivery.wire, this.#connection.messageSettings)
    message.deliveredBy(delivery, delivery.redeliveries)
    return message
  }

  /** False: it cannot be delivered, and has been given up. */
  #transformed(delivery: Delivery): boolean {
    try {
      const original = this.#message(delivery)
      const message = this.transformer?.consumerTransform?.(original, this.#session) ?? original
      if (message !== original) message.deliveredBy(delivery, delivery.redeliveries)
      delivery.transformed = message
      return true
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      this.#counters.poisoned++
      this.#acks.poison([delivery], text)
      this.#connection.reportInternal(new JMSError(`a message was given up: ${text}`, { cause: error }))
      return false
    }
  }

  get #canDeliver(): boolean {
    if (this.#redelivery.suspended || this.#paused || this.#held > 0 || this.#closing !== null) return false
    return this.#connection.started && this.#connection.connected && this.#session.transactions.open
  }

  /** The next one that is worth delivering. */
  #take(): Delivery | null {
    if (!this.#canDeliver) return null
    for (let delivery = this.#buffer.shift(); delivery !== null; delivery = this.#buffer.shift()) {
      if (this.#listener !== null && this.#groups?.admits(delivery) === false) continue
      if (this.#repeats.arrived(delivery)) this.#acks.delivered(delivery)
      else if (this.#repeats.isDuplicate(delivery)) this.#suppress(delivery)
      else if (this.#isExpired(delivery)) {
        this.#counters.expired++
        this.#acks.expired(delivery)
      } else if (this.#isExhausted(delivery)) {
        this.#counters.poisoned++
        this.#acks.poison([delivery], exceeded(this.redeliveryPolicy, delivery))
      } else if (this.transformer === null || this.#transformed(delivery)) return delivery
      this.#leaveGroup(delivery, false)
    }
    return null
  }

  /** Whatever the broker is, it does not fill this process: that is what a prefetch is for. */
  #flooded(): void {
    const { length } = this.#buffer
    this.#connection.giveUpOn(
      new JMSError(`${length} messages came for ${String(this.destination)}, which had asked for fewer`, {
        code: 'PREFETCH_IGNORED',
      }),
    )
  }

  /** What the application is done with as far as it can tell: one that came over an earlier link is not to come again. */
  #consumed(delivery: Delivery): Promise<void> | null {
    delivery.finished = true
    if (delivery.epoch !== this.#acks.epoch && this.#heldIsUnfinished) {
      this.#repeats.finishedLate(delivery)
      return null
    }
    return this.#acks.consumed(delivery)
  }

  #suppress(delivery: Delivery): void {
    const { log, poisonDuplicates } = this.#connection.settings
    const id = idOf(delivery)
    this.#counters.duplicates++
    log.warn({ consumer: this.#id.value, message: id }, 'a message came again after a fail-over and was suppressed')
    if (poisonDuplicates) {
      this.#acks.poison(
        [delivery],
        `Suppressing duplicate delivery on connection, consumer ${consumerIdText(this.#id)}`,
      )
    } else this.#acks.suppressed(delivery)
  }

  /** The consumer ends: others may get what it had. */
  #giveBack(): void {
    if (this.#connection.audit === null) return
    this.#repeats.forgetAll(this.#buffer)
    for (const delivery of this.#redelivery.takeDelayed()) this.#repeats.forget(delivery)
    for (const delivery of this.#acks.takeAll())
      if (!this.#heldIsUnfinished || !delivery.finished) this.#repeats.forget(delivery)
  }

  #isExpired(delivery: Delivery): boolean {
    const { consumerExpiryCheckEnabled, clock } = this.#connection.settings
    const expiration = Number(delivery.wire.expiration)
    return consumerExpiryCheckEnabled && expiration > 0 && expiration <= clock.now()
  }

  /** Transacted: the broker counts more redeliveries than allowed, of other consumers too. */
  #isExhausted(delivery: Delivery): boolean {
    if (!this.#session.transacted || !this.redeliveryPolicy.preDispatchCheck) return false
    if (delivery.redeliveries === 0 || !this.redeliveryPolicy.exceeded(delivery.redeliveries)) return false
    return !brokerRedelivers(delivery.wire.marshalledProperties)
  }

  #tellAvailable(): void {
    const pending = this.#buffer.length
    if (pending > 0) this.emit('messageAvailable', { pending })
  }

  #pull(timeoutMs: number): void {
    const pull = new MessagePull()
    pull.consumerId = this.#id
    pull.destination = this.#info.destination
    pull.timeout = timeoutMs
    this.#connection.oneWay(pull)
  }

  #cannotPull(error: JMSError): void {
    if (this.#connection.gone) return
    // Nobody to tell: it must not be asked again and again.
    this.#paused = true
    this.#connection.report(error)
  }

  /** The prefetch as this side wants it from now on. */
  #changePrefetch(prefetch: number): void {
    const control = new ConsumerControl()
    control.consumerId = this.#id
    control.destination = this.#info.destination
    control.prefetch = prefetch
    // What a broker after a fail-over is told.
    this.#info.prefetchSize = prefetch
    this.flushAcknowledgements()
    this.#acks.prefetch = prefetch
    this.#buffer.allow(prefetch)
    this.#connection.oneWay(control)
  }

  /** Those of its group that waited for it are next. */
  #leaveGroup(delivery: Delivery, again: boolean): void {
    const parked = this.#groups?.done(delivery, again)
    if (parked !== undefined && parked.length > 0) this.#buffer.putBack(parked)
  }

  #finished(delivery: Delivery): void {
    delivery.running = false
    this.#leaveGroup(delivery, delivery.releasing)
    if (delivery.releasing) this.#released(delivery)
    else {
      const acknowledged = this.#consumed(delivery)
      acknowledged?.catch((error: unknown) => this.#connection.report(localError(error)))
      const { transacted, acknowledgeMode } = this.#session
      // Otherwise it may yet be given back, or was while the listener ran: the next delay builds on the last one.
      if (!transacted && acknowledgeMode !== AcknowledgeMode.CLIENT) this.#redelivery.succeeded()
    }
    if (this.#listener !== null) this.#session.listenerReady(this)
  }

  /** The listener that gave it back is done. While closing the broker gives it to others. */
  #released(delivery: Delivery): void {
    delivery.releasing = false
    if (this.#closing === null) this.#rollback([delivery])
  }

  #listenerThrew(delivery: Delivery, thrown: unknown): void {
    delivery.running = false
    // Before what failed is put back: that comes first.
    this.#leaveGroup(delivery, true)
    const { acknowledgeMode } = this.#session
    const again =
      acknowledgeMode === AcknowledgeMode.AUTO ||
      acknowledgeMode === AcknowledgeMode.INDIVIDUAL ||
      (acknowledgeMode === AcknowledgeMode.DUPS_OK && (delivery.held || delivery.epoch !== this.#acks.epoch))
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    delivery.failure = thrown
    if (delivery.releasing) this.#released(delivery)
    else if (again && this.#closing === null) {
      this.#connection.settings.log.warn(
        { consumer: this.#id.value, error: thrown },
        'a listener threw: the message comes again',
      )
      this.#rollback(this.#acks.take(delivery))
    } else {
      this.#connection.reportInternal(new JMSError(`a message listener threw: ${text}`, { cause: thrown }))
      void this.#consumed(delivery)
    }
    if (this.#listener !== null) this.#session.listenerReady(this)
  }

  /** Delivers again what the application gave back, or gives it up to the dead letter queue. Oldest first. */
  #rollback(given: Delivery[]): void {
    const deliveries = given.filter((delivery) => delivery.epoch === this.#acks.epoch)
    // The broker delivers those of an earlier link again, by itself.
    for (const delivery of given) if (delivery.epoch !== this.#acks.epoch) this.#repeats.forget(delivery)
    if (!this.#connection.gone) this.#redelivery.again(deliveries, this.redeliveryPolicy)
  }

  #sendAck(ack: MessageAck): Promise<void> | null {
    const connection = this.#connection
    // The broker gives everything to others then; what is said here means nothing any more.
    if (connection.gone) return null
    if (connection.settings.sendAcksAsync || this.#session.transacted) {
      try {
        connection.oneWay(ack)
        return null
      } catch (error) {
        // Longer than the peer takes, say. Who asked for it hears of it; otherwise the broker delivers again.
        const refused = Promise.reject(localError(error))
        refused.catch(() => {})
        return refused
      }
    }
    const answered = new Promise<void>((resolve, reject) => {
      connection.ask(ack, {
        replied: (reply) => {
          if (isFailure(reply)) reject(remoteError(reply.exception, 'the acknowledgement was refused'))
          else resolve()
        },
        failed: reject,
      })
    })
    // Nobody waits for some of them (delivered, redelivered, poison): that must not end the process.
    answered.catch(() => {})
    return answered
  }

  #requireOpen(): void {
    if (this.#error !== null) throw this.#error
    if (this.#closed || this.#closing !== null) throw new AlreadyClosedError('the consumer is closed')
    this.#session.requireOpen()
  }

  /** No more deliveries. `error`: what those who wait are told; null: null. */
  #end(reason: Error, error: JMSError | null): void {
    this.#calls.abort(reason)
    this.#receivers.endAll(error)
    this.#redelivery.cancel()
    this.#cancelFlush?.()
  }

  async #close(): Promise<void> {
    const inTransaction = this.#session.transactions.has(this) && this.#acks.heldCount > 0
    this.#end(new AlreadyClosedError('the consumer is closed'), null)
    if (this.#calls.running && !this.#session.insideListener) await this.#calls.idle()
    if (this.#closed || inTransaction) return
    this.flushAcknowledgements()
    this.#remove()
  }

  #remove(): void {
    this.#closed = true
    this.#giveBack()
    this.#connection.targets.remove(this.#id)
    this.#session.removeConsumer(this)
    if (this.#connection.gone) return
    this.#connection.oneWay(removal(this.#id, this.#lastDelivered))
  }
}

function bytesOf({ wire }: Delivery): number {
  return (wire.content?.length ?? 0) + (wire.marshalledProperties?.length ?? 0)
}
