import { javaDoubleText, javaFloatText } from '../java-number.ts'
import { FALSE_PRIMITIVE, NULL_PRIMITIVE, type Primitive, PrimitiveTag, TRUE_PRIMITIVE } from '../primitive-map.ts'
import type { ArithmeticOperator, Between, ComparisonOperator, Expression, In, Like } from './expression.ts'

/** One message as a selector sees it. */
export interface SelectorSubject {
  /** Headers by their JMS names, and properties. Null: the message has no such thing. */
  property(name: string): Primitive | null
}

/** True, false, or null for unknown. */
export type Truth = boolean | null

/** Longer texts than this are not made by `+`; the result is unknown. */
export const CONCATENATION_MAX = 1_048_576

/**
 * Walks the tree for one message. Nothing in here throws: what makes no sense for the values found is false or unknown.
 * `convert`: a string beside a number or boolean is read as one before the two are compared.
 */
export class Evaluation {
  readonly #subject: SelectorSubject
  readonly #convert: boolean

  constructor(subject: SelectorSubject, convert: boolean) {
    this.#subject = subject
    this.#convert = convert
  }

  truth(expression: Expression): Truth {
    switch (expression.kind) {
      case 'and':
        return this.#and(expression.terms)
      case 'or':
        return this.#or(expression.terms)
      case 'not':
        return not(this.truth(expression.operand))
      case 'comparison': {
        const left = this.#value(expression.left)
        if (left === null) return null
        const right = this.#value(expression.right)
        return right === null ? null : this.#compare(expression.operator, left, right)
      }
      case 'between':
        return this.#between(expression)
      case 'like':
        return this.#like(expression)
      case 'in':
        return this.#in(expression)
      case 'isNull':
        return (this.#value(expression.value) === null) !== expression.negated
      case 'inList':
        return this.#inList(this.#value(expression.list), this.#value(expression.value))
      default: {
        const value = this.#value(expression)
        return value === null ? null : value.value === true
      }
    }
  }

  /** Null is unknown, never a value. */
  #value(expression: Expression): Primitive | null {
    switch (expression.kind) {
      case 'literal':
        return expression.value
      case 'identifier': {
        const value = this.#subject.property(expression.name)
        return value === null || value.tag === PrimitiveTag.Null ? null : value
      }
      case 'arithmetic': {
        const left = this.#value(expression.left)
        if (left === null) return null
        const right = this.#value(expression.right)
        return right === null ? null : calculate(expression.operator, left, right)
      }
      case 'negate': {
        const operand = this.#value(expression.operand)
        return operand === null ? null : negate(operand)
      }
      case 'makeList': {
        const value = expression.elements.map((element) => this.#value(element) ?? NULL_PRIMITIVE)
        return { tag: PrimitiveTag.List, value }
      }
      default: {
        const truth = this.truth(expression)
        return truth === null ? null : truth ? TRUE_PRIMITIVE : FALSE_PRIMITIVE
      }
    }
  }

  /** False wins over unknown, and unknown over true. */
  #and(terms: readonly Expression[]): Truth {
    let result: Truth = true
    for (const term of terms) {
      const truth = this.truth(term)
      if (truth === false) return false
      if (truth === null) result = null
    }
    return result
  }

  /** True wins over unknown, and unknown over false. */
  #or(terms: readonly Expression[]): Truth {
    let result: Truth = false
    for (const term of terms) {
      const truth = this.truth(term)
      if (truth === true) return true
      if (truth === null) result = null
    }
    return result
  }

  /** `x BETWEEN a AND b` is `x >= a AND x <= b`; negated it is `x < a OR x > b`, which differs for a string in x. */
  #between(between: Between): Truth {
    const value = this.#value(between.value)
    if (value === null) return null
    const low = this.#value(between.low)
    const high = this.#value(between.high)
    if (between.negated) {
      return or(
        low === null ? null : this.#compare('<', value, low),
        high === null ? null : this.#compare('>', value, high),
      )
    }
    return and(
      low === null ? null : this.#compare('>=', value, low),
      high === null ? null : this.#compare('<=', value, high),
    )
  }

  #like(like: Like): Truth {
    const value = this.#value(like.value)
    if (value === null) return null
    return (isString(value) && like.pattern.matches(value.value as string)) !== like.negated
  }

  #in(list: In): Truth {
    const value = this.#value(list.value)
    if (value === null || !isString(value)) return null
    return list.strings.has(value.value as string) !== list.negated
  }

  #inList(list: Primitive | null, value: Primitive | null): Truth {
    if (list === null || value === null || list.tag !== PrimitiveTag.List) return null
    let result: Truth = false
    for (const element of list.value as readonly Primitive[]) {
      if (element.tag === PrimitiveTag.Null) result = null
      else if (this.#compare('=', element, value)) return true
    }
    return result
  }

  /** Values of different kinds are neither equal nor unequal nor ordered: false. */
  #compare(operator: ComparisonOperator, left: Primitive, right: Primitive): boolean {
    if (isNumber(left) && isNumber(right)) return compareNumbers(operator, left, right)
    if ((isString(left) && isString(right)) || (isBoolean(left) && isBoolean(right))) {
      if (operator === '=') return left.value === right.value
      // Only numbers have an order.
      return operator === '<>' && left.value !== right.value
    }
    if (!this.#convert || isString(left) === isString(right)) return false
    const convertedLeft = isString(left) ? converted(left.value as string, right) : left
    const convertedRight = isString(right) ? converted(right.value as string, left) : right
    if (convertedLeft === null || convertedRight === null) return false
    return this.#compare(operator, convertedLeft, convertedRight)
  }
}

function not(truth: Truth): Truth {
  return truth === null ? null : !truth
}

