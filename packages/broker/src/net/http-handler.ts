import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Answers HTTP requests that come to an address for WebSockets, or to one where the peer chooses. Pages that open
 * WebSockets to the same address come from here.
 */
export interface HttpHandler {
  /**
   * Answers with `response`, now or later; what it throws is answered with 500. The connection has `request.socket`, and no
   * time limit between the request and the end of the response.
   */
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** There is nothing but WebSockets. */
export const webSocketsOnly: HttpHandler = {
  handle(request, response) {
    const home = new URL(request.url ?? '/', 'http://localhost').pathname === '/'
    const text = home
      ? 'This address speaks WebSocket: open one with the sub-protocol v12.stomp or openwire.\n'
      : 'There is nothing here. This address speaks WebSocket.\n'
    answer(response, home ? 426 : 404, text, home ? { Upgrade: 'websocket', Connection: 'Upgrade, close' } : {})
  },
}

export function answer(response: ServerResponse, status: number, text: string, headers: object = {}): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...headers,
  })
  response.end(text)
}
