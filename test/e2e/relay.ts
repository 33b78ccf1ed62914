import { connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { ByteWriter } from '@millrace/base'
import type { WireFormatInfo } from '@millrace/openwire'
import {
  ConnectionControl,
  type DataStructure,
  DataType,
  FrameReader,
  initialFormat,
  negotiate,
  WireFormat,
} from '@millrace/openwire'

/**
 * A socket between a client and a broker that passes every byte on and reads along: what a client really says, seen from
 * outside it. It can also cut the line.
 */
export class Relay {
  /** What clients sent, in order. */
  readonly sent: DataStructure[] = []
  /** What the broker sent. */
  readonly received: DataStructure[] = []
  /** Ports that clients came from. */
  readonly callers: (number | undefined)[] = []
  /** Bytes of each chunk that a client wrote. */
  readonly chunks: number[] = []
  /** While true, clients are turned away: the broker is down, as far as they can tell. */
  refusing = false
  onRefused: (() => void) | null = null
  /** Told of each command of a client before the broker gets it. One that cuts the line keeps it from the broker. */
  onSent: ((structure: DataStructure) => void) | null = null
  /** Told when something of the broker is kept back: by then it has handled what it answers. */
  onHeld: (() => void) | null = null
  /** While true, what the broker says is kept back. */
  #holding = false
  #held: (() => void)[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #pairs = new Set<{ readonly client: Socket; readonly down: FrameReader }>()
  #onEnd: () => void = () => {}
  url = ''

  constructor(port: number) {
    this.#server = createServer((client) => this.#accept(client, port))
  }

  static async between(t: TestContext, url: string): Promise<Relay> {
    const relay = new Relay(Number(new URL(url).port))
    await new Promise<void>((resolve) => {
      relay.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = relay.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the relay has no port')
    relay.url = `tcp://127.0.0.1:${address.port}`
    t.after(() => relay.close())
    return relay
  }

  /** After `close`: takes connections again, on the same port. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(Number(new URL(this.url).port), '127.0.0.1', resolve)
    })
  }

  ofType<T extends DataStructure>(type: T['dataType'], from: DataStructure[] = this.sent): T[] {
    return from.filter((one): one is T => one.dataType === type)
  }

  /** Keeps back what the broker says, until `release`. */
  hold(): void {
    this.#holding = true
  }

  release(): void {
    this.#holding = false
    for (const pass of this.#held.splice(0)) pass()
  }

  /** Says something to the clients in the broker's name. */
  say(fields: Partial<ConnectionControl>): void {
    this.tell(Object.assign(new ConnectionControl(), fields))
  }

  /** The same, of any kind. */
  tell(structure: DataStructure): void {
    for (const { client, down } of this.#pairs) {
      // A writer of its own would have a cache of its own: for structures that use none, and brokers that agree on none.
      const writer = new ByteWriter()
      down.format.marshal(structure, writer)
      client.write(writer.take())
    }
  }

  /** Resolves when no client is connected any more: all that they said has been read by then. */
  async ended(): Promise<void> {
    while (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEnd = resolve
      })
    }
  }

  /** Breaks every line, as a network does. */
  cut(): void {
    this.#holding = false
    this.#held = []
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(client: Socket, port: number): void {
    this.callers.push(client.remotePort)
    if (this.refusing) {
      client.destroy()
      this.onRefused?.()
      return
    }
    const broker = connect(port, '127.0.0.1')
    const offers: WireFormatInfo[] = []
    const up = new FrameReader(initialFormat())
    const down = new FrameReader(initialFormat())
    const pair = { client, down }
    this.#pairs.add(pair)
    client.on('close', () => this.#pairs.delete(pair))
    const note = (list: DataStructure[], structure: DataStructure | null): void => {
      if (structure === null) return
      if (structure.dataType === DataType.WireFormatInfo) {
        offers.push(structure)
        const [one, other] = offers
        if (one === undefined || other === undefined) return
        const agreed = negotiate(one, other)
        up.format = new WireFormat(agreed)
        down.format = new WireFormat(agreed)
        return
      }
      list.push(structure)
    }
    client.on('data', (chunk) => {
      this.chunks.push(chunk.length)
      up.receive(Buffer.from(chunk), {
        command: (structure) => {
          note(this.sent, structure)
          if (structure !== null) this.onSent?.(structure)
        },
      })
      if (!broker.destroyed) broker.write(chunk)
    })
    broker.on('data', (chunk) => {
      const pass = (): void => {
        down.receive(Buffer.from(chunk), { command: (structure) => note(this.received, structure) })
        client.write(chunk)
      }
      if (this.#holding) {
        this.#held.push(pass)
        this.onHeld?.()
      } else pass()
    })
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#onEnd()
        other.destroySoon()
      })
    }
  }
}
