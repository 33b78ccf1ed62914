import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@millrace/base'
import type { CatalogQueue } from '../../src/journal/catalog.ts'
import type { Operation, QueueStore, Store } from '../../src/store/store.ts'
import { assertSameMessage, keysOf, messageOf, randomHistory, readAll, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { faultHarness, openStore } from './harness.ts'

const SIZES = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 32_768 }

/** One tick after the other until nothing happens any more. */
async function settle(store: Store, disk: FaultDisk): Promise<void> {
  for (let quiet = 0; quiet < 20; ) {
    const calls = disk.calls.length
    store.tick()
    await new Promise(setImmediate)
    quiet = disk.calls.length === calls ? quiet + 1 : 0
  }
}

/** Messages that come and go, `count` at a time. */
async function flow(queue: QueueStore, from: number, count: number): Promise<number> {
  let key = from
  for (let i = 0; i < count; i++) {
    key++
    const added = key
    await safely((waiter) => queue.add(messageOf(added, 'f'.repeat(1000)), added, waiter))
    queue.remove(added, null)
  }
  return key
}

function segmentsOf(disk: FaultDisk): number[] {
  return disk.paths().flatMap((path) => {
    const [, number] = /segment-(\d+)/.exec(path) ?? []
    return number === undefined ? [] : [Number(number)]
  })
}

function catalogQueueOf(queue: QueueStore): CatalogQueue {
  return (queue as unknown as { catalogQueue: CatalogQueue }).catalogQueue
}

function segmentBytes(disk: FaultDisk): number {
  return disk.paths().filter((path) => path.includes('segment-')).length * SIZES.segmentSize
}

