import { JMSError, type JMSErrorOptions } from '../errors.ts'

/** Return codes of X/Open XA §3.3 that are failures. */
export const XAErrorCode = {
  XA_RBROLLBACK: 100,
  XA_RBCOMMFAIL: 101,
  XA_RBDEADLOCK: 102,
  XA_RBINTEGRITY: 103,
  XA_RBOTHER: 104,
  XA_RBPROTO: 105,
  XA_RBTIMEOUT: 106,
  XA_RBTRANSIENT: 107,
  XAER_RMERR: -3,
  XAER_NOTA: -4,
  XAER_INVAL: -5,
  XAER_PROTO: -6,
  XAER_RMFAIL: -7,
  XAER_DUPID: -8,
  XAER_OUTSIDE: -9,
} as const

/** A resource manager's refusal. `errorCode` is what a coordinator decides by: one of XAErrorCode, or the broker's own. */
export class XAError extends JMSError {
  readonly errorCode: number

  constructor(errorCode: number, message: string, options: JMSErrorOptions = {}) {
    super(message, { code: 'XA', ...options })
    this.errorCode = errorCode
  }
}

/**
 * The broker puts its code at the end of the text. An XAException without one is XAER_RMERR; whatever else went wrong,
 * such as a lost connection, is XAER_RMFAIL: the resource manager is not there. (OpenWire conversations, XA)
 */
export function xaErrorOf(error: JMSError): XAError {
  if (error instanceof XAError) return error
  const options: JMSErrorOptions = { cause: error, outcome: error.outcome }
  if (error.remoteClass !== undefined) options.remoteClass = error.remoteClass
  const found = /xaErrorCode:(-?\d+)/.exec(error.message)
  if (found !== null) return new XAError(Number(found[1]), error.message, options)
  const refused = error.remoteClass?.endsWith('.XAException') === true
  return new XAError(refused ? XAErrorCode.XAER_RMERR : XAErrorCode.XAER_RMFAIL, error.message, options)
}
