import type { Advisory, AdvisoryKind } from '../message/advisory.ts'
import { Destination, DestinationKind } from '../message/destination.ts'
import type { Policy } from './policy.ts'

/** All advisory topics begin so. */
export const ADVISORY_PREFIX = 'ActiveMQ.Advisory.'

/** A kind of event that is told only to those who want it, because it comes with single messages or with load. */
interface Watched {
  /** One bit of `Advisories.watched`. */
  readonly bit: number
  /** Its topics are `ActiveMQ.Advisory.<name>.Queue.<queue>` and `….Topic.<topic>`. */
  readonly name: string
  /** The policy that allows it; null: it is always allowed. */
  readonly allowed: keyof Policy | null
}

export type WatchedKind = Exclude<
  AdvisoryKind,
  | `${'connection' | 'destination' | 'consumer' | 'producer'}-${'added' | 'removed'}`
  | 'subscription-removed'
  | 'master'
  | 'bridge-started'
  | 'bridge-stopped'
  | 'forward-failed'
>

export const WATCHED: Readonly<Record<WatchedKind, Watched>> = {
  'message-delivered': { bit: 1, name: 'MessageDelivered', allowed: 'advisoryForDelivery' },
  'message-dispatched': { bit: 2, name: 'MessageDispatched', allowed: 'advisoryForDispatched' },
  'message-consumed': { bit: 4, name: 'MessageConsumed', allowed: 'advisoryForConsumed' },
  'message-discarded': { bit: 8, name: 'MessageDiscarded', allowed: 'advisoryForDiscardingMessages' },
  'message-expired': { bit: 16, name: 'Expired', allowed: null },
  'message-dead-lettered': { bit: 32, name: 'MessageDLQd', allowed: null },
  'no-consumer': { bit: 64, name: 'NoConsumer', allowed: 'sendAdvisoryIfNoConsumers' },
  'slow-consumer': { bit: 128, name: 'SlowConsumer', allowed: 'advisoryForSlowConsumers' },
  'fast-producer': { bit: 256, name: 'FastProducer', allowed: 'advisoryForFastProducers' },
  full: { bit: 512, name: 'FULL', allowed: 'advisoryWhenFull' },
}

export const WATCHED_KINDS: readonly WatchedKind[] = Object.keys(WATCHED) as WatchedKind[]

/** The topics of all destinations of one kind. */
export const DESTINATION_TOPICS: Readonly<Record<DestinationKind, string>> = {
  [DestinationKind.Queue]: 'Queue',
  [DestinationKind.Topic]: 'Topic',
  [DestinationKind.TempQueue]: 'TempQueue',
  [DestinationKind.TempTopic]: 'TempTopic',
}

/** The name of the topic about one destination, behind the prefix. A comma would make a composite of it. */
export function topicAbout(what: string, destination: Destination): string {
  return `${what}.${destination.queue ? 'Queue' : 'Topic'}.${destination.name.replaceAll(',', '&sbquo;')}`
}

export function advisoryTopic(name: string): Destination {
  return new Destination(DestinationKind.Topic, ADVISORY_PREFIX + name)
}

/** Whether a part of what a consumer asks for may cover advisory topics. */
export function coversAdvisories(part: Destination): boolean {
  if (part.kind !== DestinationKind.Topic) return false
  if (part.name.startsWith(ADVISORY_PREFIX)) return true
  if (!part.pattern) return false
  const [first, second = '>'] = part.name.split('.')
  if (first === '>') return true
  return (first === '*' || first === 'ActiveMQ') && (second === '>' || second === '*' || second === 'Advisory')
}

/** The bits of the watched kinds that such a part may ask for; a pattern that does not say asks for all. */
export function watchedBy(part: Destination): number {
  if (!coversAdvisories(part)) return 0
  const [, , third = '>'] = part.name.split('.')
  const all = third === '>' || third === '*'
  let bits = 0
  for (const kind of WATCHED_KINDS) if (all || WATCHED[kind].name === third) bits |= WATCHED[kind].bit
  return bits
}

/** The names of all topics about one destination, for when it goes. */
export function topicsAbout(destination: Destination): string[] {
  const names = WATCHED_KINDS.map((kind) => WATCHED[kind].name)
  return ['Consumer', 'Producer', ...names].map((name) => topicAbout(name, destination))
}

/** What an advisory message has as properties, besides where it comes from. The misspelt names are on the wire. */
export function propertiesOf(advisory: Advisory): [string, string | number | bigint | boolean][] {
  switch (advisory.kind) {
    case 'consumer-added':
    case 'consumer-removed':
    case 'subscription-removed':
      return [['consumerCount', advisory.count]]
    case 'producer-added':
    case 'producer-removed':
      return [['producerCount', advisory.count]]
    case 'message-expired':
      return [['orignalMessageId', advisory.message.id]]
    case 'message-delivered':
      return identity(advisory.message.id, advisory.destination)
    case 'message-dispatched':
    case 'message-consumed':
      return [...identity(advisory.message.id, advisory.destination), ['consumerId', advisory.consumerId ?? '']]
    case 'message-discarded':
      return [
        ...identity(advisory.message.id, advisory.destination),
        ['consumerId', advisory.consumerId ?? ''],
        ['discardedCount', advisory.discardedCount],
      ]
    case 'slow-consumer':
      return [['consumerId', advisory.consumer.consumerId]]
    case 'fast-producer':
      return [['producerId', advisory.producer.producerId]]
    case 'full':
      return [
        ['usageName', advisory.usageName],
        ['usageCount', BigInt(Math.trunc(advisory.usageCount))],
      ]
    case 'bridge-started':
    case 'bridge-stopped': {
      const { createdByDuplex, remoteAddress } = advisory.bridge
      const started = advisory.kind === 'bridge-started'
      const properties: [string, string | boolean][] = [
        ['started', started],
        ['createdByDuplex', createdByDuplex],
      ]
      return remoteAddress === null ? properties : [...properties, ['remoteIp', remoteAddress]]
    }
    case 'forward-failed':
      return [['cause', advisory.cause]]
    default:
      return []
  }
}

function identity(messageId: string, destination: Destination): [string, string][] {
  return [
    ['orignalMessageId', messageId],
    ['orignalDestination', destination.text],
  ]
}
