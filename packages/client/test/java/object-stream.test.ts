import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { seededRandom } from '@millrace/base'
import { javaClassName, type JavaValue, MessageFormatError, readJavaObject } from '@millrace/client'

// Written by JavaValues.java beside it. From build/test back to the sources, where the fixtures stay.
const FIXTURES = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/java-values.json', import.meta.url), 'utf8'),
) as Record<string, string>

function bytesOf(name: string): Buffer {
  return Buffer.from(FIXTURES[name] ?? '', 'base64')
}

const VALUES: Readonly<Record<string, JavaValue>> = {
  null: null,
  text: 'grüße \0 🚀',
  byte: -7,
  short: -300,
  int: 42,
  long: -(2n ** 63n),
  float: 1.5,
  double: Math.PI,
  boolean: true,
  char: '€',
  date: new Date(1_700_000_000_123),
  arrayList: ['a', 1, null, 'a', [2n]],
  linkedList: [true, 'x'],
  hashMap: new Map([['one', 1]]),
  linkedHashMap: new Map<JavaValue, JavaValue>([
    ['z', [1, -2]],
    ['a', new Date(0)],
    [3, null],
  ]),
  treeMap: new Map([
    ['a', 1],
    ['b', 2],
  ]),
  emptyList: [],
  emptyMap: new Map(),
  bytes: Buffer.from([1, 255]),
  shorts: [1, -1],
  ints: [1, -1],
  longs: [1n, -1n],
  floats: [0.5],
  doubles: [0.1],
  booleans: [true, false],
  chars: 'abc',
  strings: ['x', null, 'x'],
  nested: [new Map([['list', [1.5]]])],
  shared: [['s'], ['s']],
}

test('what Java wrote is read as plain values', () => {
  for (const [name, expected] of Object.entries(VALUES)) {
    assert.deepEqual(readJavaObject(bytesOf(name)), expected, name)
  }
  const names = Object.keys(FIXTURES).filter((name) => !name.startsWith('refused'))
  assert.deepEqual(names.sort(), Object.keys(VALUES).sort())
})

test('any other class is refused by its name, and so are circles and what grows when written out', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    'refused enum': /enum constant/,
    'refused file': /"java\.io\.File"/,
    'refused class': /a class is not read/,
    'refused listOf': /"java\.util\.CollSer"/,
    'refused comparator': /"java\.util\.Collections\$ReverseComparator"/,
    'refused exception': /"java\.lang\.RuntimeException"/,
    'refused objects': /"\[Ljava\.lang\.Object;"/,
    'refused matrix': /"\[\[I"/,
    'refused properties': /"java\.util\.Properties"/,
    'refused circle': /contains itself/,
    'refused laughs': /more than 100000 elements/,
    'refused deep': /deeper than 32/,
  }
  for (const [name, message] of Object.entries(refused)) {
    assert.throws(
      () => readJavaObject(bytesOf(name)),
      (error) => error instanceof MessageFormatError && message.test(error.message),
      name,
    )
  }
  const names = Object.keys(FIXTURES).filter((name) => name.startsWith('refused'))
  assert.deepEqual(names.sort(), Object.keys(refused).sort())
  assert.equal((readJavaObject(bytesOf('refused deep'), { depthMax: 50 }) as JavaValue[]).length, 1)
})

test('the bytes of the specification, by hand', () => {
  // aced 0005, TC_OBJECT, TC_CLASSDESC "java.lang.Boolean", serialVersionUID, SC_SERIALIZABLE, one field Z "value",
  // TC_ENDBLOCKDATA, no parent (TC_NULL), true.
  const name = Buffer.from('java.lang.Boolean').toString('hex')
  const field = Buffer.from('value').toString('hex')
  const text = `aced0005 73 72 0011 ${name} cd207280d59cfaee 02 0001 5a 0005 ${field} 78 70 01`
  assert.equal(readJavaObject(Buffer.from(text.replaceAll(' ', ''), 'hex')), true)
  // TC_LONGSTRING: int64 length.
  assert.equal(readJavaObject(Buffer.from('aced00057c0000000000000002686a', 'hex')), 'hj')
  assert.throws(() => readJavaObject(Buffer.from('aced00057c7fffffffffffffff686a', 'hex')), MessageFormatError)
  assert.throws(() => readJavaObject(Buffer.from('aced000670', 'hex')), /begins with aced 6/)
  assert.throws(() => readJavaObject(Buffer.from('aced00057070', 'hex')), /1 bytes follow/)
  // A reference before anything that it could mean.
  assert.throws(() => readJavaObject(Buffer.from('aced000571007e0000', 'hex')), /nothing that came before/)
})

test('limits hold for bytes, elements and depth', () => {
  assert.throws(() => readJavaObject(bytesOf('arrayList'), { bytesMax: 10 }), /10 at most/)
  assert.throws(() => readJavaObject(bytesOf('arrayList'), { elementsMax: 5 }), /more than 5 elements/)
  assert.throws(() => readJavaObject(bytesOf('nested'), { depthMax: 2 }), /deeper than 2/)
})

test('every prefix is a clear error', () => {
  for (const [name, encoded] of Object.entries(FIXTURES)) {
    const bytes = Buffer.from(encoded, 'base64')
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => readJavaObject(bytes.subarray(0, length)), MessageFormatError, `${name}, ${length} bytes`)
    }
  }
})

test('damaged bytes are read as something or refused, and never anything else', () => {
  const seed = 20_261_124
  const random = seededRandom(seed)
  const names = Object.keys(FIXTURES)
  for (let round = 0; round < 20_000; round++) {
    const bytes = bytesOf(names[random(names.length)] ?? '')
    for (let changes = 1 + random(3); changes > 0; changes--) bytes[random(bytes.length)] = random(256)
    try {
      readJavaObject(bytes, { elementsMax: 10_000 })
    } catch (error) {
      if (!(error instanceof MessageFormatError)) throw new Error(`seed ${seed}, round ${round}`, { cause: error })
    }
  }
})

test('the class is told without reading the object', () => {
  assert.equal(javaClassName(bytesOf('text')), 'java.lang.String')
  assert.equal(javaClassName(bytesOf('refused file')), 'java.io.File')
  assert.equal(javaClassName(bytesOf('refused enum')), 'java.lang.Thread$State')
  assert.equal(javaClassName(bytesOf('ints')), '[I')
  assert.equal(javaClassName(bytesOf('null')), null)
  assert.equal(javaClassName(Buffer.from('hello')), null)
})
