import type {
  Advisory,
  BridgeDescription,
  ConnectionDescription,
  ConsumerDescription,
  ProducerDescription,
} from '../../../message/advisory.ts'
import { type Destination, DestinationKind } from '../../../message/destination.ts'
import { type Message, MessageKind } from '../../../message/message.ts'
import { escapeXml } from './xml.ts'

/*
 * What an advisory tells, under the name and with the fields of the command that a client would have sent:
 *
 *   {"ConnectionInfo":{"connectionId":{"value":"ID:…"},"clientId":"…",…}}
 *   <ConnectionInfo><connectionId><value>ID:…</value></connectionId>…</ConnectionInfo>
 */

type Fields = { readonly [name: string]: string | number | boolean | null | Fields }

interface Told {
  readonly name: string
  readonly fields: Fields
}

/** Null: its topic says it all. */
export function advisoryText(advisory: Advisory, xml: boolean): string | null {
  const told = tell(advisory)
  if (told === null) return null
  return xml ? elementOf(told.name, told.fields) : JSON.stringify({ [told.name]: told.fields })
}

function elementOf(name: string, value: Fields[string]): string {
  if (value === null) return `<${name}/>`
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`
  const inner = Object.entries(value).map(([field, one]) => elementOf(field, one))
  return `<${name}>${inner.join('')}</${name}>`
}

function tell(advisory: Advisory): Told | null {
  switch (advisory.kind) {
    case 'destination-added':
    case 'destination-removed':
      return destinationInfo(advisory.destination, advisory.connectionId, advisory.kind === 'destination-added' ? 0 : 1)
    case 'consumer-added':
      return consumerInfo(advisory.consumer, advisory.destination)
    case 'slow-consumer':
      return consumerInfo(advisory.consumer, advisory.consumer.destination)
    case 'consumer-removed':
      return { name: 'RemoveInfo', fields: { objectId: idOf(advisory.consumer.consumerId) } }
    case 'subscription-removed':
      return {
        name: 'RemoveSubscriptionInfo',
        fields: { clientId: advisory.clientId, subscriptionName: advisory.subscriptionName },
      }
    case 'producer-added':
      return producerInfo(advisory.producer, advisory.destination)
    case 'fast-producer':
      return producerInfo(advisory.producer, advisory.producer.destination)
    case 'producer-removed':
      return { name: 'RemoveInfo', fields: { objectId: idOf(advisory.producer.producerId) } }
    case 'connection-added':
      return connectionInfo(advisory.connection)
    case 'connection-removed':
      return { name: 'RemoveInfo', fields: { objectId: { value: advisory.connection.connectionId } } }
    case 'message-delivered':
    case 'message-dispatched':
    case 'message-consumed':
    case 'message-discarded':
    case 'message-expired':
    case 'message-dead-lettered':
    case 'no-consumer':
    case 'forward-failed':
      return messageInfo(advisory.message)
    case 'bridge-started':
    case 'bridge-stopped':
      return brokerInfo(advisory.bridge)
    case 'full':
    case 'master':
      return null
  }
}

function destinationInfo(destination: Destination, connectionId: string | null, operationType: number): Told {
  return {
    name: 'DestinationInfo',
    fields: {
      connectionId: connectionId === null ? null : { value: connectionId },
      destination: fieldsOf(destination),
      operationType,
    },
  }
}

function connectionInfo(connection: ConnectionDescription): Told {
  return {
    name: 'ConnectionInfo',
    fields: {
      connectionId: { value: connection.connectionId },
      clientId: connection.clientId,
      userName: connection.userName,
      clientIp: connection.peerAddress,
      failoverReconnect: connection.reconnected,
    },
  }
}

function consumerInfo(consumer: ConsumerDescription, destination: Destination): Told {
  return {
    name: 'ConsumerInfo',
    fields: {
      consumerId: idOf(consumer.consumerId),
      clientId: consumer.clientId,
      destination: fieldsOf(destination),
      prefetchSize: consumer.prefetch,
      maximumPendingMessageLimit: consumer.maximumPendingMessages,
      selector: consumer.selector,
      subscriptionName: consumer.subscriptionName,
      noLocal: consumer.noLocal,
      exclusive: consumer.exclusive,
      retroactive: consumer.retroactive,
      priority: consumer.priority,
    },
  }
}

function producerInfo(producer: ProducerDescription, destination: Destination | null): Told {
  return {
    name: 'ProducerInfo',
    fields: {
      producerId: idOf(producer.producerId),
      destination: destination === null ? null : fieldsOf(destination),
    },
  }
}

const MESSAGE_NAMES: Readonly<Record<MessageKind, string>> = {
  [MessageKind.Plain]: 'ActiveMQMessage',
  [MessageKind.Bytes]: 'ActiveMQBytesMessage',
  [MessageKind.Map]: 'ActiveMQMapMessage',
  [MessageKind.Object]: 'ActiveMQObjectMessage',
  [MessageKind.Stream]: 'ActiveMQStreamMessage',
  [MessageKind.Text]: 'ActiveMQTextMessage',
  [MessageKind.Blob]: 'ActiveMQBlobMessage',
}

/** Without its body: whoever wants that consumes the message. */
function messageInfo(message: Message): Told {
  return {
    name: MESSAGE_NAMES[message.kind],
    fields: {
      messageId: message.id,
      destination: fieldsOf(message.destination),
      originalDestination: message.originalDestination === null ? null : fieldsOf(message.originalDestination),
      persistent: message.persistent,
      priority: message.priority,
      expiration: message.expiration,
      timestamp: message.timestamp,
      correlationId: message.correlationId,
      replyTo: message.replyTo === null ? null : fieldsOf(message.replyTo),
      type: message.type,
      groupID: message.groupId,
      groupSequence: message.groupSequence,
      userID: message.userId,
    },
  }
}

function brokerInfo(bridge: BridgeDescription): Told {
  return {
    name: 'BrokerInfo',
    fields: { brokerId: { value: bridge.brokerId }, brokerName: bridge.brokerName, brokerURL: bridge.brokerUrl },
  }
}

const KINDS: Readonly<Record<DestinationKind, string>> = {
  [DestinationKind.Queue]: 'queue',
  [DestinationKind.Topic]: 'topic',
  [DestinationKind.TempQueue]: 'temp-queue',
  [DestinationKind.TempTopic]: 'temp-topic',
}

function fieldsOf(destination: Destination): Fields {
  return { kind: KINDS[destination.kind], physicalName: destination.name }
}

/** `connection:session:value`. */
function idOf(text: string): Fields {
  const [, connectionId, sessionId, value] = /^(.*):(-?\d+):(-?\d+)$/s.exec(text) ?? []
  if (connectionId === undefined) return { value: text }
  return { connectionId, sessionId: Number(sessionId), value: Number(value) }
}
