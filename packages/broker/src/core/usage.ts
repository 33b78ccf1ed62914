import { assert, MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Store } from '../store/store.ts'
import type { Limits } from './limits.ts'
import { IndexRoom } from './search/header-index.ts'

/** Above this part of the memory limit, stored messages are hardly kept in memory any more. */
const WINDOW_SHARE = 0.7

/** Above this part, none of those that nobody consumes for now. */
const UNCONSUMED_SHARE = 0.0625

/**
 * What the broker holds, and whether there is space for one more. A message is charged once, however many entries hold
 * it. Only sends are ever held back: acknowledgements, commits of acknowledgements and dispatch make space.
 */
export class Usage {
  memoryBytes = 0
  /** Persistent messages that the store has and has not confirmed. */
  storingBytes = 0
  /** Sends of transactions whose outcome is not known; they are part of `memoryBytes` too. */
  uncommittedBytes = 0
  readonly indexRoom: IndexRoom
  readonly #limits: Limits
  readonly #store: Store
  readonly #released: () => void

  /** `released`: called whenever there may be space again. */
  constructor(limits: Limits, store: Store, released: () => void) {
    this.indexRoom = new IndexRoom(limits.indexBytesMax)
    this.#limits = limits
    this.#store = store
    this.#released = released
  }

  hold(message: Message): void {
    message.holders++
    if (message.holders === 1) this.memoryBytes += message.sizeBytes
  }

  release(message: Message): void {
    assert(message.holders > 0, 'a message is released that nobody holds', message.producerId)
    message.holders--
    if (message.holders > 0) return
    const { sizeBytes, charge } = message
    this.memoryBytes -= sizeBytes
    if (charge !== null) {
      charge.bytes -= sizeBytes
      message.charge = null
    }
    assert(this.memoryBytes >= 0, 'more memory was released than held')
    this.#released()
  }

  storing(bytes: number): void {
    this.storingBytes += bytes
  }

  stored(bytes: number): void {
    this.storingBytes -= bytes
    assert(this.storingBytes >= 0, 'more was stored than handed over')
    this.#released()
  }

  get memoryFull(): boolean {
    return this.memoryBytes >= this.#limits.memoryBytesMax
  }

  /** Stored messages should not stay in memory as well. */
  get memoryScarce(): boolean {
    return this.memoryBytes >= WINDOW_SHARE * this.#limits.memoryBytesMax
  }

  /** Stored messages of queues without consumers should not stay in memory. */
  get memoryBusy(): boolean {
    return this.memoryBytes >= UNCONSUMED_SHARE * this.#limits.memoryBytesMax
  }

  /** Whether a send has to wait. `inMemory`: it will stay there until consumed; `inStore`: it will be stored. */
  full(inMemory: boolean, inStore: boolean): boolean {
    if (inMemory && this.memoryFull) return true
    if (!inStore) return false
    return this.storingBytes >= this.#limits.storingBytesMax || this.#store.usage.full
  }

  /** Whether a message that is not persistent can go to the store to be out of memory: that has a limit of its own. */
  get spillFull(): boolean {
    const { storingBytesMax, spilledBytesMax } = this.#limits
    const { usage } = this.#store
    if (this.storingBytes >= storingBytesMax || usage.noRoom) return true
    return usage.spilledBytes >= Math.min(spilledBytesMax, usage.spilledBytesMax)
  }

  /** What is full, for the one who cannot wait. */
  fullError(inMemory: boolean): MillraceError {
    if (inMemory && this.memoryFull) {
      return new MillraceError(
        'MEMORY_FULL',
        `messages in memory take ${this.memoryBytes} bytes of ${this.#limits.memoryBytesMax}`,
      )
    }
    const { bytes, bytesMax } = this.#store.usage
    return new MillraceError('STORE_FULL', `the store takes ${bytes} bytes of ${bytesMax}`)
  }
}
