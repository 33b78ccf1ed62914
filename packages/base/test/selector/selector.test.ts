import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvariantError, MillraceError, ProtocolError } from '../../src/errors.ts'
import { encodePrimitiveMap, findPrimitive, type Primitive, primitiveOf } from '../../src/primitive-map.ts'
import type { SelectorSubject } from '../../src/selector/evaluate.ts'
import { parseSelector, type Selector } from '../../src/selector/selector.ts'
import { truthOf, type TruthLetter } from './truth.ts'

function parsed(text: string): Selector {
  const selector = parseSelector(text)
  assert.ok(selector !== null)
  return selector
}

function equalities(text: string): [string, unknown][] {
  return [...parsed(text).equalities].map(([name, primitive]) => [name, primitive.value])
}

const nothing: SelectorSubject = { property: () => null }

test('an empty or blank text is no selector', () => {
  assert.equal(parseSelector(''), null)
  assert.equal(parseSelector(' \t\r\n\f'), null)
})

test('a selector keeps its text, prefixes included', () => {
  assert.equal(parsed(' a = 1 ').text, ' a = 1 ')
  assert.equal(parsed('convert_string_expressions:a = 1').text, 'convert_string_expressions:a = 1')
})

test('the same text gives the same selector while it is among the last hundred', () => {
  const first = parsed('lru = 0')
  const second = parsed('lru = 1')
  for (let i = 2; i < 100; i++) parsed(`lru = ${i}`)
  assert.equal(parsed('lru = 0'), first)
  parsed('lru = 100')
  // Number 1 has now been left alone longest.
  assert.notEqual(parsed('lru = 1'), second)
  assert.equal(parsed('lru = 0'), first)
})

test('a text with a prefix and one without are two selectors', () => {
  const number = { property: () => primitiveOf('5') }
  assert.equal(parsed('convert_string_expressions:p = 5').matches(number), true)
  assert.equal(parsed('p = 5').matches(number), false)
})

test('the equalities that must all hold are told', () => {
  assert.deepEqual(equalities("a = 1 AND 'x' = b AND c > 5"), [
    ['a', 1],
    ['b', 'x'],
  ])
  assert.deepEqual(equalities('(a = -1 AND (b = 2L)) AND (c = TRUE)'), [
    ['a', -1],
    ['b', 2n],
    ['c', true],
  ])
  assert.deepEqual(equalities('a = 1'), [['a', 1]])
  assert.deepEqual(equalities('a = 1 AND a = 2'), [['a', 1]])
})

test('what need not hold, or not exactly, is no equality', () => {
  for (const text of ['a = 1 OR b = 2', 'NOT a = 1', 'a <> 1', 'a = b', 'a = 1 + 1', "a LIKE 'x'", 'a = 1 = TRUE']) {
    assert.deepEqual(equalities(text), [], text)
  }
  assert.deepEqual(equalities('convert_string_expressions:a = 1'), [])
})

test('the texts of which a name must be one are told, from =, IN and OR', () => {
  const demands = (text: string): Record<string, string[]> =>
    Object.fromEntries([...(parseSelector(text)?.demands ?? [])].map(([name, texts]) => [name, [...texts]]))
  assert.deepEqual(demands("a = 'x' AND b > 3 AND 'y' = c AND n = 5"), { a: ['x'], c: ['y'] })
  assert.deepEqual(demands("a IN ('x', 'y') AND a = 'z'"), { a: ['x', 'y'] })
  assert.deepEqual(demands("(a = 'x' AND b = 'y') OR a IN ('z')"), { a: ['x', 'z'] })
  for (const text of ["a = 'x' OR b = 'y'", "NOT (a = 'x')", "a NOT IN ('x')", "a <> 'x'", "a LIKE 'x'", 'a = b']) {
    assert.deepEqual(demands(text), {}, text)
  }
  assert.deepEqual(demands("convert_string_expressions:a = '5'"), {})
})

test('properties that cannot be decoded match nothing', () => {
  const damaged = Buffer.from('0000000100016105', 'hex')
  assert.throws(() => findPrimitive(damaged, 'a'), ProtocolError)
  const subject = { property: (name: string): Primitive | null => findPrimitive(damaged, name) }
  assert.equal(parsed('a = 1').matches(subject), false)
  assert.equal(parsed('NOT a = 1').matches(subject), false)
  assert.equal(parsed('a IS NULL').matches(subject), false)
})

test('our own mistakes are not hidden', () => {
  const broken = {
    property: (): Primitive | null => {
      throw new InvariantError('for this test')
    },
  }
  assert.throws(() => parsed('a = 1').matches(broken), InvariantError)
})

test('properties are found in the bytes of a message', () => {
  const bytes = encodePrimitiveMap(
    new Map([
      ['color', primitiveOf('red')],
      ['weight', primitiveOf(3000n)],
    ]),
  )
  const subject = { property: (name: string): Primitive | null => findPrimitive(bytes, name) }
  assert.equal(parsed("color IN ('red', 'green') AND weight > 2500 AND size IS NULL").matches(subject), true)
  assert.equal(parsed("color = 'red' AND weight > 3000").matches(subject), false)
})

