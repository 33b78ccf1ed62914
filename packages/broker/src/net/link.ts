/** What a link tells the connection that uses it. */
export interface LinkOwner {
  /** The peer has said who it is, as far as its protocol wants that. */
  readonly introduced: boolean
  received(chunk: Buffer): void
  /** The chunk for which `send` said false has been taken now. */
  taken(): void
  /** Nothing comes and nothing goes any more. Called once, last. */
  gone(reason: Error | null): void
}

/** Carries the bytes of one peer: a socket, or the other half of this process. */
export interface Link {
  /** From now on the owner is told. Called once, first. */
  open(owner: LinkOwner): void
  /** True: the chunk is gone and its memory may be used again. False: it is still needed until `taken`. One at a time. */
  send(chunk: Buffer): boolean
  /** Stops handing over what comes in, or goes on. */
  pause(): void
  resume(): void
  /** Closes after what was sent. */
  end(): void
  /** Closes at once. */
  destroy(): void
  /** For links that have something to do from time to time. `nowMs` is monotonic. */
  tick?(nowMs: number): void
}
