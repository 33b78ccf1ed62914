import type { Destination } from '../message/destination.ts'
import type { Connection } from './connection.ts'
import type { Blocked } from './flow/blocked.ts'
import type { Target } from './target.ts'

export interface ProducerSpec {
  readonly producerId: string
  /** Null: each message says where it goes. */
  readonly destination: Destination | null
}

export class Producer {
  readonly connection: Connection
  readonly id: string
  readonly destination: Destination | null
  /** Where its last message went: nearly always where the next one goes. Never one that forwards. */
  target: Target | null = null
  /** Those that count it among their producers. */
  targets: readonly Target[] = []
  /** The highest sequence of a persistent message of it that was handed to the store; -1 = none. */
  sequenceLast = -1
  removed = false
  /** Its sends that had to wait; null = none ever. */
  blocked: Blocked | null = null
  /** Its sends that are being transformed, or wait behind such. */
  transforming = 0

  constructor(connection: Connection, spec: ProducerSpec) {
    this.connection = connection
    this.id = spec.producerId
    this.destination = spec.destination
  }
}
