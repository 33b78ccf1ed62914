import { MillraceError, parseSelector, type Selector } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { DurableRecord, Paged } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { isAdvisory } from './destinations.ts'
import { Durable, durableText, sharedText } from './durable.ts'
import type { Reply } from './ports.ts'
import { Queue } from './queue.ts'
import type { ConsumerSpec, Subscription } from './subscription.ts'

/** A durable or shared subscription as an operator sees it. */
export interface SubscriptionView {
  /** Empty: a shared one that is the same for every client. */
  readonly clientId: string
  readonly name: string
  readonly destination: Destination
  readonly selector: string | null
  readonly noLocal: boolean
  readonly shared: boolean
  /** False: a shared one that goes with its last consumer. */
  readonly durable: boolean
  /** Ids of the consumers that hold it now. */
  readonly consumerIds: readonly string[]
  /** Messages that are not acknowledged. */
  readonly pending: number
  /** Messages that it was ever given, and that were acknowledged or given up, since the broker started. */
  readonly enqueued: number
  readonly dequeued: number
  /** Wall clock, ms; 0 while it has a consumer. */
  readonly offlineSinceMs: number
}

/** What an operator says of a durable subscription that is to be made. */
export interface SubscriptionRequest {
  readonly clientId: string
  readonly name: string
  readonly destination: Destination
  readonly selector?: string | null
  readonly noLocal?: boolean
  readonly shared?: boolean
}

const BROWSE_PAGE = 256

/**
 * Subscriptions that are more than their consumer: durable ones, which collect while nobody consumes, and shared ones,
 * which several consumers hold together (JMS 2.0 §8.3). A durable one is found by client id and name; a shared one too,
 * or by its name alone when its client has no client id of its own. Shared and not shared exclude each other for a
 * durable name; a shared one that is not durable has its names for itself.
 */
export class Durables {
  readonly #broker: Broker
  /** Shared ones that are not durable, by their text. */
  readonly #shared = new Map<string, Durable>()
  #lastLookMs = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  // ---- for consumers

  /** Throws what is against this consumer before anything is done. */
  check(connection: Connection, spec: ConsumerSpec): void {
    const { behaviour, limits, destinations } = this.#broker
    const record = recordOf(connection, spec)
    this.#checkDestination(record.destination)
    const durable = isDurable(spec)
    if (durable && behaviour.rejectDurableConsumers) {
      throw new MillraceError('NOT_AUTHORIZED', 'this broker has no durable subscriptions')
    }
    const known = this.#find(record, durable)
    if (known === undefined) {
      const count = destinations.durables.size + this.#shared.size
      if (count >= limits.durablesMax) {
        throw new MillraceError(
          'LIMIT_REACHED',
          `there are ${count} durable and shared subscriptions, which is the limit`,
        )
      }
      return
    }
    if (known.shared !== (record.shared === true)) {
      throw new MillraceError(
        'SUBSCRIPTION_IN_USE',
        `durable subscription ${record.name} is ${known.shared ? 'shared' : 'not shared'}; its name cannot be used otherwise until it is unsubscribed`,
      )
    }
    if (known.consumers === 0) return
    if (known.shared && known.same(record)) return
    const [holder] = known.holders
    throw new MillraceError(
      'SUBSCRIPTION_IN_USE',
      known.shared
        ? `shared subscription ${record.name} is in use for ${known.record.destination.text} with another topic or selector`
        : `durable subscription ${record.name} of client ${record.clientId} is in use by ${holder?.id}`,
    )
  }

  /** A consumer that `check` let pass. `reply` is completed once the subscription is stored. */
  attach(subscription: Subscription, selector: Selector | null, reply: Reply): void {
    const { store } = this.#broker
    const { spec, connection } = subscription
    const record = recordOf(connection, spec)
    const durable = isDurable(spec)
    let found = this.#find(record, durable)
    if (found?.same(record) === true) {
      found.activate(subscription)
      this.#replay(subscription)
      reply.done(null)
      return
    }
    if (found !== undefined) {
      this.#forget(found)
      if (durable) store.removeDurable(record.clientId, record.name, null)
    }
    found = this.#make(record, selector, durable)
    found.activate(subscription)
    this.#replay(subscription)
    if (durable) store.addDurable(record, { stored: (error) => reply.done(error) })
    else reply.done(null)
  }

