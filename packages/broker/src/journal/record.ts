import { assert, ByteReader, type ByteWriter, MillraceError } from '@millrace/base'
import { Destination, type DestinationKind } from '../message/destination.ts'
import { Message, type MessageKind } from '../message/message.ts'
import type { Schedule } from '../message/schedule.ts'
import type { Xid } from '../message/xid.ts'
import type { DurableRecord } from '../store/store.ts'

/**
 * The bytes of every record; `docs/journal.md` shows them in one table. A batch is a row of records:
 *
 *     1  type        one of RecordType
 *     4  length      of what follows
 *     …  content     by type, below
 *
 * Numbers are big endian. What is 64 bits wide is an IEEE double: the very value that the core holds. A text is
 *
 *     4  length      in bytes; the highest bit says that they are UTF-16 (little endian), else Latin-1
 *     …  bytes
 *
 * and so gives back every string that JavaScript can hold, halves of surrogate pairs included.
 */
export const RecordType = {
  Add: 1,
  AddShared: 2,
  Remove: 3,
  Unit: 4,
  Queue: 5,
  QueueDelete: 6,
  Durable: 7,
  DurableRemove: 8,
  Prepare: 9,
  Finish: 10,
  State: 11,
  Needs: 13,
  /** Since format 3. */
  Refused: 14,
  /** Nothing any more: room that a refused record leaves in its batch. */
  Void: 12,
} as const
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

export const RECORD_HEAD = 5
/** Bytes of a whole Remove record, head included. */
export const REMOVE_SIZE: number = RECORD_HEAD + 16
/** Bytes of a whole AddShared record, head included. */
export const ADD_SHARED_SIZE: number = RECORD_HEAD + 21
/** Most entries of one record that are told apart; more count as so many. */
export const SHARES_MAX = 255

const FLAG = {
  Persistent: 1 << 0,
  Compressed: 1 << 1,
  OriginalDestination: 1 << 2,
  TextId: 1 << 3,
  CorrelationId: 1 << 4,
  ReplyTo: 1 << 5,
  Type: 1 << 6,
  GroupId: 1 << 7,
  UserId: 1 << 8,
  TransactionId: 1 << 9,
  Properties: 1 << 10,
  Body: 1 << 11,
  Blob: 1 << 12,
  /** Since format 2. */
  Schedule: 1 << 13,
} as const

// An Add record's head and fixed fields: 5 + 17 + 8 + (2 + 1 + 1 + 8 + 8 + 8 + 4).
const ADD_FIXED = 62

/** The most bytes that a whole Add record of this message can take. */
export function addSizeMax(message: Message): number {
  let size =
    ADD_FIXED +
    textSizeMax(message.producerId) +
    destinationSizeMax(message.destination) +
    4 +
    (message.properties?.length ?? 0) +
    4 +
    (message.body?.length ?? 0)
  if (message.originalDestination !== null) size += destinationSizeMax(message.originalDestination)
  if (message.textId !== null) size += textSizeMax(message.textId)
  if (message.correlationId !== null) size += textSizeMax(message.correlationId)
  if (message.replyTo !== null) size += destinationSizeMax(message.replyTo)
  if (message.type !== null) size += textSizeMax(message.type)
  if (message.groupId !== null) size += textSizeMax(message.groupId)
  if (message.userId !== null) size += textSizeMax(message.userId)
  if (message.transactionId !== null) size += textSizeMax(message.transactionId)
  if (message.blob !== null) size += 11 + 2 * ((message.blob.url ?? '').length + (message.blob.mimeType ?? '').length)
  if (message.schedule !== null) size += scheduleSizeMax(message.schedule)
  return size
}

function scheduleSizeMax({ id, key, cron, zone }: Schedule): number {
  return 29 + textSizeMax(id) + textSizeMax(key ?? '') + textSizeMax(cron ?? '') + textSizeMax(zone ?? '')
}

function textSizeMax(text: string): number {
  return 4 + 2 * text.length
}

function destinationSizeMax(destination: Destination): number {
  return 5 + 2 * destination.name.length
}

/**
 * A message in a queue. An add is either new or moved: then `from` is the segment that held it before.
 *
 *     4  queue id
 *     8  key
 *     4  from            0 = new
 *     1  shares          entries that use this record; 0 (since format 3): one, until the process ends
 *     …  message:
 *     8  producer sequence
 *     …  producer id     text
 *     2  flags           which of the fields below are there, and two booleans
 *     1  kind
 *     1  priority
 *     8  expiration
 *     8  timestamp
 *     8  broker in time
 *     4  group sequence
 *     …  destination     1 kind, text
 *     …  by flag, in this order: original destination, text id, correlation id, reply to, type, group id, user id,
 *        transaction id, properties (4 length, bytes), body (4 length, bytes), blob (1 flags, url, mime type), schedule
 *        (8 due, 8 delay, 8 period, 4 repeats, 1 flags, id; by flag: key, cron, zone)
 *
 * This is the hot path: room is made once, everything is written with one local cursor, and nothing is allocated.
 */
