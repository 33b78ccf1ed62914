import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Where a connection is wanted to, for `createSocket`. */
export interface SocketAddress {
  readonly host: string
  readonly port: number
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal
}

/** What a link needs of a stream; a socket has the optional ones, too. */
export type LinkStream = Duplex & Partial<Pick<Socket, 'setNoDelay' | 'setKeepAlive' | 'destroySoon' | 'ref' | 'unref'>>

/**
 * Makes the connection for `tcp:` and `ssl:` URLs: through a proxy, say, or a tunnel. It is ready to be written to when the
 * promise resolves; for `ssl:` the client then speaks TLS over it. Whatever it throws, the broker was not reached.
 */
export type CreateSocket = (address: SocketAddress) => LinkStream | Promise<LinkStream>
