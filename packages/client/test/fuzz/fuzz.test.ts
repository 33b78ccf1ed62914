import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Random, seededRandom, silentLogger } from '@millrace/base'
import {
  AcknowledgeMode,
  type Connection,
  ConnectionFactory,
  JMSError,
  type Message,
  type Session,
} from '../../src/index.ts'
import { HostileBroker } from './hostile-broker.ts'
import { forceCollection, heldBytes } from './memory.ts'

/*
 * A broker that says anything, to a client that is used in every way. Whatever it says: no exception that nobody catches,
 * no rejection that nobody sees, every call settles when the link has ended, and what rejects is a JMSError.
 *
 *   MILLRACE_SEED=7 MILLRACE_FUZZ_FRAMES=100000 npm test -- client/build/test/fuzz
 */

const SEED = Number(process.env['MILLRACE_SEED'] ?? 20_261_124)
const FRAMES = Number(process.env['MILLRACE_FUZZ_FRAMES'] ?? 12_000)
const MODES = [
  ...[AcknowledgeMode.AUTO, AcknowledgeMode.CLIENT, AcknowledgeMode.DUPS_OK],
  ...[AcknowledgeMode.INDIVIDUAL, AcknowledgeMode.SESSION_TRANSACTED],
]
/** Only decides how long a failing test takes. */
const SETTLED_MS = 10_000
const GROWTH_BYTES_MAX = 24 * 2 ** 20

const WIRES = [true, false].flatMap((tight) => [true, false].map((cache) => ({ tight, cache })))

for (const kind of ['one link', 'failover'] as const) {
  for (const { tight, cache } of WIRES) {
    const how = `${kind}, ${tight ? 'tight' : 'loose'}, ${cache ? 'cached' : 'uncached'}`
    test(`whatever a broker says, every call settles and nothing else breaks: ${how}`, async (t) => {
      t.diagnostic(`MILLRACE_SEED=${SEED}`)
      const uncaught: unknown[] = []
      const note = (error: unknown): void => void uncaught.push(error)
      process.on('unhandledRejection', note)
      process.on('uncaughtExceptionMonitor', note)
      t.after(() => {
        process.off('unhandledRejection', note)
        process.off('uncaughtExceptionMonitor', note)
      })
      const random = seededRandom(SEED + WIRES.findIndex((one) => one.tight === tight && one.cache === cache))
      let begin = 0
      let frames = 0
      const share = FRAMES / (2 * WIRES.length)
      for (let round = 0; frames < share; round++) {
        frames += await oneRound(t, random, kind, { tight, cache })
        assert.deepEqual(uncaught, [], `round ${round}`)
        if (frames < share / 2 || begin > 0) continue
        forceCollection()
        begin = heldBytes()
      }
      forceCollection()
      const grown = heldBytes() - begin
      t.diagnostic(`${frames} frames, memory grew by ${(grown / 2 ** 20).toFixed(1)} MiB in the second half`)
      assert.ok(grown < GROWTH_BYTES_MAX, `${grown} bytes more are held`)
    })
  }
}

/** One connection's life. Returns how many frames the broker said. */
async function oneRound(
  t: TestContext,
  random: Random,
  kind: 'one link' | 'failover',
  wire: { tight: boolean; cache: boolean },
): Promise<number> {
  const broker = new HostileBroker(random, {
    offer: {
      version: random(3) === 0 ? 1 + random(12) : 12,
      tightEncodingEnabled: wire.tight,
      cacheEnabled: wire.cache,
      cacheSize: 100 + random(1000),
      ...(random(6) === 0 ? { maxFrameSize: 200 + random(400) } : {}),
    },
    framesMax: 10 + random(400),
    damagedOneIn: [0, 0, 30, 100][random(4)] as number,
  })
  const address = await broker.listen()
  const links = kind === 'failover' ? 1 + random(4) : 1
  const url =
    kind === 'failover'
      ? `failover:(${address})?initialReconnectDelay=1&maxReconnectDelay=2&maxReconnectAttempts=2`
      : address
  const program = new Program(random, url)
  const ended = program.run(links)
  await settled(t, ended, () => program.pending(), 'the program')
  await broker.close()
  // The link is gone for good now, so whatever still waits has to end.
  await settled(t, Promise.all(program.calls.values()), () => program.pending(), 'calls after the end of the link')
  await settled(t, program.close(), () => ['close()'], 'the end')
  assert.deepEqual(program.mistakes, [])
  return broker.frames
}

