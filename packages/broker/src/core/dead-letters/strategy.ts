import { MillraceError } from '@millrace/base'
import { Destination, DestinationKind, NAME_LENGTH_MAX } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import { DURABLE_PREFIX } from '../durable.ts'

/** What the strategies that keep dead letters have in common. The names and defaults are the model's where it has them. */
export interface LetterRules {
  /** Messages that died of age become dead letters; false: they are dropped. Default: true. */
  readonly processExpired?: boolean
  /** So do messages that are not persistent; the letter is. Default: false. */
  readonly processNonPersistent?: boolean
  /**
   * A message id becomes a letter once per dead letter queue, as far as is remembered (`audit.ts`); another of the same id
   * is dropped. Default: true.
   */
  readonly enableAudit?: boolean
  /** Ids remembered per producer. Default: 2048. */
  readonly maxAuditDepth?: number
  /** Producers remembered per dead letter queue, those that died last. Default: 64. */
  readonly maxProducersToAudit?: number
  /** Letters die, and are dropped, after so many ms. Default: 0, never. */
  readonly expiration?: number
  /** Letters in one dead letter queue; beyond it the oldest that no consumer has is dropped. Default: 0, no limit. */
  readonly maxLetters?: number
}

/** One queue for all. The default. */
export interface SharedDeadLetterStrategy extends LetterRules {
  readonly kind: 'shared'
  /** Name of a queue, or a text like `topic://DEAD`. Default: `ActiveMQ.DLQ`. */
  readonly deadLetterQueue?: string
}

/** A dead letter queue for each destination, named after it. */
export interface IndividualDeadLetterStrategy extends LetterRules {
  readonly kind: 'individual'
  /** Default: `ActiveMQ.DLQ.Queue.`. */
  readonly queuePrefix?: string
  readonly queueSuffix?: string
  /** Default: `ActiveMQ.DLQ.Topic.`. */
  readonly topicPrefix?: string
  readonly topicSuffix?: string
  /** False: letters of queues go to a topic. Default: true. */
  readonly useQueueForQueueMessages?: boolean
  /** False: letters of topics go to a topic. Default: true. */
  readonly useQueueForTopicMessages?: boolean
  /** Letters of durable subscriptions go to one each: `.clientId:subscription` is added to the name. Default: false. */
  readonly destinationPerDurableSubscriber?: boolean
}

/** No letters: what dies is gone. */
export interface DiscardingDeadLetterStrategy {
  readonly kind: 'discarding'
}

export type DeadLetterStrategy = SharedDeadLetterStrategy | IndividualDeadLetterStrategy | DiscardingDeadLetterStrategy

export const defaultDeadLetterStrategy: SharedDeadLetterStrategy = { kind: 'shared' }

export const SHARED_DEAD_LETTER_QUEUE = 'ActiveMQ.DLQ'

/** Where the letter of this message goes. `backlog`: the name in the store of what it was in, for durable subscriptions. */
export function letterDestination(
  strategy: SharedDeadLetterStrategy | IndividualDeadLetterStrategy,
  message: Message,
  backlog: string | null,
): Destination {
  if (strategy.kind === 'shared') return sharedDestination(strategy)
  const { destination } = message
  const { queue } = destination
  const { prefix, suffix } = affixes(strategy, queue)
  const name =
    strategy.destinationPerDurableSubscriber === true && backlog !== null && backlog.startsWith(DURABLE_PREFIX)
      ? `${destination.name}.${backlog.slice(DURABLE_PREFIX.length).replaceAll(/[,*>]/g, '_')}`
      : destination.name
  const whole = prefix + name + suffix
  // A name that is too long with what is added is no reason to lose a message.
  if (whole.length > NAME_LENGTH_MAX) return sharedDestination({ kind: 'shared' })
  return new Destination(letterKind(strategy, queue), whole)
}

function sharedDestination(strategy: SharedDeadLetterStrategy): Destination {
  return Destination.parse(strategy.deadLetterQueue ?? SHARED_DEAD_LETTER_QUEUE)
}

function letterKind(strategy: IndividualDeadLetterStrategy, queue: boolean): DestinationKind {
  const { useQueueForQueueMessages = true, useQueueForTopicMessages = true } = strategy
  return (queue ? useQueueForQueueMessages : useQueueForTopicMessages) ? DestinationKind.Queue : DestinationKind.Topic
}

function affixes(strategy: IndividualDeadLetterStrategy, queue: boolean): { prefix: string; suffix: string } {
  const { queueSuffix = '', topicSuffix = '' } = strategy
  const { queuePrefix = 'ActiveMQ.DLQ.Queue.', topicPrefix = 'ActiveMQ.DLQ.Topic.' } = strategy
  return queue ? { prefix: queuePrefix, suffix: queueSuffix } : { prefix: topicPrefix, suffix: topicSuffix }
}

/** Throws CONFIGURATION_INVALID for a strategy that cannot work. */
export function checkStrategy(strategy: DeadLetterStrategy): void {
  if (strategy.kind === 'discarding') return
  const numbers = ['maxAuditDepth', 'maxProducersToAudit', 'expiration', 'maxLetters'] as const
  for (const name of numbers) {
    const value = strategy[name] ?? 0
    if (Number.isSafeInteger(value) && value >= 0) continue
    throw new MillraceError('CONFIGURATION_INVALID', `${name} is ${value}, expected a whole number from 0`)
  }
  if (strategy.kind === 'shared') {
    const to = sharedDestination(strategy)
    if (!to.pattern && !to.composite && !to.temporary) return
    throw new MillraceError('CONFIGURATION_INVALID', `dead letters cannot go to ${to.text}`)
  }
  for (const queue of [true, false]) {
    const { prefix, suffix } = affixes(strategy, queue)
    if (prefix !== '' || suffix !== '') continue
    throw new MillraceError('CONFIGURATION_INVALID', 'a dead letter queue for each needs a prefix or a suffix')
  }
}

/** Knows dead letter queues by their names, also those of an earlier life of the broker: what dies there is dropped. */
export class LetterNames {
  readonly #exact = new Set<string>()
  readonly #affixed: { readonly kind: DestinationKind; readonly prefix: string; readonly suffix: string }[] = []

  constructor(strategies: Iterable<DeadLetterStrategy>) {
    for (const strategy of strategies) {
      if (strategy.kind === 'shared') this.#exact.add(sharedDestination(strategy).text)
      if (strategy.kind !== 'individual') continue
      for (const queue of [true, false]) {
        this.#affixed.push({ kind: letterKind(strategy, queue), ...affixes(strategy, queue) })
      }
    }
  }

  has({ text, kind, name }: Destination): boolean {
    if (this.#exact.has(text)) return true
    for (const one of this.#affixed) {
      if (one.kind === kind && name.startsWith(one.prefix) && name.endsWith(one.suffix)) return true
    }
    return false
  }
}
