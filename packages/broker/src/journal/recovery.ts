import { MillraceError } from '@millrace/base'
import type { Message } from '../message/message.ts'
import { xidText } from '../message/xid.ts'
import type { Batch, LogSegment, LogVisitor } from './batch-log.ts'
import { type BranchOperation, type Catalog, durableKey } from './catalog.ts'
import { SPILLED } from './queue-index.ts'
import { RECORD_HEAD, RecordReader, RecordType, readMessageAt } from './record.ts'
import { readSnapshotBody } from './snapshot.ts'
import { readState, stateRecord } from './state.ts'

/**
 * Reads the journal back into a catalog, batch by batch, through the same methods that changed it when it ran. A batch
 * is there whole or not at all, so a transaction is too. Bodies are not looked at: what this costs in memory is the
 * index.
 */
export class Replay implements LogVisitor {
  readonly #catalog: Catalog
  readonly #segments: () => readonly LogSegment[]
  /** The segments that the log has. */
  #existing: Set<number> | null = null
  readonly #reader = new RecordReader()
  /** The last batch seen. */
  number = 0
  batches = 0
  bytes = 0
  /** Of the last message in this batch: what others share comes right behind it. */
  #lastOffset = -1
  #lastExpiration = 0
  /** Behind the last batch of the snapshot; 0: there was none. */
  snapshotPlace = 0

  /** `segments`: those that the log has, once it has begun to show its batches. */
  constructor(catalog: Catalog, segments: () => readonly LogSegment[]) {
    this.#catalog = catalog
    this.#segments = segments
  }

