import { assert, ByteWriter, MillraceError, type Task, type Turn } from '@millrace/base'
import type { Stored } from '../store/store.ts'
import type { Appended, BatchLog, Outcome } from './batch-log.ts'

/** Records that go to the log together, and who waits for them. */
export class FillingBatch {
  readonly number: number
  readonly place: number
  readonly writer: ByteWriter
  /** Bytes that it may take, the log's frame included. */
  readonly sizeMax: number
  readonly frameSize: number
  readonly waiters: Stored[] = []
  /** For each waiter where its record ends; -1: it has none and cannot be refused. */
  readonly marks: number[] = []
  /** Why a waiter is refused; null as long as nobody is. */
  errors: (MillraceError | null)[] | null = null
  told = 0
  /** Bytes with the frame; 0 while it is filling. */
  size = 0

  constructor(number: number, place: number, writer: ByteWriter, sizeMax: number, frameSize: number) {
    this.number = number
    this.place = place
    this.writer = writer
    this.sizeMax = sizeMax
    this.frameSize = frameSize
  }

  /** Where the next record begins, counted from the first. */
  get offset(): number {
    return this.writer.length - this.frameSize
  }
}

/** What the journal store does when batches begin, end and are safe. */
export interface AppenderHooks {
  /** The record with the whole state, for the beginning of a segment. */
  state(): Buffer
  /** The log is free: what is handed over now is part of the next batch. */
  free(): void
  /** The index is now exactly what the batches up to this one say. */
  closed(batch: FillingBatch): void
  /** This batch is on stable storage. Its waiters are told afterwards. */
  durable(batch: FillingBatch): void
  /**
   * There is no room: takes the messages out of these batches and returns, for each, where the records ended that were
   * taken out. What is left is written as soon as there is room.
   */
  refuse(batches: readonly FillingBatch[]): readonly ReadonlySet<number>[]
  /** The log failed and everyone was told. Called once. */
  failed(error: MillraceError): void
}

/**
 * Group commit without a timer. Records gather in one writer while another is being written; when the log is free they
 * go together, and then every waiter is told in order. A lone record waits for nothing but the end of its turn (J22).
 * There is one outstanding write (J23).
 */
export class Appender implements Task, Appended {
  queued = false
  readonly #log: BatchLog
  readonly #turn: Turn
  readonly #sizeMax: number
  readonly #hooks: AppenderHooks
  /** Writers that are not in use. Two go around when the log keeps up. */
  readonly #writers: ByteWriter[] = []
  /** Full batches that wait for the log, the one being written first. */
  readonly #closed: FillingBatch[] = []
  #filling: FillingBatch | null = null
  /** Waiters for which there is nothing to write. */
  #idle: Stored[] = []
  #idleErrors: (MillraceError | null)[] = []
  #numberLast = 0
  #writing = false
  /** The first batch found no room; it is tried again at the next tick. */
  #stalled = false
  #failed: MillraceError | null = null
  #flushed: (() => void)[] = []
  durable = 0

  constructor(log: BatchLog, turn: Turn, sizeMax: number, hooks: AppenderHooks) {
    this.#log = log
    this.#turn = turn
    this.#sizeMax = sizeMax
    this.#hooks = hooks
  }

  /** `number`: the last batch that is in the log. */
  start(number: number): void {
    this.#numberLast = number
    this.durable = number
  }

  get writing(): boolean {
    return this.#writing
  }

  get failed(): MillraceError | null {
    return this.#failed
  }

  /**
   * The batch that takes the next record, of at most `size` bytes. Call this before the index is changed for the
   * record: the batch before may end here.
   */
  batch(size: number): FillingBatch {
    const filling = this.#filling
    if (filling !== null) {
      if (filling.writer.length + size <= filling.sizeMax) return filling
      this.#close(filling)
      this.#turn.work(this)
    }
    return this.#begin(size)
  }

  /** The last record that was written is this waiter's. Null: nobody waits, so it starts no write of its own. */
  wait(waiter: Stored | null): void {
    if (waiter === null) return
    const batch = this.#filling
    assert(batch !== null, 'a record was written for the waiter')
    batch.waiters.push(waiter)
    batch.marks.push(batch.offset)
    if (batch.errors !== null) batch.errors.push(null)
    this.#turn.work(this)
  }

  /** There is nothing to write for this waiter, who is told all the same when everything before it is safe. */
  follow(waiter: Stored, error: MillraceError | null): void {
    const batch = this.#filling ?? this.#closed[this.#closed.length - 1]
    if (batch === undefined || this.#failed !== null) {
      this.#idle.push(waiter)
      this.#idleErrors.push(this.#failed ?? error)
    } else {
      batch.waiters.push(waiter)
      batch.marks.push(-1)
      if (error !== null) batch.errors ??= new Array<null>(batch.waiters.length - 1).fill(null)
      if (batch.errors !== null) batch.errors.push(error)
    }
    this.#turn.work(this)
  }

  /** There is nothing to write for this waiter, and nothing to wait for: it is told at the end of the turn. */
  tell(waiter: Stored): void {
    this.#idle.push(waiter)
    this.#idleErrors.push(this.#failed)
    this.#turn.work(this)
  }

  /** Fulfilled when everything handed over so far is safe, or was refused. */
  flush(): Promise<void> {
    this.#stalled = false
    return new Promise((resolve) => {
      this.#flushed.push(resolve)
      this.#write(true)
      this.#settle()
    })
  }

