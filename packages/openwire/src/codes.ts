import { Buffer } from 'node:buffer'

/** The first bytes of every WireFormatInfo. */
export const MAGIC: Buffer = Buffer.from('ActiveMQ', 'latin1')

export const VERSION_MIN = 1
export const VERSION_MAX = 12

/** `MessageAck.ackType`. */
export const AckType = {
  /** Removes nothing; lets the broker dispatch `messageCount` more. */
  Delivered: 0,
  /** To the dead letter queue. */
  Poison: 1,
  /** Removes the range. */
  Standard: 2,
  /** The client delivers them once more by itself; removes nothing. */
  Redelivered: 3,
  /** Removes only the last. */
  Individual: 4,
  /** Durable topics: did not match the selector. */
  Unmatched: 5,
  /** Removes the range because it has expired. */
  Expired: 6,
} as const
export type AckType = (typeof AckType)[keyof typeof AckType]

/** `TransactionInfo.type`. */
export const TransactionType = {
  Begin: 0,
  Prepare: 1,
  CommitOnePhase: 2,
  CommitTwoPhase: 3,
  Rollback: 4,
  Recover: 5,
  Forget: 6,
  End: 7,
} as const
export type TransactionType = (typeof TransactionType)[keyof typeof TransactionType]

/** `DestinationInfo.operationType`. */
export const DestinationOperation = { Add: 0, Remove: 1 } as const
export type DestinationOperation = (typeof DestinationOperation)[keyof typeof DestinationOperation]

/** `RemoveInfo.lastDeliveredSequenceId` when it is not a sequence number. */
export const LastDelivered = { None: -1, Unknown: -2 } as const

/** `IntegerResponse.result` of a prepare. */
export const PrepareResult = { Ok: 0, ReadOnly: 3 } as const
