import { encodePrimitiveMap, type Primitive, primitiveOf } from '@millrace/base'
import type { Advisory } from '../message/advisory.ts'
import { Destination, DestinationKind } from '../message/destination.ts'
import { Message } from '../message/message.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { isAdvisory } from './destinations.ts'
import type { Producer } from './producer.ts'
import type { Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import { Topic } from './topic.ts'

const PREFIX = 'ActiveMQ.Advisory.'

/**
 * Tells who listens what comes and goes: plain messages on topics below `ActiveMQ.Advisory.`. Nothing is made while
 * nobody listens. A new listener is first told what is there already, in messages for it alone.
 */
export class Advisories {
  readonly #broker: Broker
  readonly #producerId: string
  #sequence = 0
  /** Subscriptions to advisory topics, and to patterns of topics. */
  #listeners = 0
  #properties: ReadonlyMap<string, Primitive> | null = null

  constructor(broker: Broker) {
    this.#broker = broker
    this.#producerId = `${broker.id}:0:0`
  }

  listenerAdded(subscription: Subscription): void {
    if (!listens(subscription)) return
    this.#listeners++
    this.#replay(subscription)
  }

  listenerRemoved(subscription: Subscription): void {
    if (listens(subscription)) this.#listeners--
  }

  connection(kind: 'connection-added' | 'connection-removed', connection: Connection): void {
    if (this.#listeners === 0) return
    this.#publish('Connection', connectionAdvisory(kind, connection), null, null)
  }

  destination(
    kind: 'destination-added' | 'destination-removed',
    destination: Destination,
    owner: Connection | null,
  ): void {
    if (this.#listeners === 0) return
    this.#publish(SUFFIXES[destination.kind], destinationAdvisory(kind, destination, owner), null, null)
  }

  consumer(kind: 'consumer-added' | 'consumer-removed', subscription: Subscription): void {
    if (this.#listeners === 0 || subscription.spec.browser) return
    for (const destination of subscription.spec.destination.parts()) {
      if (isAdvisory(destination)) continue
      const count = this.#broker.destinations.find(destination)?.consumers ?? 0
      const advisory: Advisory = { kind, destination, consumerId: subscription.id }
      this.#publish(suffix('Consumer', destination), advisory, ['consumerCount', count], null)
    }
  }

  producer(kind: 'producer-added' | 'producer-removed', producer: Producer): void {
    if (this.#listeners === 0 || producer.destination === null) return
    for (const destination of producer.destination.parts()) {
      if (isAdvisory(destination)) continue
      const count = this.#broker.destinations.find(destination)?.producers ?? 0
      const advisory: Advisory = { kind, destination, producerId: producer.id }
      this.#publish(suffix('Producer', destination), advisory, ['producerCount', count], null)
    }
  }

  /** What is there already, for one listener. */
  #replay(subscription: Subscription): void {
    const parts = subscription.spec.destination.parts()
    const { destinations, connections } = this.#broker
    const asks = (name: string): boolean => {
      const topic = new Destination(DestinationKind.Topic, PREFIX + name)
      return parts.some((part) => part.matches(topic))
    }
    if (asks('Connection')) {
      for (const connection of connections.values()) {
        this.#publish('Connection', connectionAdvisory('connection-added', connection), null, subscription)
      }
    }
    const asked = new Map<string, boolean>()
    for (const target of destinations.all) {
      const { destination } = target
      if (isAdvisory(destination)) continue
      const name = SUFFIXES[destination.kind]
      if (!asked.has(name)) asked.set(name, asks(name))
      if (asked.get(name) === true) {
        this.#publish(name, destinationAdvisory('destination-added', destination, target.owner), null, subscription)
      }
    }
    if (!parts.some(coversClients)) return
    for (const connection of connections.values()) {
      for (const consumer of connection.subscriptions.values()) {
        if (consumer.spec.browser) continue
        for (const destination of consumer.spec.destination.parts()) {
          const name = suffix('Consumer', destination)
          if (isAdvisory(destination) || !asks(name)) continue
          const count = destinations.find(destination)?.consumers ?? 0
          const advisory: Advisory = { kind: 'consumer-added', destination, consumerId: consumer.id }
          this.#publish(name, advisory, ['consumerCount', count], subscription)
        }
      }
      for (const producer of connection.producers.values()) {
        for (const destination of producer.destination?.parts() ?? []) {
          const name = suffix('Producer', destination)
          if (isAdvisory(destination) || !asks(name)) continue
          const count = destinations.find(destination)?.producers ?? 0
          const advisory: Advisory = { kind: 'producer-added', destination, producerId: producer.id }
          this.#publish(name, advisory, ['producerCount', count], subscription)
        }
      }
    }
  }

  #publish(name: string, advisory: Advisory, count: [string, number] | null, only: Subscription | null): void {
    const topic = this.#topic(new Destination(DestinationKind.Topic, PREFIX + name))
    if (topic === null || topic.consumers === 0) return
    const message = new Message(topic.destination, this.#producerId, ++this.#sequence)
    message.type = 'Advisory'
    message.priority = 0
    message.advisory = advisory
    message.targetConsumerId = only?.id ?? null
    message.brokerInTime = this.#broker.nowMs()
    message.properties = this.#encode(count)
    topic.send(message, NOBODY)
  }

  /** Null when nobody could be told. */
  #topic(destination: Destination): Target | null {
    const { destinations } = this.#broker
    const topic = destinations.find(destination)
    if (topic !== null) return topic instanceof Topic ? topic : null
    return destinations.patternFor(destination) ? destinations.create(destination, null) : null
  }

  #encode(count: [string, number] | null): Buffer {
    this.#properties ??= new Map([
      ['originBrokerId', primitiveOf(this.#broker.id)],
      ['originBrokerName', primitiveOf(this.#broker.name)],
      ['originBrokerURL', primitiveOf(`vm://${this.#broker.name}`)],
    ])
    const map = new Map(this.#properties)
    if (count !== null) map.set(count[0], primitiveOf(count[1]))
    return encodePrimitiveMap(map)
  }
}

const NOBODY = { done: (): void => {} }

const SUFFIXES: Readonly<Record<DestinationKind, string>> = {
  [DestinationKind.Queue]: 'Queue',
  [DestinationKind.Topic]: 'Topic',
  [DestinationKind.TempQueue]: 'TempQueue',
  [DestinationKind.TempTopic]: 'TempTopic',
}

/** A comma would make a composite of the topic's name. */
function suffix(what: 'Consumer' | 'Producer', destination: Destination): string {
  return `${what}.${destination.queue ? 'Queue' : 'Topic'}.${destination.name.replaceAll(',', '&sbquo;')}`
}

function listens(subscription: Subscription): boolean {
  return subscription.spec.destination.parts().some((part) => isAdvisory(part) || (part.pattern && !part.queue))
}

/** Whether consumers or producers are asked for at all: looking for them costs more than for destinations. */
function coversClients(part: Destination): boolean {
  if (part.kind !== DestinationKind.Topic) return false
  return part.pattern || part.name.startsWith(`${PREFIX}Consumer.`) || part.name.startsWith(`${PREFIX}Producer.`)
}

function connectionAdvisory(kind: 'connection-added' | 'connection-removed', connection: Connection): Advisory {
  if (kind === 'connection-added') return { kind, connectionId: connection.id, clientId: connection.clientId }
  return { kind, connectionId: connection.id }
}

function destinationAdvisory(
  kind: 'destination-added' | 'destination-removed',
  destination: Destination,
  owner: Connection | null,
): Advisory {
  return { kind, destination, connectionId: owner?.id ?? null }
}
