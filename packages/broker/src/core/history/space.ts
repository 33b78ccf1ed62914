import type { Message } from '../../message/message.ts'
import type { Usage } from '../usage.ts'

/** What the histories of all topics may keep together. It is part of the memory that messages take. */
export class HistorySpace {
  bytes = 0
  readonly #usage: Usage
  readonly #bytesMax: number

  constructor(usage: Usage, bytesMax: number) {
    this.#usage = usage
    this.#bytesMax = bytesMax
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
