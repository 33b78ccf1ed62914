import type { AcknowledgeMode } from '../consumer/acknowledgement.ts'
import type { QueueBrowser } from '../consumer/browser.ts'
import type { BrokerInfo, Connection, ConnectionEvents, ConnectionMetaData } from '../connection.ts'
import type { ConnectionFactory, Credentials } from '../connection-factory.ts'
import type { MessageConsumer } from '../consumer/consumer.ts'
import type { ConsumerOptions } from '../consumer/consumer-info.ts'
import type { Destination, Queue, TemporaryQueue, TemporaryTopic, Topic } from '../destination.ts'
import { AlreadyClosedError } from '../errors.ts'
import type { BytesMessage } from '../messages/bytes-message.ts'
import type { MapMessage } from '../messages/map-message.ts'
import type { Message } from '../messages/message.ts'
import type { BodyInput, MessageFactory } from '../messages/message-of.ts'
import type { ObjectMessage } from '../messages/object-message.ts'
import type { StreamMessage } from '../messages/stream-message.ts'
import type { TextMessage } from '../messages/text-message.ts'
import type { MessageInput } from '../messages/values.ts'
import type { MessageProducer } from '../producer.ts'
import { type ManyOptions, request, requestMany, type RequestOptions } from '../requests/request.ts'
import { type RequestHandler, respond, type Responder, type RespondOptions } from '../requests/respond.ts'
import type { Session } from '../session.ts'
import type { WaitOptions } from '../wait.ts'
import { JMSConsumer } from './jms-consumer.ts'
import { JMSProducer } from './jms-producer.ts'

/** How a context connects, and what session it has. */
export interface ContextOptions extends Credentials, WaitOptions {
  /** AUTO when absent. */
  sessionMode?: AcknowledgeMode
}

/**
 * A connection and a session in one (JMS 2.0 ConnectionFactory.createContext). Rejects as `createConnection` and
 * `createSession` do.
 */
export async function createContext(factory: ConnectionFactory, options: ContextOptions = {}): Promise<JMSContext> {
  const { sessionMode, ...rest } = options
  return JMSContext.over(await factory.createConnection(rest), sessionMode)
}

/** A connection and the contexts on it: the last one to go closes it. */
interface SharedConnection {
  readonly connection: Connection
  contexts: number
}

/**
 * A connection and a session in one (JMS 2.0 JMSContext): what most programs need. Made by the function
 * `createContext`; the method of that name here makes another session on the same connection. The first consumer or
 * browser starts the delivery, unless `autoStart` is false.
 *
 * `await using context = ...` closes it, and the connection with the last context on it.
 */
export class JMSContext implements MessageFactory, AsyncDisposable {
  /** true: consumers and browsers start the connection. */
  autoStart = true
  readonly #shared: SharedConnection
  readonly #session: Session
  /** One anonymous producer for all that `createProducer` makes. */
  #producer: Promise<MessageProducer> | null = null
  #closing: Promise<void> | null = null

  private constructor(shared: SharedConnection, session: Session) {
    this.#shared = shared
    this.#session = session
  }

