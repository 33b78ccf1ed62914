import type { TLSSocket } from 'node:tls'

/**
 * Whose certificate the peer has shown and somebody in `ca` has signed, as its subject: `CN=orders,OU=shop,O=Example`, the
 * most special part first (RFC 4514). Null: none was asked for.
 */
export function certificateOf(socket: TLSSocket): string | null {
  if (!socket.authorized) return null
  const { subject } = socket.getPeerCertificate()
  if (subject === undefined) return null
  const parts: string[] = []
  for (const [name, values] of Object.entries(subject)) {
    for (const value of [values].flat()) parts.push(`${name}=${escaped(String(value))}`)
  }
  return parts.reverse().join(',')
}

/** RFC 4514 §2.4 */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&')
}
