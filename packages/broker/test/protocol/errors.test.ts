import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CODES, MillraceError } from '@millrace/base'
import { javaClass, throwableOf, unspeakable, xaThrowableOf } from '../../src/protocol/openwire/errors.ts'

// Seen from build/test/protocol.
const text = readFileSync(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8')

test('each code is called on the wire what its paragraph in docs/errors.md says', () => {
  for (const code of CODES) {
    const section = text.split(`### ${code}\n`)[1]?.split('\n#')[0]
    assert.ok(section !== undefined, `${code} has a paragraph`)
    const told = /OpenWire:\s+(.*)/s.exec(section)?.[1]
    if (told === undefined || unspeakable(code)) continue
    assert.ok(told.includes(`\`${javaClass[code]}\``), `${code} is ${javaClass[code]}, the paragraph says: ${told}`)
  }
})

test('an error goes over the wire as a class of the list and a sentence, without stack', () => {
  const throwable = throwableOf(new MillraceError('SELECTOR_INVALID', 'expected a number at 7'))
  assert.deepEqual(throwable, {
    className: 'javax.jms.InvalidSelectorException',
    message: 'expected a number at 7',
    stackTrace: null,
    cause: null,
  })
})

test('what goes wrong with a distributed transaction has its XA code in the text', () => {
  const codes = (['TRANSACTION_UNKNOWN', 'TRANSACTION_INVALID', 'TRANSACTION_ROLLED_BACK', 'STORE_FULL'] as const).map(
    (code) => xaThrowableOf(new MillraceError(code, 'no')),
  )
  assert.deepEqual(
    codes.map((one) => one.message),
    ['no xaErrorCode:-4', 'no xaErrorCode:-6', 'no xaErrorCode:100', 'no xaErrorCode:4'],
  )
  assert.ok(codes.every((one) => one.className === 'javax.transaction.xa.XAException'))
})
