import type { Logger, Task, Turn, VmPeer } from '@millrace/base'
import type { Link, LinkOwner } from './link.ts'

/**
 * A link to a client in this process. What either side hands over waits for the end of the turn, so that neither runs
 * inside a call of the other.
 */
export class VmLink implements Link, Task {
  queued = false
  readonly #client: VmPeer
  readonly #turn: Turn
  readonly #log: Logger
  #owner: LinkOwner | null = null
  #inbox: Buffer[] = []
  #outbox: Buffer[] = []
  #paused = false
  /** The client has hung up. What it sent before is still read, unless reading is stopped. */
  #hungUp = false
  /** We have: after what was sent. */
  #ended = false
  #gone = false

  constructor(client: VmPeer, turn: Turn, log: Logger) {
    this.#client = client
    this.#turn = turn
    this.#log = log
  }

  /** What the client holds of us. */
  readonly peer: VmPeer = {
    receive: (chunk: Buffer): void => {
      this.#inbox.push(chunk)
      this.#turn.work(this)
    },
    closed: (): void => {
      this.#hungUp = true
      this.#turn.work(this)
    },
  }

  open(owner: LinkOwner): void {
    this.#owner = owner
  }

  /** Copied, because the client may keep views of it as long as it likes. */
  send(chunk: Buffer): boolean {
    this.#outbox.push(Buffer.from(chunk))
    this.#turn.work(this)
    return true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#turn.work(this)
  }

  end(): void {
    this.#ended = true
    this.#turn.work(this)
  }

  destroy(): void {
    this.#outbox = []
    this.end()
  }

  run(): void {
    if (this.#gone) return
    this.#handOver()
    while (!this.#paused && !this.#ended) {
      const chunk = this.#inbox.shift()
      if (chunk === undefined) break
      this.#owner?.received(chunk)
    }
    if (!this.#hungUp && !(this.#ended && this.#outbox.length === 0)) return
    this.#gone = true
    if (!this.#hungUp) this.#tell(() => this.#client.closed())
    this.#owner?.gone(null)
  }

  #handOver(): void {
    for (const chunk of this.#outbox.splice(0)) {
      if (!this.#hungUp) this.#tell(() => this.#client.receive(chunk))
    }
  }

  /** What goes wrong in there is not ours, and must not end our turn half way. */
  #tell(what: () => void): void {
    try {
      what()
    } catch (error) {
      this.#log.error({ reason: String(error) }, 'a client of this process failed')
      this.#hungUp = true
    }
  }
}
