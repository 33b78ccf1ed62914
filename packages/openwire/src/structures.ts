// Written by scripts/generate.mjs from schema.json; change those, not this.

import type { Buffer } from 'node:buffer'
import type { Long } from '@millrace/base'
import { MAGIC } from './codes.ts'
import type { Throwable } from './throwable.ts'

/** Type codes on the wire, by structure. Compare `structure.dataType` with these. */
export const DataType = {
  WireFormatInfo: 1,
  BrokerInfo: 2,
  ConnectionInfo: 3,
  SessionInfo: 4,
  ConsumerInfo: 5,
  ProducerInfo: 6,
  TransactionInfo: 7,
  DestinationInfo: 8,
  RemoveSubscriptionInfo: 9,
  KeepAliveInfo: 10,
  ShutdownInfo: 11,
  RemoveInfo: 12,
  ControlCommand: 14,
  FlushCommand: 15,
  ConnectionError: 16,
  ConsumerControl: 17,
  ConnectionControl: 18,
  ProducerAck: 19,
  MessagePull: 20,
  MessageDispatch: 21,
  MessageAck: 22,
  ActiveMQMessage: 23,
  ActiveMQBytesMessage: 24,
  ActiveMQMapMessage: 25,
  ActiveMQObjectMessage: 26,
  ActiveMQStreamMessage: 27,
  ActiveMQTextMessage: 28,
  ActiveMQBlobMessage: 29,
  Response: 30,
  ExceptionResponse: 31,
  DataResponse: 32,
  DataArrayResponse: 33,
  IntegerResponse: 34,
  DiscoveryEvent: 40,
  JournalTopicAck: 50,
  JournalQueueAck: 52,
  JournalTrace: 53,
  JournalTransaction: 54,
  SubscriptionInfo: 55,
  PartialCommand: 60,
  LastPartialCommand: 61,
  ReplayCommand: 65,
  MessageDispatchNotification: 90,
  NetworkBridgeFilter: 91,
  BrokerSubscriptionInfo: 92,
  ActiveMQQueue: 100,
  ActiveMQTopic: 101,
  ActiveMQTempQueue: 102,
  ActiveMQTempTopic: 103,
  MessageId: 110,
  LocalTransactionId: 111,
  XATransactionId: 112,
  ConnectionId: 120,
  SessionId: 121,
  ConsumerId: 122,
  ProducerId: 123,
  BrokerId: 124,
} as const
export type DataType = (typeof DataType)[keyof typeof DataType]

/** What every command begins with. */
export abstract class BaseCommand {
  abstract readonly dataType: number
  /**
   * Numbers the commands of the sender, from 1, wrapping at 2^31; 0 for what is not numbered (responses, keep-alives,
   * what brokers begin).
   */
  commandId = 0
  /** Asks for a Response whose `correlationId` is this `commandId`. */
  responseRequired = false
}

