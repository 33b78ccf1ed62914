// Written by scripts/generate.mjs from schema.json; change those, not this.

import { Buffer } from 'node:buffer'
import type { ByteReader, ByteWriter } from '@millrace/base'
import {
  type Inbound,
  type Outbound,
  requireCount,
  requireVersion,
  unexpectedType,
  unknownStructure,
  unknownType,
  writeConstant,
} from './link.ts'
import { cacheKey } from './object-cache.ts'
import {
  type DataStructure,
  type Destination,
  type OpenWireMessage,
  type ObjectId,
  type TransactionId,
  WireFormatInfo,
  BrokerInfo,
  ConnectionInfo,
  SessionInfo,
  ConsumerInfo,
  ProducerInfo,
  TransactionInfo,
  DestinationInfo,
  RemoveSubscriptionInfo,
  KeepAliveInfo,
  ShutdownInfo,
  RemoveInfo,
  ControlCommand,
  FlushCommand,
  ConnectionError,
  ConsumerControl,
  ConnectionControl,
  ProducerAck,
  MessagePull,
  MessageDispatch,
  MessageAck,
  ActiveMQMessage,
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQObjectMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
  ActiveMQBlobMessage,
  Response,
  ExceptionResponse,
  DataResponse,
  DataArrayResponse,
  IntegerResponse,
  DiscoveryEvent,
  JournalTopicAck,
  JournalQueueAck,
  JournalTrace,
  JournalTransaction,
  SubscriptionInfo,
  PartialCommand,
  LastPartialCommand,
  ReplayCommand,
  MessageDispatchNotification,
  NetworkBridgeFilter,
  BrokerSubscriptionInfo,
  ActiveMQQueue,
  ActiveMQTopic,
  ActiveMQTempQueue,
  ActiveMQTempTopic,
  MessageId,
  LocalTransactionId,
  XATransactionId,
  ConnectionId,
  SessionId,
  ConsumerId,
  ProducerId,
  BrokerId,
} from './structures.ts'
import {
  readBytes,
  readIdBytes,
  readLong,
  readNameOrNull,
  readString,
  readThrowable,
  readView,
  refuseReadyMade,
  writeBytes,
  writeLong,
  writeString,
  writeThrowable,
} from './tight.ts'

function readWireFormatInfo(reader: ByteReader, link: Inbound): WireFormatInfo {
  const it = new WireFormatInfo()
  it.magic = Buffer.from(reader.view(8))
  it.version = reader.int()
  it.marshalledProperties = readBytes(reader, link)
  return it
}

function readBrokerInfo(reader: ByteReader, link: Inbound): BrokerInfo {
  const it = new BrokerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.brokerId = readCachedBrokerId(reader, link)
  it.brokerURL = readString(reader, link)
  it.peerBrokerInfos = readBrokerInfoArray(reader, link)
  it.brokerName = readString(reader, link)
  it.slaveBroker = link.bit()
  it.masterBroker = link.bit()
  it.faultTolerantConfiguration = link.bit()
  if (version >= 2) {
    it.duplexConnection = link.bit()
    it.networkConnection = link.bit()
    it.connectionId = readLong(reader, link)
  }
  if (version >= 3) {
    it.brokerUploadUrl = readString(reader, link)
    it.networkProperties = readString(reader, link)
  }
  return it
}

function readConnectionInfo(reader: ByteReader, link: Inbound): ConnectionInfo {
  const it = new ConnectionInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.connectionId = readCachedConnectionId(reader, link)
  it.clientId = readString(reader, link)
  it.password = readString(reader, link)
  it.userName = readString(reader, link)
  it.brokerPath = readBrokerIdArray(reader, link)
  it.brokerMasterConnector = link.bit()
  it.manageable = link.bit()
  if (version >= 2) {
    it.clientMaster = link.bit()
  }
  if (version >= 6) {
    it.faultTolerant = link.bit()
    it.failoverReconnect = link.bit()
  }
  if (version >= 8) {
    it.clientIp = readString(reader, link)
  }
  return it
}

function readSessionInfo(reader: ByteReader, link: Inbound): SessionInfo {
  const it = new SessionInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.sessionId = readCachedSessionId(reader, link)
  return it
}

function readConsumerInfo(reader: ByteReader, link: Inbound): ConsumerInfo {
  const it = new ConsumerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.consumerId = readCachedConsumerId(reader, link)
  it.browser = link.bit()
  it.destination = readCachedDestination(reader, link)
  it.prefetchSize = reader.int()
  it.maximumPendingMessageLimit = reader.int()
  it.dispatchAsync = link.bit()
  it.selector = readString(reader, link)
  if (version >= 10) {
    it.clientId = readString(reader, link)
  }
  it.subscriptionName = readString(reader, link)
  it.noLocal = link.bit()
  it.exclusive = link.bit()
  it.retroactive = link.bit()
  it.priority = reader.signedByte()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.additionalPredicate = readNetworkBridgeFilterOrNull(reader, link)
  it.networkSubscription = link.bit()
  it.optimizedAcknowledge = link.bit()
  it.noRangeAcks = link.bit()
  if (version >= 4) {
    it.networkConsumerPath = readConsumerIdArray(reader, link)
  }
  return it
}

