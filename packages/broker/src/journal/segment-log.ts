import { crc32 } from 'node:zlib'
import { assert, type Logger, MillraceError, type Random } from '@millrace/base'
import type { Appended, Batch, BatchLog, LogSegment, LogVisitor, Wanted } from './batch-log.ts'
import {
  type Disk,
  type DiskFile,
  type DiskLock,
  isDiskFull,
  isMissing,
  readFully,
  writeFully,
  writeFullyAsync,
} from './disk.ts'
import {
  FRAME_HEAD,
  FRAME_MAGIC,
  frameAt,
  frameLengthAt,
  readSegmentHead,
  readSnapshot,
  SEGMENT_HEAD,
  SNAPSHOT_HEAD,
  sealFrame,
  seedOf,
  segmentHead,
  snapshotHead,
} from './frame.ts'
import { firstManifest, type ListedSegment, type Manifest, readManifest, writeManifest } from './manifest.ts'

export interface SegmentLogOptions {
  readonly directory: string
  readonly disk: Disk
  readonly log: Logger
  readonly random: Random
  /** Bytes of a segment file. A batch that does not fit gets a larger one of its own. */
  readonly segmentSize: number
}

/** A place is a segment's number and an offset in it. */
const SEGMENT_SPAN = 2 ** 32
/** Files made ready ahead: one to go on with, and the reserve that removals need when the disk is full (J13). */
const SPARES = 2
/** Zeros are written in slices of this size. */
const SLICE = 1 << 20
/** Scans read this much at a time. */
const WINDOW = 4 << 20
/** Batches that are at most this far apart are fetched by one read. */
const GAP_MAX = 64 << 10
const RUN_MAX = 8 << 20
/** A batch may go on behind what the index knows of it; so much is read on the chance. */
const READ_AHEAD = 4096
const READERS_MAX = 64
/** Full: ticks (of 100 ms) until room is looked for again. */
const RETRY_TICKS = 10

/**
 * The batch log on files. One directory holds
 *
 *     lock                    taken by the kernel for the process that uses the store
 *     manifest                the list of segments that must be there, the writer's epoch
 *     segment-0000000001.journal …   batches, one behind the other
 *     spare-1.journal …       zero-filled and synced, to become the next segments
 *     snapshot-<batch>.index  the index up to that batch: a cache
 *
 * A segment file has its full size from the beginning and its blocks are written with zeros (J7), so that a batch costs
 * the disk its own bytes and nothing of the file system's bookkeeping. There is one outstanding write (J23). Only the
 * last segment has a tail that may be torn; every other is listed with the exact end of what is in it.
 */
export class SegmentLog implements BatchLog {
  readonly frameSize: number = FRAME_HEAD
  readonly #directory: string
  readonly #disk: Disk
  readonly #log: Logger
  readonly #random: Random
  readonly #segmentSize: number

  #lock: DiskLock | null = null
  #store: Buffer = Buffer.alloc(16)
  #manifest: Manifest = firstManifest('')
  /** Manifest writes and what belongs to them go one after the other. */
  #changes: Promise<void> = Promise.resolve()

  /** The segment that is being written. */
  #active: { number: number; size: number; seed: number; file: DiskFile } | null = null
  #activeEnd = 0
  #lastNumber = 0
  /** Set when what the disk said leaves nothing to promise. */
  #broken: MillraceError | null = null

  /** Where the next batch will be placed; runs ahead of what is being written. */
  #nextSegment = 0
  #nextOffset = 0
  #nextSize = 0
  /** Sizes of the segments that were given out and are not active yet. */
  readonly #planned = new Map<number, number>()

  readonly #spares: string[] = []
  #spareCount = 0
  #preparing: Promise<void> | null = null
  #outOfSpace = false
  #retryTicks = 0

  readonly #readers = new Map<number, Promise<DiskFile | null>>()
  #snapshotBytes = 0
  #closed = false

  constructor(options: SegmentLogOptions) {
    this.#directory = options.directory
    this.#disk = options.disk
    this.#log = options.log
    this.#random = options.random
    this.#segmentSize = options.segmentSize
  }

