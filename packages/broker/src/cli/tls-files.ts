import { readFile } from 'node:fs/promises'
import { type Clock, type Logger, MillraceError } from '@millrace/base'
import type { BrokerService, TlsOptions } from '../index.ts'
import { markOf } from './access-file.ts'

export interface TlsPaths {
  readonly key: string
  readonly cert: string
  readonly ca: string | null
  readonly clientCertificates: boolean
}

const LOOK_MS = 2_000

/**
 * Key and certificates of files, read again when one of them has changed. What cannot be used changes nothing: as when the
 * key is new already and its certificate is not.
 */
export class TlsFiles {
  readonly options: TlsOptions
  readonly #paths: TlsPaths
  readonly #log: Logger
  /** What the files were when they were read. */
  #mark: string
  #looking = false

  private constructor(paths: TlsPaths, options: TlsOptions, mark: string, log: Logger) {
    this.#paths = paths
    this.options = options
    this.#mark = mark
    this.#log = log
  }

  /** Throws CONFIGURATION_INVALID for files that cannot be read. */
  static async open(paths: TlsPaths, log: Logger): Promise<TlsFiles> {
    try {
      const mark = await marksOf(paths)
      return new TlsFiles(paths, await read(paths), mark, log)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new MillraceError('CONFIGURATION_INVALID', `tls: ${reason}`, { cause: error })
    }
  }

  watch(clock: Clock, service: BrokerService): void {
    clock.every(LOOK_MS, () => void this.#look(service))
  }

  async #look(service: BrokerService): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const mark = await marksOf(this.#paths)
      if (mark === this.#mark) return
      this.#mark = mark
      service.reloadTls(await read(this.#paths))
    } catch (error) {
      this.#log.error({ file: this.#paths.cert, reason: String(error) }, 'certificates stay as they were')
    } finally {
      this.#looking = false
    }
  }
}

async function read({ key, cert, ca, clientCertificates }: TlsPaths): Promise<TlsOptions> {
  return {
    key: await readFile(key),
    cert: await readFile(cert),
    ...(ca === null ? {} : { ca: await readFile(ca) }),
    clientCertificates,
  }
}

async function marksOf({ key, cert, ca }: TlsPaths): Promise<string> {
  const marks: string[] = []
  for (const path of ca === null ? [key, cert] : [key, cert, ca]) marks.push(await markOf(path))
  return marks.join(', ')
}