function readProducerInfo(reader: ByteReader, link: Inbound): ProducerInfo {
  const it = new ProducerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.brokerPath = readBrokerIdArray(reader, link)
  if (version >= 2) {
    it.dispatchAsync = link.bit()
  }
  if (version >= 3) {
    it.windowSize = reader.int()
  }
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

function readDestinationInfo(reader: ByteReader, link: Inbound): DestinationInfo {
  const it = new DestinationInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.connectionId = readCachedConnectionId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.operationType = reader.signedByte()
  it.timeout = readLong(reader, link)
  it.brokerPath = readBrokerIdArray(reader, link)
  return it
}

function readRemoveSubscriptionInfo(reader: ByteReader, link: Inbound): RemoveSubscriptionInfo {
  const it = new RemoveSubscriptionInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.connectionId = readCachedConnectionId(reader, link)
  it.subscriptionName = readString(reader, link)
  it.clientId = readString(reader, link)
  return it
}

function readKeepAliveInfo(reader: ByteReader, link: Inbound): KeepAliveInfo {
  const it = new KeepAliveInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  return it
}

function readShutdownInfo(reader: ByteReader, link: Inbound): ShutdownInfo {
  const it = new ShutdownInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  return it
}

function readRemoveInfo(reader: ByteReader, link: Inbound): RemoveInfo {
  const it = new RemoveInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.objectId = readCachedObjectId(reader, link)
  if (version >= 5) {
    it.lastDeliveredSequenceId = readLong(reader, link)
  }
  return it
}

function readControlCommand(reader: ByteReader, link: Inbound): ControlCommand {
  const it = new ControlCommand()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.command = readString(reader, link)
  return it
}

function readFlushCommand(reader: ByteReader, link: Inbound): FlushCommand {
  const it = new FlushCommand()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  return it
}

function readConnectionError(reader: ByteReader, link: Inbound): ConnectionError {
  const it = new ConnectionError()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.exception = readThrowable(reader, link)
  it.connectionId = readConnectionIdOrNull(reader, link)
  return it
}

function readConsumerControl(reader: ByteReader, link: Inbound): ConsumerControl {
  const it = new ConsumerControl()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  if (version >= 6) {
    it.destination = readDestinationOrNull(reader, link)
  }
  it.close = link.bit()
  it.consumerId = readConsumerIdOrNull(reader, link)
  it.prefetch = reader.int()
  if (version >= 2) {
    it.flush = link.bit()
    it.start = link.bit()
    it.stop = link.bit()
  }
  return it
}

function readConnectionControl(reader: ByteReader, link: Inbound): ConnectionControl {
  const it = new ConnectionControl()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.close = link.bit()
  it.exit = link.bit()
  it.faultTolerant = link.bit()
  it.resume = link.bit()
  it.suspend = link.bit()
  if (version >= 6) {
    it.connectedBrokers = readString(reader, link)
    it.reconnectTo = readString(reader, link)
    it.rebalanceConnection = link.bit()
  }
  if (version >= 8) {
    it.token = readBytes(reader, link)
  }
  return it
}

function readProducerAck(reader: ByteReader, link: Inbound): ProducerAck {
  const it = new ProducerAck()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.producerId = readProducerIdOrNull(reader, link)
  it.size = reader.int()
  return it
}

function readMessagePull(reader: ByteReader, link: Inbound): MessagePull {
  const it = new MessagePull()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.consumerId = readCachedConsumerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.timeout = readLong(reader, link)
  if (version >= 3) {
    it.correlationId = readString(reader, link)
    it.messageId = readMessageIdOrNull(reader, link)
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
    it.poisonCause = readThrowable(reader, link)
  }
  return it
}

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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  if (version >= 2) {
    it.droppable = link.bit()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
    it.brokerInTime = readLong(reader, link)
    it.brokerOutTime = readLong(reader, link)
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  return it
}

function readActiveMQBlobMessage(reader: ByteReader, link: Inbound): ActiveMQBlobMessage {
  const it = new ActiveMQBlobMessage()
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
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = link.bit()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = readLong(reader, link)
  it.userID = readString(reader, link)
  it.recievedByDFBridge = link.bit()
  it.droppable = link.bit()
  it.cluster = readBrokerIdArray(reader, link)
  it.brokerInTime = readLong(reader, link)
  it.brokerOutTime = readLong(reader, link)
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = link.bit()
  }
  it.remoteBlobUrl = readString(reader, link)
  it.mimeType = readString(reader, link)
  it.deletedByBroker = link.bit()
  return it
}

function readResponse(reader: ByteReader, link: Inbound): Response {
  const it = new Response()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  return it
}

function readExceptionResponse(reader: ByteReader, link: Inbound): ExceptionResponse {
  const it = new ExceptionResponse()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  it.exception = readThrowable(reader, link)
  return it
}

function readDataResponse(reader: ByteReader, link: Inbound): DataResponse {
  const it = new DataResponse()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  it.data = readDataStructureOrNull(reader, link)
  return it
}

function readDataArrayResponse(reader: ByteReader, link: Inbound): DataArrayResponse {
  const it = new DataArrayResponse()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  it.data = readDataStructureArray(reader, link)
  return it
}

function readIntegerResponse(reader: ByteReader, link: Inbound): IntegerResponse {
  const it = new IntegerResponse()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.correlationId = reader.int()
  it.result = reader.int()
  return it
}

function readDiscoveryEvent(reader: ByteReader, link: Inbound): DiscoveryEvent {
  const it = new DiscoveryEvent()
  it.serviceName = readString(reader, link)
  it.brokerName = readString(reader, link)
  return it
}

