import type { Code, MillraceError } from '@millrace/base'
import type { Throwable } from '@millrace/openwire'

/**
 * What each condition is called on this wire. Clients build the exception from the class name; those of ActiveMQ 6 read
 * `javax.jms` as `jakarta.jms`. Only names of this list are ever sent.
 */
export const javaClass: Readonly<Record<Code, string>> = {
  FRAME_INVALID: 'java.io.IOException',
  FRAME_TOO_LARGE: 'java.io.IOException',
  COMMAND_UNEXPECTED: 'java.lang.IllegalStateException',
  COMMAND_UNSUPPORTED: 'javax.jms.JMSException',
  NEGOTIATION_FAILED: 'java.io.IOException',
  INACTIVITY_TIMEOUT: 'java.io.IOException',
  PEER_TOO_SLOW: 'java.io.IOException',
  CLIENT_ID_IN_USE: 'javax.jms.InvalidClientIDException',
  CLIENT_ID_MISSING: 'javax.jms.InvalidClientIDException',
  CONSUMER_UNKNOWN: 'javax.jms.JMSException',
  PRODUCER_UNKNOWN: 'javax.jms.JMSException',
  SESSION_UNKNOWN: 'java.lang.IllegalStateException',
  DESTINATION_INVALID: 'javax.jms.InvalidDestinationException',
  DESTINATION_UNKNOWN: 'org.apache.activemq.DestinationDoesNotExistException',
  DESTINATION_IN_USE: 'javax.jms.JMSException',
  DESTINATION_NOT_OWNED: 'javax.jms.InvalidDestinationException',
  SUBSCRIPTION_UNKNOWN: 'javax.jms.InvalidDestinationException',
  SUBSCRIPTION_IN_USE: 'javax.jms.JMSException',
  SELECTOR_INVALID: 'javax.jms.InvalidSelectorException',
  SCHEDULE_INVALID: 'javax.jms.MessageFormatException',
  ACKNOWLEDGEMENT_INVALID: 'javax.jms.JMSException',
  TRANSACTION_UNKNOWN: 'javax.jms.JMSException',
  TRANSACTION_INVALID: 'javax.jms.JMSException',
  TRANSACTION_ROLLED_BACK: 'javax.jms.TransactionRolledBackException',
  NOT_AUTHENTICATED: 'java.lang.SecurityException',
  NOT_AUTHORIZED: 'java.lang.SecurityException',
  LIMIT_REACHED: 'javax.jms.ResourceAllocationException',
  MESSAGE_TOO_LARGE: 'javax.jms.JMSException',
  MESSAGE_REFUSED: 'javax.jms.JMSException',
  PLUGIN_FAILED: 'javax.jms.JMSException',
  CONNECTION_CLOSED: 'javax.jms.IllegalStateException',
  BROKER_STOPPING: 'org.apache.activemq.broker.BrokerStoppedException',
  MEMORY_FULL: 'javax.jms.ResourceAllocationException',
  STORE_FULL: 'javax.jms.ResourceAllocationException',
  STORE_FAILED: 'java.io.IOException',
  STORE_DAMAGED: 'java.io.IOException',
  STORE_LOCKED: 'java.io.IOException',
  STORE_VERSION: 'java.io.IOException',
  ADDRESS_INVALID: 'java.io.IOException',
  ADDRESS_IN_USE: 'java.io.IOException',
  CONFIGURATION_INVALID: 'org.apache.activemq.ConfigurationException',
}

export function throwableOf(error: MillraceError): Throwable {
  return { className: javaClass[error.code], message: error.message, stackTrace: null, cause: null }
}

const XA_EXCEPTION = 'javax.transaction.xa.XAException'

/** X/Open XA, the return codes of the transaction functions. */
const XaCode = { RolledBack: 100, Retry: 4, Error: -3, UnknownBranch: -4, Protocol: -6 } as const

/** Clients find the XA code in the text. */
export function xaThrowableOf(error: MillraceError): Throwable {
  const message = `${error.message} xaErrorCode:${xaCode(error.code)}`
  return { className: XA_EXCEPTION, message, stackTrace: null, cause: null }
}

function xaCode(code: Code): number {
  switch (code) {
    case 'TRANSACTION_UNKNOWN':
      return XaCode.UnknownBranch
    case 'TRANSACTION_INVALID':
      return XaCode.Protocol
    case 'TRANSACTION_ROLLED_BACK':
      return XaCode.RolledBack
    // Only the commit of a prepared branch says so, which stays prepared.
    case 'STORE_FULL':
    case 'STORE_FAILED':
      return XaCode.Retry
    default:
      return XaCode.Error
  }
}

/** After these there is nobody to talk to, or no common language: the link is closed without a word. */
export function unspeakable(code: Code): boolean {
  return code === 'NEGOTIATION_FAILED' || code === 'INACTIVITY_TIMEOUT' || code === 'PEER_TOO_SLOW'
}
