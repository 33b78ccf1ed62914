/** What a connection, or a user, may send per second. What it did not use it may catch up on for one second. */
export class Rate {
  readonly #messagesMax: number
  readonly #bytesMax: number
  /** Of the user, whose other connections count there too; null = only this one counts. */
  readonly #shared: Rate | null
  #messages: number
  #bytes: number
  #lastMs: number

  constructor(messagesMax: number, bytesMax: number, nowMs: number, shared: Rate | null) {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
    this.#shared = shared
    this.#messages = messagesMax
    this.#bytes = bytesMax
    this.#lastMs = nowMs
  }

  /** 0 = any number. Null: nothing is counted. */
  static of(messagesMax: number, bytesMax: number, nowMs: number, shared: Rate | null): Rate | null {
    if (messagesMax === 0 && bytesMax === 0) return shared
    return new Rate(
      messagesMax === 0 ? Number.POSITIVE_INFINITY : messagesMax,
      bytesMax === 0 ? Number.POSITIVE_INFINITY : bytesMax,
      nowMs,
      shared,
    )
  }

  /** A message may overdraw the bytes, so that one of any size gets through; a transaction may overdraw both. */
  allows(nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#messages < 1 || this.#bytes <= 0) return false
    return this.#shared === null || this.#shared.allows(nowMs)
  }

  take(bytes: number): void {
    this.#messages--
    this.#bytes -= bytes
    this.#shared?.take(bytes)
  }

  #refill(nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1_000
    if (seconds <= 0) return
    this.#lastMs = nowMs
    this.#messages = Math.min(this.#messagesMax, this.#messages + seconds * this.#messagesMax)
    this.#bytes = Math.min(this.#bytesMax, this.#bytes + seconds * this.#bytesMax)
  }
}
