import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/base'

/**
 * The bytes around the records: the head of a segment file, the frame of a batch, the head of a snapshot. Numbers are
 * big endian; what is 64 bits wide is an IEEE double. The check sum is CRC-32 as in zlib (polynomial 0xEDB88320).
 */

/**
 * Raised when an older program could not read what this one writes. A file of a newer one is refused (J25). 2: a message
 * may have a schedule. 3: messages may be spilled, and refused sends are remembered.
 */
export const FORMAT_VERSION = 3

const SEGMENT_MAGIC = Buffer.from('MILLRACE', 'latin1')
const SNAPSHOT_MAGIC = Buffer.from('MILLINDX', 'latin1')
export const FRAME_MAGIC: Buffer = Buffer.from('MBAT', 'latin1')
const FRAME_MAGIC_INT = FRAME_MAGIC.readUInt32BE(0)

export const SEGMENT_HEAD = 64
export const FRAME_HEAD = 40
export const SNAPSHOT_HEAD = 64

export interface SegmentHead {
  readonly store: Buffer
  readonly segment: number
  readonly size: number
  readonly epoch: number
}

/**
 *     8  "MILLRACE"
 *     1  format version
 *     3  zero
 *     4  segment number
 *    16  UUID of the store
 *     8  size of the file
 *     4  epoch of the writer that began it
 *    16  zero
 *     4  CRC of the 60 bytes above
 */
export function segmentHead(head: SegmentHead): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEAD)
  bytes.set(SEGMENT_MAGIC, 0)
  bytes[8] = FORMAT_VERSION
  bytes.writeUInt32BE(head.segment, 12)
  bytes.set(head.store, 16)
  bytes.writeDoubleBE(head.size, 32)
  bytes.writeUInt32BE(head.epoch, 40)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}

/** Throws STORE_DAMAGED or STORE_VERSION; `file` is for the text. */
export function readSegmentHead(bytes: Buffer, file: string): SegmentHead {
  if (bytes.length < SEGMENT_HEAD || bytes.compare(SEGMENT_MAGIC, 0, 8, 0, 8) !== 0) {
    throw new MillraceError('STORE_DAMAGED', `${file} does not begin as a segment does`)
  }
  checkVersion(bytes[8] as number, file)
  if (bytes.readUInt32BE(60) !== crc32(bytes.subarray(0, 60))) {
    throw new MillraceError('STORE_DAMAGED', `the head of ${file} does not agree with its check sum`)
  }
  return {
    store: Buffer.from(bytes.subarray(16, 32)),
    segment: bytes.readUInt32BE(12),
    size: bytes.readDoubleBE(32),
    epoch: bytes.readUInt32BE(40),
  }
}

export function checkVersion(version: number, file: string): void {
  if (version <= FORMAT_VERSION) return
  throw new MillraceError(
    'STORE_VERSION',
    `${file} has format ${version}; this program reads formats up to ${FORMAT_VERSION} and leaves the store alone`,
  )
}

export interface Frame {
  readonly length: number
  readonly number: number
  readonly watermark: number
  readonly epoch: number
}

/** What every check sum of a segment begins with: bytes of another store or of a file's earlier life do not pass (J3). */
export function seedOf(store: Buffer, segment: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(segment)
  return crc32(bytes, crc32(store))
}

/**
 *     4  "MBAT"
 *     4  length of the frame, this head included
 *     8  batch number
 *     8  durable watermark: every batch up to this number was on stable storage when this one was written
 *     4  epoch of the writer
 *     4  where the frame begins in its file
 *     4  zero
 *     4  CRC, seeded with the store's UUID and the segment number, of the 36 bytes above and the records
 *     …  records
 *
 * `bytes` is the whole frame, the first 40 bytes of it still empty.
 */
