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
    ['*.*', 'A.B', true],
    ['*.*', 'A', false],
    ['*.>', 'A', true],
    ['*.>', 'A.B.C', true],
    ['>', 'A', true],
    ['A.B.>', 'A', false],
    ['A.*.B.>', 'A.X.B', true],
    ['A.*.B.>', 'A.X.C', false],
    ['A.>', 'a.B', false],
    // Only a whole element is a wildcard, and an angle bracket only at the end.
    ['A.>.C', 'A.B.C', false],
    ['A.>.C', 'A.>.C', true],
    ['>.C', 'A.C', false],
    ['A*', 'AB', false],
    ['A*', 'A*', true],
    ['A.B>', 'A.BC', false],
    // Other patterns are names to a pattern.
    ['A.>', 'A.*', true],
    ['A.*', 'A.>', true],
    ['A.B', 'A.*', false],
  ] as const) {
    assert.equal(matches(pattern, name), expected, `${pattern} and ${name}`)
  }
})

test('a pattern does not cross kinds', () => {
  assert.equal(matches('topic://A.>', 'queue://A.B'), false)
  assert.equal(matches('queue://>', 'temp-queue://A'), false)
  const kinds = ['queue', 'topic', 'temp-queue', 'temp-topic']
  for (const one of kinds) {
    for (const other of kinds) assert.equal(matches(`${one}://>`, `${other}://A`), one === other, `${one}, ${other}`)
  }
})

test('a composite has parts in order, without doubles and empty ones, each with its own kind', () => {
  const parts = Destination.parse('queue://A, topic://B,,A,C ').parts()
  assert.deepEqual(
    parts.map((part) => part.text),
    ['queue://A', 'topic://B', 'queue://C'],
  )
  assert.throws(() => Destination.parse('queue://,').parts(), { code: 'DESTINATION_INVALID' })
})

test('options behind the name are not part of it, nor of a composite', () => {
  assert.equal(Destination.parse('queue://A.B?consumer.prefetchSize=10&consumer.exclusive=true').text, 'queue://A.B')
  assert.equal(new Destination(DestinationKind.Topic, ' A ?x').name, 'A')
  assert.deepEqual(
    Destination.parse('A,topic://B?consumer.retroactive=true')
      .parts()
      .map((part) => part.text),
    ['queue://A', 'topic://B'],
  )
  for (const name of ['?', '?consumer.prefetchSize=1', ' ?']) {
    assert.throws(() => new Destination(DestinationKind.Queue, name), { code: 'DESTINATION_INVALID' })
  }
})
