import { assert } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Queue } from './queue.ts'

/** Stored messages kept in memory however scarce it is, so that every queue can go on. */
const SCARCE_COUNT_MAX = 16
const SCARCE_BYTES_MAX = 65_536

/** Messages asked for when nothing is known about their size. */
const FIRST_PAGE_COUNT = 64

/** How many stored messages of a queue are ready in memory, and how many may be. */
export class Window {
  count = 0
  bytes = 0
  readonly #queue: Queue
  /** A running average of what was read. */
  #messageBytes = 0

  constructor(queue: Queue) {
    this.#queue = queue
  }

  /** A stored message was linked. */
  enters(message: Message): void {
    this.count++
    this.bytes += message.sizeBytes
  }

  leaves(message: Message): void {
    this.count--
    this.bytes -= message.sizeBytes
    assert(this.count >= 0, 'more left the window than entered it')
  }

  /** One was read. */
  learn(sizeBytes: number): void {
    this.#messageBytes = this.#messageBytes === 0 ? sizeBytes : (this.#messageBytes * 7 + sizeBytes) / 8
  }

  get low(): boolean {
    const { limits } = this.#queue.broker
    if (this.#queue.policy.lazyDispatch && this.count >= this.#queue.dispatcher.credit) return false
    if (this.#scarce) return this.count < SCARCE_COUNT_MAX >> 1 && this.bytes < SCARCE_BYTES_MAX
    return this.count <= limits.windowCountMax >> 1 && this.bytes <= limits.windowBytesMax >> 1
  }

  get full(): boolean {
    const { limits, usage } = this.#queue.broker
    // Ten thousand queues that nobody consumes from do not keep a little of each in memory.
    if (usage.memoryBusy && this.#queue.dispatcher.attachments.length === 0) return true
    if (this.#scarce && this.count >= SCARCE_COUNT_MAX) return true
    if (this.#scarce && this.bytes >= SCARCE_BYTES_MAX) return true
    return this.count >= limits.windowCountMax || this.bytes >= limits.windowBytesMax
  }

  /** Messages to ask for when it is low. */
  get pageCount(): number {
    const { limits } = this.#queue.broker
    let countMax = this.#scarce ? SCARCE_COUNT_MAX : limits.windowCountMax >> 1
    if (this.#queue.policy.lazyDispatch) {
      countMax = Math.max(1, Math.min(countMax, this.#queue.dispatcher.credit - this.count))
    }
    if (this.#messageBytes === 0) return Math.min(countMax, FIRST_PAGE_COUNT)
    const bytesMax = this.#scarce ? SCARCE_BYTES_MAX : limits.windowBytesMax >> 1
    return Math.max(1, Math.min(countMax, Math.floor(bytesMax / this.#messageBytes)))
  }

  get #scarce(): boolean {
    const { allowance, broker } = this.#queue
    return broker.usage.memoryScarce || (allowance !== null && allowance.scarce)
  }
}
