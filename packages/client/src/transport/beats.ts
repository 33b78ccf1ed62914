import { type Cancel, type Clock, type Linked, LinkedList } from '@millrace/base'

/**
 * Something that is to be done again and again, or once: `due` says what. Beats of one period stand in a list, and since
 * whoever has had its turn goes to the end, the list is in the order of time: one timer, for the first, serves them all.
 * So thousands of idle connections have as many timers as there are different periods.
 */
export class Beat implements Linked<Beat> {
  previous: Beat | null = null
  next: Beat | null = null
  /** Monotonic ms. */
  dueMs = 0
  line: BeatLine | null = null
  /** Afterwards it stands in line again, unless it was stopped. */
  readonly due: () => void

  constructor(due: () => void) {
    this.due = due
  }

  start(clock: Clock, periodMs: number): void {
    this.stop()
    lineOf(clock, Math.max(1, periodMs)).add(this)
  }

  stop(): void {
    this.line?.remove(this)
  }
}

/** The beats of one clock and one period. */
class BeatLine {
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #beats = new LinkedList<Beat>()
  #cancel: Cancel | null = null

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  add(beat: Beat): void {
    beat.line = this
    beat.dueMs = this.#clock.monotonic() + this.#periodMs
    this.#beats.push(beat)
    if (this.#cancel === null) this.#wait()
  }

  remove(beat: Beat): void {
    beat.line = null
    this.#beats.remove(beat)
    if (this.#beats.length > 0) return
    this.#cancel?.()
    this.#cancel = null
  }

  #wait(): void {
    const { first } = this.#beats
    if (first === null) return
    const delayMs = Math.max(0, first.dueMs - this.#clock.monotonic())
    this.#cancel = this.#clock.after(delayMs, () => this.#turn())
  }

  #turn(): void {
    this.#cancel = null
    const now = this.#clock.monotonic()
    try {
      // What joins meanwhile is not due yet: a round over those that were here.
      for (let left = this.#beats.length; left > 0; left--) {
        const { first } = this.#beats
        if (first === null || first.dueMs > now) break
        this.#beats.remove(first)
        this.#beats.push(first)
        first.dueMs = now + this.#periodMs
        first.due()
      }
    } finally {
      // One that throws does not stop the others.
      if (this.#cancel === null) this.#wait()
    }
  }
}

const lines: WeakMap<Clock, Map<number, BeatLine>> = new WeakMap()

function lineOf(clock: Clock, periodMs: number): BeatLine {
  let byPeriod = lines.get(clock)
  if (byPeriod === undefined) {
    byPeriod = new Map()
    lines.set(clock, byPeriod)
  }
  let line = byPeriod.get(periodMs)
  if (line === undefined) {
    line = new BeatLine(clock, periodMs)
    byPeriod.set(periodMs, line)
  }
  return line
}
