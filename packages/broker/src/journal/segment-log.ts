import { crc32 } from 'node:zlib'
import { assert, type Logger, MillraceError, type Random } from '@millrace/base'
import type { Appended, Batch, BatchLog, Blocking, LogSegment, LogVisitor, Wanted } from './batch-log.ts'
import { type Disk, type DiskFile, type DiskLock, isDiskFull, readFully, writeFully, writeFullyAsync } from './disk.ts'
import {
  FORMAT_VERSION,
  FRAME_HEAD,
  frameAt,
  readSnapshot,
  SEGMENT_HEAD,
  SNAPSHOT_HEAD,
  sealFrame,
  seedOf,
  segmentHead,
  snapshotHead,
} from './frame.ts'
import { SEGMENT_SPAN, segmentName, segmentOf } from './segment-name.ts'
import { SegmentReader } from './segment-reader.ts'
import { damaged, SegmentRecovery, type Tail } from './segment-recovery.ts'
import { Spares } from './spares.ts'
import { type SyncPolicy, syncTicks } from './sync-policy.ts'
import { Window } from './window.ts'
import { firstManifest, type ListedSegment, type Manifest, readManifest, writeManifest } from './manifest.ts'

export interface SegmentLogOptions {
  readonly directory: string
  readonly disk: Disk
  readonly log: Logger
  readonly random: Random
  /** Bytes of a segment file. A batch that does not fit gets a larger one of its own. */
  readonly segmentSize: number
  readonly sync: SyncPolicy
  /** Of `periodic`. */
  readonly syncIntervalMs: number
  /** Null: writes never stand in the way of anything. */
  readonly blocking: Blocking | null
}

/** A segment that has no blocks for a batch gets so many zeros at once, a quarter of its size at most. */
const PIECE_MAX = 1 << 20
/** From this part of a piece on, 64 KiB of 1 MiB, a batch makes its file grow itself. */
const GROWING_SHARE = 1 / 16
/** What is larger is never written within a call. */
const WITHIN_MAX = 256 * 1024
/** The next segment is made when so much of this one is used. */
const AHEAD_SHARE = 0.5

/** A segment that is open for writing. */
interface ActiveSegment {
  readonly number: number
  readonly size: number
  readonly seed: number
  readonly file: DiskFile
  /** Bytes of the file whose blocks are there. */
  allocated: number
}

/**
 * The batch log on files. One directory holds
 *
 *     lock                    taken by the kernel for the process that uses the store
 *     manifest                the list of segments that must be there, the writer's epoch
 *     segment-0000000001.journal …   batches, one behind the other
 *     spare-1.journal …       full-sized files to become the next segments, and the reserve for a full disk
 *     snapshot-<batch>.index  the index up to that batch: a cache
 *
 * Small batches are written where blocks are there already, those of an earlier segment or zeros (J7), so that a batch
 * costs the disk its own bytes and nothing of the file system's bookkeeping. A large one may make its file grow: then
 * that bookkeeping is small beside it. There is one outstanding write (J23). Only the last segment has a tail that may
 * be torn; every other is listed with the exact end of what is in it.
 */
export class SegmentLog implements BatchLog {
  readonly frameSize: number = FRAME_HEAD
  readonly #directory: string
  readonly #disk: Disk
  readonly #log: Logger
  readonly #random: Random
  readonly #segmentSize: number
  readonly #pieceSize: number

  #lock: DiskLock | null = null
  #store: Buffer = Buffer.alloc(16)
  #manifest: Manifest = firstManifest('')
  /** Manifest writes and what belongs to them go one after the other. */
  #changes: Promise<void> = Promise.resolve()

  /** The segment that is being written. */
  #active: ActiveSegment | null = null
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
  /** A segment that was made before it was needed, and is not listed. */
  #ahead: ActiveSegment | null = null
  #makingAhead = false

  readonly #spares: Spares
  #reader: SegmentReader
  #snapshotBytes = 0
  #segmentBytes = 0
  #closed = false
  /** Each write is a sync. */
  readonly #always: boolean
  readonly #syncTicks: number
  readonly #blocking: Blocking | null
  #ticks = 0
  /** The last batch that is known to be on stable storage; as `#lastNumber` when each write is a sync. */
  #syncedNumber = 0
  #syncing = false

