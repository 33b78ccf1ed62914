import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/base'
import { type Disk, isMissing, readFully, writeFullyAsync } from './disk.ts'
import { checkVersion, FORMAT_VERSION } from './frame.ts'

/** One segment file, as the manifest lists it. */
export interface ListedSegment {
  readonly number: number
  readonly size: number
  /** Number of its first batch. */
  readonly first: number
  /** Number of its last batch and where that ends; null for the segment that is being written. */
  readonly closed: { readonly last: number; readonly end: number } | null
}

/**
 * What the directory must hold. Written whole to a new file, synced and renamed each time, so it is always one or the
 * other; a segment is used only when it is listed, and taken off the list before its file goes. Everything in it is
 * text that an operator can read; the last line is the CRC of the first.
 */
export interface Manifest {
  readonly format: number
  /** UUID of the store, 32 hex digits. */
  readonly store: string
  /** Counts the writers: one more at each start. */
  readonly epoch: number
  readonly segments: readonly ListedSegment[]
  /** Set by a stop that left nothing unwritten: the last batch and the place behind it. */
  readonly clean: { readonly last: number; readonly place: number } | null
}

const NAME = 'manifest'

/** Null when there is none. */
export async function readManifest(disk: Disk, directory: string): Promise<Manifest | null> {
  const path = `${directory}/${NAME}`
  let file: Awaited<ReturnType<Disk['open']>>
  try {
    file = await disk.open(path, 'read')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  let text: string
  try {
    const bytes = Buffer.alloc(await disk.size(path))
    const count = await readFully(file, bytes, bytes.length, 0)
    text = bytes.toString('latin1', 0, count)
  } finally {
    await file.close()
  }
  const [line = '', checksum] = text.split('\n')
  if (checksum !== checksumOf(line)) {
    throw new MillraceError('STORE_DAMAGED', `${path} does not agree with its check sum`)
  }
  const manifest = JSON.parse(line) as Manifest
  checkVersion(manifest.format, path)
  return manifest
}

export async function writeManifest(disk: Disk, directory: string, manifest: Manifest): Promise<void> {
  const path = `${directory}/${NAME}`
  const line = JSON.stringify(manifest)
  const file = await disk.open(`${path}.new`, 'create')
  try {
    await writeFullyAsync(file, Buffer.from(`${line}\n${checksumOf(line)}\n`, 'latin1'), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(`${path}.new`, path)
  await disk.syncDirectory(directory)
}

export function firstManifest(store: string): Manifest {
  return { format: FORMAT_VERSION, store, epoch: 0, segments: [], clean: null }
}

function checksumOf(line: string): string {
  return crc32(line).toString(16).padStart(8, '0')
}
