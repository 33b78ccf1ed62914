export { MillraceError } from '@millrace/base'
export {
  type Administration,
  type Broker,
  type Composite,
  type DestinationOptions,
  type FilteredDestination,
  type Interceptor,
  type Limits,
  type MirroredQueues,
  type Policy,
  type PolicyEntry,
  type VirtualDestinations,
  type VirtualTopic,
} from './core/broker.ts'
export type { Queue } from './core/queue.ts'
export { Destination, DestinationKind } from './message/destination.ts'
export { type Message, MessageKind } from './message/message.ts'
export { throwableOf } from './protocol/openwire/errors.ts'
export { type BrokerServiceOptions, BrokerService } from './service.ts'
export type { TlsOptions } from './net/tls.ts'
