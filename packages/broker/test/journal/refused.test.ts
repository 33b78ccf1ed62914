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

it('a prepared branch that is being moved stays when there is no room for the move (J12, J13)', async () => {
  const sizes = { segmentSize: 4096, batchSize: 1024, snapshotSize: 6000 }
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  // At each batch on the way the disk may be full; some of them move the branch.
  for (let full = 0; full < 120; full += 1) {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, sizes)
    const queue = store.queue('queue://A')
    const inBranch: Operation[] = [{ kind: 'add', queue, message: messageOf(1, 'prepared'), key: 1 }]
    await safely((waiter) => store.prepare(xid, inBranch, waiter))
    let batches = 0
    disk.faults = (call) => (isBatch(call) && batches++ === full ? { code: 'ENOSPC' } : null)
    // What found no room is tried again with the tick.
    const told = async (waiter: Told): Promise<boolean> => {
      let answer: boolean | null = null
      void waiter.told.then((error) => {
        answer = error === null
      })
      while (answer === null) {
        store.tick()
        await new Promise(setImmediate)
      }
      return answer
    }
    for (let key = 2; key < 60; key++) {
      const add = new Told()
      queue.add(messageOf(key, 'x'.repeat(600)), key, add)
      const remove = new Told()
      if (!(await told(add))) continue
      queue.remove(key, remove)
      assert.ok(await told(remove))
    }
    disk.faults = () => null
    for (let ticks = 0; store.usage.full && ticks < 1000; ticks++) {
      store.tick()
      await new Promise(setImmediate)
    }
    await safely((waiter) => store.finish(xid, true, waiter))
    const again = await openStore(disk.kill(), sizes)
    assert.deepEqual(await keysOf(again.store.queue('queue://A')), [1], `full at batch ${full}`)
    await again.store.close()
  }
})
