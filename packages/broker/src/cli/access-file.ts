import { readFile } from 'node:fs/promises'
import type { Clock, Logger } from '@millrace/base'
import { Access, parseAccessRules } from '../index.ts'
import { WatchedFiles } from './watched-files.ts'

/** The rules of a file, read again when it has changed. A file that makes no sense changes nothing. */
export class AccessFile {
  readonly access: Access
  readonly #path: string
  readonly #files: WatchedFiles
  readonly #log: Logger

  private constructor(path: string, access: Access, files: WatchedFiles, log: Logger) {
    this.#path = path
    this.access = access
    this.#files = files
    this.#log = log
  }

  static async open(path: string, log: Logger): Promise<AccessFile> {
    const files = await WatchedFiles.of([path])
    return new AccessFile(path, new Access(parseAccessRules(await readFile(path, 'utf8'))), files, log)
  }

  watch(clock: Clock): void {
    const changed = async (): Promise<void> => {
      this.access.replace(parseAccessRules(await readFile(this.#path, 'utf8')))
      this.#log.info({ file: this.#path }, 'access rules read again')
    }
    this.#files.watch(clock, changed, (error) => {
      this.#log.error({ file: this.#path, reason: String(error) }, 'access rules stay as they were')
    })
  }
}