/** What all kinds of messages have in common; the kinds differ only in what `content` holds. */
export abstract class BaseMessage extends BaseCommand {
  /** Who sent it; null for messages that were made by a broker of old. */
  producerId: ProducerId | null = null
  /** Where it was sent to, or where the broker has moved it. */
  destination: Destination | null = null
  /** The transaction whose commit sends it, or null. */
  transactionId: TransactionId | null = null
  /** Where it was before the broker moved it (virtual topics, dead letters, bridges). */
  originalDestination: Destination | null = null
  messageId: MessageId | null = null
  /** The transaction it had before the broker moved it. */
  originalTransactionId: TransactionId | null = null
  /** JMSXGroupID: messages of one group go to one consumer. */
  groupID: string | null = null
  /** JMSXGroupSeq: the number within the group; a negative one ends the group. */
  groupSequence = 0
  /** JMSCorrelationID. */
  correlationId: string | null = null
  /** JMSDeliveryMode. False on the wire unless set; JMS producers set it. */
  persistent = false
  /** JMSExpiration: milliseconds since 1970, 0 for never. */
  expiration: Long = 0
  /** JMSPriority: 0 to 9, normally 4. */
  priority = 0
  /** JMSReplyTo. */
  replyTo: Destination | null = null
  /** JMSTimestamp: milliseconds since 1970, set by the sender. */
  timestamp: Long = 0
  /** JMSType. */
  type: string | null = null
  /**
   * The body in the form of its kind, or null. Decoded from a frame it is a view of what was received: who keeps it
   * copies it.
   */
  content: Buffer | null = null
  /**
   * The properties as a primitive map, null if there never were any. Decoded from a frame it is a view, as `content`.
   */
  marshalledProperties: Buffer | null = null
  /** What an advisory is about. */
  dataStructure: DataStructure | null = null
  /** Only this consumer gets it (replayed advisories). */
  targetConsumerId: ConsumerId | null = null
  /** `content` is a zlib stream of the body; see `inflateContent`. */
  compressed = false
  /** Earlier deliveries: JMSXDeliveryCount minus 1. A MessageDispatch says it anew. */
  redeliveryCounter = 0
  /** Bridges: the brokers it has come through. */
  brokerPath: (BrokerId | null)[] | null = null
  /** Used inside other brokers; 0 on the wire. */
  arrival: Long = 0
  /** JMSXUserID: filled in by a broker that is told to. */
  userID: string | null = null
  /** Used between other brokers (with this spelling): send false, keep what comes. */
  recievedByDFBridge = false
  /** Used inside other brokers: send false, keep what comes. Version 2 and later. */
  droppable = false
  /** Unused. Version 3 and later. */
  cluster: (BrokerId | null)[] | null = null
  /** When a broker took it: milliseconds since 1970. Version 3 and later. */
  brokerInTime: Long = 0
  /** When a broker dispatched it: milliseconds since 1970. Version 3 and later. */
  brokerOutTime: Long = 0
  /** JMSXGroupFirstForConsumer: the first one of its group for this consumer. Version 10 and later. */
  jmsXGroupFirstForConsumer = false
}

/** Common part of destinations. */
export abstract class ActiveMQDestination {
  abstract readonly dataType: number
  /** Without prefix and options. */
  physicalName: string | null = null
}

/** The first frame in each direction: offers a version and options. Always loose and uncached. */
export class WireFormatInfo {
  readonly dataType = 1
  /** The text ActiveMQ; anything else is another protocol. */
  magic: Buffer = MAGIC
  /** The highest version the sender speaks; the smaller of both is used. */
  version = 0
  /** A primitive map with the options; see `wireFormatProperties`. */
  marshalledProperties: Buffer | null = null
}

/** Describes a broker to a client or to another broker. */
export class BrokerInfo extends BaseCommand {
  override readonly dataType = 2
  brokerId: BrokerId | null = null
  brokerURL: string | null = null
  /** Other brokers that clients may use. */
  peerBrokerInfos: (BrokerInfo | null)[] | null = null
  brokerName: string | null = null
  slaveBroker = false
  masterBroker = false
  /** Makes clients send every acknowledgement at once. */
  faultTolerantConfiguration = false
  /** Version 2 and later. */
  duplexConnection = false
  /** Version 2 and later. */
  networkConnection = false
  /** A number without use; not a ConnectionId. Version 2 and later. */
  connectionId: Long = 0
  /** Version 3 and later. */
  brokerUploadUrl: string | null = null
  /** The options of a network bridge, as Java properties text. Version 3 and later. */
  networkProperties: string | null = null
}

/** Opens a logical connection (client id, credentials). */
export class ConnectionInfo extends BaseCommand {
  override readonly dataType = 3
  connectionId: ConnectionId | null = null
  /** The name of the client, which only one connection may have at a time. Never null. */
  clientId: string | null = null
  password: string | null = null
  userName: string | null = null
  /** The brokers it has come through. */
  brokerPath: (BrokerId | null)[] | null = null
  brokerMasterConnector = false
  /** Ready for ConnectionControl and ConsumerControl. */
  manageable = false
  /** True from all clients. Version 2 and later. */
  clientMaster = false
  /** The client fails over by itself. Version 6 and later. */
  faultTolerant = false
  /** The client was connected before; this is a replay of its state. Version 6 and later. */
  failoverReconnect = false
  /** Filled in by the broker. Version 8 and later. */
  clientIp: string | null = null
}

