/** What peers can make the broker hold at most. Everything is finite; what is reached is answered with a code. */
export interface Limits {
  /** Bytes of messages in memory, beyond which non-persistent sends wait (or fail: MEMORY_FULL). */
  readonly memoryBytesMax: number
  /** Bytes of persistent messages handed to the store and not yet safe, beyond which sends wait. */
  readonly storingBytesMax: number
  /** Bytes of messages that are not persistent and were moved to the store, beyond which such sends wait. */
  readonly spilledBytesMax: number
  /** Bytes of sends that wait for space, per connection, beyond which it is not read from any more. */
  readonly parkedBytesMax: number
  /** The same for a connection that consumes too: its acknowledgements, which make space, come behind its sends. */
  readonly parkedBytesOfConsumingMax: number
  /** Bytes of waiting sends of all connections; beyond it only `parkedBytesMax` counts. */
  readonly parkedBytesOfAllMax: number
  /** True: a send that finds no space fails instead of waiting. */
  readonly sendFailIfNoSpace: boolean
  /** A send that waited so long for space fails; 0 = it waits for ever. */
  readonly sendFailIfNoSpaceAfterMs: number
  /** Messages that a connection may send per second; 0 = any number. What is more waits. */
  readonly connectionMessagesPerSecondMax: number
  /** Bytes of messages that a connection may send per second; 0 = any number. What is more waits. */
  readonly connectionBytesPerSecondMax: number
  /** The same for all connections of one user together; 0 = any number. */
  readonly userMessagesPerSecondMax: number
  readonly userBytesPerSecondMax: number
  readonly connectionsMax: number
  /** Of one user, as the next two; 0 = no limit besides those of all. */
  readonly connectionsPerUserMax: number
  readonly producersPerUserMax: number
  readonly consumersPerUserMax: number
  /** Queues and topics, advisory topics not counted. */
  readonly destinationsMax: number
  readonly temporariesPerConnectionMax: number
  readonly producersPerConnectionMax: number
  readonly consumersPerConnectionMax: number
  readonly durablesMax: number
  readonly transactionsPerConnectionMax: number
  /** Sends and acknowledged messages of one transaction. */
  readonly uncommittedMax: number
  /** Bytes of the sends of all open transactions together. */
  readonly uncommittedBytesMax: number
  /** A local transaction that nobody works on for so long is given up; 0 = never. */
  readonly transactionIdleMsMax: number
  /** The same of a branch of a distributed transaction that is not prepared; 0 = never. */
  readonly branchIdleMsMax: number
  /** Ms that a consumer with a lease may ask for at once. */
  readonly leaseMsMax: number
  /** Ms that code which transforms a message may take; then the send fails. */
  readonly transformMsMax: number
  /** Bytes that all topics together keep for retroactive consumers; a quarter of `memoryBytesMax` at most. */
  readonly historyBytesMax: number
  /** UTF-16 units. */
  readonly selectorLengthMax: number
  readonly prefetchMax: number
  /** Messages that one browser is shown. */
  readonly browseMax: number
  /** Messages of a queue kept in memory although they are stored, beyond those that consumers hold. */
  readonly windowCountMax: number
  readonly windowBytesMax: number
  /** Bytes of the indexes over long queues, all together; what finds no room there is looked at message by message. */
  readonly indexBytesMax: number
  /** Messages looked at by one dispatch before others have their turn. */
  readonly dispatchMax: number
  /** Between two looks for expired messages. */
  readonly expiryPeriodMs: number
  /** Messages looked at in one queue in one tick (100 ms) of such a look. */
  readonly expiryScanMax: number
  /** Message groups with an owner, per queue; beyond it the oldest loses its owner. */
  readonly groupsMax: number
  /** Messages that wait for a redelivery by the broker. */
  readonly delayedMax: number
  /** Producers whose last sequence is remembered after they are gone. */
  readonly producersRememberedMax: number
  /** Messages that are kept back until they are due. */
  readonly scheduledMax: number
  /** Repeats that one message may ask for; without end is another matter. */
  readonly scheduleRepeatsMax: number
}

const MIB = 1024 * 1024

export const defaultLimits: Limits = {
  memoryBytesMax: 256 * MIB,
  storingBytesMax: 16 * MIB,
  spilledBytesMax: 50 * 1024 * MIB,
  parkedBytesMax: MIB,
  parkedBytesOfConsumingMax: 16 * MIB,
  parkedBytesOfAllMax: 128 * MIB,
  sendFailIfNoSpace: false,
  sendFailIfNoSpaceAfterMs: 0,
  connectionMessagesPerSecondMax: 0,
  connectionBytesPerSecondMax: 0,
  userMessagesPerSecondMax: 0,
  userBytesPerSecondMax: 0,
  connectionsMax: 10_000,
  connectionsPerUserMax: 0,
  producersPerUserMax: 0,
  consumersPerUserMax: 0,
  destinationsMax: 100_000,
  temporariesPerConnectionMax: 10_000,
  producersPerConnectionMax: 10_000,
  consumersPerConnectionMax: 10_000,
  durablesMax: 100_000,
  transactionsPerConnectionMax: 1_000,
  uncommittedMax: 100_000,
  uncommittedBytesMax: 128 * MIB,
  transactionIdleMsMax: 0,
  branchIdleMsMax: 0,
  leaseMsMax: 86_400_000,
  transformMsMax: 30_000,
  historyBytesMax: 64 * MIB,
  selectorLengthMax: 65_536,
  prefetchMax: 1_000_000,
  browseMax: 100_000,
  windowCountMax: 20_000,
  windowBytesMax: 32 * MIB,
  indexBytesMax: 64 * MIB,
  dispatchMax: 1_000,
  expiryPeriodMs: 30_000,
  expiryScanMax: 400,
  groupsMax: 10_000,
  delayedMax: 100_000,
  producersRememberedMax: 100_000,
  scheduledMax: 1_000_000,
  scheduleRepeatsMax: 1_000,
}
