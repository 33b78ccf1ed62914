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
import { encodedName, readName } from './text.ts'

// Loose encoding: everything that may be absent has a byte before it that says whether it is there.

/** The length of a string is an unsigned 16-bit number. */
const STRING_BYTES_MAX = 65_535

/** The 64-bit value at a place that is known to be there. */
export function longAt(bytes: Buffer, at: number): Long {
  const high = intAt(bytes, at)
  const low = intAt(bytes, at + 4) >>> 0
  if (high === 0) return low
  if (high < -0x200000 || high > 0x1fffff) return (BigInt(high) << 32n) | BigInt(low)
  const value = high * 0x1_0000_0000 + low
  // -2^53 itself is not a safe integer.
  return high === -0x200000 && low === 0 ? BigInt(value) : value
}

function intAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

export function putLong(bytes: Buffer, at: number, value: Long): void {
  if (typeof value === 'bigint') {
    bytes.writeBigInt64BE(BigInt.asIntN(64, value), at)
    return
  }
  const high = Math.floor(value / 0x1_0000_0000)
  putInt(bytes, at, high)
  putInt(bytes, at + 4, value - high * 0x1_0000_0000)
}

function putInt(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readString(reader: ByteReader): string | null {
  if (!reader.boolean()) return null
  return readModifiedUtf8(reader, reader.unsignedShort())
}

/** A string of an id or destination. */
export function readNameOrNull(reader: ByteReader): string | null {
  if (!reader.boolean()) return null
  return readName(reader, reader.unsignedShort())
}

/** Not copied: whoever keeps it does that. */
export function readView(reader: ByteReader): Buffer | null {
  if (!reader.boolean()) return null
  return reader.view(reader.int())
}

export function writeString(text: string | null, writer: ByteWriter): void {
  if (text === null) {
    writer.byte(0)
    return
  }
  const length = modifiedUtf8Length(text)
  if (length > STRING_BYTES_MAX) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `a string of ${length} bytes, at most ${STRING_BYTES_MAX} can be sent`)
  }
  writer.byte(1)
  writer.short(length)
  writeModifiedUtf8(writer, text, length)
}

/** A string of an id or destination. */
export function writeName(name: string | null, writer: ByteWriter): void {
  const bytes = name === null ? null : encodedName(name)
  if (bytes === null) {
    writeString(name, writer)
    return
  }
  const at = writer.reserve(bytes.length)
  writer.buffer.set(bytes, at)
}

export function writeBytes(bytes: Buffer | null, writer: ByteWriter): void {
  if (bytes === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.int(bytes.length)
  writer.bytes(bytes)
}
