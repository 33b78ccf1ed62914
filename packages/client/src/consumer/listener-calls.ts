import { localError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import type { Session } from '../session.ts'
import type { MessageEvent } from '../telemetry/telemetry.ts'
import type { Delivery } from './delivery.ts'

/** Called for each message; see `MessageConsumer.setMessageListener`. The signal fires when the consumer closes. */
export type MessageListener = (message: Message, signal: AbortSignal) => void | Promise<void>

/** What becomes of a message that a listener had. */
export interface ListenerOutcome {
  finished(delivery: Delivery): void
  threw(delivery: Delivery, error: unknown): void
}

/** The calls of a consumer's listener that are under way. */
export class ListenerCalls {
  readonly #session: Session
  /** Calls that may be under way at once. */
  readonly #concurrency: number
  readonly #outcome: ListenerOutcome
  #abort: AbortController | null = null
  #running = 0
  #idle: (() => void)[] = []

  constructor(session: Session, concurrency: number, outcome: ListenerOutcome) {
    this.#session = session
    this.#concurrency = concurrency
    this.#outcome = outcome
  }

  /** Whether one more may begin, with so many running in the session. */
  mayRun(runningInSession: number): boolean {
    return this.#concurrency > 1 ? this.#running < this.#concurrency : runningInSession === 0
  }

  begin(listener: MessageListener, delivery: Delivery, message: Message, event: () => MessageEvent): void {
    delivery.running = true
    this.#abort ??= new AbortController()
    const { signal } = this.#abort
    const { connection } = this.#session
    let result: void | Promise<void>
    try {
      const { telemetry } = connection.settings
      result =
        telemetry?.process === undefined
          ? this.#session.inside(() => listener(message, signal))
          : this.#session.inside(() => telemetry.process?.(event(), () => listener(message, signal)))
    } catch (error) {
      this.#outcome.threw(delivery, error)
      return
    }
    if (!isThenable(result)) {
      this.#outcome.finished(delivery)
      return
    }
    this.#running++
    this.#session.listenerPending()
    Promise.resolve(result)
      .then(
        () => this.#outcome.finished(delivery),
        (error: unknown) => this.#outcome.threw(delivery, error),
      )
      .catch((error: unknown) => connection.reportInternal(localError(error)))
      // Whatever went wrong with its acknowledgement: others wait for its end.
      .then(() => this.#returned())
      .catch((error: unknown) => connection.reportInternal(localError(error)))
  }

  /** Some are under way. */
  get running(): boolean {
    return this.#running > 0
  }

  /** Their signals fire. */
  abort(reason: Error): void {
    this.#abort?.abort(reason)
  }

  /** Fulfilled when none is under way any more. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve)
    })
  }

  #returned(): void {
    this.#running--
    if (this.#running === 0) {
      const waiting = this.#idle
      this.#idle = []
      for (const resolve of waiting) resolve()
    }
    this.#session.listenerDone()
  }
}

function isThenable(value: unknown): value is PromiseLike<void> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
