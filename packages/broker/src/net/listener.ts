import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { type Logger, MillraceError } from '@millrace/base'
import { addressText, type ListenAddress } from './address.ts'
import { removeStale, withMode } from './socket-file.ts'

/** A transport connector: takes connections at one address. */
export class Listener {
  readonly #address: ListenAddress
  /** Of a socket in the file system. */
  readonly #mode: number | null
  readonly #log: Logger
  readonly #accept: (socket: Socket) => void
  #server: Server | null = null

  constructor(address: ListenAddress, mode: number | null, log: Logger, accept: (socket: Socket) => void) {
    this.#address = address
    this.#mode = mode
    this.#log = log
    this.#accept = accept
  }

  /** Where it listens, with the port it was given. Only while it is open. */
  get text(): string {
    if (this.#address.unix) return `unix://${this.#address.host}`
    const bound = this.#server?.address() as AddressInfo | null | undefined
    return addressText(this.#address.scheme, this.#address.host, bound?.port ?? this.#address.port)
  }

  /** Throws ADDRESS_IN_USE or ADDRESS_INVALID. */
  async open(): Promise<void> {
    const server = await this.#bind()
    server.on('error', (error) => this.#log.error({ address: this.text, reason: error.message }, 'listener failed'))
    this.#server = server
  }

  /** Takes no more connections; those that exist go on. */
  close(): void {
    this.#server?.close()
  }

  async #bind(): Promise<Server> {
    const { unix, host } = this.#address
    try {
      return await this.#listen()
    } catch (error) {
      if (!unix || codeOf(error) !== 'EADDRINUSE' || !(await removeStale(host))) throw this.#refused(error)
    }
    this.#log.info({ address: this.text }, 'a socket that nobody listened on was removed')
    try {
      return await this.#listen()
    } catch (error) {
      throw this.#refused(error)
    }
  }

  async #listen(): Promise<Server> {
    const server = createServer(this.#accept)
    const { unix, host, port } = this.#address
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      const listen = (): void => void server.listen(unix ? { path: host } : { host, port }, resolve)
      if (unix && this.#mode !== null) withMode(host, this.#mode, listen)
      else listen()
    })
    server.removeAllListeners('error')
    return server
  }

  #refused(error: unknown): MillraceError {
    const { scheme, host, port, unix } = this.#address
    const address = unix ? `unix://${host}` : addressText(scheme, host, port)
    if (codeOf(error) === 'EADDRINUSE') {
      const who = unix ? `somebody listens on ${address} already, or it is no socket` : null
      const why = who ?? `another program listens on ${address} already`
      return new MillraceError('ADDRESS_IN_USE', why, { cause: error })
    }
    const reason = error instanceof Error ? error.message : String(error)
    return new MillraceError('ADDRESS_INVALID', `cannot listen on ${address}: ${reason}`, { cause: error })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
