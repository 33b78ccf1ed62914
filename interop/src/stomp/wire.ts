/** What one foreign library does for a connection: the frames that it is asked to send, and what it says has come. */
import type { Buffer } from 'node:buffer'

export type StompVersion = '1.0' | '1.1' | '1.2'
export const versions: readonly StompVersion[] = ['1.0', '1.1', '1.2']

export type Headers = Readonly<Record<string, string>>

export interface StompFrame {
  readonly command: string
  readonly headers: Headers
  readonly body: Buffer
  /** As the library handed it over; it may want that back for ACK. */
  readonly own?: unknown
}

/** In the order in which it came. */
export interface WireEvents {
  frame(frame: StompFrame): void
  /** An end of line between frames. */
  beat(): void
  /** The socket is gone. */
  ended(): void
}

/** Each answers whether the frame carried that receipt; false: the library has no way to. */
export interface StompWire {
  send(destination: string, body: string | Buffer, headers: Headers): boolean
  subscribe(destination: string, headers: Headers): boolean
  unsubscribe(id: string, destination: string, headers: Headers): boolean
  ack(message: StompFrame, headers: Headers): boolean
  nack(message: StompFrame, headers: Headers): boolean
  begin(transaction: string, headers: Headers): boolean
  commit(transaction: string, headers: Headers): boolean
  abort(transaction: string, headers: Headers): boolean
  /** With a receipt of its own; the end comes as an event. */
  disconnect(): void
  /** Without a word. */
  drop(): void
}

export interface ConnectOptions {
  /** The only one that is offered. */
  readonly version: StompVersion
  /** More headers of CONNECT. */
  readonly headers?: Headers
  /** ms: what it can, and what it wants. */
  readonly heartBeat?: readonly [number, number]
}

/** Why a behaviour cannot be seen through a library. */
export interface Unseen {
  readonly why: string
  /** Only in these; else in all. */
  readonly versions?: readonly StompVersion[]
}

/** A library, or one of its ways. */
export interface StompParty {
  readonly name: string
  /** Where it connects to, of what a broker listens on. */
  readonly scheme: 'stomp' | 'ws'
  readonly versions: readonly StompVersion[]
  /** Behaviours that cannot be seen through it, and why. */
  readonly cannot: Readonly<Record<string, Unseen>>
  /** CONNECT is sent; CONNECTED, or what comes instead, is the first frame. */
  connect(url: string, options: ConnectOptions, events: WireEvents): Promise<StompWire>
  close(): Promise<void>
}
