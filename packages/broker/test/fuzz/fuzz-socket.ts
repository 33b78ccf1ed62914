import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

const SAID_MAX = 16 * 1024

/** A socket whose other end is a program: enough of one for whoever reads, writes, pauses, and speaks TLS or HTTP over it. */
export class FuzzSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 1
  bytesWritten = 0
  /** What the broker has said, as far as it is kept. */
  said = ''
  gone = false

  constructor() {
    // As a server's socket is: when the other side ends, this one does.
    super({ allowHalfOpen: false })
    this.on('close', () => {
      this.gone = true
    })
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  setNoDelay(): this {
    return this
  }

  /** The peer says something. */
  speak(bytes: Buffer): void {
    if (!this.gone && !this.readableEnded) this.push(bytes)
  }

  /** The peer closes its side. */
  leave(): void {
    if (!this.gone && !this.readableEnded) this.push(null)
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytesWritten += chunk.length
    this.said = (this.said + chunk.toString('utf8')).slice(-SAID_MAX)
    done()
  }
}

/** Lets what was said be read, and what is owed be said. */
export async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
