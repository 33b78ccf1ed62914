export { AcknowledgeMode } from './acknowledgement.ts'
export { type BrowseOptions, QueueBrowser } from './browser.ts'
export { type BrokerInfo, Connection, type ConnectionEvents, type ConnectionMetaData } from './connection.ts'
export { ConnectionFactory, type Credentials, DEFAULT_BROKER_URL } from './connection-factory.ts'
export {
  type ConsumerEvents,
  type IterationOptions,
  MessageConsumer,
  type MessageListener,
} from './consumer.ts'
export type { ConsumerOptions } from './consumer-info.ts'
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
export type { FailoverOptions } from './failover-options.ts'
export { BlobMessage } from './messages/blob-message.ts'
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
export { MessageProducer } from './producer.ts'
export { RedeliveryPolicy, type RedeliveryPolicyOptions } from './redelivery-policy.ts'
export type { SendOptions } from './send.ts'
export { Session, type SessionEvents, type SessionOptions } from './session.ts'
export type { WaitOptions } from './wait.ts'
