/**
 * What the client holds: for connections and consumers that do nothing, over fail-overs, and behind a slow loop. The broker, and the
 * relay whose links are cut, run in a process of their own, so that only the client is measured.
 *
 *   npm run memory -- [--connections 1000] [--consumers 10000] [--seconds 600]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHook } from 'node:async_hooks'
import { parseArgs } from 'node:util'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Connection, ConnectionFactory, type MessageConsumer } from '@millrace/client'
import { BrokerService } from 'millrace'

/** What one idle connection, or one idle consumer, may cost. */
export const IDLE_BYTES_MAX = 20_000
const CUT_EVERY_MS = 3_000
const BROKER = 'broker'

export interface Held {
  readonly heapBytes: number
  /** Buffers and what else lies outside the heap. */
  readonly outsideBytes: number
  readonly rssBytes: number
  readonly timers: number
  readonly promises: number
}

export interface IdleCost {
  readonly count: number
  /** Of the heap and outside it, for each. */
  readonly bytesEach: number
  /** Of the process, for each: in it are the allocator's reserves and the sockets' own memory. */
  readonly rssBytesEach: number
  readonly timers: number
  readonly promises: number
}

/** A broker in memory and a relay before it, in a child process. */
export class RemoteBroker {
  readonly #child: ChildProcess
  readonly url: string
  readonly relayUrl: string

  private constructor(child: ChildProcess, url: string, relayUrl: string) {
    this.#child = child
    this.url = url
    this.relayUrl = relayUrl
  }

  static async start(): Promise<RemoteBroker> {
    const child = fork(fileURLToPath(import.meta.url), [BROKER], { stdio: 'inherit' })
    const [{ url, relayUrl }] = (await once(child, 'message')) as [{ url: string; relayUrl: string }]
    return new RemoteBroker(child, url, relayUrl)
  }

  /** Ends every link that goes through the relay. */
  cut(): void {
    this.#child.send('cut')
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }
}

/** Also those that do not keep the process alive: the system does not count them. */
const timers = new Set<number>()
const timerHook = createHook({
  init: (id, type) => {
    if (type === 'Timeout') timers.add(id)
  },
  destroy: (id) => {
    timers.delete(id)
  },
})

/** What is held when nobody is doing anything and what nobody holds has been collected. */
export async function held(): Promise<Held> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    collect()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    heapBytes: heapUsed,
    outsideBytes: external,
    rssBytes: rss,
    timers: timers.size,
    promises: promiseCount(),
  }
}

/** `queryObjects` came with Node 20.13. */
function promiseCount(): number {
  return typeof queryObjects === 'function' ? Number(queryObjects(Promise, { format: 'count' })) : 0
}

function costOf(count: number, before: Held, after: Held): IdleCost {
  const bytes = after.heapBytes + after.outsideBytes - before.heapBytes - before.outsideBytes
  return {
    count,
    bytesEach: Math.round(bytes / count),
    rssBytesEach: Math.round((after.rssBytes - before.rssBytes) / count),
    timers: after.timers - before.timers,
    promises: after.promises - before.promises,
  }
}

/** Connections that are started and have a session, then consumers spread over them. */
export async function idle(
  url: string,
  connectionCount: number,
  consumerCount: number,
): Promise<{ connections: IdleCost; consumers: IdleCost }> {
  timerHook.enable()
  // What is made once, for the first of all, is nobody's share.
  const first = await new ConnectionFactory(url).createConnection()
  await first.start()
  const session = await first.createSession()
  await session.createConsumer(session.createQueue('IDLE'))

  // The allocators' reserves are made once, too.
  const some = await Promise.all(
    Array.from({ length: Math.min(500, connectionCount) }, () => new ConnectionFactory(url).createConnection()),
  )
  await Promise.all(some.map((connection) => connection.start()))
  await Promise.all(some.splice(0).map((connection) => connection.close()))

  const connections: Connection[] = []
  const consumers: MessageConsumer[] = []
  const before = await held()
  const sessions = []
  for (let i = 0; i < connectionCount; i++) {
    const connection = await new ConnectionFactory(url).createConnection()
    await connection.start()
    connections.push(connection)
    sessions.push(await connection.createSession())
  }
  const between = await held()
  for (let i = 0; i < consumerCount; i++) {
    const one = sessions[i % sessions.length] ?? session
    consumers.push(await one.createConsumer(one.createQueue('IDLE')))
  }
  const after = await held()
  timerHook.disable()
  const costs = {
    connections: costOf(connectionCount, before, between),
    consumers: costOf(consumers.length, between, after),
  }
  await Promise.all([first, ...connections].map((connection) => connection.close()))
  return costs
}

