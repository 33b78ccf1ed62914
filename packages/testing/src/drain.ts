import type { QueueView } from './queue-view.ts'

/** What `drained` waited for did not come in time. */
export class DrainTimeoutError extends Error {
  override readonly name = 'DrainTimeoutError'
  /** The queues that still have messages. */
  readonly left: readonly QueueView[]

  constructor(timeoutMs: number, left: readonly QueueView[]) {
    const queues = left.map(({ name, count, outstanding, consumers }) => {
      return `${name} has ${count} (${outstanding} with its ${consumers} consumers)`
    })
    super(`not drained within ${timeoutMs} ms: ${queues.join(', ')}`)
    this.left = left
  }
}

/** Calls that wait for the next time that a queue has become empty. */
export class Emptied {
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []

  /** Rejects with the error of `fail`. */
  next(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  tell(): void {
    if (this.#waiting.length === 0) return
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
