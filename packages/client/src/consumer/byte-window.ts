import type { OpenWireMessage } from '@millrace/openwire'

/** Until the first messages have shown how big they are. */
const START = 16
/** A message takes so much beside its body and properties. */
const OVERHEAD_BYTES = 256
/** How fast the estimate follows messages that are smaller. */
const DECAY = 16
/** The window is changed when it is too large by this share, or could be larger by the other. */
const SHRINK = 0.75
const GROW = 1.5

/**
 * Turns a limit in bytes into a prefetch in messages, which is what the broker understands: as many of the size of late
 * that fit. The estimate jumps up with a large message and comes down slowly, so that the limit is overshot by what was
 * already on its way at most.
 */
export class ByteWindow {
  readonly #bytesMax: number
  readonly #messagesMax: number
  #estimate = 0
  /** Messages; what the broker was told last. */
  size: number

  constructor(bytesMax: number, messagesMax: number) {
    this.#bytesMax = bytesMax
    this.#messagesMax = messagesMax
    this.size = Math.min(START, messagesMax)
  }

  /** Takes the size of one more message. True: `size` has changed, and the broker should know. */
  arrived(wire: OpenWireMessage): boolean {
    const bytes = OVERHEAD_BYTES + (wire.content?.length ?? 0) + (wire.marshalledProperties?.length ?? 0)
    if (bytes >= this.#estimate) this.#estimate = bytes
    else this.#estimate -= (this.#estimate - bytes) / DECAY
    const wanted = Math.min(this.#messagesMax, Math.max(1, Math.floor(this.#bytesMax / this.#estimate)))
    if (wanted > this.size * SHRINK && wanted < this.size * GROW) return false
    if (wanted === this.size) return false
    this.size = wanted
    return true
  }
}
