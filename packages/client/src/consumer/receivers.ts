import type { Clock } from '@millrace/base'
import { AbortError, type JMSError, localError } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryBuffer } from './delivery-buffer.ts'

/** How long `receive` waits; null is for ever, 0 not at all. */
export type WaitMs = number | null

/** Gets what is handed over without being acknowledged: an iteration does that. */
export type Held = (delivery: Delivery) => void

/** A `receive` that waits. */
export interface Receiver {
  resolve(message: Message | null): void
  reject(error: JMSError): void
  /** Monotonic ms; null: for ever. */
  readonly deadline: number | null
  readonly held: Held | null
  /** Ends the watch of time and signal. */
  end(): void
}

/** Asks the broker for one message, `MessagePull`. Throws when it cannot be said. */
export interface PullPort {
  pull(timeoutMs: number): void
  /** It could not, and nobody waits who could be told. */
  cannotPull(error: JMSError): void
}

/** `MessagePull.timeout`. */
const PULL_FOREVER = 0
const PULL_NOW = -1

/** Those who wait in `receive`, the first before all, and what the broker is asked for in their name where it sends nothing ahead. */
export class Receivers {
  readonly #clock: Clock
  readonly #buffer: DeliveryBuffer
  readonly #port: PullPort
  readonly #all: Receiver[] = []
  /** A MessagePull has no answer yet. */
  #pulling = false

  constructor(clock: Clock, buffer: DeliveryBuffer, port: PullPort) {
    this.#clock = clock
    this.#buffer = buffer
    this.#port = port
  }

  get length(): number {
    return this.#all.length
  }

  get first(): Receiver | null {
    return this.#all[0] ?? null
  }

  get pulling(): boolean {
    return this.#pulling
  }

  /**
   * Waits as the last. `pulls`: in its name the broker is asked. `byBroker`: the broker's word ends the wait in time, which needs
   * no clock here.
   */
  wait(
    waitMs: WaitMs,
    signal: AbortSignal | undefined,
    held: Held | null,
    pulls: boolean,
    byBroker: boolean,
  ): Promise<Message | null> {
    return new Promise((resolve, reject) => {
      const cancel = waitMs === null || byBroker ? null : this.#clock.after(waitMs, () => expire())
      const abort = (): void => {
        leave()
        reject(new AbortError('receive was aborted', { cause: signal?.reason }))
      }
      const receiver: Receiver = {
        resolve,
        reject,
        deadline: waitMs === null ? null : this.#clock.monotonic() + waitMs,
        held,
        end: () => {
          cancel?.()
          signal?.removeEventListener('abort', abort)
        },
      }
      const leave = (): void => {
        receiver.end()
        const at = this.#all.indexOf(receiver)
        if (at >= 0) this.#all.splice(at, 1)
      }
      const expire = (): void => {
        if (pulls && this.#pulling) return
        leave()
        resolve(null)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#all.push(receiver)
      if (pulls) this.pull(receiver)
    })
  }

  /** The first one; it waits no longer. */
  shift(): Receiver | null {
    const receiver = this.#all.shift() ?? null
    receiver?.end()
    return receiver
  }

  /** Asks the broker, in the name of this one; null: as long as it takes. */
  pull(receiver: Receiver | null): void {
    if (this.#pulling || this.#buffer.length > 0) return
    const deadline = receiver?.deadline ?? null
    const leftMs = deadline === null ? PULL_FOREVER : Math.ceil(deadline - this.#clock.monotonic())
    this.#pulling = true
    try {
      this.#port.pull(deadline === null || leftMs > 0 ? leftMs : PULL_NOW)
    } catch (error) {
      // OpenWire 1 has no MessagePull, and a fail-over may have led to it.
      this.#pulling = false
      const reason = localError(error)
      if (this.endAll(reason) === 0) this.#port.cannotPull(reason)
    }
  }

  /** Something came. */
  answered(): void {
    this.#pulling = false
  }

  /** The broker had nothing in time. */
  nothingCame(): void {
    this.#pulling = false
    if ((this.first?.deadline ?? null) !== null) this.shift()?.resolve(null)
  }

  /** The link broke: the broker's word would have ended those whose time is over. */
  interrupted(): void {
    this.#pulling = false
    const now = this.#clock.monotonic()
    for (const receiver of this.#all.splice(0)) {
      if (receiver.deadline === null || receiver.deadline > now) this.#all.push(receiver)
      else {
        receiver.end()
        receiver.resolve(null)
      }
    }
  }

  /** Nothing comes any more: an error, or the end. Says how many waited. */
  endAll(error: JMSError | null): number {
    const all = this.#all.splice(0)
    for (const receiver of all) {
      receiver.end()
      if (error === null) receiver.resolve(null)
      else receiver.reject(error)
    }
    return all.length
  }
}
