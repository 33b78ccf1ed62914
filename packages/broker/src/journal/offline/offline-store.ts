import { MillraceError, silentLogger, systemClock } from '@millrace/base'
import type { DurableRecord, Paged } from '../../store/store.ts'
import { type Branch, Catalog, type CatalogQueue } from '../catalog.ts'
import type { Disk } from '../disk.ts'
import { Pages } from '../pages.ts'
import { Quarantine } from '../quarantine.ts'
import { Replay } from '../recovery.ts'
import { SEGMENT_SPAN, segmentName, segmentOf } from '../segment-name.ts'
import { SegmentReader } from '../segment-reader.ts'
import { type Damage, StoreFiles } from './store-files.ts'

/** Messages of one page; a page is cut at 4 MiB too. */
const PAGE_COUNT = 500

export interface OfflineOptions {
  readonly disk: Disk
  /** `refuse`: damage throws STORE_DAMAGED. `leave out`: what can be read is there, and `damages` says what is not. */
  readonly damage: 'refuse' | 'leave out'
  /** Called with the bytes read so far, of so many. */
  readonly progress?: (bytes: number, ofBytes: number) => void
}

/**
 * What a store holds, read from its journal alone while no broker uses it. Nothing of it is changed. In memory is the
 * index (25 bytes for each message) and a page of messages.
 */
export class OfflineStore {
  readonly directory: string
  readonly catalog: Catalog
  readonly #files: StoreFiles
  readonly #reader: SegmentReader
  readonly #pages: Pages

  private constructor(files: StoreFiles, catalog: Catalog, disk: Disk) {
    const { directory, manifest, store } = files
    const sizes = new Map(manifest.segments.map(({ number, size }) => [number, size]))
    this.directory = directory
    this.catalog = catalog
    this.#files = files
    this.#reader = new SegmentReader(directory, disk, silentLogger, store, (segment) => sizes.get(segment) ?? 0)
    const log = {
      read: (wanted: Parameters<SegmentReader['read']>[0]) => this.#reader.read(wanted),
      end: Number.POSITIVE_INFINITY,
      segmentOf,
    }
    const quarantine = new Quarantine(systemClock, silentLogger)
    this.#pages = new Pages(log, { settled: () => Promise.resolve(true), closing: false }, quarantine)
  }

  static async open(directory: string, options: OfflineOptions): Promise<OfflineStore> {
    const files = await StoreFiles.open(directory, options.disk)
    try {
      const catalog = new Catalog(segmentOf, Number.POSITIVE_INFINITY)
      const replay = new Replay(catalog, () => files.manifest.segments)
      let bytes = 0
      for await (const batch of files.batches()) {
        bytes += batch.frame.length
        options.progress?.(bytes, files.bytes)
        try {
          replay.batch(batch)
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error
          const file = segmentName(batch.segment)
          const batches = { first: batch.number, last: batch.number }
          files.damages.push({
            file,
            offset: batch.place % SEGMENT_SPAN,
            length: batch.frame.length,
            batches,
            reason: error.message,
          })
        }
        if (options.damage === 'refuse') refuseDamage(files)
      }
      if (options.damage === 'refuse') refuseDamage(files)
      catalog.dropSpilled(replay.number)
      return new OfflineStore(files, catalog, options.disk)
    } catch (error) {
      await files.close()
      throw error
    }
  }

  get damages(): readonly Damage[] {
    return this.#files.damages
  }

  /** In the order in which they were made. */
  queues(): CatalogQueue[] {
    return [...this.catalog.queues.values()]
  }

  durables(): DurableRecord[] {
    return [...this.catalog.durables.values()]
  }

  branches(): Branch[] {
    return [...this.catalog.branches.values()]
  }

  get messages(): number {
    return this.queues().reduce((sum, { index }) => sum + index.count, 0)
  }

  /** The messages of a queue in order; what cannot be read is left out. */
  async *read(queue: CatalogQueue): AsyncGenerator<Paged> {
    let after = 0
    for (let done = queue.index.count === 0; !done; ) {
      const { page, last } = await new Promise<{ page: readonly Paged[]; last: boolean }>((resolve, reject) => {
        const to = { paged: (found: readonly Paged[], end: boolean) => resolve({ page: found, last: end }) }
        this.#pages.read(queue, after, PAGE_COUNT, to).catch(reject)
      })
      for (const item of page) {
        after = item.key
        yield item
      }
      done = last || page.length === 0
    }
  }

  async close(): Promise<void> {
    this.#reader.closeAll()
    await this.#files.close()
  }
}

function refuseDamage({ damages, directory }: StoreFiles): void {
  const [damage] = damages
  if (damage === undefined) return
  const { file, offset, reason } = damage
  throw new MillraceError('STORE_DAMAGED', `${directory}/${file} at offset ${offset}: ${reason}; nothing was changed`)
}
