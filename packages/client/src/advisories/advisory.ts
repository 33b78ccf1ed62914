import { connectionIdText, consumerIdText, DataType, DestinationOperation, producerIdText } from '@millrace/openwire'
import { type Destination, destinationFromWire, Topic } from '../destination.ts'
import type { Message } from '../messages/message.ts'

/** What a broker tells on a topic below `ActiveMQ.Advisory.`. */
export type Advisory =
  | { readonly kind: 'destination'; readonly change: 'added' | 'removed'; readonly destination: Destination }
  | { readonly kind: 'connection'; readonly change: 'added' | 'removed'; readonly id: string }
  | {
      readonly kind: 'consumer' | 'producer'
      readonly change: 'added' | 'removed'
      readonly id: string
      /** How many of its destination there are now. */
      readonly count: number
    }
  /** Anything else: its properties and body tell. */
  | { readonly kind: 'other'; readonly topic: string; readonly message: Message }

const PREFIX = 'ActiveMQ.Advisory.'

/** The topic on which a broker tells of one destination's consumers, producers, slow consumers and so on. */
export function advisoryTopic(what: string, destination: Destination): Topic {
  const kind = destination.kind === 'queue' || destination.kind === 'temp-queue' ? 'Queue' : 'Topic'
  return new Topic(`${PREFIX}${what}.${kind}.${destination.name.replaceAll(',', '&sbquo;')}`)
}

/** The topic on which a broker tells of all destinations of these kinds. */
export function destinationAdvisories(...kinds: readonly ('Queue' | 'Topic' | 'TempQueue' | 'TempTopic')[]): Topic {
  return new Topic(kinds.map((kind) => PREFIX + kind).join(','))
}

/** Reads a message that came from an advisory topic. */
export function readAdvisory(message: Message): Advisory {
  const payload = message.wire.dataStructure
  const topic = message.jmsDestination?.name ?? ''
  switch (payload?.dataType) {
    case DataType.DestinationInfo:
      if (payload.destination === null) break
      return {
        kind: 'destination',
        change: payload.operationType === DestinationOperation.Remove ? 'removed' : 'added',
        destination: destinationFromWire(payload.destination),
      }
    case DataType.ConnectionInfo:
      if (payload.connectionId === null) break
      return { kind: 'connection', change: 'added', id: connectionIdText(payload.connectionId) }
    case DataType.ConsumerInfo:
      if (payload.consumerId === null || !topic.startsWith(`${PREFIX}Consumer.`)) break
      return { kind: 'consumer', change: 'added', id: consumerIdText(payload.consumerId), count: countOf(message) }
    case DataType.ProducerInfo:
      if (payload.producerId === null || !topic.startsWith(`${PREFIX}Producer.`)) break
      return { kind: 'producer', change: 'added', id: producerIdText(payload.producerId), count: countOf(message) }
    case DataType.RemoveInfo: {
      const id = payload.objectId
      const count = countOf(message)
      if (id?.dataType === DataType.ConnectionId)
        return { kind: 'connection', change: 'removed', id: connectionIdText(id) }
      if (id?.dataType === DataType.ConsumerId)
        return { kind: 'consumer', change: 'removed', id: consumerIdText(id), count }
      if (id?.dataType === DataType.ProducerId)
        return { kind: 'producer', change: 'removed', id: producerIdText(id), count }
      break
    }
    default:
      break
  }
  return { kind: 'other', topic, message }
}

function countOf(message: Message): number {
  return Number(message.getObjectProperty('consumerCount') ?? message.getObjectProperty('producerCount') ?? 0)
}
