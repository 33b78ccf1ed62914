import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@millrace/base'
import type { CatalogQueue } from '../../src/journal/catalog.ts'
import type { Manifest } from '../../src/journal/manifest.ts'
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

/** The same, each pair in one batch: no segment is needed for another. */
async function flowWithin(queue: QueueStore, from: number, segments: number, disk: FaultDisk): Promise<number> {
  let key = from
  const until = (segmentsOf(disk).pop() ?? 0) + segments
  while ((segmentsOf(disk).pop() ?? 0) < until) {
    key++
    const added = key
    queue.add(messageOf(added, 'f'.repeat(1000)), added, null)
    await safely((waiter) => queue.remove(added, waiter))
  }
  return key
}

/** Those that the manifest lists: there may be one more, made ahead. */
function segmentsOf(disk: FaultDisk): number[] {
  const [line = ''] = disk.bytes('/store/manifest').toString('latin1').split('\n')
  return (JSON.parse(line) as Manifest).segments.map(({ number }) => number)
}

function catalogQueueOf(queue: QueueStore): CatalogQueue {
  return (queue as unknown as { catalogQueue: CatalogQueue }).catalogQueue
}

function segmentBytes(disk: FaultDisk): number {
  return segmentsOf(disk).length * SIZES.segmentSize
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
    let key = await flowWithin(store.queue('queue://PASSING'), 10, 1, disk)
    await safely((waiter) => store.finish(xid, false, waiter))
    const finished = segmentsOf(disk).pop() as number
    key = await flowWithin(store.queue('queue://PASSING'), key, 1, disk)
    await safely((waiter) => queue.remove(4, waiter))
    for (let round = 0; round < 3; round++) {
      key = await flowWithin(store.queue('queue://PASSING'), key, 8, disk)
      assert.ok(segmentsOf(disk).includes(1))
      assert.ok(!segmentsOf(disk).includes(finished))
      disk = disk.kill()
      for (const path of disk.paths()) if (path.includes('snapshot-')) disk.delete(path)
      const opened = await openStore(disk, SIZES)
      store = opened.store
      assert.deepEqual(opened.recovered.branches, [])
      assert.deepEqual(await keysOf(store.queue('queue://A')), [3, 5])
    }
    await store.close()
  })

  for (const removed of [true, false]) {
    it(`a message that was moved twice ${removed ? 'and removed does not return' : 'is still there'}, though its first segment stays`, async () => {
      const disk = new FaultDisk()
      const { store } = await openStore(disk, SIZES)
      const passing = store.queue('queue://PASSING')
      const kept = store.queue('queue://KEPT')
      const queue = store.queue('queue://A')
      let key = 100
      const keep = async (size: number): Promise<void> => {
        const stays = ++key
        await safely((waiter) => kept.add(messageOf(stays, 'k'.repeat(size)), stays, waiter))
      }
      // The first segment is so full of others that it is not worth to be swept.
      await safely((waiter) => queue.add(messageOf(9, 'moved body'), 9, waiter))
      for (let i = 0; i < 4; i++) await keep(3000)
      key = await flowWithin(passing, key, 1, disk)
      const move = async (segment: number): Promise<void> => {
        const bytes = disk.bytes(`/store/segment-${String(segment).padStart(10, '0')}.journal`)
        const start = bytes.lastIndexOf('MBAT', bytes.indexOf('moved body'))
        const payload = bytes.subarray(start + 40, start + bytes.readUInt32BE(start + 4))
        // The Add record of key 9.
        const offset = payload.indexOf(Buffer.from('4022000000000000', 'hex')) - 9
        store.moveMessage(payload, offset, [{ queue: catalogQueueOf(queue), key: 9 }], segment)
        assert.ok(await store.settled())
      }
      await move(1)
      const second = segmentsOf(disk).pop() as number
      if (!removed) {
        // By someone else than the sweep, which finds it gone.
        key = await flowWithin(passing, key, 1, disk)
        for (let i = 0; i < 2; i++) await keep(3000)
        await move(second)
      }
      for (let i = 0; i < 9; i++) {
        key = await flowWithin(passing, key, 1, disk)
        await keep(1500)
      }
      await settle(store, disk)
      assert.ok(segmentsOf(disk).includes(1))
      assert.ok(!segmentsOf(disk).includes(second), 'it was swept')
      if (removed) {
        // And everything else that is not in the first segment.
        key = await flowWithin(passing, key, 1, disk)
        await safely((waiter) => queue.remove(9, waiter))
        for (const each of await keysOf(kept)) if (each > 104) await safely((waiter) => kept.remove(each, waiter))
      }
      const expected = await keysOf(kept)
      for (let i = 0; i < 12; i++) {
        key = await flowWithin(passing, key, 1, disk)
        await settle(store, disk)
      }
      assert.ok(segmentsOf(disk).includes(1))
      const bare = disk.kill()
      for (const path of bare.paths()) if (path.includes('snapshot-')) bare.delete(path)
      const again = await openStore(bare, SIZES)
      assert.deepEqual(await keysOf(again.store.queue('queue://KEPT')), expected)
      assert.deepEqual(await keysOf(again.store.queue('queue://A')), removed ? [] : [9])
      await again.store.close()
    })
  }

  for (const seed of [31, 32, 33, 34]) {
    it(`a long random history with kills in tiny segments (seed ${seed})`, async () => {
      const harness = await randomHistory(await faultHarness(new FaultDisk(), seed), seededRandom(seed), 2500, true)
      await harness.end()
    })
  }

  for (const seed of [41, 42]) {
    it(`much passes, little stays, and the store is killed at any moment (seed ${seed})`, async () => {
      const random = seededRandom(seed)
      let harness = await faultHarness(new FaultDisk(), seed)
      const live = new Set<number>()
      let key = 0
      for (let step = 0; step < 2000; step++) {
        const { store } = harness
        const queue = store.queue('queue://A')
        const action = random(100)
        if (action < 70) {
          queue.add(messageOf(++key, 'x'.repeat(random(1500))), key, null)
          if (random(12) === 0) live.add(key)
          else queue.remove(key, null)
          if (random(2) === 0) await safely((waiter) => store.commit([], waiter))
        } else if (action < 85) {
          const removed = [...live][random(live.size + 1)]
          if (removed === undefined) continue
          live.delete(removed)
          queue.remove(removed, null)
        } else if (action < 97) {
          store.tick()
          await new Promise(setImmediate)
        } else {
          await safely((waiter) => queue.remove(0, waiter))
          // In the middle of whatever it does in the background.
          for (let turns = random(30); turns > 0; turns--) await Promise.resolve()
          assert.ok(harness.reopen !== null)
          harness = await harness.reopen(random(4) === 0 ? 'closed' : 'killed')
          assert.deepEqual(
            await keysOf(harness.store.queue('queue://A')),
            [...live].sort((a, b) => a - b),
          )
        }
      }
      await harness.end()
    })
  }
})
