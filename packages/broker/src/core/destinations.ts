import { MillraceError } from '@millrace/base'
import { type Destination, DestinationKind } from '../message/destination.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import type { Durable } from './durable.ts'
import type { Reply } from './ports.ts'
import { isPermitted } from './permission.ts'
import { PatternTree } from './pattern-tree.ts'
import { Queue } from './queue.ts'
import type { Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import { Topic } from './topic.ts'

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
  /** Shared subscriptions that are not durable. */
  readonly #shared = new Set<Durable>()
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

  create(destination: Destination, owner: Connection | null, internal = false): Target {
    const broker = this.#broker
    const advisory = isAdvisory(destination)
    if (!advisory && !internal && this.#counted >= broker.limits.destinationsMax) {
      throw new MillraceError(
        'LIMIT_REACHED',
        `there are ${this.#counted} destinations, which is the limit; ${destination.text} is one more`,
      )
    }
    if (!advisory && !internal) broker.policies.checkCount(destination)
    let target: Target
    if (destination.queue) {
      const store = destination.temporary ? null : broker.store.queue(destination.text)
      target = new Queue(broker, destination.text, destination, store, owner)
    } else {
      target = new Topic(broker, destination, owner)
    }
    target.forward = broker.routing.forwardOf(destination)
    this.#targets.set(destination.text, target)
    if (target instanceof Queue) broker.routing.queueMade(target)
    if (!advisory) this.#count(destination, 1)
    if (target instanceof Topic && !advisory) {
      for (const durable of this.durables.values()) this.#join(durable, target)
      for (const durable of this.#shared) this.#join(durable, target)
    }
    if (this.#patterns.size > 0) {
      for (const subscription of this.#patternTree.matching(destination)) {
        if (isPermitted(broker, subscription.connection, 'read', destination)) this.subscribe(subscription, target)
      }
    }
    if (target.forward !== null) broker.routing.topicMade(target)
    owner?.temporaries.set(destination.text, target)
    if (!advisory) broker.advisories.destination('destination-added', destination, owner)
    for (const hook of broker.interceptors.destinationAdded) hook(destination, owner)
    return target
  }

  delete(target: Target, reply: Reply): void {
    const { destination } = target
    this.#targets.delete(destination.text)
    const advisory = isAdvisory(destination)
    if (!advisory) this.#count(destination, -1)
    if (target instanceof Queue) this.#broker.routing.queueGone(target)
    target.owner?.temporaries.delete(destination.text)
    target.delete(reply)
    if (!advisory) this.#broker.advisories.destination('destination-removed', destination, target.owner)
    for (const hook of this.#broker.interceptors.destinationRemoved) hook(destination, target.owner)
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
    target.unusedSinceMs = -1
    if (target instanceof Queue) this.#broker.routing.consumedFrom(target, subscription)
    target.subscribe(subscription)
  }

  addPatterns(subscription: Subscription, patterns: Destination[]): void {
    if (patterns.length === 0) return
    this.#patterns.set(subscription, patterns)
    for (const pattern of patterns) {
      this.#patternTree.add(pattern, subscription)
      this.#broker.routing.consumedBy(pattern)
    }
  }

  /** Those that somebody consumes by. */
  patterns(): Destination[] {
    return [...this.#patterns.values()].flat()
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
    if (durable.durable) this.durables.set(durable.text, durable)
    else this.#shared.add(durable)
    for (const part of durable.destinations()) {
      if (!part.pattern && this.find(part) === null) this.create(part, null, true)
    }
    for (const target of this.#targets.values()) {
      if (target instanceof Topic && !target.advisory) this.#join(durable, target)
    }
  }

  /** The broker has other policies. */
  policiesChanged(): void {
    const { policies } = this.#broker
    for (const target of this.#targets.values()) {
      if (!isAdvisory(target.destination)) policies.count(target.destination, 1)
      target.policyChanged(policies.find(target.destination))
    }
    for (const backlog of this.backlogs()) {
      backlog.policyChanged(policies.find(backlog.destination))
    }
  }

  #count(destination: Destination, change: 1 | -1): void {
    this.#counted += change
    this.#broker.policies.count(destination, change)
  }

  /** What durable and shared subscriptions have collected. */
  *backlogs(): IterableIterator<Queue> {
    for (const { backlog } of this.durables.values()) yield backlog
    for (const { backlog } of this.#shared) yield backlog
  }

  removeDurable(durable: Durable): void {
    this.durables.delete(durable.text)
    this.#shared.delete(durable)
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
