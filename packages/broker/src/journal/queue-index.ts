import { assert } from '@millrace/base'

/**
 * Where the messages of one queue are, by key. A long queue costs 25 bytes per message, all of it outside the heap:
 *
 *     keys     8   the key
 *     places   8   where the batch begins that holds the message
 *     offsets  4   where in that batch's records the message's record begins
 *     lengths  4   how long that record is; 0 = removed
 *     shares   1   how many entries share the record, at most 255; 0 = one, and it does not survive the process
 *
 * The columns are cut into chunks of up to 1,024 entries in ascending key order. New keys nearly always go to the end;
 * a removed one is only marked until its chunk is empty or can be joined with its neighbour.
 */

/** In the place of `shares`: the message was spilled. */
export const SPILLED = 0

const CHUNK_MIN = 16
const CHUNK_MAX = 1024

export class Chunk {
  keys: Float64Array
  places: Float64Array
  offsets: Uint32Array
  lengths: Uint32Array
  shares: Uint8Array
  /** Slots in use, removed ones included. */
  used = 0
  live = 0
  /** A snapshot is being written from these columns: what is in them must not change, more may come behind it. */
  frozen = false

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity)
    this.places = new Float64Array(capacity)
    this.offsets = new Uint32Array(capacity)
    this.lengths = new Uint32Array(capacity)
    this.shares = new Uint8Array(capacity)
  }

  get capacity(): number {
    return this.keys.length
  }

  /** Leaves the columns to the snapshot and goes on with copies. */
  thaw(): void {
    if (!this.frozen) return
    this.frozen = false
    this.keys = this.keys.slice()
    this.places = this.places.slice()
    this.offsets = this.offsets.slice()
    this.lengths = this.lengths.slice()
    this.shares = this.shares.slice()
  }

  copyTo(chunk: Chunk, from: number, to: number, at: number): void {
    chunk.keys.set(this.keys.subarray(from, to), at)
    chunk.places.set(this.places.subarray(from, to), at)
    chunk.offsets.set(this.offsets.subarray(from, to), at)
    chunk.lengths.set(this.lengths.subarray(from, to), at)
    chunk.shares.set(this.shares.subarray(from, to), at)
  }

  set(slot: number, key: number, place: number, offset: number, length: number, shares: number): void {
    this.keys[slot] = key
    this.places[slot] = place
    this.offsets[slot] = offset
    this.lengths[slot] = length
    this.shares[slot] = shares
  }
}

/** One entry, copied out. */
export interface Location {
  readonly key: number
  readonly place: number
  readonly offset: number
  readonly length: number
  readonly shares: number
}

export class QueueIndex {
  readonly chunks: Chunk[] = []
  count = 0
  /** Where the last `find` succeeded: its chunk, and its slot in there. */
  #chunk = 0
  #slot = 0

  /** The key must not be here. */
  insert(key: number, place: number, offset: number, length: number, shares: number): void {
    let chunk = this.chunks[this.chunks.length - 1]
    if (chunk !== undefined && chunk.used > 0 && key <= (chunk.keys[chunk.used - 1] as number)) {
      this.#insertWithin(key, place, offset, length, shares)
      return
    }
    if (chunk === undefined || chunk.used === chunk.capacity) chunk = this.#extend(chunk)
    chunk.set(chunk.used, key, place, offset, length, shares)
    chunk.used++
    chunk.live++
    this.count++
  }

  /** Moves onto a key for the getters below; false when it is not here. */
  find(key: number): boolean {
    const chunks = this.chunks
    let low = 0
    // Most searches are for something in the first chunk.
    if (chunks.length > 1 && key >= (chunks[1]?.keys[0] as number)) {
      low = 1
      let high = chunks.length
      while (high - low > 1) {
        const middle = (low + high) >>> 1
        if (((chunks[middle] as Chunk).keys[0] as number) <= key) low = middle
        else high = middle
      }
    }
    const chunk = chunks[low]
    if (chunk === undefined) return false
    const slot = slotOf(chunk, key)
    if (slot === chunk.used || chunk.keys[slot] !== key || chunk.lengths[slot] === 0) return false
    this.#chunk = low
    this.#slot = slot
    return true
  }

  get place(): number {
    return this.#current.places[this.#slot] as number
  }

  get offset(): number {
    return this.#current.offsets[this.#slot] as number
  }

  get length(): number {
    return this.#current.lengths[this.#slot] as number
  }

  /** The keys of messages that were spilled. */
  spilled(): number[] {
    const keys: number[] = []
    for (const chunk of this.chunks) {
      for (let slot = 0; slot < chunk.used; slot++) {
        if (chunk.shares[slot] === SPILLED && chunk.lengths[slot] !== 0) keys.push(chunk.keys[slot] as number)
      }
    }
    return keys
  }

  get shares(): number {
    return this.#current.shares[this.#slot] as number
  }

  get #current(): Chunk {
    return this.chunks[this.#chunk] as Chunk
  }

