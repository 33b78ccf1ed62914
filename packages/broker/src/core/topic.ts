import { assert, type Linked, LinkedList, type MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import { MessageSubject } from '../message/selector-subject.ts'
import type { Operation, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import type { Durable } from './durable.ts'
import type { Entry } from './entry.ts'
import { retains, TopicHistory } from './history/topic-history.ts'
import { Allowance } from './flow/allowance.ts'
import type { Blocked } from './flow/blocked.ts'
import type { Policy } from './policy.ts'
import type { Reply } from './ports.ts'
import type { Forward } from './routing/routing.ts'
import { SelectorTable } from './selector-table.ts'
import type { Subscription } from './subscription.ts'
import type { Enlisted, Target } from './target.ts'

/**
 * Messages for everyone who asks. One message object is shared by all; what a durable subscription wants goes into its
 * backlog, and is stored once however many want it. Messages are seen in the order in which they were sent, also when
 * some have to be stored first.
 */
export class Topic implements Target {
  readonly broker: Broker
  readonly destination: Destination
  readonly owner: Connection | null
  readonly advisory: boolean
  policy: Policy
  readonly subscriptions: Set<Subscription> = new Set()
  readonly durables: Set<Durable> = new Set()
  forward: Forward | null = null
  /** Of `durables` those that are shared and not durable. */
  volatiles = 0
  allowance: Allowance | null
  blocked: Blocked | null = null
  deleted = false
  unusedSinceMs = -1
  unusedEnqueued = 0
  producers = 0
  enqueued = 0
  /** What has to wait goes to the store when memory runs out. */
  #spills: boolean
  /** What it keeps for those who come later; null: nothing was to be kept so far. */
  #history: TopicHistory | null = null
  readonly #subject = new MessageSubject()
  /** The subscriptions once more, by what they demand. */
  readonly #table = new SelectorTable<Subscription>()
  /** What is not safe yet, and what came after it. */
  readonly publications: LinkedList<Publication> = new LinkedList()

  constructor(broker: Broker, destination: Destination, owner: Connection | null) {
    this.broker = broker
    this.destination = destination
    this.owner = owner
    this.policy = broker.policies.find(destination)
    this.allowance = Allowance.of(this.policy)
    this.#spills = this.#maySpill
    this.advisory = destination.name.startsWith('ActiveMQ.Advisory.')
    const { subscriptionRecoveryPolicy } = this.policy
    if (subscriptionRecoveryPolicy.kind !== 'none' && !this.advisory) {
      this.#history = new TopicHistory(broker, this, subscriptionRecoveryPolicy)
    }
  }

  get used(): boolean {
    if (this.owner !== null || this.publications.length > 0 || this.#history?.retains === true) return true
    return this.subscriptions.size + this.durables.size + this.producers > 0
  }

  get consumers(): number {
    return this.subscriptions.size
  }

  full(message: Message): boolean {
    const stored = message.persistent && this.durables.size > this.volatiles
    if (this.#spills) {
      if (!this.broker.usage.spillFull) return this.broker.usage.full(false, stored)
      // What a backlog has on its way to the store is not to be overtaken.
      for (const { backlog } of this.durables) if (backlog.scarce) return true
    }
    if (this.allowance?.full === true) return true
    const inMemory =
      this.subscriptions.size > 0 || this.volatiles > 0 || (this.durables.size > 0 && !message.persistent)
    return this.broker.usage.full(inMemory, stored)
  }

  send(message: Message, reply: Reply): void {
    if (this.#history?.admits(message) === false) {
      reply.done(null)
      return
    }
    const publication = this.#publish(message, reply)
    publication.list()
    const { toStore } = publication
    if (toStore.length === 0) {
      publication.stored(null)
      return
    }
    publication.handOver()
    const first = toStore[0] as Entry
    if (toStore.length === 1) {
      first.queue?.store?.add(message, first.key, publication)
      return
    }
    const operations: Operation[] = []
    publication.operations(operations)
    this.broker.store.commit(operations, publication)
  }

  spill(): boolean {
    return false
  }

  enlist(message: Message, operations: Operation[]): Enlisted {
    if (this.#history?.admits(message) === false) return vetoed(message)
    const publication = this.#publish(message, null)
    publication.operations(operations)
    return publication
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription)
    this.#table.add(subscription)
    this.replay(subscription)
  }

  /** What was sent before is for retroactive consumers. `retained`: only what is retained. */
  replay(subscription: Subscription, retained = false): void {
    if (this.#history === null || (!subscription.spec.retroactive && !this.policy.alwaysRetroactive)) return
    this.#history.replay(subscription, retained)
  }

  unsubscribe(subscription: Subscription): void {
    this.subscriptions.delete(subscription)
    this.#table.delete(subscription)
  }

  wake(): void {
    // Each subscription keeps what waits for it.
  }

  policyChanged(policy: Policy): void {
    const { subscriptionRecoveryPolicy } = policy
    this.policy = policy
    this.allowance = Allowance.changed(this.allowance, policy)
    this.#spills = this.#maySpill
    if (this.#history !== null) this.#history.policyChanged(subscriptionRecoveryPolicy)
    else if (subscriptionRecoveryPolicy.kind !== 'none' && !this.advisory) {
      this.#history = new TopicHistory(this.broker, this, subscriptionRecoveryPolicy)
    }
  }

  searching(_subscription: Subscription): boolean {
    return false
  }

  holdsFor(_subscription: Subscription): boolean {
    return false
  }

  delete(reply: Reply): void {
    assert(!this.deleted, `${this.destination.text} is deleted twice`)
    this.deleted = true
    for (const subscription of this.subscriptions) subscription.targets.delete(this)
    this.subscriptions.clear()
    this.#table.clear()
    for (const durable of this.durables) durable.topics.delete(this)
    this.durables.clear()
    this.volatiles = 0
    this.#history?.clear()
    reply.done(null)
  }

  /** Called by a publication that became safe: everything up to the first that is not can be seen. */
  flush(): void {
    for (let first = this.publications.first; first !== null && first.safe; first = this.publications.first) {
      this.publications.remove(first)
      this.#show(first)
    }
  }

  /** Without flow control; but what is temporary is only in memory. Model behaviour. */
  get #maySpill(): boolean {
    return !this.policy.producerFlowControl && this.owner === null
  }

  get #scarce(): boolean {
    return this.broker.usage.memoryScarce || this.allowance?.scarce === true
  }

  #publish(message: Message, reply: Reply | null): Publication {
    const key = this.broker.nextKey()
    const publication = new Publication(this, message, key, reply)
    this.broker.usage.hold(message)
    this.allowance?.charge(message)
    for (const durable of this.durables) {
      if (!durable.wants(message, this.#subject)) continue
      // What a transaction sends has no place in the store before its outcome is known.
      if (this.#spills && reply !== null && durable.backlog.overflows(message, key)) continue
      publication.add(durable.backlog.enterWithKey(message, key, null))
    }
    return publication
  }

  #show(publication: Publication): void {
    const { message, key, reply } = publication
    this.enqueued++
    for (const entry of publication.entries) entry.committed()
    if (message.properties !== null && this.#history === null && !this.advisory && retains(message)) {
      this.#history = new TopicHistory(this.broker, this, this.policy.subscriptionRecoveryPolicy)
    }
    this.#history?.keep(message, key)
    const { advisories } = this.broker
    if (advisories.watched !== 0) {
      advisories.delivered(message, this.destination)
      if (this.subscriptions.size === 0 && this.durables.size === 0) advisories.noConsumer(message, this.destination)
    }
    if (this.subscriptions.size > 1) message.shared = true
    const scarce = this.#spills && this.#scarce
    for (const subscription of this.#table.plain) {
      if (subscription.wants(message, 0, this.#subject)) subscription.offer(message, key, scarce)
    }
    if (this.#table.demands) this.#showDemanding(message, key, scarce)
    this.broker.usage.release(message)
    reply?.done(null)
  }

  #showDemanding(message: Message, key: number, scarce: boolean): void {
    for (const subscription of this.#table.demanding(message, this.#subject)) {
      if (subscription.wants(message, 0, this.#subject)) subscription.offer(message, key, scarce)
    }
  }
}

const NONE: Entry[] = []

/** A message that the topic's history keeps from everybody. */
function vetoed(message: Message): Enlisted {
  return { message, committing: () => {}, committed: () => {}, rolledBack: () => {} }
}

/** A message on its way through a topic. */
export class Publication implements Linked<Publication>, Stored, Enlisted {
  readonly topic: Topic
  readonly message: Message
  readonly key: number
  readonly reply: Reply | null
  /** In the backlogs of durable and shared subscriptions. */
  entries: Entry[] = NONE
  /** Those that the store is told of: all or none. */
  toStore: Entry[] = NONE
  safe = false
  previous: Publication | null = null
  next: Publication | null = null
  #counted = false
  /** In its topic's list. */
  #listed = false

  constructor(topic: Topic, message: Message, key: number, reply: Reply | null) {
    this.topic = topic
    this.message = message
    this.key = key
    this.reply = reply
  }

  add(entry: Entry): void {
    if (this.entries === NONE) this.entries = []
    this.entries.push(entry)
    if (!entry.persistent) return
    if (this.toStore === NONE) this.toStore = []
    this.toStore.push(entry)
  }

  operations(into: Operation[]): void {
    for (const entry of this.toStore) {
      const store = entry.queue?.store ?? null
      if (store !== null) into.push({ kind: 'add', queue: store, message: this.message, key: this.key })
    }
  }

  /** The store has it, and its answer comes to `stored`. */
  handOver(): void {
    this.#counted = true
    this.topic.broker.usage.storing(this.message.sizeBytes)
  }

  get awaited(): boolean {
    return this.reply !== null && this.reply.errorsOnly !== true
  }

  stored(error: MillraceError | null): void {
    const { usage } = this.topic.broker
    if (this.#counted) usage.stored(this.message.sizeBytes)
    if (error === null) {
      this.committed()
      return
    }
    this.topic.broker.refusals.note(this.message)
    this.rolledBack()
    this.reply?.done(error)
  }

  /** Its turn is behind what was sent before. */
  list(): void {
    this.#listed = true
    this.topic.publications.push(this)
  }

  /** It is not known when it will be safe: what comes after it need not wait. */
  postponed(): void {
    if (!this.#listed) return
    this.#listed = false
    this.topic.publications.remove(this)
    this.topic.flush()
  }

  committing(late: boolean): void {
    this.list()
    for (const entry of this.entries) entry.committing(late)
  }

  committed(): void {
    assert(!this.safe, 'a message of a topic was stored twice')
    this.safe = true
    this.topic.flush()
  }

  rolledBack(): void {
    for (const entry of this.entries) entry.rolledBack()
    this.topic.broker.usage.release(this.message)
    this.postponed()
  }
}
