import { assert } from '@millrace/base'
import { type Command, type DataStructure, DataType } from '@millrace/openwire'
import {
  ConfigurationError,
  ConnectionFailedError,
  type JMSError,
  localError,
  TransportDisposedError,
} from '../errors.ts'
import { type FailoverOptions, failoverSettings } from '../failover-options.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import { BrokerList, flattened } from './broker-list.ts'
import { type FailoverContext, startFailover } from './failover.ts'
import type { TransportContext } from './open.ts'
import type { AgreedLink, ConnectionListener, Transport } from './transport.ts'

/** Options of `fanout:(...)`, in the URL only, with the names and defaults of the model system; beside those of `failover:`. */
export interface FanoutOptions extends FailoverOptions {
  /** Brokers that must be connected before anything is sent, and that must answer before a request is answered. 2. */
  minAckCount?: number
  /** Messages to queues go to all brokers, too, and not just to the first. false. */
  fanOutQueues?: boolean
}

/**
 * `fanout:(static:(tcp://a,tcp://b))`: what is sent goes to several brokers that know nothing of each other. Each broker
 * has a link of its own that reconnects by itself.
 *
 *     topic messages, and with fanOutQueues those to queues     all that are connected
 *     producers, sessions, transactions, temporary destinations all
 *     other messages, consumers and what belongs to them        the first of the list
 *
 * A message that a broker was not connected for does not reach it later, unless there were fewer than `minAckCount`: then
 * it waits for all. The brokers do not commit together.
 */