function readJournalTopicAck(reader: ByteReader, link: Inbound): JournalTopicAck {
  const it = new JournalTopicAck()
  it.destination = readDestinationOrNull(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.messageSequenceId = readLong(reader, link)
  it.subscriptionName = readString(reader, link)
  it.clientId = readString(reader, link)
  it.transactionId = readTransactionIdOrNull(reader, link)
  return it
}

function readJournalQueueAck(reader: ByteReader, link: Inbound): JournalQueueAck {
  const it = new JournalQueueAck()
  it.destination = readDestinationOrNull(reader, link)
  it.messageAck = readMessageAckOrNull(reader, link)
  return it
}

function readJournalTrace(reader: ByteReader, link: Inbound): JournalTrace {
  const it = new JournalTrace()
  it.message = readString(reader, link)
  return it
}

function readJournalTransaction(reader: ByteReader, link: Inbound): JournalTransaction {
  const it = new JournalTransaction()
  it.transactionId = readTransactionIdOrNull(reader, link)
  it.type = reader.signedByte()
  it.wasPrepared = link.bit()
  return it
}

function readSubscriptionInfo(reader: ByteReader, link: Inbound): SubscriptionInfo {
  const it = new SubscriptionInfo()
  const version = link.version
  it.clientId = readString(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.selector = readString(reader, link)
  it.subscriptionName = readString(reader, link)
  if (version >= 3) {
    it.subscribedDestination = readDestinationOrNull(reader, link)
  }
  if (version >= 11) {
    it.noLocal = link.bit()
  }
  return it
}

function readPartialCommand(reader: ByteReader, link: Inbound): PartialCommand {
  const it = new PartialCommand()
  it.commandId = reader.int()
  it.data = readBytes(reader, link)
  return it
}

function readLastPartialCommand(reader: ByteReader, link: Inbound): LastPartialCommand {
  const it = new LastPartialCommand()
  it.commandId = reader.int()
  it.data = readBytes(reader, link)
  return it
}

function readReplayCommand(reader: ByteReader, link: Inbound): ReplayCommand {
  const it = new ReplayCommand()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.firstNakNumber = reader.int()
  it.lastNakNumber = reader.int()
  return it
}

function readMessageDispatchNotification(reader: ByteReader, link: Inbound): MessageDispatchNotification {
  const it = new MessageDispatchNotification()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.consumerId = readCachedConsumerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.deliverySequenceId = readLong(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  return it
}

function readNetworkBridgeFilter(reader: ByteReader, link: Inbound): NetworkBridgeFilter {
  const it = new NetworkBridgeFilter()
  const version = link.version
  if (version <= 9) {
    it.networkTTL = reader.int()
  }
  it.networkBrokerId = readCachedBrokerId(reader, link)
  if (version >= 10) {
    it.messageTTL = reader.int()
    it.consumerTTL = reader.int()
  }
  return it
}

function readBrokerSubscriptionInfo(reader: ByteReader, link: Inbound): BrokerSubscriptionInfo {
  const it = new BrokerSubscriptionInfo()
  it.commandId = reader.int()
  it.responseRequired = link.bit()
  it.brokerId = readBrokerIdOrNull(reader, link)
  it.brokerName = readString(reader, link)
  it.subscriptionInfos = readConsumerInfoArray(reader, link)
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

function readXATransactionId(reader: ByteReader, link: Inbound): XATransactionId {
  const it = new XATransactionId()
  it.formatId = reader.int()
  it.globalTransactionId = readIdBytes(reader, link)
  it.branchQualifier = readIdBytes(reader, link)
  return it
}

function readConnectionId(reader: ByteReader, link: Inbound): ConnectionId {
  const it = new ConnectionId()
  it.value = readNameOrNull(reader, link)
  return it
}

function readSessionId(reader: ByteReader, link: Inbound): SessionId {
  const it = new SessionId()
  it.connectionId = readNameOrNull(reader, link)
  it.value = readLong(reader, link)
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

function readBrokerId(reader: ByteReader, link: Inbound): BrokerId {
  const it = new BrokerId()
  it.value = readNameOrNull(reader, link)
  return it
}

function readNetworkBridgeFilterOrNull(reader: ByteReader, link: Inbound): NetworkBridgeFilter | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 91) throw unexpectedType(type, 'NetworkBridgeFilter')
  const it = readNetworkBridgeFilter(reader, link)
  return it
}

function readConnectionIdOrNull(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 120) throw unexpectedType(type, 'ConnectionId')
  const it = readConnectionId(reader, link)
  return it
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
      throw unexpectedType(type, 'Destination')
  }
  return it
}

function readConsumerIdOrNull(reader: ByteReader, link: Inbound): ConsumerId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 122) throw unexpectedType(type, 'ConsumerId')
  const it = readConsumerId(reader, link)
  return it
}

function readProducerIdOrNull(reader: ByteReader, link: Inbound): ProducerId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 123) throw unexpectedType(type, 'ProducerId')
  const it = readProducerId(reader, link)
  return it
}

function readMessageIdOrNull(reader: ByteReader, link: Inbound): MessageId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 110) throw unexpectedType(type, 'MessageId')
  const it = readMessageId(reader, link)
  return it
}

function readOpenWireMessageOrNull(reader: ByteReader, link: Inbound): OpenWireMessage | null {
  if (!link.bit()) return null
  const type = reader.byte()
  refuseReadyMade(link)
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
    case 29:
      if (link.version < 3) throw unknownType(type, link.version)
      it = readActiveMQBlobMessage(reader, link)
      break
    default:
      throw unexpectedType(type, 'OpenWireMessage')
  }
  link.leave()
  return it
}

