import { deflateSync, inflateSync } from 'node:zlib'
import {
  ByteReader,
  ByteWriter,
  modifiedUtf8Length,
  type Primitive,
  readModifiedUtf8,
  readPrimitive,
  writeModifiedUtf8,
  writePrimitive,
} from '@millrace/base'
import { MessageFormatError } from '../errors.ts'

/*
 * What `content` holds, by kind of message: text is int32 length and modified UTF-8; a stream is a run of tagged values.
 * Compressed, it is a zlib stream of that; for bytes messages the uncompressed length, int32, stands before the stream.
 */

export function encodeText(text: string): Buffer {
  const length = modifiedUtf8Length(text)
  const bytes = Buffer.allocUnsafe(4 + length)
  bytes.writeInt32BE(length, 0)
  if (length === text.length) {
    bytes.write(text, 4, 'latin1')
    return bytes
  }
  const writer = new ByteWriter(4 + length)
  writer.int(length)
  writeModifiedUtf8(writer, text, length)
  return writer.take()
}

/** A length of -1 reads as null. */
export function decodeText(content: Buffer): string | null {
  const reader = new ByteReader(content)
  const length = reader.int()
  return length === -1 ? null : readModifiedUtf8(reader, length)
}

export function encodeStream(values: readonly Primitive[]): Buffer {
  const writer = new ByteWriter(256)
  for (const value of values) writePrimitive(writer, value)
  return writer.take()
}

export function decodeStream(content: Buffer): Primitive[] {
  const reader = new ByteReader(content)
  const values: Primitive[] = []
  while (reader.left > 0) values.push(readPrimitive(reader))
  return values
}

/** `lengthFirst`: the form of bytes messages. */
export function deflateBody(body: Buffer, lengthFirst: boolean): Buffer {
  const stream = deflateSync(body)
  if (!lengthFirst) return stream
  const bytes = Buffer.allocUnsafe(4 + stream.length)
  bytes.writeInt32BE(body.length, 0)
  bytes.set(stream, 4)
  return bytes
}

/** Throws MessageFormatError for what is no zlib stream, or inflates to more than `bytesMax`. */
export function inflateBody(content: Buffer, lengthFirst: boolean, bytesMax: number): Buffer {
  try {
    if (!lengthFirst) return inflateSync(content, { maxOutputLength: bytesMax })
    const length = new ByteReader(content).int()
    if (length < 0 || length > bytesMax) throw new RangeError(`${length} bytes announced, ${bytesMax} allowed`)
    // Java deflates its whole standing buffer, so more than the stated length may come out.
    const body = inflateSync(content.subarray(4), { maxOutputLength: bytesMax })
    if (body.length < length) throw new RangeError(`${length} bytes announced, ${body.length} found`)
    return body.subarray(0, length)
  } catch (error) {
    throw new MessageFormatError(`the compressed body cannot be read: ${String(error)}`, { cause: error })
  }
}
