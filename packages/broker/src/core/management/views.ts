import type { DamagedMessage } from '../../store/store.ts'
import type { InDoubt } from '../branches.ts'
import type { Connection } from '../connection.ts'
import type { SubscriptionView } from '../durables.ts'
import { isQueue } from '../queue.ts'
import type { Subscription } from '../subscription.ts'
import type { Target } from '../target.ts'
import { Topic } from '../topic.ts'

/** What operators are shown, in words that survive JSON. Counters are since the broker started, times ms since 1970. */

export interface DestinationView {
  /** `queue://ORDERS` */
  readonly destination: string
  /** Of a queue: messages that are not acknowledged; of a topic, which keeps nothing: 0. */
  readonly messages: number
  readonly consumers: number
  readonly producers: number
  /** Of a topic: durable and shared subscriptions that get what is sent to it. */
  readonly durables: number
  readonly enqueued: number
  readonly dequeued: number
  readonly expired: number
  readonly paused: boolean
  readonly temporary: boolean
}

export interface ConsumerView {
  readonly consumer: string
  readonly connection: string
  readonly clientId: string
  readonly user: string | null
  readonly destination: string
  readonly selector: string | null
  readonly prefetch: number
  /** Handed over and not acknowledged. */
  readonly unacknowledged: number
  /** Of a topic: messages that wait here because it cannot take them. */
  readonly waiting: number
  readonly delivered: number
  readonly discarded: number
  readonly slow: boolean
}

export interface ConnectionView {
  readonly connection: string
  readonly clientId: string
  readonly user: string | null
  readonly address: string
  readonly producers: number
  readonly consumers: number
  readonly transactions: number
  /** Sends that wait for space. */
  readonly waitingSends: number
}

export interface DurableView extends Omit<SubscriptionView, 'destination'> {
  readonly destination: string
}

export interface BranchView {
  readonly id: string
  readonly preparedMs: number
  readonly sends: number
  readonly acknowledgements: number
  readonly destinations: readonly string[]
}

/** A stored message that cannot be read and is never given out. */
export interface DamagedView {
  readonly id: string
  readonly queue: string
  readonly where: string
  readonly foundMs: number
}

export function destinationView(target: Target): DestinationView {
  const queue = isQueue(target) ? target : null
  return {
    destination: target.destination.text,
    messages: queue?.count ?? 0,
    consumers: target.consumers,
    producers: target.producers,
    durables: target instanceof Topic ? target.durables.size : 0,
    enqueued: target.enqueued,
    dequeued: queue?.dequeued ?? 0,
    expired: queue?.expired ?? 0,
    paused: queue?.paused ?? false,
    temporary: target.destination.temporary,
  }
}

export function consumerView(subscription: Subscription): ConsumerView {
  const { connection, spec } = subscription
  return {
    consumer: subscription.id,
    connection: connection.id,
    clientId: connection.clientId,
    user: userOf(connection),
    destination: spec.destination.text,
    selector: spec.selector,
    prefetch: subscription.prefetch,
    unacknowledged: subscription.unacknowledged,
    waiting: subscription.waiting,
    delivered: subscription.delivered,
    discarded: subscription.discarded,
    slow: isSlow(subscription),
  }
}

/** It has all that it may hold, and more waits for it; or its policy found it too slow. */
export function isSlow(subscription: Subscription): boolean {
  return subscription.slow || subscription.lagging
}

export function connectionView(connection: Connection): ConnectionView {
  return {
    connection: connection.id,
    clientId: connection.clientId,
    user: userOf(connection),
    address: connection.spec.peerAddress,
    producers: connection.producers.size,
    consumers: connection.subscriptions.size,
    transactions: connection.transactions.size,
    waitingSends: connection.parked.length,
  }
}

export function durableView(view: SubscriptionView): DurableView {
  return { ...view, destination: view.destination.text }
}

export function branchView({ id, preparedMs, sends, acknowledgements, destinations }: InDoubt): BranchView {
  return { id, preparedMs, sends, acknowledgements, destinations: destinations.map(({ text }) => text) }
}

export function damagedView({ queue, key, where, foundMs }: DamagedMessage): DamagedView {
  return { id: `${queue} ${String(key).padStart(16, '0')}`, queue, where, foundMs }
}

function userOf(connection: Connection): string | null {
  return connection.principal?.name ?? connection.spec.userName
}
