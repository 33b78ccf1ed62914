import { nextRound, Turn } from '@millrace/base'

/** A program that puts something off for one round by itself is still waited for. */
const QUIET_ROUNDS = 2

/**
 * The turns that a broker and its clients share, and the question whether anything goes on. Everything between them is
 * turns and promises, and both are over within a round of the event loop: rounds in which nobody asked for a turn mean
 * that nothing will happen by itself. Only sockets, files and other people's timers are out of sight.
 */
export class Rounds {
  readonly turn: Turn
  /** Each waits for what was handed to a disk so far. */
  readonly disks: Set<() => Promise<void>> = new Set()
  #turns = 0
  #crossings = 0

  constructor() {
    this.turn = new Turn((end) => {
      this.#turns++
      nextRound(end)
    })
  }

  /** Turns that were begun so far. */
  get count(): number {
    return this.#turns
  }

  /** Something passed between the broker and a client. */
  crossed(): void {
    this.#crossings++
  }

  /** Resolves when nothing goes on any more. */
  async still(): Promise<void> {
    let seen: number
    do {
      seen = this.#crossings
      await this.#quiet()
      if (this.disks.size === 0) return
      for (const disk of this.disks) await disk()
      await this.#quiet()
      // What came back from the disk may have set a client to work, which wrote again.
    } while (this.#crossings !== seen)
  }

  async #quiet(): Promise<void> {
    let seen = this.#turns
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
      await new Promise<void>(nextRound)
      if (this.#turns === seen) continue
      seen = this.#turns
      quiet = -1
    }
  }
}
