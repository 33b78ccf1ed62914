import type { Interceptor, Message } from 'millrace'
import { type MessageView, viewOf } from './message-view.ts'

/** Older ones are forgotten. */
const COUNT_MAX = 100_000

/** Remembers what the broker was sent, in order. */
export class SentLog implements Interceptor {
  #views: MessageView[] = []

  sending(_producer: unknown, message: Message): void {
    this.#views.push(viewOf(message))
    if (this.#views.length >= 2 * COUNT_MAX) this.#views = this.#views.slice(COUNT_MAX)
  }

  /** `destination`: its text, or undefined for all. */
  list(destination: string | undefined): MessageView[] {
    const views = this.#views.slice(-COUNT_MAX)
    return destination === undefined ? views : views.filter((view) => view.destination === destination)
  }

  clear(): void {
    this.#views = []
  }
}