test('AND and OR ask no further than they must', () => {
  const asked: string[] = []
  const subject = {
    property: (name: string): Primitive | null => {
      asked.push(name)
      return primitiveOf(name === 't')
    },
  }
  assert.equal(parsed('f AND a').matches(subject), false)
  assert.equal(parsed('t OR b').matches(subject), true)
  assert.deepEqual(asked, ['f', 't'])
})

test('the largest selectors ask for each name they contain once', () => {
  let asked = 0
  const subject = {
    property: (): Primitive | null => {
      asked++
      return null
    },
  }
  const largest = [
    Array.from({ length: 4095 }, () => 'a').join(' OR '),
    Array.from({ length: 1365 }, () => 'a=1').join(' AND '),
    `${'('.repeat(256)}${Array.from({ length: 4000 }, () => 'a').join(' OR ')}${')'.repeat(256)}`,
    `${'(a OR '.repeat(250)}a${')'.repeat(250)}`,
    `a = b${' + c'.repeat(250)}`,
    `a IN ('x'${",'x'".repeat(16_000)})`,
  ]
  for (const text of largest) {
    asked = 0
    assert.equal(parsed(text).matches(subject), false)
    assert.ok(asked <= 4096, `${asked} questions`)
  }
})

test('a selector that joins strings for ever stays small', () => {
  const text = `'' + ${Array.from({ length: 250 }, () => 'a').join(' + ')} = 'x'`
  const subject = { property: (): Primitive | null => primitiveOf('x'.repeat(1_000_000)) }
  assert.equal(parsed(text).matches(subject), false)
  assert.equal(parsed(text.replace('=', '<>')).matches(subject), false)
})

test('a selector as deep as allowed is read and asked from a deep stack', () => {
  const text = `${'(NOT '.repeat(127)}a = 1${')'.repeat(127)}`
  const below = (levels: number): boolean => (levels === 0 ? parsed(text).matches(nothing) : below(levels - 1))
  assert.equal(below(2000), false)
})

// A tree of AND, OR and NOT over true, false and unknown, and what three-valued logic says of it: with false = 0,
// unknown = 1 and true = 2, AND is the minimum, OR the maximum and NOT the mirror.
interface Logic {
  text: string
  value: number
}
const leaves: readonly Logic[] = [
  { text: 'yes', value: 2 },
  { text: 'nope', value: 0 },
  { text: 'gone', value: 1 },
  { text: 'one = 1', value: 2 },
  { text: 'one <> 1', value: 0 },
  { text: 'gone > 1', value: 1 },
  { text: "text LIKE 't%'", value: 2 },
  { text: 'gone IS NULL', value: 2 },
  { text: 'one NOT BETWEEN gone AND 5', value: 1 },
  { text: "text IN ('x')", value: 0 },
]
const logic = fc.letrec<{ any: Logic }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('any').map(({ text, value }) => ({ text: `NOT (${text})`, value: 2 - value })),
    fc.array(tie('any'), { minLength: 2, maxLength: 4 }).map((terms) => ({
      text: terms.map(({ text }) => `(${text})`).join(' AND '),
      value: Math.min(...terms.map(({ value }) => value)),
    })),
    fc.array(tie('any'), { minLength: 2, maxLength: 4 }).map((terms) => ({
      text: terms.map(({ text }) => `(${text})`).join(' OR '),
      value: Math.max(...terms.map(({ value }) => value)),
    })),
  ),
}))

test('any AND, OR and NOT of true, false and unknown is as three-valued logic says', () => {
  const message = new Map<string, Primitive>([
    ['yes', primitiveOf(true)],
    ['nope', primitiveOf(false)],
    ['one', primitiveOf(1)],
    ['text', primitiveOf('text')],
  ])
  const letters: readonly TruthLetter[] = ['F', 'U', 'T']
  fc.assert(
    fc.property(logic.any, ({ text, value }) => {
      assert.equal(truthOf(text, message), letters[value])
    }),
    { numRuns: 1000 },
  )
})

test('any text is a selector or SELECTOR_INVALID, and any selector can be asked', () => {
  const pieces = ['a', 'b', "'x'", '1', '1.5', '(', ')', '=', '<>', '<', 'AND', 'OR', 'NOT', 'LIKE', 'IN', 'IS', 'NULL']
  pieces.push('BETWEEN', '+', '-', '*', '/', '%', ',', 'TRUE', 'INLIST', 'MAKELIST', '--', '/*', '*/', "'", '0x', '🚀')
  const values: readonly unknown[] = [null, true, 1, 1n, 1.5, 'x', ['x'], Buffer.from('x'), Number.NaN]
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), fc.constantFrom(...values), (words, value) => {
      let selector: Selector | null
      try {
        selector = parseSelector(words.join(' '))
      } catch (error) {
        assert.ok(error instanceof MillraceError && error.code === 'SELECTOR_INVALID', String(error))
        return
      }
      accepted++
      selector?.matches({ property: () => primitiveOf(value) })
    }),
    { numRuns: 5000 },
  )
  assert.ok(accepted > 0)
})