  get full(): boolean {
    return this.#outOfSpace
  }

  get bytes(): number {
    let bytes = this.#snapshotBytes + this.#spares.length * this.#segmentSize
    for (const segment of this.#manifest.segments) bytes += segment.size
    return bytes
  }

  get segments(): readonly LogSegment[] {
    return this.#manifest.segments
  }

  get end(): number {
    return (this.#active?.number ?? 0) * SEGMENT_SPAN + this.#activeEnd
  }

  segmentOf(place: number): number {
    return Math.floor(place / SEGMENT_SPAN)
  }

  // Opening.

  async open(visitor: LogVisitor): Promise<void> {
    await this.#disk.makeDirectory(this.#directory)
    this.#lock = await this.#disk.lock(this.#path('lock'))
    try {
      await this.#open(visitor)
    } catch (error) {
      this.#closed = true
      await this.#release()
      throw error
    }
  }

  async #open(visitor: LogVisitor): Promise<void> {
    const names = await this.#disk.list(this.#directory)
    const manifest = await readManifest(this.#disk, this.#directory)
    const leftovers: string[] = []
    if (manifest === null && names.some((name) => name.startsWith('segment-'))) {
      throw new MillraceError('STORE_DAMAGED', `${this.#directory} has segments but no manifest`)
    }
    this.#manifest = manifest ?? firstManifest(this.#newStore())
    // Before the first segment: segments without a manifest are a damage, not a beginning.
    if (manifest === null) await writeManifest(this.#disk, this.#directory, this.#manifest)
    this.#store = Buffer.from(this.#manifest.store, 'hex')
    await this.#takeStock(names, leftovers)

    const { clean, segments } = this.#manifest
    const from = await this.#loadSnapshot(names, leftovers, visitor)
    let watermark = Math.max(from?.number ?? 0, clean?.last ?? 0)
    for (const { closed } of segments) watermark = Math.max(watermark, closed?.last ?? 0)
    const tail = await this.#recover(from, watermark, visitor)
    const epoch = this.#manifest.epoch + 1
    const open = segments[segments.length - 1]

    if (open !== undefined && clean !== null && clean.last === tail.number && clean.place === tail.place) {
      // Everything in it was synced and nothing came behind: it goes on where it was.
      this.#manifest = { ...this.#manifest, epoch, clean: null }
      await writeManifest(this.#disk, this.#directory, this.#manifest)
      if (tail.batch !== null) visitor.batch(tail.batch)
      await this.#use(open.number, open.size, clean.place % SEGMENT_SPAN)
      this.#lastNumber = tail.number
    } else {
      await this.#continueElsewhere(tail, epoch, visitor)
    }
    this.#nextSegment = this.#active?.number ?? 0
    this.#nextOffset = this.#activeEnd
    this.#nextSize = this.#active?.size ?? 0
    // Only now: a store that is refused is left as it was found. Some of the names are in use again.
    for (const name of leftovers) {
      if (name === segmentName(this.#nextSegment) || name === 'manifest.new') continue
      await this.#disk.unlink(this.#path(name))
    }
    this.#prepare()
  }

  #newStore(): string {
    const bytes = Buffer.alloc(16)
    for (let i = 0; i < 16; i++) bytes[i] = this.#random(256)
    return bytes.toString('hex')
  }

  /** Everything listed must be there; what an earlier process had begun and not listed is left over. */
  async #takeStock(names: readonly string[], leftovers: string[]): Promise<void> {
    const { segments, clean } = this.#manifest
    const listed = new Set(segments.map(({ number }) => segmentName(number)))
    for (const name of listed) {
      if (!names.includes(name)) throw new MillraceError('STORE_DAMAGED', `${this.#directory}/${name} is missing`)
    }
    const sizes = await Promise.all(segments.map(({ number }) => this.#disk.size(this.#path(segmentName(number)))))
    for (const [i, { number, closed }] of segments.entries()) {
      const size = sizes[i] ?? 0
      if (closed === null || size >= closed.end) continue
      const path = this.#path(segmentName(number))
      throw new MillraceError('STORE_DAMAGED', `${path} has ${size} bytes, ${closed.end} were written and synced`)
    }
    for (const name of names) {
      if (name.startsWith('spare-')) {
        this.#spareCount = Math.max(this.#spareCount, Number.parseInt(name.slice(6), 10))
        // After a clean stop it is known to be whole.
        const whole = clean !== null && (await this.#disk.size(this.#path(name))) === this.#segmentSize
        if (whole && this.#spares.length < SPARES) this.#spares.push(name)
        else leftovers.push(name)
      } else if (name.endsWith('.new') || (name.startsWith('segment-') && !listed.has(name))) {
        leftovers.push(name)
      }
    }
  }

  /** The newest snapshot that is ours and that the journal understands. */
  async #loadSnapshot(
    names: readonly string[],
    leftovers: string[],
    visitor: LogVisitor,
  ): Promise<{ number: number; place: number } | null> {
    const snapshots = names.filter((name) => name.startsWith('snapshot-') && name.endsWith('.index')).sort()
    let found: { number: number; place: number } | null = null
    for (const name of snapshots.reverse()) {
      if (found === null) {
        const bytes = await this.#readFile(name)
        const head = readSnapshot(bytes, this.#store)
        const listed = head !== null && this.#listed(this.segmentOf(head.place)) !== undefined
        if (head !== null && listed && head.epoch <= this.#manifest.epoch) {
          if (visitor.snapshot(head.number, bytes.subarray(SNAPSHOT_HEAD))) {
            found = { number: head.number, place: head.place }
            this.#snapshotBytes = bytes.length
            continue
          }
        }
        this.#log.warn({ snapshot: name }, 'snapshot not usable, the index is rebuilt from the journal')
      }
      leftovers.push(name)
    }
    return found
  }

  async #readFile(name: string): Promise<Buffer> {
    const path = this.#path(name)
    const file = await this.#disk.open(path, 'read')
    try {
      const bytes = Buffer.allocUnsafeSlow(await this.#disk.size(path))
      const count = await readFully(file, bytes, bytes.length, 0)
      return bytes.subarray(0, count)
    } finally {
      await file.close()
    }
  }

  /**
   * Shows every batch behind `from` to the visitor, but not the very last one: that is the tail, which may not be on
   * the disk although it can be read (J5). Batches up to `watermark` are known to have been safe.
   */
  async #recover(
    from: { number: number; place: number } | null,
    watermark: number,
    visitor: LogVisitor,
  ): Promise<Tail> {
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
      if (segment.number < this.segmentOf(start)) continue
      const within = segment.number === this.segmentOf(start)
      const offset = within ? start % SEGMENT_SPAN : SEGMENT_HEAD
      const expected = within && from !== null ? from.number + 1 : segment.first
      await this.#recoverSegment(segment, offset, expected, Math.max(watermark, tail.number), show)
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

  async #recoverSegment(
    segment: ListedSegment,
    offset: number,
    expected: number,
    watermark: number,
    show: (batch: Batch, end: number, epoch: number) => boolean,
  ): Promise<void> {
    const path = this.#path(segmentName(segment.number))
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

  /**
   * After a stop that was not clean the last segment is not written to again: what can be read of its end may exist in
   * the kernel's memory only. Its last batch is written again, to a new segment (J5), behind a record of the state, as
   * in every segment.
   */
  async #continueElsewhere(tail: Tail, epoch: number, visitor: LogVisitor): Promise<void> {
    const before = this.#manifest.segments
    const open = before[before.length - 1]
    const number = (open?.number ?? 0) + 1
    const copied = tail.batch
    const first = copied === null ? tail.number + 1 : tail.number
    const payload = copied === null ? null : Buffer.concat([visitor.state(), copied.payload])
    const size = Math.max(this.#segmentSize, SEGMENT_HEAD + FRAME_HEAD + (payload?.length ?? 0))

    await this.#makeSegment(number, size, epoch)
    await this.#use(number, size, SEGMENT_HEAD)
    if (copied !== null && payload !== null) {
      const place = number * SEGMENT_SPAN + SEGMENT_HEAD
      const bytes = Buffer.allocUnsafeSlow(FRAME_HEAD + payload.length)
      bytes.set(payload, FRAME_HEAD)
      const seed = seedOf(this.#store, number)
      sealFrame(bytes, { number: copied.number, watermark: copied.number - 1, epoch }, SEGMENT_HEAD, seed)
      const file = this.#active?.file
      assert(file !== undefined, 'a segment is active')
      await writeFullyAsync(file, bytes, SEGMENT_HEAD)
      this.#activeEnd += bytes.length
      visitor.batch({ number: copied.number, place, payload })
    }
    const kept = before.slice(0, -1)
    if (open !== undefined) {
      const end = (copied?.place ?? tail.place) % SEGMENT_SPAN
      const closed = open.closed ?? { last: first - 1, end }
      // One without a batch is not needed.
      if (closed.end > SEGMENT_HEAD) kept.push({ ...open, closed })
    }
    this.#manifest = {
      ...this.#manifest,
      epoch,
      segments: [...kept, { number, size, first, closed: null }],
      clean: null,
    }
    await writeManifest(this.#disk, this.#directory, this.#manifest)
    if (open !== undefined && kept.length < before.length) {
      await this.#disk.unlink(this.#path(segmentName(open.number)))
    }
    this.#lastNumber = tail.number
    if (open !== undefined) {
      this.#log.info({ batches: tail.number, segment: number }, 'journal recovered after an unclean stop')
    }
  }

  // Placing and appending.

  begins(size: number): boolean {
    return this.#nextOffset === SEGMENT_HEAD || this.#nextOffset + size > this.#nextSize
  }

  place(size: number): number {
    if (this.#nextOffset + size > this.#nextSize) {
      this.#nextSegment++
      this.#nextOffset = SEGMENT_HEAD
      this.#nextSize = Math.max(this.#segmentSize, SEGMENT_HEAD + size)
      this.#planned.set(this.#nextSegment, this.#nextSize)
    }
    return this.#nextSegment * SEGMENT_SPAN + this.#nextOffset
  }

  settle(place: number, size: number): void {
    assert(place === this.#nextSegment * SEGMENT_SPAN + this.#nextOffset, 'only the last placed batch is settled')
    this.#nextOffset += size
  }

  append(number: number, place: number, bytes: Buffer, to: Appended): void {
    const segment = this.segmentOf(place)
    if (this.#active !== null && this.#active.number === segment && this.#broken === null) {
      this.#write(number, place, bytes, to)
      return
    }
    this.#activate(segment, number).then(
      () => this.#write(number, place, bytes, to),
      (error: unknown) => to.appended(this.#outcomeOf(error, false)),
    )
  }

  #write(number: number, place: number, bytes: Buffer, to: Appended): void {
    const active = this.#active
    assert(active !== null, 'the segment of a batch is active')
    const offset = place % SEGMENT_SPAN
    assert(number === this.#lastNumber + 1, 'batches are appended in the order of their numbers')
    assert(offset >= this.#activeEnd, 'a batch does not overlap the one before')
    sealFrame(bytes, { number, watermark: number - 1, epoch: this.#manifest.epoch }, offset, active.seed)
    writeFully(active.file, bytes, offset, (error, count) => {
      if (error !== null) {
        to.appended(this.#outcomeOf(error, count > 0))
        return
      }
      this.#lastNumber = number
      this.#activeEnd = offset + bytes.length
      to.appended({ kind: 'durable' })
    })
  }

  /** J4 and J14: only a lack of room before the first byte leaves everything as it was. */
  #outcomeOf(error: unknown, begun: boolean): Parameters<Appended['appended']>[0] {
    if (isDiskFull(error) && !begun && this.#broken === null) {
      this.#outOfSpace = true
      const text = `the disk of ${this.#directory} is full`
      return { kind: 'full', error: new MillraceError('STORE_FULL', text, { cause: error }) }
    }
    this.#broken ??=
      error instanceof MillraceError
        ? error
        : new MillraceError('STORE_FAILED', `the journal in ${this.#directory} cannot be written: ${String(error)}`, {
            cause: error,
          })
    return { kind: 'failed', error: this.#broken }
  }

  /** Makes the next segment the one that is written: from a spare, listed, and both known to the directory (J6). */
  #activate(segment: number, first: number): Promise<void> {
    return this.#change(async () => {
      if (this.#broken !== null) throw this.#broken
      await this.#checkEpoch()
      const size = this.#planned.get(segment) ?? this.#segmentSize
      const names = await this.#disk.list(this.#directory)
      if (!names.includes(segmentName(segment))) await this.#makeSegment(segment, size, this.#manifest.epoch)
      const segments = this.#manifest.segments.map((listed) =>
        listed.closed === null ? { ...listed, closed: { last: this.#lastNumber, end: this.#activeEnd } } : listed,
      )
      const manifest = { ...this.#manifest, segments: [...segments, { number: segment, size, first, closed: null }] }
      await writeManifest(this.#disk, this.#directory, manifest)
      this.#manifest = manifest
      this.#planned.delete(segment)
      const before = this.#active
      await this.#use(segment, size, SEGMENT_HEAD)
      await before?.file.close()
      this.#prepare()
    })
  }

  /** A writer that was replaced finds a higher epoch than its own, and stops (J17). */
  async #checkEpoch(): Promise<void> {
    const manifest = await readManifest(this.#disk, this.#directory)
    if (manifest !== null && manifest.store === this.#manifest.store && manifest.epoch === this.#manifest.epoch) return
    throw new MillraceError('STORE_FAILED', `another process has taken the store in ${this.#directory}`)
  }

  async #makeSegment(number: number, size: number, epoch: number): Promise<void> {
    let spare: string | undefined
    if (size === this.#segmentSize) {
      if (this.#spares.length === 0 && this.#preparing !== null) await this.#preparing
      if (this.#broken !== null) throw this.#broken
      spare = this.#spares.shift()
    }
    if (spare === undefined) {
      spare = `spare-${++this.#spareCount}.journal`
      await this.#fill(this.#path(spare), size)
    }
    const file = await this.#disk.open(this.#path(spare), 'durable')
    try {
      await writeFullyAsync(file, segmentHead({ store: this.#store, segment: number, size, epoch }), 0)
    } finally {
      await file.close()
    }
    await this.#disk.rename(this.#path(spare), this.#path(segmentName(number)))
    await this.#disk.syncDirectory(this.#directory)
  }

  async #use(number: number, size: number, end: number): Promise<void> {
    const file = await this.#disk.open(this.#path(segmentName(number)), 'durable')
    this.#active = { number, size, seed: seedOf(this.#store, number), file }
    this.#activeEnd = end
  }

  /** A file of zeros, synced. What was begun is removed again when it cannot be finished. */
  async #fill(path: string, size: number): Promise<void> {
    const file = await this.#disk.open(path, 'create')
    try {
      const zeros = Buffer.alloc(Math.min(SLICE, size))
      for (let at = 0; at < size; at += zeros.length) {
        await writeFullyAsync(file, zeros.subarray(0, Math.min(zeros.length, size - at)), at)
      }
      await file.sync()
    } catch (error) {
      await file.close()
      await this.#disk.unlink(path)
      throw error
    }
    await file.close()
  }

  /** Makes spares in the background, one slice at a time. */
  #prepare(): void {
    if (this.#preparing !== null || this.#closed || this.#spares.length >= SPARES) {
      if (this.#spares.length >= SPARES) this.#outOfSpace = false
      return
    }
    const name = `spare-${++this.#spareCount}.journal`
    this.#preparing = this.#fill(this.#path(name), this.#segmentSize)
      .then(() => this.#disk.syncDirectory(this.#directory))
      .then(
        () => {
          this.#preparing = null
          this.#spares.push(name)
          this.#prepare()
        },
        (error: unknown) => {
          this.#preparing = null
          const { kind } = this.#outcomeOf(error, false)
          this.#retryTicks = RETRY_TICKS
          if (kind === 'full') this.#log.warn({ directory: this.#directory }, 'disk full, messages are refused')
        },
      )
  }

  tick(): void {
    if (!this.#outOfSpace || this.#retryTicks-- > 0) return
    this.#retryTicks = RETRY_TICKS
    this.#prepare()
  }

  #change(change: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(change)
    this.#changes = done.catch(() => {})
    return done
  }

  // Reading.

  async read(wanted: readonly Wanted[]): Promise<(Batch | null)[]> {
    const batches: (Batch | null)[] = new Array<Batch | null>(wanted.length).fill(null)
    for (let i = 0; i < wanted.length; ) {
      const segment = this.segmentOf((wanted[i] as Wanted).place)
      const from = (wanted[i] as Wanted).place % SEGMENT_SPAN
      let to = from
      let j = i
      for (; j < wanted.length; j++) {
        const { place, size } = wanted[j] as Wanted
        const at = place % SEGMENT_SPAN
        const end = at + FRAME_HEAD + size
        if (this.segmentOf(place) !== segment || at < from || at > to + GAP_MAX) break
        if (j > i && end - from > RUN_MAX) break
        to = Math.max(to, end)
      }
      await this.#readRun(segment, from, to, wanted, i, j, batches)
      i = j
    }
    return batches
  }

  async #readRun(
    segment: number,
    from: number,
    to: number,
    wanted: readonly Wanted[],
    first: number,
    end: number,
    batches: (Batch | null)[],
  ): Promise<void> {
    const size = this.#listed(segment)?.size ?? 0
    const file = await this.#reader(segment)
    if (file === null || from >= size) return
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

  /** Files stay open for reading, the least recently used is closed. Null when the segment is gone. */
  #reader(segment: number): Promise<DiskFile | null> {
    let reader = this.#readers.get(segment)
    if (reader === undefined) {
      reader = this.#disk.open(this.#path(segmentName(segment)), 'read').catch((error: unknown) => {
        this.#readers.delete(segment)
        if (isMissing(error)) return null
        throw error
      })
    } else {
      this.#readers.delete(segment)
    }
    this.#readers.set(segment, reader)
    if (this.#readers.size > READERS_MAX) {
      for (const [oldest] of this.#readers) {
        this.#closeReader(oldest)
        break
      }
    }
    return reader
  }

  #closeReader(segment: number): void {
    const reader = this.#readers.get(segment)
    this.#readers.delete(segment)
    reader?.then((file) => file?.close()).catch(() => {})
  }

  async scan(segment: number, visit: (batch: Batch) => void | Promise<void>): Promise<void> {
    const listed = this.#listed(segment)
    if (listed === undefined || listed.closed === null) return
    const path = this.#path(segmentName(segment))
    const file = await this.#disk.open(path, 'read')
    try {
      const seed = seedOf(this.#store, segment)
      const window = new Window(file, listed.closed.end)
      for (let at = SEGMENT_HEAD; at < listed.closed.end; ) {
        const length = await window.frame(at)
        const { bytes, from } = window
        const frame = length === 0 ? null : frameAt(bytes, at - from, at - from + length, at, seed)
        if (frame === null) throw damaged(path, at, 0, 'it was written and synced')
        const payload = bytes.subarray(at - from + FRAME_HEAD, at - from + length)
        await visit({ number: frame.number, place: segment * SEGMENT_SPAN + at, payload })
        at += length
      }
    } finally {
      await file.close()
    }
  }

  // Dropping, snapshots, closing.

  drop(segments: readonly number[]): Promise<void> {
    return this.#change(async () => {
      const gone = new Set(segments)
      const kept = this.#manifest.segments.filter((segment) => !gone.has(segment.number))
      const dropped = this.#manifest.segments.filter((segment) => gone.has(segment.number))
      if (dropped.length === 0) return
      assert(
        dropped.every((segment) => segment.closed !== null),
        'the segment that is written is not dropped',
      )
      const manifest = { ...this.#manifest, segments: kept }
      await writeManifest(this.#disk, this.#directory, manifest)
      this.#manifest = manifest
      for (const segment of dropped) {
        this.#closeReader(segment.number)
        await this.#disk.unlink(this.#path(segmentName(segment.number)))
      }
      this.#retryTicks = 0
    })
  }

  async putSnapshot(number: number, place: number, parts: Iterable<Buffer>): Promise<number> {
    const name = `snapshot-${String(number).padStart(16, '0')}.index`
    const fresh = this.#path(`${name}.new`)
    const file = await this.#disk.open(fresh, 'create')
    let at = SNAPSHOT_HEAD
    try {
      let checksum = crc32(this.#store)
      for (const part of parts) {
        checksum = crc32(part, checksum)
        await writeFullyAsync(file, part, at)
        at += part.length
      }
      const length = at - SNAPSHOT_HEAD
      const head = snapshotHead({ store: this.#store, number, place, length, epoch: this.#manifest.epoch }, checksum)
      await writeFullyAsync(file, head, 0)
      await file.sync()
    } catch (error) {
      await file.close()
      await this.#disk.unlink(fresh)
      throw error
    }
    await file.close()
    await this.#disk.rename(fresh, this.#path(name))
    await this.#disk.syncDirectory(this.#directory)
    this.#snapshotBytes = at
    for (const other of await this.#disk.list(this.#directory)) {
      if (other !== name && other.startsWith('snapshot-')) await this.#disk.unlink(this.#path(other))
    }
    return at
  }

  async close(clean: boolean): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#changes
    await this.#preparing
    const active = this.#active
    if (clean && this.#broken === null && active !== null) {
      const place = active.number * SEGMENT_SPAN + this.#activeEnd
      this.#manifest = { ...this.#manifest, clean: { last: this.#lastNumber, place } }
      await writeManifest(this.#disk, this.#directory, this.#manifest)
    }
    await this.#release()
  }

  async #release(): Promise<void> {
    for (const segment of [...this.#readers.keys()]) this.#closeReader(segment)
    await this.#active?.file.close().catch(() => {})
    this.#active = null
    await this.#lock?.release()
    this.#lock = null
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`
  }

  #listed(segment: number): ListedSegment | undefined {
    return this.#manifest.segments.find((listed) => listed.number === segment)
  }
}

/** The end of the log: its last batch, which is not shown yet, and the place behind it. */
interface Tail {
  readonly number: number
  readonly place: number
  readonly batch: Batch | null
}

/** A file read front to back in large pieces; a frame that crosses a border is read whole. */
class Window {
  bytes: Buffer = Buffer.alloc(0)
  /** Offset in the file of the first byte. */
  from = 0
  readonly #file: DiskFile
  readonly #end: number

  constructor(file: DiskFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Has the frame at `position` in `bytes` and says how long it claims to be; 0: there is none that fits. */
  async frame(position: number): Promise<number> {
    if (!this.#holds(position, FRAME_HEAD)) await this.#load(position, WINDOW)
    const lengthMax = this.#end - position
    const length = frameLengthAt(this.bytes, position - this.from, this.bytes.length, lengthMax)
    if (length === 0 || this.#holds(position, length)) return length
    await this.#load(position, Math.max(WINDOW, length))
    return this.#holds(position, length) ? length : 0
  }

  /** Offset of the next occurrence at or behind `position`; -1: none. */
  async find(pattern: Buffer, position: number): Promise<number> {
    let at = position
    for (;;) {
      if (!this.#holds(at, pattern.length)) await this.#load(at, WINDOW)
      if (!this.#holds(at, pattern.length)) return -1
      const found = this.bytes.indexOf(pattern, at - this.from)
      if (found >= 0) return this.from + found
      at = this.from + this.bytes.length - pattern.length + 1
    }
  }

  #holds(position: number, length: number): boolean {
    return position >= this.from && position + length <= this.from + this.bytes.length
  }

  async #load(position: number, length: number): Promise<void> {
    // Not the same buffer again: whoever got a view of it may still look.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#end - position)))
    const count = await readFully(this.#file, bytes, bytes.length, position)
    this.bytes = bytes.subarray(0, count)
    this.from = position
  }
}

function segmentName(number: number): string {
  return `segment-${String(number).padStart(10, '0')}.journal`
}

function damaged(path: string, offset: number, number: number, why: string): MillraceError {
  const batch = number === 0 ? 'a batch' : `batch ${number}`
  return new MillraceError(
    'STORE_DAMAGED',
    `${path}: ${batch} at offset ${offset} cannot be read, though ${why}; nothing was changed`,
  )
}
