import type { OpenWireMessage } from '@millrace/openwire'

/** What a message weighs beside its body and properties. */
const OVERHEAD_BYTES = 1024

export function sizeOf(message: OpenWireMessage): number {
  return OVERHEAD_BYTES + (message.marshalledProperties?.length ?? 0) + (message.content?.length ?? 0)
}

/**
 * One-way sends outside transactions of which the broker has shown no sign yet. It handles the commands of a connection
 * in order, so an answer to any later command says that they have got there. With `bytesMax` above 0 they are kept, for
 * replay; the oldest are let go when it becomes too much.
 */
export class OneWaySends {
  readonly #bytesMax: number
  #bytes = 0
  readonly #kept: OpenWireMessage[] = []
  /** Sent, not kept, and without a sign. */
  #unsure = 0
  /** Command id of the last one that is not kept. */
  #unsureLast = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  sent(message: OpenWireMessage): void {
    if (this.#bytesMax <= 0) {
      this.#letGo(message)
      return
    }
    this.#kept.push(message)
    this.#bytes += sizeOf(message)
    let gone = 0
    for (; this.#bytes > this.#bytesMax && gone < this.#kept.length; gone++) {
      const oldest = this.#kept[gone] as OpenWireMessage
      this.#bytes -= sizeOf(oldest)
      this.#letGo(oldest)
    }
    // Half at once would be cheaper still, but would give up more than has to be.
    if (gone > 0) this.#kept.splice(0, gone)
  }

  /** The command with this id was answered. */
  handled(commandId: number): void {
    if (this.#unsure > 0 && commandId > this.#unsureLast) this.#unsure = 0
    if (this.#kept.length === 0) return
    let handled = 0
    for (; handled < this.#kept.length; handled++) {
      const message = this.#kept[handled] as OpenWireMessage
      if (message.commandId > commandId) break
      this.#bytes -= sizeOf(message)
    }
    if (handled > 0) this.#kept.splice(0, handled)
  }

  /** What a new link is told again. */
  kept(): readonly OpenWireMessage[] {
    return this.#kept
  }

  /** The link broke: how many may be lost. They are forgotten. */
  takeUnsure(): number {
    const count = this.#unsure
    this.#unsure = 0
    return count
  }

  #letGo(message: OpenWireMessage): void {
    this.#unsure++
    this.#unsureLast = message.commandId
  }
}
