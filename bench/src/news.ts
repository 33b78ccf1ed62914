/** What a load client waits for: something came, or it failed. One waits at a time. */
export class News {
  #failure: Error | null = null
  #change: (() => void) | null = null

  /** The first failure is the one that everybody is told of. */
  fail(error: Error): void {
    this.#failure ??= error
    this.wake()
  }

  /** Something may have changed for who waits. */
  wake(): void {
    const change = this.#change
    this.#change = null
    change?.()
  }

  /** Throws what has failed. */
  check(): void {
    if (this.#failure !== null) throw this.#failure
  }

  async next(): Promise<void> {
    this.check()
    await new Promise<void>((resolve) => {
      this.#change = resolve
    })
    this.check()
  }
}
