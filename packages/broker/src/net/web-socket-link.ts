import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Link, LinkOwner } from './link.ts'

/** A WebSocket where nothing comes is asked whether somebody is there. */
const PING_MS = 30_000
/** One where nothing came for so long is given up. */
const SILENT_MS_MAX = 75_000

/** Of one message, from a peer that has not said who it is: what it sends is gathered before anybody can look at it. */
const UNINTRODUCED_BYTES_MAX = 256 * 1024

const CloseCode = { Normal: 1000, Unsupported: 1003 } as const

/**
 * A link over a WebSocket. Messages are pieces of a stream of bytes, whose borders mean nothing. Where text is allowed,
 * the answers come in the kind that the client used first; a piece that is no text comes as bytes in any case.
 */
export class WebSocketLink implements Link {
  readonly #socket: WebSocket
  /** Below the WebSocket. */
  readonly #stream: Duplex
  readonly #textAllowed: boolean
  #owner: LinkOwner | null = null
  #kind: 'unknown' | 'text' | 'binary' = 'unknown'
  #sending = false
  #paused = false
  #reason: Error | null = null
  /** Something came since the last tick. */
  #heard = true
  #heardAt = 0
  #pinged = false

  /** Came since the last message, while the peer has not said who it is. */
  #gathered = 0

  constructor(socket: WebSocket, stream: Duplex, textAllowed: boolean) {
    this.#socket = socket
    this.#stream = stream
    this.#textAllowed = textAllowed
  }

  open(owner: LinkOwner): void {
    this.#owner = owner
    const socket = this.#socket
    this.#stream.on('data', this.#gather)
    socket.on('message', (data: Buffer, binary: boolean) => this.#message(data, binary))
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('ping', () => {
      this.#heard = true
    })
    socket.on('error', (error) => {
      this.#reason = error
    })
    socket.on('close', () => owner.gone(this.#reason))
  }

  send(chunk: Buffer): boolean {
    const text = this.#kind === 'text' && isUtf8(chunk)
    this.#socket.send(chunk, { binary: !text }, this.#written)
    this.#sending = this.#socket.bufferedAmount > 0
    return !this.#sending
  }

  // Also called for chunks that were gone at once; those are told apart by `sending`.
  readonly #written = (): void => {
    if (!this.#sending || this.#socket.bufferedAmount > 0) return
    this.#sending = false
    this.#owner?.taken()
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#heard = true
    this.#socket.resume()
  }

  end(): void {
    this.#socket.close(CloseCode.Normal)
  }

  destroy(): void {
    this.#socket.terminate()
  }

  tick(nowMs: number): void {
    if (this.#heard || this.#paused || this.#heardAt === 0) {
      this.#heard = false
      this.#heardAt = nowMs
      this.#pinged = false
      return
    }
    const silentMs = nowMs - this.#heardAt
    if (silentMs >= SILENT_MS_MAX) {
      this.#reason = new Error(`the peer was silent for ${Math.round(silentMs)} ms`)
      this.destroy()
    } else if (silentMs >= PING_MS && !this.#pinged) {
      this.#pinged = true
      this.#socket.ping()
    }
  }

  readonly #gather = (chunk: Buffer): void => {
    this.#gathered += chunk.length
    if (this.#gathered <= UNINTRODUCED_BYTES_MAX) return
    if (this.#owner?.introduced === true) {
      this.#stream.off('data', this.#gather)
      return
    }
    this.#reason = new Error(`more than ${UNINTRODUCED_BYTES_MAX} bytes from a peer that has not said who it is`)
    this.destroy()
  }

  #message(data: Buffer, binary: boolean): void {
    if (this.#reason !== null) return
    this.#heard = true
    this.#gathered = 0
    if (!binary && !this.#textAllowed) {
      this.#reason = new Error('the peer sent text, and this protocol is binary')
      this.#socket.close(CloseCode.Unsupported, 'this protocol is binary')
      return
    }
    if (this.#kind === 'unknown') this.#kind = binary ? 'binary' : 'text'
    this.#owner?.received(data)
  }
}
