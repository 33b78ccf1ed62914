export { MillraceError } from '@millrace/base'
export type { InDoubt } from './core/branches.ts'
export {
  type Behaviour,
  type Broker,
  type Interceptor,
  type Limits,
  type Policy,
  type PolicyEntry,
} from './core/broker.ts'
export type { SubscriptionRequest, SubscriptionView } from './core/durables.ts'
export type { BrokerEvent, Events } from './core/events.ts'
export type { HistoryPolicy, HistoryQuery } from './core/history/history.ts'
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
export { throwableOf } from './protocol/openwire/errors.ts'
export { type BrokerServiceOptions, BrokerService } from './service.ts'
export type { TlsOptions } from './net/tls.ts'
