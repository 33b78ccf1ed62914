import { encodePrimitiveMap, type Primitive, primitiveOf } from '@millrace/base'
import type {
  Advisory,
  AdvisoryKind,
  BridgeDescription,
  ConnectionDescription,
  ConsumerDescription,
  MessageAdvisory,
  ProducerDescription,
} from '../message/advisory.ts'
import { type Destination, DestinationKind } from '../message/destination.ts'
import { Message } from '../message/message.ts'
import {
  ADVISORY_PREFIX,
  advisoryTopic,
  coversAdvisories,
  DESTINATION_TOPICS,
  propertiesOf,
  topicAbout,
  topicsAbout,
  WATCHED,
  WATCHED_KINDS,
  watchedBy,
  type WatchedKind,
} from './advisory-topics.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { isAdvisory } from './destinations.ts'
import type { Entry } from './entry.ts'
import { Events } from './events.ts'
import type { Producer } from './producer.ts'
import type { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'
import { Topic } from './topic.ts'

/**
 * Tells who listens what comes and goes: plain messages on topics below `ActiveMQ.Advisory.`, and events in this
 * process. Nothing is made while nobody listens. A new listener is first told what is there already, in messages for it
 * alone.
 *
 * What happens to single messages is looked at by the hot path: it compares `watched` with 0 and goes on.
 */
export class Advisories {
  readonly events: Events
  /** Bits of the kinds in `WATCHED` that somebody may be told of. */
  watched = 0
  readonly #broker: Broker
  readonly #producerId: string
  #sequence = 0
  /** Subscriptions to advisory topics, and to patterns of topics. */
  #listeners = 0
  /** Those of them that want watched kinds, with their bits. */
  readonly #watching = new Map<Subscription, number>()
  #properties: ReadonlyMap<string, Primitive> | null = null
  /** Destinations that are full and were told of. */
  readonly #full = new Set<string>()

  constructor(broker: Broker) {
    this.#broker = broker
    this.#producerId = `${broker.id}:0:0`
    this.events = new Events(() => this.#watch())
  }

  listenerAdded(subscription: Subscription): void {
    if (!this.#listens(subscription)) return
    this.#listeners++
    let bits = 0
    for (const part of subscription.spec.destination.parts()) bits |= watchedBy(part)
    if (bits !== 0) {
      this.#watching.set(subscription, bits)
      this.watched |= bits
    }
    this.#replay(subscription)
  }

  listenerRemoved(subscription: Subscription): void {
    if (!this.#listens(subscription)) return
    this.#listeners--
    if (this.#watching.delete(subscription)) this.#watch()
  }

  // ---- what comes and goes

  connection(kind: 'connection-added' | 'connection-removed', connection: Connection): void {
    if (!this.#heard(kind)) return
    this.#tell('Connection', { kind, connection: describeConnection(connection) })
  }

  destination(
    kind: 'destination-added' | 'destination-removed',
    destination: Destination,
    owner: Connection | null,
  ): void {
    if (this.#heard(kind)) {
      this.#tell(DESTINATION_TOPICS[destination.kind], { kind, destination, connectionId: owner?.id ?? null })
    }
    if (kind === 'destination-removed' && this.#listeners > 0) this.#removeTopics(destination)
  }

  consumer(kind: 'consumer-added' | 'consumer-removed', subscription: Subscription): void {
    this.virtualConsumer(kind, subscription)
    if (subscription.spec.browser || !this.#heard(kind)) return
    const consumer = describeConsumer(subscription)
    for (const destination of subscription.spec.destination.parts()) {
      if (isAdvisory(destination)) continue
      const count = this.#consumersOf(destination)
      this.#tell(topicAbout('Consumer', destination), { kind, destination, consumer, count })
    }
  }

  producer(kind: 'producer-added' | 'producer-removed', producer: Producer): void {
    if (!this.#heard(kind)) return
    const described = describeProducer(producer)
    if (producer.destination === null) {
      const event: Advisory = { kind, destination: null, producer: described, count: 0 }
      if (this.#anonymous) this.#tell('Producer.Anonymous', event)
      else if (this.events.wants(kind)) this.events.emit(event)
      return
    }
    for (const destination of producer.destination.parts()) {
      if (isAdvisory(destination)) continue
      const count = this.#producersOf(destination)
      this.#tell(topicAbout('Producer', destination), { kind, destination, producer: described, count })
    }
  }

  /** A durable subscription was deleted. */
  subscriptionRemoved(clientId: string, subscriptionName: string, to: Destination): void {
    if (!this.#heard('subscription-removed')) return
    for (const destination of to.parts()) {
      const count = this.#consumersOf(destination)
      const event: Advisory = { kind: 'subscription-removed', destination, clientId, subscriptionName, count }
      this.#tell(topicAbout('Consumer', destination), event)
    }
  }

  /** A bridge to another broker came up or went down. */
  bridge(kind: 'bridge-started' | 'bridge-stopped', bridge: BridgeDescription): void {
    if (this.#heard(kind)) this.#tell('NetworkBridge', { kind, bridge })
  }

  /** A bridge could not hand a message on. */
  forwardFailed(message: Message, cause: string): void {
    if (!this.#heard('forward-failed')) return
    this.#tell('NetworkBridge.ForwardFailure', { kind: 'forward-failed', message, cause })
  }

  /** A consumer began or ceased to make messages of virtual destinations wanted. `only`: a listener that has just come. */
  virtualConsumer(
    kind: 'consumer-added' | 'consumer-removed',
    subscription: Subscription,
    only: Subscription | null = null,
  ): void {
    const { behaviour, routing } = this.#broker
    if (this.#listeners === 0 || !behaviour.useVirtualDestSubs || subscription.spec.browser) return
    for (const part of subscription.spec.destination.parts()) {
      for (const destination of part.pattern ? [] : routing.sourcesOf(part)) {
        const count = this.#consumersOf(destination)
        const event: Advisory = { kind, destination, consumer: describeConsumer(subscription), count }
        const name = topicAbout('VirtualDestination.Consumer', destination)
        const topic = advisoryTopic(name)
        if (only === null || only.spec.destination.parts().some((asked) => asked.matches(topic))) {
          this.#publish(name, event, only)
        }
      }
    }
  }

  // ---- what happens to messages; each is called behind a look at `watched`

  /** It is in a queue now. What is in the backlog of a subscription was accepted by its topic. */
  arrived(entry: Entry, queue: Queue): void {
    if (!queue.destination.queue) return
    this.delivered(entry.message, entry.destination)
    if (queue.consumers === 0) this.noConsumer(entry.message, entry.destination)
  }

  /** Messages of a queue stay although it was asked to dispatch them. */
  waiting(queue: Queue): void {
    for (const { subscription } of queue.dispatcher.attachments) {
      if (subscription.hasCredit()) subscription.toldSlow = false
      // A consumer that pulls takes one after the other; that says nothing of its speed.
      else if (subscription.prefetch > 0) this.slowConsumer(subscription, (queue.ready.first as Entry).destination)
    }
  }

  /** The broker has accepted it. */
  delivered(message: Message, destination: Destination): void {
    this.#message('message-delivered', message, destination, null, 0)
  }

  dispatched(entry: Entry, subscription: Subscription): void {
    if (subscription.browse === null) {
      this.#message('message-dispatched', entry.message, entry.destination, subscription, 0)
    }
  }

  consumed(entry: Entry, subscription: Subscription | null): void {
    this.#message('message-consumed', entry.message, entry.destination, subscription, 0)
  }

  /** Dropped because its consumer is too slow. */
  discarded(message: Message, subscription: Subscription): void {
    this.#message('message-discarded', message, message.destination, subscription, subscription.discarded)
  }

  expired(message: Message): void {
    this.#message('message-expired', message, message.destination, null, 0)
  }

  /** `letter`: what lies in the dead letter queue now. Told of where it came from. */
  deadLettered(letter: Message): void {
    const kind = 'message-dead-lettered'
    const from = letter.originalDestination
    if ((this.watched & WATCHED[kind].bit) === 0 || from === null) return
    const message = letter.copyTo(from)
    message.originalDestination = null
    this.#message(kind, message, from, null, 0)
  }

  /** A message that does not survive came where nobody consumes. */
  noConsumer(message: Message, destination: Destination): void {
    const kind = 'no-consumer'
    if ((this.watched & WATCHED[kind].bit) === 0 || message.persistent || isAdvisory(destination)) return
    if (this.events.wants(kind)) this.events.emit(messageEvent(kind, message, destination, null, 0))
    const topic = this.#topicFor(kind, destination)
    if (topic === null) return
    const copy = message.copyTo(topic.destination)
    copy.originalDestination = destination
    copy.transactionId = null
    copy.own()
    topic.send(copy, NOBODY)
  }

  /** It has all it may hold, and more waits for it. Told once until it has taken some. */
  slowConsumer(subscription: Subscription, destination: Destination): void {
    const kind = 'slow-consumer'
    if ((this.watched & WATCHED[kind].bit) === 0 || subscription.toldSlow || isAdvisory(destination)) return
    subscription.toldSlow = true
    const topic = this.#topicFor(kind, destination)
    if (topic === null && !this.events.wants(kind)) return
    const event: Advisory = { kind, destination, consumer: describeConsumer(subscription) }
    if (this.events.wants(kind)) this.events.emit(event)
    if (topic !== null) this.#send(topic, event, null)
  }

  /** A send of it has to wait for space, and none did before: its producer is fast, its destination full. */
  parked(producer: Producer, to: Destination): void {
    if ((this.watched & (WATCHED['fast-producer'].bit | WATCHED.full.bit)) === 0) return
    const { usage } = this.#broker
    for (const destination of to.parts()) {
      if (isAdvisory(destination)) continue
      this.#watched('fast-producer', destination, () => ({
        kind: 'fast-producer',
        destination,
        producer: describeProducer(producer),
      }))
      if (this.#full.has(destination.text)) continue
      this.#full.add(destination.text)
      this.#watched('full', destination, () => ({
        kind: 'full',
        destination,
        usageName: usage.memoryFull ? 'memory' : 'store',
        usageCount: usage.memoryFull ? usage.memoryBytes : this.#broker.store.usage.bytes,
      }))
    }
  }

  tick(): void {
    if (this.#full.size > 0 && !this.#broker.usage.full(true, true)) this.#full.clear()
  }

  #message(
    kind: MessageAdvisory['kind'] & WatchedKind,
    message: Message,
    destination: Destination,
    subscription: Subscription | null,
    discarded: number,
  ): void {
    if ((this.watched & WATCHED[kind].bit) === 0 || isAdvisory(destination)) return
    const topic = this.#topicFor(kind, destination)
    const wants = this.events.wants(kind)
    if (topic === null && !wants) return
    if (wants) this.events.emit(messageEvent(kind, message, destination, subscription, discarded))
    if (topic === null) return
    // It may be told of later than the chunk lasts that it came with.
    message.own()
    const { includeBodyForAdvisory } = this.#broker.policies.find(destination)
    const told = includeBodyForAdvisory ? message : withoutBody(message)
    this.#send(topic, messageEvent(kind, told, destination, subscription, discarded), null)
  }

  #watched(kind: WatchedKind, destination: Destination, make: () => Advisory): void {
    const topic = this.#topicFor(kind, destination)
    const wants = this.events.wants(kind)
    if (topic === null && !wants) return
    const event = make()
    if (wants) this.events.emit(event)
    if (topic !== null) this.#send(topic, event, null)
  }

  /** Where this kind is told of, if the policy allows it and somebody consumes there. */
  #topicFor(kind: WatchedKind, destination: Destination): Topic | null {
    if (this.#watching.size === 0) return null
    const { name, allowed } = WATCHED[kind]
    if (allowed !== null && this.#broker.policies.find(destination)[allowed] !== true) return null
    return this.#topic(topicAbout(name, destination))
  }

  // ---- what is there already

  /** For one listener. */
  #replay(subscription: Subscription): void {
    const parts = subscription.spec.destination.parts()
    const { destinations, connections } = this.#broker
    const asks = (name: string): boolean => {
      const topic = advisoryTopic(name)
      return parts.some((part) => part.matches(topic))
    }
    if (asks('MasterBroker')) this.#publish('MasterBroker', { kind: 'master' }, subscription)
    if (asks('Connection')) {
      for (const connection of connections.values()) {
        const event: Advisory = { kind: 'connection-added', connection: describeConnection(connection) }
        this.#publish('Connection', event, subscription)
      }
    }
    const asked = new Map<string, boolean>()
    for (const target of destinations.all) {
      const { destination } = target
      if (isAdvisory(destination)) continue
      const name = DESTINATION_TOPICS[destination.kind]
      if (!asked.has(name)) asked.set(name, asks(name))
      if (asked.get(name) !== true) continue
      const connectionId = target.owner?.id ?? null
      this.#publish(name, { kind: 'destination-added', destination, connectionId }, subscription)
    }
    if (!parts.some(coversClients)) return
    for (const connection of connections.values()) {
      for (const consumer of connection.subscriptions.values()) {
        this.#replayConsumer(consumer, asks, subscription)
        this.virtualConsumer('consumer-added', consumer, subscription)
      }
      for (const producer of connection.producers.values()) this.#replayProducer(producer, asks, subscription)
    }
  }

  #replayConsumer(of: Subscription, asks: (name: string) => boolean, to: Subscription): void {
    if (of.spec.browser) return
    for (const destination of of.spec.destination.parts()) {
      const name = topicAbout('Consumer', destination)
      if (isAdvisory(destination) || !asks(name)) continue
      const count = this.#consumersOf(destination)
      this.#publish(name, { kind: 'consumer-added', destination, consumer: describeConsumer(of), count }, to)
    }
  }

  #replayProducer(of: Producer, asks: (name: string) => boolean, to: Subscription): void {
    const described = describeProducer(of)
    if (of.destination === null) {
      const event: Advisory = { kind: 'producer-added', destination: null, producer: described, count: 0 }
      if (this.#anonymous && asks('Producer.Anonymous')) this.#publish('Producer.Anonymous', event, to)
      return
    }
    for (const destination of of.destination.parts()) {
      const name = topicAbout('Producer', destination)
      if (isAdvisory(destination) || !asks(name)) continue
      const count = this.#producersOf(destination)
      this.#publish(name, { kind: 'producer-added', destination, producer: described, count }, to)
    }
  }

  // ---- how it is told

  /** Whether anybody could be told of this kind. */
  #heard(kind: AdvisoryKind): boolean {
    return this.#listeners > 0 || this.events.wants(kind)
  }

  #tell(name: string, event: Advisory): void {
    if (this.events.wants(event.kind)) this.events.emit(event)
    if (this.#listeners > 0) this.#publish(name, event, null)
  }

  #publish(name: string, event: Advisory, only: Subscription | null): void {
    const topic = this.#topic(name)
    if (topic !== null) this.#send(topic, event, only)
  }

  #send(topic: Topic, event: Advisory, only: Subscription | null): void {
    const message = new Message(topic.destination, this.#producerId, ++this.#sequence)
    message.type = 'Advisory'
    message.priority = 0
    message.advisory = event
    message.targetConsumerId = only?.id ?? null
    message.brokerInTime = this.#broker.nowMs()
    message.properties = this.#encode(propertiesOf(event))
    topic.send(message, NOBODY)
  }

  /** The topic of this name, made if a pattern asks for it; null when nobody could be told. */
  #topic(name: string): Topic | null {
    const { destinations } = this.#broker
    const destination = advisoryTopic(name)
    const known = destinations.find(destination)
    const topic = known ?? (destinations.patternFor(destination) ? destinations.create(destination, null) : null)
    return topic instanceof Topic && topic.consumers > 0 ? topic : null
  }

  /** The advisory topics about a destination go with it, those excepted that somebody still consumes from. */
  #removeTopics(destination: Destination): void {
    const { destinations } = this.#broker
    for (const name of topicsAbout(destination)) {
      const topic = destinations.find(advisoryTopic(name))
      if (topic !== null && topic.consumers === 0) destinations.delete(topic, NOBODY)
    }
  }

  #encode(additions: readonly [string, string | number | bigint | boolean][]): Buffer {
    this.#properties ??= new Map([
      ['originBrokerId', primitiveOf(this.#broker.id)],
      ['originBrokerName', primitiveOf(this.#broker.name)],
      ['originBrokerURL', primitiveOf(`vm://${this.#broker.name}`)],
    ])
    const map = new Map(this.#properties)
    for (const [name, value] of additions) map.set(name, primitiveOf(value))
    return encodePrimitiveMap(map)
  }

  #watch(): void {
    let bits = 0
    for (const one of this.#watching.values()) bits |= one
    for (const kind of WATCHED_KINDS) if (this.events.wants(kind)) bits |= WATCHED[kind].bit
    this.watched = bits
  }

  #listens(subscription: Subscription): boolean {
    if (!this.#broker.behaviour.advisorySupport) return false
    return subscription.spec.destination.parts().some(coversAdvisories)
  }

  get #anonymous(): boolean {
    return this.#broker.behaviour.anonymousProducerAdvisorySupport
  }

  #consumersOf(destination: Destination): number {
    const target = this.#broker.destinations.find(destination)
    let count = target?.consumers ?? 0
    if (target instanceof Topic) for (const durable of target.durables) count += durable.consumers
    return count
  }

  #producersOf(destination: Destination): number {
    return this.#broker.destinations.find(destination)?.producers ?? 0
  }
}

const NOBODY = { done: (): void => {} }

/** Whether consumers or producers are asked for at all: looking for them costs more than for destinations. */
function coversClients(part: Destination): boolean {
  if (part.kind !== DestinationKind.Topic) return false
  if (part.pattern) return true
  return ['Consumer.', 'Producer.', 'VirtualDestination.'].some((what) => part.name.startsWith(ADVISORY_PREFIX + what))
}

function messageEvent(
  kind: MessageAdvisory['kind'],
  message: Message,
  destination: Destination,
  subscription: Subscription | null,
  discardedCount: number,
): MessageAdvisory {
  return { kind, destination, message, consumerId: subscription?.id ?? null, discardedCount }
}

function withoutBody(message: Message): Message {
  const copy = message.copyTo(message.destination)
  copy.originalDestination = message.originalDestination
  copy.body = null
  copy.compressed = false
  return copy
}

function describeConnection({ spec }: Connection): ConnectionDescription {
  const { connectionId, clientId, userName, peerAddress, reconnected } = spec
  return { connectionId, clientId, userName, peerAddress, reconnected }
}

function describeConsumer({ spec, connection }: Subscription): ConsumerDescription {
  const { consumerId, destination, prefetch, selector, noLocal, exclusive, retroactive, priority } = spec
  return {
    consumerId,
    clientId: connection.clientId,
    destination,
    prefetch,
    selector,
    noLocal,
    exclusive,
    retroactive,
    priority,
    subscriptionName: spec.shared?.text ?? spec.durableName,
    maximumPendingMessages: spec.maximumPendingMessages,
  }
}

function describeProducer(producer: Producer): ProducerDescription {
  return { producerId: producer.id, destination: producer.destination }
}
