import { ByteWriter, type Clock, MillraceError, SpareBuffers, type Task, type Turn } from '@millrace/base'
import type { Output } from '../protocol/protocol.ts'
import type { Link } from './link.ts'

export interface OutputSettings {
  /** Bytes that wait for the peer, beyond which its consumers have no credit. */
  readonly blockedBytes: number
  /** Bytes added although the peer is blocked (answers, mostly), beyond which it is given up. */
  readonly blockedGrowthBytesMax: number
  /** A peer that takes nothing for so long is given up. */
  readonly stalledMsMax: number
}

export const outputDefaults: OutputSettings = {
  blockedBytes: 256 * 1024,
  blockedGrowthBytesMax: 16 * 1024 * 1024,
  stalledMsMax: 60_000,
}

export interface OutputOwner {
  /** The peer reads again, after `blocked` was true. */
  drained(): void
  tooSlow(error: MillraceError): void
  /** `close` was called. */
  closing(): void
}

/** First size of a buffer. Who has nothing to say has none: ten thousand idle connections should cost little. */
const BUFFER_BYTES = 4096
const SPARES_MAX = 256
const spares: SpareBuffers = new SpareBuffers(BUFFER_BYTES, SPARES_MAX)
/** A buffer that grew beyond this is not kept for the next turn. */
const BUFFER_KEPT_BYTES = 1024 * 1024
/** Written at once, so that progress is seen while a large message goes over a slow line. */
const PIECE_BYTES = 256 * 1024

/**
 * Gathers what is written to one peer during a turn and sends it at its end. While a piece is under way nothing else is
 * sent, what comes gathers behind it; the buffer is written over only when the link has let go of it.
 */
export class ConnectionOutput implements Output, Task {
  queued = false
  readonly #link: Link
  readonly #turn: Turn
  readonly #clock: Clock
  readonly #settings: OutputSettings
  readonly #owner: OutputOwner
  #writer = new ByteWriter(BUFFER_BYTES, spares)
  /** Taken from the writer and not yet sent. */
  #rest: Buffer | null = null
  #restAt = 0
  /** The link holds a piece. */
  #sending = false
  #sendingSince = 0
  /** The peer was found blocked, and `drained` is owed. */
  #over = false
  /** Length of the writer when the peer was found blocked. */
  #overLength = 0
  #pauses = 0
  #closing = false
  #ended = false

  constructor(link: Link, turn: Turn, clock: Clock, settings: OutputSettings, owner: OutputOwner) {
    this.#link = link
    this.#turn = turn
    this.#clock = clock
    this.#settings = settings
    this.#owner = owner
  }

  get writer(): ByteWriter {
    return this.#writer
  }

  get blocked(): boolean {
    return this.#unsent() > this.#settings.blockedBytes
  }

  touch(): void {
    this.#turn.output(this)
  }

  pause(): void {
    if (this.#pauses++ === 0) this.#link.pause()
  }

  resume(): void {
    if (--this.#pauses > 0 || this.#ended) return
    this.#link.resume()
  }

  close(): void {
    this.#closing = true
    this.#owner.closing()
    this.touch()
  }

  /** The link is gone: whatever is written from now on goes nowhere. */
  abandon(): void {
    this.#ended = true
    this.#rest = null
    this.#writer = new ByteWriter(0)
  }

  run(): void {
    if (this.#ended) {
      this.#writer.rewind()
      return
    }
    this.#watch()
    if (!this.#sending) this.#send()
  }

  /** The link has let go of the last piece. */
  taken(): void {
    this.#sending = false
    if (!this.#ended) this.#send()
  }

  tick(nowMs: number): void {
    if (!this.#sending || this.#ended) return
    const stalledMs = nowMs - this.#sendingSince
    if (stalledMs < this.#settings.stalledMsMax) return
    this.#tooSlow(`the peer took nothing for ${Math.round(stalledMs)} ms, ${this.#unsent()} bytes wait`)
  }

  #unsent(): number {
    return this.#writer.length + (this.#rest === null ? 0 : this.#rest.length - this.#restAt)
  }

  #watch(): void {
    if (!this.#over) {
      this.#over = this.blocked
      this.#overLength = this.#writer.length
      return
    }
    const growth = this.#writer.length - this.#overLength
    if (growth <= this.#settings.blockedGrowthBytesMax) return
    this.#tooSlow(`the peer reads nothing and goes on asking, ${this.#unsent()} bytes wait`)
  }

  #tooSlow(message: string): void {
    this.#owner.tooSlow(new MillraceError('PEER_TOO_SLOW', message))
  }

  #send(): void {
    for (;;) {
      if (this.#rest === null) {
        if (this.#writer.length === 0) break
        this.#rest = this.#writer.take()
        this.#restAt = 0
        this.#overLength = 0
      }
      const piece = this.#rest.subarray(this.#restAt, this.#restAt + PIECE_BYTES)
      this.#restAt += piece.length
      if (this.#restAt === this.#rest.length) this.#rest = null
      if (!this.#link.send(piece)) {
        this.#sending = true
        this.#sendingSince = this.#clock.monotonic()
        break
      }
    }
    if (!this.#sending) this.#allSent()
    if (this.#over && !this.blocked) {
      this.#over = false
      this.#owner.drained()
    }
  }

  #allSent(): void {
    if (this.#writer.buffer.length > BUFFER_KEPT_BYTES) this.#writer = new ByteWriter(BUFFER_BYTES, spares)
    else this.#writer.rewind()
    if (!this.#closing) return
    this.#ended = true
    this.#link.end()
  }
}
