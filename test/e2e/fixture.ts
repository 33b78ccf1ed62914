import type { TestContext } from 'node:test'
import {
  type Connection,
  ConnectionFactory,
  type ConnectionFactoryOptions,
  type Message,
  TextMessage,
} from '@millrace/client'
import { BrokerService, type BrokerServiceOptions } from 'millrace'

export interface Fixture {
  readonly service: BrokerService
  /** `tcp://127.0.0.1:port` */
  readonly url: string
  factory(options?: ConnectionFactoryOptions, query?: string): ConnectionFactory
  /** A started connection, closed at the end of the test. */
  connect(options?: ConnectionFactoryOptions & { clientID?: string }): Promise<Connection>
}

/** A broker of this process in memory, on a free port of the loopback, for the duration of one test. */
export async function startBroker(t: TestContext, options: Partial<BrokerServiceOptions> = {}): Promise<Fixture> {
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null, ...options })
  await service.start()
  const connections: Connection[] = []
  t.after(async () => {
    for (const connection of connections) await connection.close().catch(() => {})
    await service.stop()
  })
  const url = tcpUrl(service)
  const factory = (given: ConnectionFactoryOptions = {}, query = ''): ConnectionFactory => {
    return new ConnectionFactory(url + query, given)
  }
  return {
    service,
    url,
    factory,
    connect: async (given = {}) => {
      const connection = await factory(given).createConnection()
      connections.push(connection)
      await connection.start()
      return connection
    },
  }
}

export function tcpUrl(service: BrokerService): string {
  const address = service.addresses.find((one) => one.startsWith('openwire://'))
  if (address === undefined) throw new Error('the broker listens nowhere')
  return address.replace('openwire://', 'tcp://')
}

/** The text of a message that must be there and be a text message. */
export function textOf(message: Message | null): string {
  if (!(message instanceof TextMessage)) throw new Error(`expected a text message, got ${String(message)}`)
  return message.text ?? ''
}

/** Time limit for what must come. It only decides how long a failing test takes. */
export const SOON = 10_000
