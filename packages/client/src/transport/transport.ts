import type { Agreed, Command, DataStructure } from '@millrace/openwire'
import type { JMSError } from '../errors.ts'

/** What a transport tells its connection. */
export interface TransportListener {
  /** A command of the broker. Keep-alive and negotiation never get here. */
  command(command: DataStructure): void
  /** After `send` returned false: the peer reads again. */
  drained(): void
  /** The link is gone. Called once, last; not after `close`. */
  failed(error: JMSError): void
}

/**
 * A way to a broker that carries commands in both directions, in order. The connection sees nothing else: a transport
 * that reconnects by itself fits in here, too.
 */
export interface Transport {
  /** `tcp://host:61616`, for people. */
  readonly address: string
  readonly agreed: Agreed
  /** Survives the loss of a link; replays what it was given. */
  readonly faultTolerant: boolean
  /** Keeps commands beyond `send`, for replay: whoever sends one does not change it afterwards. */
  readonly keepsCommands: boolean
  /** More than the high-water mark waits to go out. */
  readonly blocked: boolean
  /**
   * Takes a command; it goes out at the end of the turn. False: enough is waiting, `drained` will be told. Throws
   * MaxFrameSizeExceededError, and then nothing was taken.
   */
  send(command: Command): boolean
  /** Sends what was taken, then ends the link. */
  close(): void
  /** Whether the link keeps the process alive. */
  ref(): void
  unref(): void
}
