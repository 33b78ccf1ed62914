import type { Clock } from '@millrace/base'

/** So many times in a row it has to be the same peer. */
const TIMES_MIN = 16
/** A disk that usually takes longer is one for which nobody should wait … */
const SLOW_MS = 2
/** … and is not asked again before so many writes. */
const PAUSE = 1000
/** Of what is usual the last write makes up a sixteenth. */
const WEIGHT = 1 / 16

/**
 * Says that the journal may write within a call when only one peer speaks: the way over the thread pool and back, a fifth
 * of what a lone synchronous producer waits for, is there for the sake of others. For a process in which nothing runs
 * besides the broker.
 */
export class Solitude {
  readonly #clock: Clock
  #peer: object | null = null
  #times = 0
  #beganAt = 0
  #usualMs = 0
  #pause = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something came from this peer, in this turn for the first time. */
  heard(peer: object): void {
    if (peer === this.#peer) this.#times++
    else {
      this.#peer = peer
      this.#times = 0
    }
  }

  begin(): boolean {
    if (this.#times < TIMES_MIN) return false
    if (this.#pause > 0) {
      this.#pause--
      return false
    }
    this.#beganAt = this.#clock.monotonic()
    return true
  }

  end(): void {
    this.#usualMs += WEIGHT * (this.#clock.monotonic() - this.#beganAt - this.#usualMs)
    if (this.#usualMs <= SLOW_MS) return
    this.#pause = PAUSE
    this.#usualMs = 0
  }
}
