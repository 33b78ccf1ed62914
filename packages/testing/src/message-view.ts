import { decodePrimitiveMap, MillraceError, type Primitive, type PrimitiveMap } from '@millrace/base'
import { DataType, decodeMapBody, decodeStreamBody, decodeText, inflateContent } from '@millrace/openwire'
import { type Message, MessageKind } from 'millrace'

/** A value as it is in plain JavaScript: Java's long is a bigint, bytes are a Buffer, a map is an object. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue }

/** The kinds of messages, by name. */
export type MessageKindName = 'plain' | 'bytes' | 'map' | 'object' | 'stream' | 'text' | 'blob'

/** A message as the broker has it, decoded: a plain object to compare with. */
export interface MessageView {
  /** The JMSMessageID, `ID:...`. */
  readonly id: string
  /** `queue://ORDERS` */
  readonly destination: string
  /** Where it was before the broker moved it; null: it was not moved. */
  readonly origin: string | null
  readonly kind: MessageKindName
  /** Of a text message; otherwise null. */
  readonly text: string | null
  /** Text: a string; map: an object; stream: an array; bytes and objects: a Buffer; nothing, or unreadable: null. */
  readonly body: PlainValue
  readonly properties: { readonly [name: string]: PlainValue }
  readonly persistent: boolean
  /** 0 to 9. */
  readonly priority: number
  /** When it is dead, in ms since 1970; 0: never. */
  readonly expiration: number
  /** When it was sent, in ms since 1970; 0: not said. */
  readonly timestamp: number
  readonly correlationId: string | null
  readonly replyTo: string | null
  readonly type: string | null
  readonly groupId: string | null
  /** The transaction it was sent in; null: none. */
  readonly transactionId: string | null
}

const KINDS: Readonly<Record<MessageKind, MessageKindName>> = {
  [MessageKind.Plain]: 'plain',
  [MessageKind.Bytes]: 'bytes',
  [MessageKind.Map]: 'map',
  [MessageKind.Object]: 'object',
  [MessageKind.Stream]: 'stream',
  [MessageKind.Text]: 'text',
  [MessageKind.Blob]: 'blob',
}

/** Much more than the broker takes. */
const INFLATED_BYTES_MAX = 1_073_741_824

export function viewOf(message: Message): MessageView {
  const { properties } = message
  const body = readable(() => bodyOf(message), null)
  return {
    id: message.id,
    destination: message.destination.text,
    origin: message.originalDestination?.text ?? null,
    kind: KINDS[message.kind],
    text: message.kind === MessageKind.Text ? (body as string | null) : null,
    body,
    properties: readable(() => (properties === null ? {} : plainMap(decodePrimitiveMap(properties) ?? new Map())), {}),
    persistent: message.persistent,
    priority: message.priority,
    expiration: message.expiration,
    timestamp: message.timestamp,
    correlationId: message.correlationId,
    replyTo: message.replyTo?.text ?? null,
    type: message.type,
    groupId: message.groupId,
    transactionId: message.transactionId,
  }
}

/** A sender may have garbled it: the broker passes that on unseen, and so nobody here may fail of it. */
function readable<T>(decode: () => T, otherwise: T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof MillraceError) return otherwise
    throw error
  }
}

function bodyOf(message: Message): PlainValue {
  const content = contentOf(message)
  switch (message.kind) {
    case MessageKind.Text:
      return decodeText(content)
    case MessageKind.Map:
      return plainMap(decodeMapBody(content))
    case MessageKind.Stream:
      return decodeStreamBody(content).map(plain)
    case MessageKind.Bytes:
    case MessageKind.Object:
      return content === null ? null : Buffer.from(content)
    case MessageKind.Plain:
      return null
    case MessageKind.Blob:
      return message.blob?.url ?? null
  }
}

function contentOf({ kind, body, compressed }: Message): Buffer | null {
  if (body === null || !compressed) return body
  const dataType = kind === MessageKind.Bytes ? DataType.ActiveMQBytesMessage : DataType.ActiveMQMessage
  return inflateContent(dataType, body, INFLATED_BYTES_MAX)
}

function plainMap(map: PrimitiveMap): { [name: string]: PlainValue } {
  const object: { [name: string]: PlainValue } = {}
  for (const [name, value] of map) object[name] = plain(value)
  return object
}

function plain({ value }: Primitive): PlainValue {
  // A view would change under whoever keeps it.
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (Array.isArray(value)) return (value as readonly Primitive[]).map(plain)
  if (value instanceof Map) return plainMap(value)
  return value as PlainValue
}
