/** Stops what was started; calling it again does nothing. */
export type Cancel = () => void

/** Time as everything in Millrace sees it. Only `system.ts` knows the real one. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. Only for values that users see: timestamps, expiry. May jump. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. For durations. */
  monotonic(): number
  /** Calls back once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): Cancel
  /** Calls back every `periodMs` until cancelled. Does not keep the process alive. */
  every(periodMs: number, callback: () => void): Cancel
}
