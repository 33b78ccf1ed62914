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
import {
  longAt,
  putLong,
  readBytes,
  readIdBytes,
  readNameOrNull,
  readString,
  readThrowable,
  readView,
  writeBytes,
  writeName,
  writeString,
  writeThrowable,
} from './loose.ts'
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

function readWireFormatInfo(reader: ByteReader, _link: Inbound): WireFormatInfo {
  const it = new WireFormatInfo()
  it.magic = Buffer.from(reader.view(8))
  it.version = reader.int()
  it.marshalledProperties = readBytes(reader)
  return it
}

function readBrokerInfo(reader: ByteReader, link: Inbound): BrokerInfo {
  const it = new BrokerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.brokerId = readCachedBrokerId(reader, link)
  it.brokerURL = readString(reader)
  it.peerBrokerInfos = readBrokerInfoArray(reader, link)
  it.brokerName = readString(reader)
  it.slaveBroker = reader.boolean()
  it.masterBroker = reader.boolean()
  it.faultTolerantConfiguration = reader.boolean()
  if (version >= 2) {
    it.duplexConnection = reader.boolean()
    it.networkConnection = reader.boolean()
    it.connectionId = reader.long()
  }
  if (version >= 3) {
    it.brokerUploadUrl = readString(reader)
    it.networkProperties = readString(reader)
  }
  return it
}

function readConnectionInfo(reader: ByteReader, link: Inbound): ConnectionInfo {
  const it = new ConnectionInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.connectionId = readCachedConnectionId(reader, link)
  it.clientId = readString(reader)
  it.password = readString(reader)
  it.userName = readString(reader)
  it.brokerPath = readBrokerIdArray(reader, link)
  it.brokerMasterConnector = reader.boolean()
  it.manageable = reader.boolean()
  if (version >= 2) {
    it.clientMaster = reader.boolean()
  }
  if (version >= 6) {
    it.faultTolerant = reader.boolean()
    it.failoverReconnect = reader.boolean()
  }
  if (version >= 8) {
    it.clientIp = readString(reader)
  }
  return it
}

function readSessionInfo(reader: ByteReader, link: Inbound): SessionInfo {
  const it = new SessionInfo()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.sessionId = readCachedSessionId(reader, link)
  return it
}

function readConsumerInfo(reader: ByteReader, link: Inbound): ConsumerInfo {
  const it = new ConsumerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.consumerId = readCachedConsumerId(reader, link)
  it.browser = reader.boolean()
  it.destination = readCachedDestination(reader, link)
  it.prefetchSize = reader.int()
  it.maximumPendingMessageLimit = reader.int()
  it.dispatchAsync = reader.boolean()
  it.selector = readString(reader)
  if (version >= 10) {
    it.clientId = readString(reader)
  }
  it.subscriptionName = readString(reader)
  it.noLocal = reader.boolean()
  it.exclusive = reader.boolean()
  it.retroactive = reader.boolean()
  it.priority = reader.signedByte()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.additionalPredicate = readNetworkBridgeFilterOrNull(reader, link)
  it.networkSubscription = reader.boolean()
  it.optimizedAcknowledge = reader.boolean()
  it.noRangeAcks = reader.boolean()
  if (version >= 4) {
    it.networkConsumerPath = readConsumerIdArray(reader, link)
  }
  return it
}

function readProducerInfo(reader: ByteReader, link: Inbound): ProducerInfo {
  const it = new ProducerInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.brokerPath = readBrokerIdArray(reader, link)
  if (version >= 2) {
    it.dispatchAsync = reader.boolean()
  }
  if (version >= 3) {
    it.windowSize = reader.int()
  }
  return it
}

function readTransactionInfo(reader: ByteReader, link: Inbound): TransactionInfo {
  const it = new TransactionInfo()
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(8)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readCachedConnectionId(reader, link)
    at = reader.ahead(2)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(1)
  }
  it.type = ((bytes[at] as number) << 24) >> 24
  at += 1
  reader.moveTo(at)
  return it
}

function readDestinationInfo(reader: ByteReader, link: Inbound): DestinationInfo {
  const it = new DestinationInfo()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.connectionId = readCachedConnectionId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.operationType = reader.signedByte()
  it.timeout = reader.long()
  it.brokerPath = readBrokerIdArray(reader, link)
  return it
}

function readRemoveSubscriptionInfo(reader: ByteReader, link: Inbound): RemoveSubscriptionInfo {
  const it = new RemoveSubscriptionInfo()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.connectionId = readCachedConnectionId(reader, link)
  it.subscriptionName = readString(reader)
  it.clientId = readString(reader)
  return it
}

function readKeepAliveInfo(reader: ByteReader, _link: Inbound): KeepAliveInfo {
  const it = new KeepAliveInfo()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  return it
}

function readShutdownInfo(reader: ByteReader, _link: Inbound): ShutdownInfo {
  const it = new ShutdownInfo()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  return it
}

function readRemoveInfo(reader: ByteReader, link: Inbound): RemoveInfo {
  const it = new RemoveInfo()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.objectId = readCachedObjectId(reader, link)
  if (version >= 5) {
    it.lastDeliveredSequenceId = reader.long()
  }
  return it
}

function readControlCommand(reader: ByteReader, _link: Inbound): ControlCommand {
  const it = new ControlCommand()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.command = readString(reader)
  return it
}

function readFlushCommand(reader: ByteReader, _link: Inbound): FlushCommand {
  const it = new FlushCommand()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  return it
}

function readConnectionError(reader: ByteReader, link: Inbound): ConnectionError {
  const it = new ConnectionError()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.exception = readThrowable(reader, link)
  it.connectionId = readConnectionIdOrNull(reader, link)
  return it
}

function readConsumerControl(reader: ByteReader, link: Inbound): ConsumerControl {
  const it = new ConsumerControl()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  if (version >= 6) {
    it.destination = readDestinationOrNull(reader, link)
  }
  it.close = reader.boolean()
  it.consumerId = readConsumerIdOrNull(reader, link)
  it.prefetch = reader.int()
  if (version >= 2) {
    it.flush = reader.boolean()
    it.start = reader.boolean()
    it.stop = reader.boolean()
  }
  return it
}

function readConnectionControl(reader: ByteReader, link: Inbound): ConnectionControl {
  const it = new ConnectionControl()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.close = reader.boolean()
  it.exit = reader.boolean()
  it.faultTolerant = reader.boolean()
  it.resume = reader.boolean()
  it.suspend = reader.boolean()
  if (version >= 6) {
    it.connectedBrokers = readString(reader)
    it.reconnectTo = readString(reader)
    it.rebalanceConnection = reader.boolean()
  }
  if (version >= 8) {
    it.token = readBytes(reader)
  }
  return it
}

function readProducerAck(reader: ByteReader, link: Inbound): ProducerAck {
  const it = new ProducerAck()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.producerId = readProducerIdOrNull(reader, link)
  it.size = reader.int()
  return it
}

function readMessagePull(reader: ByteReader, link: Inbound): MessagePull {
  const it = new MessagePull()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.consumerId = readCachedConsumerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.timeout = reader.long()
  if (version >= 3) {
    it.correlationId = readString(reader)
    it.messageId = readMessageIdOrNull(reader, link)
  }
  return it
}

function readMessageDispatch(reader: ByteReader, link: Inbound): MessageDispatch {
  const it = new MessageDispatch()
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(12)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.consumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(6)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(5)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.message = readOpenWireMessageOrNull(reader, link)
    at = reader.ahead(4)
  }
  it.redeliveryCounter =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  reader.moveTo(at)
  return it
}

