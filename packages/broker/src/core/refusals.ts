import type { Message } from '../message/message.ts'
import type { Store } from '../store/store.ts'

/** Sends remembered; the oldest go first. */
const REFUSALS_MAX = 10_000

/**
 * The sends that the store refused lately. A client that lost its link before it heard of that sends them again, and what
 * a producer has sent so far would say that they came before: they did, and they are not there.
 */
export class Refusals {
  readonly #sends = new Set<string>()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The store refused it. */
  note(message: Message): void {
    this.#note(nameOf(message))
  }

  /** It was refused before the store saw it. */
  noteHere(message: Message): void {
    this.#note(nameOf(message))
    this.#store.refused(message.producerId, message.producerSequence)
  }

  /** It was refused before the broker ended. */
  recovered(producerId: string, sequence: number): void {
    this.#note(`${producerId}:${sequence}`)
  }

  #note(name: string): void {
    this.#sends.add(name)
    if (this.#sends.size <= REFUSALS_MAX) return
    for (const oldest of this.#sends) {
      this.#sends.delete(oldest)
      return
    }
  }

  /** Whether it was refused; then it is a new one now. */
  take(message: Message): boolean {
    return this.#sends.size > 0 && this.#sends.delete(nameOf(message))
  }
}

function nameOf(message: Message): string {
  return `${message.producerId}:${message.producerSequence}`
}
