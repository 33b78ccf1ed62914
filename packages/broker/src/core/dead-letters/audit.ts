import type { Message } from '../../message/message.ts'
import type { LetterRules } from './strategy.ts'

const DEPTH = 2048
const PRODUCERS = 64

/** Dead letter queues whose letters are remembered, those used last. */
const DESTINATIONS_MAX = 10_000

/**
 * Which messages have become letters already, per dead letter queue and producer. Bounded in every direction: what is
 * forgotten may become a letter twice, which is better than once too few.
 */
export class LetterAudit {
  readonly #destinations = new Map<string, Map<string, Set<number | string>>>()

  /** True the first time. */
  admits(to: string, message: Message, rules: LetterRules): boolean {
    const { maxAuditDepth = DEPTH, maxProducersToAudit = PRODUCERS } = rules
    const producers = youngest(this.#destinations, to, DESTINATIONS_MAX, () => new Map<string, Set<number | string>>())
    const seen = youngest(producers, message.producerId, maxProducersToAudit, () => new Set())
    const id = idOf(message)
    if (seen.has(id)) return false
    seen.add(id)
    if (seen.size > maxAuditDepth) drop(seen.keys(), seen)
    return true
  }

  /** It is no letter any more, or did not become one: it may again. */
  forget(to: string, message: Message): void {
    this.#destinations.get(to)?.get(message.producerId)?.delete(idOf(message))
  }
}

function idOf(message: Message): number | string {
  return message.textId ?? message.producerSequence
}

/** Gets or makes, and moves to the end: the first is the one unused for longest, and goes when there are too many. */
function youngest<V>(map: Map<string, V>, key: string, max: number, make: () => V): V {
  const value = map.get(key) ?? make()
  map.delete(key)
  map.set(key, value)
  if (map.size > max) drop(map.keys(), map)
  return value
}

function drop<K>(keys: Iterator<K>, from: { delete(key: K): boolean }): void {
  const oldest = keys.next()
  if (oldest.done !== true) from.delete(oldest.value)
}
