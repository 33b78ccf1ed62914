import { MillraceError, ProtocolError } from '@millrace/base'
import {
  type Command,
  type ConnectionInfo,
  ConsumerControl,
  type ConsumerInfo,
  consumerIdText,
  DataArrayResponse,
  type DataStructure,
  DataType,
  type DestinationInfo,
  DestinationOperation,
  LastDelivered,
  type MessageAck,
  type MessageId,
  messageIdText,
  type MessagePull,
  type OpenWireMessage,
  type ProducerInfo,
  producerIdText,
  type RemoveInfo,
  type RemoveSubscriptionInfo,
  type TransactionInfo,
  TransactionType,
} from '@millrace/openwire'
import {
  AckKind,
  type Broker,
  type Connection,
  type ConnectionPort,
  type ConnectionSpec,
  type Entry,
  type Reply,
  type Subscription,
} from '../../core/broker.ts'
import { type Message, timeOf } from '../../message/message.ts'
import type { Output } from '../protocol.ts'
import { isShared, writeFirst, writeShared } from './fan-out.ts'
import { Identities, readXid, sameProducer, writeDestination, writeXid } from './identities.ts'
import { readMessage, sizeOf, writeDispatch, writeExhausted } from './map.ts'
import { type Answers, OneWayReply, RequestReply, VoteReply, WindowReply } from './replies.ts'
import type { Sender } from './sender.ts'
import { type Deliveries, OpenWireConsumer, OpenWireProducer, type Session, Sessions } from './sessions.ts'
import type { OpenWireSettings } from './settings.ts'
import { readSharedName } from './shared-name.ts'

/** RemoveInfo says what was delivered last from this version on. */
const LAST_DELIVERED_SINCE = 5

/** Fits no message: for acknowledgements of something that is not outstanding. */
const UNKNOWN_KEY = -1

/**
 * A client that has introduced itself: its sessions, producers and consumers, every command that it may send, and what
 * the broker tells it. Each command that asks gets exactly one answer; one that does not ask gets a ConnectionError if
 * it fails.
 */
export class OpenWireClient implements Answers, Deliveries {
  readonly #broker: Broker
  readonly #sender: Sender
  readonly #output: Output
  readonly #settings: OpenWireSettings
  readonly #version: number
  readonly #ended: (error: MillraceError) => void
  readonly #known: Identities
  readonly #oneWay: Reply = new OneWayReply(this, false)
  readonly #oneWayXa: Reply = new OneWayReply(this, true)
  #connection: Connection | null = null
  /** It said goodbye, and goes when what it sent has been taken. */
  #leaving: Connection | null = null
  #connectionId = ''
  #clientId = ''
  #manageable = false
  #sessions = new Sessions('', 0)
  /** The one that sent last. */
  #producer: OpenWireProducer | null = null
  /** Replies that the broker has not completed yet. */
  #owed = 0
  /** The request that ended the connection; answered when nothing else is owed. */
  #farewell: number | null = null
  /** Sends that found no room: reading stands still until there were as many resumes. */
  #pauses = 0
  #consumersPaused = false

  constructor(
    broker: Broker,
    sender: Sender,
    output: Output,
    settings: OpenWireSettings,
    version: number,
    ended: (error: MillraceError) => void,
  ) {
    this.#broker = broker
    this.#known = new Identities(broker.pathSeparator)
    this.#sender = sender
    this.#output = output
    this.#settings = settings
    this.#version = version
    this.#ended = ended
  }

  get clientId(): string {
    return this.#clientId
  }

  /** Nothing is read from it. */
  get paused(): boolean {
    return this.#pauses > 0
  }