function readDataStructureOrNull(reader: ByteReader, link: Inbound): DataStructure | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (
    type === 1 ||
    type === 23 ||
    type === 24 ||
    type === 25 ||
    type === 26 ||
    type === 27 ||
    type === 28 ||
    type === 29
  )
    refuseReadyMade(link)
  link.enter()
  const it = readTight(type, reader, link)
  link.leave()
  return it
}

function readTransactionIdOrNull(reader: ByteReader, link: Inbound): TransactionId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  let it: TransactionId
  switch (type) {
    case 111:
      it = readLocalTransactionId(reader, link)
      break
    case 112:
      it = readXATransactionId(reader, link)
      break
    default:
      throw unexpectedType(type, 'TransactionId')
  }
  return it
}

function readMessageAckOrNull(reader: ByteReader, link: Inbound): MessageAck | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 22) throw unexpectedType(type, 'MessageAck')
  const it = readMessageAck(reader, link)
  return it
}

function readBrokerIdOrNull(reader: ByteReader, link: Inbound): BrokerId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 124) throw unexpectedType(type, 'BrokerId')
  const it = readBrokerId(reader, link)
  return it
}

function readSessionIdOrNull(reader: ByteReader, link: Inbound): SessionId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 121) throw unexpectedType(type, 'SessionId')
  const it = readSessionId(reader, link)
  return it
}

function readObjectIdOrNull(reader: ByteReader, link: Inbound): ObjectId | null {
  if (!link.bit()) return null
  const type = reader.byte()
  let it: ObjectId
  switch (type) {
    case 120:
      it = readConnectionId(reader, link)
      break
    case 121:
      it = readSessionId(reader, link)
      break
    case 122:
      it = readConsumerId(reader, link)
      break
    case 123:
      it = readProducerId(reader, link)
      break
    default:
      throw unexpectedType(type, 'ObjectId')
  }
  return it
}

function readBrokerInfoOrNull(reader: ByteReader, link: Inbound): BrokerInfo | null {
  if (!link.bit()) return null
  const type = reader.byte()
  link.enter()
  if (type !== 2) throw unexpectedType(type, 'BrokerInfo')
  const it = readBrokerInfo(reader, link)
  link.leave()
  return it
}

function readConsumerInfoOrNull(reader: ByteReader, link: Inbound): ConsumerInfo | null {
  if (!link.bit()) return null
  const type = reader.byte()
  if (type !== 5) throw unexpectedType(type, 'ConsumerInfo')
  const it = readConsumerInfo(reader, link)
  return it
}

function readCachedBrokerId(reader: ByteReader, link: Inbound): BrokerId | null {
  const cache = link.cache
  if (cache === null) return readBrokerIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readBrokerIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 124) throw unexpectedType(it.dataType, 'BrokerId')
  return it
}

function readCachedConnectionId(reader: ByteReader, link: Inbound): ConnectionId | null {
  const cache = link.cache
  if (cache === null) return readConnectionIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readConnectionIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 120) throw unexpectedType(it.dataType, 'ConnectionId')
  return it
}

function readCachedSessionId(reader: ByteReader, link: Inbound): SessionId | null {
  const cache = link.cache
  if (cache === null) return readSessionIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readSessionIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 121) throw unexpectedType(it.dataType, 'SessionId')
  return it
}

function readCachedConsumerId(reader: ByteReader, link: Inbound): ConsumerId | null {
  const cache = link.cache
  if (cache === null) return readConsumerIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readConsumerIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 122) throw unexpectedType(it.dataType, 'ConsumerId')
  return it
}

function readCachedDestination(reader: ByteReader, link: Inbound): Destination | null {
  const cache = link.cache
  if (cache === null) return readDestinationOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readDestinationOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 100 && it.dataType !== 101 && it.dataType !== 102 && it.dataType !== 103)
    throw unexpectedType(it.dataType, 'Destination')
  return it
}

function readCachedProducerId(reader: ByteReader, link: Inbound): ProducerId | null {
  const cache = link.cache
  if (cache === null) return readProducerIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readProducerIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 123) throw unexpectedType(it.dataType, 'ProducerId')
  return it
}

function readCachedTransactionId(reader: ByteReader, link: Inbound): TransactionId | null {
  const cache = link.cache
  if (cache === null) return readTransactionIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readTransactionIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 111 && it.dataType !== 112) throw unexpectedType(it.dataType, 'TransactionId')
  return it
}

function readCachedObjectId(reader: ByteReader, link: Inbound): ObjectId | null {
  const cache = link.cache
  if (cache === null) return readObjectIdOrNull(reader, link)
  const fresh = link.bit()
  const slot = reader.short()
  if (fresh) {
    const it = readObjectIdOrNull(reader, link)
    cache.store(slot, it)
    return it
  }
  const it = cache.load(slot)
  if (it === null) return null
  if (it.dataType !== 120 && it.dataType !== 121 && it.dataType !== 122 && it.dataType !== 123)
    throw unexpectedType(it.dataType, 'ObjectId')
  return it
}

function readBrokerInfoArray(reader: ByteReader, link: Inbound): (BrokerInfo | null)[] | null {
  if (!link.bit()) return null
  const count = link.countBits(reader.short())
  const them: (BrokerInfo | null)[] = []
  for (let i = 0; i < count; i++) them.push(readBrokerInfoOrNull(reader, link))
  return them
}

