import { seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exportStore, importStore } from '../../../src/journal/offline/archive.ts'
import { backupStore } from '../../../src/journal/offline/backup.ts'
import { listRecords, repairStore, verifyStore } from '../../../src/journal/offline/inspect.ts'
import { Destination } from '../../../src/message/destination.ts'
import { assertSameMessage, keysOf, messageOf, randomMessage, readAll, safely } from '../../../src/store/suite.ts'
import { FaultDisk } from '../fault-disk.ts'
import { DIRECTORY, type Opened, openStore, TINY } from '../harness.ts'

const SIZES = { ...TINY, snapshotSize: 1 << 30 }
const DURABLE = {
  clientId: 'c',
  name: 'n',
  destination: Destination.parse('topic://T'),
  selector: "a = 'ü'",
  noLocal: true,
}
const XID = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }

/** Messages in several segments, in three queues, some removed, some in transactions, and a durable subscription. */
async function filled(disk: FaultDisk, end: 'closed' | 'killed' = 'closed'): Promise<FaultDisk> {
  const { store } = await openStore(disk, SIZES)
  const random = seededRandom(5)
  const [a, b] = [store.queue('queue://A'), store.queue('queue://B')]
  store.queue('queue://EMPTY')
  store.addDurable(DURABLE, null)
  for (let key = 1; key <= 60; key++) {
    const message = randomMessage(random, key, 3000)
    if (key % 5 === 0) {
      const both = [a, b].map((queue) => ({ kind: 'add' as const, queue, message, key }))
      await safely((waiter) => store.commit(both, waiter))
    } else await safely((waiter) => a.add(message, key, waiter))
    if (key % 3 === 0) await safely((waiter) => a.remove(key - 2, waiter))
  }
  if (end === 'killed') return disk.kill()
  await store.close()
  return disk
}

async function contents(disk: FaultDisk, directory = DIRECTORY): Promise<Opened> {
  return await openStore(disk, { ...SIZES, directory })
}

async function exportedLines(disk: FaultDisk, directory = DIRECTORY): Promise<string[]> {
  const lines: string[] = []
  await exportStore({ directory, disk, write: (line) => void lines.push(line.slice(0, -1)) })
  return lines
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield line
}

function snapshotOf(disk: FaultDisk): Map<string, Buffer> {
  return new Map(disk.paths().map((path) => [path, disk.bytes(path)]))
}

function flip(disk: FaultDisk, path: string, offset: number): void {
  const bytes = disk.bytes(path)
  bytes[offset] = (bytes[offset] as number) ^ 1
  disk.put(path, bytes)
}

function segments(disk: FaultDisk): string[] {
  return disk.paths().filter((path) => path.includes('/segment-'))
}

