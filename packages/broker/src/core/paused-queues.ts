import { Destination } from '../message/destination.ts'
import { Message } from '../message/message.ts'
import type { Paged, QueueStore, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Reply } from './ports.ts'
import type { Queue } from './queue.ts'

/** Names of queues of the store that hold what the broker remembers about itself; no destination begins so. */
export const STATE_PREFIX = 'state://'

const STORE_NAME = `${STATE_PREFIX}paused`

const PAGE_COUNT = 1_000

/**
 * Which queues are paused, across restarts. Each is remembered by a message with its name in a queue of the store that
 * no client can name: every engine keeps it as safe as anything else, and no format had to learn of it.
 */
export class PausedQueues {
  readonly #broker: Broker
  /** By the text of the queue, the key of what remembers it. */
  readonly #keys = new Map<string, number>()
  #store: QueueStore | null = null

  constructor(broker: Broker) {
    this.#broker = broker
  }

  has(text: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(text)
  }

  /** At recovery, when all queues are there. */
  async recover(store: QueueStore): Promise<void> {
    this.#store = store
    let afterKey = 0
    for (let last = store.count === 0; !last; ) {
      const { page, end } = await read(store, afterKey)
      last = end || page.length === 0
      for (const { key, message } of page) {
        afterKey = key
        const text = message.body?.toString() ?? ''
        this.#keys.set(text, key)
        const queue = this.#broker.queue(Destination.parse(text))
        if (queue !== null) queue.paused = true
      }
    }
  }

  /** `reply` is completed when a restart would find it so. */
  set(queue: Queue, paused: boolean, reply: Reply): void {
    queue.paused = paused
    const known = this.#keys.get(queue.name)
    if (queue.store === null || paused === (known !== undefined)) {
      reply.done(null)
      return
    }
    const waiter: Stored = { stored: (error) => reply.done(error) }
    this.#store ??= this.#broker.store.queue(STORE_NAME)
    if (known !== undefined) {
      this.#keys.delete(queue.name)
      this.#store.remove(known, waiter)
      return
    }
    const message = new Message(queue.destination, STORE_NAME, 0)
    message.persistent = true
    message.body = Buffer.from(queue.name)
    const key = this.#broker.nextKey()
    this.#keys.set(queue.name, key)
    this.#store.add(message, key, waiter)
  }
}

function read(store: QueueStore, afterKey: number): Promise<{ page: readonly Paged[]; end: boolean }> {
  return new Promise((resolve) => {
    store.page(afterKey, PAGE_COUNT, { paged: (page, end) => resolve({ page, end }) })
  })
}
