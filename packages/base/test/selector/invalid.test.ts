import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../../src/errors.ts'
import { parseSelector } from '../../src/selector/selector.ts'

function refused(text: string, offset: number | null, words: RegExp): void {
  const shown = text.slice(0, 100)
  assert.throws(
    () => parseSelector(text),
    (error) => {
      assert.ok(error instanceof MillraceError, String(error))
      assert.equal(error.code, 'SELECTOR_INVALID')
      if (offset !== null) assert.match(error.message, new RegExp(`at offset ${offset}:`), shown)
      assert.match(error.message, words, shown)
      assert.ok(error.message.length < 200)
      return true
    },
    shown,
  )
}

const groups: Readonly<Record<string, readonly (readonly [text: string, offset: number, words: RegExp])[]>> = {
  'what the grammar does not have is refused, with the place': [
    ['a =', 3, /a value is expected, found the end/],
    ['= 1', 0, /a value is expected, found «=»/],
    ['a = 1 b', 6, /AND, OR or the end is expected, found «b»/],
    ['a = 1 AND', 9, /found the end/],
    ['AND a', 0, /found «AND»/],
    ['(a = 1', 6, /«\)» is expected/],
    ['a = 1)', 5, /found «\)»/],
    ['()', 1, /found «\)»/],
    ['a IS 1', 5, /NULL is expected/],
    ['a IS NOT 1', 9, /NULL is expected/],
    ['a NOT = 1', 6, /LIKE, BETWEEN or IN after NOT/],
    ['a LIKE b', 7, /a pattern in quotes/],
    ["a LIKE 'x' ESCAPE b", 18, /one character in quotes/],
    ['a IN ()', 6, /a string in quotes/],
    ["a IN ('x',)", 10, /a string in quotes/],
    ["a IN 'x'", 5, /«\(» is expected/],
    ["a IN ('x' 'y')", 10, /«\)» is expected/],
    ['a IN (1)', 6, /a string in quotes/],
    ['a BETWEEN 1 OR 2', 12, /AND of BETWEEN/],
    ['a.b = 1', 1, /«\.» has no meaning/],
    ['a = "x"', 4, /«"» has no meaning/],
    ['a != 1', 2, /«!» has no meaning/],
    ['a == 1', 3, /a value is expected/],
    ['a = 🚀', 4, /«🚀» has no meaning/],
    ['a = 1;', 5, /«;» has no meaning/],
    ['-- nothing', 10, /a value is expected, found the end/],
    ['hyphenated_props:', 17, /a value is expected, found the end/],
    ['convert_string_expressions: a = ', 32, /a value is expected/],
    ['unknown_prefix: a', 14, /«:» has no meaning/],
  ],
  'unfinished and impossible tokens are refused': [
    ["a = 'x", 4, /a string without an end/],
    ["a = 'x''", 4, /a string without an end/],
    ['a /* x', 2, /a comment without an end/],
    ['a = 0x', 4, /without digits/],
    ['a = 1E', 4, /an exponent without digits/],
    ['a = 1E+', 4, /an exponent without digits/],
    ['a = 08', 4, /octal/],
    ['a = 1b', 4, /runs into a name/],
    ['a = 0xfg', 4, /runs into a name/],
    ['a = 1.5x', 4, /runs into a name/],
    ['a = 9223372036854775808', 4, /beyond 64 bits/],
    ['a = - (9223372036854775808)', 7, /beyond 64 bits/],
    ['a = -9223372036854775809', 5, /beyond 64 bits/],
    ['a = 0xffffffffffffffff', 4, /beyond 64 bits/],
    [`a = ${'9'.repeat(60_000)}`, 4, /beyond 64 bits/],
    [`a = 0x${'f'.repeat(60_000)}`, 4, /beyond 64 bits/],
  ],
  'what can never make sense is refused': [
    ['1', 0, /a condition is expected, this is a number/],
    ["'x'", 0, /a condition is expected, this is a string/],
    ['a + 1', 0, /a condition is expected/],
    ['a AND 1', 6, /a condition is expected, this is a number/],
    ['1 OR a', 0, /a condition is expected/],
    ['NOT 1', 4, /a condition is expected/],
    ["a = NOT 'x'", 8, /a condition is expected/],
    ['a = NULL', 4, /ask IS NULL/],
    ['NULL', 0, /ask IS NULL/],
    ['NULL IS NULL', 0, /ask IS NULL/],
    ["'x' IS NULL", 0, /asks about a literal/],
    ["a > 'x'", 4, /compares numbers, this is a string/],
    ["'x' <= a", 0, /compares numbers, this is a string/],
    ['a > TRUE', 4, /compares numbers, this is a boolean/],
    ['a > (b = 1)', 4, /this is a boolean/],
    ['a < b < c', 0, /this is a boolean/],
    ["a BETWEEN 'a' AND 'b'", 10, /BETWEEN compares numbers/],
    ["a BETWEEN 1 AND 'b'", 16, /BETWEEN compares numbers/],
    ["1 LIKE 'x'", 0, /LIKE asks about a string, this is a number/],
    ["a LIKE 'x' ESCAPE ''", 18, /exactly one character/],
    ["a LIKE 'x' ESCAPE '!!'", 18, /exactly one character/],
    ["'x' IN ('x')", 0, /IN asks about a property/],
    ["a + 1 IN ('x')", 0, /IN asks about a property/],
    ["'x' * 2 = 1", 0, /«\*» calculates with numbers/],
    ['2 / TRUE = 1', 4, /«\/» calculates with numbers/],
    ["1 + 'x' = 1", 4, /«\+» adds numbers/],
    ["a - 'x' = 1", 4, /«-» subtracts numbers/],
    ['TRUE + 1 = 2', 0, /«\+» adds numbers/],
    ["-'x' = 1", 1, /sign of numbers/],
    ["'x' + MAKELIST(a) = 'x'", 6, /this is a list/],
  ],
  'functions and languages that are not here say so': [
    ["XPATH 'a'", 0, /XPATH is not supported/],
    ["xquery 'a'", 0, /XQUERY is not supported/],
    ["REGEX('a', b)", 0, /regular expressions .* use LIKE/],
    ["SPLIT(a, ',') = 'x'", 0, /SPLIT is not supported/],
    ["REPLACE(a, 'b', 'c') = 'x'", 0, /REPLACE is not supported/],
    ['inlist(a, b)', 0, /no function inlist/],
    ['foo(a)', 0, /no function foo/],
    ['INLIST(a)', 0, /a list and a value, not 1/],
    ['INLIST(a, b, c)', 0, /not 3/],
    ['INLIST(1, b)', 0, /INLIST looks into a list, this is a number/],
    ['INLIST()', 7, /a value is expected/],
    ['MAKELIST(a)', 0, /a condition is expected, this is a list/],
  ],
}

