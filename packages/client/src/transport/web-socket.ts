import type { Cancel, Clock } from '@millrace/base'
import { ConfigurationError, ConnectionFailedError } from '../errors.ts'
import type { TransportOptions } from '../options.ts'
import { type BrokerUrl, formatBrokerUrl } from '../uri.ts'
import type { Link, LinkListener, OpenLink } from './link.ts'

/** As much of a WebSocket (HTML Living Standard §WebSockets) as a link needs. `ws` and the platform's have it. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(data: Uint8Array): void
  close(): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
}

/** Makes WebSockets: the class of the platform, or that of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

/** What the client asks the server to speak. */
const PROTOCOL = 'openwire'
/** A WebSocket does not say when it has written what it was given. */
const POLL_MS = 10

/**
 * `ws://host:port/path`, `wss:`: OpenWire as a stream of bytes in binary messages, cut wherever they are. The class comes
 * from the option `webSocket`, or is the platform's, which Node has since version 22.
 */
export function openWebSocket(url: BrokerUrl, options: TransportOptions, clock: Clock): OpenLink {
  const { webSocket = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket } = options
  if (webSocket === undefined) {
    throw new ConfigurationError(
      `"${formatBrokerUrl(url)}": this platform has no WebSocket; give one as transport: { webSocket }`,
    )
  }
  const path = url.path === '' ? '' : `/${url.path}`
  return (listener, signal) => {
    return new Promise((resolve, reject) => {
      const socket = new webSocket(`${formatBrokerUrl(url)}${path}`, PROTOCOL)
      const link = new WebSocketLink(socket, listener, clock)
      const end = (): void => signal.removeEventListener('abort', aborted)
      const aborted = (): void => {
        end()
        link.destroy()
        reject(signal.reason)
      }
      link.opened = (error) => {
        end()
        if (error === null) resolve(link)
        else reject(error)
      }
      signal.addEventListener('abort', aborted, { once: true })
      if (signal.aborted) aborted()
    })
  }
}

class WebSocketLink implements Link {
  /** Who made it knows when the bytes were copied; we do not. */
  readonly reusable = false
  opened: ((error: Error | null) => void) | null = null
  readonly #socket: WebSocketLike
  readonly #listener: LinkListener
  readonly #clock: Clock
  #cancel: Cancel | null = null
  #closed = false

  constructor(socket: WebSocketLike, listener: LinkListener, clock: Clock) {
    this.#socket = socket
    this.#listener = listener
    this.#clock = clock
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      const opened = this.opened
      this.opened = null
      opened?.(null)
    }
    socket.onmessage = (event: { readonly data: unknown }) => this.#message(event.data)
    socket.onerror = (event: { readonly error?: unknown; readonly message?: string }) => {
      const { error, message = 'the WebSocket failed' } = event
      this.#end(error instanceof Error ? error : new ConnectionFailedError(message))
    }
    socket.onclose = () => this.#end(null)
  }

  get waiting(): number {
    return this.#socket.bufferedAmount
  }

  write(chunk: Buffer): void {
    if (this.#closed) return
    this.#socket.send(chunk)
    this.#watch()
  }

  end(): void {
    this.#socket.close()
  }

  destroy(): void {
    this.#end(null)
    this.#socket.close()
  }

  setNoDelay(): void {}

  ref(): void {}

  unref(): void {}

  #message(data: unknown): void {
    if (this.#closed) return
    if (data instanceof ArrayBuffer) this.#listener.received(Buffer.from(data))
    else this.#end(new ConnectionFailedError('the peer sent text, and OpenWire is binary'))
  }

  #watch(): void {
    this.#cancel ??= this.#clock.after(POLL_MS, () => {
      this.#cancel = null
      if (this.#closed) return
      if (this.waiting > 0) this.#watch()
      else this.#listener.drained()
    })
  }

  #end(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancel?.()
    const opened = this.opened
    this.opened = null
    if (opened === null) this.#listener.closed(error)
    else opened(error ?? new ConnectionFailedError('the WebSocket was closed before it was open'))
    if (error !== null) this.#socket.close()
  }
}
