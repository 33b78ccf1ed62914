import type { Task, Turn } from '@millrace/base'
import { type Entry, Place } from './entry.ts'

/**
 * Entries of this turn that a consumer may have settled by its end: those messages are never copied. The others get memory
 * of their own then.
 */
export class Arrivals implements Task {
  queued = false
  readonly #turn: Turn
  readonly #entries: Entry[] = []

  constructor(turn: Turn) {
    this.#turn = turn
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    if (!this.queued) this.#turn.output(this)
  }

  run(): void {
    for (const { place, message } of this.#entries) if (place !== Place.Gone) message.own()
    this.#entries.length = 0
  }
}
