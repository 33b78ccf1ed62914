import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { type LogFields, MillraceError, seededRandom, silentLogger } from '@millrace/base'
import { FRAME_HEAD, frameAt, SEGMENT_HEAD, sealFrame, seedOf } from '../../src/journal/frame.ts'
import { keysOf, messageOf, readAll, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { DIRECTORY, openStore } from './harness.ts'

const SEGMENT = `${DIRECTORY}/segment-0000000001.journal`
const SIZES = { segmentSize: 65_536, batchSize: 8192, snapshotSize: 1 << 30 }

/** A store whose first segment has `count` batches, one message in each; killed. */
async function killedAfter(count: number, body = 'body'): Promise<FaultDisk> {
  const disk = new FaultDisk()
  const { store } = await openStore(disk, SIZES)
  const queue = store.queue('queue://A')
  for (let key = 1; key <= count; key++) await safely((waiter) => queue.add(messageOf(key, body), key, waiter))
  return disk.kill()
}

interface Found {
  readonly at: number
  readonly end: number
  readonly number: number
}

/** The frames of the first segment, found by another reader than the one under test. */
function framesOf(disk: FaultDisk, path = SEGMENT): Found[] {
  const bytes = disk.bytes(path)
  const found: Found[] = []
  for (let at = SEGMENT_HEAD; bytes.toString('latin1', at, at + 4) === 'MBAT'; ) {
    const end = at + bytes.readUInt32BE(at + 4)
    found.push({ at, end, number: bytes.readDoubleBE(at + 8) })
    at = end
  }
  return found
}

function keys(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

async function openedKeys(disk: FaultDisk): Promise<number[]> {
  const { store } = await openStore(disk, SIZES)
  const queue = store.queue('queue://A')
  const found = await keysOf(queue)
  assert.equal(queue.count, found.length)
  // It is as good a store as any.
  const key = 1000 + found.length
  await safely((waiter) => queue.add(messageOf(key), key, waiter))
  assert.deepEqual(await keysOf(queue), [...found, key])
  await safely((waiter) => queue.remove(key, waiter))
  await store.close()
  return found
}

async function refusal(disk: FaultDisk): Promise<MillraceError> {
  try {
    await openStore(disk, SIZES)
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    return error
  }
  return assert.fail('the store was opened')
}

describe('torn tail (J1)', () => {
  const kinds: [string, (bytes: Buffer, cut: number) => Buffer][] = [
    ['missing', (bytes, cut) => bytes.subarray(0, cut)],
    ['zero', (bytes, cut) => Buffer.from(bytes).fill(0, cut)],
    ['other bytes', (bytes, cut) => Buffer.from(bytes).fill(0xa7, cut)],
  ]
  for (const [name, cutAt] of kinds) {
    it(`the last batch is cut at every byte, the rest being ${name}: all earlier ones are recovered`, async () => {
      const disk = await killedAfter(4)
      const { at, end } = framesOf(disk).pop() as Found
      for (let cut = at; cut < end; cut++) {
        const copy = disk.copy()
        copy.put(SEGMENT, cutAt(disk.bytes(SEGMENT), cut))
        // Its last byte may happen to be the one that is there instead.
        const whole = copy.bytes(SEGMENT).subarray(0, end).equals(disk.bytes(SEGMENT).subarray(0, end))
        assert.deepEqual(await openedKeys(copy), keys(whole ? 4 : 3), `cut at ${cut} of ${at} to ${end}`)
      }
    })
  }

  it('the last batch has holes: sectors of it are there and others are not', async () => {
    const disk = await killedAfter(3, 'x'.repeat(5000))
    const { at, end } = framesOf(disk).pop() as Found
    for (let sector = Math.ceil(at / 512) * 512; sector < end; sector += 512) {
      const copy = disk.copy()
      copy.put(SEGMENT, copy.bytes(SEGMENT).fill(0, sector, Math.min(end, sector + 512)))
      assert.deepEqual(await openedKeys(copy), keys(2))
    }
  })

  it('a whole tail is kept, and written again to a new segment (J5)', async () => {
    const disk = await killedAfter(4)
    const last = (framesOf(disk).pop() as Found).number
    const before = disk.bytes(SEGMENT)
    const { store } = await openStore(disk, SIZES)
    assert.deepEqual(await keysOf(store.queue('queue://A')), keys(4))
    assert.ok(disk.bytes(SEGMENT).equals(before), 'the old segment is not touched')
    const [copied] = framesOf(disk, SEGMENT.replace('1.j', '2.j'))
    assert.equal(copied?.number, last)
    // The old copy may turn out never to have been on the disk.
    const torn = disk.kill()
    const { at } = framesOf(torn).pop() as Found
    torn.put(SEGMENT, torn.bytes(SEGMENT).fill(0, at))
    assert.deepEqual(await openedKeys(torn), keys(4))
  })
})

describe('damage in the middle (J2)', () => {
  it('any flipped bit below a later batch refuses the start and names file and offset', async () => {
    const disk = await killedAfter(4)
    const frames = framesOf(disk)
    const { at, end } = frames[frames.length - 2] as Found
    for (let position = at; position < end; position++) {
      const copy = disk.copy()
      const bytes = copy.bytes(SEGMENT)
      bytes[position] = (bytes[position] as number) ^ (1 << (position % 8))
      copy.put(SEGMENT, bytes)
      const before = copy.paths()
      const error = await refusal(copy)
      assert.equal(error.code, 'STORE_DAMAGED')
      assert.match(error.message, /segment-0000000001\.journal/)
      assert.match(error.message, new RegExp(`offset ${at} `))
      assert.deepEqual(copy.paths(), before, 'nothing is changed')
    }
  })

  it('a batch overwritten with zeros refuses the start', async () => {
    const disk = await killedAfter(6)
    const { at, end } = framesOf(disk)[2] as Found
    disk.put(SEGMENT, disk.bytes(SEGMENT).fill(0, at, end))
    assert.equal((await refusal(disk)).code, 'STORE_DAMAGED')
  })

  it('the tail of a store that was closed must be there', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 3; key++) await safely((waiter) => queue.add(messageOf(key), key, waiter))
    await store.close()
    const { at } = framesOf(disk).pop() as Found
    for (const path of disk.paths()) if (path.includes('snapshot-')) disk.delete(path)
    disk.put(SEGMENT, disk.bytes(SEGMENT).fill(0, at))
    assert.equal((await refusal(disk)).code, 'STORE_DAMAGED')
  })

  it('damage in a segment that was closed is found without any batch behind it', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    for (let key = 1; key <= 12; key++) {
      await safely((waiter) => queue.add(messageOf(key, 'y'.repeat(7000)), key, waiter))
    }
    const killed = disk.kill()
    const { end } = framesOf(killed).pop() as Found
    const bytes = killed.bytes(SEGMENT)
    bytes[end - 1] = (bytes[end - 1] as number) ^ 1
    killed.put(SEGMENT, bytes)
    assert.equal((await refusal(killed)).code, 'STORE_DAMAGED')
  })

  for (const victim of ['segment-0000000001.journal', 'manifest']) {
    it(`a missing ${victim} refuses the start`, async () => {
      const disk = await killedAfter(3)
      disk.delete(`${DIRECTORY}/${victim}`)
      assert.equal((await refusal(disk)).code, 'STORE_DAMAGED')
    })
  }

  it('any flipped bit of the manifest refuses the start', async () => {
    const disk = await killedAfter(1)
    const path = `${DIRECTORY}/manifest`
    for (let position = 0; position < disk.bytes(path).length - 1; position++) {
      const copy = disk.copy()
      const bytes = copy.bytes(path)
      bytes[position] = (bytes[position] as number) ^ 1
      copy.put(path, bytes)
      assert.match((await refusal(copy)).code, /^STORE_(DAMAGED|VERSION)$/)
    }
  })
})

