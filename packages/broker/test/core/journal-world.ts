import { seededRandom, silentLogger } from '@millrace/base'
import { JournalStore } from '../../src/journal/journal-store.ts'
import type { Call, FaultDisk } from '../journal/fault-disk.ts'
import { World, type WorldOptions } from './world.ts'

/** Small enough that a test reaches their ends. */
export interface JournalSizes {
  readonly segmentSize: number
  readonly batchSize: number
  readonly snapshotSize: number
}

/** A broker on a journal on this disk. */
export function journalWorld(disk: FaultDisk, sizes: JournalSizes, options: WorldOptions = {}): Promise<World> {
  return World.open({
    ...options,
    store: (turn, clock) =>
      new JournalStore({
        directory: '/store',
        turn,
        clock,
        log: silentLogger,
        random: seededRandom(1),
        disk,
        ...sizes,
      }),
  })
}

/** A batch of records is written. */
export function isBatch(call: Call): boolean {
  return call.kind === 'write' && call.durable && call.position > 0
}
