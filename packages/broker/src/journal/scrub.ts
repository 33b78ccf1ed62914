import type { Clock, Logger, Random } from '@millrace/base'
import type { BatchLog } from './batch-log.ts'
import type { Catalog, CatalogQueue } from './catalog.ts'
import type { Quarantine } from './quarantine.ts'

/** Everything is read again within so long. */
export const SCRUB_PERIOD_MS: number = 7 * 24 * 60 * 60 * 1000

/** Entries of the index that one tick looks at, while it is found out what a damage has hit. */
const SEARCH_COUNT = 10_000

/** What of a damaged segment has been looked for. */
interface Search {
  readonly segment: number
  readonly queues: CatalogQueue[]
  afterKey: number
  damaged: number
}

/**
 * Finds what has rotted before somebody wants it (J9): reads one closed segment after the other, verified, evenly over the
 * period, and begins again. In a damaged one each batch in which something lives is tried by itself, and what cannot be read goes
 * into quarantine; a batch in which nothing lives harms nobody, but the disk that did it is told of all the same.
 */
export class Scrub {
  readonly #catalog: Catalog
  readonly #log: BatchLog
  readonly #quarantine: Quarantine
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #periodMs: number
  /** The last segment that was looked at. At first any: who is started often should not always look at the same. */
  #last = -1
  readonly #random: Random
  /** When it was due, monotonic. */
  #lastMs: number
  #running: Promise<void> | null = null
  #search: Search | null = null
  #stopped = false

  /** `periodMs`: 0 = never. */
  constructor(
    catalog: Catalog,
    log: BatchLog,
    quarantine: Quarantine,
    clock: Clock,
    logger: Logger,
    random: Random,
    periodMs: number,
  ) {
    this.#catalog = catalog
    this.#log = log
    this.#quarantine = quarantine
    this.#clock = clock
    this.#logger = logger
    this.#random = random
    this.#periodMs = periodMs
    this.#lastMs = clock.monotonic()
  }

  tick(): void {
    if (this.#running !== null || this.#stopped || this.#periodMs === 0) return
    if (this.#search !== null) {
      this.#run(this.#searchOn(this.#search))
      return
    }
    // The last is written to.
    const count = this.#log.segments.length - 1
    if (count <= 0) return
    const pauseMs = this.#periodMs / count
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#lastMs < pauseMs) return
    // What was missed while nothing was there to read is not caught up with.
    this.#lastMs = Math.max(this.#lastMs + pauseMs, nowMs - pauseMs)
    const segment = this.#next(count)
    this.#last = segment
    this.#run(this.#verify(segment))
  }

  /** Fulfilled when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #run(work: Promise<void>): void {
    this.#running = work.finally(() => {
      this.#running = null
    })
  }

  #next(count: number): number {
    const { segments } = this.#log
    if (this.#last < 0) return segments[this.#random(count)]?.number ?? 0
    for (let i = 0; i < count; i++) {
      const number = segments[i]?.number ?? 0
      if (number > this.#last) return number
    }
    return segments[0]?.number ?? 0
  }

  async #verify(segment: number): Promise<void> {
    try {
      await this.#log.scan(segment, () => {})
      this.#quarantine.absolve(segment)
    } catch (error) {
      // One that went meanwhile may be written over already.
      if (this.#stopped || !this.#log.segments.some(({ number }) => number === segment)) return
      this.#logger.error({ segment, error }, 'a segment of the journal is damaged')
      this.#search = { segment, queues: [...this.#catalog.queues.values()], afterKey: 0, damaged: 0 }
    }
  }

  /** One step: some entries of one queue. */
  async #searchOn(search: Search): Promise<void> {
    const queue = search.queues[search.queues.length - 1]
    if (queue === undefined) {
      this.#search = null
      const { segment, damaged } = search
      this.#logger.error({ segment, damaged }, 'it is known which messages the damage of a segment has hit')
      return
    }
    const locations = queue.index.after(search.afterKey, SEARCH_COUNT, Number.POSITIVE_INFINITY)
    const last = locations[locations.length - 1]
    if (last === undefined) {
      search.queues.pop()
      search.afterKey = 0
      return
    }
    search.afterKey = last.key
    const here = new Map<number, { size: number; keys: number[] }>()
    for (const { key, place, offset, length } of locations) {
      if (this.#log.segmentOf(place) !== search.segment) continue
      const batch = here.get(place)
      if (batch === undefined) here.set(place, { size: offset + length, keys: [key] })
      else {
        batch.size = Math.max(batch.size, offset + length)
        batch.keys.push(key)
      }
    }
    // Each by itself: what lies beside the damage can be read.
    for (const [place, { size, keys }] of here) {
      if (this.#stopped) return
      const [batch] = await this.#log.read([{ place, size }])
      if (batch !== null) continue
      for (const key of keys) {
        // Meanwhile it may have been removed, or moved.
        if (!queue.index.find(key) || queue.index.place !== place) continue
        this.#quarantine.put(queue, key, place)
        search.damaged++
      }
    }
  }
}
