import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AcknowledgeMode, Queue } from '@millrace/client'
import { check } from '../check.ts'
import { HostProcess, type Moment } from './host-process.ts'
import { CLIENT_ID, DURABLE, QUEUES, recoverBranch, SCRIPTS, type Stage, TOPIC } from './scripts.ts'
import { DEAD_LETTERS, queueEndpoint, Witness } from './witness.ts'

/** Everything that is due is delivered, everything that expires has expired. */
const LATER_MS = 3000
const LATE_MS = 120_000

/** Plays the scripts one after the other, each until a broker dies at some call of the disk. */
export class Points implements AsyncDisposable {
  #judge: HostProcess | null = null

  /** Lets the broker die at this call. False: the script came to its end before. */
  async play(name: string, call: number, moment: Moment): Promise<boolean> {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-points-'))
    try {
      const stage = await this.#act(name, directory, call, moment)
      const { dead } = stage.host
      await stage.host.end()
      await this.#judgeIt(stage, directory)
      return dead
    } catch (error) {
      throw new Error(`${name}: ${moment} call ${call}`, { cause: error })
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#judge?.end()
  }

  async #act(name: string, directory: string, call: number, moment: Moment): Promise<Stage> {
    const script = SCRIPTS[name]
    assert.ok(script !== undefined, name)
    const host = new HostProcess()
    const starting = script === SCRIPTS['a start']
    if (starting) await host.dieAt(call, moment)
    const url = await host.open(directory, 0)
    const witness = new Witness(url ?? '')
    const facts = { branch: null, subscribed: false }
    if (url === null || starting) {
      return { host, witness, facts, connection: null as never, session: null as never }
    }
    const connection = await witness.connect(CLIENT_ID)
    const session = await connection.createSession()
    const stage: Stage = { host, witness, connection, session, facts }
    await script.ready?.(stage)
    await host.dieAt(call, moment)
    await script.run(stage).catch(async (error: unknown) => {
      // A call that was made when the broker died fails, and its end may be heard of a little later.
      await host.gone(error)
    })
    await host.dieAt(0, 'before')
    await witness.leave()
    return stage
  }

  /** A broker on what is left: everything that was promised comes, and nothing else. */
  async #judgeIt(stage: Stage, directory: string): Promise<void> {
    const { witness, facts } = stage
    this.#judge ??= new HostProcess()
    const host = this.#judge
    const url = await host.open(directory, LATE_MS)
    assert.ok(url !== null, 'the broker does not start')
    witness.next(url)
    const connection = await witness.connect('judge')
    await recoverBranch(stage, connection)
    await host.advance(LATER_MS)
    const { durables } = await host.look()
    if (facts.subscribed !== null) assert.equal(durables.includes('d'), facts.subscribed, 'the durable subscription')
    const acknowledgeMode = AcknowledgeMode.INDIVIDUAL
    const session = await connection.createSession({ acknowledgeMode })
    for (const name of [...QUEUES, DEAD_LETTERS]) {
      await witness.sentinel(session, new Queue(name))
      const consumer = await session.createConsumer(new Queue(name))
      await witness.drain(consumer, queueEndpoint(name))
      await consumer.close()
    }
    if (durables.includes('d')) {
      const own = await (await witness.connect(CLIENT_ID)).createSession({ acknowledgeMode })
      const consumer = await own.createDurableConsumer(TOPIC, 'd')
      await witness.sentinel(session, TOPIC)
      await witness.drain(consumer, DURABLE)
    }
    await witness.leave()
    const left = await host.look()
    await host.close()
    assert.deepEqual(witness.dead, new Set(), 'what was given up is no dead letter')
    assert.deepEqual(
      Object.entries(left.queues).filter(([, count]) => count > 0),
      [],
      'something is left',
    )
    assert.equal(left.scheduled, 0)
    const findings = check(witness.ledger.events)
    assert.deepEqual(
      findings.map(({ invariant, text }) => `${invariant}: ${text}`),
      [],
    )
  }
}
