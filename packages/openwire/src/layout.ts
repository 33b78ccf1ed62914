import { Buffer } from 'node:buffer'
import { assert, type ByteReader, type ByteWriter, type Long } from '@millrace/base'
import { VERSION_MAX } from './codes.ts'
import { LAYOUTS } from './layouts.ts'
import {
  hasReadyMade,
  idLength,
  type Inbound,
  type Outbound,
  readyMade,
  requireCount,
  requireVersion,
  unexpectedType,
  unknownStructure,
  unknownType,
  writeConstant,
} from './link.ts'
import { cacheKey, type InboundCache, type OutboundCache } from './object-cache.ts'
import type { DataStructure } from './structures.ts'
import { CAUSES_MAX, readableMessage, type StackTraceElement, type Throwable } from './throwable.ts'

// What travels with every message has routines of its own, in marshal-loose.ts and marshal-tight.ts. Everything else is
// read and written here, field by field as a line of layouts.ts says: slower, but in a fraction of the code, which the
// users of a client download.

/** What loose and tight encoding do differently; all else is composed of it. */
export interface Encoding {
  readonly tight: boolean
  readFlag(reader: ByteReader, link: Inbound): boolean
  readLong(reader: ByteReader, link: Inbound): Long
  readString(reader: ByteReader, link: Inbound): string | null
  /** A string of an id or destination. */
  readName(reader: ByteReader, link: Inbound): string | null
  /** The fields of a structure whose type code has been read. */
  readStructure(type: number, reader: ByteReader, link: Inbound): DataStructure
  writeFlag(value: boolean, writer: ByteWriter, link: Outbound): void
  writeLong(value: Long, writer: ByteWriter, link: Outbound): void
  writeString(text: string | null, writer: ByteWriter, link: Outbound): void
  /** A string of an id or destination. */
  writeName(name: string | null, writer: ByteWriter, link: Outbound): void
  /** The fields of a structure, without its type code. */
  writeStructure(it: DataStructure, writer: ByteWriter, link: Outbound): void
}

/** Type codes below are commands and records; ids and destinations begin here. */
const ID_MIN = 100
const TYPE_MAX = 124

interface Field {
  readonly name: string
  /** A letter; `readField` says what it stands for. */
  readonly kind: string
  /** The type codes of structures that may stand here; of constant bytes, how many. */
  readonly from: number
  readonly to: number
  readonly since: number
  readonly until: number
}

interface Layout {
  readonly make: new () => DataStructure
  readonly since: number
  readonly fields: readonly Field[]
}

const layouts = new Map<number, Layout>()

/** Made from its line when it is needed for the first time. */
function layoutOf(type: number): Layout | undefined {
  const known = layouts.get(type)
  const line = LAYOUTS[type]
  if (known !== undefined || line === undefined) return known
  const [make, text] = line
  // A class declares its fields in the order of the wire.
  const names = Object.keys(new make()).filter((name) => name !== 'dataType')
  const fields: Field[] = []
  let since = 1
  for (const token of text.split(' ')) {
    const [, kind, from, to, first, last] = FIELD.exec(token) as RegExpExecArray
    if (kind === '') since = Number(first)
    else {
      fields.push({
        name: names[fields.length] as string,
        kind: kind as string,
        from: Number(from || 1),
        to: Number(to || from || TYPE_MAX),
        since: Number(first || 1),
        until: Number(last || VERSION_MAX),
      })
    }
  }
  const layout = { make, since, fields }
  layouts.set(type, layout)
  return layout
}

/** Kind, type codes, versions: `o100-103:6` or `i:1-9`. Versions alone, in front, are those of the structure. */
const FIELD = /^([a-z]?)(\d*)-?(\d*):?(\d*)-?(\d*)$/

export function readLayout(type: number, reader: ByteReader, link: Inbound, e: Encoding): DataStructure {
  const layout = layoutOf(type)
  const { version } = link
  if (layout === undefined || version < layout.since) throw unknownType(type, version)
  const it = new layout.make()
  const values = it as unknown as Record<string, unknown>
  for (const field of layout.fields) {
    if (version >= field.since && version <= field.until) values[field.name] = readField(field, reader, link, e)
  }
  return it
}

