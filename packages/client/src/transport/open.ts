import type { Random } from '@millrace/base'
import { ConfigurationError } from '../errors.ts'
import { failoverSettings } from '../failover-options.ts'
import { type LinkOptions, linkOptionsOf } from '../options.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import { BrokerList } from './broker-list.ts'
import { openFailover } from './failover.ts'
import type { OpenLink } from './link.ts'
import { openTcp } from './tcp.ts'
import type { ConnectionListener, Transport, TransportListener } from './transport.ts'
import { openWire, type WireContext } from './wire.ts'

export type TransportContext = Pick<WireContext, 'clock' | 'turn' | 'log'> & { readonly random: Random }

/** Opens the transport that a URL names: one link, or for a composite one that fails over between its brokers. */
export function openTransport(
  url: BrokerUrl,
  given: LinkOptions,
  context: TransportContext,
  listener: ConnectionListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  if (url.components === null) return openSingle(url, given, context, listener, signal)
  const open = (one: BrokerUrl, watch: TransportListener, giveUp: AbortSignal): Promise<Transport> => {
    return openSingle(one, given, context, watch, giveUp)
  }
  const options = linkOptionsOf(url, given).failover
  if (url.scheme === 'fanout') {
    return import('./fanout.ts').then(({ openFanout }) =>
      openFanout(url, options, { ...context, open }, listener, signal),
    )
  }
  const settings = failoverSettings(options)
  const list = new BrokerList(url, settings, context.random)
  // A misspelt option anywhere in the list is found now, not when that broker is needed.
  for (const one of list.all) linkOptionsOf(one, given)
  return openFailover({ name: formatBrokerUrl(url), list, settings, open, ...context }, listener, signal)
}

function openSingle(
  url: BrokerUrl,
  given: LinkOptions,
  context: TransportContext,
  listener: TransportListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const options = linkOptionsOf(url, given)
  const wireFormat = { ...options.wireFormat }
  if (wireFormat.host === undefined && url.host !== '') wireFormat.host = url.host
  const open = linkOpener(url, options, context)
  return openWire(
    formatBrokerUrl(url),
    open,
    { ...context, wireFormat, transport: options.transport },
    listener,
    signal,
  )
}

function linkOpener(url: BrokerUrl, options: LinkOptions, context: TransportContext): OpenLink {
  switch (url.scheme) {
    case 'tcp':
      return openTcp(url, options.transport)
    case 'ssl':
      return loaded(import('./ssl.ts'), (module) => module.openSsl(url, options.transport, options.tls))
    case 'unix':
      return loaded(import('./unix.ts'), (module) => module.openUnix(url))
    case 'ws':
    case 'wss':
      return loaded(import('./web-socket.ts'), (module) => module.openWebSocket(url, options.transport, context.clock))
    case 'vm':
      return loaded(import('./vm.ts'), (module) => module.openVm(url, options.transport, context.clock))
    default:
      throw new ConfigurationError(`no transport for "${url.scheme}:"`)
  }
}

/** What few programs use is loaded by those that do. */
function loaded<T>(module: Promise<T>, opener: (module: T) => OpenLink): OpenLink {
  return async (listener, signal) => opener(await module)(listener, signal)
}