/** Opens a session inside a connection. */
export class SessionInfo extends BaseCommand {
  override readonly dataType = 4
  sessionId: SessionId | null = null
}

/** Registers a subscription. */
export class ConsumerInfo extends BaseCommand {
  override readonly dataType = 5
  /** Chosen by the client. */
  consumerId: ConsumerId | null = null
  /** Looks at the messages of a queue and removes none. */
  browser = false
  /** May be a composite (commas) or a pattern (`*` one element, `>` all that follow). */
  destination: Destination | null = null
  /** Messages that may be dispatched and not yet acknowledged; 0: only what a MessagePull asks for. */
  prefetchSize = 0
  /** Topics: messages the broker may keep for a slow consumer beyond its prefetch; 0: the default of the broker. */
  maximumPendingMessageLimit = 0
  /** A hint about threads in other brokers. */
  dispatchAsync = false
  /** SQL-like condition on headers and properties, or null for all messages. */
  selector: string | null = null
  /** A copy of the client id, for information. Version 10 and later. */
  clientId: string | null = null
  /** Makes a durable subscription of a consumer on a topic; null otherwise. */
  subscriptionName: string | null = null
  /** Leave out what this connection itself sends. */
  noLocal = false
  /** Of all consumers of the queue only the first exclusive one gets messages. */
  exclusive = false
  /** Topics: also some messages from before the subscription, as the broker is configured. */
  retroactive = false
  /** Consumers with a higher one are served first; 0 by default, bridges use -5 and below. */
  priority = 0
  /** Bridges: the brokers the subscription has come through. */
  brokerPath: (BrokerId | null)[] | null = null
  /** Bridges: do not send back what came from there. */
  additionalPredicate: NetworkBridgeFilter | null = null
  /** The consumer is a bridge to another broker. */
  networkSubscription = false
  /** The client gathers its acknowledgements; for information. */
  optimizedAcknowledge = false
  /** The client acknowledges one message at a time. */
  noRangeAcks = false
  /** Bridges: the consumers this one stands for. Version 4 and later. */
  networkConsumerPath: (ConsumerId | null)[] | null = null
}

/** Registers a producer. */
export class ProducerInfo extends BaseCommand {
  override readonly dataType = 6
  producerId: ProducerId | null = null
  /** Null: each message names its own. */
  destination: Destination | null = null
  brokerPath: (BrokerId | null)[] | null = null
  /** Version 2 and later. */
  dispatchAsync = false
  /**
   * Bytes that may be sent and not yet given back by ProducerAck; 0: no window. A message counts 1024 bytes plus its
   * content and properties. Version 3 and later.
   */
  windowSize = 0
}

/** One transaction verb; see enums.TransactionInfo.type. */
export class TransactionInfo extends BaseCommand {
  override readonly dataType = 7
  connectionId: ConnectionId | null = null
  /** Null with `TransactionType.Recover`. */
  transactionId: TransactionId | null = null
  /** One of `TransactionType`. */
  type = 0
}

/** Creates or removes a destination (used for temporary ones by clients). */
export class DestinationInfo extends BaseCommand {
  override readonly dataType = 8
  connectionId: ConnectionId | null = null
  destination: Destination | null = null
  /** One of `DestinationOperation`. */
  operationType = 0
  /** Milliseconds to wait, when removing, for consumers to go; clients send 0. */
  timeout: Long = 0
  brokerPath: (BrokerId | null)[] | null = null
}

/** Deletes a durable subscription. */
export class RemoveSubscriptionInfo extends BaseCommand {
  override readonly dataType = 9
  connectionId: ConnectionId | null = null
  subscriptionName: string | null = null
  /** For information: the client id of the connection counts. */
  clientId: string | null = null
}

/** Says that the peer is alive. Answered by another one if `responseRequired`, never by a Response. */
export class KeepAliveInfo extends BaseCommand {
  override readonly dataType = 10
}