function readMessageAck(reader: ByteReader, link: Inbound): MessageAck {
  const it = new MessageAck()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(15)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(9)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(8)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.consumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(7)
  }
  it.ackType = ((bytes[at] as number) << 24) >> 24
  at += 1
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.firstMessageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(5)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.lastMessageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(4)
  }
  it.messageCount =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (version >= 7) {
    reader.moveTo(at)
    at = reader.ahead(1)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.poisonCause = readThrowable(reader, link)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
  return it
}

function readActiveMQMessage(reader: ByteReader, link: Inbound): ActiveMQMessage {
  const it = new ActiveMQMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader)
  it.persistent = reader.boolean()
  it.expiration = reader.long()
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = reader.long()
  it.type = readString(reader)
  it.content = readView(reader)
  it.marshalledProperties = readView(reader)
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = reader.boolean()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = reader.long()
  it.userID = readString(reader)
  it.recievedByDFBridge = reader.boolean()
  if (version >= 2) {
    it.droppable = reader.boolean()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
    it.brokerInTime = reader.long()
    it.brokerOutTime = reader.long()
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = reader.boolean()
  }
  return it
}

function readActiveMQBytesMessage(reader: ByteReader, link: Inbound): ActiveMQBytesMessage {
  const it = new ActiveMQBytesMessage()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(57)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(51)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(50)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(49)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalDestination = readCachedDestination(reader, link)
    at = reader.ahead(48)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(47)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalTransactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(46)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.groupID = readString(reader)
    at = reader.ahead(45)
  }
  it.groupSequence =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.correlationId = readString(reader)
    at = reader.ahead(40)
  }
  it.persistent = bytes[at] !== 0
  it.expiration = longAt(bytes, at + 1)
  it.priority = ((bytes[at + 9] as number) << 24) >> 24
  at += 10
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.replyTo = readDestinationOrNull(reader, link)
    at = reader.ahead(29)
  }
  it.timestamp = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.type = readString(reader)
    at = reader.ahead(20)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.content = readView(reader)
    at = reader.ahead(19)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readView(reader)
    at = reader.ahead(18)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.dataStructure = readDataStructureOrNull(reader, link)
    at = reader.ahead(17)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.targetConsumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(16)
  }
  it.compressed = bytes[at] !== 0
  it.redeliveryCounter =
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number)
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(10)
  }
  it.arrival = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userID = readString(reader)
    at = reader.ahead(1)
  }
  it.recievedByDFBridge = bytes[at] !== 0
  at += 1
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.droppable = bytes[at] !== 0
    at += 1
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(17)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.cluster = readBrokerIdArray(reader, link)
      at = reader.ahead(16)
    }
    it.brokerInTime = longAt(bytes, at)
    it.brokerOutTime = longAt(bytes, at + 8)
    at += 16
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.jmsXGroupFirstForConsumer = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  return it
}

function readActiveMQMapMessage(reader: ByteReader, link: Inbound): ActiveMQMapMessage {
  const it = new ActiveMQMapMessage()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(57)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(51)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(50)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(49)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalDestination = readCachedDestination(reader, link)
    at = reader.ahead(48)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(47)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalTransactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(46)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.groupID = readString(reader)
    at = reader.ahead(45)
  }
  it.groupSequence =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.correlationId = readString(reader)
    at = reader.ahead(40)
  }
  it.persistent = bytes[at] !== 0
  it.expiration = longAt(bytes, at + 1)
  it.priority = ((bytes[at + 9] as number) << 24) >> 24
  at += 10
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.replyTo = readDestinationOrNull(reader, link)
    at = reader.ahead(29)
  }
  it.timestamp = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.type = readString(reader)
    at = reader.ahead(20)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.content = readView(reader)
    at = reader.ahead(19)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readView(reader)
    at = reader.ahead(18)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.dataStructure = readDataStructureOrNull(reader, link)
    at = reader.ahead(17)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.targetConsumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(16)
  }
  it.compressed = bytes[at] !== 0
  it.redeliveryCounter =
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number)
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(10)
  }
  it.arrival = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userID = readString(reader)
    at = reader.ahead(1)
  }
  it.recievedByDFBridge = bytes[at] !== 0
  at += 1
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.droppable = bytes[at] !== 0
    at += 1
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(17)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.cluster = readBrokerIdArray(reader, link)
      at = reader.ahead(16)
    }
    it.brokerInTime = longAt(bytes, at)
    it.brokerOutTime = longAt(bytes, at + 8)
    at += 16
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.jmsXGroupFirstForConsumer = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  return it
}

function readActiveMQObjectMessage(reader: ByteReader, link: Inbound): ActiveMQObjectMessage {
  const it = new ActiveMQObjectMessage()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(57)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(51)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(50)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(49)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalDestination = readCachedDestination(reader, link)
    at = reader.ahead(48)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(47)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalTransactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(46)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.groupID = readString(reader)
    at = reader.ahead(45)
  }
  it.groupSequence =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.correlationId = readString(reader)
    at = reader.ahead(40)
  }
  it.persistent = bytes[at] !== 0
  it.expiration = longAt(bytes, at + 1)
  it.priority = ((bytes[at + 9] as number) << 24) >> 24
  at += 10
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.replyTo = readDestinationOrNull(reader, link)
    at = reader.ahead(29)
  }
  it.timestamp = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.type = readString(reader)
    at = reader.ahead(20)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.content = readView(reader)
    at = reader.ahead(19)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readView(reader)
    at = reader.ahead(18)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.dataStructure = readDataStructureOrNull(reader, link)
    at = reader.ahead(17)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.targetConsumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(16)
  }
  it.compressed = bytes[at] !== 0
  it.redeliveryCounter =
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number)
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(10)
  }
  it.arrival = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userID = readString(reader)
    at = reader.ahead(1)
  }
  it.recievedByDFBridge = bytes[at] !== 0
  at += 1
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.droppable = bytes[at] !== 0
    at += 1
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(17)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.cluster = readBrokerIdArray(reader, link)
      at = reader.ahead(16)
    }
    it.brokerInTime = longAt(bytes, at)
    it.brokerOutTime = longAt(bytes, at + 8)
    at += 16
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.jmsXGroupFirstForConsumer = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  return it
}

function readActiveMQStreamMessage(reader: ByteReader, link: Inbound): ActiveMQStreamMessage {
  const it = new ActiveMQStreamMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader)
  it.persistent = reader.boolean()
  it.expiration = reader.long()
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = reader.long()
  it.type = readString(reader)
  it.content = readView(reader)
  it.marshalledProperties = readView(reader)
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = reader.boolean()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = reader.long()
  it.userID = readString(reader)
  it.recievedByDFBridge = reader.boolean()
  if (version >= 2) {
    it.droppable = reader.boolean()
  }
  if (version >= 3) {
    it.cluster = readBrokerIdArray(reader, link)
    it.brokerInTime = reader.long()
    it.brokerOutTime = reader.long()
  }
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = reader.boolean()
  }
  return it
}