export function writeLayout(it: DataStructure, writer: ByteWriter, link: Outbound, e: Encoding): void {
  const layout = layoutOf(it.dataType)
  const { version } = link
  if (layout === undefined) throw unknownStructure(it)
  requireVersion(it, layout.since, link)
  const values = it as unknown as Record<string, unknown>
  for (const field of layout.fields) {
    if (version >= field.since && version <= field.until) writeField(field, values[field.name], writer, link, e)
  }
}

function readField(field: Field, reader: ByteReader, link: Inbound, e: Encoding): unknown {
  const { from, to } = field
  switch (field.kind) {
    case 'z':
      return e.readFlag(reader, link)
    case 'b':
      return reader.signedByte()
    case 'i':
      return reader.int()
    case 'l':
      return e.readLong(reader, link)
    case 's':
      return e.readString(reader, link)
    case 'n':
      return e.readName(reader, link)
    case 'k': // Bytes that are always there and always as many.
      return Buffer.from(reader.view(from))
    case 't':
      return readThrowable(reader, link, e)
    case 'c':
      if (link.cache !== null) return readCached(reader, link, e, from, to)
      return readObject(reader, link, e, from, to)
    case 'a':
      return readArray(reader, link, e, from, to)
    case 'o':
      return readObject(reader, link, e, from, to)
    default:
      return readBytes(field.kind, reader, link, e)
  }
}

// The values are what the class says its fields are; the table is written from the same schema.
function writeField(field: Field, value: unknown, writer: ByteWriter, link: Outbound, e: Encoding): void {
  const { from, to } = field
  switch (field.kind) {
    case 'z':
      e.writeFlag(value as boolean, writer, link)
      return
    case 'b':
      writer.byte(value as number)
      return
    case 'i':
      writer.int(value as number)
      return
    case 'l':
      e.writeLong(value as Long, writer, link)
      return
    case 's':
      e.writeString(value as string | null, writer, link)
      return
    case 'n':
      e.writeName(value as string | null, writer, link)
      return
    case 'k':
      writeConstant(value as Buffer, from, writer)
      return
    case 't':
      writeThrowable(value as Throwable | null, writer, link, e)
      return
    case 'c':
      if (link.cache !== null) writeCached(value as DataStructure | null, writer, link, e, from, to)
      else writeObject(value as DataStructure | null, writer, link, e, from, to)
      return
    case 'a':
      writeArray(value as (DataStructure | null)[] | null, writer, link, e, from, to)
      return
    case 'o':
      writeObject(value as DataStructure | null, writer, link, e, from, to)
      return
    default:
      writeBytes(value as Buffer | null, writer, link, e)
  }
}

/** `v`: not copied, whoever keeps it does that. `d`: part of an id, short. `x`: a copy. */
function readBytes(kind: string, reader: ByteReader, link: Inbound, e: Encoding): Buffer | null {
  if (!e.readFlag(reader, link)) return null
  const length = reader.int()
  const view = reader.view(kind === 'd' ? idLength(length) : length)
  return kind === 'v' ? view : Buffer.from(view)
}

function writeBytes(bytes: Buffer | null, writer: ByteWriter, link: Outbound, e: Encoding): void {
  e.writeFlag(bytes !== null, writer, link)
  if (bytes === null) return
  writer.int(bytes.length)
  writer.bytes(bytes)
}

/** Structures with these type codes may stand here. */
export function readObject(
  reader: ByteReader,
  link: Inbound,
  e: Encoding,
  from: number,
  to: number,
): DataStructure | null {
  if (!e.readFlag(reader, link)) return null
  const type = reader.byte()
  if (type < from || type > to) throw unexpectedType(type, from, to)
  if (e.tight && hasReadyMade(type) && link.bit()) throw readyMade()
  // Ids and destinations hold nothing that could nest without end.
  const deep = type < ID_MIN
  if (deep) link.enter()
  const it = e.readStructure(type, reader, link)
  if (deep) link.leave()
  return it
}