describe('verify and list', () => {
  for (const end of ['closed', 'killed'] as const) {
    it(`a store that was ${end} is whole, is counted, and stays as it was`, async () => {
      const disk = await filled(new FaultDisk(), end)
      const before = snapshotOf(disk)
      const found = await verifyStore({ directory: DIRECTORY, disk })
      assert.deepEqual(found.damages, [])
      assert.equal(found.messages, 40 + 12)
      assert.equal(found.durables, 1)
      assert.deepEqual(
        found.queues.map(({ name, messages }) => `${name} ${messages}`),
        ['queue://A 40', 'queue://B 12', 'queue://EMPTY 0'],
      )
      assert.ok(found.segments > 3)
      assert.deepEqual(snapshotOf(disk), before)
    })
  }

  it('records are listed with their queues, keys and messages, those of transactions inside them', async () => {
    const disk = await filled(new FaultDisk())
    const records = []
    for await (const record of listRecords(DIRECTORY, disk)) records.push(record)
    const adds = records.filter(({ type, queue }) => type === 'Add' && queue === 'queue://A')
    assert.deepEqual(
      adds.map(({ key }) => key),
      Array.from({ length: 60 }, (_, i) => i + 1),
    )
    assert.equal(records.filter(({ type }) => type === 'Remove').length, 20)
    const unit = records.findIndex(({ type }) => type === 'Unit')
    assert.deepEqual(
      records.slice(unit, unit + 3).map(({ type, depth, key }) => [type, depth, key]),
      [
        ['Unit', 0, null],
        ['Add', 1, 5],
        ['AddShared', 1, 5],
      ],
    )
    assert.ok(adds.every(({ message }) => message?.startsWith('ID:h-')))
  })

  it('any flipped bit of what was safe is found, with its file and its batches, and only that is lost', async () => {
    const whole = await filled(new FaultDisk())
    const good = await verifyStore({ directory: DIRECTORY, disk: whole })
    const random = seededRandom(8)
    for (let round = 0; round < 25; round++) {
      const disk = whole.copy()
      const paths = segments(disk)
      // All but the last are listed with their end.
      const path = paths[random(paths.length - 1)] as string
      const records = []
      for await (const record of listRecords(DIRECTORY, disk)) records.push(record)
      const number = Number(/(\d+)\.journal/.exec(path)?.[1])
      const offsets = records.filter(({ segment }) => segment === number).map(({ offset }) => offset)
      flip(disk, path, random(Math.max(...offsets)))
      const found = await verifyStore({ directory: DIRECTORY, disk })
      assert.equal(found.damages.length, 1)
      assert.ok(path.endsWith(found.damages[0]?.file ?? '?'))
      assert.ok(found.batches >= good.batches - 1)
      await assert.rejects(exportedLines(disk), { code: 'STORE_DAMAGED' })
    }
  })

  it('a segment that is missing or too short is named', async () => {
    const disk = await filled(new FaultDisk())
    const [first, second] = segments(disk) as [string, string]
    disk.delete(first)
    disk.put(second, disk.bytes(second).subarray(0, 3000))
    const { damages } = await verifyStore({ directory: DIRECTORY, disk })
    assert.deepEqual(
      damages.map(({ file, reason }) => [`${DIRECTORY}/${file}`, reason]).map(([path]) => path),
      [first, second],
    )
    assert.ok(damages.every(({ batches }) => batches !== null))
  })

  it('what was torn at the end of an unclean stop is no damage', async () => {
    const disk = await filled(new FaultDisk(), 'killed')
    const path = segments(disk).at(-1) as string
    const records = []
    for await (const record of listRecords(DIRECTORY, disk)) records.push(record)
    flip(disk, path, (records.at(-1)?.offset ?? 0) + 50)
    const found = await verifyStore({ directory: DIRECTORY, disk })
    assert.deepEqual(found.damages, [])
    assert.ok(found.tail !== null)
  })

  it('a store that a broker uses, or that is none, is refused', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    await assert.rejects(verifyStore({ directory: DIRECTORY, disk }), { code: 'STORE_LOCKED' })
    await assert.rejects(exportedLines(disk), { code: 'STORE_LOCKED' })
    await assert.rejects(repairStore({ directory: DIRECTORY, to: '/new', disk }), { code: 'STORE_LOCKED' })
    await store.close()
    for (const tool of [verifyStore, exportedLines] as const) {
      const wrong = tool === verifyStore ? verifyStore({ directory: '/none', disk }) : exportedLines(disk, '/none')
      await assert.rejects(wrong, { code: 'CONFIGURATION_INVALID' })
    }
  })
})

