import { ByteReader } from '@millrace/base'
import { MessageFormatError } from '../errors.ts'
import type { JavaValue } from './values.ts'

/** Type codes of primitives: byte, char, double, float, int, long, short, boolean. (JVM specification §4.3.2) */
export type PrimitiveCode = 'B' | 'C' | 'D' | 'F' | 'I' | 'J' | 'S' | 'Z'

export type Fields = Map<string, JavaValue>

interface ObjectShape {
  readonly kind: 'object'
  /** The topmost first, without java.lang.Object. */
  readonly parents: readonly string[]
  /** From the fields of the whole line, and from what the class wrote by itself. */
  value(fields: Fields, blocks: Buffer, objects: JavaValue[]): JavaValue
}

interface ArrayShape {
  readonly kind: 'array'
  readonly parents: readonly string[]
  readonly element: PrimitiveCode | 'String'
}

/** How an object of a known class is read. */
export type ClassShape = ObjectShape | ArrayShape

export function shapeOf(className: string): ClassShape | null {
  return SHAPES.get(className) ?? null
}

export function isPrimitiveArray(shape: ArrayShape): shape is ArrayShape & { element: PrimitiveCode } {
  return shape.element !== 'String'
}

export function readPrimitive(reader: ByteReader, code: PrimitiveCode): boolean | number | bigint | string {
  switch (code) {
    case 'B':
      return reader.signedByte()
    case 'C':
      return String.fromCharCode(reader.unsignedShort())
    case 'D':
      return reader.double()
    case 'F':
      return reader.float()
    case 'I':
      return reader.int()
    case 'J':
      return BigInt(reader.long())
    case 'S':
      return reader.short()
    case 'Z':
      return reader.boolean()
    default:
      return code satisfies never
  }
}

const NUMBER = ['java.lang.Number']

const SHAPES: ReadonlyMap<string, ClassShape> = new Map<string, ClassShape>([
  ['java.lang.Byte', boxed('number', NUMBER)],
  ['java.lang.Short', boxed('number', NUMBER)],
  ['java.lang.Integer', boxed('number', NUMBER)],
  ['java.lang.Float', boxed('number', NUMBER)],
  ['java.lang.Double', boxed('number', NUMBER)],
  ['java.lang.Long', boxed('bigint', NUMBER)],
  ['java.lang.Boolean', boxed('boolean', [])],
  ['java.lang.Character', boxed('string', [])],
  ['java.util.Date', { kind: 'object', parents: [], value: date }],
  ['java.util.ArrayList', { kind: 'object', parents: [], value: arrayList }],
  ['java.util.LinkedList', { kind: 'object', parents: [], value: linkedList }],
  ['java.util.HashMap', { kind: 'object', parents: [], value: hashMap }],
  ['java.util.LinkedHashMap', { kind: 'object', parents: ['java.util.HashMap'], value: hashMap }],
  ['java.util.TreeMap', { kind: 'object', parents: [], value: treeMap }],
  ...'BCDFIJSZ'.split('').map((code): [string, ClassShape] => [`[${code}`, array(code as PrimitiveCode)]),
  ['[Ljava.lang.String;', array('String')],
])

function array(element: ArrayShape['element']): ClassShape {
  return { kind: 'array', parents: [], element }
}

/** One field, `value`. */
function boxed(type: 'number' | 'bigint' | 'boolean' | 'string', parents: readonly string[]): ClassShape {
  return {
    kind: 'object',
    parents,
    value: (fields) => {
      const value = fields.get('value')
      if (value === undefined || typeof value !== type)
        throw new MessageFormatError(`a boxed ${type} without its value`)
      return value
    },
  }
}

/** Block data: int64 milliseconds since 1970. */
function date(_: Fields, blocks: Buffer): JavaValue {
  const ms = Number(new ByteReader(blocks).long())
  const value = new Date(ms)
  if (Number.isNaN(value.getTime())) throw new MessageFormatError(`a date of ${ms} ms, which is none`)
  return value
}

/** Field `size`; block data: int32 capacity, which is only a hint. Then the elements. */
function arrayList(fields: Fields, _: Buffer, objects: JavaValue[]): JavaValue {
  return checkCount(fields.get('size'), objects)
}

/** Block data: int32 size. Then the elements. */
function linkedList(_: Fields, blocks: Buffer, objects: JavaValue[]): JavaValue {
  return checkCount(new ByteReader(blocks).int(), objects)
}

/** Block data: int32 buckets, int32 size. Then key, value, ... */
function hashMap(_: Fields, blocks: Buffer, objects: JavaValue[]): JavaValue {
  const reader = new ByteReader(blocks)
  reader.take(4)
  return mapOf(reader.int(), objects)
}

/** Field `comparator`; block data: int32 size. Then key, value, ... in order. */
function treeMap(fields: Fields, blocks: Buffer, objects: JavaValue[]): JavaValue {
  if (fields.get('comparator') !== null) throw new MessageFormatError('a TreeMap with a comparator')
  return mapOf(new ByteReader(blocks).int(), objects)
}

function mapOf(size: number, objects: JavaValue[]): JavaValue {
  checkCount(size * 2, objects)
  const map = new Map<JavaValue, JavaValue>()
  for (let i = 0; i < objects.length; i += 2) map.set(objects[i] as JavaValue, objects[i + 1] as JavaValue)
  return map
}

function checkCount(announced: JavaValue | undefined, objects: JavaValue[]): JavaValue[] {
  if (announced === objects.length) return objects
  throw new MessageFormatError(`${String(announced)} elements announced, ${objects.length} found`)
}