  /** There was no room to the end: what could not be written is not safe. */
  abandon(error: MillraceError): void {
    if (this.#failed === null) this.#tellAll(error)
  }

  run(): void {
    this.#tellIdle()
    this.#write(false)
  }

  tick(): void {
    this.#stalled = false
    this.#write(true)
  }

  appended(outcome: Outcome): void {
    const batch = this.#closed[0]
    assert(batch !== undefined, 'the log answers for the batch it was given')
    assert(this.#writing, 'the log answers once')
    this.#writing = false
    switch (outcome.kind) {
      case 'durable':
        this.#closed.shift()
        this.durable = batch.number
        this.#recycle(batch.writer)
        // The disk first: what gathered meanwhile is written while its waiters' predecessors are told.
        if (this.#closed.length === 0) this.#hooks.free()
        this.#write(false, false)
        this.#hooks.durable(batch)
        tell(batch, batch.waiters.length)
        break
      case 'full':
        this.#stalled = true
        this.#refuse(outcome.error)
        break
      case 'failed':
        this.#fail(outcome.error)
        break
    }
    this.#settle()
  }

  #begin(size: number): FillingBatch {
    const frameSize = this.#log.frameSize
    let sizeMax = Math.max(this.#sizeMax, frameSize + size)
    let state: Buffer | null = null
    if (this.#log.begins(sizeMax)) {
      state = this.#hooks.state()
      sizeMax = Math.max(this.#sizeMax, frameSize + state.length + size)
    }
    const place = this.#log.place(sizeMax)
    const writer = this.#writers.pop() ?? new ByteWriter()
    writer.reserve(frameSize)
    const batch = new FillingBatch(++this.#numberLast, place, writer, sizeMax, frameSize)
    if (state !== null) writer.bytes(state)
    this.#filling = batch
    return batch
  }

  #close(batch: FillingBatch): void {
    this.#filling = null
    batch.size = batch.writer.length
    this.#log.settle(batch.place, batch.size)
    this.#closed.push(batch)
    this.#hooks.closed(batch)
  }

  /** `all`: also what nobody waits for. `last`: nobody is told anything behind this, so it may be done within the call. */
  #write(all: boolean, last = true): void {
    if (this.#writing || this.#stalled || this.#failed !== null) return
    const filling = this.#filling
    if (this.#closed.length === 0) {
      if (filling === null || (!all && filling.waiters.length === 0)) return
      this.#close(filling)
    }
    const batch = this.#closed[0] as FillingBatch
    this.#writing = true
    const lone = last && this.#closed.length === 1 && this.#filling === null
    const awaited = lone && batch.waiters.length === 1 && batch.waiters[0]?.awaited === true
    this.#log.append(batch.number, batch.place, batch.writer.view(), this, awaited)
  }

  #recycle(writer: ByteWriter): void {
    // One that had to grow for a very large message is not kept.
    if (this.#writers.length >= 2 || writer.buffer.length > 4 * this.#sizeMax) return
    writer.rewind()
    this.#writers.push(writer)
  }

  /** Everyone whose record was taken out is told, but nobody before those who came earlier. */
  #refuse(error: MillraceError): void {
    const batches = this.#filling === null ? [...this.#closed] : [...this.#closed, this.#filling]
    const refused = this.#hooks.refuse(batches)
    for (const [i, batch] of batches.entries()) {
      batch.errors ??= new Array<null>(batch.waiters.length).fill(null)
      for (const [j, mark] of batch.marks.entries()) if (refused[i]?.has(mark)) batch.errors[j] ??= error
    }
    for (const batch of batches) {
      let end = batch.told
      while (end < batch.waiters.length && batch.errors?.[end] !== null) end++
      tell(batch, end)
      if (end < batch.waiters.length) break
    }
  }

  #fail(error: MillraceError): void {
    this.#failed = error
    this.#tellAll(error)
    this.#hooks.failed(error)
  }

  #tellAll(error: MillraceError): void {
    const batches = this.#filling === null ? this.#closed : [...this.#closed, this.#filling]
    this.#filling = null
    for (const batch of batches.splice(0)) {
      batch.errors = new Array<MillraceError>(batch.waiters.length).fill(error)
      tell(batch, batch.waiters.length)
    }
    this.#closed.length = 0
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (this.#idle.length === 0) return
    const waiters = this.#idle
    const errors = this.#idleErrors
    this.#idle = []
    this.#idleErrors = []
    for (let i = 0; i < waiters.length; i++) waiters[i]?.stored(errors[i] ?? null)
  }

  #settle(): void {
    if (this.#flushed.length === 0 || this.#writing) return
    if (this.#failed === null && !this.#stalled && (this.#closed.length > 0 || this.#filling !== null)) {
      this.#write(true)
      return
    }
    this.#tellIdle()
    for (const resolve of this.#flushed.splice(0)) resolve()
  }

  get settled(): boolean {
    return this.#failed === null && this.#closed.length === 0 && this.#filling === null
  }
}

/** Tells the waiters up to `end` that were not told yet. More may come while they are told: those wait. */
function tell(batch: FillingBatch, end: number): void {
  const { waiters, errors } = batch
  const first = batch.told
  batch.told = Math.max(first, end)
  for (let i = first; i < end; i++) (waiters[i] as Stored).stored(errors === null ? null : (errors[i] ?? null))
}

/** What a store answers when it is used after it was closed. */
export function closedError(): MillraceError {
  return new MillraceError('BROKER_STOPPING', 'the store is closed')
}
