import { type Clock, type Linked, LinkedList, type Logger, silentLogger, systemClock } from '@millrace/base'
import { AcknowledgeMode } from '../consumer/acknowledgement.ts'
import type { ConnectionFactory } from '../connection-factory.ts'
import type { Destination } from '../destination.ts'
import { AlreadyClosedError, ConfigurationError, type JMSError, ResourceAllocationError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import { type BodyInput, messageOf } from '../messages/message-of.ts'
import { unknownOption } from '../options.ts'
import { request, type RequestOptions } from '../requests/request.ts'
import type { SendOptions } from '../send.ts'
import type { Session, SessionOptions } from '../session.ts'
import { checkSignal, type WaitOptions, watch } from '../wait.ts'
import { PooledConnection } from './pooled-connection.ts'
import { PooledSession } from './pooled-session.ts'

/** The names are those of the model system's pool. Times in ms. */
export interface PoolOptions {
  /** Connections at most. In Node one is usually enough; more spread the work over several sockets. 1. */
  maxConnections?: number
  /** Sessions lent at once, per connection and acknowledge mode. 500. */
  maximumActiveSessionPerConnection?: number
  /** true: wait for a session to come back when all are lent; false: reject with ResourceAllocationError. true. */
  blockIfSessionPoolIsFull?: boolean
  /** How long to wait then; -1: for ever. -1. */
  blockIfSessionPoolIsFullTimeout?: number
  /** Calls that may wait for a session; one more rejects with ResourceAllocationError. 10000. */
  maxWaiting?: number
  /** A connection of which nothing is lent is closed after this long; 0: never. 30000. */
  idleTimeout?: number
  /** A connection this old is lent no more, and closed when all of it is back; 0: never. 0. */
  expiryTimeout?: number
  /** The limit for opening a connection. 30000. */
  connectionTimeout?: number
  /** A connection that has reported an `'exception'` is lent no more. true. */
  reconnectOnException?: boolean
}

/** The session that is wanted from a pool, and how long to wait for it. */
export interface AcquireOptions extends SessionOptions, WaitOptions {}

const DEFAULTS: Required<PoolOptions> = {
  maxConnections: 1,
  maximumActiveSessionPerConnection: 500,
  blockIfSessionPoolIsFull: true,
  blockIfSessionPoolIsFullTimeout: -1,
  maxWaiting: 10_000,
  idleTimeout: 30_000,
  expiryTimeout: 0,
  connectionTimeout: 30_000,
  reconnectOnException: true,
}

/** A call that waits for a session to come back. */
interface Waiter extends Linked<Waiter> {
  readonly mode: AcknowledgeMode
  /** A place on this connection is the caller's from now on. */
  granted(connection: PooledConnection): void
  failed(error: JMSError): void
}

/**
 * Lends sessions of a few started connections, and takes them back as good as new. For programs that need a session here
 * and there for a moment: making one costs little, a producer a round trip, a connection several.
 *
 * Consumers are not pooled, because messages that the broker has sent ahead would be stuck in them: when a session comes
 * back they are closed. `await using pool = ...` closes it at the end of the block.
 */
export class ConnectionPool implements AsyncDisposable {
  readonly #factory: ConnectionFactory
  readonly #options: Required<PoolOptions>
  readonly #clock: Clock
  readonly #log: Logger
  /** Those that may be lent from; one that is retired is no longer here. */
  readonly #connections = new Set<PooledConnection>()
  readonly #retired = new Set<PooledConnection>()
  readonly #waiters = new LinkedList<Waiter>()
  #closing: Promise<void> | null = null

  /** Opens nothing yet. Throws ConfigurationError for unknown options and impossible numbers. */
  constructor(factory: ConnectionFactory, options: PoolOptions = {}) {
    for (const name of Object.keys(options)) {
      if (!Object.hasOwn(DEFAULTS, name)) throw unknownOption(name, Object.keys(DEFAULTS))
    }
    this.#factory = factory
    this.#options = { ...DEFAULTS, ...options }
    for (const name of ['maxConnections', 'maximumActiveSessionPerConnection'] as const) {
      const value = this.#options[name]
      if (!(value >= 1)) throw new ConfigurationError(`option "${name}" is at least 1, got ${value}`)
    }
    this.#clock = factory.options.clock ?? systemClock
    this.#log = factory.options.log ?? silentLogger
  }

  /** Connections that may be lent from, open or opening. Retired ones, which finish what is lent of them, are not. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /** Sessions that are lent. */
  get lentCount(): number {
    let count = 0
    for (const connection of [...this.#connections, ...this.#retired]) count += connection.lent
    return count
  }

  /** Calls that wait for a session. */
  get waitingCount(): number {
    return this.#waiters.length
  }

  /**
   * A session of the mode that is asked for (AUTO when absent), to be given back with `release()`, or by `await using`.
   * Rejects with ResourceAllocationError when all are lent and there is no waiting (any more), AlreadyClosedError,
   * AbortError, RequestTimedOutError, and what opening a connection rejects with.
   */
  async acquire(options: AcquireOptions = {}): Promise<PooledSession> {
    this.#requireOpen()
    checkSignal(options.signal)
    const mode =
      options.transacted === true
        ? AcknowledgeMode.SESSION_TRANSACTED
        : (options.acknowledgeMode ?? AcknowledgeMode.AUTO)
    const connection = this.#place(mode) ?? (await this.#wait(mode, options))
    try {
      const entry = await connection.session(mode, options)
      return new PooledSession(entry, () => this.#takeBack(connection, mode, entry))
    } catch (error) {
      this.#returned(connection, mode)
      throw error
    }
  }

  /** Lends a session for the time of `work`, and takes it back whatever happens. Open transactions are rolled back. */
  async withSession<R>(work: (session: Session) => Promise<R>, options: AcquireOptions = {}): Promise<R> {
    await using lent = await this.acquire(options)
    return await work(lent.session)
  }

  /** `session.transaction` on a session of the pool: commits when `work` returns, rolls back when it throws. */
  transaction<R>(work: (session: Session) => Promise<R>, options: WaitOptions & { retries?: number } = {}): Promise<R> {
    const { retries, ...wait } = options
    return this.withSession((session) => session.transaction(work, retries === undefined ? {} : { retries }), {
      ...wait,
      transacted: true,
    })
  }

  /** Sends one message: text, bytes, a map, or a message. Settles as `MessageProducer.send`. */
  async send(destination: Destination, body: BodyInput, options: SendOptions = {}): Promise<void> {
    await using lent = await this.acquire(options.signal === undefined ? {} : { signal: options.signal })
    const producer = await lent.producer()
    await producer.send(destination, messageOf(lent.session, body), options)
  }

  /**
   * Receives one message, acknowledged as it is received, or null when none came within `timeout` ms (absent: for ever).
   * For now and then: each call makes a consumer, which asks for one message only.
   */
  async receive(destination: Destination, options: WaitOptions & { selector?: string } = {}): Promise<Message | null> {
    const { selector, ...wait } = options
    await using lent = await this.acquire(options.signal === undefined ? {} : { signal: options.signal })
    const more = selector === undefined ? {} : { selector }
    await using consumer = await lent.session.createConsumer(destination, { prefetchSize: 0, ...more })
    return await consumer.receive(wait)
  }

  /** Asks, and resolves to the reply: `request` over a connection of the pool. */
  async request(destination: Destination, body: BodyInput, options: RequestOptions = {}): Promise<Message> {
    await using lent = await this.acquire(options.signal === undefined ? {} : { signal: options.signal })
    return await request(lent.connection, destination, body, options)
  }

  /** Closes all connections, also what is lent; those who wait get AlreadyClosedError. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A place on a connection, taken; null when all are taken. */
  #place(mode: AcknowledgeMode): PooledConnection | null {
    const { maxConnections, maximumActiveSessionPerConnection } = this.#options
    let best: PooledConnection | null = null
    for (const connection of this.#connections) {
      if (connection.lentOf(mode) >= maximumActiveSessionPerConnection) continue
      // One that has such a session costs nothing; else the one with the least to do.
      if (best === null || connection.rank(mode) < best.rank(mode)) best = connection
    }
    if ((best === null || best.lent > 0) && this.#connections.size < maxConnections) best = this.#connect()
    best?.take(mode)
    return best
  }

  #connect(): PooledConnection {
    const { idleTimeout, expiryTimeout, connectionTimeout, reconnectOnException } = this.#options
    const connection = new PooledConnection(this.#factory, {
      idleTimeout,
      expiryTimeout,
      connectionTimeout,
      reconnectOnException,
      clock: this.#clock,
      log: this.#log,
      retired: () => {
        if (this.#connections.delete(connection)) this.#retired.add(connection)
        // Its place may go to a new connection.
        this.#serve()
      },
      gone: () => this.#retired.delete(connection),
    })
    this.#connections.add(connection)
    connection.open()
    return connection
  }

  #wait(mode: AcknowledgeMode, wait: WaitOptions): Promise<PooledConnection> {
    const { blockIfSessionPoolIsFull, blockIfSessionPoolIsFullTimeout, maxWaiting } = this.#options
    if (!blockIfSessionPoolIsFull) throw new ResourceAllocationError('all sessions of the pool are lent')
    if (this.#waiters.length >= maxWaiting) {
      throw new ResourceAllocationError(`${maxWaiting} calls wait for a session of the pool already`)
    }
    const timeoutMs = wait.timeout ?? Math.max(0, blockIfSessionPoolIsFullTimeout)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        previous: null,
        next: null,
        mode,
        granted: (connection) => {
          end?.()
          resolve(connection)
        },
        failed: (error) => {
          end?.()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      const end = watch(this.#clock, timeoutMs, wait.signal, 'waiting for a session of the pool', (error) => {
        this.#waiters.remove(waiter)
        reject(error)
      })
    })
  }

  /** Gives free places to those who wait, in order; another mode may pass one whose mode is full. */
  #serve(): void {
    for (const waiter of Array.from(this.#waiters)) {
      const connection = this.#closing === null ? this.#place(waiter.mode) : null
      if (connection === null) continue
      this.#waiters.remove(waiter)
      waiter.granted(connection)
    }
  }

  async #takeBack(
    connection: PooledConnection,
    mode: AcknowledgeMode,
    entry: Parameters<PooledConnection['takeBack']>[0],
  ): Promise<void> {
    try {
      await connection.takeBack(entry, mode)
    } finally {
      this.#returned(connection, mode)
    }
  }

  #returned(connection: PooledConnection, mode: AcknowledgeMode): void {
    connection.give(mode)
    this.#serve()
  }

  async #close(): Promise<void> {
    for (let waiter = this.#waiters.shift(); waiter !== null; waiter = this.#waiters.shift()) {
      waiter.failed(new AlreadyClosedError('the pool was closed'))
    }
    const connections = [...this.#connections, ...this.#retired]
    this.#connections.clear()
    await Promise.all(connections.map((connection) => connection.close()))
    this.#retired.clear()
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw new AlreadyClosedError('the pool is closed')
  }
}
