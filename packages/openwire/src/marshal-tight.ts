// Written by scripts/generate.mjs from schema.json; change those, not this.

import type { ByteReader, ByteWriter } from '@millrace/base'
import {
  type Encoding,
  readArray,
  readCached,
  readLayout,
  readObject,
  readThrowable,
  writeArray,
  writeCached,
  writeLayout,
  writeObject,
  writeThrowable,
} from './layout.ts'
import { type Inbound, type Outbound, readyMade, unexpectedType } from './link.ts'
import {
  type DataStructure,
  type Destination,
  type OpenWireMessage,
  type TransactionId,
  type BrokerId,
  ActiveMQMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  MessageDispatch,
  MessageAck,
  Response,
  TransactionInfo,
  ActiveMQQueue,
  ActiveMQTopic,
  ActiveMQTempQueue,
  ActiveMQTempTopic,
  MessageId,
  LocalTransactionId,
  ConnectionId,
  ConsumerId,
  ProducerId,
} from './structures.ts'
import { readLong, readNameOrNull, readString, readView, writeBytes, writeLong, writeString } from './tight.ts'

function readActiveMQMessage(reader: ByteReader, link: Inbound): ActiveMQMessage {
  const it = new ActiveMQMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQBytesMessage(reader: ByteReader, link: Inbound): ActiveMQBytesMessage {
  const it = new ActiveMQBytesMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQMapMessage(reader: ByteReader, link: Inbound): ActiveMQMapMessage {
  const it = new ActiveMQMapMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQObjectMessage(reader: ByteReader, link: Inbound): ActiveMQObjectMessage {
  const it = new ActiveMQObjectMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQStreamMessage(reader: ByteReader, link: Inbound): ActiveMQStreamMessage {
  const it = new ActiveMQStreamMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQTextMessage(reader: ByteReader, link: Inbound): ActiveMQTextMessage {
  const it = new ActiveMQTextMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader, link)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader, link)
  it.persistent = link.bit()
  it.expiration = readLong(reader, link)
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = readLong(reader, link)
  it.type = readString(reader, link)
  it.content = readView(reader, link)
  it.marshalledProperties = readView(reader, link)
  it.dataStructure = readObject(reader, link, TIGHT, 1, 124) as DataStructure | null
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readArray(reader, link, TIGHT, 124, 124) as (BrokerId | null)[] | null
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readMessageDispatch(reader: ByteReader, link: Inbound): MessageDispatch {
  const it = new MessageDispatch()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.consumerId = readCachedConsumerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.message = readOpenWireMessageOrNull(reader, link)
  it.redeliveryCounter = reader.int()
  return it
}

function readMessageAck(reader: ByteReader, link: Inbound): MessageAck {
  const it = new MessageAck()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.consumerId = readCachedConsumerId(reader, link)
  it.ackType = reader.signedByte()
  it.firstMessageId = readMessageIdOrNull(reader, link)
  it.lastMessageId = readMessageIdOrNull(reader, link)
  it.messageCount = reader.int()
  if (version >= 7) {
    it.poisonCause = readThrowable(reader, link, TIGHT)
  }
  return it
}

function readResponse(reader: ByteReader, link: Inbound): Response {
  const it = new Response()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  return it
}

function readTransactionInfo(reader: ByteReader, link: Inbound): TransactionInfo {
  const it = new TransactionInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.connectionId = readCachedConnectionId(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.type = reader.signedByte()
  return it
}

function readActiveMQQueue(reader: ByteReader, link: Inbound): ActiveMQQueue {
  const it = new ActiveMQQueue()
  it.physicalName = readNameOrNull(reader, link)
  return it
}

function readActiveMQTopic(reader: ByteReader, link: Inbound): ActiveMQTopic {
  const it = new ActiveMQTopic()
  it.physicalName = readNameOrNull(reader, link)
  return it
}

function readActiveMQTempQueue(reader: ByteReader, link: Inbound): ActiveMQTempQueue {
  const it = new ActiveMQTempQueue()
  it.physicalName = readNameOrNull(reader, link)
  return it
}

function readActiveMQTempTopic(reader: ByteReader, link: Inbound): ActiveMQTempTopic {
  const it = new ActiveMQTempTopic()
  it.physicalName = readNameOrNull(reader, link)
  return it
}

function readMessageId(reader: ByteReader, link: Inbound): MessageId {
  const it = new MessageId()
  const version = link.version
  if (version >= 10) {
    it.textView = readString(reader, link)
  }
  it.producerId = readCachedProducerId(reader, link)
  it.producerSequenceId = readLong(reader, link)
  it.brokerSequenceId = readLong(reader, link)
  return it
}

function readLocalTransactionId(reader: ByteReader, link: Inbound): LocalTransactionId {
  const it = new LocalTransactionId()
  it.value = readLong(reader, link)
  it.connectionId = readCachedConnectionId(reader, link)
  return it
}

function readConnectionId(reader: ByteReader, link: Inbound): ConnectionId {
  const it = new ConnectionId()
  it.value = readNameOrNull(reader, link)
  return it
}

function readConsumerId(reader: ByteReader, link: Inbound): ConsumerId {
  const it = new ConsumerId()
  it.connectionId = readNameOrNull(reader, link)
  it.sessionId = readLong(reader, link)
  it.value = readLong(reader, link)
  return it
}

function readProducerId(reader: ByteReader, link: Inbound): ProducerId {
  const it = new ProducerId()
  it.connectionId = readNameOrNull(reader, link)
  it.value = readLong(reader, link)
  it.sessionId = readLong(reader, link)
  return it
}

function readMessageIdOrNull(reader: ByteReader, link: Inbound): MessageId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 110) throw unexpectedType(type, 110, 110)
  return readMessageId(reader, link)
}

function readDestinationOrNull(reader: ByteReader, link: Inbound): Destination | null {
  if (!link.bit()) return null
  const type = reader.byte()
  let it: Destination
  switch (type) {
    case 100:
      it = readActiveMQQueue(reader, link)
      break
    case 101:
      it = readActiveMQTopic(reader, link)
      break
    case 102:
      it = readActiveMQTempQueue(reader, link)
      break
    case 103:
      it = readActiveMQTempTopic(reader, link)
      break
    default:
      throw unexpectedType(type, 100, 103)
  }
  return it
}

function readOpenWireMessageOrNull(reader: ByteReader, link: Inbound): OpenWireMessage | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type < 23 || type > 29) throw unexpectedType(type, 23, 29)
  if (link.bit()) throw readyMade()
  link.enter()
  let it: OpenWireMessage
  switch (type) {
    case 23:
      it = readActiveMQMessage(reader, link)
      break
    case 24:
      it = readActiveMQBytesMessage(reader, link)
      break
    case 25:
      it = readActiveMQMapMessage(reader, link)
      break
    case 26:
      it = readActiveMQObjectMessage(reader, link)
      break
    case 27:
      it = readActiveMQStreamMessage(reader, link)
      break
    case 28:
      it = readActiveMQTextMessage(reader, link)
      break
    default:
      if (type < 23 || type > 29) throw unexpectedType(type, 23, 29)
      it = readLayout(type, reader, link, TIGHT) as OpenWireMessage
  }
  link.leave()
  return it
}

function readProducerIdOrNull(reader: ByteReader, link: Inbound): ProducerId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 123) throw unexpectedType(type, 123, 123)
  return readProducerId(reader, link)
}

