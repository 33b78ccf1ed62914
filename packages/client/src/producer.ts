import { LinkedList } from '@millrace/base'
import type { ProducerId } from '@millrace/openwire'
import { MessageId, type OpenWireMessage, ProducerInfo } from '@millrace/openwire'
import type { Connection } from './connection.ts'
import type { Destination } from './destination.ts'
import {
  AlreadyClosedError,
  ConfigurationError,
  InvalidDestinationError,
  JMSError,
  localError,
  UnsupportedOperationError,
} from './errors.ts'
import { copyOf, DeliveryMode, Message } from './messages/message.ts'
import { unknownOption } from './options.ts'
import { removal } from './removal.ts'
import { DONE } from './reply.ts'
import type { WindowHolder } from './routes.ts'
import { Send, type SendOptions } from './send.ts'
import { explain, isConfirmed, type SendExplanation, type SendRule, sendRule } from './send-rule.ts'
import type { Session } from './session.ts'
import { ProducerCounters, type ProducerStatistics } from './statistics.ts'
import { sendChannel, type Telemetry, traced } from './telemetry/telemetry.ts'
import type { MessageTransformer } from './transformer.ts'
import { checkSignal, within, type WaitOptions, watch } from './wait.ts'

const OVERHEAD_BYTES = 1024
const PRODUCER_OPTIONS = ['windowSize', 'dispatchAsync']
const NO_OPTIONS: SendOptions = {}

// The ends of the promise that was made last: one function for all sends, where each would make its own.
let heldResolve: () => void
let heldReject: (error: JMSError) => void
const holdEnds = (resolve: () => void, reject: (error: JMSError) => void): void => {
  heldResolve = resolve
  heldReject = reject
}

/** Registers a producer at the broker. */
export async function openProducer(
  session: Session,
  id: ProducerId,
  destination: Destination | null,
  wait: WaitOptions,
): Promise<MessageProducer> {
  const { connection } = session
  const info = new ProducerInfo()
  info.producerId = id
  info.destination = destination?.wire ?? null
  info.windowSize = connection.settings.producerWindowSize
  for (const [name, value] of destination?.options ?? []) applyOption(info, name, value)
  const producer = new MessageProducer(session, id, destination, info.windowSize)
  if (info.windowSize > 0) connection.windows.add(id, producer)
  try {
    await connection.request(info, 'creating a producer', wait)
  } catch (error) {
    connection.windows.remove(id)
    throw error
  }
  return producer
}

function applyOption(info: ProducerInfo, fullName: string, value: string | null): void {
  if (!fullName.startsWith('producer.')) return
  const name = fullName.slice('producer.'.length)
  switch (name) {
    case 'windowSize': {
      const size = Number(value ?? '')
      if (!Number.isInteger(size)) throw new ConfigurationError(`option "${fullName}" wants a number, got "${value}"`)
      info.windowSize = size
      break
    }
    case 'dispatchAsync':
      info.dispatchAsync = value === 'true'
      break
    default:
      throw unknownOption(
        fullName,
        PRODUCER_OPTIONS.map((one) => `producer.${one}`),
      )
  }
}

/**
 * Sends messages to one destination, or, when it was made without one, to the destination of each send (JMS
 * MessageProducer). `await using producer = ...` closes it at the end of the block.
 */
export class MessageProducer implements WindowHolder, AsyncDisposable {
  readonly destination: Destination | null
  /** The timestamp is 0; a time to live counts all the same. */
  disableMessageTimestamp: boolean
  /** Accepted, without effect: the broker needs an id. */
  disableMessageID = false
  /** ms; above 0 every send without `onComplete` asks for a reply and waits at most so long. */
  sendTimeout: number
  /** The session's when this producer was made. */
  transformer: MessageTransformer | null
  readonly #session: Session
  readonly #connection: Connection
  readonly #id: ProducerId
  readonly #windowSize: number
  #windowUsed = 0
  #deliveryMode: DeliveryMode = DeliveryMode.PERSISTENT
  #priority = 4
  #timeToLive = 0
  #deliveryDelay = 0
  #sequence = 0
  /** Confirmed sends without answer, in the order of the calls: they are settled in this order. */
  readonly #outstanding = new LinkedList<Send>()
  #bufferedAmount = 0
  readonly #counters = new ProducerCounters()
  #closing: Promise<void> | null = null
  #closed = false

