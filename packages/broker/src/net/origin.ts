import { isLoopback } from './address.ts'

/**
 * Whether a page of this origin may open a WebSocket: one that comes from the address itself, or is in the list. Browsers
 * send cookies and reach addresses of their own machine for any page, and leave it to the server to look [RFC 6455 §10.2].
 * Who sends no origin is no browser.
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
  loopback: boolean,
): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true
  if (host === undefined || !URL.canParse(origin)) return false
  const url = new URL(origin)
  if (url.host !== host.toLowerCase()) return false
  // A name of the page's owner can be made to lead here (DNS rebinding): then the two are alike, and the name is no local one.
  return !loopback || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
}
