import assert from 'node:assert/strict'
import { it } from 'node:test'
import { keysOf, messageOf, readPage, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { openStore } from './harness.ts'

const MIB = 1 << 20

it('a page whose messages lie far apart is cut before much has to be read for it, and the next goes on', async () => {
  const disk = new FaultDisk()
  const { store } = await openStore(disk, { segmentSize: 16 * MIB, batchSize: MIB, snapshotSize: 64 * MIB })
  const few = store.queue('queue://FEW')
  const many = store.queue('queue://MANY')
  const large = 'm'.repeat(900_000)
  const keys: number[] = []
  for (let key = 1; key <= 60; key += 2) {
    // Each message of the one queue is in a batch with a large one of the other.
    few.add(messageOf(key), key, null)
    await safely((waiter) => many.add(messageOf(key + 1, large), key + 1, waiter))
    keys.push(key)
  }
  // The first page tells how large batches are here.
  const first = await readPage(few, 0, 5)
  assert.equal(first.page.length, 5)
  const second = await readPage(few, 0, 1000)
  assert.ok(second.page.length < keys.length, `${second.page.length} in one page`)
  assert.equal(second.last, false)
  assert.deepEqual(await keysOf(few), keys)
  await store.close()
})
