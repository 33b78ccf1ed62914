import { DataType, TransactionInfo, TransactionType } from '@millrace/openwire'
import type { Connection } from '../connection.ts'
import { localError } from '../errors.ts'
import type { Reply } from '../reply.ts'
import type { Session } from '../session.ts'
import type { Part } from '../transaction-context.ts'
import type { WaitOptions } from '../wait.ts'
import { XAError, XAErrorCode, xaErrorOf } from './xa-error.ts'
import { fromWire, toWire, type Xid, xidText } from './xid.ts'

/** Flags and votes of X/Open XA §3.3, with the numbers of javax.transaction.xa.XAResource. */
export const XA = {
  XA_OK: 0,
  XA_RDONLY: 3,
  TMNOFLAGS: 0,
  TMJOIN: 0x0020_0000,
  TMENDRSCAN: 0x0080_0000,
  TMSTARTRSCAN: 0x0100_0000,
  TMSUSPEND: 0x0200_0000,
  TMSUCCESS: 0x0400_0000,
  TMRESUME: 0x0800_0000,
  TMFAIL: 0x2000_0000,
  TMONEPHASE: 0x4000_0000,
} as const

/** What this side knows of a branch that has ended, or is suspended. */
interface Branch {
  /** Messages that it consumed; they come again when it is rolled back. */
  readonly parts: Part[]
  suspended: boolean
  /** Ended with TMFAIL: it can only be rolled back. */
  failed: boolean
  /** Messages that it consumed were lost with a link before it was prepared: it can only be rolled back. */
  lost: boolean
  prepared: boolean
}

/**
 * One session's part in global transactions (X/Open XA, javax.transaction.xa.XAResource), for a coordinator to drive:
 * `start`, work on the session, `end`, then `prepare` and `commit`, or `rollback`. The last four may as well be called on
 * another resource of the same broker, after a crash too: a prepared branch survives the connection.
 *
 * All reject with XAError, whose `errorCode` says what a coordinator may do.
 */
export class XAResource {
  readonly #connection: Connection
  readonly #session: Session
  readonly #branches = new Map<string, Branch>()
  /** What the session works for. */
  #active: string | null = null

  /** Use `createXASession`. */
  constructor(session: Session) {
    this.#session = session
    this.#connection = session.connection
    session.transactions.onInterrupted = () => this.#interrupted()
  }

