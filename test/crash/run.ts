import { createHash } from 'node:crypto'
import type { Random } from '@millrace/base'
import { type Connection, ConnectionFactory, type Message, type Session, TextMessage } from '@millrace/client'
import { Ledger, type LedgerEvent } from './ledger.ts'

/** One process of the broker, from its ready line until it is killed. */
export class Life {
  readonly number: number
  readonly url: string
  /** From here on failures mean nothing: the broker is being killed. */
  ended = false
  readonly connections: Connection[] = []

  constructor(number: number, url: string) {
    this.number = number
    this.url = url
  }
}

/** By how much producers may run ahead of consumers in one life: the quiet phase has to end some time. */
const AHEAD_MAX = 1000

/** What all workers of a run share: the ledger, chance, and how far producers are ahead. */
export class Run {
  readonly ledger: Ledger = new Ledger()
  readonly random: Random
  #ahead = 0
  #waiting: (() => void)[] = []
  #alarm: { at: number; ring: () => void } | null = null

  constructor(random: Random) {
    this.random = random
  }

  write(event: LedgerEvent): void {
    this.ledger.write(event)
    // Durable subscribers do not count: they may be away.
    if (event.kind === 'send' && event.endpoints[0]?.startsWith('queue:')) this.#ahead++
    this.#look()
  }

  received(message: Message, from: { endpoint: string; consumer: string; life: Life }): number {
    const delivery = this.ledger.received({
      id: message.getStringProperty('id') ?? 'unnamed',
      endpoint: from.endpoint,
      consumer: from.consumer,
      life: from.life.number,
      hash: hashOf(message),
      redelivered: message.JMSRedelivered,
    })
    if (from.endpoint.startsWith('queue:') && --this.#ahead < AHEAD_MAX) this.#wake()
    this.#look()
    return delivery
  }

  /** Resolves when producers may go on. */
  room(life: Life): Promise<void> {
    if (this.#ahead < AHEAD_MAX || life.ended) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Calls `ring` once, from within the write of the event that is this many events away. */
  alarm(eventsAway: number, ring: () => void): void {
    this.#alarm = { at: this.ledger.events.length + eventsAway, ring }
    this.#look()
  }

  /** Nobody waits for room any more. */
  endLife(life: Life): void {
    life.ended = true
    this.#ahead = 0
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #look(): void {
    const alarm = this.#alarm
    if (alarm === null || this.ledger.events.length < alarm.at) return
    this.#alarm = null
    alarm.ring()
  }
}

/** Connects; calls on it fail when the broker dies, events tell nothing new then. */
export async function open(life: Life, clientID?: string): Promise<Connection> {
  const factory = new ConnectionFactory(life.url, {
    // `acknowledge()` then waits until the broker has stored it, which is what the ledger calls confirmed.
    sendAcksAsync: false,
    redeliveryPolicy: { maximumRedeliveries: -1, initialRedeliveryDelay: 0, redeliveryDelay: 0 },
    closeTimeout: 1000,
    throwOnPendingErrors: false,
  })
  const connection = await factory.createConnection(clientID === undefined ? {} : { clientID })
  life.connections.push(connection)
  connection.on('exception', () => {})
  await connection.start()
  return connection
}

/** A message that says who it is, and its hash. Most are small, some fill more than a block, a few more than a chunk. */
export function makeMessage(run: Run, session: Session, id: string): { message: TextMessage; hash: string } {
  const sizes = [0, 40, 300, 300, 300, 1500, 5000]
  const size = run.random(200) === 0 ? 150_000 : (sizes[run.random(sizes.length)] as number)
  const message = session.createTextMessage(`${id} ${String.fromCharCode(97 + run.random(26)).repeat(size)}`)
  message.setStringProperty('id', id)
  message.setIntProperty('salt', run.random(1_000_000))
  return { message, hash: hashOf(message) }
}

function hashOf(message: Message): string {
  const body = message instanceof TextMessage ? message.text : message.toString()
  const salt = message.propertyExists('salt') ? message.getIntProperty('salt') : 'none'
  return createHash('sha1')
    .update(`${message.getStringProperty('id')} ${salt} ${body}`)
    .digest('base64')
}
