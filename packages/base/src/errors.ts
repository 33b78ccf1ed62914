/**
 * Every condition that Millrace reports has one of these codes; `docs/errors.md` has a paragraph for each, and each
 * protocol maps every code to its own words.
 */
export const CODES = [
  // What a peer got wrong.
  'FRAME_INVALID',
  'FRAME_TOO_LARGE',
  'COMMAND_UNEXPECTED',
  'COMMAND_UNSUPPORTED',
  'NEGOTIATION_FAILED',
  'INACTIVITY_TIMEOUT',
  'PEER_TOO_SLOW',
  // What an application asked for and cannot have.
  'CLIENT_ID_IN_USE',
  'CLIENT_ID_MISSING',
  'CONSUMER_UNKNOWN',
  'PRODUCER_UNKNOWN',
  'SESSION_UNKNOWN',
  'DESTINATION_INVALID',
  'DESTINATION_UNKNOWN',
  'DESTINATION_IN_USE',
  'DESTINATION_NOT_OWNED',
  'SUBSCRIPTION_UNKNOWN',
  'SUBSCRIPTION_IN_USE',
  'SELECTOR_INVALID',
  'SCHEDULE_INVALID',
  'ACKNOWLEDGEMENT_INVALID',
  'TRANSACTION_UNKNOWN',
  'TRANSACTION_INVALID',
  'TRANSACTION_ROLLED_BACK',
  'NOT_AUTHENTICATED',
  'NOT_AUTHORIZED',
  'LIMIT_REACHED',
  'MESSAGE_TOO_LARGE',
  'MESSAGE_REFUSED',
  'PLUGIN_FAILED',
  'CONNECTION_CLOSED',
  // What happened to the broker.
  'BROKER_STOPPING',
  'MEMORY_FULL',
  'STORE_FULL',
  'STORE_FAILED',
  'STORE_DAMAGED',
  'STORE_LOCKED',
  'STORE_VERSION',
  'ADDRESS_INVALID',
  'ADDRESS_IN_USE',
  'CONFIGURATION_INVALID',
] as const
export type Code = (typeof CODES)[number]

/** An expected condition. Callers look at `code`, never at the text. */
export class MillraceError extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'MillraceError'
    this.code = code
  }
}

/** The peer's mistake: answered as its protocol says, then its connection closes. Nothing else suffers. */
export class ProtocolError extends MillraceError {
  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(code, message, options)
    this.name = 'ProtocolError'
  }
}

/** Our mistake. It ends the process: the journal makes that safe, limping on does not. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`broken invariant: ${message}`)
    this.name = 'InvariantError'
  }
}

export function assert(condition: boolean, message: string, about?: string): asserts condition {
  if (!condition) throw new InvariantError(about === undefined ? message : `${message}: ${about}`)
}
