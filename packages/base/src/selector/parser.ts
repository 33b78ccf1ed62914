import { FALSE_PRIMITIVE, type Primitive, PrimitiveTag, TRUE_PRIMITIVE } from '../primitive-map.ts'
import type { ComparisonOperator, Expression, Identifier, StaticType } from './expression.ts'
import { invalid } from './invalid.ts'
import { Lexer, NEGATIVE_ONLY } from './lexer.ts'
import { LikePattern } from './like.ts'

export const NODES_MAX = 4096
/** Levels of the text (parentheses, signs, NOT) and of the tree that is made of it. */
export const DEPTH_MAX = 256

/**
 * `start`: behind the prefixes. `hyphens`: identifiers may contain a minus. Throws MillraceError SELECTOR_INVALID.
 *
 *   or          = and *( OR and )
 *   and         = not *( AND not )
 *   not         = *NOT equality
 *   equality    = comparison *( ( "=" / "<>" ) comparison / IS [NOT] NULL )
 *   comparison  = sum *( ( ">" / ">=" / "<" / "<=" ) sum / [NOT] LIKE string [ ESCAPE string ]
 *                      / [NOT] BETWEEN sum AND sum / [NOT] IN "(" string *( "," string ) ")" )
 *   sum         = product *( ( "+" / "-" ) product )
 *   product     = unary *( ( "*" / "/" / "%" ) unary )
 *   unary       = ( "+" / "-" / NOT ) unary / primary
 *   primary     = literal / identifier / function / "(" or ")"
 *   function    = INLIST "(" or "," or ")" / MAKELIST "(" or *( "," or ) ")"
 *
 * NOT stands between AND and the comparisons, as the specification says: `NOT a = 1` is `NOT (a = 1)`. (ActiveMQ Classic
 * reads `(NOT a) = 1`, which never matches.) In front of an operand, as in `a = NOT b`, it is taken as Classic does.
 */
export function parseExpression(source: string, start: number, hyphens: boolean): Expression {
  return new Parser(new Lexer(source, start, hyphens)).whole()
}

class Parser {
  readonly #lexer: Lexer
  #nodes = 0
  #depth = 0

  constructor(lexer: Lexer) {
    this.#lexer = lexer
  }

