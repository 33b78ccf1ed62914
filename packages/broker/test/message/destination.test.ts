import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Destination, DestinationKind, NAME_LENGTH_MAX } from '../../src/message/destination.ts'

function matches(pattern: string, name: string): boolean {
  return Destination.parse(pattern).matches(Destination.parse(name))
}

test('a destination is read from its text, a bare name is a queue', () => {
  for (const text of ['queue://A', 'topic://A.B', 'temp-queue://ID:c:1', 'temp-topic://ID:c:2']) {
    assert.equal(Destination.parse(text).text, text)
  }
  assert.equal(Destination.parse(' A ').text, 'queue://A')
  assert.equal(Destination.parse('A', DestinationKind.Topic).text, 'topic://A')
})

test('a name is neither empty nor too long', () => {
  for (const name of ['', ' ', 'x'.repeat(NAME_LENGTH_MAX + 1)]) {
    assert.throws(() => new Destination(DestinationKind.Queue, name), { code: 'DESTINATION_INVALID' })
  }
  assert.equal(new Destination(DestinationKind.Queue, 'x'.repeat(NAME_LENGTH_MAX)).name.length, NAME_LENGTH_MAX)
})

test('an asterisk is one element, a final angle bracket all that follow, or none', () => {
  for (const [pattern, name, expected] of [
    ['A.*', 'A.B', true],
    ['A.*', 'A', false],
    ['A.*', 'A.B.C', false],
    ['*.B', 'A.B', true],
    ['A.*.C', 'A.B.C', true],
    ['A.>', 'A', true],
    ['A.>', 'A.B', true],
    ['A.>', 'A.B.C', true],
    ['A.>', 'B', false],
    ['A.>', 'AB', false],
    ['>', 'A.B.C', true],
    ['A.*.>', 'A', false],
    ['A.*.>', 'A.B', true],
    ['A.B', 'A.B', true],
    ['A.B', 'A', false],
    ['*', 'A', true],
    ['*', 'A.B', false],
  ] as const) {
    assert.equal(matches(pattern, name), expected, `${pattern} and ${name}`)
  }
})

test('a pattern does not cross kinds', () => {
  assert.equal(matches('topic://A.>', 'queue://A.B'), false)
  assert.equal(matches('queue://>', 'temp-queue://A'), false)
})

test('a composite has parts in order, without doubles and empty ones, each with its own kind', () => {
  const parts = Destination.parse('queue://A, topic://B,,A,C ').parts()
  assert.deepEqual(
    parts.map((part) => part.text),
    ['queue://A', 'topic://B', 'queue://C'],
  )
  assert.throws(() => Destination.parse('queue://,').parts(), { code: 'DESTINATION_INVALID' })
})
