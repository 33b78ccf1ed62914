import { xidText } from '../message/xid.ts'
import type { FillingBatch } from './appender.ts'
import type { Catalog, CatalogQueue } from './catalog.ts'
import { type Location, SPILLED } from './queue-index.ts'
import { RECORD_HEAD, RecordReader, RecordType } from './record.ts'
import { correctState } from './state.ts'

/** What a removal within a transaction took out, kept until its batch is safe. */
export interface Undo {
  readonly batch: number
  readonly queue: CatalogQueue
  readonly at: Location
}

/**
 * The disk is full and nothing of these batches was written (J14): takes every new message out of them again, with
 * everything that stands or falls with one. Removals and outcomes stay and are written when there is room. A record
 * that is taken out leaves its room as a Void record, so that no other changes its place. Says for each batch where
 * the records ended that were taken out.
 */
export function refuseBatches(
  batches: readonly FillingBatch[],
  catalog: Catalog,
  undo: readonly Undo[],
): readonly ReadonlySet<number>[] {
  const refused = batches.map((batch) => refuseIn(batch, catalog, undo))
  const reader = new RecordReader()
  for (const batch of batches) {
    const payload = batch.writer.view().subarray(batch.frameSize)
    for (const { type, at, end } of recordsOf(payload)) {
      if (type !== RecordType.State) continue
      reader.reset(payload, at + RECORD_HEAD, end)
      correctState(reader, catalog)
    }
  }
  return refused
}

/** Takes out every add, commit with an add, and prepare; the room stays, as a Void record. */
function refuseIn(batch: FillingBatch, catalog: Catalog, undo: readonly Undo[]): ReadonlySet<number> {
  const payload = batch.writer.view().subarray(batch.frameSize)
  const reader = new RecordReader()
  const ends = new Set<number>()
  for (const { type, at, end } of recordsOf(payload)) {
    if (type === RecordType.Add) {
      // A moved message is not a new one.
      if (payload.readUInt32BE(at + RECORD_HEAD + 12) !== 0) continue
      takeBackAdd(catalog, batch, payload, at, reader)
    } else if (type === RecordType.Unit) {
      const steps = [...recordsOf(payload, at + RECORD_HEAD, end)]
      if (!steps.some((step) => step.type === RecordType.Add)) continue
      for (const step of steps) {
        if (step.type === RecordType.Remove) takeBackRemove(catalog, undo, batch, payload, step.at)
        else takeBackAdd(catalog, batch, payload, step.at, reader)
      }
    } else if (type === RecordType.Prepare) {
      reader.reset(payload, at + RECORD_HEAD, end)
      const xid = reader.xid()
      // A moved branch is not a new one.
      if (catalog.branches.get(xidText(xid))?.moved === true) continue
      catalog.removeBranch(xid, batch.number)
      for (const step of recordsOf(payload, reader.position, end)) {
        if (step.type === RecordType.Add) takeBackSequence(catalog, payload, step.at, reader)
      }
    } else continue
    payload[at] = RecordType.Void
    ends.add(end)
  }
  return ends
}

function takeBackAdd(catalog: Catalog, batch: FillingBatch, payload: Buffer, at: number, reader: RecordReader): void {
  const queue = catalog.queues.get(payload.readUInt32BE(at + RECORD_HEAD))
  const key = payload.readDoubleBE(at + RECORD_HEAD + 4)
  if (queue?.index.find(key)) catalog.remove(queue, batch.number)
  if (payload[at] === RecordType.Add && payload[at + RECORD_HEAD + 16] !== SPILLED)
    takeBackSequence(catalog, payload, at, reader)
}

function takeBackSequence(catalog: Catalog, payload: Buffer, at: number, reader: RecordReader): void {
  reader.reset(payload, at + RECORD_HEAD + 17)
  const sequence = reader.double()
  catalog.producers.takeBack(reader.producerId(), sequence)
}

function takeBackRemove(
  catalog: Catalog,
  undo: readonly Undo[],
  batch: FillingBatch,
  payload: Buffer,
  at: number,
): void {
  const id = payload.readUInt32BE(at + RECORD_HEAD)
  const key = payload.readDoubleBE(at + RECORD_HEAD + 4)
  for (const step of undo) {
    if (step.batch !== batch.number || step.queue.id !== id || step.at.key !== key) continue
    const { place, offset, length, shares } = step.at
    if (!step.queue.deleted) catalog.add(step.queue, key, place, offset, length, shares, -1)
    return
  }
}

/** The records between two offsets of a batch that we wrote ourselves. */
function* recordsOf(
  payload: Buffer,
  from = 0,
  to: number = payload.length,
): Generator<{ type: number; at: number; end: number }> {
  for (let at = from; at < to; ) {
    const end = at + RECORD_HEAD + payload.readUInt32BE(at + 1)
    yield { type: payload[at] as number, at, end }
    at = end
  }
}
