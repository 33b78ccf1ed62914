import { MillraceError } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import type { Xid } from '../message/xid.ts'
import type { DurableRecord, QueueStore, Store } from '../store/store.ts'
import type { Destinations } from './destinations.ts'

export interface StartUpOptions {
  /** Queues and topics that are made when the broker opens: `queue://ORDERS`, `topic://PRICES`; a bare name is a queue. */
  readonly destinations?: readonly (Destination | string)[]
  /** Begins with nothing: messages, queues, durable subscriptions and prepared branches are forgotten. Default: false. */
  readonly deleteAllMessagesOnStartup?: boolean
}

/** What the store had. */
interface Found {
  readonly queues: { readonly store: QueueStore }[]
  readonly durables: DurableRecord[]
  readonly branches: { readonly xid: Xid }[]
  readonly producers: Map<string, number>
  readonly refusals: unknown[]
}

/** What happens once, while the broker opens. */
export class StartUp {
  readonly #destinations: readonly Destination[]
  readonly #clearing: boolean

  /** Throws CONFIGURATION_INVALID. */
  constructor(options: StartUpOptions) {
    this.#clearing = options.deleteAllMessagesOnStartup ?? false
    this.#destinations = (options.destinations ?? []).map((one) => {
      const destination = typeof one === 'string' ? Destination.parse(one) : one
      if (!destination.composite && !destination.pattern && !destination.temporary) return destination
      const message = `${destination.text} cannot be made at start: expected the name of one queue or topic`
      throw new MillraceError('CONFIGURATION_INVALID', message)
    })
  }

  /** If so asked, forgets what was found, in the store too; keys are not given again. */
  async clear(store: Store, found: Found): Promise<void> {
    if (!this.#clearing) return
    for (const { xid } of found.branches.splice(0)) store.finish(xid, false, null)
    for (const { clientId, name } of found.durables.splice(0)) store.removeDurable(clientId, name, null)
    for (const queue of found.queues.splice(0)) queue.store.delete(null)
    found.producers.clear()
    found.refusals.length = 0
    await new Promise<void>((resolve, reject) => {
      store.commit([], { stored: (error) => (error === null ? resolve() : reject(error)) })
    })
  }

  /** Throws LIMIT_REACHED. */
  create(destinations: Destinations): void {
    for (const destination of this.#destinations) {
      if (destinations.find(destination) === null) destinations.create(destination, null)
    }
  }
}