function readTransactionIdOrNull(reader: ByteReader, link: Inbound): TransactionId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  let it: TransactionId
  switch (type) {
    case 111:
      it = readLocalTransactionId(reader, link)
      break
    default:
      if (type < 111 || type > 112) throw unexpectedType(type, 111, 112)
      it = readLayout(type, reader, link, TIGHT) as TransactionId
  }
  return it
}

function readConsumerIdOrNull(reader: ByteReader, link: Inbound): ConsumerId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 122) throw unexpectedType(type, 122, 122)
  return readConsumerId(reader, link)
}

function readConnectionIdOrNull(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 120) throw unexpectedType(type, 120, 120)
  return readConnectionId(reader, link)
}

function readCachedProducerId(reader: ByteReader, link: Inbound): ProducerId | null {
  if (link.cache === null) return readProducerIdOrNull(reader, link)
  return readCached(reader, link, TIGHT, 123, 123) as ProducerId | null
}

function readCachedDestination(reader: ByteReader, link: Inbound): Destination | null {
  if (link.cache === null) return readDestinationOrNull(reader, link)
  return readCached(reader, link, TIGHT, 100, 103) as Destination | null
}

function readCachedTransactionId(reader: ByteReader, link: Inbound): TransactionId | null {
  if (link.cache === null) return readTransactionIdOrNull(reader, link)
  return readCached(reader, link, TIGHT, 111, 112) as TransactionId | null
}

function readCachedConsumerId(reader: ByteReader, link: Inbound): ConsumerId | null {
  if (link.cache === null) return readConsumerIdOrNull(reader, link)
  return readCached(reader, link, TIGHT, 122, 122) as ConsumerId | null
}

