import { MillraceError } from '@millrace/base'
import type { Destination } from '../message/destination.ts'
import type { Broker } from './broker.ts'
import type { Connection } from './connection.ts'
import { isManagement } from './management/name.ts'

/** `read`: consume and browse. `write`: send. `admin`: make a destination that is not there, remove one that is. */
export type Action = 'read' | 'write' | 'admin'

/** Who a connection belongs to. */
export interface Principal {
  readonly name: string
  readonly groups: readonly string[]
}

/** Whether every interceptor allows it; without any, everything is allowed. */
export function isPermitted(broker: Broker, connection: Connection, action: Action, destination: Destination): boolean {
  for (const permits of broker.interceptors.permits) if (!permits(connection, action, destination)) return false
  return true
}

/** Throws NOT_AUTHORIZED. */
export function checkPermission(
  broker: Broker,
  connection: Connection,
  action: Action,
  destination: Destination,
): void {
  if (isPermitted(broker, connection, action, destination)) return
  const who = connection.principal === null ? 'nobody' : `user ${connection.principal.name}`
  const what = action === 'read' ? 'read from' : action === 'write' ? 'write to' : 'make or remove'
  throw new MillraceError('NOT_AUTHORIZED', `${who} may not ${what} ${destination.text}`)
}

/**
 * Throws NOT_AUTHORIZED unless every part may be used like that, and made where it is not there. Patterns are passed over:
 * what they cover is looked at one by one.
 */
export function checkUse(broker: Broker, connection: Connection, action: Action, whole: Destination | null): void {
  if (whole === null || broker.interceptors.permits.length === 0) return
  for (const part of whole.parts()) {
    if (part.pattern) continue
    checkPermission(broker, connection, action, part)
    // Advisory topics are the broker's to make.
    if (part.temporary || part.name.startsWith('ActiveMQ.Advisory.') || broker.destinations.find(part) !== null)
      continue
    if (isManagement(part)) continue
    checkPermission(broker, connection, 'admin', part)
  }
}
