import {
  assert,
  type Clock,
  type Logger,
  MillraceError,
  parseSelector,
  type Selector,
  type Task,
  type Turn,
} from '@millrace/base'
import { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import { type Xid, xidText } from '../message/xid.ts'
import type { DurableRecord, Operation, QueueStore, Recovery, Store } from '../store/store.ts'
import { acknowledge, type Acknowledgement, AckKind } from './acknowledgement.ts'
import { Administration } from './administration.ts'
import { Advisories } from './advisory.ts'
import { type Behaviour, defaultBehaviour } from './behaviour.ts'
import { Branches } from './branches.ts'
import { Browse } from './browse.ts'
import { Connection, type ConnectionSpec } from './connection.ts'
import { Retries } from './dead-letters/retries.ts'
import type { DestinationOptions } from './destination-options.ts'
import { Destinations, isOwnName } from './destinations.ts'
import { Inactivity } from './inactivity.ts'
import { Duplicates, DUPLICATES_PREFIX } from './duplicates/duplicates.ts'
import { DURABLE_PREFIX } from './durable.ts'
import { Durables } from './durables.ts'
import type { Events } from './events.ts'
import { Expiry } from './expiry.ts'
import { HistorySpace } from './history/space.ts'
import { IdleTransactions } from './idle-transactions.ts'
import { Rate } from './flow/rate.ts'
import { type Interceptor, Interceptors } from './interceptor.ts'
import type { Limits } from './limits.ts'
import { ParkedCall, ParkedCommit, ParkedSend } from './parked.ts'
import { Parking } from './parking.ts'
import { PausedQueues, STATE_PREFIX } from './paused-queues.ts'
import { PathSeparator } from './path-separator.ts'
import { Policies, type PolicyEntry } from './policies.ts'
import type { ConnectionPort, Consumer, PrepareReply, Reply } from './ports.ts'
import { checkPermission, checkUse, isPermitted } from './permission.ts'
import { Producer, type ProducerSpec } from './producer.ts'
import { Queue } from './queue.ts'
import { Redelivery } from './redelivery.ts'
import { type Route, Routing } from './routing/routing.ts'
import { sendAll } from './routing/send-all.ts'
import type { VirtualDestinations } from './routing/virtual-destinations.ts'
import { StartUp } from './start-up.ts'
import { Scheduler, SCHEDULE_STORE } from './schedule/scheduler.ts'
import { SentReply } from './sent-reply.ts'
import { Refusals } from './refusals.ts'
import { type ConsumerSpec, Subscription } from './subscription.ts'
import type { Sink, Target } from './target.ts'
import { Transaction, TransactionState } from './transaction.ts'
import { Upkeep } from './upkeep.ts'
import { Usage } from './usage.ts'

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
  readonly connections: Map<string, Connection> = new Map()
  readonly #clientIds = new Map<string, Connection>()
  readonly parking: Parking
  readonly #expiry: Expiry
  readonly #inactivity: Inactivity
  readonly #startUp: StartUp
  readonly #idleTransactions: IdleTransactions
  /** Consumers whose pull has an end. */
  readonly #pulls = new Set<Subscription>()
  /** The last persistent sequence of producers that are gone, the one unused for longest first. */
  readonly #sequences = new Map<string, number>()
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
    this.interceptors = new Interceptors(options.interceptors ?? [])
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
    this.#restore(found)
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

  /** What happens here, told to code in this process. */
  get events(): Events {
    return this.advisories.events
  }

  /** Called every 100 ms: what is driven by time. */
  tick(): void {
    if (this.#state !== 'open') return
    const nowMs = this.clock.monotonic()
    for (const subscription of this.#pulls) {
      subscription.tick(nowMs)
      if (subscription.removed || !subscription.waitsForPull) this.#pulls.delete(subscription)
    }
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
    this.#checkOpen()
    const old = this.connections.get(spec.connectionId)
    if (old !== undefined) {
      this.removeConnection(old)
      old.port.closed(new MillraceError('CONNECTION_CLOSED', `${old.id} came back over another link`))
    }
    const holder = this.#clientIds.get(spec.clientId)
    if (holder !== undefined && (spec.allowLinkStealing ?? this.behaviour.allowLinkStealing)) {
      this.removeConnection(holder)
      const text = `client id ${spec.clientId} is now used by the connection from ${spec.peerAddress}`
      this.log.info({ connection: holder.id, clientId: spec.clientId, peer: spec.peerAddress }, text)
      holder.port.closed(new MillraceError('CONNECTION_CLOSED', text))
    } else if (holder !== undefined) {
      throw new MillraceError(
        'CLIENT_ID_IN_USE',
        `client id ${spec.clientId} is in use by the connection from ${holder.spec.peerAddress}`,
      )
    }
    this.#checkCount(this.connections.size, this.limits.connectionsMax, 'connections')
    const connection = new Connection(spec, port)
    connection.rate = Rate.of(this.limits, this.clock.monotonic())
    for (const hook of this.interceptors.connecting) hook(connection)
    this.connections.set(connection.id, connection)
    this.#clientIds.set(connection.clientId, connection)
    this.advisories.connection('connection-added', connection)
    return connection
  }

  /**
   * The client says goodbye: as `removeConnection`, but after everything that it sent before and that still waits for
   * space. `reply` is completed when the connection is gone.
   */
  closeConnection(connection: Connection, reply: Reply): void {
    if (connection.parked.length > 0) {
      const close = (): void => {
        this.removeConnection(connection)
        reply.done(null)
      }
      this.parking.park(new ParkedCall(connection, close, () => reply.done(null)))
      return
    }
    this.removeConnection(connection)
    reply.done(null)
  }

  /** Everything it has goes with it; what its consumers had counts as delivered. Doing it again does nothing. */
  removeConnection(connection: Connection): void {
    if (connection.removed) return
    connection.removed = true
    // A link that is gone takes nothing more.
    connection.paused = true
    this.parking.remove(connection)
    for (const transaction of [...connection.transactions.values(), ...this.branches.all.values()]) {
      if (transaction.connection === connection && transaction.state === TransactionState.Active) {
        transaction.rollback(null)
      }
    }
    for (const subscription of connection.subscriptions.values()) this.removeConsumer(subscription, -2)
    for (const producer of connection.producers.values()) this.removeProducer(producer)
    for (const target of connection.temporaries.values()) this.destinations.delete(target, NOBODY)
    this.connections.delete(connection.id)
    this.#clientIds.delete(connection.clientId)
    this.advisories.connection('connection-removed', connection)
    for (const hook of this.interceptors.disconnected) hook(connection)
  }

  // ---- producers

  addProducer(connection: Connection, spec: ProducerSpec): Producer {
    this.#checkConnection(connection)
    const known = connection.producers.get(spec.producerId)
    if (known !== undefined) return known
    this.#checkCount(connection.producers.size, this.limits.producersPerConnectionMax, 'producers of a connection')
    const destination = spec.destination === null ? null : this.interceptors.rename(spec.destination)
    checkUse(this, connection, 'write', destination)
    const producer = new Producer(connection, { ...spec, destination })
    for (const hook of this.interceptors.producing) hook(producer, destination)
    const targets = this.#targetsOf(destination)
    if (connection.spec.reconnected) producer.sequenceLast = this.#sequences.get(spec.producerId) ?? -1
    for (const target of targets) {
      target.producers++
      target.unusedSinceMs = -1
    }
    producer.targets = targets
    const [target] = targets
    if (target?.forward === null && destination?.composite === false) producer.target = target
    connection.producers.set(producer.id, producer)
    this.advisories.producer('producer-added', producer)
    return producer
  }

  removeProducer(producer: Producer): void {
    if (producer.removed) return
    producer.removed = true
    producer.connection.producers.delete(producer.id)
    for (const target of producer.targets) target.producers--
    this.#rememberSequence(producer.id, producer.sequenceLast)
    this.advisories.producer('producer-removed', producer)
    for (const hook of this.interceptors.producerRemoved) hook(producer)
  }

  /**
   * True, or false once when the connection has to stop being read from until `port.resume()`. A message with a
   * transaction id is part of that transaction.
   */
  send(producer: Producer, message: Message, requested: Reply): boolean {
    const { connection } = producer
    const { transactionId } = message
    const { renaming, sending, sent } = this.interceptors
    if (renaming.length > 0) message.destination = this.interceptors.rename(message.destination)
    const reply = sent.length === 0 ? requested : new SentReply(sent, producer, message, requested)
    let target: Sink | null
    try {
      this.#checkConnection(connection)
      message.brokerInTime = this.nowMs()
      for (const hook of sending) {
        if (hook(producer, message) !== 'taken') continue
        reply.done(null)
        return true
      }
      if (message.properties !== null && this.scheduler.takes(producer, message, reply)) return true
      target = message.schedule === null ? this.#targetFor(producer, message.destination) : this.scheduler
      if (transactionId !== null) this.#activeTransaction(connection, transactionId)
    } catch (error) {
      const refusal = expected(error)
      if (transactionId !== null) this.#failTransaction(connection, transactionId, refusal)
      reply.done(refusal)
      return true
    }
    if (
      connection.spec.reconnected &&
      message.persistent &&
      message.producerSequence <= producer.sequenceLast &&
      !this.refusals.take(message)
    ) {
      // It came before. The first copy may not be safe yet, and this answer says that it is.
      this.store.commit([], { stored: (error) => reply.done(error) })
      return true
    }
    if (transactionId !== null) {
      reply.done(this.#activeTransaction(connection, transactionId).send(producer, message))
      return true
    }
    if (message.expired(this.nowMs())) {
      if (this.advisories.watched !== 0) this.advisories.expired(message)
      reply.done(null)
      return true
    }
    if (this.#waits(producer, target, message)) {
      return this.#park(producer, message.schedule === null ? (target as Target | null) : null, message, reply)
    }
    connection.rate?.take(message.sizeBytes)
    this.#send(producer, target, message, reply)
    return true
  }

  /** `reply` is completed when everything that this connection sent before is as safe as it will be, or was refused. */
  flush(connection: Connection, reply: Reply): void {
    try {
      this.#checkConnection(connection)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    const flush = (): void => this.store.commit([], { stored: (error) => reply.done(error) })
    if (connection.parked.length === 0) flush()
    else this.parking.park(new ParkedCall(connection, flush, (error) => reply.done(error)))
  }

  // ---- consumers

  /**
   * Throws before anything happened. `reply` is completed once the consumer can be used (a durable one: once it is
   * stored); its first messages come at the end of the turn. A consumer id that is there already is that consumer.
   */
  addConsumer(connection: Connection, asked: ConsumerSpec, consumer: Consumer, reply: Reply): Subscription {
    this.#checkConnection(connection)
    const spec =
      this.interceptors.renaming.length === 0
        ? asked
        : { ...asked, destination: this.interceptors.rename(asked.destination) }
    const known = connection.subscriptions.get(spec.consumerId)
    if (known !== undefined) {
      reply.done(null)
      return known
    }
    this.#checkCount(connection.subscriptions.size, this.limits.consumersPerConnectionMax, 'consumers of a connection')
    const selector = this.#parseSelector(spec.selector)
    const parts = spec.destination.parts()
    for (const part of parts) this.destinations.check(part, connection)
    checkUse(this, connection, 'read', spec.destination)
    const durable = spec.durableName !== null
    const counting = spec.browser || (!durable && parts.every((part) => !part.queue))
    const subscription = new Subscription(this, connection, spec, consumer, durable ? null : selector, counting)
    if (durable) {
      // It gets messages while nobody is there who could be asked: for a pattern, all of it must be allowed.
      for (const part of parts) if (part.pattern) checkPermission(this, connection, 'read', part)
      this.durables.check(connection, spec)
    }
    for (const hook of this.interceptors.consuming) hook(subscription)
    if (durable) {
      this.durables.attach(subscription, selector, reply)
      connection.subscriptions.set(subscription.id, subscription)
      this.advisories.consumer('consumer-added', subscription)
      subscription.began()
      return subscription
    }
    const targets = parts
      .flatMap((part) => this.destinations.forConsumer(part, connection))
      .filter((target) => isPermitted(this, connection, 'read', target.destination))
    connection.subscriptions.set(subscription.id, subscription)
    if (spec.browser) {
      subscription.browse = new Browse(subscription, targets.filter(isQueue))
      subscription.browse.wake()
    } else {
      for (const target of targets) this.destinations.subscribe(subscription, target)
      this.destinations.addPatterns(subscription, parts.filter(isPattern))
      this.advisories.listenerAdded(subscription)
    }
    this.advisories.consumer('consumer-added', subscription)
    subscription.began()
    reply.done(null)
    return subscription
  }

  /**
   * `lastDeliveredKey`: the last message that the application was given, -1 = none, -2 = nobody knows. What was given
   * out up to it counts as delivered once more; all of it goes back ahead of the queue.
   */
  removeConsumer(subscription: Subscription, lastDeliveredKey: number): void {
    if (subscription.removed) return
    this.destinations.removePatterns(subscription)
    if (subscription.browse === null && subscription.durable === null) this.advisories.listenerRemoved(subscription)
    const { durable } = subscription
    subscription.remove(lastDeliveredKey)
    this.durables.detached(durable)
    subscription.connection.subscriptions.delete(subscription.id)
    this.#pulls.delete(subscription)
    this.advisories.consumer('consumer-removed', subscription)
    for (const hook of this.interceptors.consumerRemoved) hook(subscription)
  }

  setPrefetch(subscription: Subscription, prefetch: number): void {
    if (subscription.removed) return
    subscription.prefetch = Math.max(0, Math.min(prefetch, this.limits.prefetchMax))
    subscription.wake()
  }

  /** For prefetch 0. `timeoutMs`: -1 = answer at once; 0 = wait for ever. Nothing found: `consumer.exhausted()`. */
  pull(subscription: Subscription, timeoutMs: number): void {
    if (subscription.removed || subscription.prefetch > 0) return
    subscription.pull(timeoutMs)
    if (subscription.waitsForPull) this.#pulls.add(subscription)
  }

  acknowledge(subscription: Subscription, ack: Acknowledgement, reply: Reply): void {
    const { connection } = subscription
    let transaction: Transaction | null = null
    // A transaction has nothing to do with what only moves the window.
    if (ack.transactionId !== null && ack.kind !== AckKind.Delivered && !subscription.removed) {
      try {
        transaction = this.#activeTransaction(connection, ack.transactionId)
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
      this.#checkConnection(connection)
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
      this.#checkConnection(connection)
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
    this.#checkConnection(connection)
    if (this.#transaction(connection, transactionId) !== undefined) return
    this.#checkCount(connection.transactions.size, this.limits.transactionsPerConnectionMax, 'open transactions')
    const transaction = new Transaction(this, connection, transactionId, xid ?? null)
    if (xid === undefined) connection.transactions.set(transactionId, transaction)
    else this.branches.all.set(transactionId, transaction)
  }

  /** Votes; after `prepared('read-only')` the transaction is gone. */
  prepare(connection: Connection, transactionId: string, reply: PrepareReply): void {
    let transaction: Transaction
    try {
      transaction = this.#activeTransaction(connection, transactionId)
      if (transaction.xid === null) {
        throw new MillraceError('TRANSACTION_INVALID', `${transactionId} is local and cannot be prepared`)
      }
    } catch (error) {
      reply.done(expected(error))
      return
    }
    // It must not overtake what its producers sent before: the last sequence would say that that came, too.
    if (connection.parked.length > 0 && transaction.persistent) {
      transaction.parked = true
      const prepare = (): void => {
        transaction.parked = false
        transaction.prepare(reply)
      }
      this.parking.park(new ParkedCall(connection, prepare, (error) => reply.done(error)))
      return
    }
    transaction.prepare(reply)
  }

  /** `twoPhase`: it has to be prepared. */
  commit(connection: Connection, transactionId: string, reply: Reply, twoPhase = false): void {
    let transaction: Transaction
    try {
      transaction = this.#endableTransaction(connection, transactionId)
      if (twoPhase && transaction.state === TransactionState.Active) {
        throw new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is not prepared`)
      }
    } catch (error) {
      reply.done(expected(error))
      return
    }
    const waits = connection.parked.length > 0 || this.usage.full(false, true)
    if (waits && transaction.state === TransactionState.Active && transaction.persistent) {
      this.#parkCommit(connection, transaction, reply)
      return
    }
    transaction.commit(reply)
  }

  rollback(connection: Connection, transactionId: string, reply: Reply): void {
    let transaction: Transaction
    try {
      transaction = this.#endableTransaction(connection, transactionId)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    transaction.rollback(reply)
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

  route(message: Message): Route[] {
    if (message.schedule !== null) return [{ target: this.scheduler, message }]
    return this.routing.route(message)
  }

  hasSpace(message: Message): boolean {
    if (message.schedule !== null) return !this.scheduler.full(message)
    return this.routing.hasSpace(message)
  }

  noSpaceError(message: Message): MillraceError {
    const allowance = this.destinations.find(message.destination)?.allowance ?? null
    if (allowance !== null && allowance.full) return allowance.fullError(message.destination)
    if (this.hasSpace(message)) {
      return new MillraceError('LIMIT_REACHED', `${message.producerId} sends more per second than its connection may`)
    }
    return this.usage.fullError(!message.persistent || !message.destination.queue)
  }

  /** A send that had waited for space. What it was sent to, or when, may have changed meanwhile. */
  sendParked(producer: Producer, message: Message, reply: Reply): void {
    if (message.expired(this.nowMs())) {
      reply.done(null)
      return
    }
    let target: Sink | null
    try {
      target = message.schedule === null ? this.#targetFor(producer, message.destination) : this.scheduler
    } catch (error) {
      reply.done(expected(error))
      return
    }
    this.#send(producer, target, message, reply)
  }

  transactionEnded(transaction: Transaction): void {
    if (transaction.xid !== null) this.branches.all.delete(transaction.id)
    else transaction.connection?.transactions.delete(transaction.id)
  }

  // ---- sends

  /** `target` null: it goes to several. */
  #send(producer: Producer, target: Sink | null, message: Message, reply: Reply): void {
    if (message.persistent && message.producerSequence > producer.sequenceLast) {
      producer.sequenceLast = message.producerSequence
    }
    if (this.duplicates.active && message.properties !== null && this.duplicates.sends(message, target, reply)) return
    if (target !== null) {
      target.send(message, reply)
      return
    }
    let routes: Route[]
    try {
      routes = this.route(message)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    sendAll(this, message, routes, reply)
  }

  #targetFor(producer: Producer, destination: Destination): Target | null {
    const last = producer.target
    if (last !== null && !last.deleted) {
      if (last.destination === destination || last.destination.text === destination.text) return last
    }
    checkUse(this, producer.connection, 'write', destination)
    if (destination.composite) {
      for (const part of destination.parts()) this.destinations.forSend(part)
      return null
    }
    const target = this.destinations.forSend(destination)
    if (target.forward !== null) return null
    producer.target = target
    return target
  }

  /** Behind what waits for the same destination, for space, or for its time. */
  #waits(producer: Producer, target: Sink | null, message: Message): boolean {
    const { parkedLanes, rate } = producer.connection
    if (
      parkedLanes.size > 0 &&
      (target === null || parkedLanes.has(target.destination.text) || parkedLanes.has(producer.id))
    ) {
      return true
    }
    if (rate !== null && !rate.allows(this.clock.monotonic())) return true
    return target === null ? !this.hasSpace(message) : target.full(message)
  }

  #park(producer: Producer, target: Target | null, message: Message, reply: Reply): boolean {
    if (target?.policy.sendFailIfNoSpace ?? this.limits.sendFailIfNoSpace) {
      // What is only too fast waits all the same.
      if (target === null || target.full(message)) {
        if (message.persistent) this.refusals.noteHere(message)
        reply.done(this.noSpaceError(message))
        return true
      }
    }
    message.own()
    if (producer.connection.parked.length === 0 && this.advisories.watched !== 0) {
      this.advisories.parked(producer, message.destination)
    }
    const timeoutMs = target?.policy.sendFailIfNoSpaceAfterTimeout ?? this.limits.sendFailIfNoSpaceAfterMs
    return this.parking.park(new ParkedSend(this, producer, target, message, reply, this.#deadlineMs(timeoutMs)))
  }

  #parkCommit(connection: Connection, transaction: Transaction, reply: Reply): void {
    const deadlineMs = this.#deadlineMs(this.limits.sendFailIfNoSpaceAfterMs)
    const parked = new ParkedCommit(this, connection, transaction, reply, deadlineMs)
    if (this.limits.sendFailIfNoSpace) {
      parked.fail(null)
      return
    }
    transaction.parked = true
    this.parking.park(parked)
  }

  #deadlineMs(timeoutMs: number): number {
    return timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.clock.monotonic() + timeoutMs
  }

  #rememberSequence(producerId: string, sequence: number): void {
    if (sequence < 0) return
    this.#sequences.delete(producerId)
    this.#sequences.set(producerId, sequence)
    if (this.#sequences.size <= this.limits.producersRememberedMax) return
    for (const oldest of this.#sequences.keys()) {
      this.#sequences.delete(oldest)
      return
    }
  }

  // ---- checks and look-ups

  #checkOpen(): void {
    if (this.#state !== 'open') throw new MillraceError('BROKER_STOPPING', `broker ${this.name} is not open`)
  }

  #checkConnection(connection: Connection): void {
    this.#checkOpen()
    if (connection.removed) throw new MillraceError('CONNECTION_CLOSED', `${connection.id} is closed`)
  }

  #checkCount(count: number, countMax: number, what: string): void {
    if (count < countMax) return
    throw new MillraceError('LIMIT_REACHED', `there are ${count} ${what}, which is the limit`)
  }

  #checkPlain(destination: Destination): void {
    if (!destination.composite && !destination.pattern) return
    throw new MillraceError('DESTINATION_INVALID', `${destination.text} is not one destination`)
  }

  #parseSelector(text: string | null): Selector | null {
    if (text === null || text.trim() === '') return null
    if (text.length > this.limits.selectorLengthMax) {
      throw new MillraceError(
        'SELECTOR_INVALID',
        `a selector may have ${this.limits.selectorLengthMax} characters, got ${text.length}`,
      )
    }
    return parseSelector(text)
  }

  /** Where a producer sends to, made if need be. Patterns are nothing to send to, and temporary ones are never made. */
  #targetsOf(destination: Destination | null): Target[] {
    if (destination === null) return []
    const targets: Target[] = []
    for (const part of destination.parts()) {
      if (part.pattern) continue
      const target = this.destinations.find(part)
      if (target !== null) targets.push(target)
      else if (!part.temporary) targets.push(this.destinations.create(part, null))
    }
    return targets
  }

  #addDestination(connection: Connection, destination: Destination): void {
    if (!destination.temporary) {
      this.destinations.create(destination, null)
      return
    }
    if (!isOwnName(destination, connection)) throw notOwned(destination)
    const { temporariesPerConnectionMax } = this.limits
    this.#checkCount(connection.temporaries.size, temporariesPerConnectionMax, 'temporary destinations of a connection')
    this.destinations.create(destination, connection)
  }

  #transaction(connection: Connection, transactionId: string): Transaction | undefined {
    return connection.transactions.get(transactionId) ?? this.branches.all.get(transactionId)
  }

  /** A part of it failed, and perhaps nobody waits for that answer: its commit will say so. */
  #failTransaction(connection: Connection, transactionId: string, error: MillraceError): void {
    if (!this.behaviour.rollbackOnlyOnAsyncException) return
    const transaction = this.#transaction(connection, transactionId)
    if (transaction?.state === TransactionState.Active && !transaction.parked) transaction.fail(error)
  }

  #activeTransaction(connection: Connection, transactionId: string): Transaction {
    const transaction = this.#endableTransaction(connection, transactionId)
    if (transaction.state !== TransactionState.Active) {
      throw new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is prepared`)
    }
    return transaction
  }

  #endableTransaction(connection: Connection, transactionId: string): Transaction {
    const transaction = this.#transaction(connection, transactionId)
    if (transaction === undefined || transaction.state === TransactionState.Ended) {
      throw new MillraceError('TRANSACTION_UNKNOWN', `transaction ${transactionId} is not known`)
    }
    if (transaction.state === TransactionState.Preparing || transaction.parked) {
      throw new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is being ended`)
    }
    return transaction
  }

  // ---- recovery

  #restore(found: Recovered): void {
    this.#keyLast = found.keyLast
    for (const [producerId, sequence] of found.producers) this.#rememberSequence(producerId, sequence)
    for (const { producerId, sequence } of found.refusals) this.refusals.recovered(producerId, sequence)
    for (const record of found.durables) this.durables.restore(record)
    for (const { store, keyFirst, keyLast } of found.queues) {
      if (store.name === SCHEDULE_STORE || store.name.startsWith(STATE_PREFIX)) continue
      const queue = this.#queueOf(store)
      if (queue === null) {
        // The backlog of a subscription whose end was stored and whose messages were not reached.
        store.delete(null)
        continue
      }
      assert(
        keyLast <= found.keyLast,
        `${store.name} has key ${keyLast}, and only those up to ${found.keyLast} were given`,
      )
      assert(keyFirst <= keyLast, `${store.name} begins behind its end`)
      if (store.count > 0) queue.cursor.recover(store.count, keyLast)
    }
    for (const { xid, operations } of found.branches) {
      const id = xidText(xid)
      const transaction = new Transaction(this, null, id, xid)
      transaction.recover(operations, (store) => {
        const queue = this.#queueOf(store)
        assert(queue !== null, `a prepared branch names ${store.name}, which is not there`)
        return queue
      })
      this.branches.all.set(id, transaction)
    }
  }

  /** Whose messages these are; null: a durable subscription that is not there. */
  #queueOf(store: QueueStore): Queue | null {
    if (store.name.startsWith(DURABLE_PREFIX)) return this.destinations.durables.get(store.name)?.backlog ?? null
    const destination = Destination.parse(store.name)
    const target = this.destinations.find(destination) ?? this.destinations.create(destination, null, true)
    assert(isQueue(target), `${store.name} is in the store and is not a queue`)
    return target
  }
}

/** Gathers what the store tells while it opens: queues and durable subscriptions come in any order. */
class Recovered implements Recovery {
  readonly queues: { store: QueueStore; keyFirst: number; keyLast: number }[] = []
  readonly durables: DurableRecord[] = []
  readonly branches: { xid: Xid; operations: readonly Operation[] }[] = []
  readonly producers = new Map<string, number>()
  readonly refusals: { producerId: string; sequence: number }[] = []
  keyLast = 0

  queue(store: QueueStore, keyFirst: number, keyLast: number): void {
    this.queues.push({ store, keyFirst, keyLast })
  }

  durable(record: DurableRecord): void {
    this.durables.push(record)
  }

  prepared(xid: Xid, operations: readonly Operation[]): void {
    this.branches.push({ xid, operations })
  }

  producer(producerId: string, sequence: number): void {
    this.producers.set(producerId, sequence)
  }

  refused(producerId: string, sequence: number): void {
    this.refusals.push({ producerId, sequence })
  }

  keys(keyLast: number): void {
    this.keyLast = Math.max(this.keyLast, keyLast)
  }
}

const NOBODY: Reply = { done: () => {} }

function isQueue(target: Target): target is Queue {
  return target instanceof Queue
}

function isPattern(destination: Destination): boolean {
  return destination.pattern
}

function notOwned(destination: Destination): MillraceError {
  return new MillraceError('DESTINATION_NOT_OWNED', `${destination.text} belongs to another connection`)
}

/** What may be answered; anything else is our mistake and goes on. */
function expected(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  throw error
}
