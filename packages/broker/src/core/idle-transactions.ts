import { MillraceError } from '@millrace/base'
import type { Broker } from './broker.ts'
import { type Transaction, TransactionState } from './transaction.ts'

/** Between two looks. */
const LOOK_MS = 1_000

/**
 * Gives up transactions that nobody has worked on for too long: what they hold goes back, and their commit fails. A
 * branch that is prepared is never given up: only its coordinator, or an operator, knows.
 */
export class IdleTransactions {
  readonly #broker: Broker
  #lastLookMs = 0

  constructor(broker: Broker) {
    this.#broker = broker
  }

  tick(nowMs: number): void {
    const { limits, connections, branches } = this.#broker
    if (limits.transactionIdleMsMax === 0 && limits.branchIdleMsMax === 0) return
    if (nowMs - this.#lastLookMs < LOOK_MS) return
    this.#lastLookMs = nowMs
    if (limits.transactionIdleMsMax > 0) {
      for (const connection of connections.values()) {
        this.#look(connection.transactions.values(), nowMs, limits.transactionIdleMsMax)
      }
    }
    if (limits.branchIdleMsMax > 0) this.#look(branches.all.values(), nowMs, limits.branchIdleMsMax)
  }

  #look(transactions: Iterable<Transaction>, nowMs: number, idleMsMax: number): void {
    for (const transaction of transactions) {
      if (transaction.state !== TransactionState.Active || transaction.parked) continue
      const idleMs = nowMs - transaction.touchedMs
      if (idleMs < idleMsMax || transaction.empty) continue
      const text = `transaction ${transaction.id} was given up after ${idleMs} ms without work`
      this.#broker.log.warn({ transaction: transaction.id, connection: transaction.connection?.id, idleMs }, text)
      transaction.abandon(new MillraceError('TRANSACTION_ROLLED_BACK', text))
    }
  }
}
