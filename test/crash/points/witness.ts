import {
  type Connection,
  Destination,
  type Message,
  type MessageConsumer,
  type MessageProducer,
  type Queue,
  type Session,
  TextMessage,
  type Topic,
} from '@millrace/client'
import { Ledger } from '../ledger.ts'
import { Life, open } from '../run.ts'

export interface Sending {
  /** Of the ledger; null: none. */
  readonly transaction?: string | null
  /** Bytes of the body, about. */
  readonly size?: number
  readonly timeToLive?: number
  readonly properties?: Readonly<Record<string, string | number>>
  /** Times that it is to come. */
  readonly times?: number
}

/** Where a message has to come out. What is found among the dead letters counts for the queue where it died. */
export function queueEndpoint(name: string): string {
  return `queue://${name}`
}

export const DEAD_LETTERS = 'ActiveMQ.DLQ'

/** Does what a script says, and writes it into the ledger before and after. */
export class Witness {
  readonly ledger: Ledger = new Ledger()
  life: Life
  /** Ids of messages that are dead letters for certain. */
  readonly dead: Set<string> = new Set()
  /** Their times are told apart by their message ids. */
  readonly #times = new Map<string, string[]>()
  readonly #held = new Set<number>()
  /** Acknowledged, and nobody has confirmed it. */
  readonly #limbo = new Set<number>()
  readonly #hashes = new Map<string, string>()
  #sequence = 0
  #transactions = 0
  #consumers = 0

  constructor(url: string) {
    this.life = new Life(1, url)
  }

  connect(clientID?: string): Promise<Connection> {
    return open(this.life, clientID)
  }

  transaction(): string {
    return `t${++this.#transactions}`
  }

  /** Sends what is to come out of all `endpoints`, or of none. Resolves when it is confirmed. */
  async send(
    session: Session,
    to: MessageProducer | Destination,
    endpoints: readonly string[],
    sending: Sending = {},
  ): Promise<string> {
    const { transaction = null, size = 200, timeToLive = 0, properties = {}, times = 1 } = sending
    const id = `m${++this.#sequence}`
    const message = session.createTextMessage(`${id} ${'x'.repeat(size)}`)
    message.setStringProperty('id', id)
    for (const [name, value] of Object.entries(properties)) message.setObjectProperty(name, value)
    this.#hashes.set(id, message.text ?? '')
    if (times > 1) this.#times.set(id, [])
    // All copies of one send are one unit, as a transaction is.
    const unit = transaction ?? this.transaction()
    for (let time = 1; time <= times; time++) {
      this.ledger.write({
        kind: 'send',
        id: nameOf(id, time, times),
        logical: nameOf(id, time, times),
        // What comes later, or with a transaction of another session, has no place among the others.
        producer: transaction === null && Object.keys(properties).length === 0 ? 'witness' : id,
        sequence: this.#sequence,
        endpoints,
        hash: message.text ?? '',
        persistent: true,
        transaction: unit,
      })
    }
    if (transaction === null) this.ledger.write({ kind: 'commit', transaction: unit })
    const producer = to instanceof Destination ? await session.createProducer(to) : to
    await producer.send(message, { timeToLive })
    if (transaction === null) this.ledger.write({ kind: 'committed', transaction: unit })
    return id
  }

  /** The next message of a consumer; it must come. */
  async receive(consumer: MessageConsumer, endpoint: string, name: string): Promise<Received> {
    const message = await consumer.receive(SOON_MS)
    if (message === null) throw new Error(`nothing comes from ${endpoint}`)
    return this.received(message, endpoint, name)
  }

  received(message: Message, endpoint: string, consumer: string): Received {
    const sent = message.getStringProperty('id') ?? ''
    const times = this.#times.get(sent)
    let id = sent
    if (times !== undefined) {
      const messageId = message.jmsMessageID ?? ''
      if (!times.includes(messageId)) times.push(messageId)
      id = `${sent}.${times.indexOf(messageId) + 1}`
    }
    const delivery = this.ledger.received({
      id,
      endpoint,
      consumer,
      life: this.life.number,
      hash: message instanceof TextMessage ? (message.text ?? '') : '',
      redelivered: message.JMSRedelivered,
    })
    this.#held.add(delivery)
    return { id, delivery, message }
  }

  async acknowledge(one: Received): Promise<void> {
    this.acknowledging(one, null)
    await one.message.acknowledge()
    this.acknowledged(one)
  }

  acknowledging({ delivery }: Received, transaction: string | null): void {
    this.ledger.write({ kind: 'acknowledge', delivery, transaction })
    this.#held.delete(delivery)
    this.#limbo.add(delivery)
  }

  acknowledged({ delivery }: Received): void {
    this.ledger.write({ kind: 'acknowledged', delivery })
    this.#limbo.delete(delivery)
  }

  released({ delivery }: Received): void {
    this.ledger.write({ kind: 'released', delivery })
    this.#held.delete(delivery)
    this.#limbo.delete(delivery)
  }

  /** A subscription is to end, and what it has collected with it: as if that was taken. */
  forgetting(endpoint: string, ids: readonly string[]): Received[] {
    return ids.map((id) => {
      const delivery = this.ledger.received({
        id,
        endpoint,
        consumer: `nobody ${++this.#consumers}`,
        life: this.life.number,
        hash: this.#hashes.get(id) ?? '',
        redelivered: false,
      })
      const one = { id, delivery, message: null as unknown as Message }
      this.acknowledging(one, null)
      return one
    })
  }

  /** The broker is gone: what it had given out comes again. */
  next(url: string): void {
    for (const delivery of [...this.#held, ...this.#limbo]) this.ledger.write({ kind: 'released', delivery })
    this.#held.clear()
    this.#limbo.clear()
    this.life = new Life(this.life.number + 1, url)
  }

  async leave(): Promise<void> {
    await Promise.allSettled(this.life.connections.map((connection) => connection.close()))
  }

  /** Takes everything out of a queue, or a durable subscription. */
  async drain(consumer: MessageConsumer, at: string): Promise<void> {
    const name = `drain ${++this.#consumers}`
    for (;;) {
      const message = await consumer.receive(SOON_MS)
      if (message === null) throw new Error(`${at} ended before its last message came`)
      const last = message.getStringProperty('id') === SENTINEL
      if (!last) {
        const dead = at === queueEndpoint(DEAD_LETTERS)
        const origin = dead ? queueEndpoint(message.wire.originalDestination?.physicalName ?? '') : at
        // They have no order: each died in its own time.
        const one = this.received(message, origin, dead ? `${name} ${message.jmsMessageID}` : name)
        if (this.dead.delete(one.id) && !dead) throw new Error(`${one.id} was given up, and comes out of ${at}`)
        this.acknowledging(one, null)
        await message.acknowledge()
        this.acknowledged(one)
      } else {
        await message.acknowledge()
        return
      }
    }
  }

  async sentinel(session: Session, to: Queue | Topic): Promise<void> {
    const message = session.createTextMessage('the last')
    message.setStringProperty('id', SENTINEL)
    await (await session.createProducer(to)).send(message)
  }
}

export interface Received {
  readonly id: string
  readonly delivery: number
  readonly message: Message
}

const SENTINEL = 'sentinel'

/** Only for what must come. */
const SOON_MS = 20_000

function nameOf(id: string, time: number, times: number): string {
  return times === 1 ? id : `${id}.${time}`
}