function readActiveMQTextMessage(reader: ByteReader, link: Inbound): ActiveMQTextMessage {
  const it = new ActiveMQTextMessage()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(57)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(51)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(50)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(49)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalDestination = readCachedDestination(reader, link)
    at = reader.ahead(48)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(47)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalTransactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(46)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.groupID = readString(reader)
    at = reader.ahead(45)
  }
  it.groupSequence =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.correlationId = readString(reader)
    at = reader.ahead(40)
  }
  it.persistent = bytes[at] !== 0
  it.expiration = longAt(bytes, at + 1)
  it.priority = ((bytes[at + 9] as number) << 24) >> 24
  at += 10
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.replyTo = readDestinationOrNull(reader, link)
    at = reader.ahead(29)
  }
  it.timestamp = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.type = readString(reader)
    at = reader.ahead(20)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.content = readView(reader)
    at = reader.ahead(19)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readView(reader)
    at = reader.ahead(18)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.dataStructure = readDataStructureOrNull(reader, link)
    at = reader.ahead(17)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.targetConsumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(16)
  }
  it.compressed = bytes[at] !== 0
  it.redeliveryCounter =
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number)
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(10)
  }
  it.arrival = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userID = readString(reader)
    at = reader.ahead(1)
  }
  it.recievedByDFBridge = bytes[at] !== 0
  at += 1
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.droppable = bytes[at] !== 0
    at += 1
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(17)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.cluster = readBrokerIdArray(reader, link)
      at = reader.ahead(16)
    }
    it.brokerInTime = longAt(bytes, at)
    it.brokerOutTime = longAt(bytes, at + 8)
    at += 16
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.jmsXGroupFirstForConsumer = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  return it
}

function readActiveMQBlobMessage(reader: ByteReader, link: Inbound): ActiveMQBlobMessage {
  const it = new ActiveMQBlobMessage()
  const version = link.version
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.producerId = readCachedProducerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.transactionId = readCachedTransactionId(reader, link)
  it.originalDestination = readCachedDestination(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.originalTransactionId = readCachedTransactionId(reader, link)
  it.groupID = readString(reader)
  it.groupSequence = reader.int()
  it.correlationId = readString(reader)
  it.persistent = reader.boolean()
  it.expiration = reader.long()
  it.priority = reader.signedByte()
  it.replyTo = readDestinationOrNull(reader, link)
  it.timestamp = reader.long()
  it.type = readString(reader)
  it.content = readView(reader)
  it.marshalledProperties = readView(reader)
  it.dataStructure = readDataStructureOrNull(reader, link)
  it.targetConsumerId = readCachedConsumerId(reader, link)
  it.compressed = reader.boolean()
  it.redeliveryCounter = reader.int()
  it.brokerPath = readBrokerIdArray(reader, link)
  it.arrival = reader.long()
  it.userID = readString(reader)
  it.recievedByDFBridge = reader.boolean()
  it.droppable = reader.boolean()
  it.cluster = readBrokerIdArray(reader, link)
  it.brokerInTime = reader.long()
  it.brokerOutTime = reader.long()
  if (version >= 10) {
    it.jmsXGroupFirstForConsumer = reader.boolean()
  }
  it.remoteBlobUrl = readString(reader)
  it.mimeType = readString(reader)
  it.deletedByBroker = reader.boolean()
  return it
}

function readResponse(reader: ByteReader, _link: Inbound): Response {
  const it = new Response()
  const bytes = reader.buffer
  let at = reader.ahead(9)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  it.correlationId =
    ((bytes[at + 5] as number) << 24) |
    ((bytes[at + 6] as number) << 16) |
    ((bytes[at + 7] as number) << 8) |
    (bytes[at + 8] as number)
  at += 9
  reader.moveTo(at)
  return it
}

function readExceptionResponse(reader: ByteReader, link: Inbound): ExceptionResponse {
  const it = new ExceptionResponse()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.correlationId = reader.int()
  it.exception = readThrowable(reader, link)
  return it
}

function readDataResponse(reader: ByteReader, link: Inbound): DataResponse {
  const it = new DataResponse()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.correlationId = reader.int()
  it.data = readDataStructureOrNull(reader, link)
  return it
}

function readDataArrayResponse(reader: ByteReader, link: Inbound): DataArrayResponse {
  const it = new DataArrayResponse()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.correlationId = reader.int()
  it.data = readDataStructureArray(reader, link)
  return it
}

function readIntegerResponse(reader: ByteReader, _link: Inbound): IntegerResponse {
  const it = new IntegerResponse()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.correlationId = reader.int()
  it.result = reader.int()
  return it
}

function readDiscoveryEvent(reader: ByteReader, _link: Inbound): DiscoveryEvent {
  const it = new DiscoveryEvent()
  it.serviceName = readString(reader)
  it.brokerName = readString(reader)
  return it
}

function readJournalTopicAck(reader: ByteReader, link: Inbound): JournalTopicAck {
  const it = new JournalTopicAck()
  it.destination = readDestinationOrNull(reader, link)
  it.messageId = readMessageIdOrNull(reader, link)
  it.messageSequenceId = reader.long()
  it.subscriptionName = readString(reader)
  it.clientId = readString(reader)
  it.transactionId = readTransactionIdOrNull(reader, link)
  return it
}

function readJournalQueueAck(reader: ByteReader, link: Inbound): JournalQueueAck {
  const it = new JournalQueueAck()
  it.destination = readDestinationOrNull(reader, link)
  it.messageAck = readMessageAckOrNull(reader, link)
  return it
}

function readJournalTrace(reader: ByteReader, _link: Inbound): JournalTrace {
  const it = new JournalTrace()
  it.message = readString(reader)
  return it
}

function readJournalTransaction(reader: ByteReader, link: Inbound): JournalTransaction {
  const it = new JournalTransaction()
  it.transactionId = readTransactionIdOrNull(reader, link)
  it.type = reader.signedByte()
  it.wasPrepared = reader.boolean()
  return it
}

function readSubscriptionInfo(reader: ByteReader, link: Inbound): SubscriptionInfo {
  const it = new SubscriptionInfo()
  const version = link.version
  it.clientId = readString(reader)
  it.destination = readCachedDestination(reader, link)
  it.selector = readString(reader)
  it.subscriptionName = readString(reader)
  if (version >= 3) {
    it.subscribedDestination = readDestinationOrNull(reader, link)
  }
  if (version >= 11) {
    it.noLocal = reader.boolean()
  }
  return it
}

function readPartialCommand(reader: ByteReader, _link: Inbound): PartialCommand {
  const it = new PartialCommand()
  it.commandId = reader.int()
  it.data = readBytes(reader)
  return it
}

function readLastPartialCommand(reader: ByteReader, _link: Inbound): LastPartialCommand {
  const it = new LastPartialCommand()
  it.commandId = reader.int()
  it.data = readBytes(reader)
  return it
}

function readReplayCommand(reader: ByteReader, _link: Inbound): ReplayCommand {
  const it = new ReplayCommand()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.firstNakNumber = reader.int()
  it.lastNakNumber = reader.int()
  return it
}

function readMessageDispatchNotification(reader: ByteReader, link: Inbound): MessageDispatchNotification {
  const it = new MessageDispatchNotification()
  it.commandId = reader.int()
  it.responseRequired = reader.boolean()
  it.consumerId = readCachedConsumerId(reader, link)
  it.destination = readCachedDestination(reader, link)
  it.deliverySequenceId = reader.long()
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
  it.responseRequired = reader.boolean()
  it.brokerId = readBrokerIdOrNull(reader, link)
  it.brokerName = readString(reader)
  it.subscriptionInfos = readConsumerInfoArray(reader, link)
  return it
}

function readActiveMQQueue(reader: ByteReader, _link: Inbound): ActiveMQQueue {
  const it = new ActiveMQQueue()
  it.physicalName = readNameOrNull(reader)
  return it
}

function readActiveMQTopic(reader: ByteReader, _link: Inbound): ActiveMQTopic {
  const it = new ActiveMQTopic()
  it.physicalName = readNameOrNull(reader)
  return it
}

function readActiveMQTempQueue(reader: ByteReader, _link: Inbound): ActiveMQTempQueue {
  const it = new ActiveMQTempQueue()
  it.physicalName = readNameOrNull(reader)
  return it
}

function readActiveMQTempTopic(reader: ByteReader, _link: Inbound): ActiveMQTempTopic {
  const it = new ActiveMQTempTopic()
  it.physicalName = readNameOrNull(reader)
  return it
}

function readMessageId(reader: ByteReader, link: Inbound): MessageId {
  const it = new MessageId()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(0)
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(18)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.textView = readString(reader)
      at = reader.ahead(17)
    }
  }
  reader.moveTo(at)
  at = reader.ahead(17)
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(16)
  }
  it.producerSequenceId = longAt(bytes, at)
  it.brokerSequenceId = longAt(bytes, at + 8)
  at += 16
  reader.moveTo(at)
  return it
}

