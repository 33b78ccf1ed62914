import { assert, type ByteReader, ByteWriter, MillraceError, ProtocolError } from '@millrace/base'
import { VERSION_MAX, VERSION_MIN } from './codes.ts'
import { Inbound, Outbound } from './link.ts'
import { readLoose, writeLoose } from './marshal-loose.ts'
import { readTight, writeTight } from './marshal-tight.ts'
import { cacheSlots, InboundCache, OutboundCache } from './object-cache.ts'
import type { DataStructure } from './structures.ts'

export interface WireFormatOptions {
  /** 1 to 12. */
  readonly version: number
  readonly tightEncodingEnabled: boolean
  readonly cacheEnabled: boolean
  /** Slots of each cache; 0 stands for 16383. */
  readonly cacheSize: number
  readonly stackTraceEnabled: boolean
  readonly sizePrefixDisabled: boolean
  /** Bytes of a frame without its size prefix, in both directions. */
  readonly maxFrameSize: number
}

/** The null frame. */
const NULL_TYPE = 0

/** A scratch buffer that had to grow beyond this is not kept. */
const SCRATCH_BYTES_MAX = 1_048_576

/**
 * Structures to frames and back, with the options of one link. It holds one object cache for each direction, so a link
 * needs one of its own, and frames pass through it in the order in which they are on the wire.
 */
export class WireFormat {
  readonly options: WireFormatOptions
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  #scratch: ByteWriter | null = null

  constructor(options: WireFormatOptions) {
    assert(options.version >= VERSION_MIN && options.version <= VERSION_MAX, `version ${options.version}`)
    const { version, stackTraceEnabled, cacheEnabled } = options
    const slots = cacheSlots(options.cacheSize)
    this.options = options
    this.#inbound = new Inbound(version, stackTraceEnabled, cacheEnabled ? new InboundCache(slots) : null)
    this.#outbound = new Outbound(version, stackTraceEnabled, cacheEnabled ? new OutboundCache(slots) : null)
  }

  /**
   * Appends one whole frame. Throws MESSAGE_TOO_LARGE when it, or a string in it, is longer than the peer can take, and
   * COMMAND_UNSUPPORTED when the agreed version does not know the structure; the writer is then as it was before.
   */
  marshal(structure: DataStructure | null, writer: ByteWriter): void {
    const start = writer.length
    const cache = this.#outbound.cache
    if (cache !== null) cache.beginFrame()
    try {
      this.#frame(structure, writer, start)
    } catch (error) {
      writer.truncate(start)
      if (cache !== null) cache.abandonFrame()
      throw error
    }
  }

  /** One payload, without its size prefix. Throws ProtocolError when it is malformed or longer than its structure. */
  unmarshal(payload: ByteReader): DataStructure | null {
    const structure = this.unmarshalNext(payload)
    if (payload.left > 0) {
      throw new ProtocolError('FRAME_INVALID', `${payload.left} bytes behind the end of a structure`)
    }
    return structure
  }

  /** As `unmarshal`, but more may follow: for links without size prefixes. */
  unmarshalNext(reader: ByteReader): DataStructure | null {
    const link = this.#inbound
    link.beginFrame()
    const type = reader.byte()
    if (type === NULL_TYPE) return null
    if (!this.options.tightEncodingEnabled) return readLoose(type, reader, link)
    const length = readBitsLength(reader)
    link.beginBits(reader.buffer, reader.take(length), length)
    const structure = readTight(type, reader, link)
    link.endFrame()
    return structure
  }

  #frame(structure: DataStructure | null, writer: ByteWriter, start: number): void {
    const { sizePrefixDisabled, tightEncodingEnabled, maxFrameSize } = this.options
    if (!sizePrefixDisabled) writer.int(0)
    if (structure === null) {
      writer.byte(NULL_TYPE)
    } else {
      writer.byte(structure.dataType)
      if (tightEncodingEnabled) this.#tight(structure, writer)
      else writeLoose(structure, writer, this.#outbound)
    }
    const size = writer.length - start - (sizePrefixDisabled ? 0 : 4)
    if (size > maxFrameSize) {
      throw new MillraceError('MESSAGE_TOO_LARGE', `a frame of ${size} bytes, the link allows ${maxFrameSize}`)
    }
    if (!sizePrefixDisabled) writer.intAt(start, size)
  }

  /** The bits stand before the bytes, but how many there are is known only when all is written. */
  #tight(structure: DataStructure, writer: ByteWriter): void {
    const link = this.#outbound
    const scratch = this.#scratch ?? new ByteWriter(4096)
    scratch.rewind()
    link.beginBits()
    writeTight(structure, scratch, link)
    const bits = link.bits()
    writeBitsLength(bits.length, writer)
    writer.bytes(bits)
    writer.bytes(scratch.view())
    this.#scratch = scratch.length > SCRATCH_BYTES_MAX ? null : scratch
  }
}

//   length   0 to 63   length:1
//           to 255     C0 length:1
//           more       80 length:2, signed
function writeBitsLength(length: number, writer: ByteWriter): void {
  if (length <= 63) {
    writer.byte(length)
  } else if (length <= 255) {
    writer.byte(0xc0)
    writer.byte(length)
  } else {
    writer.byte(0x80)
    writer.short(length)
  }
}

function readBitsLength(reader: ByteReader): number {
  const first = reader.byte()
  if (first === 0xc0) return reader.byte()
  if (first === 0x80) return reader.short()
  if (first > 63) throw new ProtocolError('FRAME_INVALID', `bit stream length begins with ${first}`)
  return first
}

/** What a link speaks until both WireFormatInfos are there. Their frames are small, and nothing else may come first. */
export function initialFormat(): WireFormat {
  return new WireFormat({
    version: VERSION_MIN,
    tightEncodingEnabled: false,
    cacheEnabled: false,
    cacheSize: 0,
    stackTraceEnabled: false,
    sizePrefixDisabled: false,
    maxFrameSize: 65_536,
  })
}
