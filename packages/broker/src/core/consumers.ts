import { MillraceError, parseSelector, type Selector } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import { Browse } from './browse.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { checkCount } from './count-limit.ts'
import { checkPermission, checkUse, isPermitted } from './permission.ts'
import type { Consumer, Reply } from './ports.ts'
import { isQueue } from './queue.ts'
import { type ConsumerSpec, Subscription } from './subscription.ts'

/** The coming and going of consumers; what is said at the methods of the broker holds. */
export class Consumers {
  readonly #broker: Broker
  /** Those whose pull has an end. */
  readonly #pulls = new Set<Subscription>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  add(connection: Connection, asked: ConsumerSpec, consumer: Consumer, reply: Reply): Subscription {
    const broker = this.#broker
    broker.checkConnection(connection)
    const { interceptors, destinations } = broker
    const renamed =
      interceptors.renaming.length === 0 ? asked : { ...asked, destination: interceptors.rename(asked.destination) }
    // What is durable consumes, whatever else was asked. Model behaviour.
    const spec = renamed.browser && renamed.durableName !== null ? { ...renamed, browser: false } : renamed
    const known = connection.subscriptions.get(spec.consumerId)
    if (known !== undefined) {
      reply.done(null)
      return known
    }
    checkCount(connection.subscriptions.size, broker.limits.consumersPerConnectionMax, 'consumers of a connection')
    if (connection.user !== null) broker.users.checkConsumers(connection.user)
    const selector = this.#parseSelector(spec.selector)
    const parts = spec.destination.parts()
    for (const part of parts) destinations.check(part, connection)
    checkUse(broker, connection, 'read', spec.destination)
    const durable = spec.durableName !== null
    const counting = spec.browser || (!durable && parts.every((part) => !part.queue))
    const subscription = new Subscription(broker, connection, spec, consumer, durable ? null : selector, counting)
    if (durable) {
      // It gets messages while nobody is there who could be asked: for a pattern, all of it must be allowed.
      for (const part of parts) if (part.pattern) checkPermission(broker, connection, 'read', part)
      broker.durables.check(connection, spec)
    }
    for (const hook of interceptors.consuming) hook(subscription)
    if (durable) {
      broker.durables.attach(subscription, selector, reply)
      enter(subscription)
      broker.advisories.consumer('consumer-added', subscription)
      subscription.began()
      return subscription
    }
    const targets = parts
      .flatMap((part) => destinations.forConsumer(part, connection))
      .filter((target) => isPermitted(broker, connection, 'read', target.destination))
    enter(subscription)
    if (spec.browser) {
      subscription.browse = new Browse(subscription, targets.filter(isQueue))
      subscription.browse.wake()
    } else {
      for (const target of targets) destinations.subscribe(subscription, target)
      destinations.addPatterns(subscription, parts.filter(isPattern))
      broker.advisories.listenerAdded(subscription)
    }
    broker.advisories.consumer('consumer-added', subscription)
    subscription.began()
    reply.done(null)
    return subscription
  }

  remove(subscription: Subscription, lastDeliveredKey: number): void {
    if (subscription.removed) return
    const broker = this.#broker
    broker.destinations.removePatterns(subscription)
    if (subscription.browse === null && subscription.durable === null) broker.advisories.listenerRemoved(subscription)
    const { durable } = subscription
    subscription.remove(lastDeliveredKey)
    broker.durables.detached(durable)
    const { connection } = subscription
    connection.subscriptions.delete(subscription.id)
    if (connection.user !== null) connection.user.consumers--
    this.#pulls.delete(subscription)
    broker.advisories.consumer('consumer-removed', subscription)
    for (const hook of broker.interceptors.consumerRemoved) hook(subscription)
  }

  pull(subscription: Subscription, timeoutMs: number): void {
    if (subscription.removed || subscription.prefetch > 0) return
    subscription.pull(timeoutMs)
    if (subscription.waitsForPull) this.#pulls.add(subscription)
  }

  tick(nowMs: number): void {
    for (const subscription of this.#pulls) {
      subscription.tick(nowMs)
      if (subscription.removed || !subscription.waitsForPull) this.#pulls.delete(subscription)
    }
  }

  #parseSelector(text: string | null): Selector | null {
    if (text === null || text.trim() === '') return null
    const { selectorLengthMax } = this.#broker.limits
    if (text.length > selectorLengthMax) {
      throw new MillraceError(
        'SELECTOR_INVALID',
        `a selector may have ${selectorLengthMax} characters, got ${text.length}`,
      )
    }
    return parseSelector(text)
  }
}

function enter(subscription: Subscription): void {
  const { connection } = subscription
  connection.subscriptions.set(subscription.id, subscription)
  if (connection.user !== null) connection.user.consumers++
}

function isPattern(destination: Destination): boolean {
  return destination.pattern
}
