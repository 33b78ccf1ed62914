import { MillraceError, type Selector } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { MessageSubject } from '../message/selector-subject.ts'

/** More alternatives than this are not worth a place for each. */
const ALTERNATIVES_MAX = 64

const NOBODY: readonly never[] = []

/**
 * Who listens to a topic, by what their selectors demand: a message meets those that demand nothing of it by name, and
 * of the others only those that demand what it has. Who is met still has to look at the message.
 */
export class SelectorTable<T extends { readonly selector: Selector | null }> {
  /** They demand nothing that a table can know. */
  readonly plain: Set<T> = new Set()
  /** By the name of a header or property, then by its text. */
  readonly #demanding = new Map<string, Map<string, Set<T>>>()

  /** Somebody demands something. */
  get demands(): boolean {
    return this.#demanding.size > 0
  }

  add(member: T): void {
    const demand = demandOf(member.selector)
    if (demand === null) {
      this.plain.add(member)
      return
    }
    let byText = this.#demanding.get(demand.name)
    if (byText === undefined) {
      byText = new Map()
      this.#demanding.set(demand.name, byText)
    }
    for (const text of demand.texts) {
      const members = byText.get(text)
      if (members === undefined) byText.set(text, new Set([member]))
      else members.add(member)
    }
  }

  delete(member: T): void {
    if (this.plain.delete(member)) return
    const demand = demandOf(member.selector)
    const byText = demand === null ? undefined : this.#demanding.get(demand.name)
    if (demand === null || byText === undefined) return
    for (const text of demand.texts) {
      const members = byText.get(text)
      members?.delete(member)
      if (members?.size === 0) byText.delete(text)
    }
    if (byText.size === 0) this.#demanding.delete(demand.name)
  }

  clear(): void {
    this.plain.clear()
    this.#demanding.clear()
  }

  /** Those that demand something which the message has. */
  demanding(message: Message, subject: MessageSubject): Iterable<T> {
    const found: T[] = []
    for (const [name, byText] of this.#demanding) {
      const value = textOf(message, name, subject)
      if (value !== null) found.push(...(byText.get(value) ?? NOBODY))
    }
    return found
  }
}

/** The demand with the fewest alternatives. */
function demandOf(selector: Selector | null): { name: string; texts: ReadonlySet<string> } | null {
  let best: { name: string; texts: ReadonlySet<string> } | null = null
  for (const [name, texts] of selector?.demands ?? NOBODY) {
    if (texts.size <= ALTERNATIVES_MAX && (best === null || texts.size < best.texts.size)) best = { name, texts }
  }
  return best
}

/** Properties that cannot be decoded match nothing, as in a selector. */
function textOf(message: Message, name: string, subject: MessageSubject): string | null {
  try {
    const value = subject.of(message, 0).property(name)?.value
    return typeof value === 'string' ? value : null
  } catch (error) {
    if (error instanceof MillraceError) return null
    throw error
  }
}
