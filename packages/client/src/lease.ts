import type { Connection } from './connection.ts'
import { brokerManagement } from './management.ts'
import type { Message } from './messages/message.ts'
import type { WaitOptions } from './wait.ts'

/**
 * Asks for more time for a received message that is not acknowledged yet: it stays this consumer's for `ms` from now on (a
 * day at most), where the broker's policy `consumerLease` would give it to others. Resolves to false when it is too late:
 * others have it, or will, and its acknowledgement will be refused. Without such a policy a message is never taken back,
 * and the answer is true. Only Millrace has leases: at another broker it rejects with UnsupportedOperationError.
 */
export async function extendLease(
  connection: Connection,
  message: Message,
  ms: number,
  wait: WaitOptions = {},
): Promise<boolean> {
  const management = brokerManagement(connection, wait)
  const { extended } = await management.ask('extendLease', { messageId: message.jmsMessageID, ms })
  return extended === true
}
