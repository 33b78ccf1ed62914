import type { MillraceError } from '@millrace/base'

/**
 * What the journal stands on: an ordered log of batches. The journal turns messages, removals and transactions into
 * records and gathers them into batches; a log only keeps batches, says when they are safe, and gives them back. The
 * files on disk (`segment-log.ts`) are the first log; a database can be another.
 *
 * Batches are numbered from 1 without gaps. Each stands at a *place*: a number below 2^53 that the log gives out before
 * the batch is filled, so that an index can point into it from the start. Places rise with the numbers. Batches lie in
 * *segments*, which are dropped as a whole.
 */
export interface BatchLog {
  /** Bytes to leave free at the beginning of each batch for the log's own frame. */
  readonly frameSize: number
  /** The log can take no more messages for want of room, though there is a reserve for what makes room. */
  readonly full: boolean
  /** Bytes that the log occupies. */
  readonly bytes: number
  readonly segments: readonly LogSegment[]
  /** The place behind the last batch that is safe. */
  readonly end: number

  /**
   * Takes the log for this process, raises its epoch, and shows the visitor the last snapshot and then, in order, the
   * batches behind it. Throws STORE_LOCKED, STORE_DAMAGED, STORE_VERSION, STORE_FULL or STORE_FAILED.
   */
  open(visitor: LogVisitor): Promise<void>
  /** Whether the next batch, if of this size, is the first of its segment. It is to begin with the whole state. */
  begins(size: number): boolean
  /** Where the next batch will stand, of at most `size` bytes with its frame. The batch before it has its final size. */
  place(size: number): number
  /** The last batch that was given a place has its final size, frame included. */
  settle(place: number, size: number): void
  /**
   * Makes a batch safe. `bytes` begins with `frameSize` bytes that the log fills in; they may be used again when `to`
   * is told. One at a time, in the order of the places. `lone`: one peer stands still for it, and nothing is behind it;
   * then `to` may be told within the call.
   */
  append(number: number, place: number, bytes: Buffer, to: Appended, lone: boolean): void
  /** Reads batches back and verifies them. In the order asked for; null where one is damaged. */
  read(wanted: readonly Wanted[]): Promise<(Batch | null)[]>
  /** The segment that holds a place. */
  segmentOf(place: number): number
  /** Forgets segments, durably, the oldest first. */
  drop(segments: readonly number[]): Promise<void>
  /** All the batches of one segment, in order, verified. */
  scan(segment: number, visit: (batch: Batch) => void | Promise<void>): Promise<void>
  /**
   * Keeps a summary of everything up to and including batch `number`, which ends at `place`, instead of the one before.
   * Each part is written before the next is asked for; it may be begun again. Says how many bytes it takes.
   */
  putSnapshot(number: number, place: number, parts: () => Iterable<Buffer>): Promise<number>
  /** Puts right what can be put right when there is time: makes segments ready. */
  tick(): void
  /** `clean`: nothing was left unwritten, the next open may go on where this ended. */
  close(clean: boolean): Promise<void>
}

export interface LogSegment {
  readonly number: number
  /** Bytes that dropping it frees. */
  readonly size: number
}

export interface Batch {
  readonly number: number
  readonly place: number
  /** The records. A view that is valid until the visitor returns. */
  readonly payload: Buffer
}

export interface Wanted {
  readonly place: number
  /** The batch has at least so many bytes of payload. */
  readonly size: number
}

export interface LogVisitor {
  /**
   * The last snapshot that the log has for its own, if any. True: understood, show only the batches behind it. False:
   * show all.
   */
  snapshot(number: number, place: number, bytes: Buffer): boolean
  /** A record with the whole state as far as it was shown, to begin a segment with. */
  state(): Buffer
  batch(batch: Batch): void
}

/**
 * `durable`: on stable storage. `full`: nothing of it was written for want of room; it may be handed over again at the
 * same place. `failed`: nobody knows what is on the disk, and nothing may be promised any more.
 */
export type Outcome =
  | { readonly kind: 'durable' }
  | { readonly kind: 'full'; readonly error: MillraceError }
  | { readonly kind: 'failed'; readonly error: MillraceError }

/**
 * When the process may stand still for a write to the disk, because nobody is kept waiting who could go on: then it is
 * done within the call, and not by the thread pool.
 */
export interface Blocking {
  /** Whether it may, for this one. */
  begin(): boolean
  /** It was done. Called once for each `begin` that was true. */
  end(): void
}

export interface Appended {
  appended(outcome: Outcome): void
}
