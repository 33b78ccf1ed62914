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
import { type Inbound, type Outbound, unexpectedType } from './link.ts'
import { longAt, putLong, readNameOrNull, readString, readView, writeBytes, writeName, writeString } from './loose.ts'
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
    it.dataStructure = readObject(reader, link, LOOSE, 1, 124) as DataStructure | null
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
    it.brokerPath = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.cluster = readArray(reader, link, LOOSE, 124, 124) as (BrokerId | null)[] | null
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
      it.poisonCause = readThrowable(reader, link, LOOSE)
      at = reader.ahead(0)
    }
  }
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

function readMessageIdOrNull(reader: ByteReader, link: Inbound): MessageId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 110) throw unexpectedType(type, 110, 110)
  return readMessageId(reader, link)
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
      throw unexpectedType(type, 100, 103)
  }
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
    default:
      if (type < 23 || type > 29) throw unexpectedType(type, 23, 29)
      it = readLayout(type, reader, link, LOOSE) as OpenWireMessage
  }
  link.leave()
  return it
}

function readProducerIdOrNull(reader: ByteReader, link: Inbound): ProducerId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 123) throw unexpectedType(type, 123, 123)
  return readProducerId(reader, link)
}

function readTransactionIdOrNull(reader: ByteReader, link: Inbound): TransactionId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  let it: TransactionId
  switch (type) {
    case 111:
      it = readLocalTransactionId(reader, link)
      break
    default:
      if (type < 111 || type > 112) throw unexpectedType(type, 111, 112)
      it = readLayout(type, reader, link, LOOSE) as TransactionId
  }
  return it
}

function readConsumerIdOrNull(reader: ByteReader, link: Inbound): ConsumerId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 122) throw unexpectedType(type, 122, 122)
  return readConsumerId(reader, link)
}

function readConnectionIdOrNull(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (!reader.boolean()) return null
  const type = reader.byte()
  if (type !== 120) throw unexpectedType(type, 120, 120)
  return readConnectionId(reader, link)
}

function readCachedProducerId(reader: ByteReader, link: Inbound): ProducerId | null {
  if (link.cache === null) return readProducerIdOrNull(reader, link)
  return readCached(reader, link, LOOSE, 123, 123) as ProducerId | null
}

function readCachedDestination(reader: ByteReader, link: Inbound): Destination | null {
  if (link.cache === null) return readDestinationOrNull(reader, link)
  return readCached(reader, link, LOOSE, 100, 103) as Destination | null
}

function readCachedTransactionId(reader: ByteReader, link: Inbound): TransactionId | null {
  if (link.cache === null) return readTransactionIdOrNull(reader, link)
  return readCached(reader, link, LOOSE, 111, 112) as TransactionId | null
}

function readCachedConsumerId(reader: ByteReader, link: Inbound): ConsumerId | null {
  if (link.cache === null) return readConsumerIdOrNull(reader, link)
  return readCached(reader, link, LOOSE, 122, 122) as ConsumerId | null
}

function readCachedConnectionId(reader: ByteReader, link: Inbound): ConnectionId | null {
  if (link.cache === null) return readConnectionIdOrNull(reader, link)
  return readCached(reader, link, LOOSE, 120, 120) as ConnectionId | null
}

/** The fields of a structure whose type code has been read. */
export function readLoose(type: number, reader: ByteReader, link: Inbound): DataStructure {
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
      return readLayout(type, reader, link, LOOSE)
  }
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
    writeObject(it.dataStructure, writer, link, LOOSE, 1, 124)
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
    writeArray(it.brokerPath, writer, link, LOOSE, 124, 124)
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
      writeArray(it.cluster, writer, link, LOOSE, 124, 124)
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
      writeThrowable(it.poisonCause, writer, link, LOOSE)
      at = writer.room(0)
      bytes = writer.buffer
    }
  }
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

function writeMessageIdOrNull(it: MessageId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(110)
  writeMessageId(it, writer, link)
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
      writeLayout(it, writer, link, LOOSE)
  }
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
    default:
      writeLayout(it, writer, link, LOOSE)
  }
}

function writeProducerIdOrNull(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(123)
  writeProducerId(it, writer, link)
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
    default:
      writeLayout(it, writer, link, LOOSE)
  }
}

function writeConsumerIdOrNull(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(122)
  writeConsumerId(it, writer, link)
}

function writeConnectionIdOrNull(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  if (it === null) {
    writer.byte(0)
    return
  }
  writer.byte(1)
  writer.byte(120)
  writeConnectionId(it, writer, link)
}

function writeCachedProducerId(it: ProducerId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeProducerIdOrNull(it, writer, link)
  else writeCached(it, writer, link, LOOSE, 123, 123)
}

function writeCachedDestination(it: Destination | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeDestinationOrNull(it, writer, link)
  else writeCached(it, writer, link, LOOSE, 100, 103)
}

function writeCachedTransactionId(it: TransactionId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeTransactionIdOrNull(it, writer, link)
  else writeCached(it, writer, link, LOOSE, 111, 112)
}

function writeCachedConsumerId(it: ConsumerId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeConsumerIdOrNull(it, writer, link)
  else writeCached(it, writer, link, LOOSE, 122, 122)
}

function writeCachedConnectionId(it: ConnectionId | null, writer: ByteWriter, link: Outbound): void {
  if (link.cache === null) writeConnectionIdOrNull(it, writer, link)
  else writeCached(it, writer, link, LOOSE, 120, 120)
}

/** The fields of a structure, without its type code. */
export function writeLoose(it: DataStructure, writer: ByteWriter, link: Outbound): void {
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
      writeLayout(it, writer, link, LOOSE)
  }
}

const LOOSE: Encoding = {
  tight: false,
  readFlag: (reader) => reader.boolean(),
  readLong: (reader) => reader.long(),
  readString,
  readName: readNameOrNull,
  readStructure: readLoose,
  writeFlag: (value, writer) => writer.boolean(value),
  writeLong: (value, writer) => writer.long(value),
  writeString,
  writeName,
  writeStructure: writeLoose,
}
