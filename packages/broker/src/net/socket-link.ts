import type { Socket } from 'node:net'
import type { Link, LinkOwner } from './link.ts'
import { readInto } from './read-buffer.ts'

/** A link over a TCP or TLS socket. */
export class SocketLink implements Link {
  #socket: Socket
  #owner: LinkOwner | null = null
  #sending = false
  #reason: Error | null = null

  constructor(socket: Socket) {
    this.#socket = socket
  }

  open(owner: LinkOwner): void {
    this.#owner = owner
    const socket = readInto(this.#socket, (chunk) => owner.received(chunk))
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#reason = error
    })
    socket.on('close', () => owner.gone(this.#reason))
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
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
