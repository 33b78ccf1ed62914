import type { Clock } from './clock.ts'
import { assert } from './errors.ts'
import { type Linked, LinkedList } from './list.ts'

/** Something with a deadline. The fields belong to the wheel; they begin as null, null, `NOT_SCHEDULED`, 0. */
export interface WheelEntry extends Linked<WheelEntry> {
  /** Where it is: a slot of the wheel, `DUE`, or `NOT_SCHEDULED`. */
  slot: number
  /** The step of the wheel that it waits for. */
  dueStep: number
  /** Its time has come; it is not scheduled any more and may be scheduled again from in here. */
  due(): void
}

export const NOT_SCHEDULED = -1
/** Taken off the wheel, about to be called. */
const DUE = -2

/**
 * Many deadlines and one periodic tick instead of a timer each. Time is cut into steps of `stepMs`; an entry waits in the
 * slot of its step, modulo the number of slots, so that scheduling and cancelling are a few assignments at any size. An
 * entry further away than one round stays in its slot when the hand passes.
 *
 * No entry is called early. How late depends on how often `tick` comes: at most one step and the time between two ticks.
 * Entries of one step are called in the order in which they were scheduled.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #stepMs: number
  readonly #slots: LinkedList<WheelEntry>[]
  readonly #due = new LinkedList<WheelEntry>()
  /** Everything up to this step has been called. */
  #step: number
  #length = 0

  constructor(clock: Clock, stepMs = 100, slotCount = 512) {
    assert(stepMs > 0, 'a wheel has a step')
    assert(slotCount > 0, 'a wheel has slots')
    this.#clock = clock
    this.#stepMs = stepMs
    this.#slots = Array.from({ length: slotCount }, () => new LinkedList<WheelEntry>())
    this.#step = Math.floor(clock.monotonic() / stepMs)
  }

  /** Entries that wait. */
  get length(): number {
    return this.#length
  }

  /** Calls `entry.due` in the first tick when `delayMs` have passed, never within this call. Moves one that waits already. */
  schedule(entry: WheelEntry, delayMs: number): void {
    const dueStep = Math.ceil((this.#clock.monotonic() + Math.max(0, delayMs)) / this.#stepMs)
    assert(Number.isSafeInteger(dueStep), `a delay of ${delayMs} ms`)
    this.cancel(entry)
    entry.dueStep = Math.max(dueStep, this.#step + 1)
    entry.slot = entry.dueStep % this.#slots.length
    this.#list(entry.slot).push(entry)
    this.#length++
  }

  /** Nothing happens when it does not wait. */
  cancel(entry: WheelEntry): void {
    if (entry.slot === NOT_SCHEDULED) return
    this.#list(entry.slot).remove(entry)
    entry.slot = NOT_SCHEDULED
    this.#length--
  }

  /** `nowMs`: of the clock's `monotonic`. Calls what is due. */
  tick(nowMs: number): void {
    const target = Math.floor(nowMs / this.#stepMs)
    if (this.#length === 0) {
      this.#step = Math.max(this.#step, target)
      return
    }
    // After a long pause one round passes all slots; more would only pass them again.
    const first = Math.max(this.#step + 1, target - this.#slots.length + 1)
    for (let step = first; step <= target; step++) this.#collect(step % this.#slots.length, target)
    this.#step = Math.max(this.#step, target)
    // Also what an entry that threw has left behind last time.
    for (let entry = this.#due.first; entry !== null; entry = this.#due.first) {
      this.cancel(entry)
      entry.due()
    }
  }

  /** What is due is first set aside, so that entries may schedule and cancel each other while they are called. */
  #collect(slot: number, target: number): void {
    const list = this.#list(slot)
    for (let entry = list.first; entry !== null; ) {
      const next: WheelEntry | null = entry.next
      if (entry.dueStep <= target) {
        list.remove(entry)
        entry.slot = DUE
        this.#due.push(entry)
      }
      entry = next
    }
  }

  #list(slot: number): LinkedList<WheelEntry> {
    return slot === DUE ? this.#due : (this.#slots[slot] as LinkedList<WheelEntry>)
  }
}
