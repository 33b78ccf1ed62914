import type { Clock, Logger } from '@millrace/base'
import type { DamagedMessage } from '../store/store.ts'
import type { CatalogQueue } from './catalog.ts'
import { SEGMENT_SPAN, segmentName, segmentOf } from './segment-name.ts'

/** So many are named; that there are more is said. A whole disk that rots should not cost the memory too. */
const NAMED_MAX = 10_000

interface Found {
  readonly queue: CatalogQueue
  readonly key: number
  readonly place: number
  readonly foundMs: number
}

/** The messages that are not what was written, and are never given out (J9). Each is reported once. */
export class Quarantine {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #found = new Map<string, Found>()
  #full = false

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Reports it, unless it is known. */
  put(queue: CatalogQueue, key: number, place: number): void {
    const name = `${queue.id}:${key}`
    if (this.#found.has(name)) return
    if (this.#found.size >= NAMED_MAX) {
      if (!this.#full) this.#logger.error({ named: NAMED_MAX }, 'more stored messages are damaged than are named')
      this.#full = true
      return
    }
    this.#found.set(name, { queue, key, place, foundMs: this.#clock.now() })
    this.#logger.error(
      { queue: queue.name, key, segment: segmentOf(place) },
      'a stored message is damaged and is left out',
    )
  }

  /** All of this segment could be read after all. */
  absolve(segment: number): void {
    for (const [name, { place }] of this.#found) if (segmentOf(place) === segment) this.#found.delete(name)
  }

  /** Those that are still there. */
  list(): DamagedMessage[] {
    const list: DamagedMessage[] = []
    for (const [name, { queue, key, place, foundMs }] of this.#found) {
      if (queue.index.find(key) && queue.index.place === place) {
        const where = `${segmentName(segmentOf(place))}, batch at byte ${place % SEGMENT_SPAN}`
        list.push({ queue: queue.name, key, where, foundMs })
      } else {
        // It was removed, with its queue or by itself.
        this.#found.delete(name)
      }
    }
    return list
  }
}
