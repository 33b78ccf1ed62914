import { MillraceError } from '@millrace/base'

/**
 * Where a transport connector listens, and how: `openwire://127.0.0.1:61616?maximumConnections=100`, or a socket in the file
 * system: `unix:///run/millrace.sock`.
 */
export interface ListenAddress {
  readonly scheme: 'openwire' | 'openwire+ssl' | 'stomp' | 'stomp+ssl'
  /** Of a socket in the file system: its path. */
  readonly host: string
  /** 0 = a free one. */
  readonly port: number
  /** A socket in the file system, whose permissions say who may connect. */
  readonly unix: boolean
  /** The loopback interface only: nobody outside this machine can reach it. */
  readonly loopback: boolean
  readonly options: ReadonlyMap<string, string>
}

const DEFAULT_PORT = 61_616
const STOMP_PORT = 61_613

/** `tcp` and `ssl` are how ActiveMQ configurations write it. */
const SCHEMES: Readonly<Record<string, ListenAddress['scheme']>> = {
  'openwire:': 'openwire',
  'tcp:': 'openwire',
  'openwire+ssl:': 'openwire+ssl',
  'ssl:': 'openwire+ssl',
  'stomp:': 'stomp',
  'stomp+nio:': 'stomp',
  'stomp+ssl:': 'stomp+ssl',
  'stomp+nio+ssl:': 'stomp+ssl',
}

/** Throws ADDRESS_INVALID. */
export function parseListenAddress(text: string): ListenAddress {
  if (!URL.canParse(text)) throw invalid(text, 'it is no address')
  const url = new URL(text)
  if (url.protocol === 'unix:') return unixAddress(text, url)
  const scheme = SCHEMES[url.protocol]
  if (scheme === undefined) throw invalid(text, `it begins with "${url.protocol}"`)
  if (url.hostname === '') throw invalid(text, 'it has no host')
  if (url.pathname !== '' && url.pathname !== '/') throw invalid(text, `"${url.pathname}" is not understood`)
  if (url.username !== '' || url.password !== '') throw invalid(text, 'a listen address has no user')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const defaultPort = scheme.startsWith('stomp') ? STOMP_PORT : DEFAULT_PORT
  const port = url.port === '' ? defaultPort : Number(url.port)
  return { scheme, host, port, unix: false, loopback: isLoopback(host), options: new Map(url.searchParams) }
}

function unixAddress(text: string, url: URL): ListenAddress {
  if (url.host !== '') throw invalid(text, 'a path has three slashes before it, as in unix:///run/millrace.sock')
  if (url.pathname === '' || url.pathname === '/') throw invalid(text, 'it has no path')
  const path = decodeURIComponent(url.pathname)
  return { scheme: 'openwire', host: path, port: 0, unix: true, loopback: true, options: new Map(url.searchParams) }
}

export function addressText(scheme: string, host: string, port: number): string {
  return `${scheme}://${hostAndPort(host, port)}`
}

export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Names other than `localhost` are not looked up: what they lead to may change. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function invalid(text: string, why: string): MillraceError {
  return new MillraceError(
    'ADDRESS_INVALID',
    `cannot listen on "${text}": ${why}; expected something like openwire://127.0.0.1:61616`,
  )
}
