import type { MillraceError } from '@millrace/base'
import type { Entry } from './entry.ts'

/** What a request is owed. Completed exactly once, within the call or in a later turn; never dropped. */
export interface Reply {
  /** `null`: done, and as safe as it was asked to be. */
  done(error: MillraceError | null): void
  /**
   * True: nobody waits for success, so it may be reported before it is safe. An acknowledgement with such a reply costs
   * no sync of its own; a send is as safe as ever, only that nobody stands still for it.
   */
  readonly errorsOnly?: boolean
}

export interface PrepareReply extends Reply {
  /** The vote. Then `done` is not called. */
  prepared(result: 'ok' | 'read-only'): void
}

/** What the core says to the owner of a connection. */
export interface ConnectionPort {
  /** Once after each `send` that returned false (which happens once until then): read on. */
  resume(): void
  /** The broker ends the connection; it is removed already. */
  closed(error: MillraceError): void
}

/** What the core says to the owner of a consumer; one object per consumer. */
export interface Consumer {
  /** Encodes the message into the consumer's output. `entry` is the core's: what is needed later is copied. */
  deliver(entry: Entry): void
  /** A browser has seen everything, or a pull found nothing. */
  exhausted(): void
  prefetchChanged(prefetch: number): void
  /** The broker ends the consumer; it is removed already. */
  closed(error: MillraceError): void
}
