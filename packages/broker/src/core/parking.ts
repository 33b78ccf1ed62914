import { type Linked, type Logger, MillraceError, type Task, type Turn } from '@millrace/base'
import type { Connection } from './connection.ts'
import { Blocked } from './flow/blocked.ts'
import type { Limits } from './limits.ts'

/** A request that waits for space. Its answer comes late; until then its connection can do everything else. */
export interface Parked extends Linked<Parked> {
  readonly connection: Connection
  readonly bytes: number
  /** It ends a transaction. */
  readonly commit: boolean
  /**
   * What it may not overtake: other sends of its producer, and other sends to its destination. Empty: everything before
   * it comes first.
   */
  readonly lanes: readonly string[]
  /** Monotonic ms after which it fails instead; Infinity = never. */
  readonly deadlineMs: number
  hasSpace(): boolean
  proceed(): void
  fail(error: MillraceError | null): void
  /** Goes to the store at once, although it need not be stored; false if it cannot. */
  spill(): boolean
}

/** Requests of one connection that proceed before the next connection has its turn. */
const TURN_COUNT = 4

/** How often somebody hears of a connection whose sends wait. */
const WARNING_MS = 30_000

/**
 * Sends and commits that found no space, per connection in order. What comes from one producer or goes to one
 * destination keeps its order; a full destination holds up nothing that others send elsewhere.
 *
 * A connection that has parked too much is told to stop reading; it goes on when half of that is gone. One that consumes
 * may park more: the acknowledgements that make space come behind its own sends, and as long as it is read they are
 * found. When that too is full the oldest of its sends go to the store, if their queue has one.
 */
export class Parking implements Task {
  queued = false
  /** Sends of the whole broker that had to wait. */
  readonly blocked: Blocked = new Blocked()
  bytes = 0
  readonly #turn: Turn
  readonly #limits: Limits
  readonly #log: Logger
  readonly #connections = new Set<Connection>()
  #warnedMs = 0
  /** Requests that do not wait for ever. */
  #timed = 0

  constructor(turn: Turn, limits: Limits, log: Logger) {
    this.#turn = turn
    this.#limits = limits
    this.#log = log
  }

  /** Returns false when the connection has to stop reading now. */
  park(parked: Parked): boolean {
    const { connection } = parked
    connection.parked.push(parked)
    connection.parkedBytes += parked.bytes
    if (parked.commit) connection.parkedCommits++
    this.bytes += parked.bytes
    for (const lane of parked.lanes) connection.parkedLanes.set(lane, (connection.parkedLanes.get(lane) ?? 0) + 1)
    if (parked.deadlineMs !== Number.POSITIVE_INFINITY) this.#timed++
    this.#connections.add(connection)
    const bytesMax = this.#bytesMax(connection)
    if (connection.stopped || connection.parkedBytes < bytesMax) return true
    if (connection.subscriptions.size > 0) this.#spill(connection, bytesMax >> 1)
    if (connection.parkedBytes < bytesMax) return true
    connection.stopped = true
    return false
  }

  /** There may be space: looked at once, at the end of the turn. */
  wake(): void {
    if (this.#connections.size > 0) this.#turn.work(this)
  }

  tick(nowMs: number): void {
    for (const connection of this.#timed > 0 ? this.#connections : []) {
      for (let parked = connection.parked.first; parked !== null; ) {
        const next: Parked | null = parked.next
        if (parked.deadlineMs <= nowMs) {
          this.#take(parked)
          parked.fail(null)
        }
        parked = next
      }
      this.#settle(connection)
    }
    this.#warn(nowMs)
    this.wake()
  }

  /** Some requests of each connection in turn, so that nobody waits for somebody else's thousand. */
  run(): void {
    let proceeded = true
    while (proceeded) {
      proceeded = false
      for (const connection of [...this.#connections]) {
        if (this.#advance(connection)) {
          proceeded = true
          // Space often comes for one message at a time: next time others are first.
          this.#connections.delete(connection)
          this.#connections.add(connection)
        }
        this.#settle(connection)
      }
    }
  }

  /** The connection goes; what it parked did not happen. */
  remove(connection: Connection): void {
    this.#connections.delete(connection)
    for (let parked = connection.parked.first; parked !== null; parked = connection.parked.first) {
      this.#take(parked)
      parked.fail(new MillraceError('CONNECTION_CLOSED', `${connection.id} closed while its send waited for space`))
    }
  }

  /** Returns whether something went on. */
  #advance(connection: Connection): boolean {
    /** Lanes whose first has no space. */
    const full = new Set<string>()
    let left = TURN_COUNT
    for (let parked = connection.parked.first; parked !== null && left > 0; ) {
      const next: Parked | null = parked.next
      const { lanes } = parked
      const first = lanes.length === 0 ? parked === connection.parked.first : !lanes.some((lane) => full.has(lane))
      if (first && parked.hasSpace()) {
        this.#take(parked)
        parked.proceed()
        left--
      } else {
        // What waits for all before it holds up nothing behind it that goes elsewhere.
        for (const lane of lanes) full.add(lane)
        if (full.size === connection.parkedLanes.size) break
      }
      parked = next
    }
    return left < TURN_COUNT
  }

  /** Down to `bytes`, the oldest first, so that the order stays. */
  #spill(connection: Connection, bytes: number): void {
    for (let parked = connection.parked.first; parked !== null && connection.parkedBytes > bytes; ) {
      if (!parked.spill()) return
      this.#take(parked)
      parked = connection.parked.first
    }
  }

  #take(parked: Parked): void {
    const { connection } = parked
    connection.parked.remove(parked)
    connection.parkedBytes -= parked.bytes
    if (parked.commit) connection.parkedCommits--
    this.bytes -= parked.bytes
    if (parked.deadlineMs !== Number.POSITIVE_INFINITY) this.#timed--
    for (const lane of parked.lanes) {
      const count = (connection.parkedLanes.get(lane) ?? 0) - 1
      if (count > 0) connection.parkedLanes.set(lane, count)
      else connection.parkedLanes.delete(lane)
    }
  }

  #settle(connection: Connection): void {
    if (connection.parked.length === 0) this.#connections.delete(connection)
    if (!connection.stopped || connection.parkedBytes * 2 > this.#bytesMax(connection)) return
    connection.stopped = false
    connection.port.resume()
  }

  #bytesMax(connection: Connection): number {
    const { parkedBytesMax, parkedBytesOfConsumingMax, parkedBytesOfAllMax } = this.#limits
    if (connection.subscriptions.size === 0 || this.bytes >= parkedBytesOfAllMax) return parkedBytesMax
    return Math.max(parkedBytesMax, parkedBytesOfConsumingMax)
  }

  #warn(nowMs: number): void {
    if (this.#connections.size === 0) {
      this.#warnedMs = nowMs
      return
    }
    if (nowMs - this.#warnedMs < WARNING_MS) return
    this.#warnedMs = nowMs
    for (const { id, parkedBytes, parkedLanes, stopped } of this.#connections) {
      this.#log.warn({ connection: id, parkedBytes, lanes: parkedLanes.size, stopped }, 'sends wait for space')
    }
  }
}