function readCachedConnectionId(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (link.cache === null) return readConnectionIdOrNull(reader, link)
  return readCached(reader, link, TIGHT, 120, 120) as ConnectionId | null
}

/** The fields of a structure whose type code has been read. */
export function readTight(type: number, reader: ByteReader, link: Inbound): DataStructure {
  switch (type) {
    case 23:
      return readActiveMQMessage(reader, link)
    case 24:
      return readActiveMQBytesMessage(reader, link)
    case 25:
      return readActiveMQMapMessage(reader, link)
    case 26:
      return readActiveMQObjectMessage(reader, link)
    case 27:
      return readActiveMQStreamMessage(reader, link)
    case 28:
      return readActiveMQTextMessage(reader, link)
    case 21:
      return readMessageDispatch(reader, link)
    case 22:
      return readMessageAck(reader, link)
    case 30:
      return readResponse(reader, link)
    case 7:
      return readTransactionInfo(reader, link)
    case 100:
      return readActiveMQQueue(reader, link)
    case 101:
      return readActiveMQTopic(reader, link)
    case 102:
      return readActiveMQTempQueue(reader, link)
    case 103:
      return readActiveMQTempTopic(reader, link)
    case 110:
      return readMessageId(reader, link)
    case 111:
      return readLocalTransactionId(reader, link)
    case 120:
      return readConnectionId(reader, link)
    case 122:
      return readConsumerId(reader, link)
    case 123:
      return readProducerId(reader, link)
    default:
      return readLayout(type, reader, link, TIGHT)
  }
}

