/** Finding what has rotted before somebody wants it (J9). */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type LogFields, ManualClock, silentLogger } from '@millrace/base'
import type { Manifest } from '../../src/journal/manifest.ts'
import type { Store } from '../../src/store/store.ts'
import { keysOf, messageOf, safely } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'
import { openStore } from './harness.ts'

const DAY = 24 * 60 * 60 * 1000
const SIZES = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 32_768 }

interface Started {
  readonly disk: FaultDisk
  readonly clock: ManualClock
  readonly store: Store
  readonly errors: LogFields[]
  readonly keys: number[]
}

/** A store with a hundred messages of 1,000 bytes in two queues, in many segments. */
async function started(scrubPeriodMs?: number): Promise<Started> {
  const disk = new FaultDisk()
  const clock = new ManualClock()
  const errors: LogFields[] = []
  const log = { ...silentLogger, error: (fields: LogFields) => errors.push(fields) }
  const { store } = await openStore(disk, {
    ...SIZES,
    log,
    clock,
    ...(scrubPeriodMs === undefined ? {} : { scrubPeriodMs }),
  })
  const keys: number[] = []
  for (let key = 1; key <= 100; key++) {
    const queue = store.queue(key % 2 === 0 ? 'queue://EVEN' : 'queue://ODD')
    await safely((waiter) => queue.add(messageOf(key, `body ${key} `.padEnd(1000, 'x')), key, waiter))
    keys.push(key)
  }
  return { disk, clock, store, errors, keys }
}

function closedSegments(disk: FaultDisk): number[] {
  const [line = ''] = disk.bytes('/store/manifest').toString('latin1').split('\n')
  return (JSON.parse(line) as Manifest).segments.filter(({ closed }) => closed !== null).map(({ number }) => number)
}

function pathOf(segment: number): string {
  return `/store/segment-${String(segment).padStart(10, '0')}.journal`
}

/** Turns one bit of the body that holds this text. */
function flip(disk: FaultDisk, text: string): string {
  for (const segment of closedSegments(disk)) {
    const bytes = disk.bytes(pathOf(segment))
    const at = bytes.indexOf(text)
    if (at < 0) continue
    bytes[at] = (bytes[at] as number) ^ 1
    disk.put(pathOf(segment), bytes)
    return pathOf(segment)
  }
  throw new Error(`${text} is in no closed segment`)
}

/** So much time goes by, in a thousand ticks, each of which comes to its end. */
async function pass(clock: ManualClock, store: Store, ms: number): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    clock.advance(ms / 1000)
    store.tick()
    for (let turn = 0; turn < 8; turn++) await new Promise(setImmediate)
  }
}

it('within seven days every closed segment is read, once, and nothing is wrong with a good one', async () => {
  const { disk, clock, store, errors } = await started()
  const closed = closedSegments(disk)
  assert.ok(closed.length >= 5, `${closed.length} segments`)
  await pass(clock, store, DAY)
  const read: string[] = []
  disk.faults = ({ kind, path }) => {
    if (kind === 'read') read.push(path)
    return null
  }
  await pass(clock, store, 7 * DAY)
  assert.deepEqual(read.sort(), closed.map(pathOf))
  assert.deepEqual(errors, [])
  assert.deepEqual(store.damaged(), [])
  await store.close()
})

it('what has rotted is found and named though nobody reads it, and only that', async () => {
  const { disk, clock, store, errors, keys } = await started()
  const path = flip(disk, 'body 20 ')
  flip(disk, 'body 31 ')
  await pass(clock, store, 8 * DAY)
  const damaged = store.damaged()
  assert.deepEqual(damaged.map(({ queue, key }) => [queue, key]).sort(), [
    ['queue://EVEN', 20],
    ['queue://ODD', 31],
  ])
  const [first] = damaged.filter(({ key }) => key === 20)
  assert.match(first?.where ?? '', new RegExp(`^${path.slice('/store/'.length)}, batch at byte \\d+$`))
  assert.ok((first?.foundMs ?? 0) > clock.now() - 8 * DAY)
  assert.ok(errors.some((fields) => fields['key'] === 20))
  // It is not given out, and everything else is.
  const read = [...(await keysOf(store.queue('queue://EVEN'))), ...(await keysOf(store.queue('queue://ODD')))]
  assert.deepEqual(
    read.sort((one, other) => one - other),
    keys.filter((key) => key !== 20 && key !== 31),
  )
  // Reading finds nothing new, and what is removed is no longer named.
  assert.equal(store.damaged().length, 2)
  await safely((waiter) => store.queue('queue://EVEN').remove(20, waiter))
  await safely((waiter) => store.queue('queue://ODD').delete(waiter))
  assert.deepEqual(store.damaged(), [])
  await store.close()
})

it('what is damaged where nothing lives is told of, and hits nobody', async () => {
  const { disk, clock, store, errors } = await started()
  flip(disk, 'body 20 ')
  await safely((waiter) => store.queue('queue://EVEN').remove(20, waiter))
  await pass(clock, store, 8 * DAY)
  assert.deepEqual(store.damaged(), [])
  assert.ok(errors.some((fields) => fields['damaged'] === 0))
  await store.close()
})

it('a segment that goes while it is read is no damage', async () => {
  const { disk, clock, store, errors, keys } = await started()
  // All of it is due at once, and empty before it has been read.
  clock.advance(8 * DAY)
  store.tick()
  for (const key of keys) store.queue(key % 2 === 0 ? 'queue://EVEN' : 'queue://ODD').remove(key, null)
  await safely((waiter) => store.commit([], waiter))
  const before = closedSegments(disk).length
  await pass(clock, store, 8 * DAY)
  assert.ok(closedSegments(disk).length < before)
  assert.deepEqual(errors, [])
  await store.close()
})

it('what could not be read for once, and can be read again, is not damaged', async () => {
  const { disk, clock, store, keys } = await started()
  disk.faults = ({ kind }) => (kind === 'read' ? { code: 'EIO' } : null)
  await pass(clock, store, 8 * DAY)
  assert.ok(store.damaged().length > 80, `${store.damaged().length} damaged`)
  disk.faults = () => null
  await pass(clock, store, 8 * DAY)
  assert.deepEqual(store.damaged(), [])
  const read = [...(await keysOf(store.queue('queue://EVEN'))), ...(await keysOf(store.queue('queue://ODD')))]
  assert.equal(read.length, keys.length)
  await store.close()
})

it('it can be left out', async () => {
  const { disk, clock, store, errors } = await started(0)
  flip(disk, 'body 20 ')
  await pass(clock, store, 20 * DAY)
  assert.deepEqual(errors, [])
  await store.close()
})