export interface Course {
  /** MiB held, at equal distances. */
  readonly samples: readonly number[]
  readonly events: number
}

/** Confirmed sends and a consumer over links that are cut again and again. */
export async function failovers(broker: RemoteBroker, cuts: number, everyMs: number): Promise<Course> {
  const url = `failover:(${broker.relayUrl})?initialReconnectDelay=5&maxReconnectDelay=50`
  const connection = await new ConnectionFactory(url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('FAILOVER')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  let ended = false
  const sending = (async () => {
    while (!ended) {
      const batch = Array.from({ length: 20 }, () => producer.send(session.createTextMessage('x'.repeat(200))))
      await Promise.all(batch)
      await pause(5)
    }
  })()
  const receiving = (async () => {
    while (!ended) await consumer.receive(100)
  })()
  const samples: number[] = []
  const every = Math.max(1, Math.floor(cuts / 10))
  for (let i = 1; i <= cuts; i++) {
    await pause(everyMs)
    const resumed = new Promise((resolve) => {
      connection.once('resumed', resolve)
    })
    broker.cut()
    await resumed
    if (i % every === 0) samples.push(mebibytes(await held()))
  }
  ended = true
  await Promise.all([sending, receiving])
  await connection.close()
  return { samples, events: cuts }
}

/** A producer that is faster than the loop that receives. */
export async function slowLoop(url: string, messages: number, everyMs: number): Promise<Course> {
  const connection = await new ConnectionFactory(url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('SLOW?consumer.prefetchSize=100')
  const producer = await (await connection.createSession()).createProducer(session.createQueue('SLOW'))
  const consumer = await session.createConsumer(queue)
  let ended = false
  const sending = (async () => {
    while (!ended) {
      const batch = Array.from({ length: 50 }, () => producer.send(session.createTextMessage('x'.repeat(1000))))
      await Promise.all(batch)
      await pause(everyMs)
    }
  })()
  const samples: number[] = []
  const every = Math.max(1, Math.floor(messages / 10))
  let count = 0
  for await (const message of consumer) {
    count++
    await pause(everyMs)
    if (count % every === 0) samples.push(mebibytes(await held()))
    if (count < messages) continue
    await message.acknowledge()
    break
  }
  ended = true
  await sending
  await connection.close()
  return { samples, events: count }
}

function mebibytes({ heapBytes, outsideBytes }: Held): number {
  return Math.round(((heapBytes + outsideBytes) / 2 ** 20) * 100) / 100
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

async function serve(): Promise<void> {
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null })
  await service.start()
  const url = (service.addresses[0] ?? '').replace('openwire:', 'tcp:')
  const { port } = new URL(url)
  const sockets = new Set<Socket>()
  const relay = createServer((socket) => {
    const other = connect(Number(port), '127.0.0.1')
    socket.pipe(other)
    other.pipe(socket)
    for (const one of [socket, other]) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        socket.destroy()
        other.destroy()
      })
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  process.on('message', () => {
    for (const socket of sockets) socket.resetAndDestroy()
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url, relayUrl: `tcp://127.0.0.1:${(relay.address() as AddressInfo).port}` })
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      connections: { type: 'string', default: '1000' },
      consumers: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '600' },
    },
  })
  const broker = await RemoteBroker.start()
  const costs = await idle(broker.url, Number(values.connections), Number(values.consumers))
  for (const [name, cost] of Object.entries(costs)) {
    say(`${cost.count} idle ${name}: ${cost.bytesEach} bytes each held, ${cost.rssBytesEach} of the process;`)
    say(`  ${cost.timers} timers and ${cost.promises} promises more for all of them`)
  }
  const seconds = Number(values.seconds)
  const slow = await slowLoop(broker.url, (seconds * 1000) / 20, 10)
  say(`slow loop, ${slow.events} messages, MiB held: ${slow.samples.join(' ')}`)
  const course = await failovers(broker, Math.ceil((seconds * 1000) / CUT_EVERY_MS), CUT_EVERY_MS)
  say(`${course.events} fail-overs, MiB held: ${course.samples.join(' ')}`)
  await broker.stop()
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

if (process.argv[2] === BROKER) await serve()
