import { ManualClock, type MillraceError, silentLogger, Turn } from '@millrace/base'
import assert from 'node:assert/strict'
import {
  type Acknowledgement,
  AckKind,
  Broker,
  type BrokerOptions,
  type Connection,
  type ConnectionPort,
  type Consumer,
  type ConsumerSpec,
  defaultLimits,
  type Entry,
  type Limits,
  type Producer,
  type Reply,
  type Subscription,
} from '../../src/core/broker.ts'
import { Destination } from '../../src/message/destination.ts'
import { Message } from '../../src/message/message.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'

export interface WorldOptions {
  readonly limits?: Partial<Limits>
  readonly store?: (turn: Turn, clock: ManualClock) => Store
  readonly storeBytesMax?: number
  readonly policies?: BrokerOptions['policies']
  readonly interceptors?: BrokerOptions['interceptors']
  /** Whatever else the broker can be told. */
  readonly broker?: Partial<BrokerOptions>
  readonly behaviour?: BrokerOptions['behaviour']
}

/** A broker with its clock and its turns in hand. */
export class World {
  readonly clock: ManualClock = new ManualClock()
  readonly ends: (() => void)[] = []
  readonly turn: Turn = new Turn((end) => this.ends.push(end))
  readonly store: Store
  readonly broker: Broker
  /** All that were made, for the question whether each was answered. */
  readonly replies: TestReply[] = []
  #connections = 0

  constructor(options: WorldOptions) {
    this.store = options.store?.(this.turn, this.clock) ?? new MemoryStore(this.turn, options.storeBytesMax)
    this.broker = new Broker({
      name: 'test',
      id: 'ID:broker-1-1-0:1',
      store: this.store,
      turn: this.turn,
      clock: this.clock,
      log: silentLogger,
      limits: { ...defaultLimits, ...options.limits },
      ...(options.policies === undefined ? {} : { policies: options.policies }),
      ...(options.interceptors === undefined ? {} : { interceptors: options.interceptors }),
      ...options.broker,
      ...(options.behaviour === undefined ? {} : { behaviour: options.behaviour }),
    })
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options)
    await world.finished(world.broker.open())
    return world
  }

  /** Ends turns until nothing is left to do. */
  run(): void {
    for (let left = 100_000; this.ends.length > 0; left--) {
      assert.ok(left > 0, 'the broker never comes to rest')
      this.step()
    }
  }

  /** The same with a store that needs the disk: until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    for (let left = 100_000; !condition(); left--) {
      assert.ok(left > 0, 'it never happens')
      this.run()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.run()
  }

  async finished<T>(promise: Promise<T>): Promise<T> {
    let done = false
    const watched = promise.finally(() => {
      done = true
    })
    // Its failure is for who awaits it here, at the end.
    watched.catch(() => {})
    await this.until(() => done)
    return watched
  }

  /** Every reply is there. */
  async answered(): Promise<void> {
    await this.until(() => this.replies.every((reply) => reply.code !== undefined))
  }

  /** Ends one turn. */
  step(): void {
    this.ends.shift()?.()
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100))
      this.broker.tick()
      this.run()
    }
  }

  reply(): TestReply {
    const reply = new TestReply()
    this.replies.push(reply)
    return reply
  }

  connect(spec: { id?: string; clientId?: string; reconnected?: boolean; userName?: string } = {}): Client {
    this.#connections++
    const id = spec.id ?? `ID:c${this.#connections}`
    return new Client(this, id, spec.clientId, spec.reconnected ?? false, spec.userName ?? null)
  }
}

export class TestReply implements Reply {
  /** Undefined: not answered yet. */
  outcome: MillraceError | null | undefined
  prepareResult: string | null = null
  readonly errorsOnly: boolean

  constructor(errorsOnly = false) {
    this.errorsOnly = errorsOnly
  }

  done(error: MillraceError | null): void {
    assert.equal(this.outcome, undefined, 'a reply is completed once')
    this.outcome = error
  }

  prepared(result: 'ok' | 'read-only'): void {
    this.prepareResult = result
    this.done(null)
  }

  get code(): string | null | undefined {
    return this.outcome === undefined ? undefined : (this.outcome?.code ?? null)
  }
}

export interface SendOptions {
  readonly persistent?: boolean
  readonly priority?: number
  readonly expiration?: number
  readonly groupId?: string
  readonly groupSequence?: number
  readonly type?: string
  readonly correlationId?: string
  readonly size?: number
  readonly transaction?: string
  readonly sequence?: number
}

export class Client implements ConnectionPort {
  readonly world: World
  readonly connection: Connection
  resumed = 0
  closedBy: MillraceError | null = null
  readonly #producers = new Map<string, Producer>()
  #numbers = 0
  #sequence = 0

  constructor(
    world: World,
    id: string,
    clientId: string | undefined,
    reconnected: boolean,
    userName: string | null = null,
  ) {
    this.world = world
    this.connection = world.broker.addConnection(
      {
        connectionId: id,
        clientId: clientId ?? `client-${id}`,
        userName,
        password: null,
        peerAddress: '127.0.0.1:1',
        reconnected,
      },
      this,
    )
  }

  resume(): void {
    this.resumed++
  }

  closed(error: MillraceError): void {
    this.closedBy = error
  }

  producer(destination: string): Producer {
    let producer = this.#producers.get(destination)
    if (producer === undefined || producer.removed) {
      const producerId = `${this.connection.id}:1:${this.#producers.size + 1}`
      producer = this.world.broker.addProducer(this.connection, { producerId, destination: at(destination) })
      this.#producers.set(destination, producer)
    }
    return producer
  }

