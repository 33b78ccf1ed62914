import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, seededRandom, systemRandom } from '@millrace/base'
import {
  AcknowledgeMode,
  type Connection,
  ConnectionFactory,
  type Message,
  TransactionRolledBackError,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

const CUTS = Number(process.env['FAILOVER_CUTS'] ?? 40)
const FRAMES_MAX = 60

/** Cuts the line again and again, at any frame: before the broker has it, or before the client has the answer. */
function cutAtRandom(relay: Relay, random: Random): Promise<void> {
  return new Promise((resolve) => {
    let cuts = 0
    let left = 1 + random(FRAMES_MAX)
    const cut = (): void => {
      relay.onHeld = null
      relay.cut()
      left = 1 + random(FRAMES_MAX)
      cuts++
      if (cuts < CUTS) return
      relay.onSent = null
      resolve()
    }
    relay.onSent = () => {
      if (--left > 0) return
      if (random(2) === 0 || relay.onHeld !== null) cut()
      else {
        left = 1 + random(FRAMES_MAX)
        relay.onHeld = cut
        relay.hold()
      }
    }
  })
}

type Batches = Map<number, 'committed' | 'rolled back' | 'unknown'>

class Run {
  ended = false
  readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Confirmed sends, some at once, with one-way sends among them. Returns what was confirmed. */
  async send(name: string): Promise<number[]> {
    const session = await this.connection.createSession()
    const producer = await session.createProducer(session.createQueue(name))
    const confirmed: number[] = []
    let count = 0
    const one = async (): Promise<void> => {
      while (!this.ended) {
        const number = ++count
        const confirm = number % 5 > 0
        await producer.send(session.createTextMessage(String(number)), { confirm })
        if (confirm) confirmed.push(number)
        else await new Promise(setImmediate)
      }
    }
    await Promise.all([one(), one(), one(), one()])
    return confirmed
  }

  /** Three messages to a transaction. Returns the batches by what came of them. */
  async sendBatches(name: string): Promise<Batches> {
    const session = await this.connection.createSession({ transacted: true })
    const producer = await session.createProducer(session.createQueue(name))
    const batches: Batches = new Map()
    for (let batch = 1; !this.ended; batch++) {
      try {
        for (const part of [1, 2, 3]) await producer.send(session.createTextMessage(`${batch} ${part}`))
        await session.commit()
        batches.set(batch, 'committed')
      } catch (error) {
        assert.ok(error instanceof TransactionRolledBackError, String(error))
        batches.set(batch, error.outcome ?? 'rolled back')
      }
    }
    return batches
  }

  /** Takes from one queue and sends to another in one transaction, until `complete` says so. */
  async forward(from: string, to: string, complete: () => boolean): Promise<void> {
    const session = await this.connection.createSession({ transacted: true })
    const consumer = await session.createConsumer(session.createQueue(from))
    const producer = await session.createProducer(session.createQueue(to))
    while (!complete()) {
      try {
        for (let i = 0; i < 4; i++) {
          const message = await consumer.receive(20)
          if (message === null) break
          await producer.send(session.createTextMessage(textOf(message)))
        }
        await session.commit()
      } catch (error) {
        // Whether it happened or not: what did not comes again.
        assert.ok(error instanceof TransactionRolledBackError, String(error))
      }
    }
  }

  /** Until `complete` says so. What is settled for certain is noted; `twice` has what came after that. */
  async receive(name: string, transacted: boolean, complete: (taken: Taken) => boolean): Promise<Taken> {
    const taken = new Taken()
    const mode = transacted ? AcknowledgeMode.SESSION_TRANSACTED : AcknowledgeMode.INDIVIDUAL
    const session = await this.connection.createSession({ acknowledgeMode: mode })
    const consumer = await session.createConsumer(session.createQueue(name))
    while (!complete(taken)) {
      const texts: string[] = []
      const { epoch } = this.connection
      for (let i = 0; i < (transacted ? 4 : 1); i++) {
        const message: Message | null = await consumer.receive(20)
        if (message === null) break
        const text = textOf(message)
        if (taken.certain.has(text)) taken.twice.push(text)
        texts.push(text)
        if (!transacted) await message.acknowledge()
      }
      let certain = this.connection.epoch === epoch || transacted
      try {
        if (transacted) await session.commit()
      } catch (error) {
        assert.ok(error instanceof TransactionRolledBackError, String(error))
        if (error.outcome !== 'unknown') continue
        certain = false
      }
      for (const text of texts) (certain ? taken.certain : taken.doubted).add(text)
    }
    return taken
  }
}

class Taken {
  readonly certain = new Set<string>()
  readonly doubted = new Set<string>()
  readonly twice: string[] = []

  /** Of a batch of three. */
  parts(batch: number): number {
    return [1, 2, 3].filter((part) => this.has(`${batch} ${part}`)).length
  }

  has(text: string): boolean {
    return this.certain.has(text) || this.doubted.has(text)
  }
}

test('whenever the line is cut, nothing confirmed is lost and nothing settled is repeated', {
  timeout: 60_000,
}, async (t) => {
  const seed = Number(process.env['FAILOVER_SEED'] ?? systemRandom(2 ** 31))
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const query = 'initialReconnectDelay=1&maxReconnectDelay=5&jms.redeliveryPolicy.maximumRedeliveries=-1'
  const factory = new ConnectionFactory(`failover:(${relay.url})?${query}`)
  const runs = await Promise.all(
    [1, 2, 3].map(async () => {
      const connection = await factory.createConnection()
      connection.on('exception', (error) => assert.equal(error.code, 'SENDS_IN_DOUBT'))
      t.after(() => connection.close().catch(() => {}))
      await connection.start()
      return new Run(connection)
    }),
  )
  const [one, two, three] = runs as [Run, Run, Run]
  const sent = Promise.all([one.send('KEPT'), one.send('A'), one.send('FROM'), two.sendBatches('B')])
  // Over a line that nobody cuts.
  const session = await (await broker.connect()).createSession()
  const arrived = new Set<string>()
  const twice: string[] = []
  const arriving = await broker.connect().then((reader) => reader.createSession())
  await (await arriving.createConsumer(arriving.createQueue('TO'))).setMessageListener((message) => {
    const text = textOf(message)
    if (arrived.has(text)) twice.push(text)
    arrived.add(text)
  })
  // What has to come: a lost one is waited for until the test's time is over.
  let confirmed: readonly number[] | null = null
  let forwarded: readonly number[] | null = null
  let batches: Batches | null = null
  const received = Promise.all([
    three.receive('A', true, (taken) => confirmed?.every((number) => taken.has(String(number))) === true),
    three.forward('FROM', 'TO', () => forwarded?.every((number) => arrived.has(String(number))) === true),
    two.receive(
      'B',
      false,
      (taken) =>
        batches !== null &&
        [...batches].every(([batch, outcome]) => {
          const parts = taken.parts(batch)
          return outcome === 'unknown' ? parts === 0 || parts === 3 : parts === (outcome === 'committed' ? 3 : 0)
        }),
    ),
  ])
  await Promise.race([cutAtRandom(relay, random), sent, received])
  one.ended = true
  two.ended = true
  const all = await sent
  const [kept] = all
  confirmed = all[1]
  forwarded = all[2]
  batches = all[3]
  const [a, , b] = await received
  assert.deepEqual(a.twice, [])
  assert.deepEqual(b.twice, [])
  assert.deepEqual(twice, [])
  const consumer = await session.createConsumer(session.createQueue('KEPT'))
  const numbers = new Set(kept)
  let last = 0
  while (numbers.size > 0) {
    const number = Number(textOf(await consumer.receive(SOON)))
    assert.ok(number > last, `KEPT ${number} after ${last}`)
    numbers.delete(number)
    last = number
  }
})
