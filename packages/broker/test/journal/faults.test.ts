import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@millrace/base'
import type { Operation, Stored } from '../../src/store/store.ts'
import { keysOf, messageOf, safely, Told } from '../../src/store/suite.ts'
import { type Call, FaultDisk } from './fault-disk.ts'
import { openStore } from './harness.ts'

const SIZES = { segmentSize: 65_536, batchSize: 8192, snapshotSize: 1 << 30 }

/** A write of a batch, as against one of a manifest, a spare or a head. */
function isBatch(call: Call): boolean {
  return call.kind === 'write' && call.durable && call.position > 0
}

function xid(number: number): { formatId: number; globalTransactionId: Buffer; branchQualifier: Buffer } {
  return { formatId: number, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
}

/** Waits until the store has done in the background what it does after opening. */
async function spares(disk: FaultDisk): Promise<void> {
  while (disk.paths().filter((path) => path.includes('spare-')).length < 2) await new Promise(setImmediate)
}

describe('a failed write (J4, J14, J15)', () => {
  for (const code of ['EIO', 'EROFS', 'EBADF']) {
    it(`${code} fails the store: everyone is told in order, nothing is promised or written any more`, async () => {
      const disk = new FaultDisk()
      const { store, failures } = await openStore(disk, SIZES)
      const queue = store.queue('queue://A')
      for (let key = 1; key <= 3; key++) await safely((waiter) => queue.add(messageOf(key), key, waiter))
      disk.faults = (call) => (isBatch(call) ? { code } : null)
      const order: string[] = []
      const waiter = (name: string): Stored => ({ stored: (error) => order.push(`${name} ${error?.code ?? 'stored'}`) })
      queue.add(messageOf(4), 4, waiter('first'))
      await new Promise(setImmediate)
      queue.add(messageOf(5), 5, waiter('second'))
      queue.remove(1, waiter('third'))
      const last = new Told()
      queue.remove(99, last)
      await last.told
      assert.deepEqual(order, ['first STORE_FAILED', 'second STORE_FAILED', 'third STORE_FAILED'])
      assert.deepEqual(
        failures.map((error) => error.code),
        ['STORE_FAILED'],
      )
      // The next write would succeed, as it does on Linux: nobody may rely on it.
      disk.faults = () => null
      const calls = disk.calls.filter(isBatch).length
      const late = new Told()
      queue.add(messageOf(6), 6, late)
      assert.equal((await late.told)?.code, 'STORE_FAILED')
      store.tick()
      await store.close()
      assert.equal(disk.calls.filter(isBatch).length, calls)
      assert.equal(failures.length, 1)
      const again = await openStore(disk.powerCut(seededRandom(1)), SIZES)
      assert.deepEqual((await keysOf(again.store.queue('queue://A'))).slice(0, 3), [1, 2, 3])
      await again.store.close()
    })
  }

  it('an error after some bytes were written fails the store, a full disk included', async () => {
    const disk = new FaultDisk()
    const { store, failures } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    let writes = 0
    disk.faults = (call) => {
      if (!isBatch(call)) return null
      return writes++ === 0 ? { short: 50 } : { code: 'ENOSPC' }
    }
    const told = new Told()
    queue.add(messageOf(2), 2, told)
    assert.equal((await told.told)?.code, 'STORE_FAILED')
    assert.equal(failures.length, 1)
    await store.close()
  })

  it('a spare segment that cannot be synced fails the store at its next write', async () => {
    const disk = new FaultDisk()
    disk.faults = (call) => (call.kind === 'sync' && call.path.includes('spare-2') ? { code: 'EIO' } : null)
    const { store, failures } = await openStore(disk, SIZES)
    while (!disk.calls.some((call) => call.kind === 'unlink')) await new Promise(setImmediate)
    const told = new Told()
    store.queue('queue://A').add(messageOf(1), 1, told)
    assert.equal((await told.told)?.code, 'STORE_FAILED')
    assert.equal(failures.length, 1)
    await store.close()
  })

  it('a snapshot that cannot be written costs nothing', async () => {
    const disk = new FaultDisk()
    const sizes = { ...SIZES, snapshotSize: 1000 }
    const { store, failures } = await openStore(disk, sizes)
    disk.faults = (call) => (call.path.includes('snapshot-') ? { code: 'EIO' } : null)
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 30; key++) await safely((waiter) => queue.add(messageOf(key), key, waiter))
    assert.equal(failures.length, 0)
    const again = await openStore(disk.kill(), sizes)
    assert.equal((await keysOf(again.store.queue('queue://A'))).length, 30)
    await again.store.close()
  })
})