function readLocalTransactionId(reader: ByteReader, link: Inbound): LocalTransactionId {
  const it = new LocalTransactionId()
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(9)
  it.value = longAt(bytes, at)
  at += 8
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readCachedConnectionId(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readXATransactionId(reader: ByteReader, _link: Inbound): XATransactionId {
  const it = new XATransactionId()
  it.formatId = reader.int()
  it.globalTransactionId = readIdBytes(reader)
  it.branchQualifier = readIdBytes(reader)
  return it
}

function readConnectionId(reader: ByteReader, _link: Inbound): ConnectionId {
  const it = new ConnectionId()
  it.value = readNameOrNull(reader)
  return it
}

function readSessionId(reader: ByteReader, _link: Inbound): SessionId {
  const it = new SessionId()
  it.connectionId = readNameOrNull(reader)
  it.value = reader.long()
  return it
}

function readConsumerId(reader: ByteReader, _link: Inbound): ConsumerId {
  const it = new ConsumerId()
  const bytes = reader.buffer
  let at = reader.ahead(17)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readNameOrNull(reader)
    at = reader.ahead(16)
  }
  it.sessionId = longAt(bytes, at)
  it.value = longAt(bytes, at + 8)
  at += 16
  reader.moveTo(at)
  return it
}

function readProducerId(reader: ByteReader, _link: Inbound): ProducerId {
  const it = new ProducerId()
  const bytes = reader.buffer
  let at = reader.ahead(17)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readNameOrNull(reader)
    at = reader.ahead(16)
  }
  it.value = longAt(bytes, at)
  it.sessionId = longAt(bytes, at + 8)
  at += 16
  reader.moveTo(at)
  return it
}

function readBrokerId(reader: ByteReader, _link: Inbound): BrokerId {
  const it = new BrokerId()
  it.value = readNameOrNull(reader)
  return it
}

function readNetworkBridgeFilterOrNull(reader: ByteReader, link: Inbound): NetworkBridgeFilter | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 91) throw unexpectedType(type, 'NetworkBridgeFilter')
  const it = readNetworkBridgeFilter(reader, link)
  return it
}

function readConnectionIdOrNull(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 120) throw unexpectedType(type, 'ConnectionId')
  const it = readConnectionId(reader, link)
  return it
}

function readDestinationOrNull(reader: ByteReader, link: Inbound): Destination | null {
  if (!reader.boolean()) return null
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
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 122) throw unexpectedType(type, 'ConsumerId')
  const it = readConsumerId(reader, link)
  return it
}

function readProducerIdOrNull(reader: ByteReader, link: Inbound): ProducerId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 123) throw unexpectedType(type, 'ProducerId')
  const it = readProducerId(reader, link)
  return it
}

function readMessageIdOrNull(reader: ByteReader, link: Inbound): MessageId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 110) throw unexpectedType(type, 'MessageId')
  const it = readMessageId(reader, link)
  return it
}

function readOpenWireMessageOrNull(reader: ByteReader, link: Inbound): OpenWireMessage | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
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
  if (!reader.boolean()) return null
  const type = reader.byte()
  link.enter()
  const it = readLoose(type, reader, link)
  link.leave()
  return it
}

function readTransactionIdOrNull(reader: ByteReader, link: Inbound): TransactionId | null {
  if (!reader.boolean()) return null
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
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 22) throw unexpectedType(type, 'MessageAck')
  const it = readMessageAck(reader, link)
  return it
}

function readBrokerIdOrNull(reader: ByteReader, link: Inbound): BrokerId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 124) throw unexpectedType(type, 'BrokerId')
  const it = readBrokerId(reader, link)
  return it
}

function readSessionIdOrNull(reader: ByteReader, link: Inbound): SessionId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 121) throw unexpectedType(type, 'SessionId')
  const it = readSessionId(reader, link)
  return it
}

function readObjectIdOrNull(reader: ByteReader, link: Inbound): ObjectId | null {
  if (!reader.boolean()) return null
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
  if (!reader.boolean()) return null
  const type = reader.byte()
  link.enter()
  if (type !== 2) throw unexpectedType(type, 'BrokerInfo')
  const it = readBrokerInfo(reader, link)
  link.leave()
  return it
}

function readConsumerInfoOrNull(reader: ByteReader, link: Inbound): ConsumerInfo | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 5) throw unexpectedType(type, 'ConsumerInfo')
  const it = readConsumerInfo(reader, link)
  return it
}

function readCachedBrokerId(reader: ByteReader, link: Inbound): BrokerId | null {
  const cache = link.cache
  if (cache === null) return readBrokerIdOrNull(reader, link)
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  const fresh = reader.boolean()
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
  if (!reader.boolean()) return null
  const count = link.elements(reader.count(reader.short(), 1))
  const them: (BrokerInfo | null)[] = []
  for (let i = 0; i < count; i++) them.push(readBrokerInfoOrNull(reader, link))
  return them
}

function readBrokerIdArray(reader: ByteReader, link: Inbound): (BrokerId | null)[] | null {
  if (!reader.boolean()) return null
  const count = link.elements(reader.count(reader.short(), 1))
  const them: (BrokerId | null)[] = []
  for (let i = 0; i < count; i++) them.push(readBrokerIdOrNull(reader, link))
  return them
}

function readConsumerIdArray(reader: ByteReader, link: Inbound): (ConsumerId | null)[] | null {
  if (!reader.boolean()) return null
  const count = link.elements(reader.count(reader.short(), 1))
  const them: (ConsumerId | null)[] = []
  for (let i = 0; i < count; i++) them.push(readConsumerIdOrNull(reader, link))
  return them
}

function readDataStructureArray(reader: ByteReader, link: Inbound): (DataStructure | null)[] | null {
  if (!reader.boolean()) return null
  const count = link.elements(reader.count(reader.short(), 1))
  const them: (DataStructure | null)[] = []
  for (let i = 0; i < count; i++) them.push(readDataStructureOrNull(reader, link))
  return them
}

function readConsumerInfoArray(reader: ByteReader, link: Inbound): (ConsumerInfo | null)[] | null {
  if (!reader.boolean()) return null
  const count = link.elements(reader.count(reader.short(), 1))
  const them: (ConsumerInfo | null)[] = []
  for (let i = 0; i < count; i++) them.push(readConsumerInfoOrNull(reader, link))
  return them
}

