import { MillraceError } from '@millrace/base'
import { type Disk, type DiskFile, isMissing, readFully, systemDisk, writeFullyAsync } from '../disk.ts'
import { FRAME_HEAD, SEGMENT_HEAD } from '../frame.ts'
import { type ListedSegment, writeManifest } from '../manifest.ts'
import { SEGMENT_SPAN, segmentName } from '../segment-name.ts'
import { StoreFiles } from './store-files.ts'
import { checkEmpty } from './store-writer.ts'

/** A broker that drops segments all the time is looked at so often before it is given up. */
const ATTEMPTS_MAX = 100

/** Damage that is seen so often is no write that was under way. */
const LOOKS = 3

export interface BackupOptions {
  /** Of the store. A broker may be using it, in this process or another. */
  readonly directory: string
  /** Must be empty, or not there. */
  readonly to: string
  readonly progress?: (bytes: number, ofBytes: number) => void
  readonly disk?: Disk
}

export interface BackedUp {
  readonly segments: number
  /** The last batch that is in it. */
  readonly batch: number
  readonly bytes: number
}

/**
 * Copies a store to another directory, which is a store as after an orderly stop: start a broker on it. The copy is what
 * the store was at one moment after the call: everything that was confirmed before the call is in it.
 *
 * A journal is only ever appended to, and every batch says whether it is whole (its check sum knows the store, the
 * segment and the offset). So it can be read while it is written: segments that are full are copied whole, of the one
 * that is being written what is whole by then. The broker may drop a segment meanwhile; then the list of segments is read
 * again, and what was copied of the new list is not copied twice. Every byte is verified on the way (J24).
 *
 * Throws CONFIGURATION_INVALID when there is no store or `to` is not empty, STORE_DAMAGED when something cannot be read.
 */
export async function backupStore(options: BackupOptions): Promise<BackedUp> {
  const { directory, to, disk = systemDisk, progress } = options
  await checkEmpty(to, disk)
  // Looked at before anything is made.
  await (await StoreFiles.look(directory, disk)).close()
  await disk.makeDirectory(to)
  const copied = new Map<number, Copied>()
  const seen = new Map<string, number>()
  try {
    for (let attempt = 1; ; attempt++) {
      const files = await StoreFiles.look(directory, disk)
      const { segments } = files.manifest
      for (const [number] of copied) {
        if (!segments.some((segment) => segment.number === number)) await forget(number)
      }
      const complete = await copyAll(files, segments)
      if (complete !== null) return await finish(files, complete)
      if (attempt >= ATTEMPTS_MAX) {
        throw new MillraceError('STORE_FAILED', `${directory} changed faster than it could be copied`)
      }
    }
  } catch (error) {
    for (const name of await disk.list(to)) await disk.unlink(`${to}/${name}`)
    throw error
  }

  /** Null: a segment was dropped meanwhile. */
  async function copyAll(files: StoreFiles, segments: readonly ListedSegment[]): Promise<Copied[] | null> {
    let bytes = [...copied.values()].reduce((sum, { end }) => sum + end, 0)
    for (const segment of segments) {
      if (copied.has(segment.number)) continue
      const one = await copySegment(files, segment, (more) => progress?.(bytes + more, files.bytes))
      if (one === null) return null
      bytes += one.end
      // The one that is being written goes on: if there is another attempt it is copied again.
      if (segment.closed !== null) copied.set(segment.number, one)
      else return [...copied.values(), one]
    }
    return [...copied.values()]
  }

  async function copySegment(
    files: StoreFiles,
    segment: ListedSegment,
    told: (bytes: number) => void,
  ): Promise<Copied | null> {
    const name = segmentName(segment.number)
    const damagesBefore = files.damages.length
    const file = await disk.open(`${to}/${name}`, 'create')
    let end = SEGMENT_HEAD
    let last = segment.first - 1
    try {
      const head = await readHead(`${directory}/${name}`)
      if (head !== null) await writeFullyAsync(file, head, 0)
      for await (const { frame, payload } of files.segment(segment)) {
        await writeFullyAsync(file, whole(payload, frame.length), end)
        end += frame.length
        last = frame.number
        told(end)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    if (files.damages.length === damagesBefore) return { segment, end, last }
    await disk.unlink(`${to}/${name}`)
    const now = await StoreFiles.look(directory, disk)
    const damage = files.damages[damagesBefore]
    if (damage === undefined || !now.manifest.segments.some(({ number }) => number === segment.number)) return null
    // What was read half way while it was written is whole by the next time.
    const place = `${damage.file} ${damage.offset}`
    seen.set(place, (seen.get(place) ?? 0) + 1)
    if ((seen.get(place) ?? 0) < LOOKS) return null
    throw new MillraceError('STORE_DAMAGED', `${directory}/${damage.file} at offset ${damage.offset}: ${damage.reason}`)
  }

  async function readHead(path: string): Promise<Buffer | null> {
    let file: DiskFile
    try {
      file = await disk.open(path, 'read')
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
    try {
      const head = Buffer.alloc(SEGMENT_HEAD)
      await readFully(file, head, SEGMENT_HEAD, 0)
      return head
    } finally {
      await file.close()
    }
  }

  async function forget(number: number): Promise<void> {
    copied.delete(number)
    await disk.unlink(`${to}/${segmentName(number)}`)
  }

  async function finish(files: StoreFiles, all: readonly Copied[]): Promise<BackedUp> {
    const open = all.at(-1)
    const segments = all.map(({ segment }) => (segment === open?.segment ? { ...segment, closed: null } : segment))
    const batch = open?.last ?? 0
    const clean = open === undefined ? null : { last: batch, place: open.segment.number * SEGMENT_SPAN + open.end }
    await writeManifest(disk, to, { ...files.manifest, segments, clean })
    return { segments: all.length, batch, bytes: all.reduce((sum, { end }) => sum + end, 0) }
  }
}

interface Copied {
  readonly segment: ListedSegment
  readonly end: number
  readonly last: number
}

/** The frame around a payload: both are views of the same bytes. */
function whole(payload: Buffer, length: number): Buffer {
  return Buffer.from(payload.buffer, payload.byteOffset - FRAME_HEAD, length)
}
