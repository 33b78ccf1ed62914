import {
  decodePrimitiveMap,
  encodePrimitiveMap,
  type Long,
  type Primitive,
  type PrimitiveMap,
  PrimitiveTag,
} from '@millrace/base'
import {
  deflateContent,
  messageIdText,
  type OpenWireMessage,
  parseMessageId,
  transactionIdText,
} from '@millrace/openwire'
import { type Destination, destinationFromWire, parseDestination } from '../destination.ts'
import { IllegalStateError, MessageFormatError, MessageNotWriteableError } from '../errors.ts'
import { decoded, inflate } from './body.ts'
import { assignable, type BodyOf, type BodyType } from './body-type.ts'
import { type Allowed, convert, long, type MessageInput, type MessageValue, primitiveFrom, valueOf } from './values.ts'

/** JMS delivery modes. A non-persistent message may be lost with the broker, but never comes twice. */
export const DeliveryMode = { NON_PERSISTENT: 1, PERSISTENT: 2 } as const
export type DeliveryMode = (typeof DeliveryMode)[keyof typeof DeliveryMode]

/** What all messages of one connection share. */
export interface MessageSettings {
  readonly strictCompliance: boolean
  readonly nestedMapAndListEnabled: boolean
  /** Bytes that a received body may inflate to. */
  readonly inflatedBytesMax: number
}

/** How a received message is acknowledged; the session's mode decides what that means. */
export interface Receipt {
  acknowledge(): Promise<void>
  settle(settlement: Settlement): Promise<void>
}

/** The other ends that a delivery can come to: to the dead letter queue with a cause, or delivered again. */
export type Settlement = { readonly kind: 'reject'; readonly cause: string } | { readonly kind: 'release' }

/**
 * A message without a body, and what all kinds have in common: headers and properties (JMS 3.1 §3). A received one has
 * read-only body and properties until `clearBody()` and `clearProperties()`; headers can always be set.
 *
 * Headers are the fields of the OpenWire message itself, properties and body stay encoded until someone looks; what was
 * not changed is sent on as it came.
 */
export class Message {
  declare JMSMessageID: string | null
  declare JMSTimestamp: number
  declare JMSCorrelationID: string | null
  declare JMSReplyTo: Destination | null
  declare JMSDestination: Destination | null
  declare JMSDeliveryMode: DeliveryMode
  declare JMSRedelivered: boolean
  declare JMSType: string | null
  declare JMSExpiration: number
  declare JMSPriority: number
  declare readonly JMSDeliveryTime: number
  #wire: OpenWireMessage
  /** The wire message belongs to a delivery that may come again: it is copied before the first change. */
  #shared: boolean
  #properties: PrimitiveMap | null = null
  #propertiesDecoded: boolean
  #propertiesChanged = false
  #propertiesReadOnly: boolean
  #receipt: Receipt | null = null
  #replyTo: Destination | null = null
  #destination: Destination | null = null
  protected readonly settings: MessageSettings
  /** What a subclass holds is newer than `wire.content`. */
  protected bodyChanged = false
  #bodyReadOnly: boolean

  /** Made by `session.create...Message()` and by consumers. */
  constructor(wire: OpenWireMessage, settings: MessageSettings, received = false) {
    this.#wire = wire
    this.settings = settings
    this.#shared = received
    this.#propertiesReadOnly = received
    this.#propertiesDecoded = !received
    this.#bodyReadOnly = received
  }

  // Headers.

  /** `ID:...`; set by `send`, null before. */
  get jmsMessageID(): string | null {
    const id = this.#wire.messageId
    return id === null ? null : messageIdText(id)
  }

  set jmsMessageID(value: string | null) {
    this.own().messageId = value === null ? null : parseMessageId(value)
  }