function readBrokerIdArray(reader: ByteReader, link: Inbound): (BrokerId | null)[] | null {
  if (!link.bit()) return null
  const count = link.countBits(reader.short())
  const them: (BrokerId | null)[] = []
  for (let i = 0; i < count; i++) them.push(readBrokerIdOrNull(reader, link))
  return them
}

function readConsumerIdArray(reader: ByteReader, link: Inbound): (ConsumerId | null)[] | null {
  if (!link.bit()) return null
  const count = link.countBits(reader.short())
  const them: (ConsumerId | null)[] = []
  for (let i = 0; i < count; i++) them.push(readConsumerIdOrNull(reader, link))
  return them
}

function readDataStructureArray(reader: ByteReader, link: Inbound): (DataStructure | null)[] | null {
  if (!link.bit()) return null
  const count = link.countBits(reader.short())
  const them: (DataStructure | null)[] = []
  for (let i = 0; i < count; i++) them.push(readDataStructureOrNull(reader, link))
  return them
}

function readConsumerInfoArray(reader: ByteReader, link: Inbound): (ConsumerInfo | null)[] | null {
  if (!link.bit()) return null
  const count = link.countBits(reader.short())
  const them: (ConsumerInfo | null)[] = []
  for (let i = 0; i < count; i++) them.push(readConsumerInfoOrNull(reader, link))
  return them
}

/** The fields of the outermost structure of a frame, whose type code has been read. */
export function readTight(type: number, reader: ByteReader, link: Inbound): DataStructure {
  switch (type) {
    case 1:
      return readWireFormatInfo(reader, link)
    case 2:
      return readBrokerInfo(reader, link)
    case 3:
      return readConnectionInfo(reader, link)
    case 4:
      return readSessionInfo(reader, link)
    case 5:
      return readConsumerInfo(reader, link)
    case 6:
      return readProducerInfo(reader, link)
    case 7:
      return readTransactionInfo(reader, link)
    case 8:
      return readDestinationInfo(reader, link)
    case 9:
      return readRemoveSubscriptionInfo(reader, link)
    case 10:
      return readKeepAliveInfo(reader, link)
    case 11:
      return readShutdownInfo(reader, link)
    case 12:
      return readRemoveInfo(reader, link)
    case 14:
      return readControlCommand(reader, link)
    case 15:
      return readFlushCommand(reader, link)
    case 16:
      return readConnectionError(reader, link)
    case 17:
      return readConsumerControl(reader, link)
    case 18:
      return readConnectionControl(reader, link)
    case 19:
      if (link.version >= 3) return readProducerAck(reader, link)
      break
    case 20:
      if (link.version >= 2) return readMessagePull(reader, link)
      break
    case 21:
      return readMessageDispatch(reader, link)
    case 22:
      return readMessageAck(reader, link)
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
    case 29:
      if (link.version >= 3) return readActiveMQBlobMessage(reader, link)
      break
    case 30:
      return readResponse(reader, link)
    case 31:
      return readExceptionResponse(reader, link)
    case 32:
      return readDataResponse(reader, link)
    case 33:
      return readDataArrayResponse(reader, link)
    case 34:
      return readIntegerResponse(reader, link)
    case 40:
      return readDiscoveryEvent(reader, link)
    case 50:
      return readJournalTopicAck(reader, link)
    case 52:
      return readJournalQueueAck(reader, link)
    case 53:
      return readJournalTrace(reader, link)
    case 54:
      return readJournalTransaction(reader, link)
    case 55:
      return readSubscriptionInfo(reader, link)
    case 60:
      return readPartialCommand(reader, link)
    case 61:
      return readLastPartialCommand(reader, link)
    case 65:
      return readReplayCommand(reader, link)
    case 90:
      return readMessageDispatchNotification(reader, link)
    case 91:
      return readNetworkBridgeFilter(reader, link)
    case 92:
      if (link.version >= 12) return readBrokerSubscriptionInfo(reader, link)
      break
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
    case 112:
      return readXATransactionId(reader, link)
    case 120:
      return readConnectionId(reader, link)
    case 121:
      return readSessionId(reader, link)
    case 122:
      return readConsumerId(reader, link)
    case 123:
      return readProducerId(reader, link)
    case 124:
      return readBrokerId(reader, link)
  }
  throw unknownType(type, link.version)
}

function writeWireFormatInfo(it: WireFormatInfo, writer: ByteWriter, link: Outbound): void {
  writeConstant(it.magic, 8, writer)
  writer.int(it.version)
  writeBytes(it.marshalledProperties, writer, link)
}

function writeBrokerInfo(it: BrokerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedBrokerId(it.brokerId, writer, link)
  writeString(it.brokerURL, writer, link)
  writeBrokerInfoArray(it.peerBrokerInfos, writer, link)
  writeString(it.brokerName, writer, link)
  link.bit(it.slaveBroker)
  link.bit(it.masterBroker)
  link.bit(it.faultTolerantConfiguration)
  if (version >= 2) {
    link.bit(it.duplexConnection)
    link.bit(it.networkConnection)
    writeLong(it.connectionId, writer, link)
  }
  if (version >= 3) {
    writeString(it.brokerUploadUrl, writer, link)
    writeString(it.networkProperties, writer, link)
  }
}

function writeConnectionInfo(it: ConnectionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeString(it.clientId, writer, link)
  writeString(it.password, writer, link)
  writeString(it.userName, writer, link)
  writeBrokerIdArray(it.brokerPath, writer, link)
  link.bit(it.brokerMasterConnector)
  link.bit(it.manageable)
  if (version >= 2) {
    link.bit(it.clientMaster)
  }
  if (version >= 6) {
    link.bit(it.faultTolerant)
    link.bit(it.failoverReconnect)
  }
  if (version >= 8) {
    writeString(it.clientIp, writer, link)
  }
}

