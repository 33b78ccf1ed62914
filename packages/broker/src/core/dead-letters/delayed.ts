import { type Clock, NOT_SCHEDULED, TimerWheel, type WheelEntry } from '@millrace/base'
import { type Entry, Place } from '../entry.ts'

/** Keeps messages away from consumers until their time. */
export interface Later {
  /** The entry is in no list. Once due it is offered again, as redelivered once more. False: there is no room. */
  later(entry: Entry, delayMs: number): boolean
  /** Messages that wait. */
  readonly count: number
  tick(): void
}

/**
 * Entries stay entries of their queue, and in its store, until they are due: a crash loses nothing but the rest of the
 * delay. Only their place in memory is a slot of a wheel instead of the list of what can be dispatched.
 */
export class DelayedEntries implements Later {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #max: number

  constructor(clock: Clock, max: number) {
    this.#clock = clock
    this.#wheel = new TimerWheel(clock)
    this.#max = max
  }

  get count(): number {
    return this.#wheel.length
  }

  later(entry: Entry, delayMs: number): boolean {
    if (entry.queue === null || this.#wheel.length >= this.#max) return false
    entry.place = Place.Delayed
    entry.subscription = null
    this.#wheel.schedule(new Delay(entry), delayMs)
    return true
  }

  tick(): void {
    this.#wheel.tick(this.#clock.monotonic())
  }
}

class Delay implements WheelEntry {
  slot = NOT_SCHEDULED
  dueStep = 0
  previous: WheelEntry | null = null
  next: WheelEntry | null = null
  readonly #entry: Entry

  constructor(entry: Entry) {
    this.#entry = entry
  }

  due(): void {
    const entry = this.#entry
    entry.redeliveries++
    // A queue that was deleted meanwhile lets go of it.
    entry.queue?.giveBack([entry])
  }
}
