import { readFile, stat } from 'node:fs/promises'
import type { Clock, Logger } from '@millrace/base'
import { Access, parseAccessRules } from '../index.ts'

const LOOK_MS = 2_000

/** The rules of a file, read again when it has changed. A file that makes no sense changes nothing. */
export class AccessFile {
  readonly access: Access
  readonly #path: string
  readonly #log: Logger
  /** What the file was when it was read. */
  #mark: string
  #looking = false

  private constructor(path: string, access: Access, mark: string, log: Logger) {
    this.#path = path
    this.access = access
    this.#mark = mark
    this.#log = log
  }

  static async open(path: string, log: Logger): Promise<AccessFile> {
    const mark = await markOf(path)
    return new AccessFile(path, new Access(parseAccessRules(await readFile(path, 'utf8'))), mark, log)
  }

  watch(clock: Clock): void {
    clock.every(LOOK_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const mark = await markOf(this.#path)
      if (mark === this.#mark) return
      this.#mark = mark
      this.access.replace(parseAccessRules(await readFile(this.#path, 'utf8')))
      this.#log.info({ file: this.#path }, 'access rules read again')
    } catch (error) {
      this.#log.error({ file: this.#path, reason: String(error) }, 'access rules stay as they were')
    } finally {
      this.#looking = false
    }
  }
}

/** Another one means that the file has changed. */
export async function markOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path)
  return `${mtimeMs} ${size} ${ino}`
}
