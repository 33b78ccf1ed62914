import type { Connection } from './connection.ts'
import type { MessageConsumer } from './consumer/consumer.ts'
import { type Destination, destinationFromWire, Topic } from './destination.ts'
import { IllegalStateError, NotStartedError } from './errors.ts'
import type { Message } from './messages/message.ts'
import type { Session } from './session.ts'
import { checkSignal, type WaitOptions } from './wait.ts'

/** A message that the broker keeps back until its time. */
export interface ScheduledMessage {
  /** As it was sent, with the properties that schedule it. */
  readonly message: Message
  /** What the broker calls it. */
  readonly jobId: string
  /** What its sender calls it: its property `millraceScheduleKey`. */
  readonly key: string | null
  /** Where it will go. */
  readonly destination: Destination | null
  /** When it is due next, ms since 1970; null: the broker does not say. */
  readonly dueTime: number | null
}

/** Which scheduled messages are meant: those that are due between two moments, these included. */
export interface ScheduleRange extends WaitOptions {
  /** Ms since 1970, or a date. Without both `from` and `to`: all. */
  from?: number | Date
  /** Ms since 1970, or a date. */
  to?: number | Date
}

/** One scheduled message: by its job id, or by its sender's own key, which only Millrace knows. */
export type ScheduleName = string | { readonly key: string }

/** When a scheduled message is to be due instead: so many ms from now, or at a moment. */
export type ScheduleTime = number | Date

/** How long nothing may come from a broker that does not say where a list ends, or how many it were. */
const SILENCE_MS = 2_000

/**
 * Looks at the messages that a broker keeps back, and cancels or postpones them. By messages to the topic
 * `ActiveMQ.Scheduler.Management`, so `list` and cancelling by job id or range work on ActiveMQ, too; that one does not
 * say where a list ends: after `timeout` (2 s) without another. The connection must be started. Each call has a session of
 * its own.
 */
export class ScheduledMessages {
  readonly #connection: Connection

  /** Use `scheduledMessages`. */
  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** In the order of their times. Rejects with NotStartedError, AbortError. */
  async *list(range: ScheduleRange = {}): AsyncGenerator<ScheduledMessage, void, undefined> {
    const { timeout = SILENCE_MS, signal } = range
    checkSignal(signal)
    await using request = await this.#request()
    request.message.setStringProperty(ACTION, 'BROWSE')
    setRange(request.message, range)
    await request.send()
    for (;;) {
      const reply = await request.replies.receive({ timeout, ...(signal === undefined ? {} : { signal }) })
      if (reply === null || countOf(reply) !== null) return
      yield scheduledOf(reply)
    }
  }

  /**
   * It will not be delivered any more. Resolves when that is safe, to whether there was one; null: the broker does not say.
   */
  async cancel(name: ScheduleName, wait: WaitOptions = {}): Promise<boolean | null> {
    const count = await this.#count((message) => {
      message.setStringProperty(ACTION, 'REMOVE')
      setName(message, name)
    }, wait)
    return count === null ? null : count > 0
  }

  /** Cancels all, or all of a range. Resolves to how many there were; null: the broker does not say. */
  async cancelAll(range: ScheduleRange = {}): Promise<number | null> {
    return await this.#count((message) => {
      message.setStringProperty(ACTION, 'REMOVEALL')
      setRange(message, range)
    }, range)
  }

  /**
   * Gives it another time for its next delivery. Only Millrace can. Resolves when that is safe, to whether there was one.
   */
  async postpone(name: ScheduleName, to: ScheduleTime, wait: WaitOptions = {}): Promise<boolean> {
    const count = await this.#count((message) => {
      message.setStringProperty(ACTION, 'POSTPONE')
      setName(message, name)
      if (typeof to === 'number') message.setLongProperty('AMQ_SCHEDULED_DELAY', to)
      else message.setLongProperty('ACTION_START_TIME', to.getTime())
    }, wait)
    if (count === null) throw new IllegalStateError('this broker does not postpone scheduled messages')
    return count > 0
  }

  async #count(prepare: (message: Message) => void, wait: WaitOptions): Promise<number | null> {
    const { timeout = SILENCE_MS, signal } = wait
    checkSignal(signal)
    await using request = await this.#request()
    prepare(request.message)
    await request.send()
    const reply = await request.replies.receive({ timeout, ...(signal === undefined ? {} : { signal }) })
    return reply === null ? null : countOf(reply)
  }

  async #request(): Promise<Request> {
    if (!this.#connection.started) throw new NotStartedError('the scheduler answers on a started connection only')
    const session = await this.#connection.createSession()
    const queue = await session.createTemporaryQueue()
    const replies = await session.createConsumer(queue)
    const message = session.createMessage()
    message.jmsReplyTo = queue
    message.setBooleanProperty('millraceScheduleAnswer', true)
    return new Request(session, replies, message)
  }
}

/** The messages that the broker of this connection keeps back. */
export function scheduledMessages(connection: Connection): ScheduledMessages {
  return new ScheduledMessages(connection)
}

const ACTION = 'AMQ_SCHEDULER_ACTION'

class Request implements AsyncDisposable {
  readonly message: Message
  readonly replies: MessageConsumer
  readonly #session: Session

  constructor(session: Session, replies: MessageConsumer, message: Message) {
    this.#session = session
    this.replies = replies
    this.message = message
  }

  async send(): Promise<void> {
    await using producer = await this.#session.createProducer(new Topic('ActiveMQ.Scheduler.Management'))
    await producer.send(this.message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const queue = this.message.jmsReplyTo
    await this.replies.close()
    if (queue !== null) await this.#session.connection.deleteDestination(queue)
    await this.#session.close()
  }
}

function setName(message: Message, name: ScheduleName): void {
  if (typeof name === 'string') message.setStringProperty('scheduledJobId', name)
  else message.setStringProperty('millraceScheduleKey', name.key)
}

function setRange(message: Message, { from, to }: ScheduleRange): void {
  if (from === undefined && to === undefined) return
  message.setLongProperty('ACTION_START_TIME', from === undefined ? 0 : Number(from))
  message.setLongProperty('ACTION_END_TIME', to === undefined ? Number.MAX_SAFE_INTEGER : Number(to))
}

function countOf(reply: Message): number | null {
  const count = reply.getObjectProperty('millraceScheduleCount')
  return typeof count === 'number' ? count : null
}

function scheduledOf(message: Message): ScheduledMessage {
  const { originalDestination } = message.wire
  const due = message.getObjectProperty('millraceScheduleTime')
  return {
    message,
    jobId: message.getStringProperty('scheduledJobId') ?? '',
    key: message.getStringProperty('millraceScheduleKey'),
    destination: originalDestination === null ? null : destinationFromWire(originalDestination),
    dueTime: typeof due === 'bigint' || typeof due === 'number' ? Number(due) : null,
  }
}