  /** When it was sent, ms since 1970; 0: not said. Set by `send`. */
  get jmsTimestamp(): number {
    return Number(this.#wire.timestamp)
  }

  set jmsTimestamp(value: number) {
    this.own().timestamp = value
  }

  get jmsCorrelationID(): string | null {
    return this.#wire.correlationId
  }

  set jmsCorrelationID(value: string | null) {
    this.own().correlationId = value
  }

  /** The same, as UTF-8 bytes. */
  get jmsCorrelationIDAsBytes(): Buffer | null {
    const text = this.#wire.correlationId
    return text === null ? null : Buffer.from(text, 'utf8')
  }

  set jmsCorrelationIDAsBytes(value: Uint8Array | null) {
    this.jmsCorrelationID = value === null ? null : Buffer.from(value).toString('utf8')
  }

  /** Where answers are wanted. */
  get jmsReplyTo(): Destination | null {
    const wire = this.#wire.replyTo
    if (wire === null) return null
    this.#replyTo ??= destinationFromWire(wire)
    return this.#replyTo
  }

  set jmsReplyTo(value: Destination | null) {
    this.own().replyTo = value === null ? null : value.wire
    this.#replyTo = value
  }

  /** Set by `send`. */
  get jmsDestination(): Destination | null {
    const wire = this.#wire.destination
    if (wire === null) return null
    if (this.#destination?.wire !== wire) this.#destination = destinationFromWire(wire)
    return this.#destination
  }

  set jmsDestination(value: Destination | null) {
    this.own().destination = value === null ? null : value.wire
    this.#destination = value
  }

  /** Set by `send`: what is set here does not stick. */
  get jmsDeliveryMode(): DeliveryMode {
    return this.#wire.persistent ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT
  }

  set jmsDeliveryMode(value: DeliveryMode) {
    this.own().persistent = value === DeliveryMode.PERSISTENT
  }

  /** Delivered before, to this or another consumer. */
  get jmsRedelivered(): boolean {
    return this.#wire.redeliveryCounter > 0
  }

  set jmsRedelivered(value: boolean) {
    if (value === this.jmsRedelivered) return
    this.own().redeliveryCounter = value ? 1 : 0
  }

  get jmsType(): string | null {
    return this.#wire.type
  }

  set jmsType(value: string | null) {
    this.own().type = value
  }

  /** When it is dead, ms since 1970; 0: never. Set by `send`. */
  get jmsExpiration(): number {
    return Number(this.#wire.expiration)
  }

  set jmsExpiration(value: number) {
    this.own().expiration = value
  }

  /** 0 to 9, 4 is normal. Set by `send`. */
  get jmsPriority(): number {
    return this.#wire.priority
  }

  set jmsPriority(value: number) {
    this.own().priority = Math.min(9, Math.max(0, Math.trunc(value)))
  }

  /** Not on the wire: the timestamp, plus the delay when `AMQ_SCHEDULED_DELAY` is set. */
  get jmsDeliveryTime(): number {
    const delay = this.#find('AMQ_SCHEDULED_DELAY')
    return this.jmsTimestamp + (delay === undefined ? 0 : Number(delay.value))
  }

  /** Deliveries, not failures: 1 the first time (JMSXDeliveryCount). */
  get deliveryCount(): number {
    return this.#wire.redeliveryCounter + 1
  }

  // Properties.

  propertyExists(name: string): boolean {
    const alias = ALIASES[name]
    if (alias !== undefined && Object.hasOwn(ALIASES, name)) return alias.read(this) !== undefined
    return this.#find(name) !== undefined
  }

  /** The names that were set, and the JMSX ones that have a value; JMSXDeliveryCount always has. */
  get propertyNames(): string[] {
    const names = [...(this.#decoded()?.keys() ?? []), 'JMSXDeliveryCount']
    if (this.#wire.groupID !== null) names.push('JMSXGroupID', 'JMSXGroupSeq')
    if (this.#wire.userID !== null) names.push('JMSXUserID')
    return names
  }

  /** Typed getters follow the JMS conversion table and throw MessageFormatError; a missing boolean is false. */
  getBooleanProperty(name: string): boolean {
    return this.#get(name, 'boolean') as boolean
  }

  getByteProperty(name: string): number {
    return this.#get(name, 'byte') as number
  }

  getShortProperty(name: string): number {
    return this.#get(name, 'short') as number
  }

  getIntProperty(name: string): number {
    return this.#get(name, 'int') as number
  }

  getLongProperty(name: string): bigint {
    return this.#get(name, 'long') as bigint
  }

  getFloatProperty(name: string): number {
    return this.#get(name, 'float') as number
  }

  getDoubleProperty(name: string): number {
    return this.#get(name, 'double') as number
  }

  /** null when it was never set or set to null. */
  getStringProperty(name: string): string | null {
    return this.#get(name, 'string') as string | null
  }

  /** As it was set; undefined when it was not. */
  getObjectProperty(name: string): MessageValue | undefined {
    const found = this.#property(name)
    return found === undefined ? undefined : valueOf(found)
  }

  setBooleanProperty(name: string, value: boolean): void {
    this.#set(name, { tag: PrimitiveTag.Boolean, value })
  }

  setByteProperty(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Byte, value })
  }

  setShortProperty(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Short, value })
  }

  setIntProperty(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Int, value })
  }

  setLongProperty(name: string, value: bigint | number): void {
    this.#set(name, long(value))
  }

  setFloatProperty(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Float, value: Math.fround(value) })
  }

  setDoubleProperty(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Double, value })
  }

  setStringProperty(name: string, value: string | null): void {
    this.#set(name, primitiveFrom(value, this.#allowed()))
  }

  /** The type is inferred (an integer that fits is an int, a bigint a long), or said by `byte(1)` and its kin. */
  setObjectProperty(name: string, value: MessageInput): void {
    this.#set(name, primitiveFrom(value, this.#allowed()))
  }

  /** Forgets all properties and makes them writable. */
  clearProperties(): void {
    const wire = this.own()
    wire.marshalledProperties = null
    wire.groupID = null
    wire.groupSequence = 0
    this.#properties = null
    this.#propertiesDecoded = true
    this.#propertiesChanged = false
    this.#propertiesReadOnly = false
  }

  // Body.

  /** Forgets the body and makes it writable; headers and properties stay. */
  clearBody(): void {
    const wire = this.own()
    wire.content = null
    wire.compressed = false
    this.bodyChanged = false
    this.#bodyReadOnly = false
  }

  /** The body in the natural type of its kind, null for a message without one (JMS 2.0 getBody). */
  getBody(): unknown {
    return null
  }

  /** Whether `bodyAs` will give the body as this type. A message without body is assignable to any (JMS 3.1 §3.13). */
  isBodyAssignableTo(type: BodyType): boolean {
    return !this.hasBody || assignable(this.wire.dataType, type)
  }

  /** The body as a type, null without one. Throws MessageFormatError when it is of another kind. */
  bodyAs<Type extends BodyType>(type: Type): BodyOf[Type] | null {
    if (!this.isBodyAssignableTo(type)) {
      throw new MessageFormatError(`the body of a ${this.constructor.name} cannot be read as ${type}`)
    }
    return this.hasBody ? (this.getBody() as BodyOf[Type]) : null
  }

  /**
   * CLIENT mode: acknowledges everything that the session has delivered. INDIVIDUAL mode: this message. In AUTO mode
   * it matters only inside `for await`, where it acknowledges before the loop asks for the next. Else it does nothing.
   */
  async acknowledge(): Promise<void> {
    if (this.#receipt === null) throw new IllegalStateError('only a received message can be acknowledged')
    await this.#receipt.acknowledge()
  }

  /**
   * Gives this one message up: it goes to the dead letter queue, with `cause` for whoever looks there
   * (`dlqDeliveryFailureCause`). Not JMS. Rejects with IllegalStateError when it is acknowledged already (AUTO mode: by
   * `receive`; inside a listener or `for await` it is not), and on transacted sessions.
   */
  async reject(cause: string = 'rejected by the application'): Promise<void> {
    await this.#settle({ kind: 'reject', cause })
  }

  /**
   * Gives this one message back: it is delivered again by the redelivery policy, to this consumer, and counts as
   * redelivered. Not JMS. Rejects as `reject` does; on transacted sessions use `rollback()`.
   */
  async release(): Promise<void> {
    await this.#settle({ kind: 'release' })
  }

  async #settle(settlement: Settlement): Promise<void> {
    if (this.#receipt === null) throw new IllegalStateError(`only a received message can be ${settlement.kind}d`)
    await this.#receipt.settle(settlement)
  }

  toString(): string {
    return `${this.constructor.name} ${this.jmsMessageID ?? '(not sent)'}`
  }

  // For this package.

  get wire(): OpenWireMessage {
    return this.#wire
  }

  /** A header or property as selectors see it. */
  primitive(name: string): Primitive | null {
    return this.#property(name) ?? null
  }

  /** The wire message, ready to be changed. */
  own(): OpenWireMessage {
    if (this.#shared) {
      this.#shared = false
      this.#wire = copyOf(this.#wire)
    }
    return this.#wire
  }

  /** The wire message with properties and body as they are now. */
  encoded(compress: boolean): OpenWireMessage {
    const wire = this.own()
    if (this.#propertiesChanged) {
      this.#propertiesChanged = false
      const properties = this.#properties
      wire.marshalledProperties = properties === null || properties.size === 0 ? null : encodePrimitiveMap(properties)
    }
    if (this.bodyChanged) {
      this.bodyChanged = false
      wire.content = this.encodeBody()
      wire.compressed = false
    }
    if (compress && !wire.compressed && wire.content !== null && wire.content.length > 0) {
      wire.content = deflateContent(wire.dataType, wire.content)
      wire.compressed = true
    }
    return wire
  }

  /** After a send without copy: this object is what was sent. */
  freeze(): void {
    this.#propertiesReadOnly = true
    this.#bodyReadOnly = true
  }

  /** Sets what `acknowledge()` does. */
  deliveredBy(receipt: Receipt, redeliveries: number): void {
    this.#receipt = receipt
    if (redeliveries !== this.#wire.redeliveryCounter) this.own().redeliveryCounter = redeliveries
  }

  // For the kinds of messages.

  protected get hasBody(): boolean {
    return this.bodyChanged || this.#wire.content !== null
  }

  protected get bodyReadOnly(): boolean {
    return this.#bodyReadOnly
  }

  protected encodeBody(): Buffer | null {
    return null
  }

  /** The body as bytes of its kind, inflated; null without one. */
  protected content(): Buffer | null {
    const { content, compressed } = this.#wire
    if (content === null || !compressed) return content
    return inflate(this.#wire.dataType, content, this.settings.inflatedBytesMax)
  }

  protected requireWritableBody(): void {
    if (this.#bodyReadOnly)
      throw new MessageNotWriteableError('the body of a received message is read-only; clearBody() first')
  }

  #allowed(): Allowed {
    const { strictCompliance, nestedMapAndListEnabled } = this.settings
    return { bytes: false, char: !strictCompliance, nested: nestedMapAndListEnabled && !strictCompliance }
  }

  #decoded(): PrimitiveMap | null {
    if (!this.#propertiesDecoded) {
      const bytes = this.#wire.marshalledProperties
      this.#properties = bytes === null ? null : decoded('the properties', decodePrimitiveMap, bytes)
      this.#propertiesDecoded = true
    }
    return this.#properties
  }

  #find(name: string): Primitive | undefined {
    return this.#decoded()?.get(name)
  }

  #property(name: string): Primitive | undefined {
    const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
    return alias === undefined ? this.#find(name) : alias.read(this)
  }

  #get(name: string, target: Parameters<typeof convert>[1]): MessageValue {
    return convert(this.#property(name), target, `property "${name}"`)
  }

  #set(name: string, primitive: Primitive): void {
    if (this.#propertiesReadOnly) {
      throw new MessageNotWriteableError('the properties of a received message are read-only; clearProperties() first')
    }
    if (name === '') throw new MessageFormatError('a property needs a name, got an empty one')
    const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
    if (alias?.write !== undefined) {
      alias.write(this, primitive)
      return
    }
    checkScheduling(name, primitive)
    this.own()
    const properties = this.#decoded() ?? new Map<string, Primitive>()
    this.#properties = properties
    properties.set(name, primitive)
    this.#propertiesChanged = true
  }
}

