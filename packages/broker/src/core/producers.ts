import type { Destination } from '../message/destination.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { checkCount } from './count-limit.ts'
import { isManagement } from './management/name.ts'
import { checkUse } from './permission.ts'
import { Producer, type ProducerSpec } from './producer.ts'
import type { Target } from './target.ts'

/** The coming and going of producers, and how far those had come that are gone. */
export class Producers {
  readonly #broker: Broker
  /** The last persistent sequence of producers that are gone, the one unused for longest first. */
  readonly #sequences = new Map<string, number>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  add(connection: Connection, spec: ProducerSpec): Producer {
    const broker = this.#broker
    broker.checkConnection(connection)
    const known = connection.producers.get(spec.producerId)
    if (known !== undefined) return known
    checkCount(connection.producers.size, broker.limits.producersPerConnectionMax, 'producers of a connection')
    if (connection.user !== null) broker.users.checkProducers(connection.user)
    const destination = spec.destination === null ? null : broker.interceptors.rename(spec.destination)
    checkUse(broker, connection, 'write', destination)
    const producer = new Producer(connection, { ...spec, destination })
    for (const hook of broker.interceptors.producing) hook(producer, destination)
    const targets = this.#targetsOf(destination)
    if (connection.spec.reconnected) producer.sequenceLast = this.#sequences.get(spec.producerId) ?? -1
    for (const target of targets) {
      target.producers++
      target.unusedSinceMs = -1
    }
    producer.targets = targets
    const [target] = targets
    if (target?.forward === null && destination?.composite === false) producer.target = target
    connection.producers.set(producer.id, producer)
    if (connection.user !== null) connection.user.producers++
    broker.advisories.producer('producer-added', producer)
    return producer
  }

  remove(producer: Producer): void {
    if (producer.removed) return
    producer.removed = true
    producer.connection.producers.delete(producer.id)
    if (producer.connection.user !== null) producer.connection.user.producers--
    for (const target of producer.targets) target.producers--
    this.rememberSequence(producer.id, producer.sequenceLast)
    this.#broker.advisories.producer('producer-removed', producer)
    for (const hook of this.#broker.interceptors.producerRemoved) hook(producer)
  }

  rememberSequence(producerId: string, sequence: number): void {
    if (sequence < 0) return
    this.#sequences.delete(producerId)
    this.#sequences.set(producerId, sequence)
    if (this.#sequences.size <= this.#broker.limits.producersRememberedMax) return
    for (const oldest of this.#sequences.keys()) {
      this.#sequences.delete(oldest)
      return
    }
  }

  /** Where a producer sends to, made if need be. Patterns are nothing to send to, and temporary ones are never made. */
  #targetsOf(destination: Destination | null): Target[] {
    if (destination === null) return []
    const { destinations } = this.#broker
    const targets: Target[] = []
    for (const part of destination.parts()) {
      if (part.pattern || isManagement(part)) continue
      const target = destinations.find(part)
      if (target !== null) targets.push(target)
      else if (!part.temporary) targets.push(destinations.create(part, null))
    }
    return targets
  }
}