describe('bytes that look right (J3, J10)', () => {
  it('a frame of another segment or of another store is not taken for the tail', async () => {
    const disk = await killedAfter(3)
    const frames = framesOf(disk)
    const bytes = disk.bytes(SEGMENT)
    const { at, end, number } = frames[2] as Found
    const store = bytes.subarray(16, 32)
    assert.equal(frameAt(bytes, at, end, at, seedOf(store, 1))?.number, number)
    assert.equal(frameAt(bytes, at, end, at, seedOf(store, 2)), null)
    assert.equal(frameAt(bytes, at, end, at, seedOf(Buffer.alloc(16), 1)), null)
    assert.equal(frameAt(bytes, at, end, at + 1, seedOf(store, 1)), null)
    // The last batch once more behind the tail, as a recycled file would have it.
    const again = Buffer.from(bytes)
    again.set(bytes.subarray(at, end), end)
    disk.put(SEGMENT, again)
    assert.deepEqual(await openedKeys(disk), keys(3))
  })

  it('a segment of another store is refused', async () => {
    const disk = await killedAfter(3)
    const bytes = disk.bytes(SEGMENT)
    bytes.fill(0x55, 16, 32)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60)
    disk.put(SEGMENT, bytes)
    assert.equal((await refusal(disk)).code, 'STORE_DAMAGED')
  })

  for (const length of [0, 1, FRAME_HEAD - 1, 65_536, 0x7fff_ffff, 0xffff_ffff]) {
    it(`a frame that claims ${length} bytes is no more than a torn one`, async () => {
      const disk = await killedAfter(3)
      const { at } = framesOf(disk).pop() as Found
      const bytes = disk.bytes(SEGMENT)
      bytes.writeUInt32BE(length, at + 4)
      disk.put(SEGMENT, bytes)
      assert.deepEqual(await openedKeys(disk), keys(2))
    })
  }
})