  message(destination: string, text: string, options: SendOptions = {}): Message {
    const producer = this.producer(destination)
    this.#sequence++
    const message = new Message(at(destination), producer.id, options.sequence ?? this.#sequence)
    message.persistent = options.persistent ?? true
    message.body = Buffer.alloc(Math.max(options.size ?? 0, Buffer.byteLength(text)), ' ')
    message.body.write(text)
    message.priority = options.priority ?? 4
    message.expiration = options.expiration ?? 0
    message.groupId = options.groupId ?? null
    message.groupSequence = options.groupSequence ?? 0
    message.type = options.type ?? null
    message.correlationId = options.correlationId ?? null
    message.transactionId = options.transaction ?? null
    return message
  }

  /** Sends without ending the turn. */
  post(destination: string, text: string, options: SendOptions = {}): TestReply {
    const reply = this.world.reply()
    this.world.broker.send(this.producer(destination), this.message(destination, text, options), reply)
    return reply
  }

  /** Sends and ends turns until all is done. */
  send(destination: string, text: string, options: SendOptions = {}): TestReply {
    const reply = this.post(destination, text, options)
    this.world.run()
    return reply
  }

  consume(destination: string, spec: Partial<ConsumerSpec> = {}): TestConsumer {
    const consumer = this.consumeLater(destination, spec)
    this.world.run()
    return consumer
  }

  consumeLater(destination: string, spec: Partial<ConsumerSpec> = {}): TestConsumer {
    this.#numbers++
    return new TestConsumer(this, {
      consumerId: `${this.connection.id}:1:${this.#numbers}`,
      destination: at(destination),
      prefetch: 1000,
      selector: null,
      noLocal: false,
      browser: false,
      exclusive: false,
      retroactive: false,
      priority: 0,
      durableName: null,
      maximumPendingMessages: 0,
      ...spec,
    })
  }

  /** A request with a reply, and all turns. */
  ask(request: (reply: TestReply) => void): TestReply {
    const reply = this.world.reply()
    request(reply)
    this.world.run()
    return reply
  }

  begin(id: string): void {
    this.world.broker.begin(this.connection, id)
  }

  commit(id: string): TestReply {
    return this.ask((reply) => this.world.broker.commit(this.connection, id, reply))
  }

  rollback(id: string): TestReply {
    return this.ask((reply) => this.world.broker.rollback(this.connection, id, reply))
  }

  /** It says goodbye. */
  goodbye(): TestReply {
    const reply = new TestReply()
    this.world.broker.closeConnection(this.connection, reply)
    this.world.run()
    return reply
  }

  /** The link breaks. */
  crash(): void {
    this.world.broker.removeConnection(this.connection)
    this.world.run()
  }
}

export interface Received {
  readonly text: string
  readonly key: number
  readonly redeliveries: number
  readonly message: Message
  readonly destination: string
  readonly groupFirst: boolean
}

export class TestConsumer implements Consumer {
  readonly client: Client
  readonly subscription: Subscription
  readonly created: TestReply
  /** Not looked at yet. */
  readonly received: Received[] = []
  exhaustions = 0
  /** By the broker. */
  prefetchTold: number | null = null
  closedBy: MillraceError | null = null

  constructor(client: Client, spec: ConsumerSpec) {
    this.client = client
    this.created = client.world.reply()
    try {
      this.subscription = client.world.broker.addConsumer(client.connection, spec, this, this.created)
    } catch (error) {
      // It threw, so nothing is owed.
      client.world.replies.pop()
      throw error
    }
  }

  deliver(entry: Entry): void {
    this.received.push({
      text: (entry.message.body?.toString() ?? '').trim(),
      key: entry.key,
      redeliveries: entry.redeliveries,
      message: entry.message,
      destination: entry.destination.text,
      groupFirst: entry.groupFirst,
    })
  }

  exhausted(): void {
    this.exhaustions++
  }

  prefetchChanged(prefetch: number): void {
    this.prefetchTold = prefetch
  }

  closed(error: MillraceError): void {
    this.closedBy = error
  }

  get texts(): string[] {
    return this.received.map((one) => one.text)
  }

  /** What came since the last call. */
  take(): string[] {
    const texts = this.texts
    this.received.length = 0
    return texts
  }

  takeAll(): Received[] {
    return this.received.splice(0)
  }

  /** One acknowledgement of a range. */
  ack(last: Received, ack: Partial<Acknowledgement> = {}): TestReply {
    return this.client.ask((reply) => this.ackLater(last, ack, reply))
  }

  ackLater(last: Received, ack: Partial<Acknowledgement>, reply: Reply): void {
    this.client.world.broker.acknowledge(
      this.subscription,
      { kind: AckKind.Standard, first: 0, last: last.key, count: 1, transactionId: null, cause: null, ...ack },
      reply,
    )
  }

  /** Takes everything there is, message by message, until nothing comes any more. */
  drain(): string[] {
    const texts: string[] = []
    while (this.received.length > 0) {
      const one = this.received.shift() as Received
      texts.push(one.text)
      assert.equal(this.ack(one, { kind: AckKind.Individual }).code, null)
    }
    return texts
  }

  close(lastDelivered = -2): void {
    this.client.world.broker.removeConsumer(this.subscription, lastDelivered)
    this.client.world.run()
  }

  pull(timeoutMs: number): void {
    this.client.world.broker.pull(this.subscription, timeoutMs)
    this.client.world.run()
  }
}

/** `A` and `queue://A` are queues, `topic://A` is a topic. */
export function at(text: string): Destination {
  return Destination.parse(text)
}

export function numbers(first: number, last: number, prefix = ''): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${prefix}${first + i}`)
}