function writeSessionInfo(it: SessionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedSessionId(it.sessionId, writer, link)
}

function writeConsumerInfo(it: ConsumerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  link.bit(it.browser)
  writeCachedDestination(it.destination, writer, link)
  writer.int(it.prefetchSize)
  writer.int(it.maximumPendingMessageLimit)
  link.bit(it.dispatchAsync)
  writeString(it.selector, writer, link)
  if (version >= 10) {
    writeString(it.clientId, writer, link)
  }
  writeString(it.subscriptionName, writer, link)
  link.bit(it.noLocal)
  link.bit(it.exclusive)
  link.bit(it.retroactive)
  writer.byte(it.priority)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeNetworkBridgeFilterOrNull(it.additionalPredicate, writer, link)
  link.bit(it.networkSubscription)
  link.bit(it.optimizedAcknowledge)
  link.bit(it.noRangeAcks)
  if (version >= 4) {
    writeConsumerIdArray(it.networkConsumerPath, writer, link)
  }
}

function writeProducerInfo(it: ProducerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeBrokerIdArray(it.brokerPath, writer, link)
  if (version >= 2) {
    link.bit(it.dispatchAsync)
  }
  if (version >= 3) {
    writer.int(it.windowSize)
  }
}

function writeTransactionInfo(it: TransactionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writer.byte(it.type)
}

function writeDestinationInfo(it: DestinationInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writer.byte(it.operationType)
  writeLong(it.timeout, writer, link)
  writeBrokerIdArray(it.brokerPath, writer, link)
}

function writeRemoveSubscriptionInfo(it: RemoveSubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeString(it.subscriptionName, writer, link)
  writeString(it.clientId, writer, link)
}

function writeKeepAliveInfo(it: KeepAliveInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
}

function writeShutdownInfo(it: ShutdownInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
}

function writeRemoveInfo(it: RemoveInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedObjectId(it.objectId, writer, link)
  if (version >= 5) {
    writeLong(it.lastDeliveredSequenceId, writer, link)
  }
}

function writeControlCommand(it: ControlCommand, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeString(it.command, writer, link)
}

function writeFlushCommand(it: FlushCommand, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
}

function writeConnectionError(it: ConnectionError, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeThrowable(it.exception, writer, link)
  writeConnectionIdOrNull(it.connectionId, writer, link)
}

function writeConsumerControl(it: ConsumerControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  if (version >= 6) {
    writeDestinationOrNull(it.destination, writer, link)
  }
  link.bit(it.close)
  writeConsumerIdOrNull(it.consumerId, writer, link)
  writer.int(it.prefetch)
  if (version >= 2) {
    link.bit(it.flush)
    link.bit(it.start)
    link.bit(it.stop)
  }
}

function writeConnectionControl(it: ConnectionControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  link.bit(it.close)
  link.bit(it.exit)
  link.bit(it.faultTolerant)
  link.bit(it.resume)
  link.bit(it.suspend)
  if (version >= 6) {
    writeString(it.connectedBrokers, writer, link)
    writeString(it.reconnectTo, writer, link)
    link.bit(it.rebalanceConnection)
  }
  if (version >= 8) {
    writeBytes(it.token, writer, link)
  }
}

function writeProducerAck(it: ProducerAck, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeProducerIdOrNull(it.producerId, writer, link)
  writer.int(it.size)
}

