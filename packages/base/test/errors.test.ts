import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as invariant, CODES, InvariantError, MillraceError, ProtocolError } from '../src/errors.ts'

test('no code is there twice, and all are written alike', () => {
  assert.equal(new Set(CODES).size, CODES.length)
  for (const code of CODES) assert.match(code, /^[A-Z]+(_[A-Z]+)*$/)
})

test('an error has its code, its text and its cause', () => {
  const cause = new Error('no space')
  const error = new MillraceError('STORE_FULL', 'the disk is full', { cause })
  assert.equal(error.code, 'STORE_FULL')
  assert.equal(error.message, 'the disk is full')
  assert.equal(error.cause, cause)
  assert.equal(error.name, 'MillraceError')
  assert.equal('cause' in new MillraceError('STORE_FULL', 'the disk is full'), false)
})

test('a peer’s mistake is an expected condition, ours is not', () => {
  const error = new ProtocolError('FRAME_INVALID', 'what is this')
  assert.ok(error instanceof MillraceError)
  assert.equal(error.name, 'ProtocolError')
  assert.equal(new InvariantError('x') instanceof MillraceError, false)
})

test('an assertion that fails is a broken invariant', () => {
  invariant(true, 'holds')
  assert.throws(
    () => invariant(false, 'the list is empty'),
    (error) => error instanceof InvariantError && /the list is empty/.test(error.message),
  )
})
