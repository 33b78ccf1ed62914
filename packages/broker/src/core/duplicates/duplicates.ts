import { MillraceError } from '@millrace/base'
import { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import { property } from '../../message/properties.ts'
import type { Operation, Paged, QueueStore } from '../../store/store.ts'
import type { Broker } from '../broker.ts'
import { STATE_PREFIX } from '../paused-queues.ts'
import type { Reply } from '../ports.ts'
import type { Route } from '../routing/routing.ts'
import { commitAll } from '../routing/send-all.ts'
import type { Enlisted, Sink } from '../target.ts'
import { RememberedIds } from './remembered-ids.ts'

/** The property with the sender's own id for what it sends. Artemis's name, and behaviour. */
export const DUPLICATE_ID = '_AMQ_DUPL_ID'

/** Queues of the store with the ids of one destination each; no client can name them. */
export const DUPLICATES_PREFIX: string = `${STATE_PREFIX}duplicates/`

/** UTF-16 units. */
const ID_LENGTH_MAX = 1024
const PAGE_COUNT = 5_000

/** A message that says who it is. */
export interface Identified {
  readonly ids: RememberedIds
  readonly id: string
}

/**
 * Finds what was sent twice by an id of the sender's own, where the policy of a destination asks for it: what a program
 * sends again after it has itself failed and started again has new message ids and the same id of this kind. The second is
 * dropped and answered as the first was. The ids of persistent messages are stored in one step with them, so that they
 * are remembered exactly as long as the message was safe at all, over restarts too.
 *
 * Ids are those of the destination that a message was sent to; what it is passed on to does not look.
 */
export class Duplicates {
  /** Some policy asks for it. */
  active = false
  /** Messages that were dropped. */
  found = 0
  readonly #broker: Broker
  /** By the text of the destination. */
  readonly #destinations = new Map<string, RememberedIds>()

  constructor(broker: Broker) {
    this.#broker = broker
    this.policiesChanged()
  }

  policiesChanged(): void {
    this.active = this.#broker.policies.all.some(({ duplicateIdsMax }) => duplicateIdsMax > 0)
  }

  /** Null: nobody asked for its id to be looked at, or it has none. Throws LIMIT_REACHED for one that is too long. */
  identify(message: Message): Identified | null {
    if (!this.active || message.properties === null) return null
    const { text } = message.destination
    const policy = this.#broker.destinations.find(message.destination)?.policy
    if (policy === undefined || policy.duplicateIdsMax === 0) return null
    const value = property(message, DUPLICATE_ID)?.value ?? null
    if (value === null || (typeof value === 'object' && !Buffer.isBuffer(value))) return null
    const id = Buffer.isBuffer(value) ? `bytes:${value.toString('hex')}` : String(value)
    if (id.length > ID_LENGTH_MAX) {
      throw new MillraceError('LIMIT_REACHED', `${DUPLICATE_ID} has ${id.length} characters, ${ID_LENGTH_MAX} may be`)
    }
    const ids = this.#idsOf(text)
    ids.countMax = policy.duplicateIdsMax
    return { ids, id }
  }

  /** True: it was sent before, or is being sent with its id; `reply` is completed when it is safe. */
  sends(message: Message, target: Sink | null, reply: Reply): boolean {
    try {
      const identified = this.identify(message)
      if (identified === null) return false
      const { ids, id } = identified
      const known = ids.find(id)
      if (known !== null) {
        this.found++
        known.follow(reply)
        return true
      }
      const routes: readonly Route[] = target === null ? this.#broker.sends.route(message) : [{ target, message }]
      const operations: Operation[] = []
      const enlisted: Enlisted[] = routes.map((route) => route.target.enlist(route.message, operations))
      enlisted.push(ids.remember(id, message.persistent, operations))
      commitAll(this.#broker, message, enlisted, operations, reply)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      reply.done(error)
    }
    return true
  }

  /** In a transaction: null if it was sent before, and is to be left out. */
  enlist({ ids, id }: Identified, message: Message, operations: Operation[]): Enlisted | null {
    if (ids.find(id) === null) return ids.remember(id, message.persistent, operations)
    this.found++
    return null
  }

  /** Of a branch that was found prepared. */
  prepared(store: QueueStore, message: Message, key: number): Enlisted {
    return this.#idsOf(store.name.slice(DUPLICATES_PREFIX.length)).prepared(idOf(message), key)
  }

  /** What was remembered when the broker ended; forgotten, if nobody asks for it any more. */
  async recover(store: QueueStore): Promise<void> {
    const text = store.name.slice(DUPLICATES_PREFIX.length)
    const { duplicateIdsMax } = this.#broker.policies.find(Destination.parse(text))
    if (duplicateIdsMax === 0) {
      store.delete(null)
      return
    }
    const ids = this.#idsOf(text)
    ids.countMax = duplicateIdsMax
    for (let after = 0, done = store.count === 0; !done; ) {
      const { page, last } = await new Promise<{ page: readonly Paged[]; last: boolean }>((resolve) => {
        store.page(after, PAGE_COUNT, { paged: (found, end) => resolve({ page: found, last: end }) })
      })
      for (const { key, message } of page) {
        after = key
        ids.recovered(idOf(message), key)
      }
      done = last || page.length === 0
    }
    ids.trim(null)
  }

  #idsOf(text: string): RememberedIds {
    let ids = this.#destinations.get(text)
    if (ids === undefined) {
      ids = new RememberedIds(this.#broker, text, DUPLICATES_PREFIX + text)
      this.#destinations.set(text, ids)
    }
    return ids
  }
}

function idOf(message: Message): string {
  return message.body?.toString() ?? ''
}
