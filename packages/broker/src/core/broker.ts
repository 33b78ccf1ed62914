import { assert, type Clock, type Logger, MillraceError, type Task, type Turn } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Xid } from '../message/xid.ts'
import type { Store } from '../store/store.ts'
import { acknowledge, type Acknowledgement, AckKind } from './acknowledgement.ts'
import { Administration } from './administration.ts'
import { Advisories } from './advisory.ts'
import { Arrivals } from './arrivals.ts'
import { type Behaviour, defaultBehaviour } from './behaviour.ts'
import { Branches } from './branches.ts'
import type { Connection, ConnectionSpec } from './connection.ts'
import { Connections } from './connections.ts'
import { Consumers } from './consumers.ts'
import { checkCount } from './count-limit.ts'
import { Retries } from './dead-letters/retries.ts'
import type { DestinationOptions } from './destination-options.ts'
import { Destinations, isOwnName } from './destinations.ts'
import { Duplicates, DUPLICATES_PREFIX } from './duplicates/duplicates.ts'
import { Durables } from './durables.ts'
import type { Events } from './events.ts'
import { expected } from './expected.ts'
import { Expiry } from './expiry.ts'
import { HistorySpace } from './history/space.ts'
import { IdleTransactions } from './idle-transactions.ts'
import { Inactivity } from './inactivity.ts'
import { type Interceptor, Interceptors } from './interceptor.ts'
import type { Limits } from './limits.ts'
import { Management } from './management/management.ts'
import { Parking } from './parking.ts'
import { PausedQueues, STATE_PREFIX } from './paused-queues.ts'
import { PathSeparator } from './path-separator.ts'
import { Policies, type PolicyEntry } from './policies.ts'
import type { ConnectionPort, Consumer, PrepareReply, Reply } from './ports.ts'
import { checkPermission } from './permission.ts'
import type { Producer, ProducerSpec } from './producer.ts'
import { Producers } from './producers.ts'
import { isQueue, type Queue } from './queue.ts'
import { Recovered } from './recovered.ts'
import { Redelivery } from './redelivery.ts'
import { Refusals } from './refusals.ts'
import { Routing } from './routing/routing.ts'
import type { VirtualDestinations } from './routing/virtual-destinations.ts'
import { Scheduler, SCHEDULE_STORE } from './schedule/scheduler.ts'
import { Sends } from './sends.ts'
import { StartUp } from './start-up.ts'
import type { ConsumerSpec, Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import type { Transaction } from './transaction.ts'
import { Transactions } from './transactions.ts'
import { Transformations } from './transformations.ts'
import { Upkeep } from './upkeep.ts'
import { Usage } from './usage.ts'
import { Users } from './users.ts'

export { type Acknowledgement, AckKind } from './acknowledgement.ts'
export { Administration } from './administration.ts'
export type { Behaviour } from './behaviour.ts'
export { Connection, type ConnectionSpec } from './connection.ts'
export { type DestinationOptions, destinationOptionsOf } from './destination-options.ts'
export { Entry } from './entry.ts'
export type { DeadLetterStrategy } from './dead-letters/strategy.ts'
export type { RetryOptions, RetryReply, RetryResult } from './dead-letters/retries.ts'
export type { Fate, Interceptor } from './interceptor.ts'
export { defaultLimits, type Limits } from './limits.ts'
export { didYouMean } from './nearest-name.ts'
export type { PathSeparator } from './path-separator.ts'
export type { PolicyEntry } from './policies.ts'
export { defaultPolicy, type Policy } from './policy.ts'
export type { Action, Principal } from './permission.ts'
export type { GroupOwner } from './groups.ts'
export type { MessageEviction, PendingMessageLimit, SlowConsumerPolicy } from './policy.ts'
export type { ConnectionPort, Consumer, PrepareReply, Reply } from './ports.ts'
export { Producer, type ProducerSpec } from './producer.ts'
export type * from './routing/virtual-destinations.ts'
export { type ConsumerSpec, type SharedSpec, Subscription } from './subscription.ts'

export interface BrokerOptions extends DestinationOptions {
  readonly name: string
  /** `ID:host-port-ms-0:1` */
  readonly id: string
  readonly store: Store
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Limits
  readonly interceptors?: readonly Interceptor[]
  readonly behaviour?: Partial<Behaviour>
}

/**
 * The broker: everything a protocol can ask of it, in the words of JMS. Synchronous; what has to wait for the disk is
 * answered through a reply in a later turn, what can be gathered is done at the end of the turn.
 *
 * Requests that fail throw if nothing is owed (a producer, a consumer that is not made); otherwise the error goes to the
 * reply, and only there.
 */
export class Broker {
  readonly name: string
  readonly id: string
  readonly clock: Clock
  readonly turn: Turn
  readonly arrivals: Arrivals
  readonly limits: Limits
  readonly store: Store
  readonly log: Logger
  readonly policies: Policies
  readonly interceptors: Interceptors
  readonly usage: Usage
  readonly upkeep: Upkeep = new Upkeep()
  readonly destinations: Destinations
  readonly routing: Routing
  /** Of the names that clients use; null: the dot. */
  readonly pathSeparator: PathSeparator | null
  readonly administration: Administration
  readonly management: Management
  readonly redelivery: Redelivery
  /** Dead letters that are given another life. */
  readonly retries: Retries
  readonly refusals: Refusals
  /** Messages that were sent twice, by their senders' own ids. */
  readonly duplicates: Duplicates
  readonly advisories: Advisories
  readonly scheduler: Scheduler
  readonly behaviour: Behaviour
  /** Durable and shared subscriptions. */
  readonly durables: Durables
  readonly branches: Branches = new Branches()
  readonly historySpace: HistorySpace
  /** Monotonic ms of the last tick: for what need not be known better. */
  tickedMs = 0
  readonly pausedQueues: PausedQueues = new PausedQueues(this)
  readonly sends: Sends = new Sends(this)
  readonly producers: Producers = new Producers(this)
  readonly transactions: Transactions = new Transactions(this)
  readonly transformations: Transformations = new Transformations(this)
  readonly users: Users
  readonly #connections: Connections
  readonly #consumers = new Consumers(this)
  readonly parking: Parking
  readonly #expiry: Expiry
  readonly #inactivity: Inactivity
  readonly #startUp: StartUp
  readonly #idleTransactions: IdleTransactions
  #keyLast = 0
  #dispatchLast = 0
  /** The wall clock of this turn; 0 = not read yet. */
  #nowMs = 0
  readonly #turnEnd: Task = {
    queued: false,
    run: () => {
      this.#nowMs = 0
    },
  }
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: BrokerOptions) {
    this.name = options.name
    this.id = options.id
    this.clock = options.clock
    this.turn = options.turn
    this.limits = options.limits
    this.store = options.store
    this.log = options.log
    this.policies = new Policies(options.policies ?? [])
    this.users = new Users(this)
    this.#connections = new Connections(this, this.users)
    this.interceptors = new Interceptors(options.interceptors ?? [])
    this.arrivals = new Arrivals(this.turn)
    this.parking = new Parking(this.turn, this.limits, this.log)
    this.usage = new Usage(this.limits, this.store, () => this.parking.wake())
    this.refusals = new Refusals(this.store)
    this.duplicates = new Duplicates(this)
    this.destinations = new Destinations(this)
    this.routing = new Routing(this, options.virtualDestinations ?? {})
    this.redelivery = new Redelivery(this)
    this.retries = new Retries(this)
    this.scheduler = new Scheduler(this)
    this.#inactivity = new Inactivity(this, options)
    this.pathSeparator = options.pathSeparator === undefined ? null : new PathSeparator(options.pathSeparator)
    this.administration = new Administration(this)
    this.management = new Management(this)
    this.#startUp = new StartUp(options)
    this.behaviour = { ...defaultBehaviour, ...options.behaviour }
    this.advisories = new Advisories(this)
    this.durables = new Durables(this)
    this.historySpace = new HistorySpace(this.usage, this.limits)
    this.#expiry = new Expiry(this)
    this.#idleTransactions = new IdleTransactions(this)
    this.tickedMs = this.clock.monotonic()
  }

  async open(): Promise<void> {
    assert(this.#state === 'new', 'a broker is opened twice')
    const found = new Recovered()
    await this.store.open(found)
    await this.#startUp.clear(this.store, found)
    this.#keyLast = found.keyLast
    found.restore(this)
    this.#startUp.create(this.destinations)
    const schedule = found.queues.find(({ store }) => store.name === SCHEDULE_STORE)
    if (schedule !== undefined) await this.scheduler.recover(schedule.store)
    for (const { store } of found.queues) {
      if (store.name.startsWith(DUPLICATES_PREFIX)) await this.duplicates.recover(store)
      else if (store.name.startsWith(STATE_PREFIX)) await this.pausedQueues.recover(store)
    }
    this.#state = 'open'
    this.log.info(
      { queues: found.queues.length, durables: found.durables.length, prepared: found.branches.length },
      'the broker is open',
    )
  }

  /** Ends every connection, which rolls back what is open, and waits for the store. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    for (const connection of this.connections.values()) this.removeConnection(connection)
    this.#state = 'closed'
    this.scheduler.close()
    await this.store.close()
  }

  /** By connection id. */
  get connections(): ReadonlyMap<string, Connection> {
    return this.#connections.all
  }

  /** What happens here, told to code in this process. */
  get events(): Events {
    return this.advisories.events
  }

  /** Called every 100 ms: what is driven by time. */
  tick(): void {
    if (this.#state !== 'open') return
    const nowMs = this.clock.monotonic()
    this.#consumers.tick(nowMs)
    this.tickedMs = nowMs
    this.#expiry.tick(nowMs)
    this.#inactivity.tick(nowMs)
    this.#idleTransactions.tick(nowMs)
    this.durables.tick()
    this.advisories.tick()
    this.redelivery.tick()
    this.scheduler.tick()
    this.retries.tick()
    this.upkeep.tick(nowMs)
    this.parking.tick(nowMs)
    this.store.tick()
  }

  // ---- connections

  /**
   * Throws CLIENT_ID_IN_USE while another connection has this client id, unless links may be stolen: then that one goes
   * first. The same connection id again is a client that lost its link and comes back: the old connection goes first.
   */
  addConnection(spec: ConnectionSpec, port: ConnectionPort): Connection {
    return this.#connections.add(spec, port)
  }

  /**
   * The client says goodbye: as `removeConnection`, but after everything that it sent before and that still waits for
   * space. `reply` is completed when the connection is gone.
   */
  closeConnection(connection: Connection, reply: Reply): void {
    this.#connections.close(connection, reply)
  }

  /** Everything it has goes with it; what its consumers had counts as delivered. Doing it again does nothing. */
  removeConnection(connection: Connection): void {
    this.#connections.remove(connection)
  }

  // ---- producers

  addProducer(connection: Connection, spec: ProducerSpec): Producer {
    return this.producers.add(connection, spec)
  }

  removeProducer(producer: Producer): void {
    this.producers.remove(producer)
  }

  /**
   * True, or false once when the connection has to stop being read from until `port.resume()`. A message with a
   * transaction id is part of that transaction.
   */
  send(producer: Producer, message: Message, reply: Reply): boolean {
    return this.sends.send(producer, message, reply)
  }

  /** `reply` is completed when everything that this connection sent before is as safe as it will be, or was refused. */
  flush(connection: Connection, reply: Reply): void {
    this.sends.flush(connection, reply)
  }

  // ---- consumers

  /**
   * Throws before anything happened. `reply` is completed once the consumer can be used (a durable one: once it is
   * stored); its first messages come at the end of the turn. A consumer id that is there already is that consumer.
   */
  addConsumer(connection: Connection, spec: ConsumerSpec, consumer: Consumer, reply: Reply): Subscription {
    return this.#consumers.add(connection, spec, consumer, reply)
  }

  /**
   * `lastDeliveredKey`: the last message that the application was given, -1 = none, -2 = nobody knows. What was given
   * out up to it counts as delivered once more; all of it goes back ahead of the queue.
   */
  removeConsumer(subscription: Subscription, lastDeliveredKey: number): void {
    this.#consumers.remove(subscription, lastDeliveredKey)
  }

  setPrefetch(subscription: Subscription, prefetch: number): void {
    if (subscription.removed) return
    subscription.prefetch = Math.max(0, Math.min(prefetch, this.limits.prefetchMax))
    subscription.wake()
  }

  /** For prefetch 0. `timeoutMs`: -1 = answer at once; 0 = wait for ever. Nothing found: `consumer.exhausted()`. */
  pull(subscription: Subscription, timeoutMs: number): void {
    this.#consumers.pull(subscription, timeoutMs)
  }

  acknowledge(subscription: Subscription, ack: Acknowledgement, reply: Reply): void {
    const { connection } = subscription
    let transaction: Transaction | null = null
    // A transaction has nothing to do with what only moves the window.
    if (ack.transactionId !== null && ack.kind !== AckKind.Delivered && !subscription.removed) {
      try {
        transaction = this.transactions.active(connection, ack.transactionId)
      } catch (error) {
        reply.done(expected(error))
        return
      }
    }
    acknowledge(subscription, ack, transaction, reply)
  }

  // ---- destinations

  /**
   * All policies at once, in place of those before. Destinations that exist have the new ones at once, but for what
   * shaped them when they were made. Throws CONFIGURATION_INVALID; then nothing has changed.
   */
  setPolicies(entries: readonly PolicyEntry[]): void {
    this.policies.set(entries)
    this.redelivery.policiesChanged()
    this.destinations.policiesChanged()
    this.duplicates.policiesChanged()
  }

  /** As `setPolicies`. A send that is under way goes where it went. */
  setVirtualDestinations(options: VirtualDestinations): void {
    this.routing.set(options)
  }

  /** A temporary one belongs to the connection, goes with it, and only it may consume from it. */
  addDestination(connection: Connection, destination: Destination, reply: Reply): void {
    try {
      this.checkConnection(connection)
      this.#checkPlain(destination)
      const known = this.destinations.find(destination)
      checkPermission(this, connection, 'admin', destination)
      if (known === null) this.#addDestination(connection, destination)
      else if (destination.temporary && known.owner !== connection) throw notOwned(destination)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    reply.done(null)
  }

  /** With everything in it. Fails while it has consumers, unless it is temporary. */
  removeDestination(connection: Connection, destination: Destination, reply: Reply): void {
    let target: Target | null
    try {
      this.checkConnection(connection)
      this.#checkPlain(destination)
      target = this.destinations.find(destination)
      checkPermission(this, connection, 'admin', destination)
      if (target !== null && destination.temporary && target.owner !== connection) throw notOwned(destination)
      if (target !== null && !destination.temporary && target.consumers > 0) {
        throw new MillraceError('DESTINATION_IN_USE', `${destination.text} has ${target.consumers} consumers`)
      }
    } catch (error) {
      reply.done(expected(error))
      return
    }
    if (target === null) reply.done(null)
    else this.destinations.delete(target, reply)
  }

  /** Ends a durable subscription that no consumer holds. */
  removeDurable(connection: Connection, name: string, reply: Reply): void {
    this.durables.unsubscribe(connection.clientId, name, reply)
  }

  // ---- transactions

  /** Begins one. An id that is there already is that transaction. */
  begin(connection: Connection, transactionId: string, xid?: Xid): void {
    this.transactions.begin(connection, transactionId, xid ?? null)
  }

  /** Votes; after `prepared('read-only')` the transaction is gone. */
  prepare(connection: Connection, transactionId: string, reply: PrepareReply): void {
    this.transactions.prepare(connection, transactionId, reply)
  }

  /** `twoPhase`: it has to be prepared. */
  commit(connection: Connection, transactionId: string, reply: Reply, twoPhase = false): void {
    this.transactions.commit(connection, transactionId, reply, twoPhase)
  }

  rollback(connection: Connection, transactionId: string, reply: Reply): void {
    this.transactions.rollback(connection, transactionId, reply)
  }

  /** The prepared branches whose outcome is not known. */
  recover(): readonly Xid[] {
    return this.branches.prepared().flatMap(({ xid }) => (xid === null ? [] : [xid]))
  }

  // ---- for the rest of the core

  /** Keys rise over the whole broker. */
  nextKey(): number {
    this.#keyLast++
    return this.#keyLast
  }

  nextDispatch(): number {
    this.#dispatchLast++
    return this.#dispatchLast
  }

  /** The wall clock, read once per turn. */
  nowMs(): number {
    if (this.#nowMs === 0) {
      this.#nowMs = this.clock.now()
      this.turn.output(this.#turnEnd)
    }
    return this.#nowMs
  }

  *queues(): IterableIterator<Queue> {
    for (const target of this.destinations.all) if (isQueue(target)) yield target
    yield* this.destinations.backlogs()
  }

  queue(destination: Destination): Queue | null {
    const target = this.destinations.find(destination)
    return target !== null && isQueue(target) ? target : null
  }

  /** Throws BROKER_STOPPING before it is open and after it was closed. */
  checkOpen(): void {
    if (this.#state !== 'open') throw new MillraceError('BROKER_STOPPING', `broker ${this.name} is not open`)
  }

  /** The same, and CONNECTION_CLOSED for one that is gone. */
  checkConnection(connection: Connection): void {
    this.checkOpen()
    if (connection.removed) throw new MillraceError('CONNECTION_CLOSED', `${connection.id} is closed`)
  }

  #checkPlain(destination: Destination): void {
    if (!destination.composite && !destination.pattern) return
    throw new MillraceError('DESTINATION_INVALID', `${destination.text} is not one destination`)
  }

  #addDestination(connection: Connection, destination: Destination): void {
    if (!destination.temporary) {
      this.destinations.create(destination, null)
      return
    }
    if (!isOwnName(destination, connection)) throw notOwned(destination)
    const { temporariesPerConnectionMax } = this.limits
    checkCount(connection.temporaries.size, temporariesPerConnectionMax, 'temporary destinations of a connection')
    this.destinations.create(destination, connection)
  }
}

function notOwned(destination: Destination): MillraceError {
  return new MillraceError('DESTINATION_NOT_OWNED', `${destination.text} belongs to another connection`)
}
