/**
 * The TypeScript client goes on when the broker is killed under load, on every broker. A ledger says what became of each message:
 * none that was confirmed is lost, and one that comes twice came first before a kill, so that its acknowledgement may be gone.
 *
 * MILLRACE_KILLS=200 makes it a campaign.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, stderr } from 'node:process'
import { describe, it } from 'node:test'
import { ConnectionFactory, TextMessage } from '@millrace/client'
import { startActiveMq } from '../src/activemq.ts'
import { startArtemis } from '../src/artemis.ts'
import type { BrokerPlace, RunningBroker } from '../src/broker.ts'
import { FAIL_OVER } from '../src/compatibility.ts'
import { startMillrace } from '../src/millrace.ts'
import { type Result, record } from '../src/results.ts'

const KILLS = Number(env['MILLRACE_KILLS'] ?? 3)
const WINDOW = 20
/** Between two kills; so the load is under way at each. */
const CONFIRMED_BETWEEN = 200

/** A campaign takes an hour; so often it says how far it is. */
const PROGRESS_KILLS = 10

class Ledger {
  readonly confirmed = new Set<number>()
  /** By message: how many kills there had been at each arrival. */
  readonly arrivals = new Map<number, number[]>()
  kills = 0
  #change: () => void = () => {}

  confirm(number: number): void {
    this.confirmed.add(number)
    this.#change()
  }

  arrive(number: number): void {
    const arrivals = this.arrivals.get(number)
    if (arrivals === undefined) this.arrivals.set(number, [this.kills])
    else arrivals.push(this.kills)
    this.#change()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#change = resolve
      })
    }
  }

  get allArrived(): boolean {
    return [...this.confirmed].every((number) => this.arrivals.has(number))
  }

  /** Second arrivals that no kill explains. */
  unexplained(): number[] {
    return [...this.arrivals].flatMap(([number, kills]) =>
      kills.some((kill, i) => i > 0 && kill === kills[i - 1]) ? [number] : [],
    )
  }
}

const systems: readonly (readonly [string, (place: BrokerPlace) => Promise<RunningBroker>])[] = [
  ['Millrace', startMillrace],
  ['ActiveMQ 5', (place) => startActiveMq(5, place)],
  ['ActiveMQ 6', (place) => startActiveMq(6, place)],
  ['ActiveMQ Artemis', startArtemis],
]

for (const [name, start] of systems) {
  describe(`fail-over on ${name}`, () => {
    it(`loses nothing that was confirmed in ${KILLS} kills`, { timeout: 120_000 + KILLS * 20_000 }, async (t) => {
      const data = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
      let broker = await start({ data })
      t.after(async () => {
        await broker.stop()
        rmSync(data, { recursive: true, force: true, maxRetries: 3 })
      })
      const port = Number(new URL(broker.url).port)
      let outcome: Result['outcome'] = 'fails'
      t.after(() => record({ system: broker.system, version: broker.version, behaviour: FAIL_OVER, outcome }))
      const ledger = new Ledger()
      const url = `failover:(${broker.url})?initialReconnectDelay=10&maxReconnectDelay=200`
      const connection = await new ConnectionFactory(url).createConnection()
      t.after(() => connection.close())
      let resumed = 0
      connection.on('resumed', () => resumed++)
      await connection.start()

      const consuming = (async () => {
        const session = await connection.createSession()
        const consumer = await session.createConsumer(session.createQueue('ledger'))
        for await (const message of consumer) {
          assert.ok(message instanceof TextMessage)
          ledger.arrive(Number(message.text))
        }
      })()

      let last = 0
      let over = false
      const session = await connection.createSession()
      const producer = await session.createProducer(session.createQueue('ledger'))
      const lane = async (): Promise<void> => {
        while (!over) {
          last++
          const number = last
          await producer.send(session.createTextMessage(String(number)))
          ledger.confirm(number)
        }
      }
      const producing = Promise.all(Array.from({ length: WINDOW }, lane))
      // What fails is told by who waits for it below.
      for (const promise of [consuming, producing]) promise.catch(() => {})

      for (let kill = 1; kill <= KILLS; kill++) {
        const wanted = ledger.confirmed.size + CONFIRMED_BETWEEN
        await Promise.race([producing, ledger.until(() => ledger.confirmed.size >= wanted)])
        broker.child.process.kill('SIGKILL')
        ledger.kills++
        await broker.child.ended
        broker = await start({ data, port })
        if (kill % PROGRESS_KILLS === 0) {
          stderr.write(`fail-over on ${name}: ${kill} of ${KILLS} kills, ${ledger.confirmed.size} confirmed\n`)
        }
      }
      const wanted = ledger.confirmed.size + CONFIRMED_BETWEEN
      await Promise.race([producing, ledger.until(() => ledger.confirmed.size >= wanted)])
      over = true
      await producing
      await ledger.until(() => ledger.allArrived)
      await connection.close()
      await consuming

      assert.equal(resumed, KILLS)
      assert.deepEqual(ledger.unexplained(), [])
      const twice = [...ledger.arrivals.values()].filter((kills) => kills.length > 1).length
      outcome = 'works'
      t.diagnostic(`${ledger.confirmed.size} confirmed, ${ledger.arrivals.size} arrived, ${twice} of them twice`)
    })
  })
}
