import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seededRandom } from '@millrace/base'
import { Destination, DestinationKind } from '../../src/message/destination.ts'
import { type Xid, xidText } from '../../src/message/xid.ts'
import type { Operation, Stored } from '../../src/store/store.ts'
import { keysOf, messageOf } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { type Opened, openStore } from './harness.ts'

const SIZES = { segmentSize: 4096, batchSize: 1024, snapshotSize: 7000 }
const NAMES = ['queue://A', 'queue://B', 'queue://C'] as const

/** The contents of a store in a form that can be compared. */
type State = Record<string, readonly unknown[]>

/**
 * A run of operations, the state after each, and how many of them were confirmed. A journal is written in order, so
 * what is found after a crash must be the state after some operation that is not before the last confirmed one.
 */
class Script {
  readonly states: State[] = []
  confirmed = 0
  readonly #queues = new Map<string, Set<number>>(NAMES.map((name) => [name, new Set()]))
  readonly #durables = new Set<string>()
  readonly #branches = new Map<string, readonly Operation[]>()

  constructor() {
    this.#note()
  }

  /** Does everything; ends early when the disk dies, by never coming back. */
  async run({ store }: Opened): Promise<void> {
    const random = seededRandom(4)
    let key = 0
    const [a, b, c] = NAMES.map((name) => store.queue(name))
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    // One message that nobody fetches, in a segment that should go.
    await this.#step(
      (waiter) => c.add(messageOf(++key, 'kept'), key, waiter),
      () => this.#add(NAMES[2], key),
    )
    for (let round = 0; round < 60; round++) {
      const body = 'x'.repeat(random(500))
      const first = ++key
      a.add(messageOf(first, body), first, null)
      this.#add(NAMES[0], first)
      this.#note()
      const second = ++key
      const steps: Operation[] = [
        { kind: 'add', queue: b, message: messageOf(second, body), key: second },
        { kind: 'remove', queue: a, key: first - 3 },
      ]
      await this.#step(
        (waiter) => store.commit(steps, waiter),
        () => this.#do(steps),
      )
      if (round % 4 === 1) {
        const third = ++key
        const xid: Xid = { formatId: 1, globalTransactionId: Buffer.from([round]), branchQualifier: Buffer.alloc(0) }
        const inBranch: Operation[] = [{ kind: 'add', queue: a, message: messageOf(third), key: third }]
        await this.#step(
          (waiter) => store.prepare(xid, inBranch, waiter),
          () => this.#branches.set(xidText(xid), inBranch),
        )
        if (round % 8 === 1) {
          await this.#step(
            (waiter) => store.finish(xid, true, waiter),
            () => {
              this.#branches.delete(xidText(xid))
              this.#do(inBranch)
            },
          )
        }
      }
      if (round % 7 === 3) {
        const name = `sub ${round}`
        const destination = new Destination(DestinationKind.Topic, 'T')
        const record = { clientId: 'c', name, destination, selector: null, noLocal: false }
        await this.#step(
          (waiter) => store.addDurable(record, waiter),
          () => this.#durables.add(name),
        )
      }
      for (const [i, queue] of [a, b].entries()) {
        const [next, oldest] = [...(this.#queues.get(NAMES[i] as string) ?? [])]
        if (next === undefined || oldest === undefined || oldest > key - 12) continue
        if (round % 3 === 0) {
          queue.remove(next, null)
          this.#queues.get(queue.name)?.delete(next)
          this.#note()
        }
        await this.#step(
          (waiter) => queue.remove(oldest, waiter),
          () => this.#queues.get(queue.name)?.delete(oldest),
        )
      }
      store.tick()
    }
    await store.close()
  }

  async #step(action: (waiter: Stored) => void, model: () => void): Promise<void> {
    const stored = new Promise<void>((resolve) => {
      action({
        stored: (error) => {
          assert.equal(error, null)
          resolve()
        },
      })
    })
    model()
    this.#note()
    await stored
    this.confirmed = this.states.length - 1
  }

  #add(name: string, key: number): void {
    this.#queues.get(name)?.add(key)
  }

  #do(operations: readonly Operation[]): void {
    for (const { kind, queue, key } of operations) {
      if (kind === 'add') this.#add(queue.name, key)
      else this.#queues.get(queue.name)?.delete(key)
    }
  }

  #note(): void {
    const state: State = { durables: [...this.#durables].sort(), branches: [...this.#branches.keys()].sort() }
    for (const [name, keys] of this.#queues) state[name] = [...keys].sort((x, y) => x - y)
    this.states.push(state)
  }
}

async function stateOf({ store, recovered }: Opened): Promise<State> {
  const state: State = {
    durables: recovered.durables.map(({ name }) => name).sort(),
    branches: recovered.branches.map(({ xid }) => xidText(xid)).sort(),
  }
  for (const name of NAMES) state[name] = await keysOf(store.queue(name))
  return state
}

interface Crash {
  readonly disk: FaultDisk
  readonly script: Script
  /** Operations that were confirmed before. */
  readonly confirmed: number
}

/** Runs the script to its end and keeps what a crash before each call of the disk would have left. */
async function crashes(image: (disk: FaultDisk, call: number) => FaultDisk): Promise<Crash[]> {
  const disk = new FaultDisk()
  // Slower than everything else, so that what must wait for it is seen not to.
  disk.writeDelay = 60
  const script = new Script()
  const found: Crash[] = []
  disk.faults = (call) => {
    if (call.kind !== 'read') found.push({ disk: image(disk, found.length), script, confirmed: script.confirmed })
    return null
  }
  await script.run(await openStore(disk, SIZES))
  return found
}

async function check({ disk, script, confirmed }: Crash, what: string): Promise<void> {
  const opened = await openStore(disk, SIZES).catch((error: unknown) => {
    throw new Error(what, { cause: error })
  })
  const state = await stateOf(opened)
  const found = script.states.findIndex((expected, i) => i >= confirmed && isSame(state, expected))
  if (found < 0)
    assert.deepEqual(state, script.states[confirmed], `${what}: nothing confirmed is lost, nothing returns`)
  await opened.store.close()
}

function isSame(a: State, b: State): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(state: State): [string, readonly unknown[]][] {
  return Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1))
}

