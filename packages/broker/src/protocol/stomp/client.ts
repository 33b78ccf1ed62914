import { Buffer } from 'node:buffer'
import { LazyMap, MillraceError, ProtocolError } from '@millrace/base'
import {
  type Acknowledgement,
  AckKind,
  type Broker,
  type Connection,
  type ConnectionPort,
  type ConnectionSpec,
  type Entry,
  type Producer,
  type Reply,
  type Subscription,
} from '../../core/broker.ts'
import type { Destination } from '../../message/destination.ts'
import type { Output } from '../protocol.ts'
import { Command } from './command.ts'
import { AckMode, type Deliveries, StompConsumer } from './consumer.ts'
import { DestinationNames, type TemporaryMaker } from './destination-names.ts'
import { goesOn } from './errors.ts'
import type { Frame } from './frame.ts'
import type { HeaderName } from './header-names.ts'
import { readMessage } from './read-message.ts'
import { ackModeOf, durableNameOf, readSubscription } from './read-subscription.ts'
import { type Answers, ReceiptReply, SilentReply } from './replies.ts'
import type { Sender } from './sender.ts'
import type { StompSettings } from './settings.ts'
import { StompTransaction } from './transaction.ts'
import { Version } from './version.ts'
import { ackId, headOf, messageIdOf, writeBrowserEnd, writeMessage, type Writing } from './write-message.ts'

const NOTHING = Buffer.alloc(0)

export interface ClientOwner {
  /** It is over, and the client was told why. */
  ended(error: MillraceError): void
  /** Everything that was said is answered, and the client may go. */
  left(): void
}

/**
 * A client that has connected: its consumers, transactions and temporary destinations, every frame that it may send, and
 * what the broker tells it. A frame that asks for a receipt gets exactly one RECEIPT or ERROR.
 */
export class StompClient implements Answers, ConnectionPort, Deliveries, TemporaryMaker, Writing {
  readonly version: Version
  readonly settings: StompSettings
  readonly names: DestinationNames
  readonly #broker: Broker
  readonly #sender: Sender
  readonly #output: Output
  readonly #spec: ConnectionSpec
  readonly #owner: ClientOwner
  /** It has a client id of its own. */
  readonly #named: boolean
  readonly #silent: Reply = new SilentReply(this)
  #connection: Connection | null = null
  /** It said goodbye, and goes when what it sent has been taken. */
  #leaving: Connection | null = null
  #producer: Producer | null = null
  readonly #producerId: string
  #sequence = 0
  /** Where the last message went, and what that is on the wire. */
  #sentTo: Destination | null = null
  #sentToBytes: Buffer = NOTHING
  /** All, by their numbers. */
  readonly #consumers = new LazyMap<number, StompConsumer>()
  /** Those whose SUBSCRIBE had an id. */
  readonly #byId = new LazyMap<string, StompConsumer>()
  #consumerNumber = 0
  readonly #transactions = new LazyMap<string, StompTransaction>()
  #transactionNumber = 0
  /** Whose message was delivered last, as its header says it. */
  #producerLast = ''
  #producerHeader: Buffer = NOTHING
  /** Replies that the broker has not completed yet. */
  #owed = 0
  #farewell = false
  /** The receipt that the client wants when it has gone. */
  #farewellReceipt: string | null = null
  /** Sends that found no room: reading stands still until there were as many resumes. */
  #pauses = 0
  /** Why nothing is dispatched to it: it does not take what was written, or waits for a receipt first. */
  #holds = 0
  #blocked = false

  constructor(
    broker: Broker,
    sender: Sender,
    output: Output,
    version: Version,
    settings: StompSettings,
    spec: ConnectionSpec,
    owner: ClientOwner,
  ) {
    this.#broker = broker
    this.#sender = sender
    this.#output = output
    this.settings = settings
    this.#spec = spec
    this.version = version
    this.#named = spec.clientId !== spec.connectionId
    this.#owner = owner
    this.#producerId = `${spec.connectionId}:-1:1`
    this.names = new DestinationNames(broker, spec.connectionId, this)
  }

