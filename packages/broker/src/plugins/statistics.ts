import { MillraceError, type Primitive, PrimitiveTag, primitiveOf } from '@millrace/base'
import type { Broker, Connection, Subscription } from '../core/broker.ts'
import { isAdvisory } from '../core/destinations.ts'
import { isPermitted } from '../core/permission.ts'
import { Queue } from '../core/queue.ts'
import type { Target } from '../core/target.ts'
import { Topic } from '../core/topic.ts'
import { Destination } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import { property } from '../message/properties.ts'
import { readOptions } from './options.ts'
import type { Plugin, PluginContext } from './plugin.ts'

const BROKER = 'ActiveMQ.Statistics.Broker'
const DESTINATION = 'ActiveMQ.Statistics.Destination'
const SUBSCRIPTION = 'ActiveMQ.Statistics.Subscription'
const RESET = `${BROKER}.Reset`
const END_WITH_NULL = '.List.End.With.Null'
const FIRST_TIMESTAMP = '.Include.First.Message.Timestamp'

/** Answers to one request: a wildcard may cover more. */
const ANSWERS_MAX = 10_000

/** Messages of a queue that are looked at for their size. */
const SAMPLE_COUNT = 100

/**
 * Answers requests by message, as the model does: a message to `ActiveMQ.Statistics.Broker`, to
 * `ActiveMQ.Statistics.Destination.<name or pattern>` or to `ActiveMQ.Statistics.Subscription` that says where to reply
 * is taken, and answered by map messages with its correlation id.
 */
export function statistics(given: object = {}): Plugin {
  readOptions('statistics', given, {})
  return new Statistics()
}

class Statistics implements Plugin {
  readonly name = 'statistics'
  readonly #counts = new Map<string, Counts>()
  #total = new Counts()
  /** What the counters of all queues and topics were at the last reset. */
  #enqueuedBefore = 0
  #dequeuedBefore = 0
  #context: PluginContext | null = null

  start(context: PluginContext): void {
    this.#context = context
  }

  sending({ connection }: { readonly connection: Connection }, message: Message): void | 'taken' {
    const { replyTo, destination } = message
    if (replyTo === null || !destination.name.startsWith('ActiveMQ.Statistics.')) return
    const context = this.#context
    const request = requestOf(message)
    if (context === null || request === null) return
    const { broker } = context
    // Nobody learns more by this way, or has more written, than by others.
    for (const to of [destination, replyTo]) {
      if (isPermitted(broker, connection, 'write', to)) continue
      throw new MillraceError('NOT_AUTHORIZED', `a statistics request may not write to ${to.text}`)
    }
    let left = ANSWERS_MAX
    for (const body of this.#answers(broker, request)) {
      if (left-- === 0 || !context.send({ to: replyTo, body, correlationId: message.correlationId })) break
    }
    if (request.endsWithNull) context.send({ to: replyTo, body: new Map(), correlationId: message.correlationId })
    return 'taken'
  }

  dispatching(_subscription: Subscription, entry: { readonly destination: Destination }): void {
    if (isAdvisory(entry.destination)) return
    this.#of(entry.destination).dispatched++
    this.#total.dispatched++
  }

  acknowledged(
    _subscription: Subscription,
    { destination, message }: { destination: Destination; message: Message },
  ): void {
    const broker = this.#context?.broker
    if (broker === undefined) return
    const waitedMs = broker.nowMs() - message.brokerInTime
    this.#of(destination).waited(waitedMs)
    this.#total.waited(waitedMs)
  }

  expired(entry: { readonly destination: Destination }): void {
    this.#of(entry.destination).expired++
    this.#total.expired++
  }

  destinationRemoved(destination: Destination): void {
    this.#counts.delete(destination.text)
  }

