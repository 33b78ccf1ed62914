import { NULL_PRIMITIVE, type Primitive, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import { MessageFormatError } from '../errors.ts'

/*
 * Values of properties, map and stream bodies, and the conversions that JMS allows between them. One table serves all:
 * what properties cannot hold (char and bytes, in strict JMS) is refused when it is set.
 *
 *              readable as
 *   written    boolean byte short char int long float double string bytes
 *   boolean    x                                             x
 *   byte               x    x          x   x                 x
 *   short                   x          x   x                 x
 *   char                         x                           x
 *   int                                x   x                 x
 *   long                                   x                 x
 *   float                                       x     x      x
 *   double                                            x      x
 *   string     x       x    x          x   x    x     x      x
 *   bytes                                                         x
 */

/** What an untyped getter returns: a long is a bigint, a char a string of one UTF-16 unit. */
export type MessageValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | ReadonlyMap<string, MessageValue>
  | readonly MessageValue[]

/** What an untyped setter takes: the type on the wire is inferred, or said by `byte(1)` and its kin. */
export type MessageInput =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | TypedValue
  | Uint8Array
  | ReadonlyMap<string, unknown>
  | readonly unknown[]
  | { readonly [name: string]: unknown }

/** A value whose type on the wire is said, not inferred. Made by `byte`, `short`, `int`, `long`, `float`, `double`, `char`. */
export class TypedValue implements Primitive {
  readonly tag: PrimitiveTag
  readonly value: number | bigint | string

  constructor(tag: PrimitiveTag, value: number | bigint | string) {
    this.tag = tag
    this.value = value
  }
}

/** An 8-bit integer. Throws MessageFormatError outside -128..127, like its kin outside their own ranges. */
export function byte(value: number): TypedValue {
  return new TypedValue(PrimitiveTag.Byte, whole(value, 8))
}

/** A 16-bit integer. */
export function short(value: number): TypedValue {
  return new TypedValue(PrimitiveTag.Short, whole(value, 16))
}

/** A 32-bit integer. */
export function int(value: number): TypedValue {
  return new TypedValue(PrimitiveTag.Int, whole(value, 32))
}

/** A 64-bit integer. */
export function long(value: number | bigint): TypedValue {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new MessageFormatError(`${value} is not an exact 64-bit integer; pass a bigint`)
  }
  const exact = BigInt(value)
  if (BigInt.asIntN(64, exact) !== exact) throw new MessageFormatError(`${exact} does not fit in 64 bits`)
  return new TypedValue(PrimitiveTag.Long, exact)
}

/** A 32-bit float. */
export function float(value: number): TypedValue {
  return new TypedValue(PrimitiveTag.Float, Math.fround(value))
}

/** A 64-bit float, also when the value is whole. */
export function double(value: number): TypedValue {
  return new TypedValue(PrimitiveTag.Double, value)
}

/** One UTF-16 unit. */
export function char(value: string): TypedValue {
  if (value.length !== 1) throw new MessageFormatError(`a char is one UTF-16 unit, got ${value.length}`)
  return new TypedValue(PrimitiveTag.Char, value)
}

function whole(value: number, bits: number): number {
  const limit = 2 ** (bits - 1)
  if (Number.isInteger(value) && value >= -limit && value < limit) return value
  throw new MessageFormatError(`${value} is not a ${bits}-bit integer`)
}

export interface Allowed {
  readonly bytes: boolean
  readonly nested: boolean
  readonly char: boolean
}

/** Infers the type on the wire: boolean; string; bigint -> long; integer -> int or long; other number -> double. */
export function primitiveFrom(value: unknown, allowed: Allowed): Primitive {
  if (value === null || value === undefined) return NULL_PRIMITIVE
  switch (typeof value) {
    case 'boolean':
      return { tag: PrimitiveTag.Boolean, value }
    case 'string':
      return { tag: PrimitiveTag.String, value }
    case 'bigint':
      return long(value)
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        return value === (value | 0) ? { tag: PrimitiveTag.Int, value } : long(value)
      }
      return { tag: PrimitiveTag.Double, value }
    case 'object':
      return primitiveFromObject(value, allowed)
    default:
      throw new MessageFormatError(`a ${typeof value} cannot travel in a message`)
  }
}

function primitiveFromObject(value: object, allowed: Allowed): Primitive {
  if (value instanceof TypedValue) {
    if (value.tag === PrimitiveTag.Char && !allowed.char) throw new MessageFormatError('a char is not allowed here')
    return value
  }
  if (value instanceof Uint8Array) {
    if (!allowed.bytes) throw new MessageFormatError('bytes are not allowed as a property')
    return { tag: PrimitiveTag.ByteArray, value: Buffer.from(value) }
  }
  if (!allowed.nested) throw new MessageFormatError('maps and lists are not allowed here')
  if (Array.isArray(value)) {
    return { tag: PrimitiveTag.List, value: value.map((element) => primitiveFrom(element, allowed)) }
  }
  if (value instanceof Map) return { tag: PrimitiveTag.Map, value: mapFrom(value, allowed) }
  if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null) {
    return { tag: PrimitiveTag.Map, value: mapFrom(Object.entries(value), allowed) }
  }
  throw new MessageFormatError(`${value.constructor.name} cannot travel in a message`)
}

