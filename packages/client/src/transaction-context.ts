import type { ConnectionId, LocalTransactionId, TransactionId, XATransactionId } from '@millrace/openwire'
import { TransactionInfo, TransactionType } from '@millrace/openwire'
import type { Delivery } from './consumer/delivery.ts'
import { IllegalStateError, type JMSError, localError, TransactionRolledBackError } from './errors.ts'
import type { WaitOptions } from './wait.ts'

/** A consumer as its transaction sees it. */
export interface Participant {
  /** Whether everything that the application got in it came over the present link, or has come again over it. */
  complete(): boolean
  /** Waits for what has not come again, as long as the options say; null: they say not to. */
  cameAgain(): Promise<void> | null
  /** Sends the acknowledgements of the transaction and hands over what they cover. */
  leaveTransaction(transactionId: TransactionId): Delivery[]
  /** Nothing more is delivered until `transactionEnded`: what is rolled back comes first. */
  hold(): void
  /** `rolledBack`: these are delivered again, by the redelivery policy. */
  transactionEnded(deliveries: Delivery[], rolledBack: boolean): void
}

/** What a transaction needs of its session. */
export interface TransactionPort {
  readonly connectionId: ConnectionId
  newTransactionId(): LocalTransactionId
  /** Without reply, before anything that is waiting. */
  oneWay(info: TransactionInfo): void
  /** With reply, behind everything that was sent before. */
  request(info: TransactionInfo, what: string, wait: WaitOptions): Promise<unknown>
  ended(kind: 'commit' | 'rollback'): void
  began(): void
}

/** What one consumer had in a transaction. */
export interface Part {
  readonly participant: Participant
  readonly deliveries: Delivery[]
}

/**
 * The transactions of one session, one at a time. One begins with the first send or delivery. `commit` and `rollback`
 * detach it at once, within the call, so that what is sent right afterwards belongs to the next.
 *
 * With `external` they are branches of global transactions, which a coordinator begins and ends; between them nothing can
 * be sent, and nothing is delivered.
 */
export class TransactionContext {
  readonly #port: TransactionPort
  external = false
  /** Of `external` ones: told when the link broke. */
  onInterrupted: (() => void) | null = null
  #id: TransactionId | null = null
  #participants = new Set<Participant>()
  /** Ends that were asked for and are not answered. */
  readonly #ending = new Set<Ending>()

  constructor(port: TransactionPort) {
    this.#port = port
  }

  get active(): boolean {
    return this.#id !== null
  }

  /** Messages may be delivered: there is a transaction for them, or one will be begun. */
  get open(): boolean {
    return !this.external || this.#id !== null
  }

  has(participant: Participant): boolean {
    return this.#participants.has(participant)
  }

