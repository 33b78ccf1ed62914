import { AcknowledgeMode } from '../consumer/acknowledgement.ts'
import type { MessageConsumer } from '../consumer/consumer.ts'
import type { ConsumerOptions } from '../consumer/consumer-info.ts'
import type { Destination } from '../destination.ts'
import { InvalidDestinationError } from '../errors.ts'
import { DeliveryMode, type Message } from '../messages/message.ts'
import { type BodyInput, messageOf } from '../messages/message-of.ts'
import type { MessageProducer } from '../producer.ts'
import type { Session } from '../session.ts'
import { markEnd, markError } from './reply-marks.ts'

/** undefined: no reply. An async iterable, such as what an `async function*` returns: each value is a reply. */
export type Answer = BodyInput | undefined | void | AsyncIterable<BodyInput>

/** The signal fires when the responder closes. */
export type RequestHandler = (request: Message, signal: AbortSignal) => Answer | Promise<Answer>

/** How `respond` takes requests. */
export interface RespondOptions extends ConsumerOptions {
  /** NON_PERSISTENT: whoever asked is waiting now, or does not want the reply any more. */
  deliveryMode?: DeliveryMode
  /** ms until a reply that nobody fetched is dead; 0: never. */
  timeToLive?: number
  /**
   * When the handler throws: `'redeliver'` the request comes again, by the redelivery policy; `'reply'` the text of the
   * error is the reply, and `request` on the other side rejects with RequestFailedError. `'redeliver'`.
   */
  onError?: 'redeliver' | 'reply'
}

/** Answers requests until it is closed. `await using responder = ...` closes it at the end of the block. */
export class Responder implements AsyncDisposable {
  readonly consumer: MessageConsumer
  readonly #producer: MessageProducer

  /** Use `respond`. */
  constructor(consumer: MessageConsumer, producer: MessageProducer) {
    this.consumer = consumer
    this.#producer = producer
  }

  /** Waits for the handler that is running, and for its reply. Idempotent. */
  async close(): Promise<void> {
    await this.consumer.close()
    await this.#producer.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/**
 * Answers what comes to `destination`: what the handler returns goes to the request's JMSReplyTo, with its
 * JMSCorrelationID, or its JMSMessageID when it has none. One request at a time per session, or with an INDIVIDUAL session
 * `concurrency` of them; in every mode it is acknowledged when the reply is with the broker. In a transacted session request and reply are one transaction. A request without
 * JMSReplyTo is handled, and its result dropped; so is a reply whose temporary queue is gone.
 */
export async function respond(
  session: Session,
  destination: Destination,
  handler: RequestHandler,
  options: RespondOptions = {},
): Promise<Responder> {
  const {
    deliveryMode = DeliveryMode.NON_PERSISTENT,
    timeToLive = 0,
    onError = 'redeliver',
    ...consumerOptions
  } = options
  const producer = await session.createProducer()
  producer.deliveryMode = deliveryMode
  producer.timeToLive = timeToLive
  const replies = new Replies(session, producer)
  const { acknowledgeMode } = session
  const acknowledges = acknowledgeMode === AcknowledgeMode.CLIENT || acknowledgeMode === AcknowledgeMode.INDIVIDUAL
  const consumer = await session.createConsumer(destination, consumerOptions)
  await consumer.setMessageListener(async (request, signal) => {
    try {
      await replies.answer(request, await answered(handler, request, signal, onError, session))
      if (session.transacted) await session.commit()
      else if (acknowledges) await request.acknowledge()
    } catch (error) {
      if (session.transacted && !session.closed) await session.rollback()
      throw error
    }
  })
  return new Responder(consumer, producer)
}

async function answered(
  handler: RequestHandler,
  request: Message,
  signal: AbortSignal,
  onError: 'redeliver' | 'reply',
  session: Session,
): Promise<Answer> {
  if (onError === 'redeliver') return handler(request, signal)
  try {
    return await handler(request, signal)
  } catch (error) {
    session.connection.settings.log.warn({ request: request.jmsMessageID, error }, 'a request handler threw')
    return markError(session.createMessage(), error)
  }
}

/** Sends replies; each is confirmed, so that a reply queue that is gone is known here and nowhere else. */
class Replies {
  readonly #session: Session
  readonly #producer: MessageProducer

  constructor(session: Session, producer: MessageProducer) {
    this.#session = session
    this.#producer = producer
  }

  async answer(request: Message, answer: Answer): Promise<void> {
    if (answer === undefined) return
    if (!isIterable(answer)) {
      await this.#send(request, messageOf(this.#session, answer))
      return
    }
    for await (const body of answer) {
      // Nobody listens any more, so the handler's `finally` may run.
      if (!(await this.#send(request, messageOf(this.#session, body)))) return
    }
    await this.#send(request, markEnd(this.#session.createMessage()))
  }

  async #send(request: Message, reply: Message): Promise<boolean> {
    const to = request.jmsReplyTo
    const { log } = this.#session.connection.settings
    if (to === null) {
      log.debug({ request: request.jmsMessageID }, 'a request without JMSReplyTo: its result was dropped')
      return false
    }
    reply.jmsCorrelationID = request.jmsCorrelationID ?? request.jmsMessageID
    try {
      await this.#producer.send(to, reply, { confirm: true })
      return true
    } catch (error) {
      if (!(error instanceof InvalidDestinationError)) throw error
      log.debug({ request: request.jmsMessageID, replyTo: to.toString() }, 'nobody waits for this reply any more')
      return false
    }
  }
}

function isIterable(answer: BodyInput | AsyncIterable<BodyInput>): answer is AsyncIterable<BodyInput> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}