describe('repair', () => {
  it('what can be read of a damaged store is in the new one, and the damaged one is as it was', async () => {
    const whole = await filled(new FaultDisk())
    const random = seededRandom(3)
    const expected = new Map((await openedMessages(whole.copy())).map(([key, one]) => [key, one]))
    for (let round = 0; round < 6; round++) {
      const disk = whole.copy()
      const paths = segments(disk)
      flip(disk, paths[random(paths.length - 1)] as string, 64 + random(3000))
      const before = snapshotOf(disk)
      const repaired = await repairStore({ directory: DIRECTORY, to: '/new', disk })
      assert.equal(repaired.damages.length, 1)
      for (const [path, bytes] of before)
        if (path.startsWith(`${DIRECTORY}/`)) assert.deepEqual(disk.bytes(path), bytes)
      const { batches } = repaired.damages[0] ?? { batches: null }
      assert.ok(batches !== null)
      const left = await openedMessages(disk, '/new')
      assert.equal(left.length, repaired.messages)
      const known = left.filter(([key]) => expected.has(key))
      // One batch held one message at most, or a removal, which brings one back.
      assert.ok(known.length >= expected.size - 2, `${known.length} of ${expected.size}`)
      for (const [key, message] of known) assertSameMessage(message, expected.get(key) as typeof message)
    }
  })

  it('it refuses a directory that is not empty', async () => {
    const disk = await filled(new FaultDisk())
    disk.put('/new/something', Buffer.from('mine'))
    const code = 'CONFIGURATION_INVALID'
    await assert.rejects(repairStore({ directory: DIRECTORY, to: '/new', disk }), { code })
    await assert.rejects(importStore({ directory: '/new', lines: each([]), disk }), { code })
    await assert.rejects(backupStore({ directory: DIRECTORY, to: '/new', disk }), { code })
    assert.equal(disk.bytes('/new/something').toString(), 'mine')
  })
})

type KeyedMessage = [string, Awaited<ReturnType<typeof readAll>>[number]['message']]

async function openedMessages(disk: FaultDisk, directory = DIRECTORY): Promise<KeyedMessage[]> {
  const { store } = await contents(disk, directory)
  const found: KeyedMessage[] = []
  for (const name of ['queue://A', 'queue://B']) {
    for (const { key, message } of await readAll(store.queue(name))) found.push([`${name} ${key}`, message])
  }
  await store.close()
  return found
}

describe('export and import', () => {
  it('everything comes back: messages with every field and their keys, queues, durable subscriptions', async () => {
    const disk = await filled(new FaultDisk(), 'killed')
    const expected = await openedMessages(disk.copy())
    const lines = await exportedLines(disk)
    const told = await importStore({ directory: '/new', lines: each(lines), disk })
    assert.deepEqual(told, { queues: 3, durables: 1, messages: expected.length })
    const { store, recovered } = await contents(disk, '/new')
    assert.deepEqual(recovered.durables, [DURABLE])
    assert.deepEqual([...recovered.queues.keys()].sort(), ['queue://A', 'queue://B', 'queue://EMPTY'])
    await store.close()
    const found = await openedMessages(disk, '/new')
    assert.deepEqual(
      found.map(([key]) => key),
      expected.map(([key]) => key),
    )
    for (const [i, [, message]] of found.entries()) assertSameMessage(message, expected[i]?.[1] as typeof message)
    // And once more gives the same text.
    assert.deepEqual((await exportedLines(disk, '/new')).slice(1, -1), lines.slice(1, -1))
  })

  it('an archive that is cut, changed or of a newer program is refused, and no store is left', async () => {
    const disk = await filled(new FaultDisk())
    const lines = await exportedLines(disk)
    const wrong = async (changed: readonly string[], code = 'STORE_DAMAGED'): Promise<void> => {
      await assert.rejects(importStore({ directory: '/new', lines: each(changed), disk }), { code })
      assert.deepEqual(
        disk.paths().filter((path) => path.startsWith('/new/')),
        [],
      )
    }
    await wrong([])
    await wrong(lines.slice(0, -1))
    await wrong(lines.slice(1))
    await wrong([...lines.slice(0, 10), ...lines.slice(11)])
    await wrong(lines.map((line, i) => (i === 12 ? line.replace('"key":', '"key": ') : line)))
    await wrong([...lines, lines[5] as string])
    await wrong(lines.map((line, i) => (i === 8 ? '{"message":{"queue":"queue://A","key":"1"}}' : line)))
    await wrong(lines.map((line, i) => (i === 8 ? '{"mess' : line)))
    await wrong(lines.map((line, i) => (i === 8 ? '[]' : line)))
    await wrong([(lines[0] as string).replace('"version":1', '"version":2'), ...lines.slice(1)], 'STORE_VERSION')
  })

  it('prepared branches are ended first, or left out when that is wanted', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.add(messageOf(1), 1, waiter))
    const steps = [{ kind: 'add' as const, queue, message: messageOf(2), key: 2 }]
    await safely((waiter) => store.prepare(XID, steps, waiter))
    await store.close()
    await assert.rejects(exportedLines(disk), { code: 'CONFIGURATION_INVALID' })
    const options = { directory: DIRECTORY, disk, write: () => {}, leavePrepared: true }
    assert.equal((await exportStore(options)).messages, 1)
  })

  it('messages that were only spilled are not exported', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    const queue = store.queue('queue://A')
    await safely((waiter) => queue.spill(messageOf(1), 1, waiter))
    await safely((waiter) => queue.add(messageOf(2), 2, waiter))
    const left = disk.kill()
    await importStore({ directory: '/new', lines: each(await exportedLines(left)), disk: left })
    const { store: again } = await contents(left, '/new')
    assert.deepEqual(await keysOf(again.queue('queue://A')), [2])
    await again.close()
  })
})

