import {
  type Clock,
  type Logger,
  type MillraceError,
  seededRandom,
  silentLogger,
  systemClock,
  systemTurn,
} from '@millrace/base'
import type { Blocking } from '../../src/journal/batch-log.ts'
import type { Disk } from '../../src/journal/disk.ts'
import type { SyncPolicy } from '../../src/journal/sync-policy.ts'
import { JournalStore } from '../../src/journal/journal-store.ts'
import { type Harness, Recovered } from '../../src/store/suite.ts'
import { FaultDisk } from './fault-disk.ts'

export const DIRECTORY = '/store'

/** Small enough that every test rolls segments, takes snapshots and sweeps. */
export const TINY = { segmentSize: 16_384, batchSize: 4096, snapshotSize: 20_000, producersMax: 100 } as const

export interface Opened {
  readonly store: JournalStore
  readonly recovered: Recovered
  readonly failures: MillraceError[]
}

export interface OpenOptions {
  readonly directory?: string
  readonly segmentSize?: number
  readonly batchSize?: number
  readonly snapshotSize?: number
  readonly log?: Logger
  readonly seed?: number
  readonly producersMax?: number
  readonly bytesMax?: number
  readonly sync?: SyncPolicy
  readonly syncIntervalMs?: number
  readonly blocking?: Blocking
  readonly clock?: Clock
  readonly scrubPeriodMs?: number
}

export async function openStore(disk: Disk, options: OpenOptions = {}): Promise<Opened> {
  const failures: MillraceError[] = []
  const store = new JournalStore({
    directory: DIRECTORY,
    turn: systemTurn(),
    clock: systemClock,
    log: silentLogger,
    random: seededRandom(options.seed ?? 99),
    disk,
    failed: (error) => failures.push(error),
    ...TINY,
    ...options,
  })
  const recovered = new Recovered()
  await store.open(recovered)
  return { store, recovered, failures }
}

/** For the suite, on a disk in memory. `killed` is a power cut every other time, and sometimes the snapshots are gone. */
export async function faultHarness(
  disk: FaultDisk = new FaultDisk(),
  seed = 1,
  options: OpenOptions = {},
): Promise<Harness> {
  const { store, recovered } = await openStore(disk, options)
  const random = seededRandom(seed)
  return {
    store,
    recovered,
    async reopen(how) {
      if (how === 'closed') {
        await store.close()
        return faultHarness(disk, seed + 1, options)
      }
      const left = seed % 2 === 0 ? disk.kill() : disk.powerCut(random)
      // The journal alone leads to the same.
      if (random(3) === 0) for (const path of left.paths()) if (path.includes('snapshot-')) left.delete(path)
      return faultHarness(left, seed + 1, options)
    },
    async end() {
      if (!disk.dead) await store.close()
    },
  }
}
