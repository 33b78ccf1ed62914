import {
  type Command,
  ConnectionInfo,
  type ConsumerInfo,
  type ConsumerId,
  DataType,
  type DestinationInfo,
  DestinationOperation,
  type OpenWireMessage,
  type ProducerId,
  type ProducerInfo,
  type RemoveInfo,
  SessionId,
  SessionInfo,
  type TransactionId,
  type TransactionInfo,
  transactionIdText,
  TransactionType,
} from '@millrace/openwire'
import type { FailoverSettings } from '../failover-options.ts'
import { removal } from '../removal.ts'
import { isFailure, type Reply } from '../reply.ts'
import { OneWaySends } from './one-way-sends.ts'

interface SessionState {
  info: SessionInfo
  readonly producers: Map<number, ProducerInfo>
  readonly consumers: Map<number, ConsumerInfo>
}

interface TransactionState {
  /** From the begin on. Acknowledgements are not among them: they mean nothing on another link. */
  readonly commands: Command[]
  /** Whoever sent in it, even if it is closed by now. */
  readonly producers: Map<ProducerId, ProducerInfo>
}

/** Something that is registered at the broker for as long as its owner lives. */
export type Registration = ConnectionInfo | ConsumerInfo | ProducerInfo | DestinationInfo

/**
 * What a broker has to be told to be where the last one was (OpenWire conversations §16). Commands are noted here when
 * they have been sent; those that register something also while there is no link.
 *
 * The order of `replay`: temporary destinations; each session with its producers and consumers; open transactions; then
 * everything else that is not settled, in the order in which it was sent. The last part differs from the model system,
 * which sends kept messages before unanswered ones: the broker takes a message whose sequence number is not above the
 * last one of its producer for a repetition, so the order within a producer must be that of the sends.
 */
export class FailoverState {
  /** null until the connection has introduced itself. */
  connection: ConnectionInfo | null = null
  readonly oneWays: OneWaySends
  readonly #trackTransactionProducers: boolean
  readonly #temporaries = new Map<string, DestinationInfo>()
  readonly #sessions = new Map<number, SessionState>()
  readonly #transactions = new Map<string, TransactionState>()
  /** By command id: which transaction ends with it. */
  readonly #ends = new Map<number, string>()
  /** By command id: what was asked and not answered yet. */
  readonly #owed = new Map<number, Command>()
  /** By command id: what is registered, and whether the broker has said yes. */
  readonly #registered = new Map<number, { readonly info: Registration; accepted: boolean }>()
  /** Transactions that lack a message. */
  readonly #broken = new Set<string>()

  constructor(settings: FailoverSettings) {
    this.#trackTransactionProducers = settings.trackTransactionProducers
    this.oneWays = new OneWaySends(settings.trackMessages ? settings.maxCacheSize : 0)
  }

  /** True: this registers something, and a replay says it. */
  register(command: Command): boolean {
    switch (command.dataType) {
      case DataType.ConnectionInfo:
        this.connection = command
        break
      case DataType.SessionInfo:
        if (command.sessionId !== null) this.#session(command.sessionId).info = command
        return true
      case DataType.ProducerInfo:
        if (command.producerId === null) return false
        this.#sessionOf(command.producerId).producers.set(Number(command.producerId.value), command)
        break
      case DataType.ConsumerInfo:
        if (command.consumerId === null) return false
        this.#sessionOf(command.consumerId).consumers.set(Number(command.consumerId.value), command)
        break
      case DataType.DestinationInfo:
        if (command.operationType !== DestinationOperation.Add || !isTemporary(command)) return false
        this.#temporaries.set(nameOf(command), command)
        break
      default:
        return false
    }
    this.#registered.set(command.commandId, { info: command, accepted: false })
    return true
  }

  /** It is on its way. */
  sent(command: Command): void {
    switch (command.dataType) {
      case DataType.ActiveMQMessage:
      case DataType.ActiveMQBytesMessage:
      case DataType.ActiveMQMapMessage:
      case DataType.ActiveMQObjectMessage:
      case DataType.ActiveMQStreamMessage:
      case DataType.ActiveMQTextMessage:
      case DataType.ActiveMQBlobMessage:
        this.#message(command)
        return
      case DataType.MessageAck:
        // Owed an answer, it is answered when the link breaks.
        if (command.responseRequired) this.#owed.set(command.commandId, command)
        return
      case DataType.MessagePull:
      case DataType.ShutdownInfo:
        return
      case DataType.TransactionInfo:
        this.#transaction(command)
        return
      case DataType.RemoveInfo:
        this.remove(command)
        break
      case DataType.DestinationInfo:
        if (command.operationType === DestinationOperation.Remove && command.destination !== null) {
          const info = this.#temporaries.get(nameOf(command))
          if (info !== undefined) this.#unregister(info)
        }
        break
      default:
        break
    }
    if (this.register(command)) return
    if ('responseRequired' in command && command.responseRequired) this.#owed.set(command.commandId, command)
  }

