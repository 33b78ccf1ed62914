import { LinkedList, type Linked, type Task } from '@millrace/base'
import {
  ActiveMQBlobMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  type Command,
  ConsumerId,
  LastDelivered,
  LocalTransactionId,
  type OpenWireMessage,
  ProducerId,
  RemoveSubscriptionInfo,
  SessionId,
  SessionInfo,
} from '@millrace/openwire'
import type { Connection } from './connection.ts'
import type { AcknowledgeMode } from './consumer/acknowledgement.ts'
import { QueueBrowser } from './consumer/browser.ts'
import type { MessageConsumer } from './consumer/consumer.ts'
import type { ConsumerOptions } from './consumer/consumer-info.ts'
import { openConsumer } from './consumer/open-consumer.ts'
import type { Topic } from './destination.ts'
import { type Destination, parseDestination, Queue, TemporaryQueue, type TemporaryTopic } from './destination.ts'
import {
  AlreadyClosedError,
  IllegalStateError,
  InvalidDestinationError,
  type JMSError,
  remoteError,
  TransactionInProgressError,
  TransactionRolledBackError,
  UnsupportedOperationError,
} from './errors.ts'
import { TypedEmitter } from './events.ts'
import { BlobMessage } from './messages/blob-message.ts'
import { BytesMessage } from './messages/bytes-message.ts'
import { MapMessage } from './messages/map-message.ts'
import { Message } from './messages/message.ts'
import { ObjectMessage } from './messages/object-message.ts'
import { StreamMessage } from './messages/stream-message.ts'
import { TextMessage } from './messages/text-message.ts'
import type { MessageInput } from './messages/values.ts'
import { type MessageProducer, openProducer } from './producer.ts'
import { removal } from './removal.ts'
import { DONE, isFailure } from './reply.ts'
import { TransactionContext } from './transaction-context.ts'
import type { SessionStatistics } from './statistics.ts'
import type { MessageTransformer } from './transformer.ts'
import { type WaitOptions, watch } from './wait.ts'

export { AcknowledgeMode } from './consumer/acknowledgement.ts'

/** How a session acknowledges. */
export interface SessionOptions {
  /** AUTO when absent. */
  acknowledgeMode?: AcknowledgeMode
  /** The same as SESSION_TRANSACTED. */
  transacted?: boolean
}

/** Of the local transactions of a transacted session. */
export interface SessionEvents {
  begin: undefined
  commit: undefined
  rollback: undefined
}

/** Something to be sent that has to wait for room, behind what waits already. */
export interface WaitingWrite extends Linked<WaitingWrite> {
  ready(): boolean
  write(): void
  /** It will never be written. */
  cancelled(error: JMSError): void
}

/** Messages handed to listeners in one turn; then other work has its chance. */
const LISTENER_CALLS_MAX = 100

/**
 * A serial context for sending and receiving (JMS Session): one listener runs at a time over all its consumers, and what
 * it sends goes out in the order of the calls. Different sessions run independently.
 *
 * `await using session = ...` closes it at the end of the block.
 */
export class Session extends TypedEmitter<SessionEvents> implements Task, AsyncDisposable {
  readonly acknowledgeMode: AcknowledgeMode
  readonly transacted: boolean
  /** What producers and consumers made from now on begin with; the factory's unless it is set. */
  transformer: MessageTransformer | null
  /** For this package, as everything that is not documented for applications. */
  readonly connection: Connection
  readonly id: SessionId
  readonly transactions: TransactionContext
  queued = false
  #commits = 0
  #rollbacks = 0
  #consumerCount = 0
  #producerCount = 0
  readonly #consumers = new Set<MessageConsumer>()
  readonly #producers = new Set<MessageProducer>()
  /** Consumers whose listener may have something to do, in the order in which they are asked. */
  readonly #ready = new Set<MessageConsumer>()
  readonly #waiting = new LinkedList<WaitingWrite>()
  /** Listeners whose promise is pending. */
  #running = 0
  /** The synchronous part of a listener or completion callback is on the stack. */
  #inside = false
  #idle: (() => void)[] = []
  #closing: Promise<void> | null = null
  #closed = false