/** The fields of the outermost structure of a frame, whose type code has been read. */
export function readLoose(type: number, reader: ByteReader, link: Inbound): DataStructure {
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

function writeWireFormatInfo(it: WireFormatInfo, writer: ByteWriter, _link: Outbound): void {
  writeConstant(it.magic, 8, writer)
  writer.int(it.version)
  writeBytes(it.marshalledProperties, writer)
}

function writeBrokerInfo(it: BrokerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedBrokerId(it.brokerId, writer, link)
  writeString(it.brokerURL, writer)
  writeBrokerInfoArray(it.peerBrokerInfos, writer, link)
  writeString(it.brokerName, writer)
  writer.boolean(it.slaveBroker)
  writer.boolean(it.masterBroker)
  writer.boolean(it.faultTolerantConfiguration)
  if (version >= 2) {
    writer.boolean(it.duplexConnection)
    writer.boolean(it.networkConnection)
    writer.long(it.connectionId)
  }
  if (version >= 3) {
    writeString(it.brokerUploadUrl, writer)
    writeString(it.networkProperties, writer)
  }
}

function writeConnectionInfo(it: ConnectionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeString(it.clientId, writer)
  writeString(it.password, writer)
  writeString(it.userName, writer)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writer.boolean(it.brokerMasterConnector)
  writer.boolean(it.manageable)
  if (version >= 2) {
    writer.boolean(it.clientMaster)
  }
  if (version >= 6) {
    writer.boolean(it.faultTolerant)
    writer.boolean(it.failoverReconnect)
  }
  if (version >= 8) {
    writeString(it.clientIp, writer)
  }
}

function writeSessionInfo(it: SessionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedSessionId(it.sessionId, writer, link)
}

function writeConsumerInfo(it: ConsumerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writer.boolean(it.browser)
  writeCachedDestination(it.destination, writer, link)
  writer.int(it.prefetchSize)
  writer.int(it.maximumPendingMessageLimit)
  writer.boolean(it.dispatchAsync)
  writeString(it.selector, writer)
  if (version >= 10) {
    writeString(it.clientId, writer)
  }
  writeString(it.subscriptionName, writer)
  writer.boolean(it.noLocal)
  writer.boolean(it.exclusive)
  writer.boolean(it.retroactive)
  writer.byte(it.priority)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writeNetworkBridgeFilterOrNull(it.additionalPredicate, writer, link)
  writer.boolean(it.networkSubscription)
  writer.boolean(it.optimizedAcknowledge)
  writer.boolean(it.noRangeAcks)
  if (version >= 4) {
    writeConsumerIdArray(it.networkConsumerPath, writer, link)
  }
}

function writeProducerInfo(it: ProducerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeBrokerIdArray(it.brokerPath, writer, link)
  if (version >= 2) {
    writer.boolean(it.dispatchAsync)
  }
  if (version >= 3) {
    writer.int(it.windowSize)
  }
}

function writeTransactionInfo(it: TransactionInfo, writer: ByteWriter, link: Outbound): void {
  const uncached = link.cache === null
  let at = writer.room(8)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConnectionId(it.connectionId, writer, link)
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.type
  at += 1
  writer.moveTo(at)
}

function writeDestinationInfo(it: DestinationInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writer.byte(it.operationType)
  writer.long(it.timeout)
  writeBrokerIdArray(it.brokerPath, writer, link)
}

function writeRemoveSubscriptionInfo(it: RemoveSubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConnectionId(it.connectionId, writer, link)
  writeString(it.subscriptionName, writer)
  writeString(it.clientId, writer)
}

function writeKeepAliveInfo(it: KeepAliveInfo, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
}

function writeShutdownInfo(it: ShutdownInfo, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
}

function writeRemoveInfo(it: RemoveInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedObjectId(it.objectId, writer, link)
  if (version >= 5) {
    writer.long(it.lastDeliveredSequenceId)
  }
}

function writeControlCommand(it: ControlCommand, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeString(it.command, writer)
}

function writeFlushCommand(it: FlushCommand, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
}

function writeConnectionError(it: ConnectionError, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeThrowable(it.exception, writer, link)
  writeConnectionIdOrNull(it.connectionId, writer, link)
}

function writeConsumerControl(it: ConsumerControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  if (version >= 6) {
    writeDestinationOrNull(it.destination, writer, link)
  }
  writer.boolean(it.close)
  writeConsumerIdOrNull(it.consumerId, writer, link)
  writer.int(it.prefetch)
  if (version >= 2) {
    writer.boolean(it.flush)
    writer.boolean(it.start)
    writer.boolean(it.stop)
  }
}

function writeConnectionControl(it: ConnectionControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.boolean(it.close)
  writer.boolean(it.exit)
  writer.boolean(it.faultTolerant)
  writer.boolean(it.resume)
  writer.boolean(it.suspend)
  if (version >= 6) {
    writeString(it.connectedBrokers, writer)
    writeString(it.reconnectTo, writer)
    writer.boolean(it.rebalanceConnection)
  }
  if (version >= 8) {
    writeBytes(it.token, writer)
  }
}

function writeProducerAck(it: ProducerAck, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeProducerIdOrNull(it.producerId, writer, link)
  writer.int(it.size)
}

function writeMessagePull(it: MessagePull, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writer.long(it.timeout)
  if (version >= 3) {
    writeString(it.correlationId, writer)
    writeMessageIdOrNull(it.messageId, writer, link)
  }
}

function writeMessageDispatch(it: MessageDispatch, writer: ByteWriter, link: Outbound): void {
  const uncached = link.cache === null
  let at = writer.room(12)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.consumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.consumerId, writer, link)
    at = writer.room(6)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(5)
    bytes = writer.buffer
  }
  if (it.message === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeOpenWireMessageOrNull(it.message, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  bytes[at] = it.redeliveryCounter >>> 24
  bytes[at + 1] = it.redeliveryCounter >>> 16
  bytes[at + 2] = it.redeliveryCounter >>> 8
  bytes[at + 3] = it.redeliveryCounter
  at += 4
  writer.moveTo(at)
}

function writeMessageAck(it: MessageAck, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(15)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(9)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(8)
    bytes = writer.buffer
  }
  if (uncached && it.consumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.consumerId, writer, link)
    at = writer.room(7)
    bytes = writer.buffer
  }
  bytes[at] = it.ackType
  at += 1
  if (it.firstMessageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.firstMessageId, writer, link)
    at = writer.room(5)
    bytes = writer.buffer
  }
  if (it.lastMessageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.lastMessageId, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  bytes[at] = it.messageCount >>> 24
  bytes[at + 1] = it.messageCount >>> 16
  bytes[at + 2] = it.messageCount >>> 8
  bytes[at + 3] = it.messageCount
  at += 4
  if (version >= 7) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    if (it.poisonCause === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeThrowable(it.poisonCause, writer, link)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
}

function writeActiveMQMessage(it: ActiveMQMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer)
  writer.boolean(it.persistent)
  writer.long(it.expiration)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writer.long(it.timestamp)
  writeString(it.type, writer)
  writeBytes(it.content, writer)
  writeBytes(it.marshalledProperties, writer)
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  writer.boolean(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writer.long(it.arrival)
  writeString(it.userID, writer)
  writer.boolean(it.recievedByDFBridge)
  if (version >= 2) {
    writer.boolean(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
    writer.long(it.brokerInTime)
    writer.long(it.brokerOutTime)
  }
  if (version >= 10) {
    writer.boolean(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQBytesMessage(it: ActiveMQBytesMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(57)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedProducerId(it.producerId, writer, link)
    at = writer.room(51)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(50)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(49)
    bytes = writer.buffer
  }
  if (uncached && it.originalDestination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.originalDestination, writer, link)
    at = writer.room(48)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(47)
    bytes = writer.buffer
  }
  if (uncached && it.originalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.originalTransactionId, writer, link)
    at = writer.room(46)
    bytes = writer.buffer
  }
  if (it.groupID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.groupID, writer)
    at = writer.room(45)
    bytes = writer.buffer
  }
  bytes[at] = it.groupSequence >>> 24
  bytes[at + 1] = it.groupSequence >>> 16
  bytes[at + 2] = it.groupSequence >>> 8
  bytes[at + 3] = it.groupSequence
  at += 4
  if (it.correlationId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.correlationId, writer)
    at = writer.room(40)
    bytes = writer.buffer
  }
  bytes[at] = it.persistent ? 1 : 0
  putLong(bytes, at + 1, it.expiration)
  bytes[at + 9] = it.priority
  at += 10
  if (it.replyTo === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.replyTo, writer, link)
    at = writer.room(29)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timestamp)
  at += 8
  if (it.type === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.type, writer)
    at = writer.room(20)
    bytes = writer.buffer
  }
  if (it.content === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.content, writer)
    at = writer.room(19)
    bytes = writer.buffer
  }
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(18)
    bytes = writer.buffer
  }
  if (it.dataStructure === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.dataStructure, writer, link)
    at = writer.room(17)
    bytes = writer.buffer
  }
  if (uncached && it.targetConsumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.targetConsumerId, writer, link)
    at = writer.room(16)
    bytes = writer.buffer
  }
  bytes[at] = it.compressed ? 1 : 0
  bytes[at + 1] = it.redeliveryCounter >>> 24
  bytes[at + 2] = it.redeliveryCounter >>> 16
  bytes[at + 3] = it.redeliveryCounter >>> 8
  bytes[at + 4] = it.redeliveryCounter
  at += 5
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(10)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.arrival)
  at += 8
  if (it.userID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userID, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.recievedByDFBridge ? 1 : 0
  at += 1
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.droppable ? 1 : 0
    at += 1
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(17)
    bytes = writer.buffer
    if (it.cluster === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeBrokerIdArray(it.cluster, writer, link)
      at = writer.room(16)
      bytes = writer.buffer
    }
    putLong(bytes, at, it.brokerInTime)
    putLong(bytes, at + 8, it.brokerOutTime)
    at += 16
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.jmsXGroupFirstForConsumer ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
}

