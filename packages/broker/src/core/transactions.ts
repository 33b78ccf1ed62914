import { MillraceError } from '@millrace/base'
import type { Xid } from '../message/xid.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { checkCount } from './count-limit.ts'
import { expected } from './expected.ts'
import { ParkedCall, ParkedCommit } from './parked.ts'
import type { PrepareReply, Reply } from './ports.ts'
import { Transaction, TransactionState } from './transaction.ts'

/** What connections ask of transactions: they are found by their ids, local ones of the connection and branches of all. */
export class Transactions {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  begin(connection: Connection, transactionId: string, xid: Xid | null): void {
    const broker = this.#broker
    broker.checkConnection(connection)
    if (this.#find(connection, transactionId) !== undefined) return
    checkCount(connection.transactions.size, broker.limits.transactionsPerConnectionMax, 'open transactions')
    const transaction = new Transaction(broker, connection, transactionId, xid)
    if (xid === null) connection.transactions.set(transactionId, transaction)
    else broker.branches.all.set(transactionId, transaction)
  }

  prepare(connection: Connection, transactionId: string, reply: PrepareReply): void {
    let transaction: Transaction
    try {
      transaction = this.active(connection, transactionId)
      if (transaction.xid === null) {
        throw new MillraceError('TRANSACTION_INVALID', `${transactionId} is local and cannot be prepared`)
      }
    } catch (error) {
      reply.done(expected(error))
      return
    }
    if (transaction.transforming > 0 && connection.parked.length === 0) {
      const text = `sends of transaction ${transactionId} over another connection are still being transformed`
      reply.done(new MillraceError('TRANSACTION_INVALID', text))
      return
    }
    // It must not overtake what its producers sent before: the last sequence would say that that came, too.
    if (connection.parked.length > 0 && (transaction.persistent || transaction.transforming > 0)) {
      transaction.parked = true
      const prepare = (): void => {
        transaction.parked = false
        transaction.prepare(reply)
      }
      this.#broker.parking.park(new ParkedCall(connection, prepare, (error) => reply.done(error)))
      return
    }
    transaction.prepare(reply)
  }

  commit(connection: Connection, transactionId: string, reply: Reply, twoPhase: boolean): void {
    let transaction: Transaction
    try {
      transaction = this.#endable(connection, transactionId)
      if (twoPhase && transaction.state === TransactionState.Active) {
        throw new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is not prepared`)
      }
    } catch (error) {
      reply.done(expected(error))
      return
    }
    if (transaction.state === TransactionState.Active) {
      const full = this.#broker.usage.full(false, true)
      const lacking = (full || connection.parked.length > 0) && transaction.persistent
      // What was sent in memory only may not overtake what an earlier transaction sent likewise.
      const behind = connection.parkedCommits > 0 && transaction.sends > 0
      // It may have overdrawn what may be sent per second; the commit has its turn when that is made up for.
      const { rate } = connection
      const early = rate !== null && transaction.sends > 0 && !rate.allows(this.#broker.clock.monotonic())
      if (lacking || behind || early || transaction.transforming > 0) {
        this.#park(connection, transaction, reply, full && lacking)
        return
      }
    }
    transaction.commit(reply)
  }

  rollback(connection: Connection, transactionId: string, reply: Reply): void {
    let transaction: Transaction
    try {
      transaction = this.#endable(connection, transactionId)
    } catch (error) {
      reply.done(expected(error))
      return
    }
    transaction.rollback(reply)
  }

  /** Throws TRANSACTION_UNKNOWN, and TRANSACTION_INVALID for one that takes nothing more. */
  active(connection: Connection, transactionId: string): Transaction {
    const transaction = this.#open(connection, transactionId)
    // What is still being transformed was sent before it was ended.
    if (transaction.parked && transaction.transforming === 0) throw isEnding(transactionId)
    if (transaction.state !== TransactionState.Active) {
      throw new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is prepared`)
    }
    return transaction
  }

  /** A part of it failed, and perhaps nobody waits for that answer: its commit will say so. */
  fail(connection: Connection, transactionId: string, error: MillraceError): void {
    if (!this.#broker.behaviour.rollbackOnlyOnAsyncException) return
    const transaction = this.#find(connection, transactionId)
    if (transaction?.state !== TransactionState.Active) return
    if (!transaction.parked || transaction.transforming > 0) transaction.fail(error)
  }

  ended(transaction: Transaction): void {
    if (transaction.xid !== null) this.#broker.branches.all.delete(transaction.id)
    else transaction.connection?.transactions.delete(transaction.id)
  }

  #find(connection: Connection, transactionId: string): Transaction | undefined {
    return connection.transactions.get(transactionId) ?? this.#broker.branches.all.get(transactionId)
  }

  #endable(connection: Connection, transactionId: string): Transaction {
    const transaction = this.#open(connection, transactionId)
    if (transaction.parked) throw isEnding(transactionId)
    return transaction
  }

  #open(connection: Connection, transactionId: string): Transaction {
    const transaction = this.#find(connection, transactionId)
    if (transaction === undefined || transaction.state === TransactionState.Ended) {
      throw new MillraceError('TRANSACTION_UNKNOWN', `transaction ${transactionId} is not known`)
    }
    if (transaction.state === TransactionState.Preparing) throw isEnding(transactionId)
    return transaction
  }

  #park(connection: Connection, transaction: Transaction, reply: Reply, full: boolean): void {
    const broker = this.#broker
    const deadlineMs = broker.sends.deadlineMs(broker.limits.sendFailIfNoSpaceAfterMs)
    const parked = new ParkedCommit(broker, connection, transaction, reply, deadlineMs)
    // What is only too fast, or behind others, waits all the same.
    if (broker.limits.sendFailIfNoSpace && full) {
      parked.fail(null)
      return
    }
    transaction.parked = true
    broker.parking.park(parked)
  }
}

function isEnding(transactionId: string): MillraceError {
  return new MillraceError('TRANSACTION_INVALID', `transaction ${transactionId} is being ended`)
}
