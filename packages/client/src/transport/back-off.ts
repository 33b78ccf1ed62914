import type { FailoverSettings } from '../failover-options.ts'

/** How long to wait before each pass over the list: `initialReconnectDelay` first, then ever longer. */
export class BackOff {
  readonly #settings: FailoverSettings
  #first = true
  #nextMs: number

  constructor(settings: FailoverSettings) {
    this.#settings = settings
    this.#nextMs = settings.reconnectDelay
  }

  next(): number {
    const { initialReconnectDelay, maxReconnectDelay, useExponentialBackOff, reconnectDelayExponent } = this.#settings
    if (this.#first) {
      this.#first = false
      return initialReconnectDelay
    }
    const delayMs = Math.min(this.#nextMs, maxReconnectDelay)
    if (useExponentialBackOff) this.#nextMs = Math.min(this.#nextMs * reconnectDelayExponent, maxReconnectDelay)
    return delayMs
  }

  /** The first pass at the start of a connection waits for nothing. */
  skipFirst(): void {
    this.#first = false
  }

  /** A link is there. */
  reset(): void {
    this.#first = true
    this.#nextMs = this.#settings.reconnectDelay
  }
}
