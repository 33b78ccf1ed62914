import assert from 'node:assert/strict'
import { seededRandom, silentLogger } from '@millrace/base'
import { JournalStore } from '../../src/journal/journal-store.ts'
import type { Call, FaultDisk } from '../journal/fault-disk.ts'
import { type Received, type TestConsumer, World, type WorldOptions } from './world.ts'

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

/** What it receives until so many have come, acknowledged in batches. */
export async function drained(world: World, consumer: TestConsumer, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) {
    await world.until(() => consumer.received.length > 0)
    const received = consumer.takeAll()
    texts.push(...received.map((one) => one.text))
    const acknowledged = consumer.ack(received.at(-1) as Received, { count: received.length })
    await world.until(() => acknowledged.code !== undefined)
    assert.equal(acknowledged.code, null)
  }
  return texts
}

/** A batch of records is written. */
export function isBatch(call: Call): boolean {
  return call.kind === 'write' && call.durable && call.position > 0
}
