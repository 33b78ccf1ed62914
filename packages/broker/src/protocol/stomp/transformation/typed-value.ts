import { Buffer } from 'node:buffer'
import {
  FALSE_PRIMITIVE,
  javaDoubleText,
  javaFloatText,
  NULL_PRIMITIVE,
  type Primitive,
  PrimitiveTag,
  TRUE_PRIMITIVE,
} from '@millrace/base'

/** What XStream, which the model writes maps with, calls each type. Maps and lists have no text of their own. */
const NAMES: Readonly<Partial<Record<PrimitiveTag, string>>> = {
  [PrimitiveTag.Null]: 'null',
  [PrimitiveTag.Boolean]: 'boolean',
  [PrimitiveTag.Byte]: 'byte',
  [PrimitiveTag.Char]: 'char',
  [PrimitiveTag.Short]: 'short',
  [PrimitiveTag.Int]: 'int',
  [PrimitiveTag.Long]: 'long',
  [PrimitiveTag.Double]: 'double',
  [PrimitiveTag.Float]: 'float',
  [PrimitiveTag.String]: 'string',
  [PrimitiveTag.BigString]: 'string',
  [PrimitiveTag.ByteArray]: 'byte-array',
}

/** Null for a map or a list. */
export function typeName(tag: PrimitiveTag): string | null {
  return NAMES[tag] ?? null
}

/** The text between the tags. */
export function typedText({ tag, value }: Primitive): string {
  switch (tag) {
    case PrimitiveTag.Null:
      return ''
    case PrimitiveTag.Double:
      return javaDoubleText(value as number)
    case PrimitiveTag.Float:
      return javaFloatText(value as number)
    case PrimitiveTag.ByteArray:
      return (value as Buffer).toString('base64')
    default:
      return String(value)
  }
}

/** Smallest and largest of each whole type. */
const RANGES: Readonly<Record<string, readonly [tag: PrimitiveTag, min: bigint, max: bigint]>> = {
  byte: [PrimitiveTag.Byte, -128n, 127n],
  short: [PrimitiveTag.Short, -32_768n, 32_767n],
  int: [PrimitiveTag.Int, -(2n ** 31n), 2n ** 31n - 1n],
  long: [PrimitiveTag.Long, -(2n ** 63n), 2n ** 63n - 1n],
}

/** The other way round. Throws TypeError or RangeError. */
export function typedValue(name: string, text: string): Primitive {
  const range = Object.hasOwn(RANGES, name) ? RANGES[name] : undefined
  if (range !== undefined) return whole(name, text.trim(), range)
  switch (name) {
    case 'null':
      return NULL_PRIMITIVE
    case 'boolean':
      return text.trim().toLowerCase() === 'true' ? TRUE_PRIMITIVE : FALSE_PRIMITIVE
    case 'char':
      if (text.length !== 1) throw new RangeError(`"${text.slice(0, 20)}" is not one character`)
      return { tag: PrimitiveTag.Char, value: text }
    case 'double':
      return { tag: PrimitiveTag.Double, value: fraction(text) }
    case 'float':
      return { tag: PrimitiveTag.Float, value: Math.fround(fraction(text)) }
    case 'string':
      return { tag: PrimitiveTag.String, value: text }
    case 'byte-array':
      return { tag: PrimitiveTag.ByteArray, value: Buffer.from(text, 'base64') }
    default:
      throw new TypeError(`${name.slice(0, 40)} is no type of a map's value`)
  }
}

function whole(name: string, text: string, [tag, min, max]: readonly [PrimitiveTag, bigint, bigint]): Primitive {
  if (!/^-?\d{1,19}$/.test(text)) throw new TypeError(`"${text.slice(0, 20)}" is no ${name}`)
  const value = BigInt(text)
  if (value < min || value > max) throw new RangeError(`${text} is no ${name}`)
  return { tag, value: tag === PrimitiveTag.Long ? value : Number(value) }
}

function fraction(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || (Number.isNaN(value) && text.trim() !== 'NaN')) {
    throw new TypeError(`"${text.slice(0, 20)}" is no number`)
  }
  return value
}
