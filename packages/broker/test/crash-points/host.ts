// A broker in a process of its own that can be told to die at a call of the disk. Orders come as lines of JSON on standard
// input, and each is answered by one on standard output. Time passes when an order says so.
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import { ManualClock, MillraceError, seededRandom, silentLogger, systemTurn } from '@millrace/base'
import { Broker, defaultLimits } from '../../src/core/broker.ts'
import { systemDisk } from '../../src/journal/disk.ts'
import { JournalStore } from '../../src/journal/journal-store.ts'
import { Connections } from '../../src/net/connections.ts'
import { outputDefaults } from '../../src/net/output.ts'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import { POLICIES, SIZES } from '../simulator/lifetime.ts'
import { DyingDisk, type Moment } from './dying-disk.ts'

type Order =
  /** `lateMs`: its clock is ahead of ours by so much. */
  | { readonly do: 'open'; readonly directory: string; readonly lateMs: number }
  | { readonly do: 'die'; readonly call: number; readonly moment: Moment }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'look' }
  | { readonly do: 'close' }

const TICK_MS = 100

const disk = new DyingDisk(systemDisk)
let running: Running | null = null

interface Running {
  readonly broker: Broker
  readonly store: JournalStore
  readonly connections: Connections
  readonly clock: ManualClock
  readonly server: Server
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await perform(JSON.parse(line) as Order)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)

async function perform(order: Order): Promise<object> {
  switch (order.do) {
    case 'open':
      running = await open(order.directory, order.lateMs)
      return { port: (running.server.address() as AddressInfo).port }
    case 'die':
      disk.dieAt(order.call, order.moment)
      return {}
    case 'advance':
      for (let left = order.ms; left > 0; left -= TICK_MS) await tick(Math.min(left, TICK_MS))
      return {}
    case 'look':
      return look()
    case 'close':
      await close()
      return {}
    default:
      throw new Error(`there is no order ${String(order satisfies never)}`)
  }
}

async function open(directory: string, lateMs: number): Promise<Running> {
  const clock = new ManualClock(Date.now() + lateMs)
  const turn = systemTurn()
  const log = silentLogger
  const failed = (error: unknown): void => {
    throw error
  }
  const store = new JournalStore({ directory, disk, turn, clock, log, random: seededRandom(1), failed, ...SIZES })
  const limits = { ...defaultLimits, expiryPeriodMs: 200 }
  const id = `ID:host-${process.pid}-${Date.now()}-0:1`
  const broker = new Broker({ name: 'host', id, store, turn, clock, log, limits, policies: POLICIES })
  await broker.open()
  const output = outputDefaults
  const connections = new Connections(
    { broker, turn, clock, log, output, detectionMsMax: 30_000, mistake: failed },
    100,
  )
  const protocols = [new OpenWireProtocol(undefined, log)]
  const connector = { text: 'host', protocols, connectionsMax: 100 }
  const server = createServer((socket) => connections.accept(socket, connector))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { broker, store, connections, clock, server }
}

async function tick(ms: number): Promise<void> {
  running?.clock.advance(ms)
  running?.broker.tick()
  do await new Promise((resolve) => setImmediate(resolve))
  while (running?.broker.scheduler.busy === true)
}

function look(): object {
  const broker = running?.broker
  const queues = Object.fromEntries([...(broker?.queues() ?? [])].map((queue) => [queue.name, queue.count]))
  return { queues, scheduled: broker?.scheduler.count, durables: broker?.durables.list().map(({ name }) => name) }
}

async function close(): Promise<void> {
  if (running === null) return
  const { broker, connections, server } = running
  running = null
  server.close()
  await connections.closeAll(new MillraceError('BROKER_STOPPING', 'the broker is stopping'))
  await broker.close()
}
