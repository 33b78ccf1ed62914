import {
  AcknowledgeMode,
  type Connection,
  DeliveryMode,
  type Destination,
  type Message,
  type MessageConsumer,
  type MessageProducer,
  Queue,
  type Session,
  Topic,
} from '@millrace/client'
import { type Life, makeMessage, open, type Run } from './run.ts'

export const QUEUES = { A: 'CRASH.A', B: 'CRASH.B', C: 'CRASH.C', D: 'CRASH.D' } as const
export const TOPIC = 'CRASH.T'
export const DURABLES = ['one', 'two'] as const

export const queueEndpoint = (name: string): string => `queue://${name}`
export const durableEndpoint = (name: string): string => `durable://${name}`
const TOPIC_ENDPOINTS: readonly string[] = DURABLES.map(durableEndpoint)

/** Somebody who works as long as a broker lives, and goes on with the next one. */
export interface Worker {
  readonly name: string
  live(life: Life): Promise<void>
}

export const durableClient = (name: string): string => `crash-${name}`

/** Numbers what one producer sends, across lives, and writes it down. */
export class Author {
  readonly #run: Run
  readonly #name: string
  #sequence = 0

  constructor(run: Run, name: string) {
    this.#run = run
    this.#name = name
  }

  write(
    session: Session,
    endpoints: readonly string[],
    options: { transaction?: string; logical?: string; persistent?: boolean } = {},
  ): { readonly id: string; readonly message: Message } {
    const sequence = ++this.#sequence
    const id = `${this.#name}-${sequence}`
    const { message, hash } = makeMessage(this.#run, session, id)
    this.#run.write({
      kind: 'send',
      id,
      logical: options.logical ?? id,
      producer: this.#name,
      sequence,
      endpoints,
      hash,
      persistent: options.persistent ?? true,
      transaction: options.transaction ?? null,
    })
    return { id, message }
  }
}

