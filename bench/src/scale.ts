/**
 * What many things at once cost inside one broker: idle queues and subscriptions, deep backlogs, subscriptions that have nothing to do
 * with a message, a wide topic, one message among a million. The broker runs in a process of its own, so that only it is measured.
 *
 *   npm run scale [-- --rows idle,backlog,matching,fan-out,needle,stomp-idle,abuse,rabbitmq] [--short]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ConnectionFactory } from '@millrace/client'
import { BrokerService } from 'millrace'
import { held } from './client-memory.ts'
import type { Harness } from './harness.ts'
import { LoadClient, topicNamed } from './load-client.ts'
import { MESSAGE_BYTES, median } from './measure.ts'
import { abuse, stompIdle, stompRabbitMq } from './scale-stomp.ts'

const BROKER = 'scale-broker'
const CONSUMERS_PER_CONNECTION = 5_000
/** Nobody acknowledges here. */
const PREFETCH = 30_000
const EVERYTHING = ['idle', 'backlog', 'matching', 'fan-out', 'needle', 'stomp-idle', 'abuse', 'rabbitmq']

interface Memory {
  readonly heldBytes: number
  readonly rssBytes: number
}

/** A broker in a child process, in memory or in a directory. */
class ScaledBroker {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(data: string | null): Promise<ScaledBroker> {
    const args = data === null ? [BROKER] : [BROKER, data]
    const child = fork(fileURLToPath(import.meta.url), args, { stdio: 'inherit' })
    const [url] = (await once(child, 'message')) as [string]
    return new ScaledBroker(child, url)
  }

