import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, encodeText } from '@millrace/openwire'
import fc from 'fast-check'
import { storedText, utf8Of } from '../../../src/protocol/stomp/body.ts'

test('a text is stored as Java writes it, and comes out as UTF-8 again', () => {
  for (const text of ['', 'plain', 'größe', '漢字', '😀', 'a\0b', 'x'.repeat(10_000)]) {
    const stored = storedText(Buffer.from(text), true)
    assert.deepEqual(stored, encodeText(text))
    assert.equal(utf8Of(stored).toString(), text)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // A lone surrogate is no text.
      if (Buffer.from(text).toString() !== text) return
      const stored = storedText(Buffer.from(text), true)
      assert.equal(decodeText(stored), text)
      assert.equal(utf8Of(stored).toString(), text)
    }),
  )
})

test('bytes that are no UTF-8 become the character that stands for such', () => {
  const stored = storedText(Buffer.from([0x61, 0xff, 0xc0, 0x80]), false)
  assert.match(decodeText(stored) ?? '', /^a\ufffd+$/)
})
