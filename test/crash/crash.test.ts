import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { seededRandom, systemClock, systemRandom } from '@millrace/base'
import { AcknowledgeMode, type MessageConsumer, Queue, type Session, Topic } from '@millrace/client'
import { BrokerProcess } from './broker-process.ts'
import { check, type Finding } from './check.ts'
import type { LedgerEvent } from './ledger.ts'
import { Life, open, Run } from './run.ts'
import {
  AcknowledgingConsumer,
  Author,
  CarelessConsumer,
  DURABLES,
  durableClient,
  durableEndpoint,
  Mover,
  PatientProducer,
  PipeliningProducer,
  QUEUES,
  queueEndpoint,
  receive,
  TOPIC,
  TransactingProducer,
  type Worker,
} from './workers.ts'

/*
 * A real broker under load is killed at random moments and started again on the same directory; what its clients wrote
 * down meanwhile is judged in the end (check.ts). MILLRACE_CRASH_CYCLES raises the number of kills, MILLRACE_CRASH_SEED
 * repeats the choices of a run (not its timing, which is the machine's).
 */
const cycles = Number(process.env['MILLRACE_CRASH_CYCLES'] ?? 20)
const seed = Number(process.env['MILLRACE_CRASH_SEED'] ?? systemRandom(2 ** 31))

/** The least and the most that happens in one life, in events of the ledger. */
const EVENTS_LEAST = 50
const EVENTS_MORE = 6000

/** Nothing happens for this long although the broker lives. */
const STALLED_MS = 20_000

const QUEUES_ALL: readonly string[] = Object.values(QUEUES)

test(`a broker killed ${cycles} times loses nothing it confirmed`, {
  timeout: 120_000 + cycles * 30_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}: repeat with MILLRACE_CRASH_SEED=${seed}`)
  const data = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
  const run = new Run(seededRandom(seed))
  const { A, B, C, D } = QUEUES
  const workers: Worker[] = [
    new PatientProducer(run, 'patient', A),
    new PipeliningProducer(run, 'pipeline', { queues: [A, B] }),
    new PipeliningProducer(run, 'publisher', { topic: true }),
    new PipeliningProducer(run, 'fleeting', { queues: [C], persistent: false }),
    new TransactingProducer(run, 'transactor'),
    new AcknowledgingConsumer(run, 'individual', { queue: A }, { mode: AcknowledgeMode.INDIVIDUAL }),
    new AcknowledgingConsumer(run, 'client', { queue: A }, { mode: AcknowledgeMode.CLIENT }),
    new AcknowledgingConsumer(run, 'fickle', { queue: C }, { mode: AcknowledgeMode.CLIENT, fickle: true }),
    new Mover(run, 'mover', B, D),
    new CarelessConsumer(run, 'careless', D),
    ...DURABLES.map((name, index) => {
      // The second is there only every other time.
      const absent = (life: Life): boolean => index === 1 && life.number % 2 === 0
      return new AcknowledgingConsumer(
        run,
        name,
        { durable: name },
        { mode: AcknowledgeMode.CLIENT, fickle: true, absent },
      )
    }),
  ]

  const lives = { started: 0, killed: 0, killedWhileStarting: 0, stopped: 0 }
  await live(data, ++lives.started, async (life) => {
    for (const name of DURABLES) await subscribe(life, name)
  })
  while (lives.killed + lives.killedWhileStarting < cycles) {
    if (run.random(6) === 0) {
      await killWhileStarting(data, run.random(250))
      lives.killedWhileStarting++
      continue
    }
    const orderly = run.random(8) === 0
    await work(t, data, ++lives.started, run, workers, orderly)
    if (orderly) lives.stopped++
    else lives.killed++
  }

  // The quiet phase: every place is emptied. What is put in last has to come out last.
  const author = new Author(run, 'sentinel')
  await live(data, ++lives.started, (life) => drain(life, run, author))
  // After an orderly stop nothing comes back: now the sentinels come out first.
  const before = received(run.ledger.events)
  await live(data, ++lives.started, (life) => drain(life, run, author))
  const afterwards = received(run.ledger.events) - before

  const findings = check(run.ledger.events)
  t.diagnostic(`${JSON.stringify(lives)} ${JSON.stringify(counted(run.ledger.events))}`)
  if (findings.length > 0) await complain(t, data, run.ledger.events, findings)
  assert.equal(afterwards, QUEUES_ALL.length + DURABLES.length, 'something came back after the end')
  assertEnoughHappened(run.ledger.events)
  await rm(data, { recursive: true })
})

/** A broker for as long as `what` takes, then an orderly stop. */
async function live(data: string, number: number, what: (life: Life) => Promise<void>): Promise<void> {
  const broker = new BrokerProcess(data)
  try {
    const life = new Life(number, await broker.ready)
    await what(life)
    await closeAll(life)
    assert.deepEqual(await broker.stop(), { code: 0, signal: null }, broker.stderr)
  } finally {
    await broker.kill()
  }
}

async function closeAll(life: Life): Promise<void> {
  await Promise.allSettled(life.connections.map((connection) => connection.close()))
}

async function subscribe(life: Life, name: string): Promise<void> {
  const connection = await open(life, durableClient(name))
  const session = await connection.createSession()
  await session.createDurableConsumer(new Topic(TOPIC), name)
}

async function killWhileStarting(data: string, afterMs: number): Promise<void> {
  const broker = new BrokerProcess(data)
  await new Promise<void>((resolve) => {
    // Keeps the process alive, other than the clock's timers.
    const hold = setInterval(() => {}, 1000)
    systemClock.after(afterMs, () => {
      clearInterval(hold)
      resolve()
    })
  })
  await broker.kill()
}

/** All workers under one broker, until its end comes in the middle of it. */
async function work(
  t: TestContext,
  data: string,
  number: number,
  run: Run,
  workers: readonly Worker[],
  orderly: boolean,
): Promise<void> {
  const broker = new BrokerProcess(data)
  const life = new Life(number, await broker.ready)
  const failures: string[] = []
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const end = async (): Promise<void> => {
    if (life.ended) return
    run.endLife(life)
    if (orderly) assert.deepEqual(await broker.stop(), { code: 0, signal: null }, broker.stderr)
    else await broker.kill()
    finish()
  }
  const ending = { promise: Promise.resolve() }
  run.alarm(EVENTS_LEAST + run.random(EVENTS_MORE), () => {
    ending.promise = end()
  })
  const watch = stallWatch(run, () => {
    failures.push(`nothing happened for ${STALLED_MS} ms`)
    ending.promise = end()
  })
  const done = workers.map((worker) =>
    worker.live(life).catch((error: unknown) => {
      if (life.ended) return
      failures.push(`${worker.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      ending.promise = end()
    }),
  )
  await finished
  await ending.promise
  watch()
  await closeAll(life)
  await Promise.all(done)
  if (failures.length === 0) return
  t.diagnostic(`the journal is in ${data}`)
  assert.fail(`in life ${number}, while the broker lived:\n${failures.join('\n')}\n${broker.stderr}`)
}

