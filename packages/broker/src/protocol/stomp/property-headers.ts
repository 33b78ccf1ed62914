import { Buffer } from 'node:buffer'
import {
  ByteReader,
  type ByteWriter,
  javaDoubleText,
  javaFloatText,
  type Primitive,
  PrimitiveTag,
  readPrimitive,
} from '@millrace/base'
import { Header, headerAt, MESSAGE_LAST } from './header-names.ts'
import { writeEncodedText, writeText } from './text-writer.ts'
import { Version } from './version.ts'

const reader = new ByteReader(Buffer.alloc(0))

/**
 * Every property of a message as a header, without taking the map apart first: `4 count`, then `2 length, name, tag,
 * value`. Those that would be taken for a header of ours are left out, and what is no plain value. Throws FRAME_INVALID
 * for what is no map.
 */
export function writeProperties(writer: ByteWriter, properties: Buffer, typed: boolean, version: Version): void {
  reader.reset(properties)
  const count = reader.count(reader.int(), 3)
  for (let i = 0; i < count; i++) {
    const nameLength = reader.unsignedShort()
    const nameStart = reader.take(nameLength)
    const nameEnd = nameStart + nameLength
    const tagAt = reader.position
    const tag = reader.byte()
    const shown = isShown(properties, nameStart, nameEnd, typed, version)
    if (tag === PrimitiveTag.String) {
      const length = reader.unsignedShort()
      const start = reader.take(length)
      if (!shown) continue
      writeName(writer, properties, nameStart, nameEnd, version)
      writeEncodedText(writer, properties, start, start + length, version)
      continue
    }
    reader.moveTo(tagAt)
    const text = textOf(readPrimitive(reader, 1))
    if (!shown || text === null) continue
    writeName(writer, properties, nameStart, nameEnd, version)
    writeText(writer, text, version)
  }
}

function writeName(writer: ByteWriter, bytes: Buffer, start: number, end: number, version: Version): void {
  writer.byte(0x0a)
  writeEncodedText(writer, bytes, start, end, version)
  writer.byte(0x3a)
}

function isShown(bytes: Buffer, start: number, end: number, typed: boolean, version: Version): boolean {
  if (start === end) return false
  const id = headerAt(bytes, start, end)
  if (id >= 0 && (id <= MESSAGE_LAST || (typed && id === Header['content-type']))) return false
  // 1.0 has no way to say this.
  if (version === Version.V10) for (let at = start; at < end; at++) if (bytes[at] === 0x3a) return false
  return true
}

/** As Java prints it; null: it is no plain value. */
export function textOf({ tag, value }: Primitive): string | null {
  switch (tag) {
    case PrimitiveTag.Double:
      return javaDoubleText(value as number)
    case PrimitiveTag.Float:
      return javaFloatText(value as number)
    case PrimitiveTag.Null:
    case PrimitiveTag.ByteArray:
    case PrimitiveTag.Map:
    case PrimitiveTag.List:
      return null
    default:
      return String(value)
  }
}
