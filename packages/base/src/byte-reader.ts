import { ProtocolError } from './errors.ts'

/** A 64-bit value: a number where that is exact, a bigint beyond 2^53. */
export type Long = number | bigint

/**
 * One cursor over bytes that are all here. Nothing read from them is believed before it is checked: every read that
 * would pass the end throws `ProtocolError` FRAME_INVALID, and a length is compared with what is left before anything
 * is taken. Big endian, two's complement.
 */
export class ByteReader {
  #bytes: Buffer
  #at: number
  #end: number
  #missing = 0

  constructor(bytes: Buffer, at = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** Starts over on other bytes, so that one reader serves many frames. */
  reset(bytes: Buffer, at = 0, end: number = bytes.length): void {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#missing = 0
  }

  /** How many more bytes the read that failed would have needed: 0 if more bytes would not have helped. */
  get missing(): number {
    return this.#missing
  }

  get position(): number {
    return this.#at
  }

  get left(): number {
    return this.#end - this.#at
  }

  /** Moves over `count` bytes and says where they begin in `buffer`. The one check that all reads share. */
  take(count: number): number {
    const at = this.#at
    if (count < 0 || count > this.#end - at) {
      this.#missing = Math.max(0, count - (this.#end - at))
      throw new ProtocolError('FRAME_INVALID', `${count} bytes announced, ${this.#end - at} left in the frame`)
    }
    this.#at = at + count
    return at
  }

  get buffer(): Buffer {
    return this.#bytes
  }

  /** Where the next `count` bytes begin in `buffer`, which are all there; does not move over them. */
  ahead(count: number): number {
    const at = this.#at
    if (count > this.#end - at) this.take(count)
    return at
  }

  /** To a place that `ahead` has shown to be there. */
  moveTo(position: number): void {
    if (position > this.#end) this.take(position - this.#at)
    this.#at = position
  }

  byte(): number {
    return this.#bytes[this.take(1)] as number
  }

  signedByte(): number {
    return ((this.#bytes[this.take(1)] as number) << 24) >> 24
  }

  boolean(): boolean {
    return this.#bytes[this.take(1)] !== 0
  }

  short(): number {
    return (this.unsignedShort() << 16) >> 16
  }

  unsignedShort(): number {
    const at = this.take(2)
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number)
  }

  int(): number {
    const at = this.take(4)
    const bytes = this.#bytes
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  unsignedInt(): number {
    return this.int() >>> 0
  }

  long(): Long {
    const high = this.int()
    const low = this.unsignedInt()
    if (high >= -0x200000 && high <= 0x1fffff) {
      const value = high * 0x1_0000_0000 + low
      // -2^53 itself is not a safe integer.
      if (Number.isSafeInteger(value)) return value
    }
    return (BigInt(high) << 32n) | BigInt(low)
  }

  float(): number {
    return this.#bytes.readFloatBE(this.take(4))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.take(8))
  }

  /** A view, not a copy: it keeps the whole chunk alive. */
  view(length: number): Buffer {
    const at = this.take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** An element count that cannot be true is refused before a list is made. */
  count(value: number, bytesEachMin: number): number {
    if (value < 0 || value * bytesEachMin > this.left) {
      this.#missing = Math.max(0, value * bytesEachMin - this.left)
      throw new ProtocolError('FRAME_INVALID', `${value} elements announced, ${this.left} bytes left in the frame`)
    }
    return value
  }
}
