import type { Plugin } from './plugin.ts'
import { readOptions } from './options.ts'

export interface UserIdOptions {
  /**
   * True: the name that the broker made sure of, and none when nobody was asked. False: what the client called itself.
   * Default: true.
   */
  readonly authenticated?: boolean
}

/**
 * JMSXUserID says who sent a message (the model's populateJMSXUserID, and useAuthenticatedPrincipalForJMSXUserID). What a
 * client wrote there itself is overwritten; what a bridge passes on, which has another producer in its id, keeps it.
 */
export function userId(given: UserIdOptions = {}): Plugin {
  const { authenticated } = readOptions('user-id', given, { authenticated: true })
  return {
    name: 'user-id',
    sending: ({ id, connection }, message) => {
      if (message.producerId !== id && message.userId !== null && connection.principal !== null) return
      message.userId = authenticated ? (connection.principal?.name ?? null) : connection.spec.userName
    },
  }
}
