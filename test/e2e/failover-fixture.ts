import type { TestContext } from 'node:test'
import {
  type Connection,
  type ConnectionEvents,
  ConnectionFactory,
  type ConnectionFactoryOptions,
  type Session,
} from '@millrace/client'
import type { DataStructure } from '@millrace/openwire'
import type { BrokerServiceOptions } from 'millrace'
import { type Fixture, startBroker } from './fixture.ts'
import { Relay } from './relay.ts'

export interface Failover extends Fixture {
  readonly relay: Relay
  readonly connection: Connection
  /** Cuts the line and waits until the connection has another one. */
  cut(): Promise<void>
  /** Cuts the line, and there is no other until `up`. */
  down(): Promise<void>
  up(): Promise<void>
}

/** A broker, a line to it that can be cut, and a started connection that fails over. */
export async function failover(
  t: TestContext,
  query = '',
  options: ConnectionFactoryOptions = {},
  broker: Partial<BrokerServiceOptions> = {},
): Promise<Failover> {
  const fixture = await startBroker(t, broker)
  const relay = await Relay.between(t, fixture.url)
  const connection = await new ConnectionFactory(`failover:(${relay.url})${query}`, {
    ...options,
    // A down time ends soon after `up`.
    failover: { maxReconnectDelay: 5, ...options.failover },
  }).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  return {
    ...fixture,
    relay,
    connection,
    cut: async () => {
      const resumed = next(connection, 'resumed')
      relay.cut()
      await resumed
    },
    down: async () => {
      const interrupted = next(connection, 'interrupted')
      relay.refusing = true
      relay.cut()
      await interrupted
    },
    up: async () => {
      const resumed = next(connection, 'resumed')
      relay.refusing = false
      await resumed
    },
  }
}

export function next<Name extends keyof ConnectionEvents>(
  connection: Connection,
  name: Name,
): Promise<ConnectionEvents[Name]> {
  return new Promise((resolve) => {
    connection.once(name, resolve)
  })
}

/** The next command of a client of this type, before the broker gets it. */
export function said(relay: Relay, type: DataStructure['dataType'], then: () => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    relay.onSent = (structure) => {
      if (structure.dataType !== type) return
      relay.onSent = null
      then()
      resolve()
    }
  })
}

/** What the broker says next is kept back, and then it is waited for. */
export async function kept(relay: Relay): Promise<void> {
  relay.hold()
  await new Promise<void>((resolve) => {
    relay.onHeld = resolve
  })
  relay.onHeld = null
}

/** Sends with confirmation, over a session and a producer made for it. */
export async function sendAll(connection: Connection, name: string, texts: readonly string[]): Promise<void> {
  const session: Session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue(name))
  await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))
  await session.close()
}
