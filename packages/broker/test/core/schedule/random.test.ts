import { type Random, seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, type TestConsumer, World } from '../world.ts'
import { ask, postLater } from './scheduling.ts'

/** `MILLRACE_SEED=7` repeats one, `MILLRACE_SEEDS=1000` looks at more. */
const { MILLRACE_SEED, MILLRACE_SEEDS } = process.env
const seeds = MILLRACE_SEED === undefined ? [...Array(Number(MILLRACE_SEEDS ?? 20)).keys()] : [Number(MILLRACE_SEED)]

const STEPS = 400
const KEYS = ['a', 'b', 'c', 'd']

interface Kept {
  readonly text: string
  readonly id: string
  readonly key: string | null
  due: number
  readonly period: number
  repeats: number
  /** Of two that are due at once the smaller comes first. */
  order: number
}

/** What the scheduler should do, in the simplest way that one can think of. */
class Model {
  kept: Kept[] = []
  #order = 0

  add(job: Omit<Kept, 'order'>): void {
    if (job.key !== null) this.kept = this.kept.filter(({ key }) => key !== job.key)
    this.kept.push({ ...job, order: this.#order++ })
  }

  find(by: { id: string } | { key: string }): Kept | undefined {
    return this.kept.find((job) => ('id' in by ? job.id === by.id : job.key === by.key))
  }

  remove(job: Kept): void {
    this.kept = this.kept.filter((one) => one !== job)
  }

  postpone(job: Kept, due: number): void {
    job.due = due
    job.order = this.#order++
  }

  /** The texts that are delivered at this moment. */
  fire(now: number): string[] {
    const due = this.kept.filter((job) => job.due <= now).sort((a, b) => a.due - b.due || a.order - b.order)
    for (const job of due) {
      if (job.repeats === 0) {
        this.remove(job)
        continue
      }
      const late = now - job.due
      job.due = now + job.period - (late < job.period ? late : 0)
      job.order = this.#order++
      if (job.repeats > 0) job.repeats--
    }
    return due.map(({ text }) => text)
  }
}

class Run {
  readonly #random: Random
  readonly #world: World
  readonly #client: Client
  readonly #consumer: TestConsumer
  readonly #model = new Model()
  #number = 0
  #sequence = 0

  constructor(random: Random, world: World) {
    this.#random = random
    this.#world = world
    this.#client = world.connect()
    this.#consumer = this.#client.consume('Q', { prefetch: 100_000 })
  }

  step(): void {
    const random = this.#random
    const kind = random(10)
    if (kind < 4) this.#send()
    else if (kind === 4) this.#transaction()
    else if (kind === 5) this.#cancel()
    else if (kind === 6) this.#postpone()
    else this.#pass(1 + random(10))
    assert.equal(this.#world.broker.scheduler.count, this.#model.kept.length)
  }

  /** Without the series that never end everything comes to its end, and nothing is left behind. */
  end(): void {
    for (const job of [...this.#model.kept]) {
      if (job.repeats >= 0) continue
      ask(this.#client, { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: job.id })
      this.#model.remove(job)
    }
    this.#pass(600)
    assert.deepEqual(this.#model.kept, [])
    const { scheduler, usage } = this.#world.broker
    assert.equal(scheduler.count, 0)
    this.#consumer.close()
    const consumer = this.#client.consume('Q', { prefetch: 100_000 })
    consumer.drain()
    assert.deepEqual([usage.memoryBytes, usage.storingBytes, usage.uncommittedBytes], [0, 0, 0])
  }

  #send(): void {
    const jobs = Array.from({ length: 1 + this.#random(3) }, () => this.#post(null))
    this.#world.run()
    for (const job of jobs) this.#model.add(job)
  }

  #transaction(): void {
    const id = `tx ${this.#number++}`
    this.#client.begin(id)
    const jobs = Array.from({ length: 1 + this.#random(4) }, () => this.#post(id))
    if (this.#random(2) === 0) {
      assert.equal(this.#client.rollback(id).code, null)
      return
    }
    assert.equal(this.#client.commit(id).code, null)
    for (const job of jobs) this.#model.add(job)
  }

  #post(transaction: string | null): Omit<Kept, 'order'> {
    const random = this.#random
    const series = random(3) === 0
    const delay = 100 * random(40)
    const period = series ? 100 * (1 + random(15)) : 0
    const repeats = series ? random(6) - 1 : 0
    const key = random(3) === 0 ? (KEYS[random(KEYS.length)] as string) : null
    const text = `${this.#number++}`
    this.#sequence++
    const reply = postLater(this.#client, 'Q', text, {
      delay,
      persistent: random(3) > 0,
      size: random(3000),
      sequence: this.#sequence,
      ...(series ? { period, repeat: repeats } : {}),
      ...(key === null ? {} : { key }),
      ...(transaction === null ? {} : { transaction }),
    })
    assert.notEqual(reply.code, 'SCHEDULE_INVALID')
    const id = `${this.#client.producer('Q').id}:${this.#sequence}`
    return { text, id, key, due: this.#world.clock.now() + (delay > 0 ? delay : period), period, repeats }
  }

  #any(): { readonly job: Kept | undefined; readonly values: Readonly<Record<string, string>> } {
    const random = this.#random
    if (random(2) === 0) {
      const key = KEYS[random(KEYS.length)] as string
      return { job: this.#model.find({ key }), values: { millraceScheduleKey: key } }
    }
    const { kept } = this.#model
    const id = kept.length === 0 ? 'nobody' : (kept[random(kept.length)] as Kept).id
    return { job: this.#model.find({ id }), values: { scheduledJobId: id } }
  }

  #cancel(): void {
    const { job, values } = this.#any()
    this.#sequence++
    ask(this.#client, { AMQ_SCHEDULER_ACTION: 'REMOVE', ...values })
    if (job !== undefined) this.#model.remove(job)
  }

  #postpone(): void {
    const { job, values } = this.#any()
    const delay = 100 * this.#random(30)
    this.#sequence++
    ask(this.#client, { AMQ_SCHEDULER_ACTION: 'POSTPONE', AMQ_SCHEDULED_DELAY: delay, ...values })
    if (job !== undefined) this.#model.postpone(job, this.#world.clock.now() + delay)
  }

  #pass(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) {
      this.#world.pass(100)
      const expected = this.#model.fire(this.#world.clock.now())
      assert.deepEqual(this.#consumer.take(), expected)
    }
  }
}

for (const seed of seeds) {
  test(`a random life of schedules is what a simple model makes of it (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    // Bodies always, sometimes or never in memory.
    const windowBytesMax = [10_000_000, 10_000, 0][seed % 3] as number
    const run = new Run(random, await World.open({ limits: { windowBytesMax } }))
    for (let step = 0; step < STEPS; step++) run.step()
    run.end()
  })
}