/** One message after the other; after an unknown outcome it says the same again, as applications do. */
export class PatientProducer implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #author: Author
  readonly #queue: string
  #logical = 0
  #unsettled = false

  constructor(run: Run, name: string, queue: string) {
    this.name = name
    this.#run = run
    this.#author = new Author(run, name)
    this.#queue = queue
  }

  async live(life: Life): Promise<void> {
    const connection = await open(life)
    const session = await connection.createSession()
    const producer = await session.createProducer(new Queue(this.#queue))
    while (!life.ended) {
      await this.#run.room(life)
      if (!this.#unsettled) this.#logical++
      this.#unsettled = true
      const logical = `${this.name}:${this.#logical}`
      const { id, message } = this.#author.write(session, [queueEndpoint(this.#queue)], { logical })
      await producer.send(message)
      this.#unsettled = false
      this.#run.write({ kind: 'sent', id })
    }
  }
}

/** Few enough that those who send one by one have their share. */
const IN_FLIGHT = 8

/** Many confirmed sends wait together, to several destinations, persistent or not. */
export class PipeliningProducer implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #author: Author
  readonly #targets: readonly { readonly destination: Destination; readonly endpoints: readonly string[] }[]
  readonly #persistent: boolean

  constructor(run: Run, name: string, to: { queues?: readonly string[]; topic?: boolean; persistent?: boolean }) {
    this.name = name
    this.#run = run
    this.#author = new Author(run, name)
    this.#persistent = to.persistent ?? true
    this.#targets = [
      ...(to.queues ?? []).map((queue) => ({ destination: new Queue(queue), endpoints: [queueEndpoint(queue)] })),
      ...(to.topic ? [{ destination: new Topic(TOPIC), endpoints: TOPIC_ENDPOINTS }] : []),
    ]
  }

  async live(life: Life): Promise<void> {
    const connection = await open(life)
    const session = await connection.createSession()
    const producer = await session.createProducer(null)
    if (!this.#persistent) producer.deliveryMode = DeliveryMode.NON_PERSISTENT
    const loops = Array.from({ length: IN_FLIGHT }, () => this.#loop(life, session, producer))
    // Until the last has noticed: nobody may write into the next life.
    for (const loop of await Promise.allSettled(loops)) if (loop.status === 'rejected') throw loop.reason
  }

  async #loop(life: Life, session: Session, producer: MessageProducer): Promise<void> {
    while (!life.ended) {
      await this.#run.room(life)
      const target = pick(this.#run, this.#targets)
      const { id, message } = this.#author.write(session, target.endpoints, { persistent: this.#persistent })
      await producer.send(target.destination, message, { confirm: true })
      this.#run.write({ kind: 'sent', id })
    }
  }
}

/** A few sends to several destinations, all or none. */
export class TransactingProducer implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #author: Author
  #transactions = 0

  constructor(run: Run, name: string) {
    this.name = name
    this.#run = run
    this.#author = new Author(run, name)
  }

  async live(life: Life): Promise<void> {
    const connection = await open(life)
    const session = await connection.createSession({ transacted: true })
    const producer = await session.createProducer(null)
    const targets = [
      { destination: new Queue(QUEUES.A), endpoints: [queueEndpoint(QUEUES.A)] },
      { destination: new Queue(QUEUES.B), endpoints: [queueEndpoint(QUEUES.B)] },
      { destination: new Topic(TOPIC), endpoints: TOPIC_ENDPOINTS },
    ]
    while (!life.ended) {
      await this.#run.room(life)
      const transaction = `${this.name}-t${++this.#transactions}`
      for (let i = this.#run.random(5); i >= 0; i--) {
        const target = pick(this.#run, targets)
        const { message } = this.#author.write(session, target.endpoints, { transaction })
        await producer.send(target.destination, message)
      }
      await end(this.#run, session, transaction)
    }
  }
}

/** Commits, or now and then rolls back and so gives back what it holds. */
async function end(run: Run, session: Session, transaction: string, held: Set<number> = new Set()): Promise<void> {
  if (run.random(7) === 0) {
    // Rolled back it is, whether the broker hears of it or dies.
    run.write({ kind: 'rolled-back', transaction })
    release(run, held)
    await session.rollback()
    return
  }
  run.write({ kind: 'commit', transaction })
  await session.commit()
  run.write({ kind: 'committed', transaction })
  held.clear()
}

/** Where a consumer gets its messages, and under which identity. */
export type Source = { readonly queue: string } | { readonly durable: string }

interface Place {
  readonly connection: Connection
  readonly session: Session
  readonly consumer: MessageConsumer
  readonly endpoint: string
}

async function consume(life: Life, source: Source, mode: AcknowledgeMode): Promise<Place> {
  if ('queue' in source) {
    const connection = await open(life)
    const session = await connection.createSession({ acknowledgeMode: mode })
    const consumer = await session.createConsumer(new Queue(source.queue), { prefetchSize: 100 })
    return { connection, session, consumer, endpoint: queueEndpoint(source.queue) }
  }
  const connection = await open(life, durableClient(source.durable))
  const session = await connection.createSession({ acknowledgeMode: mode })
  const consumer = await session.createDurableConsumer(new Topic(TOPIC), source.durable)
  return { connection, session, consumer, endpoint: durableEndpoint(source.durable) }
}

export interface Manners {
  readonly mode: AcknowledgeMode
  /** Now and then it leaves without acknowledging and comes back: only where it is alone, or the order of others suffers. */
  readonly fickle?: boolean
  /** Lives in which it stays away, so that a backlog grows. */
  readonly absent?: (life: Life) => boolean
}

/** Acknowledges in batches (CLIENT) or one by one (INDIVIDUAL), and now and then gives everything back. */
export class AcknowledgingConsumer implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #source: Source
  readonly #manners: Manners
  #visits = 0

  constructor(run: Run, name: string, source: Source, manners: Manners) {
    this.name = name
    this.#run = run
    this.#source = source
    this.#manners = manners
  }

  async live(life: Life): Promise<void> {
    if (this.#manners.absent?.(life)) return
    while (!life.ended) {
      const held = new Set<number>()
      try {
        await this.#visit(life, held)
      } finally {
        release(this.#run, held)
      }
    }
  }

  async #visit(life: Life, held: Set<number>): Promise<void> {
    const run = this.#run
    const { mode, fickle } = this.#manners
    const { connection, session, consumer, endpoint } = await consume(life, this.#source, mode)
    const name = `${this.name}/${++this.#visits}`
    while (!life.ended) {
      const batch = await receive(consumer, mode === AcknowledgeMode.CLIENT ? 1 + run.random(10) : 1)
      const [last] = batch.slice(-1)
      if (last === undefined) return
      for (const message of batch) held.add(run.received(message, { endpoint, consumer: name, life }))
      if (fickle && run.random(40) === 0) {
        release(run, held)
        await connection.close()
        return
      }
      if (mode === AcknowledgeMode.CLIENT && run.random(30) === 0) {
        release(run, held)
        await session.recover()
        continue
      }
      for (const delivery of held) run.write({ kind: 'acknowledge', delivery, transaction: null })
      await last.acknowledge()
      for (const delivery of held) run.write({ kind: 'acknowledged', delivery })
      held.clear()
    }
  }
}

/** Takes from one queue and puts onto another, in one transaction. */
export class Mover implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #author: Author
  readonly #from: string
  readonly #to: string
  #transactions = 0

  constructor(run: Run, name: string, from: string, to: string) {
    this.name = name
    this.#run = run
    this.#author = new Author(run, name)
    this.#from = from
    this.#to = to
  }

  async live(life: Life): Promise<void> {
    const run = this.#run
    const held = new Set<number>()
    try {
      const { session, consumer, endpoint } = await consume(
        life,
        { queue: this.#from },
        AcknowledgeMode.SESSION_TRANSACTED,
      )
      const producer = await session.createProducer(new Queue(this.#to))
      while (!life.ended) {
        const batch = await receive(consumer, 1 + run.random(5))
        if (batch.length === 0) return
        const transaction = `${this.name}-t${++this.#transactions}`
        for (const received of batch) {
          const delivery = run.received(received, { endpoint, consumer: `${this.name}/${life.number}`, life })
          held.add(delivery)
          run.write({ kind: 'acknowledge', delivery, transaction })
          const logical = `moved:${received.getStringProperty('id')}`
          const { message } = this.#author.write(session, [queueEndpoint(this.#to)], { transaction, logical })
          await producer.send(message)
        }
        await end(run, session, transaction, held)
      }
    } finally {
      release(run, held)
    }
  }
}

/** Lets the client acknowledge by itself: what was handed over may or may not be acknowledged when the broker dies. */
export class CarelessConsumer implements Worker {
  readonly name: string
  readonly #run: Run
  readonly #queue: string

  constructor(run: Run, name: string, queue: string) {
    this.name = name
    this.#run = run
    this.#queue = queue
  }

  async live(life: Life): Promise<void> {
    const run = this.#run
    const held = new Set<number>()
    try {
      const { consumer, endpoint } = await consume(life, { queue: this.#queue }, AcknowledgeMode.AUTO)
      // Not receive(): that acknowledges before it resolves, so a kill in between loses the message, as JMS has it.
      for await (const message of consumer) {
        const delivery = run.received(message, { endpoint, consumer: `${this.name}/${life.number}`, life })
        held.add(delivery)
        run.write({ kind: 'acknowledge', delivery, transaction: null })
        if (life.ended) return
      }
    } finally {
      release(run, held)
    }
  }
}

/** Waits for one, and takes what is there already up to `countMax`. None: the connection is gone. */
export async function receive(consumer: MessageConsumer, countMax: number): Promise<Message[]> {
  const first = await consumer.receive()
  if (first === null) return []
  const batch = [first]
  while (batch.length < countMax) {
    const next = await consumer.receiveNoWait()
    if (next === null) break
    batch.push(next)
  }
  return batch
}

function release(run: Run, held: Set<number>): void {
  for (const delivery of held) run.write({ kind: 'released', delivery })
  held.clear()
}

function pick<T>(run: Run, list: readonly T[]): T {
  return list[run.random(list.length)] as T
}
