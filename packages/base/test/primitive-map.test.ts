import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '../src/byte-reader.ts'
import { ByteWriter } from '../src/byte-writer.ts'
import { ProtocolError } from '../src/errors.ts'
import {
  decodePrimitiveMap,
  encodePrimitiveMap,
  findPrimitive,
  NESTING_MAX,
  type Primitive,
  type PrimitiveMap,
  primitiveOf,
  PrimitiveTag,
  readPrimitive,
  writePrimitive,
} from '../src/primitive-map.ts'

interface Recorded {
  tag: string
  value: unknown
}
interface Vector {
  name: string
  hex: string
  entries: [string, Recorded][] | null
}

// From build/test back to the sources, where the fixtures stay.
const fixture = new URL('../../test/fixtures/primitive-maps.json', import.meta.url)
const vectors = (JSON.parse(readFileSync(fixture, 'utf8')) as { vectors: Vector[] }).vectors

const tags: Readonly<Record<string, PrimitiveTag>> = {
  NULL: PrimitiveTag.Null,
  BOOLEAN: PrimitiveTag.Boolean,
  BYTE: PrimitiveTag.Byte,
  CHAR: PrimitiveTag.Char,
  SHORT: PrimitiveTag.Short,
  INT: PrimitiveTag.Int,
  LONG: PrimitiveTag.Long,
  DOUBLE: PrimitiveTag.Double,
  FLOAT: PrimitiveTag.Float,
  STRING: PrimitiveTag.String,
  BYTES: PrimitiveTag.ByteArray,
  BYTE_ARRAY: PrimitiveTag.ByteArray,
  MAP: PrimitiveTag.Map,
  LIST: PrimitiveTag.List,
  BIG_STRING: PrimitiveTag.BigString,
}

function primitiveFrom({ tag: name, value }: Recorded): Primitive {
  const tag = tags[name]
  assert.ok(tag !== undefined, `the fixture has the tag ${name}`)
  switch (tag) {
    case PrimitiveTag.Long:
      return { tag, value: BigInt(value as string) }
    case PrimitiveTag.Double:
    case PrimitiveTag.Float:
      return { tag, value: typeof value === 'string' ? Number(value) : (value as number) }
    case PrimitiveTag.ByteArray:
      return { tag, value: Buffer.from(value as string, 'hex') }
    case PrimitiveTag.Map:
      return { tag, value: mapFrom(value as [string, Recorded][]) }
    case PrimitiveTag.List:
      return { tag, value: (value as Recorded[]).map(primitiveFrom) }
    default:
      return { tag, value: value as string | number | boolean | null }
  }
}

function mapFrom(entries: [string, Recorded][]): PrimitiveMap {
  return new Map(entries.map(([key, recorded]) => [key, primitiveFrom(recorded)]))
}

function frameInvalid(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === 'FRAME_INVALID'
}

for (const { name, hex, entries } of vectors) {
  test(`the recorded map '${name}' is read and written as Java does`, () => {
    const bytes = Buffer.from(hex, 'hex')
    const map = decodePrimitiveMap(bytes)
    assert.deepEqual(map, entries === null ? null : mapFrom(entries))
    assert.equal(encodePrimitiveMap(map).toString('hex'), hex)
    for (const key of map?.keys() ?? []) assert.deepEqual(findPrimitive(bytes, key), map?.get(key))
    assert.equal(findPrimitive(bytes, 'not there'), null)
  })

  test(`no beginning of the recorded map '${name}' is taken for a whole one`, () => {
    const bytes = Buffer.from(hex, 'hex')
    const step = Math.max(1, Math.floor(bytes.length / 2000))
    for (let length = 0; length < bytes.length; length += step) {
      assert.throws(() => decodePrimitiveMap(bytes.subarray(0, length)), frameInvalid)
      assert.throws(() => findPrimitive(bytes.subarray(0, length), 'x'), frameInvalid)
    }
  })
}

