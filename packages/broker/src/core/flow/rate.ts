import type { Limits } from '../limits.ts'

/** What a connection may send per second. What it did not use it may catch up on for one second. */
export class Rate {
  readonly #messagesMax: number
  readonly #bytesMax: number
  #messages: number
  #bytes: number
  #lastMs: number

  constructor(messagesMax: number, bytesMax: number, nowMs: number) {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
    this.#messages = messagesMax
    this.#bytes = bytesMax
    this.#lastMs = nowMs
  }

  /** Null: nothing is counted. */
  static of(limits: Limits, nowMs: number): Rate | null {
    const { connectionMessagesPerSecondMax: messages, connectionBytesPerSecondMax: bytes } = limits
    if (messages === 0 && bytes === 0) return null
    return new Rate(
      messages === 0 ? Number.POSITIVE_INFINITY : messages,
      bytes === 0 ? Number.POSITIVE_INFINITY : bytes,
      nowMs,
    )
  }

  /** A message may overdraw the bytes, so that one of any size gets through. */
  allows(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#messages >= 1 && this.#bytes > 0
  }

  take(bytes: number): void {
    this.#messages--
    this.#bytes -= bytes
  }

  #refill(nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1_000
    if (seconds <= 0) return
    this.#lastMs = nowMs
    this.#messages = Math.min(this.#messagesMax, this.#messages + seconds * this.#messagesMax)
    this.#bytes = Math.min(this.#bytesMax, this.#bytes + seconds * this.#bytesMax)
  }
}
