import { readFile } from 'node:fs/promises'
import { type Clock, type Logger, MillraceError } from '@millrace/base'
import type { BrokerService, TlsOptions } from '../index.ts'
import { WatchedFiles } from './watched-files.ts'

export interface TlsPaths {
  readonly key: string
  readonly cert: string
  readonly ca: string | null
  readonly clientCertificates: boolean
}

/**
 * Key and certificates of files, read again when one of them has changed. What cannot be used changes nothing: as when the
 * key is new already and its certificate is not.
 */
export class TlsFiles {
  readonly options: TlsOptions
  readonly #paths: TlsPaths
  readonly #files: WatchedFiles
  readonly #log: Logger

  private constructor(paths: TlsPaths, options: TlsOptions, files: WatchedFiles, log: Logger) {
    this.#paths = paths
    this.options = options
    this.#files = files
    this.#log = log
  }

  /** Throws CONFIGURATION_INVALID for files that cannot be read. */
  static async open(paths: TlsPaths, log: Logger): Promise<TlsFiles> {
    const { key, cert, ca } = paths
    try {
      const files = await WatchedFiles.of(ca === null ? [key, cert] : [key, cert, ca])
      return new TlsFiles(paths, await read(paths), files, log)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new MillraceError('CONFIGURATION_INVALID', `tls: ${reason}`, { cause: error })
    }
  }

  watch(clock: Clock, service: BrokerService): void {
    const changed = async (): Promise<void> => service.reloadTls(await read(this.#paths))
    this.#files.watch(clock, changed, (error) => {
      this.#log.error({ file: this.#paths.cert, reason: String(error) }, 'certificates stay as they were')
    })
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