export function sealFrame(bytes: Buffer, frame: Omit<Frame, 'length'>, offset: number, seed: number): void {
  bytes.writeUInt32BE(FRAME_MAGIC_INT, 0)
  bytes.writeUInt32BE(bytes.length, 4)
  bytes.writeDoubleBE(frame.number, 8)
  bytes.writeDoubleBE(frame.watermark, 16)
  bytes.writeUInt32BE(frame.epoch, 24)
  bytes.writeUInt32BE(offset, 28)
  bytes.writeUInt32BE(0, 32)
  bytes.writeUInt32BE(checksumOf(bytes, 0, bytes.length, seed), 36)
}

function checksumOf(bytes: Buffer, at: number, end: number, seed: number): number {
  return crc32(bytes.subarray(at + FRAME_HEAD, end), crc32(bytes.subarray(at, at + 36), seed))
}

/**
 * The length that the bytes at `at` claim for their frame; 0 when they do not begin one that could end within
 * `lengthMax`.
 */
export function frameLengthAt(bytes: Buffer, at: number, end: number, lengthMax: number): number {
  if (end - at < FRAME_HEAD || bytes.readUInt32BE(at) !== FRAME_MAGIC_INT) return 0
  const length = bytes.readUInt32BE(at + 4)
  return length < FRAME_HEAD || length > lengthMax ? 0 : length
}

/** The frame whose first byte is at `at`, verified; null when it is not whole and right. `offset`: of it in its file. */
export function frameAt(bytes: Buffer, at: number, end: number, offset: number, seed: number): Frame | null {
  const length = frameLengthAt(bytes, at, end, end - at)
  if (length === 0) return null
  if (bytes.readUInt32BE(at + 28) !== offset) return null
  if (bytes.readUInt32BE(at + 36) !== checksumOf(bytes, at, at + length, seed)) return null
  return {
    length,
    number: bytes.readDoubleBE(at + 8),
    watermark: bytes.readDoubleBE(at + 16),
    epoch: bytes.readUInt32BE(at + 24),
  }
}

export interface SnapshotHead {
  readonly store: Buffer
  /** The last batch that it knows of. */
  readonly number: number
  /** Where the next batch stands, or will. */
  readonly place: number
  readonly length: number
  readonly epoch: number
}

/**
 *     8  "MILLINDX"
 *     1  format version
 *     7  zero
 *    16  UUID of the store
 *     8  number of the last batch in it
 *     8  place behind that batch
 *     8  length of the body
 *     4  epoch of the writer
 *     4  CRC, seeded with the store's UUID, of the body and then the 60 bytes above
 *     …  body
 *
 * `bodyChecksum`: CRC of the body, seeded.
 */
export function snapshotHead(head: SnapshotHead, bodyChecksum: number): Buffer {
  const bytes = Buffer.alloc(SNAPSHOT_HEAD)
  bytes.set(SNAPSHOT_MAGIC, 0)
  bytes[8] = FORMAT_VERSION
  bytes.set(head.store, 16)
  bytes.writeDoubleBE(head.number, 32)
  bytes.writeDoubleBE(head.place, 40)
  bytes.writeDoubleBE(head.length, 48)
  bytes.writeUInt32BE(head.epoch, 56)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60), bodyChecksum), 60)
  return bytes
}

/** Null when it is not a snapshot of this store that can be believed: it is only a cache (J11). */
export function readSnapshot(bytes: Buffer, store: Buffer): SnapshotHead | null {
  if (bytes.length < SNAPSHOT_HEAD || bytes.compare(SNAPSHOT_MAGIC, 0, 8, 0, 8) !== 0) return null
  // The index is the same since format 1.
  const version = bytes[8] as number
  if (version < 1 || version > FORMAT_VERSION || bytes.compare(store, 0, 16, 16, 32) !== 0) return null
  const length = bytes.readDoubleBE(48)
  if (length !== bytes.length - SNAPSHOT_HEAD) return null
  const checksum = crc32(bytes.subarray(0, 60), crc32(bytes.subarray(SNAPSHOT_HEAD), crc32(store)))
  if (bytes.readUInt32BE(60) !== checksum) return null
  return {
    store,
    number: bytes.readDoubleBE(32),
    place: bytes.readDoubleBE(40),
    length,
    epoch: bytes.readUInt32BE(56),
  }
}
