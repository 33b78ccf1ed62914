import { MillraceError } from '@millrace/base'
import type { Broker } from './broker.ts'
import { Connection, type ConnectionSpec } from './connection.ts'
import { checkCount } from './count-limit.ts'
import { Rate } from './flow/rate.ts'
import { ParkedCall } from './parked.ts'
import type { ConnectionPort, Reply } from './ports.ts'
import { TransactionState } from './transaction.ts'
import type { Users } from './users.ts'

/** The coming and going of connections; what is said at the methods of the broker holds. */
export class Connections {
  /** By connection id. */
  readonly all: Map<string, Connection> = new Map()
  readonly #byClientId = new Map<string, Connection>()
  readonly #broker: Broker
  readonly #users: Users

  constructor(broker: Broker, users: Users) {
    this.#broker = broker
    this.#users = users
  }

  add(spec: ConnectionSpec, port: ConnectionPort): Connection {
    const broker = this.#broker
    broker.checkOpen()
    const old = this.all.get(spec.connectionId)
    if (old !== undefined) {
      this.remove(old)
      old.port.closed(new MillraceError('CONNECTION_CLOSED', `${old.id} came back over another link`))
    }
    const holder = this.#byClientId.get(spec.clientId)
    if (holder !== undefined && (spec.allowLinkStealing ?? broker.behaviour.allowLinkStealing)) {
      this.remove(holder)
      const text = `client id ${spec.clientId} is now used by the connection from ${spec.peerAddress}`
      broker.log.info({ connection: holder.id, clientId: spec.clientId, peer: spec.peerAddress }, text)
      holder.port.closed(new MillraceError('CONNECTION_CLOSED', text))
    } else if (holder !== undefined) {
      throw new MillraceError(
        'CLIENT_ID_IN_USE',
        `client id ${spec.clientId} is in use by the connection from ${holder.spec.peerAddress}`,
      )
    }
    checkCount(this.all.size, broker.limits.connectionsMax, 'connections')
    const user = this.#users.of(spec)
    const connection = new Connection(spec, port)
    const { connectionMessagesPerSecondMax: messagesMax, connectionBytesPerSecondMax: bytesMax } = broker.limits
    connection.rate = Rate.of(messagesMax, bytesMax, broker.clock.monotonic(), user?.rate ?? null)
    for (const hook of broker.interceptors.connecting) hook(connection)
    connection.user = user
    if (user !== null) this.#users.joined(user)
    this.all.set(connection.id, connection)
    this.#byClientId.set(connection.clientId, connection)
    broker.advisories.connection('connection-added', connection)
    return connection
  }

  close(connection: Connection, reply: Reply): void {
    if (connection.parked.length > 0) {
      const close = (): void => {
        this.remove(connection)
        reply.done(null)
      }
      this.#broker.parking.park(new ParkedCall(connection, close, () => reply.done(null)))
      return
    }
    this.remove(connection)
    reply.done(null)
  }

  remove(connection: Connection): void {
    if (connection.removed) return
    const broker = this.#broker
    connection.removed = true
    // A link that is gone takes nothing more.
    connection.paused = true
    broker.parking.remove(connection)
    for (const transaction of [...connection.transactions.values(), ...broker.branches.all.values()]) {
      if (transaction.connection === connection && transaction.state === TransactionState.Active) {
        transaction.rollback(null)
      }
    }
    for (const subscription of connection.subscriptions.values()) broker.removeConsumer(subscription, -2)
    for (const producer of connection.producers.values()) broker.removeProducer(producer)
    for (const target of connection.temporaries.values()) broker.destinations.delete(target, NOBODY)
    this.all.delete(connection.id)
    this.#byClientId.delete(connection.clientId)
    if (connection.user !== null) this.#users.left(connection.user)
    broker.advisories.connection('connection-removed', connection)
    for (const hook of broker.interceptors.disconnected) hook(connection)
  }
}

const NOBODY: Reply = { done: () => {} }
