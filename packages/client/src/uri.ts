import { ConfigurationError } from './errors.ts'

/**
 * A broker URL, taken apart.
 *
 *     broker-url = simple / composite
 *     simple     = scheme "://" host [ ":" port ] [ "/" local-host ":" local-port ] [ "?" query ]
 *     composite  = scheme ":" [ "//" ] ( "(" uri-list ")" [ "/" path ] [ "?" query ] / uri-list )
 *     uri-list   = broker-url *( "," broker-url )
 *
 * Commas inside nested parentheses do not split; in a list without parentheses a `?` belongs to the last component.
 */
export interface BrokerUrl {
  /** Lower case, without the colon. */
  readonly scheme: string
  readonly host: string
  readonly port: number | null
  /**
   * Behind the host, without the slash: a local address for `tcp:`, a path for `ws:`, a broker name for composites; for
   * `unix:` the whole path.
   */
  readonly path: string
  /** null: not a composite. */
  readonly components: readonly BrokerUrl[] | null
  /** Decoded; an option without `=` is null. The last of equal names wins. */
  readonly query: ReadonlyMap<string, string | null>
}

const COMPOSITE = new Set(['failover', 'static', 'simple', 'masterslave', 'fanout', 'discovery', 'mock'])
const ALIASES: Readonly<Record<string, string>> = {
  nio: 'tcp',
  auto: 'tcp',
  'auto+nio': 'tcp',
  'nio+ssl': 'ssl',
  'auto+ssl': 'ssl',
  'auto+nio+ssl': 'ssl',
}

/** `vm:` with a description of the broker to make. */
const DESCRIBED = /^\(?(?:broker|properties):/

/** Throws ConfigurationError, naming the URL without its secrets. */
export function parseBrokerUrl(text: string): BrokerUrl {
  let trimmed = text.trim()
  // CMS and NMS choose the provider by this prefix.
  if (trimmed.startsWith('activemq:')) trimmed = trimmed.slice('activemq:'.length)
  const schemeEnd = trimmed.indexOf(':')
  if (schemeEnd <= 0) throw new ConfigurationError(`"${redact(trimmed)}" is not a broker URL: it has no scheme`)
  const named = trimmed.slice(0, schemeEnd).trim().toLowerCase()
  const scheme = ALIASES[named] ?? named
  const rest = trimmed.slice(schemeEnd + 1).trim()
  const bare = rest.startsWith('//') ? rest.slice(2) : rest
  if (scheme === 'vm' && DESCRIBED.test(bare)) return parseDescribed(bare, trimmed)
  if (COMPOSITE.has(scheme) || bare.startsWith('(')) return parseComposite(scheme, bare, trimmed)
  return parseSimple(scheme, bare, trimmed)
}

function parseComposite(scheme: string, rest: string, whole: string): BrokerUrl {
  checkBalance(whole)
  if (!rest.startsWith('(')) {
    return { scheme, host: '', port: null, path: '', components: splitComponents(rest), query: new Map() }
  }
  const end = closing(rest)
  const tail = rest.slice(end + 1)
  const question = tail.indexOf('?')
  const path = (question < 0 ? tail : tail.slice(0, question)).replace(/^\//, '')
  return {
    scheme,
    host: '',
    port: null,
    path,
    components: splitComponents(rest.slice(1, end)),
    query: question < 0 ? new Map() : parseQuery(tail.slice(question + 1)),
  }
}

/** `vm:(broker:(...)/name?options)?options` is `vm://name` with an option `brokerConfig`. */
function parseDescribed(rest: string, whole: string): BrokerUrl {
  checkBalance(whole)
  const end = rest.startsWith('(') ? closing(rest) : rest.length
  const config = rest.startsWith('(') ? rest.slice(1, end) : rest
  const tail = rest.slice(end + 1).replace(/^\?/, '')
  const host = config.startsWith('broker:') ? parseBrokerUrl(config).path : ''
  const query = parseQuery(tail)
  query.set('brokerConfig', config)
  return { scheme: 'vm', host, port: null, path: '', components: null, query }
}

function parseSimple(scheme: string, rest: string, whole: string): BrokerUrl {
  const question = rest.indexOf('?')
  const query = question < 0 ? new Map<string, string | null>() : parseQuery(rest.slice(question + 1))
  const location = question < 0 ? rest : rest.slice(0, question)
  if (scheme === 'unix') return { scheme, host: '', port: null, path: location, components: null, query }
  const slash = location.indexOf('/')
  const authority = slash < 0 ? location : location.slice(0, slash)
  const path = slash < 0 ? '' : location.slice(slash + 1)
  const { host, port } = splitHostPort(authority, whole)
  return { scheme, host, port, path, components: null, query }
}

/** `host`, `host:port`, `[::1]:port`. */
export function splitHostPort(authority: string, whole: string = authority): { host: string; port: number | null } {
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority.trim())
  if (found === null) throw new ConfigurationError(`"${redact(whole)}": "${authority}" is not host:port`)
  const port = found[3] === undefined ? null : Number(found[3])
  if (port !== null && port > 65_535) {
    throw new ConfigurationError(`"${redact(whole)}": a port is at most 65535, got ${port}`)
  }
  return { host: found[1] ?? found[2] ?? '', port }
}

/** Names and values are decoded as form fields: `+` is a blank. */
export function parseQuery(text: string): Map<string, string | null> {
  const query = new Map<string, string | null>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (equals < 0) query.set(decode(pair), null)
    else query.set(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)))
  }
  return query
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    throw new ConfigurationError(`"${text}" is not URL encoded`, { cause: error })
  }
}

function splitComponents(list: string): BrokerUrl[] {
  const components: BrokerUrl[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= list.length; i++) {
    const character = list[i]
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === undefined || (character === ',' && depth === 0)) {
      const component = list.slice(start, i).trim()
      if (component !== '') components.push(parseBrokerUrl(component))
      start = i + 1
    }
  }
  return components
}

function checkBalance(text: string): void {
  let depth = 0
  for (const character of text) {
    if (character === '(') depth++
    else if (character === ')') depth--
    if (depth < 0) break
  }
  if (depth !== 0) throw new ConfigurationError(`"${redact(text)}": the parentheses do not match`)
}

function closing(text: string): number {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return i
  }
  return text.length
}

/** The URL in one line for logs and errors: options whose name speaks of a password or secret are hidden. */
export function redact(text: string): string {
  return text.replace(/([?&;,][^=&?,]*(?:password|passphrase|secret|token)[^=&]*=)[^&)]*/gi, '$1***')
}

/** Writes a URL back from its parts, for logs: without its query. */
export function formatBrokerUrl(url: BrokerUrl): string {
  if (url.components !== null) return `${url.scheme}:(${url.components.map(formatBrokerUrl).join(',')})`
  if (url.scheme === 'unix') return `unix://${url.path}`
  const host = url.host.includes(':') ? `[${url.host}]` : url.host
  return `${url.scheme}://${host}${url.port === null ? '' : `:${url.port}`}`
}