  get clientId(): string {
    return this.#spec.clientId
  }

  /** Nothing is read from it. */
  get paused(): boolean {
    return this.#pauses > 0
  }

  /** Throws what the broker has against it. */
  enter(): void {
    this.#connection = this.#broker.addConnection(this.#spec, this)
  }

  /** Everything that is left goes. May be called again. */
  leave(): void {
    const connection = this.#connection ?? this.#leaving
    this.#connection = null
    this.#leaving = null
    if (connection !== null) this.#broker.removeConnection(connection)
  }

  drained(): void {
    if (!this.#blocked) return
    this.#blocked = false
    this.#release()
  }

  frame(frame: Frame): void {
    const connection = this.#connection
    if (connection === null) return
    try {
      this.#perform(connection, frame)
    } catch (error) {
      // Ours fly on; a ProtocolError ends the connection; the rest is the answer.
      if (!(error instanceof MillraceError) || error instanceof ProtocolError) throw error
      this.refuse(error, frame.text('receipt'))
    }
  }

  #perform(connection: Connection, frame: Frame): void {
    switch (frame.command) {
      case Command.Send:
        this.#send(connection, frame)
        return
      case Command.Ack:
        this.#acknowledge(frame)
        return
      case Command.Nack:
        this.#refuseMessage(frame)
        return
      case Command.Subscribe:
        this.#subscribe(connection, frame)
        return
      case Command.Unsubscribe:
        this.#unsubscribe(connection, frame)
        return
      case Command.Begin:
        this.#begin(connection, frame)
        return
      case Command.Commit:
        this.#commit(connection, frame)
        return
      case Command.Abort:
        this.#abort(connection, frame)
        return
      case Command.Disconnect:
        this.#disconnect(connection, frame)
        return
      case Command.Connect:
        throw new ProtocolError('COMMAND_UNEXPECTED', 'a second CONNECT came')
      case Command.Unknown:
        throw new ProtocolError('COMMAND_UNEXPECTED', 'a frame without a command came')
    }
  }

  // ---- Messages

  #send(connection: Connection, frame: Frame): void {
    const to = this.#destinationOf(frame)
    const transaction = this.#transactionOf(frame)
    this.#producer ??= this.#broker.addProducer(connection, { producerId: this.#producerId, destination: null })
    const message = readMessage(frame, to, this.#producerId, this.#sequence + 1, this.names, this.#broker.nowMs())
    this.#sequence++
    message.transactionId = transaction?.id ?? null
    if (this.#broker.send(this.#producer, message, this.#owe(frame))) return
    this.#pauses++
    this.#output.pause()
  }

  /** Nearly always the one of the message before, which is not even read. */
  #destinationOf(frame: Frame): Destination {
    const index = frame.indexOf('destination')
    if (index >= 0 && this.#sentTo !== null && frame.isAt(index, this.#sentToBytes)) return this.#sentTo
    const destination = this.names.read(required(frame, 'destination', 'DESTINATION_INVALID'))
    this.#sentTo = destination
    this.#sentToBytes = Buffer.from(frame.bytes.subarray(frame.valueStart(index), frame.valueEnd(index)))
    return destination
  }

  #acknowledge(frame: Frame): void {
    const { consumer, subscription, key, token } = this.#delivery(frame)
    const transaction = this.#transactionOf(frame)
    if (consumer.unacknowledged !== null) {
      if (transaction === null) this.#count(consumer, subscription, token, this.#owe(frame))
      else {
        // The core does not know which they were, and could not give them back.
        transaction.hold(consumer, token)
        this.#succeed(frame)
      }
      return
    }
    const cumulative = consumer.spec.mode === AckMode.Client
    const acknowledgement = {
      kind: cumulative ? AckKind.Standard : AckKind.Individual,
      first: 0,
      last: key,
      count: cumulative ? countUpTo(subscription, key) : 1,
      transactionId: transaction?.id ?? null,
      cause: null,
    }
    this.#broker.acknowledge(subscription, acknowledgement, this.#owe(frame))
  }

