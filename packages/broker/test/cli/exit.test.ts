import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODES, InvariantError, MillraceError } from '@millrace/base'
import { Exit, format, report, UsageError } from '../../src/cli/exit.ts'

test('an error with a code is told with its sentence, an advice and its paragraph', () => {
  assert.equal(
    format(report(new MillraceError('STORE_LOCKED', 'process 7 uses ./data'))),
    [
      'millrace: STORE_LOCKED: process 7 uses ./data',
      '  Stop the other broker, or give this one another directory with --data.',
      '  docs/errors.md#store_locked',
      '',
    ].join('\n'),
  )
})

test('every code has an exit code, and those of the store and of addresses their own', () => {
  const exits = Object.fromEntries(CODES.map((code) => [code, report(new MillraceError(code, 'x')).exit]))
  assert.equal(exits['STORE_DAMAGED'], Exit.Store)
  assert.equal(exits['STORE_FAILED'], Exit.Store)
  assert.equal(exits['STORE_LOCKED'], Exit.InUse)
  assert.equal(exits['ADDRESS_IN_USE'], Exit.InUse)
  assert.equal(exits['ADDRESS_INVALID'], Exit.Usage)
  assert.equal(exits['LIMIT_REACHED'], Exit.Failure)
  assert.equal(
    Object.values(exits).every((exit) => exit !== Exit.Ok && exit !== Exit.Invariant),
    true,
  )
})

test('the code is found in the causes, the sentence is the outermost', () => {
  const error = new Error('cannot go on', { cause: new MillraceError('STORE_FAILED', 'the disk says no') })
  assert.deepEqual(
    [report(error).code, report(error).message, report(error).exit],
    ['STORE_FAILED', 'cannot go on', Exit.Store],
  )
})

test('a broken invariant is 70, a wrong option 2, anything else 1', () => {
  assert.equal(report(new InvariantError('x')).exit, Exit.Invariant)
  assert.equal(report(new Error('y', { cause: new InvariantError('x') })).exit, Exit.Invariant)
  assert.equal(report(new UsageError('x')).exit, Exit.Usage)
  assert.equal(report(new Error('x')).exit, Exit.Failure)
  assert.equal(report('x').message, 'x')
})

test('a refused connection to a name with several addresses has a sentence', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
  const both = Object.assign(new AggregateError([refused, refused]), { code: 'ECONNREFUSED' })
  assert.equal(report(both).message, 'connect ECONNREFUSED 127.0.0.1:1')
  assert.match(report(both).advice ?? '', /millrace start/)
})

test('causes that go in circles end', () => {
  const error = new Error('x')
  error.cause = error
  assert.equal(report(error).exit, Exit.Failure)
})