  /** Use the function `createContext`. The context owns the connection from now on. */
  static async over(connection: Connection, sessionMode: AcknowledgeMode | undefined): Promise<JMSContext> {
    try {
      return await JMSContext.#on({ connection, contexts: 0 }, sessionMode)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  static async #on(shared: SharedConnection, sessionMode: AcknowledgeMode | undefined): Promise<JMSContext> {
    // Counted before the wait, so that another context that closes meanwhile leaves the connection open.
    shared.contexts++
    try {
      const options = sessionMode === undefined ? {} : { acknowledgeMode: sessionMode }
      return new JMSContext(shared, await shared.connection.createSession(options))
    } catch (error) {
      shared.contexts--
      throw error
    }
  }

  /** Another context on the same connection, with a session of its own. AUTO when there is no mode. */
  async createContext(sessionMode?: AcknowledgeMode): Promise<JMSContext> {
    this.#requireOpen()
    return JMSContext.#on(this.#shared, sessionMode)
  }

  /** For what the context does not have. */
  get connection(): Connection {
    return this.#shared.connection
  }

  /** For what the context does not have. */
  get session(): Session {
    return this.#session
  }

  get sessionMode(): AcknowledgeMode {
    return this.#session.acknowledgeMode
  }

  get transacted(): boolean {
    return this.#session.transacted
  }

  /** Set with `createContext(factory, { clientID })`: a context has opened its connection, and so it is too late. */
  get clientID(): string | undefined {
    return this.connection.clientID
  }

  get metaData(): ConnectionMetaData {
    return this.connection.metaData
  }

  get brokerInfo(): BrokerInfo | undefined {
    return this.connection.brokerInfo
  }

  /** The events of the connection. */
  on<Name extends keyof ConnectionEvents>(name: Name, listener: (payload: ConnectionEvents[Name]) => void): this {
    this.connection.on(name, listener)
    return this
  }

  off<Name extends keyof ConnectionEvents>(name: Name, listener: (payload: ConnectionEvents[Name]) => void): this {
    this.connection.off(name, listener)
    return this
  }

  /** JMS: `setExceptionListener`. */
  setExceptionListener(listener: (error: ConnectionEvents['exception']) => void): void {
    this.connection.on('exception', listener)
  }

  async start(): Promise<void> {
    this.#requireOpen()
    await this.connection.start()
  }

  /** Of all contexts on the connection. */
  async stop(): Promise<void> {
    this.#requireOpen()
    await this.connection.stop()
  }

  // Destinations.

  createQueue<T = unknown>(name: string): Queue<T> {
    return this.#session.createQueue(name)
  }

  createTopic<T = unknown>(name: string): Topic<T> {
    return this.#session.createTopic(name)
  }

  createTemporaryQueue(wait?: WaitOptions): Promise<TemporaryQueue> {
    return this.#session.createTemporaryQueue(wait)
  }

  createTemporaryTopic(wait?: WaitOptions): Promise<TemporaryTopic> {
    return this.#session.createTemporaryTopic(wait)
  }

  // Producers and consumers.

  /** Settings for sending; all of a context share one producer at the broker, so that this costs nothing. */
  async createProducer(): Promise<JMSProducer> {
    this.#requireOpen()
    this.#producer ??= this.#session.createProducer()
    const opening = this.#producer
    try {
      return new JMSProducer(this, await opening)
    } catch (error) {
      if (this.#producer === opening) this.#producer = null
      throw error
    }
  }

  async createConsumer(destination: Destination, options?: ConsumerOptions): Promise<JMSConsumer> {
    return this.#consumer(await this.#session.createConsumer(destination, options))
  }

  async createDurableConsumer(topic: Topic, name: string, options?: ConsumerOptions): Promise<JMSConsumer> {
    return this.#consumer(await this.#session.createDurableConsumer(topic, name, options))
  }

  async createSharedConsumer(topic: Topic, name: string, options?: ConsumerOptions): Promise<JMSConsumer> {
    return this.#consumer(await this.#session.createSharedConsumer(topic, name, options))
  }

  async createSharedDurableConsumer(topic: Topic, name: string, options?: ConsumerOptions): Promise<JMSConsumer> {
    return this.#consumer(await this.#session.createSharedDurableConsumer(topic, name, options))
  }

  async createBrowser(queue: Queue | TemporaryQueue, selector?: string): Promise<QueueBrowser> {
    const browser = this.#session.createBrowser(queue, selector)
    await this.#autoStart()
    return browser
  }

  unsubscribe(name: string, wait?: WaitOptions): Promise<void> {
    return this.#session.unsubscribe(name, wait)
  }

  /** See `request`. Starts the connection, unless `autoStart` is false. */
  async request(destination: Destination, body: BodyInput, options?: RequestOptions): Promise<Message> {
    await this.#autoStart()
    return request(this.connection, destination, body, options)
  }

  /** See `requestMany`. The connection must be started. */
  requestMany(
    destination: Destination,
    body: BodyInput,
    options?: ManyOptions,
  ): AsyncGenerator<Message, void, undefined> {
    return requestMany(this.connection, destination, body, options)
  }

  /** See `respond`. Starts the connection, unless `autoStart` is false. */
  async respond(destination: Destination, handler: RequestHandler, options?: RespondOptions): Promise<Responder> {
    const responder = await respond(this.#session, destination, handler, options)
    await this.#autoStart()
    return responder
  }

  // Messages.

  createMessage(): Message {
    return this.#session.createMessage()
  }

  createTextMessage(text?: string | null): TextMessage {
    return this.#session.createTextMessage(text)
  }

  createBytesMessage(bytes?: Uint8Array): BytesMessage {
    return this.#session.createBytesMessage(bytes)
  }

  createMapMessage(
    entries?: { readonly [name: string]: MessageInput } | ReadonlyMap<string, MessageInput>,
  ): MapMessage {
    return this.#session.createMapMessage(entries)
  }

  createStreamMessage(values?: Iterable<MessageInput>): StreamMessage {
    return this.#session.createStreamMessage(values)
  }

  createObjectMessage(bytes?: Uint8Array | null): ObjectMessage {
    return this.#session.createObjectMessage(bytes)
  }

  // Acknowledgement and transactions.

  /** CLIENT and INDIVIDUAL mode: everything that this context has delivered. */
  acknowledge(): Promise<void> {
    return this.#session.acknowledge()
  }

  recover(): Promise<void> {
    return this.#session.recover()
  }

  commit(wait?: WaitOptions): Promise<void> {
    return this.#session.commit(wait)
  }

  rollback(wait?: WaitOptions): Promise<void> {
    return this.#session.rollback(wait)
  }

  /** Closes the session, and the connection when this was the last context on it. Idempotent. */
  close(wait: WaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close(wait)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(wait: WaitOptions): Promise<void> {
    try {
      await this.#session.close(wait)
    } finally {
      this.#shared.contexts--
      if (this.#shared.contexts === 0) await this.connection.close(wait)
    }
  }

  async #consumer(consumer: MessageConsumer): Promise<JMSConsumer> {
    await this.#autoStart()
    return new JMSConsumer(consumer)
  }

  async #autoStart(): Promise<void> {
    if (this.autoStart && !this.connection.started) await this.start()
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw new AlreadyClosedError('the context is closed')
  }
}
