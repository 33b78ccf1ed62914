import type { ByteWriter } from '@millrace/base'
import type { Broker } from '../core/broker.ts'

/** What is known of the other end of a connection before it has said anything. */
export interface Peer {
  /** `127.0.0.1:50312`, for logs and for other people's error messages. */
  readonly address: string
  /** The transport connector that took it: `openwire://127.0.0.1:61616`. */
  readonly connector: string
  /** The subject of the certificate that it has shown, if one was asked for and its signer is known: `CN=orders,O=Shop`. */
  readonly certificate?: string | null
  /**
   * When it came, in monotonic ms: from then on the time counts in which it has to say who it is, whatever it has to go
   * through first. Absent: when its conversation was opened.
   */
  readonly acceptedAt?: number
}

/** Where a conversation writes. One socket write per turn, whatever is written meanwhile. */
export interface Output {
  /** Frames are encoded right into this; then `touch`. */
  readonly writer: ByteWriter
  /** Something was written: it goes out at the end of this turn. */
  touch(): void
  /** The peer has not taken what was sent: its subscriptions have no credit until `drained`. */
  readonly blocked: boolean
  /** Stops reading from the peer, or goes on; counted, so each `pause` needs its `resume`. */
  pause(): void
  resume(): void
  /** Sends what was written, then closes. */
  close(): void
}

/** One peer talking one protocol. */
export interface Conversation {
  /** False: the peer has not said yet who it is, and links that gather what comes gather less. Absent: true. */
  readonly introduced?: boolean
  /** A chunk as it came from the socket. Throws ProtocolError: the connection says goodbye and closes. */
  receive(chunk: Buffer): void
  /** Says goodbye, as the protocol can, for an error that ends the connection. */
  failed(error: Error): void
  /** Heart-beats and time limits; one timer serves every connection. `nowMs` is monotonic. */
  tick(nowMs: number): void
  /** The peer reads again. */
  drained(): void
  /** The socket is gone. Called once, last. */
  closed(): void
}

export interface Protocol {
  readonly name: string
  /** Looks at the first bytes of a connection: mine, not mine, or not enough yet. */
  claims(first: Buffer): boolean | undefined
  open(output: Output, peer: Peer, broker: Broker): Conversation
}
