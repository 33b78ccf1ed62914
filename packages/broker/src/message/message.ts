import type { Long } from '@millrace/base'
import type { Advisory } from './advisory.ts'
import type { Destination } from './destination.ts'
import type { Schedule } from './schedule.ts'
import { allocate } from './slab.ts'

/** What a body holds. The encodings are OpenWire's, whatever protocol brought the message. */
export const MessageKind = { Plain: 0, Bytes: 1, Map: 2, Object: 3, Stream: 4, Text: 5, Blob: 6 } as const
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind]

/** Where the data of a blob message is; the broker only carries it. */
export interface BlobReference {
  readonly url: string | null
  readonly mimeType: string | null
  readonly deletedByBroker: boolean
}

/** Bytes that a protocol made of a message once and gives to several consumers. `variant`: to whom they can be given. */
export interface Encoded {
  readonly variant: number
  readonly bytes: Buffer
}

const NOTHING: Buffer = Buffer.alloc(0)

/** Charged for each message besides its properties and body, as the model system and its clients count. */
const OVERHEAD_BYTES = 1024

/**
 * What travels. Unchanged once sent, and shared by every entry that holds it; how often it was delivered is the entry's
 * business. Properties and body stay encoded until someone looks.
 */
export class Message {
  kind: MessageKind = MessageKind.Plain
  destination: Destination
  /** Where it was before the broker moved it: a composite, a virtual topic, a dead letter's origin. */
  originalDestination: Destination | null = null
  /** `connection:session:producer`. The JMSMessageID is this, `:`, and the sequence. */
  producerId: string
  /** Counts the messages of one producer; rises and is never used again. */
  producerSequence: number
  /** A foreign message id in place of the one above; null for nearly all. */
  textId: string | null = null
  persistent = false
  /** 0 to 9. */
  priority = 4
  /** When it is dead, in ms since 1970; 0 = never. */
  expiration = 0
  /** When it was sent, in ms since 1970, by the sender's clock; 0 = not said. */
  timestamp = 0
  /** When the broker took it, in ms since 1970. */
  brokerInTime = 0
  correlationId: string | null = null
  replyTo: Destination | null = null
  type: string | null = null
  groupId: string | null = null
  groupSequence = 0
  userId: string | null = null
  /** Text of the transaction it was sent in; JMSXProducerTXID. */
  transactionId: string | null = null
  /** The body is deflated, as its sender left it. */
  compressed = false
  /** An OpenWire primitive map; null when no property was ever set. */
  properties: Buffer | null = null
  body: Buffer | null = null
  blob: BlobReference | null = null
  /** It is kept back until then; null for all that can be delivered. */
  schedule: Schedule | null = null
  /** What an advisory tells. Never stored. */
  advisory: Advisory | null = null
  /** Only this consumer (`connection:session:consumer`) gets it: the replay for a new advisory consumer. */
  targetConsumerId: string | null = null
  /** Goes to several consumers unchanged: it is worth to be encoded once. */
  shared = false
  encoded: Encoded | null = null
  /** What a queue's store is given in its place: the message that it and others are copies of. Null: itself. */
  storedAs: Message | null = null
  /** Entries that hold it; counted by the core, which charges its bytes to memory once. */
  holders = 0
  /** The destination that it is charged to as well; null = only to the broker. */
  charge: { bytes: number } | null = null
  #owned = false

  constructor(destination: Destination, producerId: string, producerSequence: number) {
    this.destination = destination
    this.producerId = producerId
    this.producerSequence = producerSequence
  }

  /** The JMSMessageID. */
  get id(): string {
    return this.textId ?? `${this.producerId}:${this.producerSequence}`
  }

  get sizeBytes(): number {
    return OVERHEAD_BYTES + (this.properties?.length ?? 0) + (this.body?.length ?? 0)
  }

  /** One that is kept back does not age. */
  expired(nowMs: number): boolean {
    return this.expiration > 0 && this.schedule === null && this.expiration <= nowMs
  }

  /**
   * Copies properties and body out of the chunk that they are views of, which they keep alive as a whole: the message will
   * stay for longer than until it is stored.
   */
  own(): void {
    if (this.#owned) return
    this.#owned = true
    const propertiesLength = this.properties?.length ?? 0
    const bodyLength = this.body?.length ?? 0
    if (propertiesLength + bodyLength === 0) return
    const copy = allocate(propertiesLength + bodyLength)
    // One alone needs no view of the copy.
    if (propertiesLength === 0 && this.body !== null) {
      copy.set(this.body, 0)
      this.body = copy
      if (this.properties !== null) this.properties = NOTHING
      return
    }
    if (this.properties !== null) {
      copy.set(this.properties, 0)
      this.properties = copy.subarray(0, propertiesLength)
    }
    if (this.body !== null) {
      copy.set(this.body, propertiesLength)
      this.body = copy.subarray(propertiesLength)
    }
  }

  /** A message of its own with the same content (properties and body are shared), for another destination, now. */
  copyTo(destination: Destination): Message {
    const copy = new Message(destination, this.producerId, this.producerSequence)
    copy.kind = this.kind
    copy.originalDestination = this.originalDestination ?? this.destination
    copy.textId = this.textId
    copy.persistent = this.persistent
    copy.priority = this.priority
    copy.expiration = this.expiration
    copy.timestamp = this.timestamp
    copy.brokerInTime = this.brokerInTime
    copy.correlationId = this.correlationId
    copy.replyTo = this.replyTo
    copy.type = this.type
    copy.groupId = this.groupId
    copy.groupSequence = this.groupSequence
    copy.userId = this.userId
    copy.transactionId = this.transactionId
    copy.compressed = this.compressed
    copy.properties = this.properties
    copy.body = this.body
    copy.blob = this.blob
    copy.advisory = this.advisory
    copy.#owned = this.#owned
    return copy
  }
}

/** A 64-bit time as the core keeps it. Beyond 2^53 exactness means nothing to a clock. */
export function timeOf(value: Long): number {
  return typeof value === 'bigint' ? Number(value) : value
}
