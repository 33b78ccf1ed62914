import { hostname } from 'node:os'
import type { Clock, Random } from '@millrace/base'

/**
 * Makes ids as other software expects them: `ID:<host>-<port>-<epoch ms>-<n>:<m>`. The "port" is the process id and n a
 * random number, so that two copies of this module, two threads and two processes never make the same one.
 */
export class IdGenerator {
  readonly #host: string
  readonly #seed: string
  #count = 0

  constructor(clock: Clock, random: Random) {
    // Only ASCII letters, digits, dot and hyphen: a colon would break the parsing from the right that others do.
    this.#host = hostname().replace(/[^A-Za-z0-9.-]/g, '') || 'localhost'
    this.#seed = `${process.pid}-${clock.now()}-${random(2 ** 31)}`
  }

  /** `prefix` stands in place of `ID:<host>`. */
  next(prefix?: string): string {
    this.#count++
    return `${prefix ?? `ID:${this.#host}`}-${this.#seed}:${this.#count}`
  }
}