function mapFrom(entries: Iterable<[unknown, unknown]>, allowed: Allowed): PrimitiveMap {
  const map: PrimitiveMap = new Map()
  for (const [key, value] of entries) map.set(String(key), primitiveFrom(value, allowed))
  return map
}

/** The untyped reading. Bytes are copied, so that nobody holds a piece of a receive buffer. */
export function valueOf(primitive: Primitive): MessageValue {
  const value = primitive.value
  if (value === null || typeof value !== 'object') return value
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, valueOf(inner)]))
  return (value as readonly Primitive[]).map(valueOf)
}

export type Target = 'boolean' | 'byte' | 'short' | 'char' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'

/** By tag, the types a value may be read as. */
const READABLE: readonly (readonly Target[])[] = table()

function table(): Target[][] {
  const rows: Target[][] = Array.from({ length: 14 }, () => [])
  rows[PrimitiveTag.Boolean] = ['boolean', 'string']
  rows[PrimitiveTag.Byte] = ['byte', 'short', 'int', 'long', 'string']
  rows[PrimitiveTag.Short] = ['short', 'int', 'long', 'string']
  rows[PrimitiveTag.Char] = ['char', 'string']
  rows[PrimitiveTag.Int] = ['int', 'long', 'string']
  rows[PrimitiveTag.Long] = ['long', 'string']
  rows[PrimitiveTag.Float] = ['float', 'double', 'string']
  rows[PrimitiveTag.Double] = ['double', 'string']
  const fromText: Target[] = ['boolean', 'byte', 'short', 'int', 'long', 'float', 'double', 'string']
  rows[PrimitiveTag.String] = fromText
  rows[PrimitiveTag.BigString] = fromText
  rows[PrimitiveTag.ByteArray] = ['bytes']
  return rows
}

/** Reads a value as a type, by the table above. Throws MessageFormatError; `what` names the value in its text. */
export function convert(primitive: Primitive | undefined, target: Target, what: string): MessageValue {
  const tag = primitive?.tag ?? PrimitiveTag.Null
  if (primitive === undefined || tag === PrimitiveTag.Null) return absent(target, what)
  if (!(READABLE[tag] as readonly Target[]).includes(target)) {
    throw new MessageFormatError(`${what} holds a ${nameOf(tag)}, which cannot be read as ${target}`)
  }
  const value = primitive.value
  if (typeof value === 'string' && target !== 'string' && target !== 'char') return parse(value, target, what)
  if (target === 'string') return textOf(primitive)
  if (target === 'long') return BigInt(value as number | bigint)
  if (target === 'bytes') return Buffer.from(value as Buffer)
  return value as MessageValue
}

/** As JMS has it: a missing boolean is false, a missing string null, a missing number an error and never 0. */
function absent(target: Target, what: string): MessageValue {
  if (target === 'boolean') return false
  if (target === 'string' || target === 'bytes') return null
  throw new MessageFormatError(`${what} is missing or null, which cannot be read as ${target}`)
}

const BITS: Readonly<Record<'byte' | 'short' | 'int', number>> = { byte: 8, short: 16, int: 32 }

function parse(text: string, target: Target, what: string): MessageValue {
  switch (target) {
    case 'boolean':
      return text.toLowerCase() === 'true'
    case 'byte':
    case 'short':
    case 'int':
      if (!/^[+-]?\d+$/.test(text)) break
      return whole(Number(text), BITS[target])
    case 'long':
      if (!/^[+-]?\d+$/.test(text)) break
      return long(BigInt(text.startsWith('+') ? text.slice(1) : text)).value as bigint
    case 'float':
    case 'double': {
      const trimmed = text.trim()
      if (!/^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)$/.test(trimmed)) break
      const value = Number(trimmed.replace(/[fFdD]$/, ''))
      return target === 'float' ? Math.fround(value) : value
    }
    default:
      break
  }
  throw new MessageFormatError(`${what} holds "${text.slice(0, 40)}", which is not a ${target}`)
}

/** As Java writes the value: a double 1 is `1.0`. */
function textOf(primitive: Primitive): string {
  const value = primitive.value
  switch (primitive.tag) {
    case PrimitiveTag.Double:
      return javaText(value as number, String(value))
    case PrimitiveTag.Float:
      return javaText(value as number, shortestFloat(value as number))
    default:
      return String(value)
  }
}

/** The fewest digits that give the same 32-bit float. */
function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toPrecision(9)
}

function javaText(value: number, shortest: string): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    const plain = String(Number(shortest))
    return plain.includes('.') ? plain : `${plain}.0`
  }
  const [mantissa = '', exponent = ''] = Number(shortest).toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

function nameOf(tag: PrimitiveTag): string {
  return (
    Object.entries(PrimitiveTag)
      .find(([, value]) => value === tag)?.[0]
      .toLowerCase() ?? `value of type ${tag}`
  )
}
