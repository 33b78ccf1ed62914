import type { Destination } from './destination.ts'
import type { Message } from './message.ts'

/** A client's connection, as it is told of. The password is never part of it. */
export interface ConnectionDescription {
  readonly connectionId: string
  readonly clientId: string
  readonly userName: string | null
  /** Where it comes from: `127.0.0.1:50123`. */
  readonly peerAddress: string
  readonly reconnected: boolean
}

/** A consumer, as it is told of: what it asked for. */
export interface ConsumerDescription {
  readonly consumerId: string
  readonly clientId: string
  readonly destination: Destination
  /** Messages outstanding at most. */
  readonly prefetch: number
  readonly selector: string | null
  readonly noLocal: boolean
  readonly exclusive: boolean
  readonly retroactive: boolean
  readonly priority: number
  /** The name of its subscription as its client said it, when it has one. */
  readonly subscriptionName: string | null
  readonly maximumPendingMessages: number
}

/** A producer, as it is told of. */
export interface ProducerDescription {
  readonly producerId: string
  /** Null: each message says where it goes. */
  readonly destination: Destination | null
}

/** Another broker, at the other end of a bridge. */
export interface BridgeDescription {
  readonly brokerId: string
  readonly brokerName: string
  readonly brokerUrl: string | null
  readonly createdByDuplex: boolean
  readonly remoteAddress: string | null
}

/**
 * What happens in a broker, in the core's words: each kind is told to those who listen in this process, and as an
 * advisory message to those who consume from its topic. Each protocol that can show such a message encodes it its own way
 * (OpenWire: the `dataStructure` of a plain message on a topic below `ActiveMQ.Advisory.`).
 */
export type Advisory =
  | { readonly kind: 'connection-added'; readonly connection: ConnectionDescription }
  | { readonly kind: 'connection-removed'; readonly connection: ConnectionDescription }
  | {
      readonly kind: 'destination-added' | 'destination-removed'
      readonly destination: Destination
      /** Whose temporary destination it is. */
      readonly connectionId: string | null
    }
  | {
      readonly kind: 'consumer-added' | 'consumer-removed'
      readonly destination: Destination
      readonly consumer: ConsumerDescription
      /** Consumers of the destination now. */
      readonly count: number
    }
  | {
      readonly kind: 'producer-added' | 'producer-removed'
      /** Null: a producer that says with each message where it goes. */
      readonly destination: Destination | null
      readonly producer: ProducerDescription
      /** Producers of the destination now. */
      readonly count: number
    }
  | {
      /** A durable subscription was deleted. */
      readonly kind: 'subscription-removed'
      readonly destination: Destination
      readonly clientId: string
      readonly subscriptionName: string
      readonly count: number
    }
  | MessageAdvisory
  | {
      /** A consumer has all that it may hold, and more waits for it. */
      readonly kind: 'slow-consumer'
      readonly destination: Destination
      readonly consumer: ConsumerDescription
    }
  | {
      /** A producer has to wait, because there is no space for what it sends. */
      readonly kind: 'fast-producer'
      readonly destination: Destination
      readonly producer: ProducerDescription
    }
  | {
      /** A limit was reached that keeps messages from this destination. */
      readonly kind: 'full'
      readonly destination: Destination
      readonly usageName: 'memory' | 'store'
      /** Bytes in use. */
      readonly usageCount: number
    }
  /** This broker is in charge: always, as there is no standby yet. */
  | { readonly kind: 'master' }
  | { readonly kind: 'bridge-started' | 'bridge-stopped'; readonly bridge: BridgeDescription }
  | { readonly kind: 'forward-failed'; readonly message: Message; readonly cause: string }

/**
 * What happens to one message. In this process it is the one that travels, which is not to be changed; on an advisory
 * topic it is a copy, without its body unless the policy includes it.
 */
export interface MessageAdvisory {
  readonly kind:
    | 'message-delivered'
    | 'message-dispatched'
    | 'message-consumed'
    | 'message-discarded'
    | 'message-expired'
    | 'message-dead-lettered'
    | 'no-consumer'
  readonly destination: Destination
  readonly message: Message
  /** Dispatched, consumed and discarded: whose it was. */
  readonly consumerId: string | null
  /** Discarded: how many this consumer has lost by now. */
  readonly discardedCount: number
}

export type AdvisoryKind = Advisory['kind']
