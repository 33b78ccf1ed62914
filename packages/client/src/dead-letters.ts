import type { Connection } from './connection.ts'
import { type Destination, destinationFromWire, Queue } from './destination.ts'
import { InvalidDestinationError, NotStartedError } from './errors.ts'
import type { Message } from './messages/message.ts'
import { TypedValue } from './messages/values.ts'
import { RedeliveryPolicy } from './redelivery-policy.ts'
import { DONE } from './reply.ts'
import { and, or, property, selector } from './selector.ts'
import type { Session } from './session.ts'
import { checkSignal } from './wait.ts'

/** What is known of a message that nobody could take. */
export interface DeadLetter {
  readonly message: Message
  /** Why it is here, as far as someone said. */
  readonly cause: string | null
  /** Where it was sent to. */
  readonly originalDestination: Destination | null
  /** When it died of age, ms since 1970; null: it did not. */
  readonly originalExpiration: number | null
}

/** Which dead letters are meant; all that is given must hold. */
export interface DeadLetterFilter {
  /** Only messages that match. */
  selector?: string
  /** Messages at most. No limit when absent. */
  limit?: number
  /** Gives up between two messages: rejects with AbortError. What is committed stays so. */
  signal?: AbortSignal
}

/** Which dead letters are sent again, and where to. */
export interface ReplayOptions extends DeadLetterFilter {
  /** Instead of where each was sent to. */
  to?: Destination
}

const CAUSE = 'dlqDeliveryFailureCause'
const EXPIRATION = 'originalExpiration'
/** Begins what Millrace alone adds. */
const OURS = 'MillraceDeadLetter'
/** On what was replayed: which replay it was. One that dies again is not replayed again by the same call. */
const REPLAY = 'MillraceReplay'
/** Looks at a dead letter queue, and sends on or throws away what is there. */
export class DeadLetters {
  readonly queue: Queue
  readonly #connection: Connection

  /** Without a queue: `ActiveMQ.DLQ`. */
  constructor(connection: Connection, queue: Queue | string = 'ActiveMQ.DLQ') {
    this.#connection = connection
    this.queue = typeof queue === 'string' ? new Queue(queue) : queue
  }

  /** From the oldest; nothing is taken away. A broker may show only the first few hundred. */
  async *list(filter: DeadLetterFilter = {}): AsyncGenerator<DeadLetter, void, undefined> {
    const { limit, signal } = filter
    await using session = await this.#connection.createSession()
    await using browser = session.createBrowser(this.queue, filter.selector)
    const options = { ...(limit === undefined ? {} : { limit }), ...(signal === undefined ? {} : { signal }) }
    for await (const message of browser.messages(options)) yield deadLetterOf(message)
  }

  /**
   * Sends dead letters again to where they were sent to, or `to`: with their body, headers and properties, but without
   * cause and expiration, and with the property `MillraceReplay`; one that dies again meanwhile is left. Each is taken
   * and sent in one transaction. Resolves to how many. Rejects with InvalidDestinationError at one that does not say
   * where it came from, or came from a temporary destination: that one stays, and what was replayed before it is.
   */
  async replay(options: ReplayOptions = {}): Promise<number> {
    const run = this.#connection.settings.ids.next('replay')
    const fresh = or(selector`${property(REPLAY)} IS NULL`, selector`${property(REPLAY)} <> ${run}`)
    const wanted = options.selector === undefined ? fresh : and(options.selector, fresh)
    await using session = await this.#connection.createSession({ transacted: true })
    await using producer = await session.createProducer()
    return await this.#take(session, { ...options, selector: wanted }, async (message) => {
      const { originalDestination } = deadLetterOf(message)
      const to = options.to ?? originalDestination
      if (to === null || (options.to === undefined && to.temporary)) {
        throw new InvalidDestinationError(`${message.toString()} cannot go back to ${String(to)}; say where with "to"`)
      }
      const { jmsPriority: priority, jmsDeliveryMode: deliveryMode } = message
      await producer.send(to, revived(message, run), { priority, deliveryMode })
    })
  }

  /** Throws dead letters away. Resolves to how many. */
  async discard(filter: DeadLetterFilter = {}): Promise<number> {
    await using session = await this.#connection.createSession({ transacted: true })
    return await this.#take(session, filter, () => DONE)
  }

  /** Takes one after another, each in a transaction of its own, until there are no more. */
  async #take(session: Session, filter: DeadLetterFilter, work: (message: Message) => Promise<void>): Promise<number> {
    if (!this.#connection.started) throw new NotStartedError('dead letters are taken on a started connection only')
    const { selector: wanted, limit = Infinity, signal } = filter
    // One by one: nothing is sent ahead that is to stay.
    const consumer = await session.createConsumer(this.queue, {
      prefetchSize: 0,
      ...(wanted === undefined ? {} : { selector: wanted }),
    })
    // However often it was delivered in its lives: what is given up here would be gone.
    consumer.redeliveryPolicy = new RedeliveryPolicy({ maximumRedeliveries: -1 })
    let count = 0
    while (count < limit) {
      checkSignal(signal)
      const message = await consumer.receiveNoWait()
      if (message === null) break
      // What is open when `work` throws is rolled back with the session.
      await work(message)
      await session.commit()
      count++
    }
    return count
  }
}

function deadLetterOf(message: Message): DeadLetter {
  const { originalDestination } = message.wire
  const expiration = message.getObjectProperty(EXPIRATION)
  return {
    message,
    // The class is only how a client of OpenWire has to wrap a text.
    cause: message.getStringProperty(CAUSE)?.replace(/^java\.lang\.Throwable: /, '') ?? null,
    originalDestination: originalDestination === null ? null : destinationFromWire(originalDestination),
    originalExpiration: typeof expiration === 'bigint' ? Number(expiration) : null,
  }
}

/** Whether a broker set this property when the message died. */
function ofTheLetter(name: string): boolean {
  return name === CAUSE || name === EXPIRATION || name.startsWith(OURS)
}

/** As it was before it died. The types of its properties are kept. */
function revived(message: Message, run: string): Message {
  const { groupID, groupSequence } = message.wire
  const kept = new Map<string, TypedValue>()
  for (const name of message.propertyNames) {
    const primitive = name.startsWith('JMSX') || ofTheLetter(name) ? null : message.primitive(name)
    if (primitive !== null) kept.set(name, new TypedValue(primitive.tag, primitive.value as TypedValue['value']))
  }
  message.clearProperties()
  for (const [name, value] of kept) message.setObjectProperty(name, value)
  if (groupID !== null) {
    message.setStringProperty('JMSXGroupID', groupID)
    message.setIntProperty('JMSXGroupSeq', groupSequence)
  }
  message.setStringProperty(REPLAY, run)
  return message
}
