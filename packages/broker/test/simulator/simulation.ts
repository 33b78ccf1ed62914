import { type Logger, ManualClock, type Random, seededRandom, Turn } from '@millrace/base'
import { Destination } from '../../src/message/destination.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { SimulatedClient, type SimulatedConsumer } from './client.ts'
import { Ledger, type Letter, Violation } from './ledger.ts'
import { Lifetime } from './lifetime.ts'

/** The broker's own tick. */
export const TICK_MS = 100

/** Events that may follow from one step before the world must have come to rest. */
const EVENTS_MAX = 200_000

/**
 * The world of one history: a disk, one broker at a time, clients, and time. Everything that happens is an event that
 * somebody waits for (the end of a turn, a call of the disk, bytes on a line); which one is next, the seed decides.
 */
export class Simulation {
  /** Replaced by each step, so that a step does the same whatever became of those before it. */
  random: Random
  readonly seed: number
  readonly clock: ManualClock = new ManualClock()
  readonly ledger: Ledger
  /** Connected, or to be connected again. */
  clients: SimulatedClient[] = []
  lifetime: Lifetime | null = null
  disk: FaultDisk
  /** What was started and stopped; for the trace and the statistics. */
  lifetimes = 0
  events = 0
  /** Sends may be refused, because the disk is full or was. */
  cramped = false
  /** Bytes that fit on the disk. */
  capacity: number = Number.POSITIVE_INFINITY
  /** A call of the disk is to fail, or did. */
  faulty = false
  /** What is wrong. */
  failure: unknown = null
  readonly trace: string[] | null
  /** It died at the call that `dieAt` was told. */
  died = false
  /** What the crash that is due leaves behind. */
  #dying: FaultDisk | null = null
  #ends: (() => void)[] = []
  /** The wall clock when the last turn began: the broker reads it once per turn. */
  #turnMs = 0
  #calls: (() => void)[] = []
  #numbers = 0

  constructor(seed: number, tracing: boolean) {
    this.seed = seed
    this.random = seededRandom(seed)
    this.trace = tracing ? [] : null
    this.ledger = new Ledger(
      () => this.clock.now(),
      () => this.#turnMs,
    )
    this.disk = this.#paced(new FaultDisk())
  }

  note(text: () => string): void {
    this.trace?.push(text())
  }

  /** The first thing that is wrong ends the history. */
  fail(error: unknown): void {
    this.failure ??= error
  }

  check(): void {
    if (this.failure !== null) throw this.failure
  }

  number(): number {
    return ++this.#numbers
  }

