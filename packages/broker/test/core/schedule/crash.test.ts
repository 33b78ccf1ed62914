import { seededRandom, silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { JournalStore } from '../../../src/journal/journal-store.ts'
import { xidText } from '../../../src/message/xid.ts'
import { FaultDisk } from '../../journal/fault-disk.ts'
import { type Client, type TestReply, World } from '../world.ts'
import { ask, postLater, type ScheduleOptions } from './scheduling.ts'

/** What must be found in the queue in the end: so many copies of each text, nothing else. */
type Counts = Readonly<Record<string, number>>

function open(disk: FaultDisk, jumpMs = 0): Promise<World> {
  return World.open({
    limits: { windowBytesMax: 2000 },
    store: (turn, clock) => {
      clock.jump(jumpMs)
      return new JournalStore({
        directory: '/store',
        turn,
        clock,
        log: silentLogger,
        random: seededRandom(7),
        disk,
        segmentSize: 8192,
        batchSize: 2048,
        snapshotSize: 9000,
      })
    },
  })
}

/** Time for a broker whose disk answers in later turns. */
async function pass(world: World, ms: number, stepMs: number): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    world.clock.advance(stepMs)
    world.broker.tick()
    await settle(world)
  }
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 6; round++) {
    world.run()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What a crash at one call of the disk leaves, and what was promised by then. */
interface Crash {
  readonly disk: FaultDisk
  readonly allowed: readonly Counts[][]
}

/** A promise that is being made: before its reply one of several outcomes, after it one of fewer. */
interface Step {
  readonly reply: TestReply
  readonly before: readonly Counts[]
  readonly after: readonly Counts[]
}

class Script {
  readonly steps: Step[] = []
  readonly #world: World
  readonly #client: Client

  constructor(world: World) {
    this.#world = world
    this.#client = world.connect()
  }

  get allowed(): readonly Counts[][] {
    return this.steps.map((step) => [...(step.reply.code === undefined ? step.before : step.after)])
  }

  send(text: string, options: ScheduleOptions, copies: number): void {
    const reply = postLater(this.#client, 'Q', text, { size: 200, ...options })
    const both = [{ [text]: 0 }, { [text]: copies }]
    // What is not persistent is kept back safely, and once delivered is in memory as ever.
    this.steps.push({ reply, before: both, after: options.persistent === false ? both : [{ [text]: copies }] })
  }

  async run(): Promise<void> {
    const world = this.#world
    for (let round = 0; round < 4; round++) {
      this.send(`once ${round}`, { delay: 300, persistent: round % 2 === 0 }, 1)
      this.send(`thrice ${round}`, { delay: 500, period: 700, repeat: 2 }, 3)
      this.send(`soon ${round}`, { delay: 0 }, 1)
      this.send(`later ${round}`, { delay: 400_000 + round, size: 1500 }, 1)
      await pass(world, 400, 100)
      this.#replace(round)
      await pass(world, 100, 100)
      this.#cancel(round)
      this.#transaction(round)
      await pass(world, 500, 100)
    }
    await pass(world, 3000, 100)
  }

  /** The old one comes or the new one does, never both, never neither. */
  #replace(round: number): void {
    const old = `old ${round}`
    const fresh = `new ${round}`
    const key = `key ${round}`
    const first = postLater(this.#client, 'Q', old, { delay: 600_000, key })
    const second = postLater(this.#client, 'Q', fresh, { delay: 500_000, key })
    const none = { [old]: 0, [fresh]: 0 }
    const one = { [old]: 1, [fresh]: 0 }
    const other = { [old]: 0, [fresh]: 1 }
    this.steps.push({ reply: first, before: [none, one, other], after: [one, other] })
    this.steps.push({ reply: second, before: [none, one, other], after: [other] })
  }

  #cancel(round: number): void {
    const text = `cancelled ${round}`
    const id = `ID:c1:1:1:${postLaterSequence(this.#client, text)}`
    this.#world.run()
    const reply = ask(this.#client, { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: id })
    this.steps.push({ reply, before: [{ [text]: 0 }, { [text]: 1 }], after: [{ [text]: 0 }] })
  }

  /** All of it or nothing. */
  #transaction(round: number): void {
    const id = `tx ${round}`
    const [now, then] = [`tx now ${round}`, `tx then ${round}`]
    this.#client.begin(id)
    this.#client.post('Q', now, { transaction: id })
    postLater(this.#client, 'Q', then, { delay: 200, transaction: id })
    const reply = this.#world.reply()
    this.#world.broker.commit(this.#client.connection, id, reply)
    const both = { [now]: 1, [then]: 1 }
    this.steps.push({ reply, before: [{ [now]: 0, [then]: 0 }, both], after: [both] })
  }
}

function postLaterSequence(client: Client, text: string): number {
  postLater(client, 'Q', text, { delay: 700_000 })
  return client.producer('Q').sequenceLast
}

/** What comes out of the queue when all is over, after a restart so much later. */
async function outcome(disk: FaultDisk, jumpMs: number): Promise<Map<string, number>> {
  const world = await open(disk, jumpMs)
  await settle(world)
  await pass(world, 1_000_000, 100_000)
  await pass(world, 5000, 1000)
  assert.equal(world.broker.scheduler.count, 0, 'everything has fired')
  const consumer = world.connect({ id: 'ID:after' }).consume('Q', { prefetch: 10_000 })
  for (let count = -1; count < consumer.received.length; ) {
    count = consumer.received.length
    await settle(world)
  }
  const found = new Map<string, number>()
  for (const text of consumer.texts) found.set(text, (found.get(text) ?? 0) + 1)
  await world.finished(world.broker.close())
  return found
}

function check(found: ReadonlyMap<string, number>, allowed: readonly Counts[][], what: string): void {
  for (const choices of allowed) {
    const fits = choices.some((counts) => Object.entries(counts).every(([text, n]) => (found.get(text) ?? 0) === n))
    if (fits) continue
    const texts = Object.keys(choices[0] ?? {})
    const actual = Object.fromEntries(texts.map((text) => [text, found.get(text) ?? 0]))
    assert.fail(`${what}: found ${JSON.stringify(actual)}, allowed ${JSON.stringify(choices)}`)
  }
}

async function crashes(image: (disk: FaultDisk, call: number) => FaultDisk): Promise<Crash[]> {
  const disk = new FaultDisk()
  disk.writeDelay = 20
  const world = await open(disk)
  const script = new Script(world)
  const found: Crash[] = []
  disk.faults = (call) => {
    if (call.kind !== 'read') found.push({ disk: image(disk, found.length), allowed: script.allowed })
    return null
  }
  await script.run()
  await world.answered()
  found.push({ disk: disk.kill(), allowed: script.allowed })
  return found
}

for (const [name, image] of [
  ['the process is killed', (disk: FaultDisk) => disk.afterKill()],
  ['the power is cut', (disk: FaultDisk, call: number) => disk.afterPowerCut(seededRandom(call))],
] as const) {
  it(`after any call at which ${name}, each firing happens exactly once`, async () => {
    const found = await crashes(image)
    assert.ok(found.length > 80, `${found.length} calls`)
    assert.ok((found.at(-1) as Crash).allowed.length > 30)
    for (const [call, { disk, allowed }] of found.entries()) {
      if (call % 3 === 1) for (const path of disk.paths()) if (path.includes('snapshot-')) disk.delete(path)
      // A restart at once, or long after everything was due.
      check(await outcome(disk, call % 2 === 0 ? 0 : 2_000_000), allowed, `${name} at call ${call}`)
    }
  })
}

it('a restart fires what became due meanwhile, at once, in the order of its times', async () => {
  const disk = new FaultDisk()
  let world = await open(disk)
  const client = world.connect()
  for (const n of [3, 1, 2]) postLater(client, 'Q', `${n}`, { delay: n * 10_000, size: 3000 })
  postLater(client, 'Q', 'later', { delay: 10_000_000 })
  await world.answered()
  await world.finished(world.broker.close())
  world = await open(disk, 60_000)
  assert.equal(world.broker.scheduler.count, 4)
  assert.equal(world.broker.usage.memoryBytes, 0)
  const consumer = world.connect({ id: 'ID:after' }).consume('Q')
  await pass(world, 100, 100)
  assert.deepEqual(consumer.texts, ['1', '2', '3'])
  await pass(world, 9_930_000, 1_000_000)
  await pass(world, 100_000, 10_000)
  assert.deepEqual(consumer.texts, ['1', '2', '3', 'later'])
  await world.finished(world.broker.close())
})

it('a branch that was prepared before a restart schedules when it is committed', async () => {
  const disk = new FaultDisk()
  let world = await open(disk)
  let client = world.connect()
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const id = xidText(xid)
  world.broker.begin(client.connection, id, xid)
  postLater(client, 'Q', 'old', { delay: 5000, key: 'k' })
  postLater(client, 'Q', 'x', { delay: 1000, key: 'k', transaction: id })
  client.ask((reply) => world.broker.prepare(client.connection, id, reply))
  await world.answered()
  world = await open(disk.kill())
  client = world.connect()
  const consumer = client.consume('Q')
  await pass(world, 2000, 100)
  assert.deepEqual(consumer.texts, [])
  client.commit(id)
  await world.answered()
  await pass(world, 1000, 100)
  await pass(world, 5000, 100)
  // It took the place of the other.
  assert.deepEqual(consumer.texts, ['x'])
  assert.equal(world.broker.scheduler.count, 0)
  await world.finished(world.broker.close())
})

it('a firing that the disk has no room for happens when there is some, once', async () => {
  const disk = new FaultDisk()
  const world = await open(disk)
  const client = world.connect()
  const consumer = client.consume('Q')
  postLater(client, 'Q', 'series', { delay: 1000, period: 1000, repeat: 2, key: 'series' })
  postLater(client, 'Q', 'dropped', { delay: 1000, period: 1000, repeat: 2, key: 'dropped' })
  postLater(client, 'Q', 'once', { delay: 1000 })
  await world.answered()
  let refused = 0
  disk.faults = (call) => {
    if (call.kind !== 'write') return null
    refused++
    return { code: 'ENOSPC' }
  }
  for (let i = 0; i < 10; i++) {
    world.clock.advance(100)
    world.broker.tick()
    world.run()
    // Its firing is on its way to the disk.
    if (i === 9) ask(client, { AMQ_SCHEDULER_ACTION: 'REMOVE', millraceScheduleKey: 'dropped' })
  }
  await pass(world, 5000, 100)
  assert.ok(refused > 0)
  assert.deepEqual(consumer.texts, [])
  assert.equal(world.broker.scheduler.count, 2)
  disk.faults = () => null
  await pass(world, 10_000, 100)
  assert.deepEqual([...consumer.texts].sort(), ['once', 'series', 'series', 'series'])
  assert.equal(world.broker.scheduler.count, 0)
  assert.equal(world.broker.usage.storingBytes, 0)
  await world.finished(world.broker.close())
})
