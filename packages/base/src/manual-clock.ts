import type { Cancel, Clock } from './clock.ts'

interface Alarm {
  at: number
  order: number
  periodMs: number
  callback: () => void
}

/** A clock that stands still until it is told to move: for tests and the simulator. */
export class ManualClock implements Clock {
  #now: number
  #elapsed = 0
  #order = 0
  readonly #alarms = new Set<Alarm>()

  /** `startMs`: what `now()` says at first. */
  constructor(startMs = 1_000_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.#set(delayMs, 0, callback)
  }

  every(periodMs: number, callback: () => void): Cancel {
    return this.#set(periodMs, Math.max(1, periodMs), callback)
  }

  /** Lets time pass; what falls due on the way is called in order, each at its own moment. */
  advance(ms: number): void {
    const target = this.#elapsed + ms
    while (this.step(target - this.#elapsed)) {}
    this.#move(target)
  }

  /**
   * Lets time pass up to the next call that falls due within `limitMs`, and makes that one. False: there is none, and no
   * time has passed. For who wants to look at the world between any two of them.
   */
  step(limitMs: number): boolean {
    const alarm = this.#due(this.#elapsed + limitMs)
    if (alarm === null) return false
    this.#move(Math.max(alarm.at, this.#elapsed))
    if (alarm.periodMs > 0) alarm.at += alarm.periodMs
    else this.#alarms.delete(alarm)
    alarm.callback()
    return true
  }

  /** Moves only the wall clock, as an administrator or a time server does. */
  jump(ms: number): void {
    this.#now += ms
  }

  #set(delayMs: number, periodMs: number, callback: () => void): Cancel {
    const alarm: Alarm = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, periodMs, callback }
    this.#alarms.add(alarm)
    return () => {
      this.#alarms.delete(alarm)
    }
  }

  #due(target: number): Alarm | null {
    let first: Alarm | null = null
    for (const alarm of this.#alarms) {
      if (alarm.at > target) continue
      if (first === null || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order)) first = alarm
    }
    return first
  }

  #move(to: number): void {
    this.#now += to - this.#elapsed
    this.#elapsed = to
  }
}
