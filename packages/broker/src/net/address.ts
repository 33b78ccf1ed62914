import { MillraceError } from '@millrace/base'
import { didYouMean } from '../core/nearest-name.ts'

/**
 * Where a transport connector listens, and how: `openwire://127.0.0.1:61616?maximumConnections=100`, or a socket in the file
 * system: `unix:///run/millrace.sock`.
 */
export interface ListenAddress {
  /** As we write it: `auto`, `openwire`, `openwire+ssl`, `stomp`, `ws`, `wss`, `unix`. */
  readonly scheme: string
  /** The one protocol that is spoken. Null: the peer chooses, with its first bytes or the sub-protocol of its WebSocket. */
  readonly protocol: string | null
  /** TLS comes first. Where the peer chooses it may come in any case, if there is a certificate. */
  readonly tls: boolean
  /** HTTP comes first, and an upgrade to a WebSocket. */
  readonly webSocket: boolean
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

interface Scheme {
  readonly protocol: string | null
  readonly webSocket: boolean
  readonly port: number
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  auto: { protocol: null, webSocket: false, port: 61_616 },
  openwire: { protocol: 'openwire', webSocket: false, port: 61_616 },
  stomp: { protocol: 'stomp', webSocket: false, port: 61_613 },
  ws: { protocol: null, webSocket: true, port: 61_614 },
}

/** How ActiveMQ configurations write it. `nio` says how Java reads, which is nothing to us. */
const ALIASES: Readonly<Record<string, string>> = { tcp: 'openwire', wss: 'ws' }
const SECURE: ReadonlySet<string> = new Set(['ssl', 'wss'])
const NAMES = [
  'openwire',
  'openwire+ssl',
  'tcp',
  'ssl',
  'nio',
  'nio+ssl',
  'auto',
  'auto+ssl',
  'stomp',
  'stomp+ssl',
  'ws',
]

/** Spoken elsewhere, and expected here by who comes from there. */
const NOT_YET: ReadonlySet<string> = new Set(['mqtt', 'amqp', 'http', 'https', 'xmpp', 'udp'])

/** Throws ADDRESS_INVALID. */
export function parseListenAddress(text: string): ListenAddress {
  if (!URL.canParse(text)) throw invalid(text, 'it is no address')
  const url = new URL(text)
  if (url.protocol === 'unix:') return unixAddress(text, url)
  const { name, scheme, tls } = schemeOf(text, url.protocol.slice(0, -1))
  if (url.hostname === '') throw invalid(text, 'it has no host')
  if (url.pathname !== '' && url.pathname !== '/') throw invalid(text, `"${url.pathname}" is not understood`)
  if (url.username !== '' || url.password !== '') throw invalid(text, 'a listen address has no user')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const { protocol, webSocket } = scheme
  return {
    scheme: !tls ? name : webSocket ? 'wss' : `${name}+ssl`,
    protocol,
    tls,
    webSocket,
    host,
    port: portOf(text, scheme.port),
    unix: false,
    loopback: isLoopback(host),
    options: new Map(url.searchParams),
  }
}

/** `auto+nio+ssl` is `auto` with TLS; `nio+ssl` and `ssl` are OpenWire with TLS. */
function schemeOf(text: string, written: string): { name: string; scheme: Scheme; tls: boolean } {
  const parts = written.split('+')
  const tls = parts.some((part) => SECURE.has(part))
  const [first = 'openwire', ...more] = parts.filter((part) => part !== 'nio' && part !== 'ssl')
  const name = ALIASES[first] ?? first
  const scheme = SCHEMES[name]
  if (scheme !== undefined && more.length === 0) return { name, scheme, tls }
  if (NOT_YET.has(first)) throw invalid(text, `${first} is not spoken yet`)
  throw invalid(text, `it begins with "${written}:"${didYouMean(written, [...NAMES, 'wss', 'unix'])}`)
}

/** URL knows the usual port of some schemes and leaves it out, as of `ws://localhost:80`. */
function portOf(text: string, usual: number): number {
  const written = /^[^/]*\/\/[^/?#]*:(\d+)(?=[/?#]|$)/.exec(text)?.[1]
  return written === undefined ? usual : Number(written)
}

function unixAddress(text: string, url: URL): ListenAddress {
  if (url.host !== '') throw invalid(text, 'a path has three slashes before it, as in unix:///run/millrace.sock')
  if (url.pathname === '' || url.pathname === '/') throw invalid(text, 'it has no path')
  return {
    scheme: 'unix',
    protocol: null,
    tls: false,
    webSocket: false,
    host: decodeURIComponent(url.pathname),
    port: 0,
    unix: true,
    loopback: true,
    options: new Map(url.searchParams),
  }
}

export function addressText(scheme: string, host: string, port: number): string {
  return `${scheme}://${hostAndPort(host, port)}`
}

export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Names other than `localhost` are not looked up: what they lead to may change. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function invalid(text: string, why: string): MillraceError {
  return new MillraceError(
    'ADDRESS_INVALID',
    `cannot listen on "${text}": ${why}; expected something like openwire://127.0.0.1:61616`,
  )
}
