import type { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Paged, PageReceiver, Stored } from '../store/store.ts'
import type { Batch, BatchLog, Wanted } from './batch-log.ts'
import type { CatalogQueue } from './catalog.ts'
import type { Quarantine } from './quarantine.ts'
import type { Location } from './queue-index.ts'
import { RecordReader, readMessageAt } from './record.ts'

/** A page is cut when its messages have so many bytes together. */
const PAGE_BYTES_MAX = 4 << 20

/**
 * And when so much has to be read for it: the messages of one queue among ten thousand lie each in another batch, which is read
 * and verified whole.
 */
const READ_BYTES_MAX = 16 << 20

type PagedLog = Pick<BatchLog, 'read' | 'end'>

/** What reading needs of the store. */
export interface PagesPort {
  /** Fulfilled when everything handed over so far is safe; false when it will never be. */
  settled(): Promise<boolean>
  readonly closing: boolean
}

/**
 * Reads messages back, a page at a time: the index says in which batches they are, neighbouring batches are fetched
 * together and verified whole. Meanwhile the queue may change: what was removed is left out, what was moved is looked
 * for again, and what cannot be verified is never delivered (J9).
 */
export class Pages {
  readonly #log: PagedLog
  readonly #port: PagesPort
  readonly #quarantine: Quarantine
  readonly #reader = new RecordReader()
  /** The last batch that was read; forgotten with the tick. */
  #lastBatch: Batch | null = null
  /** A running average: the index knows where a message ends, but not where its batch does. */
  #batchBytes = 0

  constructor(log: PagedLog, port: PagesPort, quarantine: Quarantine) {
    this.#log = log
    this.#port = port
    this.#quarantine = quarantine
  }

  tick(): void {
    this.#lastBatch = null
  }

  async read(
    queue: CatalogQueue,
    afterKey: number,
    countMax: number,
    to: PageReceiver,
    borrowed = false,
  ): Promise<void> {
    let after = afterKey
    for (;;) {
      const locations = this.#readTogether(queue.index.after(after, countMax, PAGE_BYTES_MAX))
      // Added or moved meanwhile: not on the disk yet.
      const ahead = locations.some(({ place }) => place >= this.#log.end)
      if (ahead && !(await this.#port.settled())) {
        to.paged([], true)
        return
      }
      const page = await this.#readMessages(queue, locations, borrowed)
      const lastLocation = locations[locations.length - 1]
      if (lastLocation !== undefined) after = lastLocation.key
      const last = !queue.index.hasAfter(after)
      // Nothing of it was there any more: the receiver could not tell where to go on.
      if (page.length === 0 && !last && !this.#port.closing) continue
      to.paged(page, last)
      return
    }
  }

  /** The first of them, as many as may be read at a time. */
  #readTogether(locations: Location[]): Location[] {
    let bytes = 0
    let place = -1
    for (let i = 0; i < locations.length; i++) {
      const location = locations[i] as Location
      if (location.place === place) continue
      place = location.place
      bytes += Math.max(location.offset + location.length, this.#batchBytes)
      if (bytes > READ_BYTES_MAX && i > 0) return locations.slice(0, i)
    }
    return locations
  }

  async #readMessages(queue: CatalogQueue, locations: readonly Location[], borrowed: boolean): Promise<Paged[]> {
    const wanted: (Wanted & { size: number })[] = []
    for (const { place, offset, length } of locations) {
      const last = wanted[wanted.length - 1]
      if (last !== undefined && last.place === place) last.size = Math.max(last.size, offset + length)
      else wanted.push({ place, size: offset + length })
    }
    const batches = await this.#readBatches(wanted)
    const page: Paged[] = []
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
        if (place === location.place) this.#quarantine.put(queue, location.key, place)
        else if (place < this.#log.end || (await this.#port.settled())) {
          page.push(...(await this.#readMessages(queue, [now], borrowed)))
        }
        continue
      }
      if (previous !== null && previous.batch === batch && previous.offset === location.offset) {
        page.push({ key: location.key, message: previous.message })
        continue
      }
      const message = readMessageAt(this.#reader, batch.payload, location.offset, borrowed)
      page.push({ key: location.key, message })
      previous = { offset: location.offset, batch, message }
    }
    return page
  }

  /** A page often begins in the batch in which the one before ended, and a batch may be large. */
  async #readBatches(wanted: readonly Wanted[]): Promise<(Batch | null)[]> {
    const known = this.#lastBatch !== null && this.#lastBatch.place === wanted[0]?.place ? this.#lastBatch : null
    const read = await this.#log.read(known === null ? wanted : wanted.slice(1))
    const batches = known === null ? read : [known, ...read]
    this.#lastBatch = batches[batches.length - 1] ?? null
    for (const batch of read) if (batch !== null) this.#learn(batch.payload.length)
    return batches
  }

  #learn(bytes: number): void {
    this.#batchBytes = this.#batchBytes === 0 ? bytes : this.#batchBytes + (bytes - this.#batchBytes) / 8
  }
}

/** Waits among the waiters for its turn to read. */
export class PageRequest implements Stored {
  readonly #pages: Pages
  readonly #queue: CatalogQueue
  readonly #afterKey: number
  readonly #countMax: number
  readonly #to: PageReceiver
  readonly #borrowed: boolean

  constructor(
    pages: Pages,
    queue: CatalogQueue,
    afterKey: number,
    countMax: number,
    to: PageReceiver,
    borrowed: boolean,
  ) {
    this.#pages = pages
    this.#queue = queue
    this.#afterKey = afterKey
    this.#countMax = countMax
    this.#to = to
    this.#borrowed = borrowed
  }

  stored(error: MillraceError | null): void {
    if (error !== null) {
      this.#to.paged([], true)
      return
    }
    void this.#pages.read(this.#queue, this.#afterKey, this.#countMax, this.#to, this.#borrowed)
  }
}
