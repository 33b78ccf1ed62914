import { assert, type Clock, type Logger, MillraceError, type Random, systemRandom, type Turn } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type {
  DurableRecord,
  Operation,
  Paged,
  PageReceiver,
  QueueStore,
  Recovery,
  Store,
  Stored,
  StoreUsage,
} from '../store/store.ts'
import { Appender, type AppenderHooks, closedError, type FillingBatch } from './appender.ts'
import type { Batch, BatchLog, Wanted } from './batch-log.ts'
import { type BranchOperation, Catalog, type CatalogQueue, durableKey } from './catalog.ts'
import { type Disk, systemDisk } from './disk.ts'
import type { Location } from './queue-index.ts'
import {
  ADD_SHARED_SIZE,
  addSizeMax,
  beginRecord,
  endRecord,
  RECORD_HEAD,
  RecordReader,
  RecordType,
  readMessageAt,
  REMOVE_SIZE,
  SHARES_MAX,
  writeAdd,
  writeAddShared,
  writeDurable,
  writeDurableRemove,
  writeNeeds,
  writeQueue,
  writeQueueDelete,
  writeRemove,
  writeXid,
} from './record.ts'
import { readBranch, Replay } from './recovery.ts'
import { SegmentLog } from './segment-log.ts'
import { Snapshot } from './snapshot.ts'
import { correctState, stateRecord } from './state.ts'
import { Sweep, type SweepEntry, type SweepPort } from './sweep.ts'

export interface JournalStoreOptions {
  readonly directory: string
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  /** The journal can promise nothing any more; everyone who waited was told. The process is to end. */
  readonly failed?: (error: MillraceError) => void
  readonly disk?: Disk
  readonly random?: Random
  /** Bytes of a segment file; 32 MiB. */
  readonly segmentSize?: number
  /** Bytes that gather in one batch at most, one large message or transaction excepted; 1 MiB. */
  readonly batchSize?: number
  /** A snapshot of the index is taken each time so many bytes were written; 64 MiB. */
  readonly snapshotSize?: number
  /** Beyond so many bytes on disk the store says that it is full; no limit. */
  readonly bytesMax?: number
  /** Producers whose last sequence is remembered; 4,096. */
  readonly producersMax?: number
}

const MIB = 1 << 20
/** A page is cut when its messages have so many bytes together. */
const PAGE_BYTES_MAX = 4 * MIB
/** A transaction is one batch; the log's places have room for this much. */
const UNIT_SIZE_MAX = 1024 * MIB

export function openJournalStore(options: JournalStoreOptions): Store {
  return new JournalStore(options)
}

/**
 * The store that ships: messages, removals and transactions as records in a journal, an index of them in memory.
 * Encoding and indexing happen within the call; the appender writes at the end of the turn and tells the waiters.
 */
export class JournalStore implements Store, AppenderHooks, SweepPort {
  readonly #options: JournalStoreOptions
  readonly #log: BatchLog
  readonly #catalog: Catalog
  readonly #appender: Appender
  readonly #sweep: Sweep
  readonly #queues = new Map<number, JournalQueue>()
  readonly #snapshotSize: number
  #opened = false
  #closed: Promise<void> | null = null

  /** Bytes written since the last snapshot was taken. */
  #written = 0
  #snapshotBytes = 0
  /** A snapshot that waits for its batch to be safe. */
  #snapshot: Snapshot | null = null
  #snapshotting: Promise<void> | null = null
  /** Segments before this one are all in the snapshot on disk. */
  #snapshotSegment = 0
  #dropping: Promise<void> | null = null
  /** What removals of a transaction took out, in case that it is refused. */
  #undo: { batch: number; queue: CatalogQueue; at: Location }[] = []
  readonly #damagedKeys = new Set<string>()
  readonly #reader = new RecordReader()