export function writeAdd(
  writer: ByteWriter,
  queue: number,
  key: number,
  from: number,
  shares: number,
  message: Message,
): void {
  const before = writer.length
  const start = writer.reserve(addSizeMax(message))
  const bytes = writer.buffer
  bytes[start] = RecordType.Add
  let at = putInt(bytes, start + 5, queue)
  at = putDouble(bytes, at, key)
  at = putInt(bytes, at, from)
  bytes[at] = shares
  at = putDouble(bytes, at + 1, message.producerSequence)
  at = putName(bytes, at, message.producerId)
  const flagsAt = at
  let flags = (message.persistent ? FLAG.Persistent : 0) | (message.compressed ? FLAG.Compressed : 0)
  bytes[at + 2] = message.kind
  bytes[at + 3] = message.priority
  at = putDouble(bytes, at + 4, message.expiration)
  at = putDouble(bytes, at, message.timestamp)
  at = putDouble(bytes, at, message.brokerInTime)
  at = putInt(bytes, at, message.groupSequence)
  at = putDestination(bytes, at, message.destination)
  if (message.originalDestination !== null) {
    flags |= FLAG.OriginalDestination
    at = putDestination(bytes, at, message.originalDestination)
  }
  if (message.textId !== null) {
    flags |= FLAG.TextId
    at = putText(bytes, at, message.textId)
  }
  if (message.correlationId !== null) {
    flags |= FLAG.CorrelationId
    at = putText(bytes, at, message.correlationId)
  }
  if (message.replyTo !== null) {
    flags |= FLAG.ReplyTo
    at = putDestination(bytes, at, message.replyTo)
  }
  if (message.type !== null) {
    flags |= FLAG.Type
    at = putText(bytes, at, message.type)
  }
  if (message.groupId !== null) {
    flags |= FLAG.GroupId
    at = putText(bytes, at, message.groupId)
  }
  if (message.userId !== null) {
    flags |= FLAG.UserId
    at = putText(bytes, at, message.userId)
  }
  if (message.transactionId !== null) {
    flags |= FLAG.TransactionId
    at = putText(bytes, at, message.transactionId)
  }
  if (message.properties !== null) {
    flags |= FLAG.Properties
    at = putBytes(bytes, at, message.properties)
  }
  if (message.body !== null) {
    flags |= FLAG.Body
    at = putBytes(bytes, at, message.body)
  }
  if (message.blob !== null) {
    flags |= FLAG.Blob
    const { url, mimeType, deletedByBroker } = message.blob
    bytes[at] = (url === null ? 0 : 1) | (mimeType === null ? 0 : 2) | (deletedByBroker ? 4 : 0)
    at++
    if (url !== null) at = putText(bytes, at, url)
    if (mimeType !== null) at = putText(bytes, at, mimeType)
  }
  if (message.schedule !== null) {
    flags |= FLAG.Schedule
    at = putSchedule(bytes, at, message.schedule)
  }
  bytes[flagsAt] = flags >>> 8
  bytes[flagsAt + 1] = flags
  putInt(bytes, start + 1, at - start - RECORD_HEAD)
  writer.truncate(before + at - start)
}

function putSchedule(bytes: Buffer, start: number, schedule: Schedule): number {
  const { id, key, cron, zone } = schedule
  let at = putDouble(bytes, start, schedule.dueMs)
  at = putDouble(bytes, at, schedule.delayMs)
  at = putDouble(bytes, at, schedule.periodMs)
  at = putInt(bytes, at, schedule.repeats)
  bytes[at] = (key === null ? 0 : 1) | (cron === null ? 0 : 2) | (zone === null ? 0 : 4)
  at = putText(bytes, at + 1, id)
  if (key !== null) at = putText(bytes, at, key)
  if (cron !== null) at = putText(bytes, at, cron)
  if (zone !== null) at = putText(bytes, at, zone)
  return at
}

function putInt(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
  return at + 4
}

const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)
double[0] = 1
const LITTLE_ENDIAN = doubleBytes[7] === 0x3f

