import type { Broker } from './broker.ts'
import type { ConnectionSpec } from './connection.ts'
import { checkCount } from './count-limit.ts'
import { Rate } from './flow/rate.ts'

/** Users without a connection whose rate is remembered, so that it does not begin anew with each connection. */
const ABSENT_MAX = 10_000

/** What one user has, over all its connections. */
export class User {
  readonly name: string
  /** What it may send per second; null = as much as its connections may. */
  readonly rate: Rate | null
  connections = 0
  producers = 0
  consumers = 0

  constructor(name: string, rate: Rate | null) {
    this.name = name
    this.rate = rate
  }
}

/**
 * Limits per user: who was made sure of where users are asked, else the name that a client gives. Connections without a
 * name have no user. Where no such limit is set nothing is counted.
 */
export class Users {
  readonly #broker: Broker
  readonly #limited: boolean
  readonly #users = new Map<string, User>()

  constructor(broker: Broker) {
    this.#broker = broker
    const { limits } = broker
    this.#limited =
      limits.connectionsPerUserMax > 0 ||
      limits.producersPerUserMax > 0 ||
      limits.consumersPerUserMax > 0 ||
      limits.userMessagesPerSecondMax > 0 ||
      limits.userBytesPerSecondMax > 0
  }

  /** Whose connection this will be; null: nobody's, or nobody counts. Throws LIMIT_REACHED. */
  of({ principal, userName }: ConnectionSpec): User | null {
    const name = principal?.name ?? userName ?? ''
    if (!this.#limited || name === '') return null
    const known = this.#users.get(name)
    if (known !== undefined) {
      check(known, known.connections, this.#broker.limits.connectionsPerUserMax, 'connections')
      return known
    }
    const { userMessagesPerSecondMax, userBytesPerSecondMax } = this.#broker.limits
    const rate = Rate.of(userMessagesPerSecondMax, userBytesPerSecondMax, this.#broker.clock.monotonic(), null)
    return new User(name, rate)
  }

  /** One connection more. */
  joined(user: User): void {
    user.connections++
    this.#users.set(user.name, user)
  }

  /** One connection less. */
  left(user: User): void {
    user.connections--
    if (user.connections > 0) return
    this.#users.delete(user.name)
    if (user.rate === null) return
    // The one that is away for longest is forgotten first.
    this.#users.set(user.name, user)
    if (this.#users.size <= ABSENT_MAX + this.#broker.connections.size) return
    for (const [name, { connections }] of this.#users) {
      if (connections > 0) continue
      this.#users.delete(name)
      return
    }
  }

  checkProducers(user: User): void {
    check(user, user.producers, this.#broker.limits.producersPerUserMax, 'producers')
  }

  checkConsumers(user: User): void {
    check(user, user.consumers, this.#broker.limits.consumersPerUserMax, 'consumers')
  }
}

function check(user: User, count: number, countMax: number, what: string): void {
  if (countMax > 0) checkCount(count, countMax, `${what} of user ${user.name}`)
}
