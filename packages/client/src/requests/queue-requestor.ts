import type { MessageConsumer } from '../consumer/consumer.ts'
import type { Queue, TemporaryQueue } from '../destination.ts'
import { IllegalStateError, RequestTimedOutError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import type { MessageProducer } from '../producer.ts'
import type { Session } from '../session.ts'
import type { WaitOptions } from '../wait.ts'

/**
 * JMS QueueRequestor, for ported code: one request at a time, over a session of its own, which `close` closes as well.
 * New code uses `request`, which has many under way at once.
 */
export class QueueRequestor implements AsyncDisposable {
  readonly #session: Session
  readonly #queue: TemporaryQueue
  readonly #producer: MessageProducer
  readonly #consumer: MessageConsumer
  #busy = false

  private constructor(session: Session, queue: TemporaryQueue, producer: MessageProducer, consumer: MessageConsumer) {
    this.#session = session
    this.#queue = queue
    this.#producer = producer
    this.#consumer = consumer
  }

  /** Rejects with IllegalStateError for a transacted session: a request in a transaction gets no answer. */
  static async open(session: Session, queue: Queue): Promise<QueueRequestor> {
    if (session.transacted) throw new IllegalStateError('a requestor needs a session that is not transacted')
    const replies = await session.createTemporaryQueue()
    const producer = await session.createProducer(queue)
    return new QueueRequestor(session, replies, producer, await session.createConsumer(replies))
  }

  /**
   * Sets JMSReplyTo, sends, and waits for one reply; without a time-out for ever. Rejects with IllegalStateError while
   * another request is under way, RequestTimedOutError, AbortError, AlreadyClosedError.
   */
  async request(message: Message, wait: WaitOptions = {}): Promise<Message> {
    if (this.#busy) throw new IllegalStateError('a requestor has one request at a time')
    this.#busy = true
    try {
      message.jmsReplyTo = this.#queue
      await this.#producer.send(message, wait.signal === undefined ? {} : { signal: wait.signal })
      const reply = await this.#consumer.receive(wait)
      if (reply !== null) return reply
      this.#session.requireOpen()
      throw new RequestTimedOutError(`no reply within ${wait.timeout ?? 0} ms`)
    } finally {
      this.#busy = false
    }
  }

  /** Closes the session, too, as JMS has it; the temporary queue is deleted. */
  async close(): Promise<void> {
    if (this.#session.closed) return
    await this.#consumer.close()
    await this.#queue.delete()
    await this.#session.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
