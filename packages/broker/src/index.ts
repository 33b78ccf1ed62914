export { MillraceError } from '@millrace/base'
export { Access, type AccessRules, type Stranger, type TokenCheck, type User } from './access/access.ts'
export type { CertificateUser } from './access/certificates.ts'
export { parseAccessRules } from './access/access-text.ts'
export { hashPassword } from './access/password.ts'
export type { Grants, PermissionEntry } from './access/permissions.ts'
export type { InDoubt } from './core/branches.ts'
export type { SubscriptionRequest, SubscriptionView } from './core/durables.ts'
export type { BrokerEvent, Events } from './core/events.ts'
export type { HistoryPolicy, HistoryQuery } from './core/history/history.ts'
export {
  type Action,
  type Administration,
  type Behaviour,
  type Broker,
  type Composite,
  type Connection,
  type DeadLetterStrategy,
  type DestinationOptions,
  type Entry,
  type Fate,
  type FilteredDestination,
  type GroupOwner,
  type Interceptor,
  type Limits,
  type MessageEviction,
  type MirroredQueues,
  type PendingMessageLimit,
  type Policy,
  type PolicyEntry,
  type Principal,
  type Producer,
  type RetryOptions,
  type RetryResult,
  type SlowConsumerPolicy,
  type Subscription,
  type VirtualDestinations,
  type VirtualTopic,
} from './core/broker.ts'
export type { Queue } from './core/queue.ts'
export type {
  Advisory,
  AdvisoryKind,
  BridgeDescription,
  ConnectionDescription,
  ConsumerDescription,
  MessageAdvisory,
  ProducerDescription,
} from './message/advisory.ts'
export { Destination, DestinationKind } from './message/destination.ts'
export type { MessageContent } from './message/made.ts'
export { type Message, MessageKind } from './message/message.ts'
export { property, setProperties } from './message/properties.ts'
export { brokerPath, type BrokerPathOptions } from './plugins/broker-path.ts'
export { destinationList, type DestinationListOptions } from './plugins/destination-list.ts'
export { deliveryMode, type DeliveryModeOptions } from './plugins/delivery-mode.ts'
export { discarding, type DiscardingOptions } from './plugins/discarding.ts'
export { logging, type LoggingOptions } from './plugins/logging.ts'
export type { OwnMessage, Plugin, PluginChoice, PluginContext, PluginUse } from './plugins/plugin.ts'
export { redelivery, type RedeliveryEntry, type RedeliveryOptions, type RedeliveryRules } from './plugins/redelivery.ts'
export { redirect, type RedirectOptions, type RedirectRule } from './plugins/redirect.ts'
export { statistics } from './plugins/statistics.ts'
export { timeStamps, type TimeStampsOptions } from './plugins/time-stamps.ts'
export { userId, type UserIdOptions } from './plugins/user-id.ts'
export { throwableOf } from './protocol/openwire/errors.ts'
export { type BrokerServiceOptions, BrokerService } from './service.ts'
export {
  type BackedUp,
  backupStore,
  type Damage,
  exportStore,
  importStore,
  type ListedRecord,
  listRecords,
  type Repaired,
  repairStore,
  type TornTail,
  type Transferred,
  type Verified,
  verifyStore,
} from './store-tools.ts'
export type { TlsOptions } from './net/tls.ts'
export type { HttpHandler } from './net/http-handler.ts'
