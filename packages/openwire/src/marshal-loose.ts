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
  const bytes = reader.buffer
  let at = reader.ahead(13)
  reader.moveTo(at)
  it.magic = Buffer.from(reader.view(8))
  at = reader.ahead(5)
  it.version =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readBytes(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readBrokerInfo(reader: ByteReader, link: Inbound): BrokerInfo {
  const it = new BrokerInfo()
  const bytes = reader.buffer
  const version = link.version
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
    it.brokerId = readCachedBrokerId(reader, link)
    at = reader.ahead(6)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerURL = readString(reader)
    at = reader.ahead(5)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.peerBrokerInfos = readBrokerInfoArray(reader, link)
    at = reader.ahead(4)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerName = readString(reader)
    at = reader.ahead(3)
  }
  it.slaveBroker = bytes[at] !== 0
  it.masterBroker = bytes[at + 1] !== 0
  it.faultTolerantConfiguration = bytes[at + 2] !== 0
  at += 3
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(10)
    it.duplexConnection = bytes[at] !== 0
    it.networkConnection = bytes[at + 1] !== 0
    it.connectionId = longAt(bytes, at + 2)
    at += 10
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(2)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.brokerUploadUrl = readString(reader)
      at = reader.ahead(1)
    }
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.networkProperties = readString(reader)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
  return it
}

function readConnectionInfo(reader: ByteReader, link: Inbound): ConnectionInfo {
  const it = new ConnectionInfo()
  const bytes = reader.buffer
  const version = link.version
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
    it.connectionId = readCachedConnectionId(reader, link)
    at = reader.ahead(6)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.clientId = readString(reader)
    at = reader.ahead(5)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.password = readString(reader)
    at = reader.ahead(4)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userName = readString(reader)
    at = reader.ahead(3)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(2)
  }
  it.brokerMasterConnector = bytes[at] !== 0
  it.manageable = bytes[at + 1] !== 0
  at += 2
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.clientMaster = bytes[at] !== 0
    at += 1
  }
  if (version >= 6) {
    reader.moveTo(at)
    at = reader.ahead(2)
    it.faultTolerant = bytes[at] !== 0
    it.failoverReconnect = bytes[at + 1] !== 0
    at += 2
  }
  if (version >= 8) {
    reader.moveTo(at)
    at = reader.ahead(1)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.clientIp = readString(reader)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
  return it
}

function readSessionInfo(reader: ByteReader, link: Inbound): SessionInfo {
  const it = new SessionInfo()
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(6)
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
    it.sessionId = readCachedSessionId(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readConsumerInfo(reader: ByteReader, link: Inbound): ConsumerInfo {
  const it = new ConsumerInfo()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(28)
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
    at = reader.ahead(22)
  }
  it.browser = bytes[at] !== 0
  at += 1
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(20)
  }
  it.prefetchSize =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.maximumPendingMessageLimit =
    ((bytes[at + 4] as number) << 24) |
    ((bytes[at + 5] as number) << 16) |
    ((bytes[at + 6] as number) << 8) |
    (bytes[at + 7] as number)
  it.dispatchAsync = bytes[at + 8] !== 0
  at += 9
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.selector = readString(reader)
    at = reader.ahead(10)
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(11)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.clientId = readString(reader)
      at = reader.ahead(10)
    }
  }
  reader.moveTo(at)
  at = reader.ahead(10)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.subscriptionName = readString(reader)
    at = reader.ahead(9)
  }
  it.noLocal = bytes[at] !== 0
  it.exclusive = bytes[at + 1] !== 0
  it.retroactive = bytes[at + 2] !== 0
  it.priority = ((bytes[at + 3] as number) << 24) >> 24
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(4)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.additionalPredicate = readNetworkBridgeFilterOrNull(reader, link)
    at = reader.ahead(3)
  }
  it.networkSubscription = bytes[at] !== 0
  it.optimizedAcknowledge = bytes[at + 1] !== 0
  it.noRangeAcks = bytes[at + 2] !== 0
  at += 3
  if (version >= 4) {
    reader.moveTo(at)
    at = reader.ahead(1)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.networkConsumerPath = readConsumerIdArray(reader, link)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
  return it
}

