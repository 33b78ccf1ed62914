import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Primitive } from '@millrace/base'
import { MessageFormatError } from '../src/errors.ts'
import {
  byte,
  char,
  convert,
  double,
  float,
  int,
  long,
  primitiveFrom,
  short,
  type Target,
  valueOf,
} from '../src/messages/values.ts'

const TARGETS: readonly Target[] = [
  'boolean',
  'byte',
  'short',
  'char',
  'int',
  'long',
  'float',
  'double',
  'string',
  'bytes',
]
const ALL = { bytes: true, nested: true, char: true }

/** Each row: what is written, and as what it can be read. The rest must throw. */
const TABLE: readonly [name: string, value: Primitive, readable: Partial<Record<Target, unknown>>][] = [
  ['boolean', primitiveFrom(true, ALL), { boolean: true, string: 'true' }],
  ['byte', byte(7), { byte: 7, short: 7, int: 7, long: 7n, string: '7' }],
  ['short', short(-300), { short: -300, int: -300, long: -300n, string: '-300' }],
  ['char', char('x'), { char: 'x', string: 'x' }],
  ['int', int(70_000), { int: 70_000, long: 70_000n, string: '70000' }],
  ['long', long(2n ** 62n), { long: 2n ** 62n, string: '4611686018427387904' }],
  ['float', float(0.1), { float: Math.fround(0.1), double: Math.fround(0.1), string: '0.1' }],
  ['double', double(0.1), { double: 0.1, string: '0.1' }],
  [
    'string',
    primitiveFrom('12', ALL),
    { boolean: false, byte: 12, short: 12, int: 12, long: 12n, float: 12, double: 12, string: '12' },
  ],
  ['bytes', primitiveFrom(Buffer.from('ab'), ALL), { bytes: Buffer.from('ab') }],
]

for (const [name, value, readable] of TABLE) {
  test(`a ${name} is readable as ${Object.keys(readable).join(', ')} and as nothing else`, () => {
    for (const target of TARGETS) {
      if (target in readable) assert.deepEqual(convert(value, target, 'it'), readable[target], target)
      else assert.throws(() => convert(value, target, 'it'), MessageFormatError, target)
    }
  })
}

test('strings are parsed as Java does', () => {
  const from = (text: string, target: Target): unknown => convert(primitiveFrom(text, ALL), target, 'it')
  assert.equal(from('TRUE', 'boolean'), true)
  assert.equal(from('yes', 'boolean'), false)
  assert.equal(from('+5', 'int'), 5)
  assert.equal(from('-9223372036854775808', 'long'), -(2n ** 63n))
  assert.equal(from(' 1.5e3 ', 'double'), 1500)
  assert.equal(from('2.5f', 'float'), 2.5)
  assert.equal(from('NaN', 'double'), Number.NaN)
  for (const [text, target] of [
    ['128', 'byte'],
    ['1.0', 'int'],
    ['', 'int'],
    [' 1', 'int'],
    ['0x10', 'int'],
    ['9223372036854775808', 'long'],
    ['', 'double'],
    ['1e', 'double'],
  ] as const) {
    assert.throws(() => from(text, target), MessageFormatError, `"${text}" as ${target}`)
  }
})

test('numbers are written as text as Java writes them', () => {
  const texts = [1, -0, 1e7, 123_456.789, 1e-3, 1e-4, 1.5e300, Infinity, Number.NaN].map((value) => {
    return convert(double(value), 'string', 'it')
  })
  assert.deepEqual(texts, ['1.0', '-0.0', '1.0E7', '123456.789', '0.001', '1.0E-4', '1.5E300', 'Infinity', 'NaN'])
  assert.equal(convert(float(16_777_216), 'string', 'it'), '1.6777216E7')
})

test('what is missing is false, null or an error, but never 0', () => {
  assert.equal(convert(undefined, 'boolean', 'it'), false)
  assert.equal(convert(undefined, 'string', 'it'), null)
  for (const target of ['byte', 'short', 'int', 'long', 'float', 'double', 'char'] as const) {
    assert.throws(() => convert(undefined, target, 'it'), MessageFormatError)
  }
})

test('types are inferred: integers are int or long, other numbers double', () => {
  const kinds = [true, 'x', 1n, 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1.5, -0, null].map(
    (value) => primitiveFrom(value, ALL).tag,
  )
  assert.deepEqual(kinds, [1, 9, 6, 5, 6, 5, 7, 7, 7, 0])
})

test('what cannot travel is refused', () => {
  for (const value of [Symbol('s'), () => {}, new Date(), 2n ** 64n]) {
    assert.throws(() => primitiveFrom(value, ALL), MessageFormatError)
  }
  assert.throws(() => primitiveFrom({ a: 1 }, { ...ALL, nested: false }), MessageFormatError)
  assert.throws(() => primitiveFrom(Buffer.alloc(1), { ...ALL, bytes: false }), MessageFormatError)
  for (const wrong of [() => byte(128), () => short(1.5), () => int(2 ** 31), () => long(1.5), () => char('ab')]) {
    assert.throws(wrong, MessageFormatError)
  }
})

test('bytes are copied on the way in and on the way out', () => {
  const bytes = Buffer.from([1, 2, 3])
  const primitive = primitiveFrom(bytes, ALL)
  bytes[0] = 9
  const out = valueOf(primitive) as Buffer
  assert.deepEqual(out, Buffer.from([1, 2, 3]))
  out[0] = 8
  assert.deepEqual(valueOf(primitive), Buffer.from([1, 2, 3]))
})
