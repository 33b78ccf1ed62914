import { MillraceError } from '@millrace/base'
import type { Batch, LogVisitor } from './batch-log.ts'
import { type Disk, readFully } from './disk.ts'
import { FRAME_HEAD, FRAME_MAGIC, frameAt, readSegmentHead, SEGMENT_HEAD, seedOf } from './frame.ts'
import type { ListedSegment, Manifest } from './manifest.ts'
import { SEGMENT_SPAN, segmentName, segmentOf } from './segment-name.ts'
import { Window } from './window.ts'

/** The end of the log: its last batch, which is not shown yet, and the place behind it. */
export interface Tail {
  readonly number: number
  readonly place: number
  readonly batch: Batch | null
}

/** Reads the segments of a store that is being opened, verifies them, and tells a torn end from damage (J1, J2). */
export class SegmentRecovery {
  readonly #directory: string
  readonly #disk: Disk
  readonly #store: Buffer
  readonly #manifest: Manifest

  /** `store`: its UUID. */
  constructor(directory: string, disk: Disk, store: Buffer, manifest: Manifest) {
    this.#directory = directory
    this.#disk = disk
    this.#store = store
    this.#manifest = manifest
  }

  /**
   * Shows every batch behind `from` to the visitor, but not the very last one: that is the tail, which may not be on
   * the disk although it can be read (J5). Batches up to `watermark` are known to have been safe.
   */
  async run(from: { number: number; place: number } | null, watermark: number, visitor: LogVisitor): Promise<Tail> {
    let tail: Tail = { number: from?.number ?? 0, place: from?.place ?? 0, batch: null }
    let epoch = 0
    const show = (batch: Batch, end: number, frameEpoch: number): boolean => {
      if (frameEpoch < epoch || frameEpoch > this.#manifest.epoch) return false
      epoch = frameEpoch
      if (tail.batch !== null) visitor.batch(tail.batch)
      tail = { number: batch.number, place: end, batch }
      return true
    }
    for (const segment of this.#manifest.segments) {
      const start = from === null ? segment.number * SEGMENT_SPAN + SEGMENT_HEAD : from.place
      if (segment.number < segmentOf(start)) continue
      const within = segment.number === segmentOf(start)
      const offset = within ? start % SEGMENT_SPAN : SEGMENT_HEAD
      const expected = within && from !== null ? from.number + 1 : segment.first
      await this.#segment(segment, offset, expected, Math.max(watermark, tail.number), show)
      if (segment.closed === null && tail.place < segment.number * SEGMENT_SPAN + SEGMENT_HEAD) {
        tail = { number: tail.number, place: segment.number * SEGMENT_SPAN + SEGMENT_HEAD, batch: tail.batch }
      }
    }
    // Known to be safe: no need to copy it.
    if (tail.batch !== null && tail.number <= watermark) {
      visitor.batch(tail.batch)
      tail = { number: tail.number, place: tail.place, batch: null }
    }
    return tail
  }

  async #segment(
    segment: ListedSegment,
    offset: number,
    expected: number,
    watermark: number,
    show: (batch: Batch, end: number, epoch: number) => boolean,
  ): Promise<void> {
    const path = `${this.#directory}/${segmentName(segment.number)}`
    const file = await this.#disk.open(path, 'read')
    try {
      if (offset > (await this.#disk.size(path)))
        throw damaged(path, offset, expected, 'the index knows of what was before')
      const head = Buffer.alloc(SEGMENT_HEAD)
      await readFully(file, head, SEGMENT_HEAD, 0)
      const { store, segment: number, size } = readSegmentHead(head, path)
      if (!store.equals(this.#store) || number !== segment.number || size !== segment.size) {
        throw new MillraceError('STORE_DAMAGED', `${path} is not the segment that the manifest lists`)
      }
      const end = segment.closed?.end ?? segment.size
      const window = new Window(file, end)
      const seed = seedOf(this.#store, segment.number)
      let at = offset
      let next = expected
      while (at < end) {
        const length = await window.frame(at)
        const { bytes, from } = window
        const frame = length === 0 ? null : frameAt(bytes, at - from, at - from + length, at, seed)
        if (frame === null || frame.number !== next) break
        const place = segment.number * SEGMENT_SPAN + at
        const payload = bytes.subarray(at - from + FRAME_HEAD, at - from + length)
        if (!show({ number: next, place, payload }, place + length, frame.epoch)) break
        at += length
        next++
      }
      if (segment.closed !== null) {
        if (at !== end || next - 1 !== segment.closed.last) throw damaged(path, at, next, 'it was written and synced')
        return
      }
      if (next <= watermark) throw damaged(path, at, next, `batches up to ${watermark} were synced`)
      const later = await this.#findLater(window, at, next, seed)
      if (later !== null) throw damaged(path, at, next, `batch ${later} behind it was written after it was synced`)
    } finally {
      await file.close()
    }
  }

  /** Looks behind a bad frame for a good one that says that the bad one had been safe (J2). */
  async #findLater(window: Window, at: number, bad: number, seed: number): Promise<number | null> {
    let position = at + 1
    for (;;) {
      position = await window.find(FRAME_MAGIC, position)
      if (position < 0) return null
      const length = await window.frame(position)
      const { bytes, from } = window
      const frame = length === 0 ? null : frameAt(bytes, position - from, position - from + length, position, seed)
      if (frame !== null && frame.number > bad && frame.watermark >= bad) return frame.number
      position += 1
    }
  }
}

/** What cannot be read although it was safe. */
export function damaged(path: string, offset: number, number: number, why: string): MillraceError {
  const batch = number === 0 ? 'a batch' : `batch ${number}`
  return new MillraceError(
    'STORE_DAMAGED',
    `${path}: ${batch} at offset ${offset} cannot be read, though ${why}; nothing was changed`,
  )
}
