export type { CommandKind } from './command-kind.ts'
export type { DeadLetter } from './dead-letter.ts'
export { DrainTimeoutError } from './drain.ts'
export type { Duration } from './duration.ts'
export { type FaultProxy, faultProxy, type FaultProxyOptions } from './fault-proxy.ts'
export type {
  CutOptions,
  DelayOptions,
  Fault,
  FaultOptions,
  FaultPoint,
  Faults,
  RefuseOptions,
} from './faults.ts'
export type { MessageKindName, MessageView, PlainValue } from './message-view.ts'
export type { QueueView } from './queue-view.ts'
export { type DrainOptions, TestBroker, testBroker, type TestBrokerOptions } from './test-broker.ts'
export { VirtualClock } from './virtual-clock.ts'
