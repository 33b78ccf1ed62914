import type { Letter } from './ledger.ts'

const MINUTE_MS = 60_000

/** What a letter asks for that is to be delivered later. */
export interface Terms {
  /** Before the first delivery; 0 = a period. */
  readonly delayMs: number
  readonly periodMs: number
  /** Deliveries after the first; -1 = without end. */
  readonly repeats: number
  /** Each minute, instead of or before all that. */
  readonly everyMinute: boolean
  /** The sender's own name for it: a later one of the same name takes its place. */
  readonly key: string | null
}

/** A letter that the broker keeps back: what comes of it are deliveries, each of which is a letter of its own. */
export class Appointment {
  readonly terms: Terms
  /** Wall clock when it was asked for: the broker heard of it at this time at the earliest. */
  readonly askedMs: number
  /** By message id. */
  readonly deliveries: Map<string, Letter> = new Map()
  /** Somebody asked for its end, and nobody knows yet whether it came before the next delivery. */
  ending = false
  /** Wall clock when its end was confirmed: what was not delivered then is never. */
  #endedMs: number = Number.POSITIVE_INFINITY

  constructor(terms: Terms, askedMs: number) {
    this.terms = terms
    this.askedMs = askedMs
  }

  end(nowMs: number): void {
    this.ending = true
    this.#endedMs = Math.min(this.#endedMs, nowMs)
  }

  /** Deliveries that there may have been by now. A series may be late, and never early. */
  most(nowMs: number): number {
    const { delayMs, periodMs, repeats, everyMinute } = this.terms
    const ms = Math.min(nowMs, this.#endedMs)
    if (everyMinute) {
      const minutes = Math.floor(ms / MINUTE_MS) - Math.floor(this.askedMs / MINUTE_MS)
      return minutes * (Math.max(0, repeats) + 1)
    }
    const firstMs = this.askedMs + (delayMs > 0 ? delayMs : periodMs)
    if (ms < firstMs) return 0
    const byTime = periodMs === 0 ? Number.POSITIVE_INFINITY : Math.floor((ms - firstMs) / periodMs) + 1
    return repeats < 0 ? byTime : Math.min(repeats + 1, byTime)
  }

  /** Deliveries that it must come to; null: nobody can say. */
  get least(): number | null {
    const { repeats, everyMinute } = this.terms
    return this.ending || everyMinute || repeats < 0 ? null : repeats + 1
  }
}
