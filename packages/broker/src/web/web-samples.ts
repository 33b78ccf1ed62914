import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer, type HttpHandler } from '../net/http-handler.ts'
import { WebFiles } from './web-files.ts'

/**
 * Only what comes from here, nothing inside the page itself, and in nobody's frame. Some browsers do not count the WebSocket
 * of the same address to `'self'`, so it is named; what stands in brackets has no place in a policy [CSP3 §2.3.1].
 */
function contentSecurityPolicy(host: string): string {
  const webSocket = host.startsWith('[') ? '' : ` ws://${host} wss://${host}`
  return `${POLICY}; connect-src 'self'${webSocket}`
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  // Asked again each time, and answered with 304: a new version is there with the next look.
  'Cache-Control': 'no-cache',
  Vary: 'Host',
}

/**
 * The web samples: pages with a chat and a stock ticker, for browsers of this machine. Other paths, and other machines,
 * belong to `next`.
 */
export class WebSamples implements HttpHandler {
  readonly #files = new WebFiles()
  readonly #next: HttpHandler

  constructor(next: HttpHandler) {
    this.#next = next
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/\?.*$/, '')
    const file = isOfThisMachine(request) ? this.#files.find(path) : undefined
    if (file === undefined) {
      this.#next.handle(request, response)
      return
    }
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') {
      answer(response, 405, `${path} can be read with GET and HEAD.\n`, { Allow: 'GET, HEAD' })
      return
    }
    const { host = '' } = request.headers
    const headers = { ...HEADERS, 'Content-Security-Policy': contentSecurityPolicy(host), ETag: file.etag }
    if (isKnown(file.etag, request.headers['if-none-match'])) {
      response.writeHead(304, headers).end()
      return
    }
    response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.body.length })
    response.end(method === 'HEAD' ? undefined : file.body)
  }
}

/**
 * The peer is here, and calls us by a name of this machine: neither a proxy that shows us to others nor a foreign name that
 * was made to lead here (DNS rebinding) does.
 */
function isOfThisMachine(request: IncomingMessage): boolean {
  const { remoteAddress = '' } = request.socket
  const host = request.headers.host?.replace(/:\d*$/, '') ?? ''
  return (
    /^(?:::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.test(remoteAddress) &&
    /^(?:localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(host)
  )
}

/** [RFC 9110 §13.1.2]: compared weakly, `W/` makes no difference. */
function isKnown(etag: string, asked: string | undefined): boolean {
  if (asked === undefined) return false
  return asked.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