  #of(destination: Destination): Counts {
    const known = this.#counts.get(destination.text)
    if (known !== undefined) return known
    const counts = new Counts()
    this.#counts.set(destination.text, counts)
    return counts
  }

  *#answers(broker: Broker, request: Request): Iterable<Answer> {
    switch (request.what) {
      case 'broker':
        yield this.#broker(broker)
        if (request.reset) this.#reset(broker)
        return
      case 'destination':
        for (const target of broker.destinations.all) {
          if (!isAdvisory(target.destination) && request.pattern.matches(target.destination)) {
            yield this.#destination(broker, target, request.firstTimestamp)
          }
        }
        return
      case 'subscription':
        for (const connection of broker.connections.values()) {
          for (const subscription of connection.subscriptions.values()) yield subscriptionAnswer(broker, subscription)
        }
    }
  }

  #broker(broker: Broker): Answer {
    const { usage, limits, store } = broker
    const answer = new Answer()
    const sums = sumsOf(broker)
    common(answer, broker, this.#total, {
      ...sums,
      enqueued: sums.enqueued - this.#enqueuedBefore,
      dequeued: sums.dequeued - this.#dequeuedBefore,
      averageBytes: sums.cached === 0 ? 0 : usage.memoryBytes / sums.cached,
      memoryBytes: usage.memoryBytes,
    })
    answer.int('storePercentUsage', percent(store.usage.bytes, store.usage.bytesMax))
    answer.long('storeUsage', store.usage.bytes)
    answer.long('storeLimit', store.usage.bytesMax)
    const tempLimit = Math.min(limits.spilledBytesMax, store.usage.spilledBytesMax)
    answer.int('tempPercentUsage', percent(store.usage.spilledBytes, tempLimit))
    answer.long('tempUsage', store.usage.spilledBytes)
    answer.long('tempLimit', tempLimit)
    for (const address of this.#context?.addresses ?? []) {
      const clear = address.startsWith('openwire:')
      answer.text(clear ? 'openwire' : 'ssl', address.replace(/^openwire(\+ssl)?:/, clear ? 'tcp:' : 'ssl:'))
    }
    answer.text('vm', `vm://${broker.name}`)
    answer.text('dataDirectory', this.#context?.data ?? '')
    return answer
  }

  #reset(broker: Broker): void {
    const { enqueued, dequeued } = sumsOf(broker)
    this.#enqueuedBefore = enqueued
    this.#dequeuedBefore = dequeued
    this.#total = new Counts()
  }

  #destination(broker: Broker, target: Target, firstTimestamp: boolean): Answer {
    const answer = new Answer()
    const counts = this.#counts.get(target.destination.text) ?? new Counts()
    answer.text('destinationName', target.destination.text)
    common(answer, broker, counts, sizesOf(target))
    if (firstTimestamp && target instanceof Queue) {
      const [first] = target.snapshot(SAMPLE_COUNT)
      if (first !== undefined) answer.long('firstMessageTimestamp', first.message.brokerInTime)
    }
    return answer
  }
}

/** What is counted while messages pass. */
class Counts {
  dispatched = 0
  expired = 0
  /** Messages whose time from arrival to acknowledgement is known. */
  #times = 0
  #totalMs = 0
  #maxMs = 0
  #minMs = 0

  waited(ms: number): void {
    this.#times++
    this.#totalMs += ms
    this.#maxMs = Math.max(this.#maxMs, ms)
    this.#minMs = this.#times === 1 ? ms : Math.min(this.#minMs, ms)
  }