function putDouble(bytes: Buffer, at: number, value: number): number {
  if (!LITTLE_ENDIAN) return bytes.writeDoubleBE(value, at)
  double[0] = value
  bytes[at] = doubleBytes[7] as number
  bytes[at + 1] = doubleBytes[6] as number
  bytes[at + 2] = doubleBytes[5] as number
  bytes[at + 3] = doubleBytes[4] as number
  bytes[at + 4] = doubleBytes[3] as number
  bytes[at + 5] = doubleBytes[2] as number
  bytes[at + 6] = doubleBytes[1] as number
  bytes[at + 7] = doubleBytes[0] as number
  return at + 8
}

const UTF16 = 0x8000_0000

/**
 * Texts as they stand in a record: producers, destinations and clients are in nearly every one. Only short ones; emptied
 * when it is full.
 */
const names = new Map<string, Uint8Array>()
const NAMES_MAX = 4096
const NAME_LENGTH_MAX = 64

function putName(bytes: Buffer, at: number, name: string): number {
  let encoded = names.get(name)
  if (encoded === undefined) {
    if (name.length > NAME_LENGTH_MAX) return putText(bytes, at, name)
    encoded = new Uint8Array(textSizeMax(name))
    encoded = encoded.subarray(0, putText(encoded, 0, name))
    if (names.size >= NAMES_MAX) names.clear()
    names.set(name, encoded)
  }
  bytes.set(encoded, at)
  return at + encoded.length
}

function putText(bytes: Uint8Array, at: number, text: string): number {
  const length = text.length
  const start = at + 4
  let i = 0
  for (; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) break
    bytes[start + i] = unit
  }
  if (i === length) {
    putInt(bytes, at, length)
    return start + length
  }
  for (i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    bytes[start + 2 * i] = unit
    bytes[start + 2 * i + 1] = unit >>> 8
  }
  putInt(bytes, at, UTF16 | (2 * length))
  return start + 2 * length
}

function putDestination(bytes: Buffer, at: number, destination: Destination): number {
  bytes[at] = destination.kind
  return putName(bytes, at + 1, destination.name)
}

function putBytes(bytes: Buffer, at: number, value: Buffer): number {
  putInt(bytes, at, value.length)
  bytes.set(value, at + 4)
  return at + 4 + value.length
}

/**
 * One more entry for a message that is in this batch already.
 *
 *     4  queue id
 *     8  key
 *     4  from            0 = new
 *     1  shares
 *     4  distance        from the beginning of this record back to that of the Add record
 */
export function writeAddShared(
  writer: ByteWriter,
  queue: number,
  key: number,
  from: number,
  shares: number,
  distance: number,
): void {
  const at = beginRecord(writer, RecordType.AddShared)
  writer.int(queue)
  writer.double(key)
  writer.int(from)
  writer.byte(shares)
  writer.int(distance)
  endRecord(writer, at)
}

/**
 *     4  queue id
 *     8  key
 *     4  segment         that holds the add: this record must not go before it does
 */
export function writeRemove(writer: ByteWriter, queue: number, key: number, segment: number): void {
  const at = writer.reserve(REMOVE_SIZE)
  const bytes = writer.buffer
  bytes[at] = RecordType.Remove
  putInt(bytes, at + 1, REMOVE_SIZE - RECORD_HEAD)
  putInt(bytes, at + 5, queue)
  putDouble(bytes, at + 9, key)
  putInt(bytes, at + 17, segment)
}

/**
 * `4 count`, `4 segment` each: the segment of this record takes back, by messages that were moved into it, what is in
 * these.
 */
export function writeNeeds(writer: ByteWriter, segments: readonly number[]): void {
  const at = beginRecord(writer, RecordType.Needs)
  writer.int(segments.length)
  for (const segment of segments) writer.int(segment)
  endRecord(writer, at)
}

/**
 * Sends that were refused, so that they are not there, whatever else their producers have sent. `4 count`, each: `text
 * producer id`, `4 count`, `8 sequence` each.
 */
export function writeRefused(writer: ByteWriter, producers: readonly Refused[]): void {
  const at = beginRecord(writer, RecordType.Refused)
  putRefused(writer, producers)
  endRecord(writer, at)
}

export interface Refused {
  readonly id: string
  readonly sequences: readonly number[]
}

export function putRefused(writer: ByteWriter, producers: readonly Refused[]): void {
  writer.int(producers.length)
  for (const { id, sequences } of producers) {
    writeText(writer, id)
    writer.int(sequences.length)
    for (const sequence of sequences) writer.double(sequence)
  }
}

/** The most bytes that a whole Refused record can take. */
export function refusedSizeMax(producers: readonly Refused[]): number {
  let size = RECORD_HEAD + 4
  for (const { id, sequences } of producers) size += textSizeMax(id) + 4 + 8 * sequences.length
  return size
}

