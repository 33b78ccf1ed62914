import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { MillraceError } from '@millrace/base'

/** Certificates as PEM texts. */
export interface TlsOptions {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  /** Who may have signed the certificates of clients. */
  readonly ca?: string | Buffer
  /** Only clients with a certificate signed by `ca` get in. */
  readonly clientCertificates?: boolean
}

/** Who brings a socket for a handshake. */
export interface TlsVisitor {
  secured(socket: TLSSocket): void
  /** The handshake failed; the socket is gone, or will be. */
  insecure(reason: Error): void
}

/** Node's own limit, far behind ours, which goes by the clock of the broker. */
const NODE_HANDSHAKE_MS_MAX = 120_000

/**
 * Makes TLS connections of plain ones. The server inside listens nowhere: sockets are brought to it when it is known that
 * they want TLS. So one port can speak with and without, and certificates can change while connections live.
 */
export class TlsGate {
  readonly #server: Server
  readonly #visitors = new WeakMap<Socket, TlsVisitor>()
  #demanded: boolean

  /** Throws CONFIGURATION_INVALID for a key and certificates that cannot be used. */
  constructor(options: TlsOptions) {
    this.#demanded = options.clientCertificates ?? false
    this.#server = usable(() =>
      createServer({
        ...contextOf(options),
        requestCert: this.#demanded,
        rejectUnauthorized: this.#demanded,
        handshakeTimeout: NODE_HANDSHAKE_MS_MAX,
      }),
    )
    this.#server.on('secureConnection', (socket) => this.#takeVisitor(socket)?.secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#takeVisitor(socket)?.insecure(error))
  }

  /**
   * From now on handshakes use these; connections that exist go on as they are. Whether clients need a certificate cannot
   * change. Throws CONFIGURATION_INVALID, and then nothing has changed.
   */
  reload(options: TlsOptions): void {
    if ((options.clientCertificates ?? false) !== this.#demanded) {
      throw new MillraceError('CONFIGURATION_INVALID', 'clientCertificates cannot change while the broker runs')
    }
    usable(() => this.#server.setSecureContext(contextOf(options)))
  }

  /** Bytes that were read already are in the socket again. */
  enter(socket: Socket, visitor: TlsVisitor): void {
    this.#visitors.set(socket, visitor)
    this.#server.emit('connection', socket)
  }

  /** The server tells of its own socket only, which knows the one below. */
  #takeVisitor(socket: TLSSocket): TlsVisitor | undefined {
    const { _parent: below } = socket as TLSSocket & { readonly _parent?: Socket }
    if (below === undefined) return undefined
    const visitor = this.#visitors.get(below)
    this.#visitors.delete(below)
    return visitor
  }
}

function contextOf(options: TlsOptions): object {
  return {
    key: options.key,
    cert: options.cert,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    minVersion: 'TLSv1.2',
    // One handshake per connection is work enough for who has not said yet who it is.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}

function usable<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('CONFIGURATION_INVALID', `tls: these certificates cannot be used: ${reason}`, {
      cause: error,
    })
  }
}
