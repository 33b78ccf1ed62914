import type { Socket } from 'node:net'
import type { Link, LinkListener } from './link.ts'
import type { LinkStream } from './own-socket.ts'

/** A link over a connected socket, plain or TLS, or another stream. */
export class SocketLink implements Link {
  readonly #socket: LinkStream
  readonly #listener: LinkListener
  #writes = 0
  #error: Error | null = null

  constructor(socket: LinkStream, listener: LinkListener) {
    this.#socket = socket
    this.#listener = listener
    socket.on('data', (chunk: Buffer) => listener.received(chunk))
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => listener.closed(this.#error))
  }

  get waiting(): number {
    return this.#socket.writableLength
  }

  get reusable(): boolean {
    return this.#writes === 0
  }

  write(chunk: Buffer): void {
    this.#writes++
    this.#socket.write(chunk, this.#written)
  }

  readonly #written = (): void => {
    this.#writes--
    if (this.#writes === 0 && !this.#socket.destroyed) this.#listener.drained()
  }

  end(): void {
    if (this.#socket.destroySoon !== undefined) this.#socket.destroySoon()
    else this.#socket.end(() => this.#socket.destroy())
  }

  destroy(): void {
    this.#socket.destroy()
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay?.(on)
  }

  ref(): void {
    this.#socket.ref?.()
  }

  unref(): void {
    this.#socket.unref?.()
  }
}

/** Waits until a socket is ready to be written to. */
export function connected(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      signal.removeEventListener('abort', aborted)
      socket.removeListener(event, ready)
      socket.removeListener('error', failed)
    }
    const ready = (): void => {
      done()
      resolve()
    }
    const failed = (error: Error): void => {
      done()
      socket.destroy()
      reject(error)
    }
    const aborted = (): void => {
      done()
      // A socket that is destroyed may still report an error.
      socket.on('error', () => {})
      socket.destroy()
      reject(signal.reason)
    }
    socket.once(event, ready)
    socket.once('error', failed)
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}
