import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemDisk } from '../../src/journal/disk.ts'
import { type Harness, messageOf, safely, storeSuite } from '../../src/store/suite.ts'
import { FaultDisk } from '../journal/fault-disk.ts'
import { faultHarness, type OpenOptions, openStore } from '../journal/harness.ts'

describe('journal store in memory, tiny segments', () => {
  storeSuite(it, () => faultHarness())
})

/** Every write that may be done within a call is. */
const WITHIN = { begin: () => true, end: () => {} }

describe('journal store in memory that writes within calls', () => {
  storeSuite(it, () => faultHarness(undefined, 1, { blocking: WITHIN }))
})

/** What a killed process leaves is what the files hold at that moment. */
async function fileHarness(directory: string, options: OpenOptions = {}): Promise<Harness> {
  const { store, recovered } = await openStore(systemDisk, {
    directory,
    segmentSize: 256 << 10,
    batchSize: 32 << 10,
    ...options,
  })
  const end = async (): Promise<void> => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
  return {
    store,
    recovered,
    async reopen(how) {
      if (how === 'closed') {
        await store.close()
        return fileHarness(directory, options)
      }
      const copy = await mkdtemp(join(tmpdir(), 'millrace-'))
      copyNow(directory, copy)
      await end()
      return fileHarness(copy, options)
    },
    end,
  }
}

/** In one go, so that the store does nothing meanwhile but what a thread of the pool has begun. */
function copyNow(from: string, to: string): void {
  for (;;) {
    rmSync(to, { recursive: true, force: true })
    mkdirSync(to)
    try {
      for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name))
      return
    } catch (error) {
      // A rename was under way.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

describe('journal store on files', () => {
  storeSuite(it, async () => fileHarness(await mkdtemp(join(tmpdir(), 'millrace-'))))
})

describe('journal store on files that writes within calls', () => {
  storeSuite(it, async () => fileHarness(await mkdtemp(join(tmpdir(), 'millrace-')), { blocking: WITHIN }))
})

it('only a batch for which one stands still is written within the call', async () => {
  const disk = new FaultDisk()
  const { store } = await openStore(disk, { blocking: WITHIN, segmentSize: 1 << 20, batchSize: 64 << 10 })
  const queue = store.queue('queue://A')
  const told: number[] = []
  const add = (key: number): void =>
    queue.add(messageOf(key), key, { awaited: key !== 6, stored: () => told.push(key) })
  // The first opens the segment.
  await safely((waiter) => queue.add(messageOf(1), 1, waiter))
  disk.calls.length = 0
  add(2)
  assert.deepEqual(told, [])
  await new Promise(setImmediate)
  add(3)
  add(4)
  await new Promise(setImmediate)
  await safely((waiter) => queue.add(messageOf(5), 5, waiter))
  add(6)
  await new Promise(setImmediate)
  await safely((waiter) => queue.add(messageOf(7), 7, waiter))
  assert.deepEqual(told, [2, 3, 4, 6])
  assert.deepEqual(
    disk.calls.filter(({ kind }) => kind === 'write').map(({ now }) => now),
    [true, false, true, false, true],
  )
  await store.close()
})
