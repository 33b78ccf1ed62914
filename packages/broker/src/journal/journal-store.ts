import { assert, type Clock, type Logger, MillraceError, type Random, systemRandom, type Turn } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type {
  DamagedMessage,
  DurableRecord,
  Operation,
  PageReceiver,
  QueueStore,
  Recovery,
  Store,
  Stored,
  StoreUsage,
} from '../store/store.ts'
import { Appender, type AppenderHooks, closedError, type FillingBatch } from './appender.ts'
import type { BatchLog, Blocking } from './batch-log.ts'
import { type BranchOperation, Catalog, type CatalogQueue, durableKey } from './catalog.ts'
import { type Disk, systemDisk } from './disk.ts'
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
  refusedSizeMax,
  SHARES_MAX,
  writeAdd,
  writeAddShared,
  writeDurable,
  writeDurableRemove,
  writeNeeds,
  writeQueue,
  writeQueueDelete,
  writeRefused,
  writeRemove,
  writeXid,
} from './record.ts'
import { type LateAdd, LateAdds, type LateAddsPort } from './late-adds.ts'
import { PageRequest, Pages, type PagesPort } from './pages.ts'
import { SPILLED } from './queue-index.ts'
import { Quarantine } from './quarantine.ts'
import { readBranch, Replay } from './recovery.ts'
import { refuseBatches, type Undo } from './refusal.ts'
import { Scrub, SCRUB_PERIOD_MS } from './scrub.ts'
import { SegmentLog } from './segment-log.ts'
import { Snapshot } from './snapshot.ts'
import { refusedOf, stateRecord } from './state.ts'
import { sizeMaxOf, writePrepare, writeSteps, xidSizeMax } from './unit.ts'
import { checkSyncPolicy, SYNC_INTERVAL_MS, type SyncPolicy } from './sync-policy.ts'
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
  /** When a batch is put on stable storage, which is what `stored(null)` promises with `always`; `always`. */
  readonly sync?: SyncPolicy
  /** Between two syncs of `periodic`, in ms; 1,000. */
  readonly syncIntervalMs?: number
  /** When a write may be done within a call; null: never. */
  readonly blocking?: Blocking | null
  /** All that is stored is read and verified once in so long, in ms; 7 days. 0: only what is asked for. */
  readonly scrubPeriodMs?: number
  /** Producers whose last sequence is remembered; 4,096. */
  readonly producersMax?: number
}

const MIB = 1 << 20
/** A transaction is one batch; the log's places have room for this much. */
const UNIT_SIZE_MAX = 1024 * MIB

export function openJournalStore(options: JournalStoreOptions): JournalStore {
  return new JournalStore(options)
}

/**
 * The store that ships: messages, removals and transactions as records in a journal, an index of them in memory.
 * Encoding and indexing happen within the call; the appender writes at the end of the turn and tells the waiters.
 */
export class JournalStore implements Store, AppenderHooks, LateAddsPort, SweepPort, PagesPort {
  readonly usage: Usage
  readonly #options: JournalStoreOptions
  readonly #log: BatchLog
  readonly #catalog: Catalog
  readonly #appender: Appender
  readonly #late: LateAdds
  readonly #sweep: Sweep
  readonly #pages: Pages
  readonly #quarantine: Quarantine
  readonly #scrub: Scrub
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
  #undo: Undo[] = []
  readonly #reader = new RecordReader()

  constructor(options: JournalStoreOptions) {
    this.#options = options
    const segmentSize = options.segmentSize ?? 32 * MIB
    this.#snapshotSize = options.snapshotSize ?? 64 * MIB
    const random = options.random ?? systemRandom
    const log = new SegmentLog({
      directory: options.directory,
      disk: options.disk ?? systemDisk,
      log: options.log,
      random,
      segmentSize,
      sync: checkSyncPolicy(options.sync ?? 'always'),
      syncIntervalMs: options.syncIntervalMs ?? SYNC_INTERVAL_MS,
      blocking: options.blocking ?? null,
    })
    this.#log = log
    this.#catalog = new Catalog((place) => log.segmentOf(place), options.producersMax ?? 4096)
    this.#appender = new Appender(log, options.turn, Math.min(options.batchSize ?? MIB, segmentSize >>> 2), this)
    this.#late = new LateAdds(options.turn, this)
    this.usage = new Usage(log, this.#catalog, options.bytesMax ?? Number.POSITIVE_INFINITY)
    this.#quarantine = new Quarantine(options.clock, options.log)
    this.#pages = new Pages(log, this, this.#quarantine)
    this.#scrub = new Scrub(
      this.#catalog,
      log,
      this.#quarantine,
      options.clock,
      options.log,
      random,
      options.scrubPeriodMs ?? SCRUB_PERIOD_MS,
    )
    this.#sweep = new Sweep(this.#catalog, log, this, options.log, segmentSize)
  }

