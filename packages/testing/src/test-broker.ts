import {
  findVm,
  type Logger,
  MillraceError,
  type Random,
  registerVm,
  seededRandom,
  systemClock,
  systemRandom,
  unregisterVm,
  type VmConnect,
} from '@millrace/base'
import { type Connection, ConnectionFactory, type ConnectionFactoryOptions } from '@millrace/client'
import {
  type Broker,
  BrokerService,
  type BrokerServiceOptions,
  Destination,
  type Interceptor,
  type Limits,
  type PolicyEntry,
  type Queue,
} from 'millrace'
import { type DeadLetter, deadLetterOf } from './dead-letter.ts'
import { DrainTimeoutError, Emptied } from './drain.ts'
import { type Duration, milliseconds } from './duration.ts'
import { Faults } from './faults.ts'
import { type MessageView, viewOf } from './message-view.ts'
import { messagesOf, type QueueView, viewOfQueue } from './queue-view.ts'
import { Rounds } from './rounds.ts'
import { SentLog } from './sent-log.ts'
import { VirtualClock } from './virtual-clock.ts'
import { withFaults } from './vm-line.ts'

/** How a test broker is set up. */
export interface TestBrokerOptions {
  /** Of the broker and its `vm://` address. Default: one that is free, `test-1` and so on. */
  readonly name?: string
  /** `'virtual'`: time passes only by `broker.clock.advance`. A clock of another broker: both live by it. Default: the system's. */
  readonly clock?: 'virtual' | VirtualClock
  /** For what is left to chance (ids, the spreading of delays) with a virtual clock. Default: 1. */
  readonly seed?: number
  readonly limits?: Partial<Limits>
  readonly policies?: readonly PolicyEntry[]
  readonly interceptors?: readonly Interceptor[]
  /** A directory for the journal: what is stored there survives `restart`, and the broker. Default: in memory. */
  readonly persistent?: string
  /** A socket on a free port of the loopback as well, for clients of other processes: see `socketUrl`. Default: false. */
  readonly listen?: boolean
  /** Default: silence. */
  readonly log?: Logger
}

/** How long `drained` waits. */
export interface DrainOptions {
  /** Gives up with a `DrainTimeoutError` that says what is left; by the clock of the broker. Default: never. */
  readonly timeout?: Duration
}

/** What is closed in an orderly way is given this long. */
const CLOSE_MS = 1_000
/** Longer than the broker waits for clients that do not close their side. */
const FAREWELL_MS = 2_500
const DEAD_LETTERS = 'ActiveMQ.DLQ'

/**
 * A real broker inside this process: in memory, without a socket, with a `vm://` address of its own. `await using broker
 * = await testBroker()` ends it with the block.
 */
export async function testBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = new TestBroker(options)
  await broker.start()
  return broker
}

/** A real broker in the process of a test, in memory. `await using broker = await testBroker()` stops it at the end. */
export class TestBroker implements AsyncDisposable {
  readonly name: string
  /** Faults between this broker and its `vm://` clients. Those of `socketUrl` meet none: put a `faultProxy` before it. */
  readonly faults: Faults
  readonly #clock: VirtualClock | null
  readonly #rounds: Rounds
  readonly #random: Random
  readonly #service: BrokerService
  readonly #sent = new SentLog()
  readonly #emptied = new Emptied()
  readonly #connections = new Set<Connection>()
  /** Null: in memory. */
  readonly #disk: (() => Promise<void>) | null
  #closing: Promise<void> | null = null