for (const [behaviour, rows] of Object.entries(groups)) {
  test(behaviour, () => {
    for (const [text, offset, words] of rows) refused(text, offset, words)
  })
}

test('a text that is too long is refused, with the limit', () => {
  refused(`a = '${'x'.repeat(65_536)}'`, null, /65536 at most/)
  assert.notEqual(parseSelector(`a = '${'x'.repeat(65_530)}'`), null)
})

test('too much nesting is refused whatever it is made of, with the limit', () => {
  const levels: Readonly<Record<string, (count: number) => string>> = {
    parentheses: (n) => `${'('.repeat(n)}a${')'.repeat(n)}`,
    NOT: (n) => `${'NOT '.repeat(n - 1)}a`,
    signs: (n) => `a = ${'- '.repeat(n - 2)}b`,
    pluses: (n) => `a = ${'+'.repeat(n)}b`,
    functions: (n) => `${'INLIST(b, '.repeat(n - 1)}a${')'.repeat(n - 1)}`,
    sums: (n) => `a = b${' + 1'.repeat(n - 2)}`,
    equalities: (n) => `a${' = a'.repeat(n - 1)}`,
    'equalities in front of NOT': (n) => `a${' = NOT a'.repeat(n - 2)}`,
  }
  for (const [name, text] of Object.entries(levels)) {
    assert.notEqual(parseSelector(text(256)), null, name)
    refused(text(258), null, /nested more than 256 deep/)
    refused(text(5000), null, /nested more than 256 deep|more than 4096/)
  }
})

test('too many operands and operators are refused, with the limit', () => {
  assert.notEqual(parseSelector(Array.from({ length: 4095 }, () => 'a').join(' OR ')), null)
  refused(Array.from({ length: 4096 }, () => 'a').join(' OR '), null, /more than 4096 operands and operators/)
  refused(Array.from({ length: 6000 }, () => 'a=1').join(' OR '), null, /more than 4096 operands and operators/)
  refused(`INLIST(MAKELIST(${'a,'.repeat(5000)}a), b)`, null, /more than 4096 operands and operators/)
})

test('a LIKE segment that would be slow to search is refused', () => {
  assert.notEqual(parseSelector(`a LIKE '%${'_'.repeat(128)}%'`), null)
  refused(`a LIKE '%${'_'.repeat(129)}%'`, 7, /more than 128 characters with _ between two %/)
  // At the ends nothing is searched.
  assert.notEqual(parseSelector(`a LIKE '${'_'.repeat(1000)}%${'_'.repeat(1000)}'`), null)
})
