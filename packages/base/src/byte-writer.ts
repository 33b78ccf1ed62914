import type { Long } from './byte-reader.ts'

const NOTHING = Buffer.alloc(0)

/** Standing buffers that nobody needs just now, for the next that does: of equal size, and not more than `countMax`. */
export class SpareBuffers {
  readonly sizeBytes: number
  readonly #countMax: number
  readonly #spares: Buffer[] = []

  constructor(sizeBytes: number, countMax: number) {
    this.sizeBytes = sizeBytes
    this.#countMax = countMax
  }

  take(): Buffer {
    return this.#spares.pop() ?? Buffer.allocUnsafeSlow(this.sizeBytes)
  }

  /** Nobody writes to it, or looks at it, any more. */
  give(buffer: Buffer): void {
    if (buffer.length === this.sizeBytes && this.#spares.length < this.#countMax) this.#spares.push(buffer)
  }
}

/**
 * A standing buffer with one cursor that grows as needed. Small things are copied in; `take` hands out what was written
 * and starts a new piece, so bytes already taken are never written again.
 */
export class ByteWriter {
  #bytes: Buffer
  #start = 0
  #at = 0
  readonly #sizeMin: number
  readonly #spares: SpareBuffers | null

  /** `sizeMin`: bytes of each standing buffer. With `spares` it has one, of their size, only while it is needed. */
  constructor(sizeMin = 65_536, spares: SpareBuffers | null = null) {
    this.#sizeMin = spares?.sizeBytes ?? sizeMin
    this.#spares = spares
    this.#bytes = spares === null ? Buffer.allocUnsafeSlow(sizeMin) : NOTHING
  }

  /** Bytes written since the last `take` or `reset`. */
  get length(): number {
    return this.#at - this.#start
  }

  /** What was written since the last `take`; the writer goes on behind it. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#at)
    this.#start = this.#at
    return taken
  }

  /** What was written, to look at before anything else is written. */
  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at)
  }

  /** Forgets what was written since the last `take`. Only when nobody keeps a view of it. */
  reset(): void {
    this.#at = this.#start
  }

  /** Forgets everything, also what was taken: the caller knows that it is not used any more. */
  rewind(): void {
    this.#start = 0
    this.#at = 0
    // One that had to grow stays: whoever sent something large will do so again.
    if (this.#spares === null || this.#bytes.length !== this.#sizeMin) return
    this.#spares.give(this.#bytes)
    this.#bytes = NOTHING
  }

  /** Cuts what was written behind `length`: what a command that failed half way has left. */
  truncate(length: number): void {
    this.#at = this.#start + length
  }

  /** Makes room and moves over it. Returns the index in `buffer` where the room begins. */
  reserve(count: number): number {
    if (this.#at + count > this.#bytes.length) this.#grow(count)
    const at = this.#at
    this.#at = at + count
    return at
  }

  /** Makes room for `count` bytes and says where in `buffer`, but does not move over it. */
  room(count: number): number {
    if (this.#at + count > this.#bytes.length) this.#grow(count)
    return this.#at
  }

  /** To the end of what was written into the room that was made. */
  moveTo(position: number): void {
    this.#at = position
  }

  /** Valid until the next call that may grow. */
  get buffer(): Buffer {
    return this.#bytes
  }

  byte(value: number): void {
    const at = this.reserve(1)
    this.#bytes[at] = value
  }

  boolean(value: boolean): void {
    const at = this.reserve(1)
    this.#bytes[at] = value ? 1 : 0
  }

  short(value: number): void {
    const at = this.reserve(2)
    const bytes = this.#bytes
    bytes[at] = value >>> 8
    bytes[at + 1] = value
  }

  int(value: number): void {
    const at = this.reserve(4)
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
  }

  long(value: Long): void {
    if (typeof value === 'bigint') {
      this.int(Number(BigInt.asIntN(32, value >> 32n)))
      this.int(Number(BigInt.asIntN(32, value)))
      return
    }
    const high = Math.floor(value / 0x1_0000_0000)
    this.int(high)
    this.int(value - high * 0x1_0000_0000)
  }

  float(value: number): void {
    const at = this.reserve(4)
    this.#bytes.writeFloatBE(value, at)
  }

  double(value: number): void {
    const at = this.reserve(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length)
    this.#bytes.set(value, at)
  }

  /** Fills in a length that was not known when its place was reserved. `at` counts from the last `take`. */
  intAt(at: number, value: number): void {
    this.#bytes.writeInt32BE(value | 0, this.#start + at)
  }

  /** As `intAt`, for two bytes. */
  shortAt(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[this.#start + at] = value >>> 8
    bytes[this.#start + at + 1] = value
  }

  #grow(count: number): void {
    const used = this.#at - this.#start
    const size = Math.max(this.#sizeMin, 2 ** Math.ceil(Math.log2(2 * (used + count))))
    const bytes = this.#spares !== null && size === this.#sizeMin ? this.#spares.take() : Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(bytes, 0, this.#start, this.#at)
    this.#bytes = bytes
    this.#start = 0
    this.#at = used
  }
}