  constructor(options: JournalStoreOptions) {
    this.#options = options
    const segmentSize = options.segmentSize ?? 32 * MIB
    this.#snapshotSize = options.snapshotSize ?? 64 * MIB
    const log = new SegmentLog({
      directory: options.directory,
      disk: options.disk ?? systemDisk,
      log: options.log,
      random: options.random ?? systemRandom,
      segmentSize,
    })
    this.#log = log
    this.#catalog = new Catalog((place) => log.segmentOf(place), options.producersMax ?? 4096)
    this.#appender = new Appender(log, options.turn, Math.min(options.batchSize ?? MIB, segmentSize >>> 2), this)
    this.#sweep = new Sweep(this.#catalog, log, this, options.log, segmentSize)
  }

  // Opening and closing.

  async open(recovery: Recovery): Promise<void> {
    const startMs = this.#options.clock.monotonic()
    const replay = new Replay(this.#catalog, (segment) => this.#log.segments.some(({ number }) => number === segment))
    await this.#log.open(replay)
    this.#appender.start(replay.number)
    const existing = new Set(this.#log.segments.map(({ number }) => number))
    for (const use of this.#catalog.segments.values()) {
      if (existing.has(use.number)) continue
      if (use.live > 0) {
        throw new MillraceError('STORE_DAMAGED', `segment ${use.number} is gone, ${use.live} messages are still in it`)
      }
      this.#catalog.dropSegment(use.number)
    }
    await this.#readBranches()
    this.#opened = true
    let count = 0
    for (const queue of this.#catalog.queues.values()) {
      count += queue.index.count
      recovery.queue(this.#queueOf(queue), queue.index.keyFirst, queue.index.keyLast)
    }
    for (const record of this.#catalog.durables.values()) recovery.durable(record)
    for (const { xid, operations } of this.#catalog.branches.values()) {
      recovery.prepared(
        xid,
        (operations ?? []).map((operation) => ({ ...operation, queue: this.#queueOf(operation.queue) })),
      )
    }
    for (const { id, sequence } of this.#catalog.producers.list()) recovery.producer(id, sequence)
    recovery.keys(this.#catalog.keyLast)
    // What had to be read now would have to be read again.
    this.#written = replay.bytes
    this.#options.log.info(
      {
        directory: this.#options.directory,
        messages: count,
        batches: replay.batches,
        snapshot: replay.fromSnapshot,
        ms: Math.round(this.#options.clock.monotonic() - startMs),
      },
      'journal open',
    )
  }

  async #readBranches(): Promise<void> {
    const reader = new RecordReader()
    for (const [text, branch] of [...this.#catalog.branches]) {
      const [batch] = await this.#log.read([{ place: branch.place, size: branch.offset + branch.length }])
      if (batch === null || batch === undefined) {
        throw new MillraceError('STORE_DAMAGED', `the prepared branch ${text} cannot be read`)
      }
      const operations = readBranch(reader, batch.payload, branch.offset, this.#catalog)
      if (operations === null) this.#catalog.removeBranch(branch.xid, this.#appender.durable)
      else branch.operations = operations
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (!this.#opened) return
    await this.#sweep.stop()
    await this.#appender.flush()
    await this.#snapshotting
    await this.#dropping
    const clean = this.#appender.settled
    if (clean && this.#written > 0) {
      this.#snapshot = new Snapshot(this.#appender.durable, this.#log.end, this.#catalog)
      this.#putSnapshot()
      await this.#snapshotting
    }
    await this.#log.close(clean)
  }

  tick(): void {
    if (!this.#opened || this.#closed !== null) return
    this.#log.tick()
    this.#appender.tick()
    this.#dropEmptied()
    this.#sweep.tick()
  }

  get usage(): StoreUsage {
    const bytesMax = this.#options.bytesMax ?? Number.POSITIVE_INFINITY
    const bytes = this.#log.bytes
    return { bytes, bytesMax, full: this.#log.full || bytes >= bytesMax }
  }

  // What is stored.

  queue(name: string): QueueStore {
    const known = this.#catalog.queuesByName.get(name)
    if (known !== undefined) return this.#queueOf(known)
    if (this.#refusal() === null) {
      const batch = this.#appender.batch(RECORD_HEAD + 8 + 2 * name.length)
      const queue = this.#catalog.makeQueue(this.#catalog.queueIdLast + 1, name)
      writeQueue(batch.writer, queue.id, name)
      return this.#queueOf(queue)
    }
    return this.#queueOf(this.#catalog.makeQueue(this.#catalog.queueIdLast + 1, name))
  }

  #queueOf(queue: CatalogQueue): JournalQueue {
    let found = this.#queues.get(queue.id)
    if (found === undefined) {
      found = new JournalQueue(this, queue)
      this.#queues.set(queue.id, found)
    }
    return found
  }

  /** Why nothing can be stored any more; null: it can. */
  #refusal(): MillraceError | null {
    if (this.#appender.failed !== null) return this.#appender.failed
    return this.#closed === null ? null : closedError()
  }

  #refuse(waiter: Stored | null, error: MillraceError | null): void {
    if (waiter !== null) this.#appender.follow(waiter, error)
  }

  /** Called by the queues. */
  add(queue: CatalogQueue, message: Message, key: number, waiter: Stored | null): void {
    const refusal = this.#refusal() ?? (this.#log.full ? fullError(this.#options.directory) : null)
    if (refusal !== null || queue.deleted) {
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#appender.batch(addSizeMax(message))
    const offset = batch.offset
    writeAdd(batch.writer, queue.id, key, 0, 1, message)
    const catalog = this.#catalog
    catalog.add(queue, key, batch.place, offset, batch.offset - offset, 1)
    catalog.producers.note(message.producerId, message.producerSequence)
    this.#appender.wait(waiter)
  }

  /** Called by the queues. */
  remove(queue: CatalogQueue, key: number, waiter: Stored | null): void {
    const refusal = this.#refusal()
    if (refusal !== null || !queue.index.find(key)) {
      this.#refuse(waiter, refusal)
      return
    }
    this.#remove(this.#appender.batch(REMOVE_SIZE), queue, key)
    this.#appender.wait(waiter)
  }

  /** The entry must be there. */
  #remove(batch: FillingBatch, queue: CatalogQueue, key: number): void {
    const catalog = this.#catalog
    if (!queue.index.find(key)) return
    const segment = this.#log.segmentOf(queue.index.place)
    writeRemove(batch.writer, queue.id, key, segment)
    catalog.need(batch.place, segment)
    catalog.remove(queue, batch.number)
  }

  /** Called by the queues. */
  deleteQueue(queue: CatalogQueue, waiter: Stored | null): void {
    const refusal = this.#refusal()
    if (refusal !== null || queue.deleted) {
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#appender.batch(RECORD_HEAD + 4)
    writeQueueDelete(batch.writer, queue.id)
    this.#catalog.deleteQueue(queue, batch.number)
    this.#queues.delete(queue.id)
    this.#appender.wait(waiter)
  }

  commit(operations: readonly Operation[], waiter: Stored | null): void {
    const steps = stepsOf(operations)
    const refusal = this.#refusalOf(steps)
    if (refusal !== null || steps.length === 0) {
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#appender.batch(RECORD_HEAD + sizeMaxOf(steps))
    const at = beginRecord(batch.writer, RecordType.Unit)
    this.#apply(batch, steps)
    endRecord(batch.writer, at)
    this.#appender.wait(waiter)
  }

  prepare(xid: Xid, operations: readonly Operation[], waiter: Stored | null): void {
    const steps = stepsOf(operations)
    const refusal = this.#refusalOf(steps)
    if (refusal !== null) {
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#appender.batch(RECORD_HEAD + xidSizeMax(xid) + sizeMaxOf(steps))
    const { offset, length } = writePrepare(batch, xid, steps)
    const known = this.#catalog.branches.get(xidText(xid))
    assert(known === undefined, 'a branch is prepared once')
    this.#catalog.addBranch({ xid, place: batch.place, offset, length, operations: steps })
    for (const step of steps) {
      if (step.kind !== 'add') continue
      this.#catalog.producers.note(step.message.producerId, step.message.producerSequence)
      if (step.key > this.#catalog.keyLast) this.#catalog.keyLast = step.key
    }
    this.#appender.wait(waiter)
  }

  finish(xid: Xid, committed: boolean, waiter: Stored | null): void {
    const refusal = this.#refusal()
    const branch = this.#catalog.branches.get(xidText(xid))
    if (refusal !== null || branch === undefined) {
      this.#refuse(waiter, refusal)
      return
    }
    const steps = committed ? (branch.operations ?? []).filter(({ queue }) => !queue.deleted) : []
    const batch = this.#appender.batch(RECORD_HEAD + 1 + xidSizeMax(xid) + sizeMaxOf(steps))
    const at = beginRecord(batch.writer, RecordType.Finish)
    batch.writer.boolean(committed)
    writeXid(batch.writer, xid)
    this.#apply(batch, steps)
    endRecord(batch.writer, at)
    this.#catalog.removeBranch(xid, batch.number)
    this.#appender.wait(waiter)
  }

  addDurable(record: DurableRecord, waiter: Stored | null): void {
    const refusal = this.#refusal()
    if (refusal !== null) {
      this.#refuse(waiter, refusal)
      return
    }
    const texts = [record.clientId, record.name, record.destination.name, record.selector ?? '']
    const batch = this.#appender.batch(RECORD_HEAD + 2 + texts.reduce((sum, text) => sum + 4 + 2 * text.length, 0))
    writeDurable(batch.writer, record)
    this.#catalog.durables.set(durableKey(record.clientId, record.name), record)
    this.#appender.wait(waiter)
  }

  removeDurable(clientId: string, name: string, waiter: Stored | null): void {
    const refusal = this.#refusal()
    if (refusal !== null || !this.#catalog.durables.has(durableKey(clientId, name))) {
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#appender.batch(RECORD_HEAD + 8 + 2 * (clientId.length + name.length))
    writeDurableRemove(batch.writer, clientId, name)
    this.#catalog.durables.delete(durableKey(clientId, name))
    this.#appender.wait(waiter)
  }

  #refusalOf(steps: readonly BranchOperation[]): MillraceError | null {
    const refusal = this.#refusal()
    if (refusal !== null) return refusal
    if (this.#log.full && steps.some(({ kind }) => kind === 'add')) return fullError(this.#options.directory)
    const size = sizeMaxOf(steps)
    if (size <= UNIT_SIZE_MAX) return null
    return new MillraceError('LIMIT_REACHED', `a transaction may have ${UNIT_SIZE_MAX} bytes, this one has ${size}`)
  }

  /** Writes the steps and does them. A message that goes to several queues is written once. */
  #apply(batch: FillingBatch, steps: readonly BranchOperation[]): void {
    const catalog = this.#catalog
    writeSteps(batch, steps, (step, offset, length, shares) => {
      const index = step.queue.index
      if (step.kind === 'add') {
        catalog.add(step.queue, step.key, batch.place, offset, length, shares)
        catalog.producers.note(step.message.producerId, step.message.producerSequence)
        return
      }
      if (!index.find(step.key)) return
      const { place } = index
      const at = { key: step.key, place, offset: index.offset, length: index.length, shares: index.shares }
      this.#undo.push({ batch: batch.number, queue: step.queue, at })
      this.#remove(batch, step.queue, step.key)
    })
  }

  // Reading back.

  /** Called by the queues. Served when everything before it is safe, so it follows what was told of that. */
  page(queue: JournalQueue, afterKey: number, countMax: number, to: PageReceiver): void {
    this.#appender.follow(new PageRequest(this, queue, afterKey, countMax, to), null)
  }

  async readPage(queue: CatalogQueue, afterKey: number, countMax: number, to: PageReceiver): Promise<void> {
    let after = afterKey
    for (;;) {
      const locations = queue.index.after(after, countMax, PAGE_BYTES_MAX)
      // Added or moved meanwhile: not on the disk yet.
      const ahead = locations.some(({ place }) => place >= this.#log.end)
      if (ahead && !(await this.settled())) {
        to.paged([], true)
        return
      }
      const page = await this.#readMessages(queue, locations)
      const lastLocation = locations[locations.length - 1]
      if (lastLocation !== undefined) after = lastLocation.key
      const last = !queue.index.hasAfter(after)
      // Nothing of it was there any more: the receiver could not tell where to go on.
      if (page.length === 0 && !last && this.#closed === null) continue
      to.paged(page, last)
      return
    }
  }

  async #readMessages(queue: CatalogQueue, locations: readonly Location[]): Promise<Paged[]> {
    const wanted: (Wanted & { size: number })[] = []
    for (const { place, offset, length } of locations) {
      const last = wanted[wanted.length - 1]
      if (last !== undefined && last.place === place) last.size = Math.max(last.size, offset + length)
      else wanted.push({ place, size: offset + length })
    }
    const batches = await this.#log.read(wanted)
    const page: Paged[] = []
    const reader = new RecordReader()
    let at = 0
    let previous: { offset: number; batch: Batch; message: Message } | null = null
    for (const location of locations) {
      while (wanted[at]?.place !== location.place) at++
      const batch = batches[at] ?? null
      // Meanwhile it may have been removed, or moved.
      if (!queue.index.find(location.key)) continue
      if (batch === null) {
        const { place, offset, length, shares } = queue.index
        const now = { key: location.key, place, offset, length, shares }
        if (place === location.place) this.#reportDamage(queue, location)
        else if (place < this.#log.end || (await this.settled())) {
          page.push(...(await this.#readMessages(queue, [now])))
        }
        continue
      }
      if (previous !== null && previous.batch === batch && previous.offset === location.offset) {
        page.push({ key: location.key, message: previous.message })
        continue
      }
      const message = readMessageAt(reader, batch.payload, location.offset)
      page.push({ key: location.key, message })
      previous = { offset: location.offset, batch, message }
    }
    return page
  }

  /** J9: what does not verify is never delivered. */
  #reportDamage(queue: CatalogQueue, location: Location): void {
    const name = `${queue.id}:${location.key}`
    if (this.#damagedKeys.has(name)) return
    this.#damagedKeys.add(name)
    this.#options.log.error(
      { queue: queue.name, key: location.key, segment: this.#log.segmentOf(location.place) },
      'a stored message is damaged and is left out',
    )
  }

  // What the appender reports.

  state(): Buffer {
    return stateRecord(this.#catalog)
  }

  closed(batch: FillingBatch): void {
    this.#written += batch.size
    if (this.#snapshot !== null || this.#snapshotting !== null) return
    if (this.#written < Math.max(this.#snapshotSize, 2 * this.#snapshotBytes)) return
    this.#written = 0
    this.#snapshot = new Snapshot(batch.number, batch.place + batch.size, this.#catalog)
  }

  durable(batch: FillingBatch): void {
    if (this.#undo.length > 0) this.#undo = this.#undo.filter((undo) => undo.batch > batch.number)
    if (this.#snapshot !== null && this.#snapshot.number <= batch.number) this.#putSnapshot()
    if (this.#catalog.emptied) this.#dropEmptied()
  }

  failed(error: MillraceError): void {
    this.#options.log.error({ directory: this.#options.directory, error }, 'the journal failed')
    this.#options.failed?.(error)
  }

  refuse(batches: readonly FillingBatch[]): readonly ReadonlySet<number>[] {
    const refused = batches.map((batch) => this.#refuseIn(batch))
    const reader = new RecordReader()
    for (const batch of batches) {
      const payload = batch.writer.view().subarray(batch.frameSize)
      for (const { type, at, end } of recordsOf(payload)) {
        if (type !== RecordType.State) continue
        reader.reset(payload, at + RECORD_HEAD, end)
        correctState(reader, this.#catalog)
      }
    }
    return refused
  }

  /** Takes out every add, commit with an add, and prepare; the room stays, as a Void record. */
  #refuseIn(batch: FillingBatch): ReadonlySet<number> {
    const payload = batch.writer.view().subarray(batch.frameSize)
    const reader = new RecordReader()
    const ends = new Set<number>()
    for (const { type, at, end } of recordsOf(payload)) {
      if (type === RecordType.Add) {
        // A moved message is not a new one.
        if (payload.readUInt32BE(at + RECORD_HEAD + 12) !== 0) continue
        this.#takeBackAdd(batch, payload, at, reader)
      } else if (type === RecordType.Unit) {
        const steps = [...recordsOf(payload, at + RECORD_HEAD, end)]
        if (!steps.some((step) => step.type === RecordType.Add)) continue
        for (const step of steps) {
          if (step.type === RecordType.Remove) this.#takeBackRemove(batch, payload, step.at)
          else this.#takeBackAdd(batch, payload, step.at, reader)
        }
      } else if (type === RecordType.Prepare) {
        reader.reset(payload, at + RECORD_HEAD, end)
        this.#catalog.removeBranch(reader.xid(), batch.number)
        for (const step of recordsOf(payload, reader.position, end)) {
          if (step.type === RecordType.Add) this.#takeBackSequence(payload, step.at, reader)
        }
      } else continue
      payload[at] = RecordType.Void
      ends.add(end)
    }
    return ends
  }

  #takeBackAdd(batch: FillingBatch, payload: Buffer, at: number, reader: RecordReader): void {
    const queue = this.#catalog.queues.get(payload.readUInt32BE(at + RECORD_HEAD))
    const key = payload.readDoubleBE(at + RECORD_HEAD + 4)
    if (queue?.index.find(key)) this.#catalog.remove(queue, batch.number)
    if (payload[at] === RecordType.Add) this.#takeBackSequence(payload, at, reader)
  }

  #takeBackSequence(payload: Buffer, at: number, reader: RecordReader): void {
    reader.reset(payload, at + RECORD_HEAD + 17)
    const sequence = reader.double()
    this.#catalog.producers.takeBack(reader.producerId(), sequence)
  }

  #takeBackRemove(batch: FillingBatch, payload: Buffer, at: number): void {
    const id = payload.readUInt32BE(at + RECORD_HEAD)
    const key = payload.readDoubleBE(at + RECORD_HEAD + 4)
    for (const undo of this.#undo) {
      if (undo.batch !== batch.number || undo.queue.id !== id || undo.at.key !== key) continue
      const { place, offset, length, shares } = undo.at
      if (!undo.queue.deleted) this.#catalog.add(undo.queue, key, place, offset, length, shares)
      return
    }
  }

  // What keeps the disk bounded.

  #putSnapshot(): void {
    const snapshot = this.#snapshot
    this.#snapshot = null
    if (snapshot === null) return
    const { number, place } = snapshot
    this.#snapshotting = this.#log.putSnapshot(number, place, snapshot.parts()).then(
      (bytes) => {
        snapshot.release()
        this.#snapshotting = null
        this.#snapshotBytes = bytes
        this.#snapshotSegment = this.#log.segmentOf(place)
        this.#catalog.emptied = true
      },
      (error: unknown) => {
        snapshot.release()
        this.#snapshotting = null
        // Only a cache: the journal itself has everything.
        this.#options.log.warn({ directory: this.#options.directory, error }, 'the snapshot was not written')
      },
    )
  }

  /** Drops the segments that nothing needs any more; `docs/journal.md` has the four conditions. */
  #dropEmptied(): void {
    if (!this.#catalog.emptied || this.#dropping !== null || this.#appender.failed !== null) return
    this.#catalog.emptied = false
    const gone = this.#catalog.droppable(this.#log.segments, this.#appender.durable, this.#snapshotSegment)
    if (gone.length === 0) return
    this.#dropping = this.#log.drop(gone).then(
      () => {
        this.#dropping = null
        for (const segment of gone) this.#catalog.dropSegment(segment)
        // What needed these may go now.
        this.#catalog.emptied = true
      },
      (error: unknown) => {
        this.#dropping = null
        this.#options.log.warn({ directory: this.#options.directory, error }, 'segments could not be removed')
      },
    )
  }

  // What the sweep asks.

  get idle(): boolean {
    return this.#refusal() === null && this.#snapshotting === null && this.#dropping === null
  }

  get snapshotSegment(): number {
    return this.#snapshotSegment
  }

  settled(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#appender.follow({ stored: (error) => resolve(error === null) }, null)
    })
  }

  moveMessage(payload: Buffer, offset: number, entries: readonly SweepEntry[], segment: number): void {
    const catalog = this.#catalog
    const message = readMessageAt(this.#reader, payload, offset)
    const needs = [...(catalog.segments.get(segment)?.needs ?? [])]
    const size = addSizeMax(message) + entries.length * ADD_SHARED_SIZE + RECORD_HEAD + 4 + 4 * needs.length
    const batch = this.#appender.batch(size)
    const shares = Math.min(entries.length, SHARES_MAX)
    const first = batch.offset
    let length = 0
    for (const { queue, key } of entries) {
      const at = batch.offset
      if (at === first) {
        writeAdd(batch.writer, queue.id, key, segment, shares, message)
        length = batch.offset - first
      } else writeAddShared(batch.writer, queue.id, key, segment, shares, at - first)
      catalog.need(batch.place, segment)
      if (queue.index.find(key)) {
        catalog.move(queue, { key, place: batch.place, offset: first, length, shares }, batch.number)
      }
    }
    if (needs.length === 0) return
    // It may have been moved into that segment from one that still exists.
    writeNeeds(batch.writer, needs)
    for (const need of needs) catalog.need(batch.place, need)
  }

  repeatRemove(queueId: number, key: number, segment: number): void {
    const batch = this.#appender.batch(REMOVE_SIZE)
    writeRemove(batch.writer, queueId, key, segment)
    this.#catalog.need(batch.place, segment)
  }

  movePrepare(text: string): void {
    const branch = this.#catalog.branches.get(text)
    if (branch === undefined) return
    const steps = branch.operations ?? []
    const batch = this.#appender.batch(RECORD_HEAD + xidSizeMax(branch.xid) + sizeMaxOf(steps))
    const { offset, length } = writePrepare(batch, branch.xid, steps)
    this.#catalog.moveBranch(branch, batch.place, offset, length, batch.number)
  }
}

class JournalQueue implements QueueStore {
  readonly catalogQueue: CatalogQueue
  readonly #store: JournalStore

  constructor(store: JournalStore, queue: CatalogQueue) {
    this.#store = store
    this.catalogQueue = queue
  }

  get name(): string {
    return this.catalogQueue.name
  }

  get count(): number {
    return this.catalogQueue.index.count
  }

  add(message: Message, key: number, waiter: Stored | null): void {
    this.#store.add(this.catalogQueue, message, key, waiter)
  }

  remove(key: number, waiter: Stored | null): void {
    this.#store.remove(this.catalogQueue, key, waiter)
  }

  page(afterKey: number, countMax: number, to: PageReceiver): void {
    this.#store.page(this, afterKey, countMax, to)
  }

  delete(waiter: Stored | null): void {
    this.#store.deleteQueue(this.catalogQueue, waiter)
  }
}

/** Waits among the waiters for its turn to read. */
class PageRequest implements Stored {
  readonly #store: JournalStore
  readonly #queue: JournalQueue
  readonly #afterKey: number
  readonly #countMax: number
  readonly #to: PageReceiver

  constructor(store: JournalStore, queue: JournalQueue, afterKey: number, countMax: number, to: PageReceiver) {
    this.#store = store
    this.#queue = queue
    this.#afterKey = afterKey
    this.#countMax = countMax
    this.#to = to
  }

  stored(error: MillraceError | null): void {
    if (error !== null) {
      this.#to.paged([], true)
      return
    }
    void this.#store.readPage(this.#queue.catalogQueue, this.#afterKey, this.#countMax, this.#to)
  }
}

function stepsOf(operations: readonly Operation[]): BranchOperation[] {
  const steps: BranchOperation[] = []
  for (const operation of operations) {
    const queue = (operation.queue as JournalQueue).catalogQueue
    if (queue.deleted) continue
    if (operation.kind === 'add') steps.push({ kind: 'add', queue, key: operation.key, message: operation.message })
    else steps.push({ kind: 'remove', queue, key: operation.key })
  }
  return steps
}

function sizeMaxOf(steps: readonly BranchOperation[]): number {
  let size = 0
  const seen = new Set<Message>()
  for (const step of steps) {
    if (step.kind === 'remove') size += REMOVE_SIZE
    else if (seen.has(step.message)) size += ADD_SHARED_SIZE
    else {
      seen.add(step.message)
      size += addSizeMax(step.message)
    }
  }
  return size
}

function xidSizeMax(xid: Xid): number {
  return 6 + xid.globalTransactionId.length + xid.branchQualifier.length
}

/**
 * Writes the adds of the steps; `done` is told where, and writes the removals itself. A message that comes again is
 * written as a reference to the first.
 */
function writeSteps(
  batch: FillingBatch,
  steps: readonly BranchOperation[],
  done: (step: BranchOperation, offset: number, length: number, shares: number) => void,
): void {
  const shares = new Map<Message, number>()
  for (const step of steps) {
    if (step.kind === 'add') shares.set(step.message, (shares.get(step.message) ?? 0) + 1)
  }
  const written = new Map<Message, { offset: number; length: number }>()
  for (const step of steps) {
    const at = batch.offset
    if (step.kind === 'remove') {
      done(step, at, 0, 0)
      continue
    }
    const count = Math.min(shares.get(step.message) ?? 1, SHARES_MAX)
    const first = written.get(step.message)
    if (first === undefined) {
      writeAdd(batch.writer, step.queue.id, step.key, 0, count, step.message)
      const length = batch.offset - at
      written.set(step.message, { offset: at, length })
      done(step, at, length, count)
    } else {
      writeAddShared(batch.writer, step.queue.id, step.key, 0, count, at - first.offset)
      done(step, first.offset, first.length, count)
    }
  }
}

function writePrepare(
  batch: FillingBatch,
  xid: Xid,
  steps: readonly BranchOperation[],
): { offset: number; length: number } {
  const offset = batch.offset
  const at = beginRecord(batch.writer, RecordType.Prepare)
  writeXid(batch.writer, xid)
  writeSteps(batch, steps, (step) => {
    if (step.kind === 'remove') writeRemove(batch.writer, step.queue.id, step.key, 0)
  })
  endRecord(batch.writer, at)
  return { offset, length: batch.offset - offset }
}

/** The records between two offsets of a batch that we wrote ourselves. */
function* recordsOf(
  payload: Buffer,
  from = 0,
  to: number = payload.length,
): Generator<{ type: number; at: number; end: number }> {
  for (let at = from; at < to; ) {
    const end = at + RECORD_HEAD + payload.readUInt32BE(at + 1)
    yield { type: payload[at] as number, at, end }
    at = end
  }
}

function fullError(directory: string): MillraceError {
  return new MillraceError('STORE_FULL', `the disk of ${directory} is full`)
}