describe('sweep (J12, R-17)', () => {
  it('one live message in each segment of a long history does not keep the history', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const kept = store.queue('queue://KEPT')
    const passing = store.queue('queue://PASSING')
    let key = 0
    for (let round = 0; round < 60; round++) {
      const stays = ++key
      await safely((waiter) => kept.add(messageOf(stays, `kept ${stays}`), stays, waiter))
      key = await flow(passing, key, 15)
      store.tick()
    }
    await settle(store, disk)
    const live = 60 * 150
    assert.ok(segmentBytes(disk) <= 3 * live + 8 * SIZES.segmentSize, `${segmentBytes(disk)} bytes on disk`)
    const expected = await keysOf(kept)
    assert.equal(expected.length, 60)
    // From the journal alone, so that every removal must have survived with what it removed.
    const bare = disk.kill()
    for (const path of bare.paths()) if (path.includes('snapshot-')) bare.delete(path)
    const again = await openStore(bare, SIZES)
    assert.deepEqual(await keysOf(again.store.queue('queue://KEPT')), expected)
    assert.deepEqual(await keysOf(again.store.queue('queue://PASSING')), [])
    for (const { key: each, message } of await readAll(again.store.queue('queue://KEPT'))) {
      assertSameMessage(message, messageOf(each, `kept ${each}`))
    }
    await again.store.close()
  })

  it('a backlog that shrinks slowly does not pin what passes by', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const backlog = store.queue('queue://BACKLOG')
    const passing = store.queue('queue://PASSING')
    let key = 0
    for (; key < 300; ) {
      key++
      backlog.add(messageOf(key, 'b'.repeat(300)), key, null)
    }
    for (let round = 1; round <= 100; round++) {
      backlog.remove(round, null)
      key = await flow(passing, key, 15)
      store.tick()
    }
    await settle(store, disk)
    const live = 200 * 450
    assert.ok(segmentBytes(disk) <= 3 * live + 8 * SIZES.segmentSize, `${segmentBytes(disk)} bytes on disk`)
    const bare = disk.kill()
    for (const path of bare.paths()) if (path.includes('snapshot-')) bare.delete(path)
    const again = await openStore(bare, SIZES)
    assert.deepEqual(
      await keysOf(again.store.queue('queue://BACKLOG')),
      Array.from({ length: 200 }, (_, i) => 101 + i),
    )
    await again.store.close()
  })

  it('a shared message is moved once, and a prepared branch moves too', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const queues = ['A', 'B', 'C', 'D'].map((name) => store.queue(`durable://c:${name}`))
    const message = messageOf(1, 's'.repeat(1500))
    const operations: Operation[] = queues.map((queue) => ({ kind: 'add', queue, message, key: 1 }))
    await safely((waiter) => store.commit(operations, waiter))
    await safely((waiter) => (queues[0] as QueueStore).remove(1, waiter))
    const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
    const prepared = messageOf(2, 'prepared')
    const branch: Operation[] = [{ kind: 'add', queue: queues[0] as QueueStore, message: prepared, key: 2 }]
    await safely((waiter) => store.prepare(xid, branch, waiter))
    let key = await flow(store.queue('queue://PASSING'), 10, 15)
    for (let round = 0; round < 12; round++) {
      const stays = ++key
      await safely((waiter) => store.queue('queue://KEPT').add(messageOf(stays, 'k'.repeat(3500)), stays, waiter))
      key = await flow(store.queue('queue://PASSING'), key, 15)
    }
    await settle(store, disk)
    assert.ok(!disk.paths().includes('/store/segment-0000000001.journal'), 'the first segment is gone')
    const again = await openStore(disk.kill(), SIZES)
    for (const name of ['B', 'C', 'D']) {
      const [paged] = await readAll(again.store.queue(`durable://c:${name}`))
      assert.ok(paged !== undefined)
      assertSameMessage(paged.message, message)
    }
    assert.equal(again.store.queue('durable://c:A').count, 0)
    const [found] = again.recovered.branches
    const [operation] = found?.operations ?? []
    assert.ok(operation?.kind === 'add')
    assertSameMessage(operation.message, prepared)
    await again.store.close()
  })

  it('a queue that was deleted does not return when the record of that is gone', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const gone = store.queue('queue://GONE')
    const kept = store.queue('queue://KEPT')
    // A segment that stays, with messages of both.
    for (let key = 1; key <= 20; key++) {
      gone.add(messageOf(key, 'g'), key, null)
      kept.add(messageOf(100 + key, 'k'.repeat(300)), 100 + key, null)
    }
    await flow(store.queue('queue://PASSING'), 1000, 30)
    await safely((waiter) => gone.delete(waiter))
    await flow(store.queue('queue://PASSING'), 2000, 200)
    await settle(store, disk)
    const bare = disk.kill()
    for (const path of bare.paths()) if (path.includes('snapshot-')) bare.delete(path)
    const again = await openStore(bare, SIZES)
    assert.deepEqual([...again.recovered.queues.keys()].sort(), ['queue://KEPT', 'queue://PASSING'])
    assert.equal(again.store.queue('queue://KEPT').count, 20)
    await again.store.close()
  })

  it('a branch that was finished does not return when the record of that is gone, nor after a rebuild what was removed', async () => {
    let disk = new FaultDisk()
    let { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
    await safely((waiter) => store.prepare(xid, [{ kind: 'add', queue, message: messageOf(2), key: 2 }], waiter))
    for (const key of [3, 4, 5]) await safely((waiter) => queue.add(messageOf(key), key, waiter))
    let key = await flow(store.queue('queue://PASSING'), 10, 25)
    await safely((waiter) => store.finish(xid, false, waiter))
    await safely((waiter) => queue.remove(4, waiter))
    for (let round = 0; round < 3; round++) {
      key = await flow(store.queue('queue://PASSING'), key, 120)
      assert.ok(segmentsOf(disk).includes(1))
      disk = disk.kill()
      for (const path of disk.paths()) if (path.includes('snapshot-')) disk.delete(path)
      const opened = await openStore(disk, SIZES)
      store = opened.store
      assert.deepEqual(opened.recovered.branches, [])
      assert.deepEqual(await keysOf(store.queue('queue://A')), [3, 5])
    }
    await store.close()
  })

  it('what was moved twice is not taken back before all its records are gone', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const passing = store.queue('queue://PASSING')
    const kept = store.queue('queue://KEPT')
    const queue = store.queue('queue://A')
    const frame = (segment: number, place: string): { payload: Buffer; offset: number } => {
      const bytes = disk.bytes(`/store/segment-${String(segment).padStart(10, '0')}.journal`)
      const at = bytes.indexOf(place)
      const start = bytes.lastIndexOf('MBAT', at)
      const payload = bytes.subarray(start + 40, start + bytes.readUInt32BE(start + 4))
      return { payload, offset: payload.indexOf(Buffer.from([0x40, 0x22, 0, 0, 0, 0, 0, 0])) - 9 }
    }
    const move = async (segment: number): Promise<void> => {
      const { payload, offset } = frame(segment, 'moved body')
      const entries = [{ queue: catalogQueueOf(queue), key: 9 }]
      store.moveMessage(payload, offset, entries, segment)
      assert.ok(await store.settled())
    }
    // In the first segment, which stays for another's sake; then moved, and moved again.
    await safely((waiter) => kept.add(messageOf(1, 'k'), 1, waiter))
    await safely((waiter) => queue.add(messageOf(9, 'moved body'), 9, waiter))
    let key = await flow(passing, 10, 15)
    await move(1)
    const second = segmentsOf(disk).pop() as number
    key = await flow(passing, key, 15)
    await move(second)
    key = await flow(passing, key, 15)
    await safely((waiter) => queue.remove(9, waiter))
    // The sweep does not run without a tick; what is empty goes with the snapshots.
    await flow(passing, key, 120)
    assert.ok(segmentsOf(disk).includes(1))
    const bare = disk.kill()
    for (const path of bare.paths()) if (path.includes('snapshot-')) bare.delete(path)
    const again = await openStore(bare, SIZES)
    assert.deepEqual(await keysOf(again.store.queue('queue://KEPT')), [1])
    assert.deepEqual(await keysOf(again.store.queue('queue://A')), [])
    await again.store.close()
  })

  for (const seed of [31, 32, 33, 34]) {
    it(`a long random history with kills in tiny segments (seed ${seed})`, async () => {
      const harness = await randomHistory(await faultHarness(new FaultDisk(), seed), seededRandom(seed), 2500, true)
      await harness.end()
    })
  }
})
