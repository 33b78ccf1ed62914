import { NULL_PRIMITIVE, type Primitive, PrimitiveTag } from '../primitive-map.ts'
import { invalid } from './invalid.ts'

export type TokenKind = 'end' | 'identifier' | 'keyword' | 'string' | 'number' | 'operator'

/** In any case in the text, in capitals as a token. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'NOT',
  'AND',
  'OR',
  'BETWEEN',
  'LIKE',
  'ESCAPE',
  'IN',
  'IS',
  'TRUE',
  'FALSE',
  'NULL',
])

/** One more than the largest long: only a minus before it makes it a long. */
export const NEGATIVE_ONLY: bigint = 2n ** 63n

/**
 * Walks a selector token by token; `advance` moves on, the fields say where it stands. Takes the tokens of the JMS
 * specification and those of ActiveMQ Classic beyond them: comments, `%`.
 */
export class Lexer {
  kind: TokenKind = 'end'
  /** An identifier, a keyword in capitals, an operator, or what a string says; of a number its digits. */
  text = ''
  /** Of a number. A Long of `NEGATIVE_ONLY` is for the parser to judge. */
  number: Primitive = NULL_PRIMITIVE
  /** Where the token begins. */
  offset: number
  /** Where it ends. */
  #at: number
  readonly #source: string
  readonly #hyphens: boolean

  /** `start`: behind the prefixes. `hyphens`: a minus between letters or digits belongs to the identifier. */
  constructor(source: string, start: number, hyphens: boolean) {
    this.#source = source
    this.#at = start
    this.offset = start
    this.#hyphens = hyphens
    this.advance()
  }