  /** What it says of itself. Throws when that is too little. */
  introduced(info: ConnectionInfo, peerAddress: string): ConnectionSpec {
    const connectionId = info.connectionId?.value ?? ''
    if (connectionId === '') throw new ProtocolError('COMMAND_UNEXPECTED', 'a ConnectionInfo without connection id')
    if (info.clientId === null) throw new MillraceError('CLIENT_ID_MISSING', 'a ConnectionInfo without client id')
    this.#connectionId = connectionId
    this.#clientId = info.clientId
    this.#manageable = info.manageable
    this.#sessions = new Sessions(connectionId, this.#settings.sessionsMax)
    const { userName, password, clientId, failoverReconnect } = info
    const { allowLinkStealing } = this.#settings
    return {
      connectionId,
      clientId,
      userName,
      password,
      peerAddress,
      reconnected: failoverReconnect,
      ...(allowLinkStealing ? { allowLinkStealing } : {}),
    }
  }

  /** Throws what the broker has against it. */
  enter(spec: ConnectionSpec): void {
    this.#connection = this.#broker.addConnection(spec, this.#port)
  }

  /** Everything that is left goes. May be called again. */
  leave(): void {
    const connection = this.#connection ?? this.#leaving
    this.#connection = null
    this.#leaving = null
    if (connection !== null) this.#broker.removeConnection(connection)
  }

  drained(): void {
    if (!this.#consumersPaused) return
    this.#consumersPaused = false
    this.#connection?.resumeConsumers()
  }

  command(command: DataStructure): void {
    try {
      this.#perform(command)
    } catch (error) {
      // Ours fly on; a ProtocolError ends the connection; the rest is the answer.
      if (!(error instanceof MillraceError) || error instanceof ProtocolError) throw error
      this.#fail(command as Command, error)
    }
  }

  #perform(command: DataStructure): void {
    const connection = this.#connection
    if (connection === null) {
      this.#afterGoodbye(command)
      return
    }
    switch (command.dataType) {
      case DataType.ActiveMQMessage:
      case DataType.ActiveMQBytesMessage:
      case DataType.ActiveMQMapMessage:
      case DataType.ActiveMQObjectMessage:
      case DataType.ActiveMQStreamMessage:
      case DataType.ActiveMQTextMessage:
      case DataType.ActiveMQBlobMessage:
        this.#send(command)
        return
      case DataType.MessageAck:
        this.#acknowledge(command)
        return
      case DataType.MessagePull:
        this.#pull(command)
        return
      case DataType.TransactionInfo:
        this.#transact(connection, command)
        return
      case DataType.SessionInfo:
        this.#sessions.add(command.sessionId?.connectionId ?? null, command.sessionId?.value ?? 0)
        this.#succeed(command)
        return
      case DataType.ProducerInfo:
        this.#addProducer(connection, command)
        return
      case DataType.ConsumerInfo:
        this.#addConsumer(connection, command)
        return
      case DataType.RemoveInfo:
        this.#remove(connection, command)
        return
      case DataType.DestinationInfo:
        this.#changeDestination(connection, command)
        return
      case DataType.RemoveSubscriptionInfo:
        this.#unsubscribe(connection, command)
        return
      case DataType.ConsumerControl:
        this.#control(command)
        return
      case DataType.FlushCommand:
        if (command.responseRequired) this.#broker.flush(connection, this.#owe(command))
        return
      case DataType.ControlCommand:
        this.#succeed(command)
        return
      case DataType.ConnectionInfo:
        throw unexpected(command, 'one only')
      case DataType.ProducerAck:
      case DataType.MessageDispatch:
      case DataType.MessageDispatchNotification:
      case DataType.ConnectionError:
      case DataType.ReplayCommand:
      case DataType.BrokerSubscriptionInfo:
        throw new MillraceError('COMMAND_UNSUPPORTED', `${command.constructor.name} is nothing a client may send`)
      case DataType.Response:
      case DataType.ExceptionResponse:
      case DataType.DataResponse:
      case DataType.DataArrayResponse:
      case DataType.IntegerResponse:
        // Nothing was asked; answering an answer would have no end.
        return
      default:
        throw unexpected(command, 'a command')
    }
  }

  // ---- Messages

