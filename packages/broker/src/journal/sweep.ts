import type { Logger } from '@millrace/base'
import { xidText } from '../message/xid.ts'
import type { Batch, BatchLog, LogSegment } from './batch-log.ts'
import type { Catalog, CatalogQueue } from './catalog.ts'
import { RECORD_HEAD, RecordReader, RecordType } from './record.ts'

/** What the sweep needs of the store: it writes, and the sweep only says what. */
export interface SweepPort {
  /** Writes a live message once more, at the end of the journal; its entries point there from now on. */
  moveMessage(payload: Buffer, offset: number, entries: readonly SweepEntry[], segment: number): void
  /** Writes once more that something is gone. */
  repeatRemove(queueId: number, key: number, segment: number): void
  /** Writes a prepared branch once more. */
  movePrepare(branch: string): void
  /** Fulfilled when all of that is safe; false when it will never be. */
  settled(): Promise<boolean>
  /** Segments before this one could go if they were empty. */
  readonly snapshotSegment: number
  /** Nothing is in the way of writing. */
  readonly idle: boolean
}

export interface SweepEntry {
  readonly queue: CatalogQueue
  readonly key: number
}

/** What a batch of the segment that is swept still matters for. */
interface Found {
  /** Live messages, by the offset of their record. */
  readonly moves: Map<number, SweepEntry[]>
  /** What is taken back, and where that is. */
  readonly removes: { readonly queueId: number; readonly key: number; readonly segment: number }[]
  /** What was moved into this batch, and from where the Needs records say it may have come before. */
  readonly moved: { readonly queueId: number; readonly key: number }[]
  readonly needs: Set<number>
  readonly branches: string[]
}

/** Segments that may be idle before anything is moved. */
const SLACK = 4
/** A segment that is fuller than this is not worth it. */
const COST_MAX = 0.75

/**
 * Keeps the disk bounded. A segment can go when nothing in it lives; a message that nobody fetches would keep its whole
 * segment for ever. So when the segments take more than twice what lives in them, the emptiest is read, what lives is
 * written again at the end of the journal, and it goes: one batch at a time, each safe before the next. What it moves
 * is less than what it frees, so it comes to an end.
 */
export class Sweep {
  readonly #catalog: Catalog
  readonly #log: BatchLog
  readonly #store: SweepPort
  readonly #logger: Logger
  readonly #segmentSize: number
  readonly #reader = new RecordReader()
  /** Segments with something in them that cannot be read. */
  readonly #hopeless = new Set<number>()
  #running: Promise<void> | null = null
  #stopped = false

  constructor(catalog: Catalog, log: BatchLog, store: SweepPort, logger: Logger, segmentSize: number) {
    this.#catalog = catalog
    this.#log = log
    this.#store = store
    this.#logger = logger
    this.#segmentSize = segmentSize
  }

  tick(): void {
    if (this.#running !== null || this.#stopped || !this.#store.idle) return
    const segment = this.#emptiest()
    if (segment === null) return
    this.#running = this.#sweep(segment).then(
      () => {
        this.#running = null
      },
      (error: unknown) => {
        this.#running = null
        this.#hopeless.add(segment)
        this.#logger.error({ segment, error }, 'a segment cannot be swept')
      },
    )
  }

