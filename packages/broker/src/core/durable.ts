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

export const DURABLE_PREFIX = 'durable://'

/**
 * A standing request that outlives its consumer. Its topics put what it wants into its backlog, a queue of its own, from
 * which the one consumer that holds it is served.
 */
export class Durable {
  readonly record: DurableRecord
  readonly selector: Selector | null
  readonly backlog: Queue
  readonly topics: Set<Topic> = new Set()
  /** The consumer that holds it now. */
  active: Subscription | null = null
  /** The connection that noLocal is about: that of the last consumer. */
  #connectionId: string | null = null

  constructor(record: DurableRecord, selector: Selector | null, backlog: Queue) {
    this.record = record
    this.selector = selector
    this.backlog = backlog
  }

  get text(): string {
    return durableText(this.record.clientId, this.record.name)
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
      mine.noLocal === record.noLocal
    )
  }

  wants(message: Message, subject: MessageSubject): boolean {
    if (this.record.noLocal && this.#connectionId !== null && isLocal(message, this.#connectionId)) return false
    return this.selector === null || this.selector.matches(subject.of(message, 0))
  }

  join(topic: Topic): void {
    topic.durables.add(this)
    this.topics.add(topic)
  }

  activate(subscription: Subscription): void {
    assert(this.active === null, `${this.text} has two consumers`)
    this.active = subscription
    this.#connectionId = subscription.connection.id
    subscription.durable = this
    this.backlog.subscribe(subscription)
  }

  deactivate(subscription: Subscription): void {
    assert(this.active === subscription, `${this.text} is given up by another consumer`)
    this.active = null
    subscription.durable = null
    this.backlog.unsubscribe(subscription)
  }

  /** It will not get anything any more. */
  leave(): void {
    for (const topic of this.topics) topic.durables.delete(this)
    this.topics.clear()
  }
}