  into(answer: Answer): void {
    answer.double('averageEnqueueTime', this.#times === 0 ? 0 : this.#totalMs / this.#times)
    answer.double('maxEnqueueTime', this.#maxMs)
    answer.double('minEnqueueTime', this.#minMs)
  }
}

interface Sizes {
  readonly messages: number
  readonly enqueued: number
  readonly dequeued: number
  readonly inflight: number
  readonly cached: number
  readonly averageBytes: number
  readonly memoryBytes: number
  readonly consumers: number
  readonly producers: number
}

/** A body of a map message in the making, with the types that Java applications ask for. */
class Answer extends Map<string, Primitive> {
  text(name: string, value: string): void {
    this.set(name, primitiveOf(value))
  }

  int(name: string, value: number): void {
    this.set(name, { tag: PrimitiveTag.Int, value: Math.trunc(value) })
  }

  long(name: string, value: number): void {
    this.set(name, { tag: PrimitiveTag.Long, value: BigInt(Number.isFinite(value) ? Math.trunc(value) : 0) })
  }

  double(name: string, value: number): void {
    this.set(name, { tag: PrimitiveTag.Double, value })
  }

  flag(name: string, value: boolean): void {
    this.set(name, primitiveOf(value))
  }
}

function common(answer: Answer, broker: Broker, counts: Counts, sizes: Sizes): void {
  answer.text('brokerName', broker.name)
  answer.text('brokerId', broker.id)
  answer.long('size', sizes.messages)
  answer.long('enqueueCount', sizes.enqueued)
  answer.long('dequeueCount', sizes.dequeued)
  answer.long('dispatchCount', counts.dispatched)
  answer.long('expiredCount', counts.expired)
  answer.long('inflightCount', sizes.inflight)
  answer.long('messagesCached', sizes.cached)
  answer.long('averageMessageSize', sizes.averageBytes)
  answer.int('memoryPercentUsage', percent(sizes.memoryBytes, broker.limits.memoryBytesMax))
  answer.long('memoryUsage', sizes.memoryBytes)
  answer.long('memoryLimit', broker.limits.memoryBytesMax)
  counts.into(answer)
  answer.long('consumerCount', sizes.consumers)
  answer.long('producerCount', sizes.producers)
}

function sizesOf(target: Target): Sizes {
  const { consumers, producers } = target
  if (!(target instanceof Queue)) {
    const enqueued = target instanceof Topic ? target.enqueued : 0
    const none = { messages: 0, inflight: 0, cached: 0, averageBytes: 0, memoryBytes: 0 }
    return { ...none, enqueued, dequeued: enqueued, consumers, producers }
  }
  const sample = target.snapshot(SAMPLE_COUNT)
  const bytes = sample.reduce((sum, entry) => sum + entry.message.sizeBytes, 0)
  const averageBytes = sample.length === 0 ? 0 : bytes / sample.length
  return {
    messages: target.count,
    enqueued: target.enqueued,
    dequeued: target.dequeued,
    inflight: inflightOf(target),
    cached: target.entries,
    averageBytes,
    // Of what is in memory, as large as those that were looked at.
    memoryBytes: averageBytes * target.entries,
    consumers,
    producers,
  }
}

/** A consumer of a pattern has messages of several queues. */
function inflightOf(queue: Queue): number {
  let count = 0
  for (const { subscription } of queue.dispatcher.attachments) {
    for (const entry of subscription.outstanding) if (entry.queue === queue) count++
  }
  return count
}

/** Of all queues and topics; only what costs little for each. */
function sumsOf(broker: Broker): Omit<Sizes, 'averageBytes' | 'memoryBytes'> {
  const sums = { messages: 0, enqueued: 0, dequeued: 0, inflight: 0, cached: 0, consumers: 0, producers: 0 }
  for (const target of broker.destinations.all) {
    if (isAdvisory(target.destination)) continue
    sums.consumers += target.consumers
    sums.producers += target.producers
    if (target instanceof Queue) {
      sums.messages += target.count
      sums.enqueued += target.enqueued
      sums.dequeued += target.dequeued
      sums.cached += target.entries
    } else if (target instanceof Topic) {
      sums.enqueued += target.enqueued
      sums.dequeued += target.enqueued
    }
  }
  for (const connection of broker.connections.values()) {
    for (const { outstanding } of connection.subscriptions.values()) sums.inflight += outstanding.length
  }
  return sums
}

function subscriptionAnswer(broker: Broker, subscription: Subscription): Answer {
  const { spec, connection } = subscription
  const answer = new Answer()
  answer.text('brokerName', broker.name)
  answer.text('brokerId', broker.id)
  answer.text('destinationName', spec.destination.text)
  answer.text('clientId', connection.clientId)
  answer.text('connectionId', connection.id)
  answer.long('sessionId', Number(subscription.id.split(':').at(-2) ?? 0))
  answer.text('selector', spec.selector ?? '')
  answer.long('enqueueCounter', subscription.delivered + subscription.waiting)
  answer.long('dequeueCounter', subscription.delivered - subscription.unacknowledged)
  answer.long('dispatchedCounter', subscription.delivered)
  answer.int('dispatchedQueueSize', subscription.unacknowledged)
  answer.int('prefetchSize', subscription.prefetch)
  answer.int('maximumPendingMessageLimit', spec.maximumPendingMessages)
  answer.flag('exclusive', spec.exclusive)
  answer.flag('retroactive', spec.retroactive)
  answer.flag('slowConsumer', !subscription.hasCredit())
  return answer
}

interface Options {
  readonly endsWithNull: boolean
  readonly firstTimestamp: boolean
}

type Request = Options &
  (
    | { readonly what: 'broker'; readonly reset: boolean }
    | { readonly what: 'destination'; readonly pattern: Destination }
    | { readonly what: 'subscription' }
  )

/** Null: it is none. Options are properties, or stand behind the name in any order. */
function requestOf(message: Message): Request | null {
  const { destination } = message
  const found = new Set<string>()
  let { name } = destination
  for (let option = optionAt(name); option !== null; option = optionAt(name)) {
    found.add(option)
    name = name.slice(0, -option.length)
    // It may be written in full.
    if (name.length > DESTINATION.length && name.endsWith(DESTINATION)) {
      name = name.slice(0, -DESTINATION.length).replace(/\.$/, '')
    }
  }
  const has = (option: string): boolean => found.has(option) || property(message, DESTINATION + option) !== null
  const options: Options = { endsWithNull: has(END_WITH_NULL), firstTimestamp: has(FIRST_TIMESTAMP) }
  if (name === BROKER) return { ...options, what: 'broker', reset: property(message, RESET) !== null }
  if (name === SUBSCRIPTION) return { ...options, what: 'subscription' }
  if (!name.startsWith(`${DESTINATION}.`)) return null
  const asked = name.slice(DESTINATION.length + 1)
  if (asked === '') return null
  return { ...options, what: 'destination', pattern: new Destination(destination.kind, asked) }
}

function optionAt(name: string): string | null {
  return [END_WITH_NULL, FIRST_TIMESTAMP].find((option) => name.endsWith(option)) ?? null
}

function percent(part: number, whole: number): number {
  return whole <= 0 || !Number.isFinite(whole) ? 0 : Math.round((100 * part) / whole)
}
