import type { Socket } from 'node:net'
import type { MillraceError, VmPeer } from '@millrace/base'
import type { Peer, Protocol } from '../protocol/protocol.ts'
import { hostAndPort } from './address.ts'
import { type ConnectionHost, PeerConnection } from './connection.ts'
import { type Door, Entrance, type EntranceHost } from './entrance.ts'
import type { Link } from './link.ts'
import { SocketLink } from './socket-link.ts'
import { VmLink } from './vm-link.ts'

/** A transport connector, as its connections know it. */
export interface Connector {
  /** `openwire://127.0.0.1:61616` */
  readonly text: string
  readonly protocols: readonly Protocol[]
  readonly connectionsMax: number
  /** What may come before a protocol does. Absent: nothing, and the first byte is the protocol's. */
  readonly door?: Door | null
}

/** All connections of a broker. */
export class Connections {
  readonly #host: ConnectionHost
  readonly #entranceHost: EntranceHost
  readonly #connectionsMax: number
  /** Of whom it is not known yet what they speak. */
  readonly #entrances = new Set<Entrance>()
  readonly #all = new Set<PeerConnection>()
  readonly #counts = new Map<Connector, number>()
  #emptied: (() => void) | null = null

  constructor(host: ConnectionHost, connectionsMax: number, web: EntranceHost['web'] = noWeb) {
    this.#host = host
    this.#entranceHost = { clock: host.clock, log: host.log, web }
    this.#connectionsMax = connectionsMax
  }

  get count(): number {
    return this.#all.size + this.#entrances.size
  }

  /** A socket that came in at a connector. Beyond the limits it is cut: there is no one to tell yet. */
  accept(socket: Socket, connector: Connector): void {
    const { remoteAddress, remotePort } = socket
    // Behind a socket in the file system is nobody with an address.
    const address = remoteAddress === undefined ? connector.text : hostAndPort(remoteAddress, remotePort ?? 0)
    if (this.count >= this.#connectionsMax || this.#countOf(connector) >= connector.connectionsMax) {
      this.#host.log.warn({ peer: address, connector: connector.text, connections: this.count }, 'too many connections')
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const { door = null } = connector
    if (door !== null) this.#ask(socket, address, connector, door)
    else
      this.#open(new SocketLink(socket), { address, connector: connector.text }, connector, connector.protocols, null)
  }

  /** A client in this process. Gives our end. */
  acceptVm(client: VmPeer, connector: Connector): VmPeer {
    const link = new VmLink(client, this.#host.turn, this.#host.log)
    const { text, protocols } = connector
    this.#open(link, { address: text, connector: text }, connector, protocols, null)
    return link.peer
  }

  tick(nowMs: number): void {
    for (const entrance of this.#entrances) entrance.tick(nowMs)
    for (const connection of this.#all) connection.tick(nowMs)
  }

  /** Says goodbye to everyone. Fulfilled when all are gone. */
  closeAll(error: MillraceError): Promise<void> {
    for (const entrance of this.#entrances) entrance.destroy()
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

  #ask(socket: Socket, address: string, connector: Connector, door: Door): void {
    const entrance: Entrance = new Entrance(socket, address, connector, door, this.#entranceHost, {
      entered: (link, peer, protocols, first) => {
        this.#entrances.delete(entrance)
        this.#leave(connector)
        this.#open(link, peer, connector, protocols, first)
      },
      left: () => {
        this.#entrances.delete(entrance)
        this.#leave(connector)
      },
    })
    this.#entrances.add(entrance)
    this.#counts.set(connector, this.#countOf(connector) + 1)
    entrance.open()
  }

  #open(link: Link, peer: Peer, connector: Connector, protocols: readonly Protocol[], first: Buffer | null): void {
    const connection = new PeerConnection(link, peer, protocols, this.#host, (gone) => {
      this.#all.delete(gone)
      this.#leave(connector)
      if (this.#all.size === 0) this.#emptied?.()
    })
    this.#all.add(connection)
    this.#counts.set(connector, this.#countOf(connector) + 1)
    connection.open(first)
  }

  #leave(connector: Connector): void {
    this.#counts.set(connector, this.#countOf(connector) - 1)
  }
}

function noWeb(): never {
  throw new Error('there is no HTTP here')
}
