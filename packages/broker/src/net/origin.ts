import { isLoopback } from './address.ts'

/**
 * Whether a page of this origin may open a WebSocket: one that comes from the address itself, or is in the list; at an
 * address that only this machine reaches, also what another server of this machine shows. Browsers reach addresses of their
 * own machine for any page, and leave it to the server to look [RFC 6455 §10.2]. Who sends no origin is no browser.
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
  loopback: boolean,
): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  // Not even a name that is alike on both sides: its owner can make it lead here (DNS rebinding).
  if (loopback) return isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  return url.host === host?.toLowerCase()
}
