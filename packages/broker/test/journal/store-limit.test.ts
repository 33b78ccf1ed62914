import { ManualClock, silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { partitionOf } from '../../src/journal/disk.ts'
import { DiskWatch } from '../../src/journal/disk-watch.ts'
import { DiskLimits, type Partition, type StoreLimit } from '../../src/journal/store-limit.ts'
import { BrokerService } from '../../src/service.ts'
import { removedAtExit } from '../removed-at-exit.ts'

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'millrace-limit-'))
  removedAtExit(made)
  return made
}

function limits(store: StoreLimit | null, temp: StoreLimit | null = null, partition?: Partition): DiskLimits {
  const options = { directory: directory(), store, temp, log: silentLogger }
  return new DiskLimits(partition === undefined ? options : { ...options, partition })
}

async function looked(disk: DiskLimits): Promise<[number, number]> {
  let told: [number, number] = [0, 0]
  await disk.look({ limit: (bytesMax, spilledBytesMax) => (told = [bytesMax, spilledBytesMax]) })
  return told
}

test('the limit of the store is bytes or a part of the partition, and no more than there is', async () => {
  const { bytes } = await partitionOf(tmpdir())
  assert.equal((await looked(limits(1_000_000)))[0], 1_000_000)
  assert.equal((await looked(limits('0.001%')))[0], Math.floor((bytes * 0.001) / 100))
  assert.ok((await looked(limits(Number.MAX_SAFE_INTEGER)))[0] <= bytes)
  for (const wrong of ['70', '0%', '101%', '-1%', -1, 0, 1.5]) {
    await assert.rejects(looked(limits(wrong as StoreLimit)), { code: 'CONFIGURATION_INVALID' })
  }
})

test('what need not survive has a limit of its own', async () => {
  assert.deepEqual(await looked(limits(2_000_000, 1_000_000)), [2_000_000, 1_000_000])
  const partition: Partition = async () => ({ bytes: 1_000, freeBytes: 800 })
  assert.deepEqual(await looked(limits(null, '50%', partition)), [800, 500])
})

test('when others fill the disk the limits are lowered, and rise again when they leave it', async () => {
  const clock = new ManualClock()
  let freeBytes = 1_000
  let seen: (() => void) | null = null
  const disk = limits('70%', 300, async () => ({ bytes: 1_000, freeBytes }))
  const told: [number, number][] = []
  const watch = new DiskWatch(
    disk,
    {
      limit: (bytesMax, spilledBytesMax) => {
        told.push([bytesMax, spilledBytesMax])
        seen?.()
      },
    },
    clock,
    silentLogger,
  )
  await watch.open(60_000)
  for (const left of [500, 100, 900]) {
    freeBytes = left
    const look = new Promise<void>((resolve) => {
      seen = resolve
    })
    clock.advance(60_000)
    await look
  }
  assert.deepEqual(told, [
    [700, 300],
    [500, 300],
    [100, 100],
    [700, 300],
  ])
  watch.close()
})

test('a broker is started with limits of its store', async (context) => {
  const service = new BrokerService({
    data: join(directory(), 'data'),
    storeLimit: 50_000_000,
    tempLimit: 20_000_000,
    vmName: null,
  })
  await service.start()
  context.after(() => service.stop())
  assert.equal(service.broker.store.usage.bytesMax, 50_000_000)
  assert.equal(service.broker.store.usage.spilledBytesMax, 20_000_000)
})
