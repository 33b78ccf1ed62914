import type { Advisory, AdvisoryKind } from '../message/advisory.ts'

/** The event of one kind, typed. */
export type BrokerEvent<K extends AdvisoryKind = AdvisoryKind> = OfKind<Advisory, K>

type OfKind<A, K> = A extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? A & { readonly kind: K }
    : never
  : never

type Listener = (event: Advisory) => void

/**
 * What happens in a broker, told to code in the same process: the very events that clients are told on advisory topics,
 * and of messages those of every destination, whatever its policy says. Listeners are called in the middle of what
 * happened, one after the other: they only look, and what they throw is a mistake of this process.
 *
 * An event is made only when somebody listens to its kind.
 */
export class Events {
  readonly #listeners = new Map<AdvisoryKind, Listener[]>()
  readonly #changed: () => void

  /** `changed`: called after a listener came or went. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Tells of every event of this kind from now on, until what is returned is called. */
  on<K extends AdvisoryKind>(kind: K, listener: (event: BrokerEvent<K>) => void): () => void {
    // It is called with events of its kind only.
    const one = listener as unknown as Listener
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), one])
    this.#changed()
    return () => {
      const left = (this.#listeners.get(kind) ?? []).filter((other) => other !== one)
      if (left.length === 0) this.#listeners.delete(kind)
      else this.#listeners.set(kind, left)
      this.#changed()
    }
  }

  /** Whether anybody listens to this kind. */
  wants(kind: AdvisoryKind): boolean {
    return this.#listeners.has(kind)
  }

  emit(event: Advisory): void {
    // The list is a new one whenever it changes, so that a listener may leave while it is walked.
    for (const listener of this.#listeners.get(event.kind) ?? []) listener(event)
  }
}
