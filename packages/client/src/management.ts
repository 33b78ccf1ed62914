import type { Connection } from './connection.ts'
import { Queue } from './destination.ts'
import { UnsupportedOperationError } from './errors.ts'
import { TextMessage } from './messages/text-message.ts'
import { RequestFailedError } from './requests/reply-marks.ts'
import { request } from './requests/request.ts'
import type { WaitOptions } from './wait.ts'

/** A queue or a topic as an operator sees it. Counters are since the broker started. */
export interface ManagedDestination {
  /** `queue://ORDERS` */
  readonly destination: string
  /** Not acknowledged; of a topic, which keeps nothing: 0. */
  readonly messages: number
  readonly consumers: number
  readonly producers: number
  /** Durable and shared subscriptions of a topic. */
  readonly durables: number
  readonly enqueued: number
  readonly dequeued: number
  readonly expired: number
  readonly paused: boolean
  readonly temporary: boolean
}

/** A durable or shared subscription. */
export interface ManagedSubscription {
  /** Empty: a shared one that is the same for every client. */
  readonly clientId: string
  readonly name: string
  readonly destination: string
  readonly selector: string | null
  readonly noLocal: boolean
  readonly shared: boolean
  readonly durable: boolean
  readonly consumerIds: readonly string[]
  readonly pending: number
  readonly enqueued: number
  readonly dequeued: number
  /** Ms since 1970; 0 while it has a consumer. */
  readonly offlineSinceMs: number
}

/** A durable subscription that is to be made. */
export interface SubscriptionToMake {
  /** Absent: a shared one that is the same for every client. */
  clientId?: string
  name: string
  /** `topic://PRICES`; a bare name is a topic. May be a pattern. */
  destination: string
  selector?: string
  noLocal?: boolean
  shared?: boolean
}

/** A message of a subscription that was looked into; its body stays at the broker. */
export interface HeldMessage {
  readonly messageId: string
  readonly destination: string
  readonly timestamp: number
  readonly expiration: number
  readonly priority: number
  readonly persistent: boolean
  readonly correlationId: string | null
  readonly type: string | null
  /** Of its body. */
  readonly bytes: number
}

/** A consumer of anybody. */
export interface ManagedConsumer {
  readonly consumer: string
  readonly connection: string
  readonly clientId: string
  readonly user: string | null
  readonly destination: string
  readonly selector: string | null
  readonly prefetch: number
  /** Handed over and not acknowledged. */
  readonly unacknowledged: number
  /** Of a topic: messages that wait because it cannot take them. */
  readonly waiting: number
  readonly delivered: number
  readonly discarded: number
  /** It has all it may hold while more waits for it. */
  readonly slow: boolean
}

/** A connection of anybody. */
export interface ManagedConnection {
  readonly connection: string
  readonly clientId: string
  readonly user: string | null
  readonly address: string
  readonly producers: number
  readonly consumers: number
  readonly transactions: number
  /** Sends that wait for space. */
  readonly waitingSends: number
}

/** A prepared branch of a distributed transaction whose outcome nobody has said. */
export interface BranchInDoubt {
  readonly id: string
  /** Ms since 1970; 0: before the broker started. */
  readonly preparedMs: number
  readonly sends: number
  readonly acknowledgements: number
  readonly destinations: readonly string[]
}

/** A stored message whose bytes are not those that were written: it is never delivered. */
export interface DamagedMessage {
  readonly id: string
  /** `queue://ORDERS`, or the backlog of a durable subscription: `durable://CLIENT:NAME`. */
  readonly queue: string
  /** The file and the place in it. */
  readonly where: string
  /** Ms since 1970. */
  readonly foundMs: number
}

/** What became of one of the destinations that were meant. */
export interface DestinationOutcome {
  readonly destination: string
  /** Messages that went with a purge; else 1. */
  readonly count?: number
  readonly error?: { readonly code: string; readonly message: string }
}

/** Which dead letters are sent back, and where; all that is given must hold. */
export interface RetryLettersOptions {
  /** `queue://ActiveMQ.DLQ` when absent. */
  queue?: string
  messageId?: string
  selector?: string
  limit?: number
  /** Instead of where each came from. */
  to?: string
}

const TIMEOUT_MS = 10_000

/**
 * What an operator asks of a Millrace broker over an ordinary connection, by messages to `Millrace.Management`: see
 * docs/operating.md. Names are texts like `queue://ORDERS`; where it is said, patterns (`queue://ORDERS.>`) and lists with
 * commas too. The connection must be started. Everything rejects with RequestFailedError when the broker says no (its
 * `code` is the broker's: NOT_AUTHORIZED, DESTINATION_UNKNOWN, ...), RequestTimedOutError (10 s when no `timeout` is
 * given), UnsupportedOperationError on another broker, and as `request` does.
 */
export class BrokerManagement {
  readonly #connection: Connection
  readonly #wait: WaitOptions

  /** Use `brokerManagement`. */
  constructor(connection: Connection, wait: WaitOptions) {
    this.#connection = connection
    this.#wait = wait
  }

  /** In the order of their names; without advisory topics, and without temporary ones unless a pattern asks for them. */
  destinations(destination?: string): AsyncGenerator<ManagedDestination, void, undefined> {
    return this.#pages('destinations', { destination })
  }

