/**
 * When a message that is kept back is due, and what comes after that. Belongs to the message while it is kept and is
 * stored with it; what is delivered in the end has none. Never changed once made: the next firing has one of its own.
 */
export interface Schedule {
  /** The job id: the id of the message that was sent. */
  readonly id: string
  /** The sender's own name for it; null = it has none. */
  readonly key: string | null
  /** The next firing, in ms since 1970. */
  readonly dueMs: number
  /** With `cron`: how long after each of its times the series begins; else only what the sender said. */
  readonly delayMs: number
  /** Between two firings of a series. */
  readonly periodMs: number
  /** Firings of the series after the first, or after the next once it runs; -1 = without end. */
  readonly repeats: number
  /** Five fields; null = there is one series and no more. */
  readonly cron: string | null
  /** The time zone of `cron`, as `Europe/Berlin`; null = the broker's. */
  readonly zone: string | null
}
