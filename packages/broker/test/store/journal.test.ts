import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemDisk } from '../../src/journal/disk.ts'
import { type Harness, storeSuite } from '../../src/store/suite.ts'
import { faultHarness, openStore } from '../journal/harness.ts'

describe('journal store in memory, tiny segments', () => {
  storeSuite(it, () => faultHarness())
})

/** What a killed process leaves is what the files hold at that moment. */
async function fileHarness(directory: string): Promise<Harness> {
  const { store, recovered } = await openStore(systemDisk, { directory, segmentSize: 256 << 10, batchSize: 32 << 10 })
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
        return fileHarness(directory)
      }
      const copy = await mkdtemp(join(tmpdir(), 'millrace-'))
      copyNow(directory, copy)
      await end()
      return fileHarness(copy)
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
