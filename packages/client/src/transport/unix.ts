import { connect } from 'node:net'
import { ConfigurationError } from '../errors.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import type { OpenLink } from './link.ts'
import { connected, SocketLink } from './socket-link.ts'

/** `unix:///run/millrace.sock`: a socket in the file system of this machine (on Windows `unix:////./pipe/name`). */
export function openUnix(url: BrokerUrl): OpenLink {
  if (url.path === '') throw new ConfigurationError(`"${formatBrokerUrl(url)}" names no path`)
  return async (listener, signal) => {
    const socket = connect({ path: url.path })
    await connected(socket, 'connect', signal)
    return new SocketLink(socket, listener)
  }
}
