import { assert, type Linked, LinkedList, type MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import { MessageSubject } from '../message/selector-subject.ts'
import type { Operation, Stored } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import type { Durable } from './durable.ts'
import type { Entry } from './entry.ts'
import type { Reply } from './ports.ts'
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
  readonly subscriptions: Set<Subscription> = new Set()
  readonly durables: Set<Durable> = new Set()
  deleted = false
  producers = 0
  enqueued = 0
  readonly #subject = new MessageSubject()
  /** What is not safe yet, and what came after it. */
  readonly publications: LinkedList<Publication> = new LinkedList()

  constructor(broker: Broker, destination: Destination, owner: Connection | null) {
    this.broker = broker
    this.destination = destination
    this.owner = owner
    this.advisory = destination.name.startsWith('ActiveMQ.Advisory.')
  }

  get consumers(): number {
    return this.subscriptions.size
  }

  full(message: Message): boolean {
    const stored = message.persistent && this.durables.size > 0
    const inMemory = this.subscriptions.size > 0 || (this.durables.size > 0 && !message.persistent)
    return this.broker.usage.full(inMemory, stored)
  }

  send(message: Message, reply: Reply): void {
    const publication = this.#publish(message, reply)
    publication.committing(false)
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

  enlist(message: Message, operations: Operation[]): Enlisted {
    const publication = this.#publish(message, null)
    publication.operations(operations)
    return publication
  }

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription)
  }

  unsubscribe(subscription: Subscription): void {
    this.subscriptions.delete(subscription)
  }

  wake(): void {
    // Each subscription keeps what waits for it.
  }

  searching(_subscription: Subscription): boolean {
    return false
  }

  delete(reply: Reply): void {
    assert(!this.deleted, `${this.destination.text} is deleted twice`)
    this.deleted = true
    for (const subscription of this.subscriptions) subscription.targets.delete(this)
    this.subscriptions.clear()
    for (const durable of this.durables) durable.topics.delete(this)
    this.durables.clear()
    reply.done(null)
  }

  /** Called by a publication that became safe: everything up to the first that is not can be seen. */
  flush(): void {
    for (let first = this.publications.first; first !== null && first.safe; first = this.publications.first) {
      this.publications.remove(first)
      this.#show(first)
    }
  }

  #publish(message: Message, reply: Reply | null): Publication {
    const key = this.broker.nextKey()
    const publication = new Publication(this, message, key, reply)
    this.broker.usage.hold(message)
    for (const durable of this.durables) {
      if (!durable.wants(message, this.#subject)) continue
      publication.add(durable.backlog.enterWithKey(message, key, null))
    }
    return publication
  }

  #show(publication: Publication): void {
    const { message, key, reply } = publication
    this.enqueued++
    for (const entry of publication.entries) entry.committed()
    if (this.subscriptions.size > 1) message.shared = true
    for (const subscription of this.subscriptions) {
      if (subscription.wants(message, 0, this.#subject)) subscription.offer(message, key)
    }
    this.broker.usage.release(message)
    reply?.done(null)
  }
}

const NONE: Entry[] = []

/** A message on its way through a topic. */
export class Publication implements Linked<Publication>, Stored, Enlisted {
  readonly topic: Topic
  readonly message: Message
  readonly key: number
  readonly reply: Reply | null
  /** In the backlogs of durable subscriptions. */
  entries: Entry[] = NONE
  safe = false
  previous: Publication | null = null
  next: Publication | null = null
  #counted = false
  /** It stands among the publications of its topic. */
  #awaited = false

  constructor(topic: Topic, message: Message, key: number, reply: Reply | null) {
    this.topic = topic
    this.message = message
    this.key = key
    this.reply = reply
  }

  add(entry: Entry): void {
    if (this.entries === NONE) this.entries = []
    this.entries.push(entry)
  }

  /** Those that the store is told of: all or none. */
  get toStore(): readonly Entry[] {
    return this.message.persistent ? this.entries : NONE
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

  committing(late: boolean): void {
    this.#awaited = true
    this.topic.publications.push(this)
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
    if (!this.#awaited) return
    // Those behind it wait for it no more.
    this.topic.publications.remove(this)
    this.topic.flush()
  }
}
