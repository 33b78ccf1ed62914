import type { Agreed, Command, DataStructure } from '@millrace/openwire'
import type { JMSError } from '../errors.ts'

/** What both sides of a link agreed upon, and who the other side is. */
export interface AgreedLink extends Agreed {
  readonly provider: { readonly name: string | null; readonly version: string | null }
}

/** What a transport tells whoever opened it. */
export interface TransportListener {
  /** A command of the broker. Keep-alive and negotiation never get here. */
  command(command: DataStructure): void
  /** After `send` returned false: the peer reads again. */
  drained(): void
  /** The link is gone. Called once, last; not after `close`. */
  failed(error: JMSError): void
}

/** What a transport tells its connection: one of several links has more to say. */
export interface ConnectionListener extends TransportListener {
  /**
   * The link broke, and another is looked for. What the broker sent over it and is not acknowledged comes again. So many
   * one-way sends may have been lost with it: nobody knows.
   */
  interrupted(error: JMSError, sendsInDoubt: number): void
  /** After `delayMs` the whole list is tried, for this time since the link broke. */
  reconnecting(attempt: number, delayMs: number): void
  /** Another link is there, and the broker knows everything about this connection that the last one knew. */
  resumed(): void
  /** `send` took it, but it was not carried out, or (`outcome` unknown) maybe not. It gets no answer. */
  refused(command: Command, error: JMSError): void
}

/**
 * A way to a broker that carries commands in both directions, in order. The connection sees nothing else: a transport
 * that reconnects by itself fits in here, too.
 */
export interface Transport {
  /** `tcp://host:61616`, for people. */
  readonly address: string
  readonly agreed: AgreedLink
  /** Survives the loss of a link; replays what it was given. */
  readonly faultTolerant: boolean
  /** Keeps commands beyond `send`, for replay: whoever sends one does not change it afterwards. */
  readonly keepsCommands: boolean
  /** More than the high-water mark waits to go out, or there is no link just now. */
  readonly blocked: boolean
  /** There is no link just now. */
  readonly interrupted: boolean
  /** Commands that wait for a link. */
  readonly waitingCommands: number
  /**
   * Takes a command; it goes out at the end of the turn. False: enough is waiting, `drained` will be told. Throws
   * MaxFrameSizeExceededError, or ResourceAllocationError when too much waits for a link, and then nothing was taken.
   */
  send(command: Command): boolean
  /**
   * The connection is closing and there is no link: none is looked for any more. Returns the commands that will never be
   * sent. What is needed for closing may still be sent, and is answered here.
   */
  giveUp(): Command[]
  /** Sends what was taken, then ends the link. */
  close(): void
  /** Whether the link keeps the process alive. */
  ref(): void
  unref(): void
}