function and(left: Truth, right: Truth): Truth {
  if (left === false || right === false) return false
  return left === null || right === null ? null : true
}

function or(left: Truth, right: Truth): Truth {
  if (left === true || right === true) return true
  return left === null || right === null ? null : false
}

function isString(value: Primitive): boolean {
  return value.tag === PrimitiveTag.String || value.tag === PrimitiveTag.BigString
}

function isBoolean(value: Primitive): boolean {
  return value.tag === PrimitiveTag.Boolean
}

/** All tags from Byte to Float but Char, which Java does not count among the numbers. */
function isNumber(value: Primitive): boolean {
  const tag = value.tag
  return tag >= PrimitiveTag.Byte && tag <= PrimitiveTag.Float && tag !== PrimitiveTag.Char
}

function compareNumbers(operator: ComparisonOperator, left: Primitive, right: Primitive): boolean {
  let a = left.value as number | bigint
  let b = right.value as number | bigint
  const type = promoted(left.tag, right.tag)
  // Between whole numbers JavaScript compares exactly, a number and a bigint as well.
  if (type === PrimitiveTag.Double || type === PrimitiveTag.Float) {
    a = toFloating(a, type)
    b = toFloating(b, type)
  }
  switch (operator) {
    case '=':
      return a === b || (typeof a !== typeof b && !(a < b) && !(a > b))
    case '<>':
      return !compareNumbers('=', left, right)
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

type NumericType =
  | typeof PrimitiveTag.Int
  | typeof PrimitiveTag.Long
  | typeof PrimitiveTag.Float
  | typeof PrimitiveTag.Double

/** Java's binary numeric promotion. */
function promoted(left: PrimitiveTag, right: PrimitiveTag): NumericType {
  if (left === PrimitiveTag.Double || right === PrimitiveTag.Double) return PrimitiveTag.Double
  if (left === PrimitiveTag.Float || right === PrimitiveTag.Float) return PrimitiveTag.Float
  if (left === PrimitiveTag.Long || right === PrimitiveTag.Long) return PrimitiveTag.Long
  return PrimitiveTag.Int
}

function toFloating(value: number | bigint, type: NumericType): number {
  return type === PrimitiveTag.Float ? Math.fround(Number(value)) : Number(value)
}

function calculate(operator: ArithmeticOperator, left: Primitive, right: Primitive): Primitive | null {
  if (operator === '+' && isString(left)) return concatenate(left.value as string, right)
  if (!isNumber(left) || !isNumber(right)) return null
  const a = left.value as number | bigint
  const b = right.value as number | bigint
  // As in ActiveMQ Classic: 5 / 2 is 2.5.
  if (operator === '/') return { tag: PrimitiveTag.Double, value: Number(a) / Number(b) }
  if (operator === '%') return { tag: PrimitiveTag.Double, value: Number(a) % Number(b) }
  const tag = promoted(left.tag, right.tag)
  switch (tag) {
    case PrimitiveTag.Int:
      return { tag, value: calculateInt(operator, a as number, b as number) }
    case PrimitiveTag.Long:
      return { tag, value: BigInt.asIntN(64, calculateLong(operator, BigInt(a), BigInt(b))) }
    case PrimitiveTag.Float:
      return { tag, value: Math.fround(calculateDouble(operator, toFloating(a, tag), toFloating(b, tag))) }
    case PrimitiveTag.Double:
      return { tag, value: calculateDouble(operator, Number(a), Number(b)) }
  }
}

function calculateInt(operator: '+' | '-' | '*', a: number, b: number): number {
  if (operator === '*') return Math.imul(a, b)
  return operator === '+' ? (a + b) | 0 : (a - b) | 0
}

function calculateLong(operator: '+' | '-' | '*', a: bigint, b: bigint): bigint {
  if (operator === '*') return a * b
  return operator === '+' ? a + b : a - b
}

function calculateDouble(operator: '+' | '-' | '*', a: number, b: number): number {
  if (operator === '*') return a * b
  return operator === '+' ? a + b : a - b
}

function negate(operand: Primitive): Primitive | null {
  const { tag, value } = operand
  if (!isNumber(operand)) return null
  if (typeof value === 'bigint') return { tag, value: BigInt.asIntN(64, -value) }
  if (tag === PrimitiveTag.Double || tag === PrimitiveTag.Float) return { tag, value: -(value as number) }
  return { tag: PrimitiveTag.Int, value: (0 - (value as number)) | 0 }
}

function concatenate(left: string, right: Primitive): Primitive | null {
  const text = textOf(right)
  if (text === null || left.length + text.length > CONCATENATION_MAX) return null
  return { tag: PrimitiveTag.String, value: left + text }
}

/** As Java writes it. */
function textOf({ tag, value }: Primitive): string | null {
  if (tag === PrimitiveTag.Double) return javaDoubleText(value as number)
  if (tag === PrimitiveTag.Float) return javaFloatText(value as number)
  return typeof value === 'object' ? null : String(value)
}

/** The text read as what `beside` is; null when it is nothing of that kind. */
function converted(text: string, beside: Primitive): Primitive | null {
  if (text.length > CONVERTED_LENGTH_MAX) return null
  if (isBoolean(beside)) {
    const lower = text.toLowerCase()
    if (lower === 'true') return TRUE_PRIMITIVE
    return lower === 'false' ? FALSE_PRIMITIVE : null
  }
  if (!isNumber(beside)) return null
  if (/^[+-]?[0-9]+$/.test(text)) {
    const value = BigInt(text.replace('+', ''))
    return BigInt.asIntN(64, value) === value ? { tag: PrimitiveTag.Long, value } : null
  }
  if (!/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return null
  return { tag: PrimitiveTag.Double, value: Number(text) }
}

/** No number that anyone writes is longer. */
const CONVERTED_LENGTH_MAX = 100