  /** Returns the registrations that nobody has answered yet and nobody will. */
  remove(command: RemoveInfo): Registration[] {
    const id = command.objectId
    switch (id?.dataType) {
      case DataType.ConsumerId: {
        const info = this.#sessions.get(Number(id.sessionId))?.consumers.get(Number(id.value))
        return info === undefined ? [] : this.#unregister(info)
      }
      case DataType.ProducerId: {
        const info = this.#sessions.get(Number(id.sessionId))?.producers.get(Number(id.value))
        return info === undefined ? [] : this.#unregister(info)
      }
      case DataType.SessionId: {
        const session = this.#sessions.get(Number(id.value))
        this.#sessions.delete(Number(id.value))
        if (session === undefined) return []
        return [...session.producers.values(), ...session.consumers.values()].flatMap((info) => this.#unregister(info))
      }
      default:
        return []
    }
  }

  /** Returns what was accepted before and is refused now, which nobody else will hear of. */
  replied(reply: Reply): Registration | null {
    const id = reply.correlationId
    if (this.#owed.delete(id)) {
      // Only these go out in the order of their ids also in a replay, so only their answers say something of others.
      this.oneWays.handled(id)
      return null
    }
    const transaction = this.#ends.get(id)
    if (transaction !== undefined) {
      this.#ends.delete(id)
      this.#transactions.delete(transaction)
      return null
    }
    const registered = this.#registered.get(id)
    if (registered === undefined) return null
    if (!isFailure(reply)) {
      registered.accepted = true
      return null
    }
    this.#unregister(registered.info)
    return registered.accepted ? registered.info : null
  }

  /** Whether the broker, or one before it, has said yes to the ConnectionInfo. */
  get accepted(): boolean {
    return this.connection !== null && this.#registered.get(this.connection.commandId)?.accepted === true
  }

  /** A message of it will never be sent, so it must not be committed. */
  breakTransaction(id: TransactionId): void {
    this.#broken.add(transactionIdText(id))
  }

  /** Once: whether this would commit a transaction that lacks a message. */
  isBroken(command: TransactionInfo): boolean {
    if (this.#broken.size === 0 || command.transactionId === null) return false
    if (command.type === TransactionType.Begin) return false
    const broken = this.#broken.delete(transactionIdText(command.transactionId))
    return broken && command.type === TransactionType.CommitOnePhase
  }

  /** The link broke. Returns commits of which nobody can say whether they happened; they are forgotten. */
  takeCommitsInDoubt(): TransactionInfo[] {
    const found: TransactionInfo[] = []
    for (const [commandId, key] of this.#ends) {
      const last = this.#transactions.get(key)?.commands.at(-1)
      if (last?.dataType !== DataType.TransactionInfo || last.type !== TransactionType.CommitOnePhase) continue
      this.#ends.delete(commandId)
      this.#transactions.delete(key)
      found.push(last)
    }
    return found
  }

  /** The link broke. Returns what was asked about things that ended with it. */
  takeEnded(): Command[] {
    const found: Command[] = []
    for (const [commandId, command] of this.#owed) {
      if (command.dataType !== DataType.MessageAck && command.dataType !== DataType.RemoveInfo) continue
      this.#owed.delete(commandId)
      found.push(command)
    }
    return found
  }

  /** What follows the ConnectionInfo on a new link, in order. */
  replay(): Command[] {
    const commands: Command[] = [...this.#temporaries.values()]
    for (const { info, producers, consumers } of this.#sessions.values()) {
      commands.push(info, ...producers.values(), ...consumers.values())
    }
    for (const transaction of this.#transactions.values()) commands.push(...this.#replayOf(transaction))
    const rest = [...this.#owed.values(), ...this.oneWays.kept()]
    rest.sort((a, b) => orderOf(a) - orderOf(b))
    commands.push(...rest)
    return commands
  }

  #replayOf(transaction: TransactionState): Command[] {
    const gone = [...transaction.producers].filter(([id]) => {
      return this.#sessions.get(Number(id.sessionId))?.producers.has(Number(id.value)) !== true
    })
    const sessions = new Map(gone.map(([id]) => [Number(id.sessionId), id]))
    const opened: Command[] = []
    const closed: Command[] = []
    for (const [key, id] of sessions) {
      if (this.#sessions.has(key)) continue
      const session = sessionInfo(id.connectionId, key)
      opened.push(session)
      closed.unshift(removal(session.sessionId))
    }
    for (const [id, info] of gone) {
      opened.push(info)
      closed.unshift(removal(id))
    }
    return [...opened, ...transaction.commands, ...closed]
  }

  #message(message: OpenWireMessage): void {
    if (message.transactionId !== null) {
      const transaction = this.#transactions.get(transactionIdText(message.transactionId))
      if (transaction === undefined) return
      transaction.commands.push(message)
      this.#noteProducer(transaction, message.producerId)
    } else if (message.responseRequired) this.#owed.set(message.commandId, message)
    else this.oneWays.sent(message)
  }

  #noteProducer(transaction: TransactionState, id: ProducerId | null): void {
    if (id === null || !this.#trackTransactionProducers || transaction.producers.has(id)) return
    const info = this.#sessions.get(Number(id.sessionId))?.producers.get(Number(id.value))
    if (info !== undefined) transaction.producers.set(id, info)
  }

  #transaction(command: TransactionInfo): void {
    const id = command.transactionId
    if (id === null) {
      if (command.responseRequired) this.#owed.set(command.commandId, command)
      return
    }
    const key = transactionIdText(id)
    if (command.type === TransactionType.Begin) {
      this.#transactions.set(key, { commands: [command], producers: new Map() })
      return
    }
    const transaction = this.#transactions.get(key)
    if (transaction === undefined) {
      if (command.responseRequired) this.#owed.set(command.commandId, command)
      return
    }
    transaction.commands.push(command)
    const ends = command.type !== TransactionType.Prepare && command.type !== TransactionType.End
    if (ends && command.responseRequired) this.#ends.set(command.commandId, key)
    else if (ends) this.#transactions.delete(key)
  }

  #unregister(info: Registration): Registration[] {
    const unanswered = this.#registered.get(info.commandId)?.accepted === false
    this.#registered.delete(info.commandId)
    switch (info.dataType) {
      case DataType.ConnectionInfo:
        if (this.connection === info) this.connection = null
        break
      case DataType.ProducerInfo:
        if (info.producerId !== null) {
          this.#sessions.get(Number(info.producerId.sessionId))?.producers.delete(Number(info.producerId.value))
        }
        break
      case DataType.ConsumerInfo:
        if (info.consumerId !== null) {
          this.#sessions.get(Number(info.consumerId.sessionId))?.consumers.delete(Number(info.consumerId.value))
        }
        break
      case DataType.DestinationInfo:
        this.#temporaries.delete(nameOf(info))
        break
      default:
        info satisfies never
    }
    return unanswered ? [info] : []
  }

  #session(id: SessionId): SessionState {
    return this.#sessionFor(id.connectionId, Number(id.value))
  }

  /** The session of the connection's own consumers, -1, is never announced by anybody. */
  #sessionOf(id: ProducerId | ConsumerId): SessionState {
    return this.#sessionFor(id.connectionId, Number(id.sessionId))
  }

  #sessionFor(connectionId: string | null, value: number): SessionState {
    const known = this.#sessions.get(value)
    if (known !== undefined) return known
    const made = { info: sessionInfo(connectionId, value), producers: new Map(), consumers: new Map() }
    this.#sessions.set(value, made)
    return made
  }
}

/** The ConnectionInfo of a link after the first: the broker then looks for repetitions. */
export function reconnecting(info: ConnectionInfo): ConnectionInfo {
  const copy = Object.assign(new ConnectionInfo(), info)
  copy.failoverReconnect = true
  return copy
}

function sessionInfo(connectionId: string | null, value: number): SessionInfo {
  const info = new SessionInfo()
  info.sessionId = Object.assign(new SessionId(), { connectionId, value })
  return info
}

function orderOf(command: Command): number {
  return 'commandId' in command ? command.commandId : 0
}

/** Of a temporary destination: the connection's own counter makes it unique. */
function nameOf(info: DestinationInfo): string {
  return info.destination?.physicalName ?? ''
}

function isTemporary(info: DestinationInfo): boolean {
  const type = info.destination?.dataType
  return type === DataType.ActiveMQTempQueue || type === DataType.ActiveMQTempTopic
}
