import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Operation } from '../../src/store/store.ts'
import { keysOf, messageOf, safely, Told } from '../../src/store/suite.ts'
import { type Call, FaultDisk } from './fault-disk.ts'
import { openStore } from './harness.ts'

/** Found by the simulator: what is refused for lack of room while the index is being looked at, or moved. */

function isBatch(call: Call): boolean {
  return call.kind === 'write' && call.durable && call.position > 0
}

it('a snapshot that was taken of what is refused afterwards is not written (J11, J13)', async () => {
  const sizes = { segmentSize: 65_536, batchSize: 2048, snapshotSize: 3000 }
  const disk = new FaultDisk()
  const { store } = await openStore(disk, sizes)
  const [a, b] = [store.queue('queue://A'), store.queue('queue://B')]
  for (let key = 1; key <= 2; key++) await safely((waiter) => a.add(messageOf(key), key, waiter))
  disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
  const refused: Told[] = []
  for (let key = 3; key <= 8; key++) {
    // Each takes away what must stay when it is refused.
    const steps: Operation[] = [{ kind: 'add', queue: b, message: messageOf(key, 'r'.repeat(900)), key }]
    if (key === 3) steps.push({ kind: 'remove', queue: a, key: 1 })
    const told = new Told()
    refused.push(told)
    store.commit(steps, told)
  }
  for (const told of refused) assert.equal((await told.told)?.code, 'STORE_FULL')
  disk.faults = () => null
  store.tick()
  await safely((waiter) => a.remove(500, waiter))
  for (let i = 0; i < 50; i++) await new Promise(setImmediate)
  const again = await openStore(disk.kill(), sizes)
  assert.deepEqual(await keysOf(again.store.queue('queue://A')), [1, 2])
  assert.deepEqual(await keysOf(again.store.queue('queue://B')), [])
  await again.store.close()
})
