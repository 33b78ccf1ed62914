import { LazyMap, LinkedList } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Rate } from './flow/rate.ts'
import type { Parked } from './parking.ts'
import type { Principal } from './permission.ts'
import type { ConnectionPort } from './ports.ts'
import type { Producer } from './producer.ts'
import type { Subscription } from './subscription.ts'
import type { Target } from './target.ts'
import type { Transaction } from './transaction.ts'
import type { User } from './users.ts'

export interface ConnectionSpec {
  readonly connectionId: string
  readonly clientId: string
  readonly userName: string | null
  readonly password: string | null
  readonly peerAddress: string
  /** The subject of the certificate that it showed, when its signer is known: `CN=orders,O=Example`. */
  readonly certificate?: string | null
  /** Comes back after a fail-over: what it sends may have been sent before. */
  readonly reconnected: boolean
  /** Who it is, when somebody was asked; absent or null: nobody was. */
  readonly principal?: Principal | null
  /** It takes over its client id from a connection that has it. Absent: as the broker does it. */
  readonly allowLinkStealing?: boolean
}

/** A client's connection: its identity, and everything that goes when it goes. */
export class Connection {
  readonly spec: ConnectionSpec
  readonly port: ConnectionPort
  readonly producers: LazyMap<string, Producer> = new LazyMap()
  readonly subscriptions: LazyMap<string, Subscription> = new LazyMap()
  /** Local ones, and the branches that it began and did not prepare. */
  readonly transactions: LazyMap<string, Transaction> = new LazyMap()
  readonly temporaries: LazyMap<string, Target> = new LazyMap()
  /** What waits for space, in order; owned by `Parking`, as are the next three. */
  readonly parked: LinkedList<Parked> = new LinkedList()
  parkedBytes = 0
  /** Commits among them, which no later commit with sends may overtake. */
  parkedCommits = 0
  /** How many of what waits come from which producer, and go to which destination. */
  readonly parkedLanes: LazyMap<string, number> = new LazyMap()
  /** `send` returned false and `resume` was not called yet. */
  stopped = false
  /** Commits that the store has not confirmed. */
  committing = 0
  /** The socket is blocked: its consumers have no credit. */
  paused = false
  removed = false
  /** What it may send per second; null = as much as it can. */
  rate: Rate | null = null
  /** Messages that were taken back from its consumers, whose lease was over, and that they may still have. */
  lapsed: Set<Message> | null = null
  /** Whose it is, where that counts. */
  user: User | null = null

  constructor(spec: ConnectionSpec, port: ConnectionPort) {
    this.spec = spec
    this.port = port
  }

  get id(): string {
    return this.spec.connectionId
  }

  get clientId(): string {
    return this.spec.clientId
  }

  get principal(): Principal | null {
    return this.spec.principal ?? null
  }

  /** The peer does not take what was written: nothing more is dispatched to its consumers. */
  pauseConsumers(): void {
    this.paused = true
  }

  resumeConsumers(): void {
    if (!this.paused) return
    this.paused = false
    for (const subscription of this.subscriptions.values()) subscription.wake()
  }
}
