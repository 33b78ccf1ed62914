export { AcknowledgeMode } from './consumer/acknowledgement.ts'
export { type Advisory, advisoryTopic, destinationAdvisories, readAdvisory } from './advisories/advisory.ts'
export {
  ConsumerEventSource,
  DestinationSource,
  type DestinationSourceEvents,
  type EndpointSourceEvents,
  ProducerEventSource,
} from './advisories/sources.ts'
export type { BatchOptions } from './consumer/batches.ts'
export { BlobTransfer, type BlobTransferOptions, type BlobUploadOptions } from './blobs.ts'
export { type BrowseOptions, QueueBrowser } from './consumer/browser.ts'
export type { BrokerCapabilities } from './capabilities.ts'
export {
  type BrokerInfo,
  Connection,
  type ConnectionEvents,
  type ConnectionMetaData,
  type ConnectionState,
} from './connection.ts'
export { ConnectionFactory, type Credentials, DEFAULT_BROKER_URL } from './connection-factory.ts'
export {
  type ConsumerEvents,
  type IterationOptions,
  MessageConsumer,
} from './consumer/consumer.ts'
export type { MessageListener } from './consumer/listener-calls.ts'
export { JMSConsumer } from './context/jms-consumer.ts'
export { type ContextOptions, createContext, JMSContext } from './context/jms-context.ts'
export { type CompletionListener, JMSProducer } from './context/jms-producer.ts'
export type { ConsumerOptions } from './consumer/consumer-info.ts'
export { type DeadLetter, type DeadLetterFilter, DeadLetters, type ReplayOptions } from './dead-letters.ts'
export {
  Destination,
  type DestinationKind,
  parseDestination,
  Queue,
  TemporaryQueue,
  TemporaryTopic,
  Topic,
} from './destination.ts'
export {
  AbortError,
  AlreadyClosedError,
  ConfigurationError,
  ConnectionClosedError,
  ConnectionFailedError,
  DestinationDoesNotExistError,
  IllegalStateError,
  InactivityError,
  InvalidClientIDError,
  InvalidDestinationError,
  InvalidSelectorError,
  JMSError,
  type JMSErrorOptions,
  JMSSecurityError,
  MaxFrameSizeExceededError,
  MessageEOFError,
  MessageFormatError,
  MessageNotReadableError,
  MessageNotWriteableError,
  NotStartedError,
  RequestTimedOutError,
  ResourceAllocationError,
  TransactionInProgressError,
  TransactionRolledBackError,
  TransportDisposedError,
  UnsupportedOperationError,
} from './errors.ts'
export type { TypedEmitter } from './events.ts'
export type { FailoverOptions } from './failover-options.ts'
export {
  idempotent,
  type IdempotentOptions,
  type MemorySeenOptions,
  MemorySeenStore,
  type SeenStore,
} from './idempotent.ts'
export { type ObjectStreamLimits, readJavaObject } from './java/object-stream.ts'
export { javaClassName } from './java/stream-head.ts'
export type { JavaValue } from './java/values.ts'
export {
  type ContainerListener,
  ListenerContainer,
  type ListenerContainerEvents,
  type ListenerContainerOptions,
} from './listener-container.ts'
export {
  type BranchInDoubt,
  type DamagedMessage,
  BrokerManagement,
  brokerManagement,
  type DestinationOutcome,
  type HeldMessage,
  type ManagedConnection,
  type ManagedConsumer,
  type ManagedDestination,
  type ManagedSubscription,
  type RetryLettersOptions,
  type SubscriptionToMake,
} from './management.ts'
export { extendLease } from './lease.ts'
export { BlobMessage } from './messages/blob-message.ts'
export type { BodyOf, BodyType } from './messages/body-type.ts'
export { BytesMessage } from './messages/bytes-message.ts'
export { MapMessage } from './messages/map-message.ts'
export { DeliveryMode, Message } from './messages/message.ts'
export { ObjectMessage } from './messages/object-message.ts'
export { StreamMessage } from './messages/stream-message.ts'
export { TextMessage } from './messages/text-message.ts'
export {
  byte,
  char,
  double,
  float,
  int,
  long,
  type MessageInput,
  type MessageValue,
  short,
  TypedValue,
} from './messages/values.ts'
export type {
  ConnectionFactoryOptions,
  JmsOptions,
  PrefetchPolicyOptions,
  TransportOptions,
  WireFormatOfferOptions,
} from './options.ts'
export { Outbox, OUTBOX_ID, type OutboxEvents, type OutboxOptions, type OutboxSendOptions } from './outbox.ts'
export { type AcquireOptions, ConnectionPool, type PoolOptions } from './pool/connection-pool.ts'
export { PooledSession } from './pool/pooled-session.ts'
export { MessageProducer } from './producer.ts'
export { type BodyInput, type MessageFactory, messageOf } from './messages/message-of.ts'
export { RedeliveryPolicy, type RedeliveryPolicyOptions } from './redelivery-policy.ts'
export type { RedeliveryPolicies } from './redelivery-policy-map.ts'
export { QueueRequestor } from './requests/queue-requestor.ts'
export { RequestFailedError } from './requests/reply-marks.ts'
export { type ManyOptions, request, requestMany, type RequestOptions } from './requests/request.ts'
export { type Answer, type RequestHandler, respond, Responder, type RespondOptions } from './requests/respond.ts'
export {
  and,
  checkSelector,
  like,
  type LikeParts,
  matchesSelector,
  not,
  or,
  property,
  selector,
  SelectorProperty,
  type SelectorValue,
} from './selector.ts'
export type { SendOptions } from './send.ts'
export type { SendExplanation, SendRule } from './send-rule.ts'
export {
  type ScheduledMessage,
  ScheduledMessages,
  scheduledMessages,
  type ScheduleName,
  type ScheduleRange,
  type ScheduleTime,
} from './schedule.ts'
export { Session, type SessionEvents, type SessionOptions } from './session.ts'
export type {
  ConnectionStatistics,
  ConsumerStatistics,
  DestinationStatistics,
  ProducerStatistics,
  SessionStatistics,
} from './statistics.ts'
export { readableOf, type WritableOptions, writableTo } from './streams.ts'
export { openTelemetry, type OtelApi, type OtelSpan } from './telemetry/open-telemetry.ts'
export { DELIVER_CHANNEL, type MessageEvent, SEND_CHANNEL, type Telemetry } from './telemetry/telemetry.ts'
export type { MessageTransformer } from './transformer.ts'
export type { CreateSocket, LinkStream, SocketAddress } from './transport/own-socket.ts'
export type { WebSocketConstructor, WebSocketLike } from './transport/web-socket.ts'
export {
  type BodyCodec,
  bytesCodec,
  CodecRegistry,
  CONTENT_TYPE,
  createJsonMessage,
  jsonCodec,
  type JsonCodecOptions,
  textCodec,
} from './typed/codec.ts'
export {
  type BodyReader,
  TypedConsumer,
  typedConsumer,
  type TypedConsumerOptions,
  type TypedMessage,
} from './typed/typed-consumer.ts'
export { TypedProducer, typedProducer, type TypedSendOptions } from './typed/typed-producer.ts'
export { virtualTopicQueue } from './virtual-topic.ts'
export type { WaitOptions } from './wait.ts'
export { XAError, XAErrorCode } from './xa/xa-error.ts'
export { XA, XAResource } from './xa/xa-resource.ts'
export { createXASession, type XASession } from './xa/xa-session.ts'
export { type Xid, xidText } from './xa/xid.ts'
