import type { Buffer } from 'node:buffer'
import {
  type ByteReader,
  type ByteWriter,
  type Long,
  MillraceError,
  modifiedUtf8Length,
  readModifiedUtf8,
  writeModifiedUtf8,
} from '@millrace/base'
import type { Inbound, Outbound } from './link.ts'
import { readLatin1Name } from './text.ts'

// Tight encoding: booleans, presence and size classes of one frame stand together as bits before all of its bytes.

/** What the reference can write; the reader takes one byte more. */
const STRING_BYTES_MAX = 32_766

/** Two bits tell how many bytes a long takes: 0, 2, 4 or 8. */
export function readLong(reader: ByteReader, link: Inbound): Long {
  if (link.bit()) return link.bit() ? reader.long() : reader.unsignedInt()
  return link.bit() ? reader.unsignedShort() : 0
}

export function readString(reader: ByteReader, link: Inbound): string | null {
  if (!link.bit()) return null
  if (!link.bit()) return readModifiedUtf8(reader, reader.unsignedShort())
  const at = reader.take(reader.short())
  return reader.buffer.toString('latin1', at, reader.position)
}

/** A string of an id or destination. */
export function readNameOrNull(reader: ByteReader, link: Inbound): string | null {
  if (!link.bit()) return null
  if (!link.bit()) return readModifiedUtf8(reader, reader.unsignedShort())
  return readLatin1Name(reader, reader.short())
}

/** Not copied: whoever keeps it does that. */
export function readView(reader: ByteReader, link: Inbound): Buffer | null {
  if (!link.bit()) return null
  return reader.view(reader.int())
}

export function writeLong(value: Long, writer: ByteWriter, link: Outbound): void {
  const small = value >= 0 && value <= 0xffff_ffff
  link.bit(!small || value > 0xffff)
  link.bit(!small || (value > 0 && value <= 0xffff))
  if (!small) writer.long(value)
  else if (value > 0xffff) writer.int(Number(value))
  else if (value > 0) writer.short(Number(value))
}

export function writeString(text: string | null, writer: ByteWriter, link: Outbound): void {
  link.bit(text !== null)
  if (text === null) return
  const length = modifiedUtf8Length(text)
  if (length > STRING_BYTES_MAX) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `a string of ${length} bytes, at most ${STRING_BYTES_MAX} can be sent`)
  }
  link.bit(length === text.length) // ASCII without U+0000
  writer.short(length)
  writeModifiedUtf8(writer, text, length)
}

export function writeBytes(bytes: Buffer | null, writer: ByteWriter, link: Outbound): void {
  link.bit(bytes !== null)
  if (bytes === null) return
  writer.int(bytes.length)
  writer.bytes(bytes)
}