  /** Always one message, which becomes a dead letter. Model behaviour. */
  #refuseMessage(frame: Frame): void {
    if (this.version === Version.V10) throw new MillraceError('COMMAND_UNSUPPORTED', 'version 1.0 has no NACK')
    const { consumer, subscription, key, token } = this.#delivery(frame)
    if (consumer.spec.browser) throw new MillraceError('ACKNOWLEDGEMENT_INVALID', 'a browser cannot refuse a message')
    const transaction = this.#transactionOf(frame)
    if (consumer.unacknowledged !== null && transaction === null) {
      this.#count(consumer, subscription, token, this.#owe(frame), true)
      return
    }
    const acknowledgement = {
      kind: AckKind.Poison,
      first: key,
      last: key,
      count: 1,
      transactionId: transaction?.id ?? null,
      cause: `refused by ${this.clientId} (NACK)`,
    }
    this.#broker.acknowledge(subscription, acknowledgement, this.#owe(frame))
  }

  /** Which delivery an ACK or NACK is about. Throws ACKNOWLEDGEMENT_INVALID for none. */
  #delivery(frame: Frame): Delivery {
    if (this.version === Version.V12) return this.#deliveryByAckId(required(frame, 'id', 'ACKNOWLEDGEMENT_INVALID'))
    const messageId = required(frame, 'message-id', 'ACKNOWLEDGEMENT_INVALID')
    const id = frame.text('subscription')
    const one = id === null ? undefined : this.#byId.get(id)
    for (const consumer of id === null ? this.#consumers.values() : one === undefined ? [] : [one]) {
      const { subscription, unacknowledged } = consumer
      if (subscription === null || consumer.spec.mode === AckMode.Auto) continue
      if (unacknowledged?.has(messageId) === true) return { consumer, subscription, key: 0, token: messageId }
      const key = unacknowledged === null ? subscription.keyOf(messageId) : null
      if (key !== null) return { consumer, subscription, key, token: messageId }
    }
    throw unexpected(`message ${messageId}${id === null ? '' : ` of subscription ${id}`}`)
  }

  #deliveryByAckId(token: string): Delivery {
    const dash = token.indexOf('-')
    const consumer = dash < 1 ? undefined : this.#consumers.get(Number(token.slice(0, dash)))
    const subscription = consumer?.subscription ?? null
    const key = Number(token.slice(dash + 1))
    if (consumer === undefined || subscription === null || consumer.spec.mode === AckMode.Auto) throw unexpected(token)
    const known =
      consumer.unacknowledged === null ? subscription.find(key) !== null : consumer.unacknowledged.has(token)
    if (!known) throw unexpected(token)
    return { consumer, subscription, key, token }
  }

  /** Acknowledges where the core only counts. */
  #count(consumer: StompConsumer, subscription: Subscription, token: string, reply: Reply, single = false): void {
    const unacknowledged = consumer.unacknowledged ?? new Map<string, true>()
    let count = 1
    if (single || consumer.spec.mode === AckMode.Individual) unacknowledged.delete(token)
    else {
      count = 0
      for (const known of unacknowledged.keys()) {
        unacknowledged.delete(known)
        count++
        if (known === token) break
      }
    }
    const kind = AckKind.Standard
    this.#broker.acknowledge(subscription, { kind, first: 0, last: 0, count, transactionId: null, cause: null }, reply)
  }

  /** What an `auto` consumer was given counts as consumed; what could not be written becomes a dead letter. */
  settle(consumer: StompConsumer): void {
    const { subscription } = consumer
    if (subscription === null || subscription.removed) return
    for (const { key, cause } of consumer.unspeakable.splice(0)) {
      this.#settle(subscription, { kind: AckKind.Poison, first: key, last: key, count: 1, transactionId: null, cause })
    }
    if (consumer.spec.mode !== AckMode.Auto) return
    const { counting, outstanding } = subscription
    const count = counting ? subscription.counted : outstanding.length
    const last = outstanding.last?.key ?? 0
    if (count === 0) return
    this.#settle(subscription, { kind: AckKind.Standard, first: 0, last, count, transactionId: null, cause: null })
  }

  #settle(subscription: Subscription, acknowledgement: Acknowledgement): void {
    this.#owed++
    this.#broker.acknowledge(subscription, acknowledgement, this.#silent)
  }

  deliver(consumer: StompConsumer, entry: Entry): void {
    if (this.#sender.silent) return
    const { writer } = this.#sender
    const start = writer.length
    try {
      writeMessage(writer, consumer, entry, this)
    } catch (error) {
      writer.truncate(start)
      consumer.unspeakable.push({ key: entry.key, cause: reasonOf(error) })
      // Not within the call that delivers.
      this.#broker.turn.work(consumer)
      return
    }
    this.#sender.touch()
    if (consumer.spec.mode === AckMode.Auto) this.#broker.turn.work(consumer)
    else if (consumer.unacknowledged !== null) {
      consumer.unacknowledged.set(this.version === Version.V12 ? ackId(consumer, entry.key) : entry.message.id, true)
    }
    if (this.#sender.blocked && !this.#blocked) {
      this.#blocked = true
      this.#hold()
    }
  }

  producerHeader(producerId: string): Buffer {
    if (producerId !== this.#producerLast) {
      this.#producerLast = producerId
      this.#producerHeader = messageIdOf(producerId, this.version)
    }
    return this.#producerHeader
  }

  exhausted(consumer: StompConsumer): void {
    if (!consumer.spec.browser || this.#sender.silent) return
    writeBrowserEnd(this.#sender.writer, consumer, this)
    this.#sender.touch()
  }

  // ---- Consumers

  #subscribe(connection: Connection, frame: Frame): void {
    const name = required(frame, 'destination', 'DESTINATION_INVALID')
    const id = frame.text('id')
    if (id === null && this.version !== Version.V10) throw missing('id')
    if (id !== null && this.#byId.has(id)) {
      throw new MillraceError('FRAME_INVALID', `there is a subscription ${id} already`)
    }
    const destination = this.names.read(name)
    const number = this.#consumerNumber + 1
    const spec = readSubscription(frame, destination, `${connection.id}:-1:${number}`, this.version)
    const { browser, durableName } = spec
    if (durableName !== null && destination.queue) {
      throw new MillraceError('DESTINATION_INVALID', `a durable subscription is to a topic, not to ${name}`)
    }
    if (durableName !== null && !this.#named) throw clientIdMissing()
    const consumer = new StompConsumer(
      {
        number,
        id,
        destination,
        mode: ackModeOf(frame),
        browser,
        durableName,
        transformation: frame.text('transformation'),
      },
      headOf(id, this.version),
      this,
    )
    this.#consumerNumber = number
    const reply = this.#owe(frame)
    // No message overtakes the receipt, which comes later only when a subscription has to be stored.
    const holds = durableName !== null && frame.has('receipt')
    const subscribed: Reply = {
      done: (error) => {
        if (error !== null) this.#forget(consumer)
        reply.done(error)
        if (holds) this.#release()
      },
    }
    this.#consumers.set(number, consumer)
    if (id !== null) this.#byId.set(id, consumer)
    if (holds) this.#hold()
    try {
      consumer.attach(this.#broker.addConsumer(connection, spec, consumer, subscribed))
    } catch (error) {
      this.#owed--
      if (holds) this.#release()
      this.#forget(consumer)
      throw error
    }
  }

  ended(consumer: StompConsumer, error: MillraceError): void {
    this.#forget(consumer)
    this.refuse(error, null)
  }

  #forget(consumer: StompConsumer): void {
    consumer.subscription = null
    this.#consumers.delete(consumer.spec.number)
    if (consumer.spec.id !== null) this.#byId.delete(consumer.spec.id)
  }

  #unsubscribe(connection: Connection, frame: Frame): void {
    const durableName = durableNameOf(frame)
    if (durableName !== null) {
      this.#endDurable(connection, durableName, frame)
      return
    }
    this.#remove(this.#consumerOf(frame))
    this.#succeed(frame)
  }

  #consumerOf(frame: Frame): StompConsumer {
    const id = frame.text('id')
    const name = frame.text('destination')
    if (id === null && (this.version !== Version.V10 || name === null)) throw missing('id')
    const found = id === null ? this.#byDestination(name ?? '') : this.#byId.get(id)
    if (found !== undefined) return found
    throw new MillraceError('CONSUMER_UNKNOWN', `there is no subscription ${id ?? name}`)
  }

  #byDestination(name: string): StompConsumer | undefined {
    const { text } = this.names.read(name)
    for (const consumer of this.#consumers.values()) if (consumer.spec.destination.text === text) return consumer
    return undefined
  }

  #remove(consumer: StompConsumer): void {
    this.settle(consumer)
    const { subscription } = consumer
    this.#forget(consumer)
    if (subscription !== null) this.#broker.removeConsumer(subscription, LAST_UNKNOWN)
  }

  /** With the name of a durable subscription this ends it, not only its consumer. Model behaviour. */
  #endDurable(connection: Connection, name: string, frame: Frame): void {
    for (const consumer of this.#consumers.values()) if (consumer.spec.durableName === name) this.#remove(consumer)
    // Scripts that speak 1.0 connect anew for this and say nothing but the name.
    const clientId = this.#named ? connection.clientId : name
    if (!this.#named && this.version !== Version.V10) throw clientIdMissing()
    this.#broker.durables.unsubscribe(clientId, name, this.#owe(frame))
  }

  makeTemporary(destination: Destination): void {
    const connection = this.#connection
    if (connection === null) throw new MillraceError('CONNECTION_CLOSED', `${this.clientId} is going`)
    let failure: MillraceError | null = null
    this.#broker.addDestination(connection, destination, {
      done: (error) => {
        failure = error
      },
    })
    if (failure !== null) throw failure as MillraceError
  }

  // ---- Transactions

  #begin(connection: Connection, frame: Frame): void {
    const name = required(frame, 'transaction', 'TRANSACTION_INVALID')
    if (this.#transactions.has(name)) {
      throw new MillraceError('TRANSACTION_INVALID', `transaction ${name} was begun already`)
    }
    const id = `TX:${connection.id}:${this.#transactionNumber + 1}`
    this.#broker.begin(connection, id)
    this.#transactionNumber++
    this.#transactions.set(name, new StompTransaction(id))
    this.#succeed(frame)
  }

  #commit(connection: Connection, frame: Frame): void {
    const transaction = this.#end(frame)
    for (const { consumer, token } of transaction.held()) {
      if (consumer.subscription === null || consumer.unacknowledged?.has(token) !== true) continue
      this.#owed++
      this.#count(consumer, consumer.subscription, token, this.#silent)
    }
    this.#broker.commit(connection, transaction.id, this.#owe(frame))
  }

  #abort(connection: Connection, frame: Frame): void {
    this.#broker.rollback(connection, this.#end(frame).id, this.#owe(frame))
  }

  /** A transaction is over with its COMMIT or ABORT, whatever becomes of it. */
  #end(frame: Frame): StompTransaction {
    const name = required(frame, 'transaction', 'TRANSACTION_INVALID')
    const transaction = this.#transaction(name)
    this.#transactions.delete(name)
    return transaction
  }

  #transactionOf(frame: Frame): StompTransaction | null {
    const name = frame.text('transaction')
    return name === null ? null : this.#transaction(name)
  }

  #transaction(name: string): StompTransaction {
    const transaction = this.#transactions.get(name)
    if (transaction !== undefined) return transaction
    throw new MillraceError('TRANSACTION_UNKNOWN', `transaction ${name} was not begun`)
  }

  // ---- Goodbye

  /** The receipt comes after everything that the client is still owed. */
  #disconnect(connection: Connection, frame: Frame): void {
    for (const consumer of this.#consumers.values()) this.settle(consumer)
    this.#connection = null
    this.#leaving = connection
    this.#farewell = true
    this.#farewellReceipt = frame.text('receipt')
    this.#owed++
    this.#broker.closeConnection(connection, { done: () => this.settled() })
  }

  // ---- Answers

  confirm(receiptId: string): void {
    this.#sender.receipt(receiptId)
  }

  refuse(error: MillraceError, receiptId: string | null): void {
    this.#sender.error(error, receiptId)
    if (goesOn[error.code] && !this.settings.closeOnError) return
    this.#owner.ended(error)
  }

  settled(): void {
    this.#owed--
    if (this.#owed > 0 || !this.#farewell) return
    this.#farewell = false
    if (this.#farewellReceipt !== null) this.#sender.receipt(this.#farewellReceipt)
    this.#owner.left()
  }

  /** What the frame is owed, counted; before the call that completes it. */
  #owe(frame: Frame): Reply {
    this.#owed++
    const receipt = frame.text('receipt')
    return receipt === null ? this.#silent : new ReceiptReply(this, receipt)
  }

  #succeed(frame: Frame): void {
    const receipt = frame.text('receipt')
    if (receipt !== null) this.#sender.receipt(receipt)
  }

  #hold(): void {
    if (this.#holds++ === 0) this.#connection?.pauseConsumers()
  }

  #release(): void {
    if (--this.#holds === 0) this.#connection?.resumeConsumers()
  }

  // ---- What the broker says about the connection

  resume(): void {
    this.#pauses--
    this.#output.resume()
  }

  /** Taken over by a newer link, or ended by an operator. */
  closed(error: MillraceError): void {
    this.#connection = null
    this.#leaving = null
    this.#sender.error(error, null)
    this.#owner.ended(error)
  }
}

