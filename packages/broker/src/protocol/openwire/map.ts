import {
  ActiveMQBlobMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  DataType,
  MessageDispatch,
  MessageId,
  type OpenWireMessage,
} from '@millrace/openwire'
import type { Entry } from '../../core/broker.ts'
import type { Destination } from '../../message/destination.ts'
import { Message, type MessageKind, timeOf } from '../../message/message.ts'
import { writeAdvisory } from './advisories.ts'
import { type Identities, type WireDestination, writeDestinationOrNull } from './identities.ts'

/** The type codes of messages are 23 to 29, in the order of our kinds. */
const KIND_OFFSET = DataType.ActiveMQMessage

const PRIORITY_MAX = 9

/**
 * Command to message. Properties and body are still views of the chunk; the core copies them when it keeps the message.
 * What only brokers may say (the path, its times, who alone may get it) is not taken from a client. `producerId` is the
 * text of the producer in the message id: behind a bridge that is not the one that sends.
 */
export function readMessage(
  command: OpenWireMessage,
  to: Destination,
  producerId: string,
  transactionId: string | null,
  known: Identities,
): Message {
  const id = command.messageId
  const message = new Message(to, producerId, id === null ? 0 : timeOf(id.producerSequenceId))
  message.kind = (command.dataType - KIND_OFFSET) as MessageKind
  if (command.originalDestination !== null) message.originalDestination = known.destination(command.originalDestination)
  if (id !== null) message.textId = id.textView
  message.persistent = command.persistent
  message.priority = Math.min(Math.max(command.priority, 0), PRIORITY_MAX)
  message.expiration = timeOf(command.expiration)
  message.timestamp = timeOf(command.timestamp)
  message.correlationId = command.correlationId
  if (command.replyTo !== null) message.replyTo = known.destination(command.replyTo)
  message.type = command.type
  message.groupId = command.groupID
  message.groupSequence = command.groupSequence
  message.userId = command.userID
  message.transactionId = transactionId
  message.compressed = command.compressed
  message.properties = command.marshalledProperties
  message.body = command.content
  if (command instanceof ActiveMQBlobMessage) {
    message.blob = { url: command.remoteBlobUrl, mimeType: command.mimeType, deletedByBroker: command.deletedByBroker }
  }
  return message
}

/** What a producer's window is charged, also for a message that is refused before it becomes one. */
export function sizeOf(command: OpenWireMessage): number {
  return 1024 + (command.marshalledProperties?.length ?? 0) + (command.content?.length ?? 0)
}

// Encoding is over when the call returns, so one command of each kind serves every dispatch of every connection.
const dispatch = new MessageDispatch()
const messageId = new MessageId()
const blob = new ActiveMQBlobMessage()
const messages: readonly OpenWireMessage[] = [
  new ActiveMQMessage(),
  new ActiveMQBytesMessage(),
  new ActiveMQMapMessage(),
  new ActiveMQObjectMessage(),
  new ActiveMQStreamMessage(),
  new ActiveMQTextMessage(),
  blob,
]

/** Entry to command. The result is valid until the next call. `to` is where the entry sits. */
export function writeDispatch(
  entry: Entry,
  consumerId: MessageDispatch['consumerId'],
  to: WireDestination,
  nowMs: number,
  known: Identities,
): MessageDispatch {
  const message = entry.message
  const command = messages[message.kind] as OpenWireMessage
  const producerId = known.producerId(message.producerId)
  messageId.textView = message.textId
  messageId.producerId = producerId
  messageId.producerSequenceId = message.producerSequence
  messageId.brokerSequenceId = entry.key
  command.producerId = producerId
  command.destination = to
  command.transactionId = message.transactionId === null ? null : known.transactionId(message.transactionId)
  command.originalDestination = writeDestinationOrNull(message.originalDestination)
  command.messageId = messageId
  command.groupID = message.groupId
  command.groupSequence = message.groupSequence
  command.jmsXGroupFirstForConsumer = entry.groupFirst
  command.correlationId = message.correlationId
  command.persistent = message.persistent
  command.expiration = message.expiration
  command.priority = message.priority
  command.replyTo = writeDestinationOrNull(message.replyTo)
  command.timestamp = message.timestamp
  command.type = message.type
  command.content = message.body
  command.marshalledProperties = message.properties
  command.dataStructure = message.advisory === null ? null : writeAdvisory(message.advisory)
  command.compressed = message.compressed
  command.redeliveryCounter = entry.redeliveries
  command.userID = message.userId
  command.brokerInTime = message.brokerInTime
  command.brokerOutTime = nowMs
  if (message.blob !== null) {
    blob.remoteBlobUrl = message.blob.url
    blob.mimeType = message.blob.mimeType
    blob.deletedByBroker = message.blob.deletedByBroker
  }
  dispatch.consumerId = consumerId
  dispatch.destination = to
  dispatch.message = command
  dispatch.redeliveryCounter = entry.redeliveries
  return dispatch
}

/** The end of browsing, or a pull that found nothing. */
export function writeExhausted(consumerId: MessageDispatch['consumerId']): MessageDispatch {
  dispatch.consumerId = consumerId
  dispatch.destination = null
  dispatch.message = null
  dispatch.redeliveryCounter = 0
  return dispatch
}
