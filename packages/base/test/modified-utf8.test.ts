import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '../src/byte-reader.ts'
import { ByteWriter } from '../src/byte-writer.ts'
import { ProtocolError } from '../src/errors.ts'
import { modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from '../src/modified-utf8.ts'

function written(text: string): Buffer {
  const writer = new ByteWriter(8)
  const length = modifiedUtf8Length(text)
  writeModifiedUtf8(writer, text, length)
  assert.equal(writer.length, length)
  return writer.take()
}

function read(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  const reader = new ByteReader(bytes)
  const text = readModifiedUtf8(reader, bytes.length)
  assert.equal(reader.left, 0)
  return text
}

const table: [string, string][] = [
  ['', ''],
  ['Az\u007f', '417a7f'],
  ['\u0001', '01'],
  ['\u0000', 'c080'],
  ['\u0080\u07ff', 'c280dfbf'],
  ['\u0800\uffff', 'e0a080efbfbf'],
  ['🚀', 'eda0bdedba80'],
  ['\ud83d', 'eda0bd'],
  ['\ude80', 'edba80'],
  ['naïve', '6e61c3af7665'],
  ['x'.repeat(100), '78'.repeat(100)],
]

for (const [text, hex] of table) {
  test(`${JSON.stringify(text.slice(0, 10))} is ${hex.slice(0, 20) || 'nothing'}, there and back`, () => {
    assert.equal(written(text).toString('hex'), hex)
    assert.equal(read(hex), text)
  })
}

test('what standard writers produce is read as well', () => {
  assert.equal(read('f09f9a80'), '🚀')
  assert.equal(read('f4 8f bf bf'.replaceAll(' ', '')), '\u{10ffff}')
  assert.equal(read('6100c3a9'), 'a\u0000é')
})

const malformed = ['80', 'ff', 'c3', 'c341', 'e282', 'e28241', 'f09f9a', 'f8888080', 'c181', 'c0af', 'e08080', 'e09fbf']
malformed.push('f0808080', 'f4908080', 'f7bfbfbf', '61bf')

for (const hex of malformed) {
  test(`the bytes ${hex} are refused`, () => {
    assert.throws(
      () => read(hex),
      (error) => error instanceof ProtocolError && error.code === 'FRAME_INVALID',
    )
  })
}

test('a length beyond what is there is refused', () => {
  const reader = new ByteReader(Buffer.from('abc'))
  assert.throws(() => readModifiedUtf8(reader, 4), ProtocolError)
  assert.throws(() => readModifiedUtf8(reader, -1), ProtocolError)
  assert.equal(readModifiedUtf8(reader, 3), 'abc')
})

test('any string comes back as it was, and standard UTF-8 reads the same', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units)
      assert.equal(read(written(text).toString('hex')), text)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const standard = Buffer.from(text)
      if (standard.toString() === text) assert.equal(read(standard.toString('hex')), text)
    }),
  )
})
