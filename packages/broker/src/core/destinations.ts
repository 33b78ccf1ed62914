import { MillraceError } from '@millrace/base'
import { type Destination, DestinationKind } from '../message/destination.ts'
import type { Message } from '../message/message.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import type { Durable } from './durable.ts'
import type { Reply } from './ports.ts'
import { PatternTree } from './pattern-tree.ts'
import { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import { Topic } from './topic.ts'

/** One part of a send: a composite has several. */
export interface Route {
  readonly target: Target
  readonly message: Message
}

/** The queues and topics that exist. Producers, consumers and sends make what is not there; patterns make nothing. */
export class Destinations {
  readonly #broker: Broker
  readonly #targets = new Map<string, Target>()
  /** Those that also want what is made later, with the pattern they gave. */
  readonly #patterns = new Map<Subscription, Destination[]>()
  /** The same, by their elements. */
  readonly #patternTree = new PatternTree<Subscription>()
  /** Durable subscriptions by their text. */
  readonly durables: Map<string, Durable> = new Map()
  /** Without advisory topics. */
  #counted = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  get all(): IterableIterator<Target> {
    return this.#targets.values()
  }

  find(destination: Destination): Target | null {
    return this.#targets.get(destination.text) ?? null
  }

  /** The plain destination a message goes to, made if need be. */
  forSend(destination: Destination): Target {
    const target = this.#targets.get(destination.text)
    if (target !== undefined) return target
    if (destination.pattern) {
      throw new MillraceError('DESTINATION_INVALID', `nothing can be sent to the pattern ${destination.text}`)
    }
    if (destination.temporary) throw unknown(destination)
    return this.create(destination, null)
  }

  forMessage(message: Message): Route[] {
    const { destination } = message
    if (!destination.composite) return [{ target: this.forSend(destination), message }]
    // All of it can be sent to or none is.
    const targets = destination.parts().map((part) => this.forSend(part))
    message.own()
    return targets.map((target) => ({ target, message: message.copyTo(target.destination) }))
  }

  create(destination: Destination, owner: Connection | null, internal = false): Target {
    const broker = this.#broker
    const advisory = isAdvisory(destination)
    if (!advisory && !internal && this.#counted >= broker.limits.destinationsMax) {
      throw new MillraceError(
        'LIMIT_REACHED',
        `there are ${this.#counted} destinations, which is the limit; ${destination.text} is one more`,
      )
    }
    let target: Target
    if (destination.queue) {
      const store = destination.temporary ? null : broker.store.queue(destination.text)
      target = new Queue(broker, destination.text, destination, store, owner)
    } else {
      target = new Topic(broker, destination, owner)
    }
    this.#targets.set(destination.text, target)
    if (!advisory) this.#counted++
    if (target instanceof Topic && !advisory) {
      for (const durable of this.durables.values()) this.#join(durable, target)
    }
    if (this.#patterns.size > 0) {
      for (const subscription of this.#patternTree.matching(destination)) this.subscribe(subscription, target)
    }
    owner?.temporaries.set(destination.text, target)
    if (!advisory) broker.advisories.destination('destination-added', destination, owner)
    return target
  }

  delete(target: Target, reply: Reply): void {
    const { destination } = target
    this.#targets.delete(destination.text)
    const advisory = isAdvisory(destination)
    if (!advisory) this.#counted--
    target.owner?.temporaries.delete(destination.text)
    target.delete(reply)
    if (!advisory) this.#broker.advisories.destination('destination-removed', destination, target.owner)
  }

  /** What a consumer asks for must be there, or be made, or be a pattern; and its own if it is temporary. */
  check(part: Destination, connection: Connection): void {
    if (!part.temporary) return
    if (part.pattern) {
      throw new MillraceError(
        'DESTINATION_INVALID',
        `${part.text}: temporary destinations cannot be consumed by pattern`,
      )
    }
    const target = this.find(part)
    if (target === null && !isOwnName(part, connection)) throw unknown(part)
    if (target !== null && target.owner !== connection) {
      throw new MillraceError('DESTINATION_NOT_OWNED', `${part.text} belongs to another connection`)
    }
  }

  /** Finds or makes what a part of a consumer's destination names. */
  forConsumer(part: Destination, connection: Connection): Target[] {
    if (part.pattern) return this.matching(part)
    return [this.find(part) ?? this.create(part, part.temporary ? connection : null)]
  }

  matching(pattern: Destination): Target[] {
    const found: Target[] = []
    for (const target of this.#targets.values()) if (pattern.matches(target.destination)) found.push(target)
    return found
  }

  subscribe(subscription: Subscription, target: Target): void {
    if (subscription.targets.has(target)) return
    subscription.targets.add(target)
    target.subscribe(subscription)
  }

  addPatterns(subscription: Subscription, patterns: Destination[]): void {
    if (patterns.length === 0) return
    this.#patterns.set(subscription, patterns)
    for (const pattern of patterns) this.#patternTree.add(pattern, subscription)
  }

  removePatterns(subscription: Subscription): void {
    const patterns = this.#patterns.get(subscription)
    if (patterns === undefined) return
    this.#patterns.delete(subscription)
    for (const pattern of patterns) this.#patternTree.remove(pattern, subscription)
  }

  /** Whether a consumer by pattern would be given what is sent to this destination, which may not exist. */
  patternFor(destination: Destination): boolean {
    return this.#patterns.size > 0 && this.#patternTree.matching(destination).size > 0
  }

  addDurable(durable: Durable): void {
    this.durables.set(durable.text, durable)
    for (const part of durable.destinations()) {
      if (!part.pattern && this.find(part) === null) this.create(part, null, true)
    }
    for (const target of this.#targets.values()) {
      if (target instanceof Topic && !target.advisory) this.#join(durable, target)
    }
  }

  #join(durable: Durable, topic: Topic): void {
    if (durable.destinations().some((part) => part.matches(topic.destination))) durable.join(topic)
  }
}

export function isAdvisory(destination: Destination): boolean {
  return destination.kind === DestinationKind.Topic && destination.name.startsWith('ActiveMQ.Advisory.')
}

/** Names of temporary destinations begin with their owner's connection id. */
export function isOwnName(destination: Destination, connection: Connection): boolean {
  return destination.name.startsWith(`${connection.id}:`)
}

function unknown(destination: Destination): MillraceError {
  return new MillraceError('DESTINATION_UNKNOWN', `${destination.text} does not exist`)
}
