/** What a broker does in one of two ways, or after some time. Names and defaults are the model's. */
export interface Behaviour {
  /** Advisory messages are published. Default: true. */
  readonly advisorySupport: boolean
  /** Producers that say with each message where it goes are told of, too (`Producer.Anonymous`). Default: false. */
  readonly anonymousProducerAdvisorySupport: boolean
  /**
   * A consumer of what a virtual destination sends on to (a group's queue, a target of a composite) is told of as one that
   * wants what is sent to the virtual destination (`VirtualDestination.Consumer`). Default: false.
   */
  readonly useVirtualDestSubs: boolean
  /**
   * A new connection takes over a client id that is in use, and the older one is closed, instead of being refused. A
   * transport connector may say otherwise (`?allowLinkStealing=true`). Default: false.
   */
  readonly allowLinkStealing: boolean
  /** Nobody can have a durable subscription: asking for one is refused with NOT_AUTHORIZED. Default: false. */
  readonly rejectDurableConsumers: boolean
  /**
   * What a durable subscription collects while it has no consumer is kept in memory as far as there is room, besides the
   * store. False: it is in the store only until a consumer comes. Default: true.
   */
  readonly keepDurableSubsActive: boolean
  /** Ms after which a durable subscription without a consumer is deleted with its messages; -1 = never. Default: -1. */
  readonly offlineDurableSubscriberTimeout: number
  /** Ms between two looks for those. Default: 300,000. */
  readonly offlineDurableSubscriberTaskSchedule: number
  /**
   * A send of a transaction that fails although nobody waits for its answer makes the commit fail. False: the failure is
   * only told, and the rest may be committed. Default: true.
   */
  readonly rollbackOnlyOnAsyncException: boolean
}

export const defaultBehaviour: Behaviour = {
  advisorySupport: true,
  anonymousProducerAdvisorySupport: false,
  useVirtualDestSubs: false,
  allowLinkStealing: false,
  rejectDurableConsumers: false,
  keepDurableSubsActive: true,
  offlineDurableSubscriberTimeout: -1,
  offlineDurableSubscriberTaskSchedule: 300_000,
  rollbackOnlyOnAsyncException: true,
}