describe('a full disk (J13, J14)', () => {
  it('no room for another segment: messages are refused, removals and outcomes go on, and it ends by itself', async () => {
    const disk = new FaultDisk()
    const { store, failures } = await openStore(disk, { ...SIZES, snapshotSize: 20_000 })
    await spares(disk)
    const queue = store.queue('queue://A')
    const branch: Operation[] = [{ kind: 'add', queue, message: messageOf(1), key: 1 }]
    await safely((waiter) => store.prepare(xid(1), branch, waiter))
    disk.faults = (call) => (call.kind === 'create' && call.path.includes('spare-') ? { code: 'ENOSPC' } : null)
    let key = 1
    let refused: string | undefined
    while (refused === undefined) {
      key++
      const told = new Told()
      queue.add(messageOf(key, 'f'.repeat(2000)), key, told)
      refused = (await told.told)?.code
      assert.ok(key < 200, 'it becomes full')
    }
    assert.equal(refused, 'STORE_FULL')
    assert.equal(store.usage.full, true)
    const inCommit = new Told()
    store.commit([{ kind: 'add', queue, message: messageOf(900), key: 900 }], inCommit)
    assert.equal((await inCommit.told)?.code, 'STORE_FULL')
    const prepared = new Told()
    store.prepare(xid(2), [{ kind: 'add', queue, message: messageOf(901), key: 901 }], prepared)
    assert.equal((await prepared.told)?.code, 'STORE_FULL')

    // What makes room has room.
    await safely((waiter) => store.finish(xid(1), true, waiter))
    await safely((waiter) => store.commit([{ kind: 'remove', queue, key: 2 }], waiter))
    for (let each = 3; each < key; each++) await safely((waiter) => queue.remove(each, waiter))
    assert.deepEqual(await keysOf(queue), [1])
    assert.equal(failures.length, 0)

    disk.faults = () => null
    for (let ticks = 0; store.usage.full; ticks++) {
      store.tick()
      await new Promise(setImmediate)
      assert.ok(ticks < 1000, 'it ends when there is room')
    }
    await safely((waiter) => queue.add(messageOf(1000), 1000, waiter))
    const again = await openStore(disk.kill(), SIZES)
    assert.deepEqual(await keysOf(again.store.queue('queue://A')), [1, 1000])
    // A refused message may be sent again: nobody has been told that it came.
    assert.equal(again.recovered.producers.get('ID:suite-1:1:1'), 1000)
    await again.store.close()
  })

  for (const crash of [false, true]) {
    it(`a disk that is full to the last byte can be emptied${crash ? ', also after a kill' : ''}`, async () => {
      const sizes = { segmentSize: 65_536, batchSize: 8192, snapshotSize: 100_000 }
      let disk = new FaultDisk()
      disk.capacity = 700_000
      let { store, failures } = await openStore(disk, sizes)
      const stored: number[] = []
      for (let key = 1; ; key++) {
        const told = new Told()
        store.queue('queue://A').add(messageOf(key, 'e'.repeat(1500)), key, told)
        const error = await told.told
        if (error !== null) {
          assert.equal(error.code, 'STORE_FULL')
          break
        }
        stored.push(key)
        assert.ok(key < 1000, 'it becomes full')
      }
      if (crash) {
        disk = disk.kill()
        disk.capacity = 700_000
        ;({ store, failures } = await openStore(disk, sizes))
      }
      const queue = store.queue('queue://A')
      assert.deepEqual(await keysOf(queue), stored)
      for (const key of stored) {
        await safely((waiter) => queue.remove(key, waiter))
        if (key % 10 === 0) store.tick()
      }
      for (let ticks = 0; store.usage.full; ticks++) {
        store.tick()
        await new Promise(setImmediate)
        assert.ok(ticks < 1000, 'there is room again')
      }
      await safely((waiter) => queue.add(messageOf(5000), 5000, waiter))
      assert.equal(failures.length, 0)
      const again = await openStore(disk.kill(), sizes)
      assert.deepEqual(await keysOf(again.store.queue('queue://A')), [5000])
      await again.store.close()
    })
  }

  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) {
    it(`${code} before the first byte: those messages are refused, removals wait for room, all in order`, async () => {
      const disk = new FaultDisk()
      const { store, failures } = await openStore(disk, SIZES)
      await spares(disk)
      const queue = store.queue('queue://A')
      for (let key = 1; key <= 5; key++) await safely((waiter) => queue.add(messageOf(key), key, waiter))
      disk.faults = (call) => (isBatch(call) ? { code } : null)
      const order: string[] = []
      const waiter = (name: string): Stored => ({ stored: (error) => order.push(`${name} ${error?.code ?? 'stored'}`) })
      queue.add(messageOf(6), 6, waiter('add 6'))
      queue.add(messageOf(7), 7, waiter('add 7'))
      queue.remove(1, waiter('remove 1'))
      queue.add(messageOf(8), 8, waiter('add 8'))
      store.commit(
        [
          { kind: 'remove', queue, key: 2 },
          { kind: 'add', queue, message: messageOf(9), key: 9 },
        ],
        waiter('commit'),
      )
      store.prepare(xid(1), [{ kind: 'add', queue, message: messageOf(10), key: 10 }], waiter('prepare'))
      store.commit([{ kind: 'remove', queue, key: 3 }], waiter('removing commit'))
      // So large that it is in a batch of its own.
      queue.add(messageOf(13, 'l'.repeat(9000)), 13, waiter('add 13'))
      const rest = new Told()
      queue.remove(77, rest)
      while (order.length < 2) await new Promise(setImmediate)
      assert.deepEqual(order, ['add 6 STORE_FULL', 'add 7 STORE_FULL'])
      assert.equal(queue.count, 3, 'the removals hold, the refused commit does not')
      assert.equal(store.usage.full, true)
      const refused = new Told()
      queue.add(messageOf(11), 11, refused)

      disk.faults = () => null
      store.tick()
      assert.equal(await rest.told, null)
      assert.equal((await refused.told)?.code, 'STORE_FULL')
      assert.deepEqual(order.slice(2), [
        'remove 1 stored',
        'add 8 STORE_FULL',
        'commit STORE_FULL',
        'prepare STORE_FULL',
        'removing commit stored',
        'add 13 STORE_FULL',
      ])
      assert.equal(failures.length, 0)
      for (let ticks = 0; store.usage.full && ticks < 1000; ticks++) {
        store.tick()
        await new Promise(setImmediate)
      }
      await safely((last) => queue.add(messageOf(12), 12, last))
      assert.deepEqual(await keysOf(queue), [2, 4, 5, 12])
      const again = await openStore(disk.kill(), SIZES)
      assert.deepEqual(await keysOf(again.store.queue('queue://A')), [2, 4, 5, 12])
      assert.equal(again.recovered.branches.length, 0)
      await again.store.close()
    })
  }

  it('a producer whose message was refused may send it again after a crash', async () => {
    const disk = new FaultDisk()
    const sizes = { segmentSize: 8192, batchSize: 2048, snapshotSize: 1 << 30 }
    const { store } = await openStore(disk, sizes)
    await spares(disk)
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    disk.faults = (call) => (isBatch(call) ? { code: 'ENOSPC' } : null)
    const refused: Told[] = []
    // So much that the state of a later segment has been written meanwhile.
    for (let key = 2; key <= 12; key++) {
      refused.push(new Told())
      queue.add(messageOf(key, 'r'.repeat(1500)), key, refused[refused.length - 1] as Told)
    }
    for (const told of refused) assert.equal((await told.told)?.code, 'STORE_FULL')
    disk.faults = () => null
    store.tick()
    await safely((waiter) => queue.remove(500, waiter))
    const again = await openStore(disk.kill(), sizes)
    assert.deepEqual(await keysOf(again.store.queue('queue://A')), [1])
    assert.equal(again.recovered.producers.get('ID:suite-1:1:1'), 1)
    await again.store.close()
  })

  it('beyond its limit the store says so, and stores all the same', async () => {
    const { store } = await openStore(new FaultDisk(), { ...SIZES, bytesMax: 1000 })
    assert.equal(store.usage.bytesMax, 1000)
    assert.equal(store.usage.full, true)
    await safely((waiter) => store.queue('queue://A').add(messageOf(1), 1, waiter))
    await store.close()
  })
})

