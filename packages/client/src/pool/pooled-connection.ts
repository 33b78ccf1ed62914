import type { Cancel, Clock, Logger } from '@millrace/base'
import type { AcknowledgeMode } from '../consumer/acknowledgement.ts'
import type { Connection } from '../connection.ts'
import type { ConnectionFactory } from '../connection-factory.ts'
import { type WaitOptions, within } from '../wait.ts'
import type { SessionEntry } from './pooled-session.ts'

export interface PooledConnectionPort {
  readonly idleTimeout: number
  readonly expiryTimeout: number
  readonly connectionTimeout: number
  readonly reconnectOnException: boolean
  readonly clock: Clock
  readonly log: Logger
  /** It will not be lent from any more. */
  retired(): void
  /** It is closed. */
  gone(): void
}

/** Ranks below any number of lent sessions. */
const HAS_IDLE = -1

/**
 * One connection of a pool with the sessions that wait in it. Its life: opening, lent from, retired (too old, unused for
 * too long, or broken), and closed when the last of its sessions is back.
 */
export class PooledConnection {
  /** Sessions that callers have, or are about to get. */
  lent = 0
  readonly #factory: ConnectionFactory
  readonly #port: PooledConnectionPort
  #opening: Promise<Connection> | null = null
  readonly #lentOf = new Map<AcknowledgeMode, number>()
  readonly #idle = new Map<AcknowledgeMode, SessionEntry[]>()
  #retired = false
  #closing: Promise<void> | null = null
  #idleTimer: Cancel | null = null
  #expiryTimer: Cancel | null = null

  constructor(factory: ConnectionFactory, port: PooledConnectionPort) {
    this.#factory = factory
    this.#port = port
  }

  open(): void {
    this.#opening = this.#open()
    // Those who wait for it are told.
    this.#opening.catch(() => {})
  }

  lentOf(mode: AcknowledgeMode): number {
    return this.#lentOf.get(mode) ?? 0
  }

  /** Lower is better. */
  rank(mode: AcknowledgeMode): number {
    return (this.#idle.get(mode)?.length ?? 0) > 0 ? HAS_IDLE : this.lent
  }

  take(mode: AcknowledgeMode): void {
    this.lent++
    this.#lentOf.set(mode, this.lentOf(mode) + 1)
    this.#idleTimer?.()
    this.#idleTimer = null
  }

  give(mode: AcknowledgeMode): void {
    this.lent--
    this.#lentOf.set(mode, this.lentOf(mode) - 1)
    if (this.lent > 0) return
    const { idleTimeout, clock } = this.#port
    if (this.#retired) this.#closeInBackground()
    else if (idleTimeout > 0) this.#idleTimer = clock.after(idleTimeout, () => this.#retire('unused'))
  }

  /** One that waits here, or a new one. */
  async session(mode: AcknowledgeMode, wait: WaitOptions): Promise<SessionEntry> {
    const opening = this.#opening as Promise<Connection>
    const connection = await within(this.#port.clock, opening, wait, 'opening a connection of the pool')
    const idle = this.#idle.get(mode)
    for (let entry = idle?.pop(); entry !== undefined; entry = idle?.pop()) {
      if (!entry.session.closed) return entry
    }
    return { session: await connection.createSession({ acknowledgeMode: mode }), producer: null }
  }

  async takeBack(entry: SessionEntry, mode: AcknowledgeMode): Promise<void> {
    const { session } = entry
    if (await this.#cleaned(entry)) {
      const idle = this.#idle.get(mode)
      if (idle === undefined) this.#idle.set(mode, [entry])
      else idle.push(entry)
      return
    }
    await session.close().catch((error: unknown) => this.#port.log.debug({ error }, 'a pooled session did not close'))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #cleaned(entry: SessionEntry): Promise<boolean> {
    const { session } = entry
    if (session.closed || session.connection.gone || this.#retired) return false
    try {
      await session.closeChildren((await entry.producer) ?? null)
      if (session.transacted) await session.rollback()
      return !session.closed && !this.#retired
    } catch (error) {
      this.#port.log.debug({ error }, 'a pooled session could not be cleaned up')
      return false
    }
  }

  async #open(): Promise<Connection> {
    const { clock, connectionTimeout, expiryTimeout, reconnectOnException } = this.#port
    try {
      const connection = await this.#factory.createConnection({ timeout: connectionTimeout })
      connection.on('closed', () => this.#retire('closed'))
      if (reconnectOnException) connection.on('exception', () => this.#retire('an exception'))
      if (expiryTimeout > 0) this.#expiryTimer = clock.after(expiryTimeout, () => this.#retire('expired'))
      await connection.start()
      return connection
    } catch (error) {
      this.#retire('it did not open')
      throw error
    }
  }

  #retire(reason: string): void {
    if (this.#retired) return
    this.#retired = true
    this.#port.log.debug({ reason }, 'a connection of the pool is retired')
    this.#port.retired()
    if (this.lent === 0) this.#closeInBackground()
  }

  #closeInBackground(): void {
    this.close().catch((error: unknown) => this.#port.log.warn({ error }, 'a connection of the pool did not close'))
  }

  async #close(): Promise<void> {
    this.#retired = true
    this.#idleTimer?.()
    this.#expiryTimer?.()
    const connection = await this.#opening?.catch(() => null)
    await connection?.close()
    this.#port.gone()
  }
}
