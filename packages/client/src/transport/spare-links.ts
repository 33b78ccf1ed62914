import type { Cancel, Clock, Logger } from '@millrace/base'
import type { FailoverSettings } from '../failover-options.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import { BackOff } from './back-off.ts'
import { type BrokerList, same } from './broker-list.ts'

/** A link that is open, and whose broker does not know yet who we are. */
export interface SpareLink {
  readonly url: BrokerUrl
  close(): void
}

export interface SpareLinksContext<L extends SpareLink> {
  readonly list: BrokerList
  readonly settings: FailoverSettings
  readonly clock: Clock
  readonly log: Logger
  readonly open: (url: BrokerUrl) => Promise<L>
  /** A broker of priority answers, and we are with another. */
  readonly preferred: (url: BrokerUrl) => void
}

/**
 * Links in reserve. `backup`: some are kept open, so that the next broker is there at once when one is lost.
 * `priorityBackup`: while we are with a broker without priority, those with priority are tried until one answers.
 */
export class SpareLinks<L extends SpareLink> {
  readonly #context: SpareLinksContext<L>
  readonly #backOff: BackOff
  readonly #links: L[] = []
  /** Where we are; null: between two links, and nothing is looked for. */
  #current: BrokerUrl | null = null
  #filling = false
  #cancel: Cancel | null = null

  constructor(context: SpareLinksContext<L>) {
    this.#context = context
    this.#backOff = new BackOff(context.settings)
  }

  /** We are with this broker now; null: with none. */
  with(current: BrokerUrl | null): void {
    this.#current = current
    this.#cancel?.()
    this.#cancel = null
    this.#fill()
  }

  /** The first in this order that is open; it is not a spare any more. */
  take(order: readonly BrokerUrl[]): L | null {
    for (const url of order) {
      const at = this.#links.findIndex((link) => same(link.url, url))
      if (at >= 0) return this.#links.splice(at, 1)[0] ?? null
    }
    return null
  }

  lost(link: L): void {
    const at = this.#links.indexOf(link)
    if (at < 0) return
    this.#links.splice(at, 1)
    this.#fill()
  }

  close(): void {
    this.#current = null
    this.#cancel?.()
    for (const link of this.#links.splice(0)) link.close()
  }

  /** What to open next, best first. */
  #wanted(): BrokerUrl[] {
    const { list, settings } = this.#context
    const current = this.#current
    if (current === null) return []
    const missing = list
      .order(null, null)
      .filter((url) => !same(url, current) && !this.#links.some((link) => same(link.url, url)))
    const preferred =
      settings.priorityBackup && !list.hasPriority(current) ? missing.filter((url) => list.hasPriority(url)) : []
    const room = settings.backup && this.#links.length < settings.backupPoolSize
    return room ? [...preferred, ...missing.filter((url) => !preferred.includes(url))] : preferred
  }

  #fill(): void {
    if (this.#filling || this.#cancel !== null || this.#wanted().length === 0) return
    this.#filling = true
    this.#pass().then(
      (opened) => {
        this.#filling = false
        if (opened) this.#backOff.reset()
        if (this.#wanted().length === 0) return
        this.#cancel = this.#context.clock.after(this.#backOff.next(), () => {
          this.#cancel = null
          this.#fill()
        })
      },
      // `open` is the only thing that can fail, and that is looked after.
      () => {},
    )
  }

  /** Tries each that is wanted until one answers. */
  async #pass(): Promise<boolean> {
    for (const url of this.#wanted()) {
      let link: L
      try {
        link = await this.#context.open(url)
      } catch {
        continue
      }
      if (this.#current === null || same(this.#current, url)) link.close()
      else {
        this.#links.push(link)
        const { list, settings, log } = this.#context
        log.debug({ address: formatBrokerUrl(url) }, 'a spare link is open')
        if (settings.priorityBackup && list.hasPriority(url) && !list.hasPriority(this.#current)) {
          this.#context.preferred(url)
        }
      }
      return true
    }
    return false
  }
}
