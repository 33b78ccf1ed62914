import { readdirSync, readFileSync } from 'node:fs'
import type { Long } from '@millrace/base'
import * as openwire from '../src/index.ts'
import type { DataStructure, StackTraceElement, Throwable, WireFormatOptions } from '../src/index.ts'

// Golden frames, and a walk over schema.json that turns structures into what the golden files say about them and back.

export interface Frame {
  hex: string
  fields: Fields | null
}

export interface Vector {
  name: string
  version: number
  tight: boolean
  cache: boolean
  stackTrace: boolean
  sizePrefix: boolean
  cacheSize: number
  sequence: Frame[]
}

export type Fields = { $type: string } & Record<string, unknown>

interface Property {
  name: string
  type: string
  of?: string
  size?: number
  since: number
  until?: number
}

interface Structure {
  name: string
  parent: string | null
  since: number
  properties: Property[]
}

const ROOM = new URL('../../', import.meta.url)
const FIXTURES = new URL('test/fixtures/vectors/', ROOM)

export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as T
}

export function vectors(file: string): Vector[] {
  return fixture<{ vectors: Vector[] }>(file).vectors
}

/** The files that hold frames. */
export const FRAME_FILES: readonly string[] = readdirSync(FIXTURES)
  .filter(
    (name) => /^v\d\d-/.test(name) || ['version-gates.json', 'cache-eviction.json', 'framing.json'].includes(name),
  )
  .sort()

export const CONVERSATIONS: readonly string[] = readdirSync(new URL('conversations/', FIXTURES)).sort()

export function optionsOf(vector: Omit<Vector, 'name' | 'sequence'>): WireFormatOptions {
  return {
    version: vector.version,
    tightEncodingEnabled: vector.tight,
    cacheEnabled: vector.cache,
    cacheSize: vector.cacheSize,
    stackTraceEnabled: vector.stackTrace,
    sizePrefixDisabled: !vector.sizePrefix,
    maxFrameSize: 2 ** 31 - 1,
  }
}

const schema = JSON.parse(readFileSync(new URL('schema.json', ROOM), 'utf8')) as { structures: Structure[] }
const structures = new Map(schema.structures.map((structure) => [structure.name, structure]))

export function schemaOf(name: string): { readonly since: number } {
  const structure = structures.get(name)
  if (structure === undefined) throw new Error(`no structure ${name}`)
  return structure
}

export const STRUCTURE_NAMES: readonly string[] = schema.structures
  .map((structure) => structure.name)
  .filter((name) => name in openwire.DataType)

export function propertiesOf(name: string, version: number): Property[] {
  const structure = structures.get(name)
  if (structure === undefined) return []
  const own = structure.properties.filter((one) => version >= one.since && version <= (one.until ?? version))
  return structure.parent === null ? own : [...propertiesOf(structure.parent, version), ...own]
}

export function make(name: string): DataStructure {
  const made = (openwire as unknown as Record<string, new () => DataStructure>)[name]
  if (made === undefined) throw new Error(`no structure ${name}`)
  return new made()
}

export function toFields(it: DataStructure | null, version: number): Fields | null {
  if (it === null) return null
  const name = it.constructor.name
  const fields: Fields = { $type: name }
  for (const property of propertiesOf(name, version)) {
    fields[property.name] = toField(property, (it as unknown as Record<string, unknown>)[property.name], version)
  }
  return fields
}

function toField(property: Property, value: unknown, version: number): unknown {
  if (value === null) return null
  switch (property.type) {
    case 'long':
      return String(value as Long)
    case 'bytes':
    case 'const-bytes':
      return (value as Buffer).toString('hex')
    case 'object':
    case 'cached-object':
      return toFields(value as DataStructure, version)
    case 'object-array':
      return (value as (DataStructure | null)[]).map((one) => toFields(one, version))
    case 'throwable':
      return toThrowableFields(value as Throwable)
    default:
      return value
  }
}

function toThrowableFields(it: Throwable): unknown {
  const fields = { class: it.className, message: it.message }
  if (it.stackTrace === null) return fields
  return {
    ...fields,
    stackTrace: it.stackTrace.map((element) => ({
      class: element.className,
      method: element.methodName,
      file: element.fileName,
      line: element.lineNumber,
    })),
    cause: it.cause === null ? null : toThrowableFields(it.cause),
  }
}

export function fromFields(fields: Fields | null, version: number): DataStructure | null {
  if (fields === null) return null
  const it = make(fields.$type)
  for (const property of propertiesOf(fields.$type, version)) {
    const value = fields[property.name]
    ;(it as unknown as Record<string, unknown>)[property.name] = fromField(property, value, version)
  }
  return it
}

function fromField(property: Property, value: unknown, version: number): unknown {
  if (value === null) return null
  switch (property.type) {
    case 'long':
      return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value as string)
    case 'bytes':
    case 'const-bytes':
      return Buffer.from(value as string, 'hex')
    case 'object':
    case 'cached-object':
      return fromFields(value as Fields, version)
    case 'object-array':
      return (value as (Fields | null)[]).map((one) => fromFields(one, version))
    case 'throwable':
      return fromThrowableFields(value as ThrowableFields)
    default:
      return value
  }
}

interface ThrowableFields {
  class: string
  message: string | null
  stackTrace?: { class: string; method: string; file: string | null; line: number }[]
  cause?: ThrowableFields | null
}

function fromThrowableFields(fields: ThrowableFields): Throwable {
  const stackTrace = fields.stackTrace?.map(
    (element): StackTraceElement => ({
      className: element.class,
      methodName: element.method,
      fileName: element.file,
      lineNumber: element.line,
    }),
  )
  return {
    className: fields.class,
    message: fields.message,
    stackTrace: stackTrace ?? null,
    cause: fields.cause === undefined || fields.cause === null ? null : fromThrowableFields(fields.cause),
  }
}
