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
import { Advisories } from './advisory.ts'
import { Browse } from './browse.ts'
import { CompositeSend } from './composite-send.ts'
import { Connection, type ConnectionSpec } from './connection.ts'
import { Destinations, isAdvisory, isOwnName, type Route } from './destinations.ts'
import { Durable, DURABLE_PREFIX, durableText } from './durable.ts'
import { Expiry } from './expiry.ts'
import { type Interceptor, Interceptors } from './interceptor.ts'
import type { Limits } from './limits.ts'
import { ParkedCall, ParkedCommit, ParkedSend } from './parked.ts'
import { Parking } from './parking.ts'
import { Policies, type PolicyEntry } from './policy.ts'
import type { ConnectionPort, Consumer, PrepareReply, Reply } from './ports.ts'
import { Producer, type ProducerSpec } from './producer.ts'
import { Queue } from './queue.ts'
import { DEAD_LETTER_QUEUE, Redelivery } from './redelivery.ts'
import { Refusals } from './refusals.ts'
import { type ConsumerSpec, Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import { Transaction, TransactionState } from './transaction.ts'
import { Usage } from './usage.ts'

export { type Acknowledgement, AckKind } from './acknowledgement.ts'
export { Connection, type ConnectionSpec } from './connection.ts'
export { Entry } from './entry.ts'
export type { Interceptor } from './interceptor.ts'
export { defaultLimits, type Limits } from './limits.ts'
export type { Policy, PolicyEntry } from './policy.ts'
export type { ConnectionPort, Consumer, PrepareReply, Reply } from './ports.ts'
export { Producer, type ProducerSpec } from './producer.ts'
export { type ConsumerSpec, Subscription } from './subscription.ts'

export interface BrokerOptions {
  readonly name: string
  /** `ID:host-port-ms-0:1` */
  readonly id: string
  readonly store: Store
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Limits
  readonly policies?: readonly PolicyEntry[]
  readonly interceptors?: readonly Interceptor[]
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
  readonly destinations: Destinations
  readonly redelivery: Redelivery
  readonly refusals: Refusals = new Refusals()
  readonly advisories: Advisories
  readonly connections: Map<string, Connection> = new Map()
  readonly #clientIds = new Map<string, Connection>()
  readonly #parking: Parking
  readonly #expiry: Expiry
  /** Branches of distributed transactions, by the text of their xid. */
  readonly #branches = new Map<string, Transaction>()
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
    this.#parking = new Parking(this.turn, this.limits)
    this.usage = new Usage(this.limits, this.store, () => this.#parking.wake())
    this.destinations = new Destinations(this)
    this.redelivery = new Redelivery(this)
    this.advisories = new Advisories(this)
    this.#expiry = new Expiry(this)
  }

  async open(): Promise<void> {
    assert(this.#state === 'new', 'a broker is opened twice')
    const found = new Recovered()
    await this.store.open(found)
    this.#restore(found)
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
    await this.store.close()
  }

  /** Called every 100 ms: what is driven by time. */
  tick(): void {
    if (this.#state !== 'open') return
    const nowMs = this.clock.monotonic()
    for (const subscription of this.#pulls) {
      subscription.tick(nowMs)
      if (subscription.removed || !subscription.waitsForPull) this.#pulls.delete(subscription)
    }
    this.#expiry.tick(nowMs)
    this.redelivery.tick()
    this.#parking.tick(nowMs)
    this.store.tick()
  }

  // ---- connections

  /**
   * Throws CLIENT_ID_IN_USE while another connection has this client id. The same connection id again is a client that
   * lost its link and comes back: the old connection goes first.
   */
  addConnection(spec: ConnectionSpec, port: ConnectionPort): Connection {
    this.#checkOpen()
    const old = this.connections.get(spec.connectionId)
    if (old !== undefined) {
      this.removeConnection(old)
      old.port.closed(new MillraceError('CONNECTION_CLOSED', `${old.id} came back over another link`))
    }
    const holder = this.#clientIds.get(spec.clientId)
    if (holder !== undefined) {
      throw new MillraceError(
        'CLIENT_ID_IN_USE',
        `client id ${spec.clientId} is in use by the connection from ${holder.spec.peerAddress}`,
      )
    }
    this.#checkCount(this.connections.size, this.limits.connectionsMax, 'connections')
    const connection = new Connection(spec, port)
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
      this.#parking.park(new ParkedCall(connection, close, () => reply.done(null)))
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
    this.#parking.remove(connection)
    for (const transaction of [...connection.transactions.values(), ...this.#branches.values()]) {
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
  }

  // ---- producers

  addProducer(connection: Connection, spec: ProducerSpec): Producer {
    this.#checkConnection(connection)
    const known = connection.producers.get(spec.producerId)
    if (known !== undefined) return known
    this.#checkCount(connection.producers.size, this.limits.producersPerConnectionMax, 'producers of a connection')
    const producer = new Producer(connection, spec)
    for (const hook of this.interceptors.producing) hook(producer, spec.destination)
    const targets = this.#targetsOf(spec.destination)
    if (connection.spec.reconnected) producer.sequenceLast = this.#sequences.get(spec.producerId) ?? -1
    for (const target of targets) target.producers++
    if (targets.length === 1 && spec.destination?.composite === false) producer.target = targets[0] as Target
    connection.producers.set(producer.id, producer)
    this.advisories.producer('producer-added', producer)
    return producer
  }

  removeProducer(producer: Producer): void {
    if (producer.removed) return
    producer.removed = true
    producer.connection.producers.delete(producer.id)
    for (const part of producer.destination?.parts() ?? []) {
      const target = this.destinations.find(part)
      if (target !== null && target.producers > 0) target.producers--
    }
    this.#rememberSequence(producer.id, producer.sequenceLast)
    this.advisories.producer('producer-removed', producer)
  }

  /**
   * True, or false once when the connection has to stop being read from until `port.resume()`. A message with a
   * transaction id is part of that transaction.
   */
  send(producer: Producer, message: Message, reply: Reply): boolean {
    const { connection } = producer
    const { transactionId } = message
    let target: Target | null
    try {
      this.#checkConnection(connection)
      for (const hook of this.interceptors.sending) hook(producer, message)
      message.brokerInTime = this.nowMs()
      target = this.#targetFor(producer, message.destination)
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
      reply.done(null)
      return true
    }
    if (connection.parked.length > 0 || (target === null ? !this.hasSpace(message) : target.full(message))) {
      return this.#park(producer, message, reply)
    }
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
    else this.#parking.park(new ParkedCall(connection, flush, (error) => reply.done(error)))
  }

  // ---- consumers

  /**
   * Throws before anything happened. `reply` is completed once the consumer can be used (a durable one: once it is
   * stored); its first messages come at the end of the turn. A consumer id that is there already is that consumer.
   */
  addConsumer(connection: Connection, spec: ConsumerSpec, consumer: Consumer, reply: Reply): Subscription {
    this.#checkConnection(connection)
    const known = connection.subscriptions.get(spec.consumerId)
    if (known !== undefined) {
      reply.done(null)
      return known
    }
    this.#checkCount(connection.subscriptions.size, this.limits.consumersPerConnectionMax, 'consumers of a connection')
    const selector = this.#parseSelector(spec.selector)
    const parts = spec.destination.parts()
    for (const part of parts) this.destinations.check(part, connection)
    const durable = spec.durableName !== null
    const counting = spec.browser || (!durable && parts.every((part) => !part.queue))
    const subscription = new Subscription(this, connection, spec, consumer, durable ? null : selector, counting)
    subscription.prefetch = Math.min(subscription.prefetch, this.limits.prefetchMax)
    if (durable) this.#checkDurable(connection, spec, parts)
    for (const hook of this.interceptors.consuming) hook(subscription)
    if (durable) {
      this.#addDurableConsumer(subscription, selector, reply)
      connection.subscriptions.set(subscription.id, subscription)
      this.advisories.consumer('consumer-added', subscription)
      return subscription
    }
    const targets = parts.flatMap((part) => this.destinations.forConsumer(part, connection))
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
    subscription.remove(lastDeliveredKey)
    subscription.connection.subscriptions.delete(subscription.id)
    this.#pulls.delete(subscription)
    this.advisories.consumer('consumer-removed', subscription)
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

  /** A temporary one belongs to the connection, goes with it, and only it may consume from it. */
  addDestination(connection: Connection, destination: Destination, reply: Reply): void {
    try {
      this.#checkConnection(connection)
      this.#checkPlain(destination)
      const known = this.destinations.find(destination)
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
    const durable = this.destinations.durables.get(durableText(connection.clientId, name))
    if (durable === undefined) {
      reply.done(
        new MillraceError('SUBSCRIPTION_UNKNOWN', `client ${connection.clientId} has no durable subscription ${name}`),
      )
      return
    }
    if (durable.active !== null) {
      reply.done(
        new MillraceError('SUBSCRIPTION_IN_USE', `durable subscription ${name} is in use by ${durable.active.id}`),
      )
      return
    }
    this.#deleteDurable(durable)
    this.store.removeDurable(durable.record.clientId, name, { stored: (error) => reply.done(error) })
  }

  // ---- transactions

  /** Begins one. An id that is there already is that transaction. */
  begin(connection: Connection, transactionId: string, xid?: Xid): void {
    this.#checkConnection(connection)
    if (this.#transaction(connection, transactionId) !== undefined) return
    this.#checkCount(connection.transactions.size, this.limits.transactionsPerConnectionMax, 'open transactions')
    const transaction = new Transaction(this, connection, transactionId, xid ?? null)
    if (xid === undefined) connection.transactions.set(transactionId, transaction)
    else this.#branches.set(transactionId, transaction)
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
      this.#parking.park(new ParkedCall(connection, prepare, (error) => reply.done(error)))
      return
    }
    transaction.prepare(reply)
  }

  commit(connection: Connection, transactionId: string, reply: Reply): void {
    let transaction: Transaction
    try {
      transaction = this.#endableTransaction(connection, transactionId)
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
    const xids: Xid[] = []
    for (const { state, xid } of this.#branches.values()) {
      if (state === TransactionState.Prepared && xid !== null) xids.push(xid)
    }
    return xids
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
    for (const durable of this.destinations.durables.values()) yield durable.backlog
  }

  queue(destination: Destination): Queue | null {
    const target = this.destinations.find(destination)
    return target !== null && isQueue(target) ? target : null
  }

  deadLetterQueue(): Queue {
    const target = this.destinations.find(DEAD_LETTER_QUEUE) ?? this.destinations.create(DEAD_LETTER_QUEUE, null, true)
    assert(isQueue(target), 'the dead letter queue is not a queue')
    return target
  }

  route(message: Message): Route[] {
    return this.destinations.forMessage(message)
  }

  hasSpace(message: Message): boolean {
    for (const part of message.destination.parts()) {
      if (this.destinations.find(part)?.full(message) === true) return false
    }
    return true
  }

  noSpaceError(message: Message): MillraceError {
    return this.usage.fullError(!message.persistent || !message.destination.queue)
  }

  /** A send that had waited for space. What it was sent to, or when, may have changed meanwhile. */
  sendParked(producer: Producer, message: Message, reply: Reply): void {
    if (message.expired(this.nowMs())) {
      reply.done(null)
      return
    }
    let target: Target | null
    try {
      target = this.#targetFor(producer, message.destination)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    this.#send(producer, target, message, reply)
  }

  transactionEnded(transaction: Transaction): void {
    if (transaction.xid !== null) this.#branches.delete(transaction.id)
    else transaction.connection?.transactions.delete(transaction.id)
  }

  // ---- sends

  /** `target` null: a composite. */
  #send(producer: Producer, target: Target | null, message: Message, reply: Reply): void {
    if (message.persistent && message.producerSequence > producer.sequenceLast) {
      producer.sequenceLast = message.producerSequence
    }
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
    new CompositeSend(this, reply).send(message, routes)
  }

  #targetFor(producer: Producer, destination: Destination): Target | null {
    const last = producer.target
    if (last !== null && !last.deleted) {
      if (last.destination === destination || last.destination.text === destination.text) return last
    }
    if (destination.composite) {
      for (const part of destination.parts()) this.destinations.forSend(part)
      return null
    }
    const target = this.destinations.forSend(destination)
    producer.target = target
    return target
  }

  #park(producer: Producer, message: Message, reply: Reply): boolean {
    if (this.limits.sendFailIfNoSpace) {
      reply.done(this.noSpaceError(message))
      return true
    }
    message.own()
    return this.#parking.park(new ParkedSend(this, producer, message, reply, this.#parkingDeadlineMs()))
  }

  #parkCommit(connection: Connection, transaction: Transaction, reply: Reply): void {
    const parked = new ParkedCommit(this, connection, transaction, reply, this.#parkingDeadlineMs())
    if (this.limits.sendFailIfNoSpace) {
      parked.fail(null)
      return
    }
    transaction.parked = true
    this.#parking.park(parked)
  }

  #parkingDeadlineMs(): number {
    const { sendFailIfNoSpaceAfterMs } = this.limits
    return sendFailIfNoSpaceAfterMs === 0 ? Number.POSITIVE_INFINITY : this.clock.monotonic() + sendFailIfNoSpaceAfterMs
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

  // ---- durable subscriptions

  #checkDurable(connection: Connection, spec: ConsumerSpec, parts: readonly Destination[]): void {
    const { durableName } = spec
    for (const part of parts) {
      if (part.queue || part.temporary || isAdvisory(part)) {
        throw new MillraceError('DESTINATION_INVALID', `${part.text} cannot have a durable subscription`)
      }
    }
    const durable = this.destinations.durables.get(durableText(connection.clientId, durableName ?? ''))
    if (durable === undefined) {
      this.#checkCount(this.destinations.durables.size, this.limits.durablesMax, 'durable subscriptions')
    } else if (durable.active !== null) {
      throw new MillraceError(
        'SUBSCRIPTION_IN_USE',
        `durable subscription ${durableName} of client ${connection.clientId} is in use by ${durable.active.id}`,
      )
    }
  }

  #addDurableConsumer(subscription: Subscription, selector: Selector | null, reply: Reply): void {
    const { spec, connection } = subscription
    const record: DurableRecord = {
      clientId: connection.clientId,
      name: spec.durableName ?? '',
      destination: spec.destination,
      selector: spec.selector,
      noLocal: spec.noLocal,
    }
    let durable = this.destinations.durables.get(durableText(record.clientId, record.name))
    if (durable?.same(record) === true) {
      durable.activate(subscription)
      reply.done(null)
      return
    }
    if (durable !== undefined) {
      this.#deleteDurable(durable)
      this.store.removeDurable(record.clientId, record.name, null)
    }
    durable = this.#newDurable(record, selector)
    durable.activate(subscription)
    this.store.addDurable(record, { stored: (error) => reply.done(error) })
  }

  #newDurable(record: DurableRecord, selector: Selector | null): Durable {
    const text = durableText(record.clientId, record.name)
    const backlog = new Queue(this, text, record.destination, this.store.queue(text), null)
    const durable = new Durable(record, selector, backlog)
    this.destinations.addDurable(durable)
    return durable
  }

  #deleteDurable(durable: Durable): void {
    durable.leave()
    this.destinations.durables.delete(durable.text)
    durable.backlog.delete(NOBODY)
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
    return connection.transactions.get(transactionId) ?? this.#branches.get(transactionId)
  }

  /** A part of it failed, and perhaps nobody waits for that answer: its commit will say so. */
  #failTransaction(connection: Connection, transactionId: string, error: MillraceError): void {
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
    for (const record of found.durables) {
      this.#newDurable(record, record.selector === null ? null : parseSelector(record.selector))
    }
    for (const { store, keyFirst, keyLast } of found.queues) {
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
      this.#branches.set(id, transaction)
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
