import { MillraceError } from '@millrace/base'
import type { Throwable } from '@millrace/openwire'

/** What a JMSError says beside its text. */
export interface JMSErrorOptions {
  cause?: unknown
  code?: string
  /** Java class name of the exception that the broker sent. */
  remoteClass?: string
  /** The broker's stack, as text, when it sent one. */
  remoteStack?: string
  /** `'unknown'`: the command may have been carried out although the call failed. */
  outcome?: 'unknown' | undefined
}

/**
 * What every failed call of this client rejects with or throws; the classes below say more. `code` is stable, the text
 * is for people. (JMS: JMSException with `errorCode` and linked exception.)
 */
export class JMSError extends Error {
  readonly code: string
  readonly remoteClass: string | undefined
  readonly remoteStack: string | undefined
  /** `'unknown'` when the command had left before the call gave up: it may or may not have been carried out. */
  readonly outcome: 'unknown' | undefined

  constructor(message: string, options: JMSErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options.code ?? 'JMS'
    this.remoteClass = options.remoteClass
    this.remoteStack = options.remoteStack
    this.outcome = options.outcome
  }
}

/** Builds the options of a subclass: its own code unless the caller says another. */
function coded(code: string, options: JMSErrorOptions | undefined): JMSErrorOptions {
  return { code, ...options }
}

/** The object is closed, in the wrong mode, or it is too late (JMS IllegalStateException). */
export class IllegalStateError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('ILLEGAL_STATE', options))
  }
}

/** The client id is empty or used by another connection (JMS InvalidClientIDException). */
export class InvalidClientIDError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('INVALID_CLIENT_ID', options))
  }
}

/** Null, empty, foreign or deleted (JMS InvalidDestinationException). */
export class InvalidDestinationError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('INVALID_DESTINATION', options))
  }
}

/** The selector does not parse; the text says where (JMS InvalidSelectorException). */
export class InvalidSelectorError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('INVALID_SELECTOR', options))
  }
}

/** Wrong credentials or missing rights (JMS JMSSecurityException). */
export class JMSSecurityError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('SECURITY', options))
  }
}

/** Read past the end of a stream or bytes body (JMS MessageEOFException). */
export class MessageEOFError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('MESSAGE_EOF', options))
  }
}

/** The conversion tables of JMS do not allow it (JMS MessageFormatException). */
export class MessageFormatError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('MESSAGE_FORMAT', options))
  }
}

/** The body is being written; `reset()` makes it readable (JMS MessageNotReadableException). */
export class MessageNotReadableError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('MESSAGE_NOT_READABLE', options))
  }
}

/** A received message; `clearBody()` or `clearProperties()` makes it writable (JMS MessageNotWriteableException). */
export class MessageNotWriteableError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('MESSAGE_NOT_WRITEABLE', options))
  }
}

/** The broker has no room and was told to fail, or a limit of this client is reached (JMS ResourceAllocationException). */
export class ResourceAllocationError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('RESOURCE_ALLOCATION', options))
  }
}

/** JMS TransactionInProgressException. */
export class TransactionInProgressError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('TRANSACTION_IN_PROGRESS', options))
  }
}

/** The transaction did not happen; it may be tried again (JMS TransactionRolledBackException). */
export class TransactionRolledBackError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('TRANSACTION_ROLLED_BACK', options))
  }
}

/** The connection was closed by this program. */
export class ConnectionClosedError extends IllegalStateError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('CONNECTION_CLOSED', options))
  }
}

/** The transport is gone; `cause` is what happened to it. Only `close()` is useful on this connection. */
export class ConnectionFailedError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('CONNECTION_FAILED', options))
  }
}

/** The session, producer, consumer or browser was closed before the call. */
export class AlreadyClosedError extends IllegalStateError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('ALREADY_CLOSED', options))
  }
}

/** The connection was never started. */
export class NotStartedError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('NOT_STARTED', options))
  }
}

/** An unknown or impossible option, in the URL, the options object or a destination's name. */
export class ConfigurationError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('CONFIGURATION', options))
  }
}

/** The broker knows no such (temporary) destination. */
export class DestinationDoesNotExistError extends InvalidDestinationError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('DESTINATION_DOES_NOT_EXIST', options))
  }
}

