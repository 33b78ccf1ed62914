import { Buffer } from 'node:buffer'
import { assert, type ByteWriter, InvariantError, MillraceError, ProtocolError } from '@millrace/base'
import type { InboundCache, OutboundCache } from './object-cache.ts'
import type { DataStructure } from './structures.ts'

/** Structures and throwables may be nested so deeply; real ones are a few levels deep. */
const DEPTH_MAX = 32

/** Elements of all arrays in a frame. What they become takes some twenty times the memory of the bytes they can hide in. */
const ELEMENTS_MAX = 262_144

const NOTHING: Buffer = Buffer.alloc(0)

/** The bit stream of a tight frame has a signed 16-bit length. */
const BIT_BYTES_MAX = 32_767

/** What reading needs to know of one direction of a link, and where it stands in the frame that is being read. */
export class Inbound {
  readonly version: number
  readonly stackTraceEnabled: boolean
  readonly cache: InboundCache | null
  #depth = 0
  #elements = 0
  #bits: Buffer = NOTHING
  #bitBase = 0
  #bitAt = 0
  #bitEnd = 0

  constructor(version: number, stackTraceEnabled: boolean, cache: InboundCache | null) {
    this.version = version
    this.stackTraceEnabled = stackTraceEnabled
    this.cache = cache
  }

  beginFrame(): void {
    this.#depth = 0
    this.#elements = 0
  }

  /** Lets go of the bytes of the frame. */
  endFrame(): void {
    this.#bits = NOTHING
    this.#bitEnd = 0
  }

  enter(): void {
    this.#depth++
    if (this.#depth > DEPTH_MAX) throw new ProtocolError('FRAME_INVALID', `nested more than ${DEPTH_MAX} deep`)
  }

  leave(): void {
    this.#depth--
  }

  /** A number of elements that has been compared with what is left in the frame. */
  elements(count: number): number {
    this.#elements += count
    if (this.#elements > ELEMENTS_MAX) {
      throw new ProtocolError('FRAME_INVALID', `more than ${ELEMENTS_MAX} elements in one frame`)
    }
    return count
  }

  /** The bit stream of the frame, which lies in `length` bytes of `bytes` from `base`. */
  beginBits(bytes: Buffer, base: number, length: number): void {
    this.#bits = bytes
    this.#bitBase = base
    this.#bitAt = 0
    this.#bitEnd = length * 8
  }

  /** The lowest bit of each byte comes first. */
  bit(): boolean {
    const at = this.#bitAt
    if (at >= this.#bitEnd) throw new ProtocolError('FRAME_INVALID', `bit stream ends after ${at} bits`)
    this.#bitAt = at + 1
    return (((this.#bits[this.#bitBase + (at >> 3)] as number) >> (at & 7)) & 1) === 1
  }

  /** A number of elements of at least one bit each. */
  countBits(count: number): number {
    if (count < 0 || count > this.#bitEnd - this.#bitAt) {
      throw new ProtocolError('FRAME_INVALID', `${count} elements announced, ${this.#bitEnd - this.#bitAt} bits left`)
    }
    return this.elements(count)
  }
}

/** What writing needs to know of one direction of a link, and the bit stream of the frame that is being written. */
export class Outbound {
  readonly version: number
  readonly stackTraceEnabled: boolean
  readonly cache: OutboundCache | null
  #bits: Buffer = NOTHING
  #bitAt = 0

  constructor(version: number, stackTraceEnabled: boolean, cache: OutboundCache | null) {
    this.version = version
    this.stackTraceEnabled = stackTraceEnabled
    this.cache = cache
  }

  beginBits(): void {
    this.#bitAt = 0
  }

  bit(value: boolean): void {
    const at = this.#bitAt
    const byte = at >> 3
    if (byte >= this.#bits.length) this.#growBits()
    if ((at & 7) === 0) this.#bits[byte] = value ? 1 : 0
    else if (value) this.#bits[byte] = (this.#bits[byte] as number) | (1 << (at & 7))
    this.#bitAt = at + 1
  }

  /** The bytes of the bit stream; valid until the next frame. */
  bits(): Buffer {
    return this.#bits.subarray(0, (this.#bitAt + 7) >> 3)
  }

  #growBits(): void {
    const length = this.#bits.length
    if (length >= BIT_BYTES_MAX) {
      throw new MillraceError('MESSAGE_TOO_LARGE', `more flags than ${BIT_BYTES_MAX} bytes hold in one frame`)
    }
    const grown = Buffer.alloc(Math.min(BIT_BYTES_MAX, Math.max(64, 2 * length)))
    this.#bits.copy(grown)
    this.#bits = grown
  }
}

export function unknownType(type: number, version: number): ProtocolError {
  return new ProtocolError('FRAME_INVALID', `type code ${type} is unknown in version ${version}`)
}

/** Another structure than may stand in a place. */
export function unexpectedType(type: number, from: number, to: number): ProtocolError {
  return new ProtocolError('FRAME_INVALID', `type code ${type}, expected ${from}${from === to ? '' : ` to ${to}`}`)
}

/** In tight encoding a bit behind the type code of these, when nested, says whether they are in ready-made form. */
export function hasReadyMade(type: number): boolean {
  return type === 1 || (type >= 23 && type <= 29)
}

/** OpenWire once had a second form of nested messages. Nobody writes it. */
export function readyMade(): ProtocolError {
  return new ProtocolError('FRAME_INVALID', 'a nested message in ready-made form')
}

export function unknownStructure(it: unknown): InvariantError {
  return new InvariantError(`${String(it)} is no OpenWire structure`)
}

export function requireVersion(it: DataStructure, since: number, link: Outbound): void {
  if (link.version >= since) return
  const name = it.constructor.name
  throw new MillraceError('COMMAND_UNSUPPORTED', `${name} needs version ${since}, the peer speaks ${link.version}`)
}

/** Arrays have a signed 16-bit count. */
export function requireCount(count: number): number {
  if (count > 32_767) throw new MillraceError('MESSAGE_TOO_LARGE', `${count} elements, at most 32767 can be sent`)
  return count
}

/** Bytes that are always there and always as many. */
export function writeConstant(bytes: Buffer, size: number, writer: ByteWriter): void {
  assert(bytes.length === size, `${bytes.length} bytes where ${size} belong`)
  writer.bytes(bytes)
}

/** XA allows 64 bytes in either part of an id. Ids are kept, so there has to be a limit. */
export function idLength(length: number): number {
  if (length > 1024) throw new ProtocolError('FRAME_INVALID', `a transaction id of ${length} bytes`)
  return length
}