  /** Use `connection.createSession`. */
  constructor(connection: Connection, number: number, options: Required<SessionOptions>) {
    super(connection.settings.log)
    this.connection = connection
    this.transformer = connection.settings.transformer
    this.acknowledgeMode = options.acknowledgeMode
    this.transacted = options.transacted
    this.id = new SessionId()
    this.id.connectionId = connection.id.value
    this.id.value = number
    this.transactions = new TransactionContext({
      connectionId: connection.id,
      newTransactionId: () => {
        const id = new LocalTransactionId()
        id.connectionId = connection.id
        id.value = connection.nextTransactionNumber()
        return id
      },
      oneWay: (info) => {
        connection.oneWay(info)
      },
      request: (info, what, wait) => this.#requestInOrder(info, what, wait),
      began: () => this.emit('begin', undefined),
      ended: (kind) => this.#ended(kind),
    })
  }

  // Destinations.

  /** A value; nothing goes over the wire. The name may carry options (`ORDERS?consumer.prefetchSize=1`) or a prefix. */
  createQueue<Body = unknown>(name: string): Queue<Body> {
    const parsed = named(name, 'queue')
    if (parsed instanceof Queue || parsed instanceof TemporaryQueue) return parsed as Queue<Body>
    throw new InvalidDestinationError(`"${name}" is not a queue`)
  }

  /** A value; nothing goes over the wire. */
  createTopic<Body = unknown>(name: string): Topic<Body> {
    const parsed = named(name, 'topic')
    if (parsed.kind === 'topic' || parsed.kind === 'temp-topic') return parsed as Topic<Body>
    throw new InvalidDestinationError(`"${name}" is not a topic`)
  }

  /** Lives until `delete()` or the end of the connection; only this connection may consume from it. */
  async createTemporaryQueue(wait: WaitOptions = {}): Promise<TemporaryQueue> {
    this.requireOpen()
    return (await this.connection.temporaries.create('temp-queue', wait)) as TemporaryQueue
  }

  /** Lives until `delete()` or the end of the connection; only this connection may consume from it. */
  async createTemporaryTopic(wait: WaitOptions = {}): Promise<TemporaryTopic> {
    this.requireOpen()
    return (await this.connection.temporaries.create('temp-topic', wait)) as TemporaryTopic
  }

  // Producers and consumers.

  /** null, or nothing: an anonymous producer, whose sends name their destination. */
  async createProducer(destination: Destination | null = null, wait: WaitOptions = {}): Promise<MessageProducer> {
    this.requireOpen()
    const id = new ProducerId()
    id.connectionId = this.connection.id.value
    id.sessionId = this.id.value
    id.value = ++this.#producerCount
    const producer = await openProducer(this, id, destination, wait)
    this.#producers.add(producer)
    return producer
  }

  /** Rejects with InvalidSelectorError, InvalidDestinationError (foreign temporary) or what the broker says. */
  createConsumer(destination: Destination, options: ConsumerOptions = {}): Promise<MessageConsumer> {
    return this.#consumer(destination, options, null)
  }

  /**
   * A durable subscription: the broker keeps messages for it while nobody consumes. It is named by this and the
   * connection's client id, which the application must have set; one consumer at a time. (JMS 3.1 §8.3.3)
   */
  async createDurableConsumer(topic: Topic, name: string, options: ConsumerOptions = {}): Promise<MessageConsumer> {
    this.requireOpen()
    requireNamed('durable', topic, name)
    if (!this.connection.hasOwnClientID) {
      throw new IllegalStateError('a durable subscription needs a connection whose client id was set')
    }
    return this.#consumer(topic, options, name)
  }

