/** What a look at the clock has shown. */
export const Pulse = { Fine: 0, Speak: 1, Silent: 2 } as const
export type Pulse = (typeof Pulse)[keyof typeof Pulse]

/**
 * Watches a link for silence, as both sides agreed. Two looks in a row, `silenceMsMax` apart, between which nothing came
 * end it; three times as often we make sure that the peer hears something.
 */
export class KeepAlive {
  readonly #readPeriodMs: number
  readonly #writePeriodMs: number
  #readAt: number
  #writeAt: number
  #heard = true
  #said = true

  /** `silenceMsMax` 0: nobody watches. `nowMs` is monotonic. */
  constructor(silenceMsMax: number, delayMs: number, nowMs: number) {
    this.#readPeriodMs = silenceMsMax
    this.#writePeriodMs = silenceMsMax > 3 ? Math.floor(silenceMsMax / 3) : silenceMsMax
    this.#readAt = nowMs + delayMs
    this.#writeAt = nowMs + delayMs
  }

  /** Silence was agreed to be an end. */
  get watches(): boolean {
    return this.#readPeriodMs > 0
  }

  heard(): void {
    this.#heard = true
  }

  said(): void {
    this.#said = true
  }

  look(nowMs: number): Pulse {
    if (this.#readPeriodMs === 0) return Pulse.Fine
    if (nowMs >= this.#readAt) {
      if (!this.#heard) return Pulse.Silent
      this.#heard = false
      this.#readAt = nowMs + this.#readPeriodMs
    }
    if (nowMs < this.#writeAt) return Pulse.Fine
    const speak = !this.#said
    this.#said = false
    this.#writeAt = nowMs + this.#writePeriodMs
    return speak ? Pulse.Speak : Pulse.Fine
  }
}
