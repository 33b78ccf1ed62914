import type { MillraceError } from '@millrace/base'
import { type Clock, type Logger, ProtocolError, type Task, type Turn } from '@millrace/base'
import type { Broker } from '../core/broker.ts'
import type { Conversation, Peer, Protocol } from '../protocol/protocol.ts'
import type { Connector } from './connector.ts'
import type { Link, LinkOwner } from './link.ts'
import { ConnectionOutput, type OutputOwner, type OutputSettings } from './output.ts'
import { DETECTION_BYTES_MAX } from './recognition.ts'
import type { Solitude } from './solitude.ts'

/** What every connection of a broker shares. */
export interface ConnectionHost {
  readonly broker: Broker
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly output: OutputSettings
  /** Told who speaks. Null: nobody wants to know. */
  readonly solitude?: Solitude | null
  /** A peer that does not say which protocol it speaks is let go after so long. */
  readonly detectionMsMax: number
  /** Our mistake, not the peer's. */
  mistake(error: unknown): void
}

export interface ConnectionOwner {
  /** The peer broke the rules: whether it is held for a while rather than let go at once. */
  holds(connection: PeerConnection): boolean
  /** Called once, last. */
  gone(connection: PeerConnection): void
}

const NOTHING: Buffer = Buffer.alloc(0)

/** Between our goodbye and the moment when the link is cut, in case the peer does not close its side, or is held. */
const FAREWELL_MS = 5_000

/**
 * Read from one peer in one turn. The system would go on for 2 MiB, and meanwhile nobody else would be read from and no
 * finished write of the journal be heard of.
 */
const TURN_BYTES_MAX = 256 * 1024

/** The same from a peer that has not said who it is: an introduction needs no more, and a thousand that pour are not heard out. */
const UNINTRODUCED_TURN_BYTES_MAX = 16 * 1024

/**
 * Read from a peer before it has said who it is, whatever it says: more than is read in one turn, because what comes behind
 * an introduction is read while that is looked at.
 */
const UNINTRODUCED_BYTES_MAX = 512 * 1024

/** And after it was refused: it may still be saying what it began, and reads our last words then. */
const REFUSED_BYTES_MAX = 64 * 1024

/** One peer: its link, and the conversation that reads from it and writes to it. */
export class PeerConnection implements LinkOwner, OutputOwner, Task {
  /** As a task: the end of a turn in which something was read. */
  queued = false
  readonly peer: Peer
  readonly connector: Connector
  /** It broke the rules and is not let go before its time. */
  held = false
  readonly #link: Link
  readonly #host: ConnectionHost
  #protocols: readonly Protocol[] = []
  readonly #output: ConnectionOutput
  readonly #owner: ConnectionOwner
  readonly #openedAt: number
  #conversation: Conversation | null = null
  /** What came before it was known which protocol it is. */
  #undetected = NOTHING
  /** The connection is being closed; what still comes is not looked at. */
  #closing = false
  #closingAt = 0
  #reason = 'closed by the peer'
  /** Read in this turn. */
  #turnBytes = 0
  /** No more is read in this turn. */
  #turnOver = false
  /** What may still be read before the peer has said who it is; infinite when it has. */
  #unintroducedBytesLeft = UNINTRODUCED_BYTES_MAX

  constructor(link: Link, peer: Peer, connector: Connector, host: ConnectionHost, owner: ConnectionOwner) {
    this.#link = link
    this.peer = peer
    this.connector = connector
    this.#host = host
    this.#owner = owner
    this.#openedAt = peer.acceptedAt ?? host.clock.monotonic()
    this.#output = new ConnectionOutput(link, host.turn, host.clock, host.output, this)
  }

  /** It speaks one of the protocols; `first` has come already. */
  open(protocols: readonly Protocol[], first: Buffer | null): void {
    this.#protocols = protocols
    this.#link.open(this)
    // With one protocol there is nothing to find out, and ours may speak first.
    const [only, second] = this.#protocols
    if (only !== undefined && second === undefined) this.#converse(only)
    if (first !== null && first.length > 0) this.received(first)
  }

  get introduced(): boolean {
    const conversation = this.#conversation
    return conversation !== null && conversation.introduced !== false
  }

