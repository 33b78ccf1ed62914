/** A stream of bytes in both directions: a socket, or another part of this process. */
export interface Link {
  /** The chunk is not written to again before `reusable`. */
  write(chunk: Buffer): void
  /** Bytes that the system has not taken yet. */
  readonly waiting: number
  /** All chunks written so far have been used and may be overwritten. */
  readonly reusable: boolean
  /** Writes what waits, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
  setNoDelay(on: boolean): void
  ref(): void
  unref(): void
}

export interface LinkListener {
  /** The chunk is the listener's own. */
  received(chunk: Buffer): void
  /** Nothing waits any more. */
  drained(): void
  /** Called once, last. null: the other side closed it. */
  closed(error: Error | null): void
}

/** Opens a link. Whoever gives up waiting fires the signal. */
export type OpenLink = (listener: LinkListener, signal: AbortSignal) => Promise<Link>