function writeMessagePull(it: MessagePull, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeLong(it.timeout, writer, link)
  if (version >= 3) {
    writeString(it.correlationId, writer, link)
    writeMessageIdOrNull(it.messageId, writer, link)
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
    writeThrowable(it.poisonCause, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  if (version >= 2) {
    link.bit(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
    writeLong(it.brokerInTime, writer, link)
    writeLong(it.brokerOutTime, writer, link)
  }
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQBlobMessage(it: ActiveMQBlobMessage, writer: ByteWriter, link: Outbound): void {
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
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  link.bit(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeLong(it.arrival, writer, link)
  writeString(it.userID, writer, link)
  link.bit(it.recievedByDFBridge)
  link.bit(it.droppable)
  writeBrokerIdArray(it.cluster, writer, link)
  writeLong(it.brokerInTime, writer, link)
  writeLong(it.brokerOutTime, writer, link)
  if (version >= 10) {
    link.bit(it.jmsXGroupFirstForConsumer)
  }
  writeString(it.remoteBlobUrl, writer, link)
  writeString(it.mimeType, writer, link)
  link.bit(it.deletedByBroker)
}

function writeResponse(it: Response, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
}

function writeExceptionResponse(it: ExceptionResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
  writeThrowable(it.exception, writer, link)
}

function writeDataResponse(it: DataResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
  writeDataStructureOrNull(it.data, writer, link)
}

function writeDataArrayResponse(it: DataArrayResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
  writeDataStructureArray(it.data, writer, link)
}

function writeIntegerResponse(it: IntegerResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.correlationId)
  writer.int(it.result)
}

function writeDiscoveryEvent(it: DiscoveryEvent, writer: ByteWriter, link: Outbound): void {
  writeString(it.serviceName, writer, link)
  writeString(it.brokerName, writer, link)
}

function writeJournalTopicAck(it: JournalTopicAck, writer: ByteWriter, link: Outbound): void {
  writeDestinationOrNull(it.destination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeLong(it.messageSequenceId, writer, link)
  writeString(it.subscriptionName, writer, link)
  writeString(it.clientId, writer, link)
  writeTransactionIdOrNull(it.transactionId, writer, link)
}

function writeJournalQueueAck(it: JournalQueueAck, writer: ByteWriter, link: Outbound): void {
  writeDestinationOrNull(it.destination, writer, link)
  writeMessageAckOrNull(it.messageAck, writer, link)
}

function writeJournalTrace(it: JournalTrace, writer: ByteWriter, link: Outbound): void {
  writeString(it.message, writer, link)
}

function writeJournalTransaction(it: JournalTransaction, writer: ByteWriter, link: Outbound): void {
  writeTransactionIdOrNull(it.transactionId, writer, link)
  writer.byte(it.type)
  link.bit(it.wasPrepared)
}

function writeSubscriptionInfo(it: SubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writeString(it.clientId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeString(it.selector, writer, link)
  writeString(it.subscriptionName, writer, link)
  if (version >= 3) {
    writeDestinationOrNull(it.subscribedDestination, writer, link)
  }
  if (version >= 11) {
    link.bit(it.noLocal)
  }
}

function writePartialCommand(it: PartialCommand, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writeBytes(it.data, writer, link)
}

function writeLastPartialCommand(it: LastPartialCommand, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writeBytes(it.data, writer, link)
}

function writeReplayCommand(it: ReplayCommand, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writer.int(it.firstNakNumber)
  writer.int(it.lastNakNumber)
}

function writeMessageDispatchNotification(it: MessageDispatchNotification, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeLong(it.deliverySequenceId, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
}

function writeNetworkBridgeFilter(it: NetworkBridgeFilter, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  if (version <= 9) {
    writer.int(it.networkTTL)
  }
  writeCachedBrokerId(it.networkBrokerId, writer, link)
  if (version >= 10) {
    writer.int(it.messageTTL)
    writer.int(it.consumerTTL)
  }
}

function writeBrokerSubscriptionInfo(it: BrokerSubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  link.bit(it.responseRequired)
  writeBrokerIdOrNull(it.brokerId, writer, link)
  writeString(it.brokerName, writer, link)
  writeConsumerInfoArray(it.subscriptionInfos, writer, link)
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

function writeXATransactionId(it: XATransactionId, writer: ByteWriter, link: Outbound): void {
  writer.int(it.formatId)
  writeBytes(it.globalTransactionId, writer, link)
  writeBytes(it.branchQualifier, writer, link)
}

function writeConnectionId(it: ConnectionId, writer: ByteWriter, link: Outbound): void {
  writeString(it.value, writer, link)
}

function writeSessionId(it: SessionId, writer: ByteWriter, link: Outbound): void {
  writeString(it.connectionId, writer, link)
  writeLong(it.value, writer, link)
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

function writeBrokerId(it: BrokerId, writer: ByteWriter, link: Outbound): void {
  writeString(it.value, writer, link)
}

function writeNetworkBridgeFilterOrNull(it: NetworkBridgeFilter | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeNetworkBridgeFilter(it, writer, link)
}

function writeConnectionIdOrNull(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeConnectionId(it, writer, link)
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
      it satisfies never
      throw unknownStructure(it)
  }
}

function writeConsumerIdOrNull(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeConsumerId(it, writer, link)
}

function writeProducerIdOrNull(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeProducerId(it, writer, link)
}

function writeMessageIdOrNull(it: MessageId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeMessageId(it, writer, link)
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
    case 29:
      requireVersion(it, 3, link)
      writeActiveMQBlobMessage(it, writer, link)
      return
    default:
      it satisfies never
      throw unknownStructure(it)
  }
}

function writeDataStructureOrNull(it: DataStructure | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  if (
    it.dataType === 1 ||
    it.dataType === 23 ||
    it.dataType === 24 ||
    it.dataType === 25 ||
    it.dataType === 26 ||
    it.dataType === 27 ||
    it.dataType === 28 ||
    it.dataType === 29
  )
    link.bit(false) // Not ready made.
  writer.byte(it.dataType)
  writeTight(it, writer, link)
}

function writeTransactionIdOrNull(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  switch (it.dataType) {
    case 111:
      writeLocalTransactionId(it, writer, link)
      return
    case 112:
      writeXATransactionId(it, writer, link)
      return
    default:
      it satisfies never
      throw unknownStructure(it)
  }
}

function writeMessageAckOrNull(it: MessageAck | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeMessageAck(it, writer, link)
}

function writeBrokerIdOrNull(it: BrokerId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeBrokerId(it, writer, link)
}

function writeSessionIdOrNull(it: SessionId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeSessionId(it, writer, link)
}

function writeObjectIdOrNull(it: ObjectId | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  switch (it.dataType) {
    case 120:
      writeConnectionId(it, writer, link)
      return
    case 121:
      writeSessionId(it, writer, link)
      return
    case 122:
      writeConsumerId(it, writer, link)
      return
    case 123:
      writeProducerId(it, writer, link)
      return
    default:
      it satisfies never
      throw unknownStructure(it)
  }
}

function writeBrokerInfoOrNull(it: BrokerInfo | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeBrokerInfo(it, writer, link)
}

function writeConsumerInfoOrNull(it: ConsumerInfo | null, writer: ByteWriter, link: Outbound): void {
  link.bit(it !== null)
  if (it === null) return
  writer.byte(it.dataType)
  writeConsumerInfo(it, writer, link)
}

function writeCachedBrokerId(it: BrokerId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeBrokerIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeBrokerIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedConnectionId(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeConnectionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeConnectionIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedSessionId(it: SessionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeSessionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeSessionIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedConsumerId(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeConsumerIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeConsumerIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedDestination(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeDestinationOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeDestinationOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedProducerId(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeProducerIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeProducerIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedTransactionId(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeTransactionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeTransactionIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeCachedObjectId(it: ObjectId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeObjectIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  link.bit(slot === undefined)
  if (slot !== undefined) {
    writer.short(slot)
    return
  }
  const at = writer.length
  writer.short(0)
  writeObjectIdOrNull(it, writer, link)
  writer.shortAt(at, cache.add(key))
}

function writeBrokerInfoArray(them: (BrokerInfo | null)[] | null, writer: ByteWriter, link: Outbound): void {
  link.bit(them !== null)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeBrokerInfoOrNull(it, writer, link)
}

function writeBrokerIdArray(them: (BrokerId | null)[] | null, writer: ByteWriter, link: Outbound): void {
  link.bit(them !== null)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeBrokerIdOrNull(it, writer, link)
}

function writeConsumerIdArray(them: (ConsumerId | null)[] | null, writer: ByteWriter, link: Outbound): void {
  link.bit(them !== null)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeConsumerIdOrNull(it, writer, link)
}

function writeDataStructureArray(them: (DataStructure | null)[] | null, writer: ByteWriter, link: Outbound): void {
  link.bit(them !== null)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeDataStructureOrNull(it, writer, link)
}

function writeConsumerInfoArray(them: (ConsumerInfo | null)[] | null, writer: ByteWriter, link: Outbound): void {
  link.bit(them !== null)
  if (them === null) return
  writer.short(requireCount(them.length))
  for (const it of them) writeConsumerInfoOrNull(it, writer, link)
}

/** The fields of a structure, without its type code. */
export function writeTight(it: DataStructure, writer: ByteWriter, link: Outbound): void {
  switch (it.dataType) {
    case 1:
      writeWireFormatInfo(it, writer, link)
      return
    case 2:
      writeBrokerInfo(it, writer, link)
      return
    case 3:
      writeConnectionInfo(it, writer, link)
      return
    case 4:
      writeSessionInfo(it, writer, link)
      return
    case 5:
      writeConsumerInfo(it, writer, link)
      return
    case 6:
      writeProducerInfo(it, writer, link)
      return
    case 7:
      writeTransactionInfo(it, writer, link)
      return
    case 8:
      writeDestinationInfo(it, writer, link)
      return
    case 9:
      writeRemoveSubscriptionInfo(it, writer, link)
      return
    case 10:
      writeKeepAliveInfo(it, writer, link)
      return
    case 11:
      writeShutdownInfo(it, writer, link)
      return
    case 12:
      writeRemoveInfo(it, writer, link)
      return
    case 14:
      writeControlCommand(it, writer, link)
      return
    case 15:
      writeFlushCommand(it, writer, link)
      return
    case 16:
      writeConnectionError(it, writer, link)
      return
    case 17:
      writeConsumerControl(it, writer, link)
      return
    case 18:
      writeConnectionControl(it, writer, link)
      return
    case 19:
      requireVersion(it, 3, link)
      writeProducerAck(it, writer, link)
      return
    case 20:
      requireVersion(it, 2, link)
      writeMessagePull(it, writer, link)
      return
    case 21:
      writeMessageDispatch(it, writer, link)
      return
    case 22:
      writeMessageAck(it, writer, link)
      return
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
    case 29:
      requireVersion(it, 3, link)
      writeActiveMQBlobMessage(it, writer, link)
      return
    case 30:
      writeResponse(it, writer, link)
      return
    case 31:
      writeExceptionResponse(it, writer, link)
      return
    case 32:
      writeDataResponse(it, writer, link)
      return
    case 33:
      writeDataArrayResponse(it, writer, link)
      return
    case 34:
      writeIntegerResponse(it, writer, link)
      return
    case 40:
      writeDiscoveryEvent(it, writer, link)
      return
    case 50:
      writeJournalTopicAck(it, writer, link)
      return
    case 52:
      writeJournalQueueAck(it, writer, link)
      return
    case 53:
      writeJournalTrace(it, writer, link)
      return
    case 54:
      writeJournalTransaction(it, writer, link)
      return
    case 55:
      writeSubscriptionInfo(it, writer, link)
      return
    case 60:
      writePartialCommand(it, writer, link)
      return
    case 61:
      writeLastPartialCommand(it, writer, link)
      return
    case 65:
      writeReplayCommand(it, writer, link)
      return
    case 90:
      writeMessageDispatchNotification(it, writer, link)
      return
    case 91:
      writeNetworkBridgeFilter(it, writer, link)
      return
    case 92:
      requireVersion(it, 12, link)
      writeBrokerSubscriptionInfo(it, writer, link)
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
    case 112:
      writeXATransactionId(it, writer, link)
      return
    case 120:
      writeConnectionId(it, writer, link)
      return
    case 121:
      writeSessionId(it, writer, link)
      return
    case 122:
      writeConsumerId(it, writer, link)
      return
    case 123:
      writeProducerId(it, writer, link)
      return
    case 124:
      writeBrokerId(it, writer, link)
      return
    default:
      it satisfies never
      throw unknownStructure(it)
  }
}
