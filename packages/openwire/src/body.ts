import { Buffer } from 'node:buffer'
import { constants, deflateSync, inflateSync } from 'node:zlib'
import {
  ByteReader,
  ByteWriter,
  decodePrimitiveMap,
  encodePrimitiveMap,
  MillraceError,
  modifiedUtf8Length,
  type Primitive,
  type PrimitiveMap,
  ProtocolError,
  readModifiedUtf8,
  readPrimitive,
  writeModifiedUtf8,
  writePrimitive,
} from '@millrace/base'
import { DataType } from './structures.ts'

// What the `content` of a message holds, by its kind:
//
//   ActiveMQMessage        nothing
//   ActiveMQTextMessage    int32 length, modified UTF-8
//   ActiveMQMapMessage     one primitive map
//   ActiveMQStreamMessage  tagged values until the content ends
//   ActiveMQBytesMessage   the bytes
//   ActiveMQObjectMessage  a Java serialisation stream, opaque here
//
// When the message is `compressed` the content is a zlib stream of that, which for a bytes message has the length of
// what it holds (int32) before it. Decoding is for the ends of a conversation; a broker passes contents on unseen.

const LENGTH_BYTES = 4

export function encodeText(text: string | null): Buffer | null {
  if (text === null) return null
  const length = modifiedUtf8Length(text)
  const writer = new ByteWriter(LENGTH_BYTES + length)
  writer.int(length)
  writeModifiedUtf8(writer, text, length)
  return writer.take()
}

/** Null for no content and for a length of -1. */
export function decodeText(content: Buffer | null): string | null {
  if (content === null) return null
  const reader = new ByteReader(content)
  const length = reader.int()
  return length === -1 ? null : readModifiedUtf8(reader, length)
}

/** An empty map is no content. */
export function encodeMapBody(map: PrimitiveMap): Buffer | null {
  return map.size === 0 ? null : encodePrimitiveMap(map)
}

/** Byte arrays in it are views of `content`. */
export function decodeMapBody(content: Buffer | null): PrimitiveMap {
  return (content === null ? null : decodePrimitiveMap(content)) ?? new Map()
}

/** No values are no content. */
export function encodeStreamBody(values: readonly Primitive[]): Buffer | null {
  if (values.length === 0) return null
  const writer = new ByteWriter(256)
  for (const value of values) writePrimitive(writer, value)
  return writer.take()
}

/** Byte arrays in it are views of `content`. */
export function decodeStreamBody(content: Buffer | null): Primitive[] {
  const values: Primitive[] = []
  if (content === null) return values
  const reader = new ByteReader(content)
  while (reader.left > 0) values.push(readPrimitive(reader))
  return values
}

/** The content of a message that is to be marked compressed. `dataType` is the kind of the message. */
export function deflateContent(dataType: number, body: Buffer): Buffer {
  const stream = deflateSync(body)
  if (dataType !== DataType.ActiveMQBytesMessage) return stream
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, stream])
}

/**
 * The body of a message that is marked compressed. Throws MESSAGE_TOO_LARGE when it is longer than `bytesMax`, before
 * it takes that much memory, and ProtocolError when it is no such stream.
 */
export function inflateContent(dataType: number, content: Buffer, bytesMax: number): Buffer {
  if (dataType !== DataType.ActiveMQBytesMessage) return inflate(content, bytesMax, bytesMax)
  const reader = new ByteReader(content)
  const length = reader.int()
  if (length < 0) throw new ProtocolError('FRAME_INVALID', `a compressed body of ${length} bytes`)
  if (length > bytesMax) throw tooLarge(bytesMax)
  // Java compresses the whole buffer that the body was gathered in, which may be twice as long.
  const body = inflate(reader.view(reader.left), 2 * length + 65_536, bytesMax)
  if (body.length < length) {
    throw new ProtocolError('FRAME_INVALID', `a compressed body of ${body.length} bytes, ${length} announced`)
  }
  return body.subarray(0, length)
}

function inflate(stream: Buffer, outputMax: number, bytesMax: number): Buffer {
  try {
    // Artemis flushes its streams and does not end them. What is cut is found out by the lengths within.
    return inflateSync(stream, { maxOutputLength: Math.max(1, outputMax), finishFlush: constants.Z_SYNC_FLUSH })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(bytesMax)
    throw new ProtocolError('FRAME_INVALID', 'a compressed body that cannot be read', { cause: error })
  }
}

function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError('MESSAGE_TOO_LARGE', `a compressed body of more than ${bytesMax} bytes`)
}
