import { checkSelector as check, parseSelector } from '@millrace/base'
import { InvalidSelectorError, localError } from './errors.ts'
import type { Message } from './messages/message.ts'

/** The name of a property or header in a `selector` template. Made by `property`. */
export class SelectorProperty {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** What can be put into a `selector` template. */
export type SelectorValue = string | number | bigint | boolean | readonly string[] | SelectorProperty

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}_$]*$/u
/** JMS 3.1 §3.8.1.1. */
const WORDS = new Set(['NULL', 'TRUE', 'FALSE', 'NOT', 'AND', 'OR', 'BETWEEN', 'LIKE', 'IN', 'IS', 'ESCAPE'])

/**
 * A selector with values in it, which can only be values: texts are quoted, whatever is in them.
 *
 *     selector`region = ${region} AND price > ${limit} AND state IN ${['new', 'open']}`
 *
 * A list is for IN. Throws InvalidSelectorError for what is no value of the language, and when the whole does not parse.
 */
export function selector(strings: TemplateStringsArray, ...values: readonly SelectorValue[]): string {
  let text = strings[0] ?? ''
  for (const [i, value] of values.entries()) text += literal(value) + (strings[i + 1] ?? '')
  return checked(text)
}

/** A name that is only known at run time. Throws InvalidSelectorError when it is none that a selector can use. */
export function property(name: string): SelectorProperty {
  if (IDENTIFIER.test(name) && !WORDS.has(name.toUpperCase())) return new SelectorProperty(name)
  throw new InvalidSelectorError(`"${name}" cannot be a name in a selector`)
}

/** What a text begins with, ends with or contains; `%` and `_` in it mean themselves. */
export interface LikeParts {
  startsWith?: string
  contains?: string
  endsWith?: string
}

/** A LIKE condition with its wildcards escaped. */
export function like(name: string, parts: LikeParts): string {
  const { startsWith = '', contains, endsWith = '' } = parts
  const middle = contains === undefined ? '%' : `%${escaped(contains)}%`
  const pattern = `${escaped(startsWith)}${middle}${escaped(endsWith)}`
  return selector`${property(name)} LIKE ${pattern} ESCAPE ${'\\'}`
}

/** Each of them holds. Without any: everything matches. */
export function and(...selectors: readonly string[]): string {
  return joined(selectors, ' AND ')
}

/** One of them holds. Throws InvalidSelectorError without any. */
export function or(...selectors: readonly string[]): string {
  if (selectors.length === 0) throw new InvalidSelectorError('or() needs a selector')
  return joined(selectors, ' OR ')
}

/** The opposite of a term of a selector; unknown stays unknown. */
export function not(text: string): string {
  return checked(`NOT (${checked(text)})`)
}

/**
 * Throws InvalidSelectorError when a text is none that the broker would take; it says where. As an option of a factory,
 * `new ConnectionFactory(url, { checkSelector })`, it spares consumers with such a selector the way to the broker.
 */
export function checkSelector(text: string): void {
  local(() => check(text))
}

/**
 * Whether a message matches, by the same engine that the broker uses. Throws InvalidSelectorError. Headers that `send`
 * sets, such as JMSPriority, are those of the message now.
 */
export function matchesSelector(text: string, message: Message): boolean {
  const parsed = local(() => parseSelector(text))
  return parsed === null || parsed.matches({ property: (name) => message.primitive(name) })
}

function local<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw localError(error)
  }
}

function checked(text: string): string {
  checkSelector(text)
  return text
}

function joined(selectors: readonly string[], operator: string): string {
  // Each must be whole by itself: `a = 1) OR (b = 2` is not.
  return checked(selectors.map((one) => `(${checked(one)})`).join(operator))
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, (found) => `\\${found}`)
}

function literal(value: SelectorValue): string {
  switch (typeof value) {
    case 'string':
      return `'${value.replaceAll("'", "''")}'`
    case 'boolean':
      return value ? 'TRUE' : 'FALSE'
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new InvalidSelectorError(`${value} does not fit in 64 bits`)
      return numberText(String(value))
    case 'number':
      if (!Number.isFinite(value)) throw new InvalidSelectorError(`${value} cannot stand in a selector`)
      return numberText(String(value).replace('e+', 'E').replace('e', 'E'))
    case 'object':
      if (value instanceof SelectorProperty) return value.name
      if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) {
        return `(${value.map(literal).join(', ')})`
      }
      break
    default:
      break
  }
  throw new InvalidSelectorError(`${JSON.stringify(value) ?? String(value)} is no value of a selector`)
}

/** A blank before a minus: two of them would begin a comment. */
function numberText(text: string): string {
  return text.startsWith('-') ? ` ${text}` : text
}
