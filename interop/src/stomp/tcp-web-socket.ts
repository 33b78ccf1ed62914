/** A TCP socket with the face of a WebSocket: what @stomp/stompjs needs of one to speak STOMP without WebSockets. */
import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import type { IStompSocket, IStompSocketMessageEvent } from '@stomp/stompjs'

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3

export class TcpWebSocket implements IStompSocket {
  readonly url: string
  binaryType = 'arraybuffer' as const
  readyState: number = CONNECTING
  onopen: ((event?: unknown) => unknown) | null = null
  onclose: ((event?: unknown) => unknown) | null = null
  onerror: ((event?: unknown) => unknown) | null = null
  onmessage: ((event: IStompSocketMessageEvent) => unknown) | null = null
  readonly #socket: Socket

  constructor(url: string) {
    this.url = url
    const { hostname, port } = new URL(url)
    this.#socket = connect(Number(port), hostname)
    this.#socket.on('connect', () => {
      this.readyState = OPEN
      this.onopen?.()
    })
    this.#socket.on('data', (chunk: Buffer) => {
      const copy = new Uint8Array(chunk)
      this.onmessage?.({ data: copy.buffer })
    })
    this.#socket.on('error', (error) => this.onerror?.(error))
    this.#socket.on('close', () => {
      this.readyState = CLOSED
      this.onclose?.({ code: 1000, reason: '', wasClean: true })
    })
  }

  send(data: string | ArrayBuffer): void {
    this.#socket.write(typeof data === 'string' ? data : Buffer.from(data))
  }

  close(): void {
    this.readyState = CLOSING
    this.#socket.end()
  }

  terminate(): void {
    this.#socket.destroy()
  }
}