  constructor(options: SegmentLogOptions) {
    this.#directory = options.directory
    this.#disk = options.disk
    this.#log = options.log
    this.#random = options.random
    this.#segmentSize = options.segmentSize
    this.#always = options.sync === 'always'
    this.#syncTicks = syncTicks(options.sync, options.syncIntervalMs)
    this.#blocking = options.blocking
    this.#pieceSize = Math.min(PIECE_MAX, options.segmentSize >>> 2)
    this.#reader = this.#newReader()
    this.#spares = new Spares(options.directory, options.disk, options.log, options.segmentSize, (error) => {
      this.#outcomeOf(error, true)
    })
  }

  get full(): boolean {
    return this.#spares.full
  }

  get bytes(): number {
    return this.#snapshotBytes + this.#spares.bytes + this.#segmentBytes
  }

  get segments(): readonly LogSegment[] {
    return this.#manifest.segments
  }

  get end(): number {
    return (this.#active?.number ?? 0) * SEGMENT_SPAN + this.#activeEnd
  }

  segmentOf(place: number): number {
    return segmentOf(place)
  }

  // Opening.

  async open(visitor: LogVisitor): Promise<void> {
    await this.#disk.makeDirectory(this.#directory)
    this.#lock = await this.#disk.lock(this.#path('lock'))
    try {
      await this.#open(visitor)
    } catch (error) {
      this.#closed = true
      await this.#spares.close()
      await this.#release()
      if (error instanceof MillraceError) throw error
      const code = isDiskFull(error) ? 'STORE_FULL' : 'STORE_FAILED'
      throw new MillraceError(code, `the store in ${this.#directory} cannot be opened: ${String(error)}`, {
        cause: error,
      })
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
    if (manifest === null) await this.#writeManifest(this.#manifest)
    this.#store = Buffer.from(this.#manifest.store, 'hex')
    this.#reader = this.#newReader()
    await this.#takeStock(names, leftovers)

    const { clean, segments } = this.#manifest
    const from = await this.#loadSnapshot(names, leftovers, visitor)
    let watermark = Math.max(from?.number ?? 0, clean?.last ?? 0)
    for (const { closed } of segments) watermark = Math.max(watermark, closed?.last ?? 0)
    const recovery = new SegmentRecovery(this.#directory, this.#disk, this.#store, this.#manifest)
    const tail = await recovery.run(from, watermark, visitor)
    const epoch = this.#manifest.epoch + 1
    const open = segments[segments.length - 1]

    if (open !== undefined && clean !== null && clean.last === tail.number && clean.place === tail.place) {
      // Everything in it was synced and nothing came behind: it goes on where it was.
      // From now on it may hold what only this format has.
      this.#manifest = { ...this.#manifest, format: FORMAT_VERSION, epoch, clean: null }
      await this.#writeManifest(this.#manifest)
      if (tail.batch !== null) visitor.batch(tail.batch)
      const allocated = await this.#disk.size(this.#path(segmentName(open.number)))
      const file = await this.#disk.open(this.#path(segmentName(open.number)), this.#always ? 'durable' : 'write')
      this.#use(this.#segment(open.number, open.size, file, allocated), clean.place % SEGMENT_SPAN)
      this.#lastNumber = tail.number
    } else {
      await this.#continueElsewhere(tail, epoch, visitor)
    }
    this.#syncedNumber = this.#lastNumber
    this.#nextSegment = this.#active?.number ?? 0
    this.#nextOffset = this.#activeEnd
    this.#nextSize = this.#active?.size ?? 0
    // Only now: a store that is refused is left as it was found. Some of the names are in use again.
    for (const name of leftovers) {
      if (name === segmentName(this.#nextSegment) || name === 'manifest.new') continue
      await this.#disk.unlink(this.#path(name))
    }
    this.#spares.prepare()
  }

  #newReader(): SegmentReader {
    return new SegmentReader(this.#directory, this.#disk, this.#log, this.#store, (segment) => {
      return this.#listed(segment)?.size ?? 0
    })
  }

  #newStore(): string {
    const bytes = Buffer.alloc(16)
    for (let i = 0; i < 16; i++) bytes[i] = this.#random(256)
    return bytes.toString('hex')
  }

  /** Everything listed must be there; what an earlier process had begun and not listed is left over. */
  async #takeStock(names: readonly string[], leftovers: string[]): Promise<void> {
    const { segments } = this.#manifest
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
        if (!(await this.#spares.adopt(name))) leftovers.push(name)
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
          if (visitor.snapshot(head.number, head.place, bytes.subarray(SNAPSHOT_HEAD))) {
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
    // Whoever wrote it may have synced seldom, and from now on it is listed as safe.
    if (open !== undefined) await this.#syncFile(this.#path(segmentName(open.number)))

    this.#use(await this.#makeSegment(number, size, epoch, true), SEGMENT_HEAD)
    if (copied !== null && payload !== null) {
      const place = number * SEGMENT_SPAN + SEGMENT_HEAD
      const bytes = Buffer.allocUnsafeSlow(FRAME_HEAD + payload.length)
      bytes.set(payload, FRAME_HEAD)
      const seed = seedOf(this.#store, number)
      sealFrame(bytes, { number: copied.number, watermark: copied.number - 1, epoch }, SEGMENT_HEAD, seed)
      const active = this.#active
      assert(active !== null, 'a segment is active')
      await writeFullyAsync(active.file, bytes, SEGMENT_HEAD)
      if (!this.#always) await active.file.sync()
      this.#activeEnd += bytes.length
      active.allocated = Math.max(active.allocated, this.#activeEnd)
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
      format: FORMAT_VERSION,
      epoch,
      segments: [...kept, { number, size, first, closed: null }],
      clean: null,
    }
    await this.#writeManifest(this.#manifest)
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

  append(number: number, place: number, bytes: Buffer, to: Appended, lone: boolean): void {
    const segment = this.segmentOf(place)
    if (this.#active !== null && this.#active.number === segment && this.#broken === null) {
      this.#write(number, place, bytes, to, lone && bytes.length <= WITHIN_MAX)
      return
    }
    this.#activate(segment, number).then(
      () => this.#write(number, place, bytes, to, false),
      (error: unknown) => to.appended(this.#outcomeOf(error, false)),
    )
  }

  #write(number: number, place: number, bytes: Buffer, to: Appended, lone: boolean): void {
    const active = this.#active
    assert(active !== null, 'the segment of a batch is active')
    const offset = place % SEGMENT_SPAN
    assert(number === this.#lastNumber + 1, 'batches are appended in the order of their numbers')
    assert(offset >= this.#activeEnd, 'a batch does not overlap the one before')
    const end = offset + bytes.length
    const grows = end > active.allocated
    const growFirst = (): void => {
      this.#grow(active, end).then(
        () => this.#write(number, place, bytes, to, false),
        (error: unknown) => to.appended(this.#outcomeOf(error, false)),
      )
    }
    if (grows && bytes.length < this.#pieceSize * GROWING_SHARE) {
      growFirst()
      return
    }
    const watermark = this.#always ? number - 1 : this.#syncedNumber
    sealFrame(bytes, { number, watermark, epoch: this.#manifest.epoch }, offset, active.seed)
    const now = lone && this.#blocking?.begin() === true
    writeFully(active.file, bytes, offset, now, (error, count) => {
      if (now) this.#blocking?.end()
      if (error !== null) {
        // What lies behind the blocks that were there is nobody's yet and will be written over: as if nothing had been
        // written, unlike a failed write to blocks that are there, which may have left anything (J14).
        if (grows && isDiskFull(error)) growFirst()
        else to.appended(this.#outcomeOf(error, count > 0))
        return
      }
      this.#lastNumber = number
      this.#activeEnd = end
      if (grows) active.allocated = end
      to.appended({ kind: 'durable' })
      if (end > active.size * AHEAD_SHARE && this.#ahead === null && !this.#makingAhead && !this.full)
        this.#makeAhead(active)
    })
  }

  /** Zeros behind what is there, up to `end` at least; without room for them, that of the reserve is used (J13). */
  async #grow(active: ActiveSegment, end: number): Promise<void> {
    while (active.allocated < end) {
      const zeros = Buffer.alloc(Math.min(this.#pieceSize, active.size - active.allocated))
      await this.#withReserve(() => writeFullyAsync(active.file, zeros, active.allocated))
      active.allocated += zeros.length
    }
  }

  /** J4 and J14: only a lack of room before the first byte leaves everything as it was. */
  #outcomeOf(error: unknown, begun: boolean): Parameters<Appended['appended']>[0] {
    if (isDiskFull(error) && !begun && this.#broken === null) {
      this.#spares.markFull()
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

  /** Makes the next segment the one that is written: listed, and known to the directory (J6). */
  #activate(segment: number, first: number): Promise<void> {
    return this.#change(async () => {
      if (this.#broken !== null) throw this.#broken
      await this.#syncActive()
      const size = this.#planned.get(segment) ?? this.#segmentSize
      const next = await this.#nextSegmentOf(segment, size)
      const segments = this.#manifest.segments.map((listed) =>
        listed.closed === null ? { ...listed, closed: { last: this.#lastNumber, end: this.#activeEnd } } : listed,
      )
      const manifest = { ...this.#manifest, segments: [...segments, { number: segment, size, first, closed: null }] }
      try {
        await this.#writeManifest(manifest)
      } catch (error) {
        this.#ahead = next
        throw error
      }
      this.#planned.delete(segment)
      const before = this.#active
      this.#use(next, SEGMENT_HEAD)
      this.#spares.prepare()
      await before?.file.close()
    })
  }

  /** The one that was made ahead, if it fits. */
  async #nextSegmentOf(number: number, size: number): Promise<ActiveSegment> {
    const ahead = this.#ahead
    this.#ahead = null
    if (ahead?.number === number && ahead.size === size) return ahead
    await ahead?.file.close()
    await this.#checkEpoch()
    return this.#makeSegment(number, size, this.#manifest.epoch, true)
  }

  /** The file of the next segment is made in the background, so that nobody waits for it. */
  #makeAhead(active: ActiveSegment): void {
    this.#makingAhead = true
    void this.#change(async () => {
      try {
        if (this.#closed || this.#broken !== null || this.#active !== active) return
        const number = active.number + 1
        const size = this.#segmentSize
        await this.#checkEpoch()
        this.#ahead = await this.#makeSegment(number, size, this.#manifest.epoch, false)
      } catch (error) {
        // A lack of room is met again, and dealt with, when the segment is needed.
        if (!isDiskFull(error)) this.#outcomeOf(error, true)
      } finally {
        this.#makingAhead = false
      }
    })
  }

  async #writeManifest(manifest: Manifest): Promise<void> {
    await this.#withReserve(() => writeManifest(this.#disk, this.#directory, manifest))
    this.#manifest = manifest
    this.#segmentBytes = manifest.segments.reduce((sum, { size }) => sum + size, 0)
  }

  /** What makes room must have room: when there is none, a spare segment is given up for it (J13). */
  async #withReserve<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      if (!isDiskFull(error) || !(await this.#spares.giveUp())) throw error
      return await action()
    }
  }

  /** A writer that was replaced finds a higher epoch than its own, and stops (J17). */
  async #checkEpoch(): Promise<void> {
    const manifest = await readManifest(this.#disk, this.#directory)
    if (manifest !== null && manifest.store === this.#manifest.store && manifest.epoch === this.#manifest.epoch) return
    throw new MillraceError('STORE_FAILED', `another process has taken the store in ${this.#directory}`)
  }

  /** A file with its head, known to the directory and not listed (J6). */
  async #makeSegment(number: number, size: number, epoch: number, urgent: boolean): Promise<ActiveSegment> {
    try {
      return await this.#tryMakeSegment(number, size, epoch)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#spares.markFull()
      if (!urgent) throw error
      // Now from the reserve, or with its room.
      return await this.#withReserve(() => this.#tryMakeSegment(number, size, epoch))
    }
  }

  async #tryMakeSegment(number: number, size: number, epoch: number): Promise<ActiveSegment> {
    const spare = await this.#spares.take(size)
    if (this.#broken !== null) throw this.#broken
    const head = segmentHead({ store: this.#store, segment: number, size, epoch })
    // A file that grows gets its first zeros with the head.
    const first = Buffer.alloc(spare.size > 0 ? SEGMENT_HEAD : this.#pieceSize)
    first.set(head)
    let file = await this.#disk.open(spare.path, 'durable')
    let headed = false
    try {
      await writeFullyAsync(file, first, 0)
      headed = true
      await this.#disk.rename(spare.path, this.#path(segmentName(number)))
      await this.#disk.syncDirectory(this.#directory)
      if (!this.#always) {
        await file.close()
        file = await this.#disk.open(this.#path(segmentName(number)), 'write')
      }
    } catch (error) {
      await file.close()
      // From then on it may have its other name already; the next try, or the next start, writes over it.
      if (isDiskFull(error) && !headed) await this.#disk.unlink(spare.path)
      throw error
    }
    return this.#segment(number, size, file, Math.max(spare.size, first.length))
  }

  #segment(number: number, size: number, file: DiskFile, allocated: number): ActiveSegment {
    return { number, size, seed: seedOf(this.#store, number), file, allocated }
  }

  #use(segment: ActiveSegment, end: number): void {
    this.#active = segment
    this.#activeEnd = end
  }

  tick(): void {
    this.#spares.tick()
    if (this.#syncTicks === 0) return
    this.#ticks++
    if (this.#ticks < this.#syncTicks || this.#syncing || this.#syncedNumber === this.#lastNumber) return
    this.#ticks = 0
    this.#syncing = true
    void this.#change(() => this.#syncActive())
      .catch((error: unknown) => this.#outcomeOf(error, true))
      .finally(() => {
        this.#syncing = false
      })
  }

  /** What is about to be relied on must be safe; nothing to do where each write is a sync. */
  async #syncActive(): Promise<void> {
    const active = this.#active
    const number = this.#lastNumber
    if (this.#always || active === null || this.#syncedNumber === number) return
    try {
      await active.file.sync()
    } catch (error) {
      // J4: the next one may report success without having written.
      this.#outcomeOf(error, true)
      throw this.#broken ?? error
    }
    this.#syncedNumber = number
  }

  async #syncFile(path: string): Promise<void> {
    const file = await this.#disk.open(path, 'write')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }

  #change(change: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(change)
    this.#changes = done.catch(() => {})
    return done
  }

  // Reading.

  read(wanted: readonly Wanted[]): Promise<(Batch | null)[]> {
    return this.#reader.read(wanted)
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
      await this.#syncActive()
      const gone = new Set(segments)
      const kept = this.#manifest.segments.filter((segment) => !gone.has(segment.number))
      const dropped = this.#manifest.segments.filter((segment) => gone.has(segment.number))
      if (dropped.length === 0) return
      assert(
        dropped.every((segment) => segment.closed !== null),
        'the segment that is written is not dropped',
      )
      const manifest = { ...this.#manifest, segments: kept }
      await this.#writeManifest(manifest)
      for (const segment of dropped) {
        this.#reader.close(segment.number)
        const path = this.#path(segmentName(segment.number))
        if (!(await this.#spares.recycle(path))) await this.#disk.unlink(path)
      }
      this.#spares.freed()
    })
  }

  async putSnapshot(number: number, place: number, parts: () => Iterable<Buffer>): Promise<number> {
    const name = `snapshot-${String(number).padStart(16, '0')}.index`
    const fresh = this.#path(`${name}.new`)
    await this.#change(() => this.#syncActive())
    const size = await this.#withReserve(() => this.#writeSnapshot(fresh, number, place, parts()))
    await this.#disk.rename(fresh, this.#path(name))
    await this.#disk.syncDirectory(this.#directory)
    this.#snapshotBytes = size
    for (const other of await this.#disk.list(this.#directory)) {
      if (other !== name && other.startsWith('snapshot-')) await this.#disk.unlink(this.#path(other))
    }
    return size
  }

  async #writeSnapshot(fresh: string, number: number, place: number, parts: Iterable<Buffer>): Promise<number> {
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
    return at
  }

  async close(clean: boolean): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#changes
    await this.#spares.close()
    const active = this.#active
    if (this.#broken === null) await this.#syncActive().catch(() => {})
    if (clean && this.#broken === null && active !== null) {
      try {
        await this.#writeManifest({ ...this.#manifest, clean: { last: this.#lastNumber, place: this.end } })
      } catch (error) {
        // The next start will look at the journal more closely, that is all.
        this.#log.warn({ directory: this.#directory, error }, 'the store could not be marked as closed')
      }
    }
    await this.#release()
  }

  async #release(): Promise<void> {
    this.#reader.closeAll()
    for (const segment of [this.#active, this.#ahead]) await segment?.file.close().catch(() => {})
    this.#active = null
    this.#ahead = null
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
