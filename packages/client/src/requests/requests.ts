import type { Connection } from '../connection.ts'
import type { Destination, TemporaryQueue } from '../destination.ts'
import { ConnectionClosedError, type JMSError, localError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import type { MessageProducer } from '../producer.ts'
import type { SendOptions } from '../send.ts'
import type { Session } from '../session.ts'

/** One request that waits for replies. */
export interface Exchange {
  replied(reply: Message): void
  /** No reply will come. May be told more than once; the first counts. */
  failed(error: JMSError): void
}

type OpenCall = (channel: RequestChannel) => void
type FailedCall = (error: JMSError) => void

const ofConnection = new WeakMap<Connection, Requests>()

/** The requests of a connection: one temporary queue for all of them, made with the first. */
export function requestsOf(connection: Connection): Requests {
  let requests = ofConnection.get(connection)
  if (requests === undefined) {
    requests = new Requests(connection)
    ofConnection.set(connection, requests)
  }
  return requests
}

/**
 * The state of a connection's requests: not open, opening with calls that wait in their order, or open. What fails to
 * open is tried anew with the next request.
 */
export class Requests {
  readonly #connection: Connection
  #channel: RequestChannel | null = null
  #waiting: { open: OpenCall; failed: FailedCall }[] = []

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** `open` is called at once when there is a channel, else when there is; otherwise `failed`. */
  whenOpen(open: OpenCall, failed: FailedCall): void {
    if (this.#channel !== null) {
      open(this.#channel)
      return
    }
    this.#waiting.push({ open, failed })
    if (this.#waiting.length > 1) return
    RequestChannel.open(this.#connection).then(
      (channel) => {
        this.#channel = channel
        for (const call of this.#take()) call.open(channel)
      },
      (error: unknown) => {
        for (const call of this.#take()) call.failed(localError(error))
      },
    )
  }

  #take(): { open: OpenCall; failed: FailedCall }[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }
}

/** The temporary queue, who listens to it, and who waits for what. */
export class RequestChannel {
  readonly session: Session
  readonly queue: TemporaryQueue
  readonly #producer: MessageProducer
  readonly #prefix: string
  #count = 0
  /** By correlation id, and by message id for those who answer with that: two entries for one exchange. */
  readonly #exchanges = new Map<string, Exchange>()

  private constructor(session: Session, queue: TemporaryQueue, producer: MessageProducer) {
    this.session = session
    this.queue = queue
    this.#producer = producer
    // Unique everywhere, because the connection id is.
    this.#prefix = `${session.connection.id.value}:request:`
  }

  static async open(connection: Connection): Promise<RequestChannel> {
    const session = await connection.createSession()
    const queue = await session.createTemporaryQueue()
    const channel = new RequestChannel(session, queue, await session.createProducer())
    const consumer = await session.createConsumer(queue)
    await consumer.setMessageListener((reply) => channel.#replied(reply))
    connection.on('closed', ({ error }) => {
      channel.#failed(error ?? new ConnectionClosedError('the connection was closed before the reply came'))
    })
    return channel
  }

  /** Sends the request; returns what forgets it. */
  send(destination: Destination, message: Message, options: SendOptions, exchange: Exchange): () => void {
    const correlation = `${this.#prefix}${++this.#count}`
    message.jmsCorrelationID = correlation
    message.jmsReplyTo = this.queue
    // Before the send: with a broker in this process the reply may come within the call.
    this.#exchanges.set(correlation, exchange)
    const sent = this.#producer.send(destination, message, options)
    // Set within the call, unless it was refused.
    const id = message.jmsMessageID
    if (id !== null) this.#exchanges.set(id, exchange)
    const leave = (): void => {
      this.#exchanges.delete(correlation)
      if (id !== null) this.#exchanges.delete(id)
    }
    sent.catch((error: unknown) => {
      leave()
      exchange.failed(localError(error))
    })
    return leave
  }

  #replied(reply: Message): void {
    const correlation = reply.jmsCorrelationID
    const exchange = correlation === null ? undefined : this.#exchanges.get(correlation)
    if (exchange !== undefined) {
      exchange.replied(reply)
      return
    }
    const { log } = this.session.connection.settings
    log.debug({ correlation, queue: this.queue.name }, 'a reply that nobody waits for was dropped')
  }

  #failed(error: JMSError): void {
    const exchanges = new Set(this.#exchanges.values())
    this.#exchanges.clear()
    for (const exchange of exchanges) exchange.failed(error)
  }
}
