import { MillraceError } from '../errors.ts'

/** `offset` counts UTF-16 units from the beginning of the whole text, a prefix included. */
export function invalid(offset: number, problem: string): MillraceError {
  return new MillraceError('SELECTOR_INVALID', `selector, at offset ${offset}: ${problem}`)
}
