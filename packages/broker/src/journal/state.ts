import { ByteWriter } from '@millrace/base'
import { xidText } from '../message/xid.ts'
import { type Catalog, durableKey, type ProducerMarks } from './catalog.ts'
import {
  beginRecord,
  endRecord,
  putDurable,
  putRefused,
  type RecordReader,
  RecordType,
  type Refused,
  writeText,
  writeXid,
} from './record.ts'

/**
 * The State record: everything small, whole. It stands at the beginning of each segment, so that no older segment is
 * needed for it, and at the beginning of each snapshot.
 *
 *     8  last key
 *     4  last queue id
 *     4  count of queues;     each: 4 id, text name
 *     4  count of durables;   each as in the Durable record
 *     4  count of producers;  each: text id, 8 last sequence; the one heard of longest ago first
 *     4  count of branches;   each: xid, 8 place, 4 offset and 4 length of its Prepare record
 *     …  since format 3: what was refused, as in the Refused record
 */
export function stateRecord(catalog: Catalog): Buffer {
  const writer = new ByteWriter(4096)
  const at = beginRecord(writer, RecordType.State)
  writer.double(catalog.keyLast)
  writer.int(catalog.queueIdLast)
  writer.int(catalog.queues.size)
  for (const queue of catalog.queues.values()) {
    writer.int(queue.id)
    writeText(writer, queue.name)
  }
  writer.int(catalog.durables.size)
  for (const record of catalog.durables.values()) putDurable(writer, record)
  const producers = catalog.producers.list()
  writer.int(producers.length)
  for (const { id, sequence } of producers) {
    writeText(writer, id)
    writer.double(sequence)
  }
  writer.int(catalog.branches.size)
  for (const branch of catalog.branches.values()) {
    writeXid(writer, branch.xid)
    writer.double(branch.place)
    writer.int(branch.offset)
    writer.int(branch.length)
  }
  putRefused(writer, refusedOf(catalog.producers, catalog.producers.refusing()))
  endRecord(writer, at)
  return writer.view()
}

export function refusedOf(producers: ProducerMarks, ids: readonly string[]): Refused[] {
  return ids.map((id) => ({ id, sequences: producers.refusedOf(id) }))
}

/** The content of a State record; `stateRecord` is its other half. */
export function readState(reader: RecordReader, catalog: Catalog, batch: number): void {
  catalog.keyLast = Math.max(catalog.keyLast, reader.double())
  catalog.queueIdLast = Math.max(catalog.queueIdLast, reader.int())
  const queues = new Set<number>()
  for (let left = reader.count(reader.int(), 8); left > 0; left--) {
    const id = reader.int()
    const name = reader.text()
    queues.add(id)
    if (!catalog.queues.has(id)) catalog.makeQueue(id, name)
  }
  for (const queue of [...catalog.queues.values()]) if (!queues.has(queue.id)) catalog.deleteQueue(queue, batch)
  catalog.durables.clear()
  for (let left = reader.count(reader.int(), 14); left > 0; left--) {
    const record = reader.durable()
    catalog.durables.set(durableKey(record.clientId, record.name), record)
  }
  for (let left = reader.count(reader.int(), 12); left > 0; left--) {
    const id = reader.text()
    catalog.producers.note(id, reader.double())
  }
  const branches = new Set<string>()
  for (let left = reader.count(reader.int(), 22); left > 0; left--) {
    const xid = reader.xid()
    const place = reader.double()
    const offset = reader.int()
    const length = reader.int()
    const text = xidText(xid)
    branches.add(text)
    if (!catalog.branches.has(text)) catalog.addBranch({ xid, place, offset, length, moved: false, operations: null })
  }
  for (const [text, { xid }] of [...catalog.branches]) if (!branches.has(text)) catalog.removeBranch(xid, batch)
  if (reader.left > 0) reader.refused((id, sequence) => catalog.producers.refuse(id, sequence))
}

/**
 * Corrects a State record that was written on the assumption that all before it would be stored: no producer may be
 * believed to have sent what was refused after all. `reader` stands at its content.
 */
export function correctState(reader: RecordReader, catalog: Catalog): void {
  reader.take(12)
  for (let left = reader.int(); left > 0; left--) {
    reader.take(4)
    reader.text()
  }
  for (let left = reader.int(); left > 0; left--) reader.durable()
  for (let left = reader.int(); left > 0; left--) {
    const sequence = catalog.producers.sequenceOf(reader.text())
    const at = reader.take(8)
    if (sequence < reader.buffer.readDoubleBE(at)) reader.buffer.writeDoubleBE(sequence, at)
  }
}