const anyPrimitive = fc.letrec<{ value: Primitive; map: PrimitiveMap }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc
      .oneof(
        fc.constantFrom(null, true, false),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double(),
        fc.string({ unit: 'binary' }),
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        fc.uint8Array(),
      )
      .map((value) => primitiveOf(value)),
    fc.integer({ min: -128, max: 127 }).map((value): Primitive => ({ tag: PrimitiveTag.Byte, value })),
    fc.integer({ min: -32768, max: 32767 }).map((value): Primitive => ({ tag: PrimitiveTag.Short, value })),
    fc.float().map((value): Primitive => ({ tag: PrimitiveTag.Float, value })),
    fc
      .integer({ min: 0, max: 0xffff })
      .map((unit): Primitive => ({ tag: PrimitiveTag.Char, value: String.fromCharCode(unit) })),
    tie('map').map((value): Primitive => ({ tag: PrimitiveTag.Map, value })),
    fc.array(tie('value')).map((value): Primitive => ({ tag: PrimitiveTag.List, value })),
  ),
  map: fc.array(fc.tuple(fc.string({ unit: 'binary' }), tie('value'))).map((entries) => new Map(entries)),
}))

test('any map comes back as it was', () => {
  fc.assert(
    fc.property(anyPrimitive.map, (map) => {
      const bytes = encodePrimitiveMap(map)
      assert.deepEqual(decodePrimitiveMap(bytes), map)
      for (const [key, value] of map) assert.deepEqual(findPrimitive(bytes, key), value)
    }),
  )
})

