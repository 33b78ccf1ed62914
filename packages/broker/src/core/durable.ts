import { assert, type Selector } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { MessageSubject } from '../message/selector-subject.ts'
import type { DurableRecord } from '../store/store.ts'
import type { Queue } from './queue.ts'
import { isLocal, type Subscription } from './subscription.ts'
import type { Topic } from './topic.ts'

/** The name in the store of a durable subscription's backlog, and the key it is found by. */
export function durableText(clientId: string, name: string): string {
  return `${DURABLE_PREFIX}${clientId}:${name}`
}

/** The same of a shared subscription that is not durable, which no store knows. */
export function sharedText(clientId: string, name: string): string {
  return `shared://${clientId}:${name}`
}

export const DURABLE_PREFIX = 'durable://'

/**
 * A standing request that is more than its consumer: a durable one outlives it, a shared one has several. Its topics put
 * what it wants into its backlog, a queue of its own, from which those who hold it are served in turn.
 */
export class Durable {
  readonly record: DurableRecord
  readonly selector: Selector | null
  readonly backlog: Queue
  readonly text: string
  /** False: a shared one that goes with its last consumer. */
  readonly durable: boolean
  readonly topics: Set<Topic> = new Set()
  /** The consumers that hold it now: at most one, unless it is shared. */
  readonly holders: Set<Subscription> = new Set()
  /** Wall clock at which the last consumer left, or it was found after a start; 0 while it has one. */
  offlineSinceMs = 0
  /** The connection that noLocal is about: that of the last consumer. */
  #connectionId: string | null = null

  constructor(text: string, record: DurableRecord, selector: Selector | null, backlog: Queue, durable: boolean) {
    this.text = text
    this.record = record
    this.selector = selector
    this.backlog = backlog
    this.durable = durable
  }

  get consumers(): number {
    return this.holders.size
  }

  get shared(): boolean {
    return this.record.shared === true
  }

  /** What was asked for, part by part. */
  destinations(): Destination[] {
    return this.record.destination.parts()
  }

  /** Whether a request of the same name asks for the same. */
  same(record: DurableRecord): boolean {
    const mine = this.record
    return (
      mine.destination.equals(record.destination) &&
      mine.selector === record.selector &&
      mine.noLocal === record.noLocal &&
      this.shared === (record.shared === true)
    )
  }

  wants(message: Message, subject: MessageSubject): boolean {
    if (this.record.noLocal && this.#connectionId !== null && isLocal(message, this.#connectionId)) return false
    return this.selector === null || this.selector.matches(subject.of(message, 0))
  }

  join(topic: Topic): void {
    topic.durables.add(this)
    if (!this.durable) topic.volatiles++
    this.topics.add(topic)
  }

  activate(subscription: Subscription): void {
    assert(this.shared || this.holders.size === 0, `${this.text} has two consumers`)
    this.holders.add(subscription)
    this.offlineSinceMs = 0
    this.#connectionId = subscription.connection.id
    subscription.durable = this
    this.backlog.cursor.warm()
    this.backlog.subscribe(subscription)
  }

  deactivate(subscription: Subscription): void {
    assert(this.holders.has(subscription), `${this.text} is given up by another consumer`)
    this.holders.delete(subscription)
    subscription.durable = null
    this.backlog.unsubscribe(subscription)
    if (this.holders.size === 0) this.offlineSinceMs = this.backlog.broker.nowMs()
  }

  /** It will not get anything any more. */
  leave(): void {
    for (const topic of this.topics) {
      topic.durables.delete(this)
      if (!this.durable) topic.volatiles--
    }
    this.topics.clear()
  }
}
