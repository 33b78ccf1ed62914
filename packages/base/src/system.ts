import { randomInt } from 'node:crypto'
import type { Cancel, Clock } from './clock.ts'
import { Turn } from './turn.ts'

// As they were when this was loaded: the fake timers of test runners replace the global ones, and would stop every turn.
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis

/** The real time, the real scheduler and real chance: the one file that touches them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs: number, callback: () => void): Cancel {
    // A longer delay than this would fire at once.
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), 2 ** 31 - 1))
    timer.unref()
    return () => clearTimeout(timer)
  },
  every(periodMs: number, callback: () => void): Cancel {
    const timer = setInterval(callback, Math.min(Math.max(1, periodMs), 2 ** 31 - 1))
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** Calls back when the event loop has served all sockets that had data. */
export function nextRound(callback: () => void): void {
  setImmediate(callback)
}

/** A turn that ends when the event loop has served all sockets that had data. */
export function systemTurn(): Turn {
  return new Turn(nextRound)
}

/** A whole number from 0 up to but not including `limit`. */
export type Random = (limit: number) => number

export const systemRandom: Random = (limit) => randomInt(limit)