  /** Makes a queue or a topic, if it is not there. */
  async create(destination: string): Promise<void> {
    await this.ask('create', { destination })
  }

  /** With everything in it. `evenIfUsed`: although it has consumers or durable subscriptions. Patterns too. */
  delete(destination: string, options: { evenIfUsed?: boolean } = {}): Promise<DestinationOutcome[]> {
    return this.#each('delete', { destination, ...options })
  }

  /** Throws all messages away but those that consumers have. Patterns too. */
  purge(destination: string): Promise<DestinationOutcome[]> {
    return this.#each('purge', { destination })
  }

  /** Consumers get nothing more until `resume`, also after a restart of the broker. Patterns too. */
  pause(destination: string): Promise<DestinationOutcome[]> {
    return this.#each('pause', { destination })
  }

  resume(destination: string): Promise<DestinationOutcome[]> {
    return this.#each('resume', { destination })
  }

  /** Sends dead letters to where they came from, in one transaction. */
  async retryDeadLetters(options: RetryLettersOptions = {}): Promise<{ count: number; kept: number; more: boolean }> {
    return (await this.ask('retry', { ...options })) as { count: number; kept: number; more: boolean }
  }

  /** Durable and shared ones, of one topic or client or all. */
  subscriptions(
    filter: { destination?: string; clientId?: string } = {},
  ): AsyncGenerator<ManagedSubscription, void, undefined> {
    return this.#pages('subscriptions', filter)
  }

  /** One that is there and asks for the same stays. */
  async createSubscription(subscription: SubscriptionToMake): Promise<void> {
    await this.ask('createSubscription', { ...subscription })
  }

  /** With everything it has collected; not while it is consumed. */
  async deleteSubscription(clientId: string, name: string): Promise<void> {
    await this.ask('deleteSubscription', { clientId, name })
  }

  /** The first messages that it holds, 100 when no `limit` is given, 1000 at most; nothing is taken. */
  async browseSubscription(clientId: string, name: string, limit?: number): Promise<HeldMessage[]> {
    const { messages } = await this.ask('browseSubscription', { clientId, name, limit })
    return messages as HeldMessage[]
  }

  /** Of one destination or pattern or all. `slow`: only those that are. */
  consumers(filter: { destination?: string; slow?: boolean } = {}): AsyncGenerator<ManagedConsumer, void, undefined> {
    return this.#pages('consumers', filter)
  }

  /** What it has not acknowledged goes to others. `connection`: its whole connection ends. */
  async endConsumer(consumer: string, options: { connection?: boolean } = {}): Promise<void> {
    await this.ask('endConsumer', { consumer, ...options })
  }

  connections(): AsyncGenerator<ManagedConnection, void, undefined> {
    return this.#pages('connections', {})
  }

  async endConnection(connection: string): Promise<void> {
    await this.ask('endConnection', { connection })
  }

  /** What the disk has lost of what it kept; found when it was read, or by reading everything once a week. */
  damaged(): AsyncGenerator<DamagedMessage, void, undefined> {
    return this.#pages('damaged', {})
  }

  /** Those whose coordinator has not said what becomes of them. */
  branches(): AsyncGenerator<BranchInDoubt, void, undefined> {
    return this.#pages('branches', {})
  }

  /** In the place of a coordinator that will not come back. */
  async commitBranch(id: string): Promise<void> {
    await this.ask('commitBranch', { id })
  }

  async rollbackBranch(id: string): Promise<void> {
    await this.ask('rollbackBranch', { id })
  }

  /** Any operation, as docs/operating.md has it; resolves to its result. */
  async ask(operation: string, members: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { product } = this.#connection.capabilities ?? { product: 'Millrace' }
    if (product !== 'Millrace') {
      throw new UnsupportedOperationError(`${product ?? 'this broker'} is not managed by message, only Millrace is`)
    }
    const body = JSON.stringify({ operation, ...members })
    const reply = await request(this.#connection, new Queue('Millrace.Management'), body, {
      timeout: TIMEOUT_MS,
      ...this.#wait,
    })
    const answer: unknown = reply instanceof TextMessage ? JSON.parse(reply.text ?? 'null') : null
    const { result, error } = (answer ?? {}) as { result?: Record<string, unknown>; error?: Record<string, unknown> }
    if (error !== undefined) {
      throw new RequestFailedError(String(error['message']), { code: String(error['code']) })
    }
    return result ?? {}
  }

  async #each(operation: string, members: Record<string, unknown>): Promise<DestinationOutcome[]> {
    return (await this.ask(operation, members))['destinations'] as DestinationOutcome[]
  }

  async *#pages<T>(operation: string, members: Record<string, unknown>): AsyncGenerator<T, void, undefined> {
    for (let after: unknown; after !== null; ) {
      const page = await this.ask(operation, { ...members, after })
      yield* page[operation] as T[]
      after = page['next'] ?? null
    }
  }
}

/** For the broker of this connection. `wait`: how long each request may take, and a signal that ends them. */
export function brokerManagement(connection: Connection, wait: WaitOptions = {}): BrokerManagement {
  return new BrokerManagement(connection, wait)
}