describe('backup', () => {
  it('of a store that is stopped it is that store', async () => {
    for (const end of ['closed', 'killed'] as const) {
      const disk = await filled(new FaultDisk(), end)
      const expected = await openedMessages(disk.copy())
      await backupStore({ directory: DIRECTORY, to: '/copy', disk })
      const found = await openedMessages(disk, '/copy')
      assert.deepEqual(
        found.map(([key]) => key),
        expected.map(([key]) => key),
      )
      // It goes on from there, and so does the other.
      for (const directory of [DIRECTORY, '/copy']) {
        const { store } = await contents(disk, directory)
        await safely((waiter) => store.queue('queue://A').add(messageOf(100), 100, waiter))
        await store.close()
      }
    }
  })

  it('a store without a message has one too', async () => {
    const disk = new FaultDisk()
    const { store } = await openStore(disk, SIZES)
    await backupStore({ directory: DIRECTORY, to: '/copy', disk })
    await store.close()
    const { store: copy } = await contents(disk, '/copy')
    await safely((waiter) => copy.queue('queue://A').add(messageOf(1), 1, waiter))
    await copy.close()
  })

  it('while messages come and go it has everything that was confirmed before, and nothing removed before', async () => {
    for (let round = 1; round <= 15; round++) {
      const disk = new FaultDisk()
      const { store } = await openStore(disk, { ...TINY, seed: round })
      const queue = store.queue('queue://A')
      let key = 0
      let going = true
      const live = new Set<number>()
      const work = async (): Promise<void> => {
        for (const random = seededRandom(round); going; ) {
          const added = ++key
          await safely((waiter) => queue.add(messageOf(added, 'x'.repeat(random(1500))), added, waiter))
          live.add(added)
          const old = added - 5 - random(10)
          if (live.delete(old)) await safely((waiter) => queue.remove(old, waiter))
          if (random(3) === 0) store.tick()
          await new Promise(setImmediate)
        }
      }
      const working = work()
      while (key < 20 * round) await new Promise(setImmediate)
      const before = new Set(live)
      const highest = Math.max(...before)
      await backupStore({ directory: DIRECTORY, to: '/copy', disk })
      going = false
      await working
      await store.close()
      const { store: copy } = await contents(disk, '/copy')
      const found = new Set(await keysOf(copy.queue('queue://A')))
      await copy.close()
      // What was there at the beginning is there, unless it was removed meanwhile, and then so are later messages.
      for (const one of before) assert.ok(found.has(one) || !live.has(one), `${one} in round ${round}`)
      for (const one of found) assert.ok(before.has(one) || one > highest - 16, `${one} came back in round ${round}`)
    }
  })

  it('a damaged store is not copied, and nothing is left of the try', async () => {
    const disk = await filled(new FaultDisk())
    flip(disk, segments(disk)[0] as string, 500)
    await assert.rejects(backupStore({ directory: DIRECTORY, to: '/copy', disk }), { code: 'STORE_DAMAGED' })
    assert.deepEqual(
      disk.paths().filter((path) => path.startsWith('/copy/')),
      [],
    )
  })
})