  /** Use `testBroker`. */
  constructor(options: TestBrokerOptions) {
    const { clock } = options
    this.name = options.name ?? freeName()
    this.#clock = clock === 'virtual' ? new VirtualClock() : (clock ?? null)
    this.#rounds = this.#clock?.rounds ?? new Rounds()
    this.#random = this.#clock === null ? systemRandom : seededRandom(options.seed ?? 1)
    this.#disk = options.persistent === undefined ? null : () => this.#stored()
    this.faults = new Faults(this.#clock ?? systemClock)
    this.#service = new BrokerService(this.#serviceOptions(options))
  }

  /** `vm://test-1` */
  get url(): string {
    return `vm://${this.name}`
  }

  /** `tcp://127.0.0.1:port`. Throws CONFIGURATION_INVALID without the option `listen`. */
  get socketUrl(): string {
    const [address] = this.#service.addresses
    if (address !== undefined) return address.replace('openwire:', 'tcp:')
    throw new MillraceError('CONFIGURATION_INVALID', 'this broker has no socket: say testBroker({ listen: true })')
  }

  /** Throws CONFIGURATION_INVALID unless the option `clock` was given. */
  get clock(): VirtualClock {
    if (this.#clock !== null) return this.#clock
    throw new MillraceError('CONFIGURATION_INVALID', "time passes by itself here: say testBroker({ clock: 'virtual' })")
  }

  /** The broker behind all this, for what this class has no name for. Throws BROKER_STOPPING when it has ended. */
  get core(): Broker {
    return this.#service.broker
  }

  /** Links to clients, those over sockets included. */
  get connectionCount(): number {
    return this.#service.connectionCount
  }

  /** Makes connections that live by this broker's clock. `query`: more of the URL, `?jms.prefetchPolicy.all=1`. */
  connectionFactory(options: ConnectionFactoryOptions = {}, query = ''): ConnectionFactory {
    const { turn } = this.#rounds
    const time = this.#clock === null ? { turn } : { turn, clock: this.#clock, random: this.#random }
    return new ConnectionFactory(this.url + query, { ...time, ...options })
  }

  /** A started connection. It is closed with the broker, if it is not before. */
  async connect(options: ConnectionFactoryOptions = {}, query = ''): Promise<Connection> {
    const connection = await this.connectionFactory(options, query).createConnection()
    this.#connections.add(connection)
    connection.on('closed', () => this.#connections.delete(connection))
    await connection.start()
    return connection
  }

  /** How a queue stands; one that does not exist has nothing. `name`: `ORDERS` or `queue://ORDERS`. */
  queue(name: string): QueueView {
    const destination = Destination.parse(name)
    return viewOfQueue(destination.text, this.core.queue(destination))
  }

  /** How all queues stand, with the backlogs of durable subscriptions. */
  queues(): QueueView[] {
    return Array.from(this.core.queues(), (queue) => viewOfQueue(queue.name, queue))
  }

  /** What is in a queue, in order, given to consumers or not. It stays there. */
  async messages(name: string): Promise<MessageView[]> {
    await this.#rounds.still()
    const queue = this.core.queue(Destination.parse(name))
    return queue === null ? [] : (await messagesOf(this.core, queue)).map(viewOf)
  }

  /** What is in the dead letter queue, in order: messages that nobody could use, with the reason. They stay there. */
  async deadLetters(): Promise<DeadLetter[]> {
    return (await this.messages(DEAD_LETTERS)).map(deadLetterOf)
  }

  /**
   * What the broker was sent since it started or since `purge`, in order: the last 100,000 messages. What is sent in a
   * transaction is listed when it is sent, whatever becomes of the transaction. `destination`: `ORDERS`, `topic://NEWS`.
   */
  sent(destination?: string): MessageView[] {
    return this.#sent.list(destination === undefined ? undefined : Destination.parse(destination).text)
  }

  /**
   * Resolves when a queue has nothing left, neither waiting nor with a consumer that has not acknowledged it. Without a
   * name: when that is so for all queues and durable subscriptions but the dead letter queue. What is on its way from a
   * client in this process is waited for, and what consumers send on. Rejects with DrainTimeoutError, and with
   * BROKER_STOPPING when the broker ends.
   */
  async drained(queue?: string, { timeout }: DrainOptions = {}): Promise<void> {
    const timeoutMs = timeout === undefined ? null : milliseconds(timeout)
    let late = false
    const cancel =
      timeoutMs === null
        ? () => {}
        : (this.#clock ?? systemClock).after(timeoutMs, () => {
            late = true
            this.#emptied.tell()
          })
    try {
      for (;;) {
        await this.#rounds.still()
        const left = this.#left(queue)
        if (left.length === 0) return
        if (late) throw new DrainTimeoutError(timeoutMs ?? 0, left)
        await this.#emptied.next()
      }
    } finally {
      cancel()
    }
  }

  /** Empties every queue, what consumers have excepted, and forgets what was sent: for between two tests. */
  async purge(): Promise<void> {
    await this.#rounds.still()
    for (const queue of this.core.queues()) {
      while (queue.purge()) await this.#rounds.still()
    }
    this.#sent.clear()
    await this.#rounds.still()
  }

  /** Ends the broker, with every connection, and starts it again. What it had is there again if it is `persistent`. */
  async restart(): Promise<void> {
    await this.#stop()
    await this.#begin()
  }

  /** Use `testBroker`. */
  async start(): Promise<void> {
    const { name } = this
    const holder = findVm(name)
    if (holder !== undefined && ended.has(holder)) unregisterVm(name)
    const { turn } = this.#rounds
    const connect = withFaults(
      (client) => this.#direct()(client),
      this.faults,
      turn,
      () => this.#rounds.crossed(),
    )
    if (!registerVm(name, connect)) {
      throw new MillraceError('ADDRESS_IN_USE', `another broker of this process is ${this.url} already`)
    }
    try {
      await this.#begin()
    } catch (error) {
      unregisterVm(name)
      throw error
    }
  }

  /** Closes what is still connected, and the broker. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #serviceOptions(options: TestBrokerOptions): BrokerServiceOptions {
    const { limits, policies, interceptors = [], persistent, listen, log } = options
    return {
      name: this.name,
      vmName: this.#directName,
      turn: this.#rounds.turn,
      interceptors: [this.#refusals(), ...interceptors, this.#sent, { emptied: () => this.#emptied.tell() }],
      ...(persistent === undefined ? { memory: true } : { data: persistent }),
      ...(this.#clock === null ? {} : { clock: this.#clock.quiet }),
      ...(listen === true ? { listen: ['openwire://127.0.0.1:0'] } : {}),
      ...(limits === undefined ? {} : { limits }),
      ...(policies === undefined ? {} : { policies }),
      ...(log === undefined ? {} : { log }),
    }
  }

  /** Refusals are made by the broker itself, so that everything follows that follows from one. */
  #refusals(): Interceptor {
    const refuse = (point: 'connect' | 'producer' | 'consumer' | 'send') => (): void => {
      const [refusal] = this.faults.passing(point, true)
      if (refusal !== undefined && refusal.error !== null) throw refusal.error
    }
    return {
      connecting: refuse('connect'),
      producing: refuse('producer'),
      consuming: refuse('consumer'),
      sending: refuse('send'),
    }
  }

  #left(name: string | undefined): QueueView[] {
    const one = name === undefined ? null : this.core.queue(Destination.parse(name))
    const queues: Iterable<Queue> = name === undefined ? this.core.queues() : one === null ? [] : [one]
    const left: QueueView[] = []
    for (const queue of queues) {
      if (queue.count === 0 || (name === undefined && queue.destination.name === DEAD_LETTERS)) continue
      left.push(viewOfQueue(queue.name, queue))
    }
    return left
  }

