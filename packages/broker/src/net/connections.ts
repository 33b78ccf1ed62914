import type { Socket } from 'node:net'
import type { MillraceError, VmPeer } from '@millrace/base'
import type { Protocol } from '../protocol/protocol.ts'
import { hostAndPort } from './address.ts'
import { type ConnectionHost, type ConnectionOwner, PeerConnection } from './connection.ts'
import type { Connector } from './connector.ts'
import { type Door, Entrance, type EntranceHost } from './entrance.ts'
import { SocketLink } from './socket-link.ts'
import { Tarpit } from './tarpit.ts'
import { VmLink } from './vm-link.ts'

/** All connections of a broker. */
export class Connections implements ConnectionOwner {
  readonly #host: ConnectionHost
  readonly #entranceHost: EntranceHost
  readonly #connectionsMax: number
  /** Of whom it is not known yet what they speak. */
  readonly #entrances = new Set<Entrance>()
  readonly #all = new Set<PeerConnection>()
  readonly #counts = new Map<Connector, number>()
  readonly #tarpit: Tarpit
  #emptied: (() => void) | null = null

  constructor(host: ConnectionHost, connectionsMax: number, web: EntranceHost['web'] = noWeb) {
    this.#host = host
    this.#entranceHost = { turn: host.turn, clock: host.clock, log: host.log, web }
    this.#connectionsMax = connectionsMax
    this.#tarpit = new Tarpit(connectionsMax)
  }

  /** Without those that are only held. */
  get count(): number {
    return this.#all.size + this.#entrances.size - this.#tarpit.held
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
      this.#open(
        new PeerConnection(
          new SocketLink(socket, this.#host.turn),
          { address, connector: connector.text },
          connector,
          this.#host,
          this,
        ),
        connector.protocols,
        null,
      )
  }

  /** A client in this process. Gives our end. */
  acceptVm(client: VmPeer, connector: Connector): VmPeer {
    const link = new VmLink(client, this.#host.turn, this.#host.log)
    const { text } = connector
    this.#open(
      new PeerConnection(link, { address: text, connector: text }, connector, this.#host, this),
      connector.protocols,
      null,
    )
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
        this.#open(new PeerConnection(link, peer, connector, this.#host, this), protocols, first)
      },
      left: (held) => {
        this.#entrances.delete(entrance)
        this.#gone(connector, held)
      },
      holds: () => this.#holds(connector),
    })
    this.#entrances.add(entrance)
    this.#counts.set(connector, this.#countOf(connector) + 1)
    entrance.open()
  }

  #open(connection: PeerConnection, protocols: readonly Protocol[], first: Buffer | null): void {
    this.#all.add(connection)
    this.#counts.set(connection.connector, this.#countOf(connection.connector) + 1)
    connection.open(protocols, first)
  }

  holds(connection: PeerConnection): boolean {
    return this.#holds(connection.connector)
  }

  gone(connection: PeerConnection): void {
    this.#all.delete(connection)
    this.#gone(connection.connector, connection.held)
    if (this.#all.size === 0) this.#emptied?.()
  }

  /** Who is held takes nobody's place. */
  #holds(connector: Connector): boolean {
    const held = this.#tarpit.takes(this.#host.clock.monotonic())
    if (held) this.#leave(connector)
    return held
  }

  #gone(connector: Connector, held: boolean): void {
    if (held) this.#tarpit.release()
    else this.#leave(connector)
  }

  #leave(connector: Connector): void {
    this.#counts.set(connector, this.#countOf(connector) - 1)
  }
}

function noWeb(): never {
  throw new Error('there is no HTTP here')
}
