export { MillraceError } from '@millrace/base'
export {
  type Broker,
  type GroupOwner,
  type Interceptor,
  type Limits,
  type MessageEviction,
  type PendingMessageLimit,
  type Policy,
  type PolicyEntry,
  type SlowConsumerPolicy,
} from './core/broker.ts'
export type { Queue } from './core/queue.ts'
export { Destination, DestinationKind } from './message/destination.ts'
export { type Message, MessageKind } from './message/message.ts'
export { throwableOf } from './protocol/openwire/errors.ts'
export { type BrokerServiceOptions, BrokerService } from './service.ts'
export type { TlsOptions } from './net/tls.ts'