  /**
   * The session's work belongs to this branch from now on. `flags`: TMNOFLAGS for a new one, TMJOIN for one that exists,
   * TMRESUME for one that was suspended. XAER_PROTO while another is active.
   */
  start(xid: Xid, flags: number = XA.TMNOFLAGS): Promise<void> {
    return this.#guarded(async () => {
      const id = toWire(xid)
      const key = xidText(xid)
      if (this.#active !== null) throw protocol(`the session works for ${this.#active} already`)
      const known = this.#branches.get(key)
      if (flags === XA.TMRESUME && known?.suspended !== true) throw protocol(`${key} is not suspended`)
      if (flags === XA.TMNOFLAGS && known !== undefined) {
        throw new XAError(XAErrorCode.XAER_DUPID, `${key} was started before`)
      }
      this.#session.requireOpen()
      if (known !== undefined) known.suspended = false
      this.#active = key
      this.#session.transactions.startBranch(id)
      // Consumers may have something that waited for a branch.
      this.#session.started()
      await Promise.resolve()
    })
  }

  /**
   * The session's work no longer belongs to the branch. `flags`: TMSUCCESS, TMFAIL (it can only be rolled back), or
   * TMSUSPEND. XAER_PROTO when the session works for another.
   */
  end(xid: Xid, flags: number = XA.TMSUCCESS, wait: WaitOptions = {}): Promise<void> {
    return this.#guarded(async () => {
      const key = xidText(xid)
      const branch = this.#branches.get(key) ?? {
        parts: [],
        suspended: false,
        failed: false,
        lost: false,
        prepared: false,
      }
      if (this.#active === key) {
        this.#active = null
        this.#branches.set(key, branch)
        const { parts, lost } = await this.#session.transactions.endBranch(wait)
        for (const part of parts) join(branch.parts, part)
        branch.lost ||= lost
      } else if (!branch.suspended) throw protocol(`the session does not work for ${key}`)
      branch.suspended = flags === XA.TMSUSPEND
      branch.failed ||= flags === XA.TMFAIL
    })
  }

  /** Resolves to XA_OK, or XA_RDONLY: there was nothing to do, the branch is gone and no commit may follow. */
  prepare(xid: Xid, wait: WaitOptions = {}): Promise<number> {
    return this.#guarded(async () => {
      await this.#refuseFailed(xid, wait)
      const reply = await this.#decide(xid, TransactionType.Prepare, 'prepare', wait)
      const vote = reply.dataType === DataType.IntegerResponse ? reply.result : XA.XA_OK
      // The link may have broken meanwhile, and the next broker has prepared what was left.
      await this.#refuseFailed(xid, wait)
      const branch = this.#branches.get(xidText(xid))
      if (branch !== undefined) branch.prepared = true
      if (vote === XA.XA_RDONLY) this.#ended(xid, false)
      return vote
    })
  }

  /** `onePhase`: without a `prepare` before it. */
  commit(xid: Xid, onePhase: boolean, wait: WaitOptions = {}): Promise<void> {
    return this.#guarded(async () => {
      if (onePhase) await this.#refuseFailed(xid, wait)
      const type = onePhase ? TransactionType.CommitOnePhase : TransactionType.CommitTwoPhase
      await this.#decide(xid, type, 'commit', wait)
      this.#ended(xid, false)
    })
  }

  /** What the branch consumed is delivered again, by the redelivery policy. */
  rollback(xid: Xid, wait: WaitOptions = {}): Promise<void> {
    return this.#guarded(async () => {
      await this.#request(xid, TransactionType.Rollback, 'rollback', wait)
      this.#ended(xid, true)
    })
  }

  /** Of a branch that was completed without the coordinator. Such a broker rolls it back if it is still there. */
  forget(xid: Xid, wait: WaitOptions = {}): Promise<void> {
    return this.#guarded(async () => {
      await this.#request(xid, TransactionType.Forget, 'forget', wait)
      this.#ended(xid, true)
    })
  }

  /**
   * The branches that are prepared and neither committed nor rolled back, of all connections to the broker. With
   * TMNOFLAGS, which asks for the rest of a scan, none: the first call gives all.
   */
  recover(flags: number = XA.TMSTARTRSCAN, wait: WaitOptions = {}): Promise<Xid[]> {
    return this.#guarded(async () => {
      if ((flags & (XA.TMSTARTRSCAN | XA.TMENDRSCAN)) === 0) return []
      const reply = await this.#request(null, TransactionType.Recover, 'recover', wait)
      if (reply.dataType !== DataType.DataArrayResponse) return []
      const found: Xid[] = []
      for (const one of reply.data ?? []) if (one?.dataType === DataType.XATransactionId) found.push(fromWire(one))
      return found
    })
  }

  /** Whether both speak to one broker, so that a coordinator may join their work to one branch. */
  isSameRM(other: XAResource): boolean {
    if (this.#connection === other.#connection) return true
    const id = this.#connection.brokerInfo?.id ?? null
    return id !== null && id === (other.#connection.brokerInfo?.id ?? null)
  }

  /** Not supported by the protocol, as in the model system: always 0. */
  getTransactionTimeout(): number {
    return 0
  }

  /** Not supported by the protocol: false, whatever is asked for. */
  setTransactionTimeout(_seconds: number): boolean {
    return false
  }

  #request(xid: Xid | null, type: TransactionType, what: string, wait: WaitOptions): Promise<Reply> {
    if (xid !== null && this.#active === xidText(xid)) throw protocol(`${what} before the end of the branch`)
    const info = new TransactionInfo()
    info.connectionId = this.#connection.id
    info.transactionId = xid === null ? null : toWire(xid)
    info.type = type
    return this.#connection.request(info, what, wait)
  }

  /** A request that the broker may answer by rolling back. */
  async #decide(xid: Xid, type: TransactionType, what: string, wait: WaitOptions): Promise<Reply> {
    try {
      return await this.#request(xid, type, what, wait)
    } catch (error) {
      // The codes from XA_RBROLLBACK on say so; one that the broker does not know went with a link, or with the broker.
      const { errorCode } = xaErrorOf(localError(error))
      if (errorCode >= XAErrorCode.XA_RBROLLBACK || errorCode === XAErrorCode.XAER_NOTA) this.#ended(xid, true)
      throw error
    }
  }

  async #refuseFailed(xid: Xid, wait: WaitOptions): Promise<void> {
    const key = xidText(xid)
    const branch = this.#branches.get(key)
    if (branch === undefined || (!branch.failed && !branch.lost)) return
    await this.#decide(xid, TransactionType.Rollback, 'rollback', wait)
    this.#ended(xid, true)
    if (branch.failed) throw new XAError(XAErrorCode.XA_RBROLLBACK, `${key} was ended with TMFAIL, and is rolled back`)
    throw new XAError(XAErrorCode.XA_RBCOMMFAIL, `${key} lost what it had received with a link, and is rolled back`)
  }

  /**
   * The link broke. What was received in a branch that is not prepared comes again, and is nobody's until then; the branch
   * itself may still be there, as the broker, or a replay, knows it. A prepared one is decided on as if nothing had been.
   */
  #interrupted(): void {
    for (const branch of this.#branches.values()) {
      if (branch.prepared || branch.parts.length === 0) continue
      branch.lost = true
      this.#session.transactions.release(branch.parts.splice(0))
    }
  }

  #ended(xid: Xid, rolledBack: boolean): void {
    const key = xidText(xid)
    const branch = this.#branches.get(key)
    this.#branches.delete(key)
    if (branch !== undefined) this.#session.transactions.branchEnded(branch.parts, rolledBack)
  }

  async #guarded<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      throw xaErrorOf(localError(error))
    }
  }
}

/** What one consumer had in all the pieces of a branch is one, in the order in which it came. */
function join(parts: Part[], part: Part): void {
  const known = parts.find((one) => one.participant === part.participant)
  if (known === undefined) parts.push(part)
  else known.deliveries.push(...part.deliveries)
}

function protocol(message: string): XAError {
  return new XAError(XAErrorCode.XAER_PROTO, message)
}
