import { systemClock, systemRandom } from '@millrace/base'
import {
  AcknowledgeMode,
  type Connection,
  DeliveryMode,
  type Destination,
  type Message,
  type MessageProducer,
  type Session,
} from '@millrace/client'
import { Command, Option } from 'commander'
import { connect, destinationOf } from '../connect.ts'
import { UsageError } from '../exit.ts'
import { Histogram } from '../histogram.ts'
import { type ClientOptions, clientOptions, seconds, whole } from '../options.ts'

interface PerfOptions extends ClientOptions {
  readonly destination: string
  readonly producers: number
  readonly consumers: number
  readonly size: number
  readonly count?: number
  readonly seconds?: number
  readonly mode: Mode
  readonly window: number
  readonly nonPersistent?: true
  readonly json?: true
}

const modes = ['sync', 'pipelined', 'async', 'transacted'] as const
type Mode = (typeof modes)[number]

export function command(): Command {
  const perf = new Command('perf')
    .description('Measures how fast a broker takes and gives messages, with this client, on this machine.')
    .option('--destination <name>', 'where to', 'queue://MILLRACE.PERF')
    .option('--producers <number>', 'each with its own connection', whole(0), 1)
    .option('--consumers <number>', 'each with its own connection', whole(0), 1)
    .option('--size <bytes>', 'of a body', whole(0), 1024)
    .option('--count <number>', 'messages of all producers together', whole(1))
    .option('--seconds <seconds>', 'send for this long (default: 5, unless there is --count)', seconds)
    .addOption(
      new Option(
        '--mode <mode>',
        'sync: one after the other; pipelined: many wait together; async: one-way; transacted',
      )
        .choices(modes)
        .default('pipelined'),
    )
    .option(
      '--window <number>',
      'pipelined: sends that wait together; transacted: sends in a transaction',
      whole(1),
      256,
    )
    .option('--non-persistent', 'messages that may be lost with the broker')
    .option('--json', 'the outcome as one JSON line, also when stdout is no terminal')
    .action(run)
  for (const option of clientOptions()) perf.addOption(option)
  return perf
}

const RUN = 'millracePerfRun'
const SENT_AT = 'millracePerfSentAt'

/** A broker that gives nothing more for this long has lost the rest. */
const STALLED_MS = 10_000

async function run(options: PerfOptions): Promise<void> {
  if (options.count !== undefined && options.seconds !== undefined) {
    throw new UsageError('--count and --seconds exclude each other')
  }
  if (options.producers === 0) throw new UsageError('--producers 0 leaves nothing to measure')
  const measurement = new Measurement(options)
  const bar = process.stderr.isTTY ? await progress(measurement) : null
  try {
    await measurement.run()
  } finally {
    bar?.()
  }
  const outcome = measurement.outcome()
  if (options.json || !process.stdout.isTTY) process.stdout.write(`${JSON.stringify(outcome)}\n`)
  else process.stdout.write(`${await table(outcome)}\n`)
}

interface Latency {
  readonly p50: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

interface Outcome {
  readonly broker: string
  readonly destination: string
  readonly mode: Mode
  readonly persistent: boolean
  readonly size: number
  readonly producers: number
  readonly consumers: number
  readonly sent: number
  readonly sentPerSecond: number
  /** From the call of `send` until it settled. */
  readonly sendLatencyMs: Latency
  readonly received: number
  readonly receivedPerSecond: number
  /** From the call of `send` until the message was handed to the consumer. */
  readonly deliveryLatencyMs: Latency
}

class Measurement {
  readonly #options: PerfOptions
  readonly #destination: Destination
  readonly #run: string
  readonly #body: string
  readonly #sendLatency = new Histogram()
  readonly #deliveryLatency = new Histogram()
  #failure: Error | null = null
  #beganMs = 0
  #sentMs = 0
  #receivedMs = 0
  #begun = 0
  sent = 0
  received = 0
  #allReceived: () => void = () => {}

  constructor(options: PerfOptions) {
    this.#options = options
    this.#destination = destinationOf(options.destination)
    this.#run = `${systemClock.now()}-${systemRandom(2 ** 31)}`
    this.#body = 'x'.repeat(options.size)
  }