/** The polite end of a link, in both directions; not answered. */
export class ShutdownInfo extends BaseCommand {
  override readonly dataType = 11
}

/** Ends a connection, session, consumer or producer: which one, the kind of `objectId` tells. */
export class RemoveInfo extends BaseCommand {
  override readonly dataType = 12
  /** A connection, session, consumer or producer. */
  objectId: ObjectId | null = null
  /**
   * Consumers: `brokerSequenceId` of the last message that the application saw; -1 none was delivered, -2 unknown
   * (see `LastDelivered`). What came later was not delivered and comes again without counting as redelivered. Version
   * 5 and later.
   */
  lastDeliveredSequenceId: Long = 0
}

/** Free text administrative verb. */
export class ControlCommand extends BaseCommand {
  override readonly dataType = 14
  command: string | null = null
}

/** A barrier: answered once everything before it is done. */
export class FlushCommand extends BaseCommand {
  override readonly dataType = 15
}

/** An error that no request is waiting for. */
export class ConnectionError extends BaseCommand {
  override readonly dataType = 16
  exception: Throwable | null = null
  connectionId: ConnectionId | null = null
}

/** From the broker: close the consumer, or change its prefetch. From a client: its new prefetch. */
export class ConsumerControl extends BaseCommand {
  override readonly dataType = 17
  /** Version 6 and later. */
  destination: Destination | null = null
  close = false
  consumerId: ConsumerId | null = null
  /** The new prefetch size, in messages. */
  prefetch = 0
  /** Version 2 and later. */
  flush = false
  /** Version 2 and later. */
  start = false
  /** Version 2 and later. */
  stop = false
}

/** From the broker: where else to connect. From a client: `faultTolerant` when it fails over by itself. */
export class ConnectionControl extends BaseCommand {
  override readonly dataType = 18
  close = false
  exit = false
  faultTolerant = false
  resume = false
  suspend = false
  /** Addresses separated by commas. Version 6 and later. */
  connectedBrokers: string | null = null
  /** An address the client shall go to, or empty. Version 6 and later. */
  reconnectTo: string | null = null
  /** Version 6 and later. */
  rebalanceConnection = false
  /** Version 8 and later. */
  token: Buffer | null = null
}

/** Gives `size` bytes back to the send window of a producer. Version 3 and later. */
export class ProducerAck extends BaseCommand {
  override readonly dataType = 19
  producerId: ProducerId | null = null
  /** Bytes. */
  size = 0
}

/** Asks for one message for a consumer with prefetch 0. Version 2 and later. */
export class MessagePull extends BaseCommand {
  override readonly dataType = 20
  /** A consumer with prefetch 0. */
  consumerId: ConsumerId | null = null
  destination: Destination | null = null
  /** Milliseconds until the broker answers that it found nothing; -1 answers at once, 0 waits for ever. */
  timeout: Long = 0
  /** Only this correlation id; unused by clients. Version 3 and later. */
  correlationId: string | null = null
  /** Only this message; unused by clients. Version 3 and later. */
  messageId: MessageId | null = null
}

/** Delivers one message to one consumer. Without a message: the end of a browse, or a pull that found nothing. */
export class MessageDispatch extends BaseCommand {
  override readonly dataType = 21
  consumerId: ConsumerId | null = null
  /** Where the message is; null without a message. */
  destination: Destination | null = null
  /** With the `commandId` and `responseRequired` its producer gave it: without meaning here. */
  message: OpenWireMessage | null = null
  /** Earlier deliveries; wins over the one in the message. */
  redeliveryCounter = 0
}

/**
 * Acknowledges one message or a range, in the order in which they were dispatched to this consumer. What happens to
 * them is told by `ackType`.
 */
