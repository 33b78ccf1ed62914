import type { Message } from '../../message/message.ts'
import type { Limits } from '../limits.ts'
import type { Usage } from '../usage.ts'

/** History that took more than this part of the memory would keep sends waiting for ever. */
const MEMORY_SHARE = 0.25

/** What the histories of all topics may keep together. It is part of the memory that messages take. */
export class HistorySpace {
  bytes = 0
  readonly #usage: Usage
  readonly #bytesMax: number

  constructor(usage: Usage, limits: Limits) {
    this.#usage = usage
    this.#bytesMax = Math.min(limits.historyBytesMax, limits.memoryBytesMax * MEMORY_SHARE)
  }

  has(bytes: number): boolean {
    return this.bytes + bytes <= this.#bytesMax
  }

  take(message: Message): void {
    message.own()
    this.bytes += message.sizeBytes
    this.#usage.hold(message)
  }

  give(message: Message): void {
    this.bytes -= message.sizeBytes
    this.#usage.release(message)
  }
}
