import { TRUE_PRIMITIVE } from '@millrace/base'
import { type MessageContent, madeMessage } from '../../message/made.ts'
import type { Message } from '../../message/message.ts'
import { property, setProperties } from '../../message/properties.ts'
import { MessageSubject } from '../../message/selector-subject.ts'
import type { Broker } from '../broker.ts'
import type { Subscription } from '../subscription.ts'
import type { Topic } from '../topic.ts'
import type { History, HistoryPolicy, HistoryQuery, Kept } from './history.ts'
import { RecentHistory } from './recent.ts'

const RETAIN = 'ActiveMQ.Retain'
const RETAIN_BYTES = Buffer.from(RETAIN)
const RETAINED = new Map([['ActiveMQ.Retained', TRUE_PRIMITIVE]])

const COUNT_DEFAULT = 100
const BYTES_DEFAULT = 65_536
const AGE_MS_DEFAULT = 60_000

const NONE: Iterable<Kept> = []

/**
 * What one topic keeps for those who come later: what was retained, and what its policy says. Made for a topic only when
 * there is something to keep.
 */
export class TopicHistory {
  readonly #broker: Broker
  readonly #topic: Topic
  #history: History | null
  #query: HistoryQuery | null
  #policy: HistoryPolicy
  readonly #subject = new MessageSubject()
  /** The last one with the property `ActiveMQ.Retain`, as it is handed out. */
  #retained: Kept | null = null
  #asked = 0

  constructor(broker: Broker, topic: Topic, policy: HistoryPolicy) {
    this.#broker = broker
    this.#topic = topic
    this.#policy = policy
    this.#history = historyOf(broker, policy)
    this.#query = policy.kind === 'query' ? policy.query : null
  }

  /** Something else is kept from now on, and what was kept goes; what is retained stays. */
  policyChanged(policy: HistoryPolicy): void {
    if (sameHistory(policy, this.#policy)) return
    this.#history?.clear()
    this.#policy = policy
    this.#history = historyOf(this.#broker, policy)
    this.#query = policy.kind === 'query' ? policy.query : null
  }

  /** One was sent to be kept. */
  get retains(): boolean {
    return this.#retained !== null
  }

  /** A message is sent. False: nobody is to see it. */
  admits(message: Message): boolean {
    return this.#query?.validateUpdate?.(message) ?? true
  }

  /** A message is shown to those who are there. */
  keep(message: Message, key: number): void {
    const nowMs = this.#broker.nowMs()
    if (retains(message)) this.#retain(message, key, nowMs)
    this.#history?.add(message, key, nowMs)
  }

  /** For a consumer that has just come, before anything that is sent from now on. */
  replay(subscription: Subscription, onlyRetained: boolean): void {
    const nowMs = this.#broker.nowMs()
    if (this.#retained !== null) this.#give(subscription, this.#retained, nowMs)
    if (onlyRetained) return
    for (const kept of this.#history?.recall(nowMs) ?? NONE) {
      if (kept.key !== this.#retained?.key) this.#give(subscription, kept, nowMs)
    }
    if (this.#query === null) return
    const asker = { clientId: subscription.connection.clientId, selector: subscription.spec.selector }
    for (const content of this.#query.recover(this.#topic.destination, asker)) {
      this.#give(subscription, this.#made(content, nowMs), nowMs)
    }
  }

  clear(): void {
    this.#history?.clear()
    this.#forgetRetained()
  }

  #give(subscription: Subscription, { message, key }: Kept, nowMs: number): void {
    if (message.expired(nowMs)) return
    const { durable } = subscription
    if (durable === null) {
      if (subscription.wants(message, 0, this.#subject)) subscription.offer(message, key)
    } else if (durable.wants(message, this.#subject)) {
      durable.backlog.send(message, NOBODY)
    }
  }

  #retain(message: Message, key: number, nowMs: number): void {
    this.#forgetRetained()
    const { historySpace, log } = this.#broker
    // An empty body says that nothing is retained any more.
    if ((message.body?.length ?? 0) === 0) return
    const copy = message.copyTo(message.destination)
    copy.originalDestination = message.originalDestination
    copy.transactionId = null
    setProperties(copy, RETAINED)
    if (!historySpace.has(copy.sizeBytes)) {
      log.warn({ topic: this.#topic.destination.name, bytes: historySpace.bytes }, 'no room to retain a message')
      return
    }
    historySpace.take(copy)
    this.#retained = { message: copy, key, sinceMs: nowMs }
  }

  #forgetRetained(): void {
    if (this.#retained !== null) this.#broker.historySpace.give(this.#retained.message)
    this.#retained = null
  }

  #made(content: MessageContent, nowMs: number): Kept {
    this.#asked++
    const message = madeMessage(this.#topic.destination, `${this.#broker.id}:0:1`, this.#asked, content)
    message.brokerInTime = nowMs
    return { message, key: this.#broker.nextKey(), sinceMs: nowMs }
  }
}

/** Whether this message is to be retained. Nearly none is, and nearly all are told from their bytes alone. */
export function retains(message: Message): boolean {
  const { properties } = message
  if (properties === null || properties.length <= RETAIN.length || properties.indexOf(RETAIN_BYTES) < 0) return false
  const value = property(message, RETAIN)
  return value !== null && value.value === true
}

function sameHistory(one: HistoryPolicy, other: HistoryPolicy): boolean {
  if (one.kind === 'query' || other.kind === 'query') return one === other
  return JSON.stringify(one) === JSON.stringify(other)
}

function historyOf(broker: Broker, policy: HistoryPolicy): History | null {
  const space = broker.historySpace
  const any = {
    countMax: Number.POSITIVE_INFINITY,
    bytesMax: Number.POSITIVE_INFINITY,
    ageMsMax: Number.POSITIVE_INFINITY,
  }
  switch (policy.kind) {
    case 'lastImage':
      return new RecentHistory(space, { ...any, countMax: 1 })
    case 'fixedCount':
      return new RecentHistory(space, { ...any, countMax: Math.max(1, policy.maximumSize ?? COUNT_DEFAULT) })
    case 'fixedSized':
      return new RecentHistory(space, { ...any, bytesMax: policy.maximumSize ?? BYTES_DEFAULT })
    case 'timed':
      return new RecentHistory(space, { ...any, ageMsMax: policy.recoverDuration ?? AGE_MS_DEFAULT })
    case 'none':
    case 'query':
      return null
  }
}

const NOBODY = { done: (): void => {} }
