import type { TestContext } from 'node:test'
import { BrokerService, type BrokerServiceOptions } from '../../../src/service.ts'
import { LineClient, type StompVersion } from './line-client.ts'

export const VERSIONS: readonly StompVersion[] = ['1.0', '1.1', '1.2']

export interface StompBroker {
  readonly service: BrokerService
  /** Of the STOMP connector. */
  readonly address: string
  connect(version?: StompVersion, headers?: Readonly<Record<string, string>>): Promise<LineClient>
}

/** A broker on a free port, which goes with the test. `connector`: options of its address, with the `?`. */
export async function stompBroker(
  t: TestContext,
  connector = '',
  options: Omit<BrokerServiceOptions, 'listen'> = {},
): Promise<StompBroker> {
  const service = new BrokerService({
    ...(options.data === undefined ? { memory: true } : {}),
    listen: [`stomp://127.0.0.1:0${connector}`, 'openwire://127.0.0.1:0'],
    vmName: null,
    ...options,
  })
  await service.start()
  t.after(() => service.stop())
  const address = service.addresses[0] ?? ''
  return { service, address, connect: (version, headers) => LineClient.connect(address, version, headers) }
}
