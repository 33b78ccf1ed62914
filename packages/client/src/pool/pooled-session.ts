import type { Connection } from '../connection.ts'
import type { MessageProducer } from '../producer.ts'
import type { Session } from '../session.ts'

/** A session and the anonymous producer that stays with it. */
export interface SessionEntry {
  readonly session: Session
  producer: Promise<MessageProducer> | null
}

/** A session that a pool has lent. Do not use it, or what it made, after `release()`. */
export class PooledSession implements AsyncDisposable {
  readonly session: Session
  readonly #entry: SessionEntry
  readonly #release: () => Promise<void>
  #releasing: Promise<void> | null = null

  /** Use `pool.acquire`. */
  constructor(entry: SessionEntry, release: () => Promise<void>) {
    this.session = entry.session
    this.#entry = entry
    this.#release = release
  }

  get connection(): Connection {
    return this.session.connection
  }

  /** An anonymous producer that stays with the session: only the first time costs a round trip. Do not close it. */
  producer(): Promise<MessageProducer> {
    const entry = this.#entry
    if (entry.producer === null) {
      const opening = this.session.createProducer()
      entry.producer = opening
      opening.catch(() => {
        entry.producer = null
      })
    }
    return entry.producer
  }

  /**
   * Gives it back: its consumers and other producers are closed, an open transaction is rolled back. A session that is
   * closed, or cannot be cleaned up, is thrown away. Idempotent.
   */
  release(): Promise<void> {
    this.#releasing ??= this.#release()
    return this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }
}