  received(chunk: Buffer): void {
    if (this.#closing) {
      this.#ignore(chunk.length)
      return
    }
    this.#count(chunk.length)
    try {
      if (this.#conversation === null) this.#detect(chunk)
      else this.#conversation.receive(chunk)
      if (this.#unintroducedBytesLeft !== Number.POSITIVE_INFINITY) this.#charge(chunk.length)
    } catch (error) {
      if (error instanceof ProtocolError) this.#end(error, this.#owner.holds(this))
      else this.#host.mistake(error)
    }
  }

  /** Who was known is heard out, so that it reads our last words; who never was has the rest of what it might say. */
  #ignore(bytes: number): void {
    // Infinite for who was known.
    if (this.#unintroducedBytesLeft <= UNINTRODUCED_BYTES_MAX) {
      this.#unintroducedBytesLeft = Math.min(this.#unintroducedBytesLeft, REFUSED_BYTES_MAX) - bytes
    }
    if (this.#unintroducedBytesLeft < 0) this.#link.destroy()
  }

  #charge(bytes: number): void {
    this.#unintroducedBytesLeft = this.introduced ? Number.POSITIVE_INFINITY : this.#unintroducedBytesLeft - bytes
    if (this.#unintroducedBytesLeft >= 0) return
    const message = `more than ${UNINTRODUCED_BYTES_MAX} bytes from a peer that has not said who it is`
    throw new ProtocolError('FRAME_TOO_LARGE', message)
  }

  #count(bytes: number): void {
    const before = this.#turnBytes
    this.#turnBytes = before + bytes
    if (before === 0) {
      this.#host.turn.output(this)
      this.#host.solitude?.heard(this)
    }
    const known = this.#unintroducedBytesLeft === Number.POSITIVE_INFINITY
    if (this.#turnOver || this.#turnBytes < (known ? TURN_BYTES_MAX : UNINTRODUCED_TURN_BYTES_MAX)) return
    this.#turnOver = true
    this.#output.pause()
  }

  run(): void {
    this.#turnBytes = 0
    if (!this.#turnOver) return
    this.#turnOver = false
    this.#output.resume()
  }

  taken(): void {
    this.#output.taken()
  }

  drained(): void {
    this.#conversation?.drained()
  }

  tooSlow(error: MillraceError): void {
    // A goodbye would only wait behind everything else.
    this.#note(error)
    this.#link.destroy()
  }

  tick(nowMs: number): void {
    if (this.#closing) {
      if (nowMs - this.#closingAt >= FAREWELL_MS) this.#link.destroy()
      return
    }
    this.#output.tick(nowMs)
    this.#link.tick?.(nowMs)
    if (this.#conversation !== null) this.#conversation.tick(nowMs)
    else if (nowMs - this.#openedAt >= this.#host.detectionMsMax) {
      this.fail(new ProtocolError('NEGOTIATION_FAILED', `no protocol within ${this.#host.detectionMsMax} ms`))
    }
  }

  /** Says goodbye, sends what was written, and closes. */
  fail(error: MillraceError): void {
    if (this.#closing) {
      if (this.held) this.#link.destroy()
      return
    }
    this.#end(error, false)
  }

  #end(error: MillraceError, held: boolean): void {
    this.#note(error)
    this.#conversation?.failed(error)
    this.held = held
    if (held) this.#output.pause()
    else this.#output.close()
  }

  destroy(): void {
    this.#link.destroy()
  }

  gone(reason: Error | null): void {
    if (!this.#closing && reason !== null) this.#reason = reason.message
    this.#closing = true
    this.#output.abandon()
    this.#conversation?.closed()
    this.#host.log.debug({ peer: this.peer.address, reason: this.#reason }, 'link closed')
    this.#owner.gone(this)
  }

  closing(): void {
    if (this.#closing) return
    this.#closing = true
    this.#closingAt = this.#host.clock.monotonic()
  }

  #note(error: MillraceError): void {
    this.#reason = error.message
    this.closing()
    if (error.code === 'BROKER_STOPPING') return
    this.#host.log.warn({ peer: this.peer.address, code: error.code, reason: error.message }, 'connection ended')
  }

  #converse(protocol: Protocol): void {
    this.#conversation = protocol.open(this.#output, this.peer, this.#host.broker)
  }

  #detect(chunk: Buffer): void {
    const first = Buffer.concat([this.#undetected, chunk])
    let undecided = false
    for (const protocol of this.#protocols) {
      const claim = protocol.claims(first)
      if (claim === undefined) undecided = true
      if (claim !== true) continue
      this.#undetected = NOTHING
      this.#converse(protocol)
      this.#conversation?.receive(first)
      return
    }
    if (!undecided || first.length > DETECTION_BYTES_MAX) {
      throw new ProtocolError('FRAME_INVALID', 'the first bytes belong to no protocol that is spoken here')
    }
    this.#undetected = first
  }
}