export class MessageAck extends BaseCommand {
  override readonly dataType = 22
  /** Where the consumer is. */
  destination: Destination | null = null
  /** The transaction whose commit makes this happen, or null for now. */
  transactionId: TransactionId | null = null
  consumerId: ConsumerId | null = null
  /** One of `AckType`. */
  ackType = 0
  /**
   * The first of the range, in the order of dispatch; null: from the oldest that is outstanding (with
   * `AckType.Individual` always null).
   */
  firstMessageId: MessageId | null = null
  /** The last of the range, or the only one with `AckType.Individual`. */
  lastMessageId: MessageId | null = null
  /** Messages in the range. Outside a transaction a standard acknowledgement must have it exactly. */
  messageCount = 0
  /** Why the client gave up, with `AckType.Poison`. Version 7 and later. */
  poisonCause: Throwable | null = null
}

/** A message without a body. */
export class ActiveMQMessage extends BaseMessage {
  override readonly dataType = 23
}

/** `content` is the bytes themselves; no content and no bytes mean the same. */
export class ActiveMQBytesMessage extends BaseMessage {
  override readonly dataType = 24
}

/** `content` is a primitive map; an empty one may be null. */
export class ActiveMQMapMessage extends BaseMessage {
  override readonly dataType = 25
}

/** `content` is a Java serialisation stream, passed on unseen. */
export class ActiveMQObjectMessage extends BaseMessage {
  override readonly dataType = 26
}

/** `content` is a run of tagged values. */
export class ActiveMQStreamMessage extends BaseMessage {
  override readonly dataType = 27
}

/** `content` is the length in bytes (4 bytes) and modified UTF-8; null is the null text. */
export class ActiveMQTextMessage extends BaseMessage {
  override readonly dataType = 28
}

/** Reference to content stored out of band. Version 3 and later. */
export class ActiveMQBlobMessage extends BaseMessage {
  override readonly dataType = 29
  /** Where to fetch the body. */
  remoteBlobUrl: string | null = null
  mimeType: string | null = null
  /** The broker deletes the body when the message is gone. */
  deletedByBroker = false
}

/** The request succeeded. */
export class Response extends BaseCommand {
  override readonly dataType = 30
  /** The `commandId` of the request. */
  correlationId = 0
}

/** The request failed. */
export class ExceptionResponse extends BaseCommand {
  override readonly dataType = 31
  /** The `commandId` of the request. */
  correlationId = 0
  exception: Throwable | null = null
}

/** Reply carrying one structure. */
export class DataResponse extends BaseCommand {
  override readonly dataType = 32
  /** The `commandId` of the request. */
  correlationId = 0
  data: DataStructure | null = null
}

/** The answer to a recover: the ids of the prepared transactions. */
export class DataArrayResponse extends BaseCommand {
  override readonly dataType = 33
  /** The `commandId` of the request. */
  correlationId = 0
  data: (DataStructure | null)[] | null = null
}

/** The vote of a prepare: 0 prepared, 3 read only and already finished. */
export class IntegerResponse extends BaseCommand {
  override readonly dataType = 34
  /** The `commandId` of the request. */
  correlationId = 0
  result = 0
}

/** Announces a broker during discovery. */
export class DiscoveryEvent {
  readonly dataType = 40
  serviceName: string | null = null
  brokerName: string | null = null
}

/** Store record, not sent on client links. */
export class JournalTopicAck {
  readonly dataType = 50
  destination: Destination | null = null
  messageId: MessageId | null = null
  messageSequenceId: Long = 0
  subscriptionName: string | null = null
  clientId: string | null = null
  transactionId: TransactionId | null = null
}

/** Store record, not sent on client links. */
export class JournalQueueAck {
  readonly dataType = 52
  destination: Destination | null = null
  messageAck: MessageAck | null = null
}

/** Store record, not sent on client links. */
export class JournalTrace {
  readonly dataType = 53
  message: string | null = null
}

/** Store record, not sent on client links. */
export class JournalTransaction {
  readonly dataType = 54
  transactionId: TransactionId | null = null
  type = 0
  wasPrepared = false
}

/** Durable subscription record kept by stores. */
export class SubscriptionInfo {
  readonly dataType = 55
  clientId: string | null = null
  destination: Destination | null = null
  selector: string | null = null
  subscriptionName: string | null = null
  /** What was asked for, where `destination` is the concrete one. Version 3 and later. */
  subscribedDestination: Destination | null = null
  /** Version 11 and later. */
  noLocal = false
}

