import { join } from 'node:path'
import { type Logger, MillraceError } from '@millrace/base'
import { isMissing, partitionOf, systemDisk } from './disk.ts'

/** Bytes, or a part of the partition that the journal is on: `'70%'`. */
export type StoreLimit = number | `${number}%`

/**
 * What the journal may take. More than there is, what it has already included, is no use: then it is that much less, and
 * the log says so. Throws CONFIGURATION_INVALID.
 */
export async function storeBytesMax(limit: StoreLimit, directory: string, log: Logger): Promise<number> {
  const asked = bytesOf(limit)
  await systemDisk.makeDirectory(directory)
  const partition = await partitionOf(directory)
  const bytes = asked.percent ? Math.floor((partition.bytes * asked.value) / 100) : asked.value
  const available = partition.freeBytes + (await usedBytes(directory))
  if (bytes <= available) return bytes
  log.warn({ directory, limit, available }, 'the limit of the store is beyond what the disk has; it is lowered')
  return available
}

function bytesOf(limit: StoreLimit): { value: number; percent: boolean } {
  const percent = typeof limit === 'string'
  const value = percent ? Number(/^(\d+(?:\.\d+)?)%$/.exec(limit)?.[1] ?? Number.NaN) : limit
  if (value > 0 && (percent ? value <= 100 : Number.isSafeInteger(value))) return { value, percent }
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
      // Another process was faster; opening the journal will say what that means.
      if (!isMissing(error)) throw error
    }
  }
  return bytes
}