interface Delivery {
  readonly consumer: StompConsumer
  readonly subscription: Subscription
  /** 0 where the core only counts. */
  readonly key: number
  readonly token: string
}

/** All that was given out counts as delivered. */
const LAST_UNKNOWN = -2

function countUpTo(subscription: Subscription, key: number): number {
  let count = 0
  for (let entry = subscription.outstanding.first; entry !== null; entry = entry.next) {
    count++
    if (entry.key === key) break
  }
  return count
}

function required(frame: Frame, name: HeaderName, code: MillraceError['code']): string {
  const text = frame.text(name)
  if (text === null || text === '') throw missing(name, code)
  return text
}

function missing(name: string, code: MillraceError['code'] = 'FRAME_INVALID'): MillraceError {
  return new MillraceError(code, `the header ${name} is missing`)
}

/** Why a message cannot be written. Anything else is our mistake and flies on. */
function reasonOf(error: unknown): string {
  // A RangeError: a text that no string can hold.
  if (error instanceof MillraceError || error instanceof RangeError) return error.message
  throw error
}

function clientIdMissing(): MillraceError {
  return new MillraceError('CLIENT_ID_MISSING', 'a durable subscription needs a client-id in CONNECT')
}

function unexpected(what: string): MillraceError {
  return new MillraceError(
    'ACKNOWLEDGEMENT_INVALID',
    `${what} is not one that was delivered and waits to be acknowledged`,
  )
}