  async run(): Promise<void> {
    const connections: Connection[] = []
    try {
      await this.#measure(connections)
    } finally {
      await Promise.all(connections.map((connection) => connection.close()))
    }
    if (this.#failure !== null) throw this.#failure
  }

  async #measure(connections: Connection[]): Promise<void> {
    const open = async (): Promise<Connection> => {
      const connection = await connect(this.#options)
      connections.push(connection)
      connection.on('exception', (error) => {
        this.#failure ??= error
        this.#allReceived()
      })
      await connection.start()
      return connection
    }
    for (let i = 0; i < this.#options.consumers; i++) await this.#consume(await open())
    const producers: (() => Promise<void>)[] = []
    for (let i = 0; i < this.#options.producers; i++) producers.push(await this.#producer(await open()))
    this.#beganMs = systemClock.monotonic()
    await Promise.all(producers.map((produce) => produce()))
    this.#sentMs = systemClock.monotonic()
    if (this.#options.consumers > 0) await this.#rest()
  }

  /** 0 to 1. */
  get done(): number {
    if (this.#beganMs === 0) return 0
    if (this.#options.count !== undefined) return Math.min(1, this.sent / this.#options.count)
    return Math.min(1, (systemClock.monotonic() - this.#beganMs) / this.#durationMs)
  }

  outcome(): Outcome {
    const { broker, mode, size, producers, consumers, nonPersistent } = this.#options
    return {
      broker,
      destination: this.#destination.toString(),
      mode,
      persistent: nonPersistent !== true,
      size,
      producers,
      consumers,
      sent: this.sent,
      sentPerSecond: rate(this.sent, this.#sentMs - this.#beganMs),
      sendLatencyMs: latency(this.#sendLatency),
      received: this.received,
      receivedPerSecond: rate(this.received, this.#receivedMs - this.#beganMs),
      deliveryLatencyMs: latency(this.#deliveryLatency),
    }
  }

  async #consume(connection: Connection): Promise<void> {
    const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.DUPS_OK })
    const consumer = await session.createConsumer(this.#destination)
    await consumer.setMessageListener((message) => this.#take(message))
  }

  #take(message: Message): void {
    // What an earlier run left in the queue is taken out, but not counted.
    if (message.getStringProperty(RUN) !== this.#run) return
    const nowMs = systemClock.monotonic()
    this.received++
    this.#receivedMs = nowMs
    this.#deliveryLatency.add(nowMs - message.getDoubleProperty(SENT_AT))
    if (this.received >= this.#expected) this.#allReceived()
  }

  async #producer(connection: Connection): Promise<() => Promise<void>> {
    const { mode, nonPersistent } = this.#options
    const session = await connection.createSession({ transacted: mode === 'transacted' })
    const producer = await session.createProducer(this.#destination)
    if (nonPersistent) producer.deliveryMode = DeliveryMode.NON_PERSISTENT
    return async () => {
      switch (mode) {
        case 'sync':
          while (this.#more()) await this.#send(session, producer, { confirm: true })
          break
        case 'pipelined':
          await this.#pipeline(session, producer)
          break
        case 'async':
          while (this.#more()) await this.#send(session, producer, { confirm: false })
          await connection.sync()
          break
        case 'transacted':
          await this.#transactions(session, producer)
          break
        default:
          mode satisfies never
      }
    }
  }

  /** Keeps `window` sends waiting: as many loops, each with one. */
  async #pipeline(session: Session, producer: MessageProducer): Promise<void> {
    const loop = async (): Promise<void> => {
      while (this.#more()) await this.#send(session, producer, { confirm: true })
    }
    await Promise.all(Array.from({ length: this.#options.window }, loop))
  }

  async #transactions(session: Session, producer: MessageProducer): Promise<void> {
    let open = 0
    while (this.#more()) {
      await this.#send(session, producer, {})
      if (++open < this.#options.window) continue
      await session.commit()
      open = 0
    }
    await session.commit()
  }

  /** Whether one more is to be sent; it is then counted. */
  #more(): boolean {
    if (this.#failure !== null) return false
    const { count } = this.#options
    if (count !== undefined ? this.#begun >= count : systemClock.monotonic() - this.#beganMs >= this.#durationMs)
      return false
    this.#begun++
    return true
  }

  async #send(session: Session, producer: MessageProducer, how: { confirm?: boolean }): Promise<void> {
    const message = session.createTextMessage(this.#body)
    const atMs = systemClock.monotonic()
    message.setStringProperty(RUN, this.#run)
    message.setDoubleProperty(SENT_AT, atMs)
    await producer.send(message, how)
    this.#sendLatency.add(systemClock.monotonic() - atMs)
    this.sent++
  }

  get #durationMs(): number {
    return this.#options.seconds ?? 5000
  }

  /** Each consumer of a topic gets its own copy. */
  get #expected(): number {
    return this.#sentMs === 0 ? Number.POSITIVE_INFINITY : this.sent * this.#copies
  }

  get #copies(): number {
    return this.#destination.kind === 'topic' ? this.#options.consumers : 1
  }

  /** Waits for what is still on its way to the consumers. */
  async #rest(): Promise<void> {
    let before = -1
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel()
        resolve()
      }
      const cancel = systemClock.every(STALLED_MS, () => {
        if (this.received === before) {
          this.#failure ??= new Error(`only ${this.received} of ${this.#expected} messages arrived`)
          end()
        }
        before = this.received
      })
      this.#allReceived = end
      if (this.received >= this.#expected || this.#failure !== null) end()
    })
  }
}

function rate(count: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round((count / ms) * 1000)
}

function latency(histogram: Histogram): Latency {
  const at = (share: number): number | null => {
    const ms = histogram.percentile(share)
    return ms === null ? null : Number(ms.toPrecision(3))
  }
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) }
}

/** Draws until the returned function is called. */
async function progress(measurement: Measurement): Promise<() => void> {
  const { SingleBar } = await import('cli-progress')
  const format = '{bar} {percentage} % | {sent} sent | {received} received'
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true })
  const draw = (): void => {
    bar.update(Math.round(measurement.done * 100), { sent: measurement.sent, received: measurement.received })
  }
  bar.start(100, 0, { sent: 0, received: 0 })
  const cancel = systemClock.every(100, draw)
  return () => {
    cancel()
    draw()
    bar.stop()
  }
}

async function table(outcome: Outcome): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const { mode, size, persistent, producers, consumers } = outcome
  const made = new Table({
    head: ['', 'messages', 'per second', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  const row = (name: string, count: number, perSecond: number, { p50, p99, p999, max }: Latency): string[] => {
    return [name, count, perSecond, p50, p99, p999, max].map((value) => (value === null ? '-' : String(value)))
  }
  made.push(row('sent', outcome.sent, outcome.sentPerSecond, outcome.sendLatencyMs))
  if (consumers > 0) made.push(row('received', outcome.received, outcome.receivedPerSecond, outcome.deliveryLatencyMs))
  const what = `${persistent ? 'persistent' : 'non-persistent'}, ${size} bytes, ${mode}, ${producers} to ${consumers}`
  return `${outcome.broker} ${outcome.destination}: ${what}\n${made.toString()}`
}