function writeActiveMQMessage(it: ActiveMQMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQBytesMessage(it: ActiveMQBytesMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQMapMessage(it: ActiveMQMapMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQObjectMessage(it: ActiveMQObjectMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQStreamMessage(it: ActiveMQStreamMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQTextMessage(it: ActiveMQTextMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer, link)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer, link)
  link.bit(it.persistent)
  writeLong(it.expiration, writer, link)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writeLong(it.timestamp, writer, link)
  writeString(it.type, writer, link)
  writeBytes(it.content, writer, link)
  writeBytes(it.marshalledProperties, writer, link)
  writeObject(it.dataStructure, writer, link, TIGHT, 1, 124)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeArray(it.brokerPath, writer, link, TIGHT, 124, 124)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeArray(it.cluster, writer, link, TIGHT, 124, 124)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeMessageDispatch(it: MessageDispatch, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeOpenWireMessageOrNull(it.message, writer, link)
  writer.int(it.redeliveryCounter)
}

function writeMessageAck(it: MessageAck, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedConsumerId(it.consumerId, writer, link)
  writer.byte(it.ackType)
  writeMessageIdOrNull(it.firstMessageId, writer, link)
  writeMessageIdOrNull(it.lastMessageId, writer, link)
  writer.int(it.messageCount)
  if (version >= 7) {
    writeThrowable(it.poisonCause, writer, link, TIGHT)
  }
}

function writeResponse(it: Response, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
}

function writeTransactionInfo(it: TransactionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writer.byte(it.type)
}

function writeActiveMQQueue(it: ActiveMQQueue, writer: ByteWriter, link: Outbound): void {
  writeString(it.physicalName, writer, link)
}

function writeActiveMQTopic(it: ActiveMQTopic, writer: ByteWriter, link: Outbound): void {
  writeString(it.physicalName, writer, link)
}

function writeActiveMQTempQueue(it: ActiveMQTempQueue, writer: ByteWriter, link: Outbound): void {
  writeString(it.physicalName, writer, link)
}

function writeActiveMQTempTopic(it: ActiveMQTempTopic, writer: ByteWriter, link: Outbound): void {
  writeString(it.physicalName, writer, link)
}

function writeMessageId(it: MessageId, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  if (version >= 10) {
    writeString(it.textView, writer, link)
  }
  writeCachedProducerId(it.producerId, writer, link)
  writeLong(it.producerSequenceId, writer, link)
  writeLong(it.brokerSequenceId, writer, link)
}

function writeLocalTransactionId(it: LocalTransactionId, writer: ByteWriter, link: Outbound): void {
  writeLong(it.value, writer, link)
  writeCachedConnectionId(it.connectionId, writer, link)
}

function writeConnectionId(it: ConnectionId, writer: ByteWriter, link: Outbound): void {
  writeString(it.value, writer, link)
}

function writeConsumerId(it: ConsumerId, writer: ByteWriter, link: Outbound): void {
  writeString(it.connectionId, writer, link)
  writeLong(it.sessionId, writer, link)
  writeLong(it.value, writer, link)
}

function writeProducerId(it: ProducerId, writer: ByteWriter, link: Outbound): void {
  writeString(it.connectionId, writer, link)
  writeLong(it.value, writer, link)
  writeLong(it.sessionId, writer, link)
}

function writeMessageIdOrNull(it: MessageId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(110)
  writeMessageId(it, writer, link)
}

function writeDestinationOrNull(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  switch (it.dataType) {
    case 100:
      writeActiveMQQueue(it, writer, link)
      return
    case 101:
      writeActiveMQTopic(it, writer, link)
      return
    case 102:
      writeActiveMQTempQueue(it, writer, link)
      return
    case 103:
      writeActiveMQTempTopic(it, writer, link)
      return
    default:
      writeLayout(it, writer, link, TIGHT)
  }
}

function writeOpenWireMessageOrNull(it: OpenWireMessage | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  link.bit(false) // Not ready made.
  writer.byte(it.dataType)
  switch (it.dataType) {
    case 23:
      writeActiveMQMessage(it, writer, link)
      return
    case 24:
      writeActiveMQBytesMessage(it, writer, link)
      return
    case 25:
      writeActiveMQMapMessage(it, writer, link)
      return
    case 26:
      writeActiveMQObjectMessage(it, writer, link)
      return
    case 27:
      writeActiveMQStreamMessage(it, writer, link)
      return
    case 28:
      writeActiveMQTextMessage(it, writer, link)
      return
    default:
      writeLayout(it, writer, link, TIGHT)
  }
}

function writeProducerIdOrNull(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(123)
  writeProducerId(it, writer, link)
}

function writeTransactionIdOrNull(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  switch (it.dataType) {
    case 111:
      writeLocalTransactionId(it, writer, link)
      return
    default:
      writeLayout(it, writer, link, TIGHT)
  }
}

function writeConsumerIdOrNull(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(122)
  writeConsumerId(it, writer, link)
}

function writeConnectionIdOrNull(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(120)
  writeConnectionId(it, writer, link)
}

function writeCachedProducerId(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeProducerIdOrNull(it, writer, link)
  else writeCached(it, writer, link, TIGHT, 123, 123)
}

function writeCachedDestination(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeDestinationOrNull(it, writer, link)
  else writeCached(it, writer, link, TIGHT, 100, 103)
}

function writeCachedTransactionId(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeTransactionIdOrNull(it, writer, link)
  else writeCached(it, writer, link, TIGHT, 111, 112)
}

function writeCachedConsumerId(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeConsumerIdOrNull(it, writer, link)
  else writeCached(it, writer, link, TIGHT, 122, 122)
}

function writeCachedConnectionId(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeConnectionIdOrNull(it, writer, link)
  else writeCached(it, writer, link, TIGHT, 120, 120)
}

/** The fields of a structure, without its type code. */
export function writeTight(it: DataStructure, writer: ByteWriter, link: Outbound): void {
  switch (it.dataType) {
    case 23:
      writeActiveMQMessage(it, writer, link)
      return
    case 24:
      writeActiveMQBytesMessage(it, writer, link)
      return
    case 25:
      writeActiveMQMapMessage(it, writer, link)
      return
    case 26:
      writeActiveMQObjectMessage(it, writer, link)
      return
    case 27:
      writeActiveMQStreamMessage(it, writer, link)
      return
    case 28:
      writeActiveMQTextMessage(it, writer, link)
      return
    case 21:
      writeMessageDispatch(it, writer, link)
      return
    case 22:
      writeMessageAck(it, writer, link)
      return
    case 30:
      writeResponse(it, writer, link)
      return
    case 7:
      writeTransactionInfo(it, writer, link)
      return
    case 100:
      writeActiveMQQueue(it, writer, link)
      return
    case 101:
      writeActiveMQTopic(it, writer, link)
      return
    case 102:
      writeActiveMQTempQueue(it, writer, link)
      return
    case 103:
      writeActiveMQTempTopic(it, writer, link)
      return
    case 110:
      writeMessageId(it, writer, link)
      return
    case 111:
      writeLocalTransactionId(it, writer, link)
      return
    case 120:
      writeConnectionId(it, writer, link)
      return
    case 122:
      writeConsumerId(it, writer, link)
      return
    case 123:
      writeProducerId(it, writer, link)
      return
    default:
      writeLayout(it, writer, link, TIGHT)
  }
}

const TIGHT: Encoding = {
  tight: true,
  readFlag: (_reader, link) => link.bit(),
  readLong,
  readString,
  readName: readNameOrNull,
  readStructure: readTight,
  writeFlag: (value, _writer, link) => link.bit(value),
  writeLong,
  writeString,
  writeName: writeString,
  writeStructure: writeTight,
}