  /** Everything that was handed to the journal so far is on the disk, and has been told. */
  async #stored(): Promise<void> {
    const { store, scheduler } = this.core
    // What is due may have to be read before it is stored as delivered.
    do await new Promise<void>((resolve) => store.commit([], { stored: () => resolve() }))
    while (scheduler.busy)
  }

  async #begin(): Promise<void> {
    await this.#service.start()
    if (this.#disk !== null) this.#rounds.disks.add(this.#disk)
  }

  /** The way to the broker itself, while it runs. */
  #direct(): VmConnect {
    const direct = findVm(this.#directName)
    if (direct === undefined) throw new MillraceError('BROKER_STOPPING', `broker ${this.name} is not running`)
    return direct
  }

  get #directName(): string {
    return `${this.name}.direct`
  }

  async #close(): Promise<void> {
    this.faults.clear()
    const closing = Array.from(this.#connections, (connection) => connection.close())
    // One whose link was cut, or whose errors nobody heard, closes all the same.
    await this.#atMost(Promise.allSettled(closing), CLOSE_MS)
    await this.#stop()
    unregisterVm(this.name)
    const connect: VmConnect = () => {
      throw new MillraceError('BROKER_STOPPING', `broker ${this.name} has ended`)
    }
    ended.add(connect)
    registerVm(this.name, connect)
    this.#emptied.fail(new MillraceError('BROKER_STOPPING', `broker ${this.name} has ended`))
  }

  async #stop(): Promise<void> {
    this.faults.clear()
    if (this.#disk !== null) this.#rounds.disks.delete(this.#disk)
    const stopping = this.#service.stop()
    await this.#atMost(stopping, FAREWELL_MS)
    await stopping
  }

  /** Waits for it as long as it may take; with a virtual clock that time is let pass, if need be. */
  async #atMost(promise: Promise<unknown>, ms: number): Promise<void> {
    let done = false
    const watched = promise.then(
      () => {
        done = true
      },
      () => {
        done = true
      },
    )
    if (this.#clock !== null) {
      await this.#rounds.still()
      if (!done) await this.#clock.advance(ms)
      return
    }
    let cancel = (): void => {}
    const limit = new Promise<void>((resolve) => {
      cancel = systemClock.after(ms, resolve)
    })
    await Promise.race([watched, limit])
    cancel()
  }
}

/**
 * What answers in place of brokers that have ended. Without it the name would be free, and a client that tries to come back
 * would be given a new broker of that name, which nobody ends.
 */
const ended = new WeakSet<VmConnect>()

let named = 0

/** Another copy of this module may have made some, too. */
function freeName(): string {
  do named++
  while (findVm(`test-${named}`) !== undefined)
  return `test-${named}`
}