  async memory(): Promise<Memory> {
    this.#child.send('memory')
    const [memory] = (await once(this.#child, 'message')) as [Memory]
    return memory
  }

  /** Resident bytes as they are, without collecting garbage. */
  async residentBytes(): Promise<number> {
    this.#child.send('resident')
    const [bytes] = (await once(this.#child, 'message')) as [number]
    return bytes
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
  }
}

async function serve(data: string | undefined): Promise<void> {
  const most = 1_000_000
  const service = new BrokerService({
    ...(data === undefined ? { memory: true } : { data }),
    listen: ['openwire://127.0.0.1:0'],
    vmName: null,
    limits: { destinationsMax: most, consumersPerConnectionMax: most, durablesMax: most },
  })
  await service.start()
  process.on('message', (what) => {
    if (what === 'resident') process.send?.(process.memoryUsage.rss())
    else
      void held().then(({ heapBytes, outsideBytes, rssBytes }) => {
        process.send?.({ heldBytes: heapBytes + outsideBytes, rssBytes })
      })
  })
  process.on('SIGTERM', () => void service.stop().then(() => process.exit(0)))
  process.on('disconnect', () => process.exit(0))
  process.send?.((service.addresses[0] ?? '').replace('openwire:', 'tcp:'))
}

export interface Found {
  readonly measure: string
  readonly wanted: string
  readonly found: string
  /** Null: it could not be measured. */
  readonly met: boolean | null
}

export type Report = (found: Found) => void

async function idle(counts: readonly number[], report: Report): Promise<void> {
  for (const count of counts) {
    for (const kind of ['queues', 'subscriptions'] as const) {
      const broker = await ScaledBroker.start(null)
      // The reserves of the allocators, and code that is compiled at its first use, are nobody's share.
      await fillIdle(broker.url, kind, 'first', 2_000)
      const before = await broker.memory()
      const clients = await fillIdle(broker.url, kind, 'idle', count)
      const after = await broker.memory()
      const bytes = (after.heldBytes - before.heldBytes) / count
      const resident = (after.rssBytes - before.rssBytes) / count
      report({
        measure: `${grouped(count)} idle ${kind}, each`,
        wanted: '<= 3.00 kB',
        found: `${(bytes / 1000).toFixed(2)} kB held, ${(resident / 1000).toFixed(2)} kB resident`,
        met: bytes <= 3000,
      })
      for (const client of clients) client.close()
      await broker.stop()
    }
  }
}

async function fillIdle(
  url: string,
  kind: 'queues' | 'subscriptions',
  prefix: string,
  count: number,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = []
  for (let from = 0; from < count; from += CONSUMERS_PER_CONNECTION) {
    const client = await LoadClient.open(url)
    clients.push(client)
    const names = Array.from(
      { length: Math.min(CONSUMERS_PER_CONNECTION, count - from) },
      (_, i) => `${prefix}.${from + i}`,
    )
    if (kind === 'queues') await client.addQueues(names)
    // All on one topic: the subscriptions are weighed and not their topics.
    else
      await client.subscribe(names.map(() => ({ destination: topicNamed(prefix), selector: null, prefetch: PREFETCH })))
  }
  return clients
}

/** So many messages of 1 KiB over so many queues; what it costs, and when the first is there after a restart. */
async function backlog(messages: number, queues: number, report: Report): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-scale-'))
  let broker = await ScaledBroker.start(data)
  try {
    await fillBacklog(broker.url, messages, queues)
    const resident = (await broker.residentBytes()) / 1e6
    const where = queues === 1 ? 'one queue' : `${grouped(queues)} queues`
    report({
      measure: `${grouped(messages)} x 1 KiB pending in ${where}, resident`,
      wanted: '<= 400 MB',
      found: `${resident.toFixed(0)} MB`,
      met: resident <= 400,
    })
    for (const [how, signal] of [
      ['a stop', 'SIGTERM'],
      ['a kill', 'SIGKILL'],
    ] as const) {
      await broker.stop(signal)
      const began = performance.now()
      broker = await ScaledBroker.start(data)
      const client = await LoadClient.open(broker.url)
      await client.first(`backlog.${queues - 1}`)
      const seconds = (performance.now() - began) / 1000
      client.close()
      report({
        measure: `  to the first delivery after ${how}`,
        wanted: '<= 5.00 s',
        found: `${seconds.toFixed(2)} s`,
        met: seconds <= 5,
      })
    }
  } finally {
    await broker.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function fillBacklog(url: string, messages: number, queues: number): Promise<void> {
  if (queues === 1) {
    const client = await LoadClient.open(url)
    await client.send('backlog.0', MESSAGE_BYTES, 4000, (sent) => sent + 1 >= messages)
    client.close()
    return
  }
  const connection = await new ConnectionFactory(`${url}?jms.useAsyncSend=true`).createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer()
  const message = session.createBytesMessage()
  message.writeBytes(Buffer.alloc(MESSAGE_BYTES, 'Millrace '))
  for (let i = 0; i < messages; i++) await producer.send(session.createQueue(`backlog.${i % queues}`), message)
  await producer.flush()
  await connection.close()
}

/** Publishes to a topic with one subscriber, beside so many subscriptions that the messages do not concern. */
async function matching(counts: readonly number[], seconds: number, report: Report): Promise<void> {
  for (const kind of ['wildcard', 'selector'] as const) {
    const rates: number[] = []
    for (const count of counts) {
      const broker = await ScaledBroker.start(null)
      const clients: LoadClient[] = []
      for (let from = 0; from < count; from += CONSUMERS_PER_CONNECTION) {
        const client = await LoadClient.open(broker.url)
        clients.push(client)
        const numbers = Array.from({ length: Math.min(CONSUMERS_PER_CONNECTION, count - from) }, (_, i) => from + i)
        await client.subscribe(
          numbers.map((number) =>
            kind === 'wildcard'
              ? { destination: topicNamed(`other.${number}.>`), selector: null, prefetch: PREFETCH }
              : { destination: topicNamed('news.today'), selector: `customer = 'c${number}'`, prefetch: PREFETCH },
          ),
        )
      }
      const reader = await LoadClient.open(broker.url)
      await reader.subscribe([{ destination: topicNamed('news.today'), selector: null, prefetch: 1_000_000 }])
      const values: number[] = []
      for (let round = 0; round < 3; round++) values.push(await published(broker.url, 'news.today', [reader], seconds))
      rates.push(median(values))
      for (const client of [...clients, reader]) client.close()
      await broker.stop()
    }
    const [few = Number.NaN, many = Number.NaN] = rates
    report({
      measure: `A message beside ${counts.map(grouped).join(' and ')} unrelated ${kind} subscriptions`,
      wanted: '>= 80 %',
      found: `${grouped(few)} and ${grouped(many)} a second, ${((many / few) * 100).toFixed(0)} %`,
      met: many >= 0.8 * few,
    })
  }
}

/** So many deliveries are under way at a time: a publisher that nobody waits for would only fill the broker's memory. */
const DELIVERIES_AHEAD = 50_000

/** Deliveries a second. */
async function published(url: string, topic: string, readers: readonly LoadClient[], seconds: number): Promise<number> {
  const publisher = await LoadClient.open(url)
  const subscribers = readers.reduce((sum, reader) => sum + reader.perMessage, 0)
  const burst = Math.max(1, Math.floor(DELIVERIES_AHEAD / subscribers))
  const before = readers.map((reader) => reader.dispatches)
  const came = (messages: number): Promise<unknown> =>
    Promise.all(readers.map((reader, i) => reader.dispatched((before[i] ?? 0) + messages * reader.perMessage)))
  const began = performance.now()
  let sent = 0
  let waited: Promise<unknown> = Promise.resolve()
  while (performance.now() - began < seconds * 1000) {
    sent += await publisher.publish(topic, MESSAGE_BYTES, (count) => count + 1 >= burst)
    await waited
    waited = came(sent)
  }
  await waited
  const perSecond = (sent * subscribers) / ((performance.now() - began) / 1000)
  publisher.close()
  return perSecond
}

async function fanOut(harness: Harness, consumers: number, seconds: number, report: Report): Promise<void> {
  const connections = 10
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < 3; round++) {
    for (const system of ['Millrace', 'ActiveMQ'] as const) {
      const broker = system === 'Millrace' ? await harness.startMillrace() : await harness.startActiveMq(5)
      const readers: LoadClient[] = []
      for (let i = 0; i < connections; i++) {
        const reader = await LoadClient.open(broker.url)
        reader.perMessage = consumers / connections
        const wanted = { destination: topicNamed('wide'), selector: null, prefetch: PREFETCH }
        await reader.subscribe(Array.from({ length: reader.perMessage }, () => wanted))
        readers.push(reader)
      }
      await published(broker.url, 'wide', readers, 1)
      const values = (rates[system] ??= [])
      values.push(await published(broker.url, 'wide', readers, seconds))
      for (const reader of readers) reader.close()
      await broker.stop()
    }
  }
  const ours = median(rates['Millrace'] ?? [])
  const theirs = median(rates['ActiveMQ'] ?? [])
  report({
    measure: `Non-persistent topic 1 to ${grouped(consumers)}, deliveries a second, of ActiveMQ`,
    wanted: '>= 5.00 x',
    found: `${grouped(ours)} and ${grouped(theirs)}, ${(ours / theirs).toFixed(2)} x`,
    met: ours >= 5 * theirs,
  })
}

/** A consumer asks for one correlation id in the middle of a long queue. */
async function needle(messages: number, report: Report): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-scale-'))
  const broker = await ScaledBroker.start(data)
  try {
    const connection = await new ConnectionFactory(`${broker.url}?jms.useAsyncSend=true`).createConnection()
    const session = await connection.createSession()
    const producer = await session.createProducer(session.createQueue('haystack'))
    const body = Buffer.alloc(MESSAGE_BYTES, 'Millrace ')
    for (let i = 0; i < messages; i++) {
      const message = session.createBytesMessage()
      message.writeBytes(body)
      message.jmsCorrelationID = `request-${i}`
      await producer.send(message)
    }
    await producer.flush()
    const times: number[] = []
    for (const share of [0.5, 0.9, 0.25]) {
      const client = await LoadClient.open(broker.url)
      const began = performance.now()
      await client.first('haystack', `JMSCorrelationID = 'request-${Math.floor(messages * share)}'`)
      times.push(performance.now() - began)
      client.close()
      await pause(100)
    }
    await connection.close()
    const [first = Number.NaN, ...later] = times
    report({
      measure: `One correlation id among ${grouped(messages)} messages, the first time and later`,
      wanted: '<= 50 ms',
      found: `${first.toFixed(0)} ms; ${later.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`,
      met: first <= 50,
    })
  } finally {
    await broker.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  }
}

export async function main(harness: Harness, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rows: { type: 'string', default: EVERYTHING.join(',') }, short: { type: 'boolean', default: false } },
  })
  const { short } = values
  const rows = new Set(values.rows.split(','))
  const share = short ? 100 : 1
  const report: Report = ({ measure, wanted, found, met }) => {
    process.stdout.write(`| ${measure} | ${wanted} | ${found} | ${met === null ? '' : met ? 'met' : '**not met**'} |\n`)
  }
  process.stdout.write('| measure | wanted | found | |\n| --- | --- | --- | --- |\n')
  if (rows.has('idle')) await idle([10_000 / share, 100_000 / share], report)
  if (rows.has('backlog')) {
    await backlog(1_000_000 / share, 1, report)
    await backlog(1_000_000 / share, 10_000 / share, report)
  }
  if (rows.has('matching')) await matching([100, 100_000 / share], short ? 0.2 : 0.5, report)
  if (rows.has('fan-out')) await fanOut(harness, 1_000, short ? 0.5 : 5, report)
  if (rows.has('needle')) await needle(1_000_000 / share, report)
  if (rows.has('stomp-idle')) await stompIdle(harness, short ? 1_000 : 10_000, report)
  if (rows.has('abuse')) await abuse(harness, short ? 100 : 1_000, short ? 1 : 10, report)
  if (rows.has('rabbitmq')) await stompRabbitMq(harness, short ? 1 : 3, short ? 1 : 5, report)
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en')
}

if (process.argv[2] === BROKER) await serve(process.argv[3])