describe('another writer (J17)', () => {
  it('what a writer with an older epoch adds is no part of the journal', async () => {
    const disk = new FaultDisk()
    for (const key of [1, 2]) {
      const { store } = await openStore(disk, SIZES)
      await safely((waiter) => store.queue('queue://A').add(messageOf(key), key, waiter))
      await store.close()
    }
    const opened = await openStore(disk, SIZES)
    await safely((waiter) => opened.store.queue('queue://A').add(messageOf(3), 3, waiter))
    const killed = disk.kill()
    const bytes = killed.bytes(SEGMENT)
    const { at, end, number } = framesOf(killed).pop() as Found
    for (const [epoch, expected] of [
      [3, 4],
      [1, 3],
    ] as const) {
      const copy = killed.copy()
      const frame = Buffer.from(bytes.subarray(at, end))
      // The same message under another key.
      frame.writeDoubleBE(4, FRAME_HEAD + 9)
      sealFrame(frame, { number: number + 1, watermark: number, epoch }, end, seedOf(bytes.subarray(16, 32), 1))
      copy.put(SEGMENT, Buffer.concat([bytes.subarray(0, end), frame, bytes.subarray(end + frame.length)]))
      assert.deepEqual(await openedKeys(copy), keys(expected), `epoch ${epoch}`)
    }
  })

  it('a snapshot that is newer than the journal is not believed (J11)', async () => {
    const disk = new FaultDisk()
    let { store } = await openStore(disk, SIZES)
    await safely((waiter) => store.queue('queue://A').add(messageOf(1), 1, waiter))
    await store.close()
    const backup = disk.copy()
    for (const key of [2, 3]) {
      store = (await openStore(disk, SIZES)).store
      await safely((waiter) => store.queue('queue://A').add(messageOf(key), key, waiter))
      await store.close()
    }
    const path = disk.paths().find((each) => each.endsWith('.index')) as string
    backup.put(path, disk.bytes(path))
    assert.deepEqual(await openedKeys(backup), [1])
  })
})

