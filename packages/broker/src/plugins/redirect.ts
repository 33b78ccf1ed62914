import { MillraceError } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import type { Plugin } from './plugin.ts'
import { readOptions } from './options.ts'

export interface RedirectRule {
  /** `queue://OLD`, or a pattern: `queue://OLD.>`. */
  readonly from: string
  /** `queue://NEW`; with `>` at both ends what `>` stood for is kept: `OLD.A` becomes `NEW.A`. */
  readonly to: string
}

export interface RedirectOptions {
  /** The first that covers a destination counts. */
  readonly rules?: readonly RedirectRule[]
}

/** Names remembered; beyond it they are looked up each time. */
const REMEMBERED_MAX = 10_000

/** Other destinations than clients name, for what they send and for what they consume: moving without touching them. */
export function redirect(given: RedirectOptions = {}): Plugin {
  const { rules } = readOptions('redirect', given, { rules: [] as readonly RedirectRule[] })
  if (!Array.isArray(rules) || rules.length === 0) throw invalid('expected rules: [{ from, to }]')
  const compiled = rules.map(compile)
  const known = new Map<string, Destination>()
  const renameWhole = (destination: Destination): Destination => {
    if (!destination.composite) return renamed(destination, compiled)
    const parts = destination.parts().map((part) => renamed(part, compiled).text)
    return new Destination(destination.kind, parts.join(','))
  }
  return {
    name: 'redirect',
    renaming: (destination) => {
      if (destination.temporary) return destination
      const found = known.get(destination.text)
      if (found !== undefined) return found
      const result = renameWhole(destination)
      if (known.size < REMEMBERED_MAX) known.set(destination.text, result)
      return result
    },
  }
}

interface Compiled {
  readonly from: Destination
  readonly to: Destination
  /** What is cut off and put before instead; null: the whole name is another. */
  readonly prefixes: { readonly from: string; readonly to: string } | null
}

function compile(rule: RedirectRule): Compiled {
  if (typeof rule?.from !== 'string' || typeof rule.to !== 'string') throw invalid(`${JSON.stringify(rule)} is no rule`)
  const from = Destination.parse(rule.from)
  const to = Destination.parse(rule.to)
  if (from.composite || to.composite || to.temporary) throw invalid(`${from.text} to ${to.text}: one to one`)
  if (!to.pattern) return { from, to, prefixes: null }
  if (!/^[^*>]*>$/.test(from.name) || !/^[^*>]*>$/.test(to.name)) {
    throw invalid(`${to.text}: a target may only end in ">", and only if its source does`)
  }
  return { from, to, prefixes: { from: from.name.slice(0, -1), to: to.name.slice(0, -1) } }
}

function renamed(destination: Destination, rules: readonly Compiled[]): Destination {
  for (const { from, to, prefixes } of rules) {
    if (!from.matches(destination)) continue
    if (prefixes === null) return to
    // `A.>` covers `A` too, which has nothing to keep.
    const rest = destination.name.startsWith(prefixes.from) ? destination.name.slice(prefixes.from.length) : ''
    return new Destination(to.kind, rest === '' ? prefixes.to.replace(/\.$/, '') : prefixes.to + rest)
  }
  return destination
}

function invalid(why: string): MillraceError {
  return new MillraceError('CONFIGURATION_INVALID', `plugin redirect: ${why}`)
}