export function writeObject(
  it: DataStructure | null,
  writer: ByteWriter,
  link: Outbound,
  e: Encoding,
  from: number,
  to: number,
): void {
  e.writeFlag(it !== null, writer, link)
  if (it === null) return
  assert(it.dataType >= from && it.dataType <= to, `type code ${it.dataType} where ${from} to ${to} belong`)
  if (e.tight && hasReadyMade(it.dataType)) link.bit(false)
  writer.byte(it.dataType)
  e.writeStructure(it, writer, link)
}

/** The cache is on. */
export function readCached(
  reader: ByteReader,
  link: Inbound,
  e: Encoding,
  from: number,
  to: number,
): DataStructure | null {
  const cache = link.cache as InboundCache
  const fresh = e.readFlag(reader, link)
  const slot = reader.short()
  if (fresh) {
    const it = readObject(reader, link, e, from, to)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it !== null && (it.dataType < from || it.dataType > to)) throw unexpectedType(it.dataType, from, to)
  return it
}

/** The cache is on. OpenWire takes the slot before the object in loose encoding and after it in tight encoding. */
export function writeCached(
  it: DataStructure | null,
  writer: ByteWriter,
  link: Outbound,
  e: Encoding,
  from: number,
  to: number,
): void {
  const cache = link.cache as OutboundCache
  const key = cacheKey(it)
  const slot = cache.find(key)
  e.writeFlag(slot === undefined, writer, link)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(e.tight ? 0 : cache.add(key))
  writeObject(it, writer, link, e, from, to)
  if (e.tight) writer.shortAt(at, cache.add(key))
}

export function readArray(
  reader: ByteReader,
  link: Inbound,
  e: Encoding,
  from: number,
  to: number,
): (DataStructure | null)[] | null {
  if (!e.readFlag(reader, link)) return null
  const length = reader.short()
  // An absent element is one byte in loose and one bit in tight encoding: the least that so many can take.
  const count = e.tight ? link.countBits(length) : link.elements(reader.count(length, 1))
  const them: (DataStructure | null)[] = []
  for (let i = 0; i < count; i++) them.push(readObject(reader, link, e, from, to))
  return them
}

export function writeArray(
  them: readonly (DataStructure | null)[] | null,
  writer: ByteWriter,
  link: Outbound,
  e: Encoding,
  from: number,
  to: number,
): void {
  e.writeFlag(them !== null, writer, link)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeObject(it, writer, link, e, from, to)
}

export function readThrowable(reader: ByteReader, link: Inbound, e: Encoding): Throwable | null {
  if (!e.readFlag(reader, link)) return null
  link.enter()
  const className = e.readString(reader, link) ?? ''
  const message = e.readString(reader, link)
  let stackTrace: StackTraceElement[] | null = null
  let cause: Throwable | null = null
  if (link.stackTraceEnabled) {
    // The line of an element, and presence: in loose encoding a byte for class, method and file, in tight encoding bits.
    const count = link.elements(reader.count(reader.short(), e.tight ? 4 : 7))
    stackTrace = []
    for (let i = 0; i < count; i++) {
      stackTrace.push({
        className: e.readString(reader, link) ?? '',
        methodName: e.readString(reader, link) ?? '',
        fileName: e.readString(reader, link),
        lineNumber: reader.int(),
      })
    }
    cause = readThrowable(reader, link, e)
  }
  link.leave()
  return { className, message, stackTrace, cause }
}

export function writeThrowable(
  it: Throwable | null,
  writer: ByteWriter,
  link: Outbound,
  e: Encoding,
  causes = 0,
): void {
  e.writeFlag(it !== null, writer, link)
  if (it === null) return
  e.writeString(it.className, writer, link)
  e.writeString(readableMessage(it.message, link.version), writer, link)
  if (!link.stackTraceEnabled) return
  const stackTrace = it.stackTrace ?? []
  writer.short(stackTrace.length)
  for (const element of stackTrace) {
    e.writeString(element.className, writer, link)
    e.writeString(element.methodName, writer, link)
    e.writeString(element.fileName, writer, link)
    writer.int(element.lineNumber)
  }
  writeThrowable(causes < CAUSES_MAX ? it.cause : null, writer, link, e, causes + 1)
}
