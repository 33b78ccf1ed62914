import type { Primitive } from '../primitive-map.ts'
import type { LikePattern } from './like.ts'

/**
 * What a parsed selector is made of. Every node says how many levels it has, itself included, so that no tree can be
 * built that is too deep to be walked. AND and OR have any number of terms and one level: long chains stay flat.
 */
export type Expression =
  | Literal
  | Identifier
  | { readonly kind: 'and' | 'or'; readonly depth: number; readonly terms: readonly Expression[] }
  | { readonly kind: 'not' | 'negate'; readonly depth: number; readonly operand: Expression }
  | Comparison
  | Arithmetic
  | Between
  | Like
  | In
  | IsNull
  | { readonly kind: 'inList'; readonly depth: number; readonly list: Expression; readonly value: Expression }
  | { readonly kind: 'makeList'; readonly depth: number; readonly elements: readonly Expression[] }

export interface Literal {
  readonly kind: 'literal'
  readonly depth: number
  readonly value: Primitive
}

export interface Identifier {
  readonly kind: 'identifier'
  readonly depth: number
  readonly name: string
}

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='

export interface Comparison {
  readonly kind: 'comparison'
  readonly depth: number
  readonly operator: ComparisonOperator
  readonly left: Expression
  readonly right: Expression
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

export interface Arithmetic {
  readonly kind: 'arithmetic'
  readonly depth: number
  readonly operator: ArithmeticOperator
  readonly left: Expression
  readonly right: Expression
}

export interface Between {
  readonly kind: 'between'
  readonly depth: number
  readonly negated: boolean
  readonly value: Expression
  readonly low: Expression
  readonly high: Expression
}

export interface Like {
  readonly kind: 'like'
  readonly depth: number
  readonly negated: boolean
  readonly value: Expression
  readonly pattern: LikePattern
}

export interface In {
  readonly kind: 'in'
  readonly depth: number
  readonly negated: boolean
  readonly value: Identifier
  readonly strings: ReadonlySet<string>
}

export interface IsNull {
  readonly kind: 'isNull'
  readonly depth: number
  readonly negated: boolean
  readonly value: Expression
}

/** What an expression gives, as far as its text tells. `any` depends on the message. */
export type StaticType = 'boolean' | 'number' | 'string' | 'list' | 'any'
