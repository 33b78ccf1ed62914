import { Buffer } from 'node:buffer'
import { ByteReader, ProtocolError } from '@millrace/base'
import type { DataStructure } from './structures.ts'
import type { WireFormat } from './wire-format.ts'

export interface CommandReceiver {
  command(structure: DataStructure | null): void
}

const NOTHING: Buffer = Buffer.alloc(0)

const PREFIX_BYTES = 4

/** A frame that has begun gets at least this much room, if it is that long. */
const ROOM_MIN = 4096

/**
 * Cuts a stream of chunks into frames and hands on what they hold. A frame within a chunk is read where it lies; one
 * across chunks is joined in a buffer of its own, whose size grows with what has come and not with what was announced.
 *
 * Views in a structure are of the chunk or of that buffer, neither of which is used again here.
 */
export class FrameReader {
  /** May be replaced from within `command`: it then holds for the next frame. */
  format: WireFormat
  readonly #reader = new ByteReader(NOTHING)
  /** The beginning of a frame, `#have` bytes of it; empty between frames. */
  #joined: Buffer = NOTHING
  #have = 0
  #failure: unknown = null

  constructor(format: WireFormat) {
    this.format = format
  }

  /** Throws ProtocolError for what is no frame; nothing can be read after that. */
  receive(chunk: Buffer, to: CommandReceiver): void {
    if (this.#failure !== null) throw this.#failure
    try {
      this.#walk(chunk, to)
      // An idle link keeps no chunk.
      this.#reader.reset(NOTHING)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #walk(chunk: Buffer, to: CommandReceiver): void {
    let at = 0
    while (at < chunk.length) {
      if (this.format.options.sizePrefixDisabled) at = this.#unprefixed(chunk, at, to)
      else if (this.#have > 0) at = this.#join(chunk, at, to)
      else at = this.#whole(chunk, at, to)
    }
  }

  /** No frame has begun. Returns where the next one begins. */
  #whole(chunk: Buffer, at: number, to: CommandReceiver): number {
    const left = chunk.length - at
    if (left >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + this.#size(chunk, at)
      if (end <= chunk.length) {
        this.#reader.reset(chunk, at + PREFIX_BYTES, end)
        to.command(this.format.unmarshal(this.#reader))
        return end
      }
    }
    return this.#append(chunk, at, left, left < PREFIX_BYTES ? PREFIX_BYTES : PREFIX_BYTES + this.#size(chunk, at))
  }

  /** A frame has begun in an earlier chunk. */
  #join(chunk: Buffer, at: number, to: CommandReceiver): number {
    if (this.#have < PREFIX_BYTES) {
      const next = this.#append(chunk, at, PREFIX_BYTES - this.#have, PREFIX_BYTES)
      if (this.#have < PREFIX_BYTES) return next
      this.#size(this.#joined, 0)
      return next
    }
    const total = PREFIX_BYTES + this.#size(this.#joined, 0)
    const next = this.#append(chunk, at, total - this.#have, total)
    if (this.#have < total) return next
    this.#reader.reset(this.#joined, PREFIX_BYTES, total)
    this.#joined = NOTHING
    this.#have = 0
    to.command(this.format.unmarshal(this.#reader))
    return next
  }

  /** Without prefixes only reading tells where a frame ends: what is too short is tried again when more has come. */
  #unprefixed(chunk: Buffer, at: number, to: CommandReceiver): number {
    const begun = this.#have
    const next = begun === 0 ? at : this.#append(chunk, at, chunk.length - at, this.format.options.maxFrameSize)
    const bytes = begun === 0 ? chunk : this.#joined
    const start = begun === 0 ? at : 0
    const end = begun === 0 ? chunk.length : this.#have
    this.#reader.reset(bytes, start, end)
    let structure: DataStructure | null
    try {
      structure = this.format.unmarshalNext(this.#reader)
    } catch (error) {
      if (this.#reader.missing === 0) throw error
      const needed = end - start + this.#reader.missing
      this.#requireSize(needed)
      return begun === 0 ? this.#append(chunk, at, chunk.length - at, needed) : next
    }
    const used = this.#reader.position - start
    this.#requireSize(used)
    this.#have = 0
    this.#joined = NOTHING
    to.command(structure)
    return begun === 0 ? at + used : at + used - begun
  }

  #size(bytes: Buffer, at: number): number {
    const size = bytes.readInt32BE(at)
    if (size < 1) throw new ProtocolError('FRAME_INVALID', `frame size ${size}`)
    this.#requireSize(size)
    return size
  }

  #requireSize(size: number): void {
    const { maxFrameSize } = this.format.options
    if (size > maxFrameSize) {
      throw new ProtocolError('FRAME_TOO_LARGE', `a frame of ${size} bytes, the link allows ${maxFrameSize}`)
    }
  }

  /** Takes up to `count` bytes of a frame that is known to have `total`. Returns where the rest of the chunk begins. */
  #append(chunk: Buffer, at: number, count: number, total: number): number {
    const taken = Math.min(count, chunk.length - at)
    const have = this.#have + taken
    if (have > this.#joined.length) {
      const room = Math.max(have, Math.min(total, Math.max(ROOM_MIN, 4 * have)))
      const grown = Buffer.allocUnsafeSlow(room)
      this.#joined.copy(grown, 0, 0, this.#have)
      this.#joined = grown
    }
    chunk.copy(this.#joined, this.#have, at, at + taken)
    this.#have = have
    return at + taken
  }
}
