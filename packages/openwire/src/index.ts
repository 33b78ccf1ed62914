export {
  decodeMapBody,
  decodeStreamBody,
  decodeText,
  deflateContent,
  encodeMapBody,
  encodeStreamBody,
  encodeText,
  inflateContent,
} from './body.ts'
export {
  AckType,
  DestinationOperation,
  LastDelivered,
  PrepareResult,
  TransactionType,
  VERSION_MAX,
  VERSION_MIN,
} from './codes.ts'
export { type CommandReceiver, FrameReader } from './frames.ts'
export {
  connectionIdOf,
  connectionIdText,
  consumerIdText,
  messageIdText,
  parseConsumerId,
  parseMessageId,
  parseProducerId,
  parseSessionId,
  parseTransactionId,
  producerIdText,
  sessionIdText,
  transactionIdText,
} from './ids.ts'
export {
  type Agreed,
  negotiate,
  type Offer,
  wireFormatInfo,
  type WireFormatProperties,
  wireFormatProperties,
} from './negotiation.ts'
export * from './structures.ts'
export type { StackTraceElement, Throwable } from './throwable.ts'
export { initialFormat, WireFormat, type WireFormatOptions } from './wire-format.ts'
