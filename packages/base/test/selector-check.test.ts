import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSelector, MillraceError, parseSelector, SELECTOR_LENGTH_MAX } from '../src/index.ts'

test('checking a selector says what parsing it says', () => {
  const texts = [
    '',
    ' \t\n',
    "a = 'b'",
    'hyphenated_props:a-b = 1',
    'a LIKE',
    'a = = 1',
    'x'.repeat(SELECTOR_LENGTH_MAX + 1),
  ]
  for (const text of texts) {
    let parsed: boolean | string
    try {
      parsed = parseSelector(text) !== null
    } catch (error) {
      assert.ok(error instanceof MillraceError)
      parsed = error.message
    }
    if (typeof parsed === 'string')
      assert.throws(() => checkSelector(text), { code: 'SELECTOR_INVALID', message: parsed })
    else assert.equal(checkSelector(text), parsed)
  }
})