  /** Gives the entry that `find` moved onto another location. */
  relocate(place: number, offset: number, length: number, shares: number): void {
    const chunk = this.#current
    chunk.thaw()
    chunk.set(this.#slot, chunk.keys[this.#slot] as number, place, offset, length, shares)
  }

  /** Removes the entry that `find` moved onto. */
  remove(): void {
    const at = this.#chunk
    const chunk = this.#current
    chunk.thaw()
    chunk.lengths[this.#slot] = 0
    chunk.live--
    this.count--
    if (chunk.live === 0) {
      this.chunks.splice(at, 1)
      return
    }
    // In the last chunk nothing is gained; elsewhere two that are mostly holes become one.
    const before = this.chunks[at - 1]
    if (at === this.chunks.length - 1 || chunk.live > chunk.used >>> 2) return
    if (before !== undefined && before.live + chunk.live <= CHUNK_MAX / 2) {
      this.chunks.splice(at - 1, 2, join(before, chunk))
    }
  }

  /** The next entries above `afterKey`, at most `countMax`, at most about `bytesMax` of messages but at least one. */
  after(afterKey: number, countMax: number, bytesMax: number): Location[] {
    const found: Location[] = []
    let bytes = 0
    for (let i = this.#chunkAfter(afterKey); i < this.chunks.length; i++) {
      const chunk = this.chunks[i] as Chunk
      for (let slot = slotOf(chunk, afterKey); slot < chunk.used; slot++) {
        const length = chunk.lengths[slot] as number
        const key = chunk.keys[slot] as number
        if (length === 0 || key <= afterKey) continue
        if (found.length === countMax || (found.length > 0 && bytes + length > bytesMax)) return found
        bytes += length
        found.push({
          key,
          place: chunk.places[slot] as number,
          offset: chunk.offsets[slot] as number,
          length,
          shares: chunk.shares[slot] as number,
        })
      }
    }
    return found
  }

  /** The smallest and the largest key; 0 when empty. */
  get keyFirst(): number {
    for (const chunk of this.chunks) {
      for (let slot = 0; slot < chunk.used; slot++) if (chunk.lengths[slot] !== 0) return chunk.keys[slot] as number
    }
    return 0
  }

  get keyLast(): number {
    for (let i = this.chunks.length - 1; i >= 0; i--) {
      const chunk = this.chunks[i] as Chunk
      for (let slot = chunk.used - 1; slot >= 0; slot--) {
        if (chunk.lengths[slot] !== 0) return chunk.keys[slot] as number
      }
    }
    return 0
  }

  hasAfter(key: number): boolean {
    return this.count > 0 && this.keyLast > key
  }

  clear(): void {
    this.chunks.length = 0
    this.count = 0
  }

  #chunkAfter(key: number): number {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.chunks[middle] as Chunk
      if ((chunk.keys[chunk.used - 1] as number) <= key) low = middle + 1
      else high = middle
    }
    return low
  }

  #extend(last: Chunk | undefined): Chunk {
    if (last === undefined || last.capacity === CHUNK_MAX) {
      // A queue that has filled a chunk is a long one.
      const chunk = new Chunk(last === undefined ? CHUNK_MIN : CHUNK_MAX)
      this.chunks.push(chunk)
      return chunk
    }
    const live = squeeze(last, last.live * 2 > last.capacity ? Math.min(CHUNK_MAX, last.capacity * 2) : last.capacity)
    this.chunks[this.chunks.length - 1] = live
    return live
  }

  #insertWithin(key: number, place: number, offset: number, length: number, shares: number): void {
    let at = Math.min(this.#chunkAfter(key), this.chunks.length - 1)
    let chunk = this.chunks[at] as Chunk
    chunk.thaw()
    const dead = slotOf(chunk, key)
    if (dead < chunk.used && chunk.keys[dead] === key) {
      assert(chunk.lengths[dead] === 0, 'a key is added once')
      // Its slot was kept by the mark of a removal that is now undone.
      chunk.set(dead, key, place, offset, length, shares)
      chunk.live++
      this.count++
      return
    }
    if (chunk.used === chunk.capacity) {
      if (chunk.capacity < CHUNK_MAX) {
        const larger = new Chunk(Math.min(CHUNK_MAX, chunk.capacity * 2))
        chunk.copyTo(larger, 0, chunk.used, 0)
        larger.used = chunk.used
        larger.live = chunk.live
        this.chunks[at] = larger
      } else {
        this.chunks.splice(at, 1, ...halves(chunk))
        const second = this.chunks[at + 1]
        if (second !== undefined && key > (second.keys[0] as number)) at++
      }
      chunk = this.chunks[at] as Chunk
    }
    const slot = slotOf(chunk, key)
    for (const column of [chunk.keys, chunk.places, chunk.offsets, chunk.lengths, chunk.shares]) {
      column.copyWithin(slot + 1, slot, chunk.used)
    }
    chunk.set(slot, key, place, offset, length, shares)
    chunk.used++
    chunk.live++
    this.count++
  }
}

/** The first slot whose key is not below `key`. */
function slotOf(chunk: Chunk, key: number): number {
  const keys = chunk.keys
  let low = 0
  let high = chunk.used
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as number) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The same without the removed entries. */
function squeeze(chunk: Chunk, capacity: number): Chunk {
  const into = new Chunk(capacity)
  append(into, chunk)
  return into
}

function join(first: Chunk, second: Chunk): Chunk {
  const into = new Chunk(CHUNK_MAX)
  append(into, first)
  append(into, second)
  return into
}

function append(into: Chunk, chunk: Chunk): void {
  for (let slot = 0; slot < chunk.used; slot++) {
    if (chunk.lengths[slot] === 0) continue
    chunk.copyTo(into, slot, slot + 1, into.used)
    into.used++
  }
  into.live = into.used
}

function halves(chunk: Chunk): [Chunk, Chunk] {
  const middle = chunk.used >>> 1
  const first = new Chunk(CHUNK_MAX)
  const second = new Chunk(CHUNK_MAX)
  chunk.copyTo(first, 0, middle, 0)
  chunk.copyTo(second, middle, chunk.used, 0)
  first.used = middle
  second.used = chunk.used - middle
  first.live = countLive(first)
  second.live = chunk.live - first.live
  return [first, second]
}

function countLive(chunk: Chunk): number {
  let live = 0
  for (let slot = 0; slot < chunk.used; slot++) if (chunk.lengths[slot] !== 0) live++
  return live
}