  /** Use `session.createProducer`. */
  constructor(session: Session, id: ProducerId, destination: Destination | null, windowSize: number) {
    const { settings } = session.connection
    this.destination = destination
    this.#session = session
    this.#connection = session.connection
    this.#id = id
    this.#windowSize = windowSize
    this.disableMessageTimestamp = settings.disableTimeStampsByDefault
    this.sendTimeout = settings.sendTimeout
    this.transformer = session.transformer
  }

  /** PERSISTENT. */
  get deliveryMode(): DeliveryMode {
    return this.#deliveryMode
  }

  set deliveryMode(value: DeliveryMode) {
    this.#deliveryMode = checkMode(value)
  }

  /** 4. */
  get priority(): number {
    return this.#priority
  }

  set priority(value: number) {
    this.#priority = checkPriority(value)
  }

  /** ms; 0: for ever. */
  get timeToLive(): number {
    return this.#timeToLive
  }

  set timeToLive(value: number) {
    this.#timeToLive = checkDuration(value, 'timeToLive')
  }

  /** ms, by way of the broker's scheduler; 0: none. */
  get deliveryDelay(): number {
    return this.#deliveryDelay
  }

  set deliveryDelay(value: number) {
    this.#deliveryDelay = checkDuration(value, 'deliveryDelay')
  }

  /** Bytes of sends that wait, are on their way without answer, or take up the producer window. */
  get bufferedAmount(): number {
    return this.#bufferedAmount + this.#windowUsed
  }

  /**
   * Sends a message. The call takes a snapshot and gives it its place in the order at once; the promise may be awaited
   * later, or many together: `await Promise.all(batch.map((m) => producer.send(m)))` keeps order and confirmation and
   * does not wait for each.
   *
   * What settles the promise (first line that applies; model behaviour):
   *
   *     confirm given                      true: the broker's reply; false: the transport's acceptance
   *     onComplete given                   the broker's reply; it never rejects then
   *     sendTimeout above 0                the broker's reply, or RequestTimedOutError
   *     alwaysSyncSend                     the broker's reply
   *     NON_PERSISTENT                     the transport has accepted the bytes
   *     useAsyncSend                       the same
   *     in a transaction                   the same; the commit tells the rest
   *     else                               the broker's reply: the message is stored
   *
   * Rejects with InvalidDestinationError, AlreadyClosedError, MaxFrameSizeExceededError, what the broker says
   * (JMSSecurityError, ResourceAllocationError, ...), ResourceAllocationError also when too many sends wait here
   * (`maxSendsWaiting`), ConnectionFailedError, AbortError or RequestTimedOutError; where `outcome` is `'unknown'` the
   * message may have been sent. A failed one-way send is reported to the connection's `'exception'` event.
   */
  send(message: Message, options?: SendOptions): Promise<void>
  send(destination: Destination, message: Message, options?: SendOptions): Promise<void>
  send(first: Message | Destination, second?: Message | SendOptions, third?: SendOptions): Promise<void> {
    try {
      if (first instanceof Message) {
        const options = (second as SendOptions | undefined) ?? NO_OPTIONS
        return this.#send(options.destination ?? null, first, options)
      }
      return this.#send(first, second as Message, third ?? NO_OPTIONS)
    } catch (error) {
      return Promise.reject(localError(error))
    }
  }