/** Opens a record whose length is not known yet; give what it returns to `endRecord`. */
export function beginRecord(writer: ByteWriter, type: RecordType): number {
  const at = writer.length
  writer.byte(type)
  writer.int(0)
  return at
}

export function endRecord(writer: ByteWriter, at: number): void {
  writer.intAt(at + 1, writer.length - at - RECORD_HEAD)
}

/** `4 id`, `text name`. */
export function writeQueue(writer: ByteWriter, id: number, name: string): void {
  const at = beginRecord(writer, RecordType.Queue)
  writer.int(id)
  writeText(writer, name)
  endRecord(writer, at)
}

/** `4 id`. Everything added under it before is gone; ids are never used again. */
export function writeQueueDelete(writer: ByteWriter, id: number): void {
  const at = beginRecord(writer, RecordType.QueueDelete)
  writer.int(id)
  endRecord(writer, at)
}

/** Content: a durable, as `putDurable` writes it. */
export function writeDurable(writer: ByteWriter, record: DurableRecord): void {
  const at = beginRecord(writer, RecordType.Durable)
  putDurable(writer, record)
  endRecord(writer, at)
}

/** `text client id`, `text name`. */
export function writeDurableRemove(writer: ByteWriter, clientId: string, name: string): void {
  const at = beginRecord(writer, RecordType.DurableRemove)
  writeText(writer, clientId)
  writeText(writer, name)
  endRecord(writer, at)
}

export function writeText(writer: ByteWriter, text: string): void {
  const before = writer.length
  const at = writer.reserve(textSizeMax(text))
  const end = putText(writer.buffer, at, text)
  writer.truncate(before + end - at)
}

/**
 *     …  client id       text
 *     …  name            text
 *     …  destination     1 kind, text
 *     1  flags           1 = no local, 2 = has a selector, 4 = shared
 *     …  selector        text, if any
 */
export function putDurable(writer: ByteWriter, record: DurableRecord): void {
  writeText(writer, record.clientId)
  writeText(writer, record.name)
  writer.byte(record.destination.kind)
  writeText(writer, record.destination.name)
  writer.byte((record.noLocal ? 1 : 0) | (record.selector === null ? 0 : 2) | (record.shared === true ? 4 : 0))
  if (record.selector !== null) writeText(writer, record.selector)
}

/** `4 format id`, `1 length` and the global transaction id, `1 length` and the branch qualifier. */
export function writeXid(writer: ByteWriter, xid: Xid): void {
  assert(xid.globalTransactionId.length < 256, 'a global transaction id has at most 255 bytes')
  assert(xid.branchQualifier.length < 256, 'a branch qualifier has at most 255 bytes')
  writer.int(xid.formatId)
  writer.byte(xid.globalTransactionId.length)
  writer.bytes(xid.globalTransactionId)
  writer.byte(xid.branchQualifier.length)
  writer.bytes(xid.branchQualifier)
}

/**
 * Reads records back. The bytes were verified before, so what does not fit is a fault of the writer or of a check sum
 * that happened to agree: the reader's own bounds turn it into an error, never into memory taken on its word (J10).
 * Texts and destinations that come again and again are one object.
 */
export class RecordReader extends ByteReader {
  readonly #destinations = new Map<string, Destination>()
  #producerBytes: Buffer = Buffer.alloc(0)
  #producerId = ''

  constructor() {
    super(Buffer.alloc(0))
  }

  override double(): number {
    const at = this.take(8)
    return this.buffer.readDoubleBE(at)
  }

  text(): string {
    const length = this.int()
    if (length >= 0) {
      const at = this.take(length)
      return this.buffer.toString('latin1', at, at + length)
    }
    const size = length & 0x7fff_ffff
    const at = this.take(size)
    return this.buffer.toString('utf16le', at, at + size)
  }

  /** Of an Add record, when what stands before it was read up to the producer's id; 0 = never. */
  expiration(): number {
    this.take(4)
    return this.double()
  }

  /** A producer id: mostly the same one as in the record before. */
  producerId(): string {
    const length = this.int()
    const known = this.#producerBytes
    if (length >= 0 && length === known.length && length <= this.left) {
      const at = this.position
      if (known.compare(this.buffer, at, at + length) === 0) {
        this.take(length)
        return this.#producerId
      }
    }
    const size = length & 0x7fff_ffff
    const at = this.take(size)
    const text = this.buffer.toString(length < 0 ? 'utf16le' : 'latin1', at, at + size)
    if (length >= 0) {
      this.#producerBytes = Buffer.from(this.buffer.subarray(at, at + size))
      this.#producerId = text
    }
    return text
  }