  advance(): void {
    this.#skipBlanks()
    const at = this.#at
    this.offset = at
    if (at >= this.#source.length) {
      this.#set('end', '', at)
      return
    }
    const unit = this.#unit(at)
    if (isDigit(unit) || (unit === DOT && isDigit(this.#unit(at + 1)))) this.#scanNumber()
    else if (unit === QUOTE) this.#scanString()
    else if (this.#partLength(at, true) > 0) this.#scanWord()
    else this.#scanOperator()
  }

  /** What an error message calls the present token. */
  get found(): string {
    if (this.kind === 'end') return 'the end'
    const text = this.#source.slice(this.offset, Math.min(this.#at, this.offset + 40))
    return `«${text}»`
  }

  #set(kind: TokenKind, text: string, end: number): void {
    this.kind = kind
    this.text = text
    this.#at = end
  }

  /** NaN beyond the end, which compares with nothing. */
  #unit(at: number): number {
    return this.#source.charCodeAt(at)
  }

  #skipBlanks(): void {
    const source = this.#source
    for (;;) {
      const unit = this.#unit(this.#at)
      if (unit === 32 || unit === 9 || unit === 10 || unit === 13 || unit === 12) {
        this.#at++
      } else if (unit === MINUS && this.#unit(this.#at + 1) === MINUS) {
        while (this.#at < source.length && this.#unit(this.#at) !== 10 && this.#unit(this.#at) !== 13) this.#at++
      } else if (unit === SLASH && this.#unit(this.#at + 1) === STAR) {
        const end = source.indexOf('*/', this.#at + 2)
        if (end < 0) throw invalid(this.#at, 'a comment without an end')
        this.#at = end + 2
      } else {
        return
      }
    }
  }

  #scanString(): void {
    const source = this.#source
    let text = ''
    let from = this.#at + 1
    for (;;) {
      const quote = source.indexOf("'", from)
      if (quote < 0) throw invalid(this.#at, 'a string without an end')
      text += source.slice(from, quote)
      if (this.#unit(quote + 1) !== QUOTE) {
        this.#set('string', text, quote + 1)
        return
      }
      text += "'"
      from = quote + 2
    }
  }

  #scanWord(): void {
    const start = this.#at
    let at = start
    for (let length = this.#partLength(at, true); length > 0; length = this.#partLength(at, false)) at += length
    const word = this.#source.slice(start, at)
    // Only ASCII: other letters have capitals in there too.
    const capitals = /^[A-Za-z]{2,7}$/.test(word) ? word.toUpperCase() : word
    if (KEYWORDS.has(capitals)) this.#set('keyword', capitals, at)
    else this.#set('identifier', word, at)
  }

  /** How many units the character at `at` has if it can be part of an identifier (begin one), else 0. */
  #partLength(at: number, first: boolean): number {
    const unit = this.#unit(at)
    if (isLetter(unit) || unit === UNDERSCORE || unit === DOLLAR) return 1
    if (unit < 0x80) {
      if (first) return 0
      if (isDigit(unit)) return 1
      if (!this.#hyphens || unit !== MINUS || this.#unit(at + 1) === MINUS) return 0
      return this.#partLength(at + 1, false) > 0 ? 1 : 0
    }
    const point = this.#source.codePointAt(at)
    if (point === undefined) return 0
    const character = String.fromCodePoint(point)
    return (first ? UNICODE_START : UNICODE_PART).test(character) ? character.length : 0
  }

  #scanNumber(): void {
    const start = this.#at
    const second = this.#unit(start + 1) | LOWER_CASE
    if (this.#unit(start) === ZERO && second === LETTER_X) {
      const end = this.#while(start + 2, isHexDigit)
      if (end === start + 2) throw invalid(start, 'a hexadecimal number without digits')
      this.#exact(this.#source.slice(start, end), end)
      return
    }
    const whole = this.#while(start, isDigit)
    let end = whole
    if (this.#unit(end) === DOT) end = this.#while(end + 1, isDigit)
    end = this.#exponent(end)
    const suffix = this.#unit(end) | LOWER_CASE
    if (end > whole || suffix === LETTER_D || suffix === LETTER_F) {
      this.#approximate(this.#source.slice(start, end), end, suffix)
      return
    }
    const digits = this.#source.slice(start, end)
    if (!digits.startsWith('0') || digits.length === 1) {
      this.#exact(digits, end)
      return
    }
    if (this.#while(start, isOctalDigit) < end)
      throw invalid(start, 'a number that begins with 0 is octal: digits 0 to 7')
    this.#exact(`0o${digits}`, end)
  }

  #exponent(at: number): number {
    if ((this.#unit(at) | LOWER_CASE) !== LETTER_E) return at
    const sign = this.#unit(at + 1)
    const digits = sign === PLUS || sign === MINUS ? at + 2 : at + 1
    const end = this.#while(digits, isDigit)
    if (end === digits) throw invalid(this.offset, 'an exponent without digits')
    return end
  }

  #exact(literal: string, end: number): void {
    const suffixed = (this.#unit(end) | LOWER_CASE) === LETTER_L
    // So long a number cannot fit, and making it would take time that grows with the square of its length.
    const value = literal.length > EXACT_LENGTH_MAX ? NEGATIVE_ONLY + 1n : BigInt(literal)
    if (value > NEGATIVE_ONLY) throw invalid(this.offset, 'a whole number beyond 64 bits')
    if (!suffixed && value <= 0x7fff_ffffn) this.number = { tag: PrimitiveTag.Int, value: Number(value) }
    else this.number = { tag: PrimitiveTag.Long, value }
    this.#endNumber(literal, suffixed ? end + 1 : end)
  }

  #approximate(literal: string, end: number, suffix: number): void {
    const value = Number(literal)
    if (suffix === LETTER_F) this.number = { tag: PrimitiveTag.Float, value: Math.fround(value) }
    else this.number = { tag: PrimitiveTag.Double, value }
    this.#endNumber(literal, suffix === LETTER_F || suffix === LETTER_D ? end + 1 : end)
  }

  #endNumber(literal: string, end: number): void {
    if (this.#partLength(end, false) > 0) throw invalid(this.offset, 'a number that runs into a name')
    this.#set('number', literal, end)
  }

  #while(at: number, is: (unit: number) => boolean): number {
    let end = at
    while (is(this.#unit(end))) end++
    return end
  }

  #scanOperator(): void {
    const at = this.#at
    const pair = this.#source.slice(at, at + 2)
    if (pair === '<>' || pair === '<=' || pair === '>=') {
      this.#set('operator', pair, at + 2)
      return
    }
    const character = String.fromCodePoint(this.#source.codePointAt(at) ?? 0)
    if (!OPERATORS.includes(character)) throw invalid(at, `«${character}» has no meaning here`)
    this.#set('operator', character, at + 1)
  }
}

const OPERATORS = '=<>+-*/%(),'

// What Java allows in an identifier, without the characters it ignores there.
const UNICODE_START = /[\p{L}\p{Nl}\p{Sc}\p{Pc}]/u
const UNICODE_PART = /[\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}]/u

/** 2^63 in octal with its sign `0o0`, and some leading zeros for good measure. */
const EXACT_LENGTH_MAX = 100

const LOWER_CASE = 0x20
const QUOTE = 0x27
const STAR = 0x2a
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const SLASH = 0x2f
const ZERO = 0x30
const DOLLAR = 0x24
const UNDERSCORE = 0x5f
const LETTER_D = 0x64
const LETTER_E = 0x65
const LETTER_F = 0x66
const LETTER_L = 0x6c
const LETTER_X = 0x78

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function isOctalDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x37
}

function isHexDigit(unit: number): boolean {
  const lower = unit | LOWER_CASE
  return isDigit(unit) || (lower >= 0x61 && lower <= 0x66)
}

function isLetter(unit: number): boolean {
  const lower = unit | LOWER_CASE
  return unit < 0x80 && lower >= 0x61 && lower <= 0x7a
}