  /** One of these. */
  pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.random(from.length)]
  }

  // ---- The broker

  get open(): boolean {
    return this.lifetime?.state === 'open'
  }

  /** Begins to start one on what is on the disk. */
  start(): void {
    this.lifetimes++
    this.note(() => 'the broker starts')
    this.lifetime = new Lifetime(this, this.disk)
  }

  /** It is gone at once, and the machine perhaps with it. */
  crash(power: boolean): void {
    this.note(() => (power ? 'the power is cut' : 'the broker is killed'))
    this.leave(power ? this.disk.powerCut(this.random) : this.disk.kill())
  }

  /** The machine or the process dies before the call of the disk with this number, counted from now, reads apart. */
  dieAt(number: number, power: boolean): void {
    const { disk } = this
    let left = number
    disk.faults = ({ kind }) => {
      if (kind === 'read' || --left !== 0) return null
      this.#dying = power ? disk.powerCut(this.random) : disk.kill()
      return null
    }
  }

  #die(disk: FaultDisk): void {
    this.note(() => 'the broker dies')
    this.#dying = null
    this.died = true
    this.leave(disk)
  }

  /** What is left of a broker that is gone. */
  leave(disk: FaultDisk): void {
    this.lifetime = null
    this.disk = this.#paced(disk)
    // Nothing of the process goes on.
    this.#ends = []
    this.#calls = []
    for (const client of this.clients) {
      client.line.drop()
      client.gone()
    }
    this.ledger.brokerGone()
  }

  /** Nothing of this history goes on. */
  end(): void {
    this.disk.kill()
    this.lifetime = null
    this.#ends = []
    this.#calls = []
  }

  #paced(disk: FaultDisk): FaultDisk {
    disk.capacity = this.capacity
    disk.pace = (go) => {
      if (this.disk === disk) this.#calls.push(go)
    }
    return disk
  }

  /** Turns that end when the simulator says so. */
  newTurn(): Turn {
    const ends: (() => void)[] = []
    this.#ends = ends
    return new Turn((end) => {
      this.#turnMs = this.clock.now()
      ends.push(end)
    })
  }

  readonly log: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields, text) => this.note(() => `  broker: ${text} ${JSON.stringify(fields)}`),
    error: (fields, text) => this.note(() => `  broker: ${text} ${JSON.stringify(fields)}`),
  }

  // ---- Clients

  connect(clientId: string): SimulatedClient | null {
    const { lifetime } = this
    if (lifetime === null || lifetime.state !== 'open') return null
    const client = new SimulatedClient(this, `ID:sim-1-1-${this.number()}:1`, clientId)
    this.clients.push(client)
    client.connect((end) => lifetime.accept(end), false)
    return client
  }

  reconnect(client: SimulatedClient): boolean {
    const { lifetime } = this
    if (lifetime === null || lifetime.state !== 'open') return false
    client.connect((end) => lifetime.accept(end), true)
    return true
  }

  *consumers(): IterableIterator<SimulatedConsumer> {
    for (const client of this.clients) yield* client.consumers
  }

  /** Consumers of topics that are there and see what is sent now. */
  *watchers(): IterableIterator<SimulatedConsumer> {
    for (const consumer of this.consumers()) {
      if (consumer.place === null && consumer.holds && consumer.confirmed) yield consumer
    }
  }

  /** A send was refused. Only a lack of space is a reason. */
  refused(letter: Letter, error: string): void {
    // A temporary queue may be gone, or not have been there yet.
    if (!this.cramped && !this.ledger.mayBeUnknown(letter)) {
      throw new Violation(`the send of ${letter.number} was refused: ${error}`)
    }
    this.ledger.refuse(letter)
  }

  /** The broker said something that nobody asked. */
  complained(client: SimulatedClient, error: string): void {
    if (!this.cramped) throw new Violation(`the broker tells ${client.clientId}: ${error}`)
  }

  // ---- Events

  /** Lets so many things happen that are ready to. `disk`: also those that the disk is to do. */
  async happen(count: number, disk: boolean = true): Promise<void> {
    for (let left = count; left > 0; left--) if (!(await this.#next(disk))) return
  }

  /** Until nothing is left to happen. */
  async rest(): Promise<void> {
    for (let left = EVENTS_MAX; await this.#next(); left--) {
      if (left === 0) throw new Violation('the broker never comes to rest')
    }
  }

  /** Time passes, and the broker notices. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TICK_MS) {
      this.clock.advance(Math.min(left, TICK_MS))
      this.#guard(() => this.lifetime?.tick())
      await this.rest()
    }
  }

  /** One tick, and nothing else. */
  tick(ms: number): void {
    this.clock.advance(ms)
    this.#guard(() => this.lifetime?.tick())
  }

  async #next(disk: boolean = true): Promise<boolean> {
    this.check()
    this.lifetime?.look()
    if (this.#dying !== null) this.#die(this.#dying)
    const turns = this.#ends.length > 0 ? 2 : 0
    const calls = disk ? this.#calls.length : 0
    let lines = 0
    for (const { line } of this.clients) lines += (line.toBroker > 0 ? 1 : 0) + (line.toClient > 0 ? 1 : 0)
    const total = turns + calls + lines
    if (total === 0) {
      await settled()
      return this.#ends.length + (disk ? this.#calls.length : 0) > 0
    }
    this.events++
    let dice = this.random(total)
    if (dice < turns) {
      this.#guard(this.#ends.shift() as () => void)
      return true
    }
    dice -= turns
    if (dice < calls) {
      const [call] = this.#calls.splice(dice, 1)
      this.#guard(call as () => void)
      await settled()
      return true
    }
    dice -= calls
    this.#guard(() => this.#move(dice))
    return true
  }

  /** The line with this number, of those where something lies. */
  #move(dice: number): void {
    let at = dice
    for (const { line } of this.clients) {
      if (line.toBroker > 0 && at-- === 0) {
        line.moveToBroker(this.random)
        return
      }
      if (line.toClient > 0 && at-- === 0) {
        line.moveToClient()
        return
      }
    }
  }

  /** What goes wrong is ours, whoever calls. */
  #guard(what: () => void): void {
    try {
      what()
    } catch (error) {
      this.fail(error)
    }
  }
}

/** Everything that promises had to say has been said. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function at(text: string): Destination {
  return Destination.parse(text)
}
