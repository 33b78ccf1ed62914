import {
  ConnectionId,
  DataType,
  type DataStructure,
  PrepareResult,
  TransactionInfo,
  TransactionType,
  type XATransactionId,
} from '@millrace/openwire'
import type { SimulatedClient } from '../client.ts'
import { Fate, type Undecided, Violation } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import type { Step } from '../step.ts'
import { readyClient } from './links.ts'

export const transact: Step = {
  name: 'transact',
  weight: 14,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    if (client.transaction === null) begin(simulation, client, simulation.random(3) === 0)
    else end(simulation, client)
  },
}

/** A branch that was prepared, and whose client is gone, is ended by whoever comes. */
export const settleBranch: Step = {
  name: 'settle branch',
  weight: 3,
  run(simulation) {
    const client = readyClient(simulation)
    if (client === undefined) return
    const branch = simulation.pick(orphans(simulation))
    if (branch !== undefined) endBranch(simulation, client, branch, simulation.random(2) === 0)
  },
}

/** Branches that may be prepared and are nobody's any more. */
export function orphans(simulation: Simulation): Undecided[] {
  return [...simulation.ledger.transactions].filter(
    (one) =>
      one.distributed &&
      (one.fate & Fate.Prepared) !== 0 &&
      !simulation.clients.some((client) => client.alive && (client.limbo.has(one) || client.branches.has(one))),
  )
}

export function begin(simulation: Simulation, client: SimulatedClient, distributed: boolean): void {
  const transaction = simulation.ledger.begin(`${distributed ? 'X' : 'T'}${simulation.number()}`, distributed)
  simulation.note(() => `  ${client.clientId} begins ${transaction.id}`)
  client.transaction = transaction
  client.ask(infoOf(client, transaction, TransactionType.Begin), 'begin', () => {})
}

export function end(simulation: Simulation, client: SimulatedClient): void {
  const transaction = client.transaction
  if (transaction === null) return
  client.transaction = null
  const dice = simulation.random(4)
  if (dice === 0) rollback(simulation, client, transaction)
  else if (transaction.distributed && dice < 3) prepare(simulation, client, transaction)
  else commit(simulation, client, transaction)
}

export function rollback(simulation: Simulation, client: SimulatedClient, transaction: Undecided): void {
  simulation.note(() => `  ${client.clientId} rolls back ${transaction.id}`)
  simulation.ledger.narrow(transaction, Fate.Open, 'rollback')
  simulation.ledger.become(transaction, Fate.RolledBack)
  client.ask(infoOf(client, transaction, TransactionType.Rollback), `rollback of ${transaction.id}`, () =>
    client.restore(transaction),
  )
}

export function commit(simulation: Simulation, client: SimulatedClient, transaction: Undecided): void {
  const { ledger } = simulation
  simulation.note(() => `  ${client.clientId} commits ${transaction.id}`)
  ledger.spread(transaction, simulation.watchers())
  ledger.become(transaction, Fate.Committed | Fate.RolledBack)
  const info = infoOf(client, transaction, TransactionType.CommitOnePhase)
  client.request(info, `commit of ${transaction.id}`, ({ error, response }) => {
    if (error === null) {
      client.limbo.delete(transaction)
      ledger.narrow(transaction, Fate.Committed, 'commit answered')
      if (transaction.letters.some(({ persistent }) => persistent)) client.safe(response)
    } else refused(simulation, client, transaction, error)
  })
}

export function prepare(simulation: Simulation, client: SimulatedClient, transaction: Undecided): void {
  const { ledger } = simulation
  simulation.note(() => `  ${client.clientId} prepares ${transaction.id}`)
  ledger.spread(transaction, simulation.watchers())
  ledger.become(transaction, Fate.Prepared | Fate.RolledBack)
  client.branches.add(transaction)
  client.request(infoOf(client, transaction, TransactionType.Prepare), `prepare of ${transaction.id}`, (answer) => {
    const { error, response } = answer
    if (error !== null) {
      client.branches.delete(transaction)
      refused(simulation, client, transaction, error)
      return
    }
    if (response.dataType === DataType.IntegerResponse && response.result === PrepareResult.ReadOnly) {
      client.branches.delete(transaction)
      if (transaction.letters.length + transaction.acknowledged.length > 0) {
        throw new Violation(`branch ${transaction.id} has messages and votes that it has none`)
      }
      ledger.become(transaction, Fate.RolledBack)
      return
    }
    ledger.narrow(transaction, Fate.Prepared, 'prepare answered')
    if (!client.leaving && simulation.random(3) > 0)
      endBranch(simulation, client, transaction, simulation.random(3) > 0)
  })
}

/** Which of the two it was is known when it is answered; until then it may still be prepared. */
export function endBranch(
  simulation: Simulation,
  client: SimulatedClient,
  branch: Undecided,
  committing: boolean,
): void {
  const { ledger } = simulation
  const outcome = committing ? Fate.Committed : Fate.RolledBack
  simulation.note(() => `  ${client.clientId} ${committing ? 'commits' : 'rolls back'} branch ${branch.id}`)
  client.branches.add(branch)
  const certain = branch.fate === Fate.Prepared
  branch.fate |= outcome
  const type = committing ? TransactionType.CommitTwoPhase : TransactionType.Rollback
  client.request(infoOf(client, branch, type), `end of ${branch.id}`, ({ error }) => {
    client.branches.delete(branch)
    if (branch.fate === Fate.Committed || branch.fate === Fate.RolledBack) {
      client.limbo.delete(branch)
      return
    }
    if (error === null) {
      ledger.narrow(branch, outcome, 'the end of a branch answered')
      if (committing) client.limbo.delete(branch)
      else client.restore(branch)
    } else if (certain) throw new Violation(`branch ${branch.id} was prepared, and cannot be ended: ${error}`)
    else if (error.includes('is not known')) ledger.narrow(branch, ~Fate.Prepared, 'the branch is unknown')
  })
}

/** Asks which branches are prepared. */
export function recover(client: SimulatedClient, then: (ids: readonly string[]) => void): void {
  const info = new TransactionInfo()
  info.connectionId = new ConnectionId()
  info.connectionId.value = client.connectionId
  info.type = TransactionType.Recover
  client.request(info, 'recover', ({ response }) => {
    const data: (DataStructure | null)[] = response.dataType === DataType.DataArrayResponse ? (response.data ?? []) : []
    then(data.map((xid) => (xid as XATransactionId).globalTransactionId?.toString() ?? ''))
  })
}

function refused(simulation: Simulation, client: SimulatedClient, transaction: Undecided, error: string): void {
  if (!simulation.cramped && !transaction.failed) {
    throw new Violation(`the end of ${transaction.id} was refused: ${error}`)
  }
  simulation.ledger.narrow(transaction, Fate.RolledBack, 'the end was refused')
  client.restore(transaction)
}

function infoOf(client: SimulatedClient, transaction: Undecided, type: TransactionType): TransactionInfo {
  const info = new TransactionInfo()
  info.connectionId = new ConnectionId()
  info.connectionId.value = client.connectionId
  info.transactionId = client.transactionId(transaction)
  info.type = type
  return info
}
