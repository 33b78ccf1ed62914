import { ConfigurationError, ConnectionFailedError } from '../errors.ts'
import { type LinkOptions, linkOptionsOf } from '../options.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import type { OpenLink } from './link.ts'
import { openSsl } from './ssl.ts'
import { openTcp } from './tcp.ts'
import type { Transport, TransportListener } from './transport.ts'
import { openVm } from './vm.ts'
import { openWire, type WireContext } from './wire.ts'

export type TransportContext = Pick<WireContext, 'clock' | 'turn' | 'log'>

/**
 * Opens the transport that a URL names. `failover:(...)` connects to the first of its URLs that answers, in their order,
 * and does not reconnect: that is all that this version does with it.
 */
export async function openTransport(
  url: BrokerUrl,
  given: LinkOptions,
  context: TransportContext,
  listener: TransportListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const options = linkOptionsOf(url, given)
  if (url.components !== null) return openFirst(url, given, context, listener, signal)
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
      return openSsl(url, options.transport, options.tls)
    case 'vm':
      return openVm(url, options.transport, context.clock)
    default:
      throw new ConfigurationError(`no transport for "${url.scheme}:"`)
  }
}

async function openFirst(
  url: BrokerUrl,
  given: LinkOptions,
  context: TransportContext,
  listener: TransportListener,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const components = (url.components ?? []).map((component) => withNested(component, url))
  if (components.length === 0) throw new ConfigurationError(`"${formatBrokerUrl(url)}" names no broker`)
  // A misspelt option anywhere in the list is found now, not when that broker is needed.
  for (const component of components) linkOptionsOf(component, given)
  const errors: unknown[] = []
  for (const component of components) {
    try {
      return await openTransport(component, given, context, listener, signal)
    } catch (error) {
      if (error instanceof ConfigurationError || signal?.aborted === true) throw error
      context.log.warn({ address: formatBrokerUrl(component), error }, 'broker not reached')
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  throw new ConnectionFailedError(`no broker of ${formatBrokerUrl(url)} was reached`, {
    cause: new AggregateError(errors),
  })
}

/** `nested.*` options of the list go to each URL in it, and win there. */
function withNested(component: BrokerUrl, outer: BrokerUrl): BrokerUrl {
  const query = new Map(component.query)
  for (const [name, value] of outer.query) {
    if (name.startsWith('nested.')) query.set(name.slice('nested.'.length), value)
  }
  return { ...component, query }
}