async function settled(
  t: TestContext,
  promise: Promise<unknown>,
  pending: () => string[],
  what: string,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: still waiting for ${pending().join(', ')}`)), SETTLED_MS)
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
  t.signal.throwIfAborted()
}

/** Uses a connection in every way at once. Nothing is waited for that the broker could keep back. */
class Program {
  readonly calls = new Map<string, Promise<unknown>>()
  readonly mistakes: unknown[] = []
  readonly #random: Random
  readonly #url: string
  readonly #names = new Map<Promise<unknown>, string>()
  #connection: Connection | null = null
  #count = 0
  #lost: () => void = () => {}
  readonly #gone = new Promise<void>((resolve) => {
    this.#lost = resolve
  })

  constructor(random: Random, url: string) {
    this.#random = random
    this.#url = url
  }

  pending(): string[] {
    return [...this.#names.values()]
  }

  /** Until the link, or so many of them, ended. */
  async run(links: number): Promise<void> {
    const options = {
      log: silentLogger,
      closeTimeout: 200,
      optimizeAcknowledge: this.#random(2) === 0,
      producerWindowSize: this.#random(2) === 0 ? 2000 : 0,
    }
    const factory = new ConnectionFactory(this.#url, options)
    const connection = await this.#call('createConnection', factory.createConnection({ timeout: 2000 }))
    if (connection === null) return
    this.#connection = connection
    let left = links
    connection.on('closed', () => this.#lost())
    connection.on('exception', (error) => this.#check(error))
    connection.on('interrupted', ({ error }) => {
      this.#check(error)
      left--
      if (left <= 0) this.#lost()
    })
    // Refused at the door there is no event: the call has said it.
    connection.start().catch(() => this.#lost())
    void this.#call('start', connection.start())
    for (let i = 0; i < 3; i++) void this.#useSession(connection)
    await this.#gone
  }

  async close(): Promise<void> {
    if (this.#connection !== null) await this.#call('close', this.#connection.close())
  }

  async #useSession(connection: Connection): Promise<void> {
    const random = this.#random
    const acknowledgeMode = MODES[random(MODES.length)] as AcknowledgeMode
    const session = await this.#call('createSession', connection.createSession({ acknowledgeMode }))
    if (session === null) return
    for (let i = 0; i < 3; i++) void this.#produce(session)
    for (let i = 0; i < 3; i++) void this.#consume(session)
    void this.#call('sync', connection.sync())
    void this.#call('temporary', session.createTemporaryQueue())
    void this.#call('unsubscribe', session.unsubscribe('s'))
    void this.#call('delete', connection.deleteDestination(session.createQueue('gone')))
    if (random(3) === 0) void this.#browse(session)
    if (session.transacted) {
      for (let i = 0; i < 4; i++) {
        await this.#call('transaction', random(2) === 0 ? session.commit() : session.rollback())
      }
    } else if (random(2) === 0) {
      await this.#call('recover', session.recover())
      await this.#call('acknowledge', session.acknowledge())
    }
    if (random(4) === 0) await this.#call('session.close', session.close())
  }

  async #produce(session: Session): Promise<void> {
    const producer = await this.#call('createProducer', session.createProducer(session.createQueue('Q')))
    if (producer === null) return
    for (let i = 0; i < 12; i++) {
      const confirm = [true, false, undefined][this.#random(3)]
      const options = confirm === undefined ? {} : { confirm }
      const sent = this.#call('send', producer.send(session.createTextMessage('x'.repeat(this.#random(500))), options))
      if (this.#random(2) === 0) await sent
    }
    if (this.#random(3) === 0) await this.#call('flush', producer.flush())
    if (this.#random(3) === 0) await this.#call('producer.close', producer.close())
  }

  async #consume(session: Session): Promise<void> {
    const options = { prefetchSize: [0, 1, 1000][this.#random(3)] as number }
    const to = this.#random(2) === 0 ? session.createQueue('Q') : session.createTopic('T.>')
    const consumer = await this.#call('createConsumer', session.createConsumer(to, options))
    if (consumer === null) return
    switch (this.#random(4)) {
      case 0:
        await this.#call(
          'listen',
          consumer.setMessageListener((message) => this.#look(message)),
        )
        return
      case 1:
        await this.#call('for await', this.#iterate(consumer))
        return
      default:
        for (let i = 0; i < 20; i++) {
          const message = await this.#call('receive', consumer.receive(this.#random(2) === 0 ? 0 : 50))
          if (message === null) break
          await this.#call('look', this.#look(message))
        }
    }
    if (this.#random(3) === 0) await this.#call('consumer.close', consumer.close())
  }

  async #iterate(messages: AsyncIterable<Message>): Promise<void> {
    for await (const message of messages) await this.#look(message)
  }

  async #browse(session: Session): Promise<void> {
    await this.#call('browse', this.#iterate(session.createBrowser(session.createQueue('Q'))))
  }

  /** Everything that can be asked of a message. */
  async #look(message: Message): Promise<void> {
    const read: (() => unknown)[] = [
      () => message.jmsMessageID,
      () => message.jmsDestination?.toString(),
      () => message.jmsReplyTo?.toString(),
      () => message.jmsCorrelationID,
      () => [...message.propertyNames].map((name) => message.getObjectProperty(name)),
      () => message.bodyAs('string'),
      () => message.bodyAs('bytes'),
      () => message.bodyAs('map'),
      () => message.bodyAs('list'),
      () => message.bodyAs('url'),
      () => String(message),
    ]
    for (const one of read) {
      try {
        one()
      } catch (error) {
        this.#check(error)
      }
    }
    if (this.#random(3) === 0) await this.#call('message.acknowledge', message.acknowledge())
    if (this.#random(20) === 0) throw new JMSError('the application does not like it')
  }

  #check(error: unknown): void {
    const known = error instanceof AggregateError ? error.errors : [error]
    for (const one of known) if (!(one instanceof JMSError)) this.mistakes.push(one)
  }

  /** The result, or null when it rejects. */
  async #call<T>(name: string, promise: Promise<T>): Promise<T | null> {
    const key = `${name} ${++this.#count}`
    const watched = promise.then(
      (value) => {
        this.#names.delete(watched)
        this.calls.delete(key)
        return value
      },
      (error: unknown) => {
        this.#names.delete(watched)
        this.calls.delete(key)
        this.#check(error)
        return null
      },
    )
    this.calls.set(key, watched)
    this.#names.set(watched, key)
    return watched
  }
}
