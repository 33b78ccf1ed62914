import { ByteWriter, encodePrimitiveMap, modifiedUtf8Length, primitiveOf, writeModifiedUtf8 } from '@millrace/base'
import type { Destination } from './destination.ts'
import { Message, MessageKind } from './message.ts'

/** A message as an embedding program says it: a text, bytes, or neither. */
export interface MessageContent {
  readonly text?: string
  readonly bytes?: Uint8Array
  /** JMSType. */
  readonly type?: string
  readonly correlationId?: string
  /** Numbers become Java ints, longs or doubles, whichever holds them. */
  readonly properties?: { readonly [name: string]: string | number | bigint | boolean }
  /** 0 to 9. Default: 4. */
  readonly priority?: number
}

/** A message that the broker itself made; it does not survive. */
export function madeMessage(
  destination: Destination,
  producerId: string,
  sequence: number,
  content: MessageContent,
): Message {
  const message = new Message(destination, producerId, sequence)
  message.type = content.type ?? null
  message.correlationId = content.correlationId ?? null
  message.priority = content.priority ?? 4
  if (content.text !== undefined) {
    message.kind = MessageKind.Text
    message.body = textBody(content.text)
  } else if (content.bytes !== undefined) {
    message.kind = MessageKind.Bytes
    message.body = Buffer.from(content.bytes)
  }
  const properties = Object.entries(content.properties ?? {})
  if (properties.length > 0) {
    message.properties = encodePrimitiveMap(new Map(properties.map(([name, value]) => [name, primitiveOf(value)])))
  }
  return message
}

/** `4 length`, then modified UTF-8. */
function textBody(text: string): Buffer {
  const length = modifiedUtf8Length(text)
  const writer = new ByteWriter(4 + length)
  writer.int(length)
  writeModifiedUtf8(writer, text, length)
  return writer.take()
}