function readProducerInfo(reader: ByteReader, link: Inbound): ProducerInfo {
  const it = new ProducerInfo()
  const bytes = reader.buffer
  const version = link.version
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
    it.producerId = readCachedProducerId(reader, link)
    at = reader.ahead(2)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(0)
  }
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.dispatchAsync = bytes[at] !== 0
    at += 1
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(4)
    it.windowSize =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    at += 4
  }
  reader.moveTo(at)
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
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(17)
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
    at = reader.ahead(11)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(10)
  }
  it.operationType = ((bytes[at] as number) << 24) >> 24
  it.timeout = longAt(bytes, at + 1)
  at += 9
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerPath = readBrokerIdArray(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readRemoveSubscriptionInfo(reader: ByteReader, link: Inbound): RemoveSubscriptionInfo {
  const it = new RemoveSubscriptionInfo()
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
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.subscriptionName = readString(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.clientId = readString(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readKeepAliveInfo(reader: ByteReader, _link: Inbound): KeepAliveInfo {
  const it = new KeepAliveInfo()
  const bytes = reader.buffer
  let at = reader.ahead(5)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  reader.moveTo(at)
  return it
}

function readShutdownInfo(reader: ByteReader, _link: Inbound): ShutdownInfo {
  const it = new ShutdownInfo()
  const bytes = reader.buffer
  let at = reader.ahead(5)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  reader.moveTo(at)
  return it
}

function readRemoveInfo(reader: ByteReader, link: Inbound): RemoveInfo {
  const it = new RemoveInfo()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(6)
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
    it.objectId = readCachedObjectId(reader, link)
    at = reader.ahead(0)
  }
  if (version >= 5) {
    reader.moveTo(at)
    at = reader.ahead(8)
    it.lastDeliveredSequenceId = longAt(bytes, at)
    at += 8
  }
  reader.moveTo(at)
  return it
}

function readControlCommand(reader: ByteReader, _link: Inbound): ControlCommand {
  const it = new ControlCommand()
  const bytes = reader.buffer
  let at = reader.ahead(6)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.command = readString(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readFlushCommand(reader: ByteReader, _link: Inbound): FlushCommand {
  const it = new FlushCommand()
  const bytes = reader.buffer
  let at = reader.ahead(5)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  reader.moveTo(at)
  return it
}

function readConnectionError(reader: ByteReader, link: Inbound): ConnectionError {
  const it = new ConnectionError()
  const bytes = reader.buffer
  let at = reader.ahead(7)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.exception = readThrowable(reader, link)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readConnectionIdOrNull(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readConsumerControl(reader: ByteReader, link: Inbound): ConsumerControl {
  const it = new ConsumerControl()
  const bytes = reader.buffer
  const version = link.version
  let at = reader.ahead(11)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (version >= 6) {
    reader.moveTo(at)
    at = reader.ahead(7)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.destination = readDestinationOrNull(reader, link)
      at = reader.ahead(6)
    }
  }
  reader.moveTo(at)
  at = reader.ahead(6)
  it.close = bytes[at] !== 0
  at += 1
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.consumerId = readConsumerIdOrNull(reader, link)
    at = reader.ahead(4)
  }
  it.prefetch =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (version >= 2) {
    reader.moveTo(at)
    at = reader.ahead(3)
    it.flush = bytes[at] !== 0
    it.start = bytes[at + 1] !== 0
    it.stop = bytes[at + 2] !== 0
    at += 3
  }
  reader.moveTo(at)
  return it
}

function readConnectionControl(reader: ByteReader, link: Inbound): ConnectionControl {
  const it = new ConnectionControl()
  const bytes = reader.buffer
  const version = link.version
  let at = reader.ahead(10)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  it.close = bytes[at + 5] !== 0
  it.exit = bytes[at + 6] !== 0
  it.faultTolerant = bytes[at + 7] !== 0
  it.resume = bytes[at + 8] !== 0
  it.suspend = bytes[at + 9] !== 0
  at += 10
  if (version >= 6) {
    reader.moveTo(at)
    at = reader.ahead(3)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.connectedBrokers = readString(reader)
      at = reader.ahead(2)
    }
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.reconnectTo = readString(reader)
      at = reader.ahead(1)
    }
    it.rebalanceConnection = bytes[at] !== 0
    at += 1
  }
  if (version >= 8) {
    reader.moveTo(at)
    at = reader.ahead(1)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.token = readBytes(reader)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
  return it
}

function readProducerAck(reader: ByteReader, link: Inbound): ProducerAck {
  const it = new ProducerAck()
  const bytes = reader.buffer
  let at = reader.ahead(10)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.producerId = readProducerIdOrNull(reader, link)
    at = reader.ahead(4)
  }
  it.size =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  reader.moveTo(at)
  return it
}

function readMessagePull(reader: ByteReader, link: Inbound): MessagePull {
  const it = new MessagePull()
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
    it.consumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(9)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(8)
  }
  it.timeout = longAt(bytes, at)
  at += 8
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(2)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.correlationId = readString(reader)
      at = reader.ahead(1)
    }
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.messageId = readMessageIdOrNull(reader, link)
      at = reader.ahead(0)
    }
  }
  reader.moveTo(at)
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
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(78)
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
    at = reader.ahead(72)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(71)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(70)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalDestination = readCachedDestination(reader, link)
    at = reader.ahead(69)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(68)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.originalTransactionId = readCachedTransactionId(reader, link)
    at = reader.ahead(67)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.groupID = readString(reader)
    at = reader.ahead(66)
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
    at = reader.ahead(61)
  }
  it.persistent = bytes[at] !== 0
  it.expiration = longAt(bytes, at + 1)
  it.priority = ((bytes[at + 9] as number) << 24) >> 24
  at += 10
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.replyTo = readDestinationOrNull(reader, link)
    at = reader.ahead(50)
  }
  it.timestamp = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.type = readString(reader)
    at = reader.ahead(41)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.content = readView(reader)
    at = reader.ahead(40)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.marshalledProperties = readView(reader)
    at = reader.ahead(39)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.dataStructure = readDataStructureOrNull(reader, link)
    at = reader.ahead(38)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.targetConsumerId = readCachedConsumerId(reader, link)
    at = reader.ahead(37)
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
    at = reader.ahead(31)
  }
  it.arrival = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.userID = readString(reader)
    at = reader.ahead(22)
  }
  it.recievedByDFBridge = bytes[at] !== 0
  it.droppable = bytes[at + 1] !== 0
  at += 2
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.cluster = readBrokerIdArray(reader, link)
    at = reader.ahead(19)
  }
  it.brokerInTime = longAt(bytes, at)
  it.brokerOutTime = longAt(bytes, at + 8)
  at += 16
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(4)
    it.jmsXGroupFirstForConsumer = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  at = reader.ahead(3)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.remoteBlobUrl = readString(reader)
    at = reader.ahead(2)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.mimeType = readString(reader)
    at = reader.ahead(1)
  }
  it.deletedByBroker = bytes[at] !== 0
  at += 1
  reader.moveTo(at)
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
  const bytes = reader.buffer
  let at = reader.ahead(10)
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
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.exception = readThrowable(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readDataResponse(reader: ByteReader, link: Inbound): DataResponse {
  const it = new DataResponse()
  const bytes = reader.buffer
  let at = reader.ahead(10)
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
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.data = readDataStructureOrNull(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readDataArrayResponse(reader: ByteReader, link: Inbound): DataArrayResponse {
  const it = new DataArrayResponse()
  const bytes = reader.buffer
  let at = reader.ahead(10)
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
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.data = readDataStructureArray(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readIntegerResponse(reader: ByteReader, _link: Inbound): IntegerResponse {
  const it = new IntegerResponse()
  const bytes = reader.buffer
  let at = reader.ahead(13)
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
  it.result =
    ((bytes[at + 9] as number) << 24) |
    ((bytes[at + 10] as number) << 16) |
    ((bytes[at + 11] as number) << 8) |
    (bytes[at + 12] as number)
  at += 13
  reader.moveTo(at)
  return it
}

function readDiscoveryEvent(reader: ByteReader, _link: Inbound): DiscoveryEvent {
  const it = new DiscoveryEvent()
  const bytes = reader.buffer
  let at = reader.ahead(2)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.serviceName = readString(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerName = readString(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readJournalTopicAck(reader: ByteReader, link: Inbound): JournalTopicAck {
  const it = new JournalTopicAck()
  const bytes = reader.buffer
  let at = reader.ahead(13)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readDestinationOrNull(reader, link)
    at = reader.ahead(12)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(11)
  }
  it.messageSequenceId = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.subscriptionName = readString(reader)
    at = reader.ahead(2)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.clientId = readString(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readTransactionIdOrNull(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readJournalQueueAck(reader: ByteReader, link: Inbound): JournalQueueAck {
  const it = new JournalQueueAck()
  const bytes = reader.buffer
  let at = reader.ahead(2)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readDestinationOrNull(reader, link)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageAck = readMessageAckOrNull(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readJournalTrace(reader: ByteReader, _link: Inbound): JournalTrace {
  const it = new JournalTrace()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.message = readString(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readJournalTransaction(reader: ByteReader, link: Inbound): JournalTransaction {
  const it = new JournalTransaction()
  const bytes = reader.buffer
  let at = reader.ahead(3)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.transactionId = readTransactionIdOrNull(reader, link)
    at = reader.ahead(2)
  }
  it.type = ((bytes[at] as number) << 24) >> 24
  it.wasPrepared = bytes[at + 1] !== 0
  at += 2
  reader.moveTo(at)
  return it
}

function readSubscriptionInfo(reader: ByteReader, link: Inbound): SubscriptionInfo {
  const it = new SubscriptionInfo()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(4)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.clientId = readString(reader)
    at = reader.ahead(3)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(2)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.selector = readString(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.subscriptionName = readString(reader)
    at = reader.ahead(0)
  }
  if (version >= 3) {
    reader.moveTo(at)
    at = reader.ahead(1)
    if (bytes[at] === 0) at++
    else {
      reader.moveTo(at)
      it.subscribedDestination = readDestinationOrNull(reader, link)
      at = reader.ahead(0)
    }
  }
  if (version >= 11) {
    reader.moveTo(at)
    at = reader.ahead(1)
    it.noLocal = bytes[at] !== 0
    at += 1
  }
  reader.moveTo(at)
  return it
}

function readPartialCommand(reader: ByteReader, _link: Inbound): PartialCommand {
  const it = new PartialCommand()
  const bytes = reader.buffer
  let at = reader.ahead(5)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.data = readBytes(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readLastPartialCommand(reader: ByteReader, _link: Inbound): LastPartialCommand {
  const it = new LastPartialCommand()
  const bytes = reader.buffer
  let at = reader.ahead(5)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.data = readBytes(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readReplayCommand(reader: ByteReader, _link: Inbound): ReplayCommand {
  const it = new ReplayCommand()
  const bytes = reader.buffer
  let at = reader.ahead(13)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  it.firstNakNumber =
    ((bytes[at + 5] as number) << 24) |
    ((bytes[at + 6] as number) << 16) |
    ((bytes[at + 7] as number) << 8) |
    (bytes[at + 8] as number)
  it.lastNakNumber =
    ((bytes[at + 9] as number) << 24) |
    ((bytes[at + 10] as number) << 16) |
    ((bytes[at + 11] as number) << 8) |
    (bytes[at + 12] as number)
  at += 13
  reader.moveTo(at)
  return it
}

function readMessageDispatchNotification(reader: ByteReader, link: Inbound): MessageDispatchNotification {
  const it = new MessageDispatchNotification()
  const bytes = reader.buffer
  const uncached = link.cache === null
  let at = reader.ahead(16)
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
    at = reader.ahead(10)
  }
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.destination = readCachedDestination(reader, link)
    at = reader.ahead(9)
  }
  it.deliverySequenceId = longAt(bytes, at)
  at += 8
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.messageId = readMessageIdOrNull(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readNetworkBridgeFilter(reader: ByteReader, link: Inbound): NetworkBridgeFilter {
  const it = new NetworkBridgeFilter()
  const bytes = reader.buffer
  const version = link.version
  const uncached = link.cache === null
  let at = reader.ahead(0)
  if (version <= 9) {
    reader.moveTo(at)
    at = reader.ahead(5)
    it.networkTTL =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    at += 4
  }
  reader.moveTo(at)
  at = reader.ahead(1)
  if (uncached && bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.networkBrokerId = readCachedBrokerId(reader, link)
    at = reader.ahead(0)
  }
  if (version >= 10) {
    reader.moveTo(at)
    at = reader.ahead(8)
    it.messageTTL =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    it.consumerTTL =
      ((bytes[at + 4] as number) << 24) |
      ((bytes[at + 5] as number) << 16) |
      ((bytes[at + 6] as number) << 8) |
      (bytes[at + 7] as number)
    at += 8
  }
  reader.moveTo(at)
  return it
}

function readBrokerSubscriptionInfo(reader: ByteReader, link: Inbound): BrokerSubscriptionInfo {
  const it = new BrokerSubscriptionInfo()
  const bytes = reader.buffer
  let at = reader.ahead(8)
  it.commandId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  it.responseRequired = bytes[at + 4] !== 0
  at += 5
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerId = readBrokerIdOrNull(reader, link)
    at = reader.ahead(2)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.brokerName = readString(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.subscriptionInfos = readConsumerInfoArray(reader, link)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readActiveMQQueue(reader: ByteReader, _link: Inbound): ActiveMQQueue {
  const it = new ActiveMQQueue()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.physicalName = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readActiveMQTopic(reader: ByteReader, _link: Inbound): ActiveMQTopic {
  const it = new ActiveMQTopic()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.physicalName = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readActiveMQTempQueue(reader: ByteReader, _link: Inbound): ActiveMQTempQueue {
  const it = new ActiveMQTempQueue()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.physicalName = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readActiveMQTempTopic(reader: ByteReader, _link: Inbound): ActiveMQTempTopic {
  const it = new ActiveMQTempTopic()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.physicalName = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
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
  const bytes = reader.buffer
  let at = reader.ahead(6)
  it.formatId =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  at += 4
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.globalTransactionId = readIdBytes(reader)
    at = reader.ahead(1)
  }
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.branchQualifier = readIdBytes(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readConnectionId(reader: ByteReader, _link: Inbound): ConnectionId {
  const it = new ConnectionId()
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.value = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
  return it
}

function readSessionId(reader: ByteReader, _link: Inbound): SessionId {
  const it = new SessionId()
  const bytes = reader.buffer
  let at = reader.ahead(9)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.connectionId = readNameOrNull(reader)
    at = reader.ahead(8)
  }
  it.value = longAt(bytes, at)
  at += 8
  reader.moveTo(at)
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
  const bytes = reader.buffer
  let at = reader.ahead(1)
  if (bytes[at] === 0) at++
  else {
    reader.moveTo(at)
    it.value = readNameOrNull(reader)
    at = reader.ahead(0)
  }
  reader.moveTo(at)
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
  let at = writer.room(13)
  let bytes = writer.buffer
  writer.moveTo(at)
  writeConstant(it.magic, 8, writer)
  at = writer.room(5)
  bytes = writer.buffer
  bytes[at] = it.version >>> 24
  bytes[at + 1] = it.version >>> 16
  bytes[at + 2] = it.version >>> 8
  bytes[at + 3] = it.version
  at += 4
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeBrokerInfo(it: BrokerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(12)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.brokerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedBrokerId(it.brokerId, writer, link)
    at = writer.room(6)
    bytes = writer.buffer
  }
  if (it.brokerURL === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.brokerURL, writer)
    at = writer.room(5)
    bytes = writer.buffer
  }
  if (it.peerBrokerInfos === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerInfoArray(it.peerBrokerInfos, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  if (it.brokerName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.brokerName, writer)
    at = writer.room(3)
    bytes = writer.buffer
  }
  bytes[at] = it.slaveBroker ? 1 : 0
  bytes[at + 1] = it.masterBroker ? 1 : 0
  bytes[at + 2] = it.faultTolerantConfiguration ? 1 : 0
  at += 3
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(10)
    bytes = writer.buffer
    bytes[at] = it.duplexConnection ? 1 : 0
    bytes[at + 1] = it.networkConnection ? 1 : 0
    putLong(bytes, at + 2, it.connectionId)
    at += 10
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(2)
    bytes = writer.buffer
    if (it.brokerUploadUrl === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.brokerUploadUrl, writer)
      at = writer.room(1)
      bytes = writer.buffer
    }
    if (it.networkProperties === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.networkProperties, writer)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
}

function writeConnectionInfo(it: ConnectionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(12)
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
    at = writer.room(6)
    bytes = writer.buffer
  }
  if (it.clientId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.clientId, writer)
    at = writer.room(5)
    bytes = writer.buffer
  }
  if (it.password === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.password, writer)
    at = writer.room(4)
    bytes = writer.buffer
  }
  if (it.userName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userName, writer)
    at = writer.room(3)
    bytes = writer.buffer
  }
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(2)
    bytes = writer.buffer
  }
  bytes[at] = it.brokerMasterConnector ? 1 : 0
  bytes[at + 1] = it.manageable ? 1 : 0
  at += 2
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.clientMaster ? 1 : 0
    at += 1
  }
  if (version >= 6) {
    writer.moveTo(at)
    at = writer.room(2)
    bytes = writer.buffer
    bytes[at] = it.faultTolerant ? 1 : 0
    bytes[at + 1] = it.failoverReconnect ? 1 : 0
    at += 2
  }
  if (version >= 8) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    if (it.clientIp === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.clientIp, writer)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
}

function writeSessionInfo(it: SessionInfo, writer: ByteWriter, link: Outbound): void {
  const uncached = link.cache === null
  let at = writer.room(6)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.sessionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedSessionId(it.sessionId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeConsumerInfo(it: ConsumerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(28)
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
    at = writer.room(22)
    bytes = writer.buffer
  }
  bytes[at] = it.browser ? 1 : 0
  at += 1
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(20)
    bytes = writer.buffer
  }
  bytes[at] = it.prefetchSize >>> 24
  bytes[at + 1] = it.prefetchSize >>> 16
  bytes[at + 2] = it.prefetchSize >>> 8
  bytes[at + 3] = it.prefetchSize
  bytes[at + 4] = it.maximumPendingMessageLimit >>> 24
  bytes[at + 5] = it.maximumPendingMessageLimit >>> 16
  bytes[at + 6] = it.maximumPendingMessageLimit >>> 8
  bytes[at + 7] = it.maximumPendingMessageLimit
  bytes[at + 8] = it.dispatchAsync ? 1 : 0
  at += 9
  if (it.selector === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.selector, writer)
    at = writer.room(10)
    bytes = writer.buffer
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(11)
    bytes = writer.buffer
    if (it.clientId === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.clientId, writer)
      at = writer.room(10)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
  at = writer.room(10)
  bytes = writer.buffer
  if (it.subscriptionName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.subscriptionName, writer)
    at = writer.room(9)
    bytes = writer.buffer
  }
  bytes[at] = it.noLocal ? 1 : 0
  bytes[at + 1] = it.exclusive ? 1 : 0
  bytes[at + 2] = it.retroactive ? 1 : 0
  bytes[at + 3] = it.priority
  at += 4
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  if (it.additionalPredicate === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeNetworkBridgeFilterOrNull(it.additionalPredicate, writer, link)
    at = writer.room(3)
    bytes = writer.buffer
  }
  bytes[at] = it.networkSubscription ? 1 : 0
  bytes[at + 1] = it.optimizedAcknowledge ? 1 : 0
  bytes[at + 2] = it.noRangeAcks ? 1 : 0
  at += 3
  if (version >= 4) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    if (it.networkConsumerPath === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeConsumerIdArray(it.networkConsumerPath, writer, link)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
}

function writeProducerInfo(it: ProducerInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(8)
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
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.dispatchAsync ? 1 : 0
    at += 1
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(4)
    bytes = writer.buffer
    bytes[at] = it.windowSize >>> 24
    bytes[at + 1] = it.windowSize >>> 16
    bytes[at + 2] = it.windowSize >>> 8
    bytes[at + 3] = it.windowSize
    at += 4
  }
  writer.moveTo(at)
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
  const uncached = link.cache === null
  let at = writer.room(17)
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
    at = writer.room(11)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(10)
    bytes = writer.buffer
  }
  bytes[at] = it.operationType
  putLong(bytes, at + 1, it.timeout)
  at += 9
  if (it.brokerPath === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.brokerPath, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeRemoveSubscriptionInfo(it: RemoveSubscriptionInfo, writer: ByteWriter, link: Outbound): void {
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
  if (it.subscriptionName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.subscriptionName, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.clientId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.clientId, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeKeepAliveInfo(it: KeepAliveInfo, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(5)
  const bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  writer.moveTo(at)
}

function writeShutdownInfo(it: ShutdownInfo, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(5)
  const bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  writer.moveTo(at)
}

function writeRemoveInfo(it: RemoveInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(6)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (uncached && it.objectId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedObjectId(it.objectId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  if (version >= 5) {
    writer.moveTo(at)
    at = writer.room(8)
    bytes = writer.buffer
    putLong(bytes, at, it.lastDeliveredSequenceId)
    at += 8
  }
  writer.moveTo(at)
}

function writeControlCommand(it: ControlCommand, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(6)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (it.command === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.command, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeFlushCommand(it: FlushCommand, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(5)
  const bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  writer.moveTo(at)
}

function writeConnectionError(it: ConnectionError, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(7)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (it.exception === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeThrowable(it.exception, writer, link)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeConnectionIdOrNull(it.connectionId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeConsumerControl(it: ConsumerControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  let at = writer.room(11)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (version >= 6) {
    writer.moveTo(at)
    at = writer.room(7)
    bytes = writer.buffer
    if (it.destination === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeDestinationOrNull(it.destination, writer, link)
      at = writer.room(6)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
  at = writer.room(6)
  bytes = writer.buffer
  bytes[at] = it.close ? 1 : 0
  at += 1
  if (it.consumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeConsumerIdOrNull(it.consumerId, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  bytes[at] = it.prefetch >>> 24
  bytes[at + 1] = it.prefetch >>> 16
  bytes[at + 2] = it.prefetch >>> 8
  bytes[at + 3] = it.prefetch
  at += 4
  if (version >= 2) {
    writer.moveTo(at)
    at = writer.room(3)
    bytes = writer.buffer
    bytes[at] = it.flush ? 1 : 0
    bytes[at + 1] = it.start ? 1 : 0
    bytes[at + 2] = it.stop ? 1 : 0
    at += 3
  }
  writer.moveTo(at)
}

function writeConnectionControl(it: ConnectionControl, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  let at = writer.room(10)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  bytes[at + 5] = it.close ? 1 : 0
  bytes[at + 6] = it.exit ? 1 : 0
  bytes[at + 7] = it.faultTolerant ? 1 : 0
  bytes[at + 8] = it.resume ? 1 : 0
  bytes[at + 9] = it.suspend ? 1 : 0
  at += 10
  if (version >= 6) {
    writer.moveTo(at)
    at = writer.room(3)
    bytes = writer.buffer
    if (it.connectedBrokers === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.connectedBrokers, writer)
      at = writer.room(2)
      bytes = writer.buffer
    }
    if (it.reconnectTo === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.reconnectTo, writer)
      at = writer.room(1)
      bytes = writer.buffer
    }
    bytes[at] = it.rebalanceConnection ? 1 : 0
    at += 1
  }
  if (version >= 8) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    if (it.token === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeBytes(it.token, writer)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
}

function writeProducerAck(it: ProducerAck, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(10)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (it.producerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeProducerIdOrNull(it.producerId, writer, link)
    at = writer.room(4)
    bytes = writer.buffer
  }
  bytes[at] = it.size >>> 24
  bytes[at + 1] = it.size >>> 16
  bytes[at + 2] = it.size >>> 8
  bytes[at + 3] = it.size
  at += 4
  writer.moveTo(at)
}

function writeMessagePull(it: MessagePull, writer: ByteWriter, link: Outbound): void {
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
  if (uncached && it.consumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.consumerId, writer, link)
    at = writer.room(9)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(8)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timeout)
  at += 8
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(2)
    bytes = writer.buffer
    if (it.correlationId === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeString(it.correlationId, writer)
      at = writer.room(1)
      bytes = writer.buffer
    }
    if (it.messageId === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeMessageIdOrNull(it.messageId, writer, link)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  writer.moveTo(at)
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
  const uncached = link.cache === null
  let at = writer.room(78)
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
    at = writer.room(72)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(71)
    bytes = writer.buffer
  }
  if (uncached && it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.transactionId, writer, link)
    at = writer.room(70)
    bytes = writer.buffer
  }
  if (uncached && it.originalDestination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.originalDestination, writer, link)
    at = writer.room(69)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(68)
    bytes = writer.buffer
  }
  if (uncached && it.originalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedTransactionId(it.originalTransactionId, writer, link)
    at = writer.room(67)
    bytes = writer.buffer
  }
  if (it.groupID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.groupID, writer)
    at = writer.room(66)
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
    at = writer.room(61)
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
    at = writer.room(50)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.timestamp)
  at += 8
  if (it.type === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.type, writer)
    at = writer.room(41)
    bytes = writer.buffer
  }
  if (it.content === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.content, writer)
    at = writer.room(40)
    bytes = writer.buffer
  }
  if (it.marshalledProperties === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.marshalledProperties, writer)
    at = writer.room(39)
    bytes = writer.buffer
  }
  if (it.dataStructure === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.dataStructure, writer, link)
    at = writer.room(38)
    bytes = writer.buffer
  }
  if (uncached && it.targetConsumerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedConsumerId(it.targetConsumerId, writer, link)
    at = writer.room(37)
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
    at = writer.room(31)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.arrival)
  at += 8
  if (it.userID === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.userID, writer)
    at = writer.room(22)
    bytes = writer.buffer
  }
  bytes[at] = it.recievedByDFBridge ? 1 : 0
  bytes[at + 1] = it.droppable ? 1 : 0
  at += 2
  if (it.cluster === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdArray(it.cluster, writer, link)
    at = writer.room(19)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.brokerInTime)
  putLong(bytes, at + 8, it.brokerOutTime)
  at += 16
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(4)
    bytes = writer.buffer
    bytes[at] = it.jmsXGroupFirstForConsumer ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
  at = writer.room(3)
  bytes = writer.buffer
  if (it.remoteBlobUrl === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.remoteBlobUrl, writer)
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (it.mimeType === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.mimeType, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  bytes[at] = it.deletedByBroker ? 1 : 0
  at += 1
  writer.moveTo(at)
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
  let at = writer.room(10)
  let bytes = writer.buffer
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
  if (it.exception === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeThrowable(it.exception, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeDataResponse(it: DataResponse, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(10)
  let bytes = writer.buffer
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
  if (it.data === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureOrNull(it.data, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeDataArrayResponse(it: DataArrayResponse, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(10)
  let bytes = writer.buffer
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
  if (it.data === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDataStructureArray(it.data, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeIntegerResponse(it: IntegerResponse, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(13)
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
  bytes[at + 9] = it.result >>> 24
  bytes[at + 10] = it.result >>> 16
  bytes[at + 11] = it.result >>> 8
  bytes[at + 12] = it.result
  at += 13
  writer.moveTo(at)
}

function writeDiscoveryEvent(it: DiscoveryEvent, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(2)
  let bytes = writer.buffer
  if (it.serviceName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.serviceName, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.brokerName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.brokerName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeJournalTopicAck(it: JournalTopicAck, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(13)
  let bytes = writer.buffer
  if (it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.destination, writer, link)
    at = writer.room(12)
    bytes = writer.buffer
  }
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(11)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.messageSequenceId)
  at += 8
  if (it.subscriptionName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.subscriptionName, writer)
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (it.clientId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.clientId, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeTransactionIdOrNull(it.transactionId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeJournalQueueAck(it: JournalQueueAck, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(2)
  let bytes = writer.buffer
  if (it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeDestinationOrNull(it.destination, writer, link)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.messageAck === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageAckOrNull(it.messageAck, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeJournalTrace(it: JournalTrace, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.message === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.message, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeJournalTransaction(it: JournalTransaction, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(3)
  let bytes = writer.buffer
  if (it.transactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeTransactionIdOrNull(it.transactionId, writer, link)
    at = writer.room(2)
    bytes = writer.buffer
  }
  bytes[at] = it.type
  bytes[at + 1] = it.wasPrepared ? 1 : 0
  at += 2
  writer.moveTo(at)
}

function writeSubscriptionInfo(it: SubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(4)
  let bytes = writer.buffer
  if (it.clientId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.clientId, writer)
    at = writer.room(3)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (it.selector === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.selector, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.subscriptionName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.subscriptionName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  if (version >= 3) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    if (it.subscribedDestination === null) bytes[at++] = 0
    else {
      writer.moveTo(at)
      writeDestinationOrNull(it.subscribedDestination, writer, link)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
  if (version >= 11) {
    writer.moveTo(at)
    at = writer.room(1)
    bytes = writer.buffer
    bytes[at] = it.noLocal ? 1 : 0
    at += 1
  }
  writer.moveTo(at)
}

function writePartialCommand(it: PartialCommand, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(5)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  at += 4
  if (it.data === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.data, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeLastPartialCommand(it: LastPartialCommand, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(5)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  at += 4
  if (it.data === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.data, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeReplayCommand(it: ReplayCommand, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(13)
  const bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  bytes[at + 5] = it.firstNakNumber >>> 24
  bytes[at + 6] = it.firstNakNumber >>> 16
  bytes[at + 7] = it.firstNakNumber >>> 8
  bytes[at + 8] = it.firstNakNumber
  bytes[at + 9] = it.lastNakNumber >>> 24
  bytes[at + 10] = it.lastNakNumber >>> 16
  bytes[at + 11] = it.lastNakNumber >>> 8
  bytes[at + 12] = it.lastNakNumber
  at += 13
  writer.moveTo(at)
}

function writeMessageDispatchNotification(it: MessageDispatchNotification, writer: ByteWriter, link: Outbound): void {
  const uncached = link.cache === null
  let at = writer.room(16)
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
    at = writer.room(10)
    bytes = writer.buffer
  }
  if (uncached && it.destination === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedDestination(it.destination, writer, link)
    at = writer.room(9)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.deliverySequenceId)
  at += 8
  if (it.messageId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeMessageIdOrNull(it.messageId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeNetworkBridgeFilter(it: NetworkBridgeFilter, writer: ByteWriter, link: Outbound): void {
  const version = link.version
  const uncached = link.cache === null
  let at = writer.room(0)
  let bytes = writer.buffer
  if (version <= 9) {
    writer.moveTo(at)
    at = writer.room(5)
    bytes = writer.buffer
    bytes[at] = it.networkTTL >>> 24
    bytes[at + 1] = it.networkTTL >>> 16
    bytes[at + 2] = it.networkTTL >>> 8
    bytes[at + 3] = it.networkTTL
    at += 4
  }
  writer.moveTo(at)
  at = writer.room(1)
  bytes = writer.buffer
  if (uncached && it.networkBrokerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeCachedBrokerId(it.networkBrokerId, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  if (version >= 10) {
    writer.moveTo(at)
    at = writer.room(8)
    bytes = writer.buffer
    bytes[at] = it.messageTTL >>> 24
    bytes[at + 1] = it.messageTTL >>> 16
    bytes[at + 2] = it.messageTTL >>> 8
    bytes[at + 3] = it.messageTTL
    bytes[at + 4] = it.consumerTTL >>> 24
    bytes[at + 5] = it.consumerTTL >>> 16
    bytes[at + 6] = it.consumerTTL >>> 8
    bytes[at + 7] = it.consumerTTL
    at += 8
  }
  writer.moveTo(at)
}

function writeBrokerSubscriptionInfo(it: BrokerSubscriptionInfo, writer: ByteWriter, link: Outbound): void {
  let at = writer.room(8)
  let bytes = writer.buffer
  bytes[at] = it.commandId >>> 24
  bytes[at + 1] = it.commandId >>> 16
  bytes[at + 2] = it.commandId >>> 8
  bytes[at + 3] = it.commandId
  bytes[at + 4] = it.responseRequired ? 1 : 0
  at += 5
  if (it.brokerId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBrokerIdOrNull(it.brokerId, writer, link)
    at = writer.room(2)
    bytes = writer.buffer
  }
  if (it.brokerName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeString(it.brokerName, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.subscriptionInfos === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeConsumerInfoArray(it.subscriptionInfos, writer, link)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeActiveMQQueue(it: ActiveMQQueue, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.physicalName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.physicalName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeActiveMQTopic(it: ActiveMQTopic, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.physicalName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.physicalName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeActiveMQTempQueue(it: ActiveMQTempQueue, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.physicalName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.physicalName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeActiveMQTempTopic(it: ActiveMQTempTopic, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.physicalName === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.physicalName, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
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
  let at = writer.room(6)
  let bytes = writer.buffer
  bytes[at] = it.formatId >>> 24
  bytes[at + 1] = it.formatId >>> 16
  bytes[at + 2] = it.formatId >>> 8
  bytes[at + 3] = it.formatId
  at += 4
  if (it.globalTransactionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.globalTransactionId, writer)
    at = writer.room(1)
    bytes = writer.buffer
  }
  if (it.branchQualifier === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeBytes(it.branchQualifier, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeConnectionId(it: ConnectionId, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.value === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.value, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
}

function writeSessionId(it: SessionId, writer: ByteWriter, _link: Outbound): void {
  let at = writer.room(9)
  let bytes = writer.buffer
  if (it.connectionId === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.connectionId, writer)
    at = writer.room(8)
    bytes = writer.buffer
  }
  putLong(bytes, at, it.value)
  at += 8
  writer.moveTo(at)
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
  let at = writer.room(1)
  let bytes = writer.buffer
  if (it.value === null) bytes[at++] = 0
  else {
    writer.moveTo(at)
    writeName(it.value, writer)
    at = writer.room(0)
    bytes = writer.buffer
  }
  writer.moveTo(at)
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