describe('writing', () => {
  it('short writes are gone on with (J16)', async () => {
    const disk = new FaultDisk()
    disk.faults = (call) => (call.kind === 'write' || call.kind === 'read' ? { short: 1 + (call.position % 97) } : null)
    const { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 20; key++)
      await safely((waiter) => queue.add(messageOf(key, 's'.repeat(500)), key, waiter))
    assert.equal((await keysOf(queue)).length, 20)
    const killed = disk.kill()
    killed.faults = disk.faults
    const again = await openStore(killed, SIZES)
    assert.equal((await keysOf(again.store.queue('queue://A'))).length, 20)
    await again.store.close()
  })

  it('batches form while the one before is written, one write at a time (J22, J23)', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    await spares(disk)
    const queue = store.queue('queue://A')
    const batches = (): number => disk.calls.filter(isBatch).length
    const before = batches()
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    assert.equal(batches(), before + 1, 'a lone record is written at the end of its turn')
    disk.writeDelay = 20_000
    const first = new Told()
    queue.add(messageOf(2), 2, first)
    const turn = new Promise((resolve) => {
      // Asked before the turn ends, so it runs right behind it, while the write is under way.
      setImmediate(resolve)
    })
    await turn
    const rest: Told[] = []
    for (let key = 3; key <= 40; key++) {
      rest.push(new Told())
      queue.add(messageOf(key), key, rest[rest.length - 1] as Told)
    }
    for (const told of rest) await told.safe()
    assert.ok(batches() <= before + 3, `${batches() - before} writes for 40 messages`)
    await store.close()
  })

  it('a record nobody waits for is written with the tick', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    await spares(disk)
    const before = disk.calls.filter(isBatch).length
    store.queue('queue://A').add(messageOf(1), 1, null)
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    assert.equal(disk.calls.filter(isBatch).length, before)
    store.tick()
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    assert.equal(disk.calls.filter(isBatch).length, before + 1)
    await store.close()
  })

  it('a small batch is written where blocks are, a large one makes its file grow (J7)', async () => {
    const disk = new FaultDisk()
    const pieces: number[] = []
    disk.faults = (call) => {
      if (!isBatch(call)) return null
      const { size = 0 } = call
      const grows = call.position + call.length > size
      if (grows && call.length < 256) assert.fail(`${call.length} bytes make the file grow`)
      if (grows && call.position === size && call.length === 4096) pieces.push(call.position)
      return null
    }
    const { store } = await openStore(disk, { segmentSize: 16_384, batchSize: 4096, snapshotSize: 1 << 30 })
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 400; key++) await safely((waiter) => queue.add(messageOf(key), key, waiter))
    assert.ok(pieces.length > 5, `${pieces.length} pieces of zeros`)
    for (let key = 401; key <= 440; key++) {
      await safely((waiter) => queue.add(messageOf(key, 'g'.repeat(900)), key, waiter))
    }
    const again = await openStore(disk.powerCut(seededRandom(3)), SIZES)
    assert.equal((await keysOf(again.store.queue('queue://A'))).length, 440)
    await again.store.close()
  })

  it('the file of a dropped segment is written over by a later one, and nothing of it comes back (J3)', async () => {
    const disk = new FaultDisk()
    const sizes = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 20_000 }
    const { store } = await openStore(disk, sizes)
    await spares(disk)
    const queue = store.queue('queue://A')
    const recycled = (): Call[] => disk.calls.filter(({ kind, path }) => kind === 'rename' && path.includes('segment-'))
    for (let key = 1; recycled().length < 6; key++) {
      await safely((waiter) => queue.add(messageOf(key, 'o'.repeat(700)), key, waiter))
      await safely((waiter) => queue.remove(key, waiter))
      store.tick()
      assert.ok(key < 1000)
    }
    for (let key = 2001; key <= 2040; key++) {
      await safely((waiter) => queue.add(messageOf(key, 'n'.repeat(700)), key, waiter))
    }
    const count = (kind: Call['kind']): number =>
      disk.calls.filter((call) => call.kind === kind && call.path.includes('spare-')).length
    assert.ok(count('create') < count('rename'), `${count('create')} files for ${count('rename')} segments`)
    for (const left of [disk.afterPowerCut(seededRandom(4)), disk.kill()]) {
      for (const path of left.paths()) if (path.includes('snapshot-')) left.delete(path)
      const again = await openStore(left, sizes)
      assert.deepEqual(
        await keysOf(again.store.queue('queue://A')),
        Array.from({ length: 40 }, (_, i) => 2001 + i),
      )
      await again.store.close()
    }
  })

  it('no room for the name of the next segment: the one that was made already is used all the same (J13)', async () => {
    const disk = new FaultDisk()
    const { store, failures } = await openStore(disk, SIZES)
    await spares(disk)
    const queue = store.queue('queue://A')
    let refused = 0
    disk.faults = (call) => {
      // Once for each way to begin a segment: ahead of need, and when it is needed.
      if (call.kind !== 'syncDirectory' || refused === 2) return null
      refused++
      return { code: 'ENOSPC' }
    }
    let key = 0
    while (refused < 2 || !store.usage.full) {
      key++
      const told = new Told()
      queue.add(messageOf(key, 'n'.repeat(2000)), key, told)
      if ((await told.told) !== null) {
        key--
        break
      }
      assert.ok(key < 200)
    }
    assert.ok(refused > 0)
    assert.equal(failures.length, 0)
    const again = await openStore(disk.kill(), SIZES)
    assert.equal((await keysOf(again.store.queue('queue://A'))).length, key)
    await again.store.close()
  })

  it('a large batch that finds no room to grow half way is written with the room of the reserve (J13)', async () => {
    const disk = new FaultDisk()
    const { store, failures } = await openStore(disk, SIZES)
    await spares(disk)
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    let full = true
    disk.faults = (call) => {
      if (call.kind === 'unlink') full = false
      if (!full || !isBatch(call)) return null
      // A short write first, then nothing any more.
      return call.position + call.length > (call.size ?? 0) ? { code: 'ENOSPC', afterBytes: 100 } : null
    }
    let key = 1
    while (!store.usage.full) {
      key++
      await safely((waiter) => queue.add(messageOf(key, 'r'.repeat(5000)), key, waiter))
      assert.ok(key < 20)
    }
    assert.equal(full, false, 'a spare was given up')
    assert.equal(failures.length, 0)
    const again = await openStore(disk.kill(), SIZES)
    assert.equal((await keysOf(again.store.queue('queue://A'))).length, key)
    await again.store.close()
  })

  it('a writer that was replaced finds out and stops (J17)', async () => {
    const disk = new FaultDisk()
    const sizes = { segmentSize: 8192, batchSize: 2048, snapshotSize: 1 << 30 }
    const { store, failures } = await openStore(disk, sizes)
    // Its lock was taken from it, and another has started on the same files.
    const other = disk.afterKill()
    const taken = await openStore(other, sizes)
    await taken.store.close()
    disk.put('/store/manifest', other.bytes('/store/manifest'))
    const queue = store.queue('queue://A')
    let code: string | undefined
    for (let key = 1; code === undefined; key++) {
      const told = new Told()
      queue.add(messageOf(key, 'w'.repeat(500)), key, told)
      code = (await told.told)?.code
      assert.ok(key < 30)
    }
    assert.equal(code, 'STORE_FAILED')
    assert.match(failures[0]?.message ?? '', /another process/)
    await store.close()
  })

  it('only the producers heard of last are remembered, over a restart too (J21)', async () => {
    const disk = new FaultDisk()
    const options = { ...SIZES, producersMax: 40 }
    const { store } = await openStore(disk, options)
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 200; key++) queue.add(messageOf(key, 'p', `ID:producer-${key % 100}`), key, null)
    await safely((waiter) => queue.remove(1, waiter))
    await store.close()
    const { store: again, recovered } = await openStore(disk, options)
    assert.ok(recovered.producers.size <= 40)
    for (let number = 80; number < 100; number++) {
      assert.equal(recovered.producers.get(`ID:producer-${number}`), 100 + number)
    }
    await again.close()
  })
})