test('bytes by chance give a map or FRAME_INVALID, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (random, count) => {
      const bytes = Buffer.concat([Buffer.from([0, 0, 0, count]), random])
      for (const read of [() => decodePrimitiveMap(bytes), () => findPrimitive(bytes, 'a')]) {
        try {
          read()
        } catch (error) {
          assert.ok(frameInvalid(error), String(error))
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a count beyond the bytes that are left is refused before anything is made', () => {
  const map = Buffer.from('7fffffff', 'hex')
  assert.throws(() => decodePrimitiveMap(map), frameInvalid)
  assert.throws(() => findPrimitive(map, 'x'), frameInvalid)
  assert.throws(() => decodePrimitiveMap(Buffer.from('fffffffe', 'hex')), frameInvalid)
  assert.throws(() => readPrimitive(new ByteReader(Buffer.from('0c7fffffff00', 'hex'))), frameInvalid)
  assert.throws(() => readPrimitive(new ByteReader(Buffer.from('0a7fffffff00', 'hex'))), frameInvalid)
  assert.throws(() => readPrimitive(new ByteReader(Buffer.from('0dffffffff00', 'hex'))), frameInvalid)
})

test('an unknown tag and bytes behind the end are refused', () => {
  assert.throws(() => readPrimitive(new ByteReader(Buffer.from('0e', 'hex'))), frameInvalid)
  assert.throws(() => findPrimitive(Buffer.from('0000000100016b0e', 'hex'), 'k'), frameInvalid)
  assert.throws(() => decodePrimitiveMap(Buffer.from('0000000000', 'hex')), frameInvalid)
})

test('maps and lists nest 127 deep and no deeper', () => {
  const nested = (lists: number): Buffer => {
    const list = '0c00000001'.repeat(lists - 1)
    return Buffer.from(`0000000100016b${list}0c00000000`, 'hex')
  }
  const deepest = nested(NESTING_MAX - 1)
  assert.equal(decodePrimitiveMap(deepest)?.size, 1)
  assert.deepEqual(encodePrimitiveMap(decodePrimitiveMap(deepest)), deepest)
  assert.equal(findPrimitive(deepest, 'k')?.tag, PrimitiveTag.List)
  assert.throws(() => decodePrimitiveMap(nested(NESTING_MAX)), frameInvalid)
  assert.throws(() => findPrimitive(nested(NESTING_MAX), 'other'), frameInvalid)
  assert.throws(() => decodePrimitiveMap(nested(100_000)), frameInvalid)
})

test('the null map holds nothing; a null map as a value reads as null', () => {
  assert.equal(findPrimitive(Buffer.from('ffffffff', 'hex'), 'x'), null)
  assert.deepEqual(readPrimitive(new ByteReader(Buffer.from('0bffffffff', 'hex'))), primitiveOf(null))
})

test('of a name that is there twice the last counts, for both readers', () => {
  const bytes = Buffer.from('0000000200016b050000000100016b0500000002', 'hex')
  assert.equal(decodePrimitiveMap(bytes)?.get('k')?.value, 2)
  assert.equal(findPrimitive(bytes, 'k')?.value, 2)
})

test('names that differ in one character, in length or beyond ASCII are told apart', () => {
  const names = ['a', 'b', 'ab', 'ba', 'abc', '', 'é', 'e', '\u0000', '🚀', '€']
  const map: PrimitiveMap = new Map(names.map((name, i) => [name, primitiveOf(i)]))
  const bytes = encodePrimitiveMap(map)
  names.forEach((name, i) => assert.equal(findPrimitive(bytes, name)?.value, i))
  assert.equal(findPrimitive(bytes, 'c'), null)
  assert.equal(findPrimitive(bytes, 'ö'), null)
})

test('a string goes out with a short length below 8191 units, with a long one from there on', () => {
  const written = (text: string): Buffer => {
    const writer = new ByteWriter(16)
    writePrimitive(writer, primitiveOf(text))
    return writer.take()
  }
  assert.equal(written('x'.repeat(8190)).subarray(0, 3).toString('hex'), '091ffe')
  assert.equal(written('x'.repeat(8191)).subarray(0, 5).toString('hex'), '0d00001fff')
  // The unit count decides, not the bytes.
  assert.equal(written('€'.repeat(8190)).subarray(0, 3).toString('hex'), '095ffa')
  // What the value says does not matter.
  const writer = new ByteWriter(16)
  writePrimitive(writer, { tag: PrimitiveTag.BigString, value: 'x' })
  assert.equal(writer.take().toString('hex'), '09000178')
})

test('plain values get the Java type that fits them', () => {
  const typed: [unknown, Primitive][] = [
    [null, { tag: PrimitiveTag.Null, value: null }],
    [true, { tag: PrimitiveTag.Boolean, value: true }],
    ['x', { tag: PrimitiveTag.String, value: 'x' }],
    [1, { tag: PrimitiveTag.Int, value: 1 }],
    [-(2 ** 31), { tag: PrimitiveTag.Int, value: -(2 ** 31) }],
    [2 ** 31, { tag: PrimitiveTag.Long, value: 2n ** 31n }],
    [2 ** 53, { tag: PrimitiveTag.Double, value: 2 ** 53 }],
    [1.5, { tag: PrimitiveTag.Double, value: 1.5 }],
    [-0, { tag: PrimitiveTag.Double, value: -0 }],
    [Number.NaN, { tag: PrimitiveTag.Double, value: Number.NaN }],
    [7n, { tag: PrimitiveTag.Long, value: 7n }],
    [Uint8Array.of(1, 2), { tag: PrimitiveTag.ByteArray, value: Buffer.from([1, 2]) }],
    [[1], { tag: PrimitiveTag.List, value: [{ tag: PrimitiveTag.Int, value: 1 }] }],
    [new Map([['k', 1]]), { tag: PrimitiveTag.Map, value: new Map([['k', primitiveOf(1)]]) }],
  ]
  for (const [value, expected] of typed) assert.deepEqual(primitiveOf(value), expected)
})

test('values without a Java type are refused', () => {
  for (const value of [undefined, () => 1, Symbol('x'), new Date(0), {}, Object.create(null), new Map([[1, 2]])]) {
    assert.throws(() => primitiveOf(value), TypeError)
  }
  assert.throws(() => primitiveOf(2n ** 63n), RangeError)
  const itself: unknown[] = []
  itself.push(itself)
  assert.throws(() => primitiveOf(itself), RangeError)
  assert.throws(() => encodePrimitiveMap(new Map([['k'.repeat(65536), primitiveOf(1)]])), RangeError)
})
