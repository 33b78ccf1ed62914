import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Clock, MillraceError, systemClock } from '@millrace/base'
import { Faults } from './faults.ts'
import { Line } from './line.ts'

/** What a fault proxy lives by. */
export interface FaultProxyOptions {
  /** For delays. Default: the time of the system. */
  readonly clock?: Clock
}

/**
 * A socket of this process in front of any broker that speaks OpenWire, with faults to script: `faultProxy(
 * 'tcp://127.0.0.1:61616')`. Give clients its `url`. Throws CONFIGURATION_INVALID for a URL that is not `tcp://host:port`.
 */
export async function faultProxy(target: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const proxy = new FaultProxy(target, options.clock ?? systemClock)
  await proxy.open()
  return proxy
}

interface Address {
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 61616

/** A proxy in front of a broker, on a port of its own, with faults to script. */
export class FaultProxy implements AsyncDisposable {
  readonly faults: Faults
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: Address
  #url = ''

  /** Use `faultProxy`. */
  constructor(target: string, clock: Clock) {
    this.#target = addressOf(target)
    this.faults = new Faults(clock)
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#accept(client))
  }

  /** `tcp://127.0.0.1:port`, with a port that was free. */
  get url(): string {
    return this.#url
  }

  /** Links that are up. */
  get connectionCount(): number {
    return this.#sockets.size / 2
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new MillraceError('ADDRESS_INVALID', 'no port was given')
    this.#url = `tcp://127.0.0.1:${address.port}`
  }

  /** Another broker takes over: every link is cut, and who comes back finds that one. */
  failTo(target: string): void {
    this.#target = addressOf(target)
    this.faults.cutAll()
  }

  /** Cuts what is connected and stops to listen. Calling it again does nothing. */
  async close(): Promise<void> {
    this.faults.clear()
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(client: Socket): void {
    const broker = connect(this.#target.port, this.#target.host)
    const line = new Line(
      {
        toBroker: (bytes) => write(broker, bytes, client),
        toClient: (bytes) => write(client, bytes, broker),
        end: () => {
          broker.destroySoon()
          client.destroySoon()
        },
      },
      this.faults,
      true,
    )
    client.on('data', (chunk) => line.fromClient(chunk))
    broker.on('data', (chunk) => line.fromBroker(chunk))
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('drain', () => other.resume())
      // The other end is told by the close that follows.
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        line.closed()
        other.destroySoon()
      })
    }
  }
}

function write(to: Socket, bytes: Buffer, from: Socket): void {
  if (to.destroyed || to.writableEnded) return
  if (!to.write(bytes)) from.pause()
}

function addressOf(target: string): Address {
  const url = URL.canParse(target) ? new URL(target) : null
  if (url === null || url.protocol !== 'tcp:' || url.hostname === '') {
    throw new MillraceError('CONFIGURATION_INVALID', `"${target}" is no address of a broker, expected tcp://host:port`)
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? DEFAULT_PORT : Number(url.port) }
}
