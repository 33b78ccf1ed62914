import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { type Logger, MillraceError } from '@millrace/base'
import { addressText, type ListenAddress } from './address.ts'
import { createTlsServer, type TlsOptions } from './tls.ts'

/** A transport connector: takes connections at one address. */
export class Listener {
  readonly #address: ListenAddress
  readonly #tls: TlsOptions | null
  readonly #log: Logger
  readonly #accept: (socket: Socket) => void
  #server: Server | null = null

  constructor(address: ListenAddress, tls: TlsOptions | null, log: Logger, accept: (socket: Socket) => void) {
    this.#address = address
    this.#tls = tls
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
    const server = this.#tls === null ? createServer(this.#accept) : createTlsServer(this.#tls, this.#accept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(this.#refused(error)))
      const { unix, host, port } = this.#address
      server.listen(unix ? { path: host } : { host, port }, resolve)
    })
    server.removeAllListeners('error')
    server.on('error', (error) => this.#log.error({ address: this.text, reason: error.message }, 'listener failed'))
    server.on('tlsClientError', (error: Error, socket: Socket) => {
      this.#log.debug({ peer: socket.remoteAddress, reason: error.message }, 'TLS handshake failed')
    })
    this.#server = server
  }

  /** Takes no more connections; those that exist go on. */
  close(): void {
    this.#server?.close()
  }

  #refused(error: NodeJS.ErrnoException): MillraceError {
    const { scheme, host, port, unix } = this.#address
    const address = unix ? `unix://${host}` : addressText(scheme, host, port)
    if (error.code === 'EADDRINUSE' && unix) {
      const hint = 'remove the file if its program is gone'
      return new MillraceError('ADDRESS_IN_USE', `${address} is there already: ${hint}`, { cause: error })
    }
    if (error.code === 'EADDRINUSE') {
      return new MillraceError('ADDRESS_IN_USE', `another program listens on ${address} already`, { cause: error })
    }
    return new MillraceError('ADDRESS_INVALID', `cannot listen on ${address}: ${error.message}`, { cause: error })
  }
}
