import {
  ActiveMQBlobMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  BrokerId,
  BrokerInfo,
  connectionIdOf,
  ConnectionInfo,
  ConsumerInfo,
  type DataStructure,
  DestinationInfo,
  DestinationOperation,
  LastDelivered,
  MessageId,
  type OpenWireMessage,
  parseConsumerId,
  parseProducerId,
  ProducerInfo,
  RemoveInfo,
  RemoveSubscriptionInfo,
} from '@millrace/openwire'
import type {
  Advisory,
  BridgeDescription,
  ConnectionDescription,
  ConsumerDescription,
  ProducerDescription,
} from '../../message/advisory.ts'
import type { Destination } from '../../message/destination.ts'
import type { Message } from '../../message/message.ts'
import { writeDestination, writeDestinationOrNull } from './identities.ts'

/** What an advisory tells, as the command that a client would have sent, or as the message; null: its topic says it all. */
export function writeAdvisory(advisory: Advisory): DataStructure | null {
  switch (advisory.kind) {
    case 'destination-added':
      return destinationInfo(advisory.destination, advisory.connectionId, DestinationOperation.Add)
    case 'destination-removed':
      return destinationInfo(advisory.destination, advisory.connectionId, DestinationOperation.Remove)
    case 'consumer-added':
      return consumerInfo(advisory.consumer, advisory.destination)
    case 'slow-consumer':
      return consumerInfo(advisory.consumer, advisory.consumer.destination)
    case 'consumer-removed':
      return removeInfo(parseConsumerId(advisory.consumer.consumerId))
    case 'subscription-removed': {
      const info = new RemoveSubscriptionInfo()
      info.clientId = advisory.clientId
      info.subscriptionName = advisory.subscriptionName
      return info
    }
    case 'producer-added':
      return producerInfo(advisory.producer, advisory.destination)
    case 'fast-producer':
      return producerInfo(advisory.producer, advisory.producer.destination)
    case 'producer-removed':
      return removeInfo(parseProducerId(advisory.producer.producerId))
    case 'connection-added':
      return connectionInfo(advisory.connection)
    case 'connection-removed':
      return removeInfo(connectionIdOf(advisory.connection.connectionId))
    case 'message-delivered':
    case 'message-dispatched':
    case 'message-consumed':
    case 'message-discarded':
    case 'message-expired':
    case 'message-dead-lettered':
    case 'no-consumer':
    case 'forward-failed':
      return messageOf(advisory.message)
    case 'bridge-started':
    case 'bridge-stopped':
      return brokerInfo(advisory.bridge)
    case 'full':
    case 'master':
      return null
  }
}

function destinationInfo(destination: Destination, connection: string | null, operation: number): DestinationInfo {
  const info = new DestinationInfo()
  info.connectionId = connection === null ? null : connectionIdOf(connection)
  info.destination = writeDestination(destination)
  info.operationType = operation
  return info
}

function connectionInfo(connection: ConnectionDescription): ConnectionInfo {
  const info = new ConnectionInfo()
  info.connectionId = connectionIdOf(connection.connectionId)
  info.clientId = connection.clientId
  info.userName = connection.userName
  info.password = ''
  info.clientIp = connection.peerAddress
  info.failoverReconnect = connection.reconnected
  info.manageable = true
  return info
}

function consumerInfo(consumer: ConsumerDescription, destination: Destination): ConsumerInfo {
  const info = new ConsumerInfo()
  info.consumerId = parseConsumerId(consumer.consumerId)
  info.clientId = consumer.clientId
  info.destination = writeDestination(destination)
  info.prefetchSize = consumer.prefetch
  info.selector = consumer.selector
  info.noLocal = consumer.noLocal
  info.exclusive = consumer.exclusive
  info.retroactive = consumer.retroactive
  info.priority = consumer.priority
  info.subscriptionName = consumer.subscriptionName
  info.maximumPendingMessageLimit = consumer.maximumPendingMessages
  info.dispatchAsync = true
  return info
}

function producerInfo(producer: ProducerDescription, destination: Destination | null): ProducerInfo {
  const info = new ProducerInfo()
  info.producerId = parseProducerId(producer.producerId)
  info.destination = writeDestinationOrNull(destination)
  return info
}

function removeInfo(id: RemoveInfo['objectId']): RemoveInfo {
  const info = new RemoveInfo()
  info.objectId = id
  info.lastDeliveredSequenceId = LastDelivered.Unknown
  return info
}

function brokerInfo(bridge: BridgeDescription): BrokerInfo {
  const info = new BrokerInfo()
  info.brokerId = new BrokerId()
  info.brokerId.value = bridge.brokerId
  info.brokerName = bridge.brokerName
  info.brokerURL = bridge.brokerUrl
  return info
}

const KINDS: readonly (new () => OpenWireMessage)[] = [
  ActiveMQMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  ActiveMQBlobMessage,
]

/** One of its own for each: the message that carries it is encoded at the same time. */
function messageOf(message: Message): OpenWireMessage {
  const command = new (KINDS[message.kind] as new () => OpenWireMessage)()
  const producerId = parseProducerId(message.producerId)
  const id = new MessageId()
  id.textView = message.textId
  id.producerId = producerId
  id.producerSequenceId = message.producerSequence
  command.messageId = id
  command.producerId = producerId
  command.destination = writeDestination(message.destination)
  command.originalDestination = writeDestinationOrNull(message.originalDestination)
  command.persistent = message.persistent
  command.priority = message.priority
  command.expiration = message.expiration
  command.timestamp = message.timestamp
  command.correlationId = message.correlationId
  command.replyTo = writeDestinationOrNull(message.replyTo)
  command.type = message.type
  command.groupID = message.groupId
  command.groupSequence = message.groupSequence
  command.userID = message.userId
  command.brokerInTime = message.brokerInTime
  command.marshalledProperties = message.properties
  command.content = message.body
  command.compressed = message.compressed
  return command
}
