import type { Random } from '@millrace/base'
import { ConfigurationError } from '../errors.ts'
import type { FailoverSettings } from '../failover-options.ts'
import { type BrokerUrl, formatBrokerUrl, parseBrokerUrl } from '../uri.ts'

/** Composites that only hold a list; their own options beside `nested.*` and `discovered.*` mean nothing here. */
const LISTS = new Set(['failover', 'static', 'simple', 'masterslave', 'discovery'])

/**
 * The brokers that a fail-over transport may go to: those of its URL, and those that a broker has named since. A broker
 * may only add addresses of a scheme that the URL has itself: it cannot send a client from TLS to plain text, nor into
 * this process.
 */
export class BrokerList {
  readonly #own: readonly BrokerUrl[]
  readonly #outer: BrokerUrl
  readonly #settings: FailoverSettings
  readonly #random: Random
  readonly #schemes: ReadonlySet<string>
  readonly #priority: readonly BrokerUrl[]
  #named: BrokerUrl[] = []

  /** Throws ConfigurationError when there is none. */
  constructor(outer: BrokerUrl, settings: FailoverSettings, random: Random) {
    this.#outer = outer
    this.#settings = settings
    this.#random = random
    this.#own = flattened(outer)
    if (this.#own.length === 0) throw new ConfigurationError(`"${formatBrokerUrl(outer)}" names no broker`)
    this.#schemes = new Set(this.#own.map((url) => url.scheme))
    this.#priority =
      settings.priorityURIs === ''
        ? this.#own.slice(0, 1)
        : (parseBrokerUrl(`failover:(${settings.priorityURIs})`).components?.map((url) => withNested(url, outer)) ?? [])
  }

  /** All, in no order that means anything. */
  get all(): readonly BrokerUrl[] {
    const found = [...this.#own]
    for (const url of this.#named) if (!found.some((one) => same(one, url))) found.push(url)
    return found
  }

  /** In the order in which to try them; `last` is the one that has just failed, `first` where a broker sends us. */
  order(last: BrokerUrl | null, first: BrokerUrl | null): BrokerUrl[] {
    const urls = [...this.all]
    if (this.#settings.randomize) shuffle(urls, this.#random)
    // A stable sort by rank keeps the order among equals.
    const rank = (url: BrokerUrl): number => {
      if (first !== null && same(url, first)) return 0
      if (this.#settings.priorityBackup && this.hasPriority(url)) return last !== null && same(url, last) ? 2 : 1
      return last !== null && same(url, last) ? 4 : 3
    }
    return urls.sort((a, b) => rank(a) - rank(b))
  }

  hasPriority(url: BrokerUrl): boolean {
    return this.#priority.some((one) => same(one, url))
  }

  /** Replaces what a broker has named earlier. Addresses that may not be added are returned. */
  update(text: string): { readonly changed: boolean; readonly refused: string[] } {
    const named: BrokerUrl[] = []
    const refused: string[] = []
    for (const one of text.split(',')) {
      const address = one.trim()
      if (address === '') continue
      const url = this.#accepted(address)
      if (url === null) refused.push(address)
      else named.push(url)
    }
    const before = this.#named.map(formatBrokerUrl).join()
    if (named.length > 0) this.#named = named
    return { changed: before !== this.#named.map(formatBrokerUrl).join(), refused }
  }

  /** null: it may not be added. */
  add(text: string): BrokerUrl | null {
    const url = this.#accepted(text.trim())
    if (url !== null && !this.all.some((one) => same(one, url))) this.#named.push(url)
    return url
  }

  #accepted(address: string): BrokerUrl | null {
    let url: BrokerUrl
    try {
      url = parseBrokerUrl(address)
    } catch {
      return null
    }
    if (url.components !== null || url.scheme === 'vm' || url.scheme === 'unix' || !this.#schemes.has(url.scheme))
      return null
    // What the broker says about options of the link is not for us: only where it is.
    return withNested({ ...url, path: '', query: new Map() }, this.#outer)
  }
}

/** The same port of the same host, as written. (The model system compares resolved addresses.) */
export function same(a: BrokerUrl, b: BrokerUrl): boolean {
  const sameHost = a.scheme === b.scheme && a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port
  return sameHost && (a.scheme !== 'unix' || a.path === b.path)
}

/** The addresses of a list, with what its `nested.*` options say. */
export function flattened(url: BrokerUrl): BrokerUrl[] {
  if (url.components === null) return [url]
  if (!LISTS.has(url.scheme)) throw new ConfigurationError(`"${url.scheme}:" cannot be part of a fail-over list`)
  return url.components.flatMap((component) => flattened(withNested(component, url)))
}

/** `nested.*` options of the list go to each URL in it, and win there. */
function withNested(component: BrokerUrl, outer: BrokerUrl): BrokerUrl {
  const query = new Map(component.query)
  for (const [name, value] of outer.query) {
    const found = /^(?:nested|discovered)\.(.*)$/.exec(name)
    if (found === null) continue
    // A list hands them on to what it holds.
    query.set(component.components === null ? (found[1] ?? '') : name, value)
  }
  return { ...component, query }
}

function shuffle(urls: BrokerUrl[], random: Random): void {
  for (let i = urls.length - 1; i > 0; i--) {
    const j = random(i + 1)
    const one = urls[i] as BrokerUrl
    urls[i] = urls[j] as BrokerUrl
    urls[j] = one
  }
}
