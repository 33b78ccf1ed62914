/** The name of a branch of a distributed transaction (X/Open XA). */
export interface Xid {
  readonly formatId: number
  readonly globalTransactionId: Buffer
  readonly branchQualifier: Buffer
}

/** A text that is the same for the same branch, for maps and logs. */
export function xidText(xid: Xid): string {
  return `XID:${xid.formatId}:${xid.globalTransactionId.toString('hex')}:${xid.branchQualifier.toString('hex')}`
}
