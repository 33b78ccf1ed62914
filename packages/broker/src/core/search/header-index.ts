import type { Message } from '../../message/message.ts'

/** The headers that selectors most often name a value of. */
export const Header = { CorrelationId: 0, GroupId: 1, Type: 2 } as const
export type Header = (typeof Header)[keyof typeof Header]

export const HEADER_COUNT = 3

const CHUNK_COUNT = 1024
/** Bits of a chunk's filter: eight per message, so that some eight chunks of nine are left out unread. */
const FILTER_BITS = 8192
/** What one chunk takes: 13 bytes per message. */
export const CHUNK_BYTES: number = CHUNK_COUNT * 12 + FILTER_BITS / 8

/** Messages in the order of their keys. */
class Chunk {
  readonly keys = new Float64Array(CHUNK_COUNT)
  /** 0: removed. */
  readonly hashes = new Uint32Array(CHUNK_COUNT)
  readonly filter = new Uint32Array(FILTER_BITS >>> 5)
  used = 0
  live = 0

  get keyLast(): number {
    return this.keys[this.used - 1] as number
  }

  add(key: number, hash: number): void {
    this.keys[this.used] = key
    this.hashes[this.used] = hash
    this.used++
    this.live++
    const bit = hash & (FILTER_BITS - 1)
    this.filter[bit >>> 5] = (this.filter[bit >>> 5] as number) | (1 << (bit & 31))
  }

  mayHave(hash: number): boolean {
    const bit = hash & (FILTER_BITS - 1)
    return ((this.filter[bit >>> 5] as number) & (1 << (bit & 31))) !== 0
  }

  /** The first slot whose key is above `key`. */
  slotAfter(key: number): number {
    let low = 0
    let high = this.used
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.keys[middle] as number) <= key) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Something that knows all messages of a queue that are only in the store, up to a key. */
export interface BacklogIndex {
  /** Everything beyond the window up to this key is in it. */
  builtTo: number
  /** Returns false when there is no room: then it ends where it ended. Keys rise. */
  add(key: number, message: Message): boolean
  /** It is not only in the store any more. */
  remove(key: number): void
  /** Everything up to this key is in the window or gone. */
  trim(position: number): void
  /** Gives back the memory that it was charged for. */
  clear(): void
}

/**
 * Which messages of a long queue have which value of one header: a hash of 32 bits for each, with its key. Who finds a
 * hash still has to look at the message. A million messages take 13 MB, outside the heap, and a look through all of
 * them some tenths of a millisecond. Messages without the header are not in it.
 */
export class HeaderIndex implements BacklogIndex {
  builtTo: number
  readonly #header: Header
  readonly #room: IndexRoom
  readonly #chunks: Chunk[] = []

  constructor(header: Header, builtTo: number, room: IndexRoom) {
    this.#header = header
    this.builtTo = builtTo
    this.#room = room
  }

  add(key: number, message: Message): boolean {
    const value = headerOf(message, this.#header)
    if (value === null) return true
    let chunk = this.#chunks[this.#chunks.length - 1]
    if (chunk === undefined || chunk.used === CHUNK_COUNT) {
      if (!this.#room.take(CHUNK_BYTES)) return false
      chunk = new Chunk()
      this.#chunks.push(chunk)
    }
    chunk.add(key, hashOf(value))
    return true
  }

  remove(key: number): void {
    const at = this.#chunkAfter(key - 1)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const slot = chunk.slotAfter(key - 1)
    if (slot === chunk.used || chunk.keys[slot] !== key || chunk.hashes[slot] === 0) return
    chunk.hashes[slot] = 0
    chunk.live--
    this.#shrink(at)
  }

  trim(position: number): void {
    if (position > this.builtTo) this.builtTo = position
    let count = 0
    while (count < this.#chunks.length && (this.#chunks[count] as Chunk).keyLast <= position) count++
    if (count === 0) return
    this.#chunks.splice(0, count)
    this.#room.giveBack(count * CHUNK_BYTES)
  }

  clear(): void {
    this.#room.giveBack(this.#chunks.length * CHUNK_BYTES)
    this.#chunks.length = 0
  }

  /** The next keys above `after` with one of these hashes, `countMax` at most. */
  next(after: number, hashes: readonly number[], countMax: number): number[] {
    const found: number[] = []
    for (let i = this.#chunkAfter(after); i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i] as Chunk
      if (!hashes.some((hash) => chunk.mayHave(hash))) continue
      for (let slot = chunk.slotAfter(after); slot < chunk.used; slot++) {
        if (!hashes.includes(chunk.hashes[slot] as number)) continue
        found.push(chunk.keys[slot] as number)
        if (found.length === countMax) return found
      }
    }
    return found
  }

  /** Index of the first chunk that reaches beyond `key`. */
  #chunkAfter(key: number): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#chunks[middle] as Chunk).keyLast <= key) low = middle + 1
      else high = middle
    }
    return low
  }

  /** An empty chunk goes, and one that is mostly holes is joined with its neighbour. */
  #shrink(at: number): void {
    const chunk = this.#chunks[at] as Chunk
    if (at === this.#chunks.length - 1) return
    if (chunk.live === 0) {
      this.#chunks.splice(at, 1)
      this.#room.giveBack(CHUNK_BYTES)
      return
    }
    const before = this.#chunks[at - 1]
    if (before === undefined || chunk.live > CHUNK_COUNT >>> 2 || before.live + chunk.live > CHUNK_COUNT >>> 1) return
    const joined = new Chunk()
    for (const { keys, hashes, used } of [before, chunk]) {
      for (let slot = 0; slot < used; slot++) {
        if (hashes[slot] !== 0) joined.add(keys[slot] as number, hashes[slot] as number)
      }
    }
    this.#chunks.splice(at - 1, 2, joined)
    this.#room.giveBack(CHUNK_BYTES)
  }
}

/** Bytes that all indexes of a broker have together. */
export class IndexRoom {
  bytes = 0
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  take(bytes: number): boolean {
    if (this.bytes + bytes > this.#bytesMax) return false
    this.bytes += bytes
    return true
  }

  /** What is left is for indexes that somebody needs, not for those that somebody may need. */
  get scarce(): boolean {
    return this.bytes * 2 > this.#bytesMax
  }

  giveBack(bytes: number): void {
    this.bytes -= bytes
  }
}

export function headerOf(message: Message, header: Header): string | null {
  switch (header) {
    case Header.CorrelationId:
      return message.correlationId
    case Header.GroupId:
      return message.groupId
    case Header.Type:
      return message.type
  }
}

/** FNV-1a over UTF-16 units, mixed once more because neighbours differ in their last digit only; never 0. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = (hash ^ (hash >>> 13)) >>> 0
  return hash === 0 ? 1 : hash
}
