import { MillraceError } from '@millrace/base'
import type { Batch } from '../batch-log.ts'
import { type Disk, type DiskLock, isMissing, readFully } from '../disk.ts'
import {
  FRAME_HEAD,
  FRAME_MAGIC,
  type Frame,
  frameAt,
  readSegmentHead,
  readSnapshot,
  SEGMENT_HEAD,
  seedOf,
} from '../frame.ts'
import { type ListedSegment, type Manifest, readManifest } from '../manifest.ts'
import { SEGMENT_SPAN, segmentName } from '../segment-name.ts'
import { Window } from '../window.ts'

/** Bytes of a store that cannot be read although they were safe. */
export interface Damage {
  readonly file: string
  readonly offset: number
  /** Bytes that are of no use. */
  readonly length: number
  /** The batches that were there; null = none, or nobody can say. */
  readonly batches: { readonly first: number; readonly last: number } | null
  readonly reason: string
}

/** A batch with the frame around it. */
export interface FramedBatch extends Batch {
  readonly segment: number
  readonly frame: Frame
}

/** Where a journal that was not stopped cleanly ends: what is behind was never confirmed, and a start cuts it. */
export interface TornTail {
  readonly file: string
  readonly offset: number
}

/**
 * The files of a store that no broker uses, read and never written. Every batch is verified; what cannot be read is told
 * and left out, so that one bad sector does not hide what comes after it.
 */
export class StoreFiles {
  readonly directory: string
  readonly manifest: Manifest
  readonly damages: Damage[] = []
  tail: TornTail | null = null
  readonly #disk: Disk
  readonly #store: Buffer
  #lock: DiskLock | null
  /** Batches up to this one are known to have been safe. */
  #safe = 0

  private constructor(directory: string, disk: Disk, manifest: Manifest, lock: DiskLock | null) {
    this.directory = directory
    this.manifest = manifest
    this.#disk = disk
    this.#store = Buffer.from(manifest.store, 'hex')
    this.#lock = lock
  }

  /**
   * Takes the lock of the store. Throws CONFIGURATION_INVALID when there is none, STORE_LOCKED when a broker has it,
   * STORE_DAMAGED or STORE_VERSION when the manifest cannot be read.
   */
  static async open(directory: string, disk: Disk): Promise<StoreFiles> {
    const manifest = await readManifest(disk, directory)
    if (manifest === null) throw new MillraceError('CONFIGURATION_INVALID', `there is no store in ${directory}`)
    const lock = await disk.lock(`${directory}/lock`)
    // It may have gone on before the lock was ours.
    const current = (await readManifest(disk, directory)) ?? manifest
    return new StoreFiles(directory, disk, current, lock)
  }

  /** Without the lock: a broker may be using it. */
  static async look(directory: string, disk: Disk): Promise<StoreFiles> {
    const manifest = await readManifest(disk, directory)
    if (manifest === null) throw new MillraceError('CONFIGURATION_INVALID', `there is no store in ${directory}`)
    return new StoreFiles(directory, disk, manifest, null)
  }

  get store(): Buffer {
    return this.#store
  }

  /** Bytes of the segments that `batches` reads, at most. */
  get bytes(): number {
    return this.manifest.segments.reduce((sum, { size, closed }) => sum + (closed?.end ?? size), 0)
  }

  async close(): Promise<void> {
    await this.#lock?.release()
    this.#lock = null
  }

  /** All batches in order. What is found wrong is added to `damages`. */
  async *batches(): AsyncGenerator<FramedBatch> {
    const { segments, clean } = this.manifest
    this.#safe = clean?.last ?? 0
    for (const { closed } of segments) this.#safe = Math.max(this.#safe, closed?.last ?? 0)
    for (const snapshot of await this.snapshots()) this.#safe = Math.max(this.#safe, snapshot.number ?? 0)
    for (const segment of segments) yield* this.segment(segment)
  }