// The capitals of JMS: both spellings are the same accessors.
for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(Message.prototype))) {
  if (name.startsWith('jms')) Object.defineProperty(Message.prototype, `JMS${name.slice(3)}`, descriptor)
}

/** A header that can be read, and some be set, as if it were a property. */
interface Alias {
  read(message: Message): Primitive | undefined
  write?(message: Message, primitive: Primitive): void
}

function text(value: string | null): Primitive | undefined {
  return value === null ? undefined : { tag: PrimitiveTag.String, value }
}

function int(value: number): Primitive {
  return { tag: PrimitiveTag.Int, value }
}

function time(value: Long): Primitive {
  return { tag: PrimitiveTag.Long, value: BigInt(value) }
}

function asText(primitive: Primitive, name: string): string | null {
  return convert(primitive, 'string', `property "${name}"`) as string | null
}

function asNumber(primitive: Primitive, name: string): number {
  return Number(convert(primitive, 'long', `property "${name}"`))
}

function asDestination(primitive: Primitive, name: string): Destination | null {
  const value = asText(primitive, name)
  return value === null ? null : parseDestination(value)
}

const ALIASES: Readonly<Record<string, Alias>> = {
  JMSDestination: { read: (m) => text((m.wire.originalDestination ?? m.wire.destination) && textOfDestination(m)) },
  JMSReplyTo: {
    read: (m) => text(m.jmsReplyTo?.toString() ?? null),
    write: (m, value) => {
      m.jmsReplyTo = asDestination(value, 'JMSReplyTo')
    },
  },
  JMSType: {
    read: (m) => text(m.jmsType),
    write: (m, value) => {
      m.jmsType = asText(value, 'JMSType')
    },
  },
  JMSDeliveryMode: {
    read: (m) => text(m.wire.persistent ? 'PERSISTENT' : 'NON_PERSISTENT'),
    write: (m, { value }) => {
      m.own().persistent = value === true || value === DeliveryMode.PERSISTENT || value === 'PERSISTENT'
    },
  },
  JMSPriority: {
    read: (m) => int(m.jmsPriority),
    write: (m, value) => {
      m.jmsPriority = asNumber(value, 'JMSPriority')
    },
  },
  JMSMessageID: { read: (m) => text(m.jmsMessageID) },
  JMSTimestamp: {
    read: (m) => time(m.wire.timestamp),
    write: (m, value) => {
      m.jmsTimestamp = asNumber(value, 'JMSTimestamp')
    },
  },
  JMSCorrelationID: {
    read: (m) => text(m.jmsCorrelationID),
    write: (m, value) => {
      m.jmsCorrelationID = asText(value, 'JMSCorrelationID')
    },
  },
  JMSExpiration: {
    read: (m) => time(m.wire.expiration),
    write: (m, value) => {
      m.jmsExpiration = asNumber(value, 'JMSExpiration')
    },
  },
  JMSRedelivered: {
    read: (m) => ({ tag: PrimitiveTag.Boolean, value: m.jmsRedelivered }),
    write: (m, value) => {
      m.jmsRedelivered = convert(value, 'boolean', 'property "JMSRedelivered"') as boolean
    },
  },
  JMSXDeliveryCount: {
    read: (m) => int(m.deliveryCount),
    write: (m, value) => {
      m.own().redeliveryCounter = Math.max(0, asNumber(value, 'JMSXDeliveryCount') - 1)
    },
  },
  JMSXGroupID: {
    read: (m) => text(m.wire.groupID),
    write: (m, value) => {
      m.own().groupID = asText(value, 'JMSXGroupID')
    },
  },
  JMSXGroupSeq: {
    read: (m) => int(m.wire.groupSequence),
    write: (m, value) => {
      m.own().groupSequence = asNumber(value, 'JMSXGroupSeq')
    },
  },
  JMSXUserID: { read: (m) => text(m.wire.userID) },
  JMSXProducerTXID: {
    read: (m) => {
      const id = m.wire.originalTransactionId ?? m.wire.transactionId
      return id === null ? undefined : text(transactionIdText(id))
    },
  },
  JMSXGroupFirstForConsumer: {
    read: (m) => ({ tag: PrimitiveTag.Boolean, value: m.wire.jmsXGroupFirstForConsumer }),
  },
  JMSActiveMQBrokerInTime: { read: (m) => time(m.wire.brokerInTime) },
  JMSActiveMQBrokerOutTime: { read: (m) => time(m.wire.brokerOutTime) },
  JMSActiveMQBrokerPath: {
    read: (m) => text(m.wire.brokerPath?.map((id) => id?.value ?? '').join(',') ?? null),
  },
}

function textOfDestination(message: Message): string {
  const original = message.wire.originalDestination
  return (original === null ? message.jmsDestination : destinationFromWire(original))?.toString() ?? ''
}

/** The broker would only ignore what is wrong here, so it is refused when it is set. */
function checkScheduling(name: string, { value }: Primitive): void {
  if (name === 'AMQ_SCHEDULED_DELAY' && Number(value) < 0) {
    throw new MessageFormatError(`AMQ_SCHEDULED_DELAY is at least 0, got ${String(value)}`)
  }
  if (name === 'AMQ_SCHEDULED_CRON' && value !== '' && !/^\s*([\d*?/,-]+\s+){4}[\d*?/,-]+\s*$/.test(String(value))) {
    throw new MessageFormatError(`AMQ_SCHEDULED_CRON has five fields, got "${String(value)}"`)
  }
}

/** A wire message of its own with the same content; ids, destinations and bytes are shared, because they never change. */
export function copyOf(wire: OpenWireMessage): OpenWireMessage {
  const Class = wire.constructor as new () => OpenWireMessage
  return Object.assign(new Class(), wire)
}
