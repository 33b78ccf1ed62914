import { stat } from 'node:fs/promises'
import type { Clock } from '@millrace/base'

const LOOK_MS = 2_000

/** Files that are looked at every two seconds. Not told by the system: that misses what editors and mounted volumes do. */
export class WatchedFiles {
  readonly #paths: readonly string[]
  /** What they were when they were read last. */
  #mark: string
  #looking = false

  private constructor(paths: readonly string[], mark: string) {
    this.#paths = paths
    this.#mark = mark
  }

  /** Before they are read: what changes meanwhile is found at the first look. Rejects when one is not there. */
  static async of(paths: readonly string[]): Promise<WatchedFiles> {
    return new WatchedFiles(paths, await markOf(paths))
  }

  /** `failed`: one is gone, or `changed` rejected; it is asked again with the next change only. */
  watch(clock: Clock, changed: () => Promise<void>, failed: (error: unknown) => void): void {
    clock.every(LOOK_MS, () => void this.#look(changed, failed))
  }

  async #look(changed: () => Promise<void>, failed: (error: unknown) => void): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const mark = await markOf(this.#paths)
      if (mark === this.#mark) return
      this.#mark = mark
      await changed()
    } catch (error) {
      failed(error)
    } finally {
      this.#looking = false
    }
  }
}

/** Another one means that a file has changed. */
async function markOf(paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(paths.map((path) => stat(path)))
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join(', ')
}