describe('a newer format (J25)', () => {
  it('a segment of a newer version is refused and left alone', async () => {
    const disk = await killedAfter(2)
    const bytes = disk.bytes(SEGMENT)
    bytes[8] = 4
    disk.put(SEGMENT, bytes)
    assert.equal((await refusal(disk)).code, 'STORE_VERSION')
    assert.ok(disk.bytes(SEGMENT).equals(bytes))
  })

  it('a manifest of a newer version is refused', async () => {
    const disk = await killedAfter(2)
    const path = `${DIRECTORY}/manifest`
    const line = (disk.bytes(path).toString('latin1').split('\n')[0] as string).replace('"format":3', '"format":4')
    disk.put(path, Buffer.from(`${line}\n${crc32(line).toString(16).padStart(8, '0')}\n`))
    assert.equal((await refusal(disk)).code, 'STORE_VERSION')
  })
})

describe('an older format (J25)', () => {
  /** What a program that wrote format 1 left after a kill. */
  function oldStore(): FaultDisk {
    const fixture = new URL('../../../test/journal/fixtures/format-1.json', import.meta.url)
    const files = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, string>
    const disk = new FaultDisk()
    for (const [path, text] of Object.entries(files)) disk.put(path, Buffer.from(text, 'base64'))
    return disk
  }

  for (const snapshot of [true, false]) {
    it(`a store of format 1 is read and goes on as the newest, ${snapshot ? 'with' : 'without'} its snapshot`, async () => {
      const disk = oldStore()
      if (!snapshot) for (const path of disk.paths()) if (path.endsWith('.index')) disk.delete(path)
      const { store } = await openStore(disk, SIZES)
      const queue = store.queue('queue://OLD')
      assert.deepEqual(await keysOf(queue), [1, 3, 4])
      await safely((waiter) => queue.add(messageOf(5), 5, waiter))
      await store.close()
      assert.ok(disk.bytes(`${DIRECTORY}/manifest`).toString('latin1').includes('"format":3'))
      const again = await openStore(disk, SIZES)
      assert.deepEqual(await keysOf(again.store.queue('queue://OLD')), [1, 3, 4, 5])
      await again.store.close()
    })
  }
})

