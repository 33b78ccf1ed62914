import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seededRandom } from '@millrace/base'
import type { SyncPolicy } from '../../src/journal/sync-policy.ts'
import { keysOf, messageOf, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { openStore, TINY } from './harness.ts'

const SIZES = { ...TINY, segmentSize: 16_384 }

it('always puts every batch on stable storage, the others only leave it to the kernel', async () => {
  for (const sync of ['always', 'periodic', 'never'] as const) {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, { ...SIZES, sync })
    const queue = store.queue('queue://A')
    disk.calls.length = 0
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    const batches = disk.calls.filter(({ kind, position }) => kind === 'write' && position > 0)
    assert.deepEqual(
      batches.map(({ durable }) => durable),
      [sync === 'always'],
    )
    await store.close()
  }
})

it('periodic syncs when its time is over, once, and only if there is something', async () => {
  const disk = new FaultDisk()
  const { store } = await openStore(disk, { ...SIZES, sync: 'periodic', syncIntervalMs: 300 })
  const queue = store.queue('queue://A')
  const syncs = async (ticks: number): Promise<number> => {
    disk.calls.length = 0
    for (let i = 0; i < ticks; i++) {
      store.tick()
      await new Promise(setImmediate)
    }
    return disk.calls.filter(({ kind, path }) => kind === 'sync' && path.includes('segment-')).length
  }
  await safely((waiter) => queue.add(messageOf(1), 1, waiter))
  assert.equal(await syncs(4), 1)
  assert.equal(await syncs(10), 0)
  await safely((waiter) => queue.add(messageOf(2), 2, waiter))
  assert.equal(await syncs(4), 1)
  // What was synced survives even a power cut.
  await safely((waiter) => queue.add(messageOf(3), 3, waiter))
  const again = await openStore(disk.powerCut(seededRandom(1)), SIZES)
  const keys = await keysOf(again.store.queue('queue://A'))
  assert.deepEqual(keys.slice(0, 2), [1, 2])
  await again.store.close()
})

for (const sync of ['periodic', 'never'] satisfies SyncPolicy[]) {
  it(`${sync}: nothing is lost when the process is killed, the newest when the power is cut, and it always starts`, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      const disk = new FaultDisk()
      const { store } = await openStore(disk, { ...SIZES, sync, syncIntervalMs: 200 })
      const queue = store.queue('queue://A')
      const added: number[] = []
      const removed = new Set<number>()
      const steps = 20 + random(200)
      for (let key = 1; key <= steps; key++) {
        await safely((waiter) => queue.add(messageOf(key, 'x'.repeat(random(900))), key, waiter))
        added.push(key)
        if (random(3) > 0) {
          const old = added[random(added.length)] as number
          removed.add(old)
          await safely((waiter) => queue.remove(old, waiter))
        }
        if (random(4) === 0) store.tick()
        if (random(8) === 0) await new Promise(setImmediate)
      }
      const left = added.filter((key) => !removed.has(key))
      const killed = await openStore(disk.afterKill(), { ...SIZES, sync })
      assert.deepEqual(await keysOf(killed.store.queue('queue://A')), left, `seed ${seed}`)
      await killed.store.close()
      // After a power cut the journal ends earlier: a later removal may be missing, and every later message.
      const cut = disk.powerCut(random)
      const { store: again } = await openStore(cut, { ...SIZES, sync })
      const keys = await keysOf(again.queue('queue://A'))
      const last = keys.at(-1) ?? 0
      const missing = left.filter((key) => key <= last && !keys.includes(key))
      assert.deepEqual(missing, [], `seed ${seed}`)
      // It goes on, and another cut right after the start changes nothing more.
      const twice = await openStore(cut.powerCut(random), SIZES)
      assert.deepEqual(await keysOf(twice.store.queue('queue://A')), keys, `seed ${seed}`)
      await twice.store.close()
    }
  })
}

it('a sync that fails ends the store, whenever it is asked for', async () => {
  const disk = new FaultDisk()
  const { store, failures } = await openStore(disk, { ...SIZES, sync: 'periodic', syncIntervalMs: 100 })
  const queue = store.queue('queue://A')
  await safely((waiter) => queue.add(messageOf(1), 1, waiter))
  disk.faults = ({ kind }) => (kind === 'sync' ? { code: 'EIO' } : null)
  store.tick()
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  disk.faults = () => null
  queue.add(messageOf(2), 2, null)
  store.tick()
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['STORE_FAILED'],
  )
})

it('a policy that does not exist, or an interval that is none, is refused', async () => {
  const wrong = openStore(new FaultDisk(), { sync: 'sometimes' as SyncPolicy })
  await assert.rejects(wrong, { code: 'CONFIGURATION_INVALID' })
  await assert.rejects(openStore(new FaultDisk(), { sync: 'periodic', syncIntervalMs: 0 }), {
    code: 'CONFIGURATION_INVALID',
  })
})
