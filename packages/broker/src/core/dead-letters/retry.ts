import { assert, type MillraceError, parseSelector, type Selector } from '@millrace/base'
import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import type { Broker } from '../broker.ts'
import { Connection } from '../connection.ts'
import type { Entry } from '../entry.ts'
import type { ConnectionPort, Consumer } from '../ports.ts'
import { Producer } from '../producer.ts'
import type { Queue } from '../queue.ts'
import { Subscription } from '../subscription.ts'
import { Transaction } from '../transaction.ts'
import { revivedOf } from './letter.ts'

/** Which letters are given another life. */
export interface RetryRequest {
  /** The dead letter queue. */
  readonly queue: Queue
  /** A message selector; null: all. It sees where a letter came from as `JMSDestination`. */
  readonly selector: string | null
  /** Letters at most. */
  readonly countMax: number
  /** Instead of where each came from. */
  readonly to: Destination | null
}

/** What a retry did. */
export interface RetryResult {
  /** Letters that were sent, all of them in one transaction. */
  readonly count: number
  /** Letters that were met and stay: they do not say where they came from, or it was a temporary destination. */
  readonly kept: number
  /** A limit ended it: there may be more. */
  readonly more: boolean
}

export interface RetryReply {
  retried(error: MillraceError | null, result: RetryResult | null): void
}

/** Of the memory for open transactions, what one retry may take. */
const SHARE = 0.5

const PORT: ConnectionPort = { resume: () => {}, closed: () => {} }

/**
 * Takes letters as a consumer that pulls one after another would, and sends them on in one transaction with their
 * acknowledgement. So what is only in the store is read page by page, what other consumers have is left to them, and a
 * failure, or a crash, leaves everything where it was. Nobody is told of this consumer, and nobody is asked.
 */
export class Retry implements Consumer {
  readonly #broker: Broker
  readonly #request: RetryRequest
  readonly #reply: RetryReply
  readonly #connection: Connection
  readonly #producer: Producer
  readonly #subscription: Subscription
  readonly #transaction: Transaction
  readonly #letters: Message[] = []
  #kept = 0
  #more = false
  #failure: MillraceError | null = null
  #ended = false

  /** Throws SELECTOR_INVALID. `number`: counts the retries of this broker. */
  constructor(broker: Broker, request: RetryRequest, number: number, reply: RetryReply) {
    this.#broker = broker
    this.#request = request
    this.#reply = reply
    const selector: Selector | null = request.selector === null ? null : parseSelector(request.selector)
    const id = `${broker.id}:retry:${number}`
    this.#connection = new Connection(
      { connectionId: id, clientId: id, userName: null, password: null, peerAddress: broker.name, reconnected: false },
      PORT,
    )
    this.#producer = new Producer(this.#connection, { producerId: `${id}:1`, destination: null })
    this.#transaction = new Transaction(broker, this.#connection, id, null)
    const spec = {
      consumerId: `${id}:2`,
      destination: request.queue.destination,
      prefetch: 0,
      selector: request.selector,
      noLocal: false,
      browser: false,
      exclusive: false,
      retroactive: false,
      priority: 0,
      durableName: null,
      maximumPendingMessages: 0,
    }
    this.#subscription = new Subscription(broker, this.#connection, spec, this, selector, false)
  }

  begin(): void {
    this.#subscription.targets.add(this.#request.queue)
    this.#request.queue.subscribe(this.#subscription)
    this.#next()
  }

  /** Its queue may go while it waits for what the store has. */
  tick(): void {
    if (this.#request.queue.deleted && !this.#ended) this.exhausted()
  }

  get ended(): boolean {
    return this.#ended
  }

  deliver(entry: Entry): void {
    const to = this.#request.to ?? entry.message.originalDestination
    if (to === null || (this.#request.to === null && to.temporary)) this.#kept++
    else this.#take(entry, to)
    if (this.#more) this.#end()
    else this.#next()
  }

  /** There is no more. */
  exhausted(): void {
    this.#end()
  }

  prefetchChanged(): void {}

  closed(): void {}

  #take(entry: Entry, to: Destination): void {
    const { message } = entry
    const { limits, usage } = this.#broker
    const bytesMax = limits.uncommittedBytesMax * SHARE
    if (usage.uncommittedBytes + message.sizeBytes > bytesMax && this.#letters.length > 0) {
      this.#more = true
      return
    }
    this.#failure = this.#transaction.checkRoom(2) ?? this.#transaction.send(this.#producer, revivedOf(message, to))
    if (this.#failure !== null) {
      this.#more = true
      return
    }
    this.#letters.push(message)
    // Not within the call that delivers, which is not done with the entry.
    this.#entries.push(entry)
    if (this.#letters.length >= this.#request.countMax) this.#more = true
  }

  readonly #entries: Entry[] = []

  #next(): void {
    this.#subscription.pull(-1)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#broker.turn.work({ queued: false, run: () => this.#commit() })
  }

  #commit(): void {
    if (this.#failure !== null) {
      this.#transaction.rollback(null)
      this.#done(this.#failure)
      return
    }
    // A queue that was deleted took its letters along.
    if (this.#request.queue.deleted) {
      this.#transaction.rollback(null)
      this.#letters.length = 0
      this.#done(null)
      return
    }
    for (const entry of this.#entries) this.#transaction.acknowledge(entry, this.#subscription)
    // What dies again shall become a letter again.
    for (const letter of this.#letters) {
      this.#broker.redelivery.audit.forget(letter.destination.text, letter)
    }
    this.#transaction.commit({ done: (error) => this.#done(error) })
  }

  #done(error: MillraceError | null): void {
    assert(!this.#subscription.removed, 'a retry ends twice')
    // Whatever it still has goes back, as if it had never been looked at.
    this.#subscription.remove(-1)
    if (error !== null) this.#reply.retried(error, null)
    else this.#reply.retried(null, { count: this.#letters.length, kept: this.#kept, more: this.#more })
  }
}