function writeActiveMQMapMessage(it: ActiveMQMapMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(57)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedProducerId(it.producerId, writer, link)
    at = writer.room(51)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(50)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(49)
    bytes = writer.buffer
  }
  if (uncached && it.originalDestination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.originalDestination, writer, link)
    at = writer.room(48)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(47)
    bytes = writer.buffer
  }
  if (uncached && it.originalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.originalTransactionId, writer, link)
    at = writer.room(46)
    bytes = writer.buffer
  }
  if (it.groupID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.groupID, writer)
    at = writer.room(45)
    bytes = writer.buffer
  }
  bytes[at] = it.groupSequence >>> 24
  bytes[at + 1] = it.groupSequence >>> 16
  bytes[at + 2] = it.groupSequence >>> 8
  bytes[at + 3] = it.groupSequence
  at += 4
  if (it.correlationId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.correlationId, writer)
    at = writer.room(40)
    bytes = writer.buffer
  }
  bytes[at] = it.persistent ? 1 : 0
  putLong(bytes, at + 1, it.expiration)
  bytes[at + 9] = it.priority
  at += 10
  if (it.replyTo === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.replyTo, writer, link)
    at = writer.room(29)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timestamp)
  at += 8
  if (it.type === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.type, writer)
    at = writer.room(20)
    bytes = writer.buffer
  }
  if (it.content === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.content, writer)
    at = writer.room(19)
    bytes = writer.buffer
  }
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(18)
    bytes = writer.buffer
  }
  if (it.dataStructure === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.dataStructure, writer, link)
    at = writer.room(17)
    bytes = writer.buffer
  }
  if (uncached && it.targetConsumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.targetConsumerId, writer, link)
    at = writer.room(16)
    bytes = writer.buffer
  }
  bytes[at] = it.compressed ? 1 : 0
  bytes[at + 1] = it.redeliveryCounter >>> 24
  bytes[at + 2] = it.redeliveryCounter >>> 16
  bytes[at + 3] = it.redeliveryCounter >>> 8
  bytes[at + 4] = it.redeliveryCounter
  at += 5
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(10)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.arrival)
  at += 8
  if (it.userID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userID, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.recievedByDFBridge ? 1 : 0
  at += 1
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.droppable ? 1 : 0
    at += 1
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(17)
    bytes = writer.buffer
    if (it.cluster === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeBrokerIdArray(it.cluster, writer, link)
      at = writer.room(16)
      bytes = writer.buffer
    }
    putLong(bytes, at, it.brokerInTime)
    putLong(bytes, at + 8, it.brokerOutTime)
    at += 16
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.jmsXGroupFirstForConsumer ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
}

function writeActiveMQObjectMessage(it: ActiveMQObjectMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(57)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedProducerId(it.producerId, writer, link)
    at = writer.room(51)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(50)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(49)
    bytes = writer.buffer
  }
  if (uncached && it.originalDestination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.originalDestination, writer, link)
    at = writer.room(48)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(47)
    bytes = writer.buffer
  }
  if (uncached && it.originalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.originalTransactionId, writer, link)
    at = writer.room(46)
    bytes = writer.buffer
  }
  if (it.groupID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.groupID, writer)
    at = writer.room(45)
    bytes = writer.buffer
  }
  bytes[at] = it.groupSequence >>> 24
  bytes[at + 1] = it.groupSequence >>> 16
  bytes[at + 2] = it.groupSequence >>> 8
  bytes[at + 3] = it.groupSequence
  at += 4
  if (it.correlationId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.correlationId, writer)
    at = writer.room(40)
    bytes = writer.buffer
  }
  bytes[at] = it.persistent ? 1 : 0
  putLong(bytes, at + 1, it.expiration)
  bytes[at + 9] = it.priority
  at += 10
  if (it.replyTo === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.replyTo, writer, link)
    at = writer.room(29)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timestamp)
  at += 8
  if (it.type === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.type, writer)
    at = writer.room(20)
    bytes = writer.buffer
  }
  if (it.content === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.content, writer)
    at = writer.room(19)
    bytes = writer.buffer
  }
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(18)
    bytes = writer.buffer
  }
  if (it.dataStructure === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.dataStructure, writer, link)
    at = writer.room(17)
    bytes = writer.buffer
  }
  if (uncached && it.targetConsumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.targetConsumerId, writer, link)
    at = writer.room(16)
    bytes = writer.buffer
  }
  bytes[at] = it.compressed ? 1 : 0
  bytes[at + 1] = it.redeliveryCounter >>> 24
  bytes[at + 2] = it.redeliveryCounter >>> 16
  bytes[at + 3] = it.redeliveryCounter >>> 8
  bytes[at + 4] = it.redeliveryCounter
  at += 5
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(10)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.arrival)
  at += 8
  if (it.userID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userID, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.recievedByDFBridge ? 1 : 0
  at += 1
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.droppable ? 1 : 0
    at += 1
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(17)
    bytes = writer.buffer
    if (it.cluster === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeBrokerIdArray(it.cluster, writer, link)
      at = writer.room(16)
      bytes = writer.buffer
    }
    putLong(bytes, at, it.brokerInTime)
    putLong(bytes, at + 8, it.brokerOutTime)
    at += 16
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.jmsXGroupFirstForConsumer ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
}