  /** A consumer is gone; a shared subscription that is not durable goes with its last one. */
  detached(durable: Durable | null): void {
    if (durable === null || durable.consumers > 0) return
    if (!durable.durable) this.#forget(durable)
    else if (!this.#broker.behaviour.keepDurableSubsActive) durable.backlog.cursor.cool()
  }

  /** `clientId` null: a shared one that belongs to no client. */
  unsubscribe(clientId: string | null, name: string, reply: Reply): void {
    const owner = clientId ?? ''
    const durable = this.#broker.destinations.durables.get(durableText(owner, name))
    if (durable === undefined) {
      const who = clientId === null ? 'there is no shared' : `client ${clientId} has no`
      reply.done(new MillraceError('SUBSCRIPTION_UNKNOWN', `${who} durable subscription ${name}`))
      return
    }
    const [holder] = durable.holders
    if (holder !== undefined) {
      reply.done(new MillraceError('SUBSCRIPTION_IN_USE', `durable subscription ${name} is in use by ${holder.id}`))
      return
    }
    this.#remove(durable, reply)
  }

  /** Found by recovery. */
  restore(record: DurableRecord): void {
    const selector = record.selector === null ? null : parseSelector(record.selector)
    this.#make(record, selector, true)
  }

  /** Deletes what has been without a consumer for too long. */
  tick(): void {
    const { offlineDurableSubscriberTimeout: timeoutMs, offlineDurableSubscriberTaskSchedule: everyMs } =
      this.#broker.behaviour
    if (timeoutMs < 0) return
    const nowMs = this.#broker.clock.now()
    if (this.#lastLookMs === 0) this.#lastLookMs = nowMs
    if (nowMs - this.#lastLookMs < everyMs) return
    this.#lastLookMs = nowMs
    for (const durable of this.#broker.destinations.durables.values()) {
      if (durable.consumers > 0 || nowMs - durable.offlineSinceMs < timeoutMs) continue
      const { clientId, name } = durable.record
      const fields = {
        clientId,
        subscription: name,
        messages: durable.backlog.count,
        offlineSinceMs: durable.offlineSinceMs,
      }
      this.#broker.log.info(fields, 'a durable subscription had no consumer for too long and is deleted')
      this.#remove(durable, NOBODY)
    }
  }

  // ---- for operators

  list(): SubscriptionView[] {
    return [...this.#broker.destinations.durables.values(), ...this.#shared.values()].map(viewOf)
  }

  /** Makes a durable subscription that nobody consumes from yet; one that is there and asks for the same stays. */
  create(request: SubscriptionRequest): Promise<void> {
    const { clientId, name, destination, selector = null, noLocal = false, shared = false } = request
    const record: DurableRecord = { clientId, name, destination, selector, noLocal, ...(shared ? { shared } : {}) }
    return this.#promise((reply) => {
      if (name === '' || (clientId === '' && !shared)) {
        throw new MillraceError('DESTINATION_INVALID', 'a durable subscription needs a name and a client id')
      }
      this.#checkDestination(destination)
      const parsed = selector === null ? null : parseSelector(selector)
      const known = this.#find(record, true)
      if (known?.same(record) === true) {
        reply.done(null)
        return
      }
      if (known !== undefined) {
        throw new MillraceError(
          'SUBSCRIPTION_IN_USE',
          `durable subscription ${name} is there and asks for something else`,
        )
      }
      this.#make(record, parsed, true)
      this.#broker.store.addDurable(record, { stored: (error) => reply.done(error) })
    })
  }

  /** With everything it has collected. Rejects with SUBSCRIPTION_UNKNOWN, or SUBSCRIPTION_IN_USE while it is consumed. */
  delete(clientId: string, name: string): Promise<void> {
    return this.#promise((reply) => this.unsubscribe(clientId === '' ? null : clientId, name, reply))
  }

  /** What it holds, in order, at most `countMax` (100); nothing is taken. Rejects with SUBSCRIPTION_UNKNOWN. */
  async browse(clientId: string, name: string, countMax = 100): Promise<Message[]> {
    const durable = this.#broker.destinations.durables.get(durableText(clientId, name))
    if (durable === undefined)
      throw new MillraceError('SUBSCRIPTION_UNKNOWN', `there is no durable subscription ${name}`)
    const { backlog } = durable
    const found = new Map<number, Message>()
    for (const entry of backlog.snapshot(Number.POSITIVE_INFINITY)) {
      if (!entry.persistent) found.set(entry.key, entry.message)
    }
    let afterKey = 0
    for (let last = backlog.store === null; !last; ) {
      const page = await this.#page(backlog, afterKey)
      for (const { key, message } of page.items) if (!backlog.cursor.hides(key)) found.set(key, message)
      afterKey = page.items.at(-1)?.key ?? afterKey
      last = page.last || page.items.length === 0 || found.size >= countMax
    }
    const keys = [...found.keys()].sort((one, other) => one - other).slice(0, countMax)
    return keys.map((key) => found.get(key) as Message)
  }

  #page(backlog: Queue, afterKey: number): Promise<{ items: readonly Paged[]; last: boolean }> {
    return new Promise((resolve) => {
      backlog.store?.page(afterKey, BROWSE_PAGE, { paged: (items, last) => resolve({ items, last }) })
    })
  }

  #promise(request: (reply: Reply) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      request({ done: (error) => (error === null ? resolve() : reject(error)) })
    })
  }

  // ---- what both do

  #checkDestination(destination: Destination): void {
    for (const part of destination.parts()) {
      if (part.queue || part.temporary || isAdvisory(part)) {
        throw new MillraceError('DESTINATION_INVALID', `${part.text} cannot have a durable or shared subscription`)
      }
    }
  }

  #find({ clientId, name }: DurableRecord, durable: boolean): Durable | undefined {
    if (durable) return this.#broker.destinations.durables.get(durableText(clientId, name))
    return this.#shared.get(sharedText(clientId, name))
  }

  #make(record: DurableRecord, selector: Selector | null, durable: boolean): Durable {
    const broker = this.#broker
    const text = durable ? durableText(record.clientId, record.name) : sharedText(record.clientId, record.name)
    const store = durable ? broker.store.queue(text) : null
    const backlog = new Queue(broker, text, record.destination, store, null, !durable)
    const made = new Durable(text, record, selector, backlog, durable)
    made.offlineSinceMs = broker.nowMs()
    if (!durable) this.#shared.set(text, made)
    else if (!broker.behaviour.keepDurableSubsActive) backlog.cursor.cool()
    broker.destinations.addDurable(made)
    return made
  }

  #remove(durable: Durable, reply: Reply): void {
    const { clientId, name, destination } = durable.record
    this.#forget(durable)
    this.#broker.store.removeDurable(clientId, name, { stored: (error) => reply.done(error) })
    this.#broker.advisories.subscriptionRemoved(clientId, name, destination)
  }

  #forget(durable: Durable): void {
    durable.leave()
    this.#shared.delete(durable.text)
    this.#broker.destinations.removeDurable(durable)
    durable.backlog.delete(NOBODY)
  }

  #replay(subscription: Subscription): void {
    const { durable } = subscription
    // What comes to a shared subscription is for all who hold it, and the first one has asked.
    if (durable === null || durable.consumers > 1) return
    // What it has collected itself is more than any history.
    const collected = durable.backlog.count > 0
    for (const topic of durable.topics) topic.replay(subscription, collected)
  }
}

function recordOf(connection: Connection, spec: ConsumerSpec): DurableRecord {
  const { shared, destination, selector } = spec
  const name = spec.durableName ?? ''
  if (shared === undefined) {
    return { clientId: connection.clientId, name, destination, selector, noLocal: spec.noLocal }
  }
  // What is shared by several connections cannot leave out the messages of one.
  const clientId = shared.ownClientId ? connection.clientId : ''
  return { clientId, name, destination, selector, noLocal: false, shared: true }
}

function isDurable({ shared }: ConsumerSpec): boolean {
  return shared?.durable ?? true
}

function viewOf(durable: Durable): SubscriptionView {
  const { record, backlog } = durable
  return {
    clientId: record.clientId,
    name: record.name,
    destination: record.destination,
    selector: record.selector,
    noLocal: record.noLocal,
    shared: durable.shared,
    durable: durable.durable,
    consumerIds: [...durable.holders].map((holder) => holder.id),
    pending: backlog.count,
    enqueued: backlog.enqueued,
    dequeued: backlog.dequeued,
    offlineSinceMs: durable.offlineSinceMs,
  }
}

const NOBODY: Reply = { done: () => {} }