function stallWatch(run: Run, stalled: () => void): () => void {
  let before = -1
  const timer = setInterval(() => {
    const { length } = run.ledger.events
    if (length === before) stalled()
    before = length
  }, STALLED_MS)
  return () => clearInterval(timer)
}

async function drain(life: Life, run: Run, author: Author): Promise<void> {
  const connection = await open(life)
  const session = await connection.createSession()
  for (const queue of QUEUES_ALL) {
    const consuming = await (await open(life)).createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
    const consumer = await consuming.createConsumer(new Queue(queue))
    const id = await sentinel(session, run, author, new Queue(queue), [queueEndpoint(queue)])
    await empty(life, run, consumer, queueEndpoint(queue), id)
  }
  const id = await sentinel(session, run, author, new Topic(TOPIC), DURABLES.map(durableEndpoint))
  for (const name of DURABLES) {
    const consuming = await (await open(life, durableClient(name))).createSession({
      acknowledgeMode: AcknowledgeMode.CLIENT,
    })
    const consumer = await consuming.createDurableConsumer(new Topic(TOPIC), name)
    await empty(life, run, consumer, durableEndpoint(name), id)
  }
}

async function sentinel(
  session: Session,
  run: Run,
  author: Author,
  to: Queue | Topic,
  endpoints: readonly string[],
): Promise<string> {
  const producer = await session.createProducer(to)
  const { id, message } = author.write(session, endpoints)
  await producer.send(message)
  run.write({ kind: 'sent', id })
  return id
}

async function empty(life: Life, run: Run, consumer: MessageConsumer, endpoint: string, last: string): Promise<void> {
  const name = `drain ${endpoint}/${life.number}`
  for (let found = false; !found; ) {
    const batch = await receive(consumer, 100)
    const deliveries = batch.map((message) => run.received(message, { endpoint, consumer: name, life }))
    for (const delivery of deliveries) run.write({ kind: 'acknowledge', delivery, transaction: null })
    await batch.at(-1)?.acknowledge()
    for (const delivery of deliveries) run.write({ kind: 'acknowledged', delivery })
    found = batch.some((message) => message.getStringProperty('id') === last)
    assert.ok(batch.length > 0, `${endpoint} ended before ${last} came`)
  }
}

function received(events: readonly LedgerEvent[]): number {
  return events.filter((event) => event.kind === 'received').length
}

interface Counts {
  readonly [kind: string]: number
}

function counted(events: readonly LedgerEvent[]): Counts {
  const counts: Record<string, number> = {}
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1
  counts['redelivered'] = events.filter((event) => event.kind === 'received' && event.redelivered).length
  return counts
}

/** A run in which nothing much happened proves nothing. */
function assertEnoughHappened(events: readonly LedgerEvent[]): void {
  const counts = counted(events)
  const least = { send: 20, sent: 10, received: 20, acknowledged: 5, committed: 1, released: 1, 'rolled-back': 1 }
  for (const [kind, perCycle] of Object.entries(least)) {
    assert.ok((counts[kind] ?? 0) >= perCycle * cycles, `only ${counts[kind] ?? 0} times ${kind} in ${cycles} cycles`)
  }
  const open = (counts['send'] ?? 0) - (counts['sent'] ?? 0)
  assert.ok(open > 0, 'no kill hit a send on its way')
  assert.ok((counts['commit'] ?? 0) >= (counts['committed'] ?? 0))
}

async function complain(
  t: TestContext,
  data: string,
  events: readonly LedgerEvent[],
  findings: readonly Finding[],
): Promise<void> {
  const file = `${data}.ledger.jsonl`
  await writeFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  t.diagnostic(`the ledger is in ${file}, the journal in ${data}`)
  const lines = findings.slice(0, 20).map(({ invariant, text }) => `${invariant}: ${text}`)
  assert.fail(`${findings.length} findings, seed ${seed}\n${lines.join('\n')}`)
}
