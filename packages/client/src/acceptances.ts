import type { JMSError } from './errors.ts'

/** The promise of a one-way send. */
interface Acceptance {
  readonly promise: Promise<void>
  /** null: it was taken. */
  settle(error: JMSError | null): void
}

/** One-way sends that wait until the transport has room again. None of their promises goes unhandled. */
export class Acceptances {
  /** Of all that wait for nothing else. */
  #drained: Acceptance | null = null
  /** Of those that wait for a link and may fail by themselves, by command id. */
  readonly #byCommand = new Map<number, Acceptance>()

  whenDrained(): Promise<void> {
    this.#drained ??= newAcceptance()
    return this.#drained.promise
  }

  whenLinked(commandId: number): Promise<void> {
    const acceptance = newAcceptance()
    this.#byCommand.set(commandId, acceptance)
    return acceptance.promise
  }

  /** There is room; or `error`: there will not be. */
  settle(error: JMSError | null): void {
    const waiting = this.#drained
    this.#drained = null
    waiting?.settle(error)
    for (const acceptance of this.#byCommand.values()) acceptance.settle(error)
    this.#byCommand.clear()
  }

  /** False: it is none of these. */
  refused(commandId: number, error: JMSError): boolean {
    this.#byCommand.get(commandId)?.settle(error)
    return this.#byCommand.delete(commandId)
  }
}

function newAcceptance(): Acceptance {
  let settle: Acceptance['settle'] = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error === null) resolve()
      else reject(error)
    }
  })
  // Nobody has to look at it.
  promise.catch(() => {})
  return { promise, settle }
}
