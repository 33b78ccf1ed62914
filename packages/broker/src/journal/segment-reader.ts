import type { Logger } from '@millrace/base'
import type { Batch, Wanted } from './batch-log.ts'
import { type Disk, type DiskFile, isMissing, readFully } from './disk.ts'
import { FRAME_HEAD, frameAt, frameLengthAt, seedOf } from './frame.ts'
import { SEGMENT_SPAN, segmentName, segmentOf } from './segment-name.ts'

/** Batches that are at most this far apart are fetched by one read. */
const GAP_MAX = 64 << 10
const RUN_MAX = 8 << 20
/** A batch may go on behind what the index knows of it; so much is read on the chance. */
const READ_AHEAD = 4096
const OPEN_MAX = 64

interface OpenFile {
  /** Null: the segment is gone. */
  readonly file: Promise<DiskFile | null>
  users: number
  dropped: boolean
}

/** Fetches batches from anywhere in the segments, neighbours together, each verified (J9). */
export class SegmentReader {
  readonly #directory: string
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #store: Buffer
  readonly #sizeOf: (segment: number) => number
  readonly #files = new Map<number, OpenFile>()

  /** `sizeOf`: of a segment's file; 0 when there is no such segment. */
  constructor(directory: string, disk: Disk, logger: Logger, store: Buffer, sizeOf: (segment: number) => number) {
    this.#directory = directory
    this.#disk = disk
    this.#logger = logger
    this.#store = store
    this.#sizeOf = sizeOf
  }

  async read(wanted: readonly Wanted[]): Promise<(Batch | null)[]> {
    const batches: (Batch | null)[] = new Array<Batch | null>(wanted.length).fill(null)
    for (let i = 0; i < wanted.length; ) {
      const segment = segmentOf((wanted[i] as Wanted).place)
      const from = (wanted[i] as Wanted).place % SEGMENT_SPAN
      let to = from
      let j = i
      for (; j < wanted.length; j++) {
        const { place, size } = wanted[j] as Wanted
        const at = place % SEGMENT_SPAN
        const end = at + FRAME_HEAD + size
        if (segmentOf(place) !== segment || at < from || at > to + GAP_MAX) break
        if (j > i && end - from > RUN_MAX) break
        to = Math.max(to, end)
      }
      const open = this.#open(segment)
      try {
        const file = await open.file
        if (file !== null) await this.#readRun(file, segment, from, to, wanted, i, j, batches)
      } catch (error) {
        this.#logger.error({ segment, error }, 'a segment cannot be read')
      } finally {
        this.#release(open)
      }
      i = j
    }
    return batches
  }

  async #readRun(
    file: DiskFile,
    segment: number,
    from: number,
    to: number,
    wanted: readonly Wanted[],
    first: number,
    end: number,
    batches: (Batch | null)[],
  ): Promise<void> {
    const size = this.#sizeOf(segment)
    if (from >= size) return
    const seed = seedOf(this.#store, segment)
    const bytes = Buffer.allocUnsafeSlow(Math.min(to + READ_AHEAD, size) - from)
    const count = await readFully(file, bytes, bytes.length, from)
    for (let i = first; i < end; i++) {
      const place = (wanted[i] as Wanted).place
      const offset = place % SEGMENT_SPAN
      const at = offset - from
      const length = frameLengthAt(bytes, at, count, size - offset)
      if (length === 0) continue
      let whole = bytes.subarray(at, at + length)
      if (at + length > count) {
        whole = Buffer.allocUnsafeSlow(length)
        if ((await readFully(file, whole, length, offset)) < length) continue
      }
      const frame = frameAt(whole, 0, length, offset, seed)
      if (frame !== null) batches[i] = { number: frame.number, place, payload: whole.subarray(FRAME_HEAD) }
    }
  }

  /**
   * Files stay open for reading; the least recently used is closed. Whoever gets one says when it is done with it: a
   * descriptor that is closed under a read may be another file's by then.
   */
  #open(segment: number): OpenFile {
    let open = this.#files.get(segment)
    if (open === undefined) {
      const path = `${this.#directory}/${segmentName(segment)}`
      const file = this.#disk.open(path, 'read').catch((error: unknown) => {
        this.#files.delete(segment)
        if (isMissing(error)) return null
        throw error
      })
      open = { file, users: 0, dropped: false }
    } else {
      this.#files.delete(segment)
    }
    open.users++
    this.#files.set(segment, open)
    for (const [oldest] of this.#files) {
      if (this.#files.size <= OPEN_MAX) break
      this.close(oldest)
    }
    return open
  }

  #release(open: OpenFile): void {
    open.users--
    if (open.dropped && open.users === 0) closeQuietly(open)
  }

  /** The segment goes, or others are used more. */
  close(segment: number): void {
    const open = this.#files.get(segment)
    if (open === undefined) return
    this.#files.delete(segment)
    open.dropped = true
    if (open.users === 0) closeQuietly(open)
  }

  closeAll(): void {
    for (const segment of [...this.#files.keys()]) this.close(segment)
  }
}

function closeQuietly(open: OpenFile): void {
  open.file.then((file) => file?.close()).catch(() => {})
}
