import { type Linked, MillraceError, type Task, type Turn } from '@millrace/base'
import type { Connection } from './connection.ts'
import type { Limits } from './limits.ts'

/** A request that waits for space. Its answer comes late; until then its connection can do everything else. */
export interface Parked extends Linked<Parked> {
  readonly connection: Connection
  readonly bytes: number
  /** Monotonic ms after which it fails instead; Infinity = never. */
  readonly deadlineMs: number
  hasSpace(): boolean
  proceed(): void
  fail(error: MillraceError | null): void
}

/**
 * Sends and commits that found no space, per connection in order. A connection that has parked too much is told to stop
 * reading; it goes on when half of that is gone.
 */
export class Parking implements Task {
  queued = false
  readonly #turn: Turn
  readonly #limits: Limits
  readonly #connections = new Set<Connection>()

  constructor(turn: Turn, limits: Limits) {
    this.#turn = turn
    this.#limits = limits
  }

  /** Returns false when the connection has to stop reading now. */
  park(parked: Parked): boolean {
    const connection = parked.connection
    connection.parked.push(parked)
    connection.parkedBytes += parked.bytes
    this.#connections.add(connection)
    if (connection.stopped || connection.parkedBytes < this.#limits.parkedBytesMax) return true
    connection.stopped = true
    return false
  }

  /** There may be space: looked at once, at the end of the turn. */
  wake(): void {
    if (this.#connections.size > 0) this.#turn.work(this)
  }

  tick(nowMs: number): void {
    for (const connection of this.#connections) {
      for (let parked = connection.parked.first; parked !== null; parked = connection.parked.first) {
        if (parked.deadlineMs > nowMs) break
        this.#take(connection, parked)
        parked.fail(null)
      }
      this.#settle(connection)
    }
    this.wake()
  }

  /** One request of each connection in turn, so that nobody waits for somebody else's thousand. */
  run(): void {
    let proceeded = true
    while (proceeded) {
      proceeded = false
      for (const connection of this.#connections) {
        const parked = connection.parked.first
        if (parked !== null && parked.hasSpace()) {
          this.#take(connection, parked)
          parked.proceed()
          proceeded = true
        }
        this.#settle(connection)
      }
    }
  }

  /** The connection goes; what it parked did not happen. */
  remove(connection: Connection): void {
    this.#connections.delete(connection)
    for (let parked = connection.parked.shift(); parked !== null; parked = connection.parked.shift()) {
      parked.fail(new MillraceError('CONNECTION_CLOSED', `${connection.id} closed while its send waited for space`))
    }
    connection.parkedBytes = 0
  }

  #take(connection: Connection, parked: Parked): void {
    connection.parked.remove(parked)
    connection.parkedBytes -= parked.bytes
  }

  #settle(connection: Connection): void {
    if (connection.parked.length === 0) this.#connections.delete(connection)
    if (!connection.stopped || connection.parkedBytes * 2 > this.#limits.parkedBytesMax) return
    connection.stopped = false
    connection.port.resume()
  }
}
