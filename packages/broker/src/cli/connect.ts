import {
  type Connection,
  ConnectionFactory,
  type ConnectionFactoryOptions,
  type Destination,
  parseDestination,
} from '@millrace/client'
import { UsageError } from './exit.ts'
import type { ClientOptions } from './options.ts'

/** A connection as the options say, not started. */
export async function connect(options: ClientOptions, more: ConnectionFactoryOptions = {}): Promise<Connection> {
  const factory = new ConnectionFactory(options.broker, {
    // A program at a terminal does not wait for ever for a broker that does not answer.
    connectResponseTimeout: 10_000,
    ...(options.user === undefined ? {} : { userName: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.clientId === undefined ? {} : { clientID: options.clientId }),
    ...more,
  })
  return await factory.createConnection()
}

/** `queue://NAME`, `topic://NAME`; a bare name is a queue. */
export function destinationOf(text: string): Destination {
  if (/^[a-z-]+:\/\//.test(text) && !/^(queue|topic|temp-queue|temp-topic):\/\//.test(text)) {
    throw new UsageError(`"${text}" is no destination; write queue://NAME or topic://NAME`)
  }
  return parseDestination(text)
}
