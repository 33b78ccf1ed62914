import { silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { partitionOf } from '../../src/journal/disk.ts'
import { storeBytesMax, type StoreLimit } from '../../src/journal/store-limit.ts'
import { BrokerService } from '../../src/service.ts'
import { removedAtExit } from '../removed-at-exit.ts'

test('the limit of the store is bytes or a part of the partition, and no more than there is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-limit-'))
  removedAtExit(directory)
  const { bytes } = await partitionOf(directory)
  assert.equal(await storeBytesMax(1_000_000, directory, silentLogger), 1_000_000)
  assert.equal(await storeBytesMax('0.001%', directory, silentLogger), Math.floor((bytes * 0.001) / 100))
  const most = await storeBytesMax(Number.MAX_SAFE_INTEGER, directory, silentLogger)
  assert.ok(most <= bytes)
  for (const wrong of ['70', '0%', '101%', '-1%', -1, 0, 1.5]) {
    await assert.rejects(storeBytesMax(wrong as StoreLimit, directory, silentLogger), { code: 'CONFIGURATION_INVALID' })
  }
})

test('a broker is started with a limit of its store', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-limit-'))
  removedAtExit(directory)
  const service = new BrokerService({ data: join(directory, 'data'), storeLimit: 50_000_000, vmName: null })
  await service.start()
  context.after(() => service.stop())
  assert.equal(service.broker.store.usage.bytesMax, 50_000_000)
})