  /** The snapshots of the index; `number` null: of no use, which costs time at the next start and nothing else. */
  async snapshots(): Promise<{ readonly file: string; readonly number: number | null }[]> {
    const names = (await this.#disk.list(this.directory)).filter((name) => /^snapshot-.*\.index$/.test(name))
    return Promise.all(
      names
        .sort()
        .map(async (file) => ({ file, number: readSnapshot(await this.#readFile(file), this.#store)?.number ?? null })),
    )
  }

  async *segment(segment: ListedSegment): AsyncGenerator<FramedBatch> {
    const name = segmentName(segment.number)
    let file: Awaited<ReturnType<Disk['open']>>
    try {
      file = await this.#disk.open(`${this.directory}/${name}`, 'read')
    } catch (error) {
      if (!isMissing(error)) throw error
      this.#damaged(name, 0, segment.closed?.end ?? 0, segment.first, segment.closed?.last ?? 0, 'the file is missing')
      return
    }
    try {
      const size = await this.#disk.size(`${this.directory}/${name}`)
      const head = Buffer.alloc(SEGMENT_HEAD)
      await readFully(file, head, SEGMENT_HEAD, 0)
      this.#checkHead(head, segment, name)
      const end = Math.min(segment.closed?.end ?? segment.size, Math.max(size, SEGMENT_HEAD))
      yield* this.#frames(segment, new Window(file, end), end, name)
    } finally {
      await file.close()
    }
  }

  async *#frames(segment: ListedSegment, window: Window, end: number, name: string): AsyncGenerator<FramedBatch> {
    const seed = seedOf(this.#store, segment.number)
    let expected = segment.first
    let at = SEGMENT_HEAD
    while (at < end) {
      const length = await window.frame(at)
      const frame = length === 0 ? null : frameAt(window.bytes, at - window.from, at - window.from + length, at, seed)
      if (frame === null || frame.number < expected) {
        const next = await this.#nextFrame(window, at + 1, expected, seed)
        const safe = segment.closed !== null || expected <= this.#safe || (next !== null && next.watermark >= expected)
        if (!safe) {
          if (this.manifest.clean === null) this.tail = { file: name, offset: at }
          return
        }
        const last = (next?.number ?? (segment.closed?.last ?? this.#safe) + 1) - 1
        this.#damaged(name, at, (next?.at ?? end) - at, expected, last, 'the check sum does not agree')
        if (next === null) return
        at = next.at
        expected = next.number
        continue
      }
      if (frame.number > expected) this.#damaged(name, at, 0, expected, frame.number - 1, 'batches are not there')
      const payload = window.bytes.subarray(at - window.from + FRAME_HEAD, at - window.from + length)
      yield { number: frame.number, place: segment.number * SEGMENT_SPAN + at, payload, segment: segment.number, frame }
      expected = frame.number + 1
      at += length
    }
    const missing = segment.closed !== null && expected <= segment.closed.last
    if (missing) this.#damaged(name, at, segment.closed.end - at, expected, segment.closed.last, 'the file ends before')
  }

  /** The next batch that can be read behind one that cannot. */
  async #nextFrame(
    window: Window,
    from: number,
    expected: number,
    seed: number,
  ): Promise<{ at: number; number: number; watermark: number } | null> {
    for (let at = await window.find(FRAME_MAGIC, from); at >= 0; at = await window.find(FRAME_MAGIC, at + 1)) {
      const length = await window.frame(at)
      const frame = length === 0 ? null : frameAt(window.bytes, at - window.from, at - window.from + length, at, seed)
      if (frame !== null && frame.number >= expected) return { at, number: frame.number, watermark: frame.watermark }
    }
    return null
  }

  #checkHead(head: Buffer, segment: ListedSegment, name: string): void {
    let reason: string | null = null
    try {
      const read = readSegmentHead(head, name)
      if (!read.store.equals(this.#store) || read.segment !== segment.number || read.size !== segment.size) {
        reason = 'it is not the segment that the manifest lists'
      }
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code === 'STORE_VERSION') throw error
      reason = error.message
    }
    if (reason !== null) this.damages.push({ file: name, offset: 0, length: SEGMENT_HEAD, batches: null, reason })
  }

  #damaged(file: string, offset: number, length: number, first: number, last: number, reason: string): void {
    const batches = last >= first ? { first, last } : null
    this.damages.push({ file, offset, length, batches, reason })
  }

  async #readFile(name: string): Promise<Buffer> {
    const path = `${this.directory}/${name}`
    const file = await this.#disk.open(path, 'read')
    try {
      const bytes = Buffer.allocUnsafeSlow(await this.#disk.size(path))
      return bytes.subarray(0, await readFully(file, bytes, bytes.length, 0))
    } finally {
      await file.close()
    }
  }
}
