import { type Cancel, type Clock, ManualClock } from '@millrace/base'
import { type Duration, milliseconds } from './duration.ts'
import { Rounds } from './rounds.ts'

/** 2026-01-01T00:00:00Z. The same in every run. */
const START_MS = 1_767_225_600_000

/**
 * Time for a broker and its clients that passes only when it is told to. `advance` makes what falls due happen in the
 * order of its times, and lets everything that follows from it end before time goes on: the same script gives the same
 * trace in every run.
 *
 * What it cannot see is not waited for: sockets, files that the program itself reads, timers of the system.
 */
export class VirtualClock implements Clock {
  /** For this package. */
  readonly rounds: Rounds = new Rounds()
  readonly #manual: ManualClock
  #stirred = false
  #last: Promise<void> = Promise.resolve()

  /** `startMs`: what `now()` says at first, in ms since 1970; by default the beginning of 2026. */
  constructor(startMs: number = START_MS) {
    this.#manual = new ManualClock(startMs)
  }

  now(): number {
    return this.#manual.now()
  }

  monotonic(): number {
    return this.#manual.monotonic()
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.#manual.after(delayMs, this.#stirring(callback))
  }

  every(periodMs: number, callback: () => void): Cancel {
    return this.#manual.every(periodMs, this.#stirring(callback))
  }

  /**
   * The same time for who does everything in turns, as the broker does: a call of it that asked for no turn did nothing
   * that anybody could see. That spares waiting for each of the broker's ten ticks per second.
   */
  readonly quiet: Clock = {
    now: () => this.#manual.now(),
    monotonic: () => this.#manual.monotonic(),
    after: (delayMs: number, callback: () => void) => this.#manual.after(delayMs, callback),
    every: (periodMs: number, callback: () => void) => this.#manual.every(periodMs, callback),
  }

  /**
   * Lets time pass: `advance('2h')`, `advance(500)`. Resolves when all that fell due has happened and all that followed
   * from it is over. Calls made meanwhile wait for each other. Throws CONFIGURATION_INVALID for what is no time.
   */
  advance(duration: Duration): Promise<void> {
    const ms = milliseconds(duration)
    const done = this.#last.then(() => this.#advance(ms))
    this.#last = done.catch(() => {})
    return done
  }

  /** Lets what goes on come to its end without any time passing. */
  settle(): Promise<void> {
    return this.advance(0)
  }

  /** Moves only the wall clock, as an administrator or a time server does. `ms` may be less than 0. */
  jump(ms: number): void {
    this.#manual.jump(ms)
  }

  async #advance(ms: number): Promise<void> {
    const { rounds } = this
    await rounds.still()
    const end = this.monotonic() + ms
    for (;;) {
      const turns = rounds.count
      this.#stirred = false
      if (!this.#manual.step(end - this.monotonic())) break
      if (this.#stirred || rounds.count !== turns) await rounds.still()
    }
    // Nothing falls due any more; this only moves the hands.
    this.#manual.advance(end - this.monotonic())
  }

  #stirring(callback: () => void): () => void {
    return () => {
      this.#stirred = true
      callback()
    }
  }
}
