import { MillraceError, type Task } from '@millrace/base'
import { Destination } from '../message/destination.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { isAdvisory } from './destinations.ts'
import { type ConnectionView, type ConsumerView, connectionView, consumerView, isSlow } from './management/views.ts'
import { isQueue, type Queue } from './queue.ts'
import type { Reply } from './ports.ts'
import type { Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import { Topic } from './topic.ts'

/**
 * What an operator does to destinations, consumers and connections. Destinations are given as objects or as texts like
 * `topic://PRICES`; a bare name is a queue. Where it is said, patterns (`queue://ORDERS.>`) and lists with commas mean all
 * that exist and are covered, advisory topics only by a pattern that begins as their names do. Errors are MillraceErrors.
 */
export class Administration {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Makes it if it is not there. Throws DESTINATION_INVALID for what is not one queue or topic, and LIMIT_REACHED. */
  createDestination(destination: Destination | string): Target {
    const name = plain(destination)
    if (name.temporary)
      throw new MillraceError('DESTINATION_INVALID', `${name.text} is temporary: its connection makes it`)
    return this.#broker.destinations.find(name) ?? this.#broker.destinations.create(name, null)
  }

  /** What exists and is covered by a name, a pattern or a list. Throws DESTINATION_UNKNOWN for a name that is not there. */
  find(destination: Destination | string): Target[] {
    const whole = parsed(destination)
    const found = new Set<Target>()
    for (const part of whole.parts()) {
      if (!part.pattern) {
        found.add(this.#named(part))
        continue
      }
      const advisories = part.name.startsWith('ActiveMQ.Advisory.')
      for (const target of this.#broker.destinations.matching(part)) {
        if (advisories || !isAdvisory(target.destination)) found.add(target)
      }
    }
    return [...found]
  }

  /**
   * Removes it, or all that a pattern covers, with everything in it; fulfilled with how many when the store has forgotten
   * them. Rejects with DESTINATION_UNKNOWN, and with DESTINATION_IN_USE while one has consumers or durable subscriptions;
   * then none was removed. `evenIfUsed`: consumers stay connected and get nothing any more; durable subscriptions stay,
   * and get what is sent to a topic that is made by this name later.
   */
  async deleteDestination(
    destination: Destination | string,
    options: { readonly evenIfUsed?: boolean } = {},
  ): Promise<number> {
    const targets = this.find(destination)
    for (const target of options.evenIfUsed === true ? [] : targets) {
      const durables = target instanceof Topic ? target.durables.size : 0
      if (target.consumers + durables === 0) continue
      const message = `${target.destination.text} has ${target.consumers} consumers and ${durables} durable subscriptions`
      throw new MillraceError('DESTINATION_IN_USE', message)
    }
    await Promise.all(targets.map((target) => answered((reply) => this.#broker.destinations.delete(target, reply))))
    return targets.length
  }

  /**
   * Lets go of all messages of a queue, or of all queues that a pattern covers, but those that consumers have. Fulfilled
   * with their number. Rejects with DESTINATION_UNKNOWN, and with DESTINATION_INVALID for a topic, which keeps nothing.
   */
  async purge(destination: Destination | string): Promise<number> {
    const counts = await Promise.all(this.#queues(destination, 'purge').map((queue) => this.#purge(queue)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /**
   * Consumers of these queues get nothing until `resume`, also after a restart; everything else goes on. Fulfilled with
   * how many queues there were when that is safe. Rejects as `purge` does. Queues made later are not paused.
   */
  async pause(destination: Destination | string): Promise<number> {
    const queues = this.#queues(destination, 'pause')
    await Promise.all(queues.map((queue) => answered((reply) => queue.pause(reply))))
    return queues.length
  }

  /** The opposite of `pause`. */
  async resume(destination: Destination | string): Promise<number> {
    const queues = this.#queues(destination, 'resume')
    await Promise.all(queues.map((queue) => answered((reply) => queue.resume(reply))))
    return queues.length
  }

  // ---- consumers and connections

  /** Consumers that have all they may hold while more waits for them, or that their policy found too slow. */
  slowConsumers(): ConsumerView[] {
    const slow: ConsumerView[] = []
    for (const { subscriptions } of this.#broker.connections.values()) {
      for (const subscription of subscriptions.values()) {
        if (isSlow(subscription)) slow.push(consumerView(subscription))
      }
    }
    return slow
  }

  /** Of a destination, or of what a pattern covers; without one: all. */
  consumers(destination?: Destination | string): ConsumerView[] {
    const whole = destination === undefined ? null : parsed(destination)
    const found: ConsumerView[] = []
    for (const { subscriptions } of this.#broker.connections.values()) {
      for (const subscription of subscriptions.values()) {
        if (whole === null || consumesFrom(subscription, whole)) found.push(consumerView(subscription))
      }
    }
    return found
  }

  connections(): ConnectionView[] {
    return [...this.#broker.connections.values()].map(connectionView)
  }

  /**
   * Ends a consumer; its client is told, and what it has not acknowledged goes to others. `connection`: its connection
   * ends. Throws CONSUMER_UNKNOWN.
   */
  endConsumer(consumerId: string, options: { readonly connection?: boolean } = {}): void {
    const subscription = this.consumer(consumerId)
    const { connection, consumer } = subscription
    if (options.connection === true) {
      this.#endConnection(connection)
      return
    }
    const error = new MillraceError('CONNECTION_CLOSED', `consumer ${consumerId} was ended by an operator`)
    this.#broker.log.warn({ consumer: consumerId, connection: connection.id }, error.message)
    this.#broker.removeConsumer(subscription, -2)
    consumer.closed(error)
  }

  /** Ends a connection; its client is told. Throws CONNECTION_CLOSED when there is none of this id. */
  endConnection(connectionId: string): void {
    const connection = this.#broker.connections.get(connectionId)
    if (connection === undefined) throw new MillraceError('CONNECTION_CLOSED', `there is no connection ${connectionId}`)
    this.#endConnection(connection)
  }

  /** Throws CONSUMER_UNKNOWN. */
  consumer(consumerId: string): Subscription {
    for (const { subscriptions } of this.#broker.connections.values()) {
      const subscription = subscriptions.get(consumerId)
      if (subscription !== undefined) return subscription
    }
    throw new MillraceError('CONSUMER_UNKNOWN', `there is no consumer ${consumerId}`)
  }

  #endConnection(connection: Connection): void {
    const error = new MillraceError('CONNECTION_CLOSED', `connection ${connection.id} was ended by an operator`)
    this.#broker.log.warn({ connection: connection.id, peer: connection.spec.peerAddress }, error.message)
    this.#broker.removeConnection(connection)
    connection.port.closed(error)
  }

  // ---- what they share

  #queues(destination: Destination | string, what: string): Queue[] {
    return this.find(destination).map((target) => {
      if (isQueue(target)) return target
      throw new MillraceError(
        'DESTINATION_INVALID',
        `${target.destination.text} is no queue: there is nothing to ${what}`,
      )
    })
  }

  #purge(queue: Queue): Promise<number> {
    return new Promise((resolve) => this.#broker.turn.work(new Purge(queue, resolve)))
  }

  #named(name: Destination): Target {
    const target = this.#broker.destinations.find(name)
    if (target === null) throw new MillraceError('DESTINATION_UNKNOWN', `${name.text} does not exist`)
    return target
  }
}

/** Goes through a queue page by page, as far as it reached in the beginning. */
class Purge implements Task {
  queued = false
  readonly #queue: Queue
  readonly #done: (count: number) => void
  readonly #keyLast: number
  #count = 0

  constructor(queue: Queue, done: (count: number) => void) {
    this.#queue = queue
    this.#done = done
    this.#keyLast = queue.cursor.lastKey
  }

  run(): void {
    const queue = this.#queue
    if (!queue.deleted) {
      const before = queue.count
      const more = queue.purge(this)
      this.#count += before - queue.count
      if (more && queue.cursor.position < this.#keyLast) return
    }
    this.#done(this.#count)
  }
}

function answered(ask: (reply: Reply) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    ask({ done: (error) => (error === null ? resolve() : reject(error)) })
  })
}

function consumesFrom({ spec, targets }: Subscription, whole: Destination): boolean {
  const wanted = whole.parts()
  const covers = (destination: Destination): boolean => wanted.some((part) => part.matches(destination))
  if (spec.destination.parts().some(covers)) return true
  for (const target of targets) if (covers(target.destination)) return true
  return false
}

function parsed(destination: Destination | string): Destination {
  return typeof destination === 'string' ? Destination.parse(destination) : destination
}

function plain(destination: Destination | string): Destination {
  const name = parsed(destination)
  if (!name.composite && !name.pattern) return name
  throw new MillraceError('DESTINATION_INVALID', `${name.text} is not one destination`)
}
