import { decodePrimitiveMap, type Primitive, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import {
  BytesMessage,
  ConnectionFactory,
  DeliveryMode,
  type Destination,
  MapMessage,
  type Message,
  type MessageConsumer,
  ObjectMessage,
  parseDestination,
  type Session,
  StreamMessage,
  TextMessage,
  TypedValue,
} from '@millrace/client'
import { decodeMapBody, decodeStreamBody } from '@millrace/openwire'
import type { Adapter, Peer } from './adapter.ts'
import type { Body, Seen, Sent, Specimen, Value, Values } from './specimen.ts'

const TIME_TO_LIVE_MS = 3_600_000
/** Time limit for what must come. It only decides how long a failing test takes. */
const SOON = 20_000

export const openWireAdapter: Adapter = {
  name: 'OpenWire',
  column: 'OpenWire',
  canSend: () => true,
  open: async (service) => {
    const address = service.addresses.find((one) => one.startsWith('openwire:')) ?? ''
    const connection = await new ConnectionFactory(address.replace('openwire:', 'tcp:')).createConnection()
    await connection.start()
    const session = await connection.createSession()
    return new OpenWirePeer(session, () => connection.close())
  },
}

class OpenWirePeer implements Peer {
  readonly #session: Session
  readonly #close: () => Promise<void>
  #consumer: MessageConsumer | null = null

  constructor(session: Session, close: () => Promise<void>) {
    this.#session = session
    this.#close = close
  }

  async send(destination: string, specimen: Specimen): Promise<Sent> {
    const message = made(this.#session, specimen)
    const { properties = {}, contentType, groupId } = specimen
    for (const [name, value] of Object.entries(properties)) message.setObjectProperty(name, inputOf(value))
    if (contentType !== undefined) message.setStringProperty('content-type', contentType)
    if (groupId !== undefined) {
      message.setStringProperty('JMSXGroupID', groupId)
      message.setIntProperty('JMSXGroupSeq', specimen.groupSequence ?? 0)
    }
    message.jmsCorrelationID = specimen.correlationId ?? null
    message.jmsType = specimen.type ?? null
    message.jmsReplyTo = specimen.replyTo === undefined ? null : parseDestination(specimen.replyTo)
    const producer = await this.#session.createProducer(parseDestination(destination))
    await producer.send(message, {
      deliveryMode: specimen.persistent === false ? DeliveryMode.NON_PERSISTENT : DeliveryMode.PERSISTENT,
      priority: specimen.priority ?? 4,
      timeToLive: specimen.expires === true ? TIME_TO_LIVE_MS : 0,
    })
    await this.#session.connection.sync()
    await producer.close()
    return { timestamp: message.jmsTimestamp, expiration: message.jmsExpiration }
  }

  async subscribe(destination: string): Promise<void> {
    this.#consumer = await this.#session.createConsumer(parseDestination(destination))
  }

  async read(): Promise<Seen> {
    const message = await this.#consumer?.receive(SOON)
    if (message === null || message === undefined) throw new Error('no message came')
    const { marshalledProperties: encoded, groupID, groupSequence } = message.wire
    const properties: Record<string, Value> = encoded === null ? {} : { ...valuesOf(decodePrimitiveMap(encoded)) }
    const { 'content-type': type, ...rest } = properties
    return {
      ...bodyOf(message),
      contentType: type?.[0] === 'string' ? type[1] : null,
      properties: rest,
      persistent: message.jmsDeliveryMode === DeliveryMode.PERSISTENT,
      priority: message.jmsPriority,
      expiration: message.jmsExpiration,
      timestamp: message.jmsTimestamp,
      replyTo: textOf(message.jmsReplyTo),
      correlationId: message.jmsCorrelationID,
      type: message.jmsType,
      groupId: groupID,
      groupSequence,
    }
  }

  close(): Promise<void> {
    return this.#close()
  }
}

function textOf(destination: Destination | null): string | null {
  return destination === null ? null : String(destination)
}

function made(session: Session, specimen: Specimen): Message {
  switch (specimen.kind) {
    case 'none':
      return session.createMessage()
    case 'text':
      return session.createTextMessage(specimen.body)
    case 'bytes': {
      const message = session.createBytesMessage()
      message.writeBytes(Buffer.from(specimen.body, 'hex'))
      return message
    }
    case 'map': {
      const message = session.createMapMessage()
      for (const [name, value] of Object.entries(specimen.body)) message.setObject(name, inputOf(value))
      return message
    }
    case 'stream':
      return session.createStreamMessage(specimen.body.map(inputOf))
    case 'object':
      return session.createObjectMessage(Buffer.from(specimen.body, 'hex'))
  }
}

const TAGS = {
  byte: PrimitiveTag.Byte,
  short: PrimitiveTag.Short,
  int: PrimitiveTag.Int,
  char: PrimitiveTag.Char,
} as const
const REAL_TAGS = { float: PrimitiveTag.Float, double: PrimitiveTag.Double } as const

function inputOf(value: Value): never {
  return input(value) as never
}

function input([type, value]: Value): unknown {
  switch (type) {
    case 'byte':
    case 'short':
    case 'int':
    case 'char':
      return new TypedValue(TAGS[type], value)
    case 'float':
    case 'double':
      return new TypedValue(REAL_TAGS[type], value)
    case 'long':
      return BigInt(value)
    case 'bytes':
      return Buffer.from(value, 'hex')
    case 'map':
      return new Map(Object.entries(value).map(([name, member]) => [name, input(member)]))
    case 'list':
      return value.map(input)
    case 'null':
    case 'boolean':
    case 'string':
      return value
  }
}

function bodyOf(message: Message): Body {
  const { content } = message.wire
  if (message instanceof TextMessage) return { kind: 'text', body: message.text ?? null }
  if (message instanceof BytesMessage)
    return { kind: 'bytes', body: content === null ? '' : message.bytes.toString('hex') }
  if (message instanceof MapMessage)
    return { kind: 'map', body: valuesOf(content === null ? null : decodeMapBody(content)) }
  if (message instanceof StreamMessage) {
    return { kind: 'stream', body: content === null ? [] : decodeStreamBody(content).map(valueOf) }
  }
  if (message instanceof ObjectMessage) return { kind: 'object', body: message.bodyBytes?.toString('hex') ?? '' }
  return { kind: 'none', body: null }
}

function valuesOf(map: PrimitiveMap | null): Values {
  return Object.fromEntries([...(map ?? [])].map(([name, primitive]) => [name, valueOf(primitive)]))
}

const NAMES: Readonly<Partial<Record<PrimitiveTag, string>>> = {
  [PrimitiveTag.Null]: 'null',
  [PrimitiveTag.Boolean]: 'boolean',
  [PrimitiveTag.Byte]: 'byte',
  [PrimitiveTag.Short]: 'short',
  [PrimitiveTag.Int]: 'int',
  [PrimitiveTag.Float]: 'float',
  [PrimitiveTag.Double]: 'double',
  [PrimitiveTag.Char]: 'char',
  [PrimitiveTag.String]: 'string',
  [PrimitiveTag.BigString]: 'string',
}

function valueOf({ tag, value }: Primitive): Value {
  switch (tag) {
    case PrimitiveTag.Long:
      return ['long', String(value)]
    case PrimitiveTag.ByteArray:
      return ['bytes', (value as Buffer).toString('hex')]
    case PrimitiveTag.Map:
      return ['map', valuesOf(value as PrimitiveMap)]
    case PrimitiveTag.List:
      return ['list', (value as readonly Primitive[]).map(valueOf)]
    default:
      return [NAMES[tag] ?? 'null', value] as unknown as Value
  }
}