describe('snapshot (J11)', () => {
  /** A store with two snapshots behind it, several segments, and a tail. Returns also its first snapshot. */
  async function withSnapshots(): Promise<{
    disk: FaultDisk
    old: { path: string; bytes: Buffer }
    expected: number[]
  }> {
    const disk = new FaultDisk()
    let { store } = await openStore(disk, SIZES)
    const snapshot = (): string => disk.paths().find((path) => path.endsWith('.index')) as string
    for (let key = 1; key <= 20; key++) {
      store.queue('queue://A').add(messageOf(key, 'z'.repeat(3000)), key, null)
    }
    await store.close()
    const old = { path: snapshot(), bytes: disk.bytes(snapshot()) }
    store = (await openStore(disk, SIZES)).store
    for (let key = 1; key <= 20; key += 2) store.queue('queue://A').remove(key, null)
    await store.close()
    store = (await openStore(disk, SIZES)).store
    await safely((waiter) => store.queue('queue://A').add(messageOf(30), 30, waiter))
    await safely((waiter) => store.queue('queue://A').remove(2, waiter))
    return { disk: disk.kill(), old, expected: [4, 6, 8, 10, 12, 14, 16, 18, 20, 30] }
  }

  it('with it, without it, or with an older one the same is recovered', async () => {
    const { disk, old, expected } = await withSnapshots()
    const path = disk.paths().find((each) => each.endsWith('.index')) as string
    assert.notEqual(path, old.path)
    assert.deepEqual(await openedKeys(disk.copy()), expected)
    const bare = disk.copy()
    bare.delete(path)
    assert.deepEqual(await openedKeys(bare), expected)
    const older = bare.copy()
    older.put(old.path, old.bytes)
    assert.deepEqual(await openedKeys(older), expected)
  })

  it('damaged anywhere it is not believed', async () => {
    const { disk, expected } = await withSnapshots()
    const path = disk.paths().find((each) => each.endsWith('.index')) as string
    const size = disk.bytes(path).length
    for (let position = 0; position < size; position += position < 64 ? 1 : 13) {
      const copy = disk.copy()
      const bytes = copy.bytes(path)
      bytes[position] = (bytes[position] as number) ^ 0x10
      copy.put(path, bytes)
      assert.deepEqual(await openedKeys(copy), expected, `byte ${position}`)
    }
    for (const length of [0, 63, 64, size - 1]) {
      const copy = disk.copy()
      copy.put(path, copy.bytes(path).subarray(0, length))
      assert.deepEqual(await openedKeys(copy), expected)
    }
  })

  it("another store's is not believed", async () => {
    const { disk, expected } = await withSnapshots()
    const other = new FaultDisk()
    const { store } = await openStore(other, { ...SIZES, seed: 5 })
    for (let key = 1; key <= 9; key++) store.queue('queue://B').add(messageOf(key), key, null)
    await store.close()
    const path = other.paths().find((each) => each.endsWith('.index')) as string
    disk.put(path.replace(/snapshot-\d+/, 'snapshot-9999999999999999'), other.bytes(path))
    assert.deepEqual(await openedKeys(disk), expected)
  })

  it('a segment that is shorter than the index says is damage', async () => {
    const { disk } = await withSnapshots()
    for (const path of disk.paths().filter((each) => each.includes('segment-'))) {
      const copy = disk.copy()
      copy.put(path, disk.bytes(path).subarray(0, SEGMENT_HEAD))
      assert.equal((await refusal(copy)).code, 'STORE_DAMAGED')
    }
  })

  it('segments that the next start would read stay until there is a newer one (J12)', async () => {
    const sizes = { segmentSize: 8192, batchSize: 2048, snapshotSize: 1 << 30 }
    const disk = new FaultDisk()
    let { store } = await openStore(disk, sizes)
    const add = (each: number, queue: string): Promise<void> => {
      // What passes is removed in its own batch, so that no older segment is needed for that.
      const passing = queue === 'queue://PASSING'
      store.queue(queue).add(messageOf(each, 'k'.repeat(500)), each, null)
      return safely((waiter) => store.queue(queue).remove(passing ? each : 0, waiter))
    }
    let key = 0
    while (!disk.paths().includes(`${DIRECTORY}/segment-0000000002.journal`)) await add(++key, 'queue://A')
    // All of the first segment; the last one is in the second.
    const gone = key - 1
    await add(++key, 'queue://KEPT')
    await store.close()
    // The snapshot knows the first messages, and ends in a segment that stays.
    store = (await openStore(disk, sizes)).store
    const fill = async (segment: number, queue: string): Promise<void> => {
      while (!disk.paths().includes(`${DIRECTORY}/segment-000000000${segment}.journal`)) {
        await add(++key, queue)
        store.tick()
      }
    }
    await fill(3, 'queue://KEPT')
    const kept = key
    await fill(4, 'queue://PASSING')
    for (let each = 1; each <= gone; each++) await safely((waiter) => store.queue('queue://A').remove(each, waiter))
    await fill(9, 'queue://PASSING')
    const { store: again } = await openStore(disk.kill(), sizes)
    assert.deepEqual(await keysOf(again.queue('queue://A')), [gone + 1])
    assert.equal(again.queue('queue://KEPT').count, kept - gone - 1)
    await again.close()
  })
})

describe('reading back (J9)', () => {
  it('a damaged message is never delivered; it is left out and reported once', async () => {
    const disk = await killedAfter(5)
    const errors: LogFields[] = []
    const log = { ...silentLogger, error: (fields: LogFields) => errors.push(fields) }
    const { store } = await openStore(disk, { ...SIZES, log })
    const { at } = framesOf(disk)[2] as Found
    const bytes = disk.bytes(SEGMENT)
    const random = seededRandom(3)
    const offset = at + FRAME_HEAD + random(20)
    bytes[offset] = (bytes[offset] as number) ^ 4
    disk.put(SEGMENT, bytes)
    const queue = store.queue('queue://A')
    const before = await keysOf(queue)
    const missing = keys(5).filter((key) => !before.includes(key))
    assert.equal(missing.length, 1)
    await readAll(queue, 1)
    assert.equal(errors.length, 1)
    assert.equal(errors[0]?.['key'], missing[0])
    // It can still be removed.
    await safely((waiter) => queue.remove(missing[0] as number, waiter))
    assert.equal(queue.count, 4)
    await store.close()
  })
})
