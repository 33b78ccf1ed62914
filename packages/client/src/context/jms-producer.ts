import type { Destination } from '../destination.ts'
import { JMSError } from '../errors.ts'
import { DeliveryMode, type Message } from '../messages/message.ts'
import { type BodyInput, type MessageFactory, messageOf } from '../messages/message-of.ts'
import type { MessageInput } from '../messages/values.ts'
import type { MessageProducer } from '../producer.ts'
import type { SendOptions } from '../send.ts'

/** JMS 2.0 CompletionListener. Called in the order of the sends, one of the two for each. */
export interface CompletionListener {
  onCompletion(message: Message): void
  onException(message: Message, error: JMSError): void
}

/** JMS 3.1 §7.2, §3.8.1.1: these are words of the selector language, or headers. */
const RESERVED = new Set([
  'JMSDeliveryMode',
  'JMSPriority',
  'JMSMessageID',
  'JMSTimestamp',
  'JMSCorrelationID',
  'JMSType',
])
const RESERVED_WORDS = new Set(['NULL', 'TRUE', 'FALSE', 'NOT', 'AND', 'OR', 'BETWEEN', 'LIKE', 'IN', 'IS', 'ESCAPE'])
const IDENTIFIER = /^[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}_$]*$/u

/**
 * Settings for sending (JMS 2.0 JMSProducer), all with setters that return the producer:
 *
 *     await producer.setPriority(9).setProperty('region', 'EU').send(queue, 'hello')
 *
 * Headers and properties set here override those of the message. There is nothing to close.
 */
export class JMSProducer {
  disableMessageID = false
  disableMessageTimestamp = false
  deliveryMode: DeliveryMode = DeliveryMode.PERSISTENT
  /** 0 to 9. */
  priority = 4
  /** ms; 0: for ever. */
  timeToLive = 0
  /** ms, by way of the broker's scheduler; 0: none. */
  deliveryDelay = 0
  /** null: the message's own. */
  jmsCorrelationID: string | null = null
  jmsReplyTo: Destination | null = null
  jmsType: string | null = null
  /** null: the promise of `send` tells. */
  async: CompletionListener | null = null
  readonly #factory: MessageFactory
  readonly #producer: MessageProducer
  readonly #properties = new Map<string, MessageInput>()

  /** Use `context.createProducer`. */
  constructor(factory: MessageFactory, producer: MessageProducer) {
    this.#factory = factory
    this.#producer = producer
  }

  /**
   * Sends text, bytes, a map, a message, or with null one without body. What settles the promise: see
   * `MessageProducer.send`. With a completion listener that is told instead, and the promise only rejects when the call
   * itself was wrong. Rejects with MessageFormatError for other bodies, and MessageNotWriteableError when properties are
   * set here and the message is a received one.
   */
  async send(destination: Destination, body: BodyInput, options: SendOptions = {}): Promise<void> {
    const message = messageOf(this.#factory, body)
    for (const [name, value] of this.#properties) message.setObjectProperty(name, value)
    if (this.jmsCorrelationID !== null) message.jmsCorrelationID = this.jmsCorrelationID
    if (this.jmsReplyTo !== null) message.jmsReplyTo = this.jmsReplyTo
    if (this.jmsType !== null) message.jmsType = this.jmsType
    const { deliveryMode, priority, timeToLive, deliveryDelay, async } = this
    const own: SendOptions = { deliveryMode, priority, timeToLive, deliveryDelay }
    if (async !== null) {
      own.onComplete = (sent, error) => {
        if (error === undefined) async.onCompletion(sent)
        else async.onException(sent, error)
      }
    }
    // Shared by all producers of the context; `send` takes its snapshot within the call.
    this.#producer.disableMessageTimestamp = this.disableMessageTimestamp
    await this.#producer.send(destination, message, { ...own, ...options })
  }

  setDeliveryMode(value: DeliveryMode): this {
    if (value !== DeliveryMode.PERSISTENT && value !== DeliveryMode.NON_PERSISTENT) {
      throw new JMSError(`a delivery mode is PERSISTENT (2) or NON_PERSISTENT (1), got ${String(value)}`)
    }
    this.deliveryMode = value
    return this
  }

  setPriority(value: number): this {
    this.priority = value
    return this
  }

  setTimeToLive(value: number): this {
    this.timeToLive = value
    return this
  }

  setDeliveryDelay(value: number): this {
    this.deliveryDelay = value
    return this
  }

  /** Accepted, without effect: the broker needs an id. */
  setDisableMessageID(value: boolean): this {
    this.disableMessageID = value
    return this
  }

  setDisableMessageTimestamp(value: boolean): this {
    this.disableMessageTimestamp = value
    return this
  }

  setAsync(listener: CompletionListener | null): this {
    this.async = listener
    return this
  }

  setJMSCorrelationID(value: string | null): this {
    this.jmsCorrelationID = value
    return this
  }

  setJMSCorrelationIDAsBytes(value: Uint8Array | null): this {
    return this.setJMSCorrelationID(value === null ? null : Buffer.from(value).toString('utf8'))
  }

  setJMSReplyTo(value: Destination | null): this {
    this.jmsReplyTo = value
    return this
  }

  setJMSType(value: string | null): this {
    this.jmsType = value
    return this
  }

  /** Throws JMSError for a name that is no identifier, or is a word of the selector language. */
  setProperty(name: string, value: MessageInput): this {
    if (!IDENTIFIER.test(name) || RESERVED.has(name) || RESERVED_WORDS.has(name.toUpperCase())) {
      throw new JMSError(`"${name}" cannot be the name of a property`)
    }
    this.#properties.set(name, value)
    return this
  }

  clearProperties(): this {
    this.#properties.clear()
    return this
  }

  propertyExists(name: string): boolean {
    return this.#properties.has(name)
  }

  /** As it was set. */
  getProperty(name: string): MessageInput {
    return this.#properties.get(name)
  }

  get propertyNames(): string[] {
    return [...this.#properties.keys()]
  }
}
