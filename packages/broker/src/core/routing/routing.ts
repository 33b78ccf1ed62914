import { MillraceError } from '@millrace/base'
import { type Destination, DestinationKind } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import { MessageSubject } from '../../message/selector-subject.ts'
import type { Broker } from '../broker.ts'
import { isAdvisory } from '../destinations.ts'
import { Queue } from '../queue.ts'
import type { Sink, Target } from '../target.ts'
import type { Subscription } from '../subscription.ts'
import { copyFor, copyWithDestination } from './copy.ts'
import { CompositeRule, MirrorRule } from './composite.ts'
import type { VirtualDestinations } from './virtual-destinations.ts'
import { VirtualTopicRule } from './virtual-topic.ts'

/** One part of a send. */
export interface Route {
  readonly target: Sink
  readonly message: Message
}

/** Why a send to one destination goes to others. Kept by the destination, so that all others see that it has none. */
export interface Forward {
  readonly virtualTopics: readonly VirtualTopicRule[]
  readonly composites: readonly CompositeRule[]
  /** Where a queue is mirrored. */
  readonly mirror: Destination | null
}

/**
 * Where a message goes that is sent to one name: to its parts, if that is a composite of its sender, and on from each of
 * them as the rules say. Copies that are sent on are sent on themselves; but a destination gets one copy of what one
 * destination was sent, so that a circle has an end, and what came through a mirror is not mirrored again.
 */
export class Routing {
  readonly #broker: Broker
  readonly #subject = new MessageSubject()
  #virtualTopics: readonly VirtualTopicRule[] = []
  #composites: readonly CompositeRule[] = []
  #mirror: MirrorRule | null = null

  /** Throws CONFIGURATION_INVALID. */
  constructor(broker: Broker, options: VirtualDestinations) {
    this.#broker = broker
    this.#compile(options)
  }

