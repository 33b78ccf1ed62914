import type { Connection } from '../connection.ts'
import type { Session } from '../session.ts'
import { XAResource } from './xa-resource.ts'

/** A session whose transactions are branches of global ones (JMS XASession). */
export interface XASession extends AsyncDisposable {
  /**
   * For producers and consumers. Nothing is delivered, and nothing can be sent, but between `start` and `end` of a branch;
   * `commit()` and `rollback()` throw TransactionInProgressError.
   */
  readonly session: Session
  /** For the coordinator. */
  readonly resource: XAResource
  /** A branch that was not ended is rolled back; ended and prepared ones are left to the coordinator. */
  close(): Promise<void>
}

/**
 * A session whose transactions a coordinator drives, by way of its `xaResource`. Rejects as
 * `connection.createSession`.
 */
export async function createXASession(connection: Connection): Promise<XASession> {
  const session = await connection.createSession({ transacted: true })
  session.transactions.external = true
  return {
    session,
    resource: new XAResource(session),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  }
}
