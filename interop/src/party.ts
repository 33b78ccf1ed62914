/**
 * What the suites ask of a client: JMS in small, asynchronous, with plain data. The Java clients are worked from afar through it
 * (`remote.ts`), the one of this project directly (`native.ts`), so that one list of behaviours is run by all of them.
 */
import type { Incoming, Outgoing } from './exchange.ts'

export type Mode = 'auto' | 'client' | 'dups-ok' | 'individual' | 'transacted'

export interface Party {
  readonly name: string
  connect(url: string, options?: ConnectOptions): Promise<PartyConnection>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly clientId?: string
  readonly userName?: string
  readonly password?: string
  /** For `xaSession`. */
  readonly xa?: boolean
}

export interface PartyConnection {
  session(mode?: Mode): Promise<PartySession>
  /** Of a connection that was made with `xa`. */
  xaSession(): Promise<PartyXASession>
  start(): Promise<void>
  close(): Promise<void>
  destroy(destination: string): Promise<void>
  /** Errors that answered no call, in order. */
  readonly exceptions: readonly PartyError[]
  /** Resolves with the next of them, or with one that has come already and was not asked for yet. */
  exception(): Promise<PartyError>
}

export interface PartySession {
  producer(destination?: string): Promise<PartyProducer>
  consumer(destination: string, options?: ConsumerOptions): Promise<PartyConsumer>
  browse(destination: string, selector?: string): Promise<readonly Incoming[]>
  temporaryQueue(): Promise<string>
  temporaryTopic(): Promise<string>
  deleteTemporary(name: string): Promise<void>
  unsubscribe(name: string): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  recover(): Promise<void>
  close(): Promise<void>
}

/** Branches go by their global transaction id. Errors are called XAException, and their text ends with the code. */
export interface PartyXASession extends PartySession {
  start(branch: string): Promise<void>
  end(branch: string): Promise<void>
  prepare(branch: string): Promise<void>
  commitBranch(branch: string, onePhase: boolean): Promise<void>
  rollbackBranch(branch: string): Promise<void>
  recoverBranches(): Promise<readonly string[]>
}

export interface ConsumerOptions {
  readonly selector?: string
  readonly noLocal?: boolean
  /** Name of a durable subscription. */
  readonly durable?: string
}

export interface SendOptions {
  /** For a producer without a destination. */
  readonly destination?: string
  readonly persistent?: boolean
  readonly priority?: number
  readonly timeToLive?: number
}

export interface PartyProducer {
  /** Resolves as the client's send does, with the message as it was sent. */
  send(message: Outgoing, options?: SendOptions): Promise<Incoming>
  close(): Promise<void>
}

export interface PartyConsumer {
  /** Waits for a message that must come. */
  receive(): Promise<PartyMessage>
  /** A message that is here, or comes within the time; else null. -1: does not wait. */
  poll(timeoutMs: number): Promise<PartyMessage | null>
  /** From now on messages go to `heard`; the listener throws for the first `failures` of them. */
  listen(heard: (message: PartyMessage) => void, failures?: number): Promise<void>
  close(): Promise<void>
}

export interface PartyMessage extends Incoming {
  acknowledge(): Promise<void>
}

/** `name` is the JMS name: InvalidSelectorException, InvalidClientIDException … */
export class PartyError extends Error {
  override readonly name: string

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}
