import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { assert, ProtocolError } from './errors.ts'
import { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from './modified-utf8.ts'

// Typed values as Java marshals them: message properties, map message bodies, the properties of WireFormatInfo.
//
//   map    int32 -1                                 the null map
//          int32 n, then n times: key value
//   key    uint16 length, modified UTF-8
//   value  tag:1, then by tag
//           0 null        -             5 int     4         10 byte array  int32 length, bytes
//           1 boolean     1             6 long    8         11 map         a map as above
//           2 byte        1             7 double  8         12 list        int32 n, n values
//           3 char        2             8 float   4         13 big string  int32 length, modified UTF-8
//           4 short       2             9 string  uint16 length, modified UTF-8

export const PrimitiveTag = {
  Null: 0,
  Boolean: 1,
  Byte: 2,
  Char: 3,
  Short: 4,
  Int: 5,
  Long: 6,
  Double: 7,
  Float: 8,
  String: 9,
  ByteArray: 10,
  Map: 11,
  List: 12,
  BigString: 13,
} as const
export type PrimitiveTag = (typeof PrimitiveTag)[keyof typeof PrimitiveTag]

/** Null; boolean; Byte, Short, Int, Float and Double number; Long bigint; Char a string of one unit; the rest as named. */
export type PrimitiveValue = null | boolean | number | bigint | string | Buffer | PrimitiveMap | readonly Primitive[]

/** A value with its Java type. Never changed once made, so that one may be shared. */
export interface Primitive {
  readonly tag: PrimitiveTag
  readonly value: PrimitiveValue
}

/** In the order of the wire, which means nothing: Java writes hash order. A property set to null is there with tag 0. */
export type PrimitiveMap = Map<string, Primitive>

/** How many maps and lists may stand inside each other; the outermost counts. */
export const NESTING_MAX = 127

export const NULL_PRIMITIVE: Primitive = { tag: PrimitiveTag.Null, value: null }
export const TRUE_PRIMITIVE: Primitive = { tag: PrimitiveTag.Boolean, value: true }
export const FALSE_PRIMITIVE: Primitive = { tag: PrimitiveTag.Boolean, value: false }

/** Byte arrays in it are views of `bytes`. Bytes left over behind the map are refused. */
export function decodePrimitiveMap(bytes: Buffer): PrimitiveMap | null {
  const reader = new ByteReader(bytes)
  const map = readPrimitiveMap(reader, 1)
  if (reader.left > 0) throw new ProtocolError('FRAME_INVALID', `${reader.left} bytes behind the end of a map`)
  return map
}

export function encodePrimitiveMap(map: PrimitiveMap | null): Buffer {
  const writer = new ByteWriter(256)
  writePrimitiveMap(writer, map)
  return writer.take()
}

/** One tagged value. `depth`: the maps and lists around it. */
export function readPrimitive(reader: ByteReader, depth = 0): Primitive {
  const tag = reader.byte()
  switch (tag) {
    case PrimitiveTag.Null:
      return NULL_PRIMITIVE
    case PrimitiveTag.Boolean:
      return reader.boolean() ? TRUE_PRIMITIVE : FALSE_PRIMITIVE
    case PrimitiveTag.Byte:
      return { tag, value: reader.signedByte() }
    case PrimitiveTag.Char:
      return { tag, value: String.fromCharCode(reader.unsignedShort()) }
    case PrimitiveTag.Short:
      return { tag, value: reader.short() }
    case PrimitiveTag.Int:
      return { tag, value: reader.int() }
    case PrimitiveTag.Long:
      return { tag, value: BigInt(reader.long()) }
    case PrimitiveTag.Double:
      return { tag, value: reader.double() }
    case PrimitiveTag.Float:
      return { tag, value: reader.float() }
    case PrimitiveTag.String:
      return { tag, value: readModifiedUtf8(reader, reader.unsignedShort()) }
    case PrimitiveTag.BigString:
      return { tag, value: readModifiedUtf8(reader, reader.int()) }
    case PrimitiveTag.ByteArray:
      return { tag, value: reader.view(reader.int()) }
    case PrimitiveTag.Map: {
      const map = readPrimitiveMap(reader, depth + 1)
      return map === null ? NULL_PRIMITIVE : { tag, value: map }
    }
    case PrimitiveTag.List: {
      const count = listCount(reader, depth + 1)
      const list: Primitive[] = []
      for (let i = 0; i < count; i++) list.push(readPrimitive(reader, depth + 1))
      return { tag, value: list }
    }
    default:
      throw unknownTag(tag)
  }
}

/** A string goes out as String or BigString by its length, whichever of the two it says. */
export function writePrimitive(writer: ByteWriter, primitive: Primitive): void {
  const { tag, value } = primitive
  switch (tag) {
    case PrimitiveTag.String:
    case PrimitiveTag.BigString:
      writeString(writer, value as string)
      return
    default:
      writer.byte(tag)
  }
  switch (tag) {
    case PrimitiveTag.Null:
      return
    case PrimitiveTag.Boolean:
      writer.boolean(value as boolean)
      return
    case PrimitiveTag.Byte:
      writer.byte(value as number)
      return
    case PrimitiveTag.Char:
      writer.short((value as string).charCodeAt(0))
      return
    case PrimitiveTag.Short:
      writer.short(value as number)
      return
    case PrimitiveTag.Int:
      writer.int(value as number)
      return
    case PrimitiveTag.Long:
      writer.long(value as bigint)
      return
    case PrimitiveTag.Double:
      writer.double(value as number)
      return
    case PrimitiveTag.Float:
      writer.float(value as number)
      return
    case PrimitiveTag.ByteArray:
      writer.int((value as Buffer).length)
      writer.bytes(value as Buffer)
      return
    case PrimitiveTag.Map:
      writePrimitiveMap(writer, value as PrimitiveMap)
      return
    case PrimitiveTag.List: {
      const list = value as readonly Primitive[]
      writer.int(list.length)
      for (const element of list) writePrimitive(writer, element)
      return
    }
    default:
      assert(false, `no such tag: ${String(tag satisfies never)}`)
  }
}

/**
 * One property of an encoded map, without decoding the others; null when it is not there. Goes through the whole map: of
 * a name that is there twice the last counts, as for everyone who decodes it. A byte array is a view of `bytes`.
 */
export function findPrimitive(bytes: Buffer, name: string): Primitive | null {
  const reader = new ByteReader(bytes)
  const count = mapCount(reader, 1)
  // Nearly every name is ASCII and then compared byte by byte.
  const ascii = modifiedUtf8Length(name) === name.length
  let foundAt = -1
  for (let i = 0; i < count; i++) {
    const length = reader.unsignedShort()
    const same = ascii ? nextIs(reader, length, name) : readModifiedUtf8(reader, length) === name
    if (same) foundAt = reader.position
    skipPrimitive(reader, 1)
  }
  if (foundAt < 0) return null
  reader.reset(bytes, foundAt)
  return readPrimitive(reader, 1)
}

/**
 * The natural Java type of a plain value: a whole number is an Int where it fits and a Long while it is exact, any other
 * number a Double. Throws TypeError for what has none (undefined, functions, symbols, other objects) and RangeError for
 * what does not fit. `depth`: the maps and lists around it.
 */
export function primitiveOf(value: unknown, depth = 0): Primitive {
  switch (typeof value) {
    case 'boolean':
      return value ? TRUE_PRIMITIVE : FALSE_PRIMITIVE
    case 'string':
      return { tag: value.length < BIG_STRING_MIN ? PrimitiveTag.String : PrimitiveTag.BigString, value }
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} does not fit into 64 bits`)
      return { tag: PrimitiveTag.Long, value }
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { tag: PrimitiveTag.Double, value }
      if ((value | 0) === value) return { tag: PrimitiveTag.Int, value }
      return { tag: PrimitiveTag.Long, value: BigInt(value) }
    case 'object':
      return primitiveOfObject(value, depth + 1)
    default:
      throw new TypeError(`a ${typeof value} cannot be a property`)
  }
}

function primitiveOfObject(value: object | null, depth: number): Primitive {
  if (value === null) return NULL_PRIMITIVE
  if (Buffer.isBuffer(value)) return { tag: PrimitiveTag.ByteArray, value }
  if (value instanceof Uint8Array) {
    return { tag: PrimitiveTag.ByteArray, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) }
  }
  if (depth > NESTING_MAX) throw new RangeError(`maps and lists inside each other more than ${NESTING_MAX} deep`)
  if (Array.isArray(value)) {
    return { tag: PrimitiveTag.List, value: value.map((element) => primitiveOf(element, depth)) }
  }
  if (value instanceof Map) {
    const map: PrimitiveMap = new Map()
    for (const [key, element] of value) {
      if (typeof key !== 'string') throw new TypeError(`a key of a map is a string, not a ${typeof key}`)
      map.set(key, primitiveOf(element, depth))
    }
    return { tag: PrimitiveTag.Map, value: map }
  }
  throw new TypeError(`${value.constructor?.name ?? 'an object without a class'} cannot be a property`)
}

/** Java writes a string of this many UTF-16 units or more with a length of four bytes. */
const BIG_STRING_MIN = 8191

const KEY_BYTES_MAX = 0xffff

// What an element takes at least: a key's length and a tag; a tag.
const ENTRY_BYTES_MIN = 3
const ELEMENT_BYTES_MIN = 1

function readPrimitiveMap(reader: ByteReader, depth: number): PrimitiveMap | null {
  const count = mapCount(reader, depth)
  if (count < 0) return null
  const map: PrimitiveMap = new Map()
  for (let i = 0; i < count; i++) {
    const key = readModifiedUtf8(reader, reader.unsignedShort())
    map.set(key, readPrimitive(reader, depth))
  }
  return map
}

/** -1 for the null map. */
function mapCount(reader: ByteReader, depth: number): number {
  const count = reader.int()
  if (count === -1) return -1
  checkDepth(depth)
  return reader.count(count, ENTRY_BYTES_MIN)
}

function listCount(reader: ByteReader, depth: number): number {
  checkDepth(depth)
  return reader.count(reader.int(), ELEMENT_BYTES_MIN)
}

function checkDepth(depth: number): void {
  if (depth > NESTING_MAX) {
    throw new ProtocolError('FRAME_INVALID', `maps and lists inside each other more than ${NESTING_MAX} deep`)
  }
}

function nextIs(reader: ByteReader, length: number, name: string): boolean {
  const at = reader.take(length)
  if (length !== name.length) return false
  const bytes = reader.buffer
  for (let i = 0; i < length; i++) {
    if (bytes[at + i] !== name.charCodeAt(i)) return false
  }
  return true
}

function skipPrimitive(reader: ByteReader, depth: number): void {
  const tag = reader.byte()
  switch (tag) {
    case PrimitiveTag.Null:
      return
    case PrimitiveTag.Boolean:
    case PrimitiveTag.Byte:
      reader.take(1)
      return
    case PrimitiveTag.Char:
    case PrimitiveTag.Short:
      reader.take(2)
      return
    case PrimitiveTag.Int:
    case PrimitiveTag.Float:
      reader.take(4)
      return
    case PrimitiveTag.Long:
    case PrimitiveTag.Double:
      reader.take(8)
      return
    case PrimitiveTag.String:
      reader.take(reader.unsignedShort())
      return
    case PrimitiveTag.BigString:
    case PrimitiveTag.ByteArray:
      reader.take(reader.int())
      return
    case PrimitiveTag.Map: {
      const count = mapCount(reader, depth + 1)
      for (let i = 0; i < count; i++) {
        reader.take(reader.unsignedShort())
        skipPrimitive(reader, depth + 1)
      }
      return
    }
    case PrimitiveTag.List: {
      const count = listCount(reader, depth + 1)
      for (let i = 0; i < count; i++) skipPrimitive(reader, depth + 1)
      return
    }
    default:
      throw unknownTag(tag)
  }
}

function writePrimitiveMap(writer: ByteWriter, map: PrimitiveMap | null): void {
  if (map === null) {
    writer.int(-1)
    return
  }
  writer.int(map.size)
  for (const [key, value] of map) {
    const length = modifiedUtf8Length(key)
    if (length > KEY_BYTES_MAX) throw new RangeError(`a property name of ${length} bytes; ${KEY_BYTES_MAX} at most`)
    writer.short(length)
    writeModifiedUtf8(writer, key, length)
    writePrimitive(writer, value)
  }
}

function writeString(writer: ByteWriter, text: string): void {
  const length = modifiedUtf8Length(text)
  if (text.length < BIG_STRING_MIN) {
    writer.byte(PrimitiveTag.String)
    writer.short(length)
  } else {
    writer.byte(PrimitiveTag.BigString)
    writer.int(length)
  }
  writeModifiedUtf8(writer, text, length)
}

function unknownTag(tag: number): ProtocolError {
  return new ProtocolError('FRAME_INVALID', `a value with the unknown tag ${tag}`)
}