/** Fragment of a bigger command (datagram transports). */
export class PartialCommand {
  readonly dataType = 60
  commandId = 0
  data: Buffer | null = null
}

/** Final fragment. */
export class LastPartialCommand {
  readonly dataType = 61
  commandId = 0
  data: Buffer | null = null
}

/** Asks for lost datagrams again. */
export class ReplayCommand extends BaseCommand {
  override readonly dataType = 65
  firstNakNumber = 0
  lastNakNumber = 0
}

/** Broker to broker: a message was dispatched elsewhere. */
export class MessageDispatchNotification extends BaseCommand {
  override readonly dataType = 90
  consumerId: ConsumerId | null = null
  destination: Destination | null = null
  deliverySequenceId: Long = 0
  messageId: MessageId | null = null
}

/** Predicate attached to network subscriptions. */
export class NetworkBridgeFilter {
  readonly dataType = 91
  /** Up to version 9. */
  networkTTL = 0
  /** The broker not to send back to. */
  networkBrokerId: BrokerId | null = null
  /** Version 10 and later. */
  messageTTL = 0
  /** Version 10 and later. */
  consumerTTL = 0
}

/** Broker to broker: durable subscriptions to keep in step. Version 12 and later. */
export class BrokerSubscriptionInfo extends BaseCommand {
  override readonly dataType = 92
  brokerId: BrokerId | null = null
  brokerName: string | null = null
  subscriptionInfos: (ConsumerInfo | null)[] | null = null
}

/** A queue; a name with commas is a composite of several destinations. */
export class ActiveMQQueue extends ActiveMQDestination {
  override readonly dataType = 100
}

/** A topic; a name with commas is a composite of several destinations. */
export class ActiveMQTopic extends ActiveMQDestination {
  override readonly dataType = 101
}

/** A queue that lives as long as the connection whose id its name begins with. */
export class ActiveMQTempQueue extends ActiveMQDestination {
  override readonly dataType = 102
}

/** A topic that lives as long as the connection whose id its name begins with. */
export class ActiveMQTempTopic extends ActiveMQDestination {
  override readonly dataType = 103
}

/**
 * Identifies a message by its producer and a number; as text (JMSMessageID) `producerId:producerSequenceId`.
 * `brokerSequenceId` does not count for equality.
 */
export class MessageId {
  readonly dataType = 110
  /** A message id of another protocol, which is then the JMSMessageID; else null. Version 10 and later. */
  textView: string | null = null
  producerId: ProducerId | null = null
  /** Counts from 1 for each producer. */
  producerSequenceId: Long = 0
  /** Given by the broker, rising; 0 from a client. Comes back in acknowledgements. */
  brokerSequenceId: Long = 0
}

/** As text `TX:connectionId:value`. */
export class LocalTransactionId {
  readonly dataType = 111
  value: Long = 0
  connectionId: ConnectionId | null = null
}

/** One branch of a distributed transaction. */
export class XATransactionId {
  readonly dataType = 112
  formatId = 0
  globalTransactionId: Buffer | null = null
  branchQualifier: Buffer | null = null
}

/** As text just the value, for example `ID:host-port-milliseconds-1:1`. */
export class ConnectionId {
  readonly dataType = 120
  value: string | null = null
}

/** As text `connectionId:value`. Session -1 exists on every connection without a SessionInfo. */
export class SessionId {
  readonly dataType = 121
  /** The text of the ConnectionId. */
  connectionId: string | null = null
  value: Long = 0
}

/** As text `connectionId:sessionId:value`. */
export class ConsumerId {
  readonly dataType = 122
  /** The text of the ConnectionId. */
  connectionId: string | null = null
  sessionId: Long = 0
  value: Long = 0
}

/** As text `connectionId:sessionId:value`; on the wire the value stands before the session. */
export class ProducerId {
  readonly dataType = 123
  /** The text of the ConnectionId. */
  connectionId: string | null = null
  value: Long = 0
  sessionId: Long = 0
}