for (const [name, parity, image] of [
  ['the process is killed', 0, (disk: FaultDisk) => disk.afterKill()],
  ['the power is cut', 1, (disk: FaultDisk, call: number) => disk.afterPowerCut(seededRandom(call))],
] as const) {
  it(`after any call at which ${name}, everything confirmed is there and nothing removed returns (J5 J6 J11 J12)`, async () => {
    const found = await crashes(image)
    assert.ok(found.length > 500, `${found.length} calls`)
    for (const [call, crash] of found.entries()) {
      // The journal alone must lead to the same as journal and snapshot: every other time it has to.
      const bare = call % 2 === parity
      const { disk } = crash
      if (bare) for (const path of disk.paths()) if (path.includes('snapshot-')) disk.delete(path)
      await check(crash, `${name} at call ${call}${bare ? ', snapshots gone' : ''}`)
    }
  })
}

it('a crash while recovering is as good as none (J5)', async () => {
  const found = await crashes((disk, call) => disk.afterPowerCut(seededRandom(call)))
  for (const at of [100, 250, 333, 500]) {
    const crash = found[at] as Crash
    const again: Crash[] = []
    const disk = crash.disk.copy()
    disk.faults = (call) => {
      if (call.kind !== 'read') again.push({ ...crash, disk: disk.afterPowerCut(seededRandom(again.length)) })
      return null
    }
    const { store } = await openStore(disk, SIZES)
    await store.close()
    for (const [call, second] of again.entries()) await check(second, `power cut at call ${at}, again at ${call}`)
  }
})

it('the script makes the journal roll, take snapshots, sweep and drop segments', async () => {
  const run = new FaultDisk()
  const script = new Script()
  await script.run(await openStore(run, SIZES))
  assert.equal(run.openFiles, 0)
  const renamed = (part: string): number =>
    run.calls.filter(({ kind, path }) => kind === 'rename' && path.includes(part)).length
  // The file of one that is dropped is kept, to be written over.
  const dropped = renamed('segment-')
  const swept = !run.paths().includes('/store/segment-0000000001.journal')
  assert.ok(renamed('spare-') > 4, `${renamed('spare-')} segments`)
  assert.ok(renamed('snapshot-') > 4, `${renamed('snapshot-')} snapshots`)
  assert.ok(dropped > 2, `${dropped} dropped`)
  assert.ok(swept, 'the segment of the message that nobody fetches is gone')
})
