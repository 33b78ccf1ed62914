import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Characters, LikePattern } from '../../src/selector/like.ts'

/** Java's rules, said as directly as possible: by characters, every way tried, results remembered. */
function reference(pattern: readonly string[], escape: string | null, text: readonly string[]): boolean {
  const known = new Map<string, boolean>()
  const from = (p: number, t: number): boolean => {
    const key = `${p},${t}`
    const before = known.get(key)
    if (before !== undefined) return before
    const result = tried(p, t)
    known.set(key, result)
    return result
  }
  const tried = (p: number, t: number): boolean => {
    if (p === pattern.length) return t === text.length
    const next = pattern[p + 1]
    if (pattern[p] === escape && (next === '%' || next === '_' || next === escape)) {
      return text[t] === next && from(p + 2, t + 1)
    }
    if (pattern[p] === '%') return from(p + 1, t) || (t < text.length && from(p, t + 1))
    return t < text.length && (pattern[p] === '_' || pattern[p] === text[t]) && from(p + 1, t + 1)
  }
  return from(0, 0)
}

type Row = readonly [pattern: string, text: string, expected: boolean, escape?: string]
const rows: readonly Row[] = [
  ['', '', true],
  ['', 'a', false],
  ['%', '', true],
  ['%', 'anything\nat all', true],
  ['%%', '', true],
  ['_', '', false],
  ['_', 'a', true],
  ['_', '\n', true],
  ['_', 'ab', false],
  ['_', '🚀', true],
  ['__', '🚀', false],
  ['%__', '🚀', false],
  ['_%_', '🚀', false],
  ['_%_', '🚀🚀', true],
  ['%_%_%_%', '🚀a', false],
  ['a%a', 'a', false],
  ['a%a', 'aa', true],
  ['%ab%ab%', 'ab', false],
  ['%ab%ab%', 'xabxabx', true],
  ['%aab%', 'aaaab', true],
  ['%abab%c', 'ababababc', true],
  ['%ab%b', 'ab', false],
  ['a.c', 'abc', false],
  ['a.c', 'a.c', true],
  ['[a-z]*', 'abc', false],
  ['A', 'a', false],
  ['\\', '\\', true],
  ['100\\%', '100%', true, '\\'],
  ['100\\%', '1000', false, '\\'],
  ['\\_%', '_x', true, '\\'],
  ['\\_%', 'ax', false, '\\'],
  ['a\\\\b', 'a\\b', true, '\\'],
  ['a\\b', 'a\\b', true, '\\'],
  ['a\\', 'a\\', true, '\\'],
  ['%%', '%', true, '%'],
  ['%%', '', false, '%'],
  ['%a', '%a', true, '%'],
  ['__', '_', true, '_'],
]

test('% is any run, _ one character, the escape takes their meaning away', () => {
  for (const [pattern, text, expected, escape] of rows) {
    const shown = JSON.stringify([pattern, text, escape])
    assert.equal(new LikePattern(pattern, escape ?? null).matches(text), expected, shown)
    assert.equal(reference(Array.from(pattern), escape ?? null, Array.from(text)), expected, `reference: ${shown}`)
  }
})

test('any pattern and text give what trying every way gives', () => {
  const patterns = fc.array(fc.constantFrom('a', 'b', '%', '%', '_', '!', '🚀'), { maxLength: 12 })
  const texts = fc.array(fc.constantFrom('a', 'a', 'b', '!', '%', '_', '\n', '🚀'), { maxLength: 20 })
  const escapes = fc.constantFrom(null, '!', 'a')
  fc.assert(
    fc.property(patterns, texts, escapes, (pattern, text, escape) => {
      assert.equal(new LikePattern(pattern.join(''), escape).matches(text.join('')), reference(pattern, escape, text))
    }),
    { numRuns: 5000 },
  )
})

class Counted implements Characters {
  steps = 0
  readonly length: number
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.length = text.length
  }

  charCodeAt(index: number): number {
    this.steps++
    return this.#text.charCodeAt(index)
  }
}

test('hostile patterns look at each character a bounded number of times', () => {
  const size = 50_000
  const text = 'a'.repeat(size)
  const patterns: readonly (readonly [pattern: string, looksPerCharacter: number])[] = [
    ['%a'.repeat(30_000), 3],
    [`${'%a'.repeat(30_000)}b`, 3],
    ['%a'.repeat(30_000) + '%b%', 3],
    [`%${'a'.repeat(30_000)}b%`, 3],
    [`%b${'a'.repeat(30_000)}%`, 3],
    [`%${'ab'.repeat(15_000)}%`, 3],
    ['%_'.repeat(30_000), 3],
    ['_%'.repeat(30_000) + 'b', 3],
    [`%${'_'.repeat(127)}b%`, 4 * 128],
    [`%_${'a'.repeat(126)}b%`, 4 * 128],
    [`%${'_'.repeat(127)}b%`.repeat(200), 4 * 128],
    ['_'.repeat(size), 3],
    [`${'_'.repeat(size)}%${'_'.repeat(size)}`, 3],
  ]
  for (const [pattern, looksPerCharacter] of patterns) {
    const counted = new Counted(text)
    new LikePattern(pattern, null).matches(counted)
    assert.ok(counted.steps <= looksPerCharacter * size, `${pattern.slice(0, 20)}: ${counted.steps} looks`)
  }
})
