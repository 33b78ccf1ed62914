import type { Task, Turn } from '@millrace/base'
import type { Message } from '../message/message.ts'
import type { Stored } from '../store/store.ts'
import type { CatalogQueue } from './catalog.ts'

/** A message that is to be written, unless it is removed before. */
export interface LateAdd {
  readonly queue: CatalogQueue
  readonly message: Message
  readonly key: number
  readonly waiter: Stored | null
}

export interface LateAddsPort {
  /** A batch is being written, so that what is put off until it is safe loses no time. */
  readonly writing: boolean
  write(add: LateAdd): void
}

/**
 * Messages that are written as late as costs nothing: when the log is free for the next batch, or at the end of the turn
 * if it is free already, or before anything that must not overtake them. One that is removed until then is never written.
 */
export class LateAdds implements Task {
  queued = false
  readonly #turn: Turn
  readonly #port: LateAddsPort
  /** By their keys, in the order in which they came. */
  readonly #adds = new Map<number, LateAdd>()

  constructor(turn: Turn, port: LateAddsPort) {
    this.#turn = turn
    this.#port = port
  }

  get any(): boolean {
    return this.#adds.size > 0
  }

  countOf(queue: CatalogQueue): number {
    let count = 0
    for (const add of this.#adds.values()) if (add.queue === queue) count++
    return count
  }

  put(add: LateAdd): void {
    this.#adds.set(add.key, add)
    // Behind the work of this turn, which may be what removes it.
    this.#turn.output(this)
  }

  /** It is not to be written after all. Null: it is not here (any more). */
  take(queue: CatalogQueue, key: number): LateAdd | null {
    const add = this.#adds.get(key)
    if (add === undefined || add.queue !== queue) return null
    this.#adds.delete(key)
    return add
  }

  /** All are written now, ahead of what comes next. */
  write(): void {
    if (this.#adds.size === 0) return
    const adds = [...this.#adds.values()]
    this.#adds.clear()
    for (const add of adds) this.#port.write(add)
  }

  run(): void {
    if (!this.#port.writing) this.write()
  }
}
