import { type Cancel, type Clock, silentLogger, systemClock } from '@millrace/base'
import { AcknowledgeMode } from './consumer/acknowledgement.ts'
import type { Connection } from './connection.ts'
import type { ConnectionFactory } from './connection-factory.ts'
import type { MessageConsumer } from './consumer/consumer.ts'
import type { ConsumerOptions } from './consumer/consumer-info.ts'
import type { Destination } from './destination.ts'
import { IllegalStateError, type JMSError, localError } from './errors.ts'
import { TypedEmitter } from './events.ts'
import type { Message } from './messages/message.ts'
import { DONE } from './reply.ts'
import type { Session } from './session.ts'
import { type WaitOptions, within } from './wait.ts'

/** The session is the message's own: what is sent on it while transacted goes with the message. */
export type ContainerListener = (message: Message, session: Session, signal: AbortSignal) => void | Promise<void>

/** What a container listens to, and how. */
export interface ListenerContainerOptions {
  destination: Destination
  onMessage: ContainerListener
  /** Selector, prefetch and so on. */
  consumer?: ConsumerOptions
  /** Sessions with one consumer each, and so messages that are handled at once. 1. */
  sessions?: number
  /** AUTO. In CLIENT and INDIVIDUAL mode a message is acknowledged when `onMessage` is done. */
  acknowledgeMode?: AcknowledgeMode
  /** Commits when `onMessage` is done, rolls back when it throws. */
  transacted?: boolean
  /** Told of what `onMessage` threw; the message comes again by the redelivery policy. Logged when absent. */
  onError?: (error: unknown, message: Message) => void
  /** ms from the loss of the connection to the first attempt to open another; doubles with each that fails. 1000. */
  restartDelay?: number
  /** ms at most between two attempts. 30000. */
  restartDelayMax?: number
}

/** What a container tells of itself while it runs. */
export interface ListenerContainerEvents {
  /** The connection is lost, or an attempt failed; the next attempt is in so many ms. */
  interrupted: { readonly error: JMSError; readonly delayMs: number }
  /** Messages are handled again. */
  resumed: undefined
}

interface Running {
  readonly connection: Connection
  readonly consumers: readonly MessageConsumer[]
}

/**
 * Handles the messages of a destination for as long as the program runs: opens a connection of its own with a number of
 * sessions, and another when it is lost. `stop` ends it in order. For services; `await using` stops it at the end of the
 * block.
 */
export class ListenerContainer extends TypedEmitter<ListenerContainerEvents> implements AsyncDisposable {
  readonly #factory: ConnectionFactory
  readonly #options: ListenerContainerOptions
  readonly #clock: Clock
  #starting: Promise<void> | null = null
  #running: Running | null = null
  #stopping: Promise<boolean> | null = null
  #delayMs: number
  #timer: Cancel | null = null
  /** An attempt to open another connection is under way. */
  #restarting: Promise<void> = DONE

  /** Opens nothing yet. */
  constructor(factory: ConnectionFactory, options: ListenerContainerOptions) {
    super(factory.options.log ?? silentLogger)
    this.#factory = factory
    this.#options = options
    this.#clock = factory.options.clock ?? systemClock
    this.#delayMs = options.restartDelay ?? 1000
  }

  /** The connection that is open now. */
  get connection(): Connection | undefined {
    return this.#running?.connection
  }

  /** Resolves when messages are handled. Rejects when that does not come about, and then nothing is tried again. */
  start(wait: WaitOptions = {}): Promise<void> {
    if (this.#stopping !== null) return Promise.reject(new IllegalStateError('the container was stopped'))
    this.#starting ??= this.#open(wait)
    return this.#starting
  }

  /**
   * Takes no more messages, waits for those that are being handled (their signal fires) and for what becomes of them,
   * and closes the connection. `timeout`, ms, 30000: how long to wait for handlers; after that the connection
   * closes within its `closeTimeout`, and the message of one that hangs comes again. Resolves to whether all were done. Idempotent.
   */
  stop(options: { timeout?: number } = {}): Promise<boolean> {
    this.#stopping ??= this.#stop(options.timeout ?? 30_000)
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #open(wait: WaitOptions): Promise<void> {
    const connection = await this.#factory.createConnection(wait)
    try {
      const { sessions = 1 } = this.#options
      const consumers = await Promise.all(Array.from({ length: sessions }, () => this.#consumer(connection)))
      connection.on('closed', ({ error }) => {
        this.#running = null
        if (error !== null) this.#later(error)
      })
      await connection.start()
      this.#running = { connection, consumers }
      this.#delayMs = this.#options.restartDelay ?? 1000
    } catch (error) {
      await connection.close().catch(() => {})
      throw error
    }
  }

  async #consumer(connection: Connection): Promise<MessageConsumer> {
    const { destination, acknowledgeMode, transacted, consumer: options } = this.#options
    const session = await connection.createSession({
      transacted: transacted ?? false,
      ...(acknowledgeMode === undefined ? {} : { acknowledgeMode }),
    })
    const consumer = await session.createConsumer(destination, options)
    await consumer.setMessageListener((message, signal) => this.#handle(message, session, signal))
    return consumer
  }

  async #handle(message: Message, session: Session, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.onMessage(message, session, signal)
      await settled(message, session)
    } catch (error) {
      this.#failed(error, message)
      if (!session.transacted) throw error
      // On a lost connection there is nothing to roll back: the broker has done it.
      if (!session.connection.gone) await session.rollback()
    }
  }

  #failed(error: unknown, message: Message): void {
    const { onError } = this.#options
    if (onError !== undefined) onError(error, message)
    else this.#factory.options.log?.warn({ message: message.jmsMessageID, error }, 'a message could not be handled')
  }

  #later(error: JMSError): void {
    if (this.#stopping !== null || this.#timer !== null) return
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * 2, this.#options.restartDelayMax ?? 30_000)
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = null
      this.#restarting = this.#restart()
    })
    this.emit('interrupted', { error, delayMs })
  }

  async #restart(): Promise<void> {
    try {
      await this.#open({})
    } catch (error) {
      this.#later(localError(error))
      return
    }
    this.emit('resumed', undefined)
  }

  async #stop(timeout: number): Promise<boolean> {
    this.#timer?.()
    await Promise.allSettled([this.#starting, this.#restarting])
    const running = this.#running
    if (running === null) return true
    const { connection, consumers } = running
    const done = Promise.all(consumers.map((consumer) => consumer.close()))
    try {
      await within(this.#clock, done, { timeout }, 'stopping the listeners')
    } catch {
      // A handler that hangs must not hold up the end: its connection goes without it.
      connection
        .close()
        .catch((error: unknown) => this.#factory.options.log?.warn({ error }, 'a connection did not close'))
      return false
    }
    await connection.close()
    return true
  }
}

async function settled(message: Message, session: Session): Promise<void> {
  switch (session.acknowledgeMode) {
    case AcknowledgeMode.SESSION_TRANSACTED:
      await session.commit()
      break
    case AcknowledgeMode.CLIENT:
    case AcknowledgeMode.INDIVIDUAL:
      await message.acknowledge()
      break
    default:
      break
  }
}
