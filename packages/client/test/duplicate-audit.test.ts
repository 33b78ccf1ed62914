import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageId, ProducerId } from '@millrace/openwire'
import { DuplicateAudit } from '../src/duplicate-audit.ts'

function id(producer: number, sequence: number): MessageId {
  const producerId = Object.assign(new ProducerId(), { connectionId: 'ID:c', sessionId: 1, value: producer })
  return Object.assign(new MessageId(), { producerId, producerSequenceId: sequence })
}

test('a message is known the second time, in any order, and in its place only', () => {
  const audit = new DuplicateAudit(2048, 64)
  for (const sequence of [1, 3, 2]) assert.equal(audit.seen('A', id(1, sequence)), false)
  for (const sequence of [1, 2, 3]) assert.equal(audit.seen('A', id(1, sequence)), true)
  assert.equal(audit.seen('B', id(1, 1)), false)
  assert.equal(audit.seen('A', id(2, 1)), false)
})

test('what was given back is new again', () => {
  const audit = new DuplicateAudit(2048, 64)
  audit.seen('A', id(1, 1))
  audit.forget('A', id(1, 1))
  assert.equal(audit.has('A', id(1, 1)), false)
  assert.equal(audit.seen('A', id(1, 1)), false)
})

test('what is too long ago counts as new', () => {
  const audit = new DuplicateAudit(4, 2)
  for (const sequence of [1, 2, 6]) audit.seen('A', id(1, sequence))
  assert.equal(audit.seen('A', id(1, 2)), false)
  assert.equal(audit.seen('A', id(1, 4)), false)
  assert.equal(audit.seen('A', id(1, 6)), true)
  audit.seen('A', id(2, 1))
  audit.seen('A', id(3, 1))
  assert.equal(audit.seen('A', id(1, 6)), false)
})
