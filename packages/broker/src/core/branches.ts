import { MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Xid } from '../message/xid.ts'
import { type Transaction, TransactionState } from './transaction.ts'

/** A prepared branch of a distributed transaction whose outcome nobody has said. */
export interface InDoubt {
  /** `XID:<format>:<global id, hex>:<branch, hex>` */
  readonly id: string
  readonly xid: Xid
  /** Wall clock, ms, at which it was prepared; 0: before the broker started. */
  readonly preparedMs: number
  /** Messages that will be there when it is committed. */
  readonly sends: number
  /** Messages that will be gone when it is committed, and are held until then. */
  readonly acknowledgements: number
  /** Where those are. */
  readonly destinations: readonly Destination[]
}

/** The branches of distributed transactions that are known here, whatever connection works on them. */
export class Branches {
  /** By the text of their xid. */
  readonly all: Map<string, Transaction> = new Map()

  /** Those that are prepared: what a coordinator asks for when it recovers. */
  prepared(): Transaction[] {
    return [...this.all.values()].filter(({ state }) => state === TransactionState.Prepared)
  }

  // ---- for operators

  inDoubt(): InDoubt[] {
    return this.prepared().map((transaction) => transaction.inDoubt())
  }

  /**
   * Commits a prepared branch in the place of its coordinator, which is then told that the branch is not known. For when
   * the coordinator will never come back. Rejects with TRANSACTION_UNKNOWN, or with what the store says; then it may be
   * tried again.
   */
  commit(id: string): Promise<void> {
    return this.#end(id, true)
  }

  /** The same with a rollback. */
  rollback(id: string): Promise<void> {
    return this.#end(id, false)
  }

  #end(id: string, committed: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.all.get(id)
      if (transaction?.state !== TransactionState.Prepared) {
        throw new MillraceError('TRANSACTION_UNKNOWN', `no prepared branch has the id ${id}`)
      }
      transaction.broker.log.warn({ branch: id, committed }, 'an operator ends a branch that was in doubt')
      const reply = { done: (error: MillraceError | null) => (error === null ? resolve() : reject(error)) }
      if (committed) transaction.commit(reply)
      else transaction.rollback(reply)
    })
  }
}
