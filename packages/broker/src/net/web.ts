import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '@millrace/base'
import type { WebSocketServer } from 'ws'
import type { Protocol } from '../protocol/protocol.ts'
import { answer, type HttpHandler } from './http-handler.ts'
import type { Link } from './link.ts'
import { originAllowed } from './origin.ts'
import { WebSocketLink } from './web-socket-link.ts'

/** A protocol by the name that WebSockets have for it. */
export interface SubProtocol {
  readonly protocol: Protocol
  /** It can be read by programs that only have text: answers come in the kind that the client used first. */
  readonly text: boolean
}

/** What the address of a WebSocket allows. */
export interface WebRules {
  /** By name, the one preferred first. */
  readonly subProtocols: ReadonlyMap<string, SubProtocol>
  readonly allowedOrigins: readonly string[]
  readonly messageBytesMax: number
  readonly loopback: boolean
}

/** Who brings a socket that speaks HTTP. */
export interface WebVisitor {
  readonly address: string
  readonly rules: WebRules
  /** A request is being answered. */
  requested(): void
  /** The answer is out; another request may come. */
  answered(): void
  /** It is a WebSocket now. `protocol` is null when the client asked for none: its first bytes say. */
  upgraded(link: Link, protocol: Protocol | null): void
  /** What was wrong was answered; the socket is being closed. */
  refused(reason: string): void
}

const HEADER_BYTES_MAX = 16 * 1024
const HEADERS_MAX = 100
/** Pieces of one WebSocket message. */
const FRAGMENTS_MAX = 1024

/**
 * HTTP and WebSockets. The server inside listens nowhere: sockets are brought to it when it is known that they speak HTTP.
 * The library for WebSockets is loaded with the first of them.
 */
export class Web {
  readonly #server: Server
  readonly #handler: HttpHandler
  readonly #log: Logger
  readonly #visitors = new WeakMap<Duplex, WebVisitor>()
  /** By the size of their messages. */
  readonly #webSockets = new Map<number, WebSocketServer>()

  constructor(handler: HttpHandler, log: Logger) {
    this.#handler = handler
    this.#log = log
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX })
    this.#server.maxHeadersCount = HEADERS_MAX
    this.#server.on('request', (request, response) => this.#request(request, response))
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    this.#server.on('clientError', (error, socket) => {
      this.#refuse(socket, 400, `this address speaks HTTP and WebSocket: ${error.message}`)
    })
  }

  /** Bytes that were read already are in the socket again. */
  enter(socket: Socket, visitor: WebVisitor): void {
    this.#visitors.set(socket, visitor)
    this.#server.emit('connection', socket)
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const visitor = this.#visitors.get(request.socket)
    visitor?.requested()
    response.on('close', () => visitor?.answered())
    try {
      this.#handler.handle(request, response)
    } catch (error) {
      this.#log.error({ peer: visitor?.address, url: request.url, reason: String(error) }, 'an HTTP request failed')
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'Something went wrong here.\n')
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const visitor = this.#visitors.get(socket)
    if (visitor === undefined) return
    const { rules } = visitor
    const { origin, host } = request.headers
    if (!originAllowed(origin, host, rules.allowedOrigins, rules.loopback)) {
      this.#refuse(socket, 403, `pages of ${origin} may not open WebSockets here; allowedOrigins says which may`)
      return
    }
    const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    const chosen = [...rules.subProtocols.keys()].find((name) => asked.includes(name))
    if (chosen === undefined && asked.some((name) => name !== '')) {
      const known = [...rules.subProtocols.keys()].join(', ')
      this.#refuse(socket, 400, `no sub-protocol of ${asked.join(', ').slice(0, 100)} is spoken here, but ${known}`)
      return
    }
    try {
      const server = await this.#webSocketServer(rules.messageBytesMax)
      if (socket.destroyed) return
      const found = chosen === undefined ? undefined : rules.subProtocols.get(chosen)
      // The server of the library picks the first that was asked for; ours is the better one.
      if (chosen !== undefined) request.headers['sec-websocket-protocol'] = chosen
      server.handleUpgrade(request, socket, head, (webSocket) => {
        this.#visitors.delete(socket)
        const text = found?.text ?? [...rules.subProtocols.values()].some((one) => one.text)
        visitor.upgraded(new WebSocketLink(webSocket, socket, text), found?.protocol ?? null)
      })
    } catch (error) {
      this.#log.error({ peer: visitor.address, reason: String(error) }, 'a WebSocket could not be opened')
      socket.destroy()
    }
  }

  async #webSocketServer(maxPayload: number): Promise<WebSocketServer> {
    const ws = await import('ws')
    let server = this.#webSockets.get(maxPayload)
    if (server === undefined) {
      const limits = { maxPayload, maxFragments: FRAGMENTS_MAX }
      server = new ws.WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, ...limits })
      this.#webSockets.set(maxPayload, server)
    }
    return server
  }

  #refuse(socket: Duplex, status: number, reason: string): void {
    this.#visitors.get(socket)?.refused(reason)
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const text = `${reason}\n`
    const lines = ['Connection: close', 'Content-Type: text/plain; charset=utf-8', 'X-Content-Type-Options: nosniff']
    lines.push(`Content-Length: ${Buffer.byteLength(text)}`)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${text}`)
  }
}
