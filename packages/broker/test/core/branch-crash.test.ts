import { seededRandom, silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JournalStore } from '../../src/journal/journal-store.ts'
import { type Xid, xidText } from '../../src/message/xid.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { DIRECTORY, TINY } from '../journal/harness.ts'
import { at, type Received, World } from './world.ts'

const XID: Xid = { formatId: 1, globalTransactionId: Buffer.from('global'), branchQualifier: Buffer.from('branch') }
const ID = xidText(XID)

/** What was asked for and what was answered; a crash may come anywhere in between. */
const STAGES = ['begun', 'preparing', 'prepared', 'ending', 'ended'] as const
type Stage = (typeof STAGES)[number]

interface Crash {
  readonly disk: FaultDisk
  readonly stage: Stage
}

function open(disk: FaultDisk): Promise<World> {
  return World.open({
    store: (turn, clock) =>
      new JournalStore({
        directory: DIRECTORY,
        turn,
        clock,
        log: silentLogger,
        random: seededRandom(1),
        disk,
        failed: (error) => {
          throw error
        },
        ...TINY,
      }),
  })
}

/** Whether `in` is there, how often `out` is there (a queue, a durable subscription), and whether the branch is. */
function stateOf({ broker }: World): string {
  const durable = broker.durables.list()[0]?.pending
  const out = broker.queue(at('OUT'))?.count ?? 0
  return `in ${broker.queue(at('IN'))?.count ?? 0}, out ${out} ${durable}, branches ${broker.recover().length}`
}

const BEFORE = 'in 1, out 0 0, branches 0'
// What a prepared branch sends is counted and not seen.
const PREPARED = 'in 0, out 1 1, branches 1'
const COMMITTED = 'in 0, out 1 1, branches 0'

/** A branch that takes `in` and sends `out`, from its begin to its end, and what a crash before each call would leave. */
async function run(
  outcome: 'commit' | 'rollback',
  image: (disk: FaultDisk, call: number) => FaultDisk,
): Promise<Crash[]> {
  const disk = new FaultDisk()
  disk.writeDelay = 20
  const crashes: Crash[] = []
  const world = await open(disk)
  const { broker } = world
  const made = broker.durables.create({ clientId: 'me', name: 'd', destination: at('topic://T') })
  await world.finished(made)
  const client = world.connect()
  client.post('IN', 'in')
  await world.answered()
  const consumer = client.consume('IN')
  await world.until(() => consumer.received.length === 1)
  let stage: Stage = 'begun'
  disk.faults = (call) => {
    if (call.kind !== 'read') crashes.push({ disk: image(disk, crashes.length), stage })
    return null
  }
  broker.begin(client.connection, ID, XID)
  consumer.ack(consumer.received[0] as Received, { transactionId: ID })
  client.post('OUT', 'out', { transaction: ID })
  client.post('topic://T', 'out', { transaction: ID })
  // Something beside it, so that there are writes in each stage.
  client.post('BESIDE', 'a')
  await world.answered()
  stage = 'preparing'
  const vote = client.ask((reply) => broker.prepare(client.connection, ID, reply))
  await world.until(() => vote.prepareResult === 'ok')
  stage = 'prepared'
  for (let left = 3; left > 0; left--) {
    client.post('BESIDE', 'x'.repeat(3000))
    await world.answered()
  }
  stage = 'ending'
  const end = client.ask((reply) => broker[outcome](client.connection, ID, reply))
  await world.until(() => end.code !== undefined)
  assert.equal(end.code, null)
  stage = 'ended'
  for (let left = 8; left > 0; left--) {
    client.post('BESIDE', 'x'.repeat(3000))
    await world.answered()
  }
  await world.finished(broker.close())
  return crashes
}

function expected(stage: Stage, outcome: 'commit' | 'rollback'): readonly string[] {
  const after = outcome === 'commit' ? COMMITTED : BEFORE
  switch (stage) {
    case 'begun':
      return [BEFORE]
    case 'preparing':
      return [BEFORE, PREPARED]
    case 'prepared':
      return [PREPARED]
    case 'ending':
      return [PREPARED, after]
    case 'ended':
      return [after]
  }
}

for (const outcome of ['commit', 'rollback'] as const) {
  for (const [name, image] of [
    ['the process is killed', (disk: FaultDisk) => disk.afterKill()],
    ['the power is cut', (disk: FaultDisk, call: number) => disk.afterPowerCut(seededRandom(call))],
  ] as const) {
    test(`wherever ${name} between prepare and ${outcome}, a branch is whole and what was answered holds`, async () => {
      const crashes = await run(outcome, image)
      for (const stage of ['preparing', 'prepared', 'ending', 'ended'] as const) {
        assert.ok(
          crashes.some((crash) => crash.stage === stage),
          `no crash while ${stage}`,
        )
      }
      for (const [call, { disk, stage }] of crashes.entries()) {
        const world = await open(disk)
        const found = stateOf(world)
        assert.ok(expected(stage, outcome).includes(found), `${name} at call ${call}, ${stage}: ${found}`)
        // A branch that was found can still have either end.
        if (found === PREPARED) {
          const [branch] = world.broker.branches.inDoubt()
          assert.deepEqual([branch?.sends, branch?.acknowledgements], [2, 1])
          assert.deepEqual(await world.finished(world.broker.durables.browse('me', 'd')), [])
          const consumer = world.connect().consume('OUT')
          await world.until(() => true)
          assert.deepEqual(consumer.texts, [])
          consumer.close()
          const committed = call % 2 === 0
          const { branches } = world.broker
          await world.finished(committed ? branches.commit(ID) : branches.rollback(ID))
          assert.equal(stateOf(world), committed ? COMMITTED : BEFORE, `${name} at call ${call}, resolved`)
        }
        await world.finished(world.broker.close())
      }
    })
  }
}
