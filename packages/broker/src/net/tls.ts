import type { Server, Socket } from 'node:net'
import { createServer } from 'node:tls'

/** Certificates as PEM texts. */
export interface TlsOptions {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  /** Who may have signed the certificates of clients. */
  readonly ca?: string | Buffer
  /** Only clients with a certificate signed by `ca` get in. */
  readonly clientCertificates?: boolean
}

/** Until then a peer has to have finished the handshake. */
const HANDSHAKE_MS_MAX = 10_000

export function createTlsServer(options: TlsOptions, connected: (socket: Socket) => void): Server {
  const demanded = options.clientCertificates ?? false
  const server = createServer({
    key: options.key,
    cert: options.cert,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    requestCert: demanded,
    rejectUnauthorized: demanded,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS_MAX,
  })
  server.on('secureConnection', connected)
  return server
}