function writeActiveMQStreamMessage(it: ActiveMQStreamMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer)
  writer.boolean(it.persistent)
  writer.long(it.expiration)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writer.long(it.timestamp)
  writeString(it.type, writer)
  writeBytes(it.content, writer)
  writeBytes(it.marshalledProperties, writer)
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  writer.boolean(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writer.long(it.arrival)
  writeString(it.userID, writer)
  writer.boolean(it.recievedByDFBridge)
  if (version >= 2) {
    writer.boolean(it.droppable)
  }
  if (version >= 3) {
    writeBrokerIdArray(it.cluster, writer, link)
    writer.long(it.brokerInTime)
    writer.long(it.brokerOutTime)
  }
  if (version >= 10) {
    writer.boolean(it.jmsXGroupFirstForConsumer)
  }
}

function writeActiveMQTextMessage(it: ActiveMQTextMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(57)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedProducerId(it.producerId, writer, link)
    at = writer.room(51)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(50)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(49)
    bytes = writer.buffer
  }
  if (uncached && it.originalDestination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.originalDestination, writer, link)
    at = writer.room(48)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(47)
    bytes = writer.buffer
  }
  if (uncached && it.originalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.originalTransactionId, writer, link)
    at = writer.room(46)
    bytes = writer.buffer
  }
  if (it.groupID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.groupID, writer)
    at = writer.room(45)
    bytes = writer.buffer
  }
  bytes[at] = it.groupSequence >>> 24
  bytes[at + 1] = it.groupSequence >>> 16
  bytes[at + 2] = it.groupSequence >>> 8
  bytes[at + 3] = it.groupSequence
  at += 4
  if (it.correlationId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.correlationId, writer)
    at = writer.room(40)
    bytes = writer.buffer
  }
  bytes[at] = it.persistent ? 1 : 0
  putLong(bytes, at + 1, it.expiration)
  bytes[at + 9] = it.priority
  at += 10
  if (it.replyTo === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.replyTo, writer, link)
    at = writer.room(29)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timestamp)
  at += 8
  if (it.type === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.type, writer)
    at = writer.room(20)
    bytes = writer.buffer
  }
  if (it.content === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.content, writer)
    at = writer.room(19)
    bytes = writer.buffer
  }
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(18)
    bytes = writer.buffer
  }
  if (it.dataStructure === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.dataStructure, writer, link)
    at = writer.room(17)
    bytes = writer.buffer
  }
  if (uncached && it.targetConsumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.targetConsumerId, writer, link)
    at = writer.room(16)
    bytes = writer.buffer
  }
  bytes[at] = it.compressed ? 1 : 0
  bytes[at + 1] = it.redeliveryCounter >>> 24
  bytes[at + 2] = it.redeliveryCounter >>> 16
  bytes[at + 3] = it.redeliveryCounter >>> 8
  bytes[at + 4] = it.redeliveryCounter
  at += 5
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(10)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.arrival)
  at += 8
  if (it.userID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userID, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.recievedByDFBridge ? 1 : 0
  at += 1
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.droppable ? 1 : 0
    at += 1
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(17)
    bytes = writer.buffer
    if (it.cluster === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeBrokerIdArray(it.cluster, writer, link)
      at = writer.room(16)
      bytes = writer.buffer
    }
    putLong(bytes, at, it.brokerInTime)
    putLong(bytes, at + 8, it.brokerOutTime)
    at += 16
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.jmsXGroupFirstForConsumer ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
}