  /** The current one, begun if need be. */
  begin(): TransactionId {
    if (this.#id !== null) return this.#id
    if (this.external) throw new IllegalStateError('an XA session works only between start() and end() of a branch')
    const id = this.#port.newTransactionId()
    this.#port.oneWay(this.#info(id, TransactionType.Begin))
    this.#id = id
    this.#port.began()
    return id
  }

  join(participant: Participant): TransactionId {
    this.#participants.add(participant)
    return this.begin()
  }

  /** Everything from now on belongs to this branch. */
  startBranch(id: XATransactionId): void {
    this.#port.oneWay(this.#info(id, TransactionType.Begin))
    this.#id = id
    this.#port.began()
  }

  /**
   * Nothing belongs to it any more; its acknowledgements are sent. Resolves when the broker has got so far. `lost`: what was
   * received over an earlier link has not all come again, so it is not among what was acknowledged.
   */
  async endBranch(wait: WaitOptions): Promise<{ readonly parts: Part[]; readonly lost: boolean }> {
    const id = this.#id
    if (id === null) return { parts: [], lost: false }
    const late = [...this.#participants].filter((participant) => !participant.complete())
    const again = late.map((participant) => participant.cameAgain()).filter((one) => one !== null)
    if (again.length > 0) await Promise.all(again)
    const lost = [...this.#participants].some((participant) => !participant.complete())
    const parts = this.#detach(id)
    await this.#port.request(this.#info(id, TransactionType.End), 'end of a branch', wait)
    return { parts, lost }
  }

  /** What a branch had is delivered again by the broker. */
  release(parts: readonly Part[]): void {
    for (const { participant, deliveries } of parts) participant.transactionEnded(deliveries, true)
  }

  /** A branch that was ended has come to its end. */
  branchEnded(parts: readonly Part[], rolledBack: boolean): void {
    for (const { participant, deliveries } of parts) participant.transactionEnded(deliveries, rolledBack)
    this.#port.ended(rolledBack ? 'rollback' : 'commit')
  }

  /** Sends nothing when nothing was sent or delivered. After a failure everything is as after a roll-back. */
  async commit(wait: WaitOptions): Promise<void> {
    // Only after a fail-over; otherwise the transaction is detached within the call.
    const late = [...this.#participants].filter((participant) => !participant.complete())
    const again = late.map((participant) => participant.cameAgain()).filter((one) => one !== null)
    if (again.length > 0) await Promise.all(again)
    await this.#end('commit', wait)
  }

  async rollback(wait: WaitOptions): Promise<void> {
    await this.#end('rollback', wait)
  }

  /**
   * The link broke. A commit that has not been sent yet, but whose acknowledgements have, would commit without them on
   * another link: it becomes a roll-back.
   */
  interrupted(): void {
    this.onInterrupted?.()
    for (const ending of this.#ending) {
      if (ending.info.commandId > 0 || !ending.acknowledges) continue
      ending.info.type = TransactionType.Rollback
      ending.lost = true
    }
  }

  async #end(kind: 'commit' | 'rollback', wait: WaitOptions): Promise<void> {
    const id = this.#id
    if (id === null) return
    const lost = kind === 'commit' && [...this.#participants].some((participant) => !participant.complete())
    if (kind === 'rollback' || lost) for (const participant of this.#participants) participant.hold()
    const parts = this.#detach(id)
    const type = kind === 'commit' && !lost ? TransactionType.CommitOnePhase : TransactionType.Rollback
    const acknowledges = kind === 'commit' && parts.some(({ deliveries }) => deliveries.length > 0)
    const ending: Ending = { info: this.#info(id, type), acknowledges, lost }
    this.#ending.add(ending)
    let failure: JMSError | null = null
    try {
      await this.#port.request(ending.info, kind, wait)
    } catch (error) {
      failure = localError(error)
    }
    this.#ending.delete(ending)
    if (ending.lost) failure ??= new TransactionRolledBackError('messages of it were lost with the link to the broker')
    const rolledBack = kind === 'rollback' || failure !== null
    for (const { participant, deliveries } of parts) participant.transactionEnded(deliveries, rolledBack)
    this.#port.ended(rolledBack ? 'rollback' : 'commit')
    if (failure !== null) throw kind === 'commit' ? asRolledBack(failure) : failure
  }

  #detach(id: TransactionId): Part[] {
    const participants = [...this.#participants]
    this.#id = null
    this.#participants = new Set()
    return participants.map((participant) => ({ participant, deliveries: participant.leaveTransaction(id) }))
  }

  #info(id: TransactionId, type: TransactionType): TransactionInfo {
    const info = new TransactionInfo()
    info.connectionId = this.#port.connectionId
    info.transactionId = id
    info.type = type
    return info
  }
}

interface Ending {
  readonly info: TransactionInfo
  /** A commit with messages that were received. */
  readonly acknowledges: boolean
  /** They were lost with the link, so it is rolled back instead. */
  lost: boolean
}

/** The broker marks a transaction in which a one-way send failed; its commit fails with that as the cause. */
function asRolledBack(failure: JMSError): JMSError {
  if (failure.cause instanceof TransactionRolledBackError) {
    return new TransactionRolledBackError(failure.message, { cause: failure })
  }
  return failure
}
