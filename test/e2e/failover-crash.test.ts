import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  type Connection,
  ConnectionFactory,
  type Message,
  TransactionRolledBackError,
} from '@millrace/client'
import { BrokerProcess } from '../crash/broker-process.ts'
import { textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const KILLS = 4
const IN_FLIGHT = 8
/** Confirmed sends between two kills, at least. */
const PROGRESS = 200

/** What is known of one message. */
interface Fate {
  confirmed: boolean
  /** How often the application got it. */
  delivered: number
  /** It was acknowledged or committed, and the broker had said so where it says so. */
  settled: number
  /** A commit of which nobody knows whether it happened. */
  doubted: number
  /** Came again after it was settled for certain. */
  afterwards: number
}

class Ledger {
  readonly fates = new Map<string, Fate>()
  confirmed = 0

  of(text: string): Fate {
    const known = this.fates.get(text)
    if (known !== undefined) return known
    const made = { confirmed: false, delivered: 0, settled: 0, doubted: 0, afterwards: 0 }
    this.fates.set(text, made)
    return made
  }

  got(text: string): void {
    const fate = this.of(text)
    fate.delivered++
    if (fate.settled > 0) fate.afterwards++
  }

  get unfinished(): string[] {
    return [...this.fates]
      .filter(([, fate]) => fate.confirmed && fate.settled === 0 && fate.doubted === 0)
      .map(([text]) => text)
  }
}

class Producer {
  readonly ledger = new Ledger()
  stopped = false
  /** All that it sent is confirmed. */
  finished = false
  onProgress: () => void = () => {}
  readonly #name: string
  #count = 0

  constructor(name: string) {
    this.#name = name
  }

  async run(connection: Connection): Promise<void> {
    const session = await connection.createSession()
    const producer = await session.createProducer(session.createQueue(this.#name))
    const one = async (): Promise<void> => {
      while (!this.stopped) {
        const text = `${this.#name} ${++this.#count}`
        this.ledger.of(text)
        await producer.send(session.createTextMessage(text))
        this.ledger.of(text).confirmed = true
        this.ledger.confirmed++
        this.onProgress()
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, one))
    this.finished = true
  }

  async progress(): Promise<void> {
    const goal = this.ledger.confirmed + PROGRESS
    await new Promise<void>((resolve) => {
      this.onProgress = () => {
        if (this.ledger.confirmed >= goal) resolve()
      }
    })
  }
}

/** Takes some messages, commits, and goes on until everything confirmed has been taken. */
async function consumeTransacted(connection: Connection, name: string, { ledger, ...producer }: Work): Promise<void> {
  const session = await connection.createSession({ transacted: true })
  const consumer = await session.createConsumer(session.createQueue(name))
  while (!producer.done()) {
    const texts: string[] = []
    for (let i = 0; i < 5; i++) {
      const message: Message | null = await consumer.receive(100)
      if (message === null) break
      const text = textOf(message)
      texts.push(text)
      ledger.got(text)
    }
    try {
      await session.commit()
      for (const text of texts) ledger.of(text).settled++
    } catch (error) {
      assert.ok(error instanceof TransactionRolledBackError, String(error))
      if (error.outcome === 'unknown') for (const text of texts) ledger.of(text).doubted++
    }
  }
}

async function consumeAcknowledging(connection: Connection, name: string, { ledger, done }: Work): Promise<void> {
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const consumer = await session.createConsumer(session.createQueue(name))
  while (!done()) {
    const message = await consumer.receive(100)
    if (message === null) continue
    const text = textOf(message)
    ledger.got(text)
    const { epoch } = connection
    await message.acknowledge()
    // An acknowledgement over a link that broke means nothing.
    if (connection.epoch === epoch) ledger.of(text).settled++
  }
}

interface Work {
  readonly ledger: Ledger
  done(): boolean
}

test('a broker killed several times under load loses nothing confirmed and repeats nothing settled', async (t) => {
  const data = temporaryDirectory('failover')
  let broker = new BrokerProcess(data)
  t.after(() => broker.kill())
  const url = await broker.ready
  const listen = url.replace('tcp:', 'openwire:')
  const factory = new ConnectionFactory(`failover:(${url})?maxReconnectDelay=50`)
  const connections = await Promise.all([1, 2, 3, 4].map(() => factory.createConnection()))
  t.after(() => Promise.all(connections.map((connection) => connection.close().catch(() => {}))))
  const [one, two, three, four] = connections as [Connection, Connection, Connection, Connection]
  for (const connection of connections) await connection.start()

  const transacted = new Producer('TRANSACTED')
  const acknowledged = new Producer('ACKNOWLEDGED')
  const workOf = (producer: Producer): Work => ({
    ledger: producer.ledger,
    done: () => producer.finished && producer.ledger.unfinished.length === 0,
  })
  const producing = Promise.all([transacted.run(one), acknowledged.run(two)])
  const consuming = Promise.all([
    consumeTransacted(three, 'TRANSACTED', workOf(transacted)),
    consumeAcknowledging(four, 'ACKNOWLEDGED', workOf(acknowledged)),
  ])
  const working = Promise.race([producing, consuming])

  for (let kill = 0; kill < KILLS; kill++) {
    await Promise.race([Promise.all([transacted.progress(), acknowledged.progress()]), working])
    await broker.kill()
    broker = new BrokerProcess(data, listen)
    await broker.ready
  }
  await Promise.race([Promise.all([transacted.progress(), acknowledged.progress()]), working])
  transacted.stopped = true
  acknowledged.stopped = true
  await working
  await Promise.all([producing, consuming])

  for (const { ledger } of [transacted, acknowledged]) {
    assert.deepEqual(ledger.unfinished, [])
    for (const [text, fate] of ledger.fates) assert.equal(fate.confirmed, true, text)
  }
  for (const [text, fate] of transacted.ledger.fates) {
    assert.ok(fate.settled <= 1 && fate.afterwards === 0, `${text} was repeated: ${JSON.stringify(fate)}`)
  }
  for (const [text, fate] of acknowledged.ledger.fates) {
    assert.equal(fate.afterwards, 0, `${text} was repeated after it was acknowledged: ${JSON.stringify(fate)}`)
  }
  // What came again although it had been acknowledged is there, and nothing else.
  const session = await one.createSession()
  const dead = await session.createConsumer(session.createQueue('ActiveMQ.DLQ'))
  for (let message = await dead.receive(200); message !== null; message = await dead.receive(200)) {
    const text = textOf(message)
    assert.ok(text.startsWith('ACKNOWLEDGED'), `${text} is a dead letter`)
    assert.ok(acknowledged.ledger.of(text).settled > 0, `${text} is a dead letter`)
  }
  assert.equal((await broker.stop()).code, 0)
})
