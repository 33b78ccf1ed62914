import { XATransactionId } from '@millrace/openwire'
import { XAError, XAErrorCode } from './xa-error.ts'

/** The name of one branch of a global transaction, made by its coordinator (X/Open XA §4.2). */
export interface Xid {
  /** int32; -1 is none. */
  readonly formatId: number
  /** 1 to 64 bytes. */
  readonly globalTransactionId: Uint8Array
  /** 0 to 64 bytes. */
  readonly branchQualifier: Uint8Array
}

const BYTES_MAX = 64

/** Throws XAError XAER_INVAL for what is no xid. */
export function toWire(xid: Xid): XATransactionId {
  const { formatId, globalTransactionId, branchQualifier } = xid
  const global = globalTransactionId.length
  if (!Number.isInteger(formatId) || formatId !== (formatId | 0) || formatId === -1) {
    throw new XAError(XAErrorCode.XAER_INVAL, `a format id is a 32-bit integer and not -1, got ${formatId}`)
  }
  if (global < 1 || global > BYTES_MAX || branchQualifier.length > BYTES_MAX) {
    const lengths = `${global} and ${branchQualifier.length}`
    throw new XAError(XAErrorCode.XAER_INVAL, `an xid has 1 to 64 and 0 to 64 bytes, got ${lengths}`)
  }
  const id = new XATransactionId()
  id.formatId = formatId
  id.globalTransactionId = Buffer.from(globalTransactionId)
  id.branchQualifier = Buffer.from(branchQualifier)
  return id
}

export function fromWire(id: XATransactionId): Xid {
  return {
    formatId: id.formatId,
    globalTransactionId: Buffer.from(id.globalTransactionId ?? []),
    branchQualifier: Buffer.from(id.branchQualifier ?? []),
  }
}

/** Equal for equal xids. */
export function xidText(xid: Xid): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  return `${xid.formatId}:${hex(xid.globalTransactionId)}:${hex(xid.branchQualifier)}`
}