  whole(): Expression {
    const expression = this.#condition(() => this.#or())
    if (this.#lexer.kind !== 'end') throw this.#unexpected('AND, OR or the end')
    return expression
  }

  #or(): Expression {
    const offset = this.#lexer.offset
    const first = this.#and()
    if (!this.#isKeyword('OR')) return first
    this.#mustBeCondition(first, offset)
    const terms = [first]
    while (this.#takeKeyword('OR')) terms.push(this.#condition(() => this.#and()))
    return this.#node({ kind: 'or', depth: 1 + depthOf(terms), terms })
  }

  #and(): Expression {
    const offset = this.#lexer.offset
    const first = this.#not()
    if (!this.#isKeyword('AND')) return first
    this.#mustBeCondition(first, offset)
    const terms = [first]
    while (this.#takeKeyword('AND')) terms.push(this.#condition(() => this.#not()))
    return this.#node({ kind: 'and', depth: 1 + depthOf(terms), terms })
  }

  #not(): Expression {
    if (!this.#takeKeyword('NOT')) return this.#equality()
    this.#enter()
    const operand = this.#condition(() => this.#not())
    this.#leave()
    return this.#negation(operand)
  }

  #negation(operand: Expression): Expression {
    return this.#node({ kind: 'not', depth: 1 + operand.depth, operand })
  }

  #equality(): Expression {
    const offset = this.#lexer.offset
    let left = this.#comparison()
    for (;;) {
      const operator = this.#takeOperator('=', '<>')
      if (operator !== null) {
        left = this.#compared(operator, left, this.#comparison())
      } else if (this.#takeKeyword('IS')) {
        const negated = this.#takeKeyword('NOT')
        if (!this.#takeKeyword('NULL')) throw this.#unexpected('NULL')
        if (left.kind === 'literal') throw invalid(offset, 'IS NULL asks about a literal')
        left = this.#node({ kind: 'isNull', depth: 1 + left.depth, negated, value: left })
      } else {
        return left
      }
    }
  }

  #comparison(): Expression {
    const offset = this.#lexer.offset
    let left = this.#sum()
    for (;;) {
      const operator = this.#takeOperator('<', '<=', '>', '>=')
      if (operator !== null) {
        this.#mustBeNumber(left, offset, `«${operator}» compares`)
        left = this.#compared(
          operator,
          left,
          this.#number(() => this.#sum(), `«${operator}» compares`),
        )
        continue
      }
      const negated = this.#takeKeyword('NOT')
      if (this.#takeKeyword('LIKE')) left = this.#like(left, offset, negated)
      else if (this.#takeKeyword('BETWEEN')) left = this.#between(left, offset, negated)
      else if (this.#takeKeyword('IN')) left = this.#in(left, offset, negated)
      else if (negated) throw this.#unexpected('LIKE, BETWEEN or IN after NOT')
      else return left
    }
  }

  #compared(operator: ComparisonOperator, left: Expression, right: Expression): Expression {
    return this.#node({ kind: 'comparison', depth: 1 + Math.max(left.depth, right.depth), operator, left, right })
  }

  #like(value: Expression, offset: number, negated: boolean): Expression {
    const type = typeOf(value)
    if (type !== 'string' && type !== 'any') throw invalid(offset, `LIKE asks about a string, this is a ${type}`)
    const patternOffset = this.#lexer.offset
    const text = this.#string('a pattern in quotes')
    let escape: string | null = null
    if (this.#takeKeyword('ESCAPE')) {
      const escapeOffset = this.#lexer.offset
      escape = this.#string('one character in quotes')
      if (escape.length !== 1) throw invalid(escapeOffset, 'ESCAPE needs exactly one character')
    }
    return this.#node({
      kind: 'like',
      depth: 1 + value.depth,
      negated,
      value,
      pattern: pattern(text, escape, patternOffset),
    })
  }

  #between(value: Expression, offset: number, negated: boolean): Expression {
    this.#mustBeNumber(value, offset, 'BETWEEN compares')
    const low = this.#number(() => this.#sum(), 'BETWEEN compares')
    if (!this.#takeKeyword('AND')) throw this.#unexpected('AND of BETWEEN')
    const high = this.#number(() => this.#sum(), 'BETWEEN compares')
    const depth = 1 + Math.max(value.depth, low.depth, high.depth)
    return this.#node({ kind: 'between', depth, negated, value, low, high })
  }

  #in(value: Expression, offset: number, negated: boolean): Expression {
    if (value.kind !== 'identifier') throw invalid(offset, 'IN asks about a property, by its name')
    this.#need('(')
    const strings = new Set<string>()
    do strings.add(this.#string('a string in quotes'))
    while (this.#takeOperator(',') !== null)
    this.#need(')')
    return this.#node({ kind: 'in', depth: 1 + value.depth, negated, value, strings })
  }

  #sum(): Expression {
    const offset = this.#lexer.offset
    let left = this.#product()
    for (;;) {
      const operator = this.#takeOperator('+', '-')
      if (operator === null) return left
      const rightOffset = this.#lexer.offset
      const right = this.#product()
      if (operator === '-') {
        this.#mustBeNumber(left, offset, '«-» subtracts')
        this.#mustBeNumber(right, rightOffset, '«-» subtracts')
      } else {
        this.#mustBeAddable(left, offset, right, rightOffset)
      }
      left = this.#calculated(operator, left, right)
    }
  }

  #product(): Expression {
    const offset = this.#lexer.offset
    let left = this.#unary()
    for (;;) {
      const operator = this.#takeOperator('*', '/', '%')
      if (operator === null) return left
      this.#mustBeNumber(left, offset, `«${operator}» calculates with`)
      left = this.#calculated(
        operator,
        left,
        this.#number(() => this.#unary(), `«${operator}» calculates with`),
      )
    }
  }

  #calculated(operator: '+' | '-' | '*' | '/' | '%', left: Expression, right: Expression): Expression {
    return this.#node({ kind: 'arithmetic', depth: 1 + Math.max(left.depth, right.depth), operator, left, right })
  }

  #unary(): Expression {
    if (this.#takeKeyword('NOT')) {
      this.#enter()
      const negated = this.#condition(() => this.#unary())
      this.#leave()
      return this.#negation(negated)
    }
    const sign = this.#takeOperator('+', '-')
    if (sign === null) return this.#primary()
    if (sign === '-' && this.#lexer.kind === 'number') return this.#literal(negative(this.#lexer.number))
    this.#enter()
    const operand = this.#number(() => this.#unary(), `«${sign}» is the sign of`)
    this.#leave()
    return sign === '+' ? operand : this.#node({ kind: 'negate', depth: 1 + operand.depth, operand })
  }

  #primary(): Expression {
    const { kind, text, offset, number } = this.#lexer
    switch (kind) {
      case 'number':
        if (number.value === NEGATIVE_ONLY) throw invalid(offset, 'a whole number beyond 64 bits')
        return this.#literal(number)
      case 'string':
        return this.#literal({ tag: PrimitiveTag.String, value: text })
      case 'identifier':
        return this.#identifier(text, offset)
      case 'keyword':
        if (text === 'TRUE') return this.#literal(TRUE_PRIMITIVE)
        if (text === 'FALSE') return this.#literal(FALSE_PRIMITIVE)
        if (text === 'NULL') throw invalid(offset, 'nothing is compared with NULL; ask IS NULL')
        throw this.#unexpected('a value')
      case 'operator': {
        if (this.#takeOperator('(') === null) throw this.#unexpected('a value')
        this.#enter()
        const inner = this.#or()
        this.#leave()
        this.#need(')')
        return inner
      }
      case 'end':
        throw this.#unexpected('a value')
    }
  }

  #literal(value: Primitive): Expression {
    this.#lexer.advance()
    return this.#node({ kind: 'literal', depth: 1, value })
  }

  #identifier(name: string, offset: number): Expression {
    this.#lexer.advance()
    if (this.#lexer.kind === 'string' && /^(XPATH|XQUERY)$/i.test(name)) {
      throw invalid(offset, `${name.toUpperCase()} is not supported: message bodies are not looked into`)
    }
    if (this.#takeOperator('(') !== null) return this.#function(name, offset)
    return this.#node<Identifier>({ kind: 'identifier', depth: 1, name })
  }

  /** Behind the opening parenthesis. */
  #function(name: string, offset: number): Expression {
    if (REGULAR_EXPRESSIONS.has(name)) {
      throw invalid(offset, `${name} is not supported: regular expressions from clients can stop the broker; use LIKE`)
    }
    if (name !== 'INLIST' && name !== 'MAKELIST') throw invalid(offset, `there is no function ${name.slice(0, 40)}`)
    const operands: Expression[] = []
    this.#enter()
    do operands.push(this.#or())
    while (this.#takeOperator(',') !== null)
    this.#leave()
    this.#need(')')
    const depth = 1 + depthOf(operands)
    if (name === 'MAKELIST') return this.#node({ kind: 'makeList', depth, elements: operands })
    const [list, value] = operands
    if (list === undefined || value === undefined || operands.length !== 2) {
      throw invalid(offset, `INLIST takes a list and a value, not ${operands.length} operands`)
    }
    const type = typeOf(list)
    if (type !== 'list' && type !== 'any') throw invalid(offset, `INLIST looks into a list, this is a ${type}`)
    return this.#node({ kind: 'inList', depth, list, value })
  }

  #condition(parse: () => Expression): Expression {
    const offset = this.#lexer.offset
    const expression = parse()
    this.#mustBeCondition(expression, offset)
    return expression
  }

  #mustBeCondition(expression: Expression, offset: number): void {
    if (expression.kind === 'identifier' || typeOf(expression) === 'boolean') return
    throw invalid(offset, `a condition is expected, this is a ${nameOf(typeOf(expression))}`)
  }

  #number(parse: () => Expression, what: string): Expression {
    const offset = this.#lexer.offset
    const expression = parse()
    this.#mustBeNumber(expression, offset, what)
    return expression
  }

  #mustBeNumber(expression: Expression, offset: number, what: string): void {
    const type = typeOf(expression)
    if (type !== 'number' && type !== 'any') throw invalid(offset, `${what} numbers, this is a ${type}`)
  }

  /** Numbers with numbers; a string on the left with anything that has a text. */
  #mustBeAddable(left: Expression, leftOffset: number, right: Expression, rightOffset: number): void {
    const type = typeOf(left)
    if (type !== 'string') this.#mustBeNumber(left, leftOffset, '«+» adds')
    if (type === 'number') this.#mustBeNumber(right, rightOffset, '«+» adds')
    else if (typeOf(right) === 'list') throw invalid(rightOffset, '«+» adds numbers and strings, this is a list')
  }

  #string(what: string): string {
    if (this.#lexer.kind !== 'string') throw this.#unexpected(what)
    const text = this.#lexer.text
    this.#lexer.advance()
    return text
  }

  #isKeyword(keyword: string): boolean {
    return this.#lexer.kind === 'keyword' && this.#lexer.text === keyword
  }

  #takeKeyword(keyword: string): boolean {
    if (!this.#isKeyword(keyword)) return false
    this.#lexer.advance()
    return true
  }

  #takeOperator<T extends string>(...operators: T[]): T | null {
    if (this.#lexer.kind !== 'operator') return null
    const operator = operators.find((candidate) => candidate === this.#lexer.text)
    if (operator === undefined) return null
    this.#lexer.advance()
    return operator
  }

  #need(operator: string): void {
    if (this.#takeOperator(operator) === null) throw this.#unexpected(`«${operator}»`)
  }

  #unexpected(expected: string): Error {
    return invalid(this.#lexer.offset, `${expected} is expected, found ${this.#lexer.found}`)
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) throw this.#tooDeep()
  }

  #leave(): void {
    this.#depth--
  }

  #node<T extends Expression>(node: T): T {
    if (++this.#nodes > NODES_MAX) throw invalid(this.#lexer.offset, `more than ${NODES_MAX} operands and operators`)
    if (node.depth > DEPTH_MAX) throw this.#tooDeep()
    return node
  }

  #tooDeep(): Error {
    return invalid(this.#lexer.offset, `nested more than ${DEPTH_MAX} deep`)
  }
}