/** Bigger than the agreed `wireFormat.maxFrameSize`; nothing was sent and the connection lives. */
export class MaxFrameSizeExceededError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('41300', options))
  }
}

/** JMS has it, this broker or this version of the client has not. */
export class UnsupportedOperationError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('UNSUPPORTED', options))
  }
}

/** No reply in time. What was asked for may still happen: `outcome` is `'unknown'`. */
export class RequestTimedOutError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('REQUEST_TIMED_OUT', { outcome: 'unknown', ...options }))
  }
}

/** Nothing was heard from the broker for `wireFormat.maxInactivityDuration`. A cause of `ConnectionFailedError`. */
export class InactivityError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('INACTIVITY', options))
  }
}

/** The transport was closed while something still waited for it. */
export class TransportDisposedError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('TRANSPORT_DISPOSED', options))
  }
}

/** The caller's `AbortSignal` fired; `cause` is its reason. `outcome` is `'unknown'` when the command had left. */
export class AbortError extends JMSError {
  constructor(message: string, options?: JMSErrorOptions) {
    super(message, coded('ABORTED', options))
  }
}

type ErrorClass = new (message: string, options?: JMSErrorOptions) => JMSError

/** By simple class name, because brokers speak of `javax.jms` or `jakarta.jms` depending on their generation. */
const REMOTE: Readonly<Record<string, ErrorClass>> = {
  IllegalStateException: IllegalStateError,
  InvalidClientIDException: InvalidClientIDError,
  InvalidDestinationException: InvalidDestinationError,
  InvalidSelectorException: InvalidSelectorError,
  JMSSecurityException: JMSSecurityError,
  SecurityException: JMSSecurityError,
  MessageEOFException: MessageEOFError,
  MessageFormatException: MessageFormatError,
  MessageNotReadableException: MessageNotReadableError,
  MessageNotWriteableException: MessageNotWriteableError,
  ResourceAllocationException: ResourceAllocationError,
  TransactionInProgressException: TransactionInProgressError,
  TransactionRolledBackException: TransactionRolledBackError,
  ConnectionClosedException: ConnectionClosedError,
  ConnectionFailedException: ConnectionFailedError,
  AlreadyClosedException: AlreadyClosedError,
  NotStartedException: NotStartedError,
  ConfigurationException: ConfigurationError,
  DestinationDoesNotExistException: DestinationDoesNotExistError,
  MaxFrameSizeExceededException: MaxFrameSizeExceededError,
  UnsupportedOperationException: UnsupportedOperationError,
}

/** What the broker threw. Nothing that the peer names is ever looked up anywhere but in the table above. */
export function remoteError(exception: Throwable | null, fallback: string): JMSError {
  if (exception === null) return new JMSError(fallback)
  const simpleName = exception.className.slice(exception.className.lastIndexOf('.') + 1)
  const Class = Object.hasOwn(REMOTE, simpleName) ? (REMOTE[simpleName] as ErrorClass) : JMSError
  const stack = remoteStack(exception)
  const options: JMSErrorOptions = { remoteClass: exception.className }
  if (exception.cause !== null) options.cause = remoteError(exception.cause, fallback)
  if (stack !== undefined) options.remoteStack = stack
  return new Class(exception.message ?? fallback, options)
}

function remoteStack(exception: Throwable): string | undefined {
  if (exception.stackTrace === null || exception.stackTrace.length === 0) return undefined
  return exception.stackTrace
    .map((at) => `    at ${at.className}.${at.methodName}(${at.fileName}:${at.lineNumber})`)
    .join('\n')
}

/** A MillraceError of the codec in this client's words; a JMSError stays what it is. */
export function localError(error: unknown): JMSError {
  if (error instanceof JMSError) return error
  if (error instanceof MillraceError) {
    switch (error.code) {
      case 'MESSAGE_TOO_LARGE':
      case 'FRAME_TOO_LARGE':
        return new MaxFrameSizeExceededError(error.message, { cause: error })
      case 'SELECTOR_INVALID':
        return new InvalidSelectorError(error.message, { cause: error })
      case 'DESTINATION_INVALID':
        return new InvalidDestinationError(error.message, { cause: error })
      default:
        return new JMSError(error.message, { code: error.code, cause: error })
    }
  }
  return new JMSError(error instanceof Error ? error.message : String(error), { cause: error })
}
