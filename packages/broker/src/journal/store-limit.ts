import { join } from 'node:path'
import { type Logger, MillraceError } from '@millrace/base'
import { isMissing, partitionOf, systemDisk } from './disk.ts'

/** Bytes, or a part of the partition that the journal is on: `'70%'`. */
export type StoreLimit = number | `${number}%`

/** What a partition has; injected, because a full one cannot be made on demand. */
export type Partition = (directory: string) => Promise<{ readonly bytes: number; readonly freeBytes: number }>

export interface DiskLimitsOptions {
  readonly directory: string
  /** Of everything that is to survive; null = what the disk has. */
  readonly store: StoreLimit | null
  /** Of messages that are on the disk only to be out of memory; null = what the disk has. */
  readonly temp: StoreLimit | null
  readonly log: Logger
  readonly partition?: Partition
}

/** What takes the limits: the journal. */
export interface Limited {
  limit(bytesMax: number, spilledBytesMax: number): void
}

/**
 * What the journal may take. A limit beyond what there is, what the store has already included, is no use: then it is
 * that much less, and the log says so. Looked at when the broker starts, and again while it runs: others fill the
 * partition too. When they leave it, the limits are what was asked for again.
 */
export class DiskLimits {
  readonly #options: DiskLimitsOptions
  readonly #partition: Partition
  #lowered = false

  constructor(options: DiskLimitsOptions) {
    this.#options = options
    this.#partition = options.partition ?? partitionOf
  }

  /** Throws CONFIGURATION_INVALID when a limit is none. */
  async look(limited: Limited): Promise<void> {
    const { directory, store, temp, log } = this.#options
    const partition = await this.#partition(directory)
    const available = partition.freeBytes + (await usedBytes(directory))
    const asked = [store, temp].map((limit) => (limit === null ? available : bytesOf(limit, partition.bytes)))
    const [storeBytes, tempBytes] = asked as [number, number]
    const lowered = storeBytes > available || tempBytes > available
    if (lowered !== this.#lowered) {
      const fields = { directory, store, temp, available }
      if (lowered) log.warn(fields, 'a limit of the store is beyond what the disk has; it is lowered')
      else log.info(fields, 'the limits of the store are what was asked for again')
    }
    this.#lowered = lowered
    limited.limit(Math.min(storeBytes, available), Math.min(tempBytes, available))
  }
}

/** Throws CONFIGURATION_INVALID. */
function bytesOf(limit: StoreLimit, partitionBytes: number): number {
  const percent = typeof limit === 'string'
  const value = percent ? Number(/^(\d+(?:\.\d+)?)%$/.exec(limit)?.[1] ?? Number.NaN) : limit
  if (value > 0 && (percent ? value <= 100 : Number.isSafeInteger(value))) {
    return percent ? Math.floor((partitionBytes * value) / 100) : value
  }
  throw new MillraceError(
    'CONFIGURATION_INVALID',
    `the limit of the store is "${limit}", expected a number of bytes or up to 100%`,
  )
}

async function usedBytes(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await systemDisk.list(directory)) {
    try {
      bytes += await systemDisk.size(join(directory, name))
    } catch (error) {
      // The journal drops its files while it runs.
      if (!isMissing(error)) throw error
    }
  }
  return bytes
}