  // Opening and closing.

  async open(recovery: Recovery): Promise<void> {
    const startMs = this.#options.clock.monotonic()
    const replay = new Replay(this.#catalog, () => this.#log.segments)
    await this.#log.open(replay)
    try {
      await this.#recover(replay, recovery)
    } catch (error) {
      await this.#log.close(false)
      throw error
    }
    this.#options.log.info(
      {
        directory: this.#options.directory,
        messages: [...this.#catalog.queues.values()].reduce((sum, { index }) => sum + index.count, 0),
        batches: replay.batches,
        snapshot: replay.snapshotPlace > 0,
        ms: Math.round(this.#options.clock.monotonic() - startMs),
      },
      'journal open',
    )
  }

  /** Checks what was read, and tells it. */
  async #recover(replay: Replay, recovery: Recovery): Promise<void> {
    this.#appender.start(replay.number)
    this.#snapshotSegment = this.#log.segmentOf(replay.snapshotPlace)
    // First: an earlier process may have dropped their segments, though the snapshot knows of them.
    this.#catalog.dropSpilled(this.#appender.durable)
    const existing = new Set(this.#log.segments.map(({ number }) => number))
    for (const use of this.#catalog.segments.values()) {
      if (existing.has(use.number)) continue
      if (use.live > 0) {
        throw new MillraceError('STORE_DAMAGED', `segment ${use.number} is gone, ${use.live} messages are still in it`)
      }
      this.#catalog.dropSegment(use.number)
    }
    await this.#readBranches()
    this.#catalog.producers.untold.clear()
    this.#opened = true
    for (const queue of this.#catalog.queues.values()) {
      recovery.queue(this.#queueOf(queue), queue.index.keyFirst, queue.index.keyLast)
    }
    for (const record of this.#catalog.durables.values()) recovery.durable(record)
    for (const { xid, operations } of this.#catalog.branches.values()) {
      recovery.prepared(
        xid,
        (operations ?? []).map((operation) => ({ ...operation, queue: this.#queueOf(operation.queue) })),
      )
    }
    const { producers } = this.#catalog
    for (const { id, sequence } of producers.list()) if (sequence >= 0) recovery.producer(id, sequence)
    for (const id of producers.refusing()) for (const one of producers.refusedOf(id)) recovery.refused(id, one)
    recovery.keys(this.#catalog.keyLast)
    // What had to be read now would have to be read again.
    this.#written = replay.bytes
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
    await this.#scrub.stop()
    this.#late.write()
    await this.#appender.flush()
    await this.#snapshotting
    await this.#dropping
    const clean = this.#appender.settled
    if (!clean) this.#appender.abandon(fullError(this.#options.directory))
    if (clean && this.#written > 0) {
      this.#snapshot = new Snapshot(this.#appender.durable, this.#log.end, this.#catalog)
      this.#putSnapshot()
      await this.#snapshotting
    }
    await this.#log.close(clean)
  }

  tick(): void {
    if (!this.#opened || this.#closed !== null) return
    this.#pages.tick()
    this.#log.tick()
    this.#late.write()
    this.#appender.tick()
    if (this.usage.full) this.#makeRoom()
    this.#dropEmptied()
    this.#sweep.tick()
    this.#scrub.tick()
  }

  damaged(): readonly DamagedMessage[] {
    return this.#quarantine.list()
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

  /** Called by the queues. `shares`: 1, or SPILLED. */
  add(queue: CatalogQueue, message: Message, key: number, waiter: Stored | null, shares: number): void {
    this.#late.write()
    this.#add(queue, message, key, waiter, shares)
  }

  /** Called by the queues. */
  addLate(queue: CatalogQueue, message: Message, key: number, waiter: Stored | null): void {
    if (this.#closed === null) this.#late.put({ queue, message, key, waiter })
    else this.#add(queue, message, key, waiter, 1)
  }

  countLate(queue: CatalogQueue): number {
    return this.#late.countOf(queue)
  }

  get writing(): boolean {
    return this.#appender.writing
  }

  write({ queue, message, key, waiter }: LateAdd): void {
    this.#add(queue, message, key, waiter, 1)
  }

  /** A consumer was faster than the disk. Its producer is not to send it again, as if it had been written. */
  #takeBack({ message, waiter }: LateAdd): void {
    this.#catalog.producers.note(message.producerId, message.producerSequence)
    if (waiter !== null) this.#appender.tell(waiter)
  }

  #add(queue: CatalogQueue, message: Message, key: number, waiter: Stored | null, shares: number): void {
    const refusal = this.#refusal() ?? this.#refusalToAdd(queue)
    if (refusal !== null) {
      if (shares !== SPILLED) this.refused(message.producerId, message.producerSequence)
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#batch(addSizeMax(message))
    const offset = batch.offset
    writeAdd(batch.writer, queue.id, key, 0, shares, message)
    const catalog = this.#catalog
    catalog.add(queue, key, batch.place, offset, batch.offset - offset, shares, message.expiration)
    if (shares !== SPILLED) catalog.producers.note(message.producerId, message.producerSequence)
    this.#appender.wait(waiter)
  }

  /** Other limits from now on, in bytes. */
  limit(bytesMax: number, spilledBytesMax: number): void {
    this.usage.bytesMax = bytesMax
    this.usage.spilledBytesMax = spilledBytesMax
  }

  refused(producerId: string, sequence: number): void {
    if (this.#opened) this.#catalog.producers.refuse(producerId, sequence)
  }

  /** The batch for a record with messages; what was refused before them is told first, in the same batch. */
  #batch(size: number): FillingBatch {
    const { producers } = this.#catalog
    if (producers.untold.size === 0) return this.#appender.batch(size)
    const refused = refusedOf(producers, [...producers.untold])
    producers.untold.clear()
    const batch = this.#appender.batch(refusedSizeMax(refused) + size)
    writeRefused(batch.writer, refused)
    return batch
  }

  #refuseSteps(steps: readonly BranchOperation[]): void {
    for (const step of steps) {
      if (step.kind === 'add') this.refused(step.message.producerId, step.message.producerSequence)
    }
  }

  #refusalToAdd(queue: CatalogQueue): MillraceError | null {
    if (this.#log.full) return fullError(this.#options.directory)
    if (queue.deleted) return new MillraceError('DESTINATION_UNKNOWN', `${queue.name} was deleted`)
    return null
  }

  /** Called by the queues. */
  remove(queue: CatalogQueue, key: number, waiter: Stored | null): void {
    if (this.#late.any) {
      const add = this.#late.take(queue, key)
      if (add !== null) this.#takeBack(add)
      // Who waits is told of everything before.
      if (waiter !== null) this.#late.write()
    }
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
    this.#late.write()
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
    this.#late.write()
    const steps = stepsOf(operations)
    const refusal = this.#refusalOf(steps)
    if (refusal !== null || steps.length === 0) {
      this.#refuseSteps(steps)
      this.#refuse(waiter, refusal)
      return
    }
    const batch = this.#batch(RECORD_HEAD + sizeMaxOf(steps))
    const at = beginRecord(batch.writer, RecordType.Unit)
    this.#apply(batch, steps)
    endRecord(batch.writer, at)
    this.#appender.wait(waiter)
  }

  prepare(xid: Xid, operations: readonly Operation[], waiter: Stored | null): void {
    this.#late.write()
    const steps = stepsOf(operations)
    const refusal = this.#refusalOf(steps)
    if (refusal !== null) {
      this.#refuseSteps(steps)
      this.#refuse(waiter, refusal)
      return
    }
    assert(!this.#catalog.branches.has(xidText(xid)), 'a branch is prepared once')
    const batch = this.#batch(RECORD_HEAD + xidSizeMax(xid) + sizeMaxOf(steps))
    const { offset, length } = writePrepare(batch, xid, steps)
    this.#catalog.addBranch({ xid, place: batch.place, offset, length, moved: false, operations: steps })
    for (const step of steps) {
      if (step.kind !== 'add') continue
      this.#catalog.producers.note(step.message.producerId, step.message.producerSequence)
      if (step.key > this.#catalog.keyLast) this.#catalog.keyLast = step.key
    }
    this.#appender.wait(waiter)
  }

  finish(xid: Xid, committed: boolean, waiter: Stored | null): void {
    this.#late.write()
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
    for (const { kind, queue } of steps) {
      const refusalToAdd = kind === 'add' ? this.#refusalToAdd(queue) : null
      if (refusalToAdd !== null) return refusalToAdd
    }
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
        catalog.add(step.queue, step.key, batch.place, offset, length, shares, step.message.expiration)
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

  /** Called by the queues. Served when everything before it is safe, so it follows what was told of that. */
  page(queue: CatalogQueue, afterKey: number, countMax: number, to: PageReceiver, borrowed: boolean): void {
    this.#late.write()
    this.#appender.follow(new PageRequest(this.#pages, queue, afterKey, countMax, to, borrowed), null)
  }

  // What the appender reports.

  state(): Buffer {
    return stateRecord(this.#catalog)
  }

  free(): void {
    this.#late.write()
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
    // It was taken of what is refused now.
    if (this.#snapshot !== null) {
      this.#snapshot.release()
      this.#snapshot = null
      this.#written = Math.max(this.#snapshotSize, 2 * this.#snapshotBytes)
    }
    return refuseBatches(batches, this.#catalog, this.#undo)
  }

  // What keeps the disk bounded.

  #putSnapshot(): void {
    const snapshot = this.#snapshot
    this.#snapshot = null
    if (snapshot === null) return
    const { number, place } = snapshot
    this.#snapshotting = this.#log
      .putSnapshot(number, place, () => snapshot.parts())
      .then(
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

  /** Segments that only wait for the next snapshot get one now. */
  #makeRoom(): void {
    if (this.#written === 0 || !this.#appender.settled || this.#snapshot !== null || this.#snapshotting !== null) return
    const waiting = this.#catalog.droppable(
      this.#log.segments,
      this.#appender.durable,
      this.#log.segmentOf(this.#log.end),
    )
    if (waiting.length === 0) return
    this.#written = 0
    this.#snapshot = new Snapshot(this.#appender.durable, this.#log.end, this.#catalog)
    this.#putSnapshot()
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

  get closing(): boolean {
    return this.#closed !== null
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
    const [only] = entries
    const spilled = only?.queue.index.find(only.key) === true && only.queue.index.shares === SPILLED
    const shares = spilled ? SPILLED : Math.min(entries.length, SHARES_MAX)
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

/** Looked at with every message that is sent. */
export class Usage implements StoreUsage {
  bytesMax: number
  spilledBytesMax: number = Number.POSITIVE_INFINITY
  readonly #log: BatchLog
  readonly #catalog: Catalog

  constructor(log: BatchLog, catalog: Catalog, bytesMax: number) {
    this.#log = log
    this.#catalog = catalog
    this.bytesMax = bytesMax
  }

  get spilledBytes(): number {
    return this.#catalog.spilledBytes
  }

  get bytes(): number {
    return this.#log.bytes
  }

  get noRoom(): boolean {
    return this.#log.full
  }

  get full(): boolean {
    return this.#log.full || this.#log.bytes - this.#catalog.spilledBytes >= this.bytesMax
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
    return this.catalogQueue.index.count + this.#store.countLate(this.catalogQueue)
  }

  get expiresMs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.catalogQueue.expiresMs
  }

  add(message: Message, key: number, waiter: Stored | null): void {
    this.#store.add(this.catalogQueue, message, key, waiter, 1)
  }

  addLate(message: Message, key: number, waiter: Stored | null): void {
    this.#store.addLate(this.catalogQueue, message, key, waiter)
  }

  spill(message: Message, key: number, waiter: Stored | null): void {
    this.#store.add(this.catalogQueue, message, key, waiter, SPILLED)
  }

  remove(key: number, waiter: Stored | null): void {
    this.#store.remove(this.catalogQueue, key, waiter)
  }

  page(afterKey: number, countMax: number, to: PageReceiver, borrowed = false): void {
    this.#store.page(this.catalogQueue, afterKey, countMax, to, borrowed)
  }

  delete(waiter: Stored | null): void {
    this.#store.deleteQueue(this.catalogQueue, waiter)
  }
}

function stepsOf(operations: readonly Operation[]): BranchOperation[] {
  const steps: BranchOperation[] = []
  for (const operation of operations) {
    const queue = (operation.queue as JournalQueue).catalogQueue
    if (operation.kind === 'add') steps.push({ kind: 'add', queue, key: operation.key, message: operation.message })
    else steps.push({ kind: 'remove', queue, key: operation.key })
  }
  return steps
}

function fullError(directory: string): MillraceError {
  return new MillraceError('STORE_FULL', `the disk of ${directory} is full`)
}
