/** Peers that break the rules in a second and are let go at once: a slip now and then costs nobody anything. */
const PER_SECOND = 10
/** As many may come in a moment before that counts. */
const BURST = 20
/** Held at once; who comes beyond is let go, because a socket is needed for each. */
const HELD_MAX = 1000
/** And that of all connections that there may be. */
const SHARE_MAX = 0.1

/**
 * Where those wait who break the rules when many do: they get their last words and then nothing for a while, so that a
 * flood which has so many connections at a time comes no faster than they are let go.
 */
export class Tarpit {
  readonly #heldMax: number
  #held = 0
  /** How many came lately: falls by `PER_SECOND`. */
  #level = 0
  #at = 0

  constructor(connectionsMax: number) {
    this.#heldMax = Math.min(HELD_MAX, Math.ceil(SHARE_MAX * connectionsMax))
  }

  get held(): number {
    return this.#held
  }

  /** One broke the rules. True: it is held, and `release` is called when it has gone. `nowMs` is monotonic. */
  takes(nowMs: number): boolean {
    this.#level = Math.max(0, this.#level - ((nowMs - this.#at) * PER_SECOND) / 1000) + 1
    this.#at = nowMs
    if (this.#level <= BURST) return false
    // Not higher: it is forgotten soon after the flood.
    this.#level = BURST
    if (this.#held >= this.#heldMax) return false
    this.#held++
    return true
  }

  release(): void {
    this.#held--
  }
}