  /**
   * One of several consumers that share the messages of a topic: each message goes to one of them. The subscription is
   * there while it has consumers. It is named by this and the client id, or, when the application set none, by this alone.
   * Rejects with a JMSError while it is used for another topic or selector, and with UnsupportedOperationError at brokers
   * that are not Millrace; use a virtual topic there. (JMS 3.1 §8.3.2)
   */
  createSharedConsumer(topic: Topic, name: string, options: ConsumerOptions = {}): Promise<MessageConsumer> {
    return this.#shared(topic, name, options, 'shared')
  }

  /**
   * The same with a subscription that stays, and collects, until it is unsubscribed (JMS 3.1 §8.3.4). Rejects with a
   * JMSError when an unshared durable subscription has this name and client id.
   */
  createSharedDurableConsumer(topic: Topic, name: string, options: ConsumerOptions = {}): Promise<MessageConsumer> {
    return this.#shared(topic, name, options, 'shared-durable')
  }

  /** Looks at the messages of a queue without taking them; each `for await` over it is a fresh look. */
  createBrowser(queue: Queue | TemporaryQueue, selector?: string): QueueBrowser {
    this.requireOpen()
    return new QueueBrowser(this, queue, selector)
  }

  /** Deletes a durable subscription. Rejects with InvalidDestinationError when there is none, or a JMSError while in use. */
  async unsubscribe(name: string, wait: WaitOptions = {}): Promise<void> {
    this.requireOpen()
    const info = new RemoveSubscriptionInfo()
    info.connectionId = this.connection.id
    info.clientId = this.connection.clientID ?? null
    // Without a client id of one's own only shared subscriptions can be meant.
    const shared = !this.connection.hasOwnClientID && this.connection.millrace
    info.subscriptionName = shared ? `shared-durable:${name}` : name
    await this.connection.request(info, `unsubscribing "${name}"`, wait)
  }

  // Messages.

  createMessage(): Message {
    return new Message(fresh(new ActiveMQMessage()), this.connection.messageSettings)
  }

  createTextMessage(text?: string | null): TextMessage {
    const message = new TextMessage(fresh(new ActiveMQTextMessage()), this.connection.messageSettings)
    if (text !== undefined) message.text = text
    return message
  }

  /** `bytes` are copied. */
  createBytesMessage(bytes?: Uint8Array): BytesMessage {
    const message = new BytesMessage(fresh(new ActiveMQBytesMessage()), this.connection.messageSettings)
    if (bytes !== undefined) message.bytes = bytes
    return message
  }

  createMapMessage(
    entries?: { readonly [name: string]: MessageInput } | ReadonlyMap<string, MessageInput>,
  ): MapMessage {
    const message = new MapMessage(fresh(new ActiveMQMapMessage()), this.connection.messageSettings)
    if (entries === undefined) return message
    for (const [name, value] of entries instanceof Map ? entries : Object.entries(entries)) message.set(name, value)
    return message
  }

  createStreamMessage(values?: Iterable<MessageInput>): StreamMessage {
    const message = new StreamMessage(fresh(new ActiveMQStreamMessage()), this.connection.messageSettings)
    for (const value of values ?? []) message.writeObject(value)
    return message
  }

  /** `bytes`: a Java serialisation stream, made elsewhere. */
  createObjectMessage(bytes?: Uint8Array | null): ObjectMessage {
    const message = new ObjectMessage(fresh(new ActiveMQObjectMessage()), this.connection.messageSettings)
    if (bytes !== undefined) message.bodyBytes = bytes
    return message
  }

  /** A reference to data that lies at `url`; nothing is uploaded. */
  createBlobMessage(url?: string | URL | null): BlobMessage {
    const message = new BlobMessage(fresh(new ActiveMQBlobMessage()), this.connection.messageSettings)
    message.mimeType = 'application/octet-stream'
    if (url !== undefined && url !== null) message.url = String(url)
    return message
  }

  // Acknowledgement and transactions.

