import type { StompConsumer } from './consumer.ts'

interface Held {
  readonly consumer: StompConsumer
  /** What the ACK said. */
  readonly token: string
}

/** An open transaction of a connection. What is done in it the core keeps, but for what the core would only count. */
export class StompTransaction {
  /** As the broker knows it. */
  readonly id: string
  /** Acknowledged when it is committed; each once, so that there are no more than were delivered. */
  readonly #held = new Map<string, Held>()

  constructor(id: string) {
    this.id = id
  }

  hold(consumer: StompConsumer, token: string): void {
    this.#held.set(`${consumer.spec.number} ${token}`, { consumer, token })
  }

  held(): Iterable<Held> {
    return this.#held.values()
  }
}