  #send(command: OpenWireMessage): void {
    const producer = this.#senderOf(command)
    const counted = producer.windowSize > 0 && !command.responseRequired
    let message: Message
    try {
      message = this.#read(command, producer)
    } catch (error) {
      if (counted) this.widen(producer, sizeOf(command))
      throw error
    }
    const reply = counted ? new WindowReply(this, producer, message.sizeBytes) : this.#replyTo(command, false)
    this.#owed++
    if (this.#broker.send(producer.producer, message, reply)) return
    this.#pauses++
    this.#output.pause()
  }

  #read(command: OpenWireMessage, producer: OpenWireProducer): Message {
    const to = this.#known.destination(command.destination)
    const from = command.messageId?.producerId ?? null
    const producerId = from === null || sameProducer(from, producer.id) ? producer.text : producerIdText(from)
    const transactionId = command.transactionId === null ? null : this.#known.transactionText(command.transactionId)
    return readMessage(command, to, producerId, transactionId, this.#known)
  }

  #senderOf(command: OpenWireMessage): OpenWireProducer {
    const id = command.producerId
    const last = this.#producer
    if (id !== null) {
      if (last !== null && sameProducer(last.id, id)) return last
      const found = this.#sessions.find(id)?.producers.get(id.value)
      if (found !== undefined) {
        this.#producer = found
        return found
      }
    }
    const who = id === null ? 'no producer' : `producer ${producerIdText(id)}`
    throw new MillraceError('PRODUCER_UNKNOWN', `a message came from ${who}, which was never registered here`)
  }

  #acknowledge(ack: MessageAck): void {
    const consumer =
      ack.consumerId === null ? null : this.#sessions.find(ack.consumerId)?.consumers.get(ack.consumerId.value)
    const subscription = consumer?.subscription ?? null
    if (subscription === null) {
      // Its consumer is gone already, which crosses on the wire.
      this.#succeed(ack)
      return
    }
    const acknowledgement = {
      kind: kindOf(ack),
      first: ack.firstMessageId === null ? 0 : keyOf(ack.firstMessageId, subscription),
      last: ack.lastMessageId === null ? UNKNOWN_KEY : keyOf(ack.lastMessageId, subscription),
      count: ack.messageCount,
      transactionId: ack.transactionId === null ? null : this.#known.transactionText(ack.transactionId),
      cause: ack.poisonCause === null ? null : (ack.poisonCause.message ?? ack.poisonCause.className),
    }
    const reply = this.#replyTo(ack, false)
    this.#owed++
    this.#broker.acknowledge(subscription, acknowledgement, reply)
  }

  #pull(pull: MessagePull): void {
    const consumer =
      pull.consumerId === null ? null : this.#sessions.find(pull.consumerId)?.consumers.get(pull.consumerId.value)
    const subscription = consumer?.subscription ?? null
    if (subscription === null) {
      const who = pull.consumerId === null ? 'no consumer' : consumerIdText(pull.consumerId)
      throw new MillraceError('CONSUMER_UNKNOWN', `a pull for ${who}, which is not registered here`)
    }
    this.#broker.pull(subscription, timeOf(pull.timeout))
    this.#succeed(pull)
  }

  deliver(consumer: OpenWireConsumer, entry: Entry): void {
    try {
      this.#dispatch(consumer, entry)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#undeliverable(consumer, entry.key, error)
      return
    }
    if (this.#sender.blocked && !this.#consumersPaused) {
      this.#consumersPaused = true
      this.#connection?.pauseConsumers()
    }
  }

  #dispatch(consumer: OpenWireConsumer, entry: Entry): void {
    const shared = isShared(entry, this.#sender)
    if (shared && writeShared(consumer, entry, this.#sender)) return
    const from = consumer.structureOf(entry.destination)
    const dispatch = writeDispatch(entry, consumer.id, from, this.#broker.nowMs(), this.#known)
    if (shared) writeFirst(consumer, entry, dispatch, this.#sender)
    else this.#sender.write(dispatch)
  }

  exhausted(consumer: OpenWireConsumer): void {
    this.#sender.write(writeExhausted(consumer.id))
  }

  /** Too large for this peer, or of a kind that its version does not know: it would come back for ever. */
  #undeliverable(consumer: OpenWireConsumer, key: number, error: MillraceError): void {
    // Not within the call that delivers.
    this.#broker.turn.work({
      queued: false,
      run: () => {
        const subscription = consumer.subscription
        if (subscription === null || this.#connection === null) return
        const poison = {
          kind: AckKind.Poison,
          first: key,
          last: key,
          count: 1,
          transactionId: null,
          cause: error.message,
        }
        this.#owed++
        this.#broker.acknowledge(subscription, poison, this.#oneWay)
      },
    })
  }

  // ---- Sessions, producers, consumers

  #addProducer(connection: Connection, info: ProducerInfo): void {
    const id = info.producerId
    if (id === null) throw unexpected(info, 'a producer id')
    const { producers } = this.#sessions.of(id)
    if (!producers.has(id.value)) {
      const text = producerIdText(id)
      const destination = info.destination === null ? null : this.#known.destination(info.destination)
      const producer = this.#broker.addProducer(connection, { producerId: text, destination })
      producers.set(id.value, new OpenWireProducer(id, text, info.windowSize, producer))
    }
    this.#succeed(info)
  }

  #addConsumer(connection: Connection, info: ConsumerInfo): void {
    const id = info.consumerId
    if (id === null) throw unexpected(info, 'a consumer id')
    const { consumers } = this.#sessions.of(id)
    if (consumers.has(id.value)) {
      this.#succeed(info)
      return
    }
    const destination = this.#known.destination(info.destination)
    const consumer = new OpenWireConsumer(id, destination, this)
    const shared = info.subscriptionName === null ? null : readSharedName(info.subscriptionName)
    const spec = {
      consumerId: consumerIdText(id),
      destination,
      prefetch: info.prefetchSize,
      selector: info.selector === '' ? null : info.selector,
      noLocal: info.noLocal,
      browser: info.browser,
      exclusive: info.exclusive,
      retroactive: info.retroactive,
      priority: info.priority,
      durableName: shared === null ? info.subscriptionName : shared.name,
      ...(shared === null ? {} : { shared: shared.shared }),
      maximumPendingMessages: info.maximumPendingMessageLimit,
    }
    const reply = this.#replyTo(info, false)
    const forgetting: Reply = {
      done: (error) => {
        if (error !== null) consumers.delete(id.value)
        reply.done(error)
      },
    }
    // Before the call, because the core may complete the reply within it.
    consumers.set(id.value, consumer)
    this.#owed++
    try {
      consumer.subscription = this.#broker.addConsumer(connection, spec, consumer, forgetting)
    } catch (error) {
      this.#owed--
      consumers.delete(id.value)
      throw error
    }
  }

  prefetchChanged(consumer: OpenWireConsumer, prefetch: number): void {
    if (!this.#manageable) return
    const control = controlOf(consumer)
    control.prefetch = prefetch
    this.#sender.write(control)
  }

  ended(consumer: OpenWireConsumer, error: MillraceError): void {
    this.#sessions.find(consumer.id)?.consumers.delete(consumer.id.value)
    consumer.subscription = null
    if (!this.#manageable) {
      this.#sender.complain(error, false)
      return
    }
    const control = controlOf(consumer)
    control.close = true
    this.#sender.write(control)
  }

  #control(control: ConsumerControl): void {
    const id = control.consumerId
    const subscription = id === null ? null : (this.#sessions.find(id)?.consumers.get(id.value)?.subscription ?? null)
    if (subscription !== null && !control.close) this.#broker.setPrefetch(subscription, control.prefetch)
    this.#succeed(control)
  }

  #remove(connection: Connection, info: RemoveInfo): void {
    const id = info.objectId
    if (id === null) throw unexpected(info, 'an id')
    const last = this.#version < LAST_DELIVERED_SINCE ? LastDelivered.Unknown : timeOf(info.lastDeliveredSequenceId)
    switch (id.dataType) {
      case DataType.ConsumerId: {
        const consumers = this.#sessions.find(id)?.consumers
        const consumer = consumers?.get(id.value)
        consumers?.delete(id.value)
        if (consumer !== undefined) this.#removeConsumer(consumer, last)
        break
      }
      case DataType.ProducerId: {
        const producers = this.#sessions.find(id)?.producers
        const producer = producers?.get(id.value)
        producers?.delete(id.value)
        if (producer !== undefined) this.#removeProducer(producer)
        break
      }
      case DataType.SessionId: {
        const session = this.#sessions.remove(id.connectionId, id.value)
        if (session !== null) this.#removeSession(session, last)
        break
      }
      case DataType.ConnectionId:
        if (id.value !== this.#connectionId) {
          throw new MillraceError('SESSION_UNKNOWN', `this link has ${this.#connectionId}, not ${id.value}`)
        }
        this.#goodbye(connection, info, last)
        return
    }
    this.#succeed(info)
  }

  #removeConsumer(consumer: OpenWireConsumer, last: number): void {
    const subscription = consumer.subscription
    consumer.subscription = null
    if (subscription !== null) this.#broker.removeConsumer(subscription, last)
  }

  #removeProducer(producer: OpenWireProducer): void {
    if (this.#producer === producer) this.#producer = null
    this.#broker.removeProducer(producer.producer)
  }

  #removeSession(session: Session, last: number): void {
    for (const producer of session.producers.values()) this.#removeProducer(producer)
    for (const consumer of session.consumers.values()) this.#removeConsumer(consumer, last)
  }

  /** The client closes: what it still had goes, and the answer comes after everything that it is still owed. */
  #goodbye(connection: Connection, info: RemoveInfo, last: number): void {
    for (const session of this.#sessions.all()) this.#removeSession(session, last)
    this.#sessions = new Sessions(this.#connectionId, 0)
    this.#connection = null
    this.#leaving = connection
    if (info.responseRequired) this.#farewell = info.commandId
    this.#owed++
    this.#broker.closeConnection(connection, { done: () => this.settled() })
  }

  #afterGoodbye(command: DataStructure): void {
    if (!('responseRequired' in command) || !command.responseRequired) return
    throw new MillraceError('CONNECTION_CLOSED', `connection ${this.#connectionId} was closed`)
  }

  // ---- Destinations and durable subscriptions

  #changeDestination(connection: Connection, info: DestinationInfo): void {
    const destination = this.#known.destination(info.destination)
    const adding = info.operationType === DestinationOperation.Add
    if (!adding && info.operationType !== DestinationOperation.Remove) {
      throw new MillraceError('COMMAND_UNSUPPORTED', `operation ${info.operationType} on ${destination.text}`)
    }
    const reply = this.#owe(info)
    if (adding) this.#broker.addDestination(connection, destination, reply)
    else this.#broker.removeDestination(connection, destination, reply)
  }

  #unsubscribe(connection: Connection, info: RemoveSubscriptionInfo): void {
    const name = info.subscriptionName
    if (name === null) throw unexpected(info, 'a subscription name')
    const shared = readSharedName(name)
    if (shared === null) this.#broker.removeDurable(connection, name, this.#owe(info))
    else {
      const clientId = shared.shared.ownClientId ? connection.clientId : null
      this.#broker.durables.unsubscribe(clientId, shared.name, this.#owe(info))
    }
  }

  // ---- Transactions

  #transact(connection: Connection, info: TransactionInfo): void {
    if (info.type === TransactionType.Recover) {
      this.#recover(info)
      return
    }
    const id = info.transactionId
    if (id === null) throw unexpected(info, 'a transaction id')
    const text = this.#known.transactionText(id)
    const xa = id.dataType === DataType.XATransactionId
    switch (info.type) {
      case TransactionType.Begin:
        this.#broker.begin(connection, text, ...(xa ? [readXid(id)] : []))
        this.#succeed(info)
        return
      case TransactionType.End:
        // The work belongs to the branch already; this only asks whether we have got so far.
        this.#succeed(info)
        return
      case TransactionType.Prepare:
        this.#owed++
        this.#broker.prepare(connection, text, new VoteReply(this, info.commandId))
        return
      case TransactionType.CommitOnePhase:
        this.#broker.commit(connection, text, this.#owe(info))
        return
      case TransactionType.CommitTwoPhase:
        this.#broker.commit(connection, text, this.#owe(info), true)
        return
      case TransactionType.Rollback:
      case TransactionType.Forget:
        this.#broker.rollback(connection, text, this.#owe(info))
        return
      default:
        throw new MillraceError('COMMAND_UNSUPPORTED', `transaction verb ${info.type}`)
    }
  }

  #recover(info: TransactionInfo): void {
    const answer = new DataArrayResponse()
    answer.correlationId = info.commandId
    answer.data = this.#broker.recover().map(writeXid)
    this.#sender.write(answer)
  }

  // ---- Answers

  answer(commandId: number, error: MillraceError | null, xa: boolean): void {
    this.#sender.answer(commandId, error, xa)
  }

  complain(error: MillraceError, xa: boolean): void {
    this.#sender.complain(error, xa)
  }

  vote(commandId: number, result: number): void {
    this.#sender.vote(commandId, result)
  }

  widen(producer: OpenWireProducer, sizeBytes: number): void {
    this.#sender.widen(producer.id, sizeBytes)
  }

  settled(): void {
    this.#owed--
    if (this.#owed > 0 || this.#farewell === null) return
    this.#sender.answer(this.#farewell, null, false)
    this.#farewell = null
  }

  /** What the command is owed, counted; before the call that completes it. */
  #owe(command: Command): Reply {
    this.#owed++
    return this.#replyTo(command, isXa(command))
  }

  #replyTo(command: Command, xa: boolean): Reply {
    if (command.responseRequired) return new RequestReply(this, command.commandId, xa)
    return xa ? this.#oneWayXa : this.#oneWay
  }

  #succeed(command: Command): void {
    if (command.responseRequired) this.#sender.answer(command.commandId, null, false)
  }

  #fail(command: Command, error: MillraceError): void {
    if (command.responseRequired) this.#sender.answer(command.commandId, error, isXa(command))
    else this.#sender.complain(error, isXa(command))
  }

  // ---- What the broker says about the connection

  readonly #port: ConnectionPort = {
    resume: () => {
      this.#pauses--
      this.#output.resume()
    },
    // Taken over by a newer link, or ended by an operator.
    closed: (error) => {
      this.#connection = null
      this.#ended(error)
    },
  }
}

