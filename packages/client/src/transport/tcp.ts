import { connect, type NetConnectOpts } from 'node:net'
import { ConfigurationError } from '../errors.ts'
import type { TransportOptions } from '../options.ts'
import { type BrokerUrl, formatBrokerUrl, splitHostPort } from '../uri.ts'
import type { OpenLink } from './link.ts'
import type { LinkStream } from './own-socket.ts'
import { connected, SocketLink } from './socket-link.ts'

const PORT = 61_616

/** `tcp://host:port`, with an optional local address: `tcp://host:port/localhost:60606`. */
export function openTcp(url: BrokerUrl, options: TransportOptions): OpenLink {
  const where = socketOptions(url, PORT)
  return async (listener, signal) => {
    const socket = await tcpSocket(where, options, signal)
    if (options.keepAlive !== undefined) socket.setKeepAlive?.(options.keepAlive)
    return new SocketLink(socket, listener)
  }
}

/** A connected socket, of the application's making if it wants to. */
export async function tcpSocket(
  where: NetConnectOpts & { host: string; port: number },
  { createSocket }: TransportOptions,
  signal: AbortSignal,
): Promise<LinkStream> {
  if (createSocket !== undefined) return await createSocket({ host: where.host, port: where.port, signal })
  const socket = connect(where)
  await connected(socket, 'connect', signal)
  return socket
}

export function socketOptions(url: BrokerUrl, defaultPort: number): NetConnectOpts & { host: string; port: number } {
  if (url.host === '') throw new ConfigurationError(`"${formatBrokerUrl(url)}" names no host`)
  const where: NetConnectOpts & { host: string; port: number } = { host: url.host, port: url.port ?? defaultPort }
  if (url.path !== '') {
    const local = splitHostPort(url.path)
    if (local.host !== '') where.localAddress = local.host === 'localhost' ? '127.0.0.1' : local.host
    if (local.port !== null) where.localPort = local.port
  }
  return where
}
