import type { Broker } from './broker.ts'
import type { ConnectionSpec } from './connection.ts'
import type { Principal } from './permission.ts'

/**
 * Who wants to connect; a protocol asks before `addConnection`, and puts the answer into the spec. Null: nobody is asked.
 * Throws, or rejects with, NOT_AUTHENTICATED.
 */
export function authenticate(broker: Broker, spec: ConnectionSpec): Principal | null | Promise<Principal> {
  const [hook] = broker.interceptors.authenticating
  return hook === undefined ? null : hook(spec)
}
