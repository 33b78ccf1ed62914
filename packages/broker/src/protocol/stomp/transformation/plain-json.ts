import type { Buffer } from 'node:buffer'
import { type Primitive, type PrimitiveMap, primitiveOf, PrimitiveTag } from '@millrace/base'

/*
 * A map as a JSON object, a stream as an array. Numbers keep their digits, however many; bytes are base64; what JSON has no
 * word for (NaN, the infinities) is null.
 */

export function plainJson({ tag, value }: Primitive): string {
  switch (tag) {
    case PrimitiveTag.Map: {
      const members: string[] = []
      for (const [name, member] of value as PrimitiveMap) members.push(`${JSON.stringify(name)}:${plainJson(member)}`)
      return `{${members.join(',')}}`
    }
    case PrimitiveTag.List:
      return `[${(value as readonly Primitive[]).map((element) => plainJson(element)).join(',')}]`
    case PrimitiveTag.ByteArray:
      return JSON.stringify((value as Buffer).toString('base64'))
    case PrimitiveTag.Long:
      return String(value)
    default:
      return JSON.stringify(value)
  }
}

/** The object of a JSON text as a map: whole numbers as Int or Long, others as Double. Throws for what is no object. */
export function plainMap(text: string): PrimitiveMap {
  return mapOf(JSON.parse(text))
}

function mapOf(value: unknown): PrimitiveMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('this is no JSON object')
  const { value: map } = primitiveOf(natural(value))
  return map as PrimitiveMap
}

/** Objects as maps, to any depth that `primitiveOf` takes. */
function natural(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH_MAX) throw new RangeError(`more than ${DEPTH_MAX} levels`)
  if (Array.isArray(value)) return value.map((element) => natural(element, depth + 1))
  return new Map(Object.entries(value).map(([name, member]) => [name, natural(member, depth + 1)]))
}

const DEPTH_MAX = 100
