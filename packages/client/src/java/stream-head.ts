import { ByteReader, MillraceError, readModifiedUtf8 } from '@millrace/base'
import { MessageFormatError } from '../errors.ts'

// The beginning of a Java serialization stream, for who only asks of which class an object is.

/** The type codes of the Java Object Serialization Specification §6.4.2. */
export const Tag = {
  Null: 0x70,
  Reference: 0x71,
  ClassDesc: 0x72,
  Object: 0x73,
  String: 0x74,
  Array: 0x75,
  Class: 0x76,
  BlockData: 0x77,
  EndBlockData: 0x78,
  Reset: 0x79,
  BlockDataLong: 0x7a,
  Exception: 0x7b,
  LongString: 0x7c,
  ProxyClassDesc: 0x7d,
  Enum: 0x7e,
} as const

const MAGIC = 0xaced
const VERSION = 5

/** The class of the object in a stream, from its first bytes; null when it is null, or no such stream. */
export function javaClassName(bytes: Uint8Array): string | null {
  try {
    return guarded(() => className(new ByteReader(viewOf(bytes))))
  } catch (error) {
    if (error instanceof MessageFormatError) return null
    throw error
  }
}

function className(reader: ByteReader): string | null {
  readHeader(reader)
  const tag = reader.byte()
  if (tag === Tag.String || tag === Tag.LongString) return 'java.lang.String'
  const named = tag === Tag.Object || tag === Tag.Array || tag === Tag.Enum
  if (!named || reader.byte() !== Tag.ClassDesc) return null
  return readModifiedUtf8(reader, reader.unsignedShort())
}

export function readHeader(reader: ByteReader): void {
  const magic = reader.unsignedShort()
  const version = reader.unsignedShort()
  if (magic !== MAGIC || version !== VERSION) {
    throw new MessageFormatError(`not a Java object: it begins with ${magic.toString(16)} ${version}`)
  }
}

/** What the byte reader throws is about a peer's frame; here it is about a body. */
export function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw new MessageFormatError(`not a Java object: ${error.message}`, { cause: error })
  }
}

export function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
