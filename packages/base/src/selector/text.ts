import { invalid } from './invalid.ts'
import { parseExpression } from './parser.ts'

// The text of a selector before and while it is parsed; nothing here evaluates, so that who only checks one does not carry
// the rest.

/** UTF-16 units. */
export const SELECTOR_LENGTH_MAX = 65_536

/**
 * Whether there is anything to select by: false for an empty or blank text. Throws MillraceError SELECTOR_INVALID, as
 * `parseSelector` does.
 */
export function checkSelector(text: string): boolean {
  requireLength(text)
  if (isBlank(text)) return false
  const { start, hyphens } = prefixesOf(text)
  parseExpression(text, start, hyphens)
  return true
}

export function requireLength(text: string): void {
  if (text.length > SELECTOR_LENGTH_MAX) {
    throw invalid(SELECTOR_LENGTH_MAX, `${text.length} characters; ${SELECTOR_LENGTH_MAX} at most`)
  }
}

export function isBlank(text: string): boolean {
  return /^[ \t\n\r\f]*$/.test(text)
}

export function prefixesOf(text: string): { start: number; convert: boolean; hyphens: boolean } {
  let start = 0
  let convert = false
  let hyphens = false
  for (;;) {
    const prefix = PREFIXES.find((candidate) => text.startsWith(candidate, start))
    if (prefix === undefined) return { start, convert, hyphens }
    if (prefix.endsWith(CONVERT)) convert = prefix === CONVERT
    else hyphens = prefix === HYPHENS
    start += prefix.length
  }
}

const CONVERT = 'convert_string_expressions:'
const HYPHENS = 'hyphenated_props:'
const PREFIXES: readonly string[] = [CONVERT, HYPHENS, `no_${CONVERT}`, `no_${HYPHENS}`]