const REGULAR_EXPRESSIONS: ReadonlySet<string> = new Set(['REGEX', 'REPLACE', 'SPLIT'])

function depthOf(expressions: readonly Expression[]): number {
  return expressions.reduce((depth, expression) => Math.max(depth, expression.depth), 0)
}

function typeOf(expression: Expression): StaticType {
  switch (expression.kind) {
    case 'literal':
      return typeOfLiteral(expression.value.tag)
    case 'identifier':
      return 'any'
    case 'arithmetic': {
      if (expression.operator !== '+') return 'number'
      return typeOf(expression.left)
    }
    case 'negate':
      return 'number'
    case 'makeList':
      return 'list'
    default:
      return 'boolean'
  }
}

function typeOfLiteral(tag: PrimitiveTag): StaticType {
  if (tag === PrimitiveTag.Boolean) return 'boolean'
  return tag === PrimitiveTag.String ? 'string' : 'number'
}

function nameOf(type: StaticType): string {
  return type === 'any' ? 'number or a string' : type
}

function negative({ tag, value }: Primitive): Primitive {
  if (tag === PrimitiveTag.Int) return { tag, value: 0 - (value as number) }
  return { tag, value: typeof value === 'bigint' ? -value : -(value as number) }
}

function pattern(text: string, escape: string | null, offset: number): LikePattern {
  try {
    return new LikePattern(text, escape)
  } catch (error) {
    if (error instanceof RangeError) throw invalid(offset, error.message)
    throw error
  }
}
