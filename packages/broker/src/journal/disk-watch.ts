import type { Clock, Logger } from '@millrace/base'
import { type DiskLimits, type Limited } from './store-limit.ts'

/** Between two looks at the disk. */
export const DISK_CHECK_MS = 60_000

/** Holds a journal to the limits of its disk, at the start and while it runs. */
export class DiskWatch {
  readonly #limits: DiskLimits
  readonly #limited: Limited
  readonly #clock: Clock
  readonly #log: Logger
  #cancel: () => void = () => {}

  constructor(limits: DiskLimits, limited: Limited, clock: Clock, log: Logger) {
    this.#limits = limits
    this.#limited = limited
    this.#clock = clock
    this.#log = log
  }

  /** `periodMs` 0: only now. Throws CONFIGURATION_INVALID when a limit is none. */
  async open(periodMs: number): Promise<void> {
    await this.#limits.look(this.#limited)
    if (periodMs <= 0) return
    this.#cancel = this.#clock.every(periodMs, () => {
      this.#limits.look(this.#limited).catch((error: unknown) => {
        // The limits stay as they are; a disk that is broken is found by who writes to it.
        this.#log.warn({ error }, 'the disk could not be looked at')
      })
    })
  }

  close(): void {
    this.#cancel()
  }
}