  destination(): Destination {
    const kind = this.byte()
    const name = this.text()
    const key = String.fromCharCode(kind) + name
    let destination = this.#destinations.get(key)
    if (destination === undefined) {
      destination = new Destination(kind as DestinationKind, name)
      if (this.#destinations.size > 4096) this.#destinations.clear()
      this.#destinations.set(key, destination)
    }
    return destination
  }

  durable(): DurableRecord {
    const clientId = this.text()
    const name = this.text()
    const destination = this.destination()
    const flags = this.byte()
    const selector = (flags & 2) === 0 ? null : this.text()
    const record = { clientId, name, destination, selector, noLocal: (flags & 1) !== 0 }
    return (flags & 4) === 0 ? record : { ...record, shared: true }
  }

  /** What `putRefused` wrote. */
  refused(to: (id: string, sequence: number) => void): void {
    for (let left = this.count(this.int(), 8); left > 0; left--) {
      const id = this.text()
      for (let more = this.count(this.int(), 8); more > 0; more--) to(id, this.double())
    }
  }

  xid(): Xid {
    const formatId = this.int()
    const globalTransactionId = Buffer.from(this.view(this.byte()))
    const branchQualifier = Buffer.from(this.view(this.byte()))
    return { formatId, globalTransactionId, branchQualifier }
  }

  /** The message of an Add record, from its producer sequence on. Properties and body are views of the batch. */
  message(): Message {
    const producerSequence = this.double()
    const producerId = this.producerId()
    const flags = this.unsignedShort()
    const kind = this.byte()
    const priority = this.byte()
    const expiration = this.double()
    const timestamp = this.double()
    const brokerInTime = this.double()
    const groupSequence = this.int()
    const message = new Message(this.destination(), producerId, producerSequence)
    message.kind = kind as MessageKind
    message.persistent = (flags & FLAG.Persistent) !== 0
    message.compressed = (flags & FLAG.Compressed) !== 0
    message.priority = priority
    message.expiration = expiration
    message.timestamp = timestamp
    message.brokerInTime = brokerInTime
    message.groupSequence = groupSequence
    if ((flags & FLAG.OriginalDestination) !== 0) message.originalDestination = this.destination()
    if ((flags & FLAG.TextId) !== 0) message.textId = this.text()
    if ((flags & FLAG.CorrelationId) !== 0) message.correlationId = this.text()
    if ((flags & FLAG.ReplyTo) !== 0) message.replyTo = this.destination()
    if ((flags & FLAG.Type) !== 0) message.type = this.text()
    if ((flags & FLAG.GroupId) !== 0) message.groupId = this.text()
    if ((flags & FLAG.UserId) !== 0) message.userId = this.text()
    if ((flags & FLAG.TransactionId) !== 0) message.transactionId = this.text()
    if ((flags & FLAG.Properties) !== 0) message.properties = this.view(this.int())
    if ((flags & FLAG.Body) !== 0) message.body = this.view(this.int())
    if ((flags & FLAG.Blob) !== 0) {
      const parts = this.byte()
      message.blob = {
        url: (parts & 1) === 0 ? null : this.text(),
        mimeType: (parts & 2) === 0 ? null : this.text(),
        deletedByBroker: (parts & 4) !== 0,
      }
    }
    if ((flags & FLAG.Schedule) !== 0) message.schedule = this.#schedule()
    return message
  }

  #schedule(): Schedule {
    const dueMs = this.double()
    const delayMs = this.double()
    const periodMs = this.double()
    const repeats = this.int()
    const parts = this.byte()
    const id = this.text()
    const key = (parts & 1) === 0 ? null : this.text()
    const cron = (parts & 2) === 0 ? null : this.text()
    const zone = (parts & 4) === 0 ? null : this.text()
    return { id, key, dueMs, delayMs, periodMs, repeats, cron, zone }
  }
}

/**
 * The message of the Add record that begins at `offset` of a batch's records, with bytes of its own; `borrowed`: with those
 * of the batch.
 */
export function readMessageAt(reader: RecordReader, payload: Buffer, offset: number, borrowed = false): Message {
  reader.reset(payload, offset)
  const type = reader.byte()
  if (type !== RecordType.Add) throw new MillraceError('STORE_DAMAGED', `record type ${type} where an add was expected`)
  const length = reader.int()
  reader.reset(payload, offset + RECORD_HEAD, offset + RECORD_HEAD + Math.min(length, reader.left))
  reader.take(17)
  const message = reader.message()
  if (!borrowed) message.own()
  return message
}