  /** How a send with these options would settle if it were made now, and why. Sends nothing. */
  explainSend(options: SendOptions = NO_OPTIONS): SendExplanation {
    const persistent = (options.deliveryMode ?? this.#deliveryMode) === DeliveryMode.PERSISTENT
    const rule = this.#rule(persistent, this.#session.transacted, options)
    let waitsFor: SendExplanation['waitsFor'] = 'nothing'
    if (!this.#session.clear) waitsFor = 'order'
    else if (!this.hasWindow) waitsFor = 'window'
    else if (isConfirmed(rule) && !this.#connection.room.free) waitsFor = 'room in flight'
    return explain(rule, options.timeout ?? (isConfirmed(rule) ? this.#timeoutMs(options) : 0), waitsFor)
  }

  /** What was sent so far: plain numbers. */
  statistics(): ProducerStatistics {
    return this.#counters.snapshot(this.destination)
  }

  /** Resolves when everything sent before has been handled by the broker, one-way sends included. */
  async flush(wait: WaitOptions = {}): Promise<void> {
    await this.settled(wait)
    await this.#connection.sync(wait)
  }

  /** Waits for sends without answer, at most `closeTimeout`; what is still unsent then fails. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // For this package.

  windowFreed(bytes: number): void {
    // The broker counts in its own way: the window may be given back twice, but never owes.
    this.#windowUsed = Math.max(0, this.#windowUsed - bytes)
    this.#session.writeWaiting()
  }

  /** What was on its way is gone with the link, and nobody will give it back. */
  windowReset(): void {
    this.#windowUsed = 0
    this.#session.writeWaiting()
  }

  get hasWindow(): boolean {
    return this.#windowSize <= 0 || this.#windowUsed < this.#windowSize
  }

  get connection(): Connection {
    return this.#connection
  }

  get session(): Session {
    return this.#session
  }

  useWindow(bytes: number): void {
    if (this.#windowSize > 0) this.#windowUsed += bytes
  }

  sendFailed(): void {
    this.#counters.failed++
  }

  buffered(bytes: number): void {
    this.#bufferedAmount += bytes
  }

  /** Settles what can be settled, in the order of the calls. */
  settle(): void {
    for (let first = this.#outstanding.first; first !== null && first.answered; first = this.#outstanding.first) {
      this.#outstanding.remove(first)
      first.settle()
    }
  }

  /** One gave up waiting: it does not hold up the others. */
  abandon(send: Send): void {
    this.#outstanding.remove(send)
    send.settle()
    this.settle()
  }

  /** Resolves when all sends that wait for an answer have one, at most after `closeTimeout`. */
  settled(wait: WaitOptions): Promise<void> {
    const last = this.#outstanding.last
    if (last === null) return this.#session.written()
    const { clock, closeTimeout } = this.#connection.settings
    return new Promise((resolve) => {
      const end = watch(clock, wait.timeout ?? closeTimeout, wait.signal, 'waiting for sends', () => resolve())
      last.whenSettled(() => {
        end?.()
        resolve()
      })
    })
  }

  closedWithSession(): void {
    this.#closed = true
    this.#connection.windows.remove(this.#id)
    this.#session.removeProducer(this)
  }

  #send(given: Destination | null, original: Message, options: SendOptions): Promise<void> {
    const session = this.#session
    const connection = this.#connection
    if (this.#closed || this.#closing !== null) throw new AlreadyClosedError('the producer is closed')
    session.requireOpen()
    const destination = this.#destinationOf(given)
    if (destination.temporary) connection.temporaries.requireAlive(destination)
    if (options.signal !== undefined) checkSignal(options.signal)
    const refusal = connection.room.sendsWaiting > 0 ? connection.room.refusalToWait() : null
    if (refusal !== null) return this.#refuse(refusal, options)
    const { settings } = connection
    const message = this.transformer?.producerTransform?.(original, session) ?? original
    const transactionId = session.transacted ? session.transactions.begin() : null
    const wire = this.#prepared(message, destination, options)
    wire.transactionId = transactionId
    const confirmed = isConfirmed(this.#rule(wire.persistent, transactionId !== null, options))
    const size = OVERHEAD_BYTES + (wire.marshalledProperties?.length ?? 0) + (wire.content?.length ?? 0)
    if (!settings.copyMessageOnSend) message.freeze()
    this.#counters.messages++
    this.#counters.bytes += size - OVERHEAD_BYTES
    const mayGo = session.clear && this.hasWindow && (!confirmed || connection.room.free)
    // Encoded within this call there is no need of a copy; what waits must not change with the caller's message.
    const own = mayGo && !connection.keepsCommands ? wire : copyOf(wire)
    if (sendChannel.hasSubscribers) sendChannel.publish({ message, destination, address: connection.address })
    if (settings.telemetry !== null) {
      return this.#traced(settings.telemetry, own, size, message, destination, options, confirmed, mayGo)
    }
    return this.#go(own, size, message, options, confirmed, mayGo)
  }

  #go(
    own: OpenWireMessage,
    size: number,
    message: Message,
    options: SendOptions,
    confirmed: boolean,
    mayGo: boolean,
  ): Promise<void> {
    if (!confirmed && mayGo) return this.#oneWay(own, size, message, options)
    return this.#awaited(own, size, message, options, confirmed, mayGo)
  }

  /** The same with a hook, which may add properties and hears of the end. */
  #traced(
    telemetry: Telemetry,
    own: OpenWireMessage,
    size: number,
    message: Message,
    destination: Destination,
    options: SendOptions,
    confirmed: boolean,
    mayGo: boolean,
  ): Promise<void> {
    const { wire, done: tell } = traced(telemetry, own, { message, destination, address: this.#connection.address })
    if (tell === undefined) return this.#go(wire, size, message, options, confirmed, mayGo)
    const { onComplete } = options
    if (onComplete !== undefined) {
      const told: SendOptions['onComplete'] = (sent, error) => {
        tell(error ?? null)
        if (error === undefined) onComplete(sent)
        else onComplete(sent, error)
      }
      return this.#go(wire, size, message, { ...options, onComplete: told }, confirmed, mayGo)
    }
    let sent: Promise<void>
    try {
      sent = this.#go(wire, size, message, options, confirmed, mayGo)
    } catch (error) {
      tell(localError(error))
      throw error
    }
    const settled = sent.then(
      () => tell(null),
      (error: unknown) => {
        tell(localError(error))
        throw error
      },
    )
    // Who sends one-way may not look at the promise.
    if (!confirmed) settled.catch(() => {})
    return settled
  }

  /** Who sends one-way may not look at the promise: that must not end the process, and is not silent either. */
  #refuse(error: JMSError, options: SendOptions): Promise<void> {
    const persistent = (options.deliveryMode ?? this.#deliveryMode) === DeliveryMode.PERSISTENT
    const refused = Promise.reject(error)
    if (isConfirmed(this.#rule(persistent, this.#session.transacted, options))) return refused
    refused.catch(() => {})
    this.#connection.report(error)
    return refused
  }

  /** The usual one-way send: no object, and no promise of its own. */
  #oneWay(wire: OpenWireMessage, size: number, message: Message, options: SendOptions): Promise<void> {
    const connection = this.#connection
    const accepted = connection.oneWay(wire)
    this.useWindow(size)
    if (!accepted) connection.room.unsent(size)
    if (accepted && options.onComplete === undefined) return DONE
    const done = accepted ? DONE : connection.accepted(wire)
    if (options.onComplete === undefined && options.signal === undefined && options.timeout === undefined) return done
    return this.#accepted(done, message, options)
  }

  async #accepted(done: Promise<void>, message: Message, options: SendOptions): Promise<void> {
    const { onComplete } = options
    let failure: JMSError | undefined
    try {
      await within(this.#connection.settings.clock, done, options, 'the send')
    } catch (error) {
      failure = localError(error)
    }
    if (onComplete !== undefined) this.complete(onComplete, message, failure)
    else if (failure !== undefined) throw failure
  }

  #awaited(
    wire: OpenWireMessage,
    size: number,
    message: Message,
    options: SendOptions,
    confirmed: boolean,
    mayGo: boolean,
  ): Promise<void> {
    const promise = new Promise<void>(holdEnds)
    const send = new Send(this, wire, size, confirmed, message, options.onComplete, heldResolve, heldReject)
    const timeoutMs = options.timeout ?? this.#timeoutMs(options)
    if (timeoutMs > 0 || options.signal !== undefined) {
      send.end = watch(this.#connection.settings.clock, timeoutMs, options.signal, 'the send', (error) => {
        send.giveUp(error)
      })
    }
    this.#outstanding.push(send)
    this.#bufferedAmount += size
    if (mayGo) send.write()
    else send.wait()
    return promise
  }

  #rule(persistent: boolean, inTransaction: boolean, options: SendOptions): SendRule {
    return sendRule(this.#connection.settings, this.sendTimeout, persistent, inTransaction, options)
  }

  /** A callback has no limit; the rest has the producer's, else the connection's. */
  #timeoutMs(options: SendOptions): number {
    if (options.onComplete !== undefined) return 0
    return this.sendTimeout > 0 ? this.sendTimeout : this.#connection.settings.requestTimeout
  }

  #destinationOf(given: Destination | null): Destination {
    const { destination } = this
    if (destination === null) {
      if (given === null) throw new InvalidDestinationError('an anonymous producer needs a destination for each send')
      return given
    }
    if (given !== null && !given.equals(destination)) {
      throw new UnsupportedOperationError(`this producer sends to ${String(destination)} only, not to ${String(given)}`)
    }
    return destination
  }

  /** Sets the headers on the caller's message, as JMS has it. */
  #prepared(message: Message, destination: Destination, options: SendOptions): OpenWireMessage {
    const { settings } = this.#connection
    const mode = options.deliveryMode === undefined ? this.#deliveryMode : checkMode(options.deliveryMode)
    const priority = options.priority === undefined ? this.#priority : checkPriority(options.priority)
    const lifeMs = options.timeToLive === undefined ? this.#timeToLive : checkDuration(options.timeToLive, 'timeToLive')
    const delayMs =
      options.deliveryDelay === undefined ? this.#deliveryDelay : checkDuration(options.deliveryDelay, 'deliveryDelay')
    if (delayMs > 0) message.setLongProperty('AMQ_SCHEDULED_DELAY', delayMs)
    const wire = message.encoded(settings.useCompression)
    const now = this.disableMessageTimestamp && lifeMs === 0 ? 0 : settings.clock.now()
    wire.persistent = mode === DeliveryMode.PERSISTENT
    wire.priority = priority
    wire.timestamp = this.disableMessageTimestamp ? 0 : now
    // Also without timestamps: a time to live is never lost.
    wire.expiration = lifeMs > 0 ? now + lifeMs : 0
    wire.redeliveryCounter = 0
    wire.brokerPath = null
    wire.originalDestination = null
    wire.originalTransactionId = null
    wire.destination = destination.wire
    const id = new MessageId()
    id.producerId = this.#id
    id.producerSequenceId = ++this.#sequence
    wire.producerId = this.#id
    wire.messageId = id
    return wire
  }

  /** A callback of the application: what it throws is its own affair. */
  complete(callback: NonNullable<SendOptions['onComplete']>, message: Message, error: JMSError | undefined): void {
    try {
      this.#session.inside(() => {
        if (error === undefined) callback(message)
        else callback(message, error)
      })
    } catch (thrown) {
      this.#connection.reportInternal(new JMSError('onComplete threw', { cause: thrown }))
    }
  }

  async #close(): Promise<void> {
    await this.settled({})
    const error = new AlreadyClosedError('the producer was closed before the message could be sent')
    for (const send of Array.from(this.#outstanding)) if (!send.written) send.giveUp(error)
    if (this.#closed) return
    this.closedWithSession()
    if (this.#connection.gone) return
    this.#connection.oneWay(removal(this.#id))
  }
}

function checkMode(value: DeliveryMode): DeliveryMode {
  if (value === DeliveryMode.PERSISTENT || value === DeliveryMode.NON_PERSISTENT) return value
  throw new JMSError(`a delivery mode is PERSISTENT (2) or NON_PERSISTENT (1), got ${String(value)}`)
}

function checkPriority(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 9) return value
  throw new JMSError(`a priority is 0 to 9, got ${String(value)}`)
}

function checkDuration(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new JMSError(`${name} is a number of milliseconds, at least 0, got ${String(value)}`)
}
