import type { Random, VmPeer } from '@millrace/base'

/** What the client's end of a line is told. */
export interface LineOwner {
  /** The broker has written this; it comes to the client later, or never. Returns the structures in it. */
  written(chunk: Buffer): unknown[]
  arrived(structure: unknown): void
  /** The broker has closed its end. */
  ended(): void
}

const END = Symbol('the end of the line')

/**
 * A connection whose bytes lie about until the simulator moves them: from the client to the broker in pieces that need
 * not be frames, from the broker to the client frame by frame.
 */
export class Line {
  readonly #owner: LineOwner
  readonly #toBroker: (Buffer | typeof END)[] = []
  readonly #toClient: unknown[] = []
  #peer: VmPeer | null = null
  /** The client has let go of it: what the broker still writes goes nowhere. */
  cut = false
  #over = false

  constructor(owner: LineOwner) {
    this.#owner = owner
  }

  /** The end that the broker holds. */
  readonly end: VmPeer = {
    receive: (chunk) => {
      const structures = this.#owner.written(chunk)
      if (!this.cut) this.#toClient.push(...structures)
    },
    closed: () => {
      this.#over = true
      this.#toBroker.length = 0
      if (!this.cut) this.#toClient.push(END)
    },
  }

  open(peer: VmPeer): void {
    this.#peer = peer
  }

  send(frame: Buffer): void {
    if (!this.cut && !this.#over) this.#toBroker.push(frame)
  }

  get toBroker(): number {
    return this.#toBroker.length
  }

  get toClient(): number {
    return this.#toClient.length
  }

  get idle(): boolean {
    return this.#toBroker.length === 0 && this.#toClient.length === 0
  }

  /** Moves the next bytes on; now and then only a part of a frame, or several frames at once. */
  moveToBroker(random: Random): void {
    const first = this.#toBroker.shift()
    if (first === undefined) return
    if (first === END) {
      this.#over = true
      this.#peer?.closed()
      return
    }
    const dice = random(16)
    if (dice === 0 && first.length > 1) {
      const at = 1 + random(first.length - 1)
      this.#toBroker.unshift(first.subarray(at))
      this.#peer?.receive(Buffer.from(first.subarray(0, at)))
      return
    }
    const chunk = [first]
    for (let left = dice < 8 ? random(8) : 0; left > 0 && Buffer.isBuffer(this.#toBroker[0]); left--) {
      chunk.push(this.#toBroker.shift() as Buffer)
    }
    this.#peer?.receive(chunk.length === 1 ? first : Buffer.concat(chunk))
  }

  moveToClient(): void {
    const structure = this.#toClient.shift()
    if (structure === undefined) return
    if (structure === END) {
      this.cut = true
      this.#owner.ended()
    } else this.#owner.arrived(structure)
  }

  /** The link breaks: the broker still gets a part of what was sent, and hears of it later. */
  break(random: Random): void {
    this.cut = true
    this.#toClient.length = 0
    if (this.#over) return
    this.#toBroker.length = random(this.#toBroker.length + 1)
    this.#toBroker.push(END)
  }

  /** The broker is gone. */
  drop(): void {
    this.cut = true
    this.#over = true
    this.#toBroker.length = 0
    this.#toClient.length = 0
  }
}