function kindOf(ack: MessageAck): AckKind {
  if (ack.ackType >= AckKind.Delivered && ack.ackType <= AckKind.Expired) return ack.ackType as AckKind
  throw new MillraceError('ACKNOWLEDGEMENT_INVALID', `acknowledgement type ${ack.ackType}`)
}

/** Clients give back the key that came with the message; some only know its id. */
function keyOf(id: MessageId, subscription: Subscription): number {
  const key = timeOf(id.brokerSequenceId)
  return key === 0 ? (subscription.keyOf(id.textView ?? messageIdText(id)) ?? UNKNOWN_KEY) : key
}

function controlOf(consumer: OpenWireConsumer): ConsumerControl {
  const control = new ConsumerControl()
  control.consumerId = consumer.id
  control.destination = writeDestination(consumer.destination)
  return control
}

/** Clients expect another kind of exception for what they do with a distributed transaction. */
function isXa(command: Command): boolean {
  if (command.dataType !== DataType.TransactionInfo) return false
  return command.type === TransactionType.Recover || command.transactionId?.dataType === DataType.XATransactionId
}

function unexpected(command: DataStructure, expected: string): ProtocolError {
  return new ProtocolError('COMMAND_UNEXPECTED', `${command.constructor.name} came, expected ${expected}`)
}
