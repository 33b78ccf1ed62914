import { MillraceError, seededRandom, type VmPeer } from '@millrace/base'
import { Broker, type DeadLetterStrategy, defaultLimits, type PolicyEntry } from '../../src/core/broker.ts'
import { JournalStore } from '../../src/journal/journal-store.ts'
import { Connections } from '../../src/net/connections.ts'
import { outputDefaults } from '../../src/net/output.ts'
import { OpenWireProtocol } from '../../src/protocol/openwire/protocol.ts'
import type { FaultDisk } from '../journal/fault-disk.ts'
import { COMPOSITE, GROUPS, VIRTUAL, Violation } from './ledger.ts'
import type { Simulation } from './simulation.ts'

/** Small, so that every history rolls segments, takes snapshots, sweeps and pages. */
export const SIZES = { segmentSize: 8192, batchSize: 2048, snapshotSize: 12_000, producersMax: 100 } as const

/** So short that segments are read while they are swept and dropped. */
const SCRUB_PERIOD_MS = 3000

const LIMITS = {
  ...defaultLimits,
  windowCountMax: 8,
  windowBytesMax: 30_000,
  dispatchMax: 5,
  expiryPeriodMs: 500,
  sendFailIfNoSpaceAfterMs: 3000,
}

const LETTERS: DeadLetterStrategy = { kind: 'shared', enableAudit: false }

/** One letter for each death: the ledger counts them, also those of one message in two queues. */
export const POLICIES: readonly PolicyEntry[] = [
  { destination: 'default', policy: { deadLetterStrategy: LETTERS } },
  { destination: 'PRIORITY', policy: { prioritizedMessages: true, deadLetterStrategy: LETTERS } },
]

const VIRTUAL_DESTINATIONS = {
  virtualTopics: [{ name: VIRTUAL.slice('topic://'.length) }],
  composites: [{ name: COMPOSITE, forwardTo: ['B', 'topic://T', { destination: 'A', selector: "JMSType = 'red'" }] }],
}

/** One broker, from its start to its end: the core, the journal, connections and OpenWire, as the program has them. */
export class Lifetime {
  state: 'opening' | 'open' | 'closing' | 'closed' | 'failed' = 'opening'
  readonly broker: Broker
  readonly store: JournalStore
  readonly #simulation: Simulation
  readonly #connections: Connections
  readonly #connector

  constructor(simulation: Simulation, disk: FaultDisk) {
    this.#simulation = simulation
    const { clock, log } = simulation
    const turn = simulation.newTurn()
    const blocks = seededRandom(simulation.seed ^ (simulation.lifetimes << 20))
    this.store = new JournalStore({
      directory: '/store',
      disk,
      turn,
      clock,
      log,
      random: seededRandom(simulation.lifetimes),
      failed: () => this.#fails(),
      // The process stands still for some of the writes that may be done within a call.
      blocking: { begin: () => blocks(2) === 0, end: () => {} },
      scrubPeriodMs: SCRUB_PERIOD_MS,
      ...SIZES,
    })
    this.broker = new Broker({
      name: 'simulated',
      id: `ID:broker-1-1-${simulation.lifetimes}:1`,
      store: this.store,
      turn,
      clock,
      log,
      limits: LIMITS,
      policies: POLICIES,
      virtualDestinations: VIRTUAL_DESTINATIONS,
      // A group gets what comes after its queue was made.
      destinations: GROUPS,
    })
    const host = { broker: this.broker, turn, clock, log, output: outputDefaults, detectionMsMax: 30_000 }
    this.#connections = new Connections({ ...host, mistake: (error) => simulation.fail(error) }, 1000)
    this.#connector = {
      text: 'vm://simulated',
      protocols: [new OpenWireProtocol(undefined, log)],
      connectionsMax: Number.POSITIVE_INFINITY,
    }
    this.broker.open().then(
      () => {
        if (simulation.lifetime !== this) return
        this.state = 'open'
        simulation.note(() => 'the broker is open')
      },
      (error) => this.#unopened(error),
    )
  }

  accept(end: VmPeer): VmPeer {
    return this.#connections.acceptVm(end, this.#connector)
  }

  tick(): void {
    if (this.state !== 'open') return
    this.broker.tick()
    this.#connections.tick(this.#simulation.clock.monotonic())
  }

  /** The orderly end; `state` says when it is over. */
  stop(): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    const stopping = new MillraceError('BROKER_STOPPING', 'the broker is stopping')
    this.#connections
      .closeAll(stopping)
      .then(() => this.broker.close())
      .then(
        () => {
          this.state = 'closed'
        },
        (error) => this.#simulation.fail(error),
      )
  }

  /** Called between events: a process that has to end does so. */
  look(): void {
    if (this.#simulation.lifetime !== this) return
    if (this.state === 'failed') this.#simulation.crash(this.#simulation.random(2) === 0)
  }

  #fails(): void {
    if (this.#simulation.lifetime !== this) return
    if (!this.#simulation.faulty) throw new Violation('the journal failed although the disk did not')
    this.state = 'failed'
    // Nothing is said any more.
    for (const client of this.#simulation.clients) client.line.drop()
  }

  #unopened(error: unknown): void {
    if (this.#simulation.lifetime !== this) return
    if (this.#simulation.cramped || this.#simulation.faulty) this.state = 'failed'
    else this.#simulation.fail(new Violation('the broker does not start', { cause: error }))
  }
}