  /** CLIENT and INDIVIDUAL mode: acknowledges everything that this session has delivered. */
  async acknowledge(): Promise<void> {
    this.requireOpen()
    if (this.transacted) throw new IllegalStateError('a transacted session acknowledges with commit()')
    await Promise.all([...this.#consumers].map((consumer) => consumer.acknowledgeAll()))
  }

  /** Delivers again what was delivered and not acknowledged, by the redelivery policy. Not on transacted sessions. */
  async recover(): Promise<void> {
    this.requireOpen()
    if (this.transacted) throw new IllegalStateError('a transacted session recovers with rollback()')
    for (const consumer of this.#consumers) consumer.recover()
    await DONE
  }

  /**
   * Commits the sends and receives since the last commit; what is sent after the call belongs to the next transaction.
   * Rejects with IllegalStateError on a session that is not transacted, and with TransactionRolledBackError when the
   * broker rolled back instead: what was received is then delivered again.
   */
  async commit(wait: WaitOptions = {}): Promise<void> {
    this.requireOpen()
    this.#requireTransacted('commit()')
    await this.transactions.commit(wait)
  }

  /** Undoes the sends and receives since the last commit; what was received is delivered again. */
  async rollback(wait: WaitOptions = {}): Promise<void> {
    this.requireOpen()
    this.#requireTransacted('rollback()')
    await this.transactions.rollback(wait)
  }

  /**
   * Runs `work` and commits; rolls back when it throws. With `retries`, work that ended in TransactionRolledBackError is
   * run again, at most so often; not when its `outcome` is `'unknown'`, because then it may have been committed.
   */
  async transaction<R>(work: (session: this) => Promise<R>, options: { retries?: number } = {}): Promise<R> {
    this.#requireTransacted('transaction()')
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await work(this)
        await this.commit()
        return result
      } catch (error) {
        // What `work` threw matters more than a roll-back that fails, too.
        if (this.transactions.active) await this.rollback().catch(() => {})
        // Of unknown outcome, it may have been committed: doing it again could do it twice.
        const again = error instanceof TransactionRolledBackError && error.outcome === undefined
        if (!again || attempt >= (options.retries ?? 0)) throw error
      }
    }
  }

  /**
   * Closes its producers and consumers, waits for a running listener and for sends without answer (at most
   * `closeTimeout`), and rolls back an open transaction. Idempotent.
   */
  close(wait: WaitOptions = {}): Promise<void> {
    if (this.#closing === null) {
      try {
        this.requireOutsideListener('close()')
      } catch (error) {
        return Promise.reject(error)
      }
      this.#closing = this.#close(wait)
    }
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What was sent and received so far by what is open: plain numbers. */
  statistics(): SessionStatistics {
    return {
      commits: this.#commits,
      rollbacks: this.#rollbacks,
      producers: Array.from(this.#producers, (producer) => producer.statistics()),
      consumers: Array.from(this.#consumers, (consumer) => consumer.statistics()),
    }
  }

  // For this package.

  get closed(): boolean {
    return this.#closed || this.#closing !== null
  }

  get hasListener(): boolean {
    for (const consumer of this.#consumers) if (consumer.listening) return true
    return false
  }

  /** Highest broker sequence that was given to the application; what RemoveInfo says. */
  get lastDelivered(): number {
    let highest: number = LastDelivered.Unknown
    for (const consumer of this.#consumers) highest = Math.max(highest, consumer.lastDelivered)
    return highest
  }

  /** For a pool: as good as new, with one producer that stays. */
  async closeChildren(keep: MessageProducer | null): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer.close()))
    const producers = [...this.#producers].filter((producer) => producer !== keep)
    await Promise.all(producers.map((producer) => producer.close()))
  }

  #ended(kind: 'commit' | 'rollback'): void {
    const { totals } = this.connection
    if (kind === 'commit') {
      this.#commits++
      totals.commits++
    } else {
      this.#rollbacks++
      totals.rollbacks++
    }
    this.emit(kind, undefined)
  }

  requireOpen(): void {
    this.connection.requireUsable()
    if (this.closed) throw new AlreadyClosedError('the session is closed')
  }

  requireOutsideListener(what: string): void {
    if (this.#inside)
      throw new IllegalStateError(`${what} inside a listener or callback of the session would wait for itself`)
  }

  get insideListener(): boolean {
    return this.#inside
  }

  announce(): void {
    const info = new SessionInfo()
    info.sessionId = this.id
    this.connection.oneWay(info)
  }

  nextConsumerId(): ConsumerId {
    const id = new ConsumerId()
    id.connectionId = this.connection.id.value
    id.sessionId = this.id.value
    id.value = ++this.#consumerCount
    return id
  }

  consumesFrom(destination: Destination): boolean {
    for (const consumer of this.#consumers) if (consumer.destination.equals(destination)) return true
    return false
  }

  removeConsumer(consumer: MessageConsumer): void {
    if (this.#consumers.delete(consumer)) this.connection.totals.received(consumer.statistics())
    this.#ready.delete(consumer)
  }

  removeProducer(producer: MessageProducer): void {
    if (this.#producers.delete(producer)) this.connection.totals.sent(producer.statistics())
  }

  /** Nothing waits to be written, so what is sent now may go at once. */
  get clear(): boolean {
    return this.#waiting.length === 0
  }

  /** Writes when it is ready and nothing else waits, else later, in order. */
  submit(write: WaitingWrite): void {
    if (this.#waiting.length === 0 && write.ready()) {
      write.write()
      return
    }
    this.#waiting.push(write)
    this.connection.room.wait(this)
  }

  /** It was given up before it could be written. */
  withdraw(write: WaitingWrite): void {
    this.#waiting.remove(write)
    this.writeWaiting()
  }

  writeWaiting(): void {
    for (let first = this.#waiting.first; first !== null; first = this.#waiting.first) {
      if (!first.ready()) {
        this.connection.room.wait(this)
        return
      }
      this.#waiting.remove(first)
      first.write()
    }
  }

  /** Resolves when everything that was sent before has been written. */
  written(): Promise<void> {
    if (this.clear) return DONE
    return new Promise((resolve, reject) => {
      this.submit(new Marker(resolve, reject))
    })
  }

  started(): void {
    for (const consumer of this.#consumers) consumer.wake()
  }

  /** A consumer with a listener has, or may have, something to deliver. */
  listenerReady(consumer: MessageConsumer): void {
    this.#ready.add(consumer)
    this.connection.settings.turn.work(this)
  }

  /** Calls listeners, one at a time. */
  run(): void {
    for (let calls = 0; this.#ready.size > 0; calls++) {
      const consumer = this.#nextReady()
      if (consumer === undefined) return
      if (calls === LISTENER_CALLS_MAX) {
        this.connection.settings.turn.work(this)
        return
      }
      const delivery = consumer.takeForListener()
      if (delivery === null) this.#ready.delete(consumer)
      else {
        if (this.#ready.size > 1) {
          this.#ready.delete(consumer)
          this.#ready.add(consumer)
        }
        consumer.callListener(delivery)
      }
    }
  }

  #nextReady(): MessageConsumer | undefined {
    for (const consumer of this.#ready) {
      if (consumer.mayRun(this.#running)) return consumer
    }
    return undefined
  }

  /** Runs the synchronous part of a listener or callback. */
  inside<R>(call: () => R): R {
    const before = this.#inside
    this.#inside = true
    try {
      return call()
    } finally {
      this.#inside = before
    }
  }

  listenerPending(): void {
    this.#running++
  }

  listenerDone(): void {
    this.#running--
    if (this.#running === 0) {
      const waiting = this.#idle
      this.#idle = []
      for (const resolve of waiting) resolve()
    }
    if (this.#ready.size > 0) this.connection.settings.turn.work(this)
  }

  /** Resolves when no listener runs. */
  idle(): Promise<void> {
    if (this.#running === 0) return DONE
    return new Promise((resolve) => {
      this.#idle.push(resolve)
    })
  }

  /** The connection is gone. */
  failed(error: JMSError): void {
    for (let write = this.#waiting.shift(); write !== null; write = this.#waiting.shift()) write.cancelled(error)
    this.#ready.clear()
  }

  /** OpenWire has no word for it: the broker knows it by the name of the subscription. */
  async #shared(topic: Topic, name: string, options: ConsumerOptions, kind: string): Promise<MessageConsumer> {
    this.requireOpen()
    requireNamed('shared', topic, name)
    if (!this.connection.millrace) {
      throw new UnsupportedOperationError('only Millrace has shared subscriptions over OpenWire; use a virtual topic')
    }
    return this.#consumer(topic, options, `${kind}${this.connection.hasOwnClientID ? '@' : ''}:${name}`)
  }

  #consumer(destination: Destination, options: ConsumerOptions, durableName: string | null): Promise<MessageConsumer> {
    return openConsumer(this, destination, options, durableName, (consumer) => {
      this.#consumers.add(consumer)
    })
  }

  /** Behind what waits; the answer settles the promise. */
  #requestInOrder(command: Command, what: string, wait: WaitOptions): Promise<void> {
    const { connection } = this
    return new Promise((resolve, reject) => {
      let commandId = 0
      let end: (() => void) | null = null
      const failed = (error: JMSError): void => {
        end?.()
        reject(error)
      }
      const write = new Marker(() => {
        try {
          commandId = connection.ask(command, {
            replied: (reply) => {
              end?.()
              if (isFailure(reply)) reject(remoteError(reply.exception, `${what} was refused`))
              else resolve()
            },
            failed,
          })
        } catch (error) {
          failed(error as JMSError)
        }
      }, failed)
      const { clock, requestTimeout } = connection.settings
      end = watch(clock, wait.timeout ?? requestTimeout, wait.signal, what, (error) => {
        if (commandId > 0) connection.forget(commandId)
        reject(error)
      })
      this.submit(write)
    })
  }

  #requireTransacted(what: string): void {
    if (this.transactions.external) {
      throw new TransactionInProgressError(`${what} on an XA session is for its coordinator to do`)
    }
    if (!this.transacted) throw new IllegalStateError(`${what} needs a transacted session`)
  }

  async #close(wait: WaitOptions): Promise<void> {
    const { connection } = this
    const lastDelivered = this.lastDelivered
    for (const consumer of this.#consumers) consumer.closeLocally()
    try {
      const producers = [...this.#producers]
      await Promise.all([this.idle(), ...producers.map((producer) => producer.settled(wait))])
      if (connection.failure === null) {
        for (const consumer of this.#consumers) consumer.flushAcknowledgements()
        if (this.transactions.active) {
          await this.transactions.rollback({ timeout: connection.settings.closeTimeout, ...wait })
        }
      }
    } finally {
      this.#closed = true
      for (const consumer of Array.from(this.#consumers)) consumer.closedWithSession()
      for (const producer of Array.from(this.#producers)) producer.closedWithSession()
      connection.removeSession(this)
      if (connection.failure === null && !connection.gone) {
        connection.oneWay(removal(this.id, lastDelivered))
      }
    }
  }
}

/** A place in the order of writes. */
class Marker implements WaitingWrite {
  previous: WaitingWrite | null = null
  next: WaitingWrite | null = null
  readonly write: () => void
  readonly cancelled: (error: JMSError) => void

  constructor(write: () => void, cancelled: (error: JMSError) => void) {
    this.write = write
    this.cancelled = cancelled
  }

  ready(): boolean {
    return true
  }
}

function requireNamed(kind: string, topic: Topic, name: string): void {
  const what = `a ${kind} subscription needs a`
  if (topic.kind !== 'topic') throw new InvalidDestinationError(`${what} topic, got ${String(topic)}`)
  if (name === '') throw new IllegalStateError(`${what} name, got an empty one`)
}

/** A name that starts with `ID:` is a temporary destination of some connection. */
function named(name: string, kind: 'queue' | 'topic'): Destination {
  return parseDestination(name, name.startsWith('ID:') ? `temp-${kind}` : kind)
}

/** A new message, with the header values that JMS has before it is sent. */
function fresh<M extends OpenWireMessage>(wire: M): M {
  wire.persistent = true
  wire.priority = 4
  return wire
}
