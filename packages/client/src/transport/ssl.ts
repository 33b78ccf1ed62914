import { isIP } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import type { TransportOptions } from '../options.ts'
import type { BrokerUrl } from '../uri.ts'
import type { OpenLink } from './link.ts'
import { connected, SocketLink } from './socket-link.ts'
import { socketOptions, tcpSocket } from './tcp.ts'

const PORT = 61_617

/** `ssl://host:port`. The broker's certificate and its host name are checked unless the options say otherwise. */
export function openSsl(url: BrokerUrl, options: TransportOptions, tls: ConnectionOptions): OpenLink {
  const where = socketOptions(url, PORT)
  const settings: ConnectionOptions = { ...where, ...tls }
  // Server name indication is always sent, but an address is not a name.
  if (settings.servername === undefined && isIP(where.host) === 0) settings.servername = where.host
  if (options.verifyHostName === false) settings.checkServerIdentity = () => undefined
  return async (listener, signal) => {
    const socket = connect(options.createSocket === undefined ? settings : await over(where, options, settings, signal))
    await connected(socket, 'secureConnect', signal)
    if (options.keepAlive !== undefined) socket.setKeepAlive(options.keepAlive)
    return new SocketLink(socket, listener)
  }
}

/** TLS over a socket of the application's making. */
async function over(
  where: ReturnType<typeof socketOptions>,
  options: TransportOptions,
  settings: ConnectionOptions,
  signal: AbortSignal,
): Promise<ConnectionOptions> {
  const socket = await tcpSocket(where, options, signal)
  return { ...settings, socket: socket as NonNullable<ConnectionOptions['socket']> }
}
