import type { Socket } from 'node:net'
import type { Task, Turn } from '@millrace/base'
import type { Link, LinkOwner } from './link.ts'
import { readInto } from './read-buffer.ts'

/** The close that follows is what counts. Shared, because it stays with the socket. */
const failed = (): void => {}

/** A link over a TCP or TLS socket. */
export class SocketLink implements Link, Task {
  queued = false
  readonly #turn: Turn
  readonly #socket: Socket
  #owner: LinkOwner | null = null
  #sending = false
  #paused = false
  /** It reads into the buffer of all; else through its stream, which does by itself what `held` is for. */
  #shares = false
  /** Came while nobody wanted it: reading goes on until something does, or else the end of a peer would not be seen. */
  #held: Buffer | null = null

  constructor(socket: Socket, turn: Turn) {
    this.#socket = socket
    this.#turn = turn
  }

  open(owner: LinkOwner): void {
    this.#owner = owner
    const socket = this.#socket
    this.#shares = readInto(socket, this.#received)
    socket.setNoDelay(true)
    socket.on('error', failed)
    socket.on('close', () => owner.gone(socket.errored))
  }

  readonly #received = (chunk: Buffer): boolean => {
    if (!this.#paused) {
      this.#owner?.received(chunk)
      return true
    }
    // A copy, since what lies beside it in memory may be kept for long.
    this.#held = Buffer.from(chunk)
    return false
  }

  send(chunk: Buffer): boolean {
    this.#socket.write(chunk, this.#written)
    // Nothing is left in the stream when the system took all of it within the call: the usual case without TLS.
    this.#sending = this.#socket.writableLength > 0
    return !this.#sending
  }

  // Also called for chunks that were gone at once; those are told apart by `sending`.
  readonly #written = (): void => {
    if (!this.#sending || this.#socket.writableLength > 0) return
    this.#sending = false
    this.#owner?.taken()
  }

  pause(): void {
    if (this.#shares) this.#paused = true
    else this.#socket.pause()
  }

  resume(): void {
    if (!this.#shares) {
      this.#socket.resume()
      return
    }
    this.#paused = false
    if (this.#held !== null) this.#turn.later(this)
  }

  /** Hands over what was held; only then is there more to read. */
  run(): void {
    const chunk = this.#held
    if (chunk === null || this.#paused || this.#socket.destroyed) return
    this.#held = null
    this.#owner?.received(chunk)
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
