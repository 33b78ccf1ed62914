import type { Socket } from 'node:net'
import type { MillraceError, VmPeer } from '@millrace/base'
import type { Protocol } from '../protocol/protocol.ts'
import { hostAndPort } from './address.ts'
import { type ConnectionHost, PeerConnection } from './connection.ts'
import type { Link } from './link.ts'
import { SocketLink } from './socket-link.ts'
import { VmLink } from './vm-link.ts'

/** A transport connector, as its connections know it. */
export interface Connector {
  /** `openwire://127.0.0.1:61616` */
  readonly text: string
  readonly protocols: readonly Protocol[]
  readonly connectionsMax: number
}

/** All connections of a broker. */
export class Connections {
  readonly #host: ConnectionHost
  readonly #connectionsMax: number
  readonly #all = new Set<PeerConnection>()
  readonly #counts = new Map<Connector, number>()
  #emptied: (() => void) | null = null

  constructor(host: ConnectionHost, connectionsMax: number) {
    this.#host = host
    this.#connectionsMax = connectionsMax
  }

  get count(): number {
    return this.#all.size
  }

  /** A socket that came in at a connector. Beyond the limits it is cut: there is no one to tell yet. */
  accept(socket: Socket, connector: Connector): void {
    const address = hostAndPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
    if (this.#all.size >= this.#connectionsMax || this.#countOf(connector) >= connector.connectionsMax) {
      this.#host.log.warn(
        { peer: address, connector: connector.text, connections: this.#all.size },
        'too many connections',
      )
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    this.#open(new SocketLink(socket), address, connector)
  }

  /** A client in this process. Gives our end. */
  acceptVm(client: VmPeer, connector: Connector): VmPeer {
    const link = new VmLink(client, this.#host.turn, this.#host.log)
    this.#open(link, connector.text, connector)
    return link.peer
  }

  tick(nowMs: number): void {
    for (const connection of this.#all) connection.tick(nowMs)
  }

  /** Says goodbye to everyone. Fulfilled when all are gone. */
  closeAll(error: MillraceError): Promise<void> {
    for (const connection of this.#all) connection.fail(error)
    if (this.#all.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }

  /** Cuts those that did not take the hint. */
  destroyAll(): void {
    for (const connection of this.#all) connection.destroy()
  }

  #countOf(connector: Connector): number {
    return this.#counts.get(connector) ?? 0
  }

  #open(link: Link, address: string, connector: Connector): void {
    const peer = { address, connector: connector.text }
    const connection = new PeerConnection(link, peer, connector.protocols, this.#host, (gone) => {
      this.#all.delete(gone)
      this.#counts.set(connector, this.#countOf(connector) - 1)
      if (this.#all.size === 0) this.#emptied?.()
    })
    this.#all.add(connection)
    this.#counts.set(connector, this.#countOf(connector) + 1)
    connection.open()
  }
}
