import { type Primitive, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import { plainJson } from './plain-json.ts'
import { typedText, typedValue, typeName } from './typed-value.ts'

/*
 * A map as the model writes it, through Jettison. An entry is its key and its value, each under the name of its type; two of
 * one type share the name. A single entry stands without the array around it.
 *
 *   {"map":{"entry":[{"string":["name","Dejan"]},{"string":"age","int":5}]}}
 */

export function mapJson(map: PrimitiveMap): string {
  if (map.size === 0) return '{"map":""}'
  const entries = [...map].map(([key, value]) => entryJson(key, value))
  return `{"map":{"entry":${entries.length === 1 ? entries[0] : `[${entries.join(',')}]`}}}`
}

function entryJson(key: string, value: Primitive): string {
  const name = JSON.stringify(key)
  const type = typeName(value.tag)
  switch (type) {
    case 'string':
      return `{"string":[${name},${JSON.stringify(value.value)}]}`
    case null:
      return `{"string":${name},"${value.tag === PrimitiveTag.Map ? 'map' : 'list'}":${plainJson(value)}}`
    case 'null':
      return `{"string":${name},"null":""}`
    case 'boolean':
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return `{"string":${name},"${type}":${typedText(value)}}`
    case 'double':
    case 'float':
      return `{"string":${name},"${type}":${Number.isFinite(value.value as number) ? typedText(value) : `"${typedText(value)}"`}}`
    default:
      return `{"string":${name},"${type}":${JSON.stringify(typedText(value))}}`
  }
}

/** The other way round; values may be strings, whatever their type. Throws for anything else. */
export function mapOfJson(text: string): PrimitiveMap {
  const parsed: unknown = JSON.parse(text.replace(LONG_NUMBER, quoted))
  const outer = membersOf(parsed)['map']
  const map: PrimitiveMap = new Map()
  if (outer === '' || outer === null) return map
  const { entry } = membersOf(outer)
  if (entry === undefined) return map
  for (const one of Array.isArray(entry) ? entry : [entry]) {
    const { key, value } = readEntry(membersOf(one))
    map.set(key, value)
  }
  return map
}

/** A string, which is left alone, or a whole number that JavaScript may not be able to hold. */
const LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g

function quoted(found: string): string {
  return found.startsWith('"') ? found : `"${found}"`
}

function readEntry(members: Members): { key: string; value: Primitive } {
  const { string, ...others } = members
  const [type, ...more] = Object.keys(others)
  if (Array.isArray(string)) {
    const [key, value] = string
    if (string.length !== 2 || type !== undefined) throw new TypeError('an entry is a key and a value')
    return { key: textOf(key), value: typedValue('string', textOf(value)) }
  }
  if (type === undefined || more.length > 0) throw new TypeError('an entry is a key and a value')
  return { key: textOf(string), value: typedValue(type, textOf(others[type])) }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  throw new TypeError('expected {"map":{"entry":[…]}}')
}

function textOf(value: unknown): string {
  if (value === null) return ''
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TypeError('a value is a text, a number or a boolean')
}
