import assert from 'node:assert/strict'
import type { Primitive } from '../../src/primitive-map.ts'
import { parseSelector } from '../../src/selector/selector.ts'

export type TruthLetter = 'T' | 'F' | 'U'

/** A selector tells only whether it is true; its negation tells false from unknown. */
export function truthOf(selector: string, message: ReadonlyMap<string, Primitive>): TruthLetter {
  const prefixes = /^([a-z_]+:)*/.exec(selector)?.[0] ?? ''
  const subject = { property: (name: string): Primitive | null => message.get(name) ?? null }
  const matches = (text: string): boolean => parseSelector(text)?.matches(subject) ?? false
  // The line break ends a comment.
  const negation = `${prefixes}NOT (${selector.slice(prefixes.length)}\n)`
  const plain = matches(selector)
  const negated = matches(negation)
  assert.ok(!(plain && negated), `${selector} is both true and false`)
  if (plain) return 'T'
  return negated ? 'F' : 'U'
}