  /** Fulfilled when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #emptiest(): number | null {
    let bytes = 0
    let liveBytes = 0
    let found: number | null = null
    let costLeast = COST_MAX
    for (const segment of this.#log.segments) {
      const use = this.#catalog.segments.get(segment.number)
      bytes += segment.size
      liveBytes += use?.liveBytes ?? 0
      if (segment.number >= this.#store.snapshotSegment || this.#hopeless.has(segment.number)) continue
      const cost = this.#cost(segment)
      if (cost >= costLeast) continue
      costLeast = cost
      found = segment.number
    }
    return bytes > 2 * liveBytes + SLACK * this.#segmentSize ? found : null
  }

  /** What must be written again, as a part of what is freed. */
  #cost(segment: LogSegment): number {
    const use = this.#catalog.segments.get(segment.number)
    if (use === undefined) return 1
    // With nothing in it and nothing that it needs it goes by itself.
    if (use.live === 0 && use.needs.size === 0) return 1
    return (use.liveBytes + (use.needs.size === 0 ? 0 : use.removeBytes)) / segment.size
  }

  async #sweep(segment: number): Promise<void> {
    await this.#log.scan(segment, async (batch) => {
      if (this.#stopped) return
      if (!this.#moveBatch(batch, segment)) return
      if (!(await this.#store.settled())) this.#stopped = true
    })
    if (this.#stopped) return
    const use = this.#catalog.segments.get(segment)
    if (use === undefined) return
    if (use.live > 0) {
      this.#hopeless.add(segment)
      this.#logger.error({ segment, live: use.live }, 'a segment could not be emptied')
      return
    }
    // All that it took back is taken back elsewhere, safely.
    use.needs.clear()
    this.#catalog.emptied = true
  }

  /** Whether anything had to be written. */
  #moveBatch(batch: Batch, segment: number): boolean {
    const found: Found = { moves: new Map(), removes: [], moved: [], needs: new Set(), branches: [] }
    this.#collect(batch, 0, batch.payload.length, found)
    const { moves, removes, branches } = found
    // What was moved here more than once takes back what is in each segment where it was.
    for (const need of found.needs)
      for (const { queueId, key } of found.moved) removes.push({ queueId, key, segment: need })
    for (const remove of removes) {
      if (remove.segment === segment || !this.#catalog.segments.has(remove.segment)) continue
      // When it lives after all, this was said to move it, and whoever moves it again says what is needed.
      if (this.#catalog.queues.get(remove.queueId)?.index.find(remove.key)) continue
      this.#store.repeatRemove(remove.queueId, remove.key, remove.segment)
    }
    for (const branch of branches) this.#store.movePrepare(branch)
    for (const [offset, entries] of moves) this.#store.moveMessage(batch.payload, offset, entries, segment)
    return removes.length + branches.length + moves.size > 0
  }

  #collect(batch: Batch, from: number, to: number, found: Found): void {
    const reader = this.#reader
    const { moves, removes, branches } = found
    for (let at = from; at < to; ) {
      reader.reset(batch.payload, at, to)
      const type = reader.byte()
      const end = at + RECORD_HEAD + reader.count(reader.int(), 1)
      reader.reset(batch.payload, at + RECORD_HEAD, end)
      switch (type) {
        case RecordType.Add:
        case RecordType.AddShared: {
          const queueId = reader.int()
          const key = reader.double()
          const moved = reader.int()
          reader.byte()
          const offset = type === RecordType.Add ? at : at - reader.int()
          const queue = this.#catalog.queues.get(queueId)
          const index = queue?.index
          if (queue !== undefined && index?.find(key) && index.place === batch.place && index.offset === offset) {
            const entries = moves.get(offset)
            if (entries === undefined) moves.set(offset, [{ queue, key }])
            else entries.push({ queue, key })
          }
          if (moved !== 0) {
            removes.push({ queueId, key, segment: moved })
            found.moved.push({ queueId, key })
          }
          break
        }
        case RecordType.Remove: {
          const queueId = reader.int()
          const key = reader.double()
          removes.push({ queueId, key, segment: reader.int() })
          break
        }
        case RecordType.Needs:
          for (let left = reader.count(reader.int(), 4); left > 0; left--) found.needs.add(reader.int())
          break
        case RecordType.Unit:
          this.#collect(batch, at + RECORD_HEAD, end, found)
          break
        case RecordType.Finish:
          reader.boolean()
          reader.xid()
          this.#collect(batch, reader.position, end, found)
          break
        case RecordType.Prepare: {
          const text = xidText(reader.xid())
          const branch = this.#catalog.branches.get(text)
          if (branch !== undefined && branch.place === batch.place && branch.offset === at) branches.push(text)
          break
        }
        default:
          // Everything else is in the State record of each later segment.
          break
      }
      at = end
    }
  }
}
