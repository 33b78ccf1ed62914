import { MillraceError } from '../errors.ts'
import { type Primitive, PrimitiveTag } from '../primitive-map.ts'
import { Evaluation, type SelectorSubject } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { parseExpression } from './parser.ts'
import { isBlank, prefixesOf, requireLength } from './text.ts'

/** Which messages a consumer wants, by their headers and properties. Never changes, so that consumers can share one. */
export interface Selector {
  /** As it was given, with its prefixes. */
  readonly text: string
  /**
   * Terms `name = literal` that all must hold for a match, for an index to use. Numbers are compared by value, whatever
   * their types. Of two terms with one name, the first.
   */
  readonly equalities: ReadonlyMap<string, Primitive>
  /**
   * By name, the texts of which a header or property must be one for a match: from `=`, IN, and OR of these. Nothing
   * where the text itself has to be compared with a number.
   */
  readonly demands: ReadonlyMap<string, ReadonlySet<string>>
  /** Only TRUE matches; false and unknown do not. Does not throw for anything that a message may contain. */
  matches(subject: SelectorSubject): boolean
}

/**
 * The language of the JMS specification, and what ActiveMQ Classic added to it as far as it does no harm: comments, `+`
 * on strings, division that keeps the fraction, `%`, hexadecimal and octal numbers, INLIST and MAKELIST, and prefixes:
 *
 *   convert_string_expressions:   a string beside a number or boolean is read as one before they are compared
 *   hyphenated_props:             identifiers may contain `-`; minus then needs blanks
 *   no_...                        the opposite of either, which is also the rule without
 *
 * An empty or blank text wants everything: null. Throws MillraceError SELECTOR_INVALID, which says where and why.
 */
export function parseSelector(text: string): Selector | null {
  requireLength(text)
  const cached = cache.get(text)
  if (cached !== undefined) {
    // A Map keeps the order of insertion, so the one used longest ago comes first.
    cache.delete(text)
    cache.set(text, cached)
    return cached
  }
  if (isBlank(text)) return null
  const selector = new ParsedSelector(text)
  cache.set(text, selector)
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_MAX) break
    cache.delete(oldest)
  }
  return selector
}

/** By the whole text: with another prefix it is another selector. */
const cache = new Map<string, ParsedSelector>()
const CACHE_MAX = 100

class ParsedSelector implements Selector {
  readonly text: string
  readonly equalities: ReadonlyMap<string, Primitive>
  readonly demands: ReadonlyMap<string, ReadonlySet<string>>
  readonly #expression: Expression
  readonly #convert: boolean

  constructor(text: string) {
    const { start, convert, hyphens } = prefixesOf(text)
    this.text = text
    this.#expression = parseExpression(text, start, hyphens)
    this.#convert = convert
    // With conversion the string '5' equals the number 5, which no index would find.
    this.equalities = convert ? new Map() : equalitiesOf(this.#expression)
    this.demands = convert ? NO_DEMANDS : demandsOf(this.#expression)
  }

  matches(subject: SelectorSubject): boolean {
    try {
      return new Evaluation(subject, this.#convert).truth(this.#expression) === true
    } catch (error) {
      // Properties that cannot be decoded match nothing. A broken invariant is not the message's fault and flies on.
      if (error instanceof MillraceError) return false
      throw error
    }
  }
}

type Demands = Map<string, ReadonlySet<string>>

const NO_DEMANDS: Demands = new Map()

/** What holds for every message that matches. */
function demandsOf(expression: Expression): Demands {
  switch (expression.kind) {
    case 'and': {
      const demands: Demands = new Map()
      for (const term of expression.terms) {
        // Of several demands on one name the first will do.
        for (const [name, texts] of demandsOf(term)) if (!demands.has(name)) demands.set(name, texts)
      }
      return demands
    }
    case 'or':
      return eitherOf(expression.terms.map(demandsOf))
    case 'comparison': {
      if (expression.operator !== '=') return NO_DEMANDS
      const { left, right } = expression
      if (left.kind === 'identifier' && right.kind === 'literal') return demandOf(left.name, right.value)
      if (left.kind === 'literal' && right.kind === 'identifier') return demandOf(right.name, left.value)
      return NO_DEMANDS
    }
    case 'in':
      return expression.negated ? NO_DEMANDS : new Map([[expression.value.name, expression.strings]])
    default:
      return NO_DEMANDS
  }
}

function demandOf(name: string, { tag, value }: Primitive): Demands {
  return tag === PrimitiveTag.String ? new Map([[name, new Set([value as string])]]) : NO_DEMANDS
}

/** A name that every alternative has a demand on. */
function eitherOf(alternatives: readonly Demands[]): Demands {
  const demands: Demands = new Map()
  for (const name of alternatives[0]?.keys() ?? []) {
    if (!alternatives.every((alternative) => alternative.has(name))) continue
    demands.set(name, new Set(alternatives.flatMap((alternative) => [...(alternative.get(name) ?? [])])))
  }
  return demands
}

function equalitiesOf(expression: Expression): Map<string, Primitive> {
  const equalities = new Map<string, Primitive>()
  const add = (term: Expression): void => {
    if (term.kind === 'and') term.terms.forEach(add)
    if (term.kind !== 'comparison' || term.operator !== '=') return
    const { left, right } = term
    if (left.kind === 'identifier' && right.kind === 'literal') put(left.name, right.value)
    if (left.kind === 'literal' && right.kind === 'identifier') put(right.name, left.value)
  }
  const put = (name: string, value: Primitive): void => {
    if (!equalities.has(name)) equalities.set(name, value)
  }
  add(expression)
  return equalities
}