/** Broker id. */
export class BrokerId {
  readonly dataType = 124
  value: string | null = null
}

export type Destination = ActiveMQQueue | ActiveMQTopic | ActiveMQTempQueue | ActiveMQTempTopic

export type TransactionId = LocalTransactionId | XATransactionId

/** What a RemoveInfo can remove. */
export type ObjectId = ConnectionId | SessionId | ConsumerId | ProducerId

export type OpenWireMessage =
  | ActiveMQMessage
  | ActiveMQBytesMessage
  | ActiveMQMapMessage
  | ActiveMQObjectMessage
  | ActiveMQStreamMessage
  | ActiveMQTextMessage
  | ActiveMQBlobMessage

/** What has a command number and may be answered. */
export type Command =
  | BrokerInfo
  | ConnectionInfo
  | SessionInfo
  | ConsumerInfo
  | ProducerInfo
  | TransactionInfo
  | DestinationInfo
  | RemoveSubscriptionInfo
  | KeepAliveInfo
  | ShutdownInfo
  | RemoveInfo
  | ControlCommand
  | FlushCommand
  | ConnectionError
  | ConsumerControl
  | ConnectionControl
  | ProducerAck
  | MessagePull
  | MessageDispatch
  | MessageAck
  | ActiveMQMessage
  | ActiveMQBytesMessage
  | ActiveMQMapMessage
  | ActiveMQObjectMessage
  | ActiveMQStreamMessage
  | ActiveMQTextMessage
  | ActiveMQBlobMessage
  | Response
  | ExceptionResponse
  | DataResponse
  | DataArrayResponse
  | IntegerResponse
  | ReplayCommand
  | MessageDispatchNotification
  | BrokerSubscriptionInfo

/** Everything that can be on an OpenWire link; `dataType` tells the members apart. */
export type DataStructure =
  | WireFormatInfo
  | BrokerInfo
  | ConnectionInfo
  | SessionInfo
  | ConsumerInfo
  | ProducerInfo
  | TransactionInfo
  | DestinationInfo
  | RemoveSubscriptionInfo
  | KeepAliveInfo
  | ShutdownInfo
  | RemoveInfo
  | ControlCommand
  | FlushCommand
  | ConnectionError
  | ConsumerControl
  | ConnectionControl
  | ProducerAck
  | MessagePull
  | MessageDispatch
  | MessageAck
  | ActiveMQMessage
  | ActiveMQBytesMessage
  | ActiveMQMapMessage
  | ActiveMQObjectMessage
  | ActiveMQStreamMessage
  | ActiveMQTextMessage
  | ActiveMQBlobMessage
  | Response
  | ExceptionResponse
  | DataResponse
  | DataArrayResponse
  | IntegerResponse
  | DiscoveryEvent
  | JournalTopicAck
  | JournalQueueAck
  | JournalTrace
  | JournalTransaction
  | SubscriptionInfo
  | PartialCommand
  | LastPartialCommand
  | ReplayCommand
  | MessageDispatchNotification
  | NetworkBridgeFilter
  | BrokerSubscriptionInfo
  | ActiveMQQueue
  | ActiveMQTopic
  | ActiveMQTempQueue
  | ActiveMQTempTopic
  | MessageId
  | LocalTransactionId
  | XATransactionId
  | ConnectionId
  | SessionId
  | ConsumerId
  | ProducerId
  | BrokerId

export function isMessage(structure: DataStructure): structure is OpenWireMessage {
  return structure.dataType >= DataType.ActiveMQMessage && structure.dataType <= DataType.ActiveMQBlobMessage
}

export function isDestination(structure: DataStructure): structure is Destination {
  return structure.dataType >= DataType.ActiveMQQueue && structure.dataType <= DataType.ActiveMQTempTopic
}

export function isTransactionId(structure: DataStructure): structure is TransactionId {
  return structure.dataType === DataType.LocalTransactionId || structure.dataType === DataType.XATransactionId
}