function writeActiveMQBlobMessage(it: ActiveMQBlobMessage, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedProducerId(it.producerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writeCachedTransactionId(it.transactionId, writer, link)
  writeCachedDestination(it.originalDestination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writeCachedTransactionId(it.originalTransactionId, writer, link)
  writeString(it.groupID, writer)
  writer.int(it.groupSequence)
  writeString(it.correlationId, writer)
  writer.boolean(it.persistent)
  writer.long(it.expiration)
  writer.byte(it.priority)
  writeDestinationOrNull(it.replyTo, writer, link)
  writer.long(it.timestamp)
  writeString(it.type, writer)
  writeBytes(it.content, writer)
  writeBytes(it.marshalledProperties, writer)
  writeDataStructureOrNull(it.dataStructure, writer, link)
  writeCachedConsumerId(it.targetConsumerId, writer, link)
  writer.boolean(it.compressed)
  writer.int(it.redeliveryCounter)
  writeBrokerIdArray(it.brokerPath, writer, link)
  writer.long(it.arrival)
  writeString(it.userID, writer)
  writer.boolean(it.recievedByDFBridge)
  writer.boolean(it.droppable)
  writeBrokerIdArray(it.cluster, writer, link)
  writer.long(it.brokerInTime)
  writer.long(it.brokerOutTime)
  if (version >= 10) {
    writer.boolean(it.jmsXGroupFirstForConsumer)
  }
  writeString(it.remoteBlobUrl, writer)
  writeString(it.mimeType, writer)
  writer.boolean(it.deletedByBroker)
}

function writeResponse(it: Response, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(9)
  const bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  bytes[at + 5] = it.correlationId >>> 24
  bytes[at + 6] = it.correlationId >>> 16
  bytes[at + 7] = it.correlationId >>> 8
  bytes[at + 8] = it.correlationId
  at += 9
  writer.moveTo(at)
}

function writeExceptionResponse(it: ExceptionResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.int(it.correlationId)
  writeThrowable(it.exception, writer, link)
}

function writeDataResponse(it: DataResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.int(it.correlationId)
  writeDataStructureOrNull(it.data, writer, link)
}

function writeDataArrayResponse(it: DataArrayResponse, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.int(it.correlationId)
  writeDataStructureArray(it.data, writer, link)
}

function writeIntegerResponse(it: IntegerResponse, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.int(it.correlationId)
  writer.int(it.result)
}

function writeDiscoveryEvent(it: DiscoveryEvent, writer: ByteWriter, _link: Outbound): void {
  writeString(it.serviceName, writer)
  writeString(it.brokerName, writer)
}

function writeJournalTopicAck(it: JournalTopicAck, writer: ByteWriter, link: Outbound): void {
  writeDestinationOrNull(it.destination, writer, link)
  writeMessageIdOrNull(it.messageId, writer, link)
  writer.long(it.messageSequenceId)
  writeString(it.subscriptionName, writer)
  writeString(it.clientId, writer)
  writeTransactionIdOrNull(it.transactionId, writer, link)
}

function writeJournalQueueAck(it: JournalQueueAck, writer: ByteWriter, link: Outbound): void {
  writeDestinationOrNull(it.destination, writer, link)
  writeMessageAckOrNull(it.messageAck, writer, link)
}

function writeJournalTrace(it: JournalTrace, writer: ByteWriter, _link: Outbound): void {
  writeString(it.message, writer)
}

function writeJournalTransaction(it: JournalTransaction, writer: ByteWriter, link: Outbound): void {
  writeTransactionIdOrNull(it.transactionId, writer, link)
  writer.byte(it.type)
  writer.boolean(it.wasPrepared)
}

function writeSubscriptionInfo(it: SubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  writeString(it.clientId, writer)
  writeCachedDestination(it.destination, writer, link)
  writeString(it.selector, writer)
  writeString(it.subscriptionName, writer)
  if (version >= 3) {
    writeDestinationOrNull(it.subscribedDestination, writer, link)
  }
  if (version >= 11) {
    writer.boolean(it.noLocal)
  }
}

function writePartialCommand(it: PartialCommand, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writeBytes(it.data, writer)
}

function writeLastPartialCommand(it: LastPartialCommand, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writeBytes(it.data, writer)
}

function writeReplayCommand(it: ReplayCommand, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writer.int(it.firstNakNumber)
  writer.int(it.lastNakNumber)
}

function writeMessageDispatchNotification(it: MessageDispatchNotification, writer: ByteWriter, link: Outbound): void {
  writer.int(it.commandId)
  writer.boolean(it.responseRequired)
  writeCachedConsumerId(it.consumerId, writer, link)
  writeCachedDestination(it.destination, writer, link)
  writer.long(it.deliverySequenceId)
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
  writer.boolean(it.responseRequired)
  writeBrokerIdOrNull(it.brokerId, writer, link)
  writeString(it.brokerName, writer)
  writeConsumerInfoArray(it.subscriptionInfos, writer, link)
}

function writeActiveMQQueue(it: ActiveMQQueue, writer: ByteWriter, _link: Outbound): void {
  writeName(it.physicalName, writer)
}

function writeActiveMQTopic(it: ActiveMQTopic, writer: ByteWriter, _link: Outbound): void {
  writeName(it.physicalName, writer)
}

function writeActiveMQTempQueue(it: ActiveMQTempQueue, writer: ByteWriter, _link: Outbound): void {
  writeName(it.physicalName, writer)
}

function writeActiveMQTempTopic(it: ActiveMQTempTopic, writer: ByteWriter, _link: Outbound): void {
  writeName(it.physicalName, writer)
}

function writeMessageId(it: MessageId, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(0)
  let bytes = writer.buffer
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(18)
    bytes = writer.buffer
    if (it.textView === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.textView, writer)
      at = writer.room(17)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
  at = writer.room(17)
  bytes = writer.buffer
  if (uncached && it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedProducerId(it.producerId, writer, link)
    at = writer.room(16)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.producerSequenceId)
  putLong(bytes, at + 8, it.brokerSequenceId)
  at += 16
  writer.moveTo(at)
}

function writeLocalTransactionId(it: LocalTransactionId, writer: ByteWriter, link: Outbound): void {
  const uncached = link.cache === null
  let at = writer.room(9)
  let bytes = writer.buffer
  putLong(bytes, at, it.value)
  at += 8
  if (uncached && it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConnectionId(it.connectionId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeXATransactionId(it: XATransactionId, writer: ByteWriter, _link: Outbound): void {
  writer.int(it.formatId)
  writeBytes(it.globalTransactionId, writer)
  writeBytes(it.branchQualifier, writer)
}

function writeConnectionId(it: ConnectionId, writer: ByteWriter, _link: Outbound): void {
  writeName(it.value, writer)
}

function writeSessionId(it: SessionId, writer: ByteWriter, _link: Outbound): void {
  writeName(it.connectionId, writer)
  writer.long(it.value)
}

function writeConsumerId(it: ConsumerId, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(17)
  let bytes = writer.buffer
  if (it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.connectionId, writer)
    at = writer.room(16)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.sessionId)
  putLong(bytes, at + 8, it.value)
  at += 16
  writer.moveTo(at)
}

function writeProducerId(it: ProducerId, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(17)
  let bytes = writer.buffer
  if (it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.connectionId, writer)
    at = writer.room(16)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.value)
  putLong(bytes, at + 8, it.sessionId)
  at += 16
  writer.moveTo(at)
}

function writeBrokerId(it: BrokerId, writer: ByteWriter, _link: Outbound): void {
  writeName(it.value, writer)
}

function writeNetworkBridgeFilterOrNull(it: NetworkBridgeFilter | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeNetworkBridgeFilter(it, writer, link)
}

function writeConnectionIdOrNull(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeConnectionId(it, writer, link)
}

function writeDestinationOrNull(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
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
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeConsumerId(it, writer, link)
}

function writeProducerIdOrNull(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeProducerId(it, writer, link)
}

function writeMessageIdOrNull(it: MessageId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeMessageId(it, writer, link)
}

function writeOpenWireMessageOrNull(it: OpenWireMessage | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
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
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeLoose(it, writer, link)
}

function writeTransactionIdOrNull(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
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
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeMessageAck(it, writer, link)
}

function writeBrokerIdOrNull(it: BrokerId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeBrokerId(it, writer, link)
}

function writeSessionIdOrNull(it: SessionId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeSessionId(it, writer, link)
}

function writeObjectIdOrNull(it: ObjectId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
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
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(it.dataType)
  writeBrokerInfo(it, writer, link)
}

function writeConsumerInfoOrNull(it: ConsumerInfo | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
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
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeBrokerIdOrNull(it, writer, link)
}

function writeCachedConnectionId(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeConnectionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeConnectionIdOrNull(it, writer, link)
}

function writeCachedSessionId(it: SessionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeSessionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeSessionIdOrNull(it, writer, link)
}

function writeCachedConsumerId(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeConsumerIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeConsumerIdOrNull(it, writer, link)
}

function writeCachedDestination(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeDestinationOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeDestinationOrNull(it, writer, link)
}

function writeCachedProducerId(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeProducerIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeProducerIdOrNull(it, writer, link)
}

function writeCachedTransactionId(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeTransactionIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeTransactionIdOrNull(it, writer, link)
}

function writeCachedObjectId(it: ObjectId | null, writer: ByteWriter, link: Outbound): void {
  const cache = link.cache
  if (cache === null) {
    writeObjectIdOrNull(it, writer, link)
    return
  }
  const key = cacheKey(it)
  const slot = cache.find(key)
  if (slot !== undefined) {
    writer.byte(0)
    writer.short(slot)
    return
  }
  writer.byte(1)
  writer.short(cache.add(key))
  writeObjectIdOrNull(it, writer, link)
}

function writeBrokerInfoArray(them: (BrokerInfo | null)[] | null, writer: ByteWriter, link: Outbound): void {
  if (them === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.short(requireCount(them.length))
  for (const it of them) writeBrokerInfoOrNull(it, writer, link)
}

function writeBrokerIdArray(them: (BrokerId | null)[] | null, writer: ByteWriter, link: Outbound): void {
  if (them === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.short(requireCount(them.length))
  for (const it of them) writeBrokerIdOrNull(it, writer, link)
}

function writeConsumerIdArray(them: (ConsumerId | null)[] | null, writer: ByteWriter, link: Outbound): void {
  if (them === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.short(requireCount(them.length))
  for (const it of them) writeConsumerIdOrNull(it, writer, link)
}

function writeDataStructureArray(them: (DataStructure | null)[] | null, writer: ByteWriter, link: Outbound): void {
  if (them === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.short(requireCount(them.length))
  for (const it of them) writeDataStructureOrNull(it, writer, link)
}

function writeConsumerInfoArray(them: (ConsumerInfo | null)[] | null, writer: ByteWriter, link: Outbound): void {
  if (them === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.short(requireCount(them.length))
  for (const it of them) writeConsumerInfoOrNull(it, writer, link)
}

/** The fields of a structure, without its type code. */
export function writeLoose(it: DataStructure, writer: ByteWriter, link: Outbound): void {
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
