import { type Clock, systemClock } from '@millrace/base'
import type { MessageListener } from './consumer/listener-calls.ts'
import type { Message } from './messages/message.ts'

/** Remembers which messages were handled. Put it where the effects are, in the same database transaction if you can. */
export interface SeenStore {
  has(key: string): boolean | Promise<boolean>
  /** Called when the message was handled. */
  add(key: string): void | Promise<void>
}

/** What `idempotent` remembers, and where. */
export interface IdempotentOptions {
  /** In memory when absent. */
  store?: SeenStore
  /**
   * What makes two messages the same; null: this one is handled always. JMSMessageID when absent, which recognises what is
   * delivered twice; what is sent twice is only recognised by something of the application, such as an order number.
   */
  key?: (message: Message) => string | null
  /** Told of each message that was not handled again. */
  onDuplicate?: (message: Message, key: string) => void
}

/** How much a MemorySeenStore remembers, and how long. */
export interface MemorySeenOptions {
  /** Keys that are remembered; the oldest are forgotten first. 10000. */
  max?: number
  /** How long a key is remembered, ms; 0: until it is one too many. 0. */
  timeToLive?: number
  clock?: Clock
}

/** Remembers in this process, which is enough for redeliveries, but not for a restart. */
export class MemorySeenStore implements SeenStore {
  readonly #max: number
  readonly #lifeMs: number
  readonly #clock: Clock
  /** Key -> when it was added, monotonic ms; the oldest first. */
  readonly #seen = new Map<string, number>()

  /** Empty; it forgets as the options say. */
  constructor(options: MemorySeenOptions = {}) {
    this.#max = options.max ?? 10_000
    this.#lifeMs = options.timeToLive ?? 0
    this.#clock = options.clock ?? systemClock
  }

  get size(): number {
    return this.#seen.size
  }

  has(key: string): boolean {
    this.#forget()
    return this.#seen.has(key)
  }

  add(key: string): void {
    this.#seen.delete(key)
    this.#seen.set(key, this.#clock.monotonic())
    this.#forget()
  }

  #forget(): void {
    const now = this.#clock.monotonic()
    for (const [key, addedMs] of this.#seen) {
      const old = this.#lifeMs > 0 && now - addedMs >= this.#lifeMs
      if (!old && this.#seen.size <= this.#max) return
      this.#seen.delete(key)
    }
  }
}

/**
 * A listener that handles each message once: one that the store has seen is passed over, and so acknowledged like any
 * other. A message is remembered when `handler` is done; when it throws it is not, and comes again. Of two with the same
 * key at once (with `concurrency`) the second waits for the first. Between the end of the handler and the store's `add` a
 * crash makes one more handling; only a store that shares the handler's transaction has no such gap.
 */
export function idempotent(handler: MessageListener, options: IdempotentOptions = {}): MessageListener {
  const { store = new MemorySeenStore(), key = (message) => message.jmsMessageID, onDuplicate } = options
  const underWay = new Map<string, Promise<void>>()
  const once = async (message: Message, signal: AbortSignal, id: string): Promise<void> => {
    if (await store.has(id)) {
      onDuplicate?.(message, id)
      return
    }
    await handler(message, signal)
    await store.add(id)
  }
  return async (message, signal) => {
    const id = key(message)
    if (id === null) {
      await handler(message, signal)
      return
    }
    for (let other = underWay.get(id); other !== undefined; other = underWay.get(id)) {
      // When it failed, this one is to try.
      await other.catch(() => {})
    }
    const mine = once(message, signal, id)
    underWay.set(id, mine)
    try {
      await mine
    } finally {
      underWay.delete(id)
    }
  }
}