export async function openFanout(
  url: BrokerUrl,
  options: FanoutOptions,
  context: TransportContext & Pick<FailoverContext, 'open'>,
  listener: ConnectionListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const { minAckCount = 2, fanOutQueues = false, ...given } = options
  const urls = flattened({ ...url, scheme: 'static' })
  if (urls.length === 0) throw new ConfigurationError(`"${formatBrokerUrl(url)}" names no broker`)
  const transport = new FanoutTransport(
    formatBrokerUrl(url),
    Math.max(1, Math.min(minAckCount, urls.length)),
    fanOutQueues,
    listener,
  )
  const attempts = given.maxReconnectAttempts ?? 0
  const settings = failoverSettings({ ...given, maxReconnectAttempts: attempts > 0 ? attempts : -1 })
  for (const one of urls) {
    const alone: BrokerUrl = { scheme: 'failover', host: '', port: null, path: '', components: [one], query: new Map() }
    const list = new BrokerList(alone, settings, context.random)
    transport.add({ ...context, name: formatBrokerUrl(one), list, settings })
  }
  const abort = (): void => transport.close(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await transport.ready
    return transport
  } catch (error) {
    transport.close()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** A request that so many brokers have not answered yet, of those that count. */
interface Asked {
  missing: number
}

class FanoutTransport implements Transport {
  readonly faultTolerant = true
  readonly keepsCommands = true
  readonly ready: Promise<void>
  readonly #name: string
  readonly #needed: number
  readonly #fanOutQueues: boolean
  readonly #listener: ConnectionListener
  /** The first is the primary. */
  readonly #ways: Way[] = []
  readonly #asked = new Map<number, Asked>()
  #opened: { resolve: () => void; reject: (error: unknown) => void } | null = null
  #agreed: AgreedLink | null = null
  #closed = false

  constructor(name: string, needed: number, fanOutQueues: boolean, listener: ConnectionListener) {
    this.#name = name
    this.#needed = needed
    this.#fanOutQueues = fanOutQueues
    this.#listener = listener
    this.ready = new Promise((resolve, reject) => {
      this.#opened = { resolve, reject }
    })
    // Whoever opens it looks at it; a close before that is no accident.
    this.ready.catch(() => {})
  }

  add(context: FailoverContext): void {
    const way = new Way(this, this.#ways.length === 0)
    const { transport, opened } = startFailover(context, way)
    way.transport = transport
    this.#ways.push(way)
    opened.then(
      () => this.#up(transport.agreed),
      (error: unknown) => this.lost(way, localError(error)),
    )
  }

  get address(): string {
    return this.#name
  }

  get agreed(): AgreedLink {
    assert(this.#agreed !== null, 'asked for what was agreed before it was')
    return this.#agreed
  }

  get blocked(): boolean {
    return this.#connected < this.#needed || this.#ways.some((way) => way.connected && way.transport?.blocked === true)
  }

  get interrupted(): boolean {
    return this.#ways[0]?.connected !== true
  }

  get waitingCommands(): number {
    return Math.max(0, ...this.#ways.map((way) => way.transport?.waitingCommands ?? 0))
  }

  send(command: Command): boolean {
    if (this.#closed) throw new TransportDisposedError(`${this.#name} is closed`)
    const ways = this.#waysOf(command)
    if ('responseRequired' in command && command.responseRequired) {
      this.#asked.set(command.commandId, { missing: Math.min(this.#needed, ways.length) })
    }
    let accepted = true
    for (const way of ways) accepted = way.transport?.send(command) === true && accepted
    return accepted && !this.blocked
  }

  giveUp(): Command[] {
    const waiting = this.#ways.map((way) => way.transport?.giveUp() ?? [])
    return waiting[0] ?? []
  }

  close(reason: unknown = new TransportDisposedError(`${this.#name} is closed`)): void {
    if (this.#closed) return
    this.#closed = true
    this.#opened?.reject(reason)
    for (const way of this.#ways) way.transport?.close()
  }

  ref(): void {
    for (const way of this.#ways) way.transport?.ref()
  }

  unref(): void {
    for (const way of this.#ways) way.transport?.unref()
  }

  // From the ways.

  answered(way: Way, commandId: number, failed: boolean, pass: () => void): void {
    const asked = this.#asked.get(commandId)
    if (asked === undefined) {
      // Nobody waits any more, or only the primary was asked.
      if (way.primary) pass()
      return
    }
    asked.missing--
    if (asked.missing > 0 && !failed) return
    this.#asked.delete(commandId)
    pass()
  }

  get listener(): ConnectionListener {
    return this.#listener
  }

  drained(): void {
    if (!this.blocked) this.#listener.drained()
  }

  /** One broker is given up for good. */
  lost(way: Way, error: JMSError): void {
    const at = this.#ways.indexOf(way)
    if (at < 0 || this.#closed) return
    if (!way.primary && this.#ways.length - 1 >= this.#needed) {
      this.#ways.splice(at, 1)
      return
    }
    this.close(error)
    if (this.#agreed !== null) {
      this.#listener.failed(new ConnectionFailedError(`${this.#name}: too few brokers are left`, { cause: error }))
    }
  }

  get #connected(): number {
    let count = 0
    for (const way of this.#ways) if (way.connected) count++
    return count
  }

  #up(agreed: AgreedLink): void {
    this.#agreed ??= agreed
    // The primary's consumers come with the connection, so it has to be there, too.
    if (this.#connected < this.#needed || this.interrupted) return
    this.#opened?.resolve()
    this.#opened = null
  }

  #waysOf(command: Command): Way[] {
    const primary = this.#ways.slice(0, 1)
    switch (command.dataType) {
      case DataType.ConsumerInfo:
      case DataType.ConsumerControl:
      case DataType.MessageAck:
      case DataType.MessagePull:
      case DataType.RemoveSubscriptionInfo:
        return primary
      case DataType.RemoveInfo:
        return command.objectId?.dataType === DataType.ConsumerId ? primary : this.#ways
      case DataType.ActiveMQMessage:
      case DataType.ActiveMQBytesMessage:
      case DataType.ActiveMQMapMessage:
      case DataType.ActiveMQObjectMessage:
      case DataType.ActiveMQStreamMessage:
      case DataType.ActiveMQTextMessage:
      case DataType.ActiveMQBlobMessage: {
        const topic = command.destination?.dataType === DataType.ActiveMQTopic
        if (!topic && !this.#fanOutQueues) return primary
        return this.#connected < this.#needed ? this.#ways : this.#ways.filter((way) => way.connected)
      }
      default:
        return this.#ways
    }
  }
}

/** One broker, as its transport sees the connection. */
class Way implements ConnectionListener {
  readonly primary: boolean
  readonly #owner: FanoutTransport
  transport: Transport | null = null

  constructor(owner: FanoutTransport, primary: boolean) {
    this.#owner = owner
    this.primary = primary
  }

  get connected(): boolean {
    return this.transport !== null && !this.transport.interrupted
  }

  command(command: DataStructure): void {
    const { listener } = this.#owner
    switch (command.dataType) {
      case DataType.Response:
      case DataType.IntegerResponse:
      case DataType.DataResponse:
      case DataType.DataArrayResponse:
        this.#owner.answered(this, command.correlationId, false, () => listener.command(command))
        break
      case DataType.ExceptionResponse:
        this.#owner.answered(this, command.correlationId, true, () => listener.command(command))
        break
      case DataType.ConnectionError:
        listener.command(command)
        break
      default:
        if (this.primary) listener.command(command)
        break
    }
  }

  drained(): void {
    this.#owner.drained()
  }

  failed(error: JMSError): void {
    this.#owner.lost(this, error)
  }

  interrupted(error: JMSError, sendsInDoubt: number): void {
    if (this.primary) this.#owner.listener.interrupted(error, sendsInDoubt)
  }

  reconnecting(attempt: number, delayMs: number): void {
    if (this.primary) this.#owner.listener.reconnecting(attempt, delayMs)
  }

  resumed(): void {
    if (this.primary) this.#owner.listener.resumed()
    this.#owner.drained()
  }

  refused(command: Command, error: JMSError): void {
    const { listener } = this.#owner
    const commandId = 'commandId' in command ? command.commandId : 0
    this.#owner.answered(this, commandId, true, () => listener.refused(command, error))
  }
}