  /** All rules at once. Throws CONFIGURATION_INVALID; then nothing has changed. */
  set(options: VirtualDestinations): void {
    this.#compile(options)
    const targets = [...this.#broker.destinations.all]
    for (const target of targets) {
      target.forward = this.forwardOf(target.destination)
      if (!(target instanceof Queue)) continue
      this.queueMade(target)
      for (const { subscription } of target.dispatcher.attachments) this.consumedFrom(target, subscription)
    }
    for (const target of targets) this.topicMade(target)
    // A producer remembers only targets that forward nothing.
    for (const { producers } of this.#broker.connections.values()) {
      for (const producer of producers.values()) producer.target = null
    }
  }

  forwardOf(destination: Destination): Forward | null {
    if (isAdvisory(destination)) return null
    const covers = ({ pattern }: { readonly pattern: Destination }): boolean => pattern.matches(destination)
    const virtualTopics = this.#virtualTopics.filter(covers)
    const composites = this.#composites.filter(covers)
    const mirror = this.#mirror?.covers(destination) === true ? this.#mirror.topicOf(destination) : null
    if (virtualTopics.length === 0 && composites.length === 0 && mirror === null) return null
    return { virtualTopics, composites, mirror }
  }

  queueMade(queue: Queue): void {
    for (const rule of this.#virtualTopics) rule.queueMade(queue)
  }

  queueGone(queue: Queue): void {
    for (const rule of this.#virtualTopics) rule.queueGone(queue)
  }

  consumedFrom(queue: Queue, subscription: Subscription): void {
    for (const rule of this.#virtualTopics) rule.consumedBy(queue, subscription)
  }

  /** Groups that consume by pattern from the queues of this topic get theirs. */
  topicMade(target: Target): void {
    if (target.forward === null || target.forward.virtualTopics.length === 0) return
    for (const pattern of this.#broker.destinations.patterns()) this.#makeQueues(target, pattern)
  }

  /** Somebody consumes by this pattern: if it names a group, the queues of that group are made. */
  consumedBy(pattern: Destination): void {
    if (pattern.kind !== DestinationKind.Queue || this.#virtualTopics.length === 0) return
    for (const target of [...this.#broker.destinations.all]) {
      if (target.forward !== null) this.#makeQueues(target, pattern)
    }
  }

  /** The virtual destinations that send on to this one; a composite by pattern has no name of its own. */
  sourcesOf(destination: Destination): Destination[] {
    const sources: Destination[] = []
    for (const rule of this.#virtualTopics) {
      const topic = rule.topicOf(destination)
      if (topic !== null) sources.push(topic)
    }
    for (const { pattern, targets } of this.#composites) {
      if (!pattern.pattern && targets.some((target) => target.destination.equals(destination))) sources.push(pattern)
    }
    return sources
  }

  /** Throws when something cannot be sent to; then nothing is. */
  route(message: Message): Route[] {
    const { destination } = message
    const { destinations } = this.#broker
    if (!destination.composite) {
      const target = destinations.forSend(destination)
      if (target.forward === null) return [{ target, message }]
      message.own()
      return this.#walk(target, message, true)
    }
    const targets = destination.parts().map((part) => destinations.forSend(part))
    message.own()
    return targets.flatMap((target) => this.#walk(target, copyFor(target.destination, message), true))
  }

  hasSpace(message: Message): boolean {
    for (const part of message.destination.parts()) {
      const target = this.#broker.destinations.find(part)
      if (target === null) continue
      if (target.forward === null) {
        if (target.full(message)) return false
      } else if (this.#walk(target, message, false).some((route) => route.target.full(message))) return false
    }
    return true
  }

  /** `making`: with copies, and what is not there is made. */
  #walk(target: Target, message: Message, making: boolean): Route[] {
    const walk: Walk = { routes: [], seen: new Set(), making, mirrored: false }
    this.#visit(target, message, walk)
    return walk.routes
  }

  #visit(target: Target, message: Message, walk: Walk): void {
    const { destination, forward } = target
    if (walk.seen.has(destination.text)) return
    walk.seen.add(destination.text)
    if (forward === null || this.#sendOn(forward, destination, message, walk)) walk.routes.push({ target, message })
  }

  /** Returns whether the message stays here as well. */
  #sendOn(forward: Forward, from: Destination, message: Message, walk: Walk): boolean {
    if (forward.mirror !== null && !walk.mirrored) {
      walk.mirrored = true
      this.#visitName(forward.mirror, message, this.#mirror?.copyMessage === true, walk)
      walk.mirrored = false
    }
    let stays = true
    for (const rule of forward.composites) {
      let taken = false
      for (const { destination, selector } of rule.targets) {
        if (selector !== null && !selector.matches(this.#subject.of(message, 0))) continue
        taken = true
        this.#visitName(destination, message, true, walk)
      }
      if (rule.sendWhenNotMatched ? taken : rule.forwardOnly) stays = false
    }
    for (const rule of forward.virtualTopics) {
      const queues = rule.queuesOf(from)
      const kept =
        rule.setOriginalDestination || !walk.making || queues.size === 0 ? null : copyWithDestination(message)
      for (const queue of queues) {
        if (!this.#takes(queue, message, rule)) continue
        this.#visit(queue, walk.making ? (kept ?? copyFor(queue.destination, message)) : message, walk)
      }
      if (rule.forwardOnly) stays = false
    }
    return stays
  }

  #visitName(destination: Destination, message: Message, copying: boolean, walk: Walk): void {
    const { destinations } = this.#broker
    const target = walk.making ? destinations.forSend(destination) : destinations.find(destination)
    if (target !== null) this.#visit(target, copying && walk.making ? copyFor(destination, message) : message, walk)
  }

  #takes(queue: Queue, message: Message, rule: VirtualTopicRule): boolean {
    if (rule.dropOnResourceLimit && this.#broker.limits.sendFailIfNoSpace && queue.full(message)) return false
    return !rule.selectorAware || rule.selects(queue, message, this.#subject)
  }

  #makeQueues(topic: Target, pattern: Destination): void {
    const { destinations, log } = this.#broker
    for (const rule of topic.forward?.virtualTopics ?? []) {
      const queue = rule.queueFor(topic.destination, pattern)
      if (queue === null || destinations.find(queue) !== null) continue
      try {
        destinations.create(queue, null)
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        log.warn({ queue: queue.text, reason: error.message }, 'a group of consumers gets no queue')
      }
    }
  }

  #compile(options: VirtualDestinations): void {
    const { virtualTopics = BUILT_IN, composites = [], mirroredQueues = false } = options
    const virtualTopicRules = virtualTopics.map((one) => new VirtualTopicRule(one))
    const compositeRules = composites.map((one) => new CompositeRule(one))
    const mirror = mirroredQueues === false ? null : new MirrorRule(mirroredQueues === true ? {} : mirroredQueues)
    this.#virtualTopics = virtualTopicRules
    this.#composites = compositeRules
    this.#mirror = mirror
  }
}

const BUILT_IN = [{ name: 'VirtualTopic.>' }]

interface Walk {
  readonly routes: Route[]
  readonly seen: Set<string>
  readonly making: boolean
  /** On the way through a mirror. */
  mirrored: boolean
}