  #exists(segment: number): boolean {
    this.#existing ??= new Set(this.#segments().map(({ number }) => number))
    return this.#existing.has(segment)
  }

  snapshot(number: number, place: number, bytes: Buffer): boolean {
    try {
      readSnapshotBody(bytes, this.#catalog)
    } catch {
      this.#catalog.clear()
      return false
    }
    this.number = number
    this.snapshotPlace = place
    return true
  }

  state(): Buffer {
    return stateRecord(this.#catalog)
  }

  batch(batch: Batch): void {
    this.number = batch.number
    this.batches++
    this.bytes += batch.payload.length
    this.#lastOffset = -1
    try {
      this.#records(batch, 0, batch.payload.length)
    } catch (error) {
      if (error instanceof MillraceError && error.code !== 'FRAME_INVALID') throw error
      throw new MillraceError('STORE_DAMAGED', `batch ${batch.number} holds a record that makes no sense`, {
        cause: error,
      })
    }
  }

  #records(batch: Batch, from: number, to: number): void {
    const reader = this.#reader
    for (let at = from; at < to; ) {
      reader.reset(batch.payload, at, to)
      const type = reader.byte()
      const length = reader.count(reader.int(), 1)
      const end = at + RECORD_HEAD + length
      reader.reset(batch.payload, at + RECORD_HEAD, end)
      this.#record(batch, type, at, end)
      at = end
    }
  }

  #record(batch: Batch, type: number, at: number, end: number): void {
    const reader = this.#reader
    const catalog = this.#catalog
    switch (type) {
      case RecordType.Add:
      case RecordType.AddShared:
        this.#add(batch, type, at, end)
        break
      case RecordType.Remove: {
        const queue = catalog.queues.get(reader.int())
        const key = reader.double()
        const segment = reader.int()
        if (queue?.index.find(key)) catalog.remove(queue, batch.number)
        if (this.#exists(segment)) catalog.need(batch.place, segment)
        break
      }
      case RecordType.Unit:
        this.#records(batch, at + RECORD_HEAD, end)
        break
      case RecordType.Queue: {
        const id = reader.int()
        const name = reader.text()
        if (!catalog.queues.has(id)) catalog.makeQueue(id, name)
        break
      }
      case RecordType.QueueDelete: {
        const queue = catalog.queues.get(reader.int())
        if (queue !== undefined) catalog.deleteQueue(queue, batch.number)
        break
      }
      case RecordType.Durable: {
        const record = reader.durable()
        catalog.durables.set(durableKey(record.clientId, record.name), record)
        break
      }
      case RecordType.DurableRemove:
        catalog.durables.delete(durableKey(reader.text(), reader.text()))
        break
      case RecordType.Prepare: {
        const xid = reader.xid()
        const known = catalog.branches.get(xidText(xid))
        const length = end - at
        if (known !== undefined) catalog.moveBranch(known, batch.place, at, length, batch.number)
        else catalog.addBranch({ xid, place: batch.place, offset: at, length, moved: false, operations: null })
        this.#notePrepared(batch, reader.position, end)
        break
      }
      case RecordType.Finish: {
        const committed = reader.boolean()
        catalog.removeBranch(reader.xid(), batch.number)
        if (committed) this.#records(batch, reader.position, end)
        break
      }
      case RecordType.State:
        // Everything small as it was here. What it does not list was gone, wherever the record of that stood.
        readState(reader, catalog, batch.number)
        break
      case RecordType.Needs:
        for (let left = reader.count(reader.int(), 4); left > 0; left--) {
          const segment = reader.int()
          if (this.#exists(segment)) catalog.need(batch.place, segment)
        }
        break
      case RecordType.Refused:
        reader.refused((id, sequence) => catalog.producers.refuse(id, sequence))
        break
      case RecordType.Void:
        break
      default:
        throw new MillraceError('STORE_DAMAGED', `batch ${batch.number} holds a record of the unknown type ${type}`)
    }
  }

  #add(batch: Batch, type: number, at: number, end: number): void {
    const reader = this.#reader
    const catalog = this.#catalog
    const queue = catalog.queues.get(reader.int())
    const key = reader.double()
    const from = reader.int()
    const shares = reader.byte()
    let offset = at
    let length = end - at
    let expiration = 0
    if (type === RecordType.AddShared) {
      offset = at - reader.unsignedInt()
      length = lengthAt(batch.payload, offset)
      expiration = offset === this.#lastOffset ? this.#lastExpiration : -1
    } else {
      const sequence = reader.double()
      const producerId = reader.producerId()
      expiration = reader.expiration()
      this.#lastOffset = at
      this.#lastExpiration = expiration
      if (from === 0 && shares !== SPILLED) catalog.producers.note(producerId, sequence)
    }
    if (from !== 0 && this.#exists(from)) catalog.need(batch.place, from)
    if (key > catalog.keyLast) catalog.keyLast = key
    // Its queue was deleted since.
    if (queue === undefined) return
    if (queue.index.find(key)) {
      catalog.move(queue, { key, place: batch.place, offset, length, shares }, batch.number)
    } else {
      catalog.add(queue, key, batch.place, offset, length, shares, expiration)
    }
  }

  /** The messages of a branch are not in their queues yet, but their producers have sent them. */
  #notePrepared(batch: Batch, from: number, to: number): void {
    const reader = this.#reader
    for (let at = from; at < to; ) {
      reader.reset(batch.payload, at, to)
      const type = reader.byte()
      const end = at + RECORD_HEAD + reader.count(reader.int(), 1)
      if (type === RecordType.Add || type === RecordType.AddShared) {
        reader.int()
        const key = reader.double()
        if (key > this.#catalog.keyLast) this.#catalog.keyLast = key
      }
      if (type === RecordType.Add) {
        reader.int()
        reader.byte()
        const sequence = reader.double()
        this.#catalog.producers.note(reader.producerId(), sequence)
      }
      at = end
    }
  }
}

/** Length of the record at `offset`, head included; 0 when it does not fit. */
function lengthAt(payload: Buffer, offset: number): number {
  if (offset < 0 || offset + RECORD_HEAD > payload.length || payload[offset] !== RecordType.Add) {
    throw new MillraceError('STORE_DAMAGED', `no message at offset ${offset} of the batch`)
  }
  return RECORD_HEAD + payload.readUInt32BE(offset + 1)
}

/**
 * The operations of a prepared branch, out of the batch that holds its Prepare record; null when that was refused.
 */
export function readBranch(
  reader: RecordReader,
  payload: Buffer,
  offset: number,
  catalog: Catalog,
): BranchOperation[] | null {
  const operations: BranchOperation[] = []
  const messages = new Map<number, Message>()
  reader.reset(payload, offset)
  const recordType = reader.byte()
  if (recordType === RecordType.Void) return null
  if (recordType !== RecordType.Prepare) {
    throw new MillraceError('STORE_DAMAGED', `no prepared branch at offset ${offset} of its batch`)
  }
  const branchEnd = offset + RECORD_HEAD + reader.count(reader.int(), 1)
  reader.reset(payload, offset + RECORD_HEAD, branchEnd)
  reader.xid()
  for (let at = reader.position; at < branchEnd; ) {
    reader.reset(payload, at, branchEnd)
    const type = reader.byte()
    const end = at + RECORD_HEAD + reader.count(reader.int(), 1)
    const queue = catalog.queues.get(reader.int())
    const key = reader.double()
    if (queue !== undefined) {
      if (type === RecordType.Remove) {
        // What was spilled is gone by now.
        if (queue.index.find(key)) operations.push({ kind: 'remove', queue, key })
      } else operations.push({ kind: 'add', queue, key, message: messageOf(reader, payload, type, at, messages) })
    }
    at = end
  }
  return operations
}

function messageOf(
  reader: RecordReader,
  payload: Buffer,
  type: number,
  at: number,
  messages: Map<number, Message>,
): Message {
  let offset = at
  if (type === RecordType.AddShared) {
    reader.take(5)
    offset = at - reader.unsignedInt()
  }
  let message = messages.get(offset)
  if (message === undefined) {
    message = readMessageAt(reader, payload, offset)
    messages.set(offset, message)
  }
  return message
}
