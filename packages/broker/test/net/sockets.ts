import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Logger } from '@millrace/base'
import { BrokerService, type BrokerServiceOptions } from '../../src/service.ts'
import { TEST_CERTIFICATE } from './certificate.ts'

/** A broker in memory that ends with the test. */
export async function started(t: TestContext, options: Partial<BrokerServiceOptions>): Promise<BrokerService> {
  const service = new BrokerService({ memory: true, vmName: null, ...options })
  await service.start()
  t.after(() => service.stop())
  return service
}

/** `auto://127.0.0.1:1234` -> 1234 */
export function portOf(service: BrokerService, index = 0): number {
  return Number(/:(\d+)$/.exec(service.addresses[index] ?? '')?.[1])
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

export async function openTls(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: TEST_CERTIFICATE, ...options })
  await once(socket, 'secureConnect')
  return socket
}

/** Everything that comes until the other side closes. */
export function heard(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  return new Promise((resolve) => {
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}

/** Writes byte by byte, each in a turn of its own. */
export async function dribble(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What was logged as a warning or worse. */
export class Warnings implements Logger {
  readonly reasons: string[] = []
  debug(): void {}
  info(): void {}
  warn(fields: object): void {
    this.reasons.push(String((fields as { reason?: unknown }).reason))
  }
  error(fields: object): void {
    this.warn(fields)
  }
}
