import { Buffer } from 'node:buffer'
import { Command } from './command.ts'
import { unescaped } from './escaping.ts'
import { Header, HEADER_COUNT, headerAt, type HeaderName } from './header-names.ts'

/** What a line has that asks for more than to be copied. */
export const LineFlag = { Escape: 1, BeyondAscii: 2 } as const

/** Numbers that are kept of a header: where its name begins and ends, its value begins and ends, flags, its number. */
const STRIDE = 6
const HEADERS_FIRST = 16

/** Of a head that is remembered: who sends longer ones is not helped. */
const HEAD_BYTES_MAX = 512
/** After so many that were not the same, only one in sixteen is remembered. */
const MISSES_MAX = 8
const SELDOM = 16

const NOTHING = Buffer.alloc(0)

/**
 * One frame, as views of the bytes that it came in: valid until the call that is given it returns. Nothing is turned into
 * text before somebody asks. One object serves many frames.
 */
export class Frame {
  command: Command = Command.Unknown
  /** What the positions of headers count from, in `bytes`. */
  bytes: Buffer = NOTHING
  base = 0
  body: Buffer = NOTHING
  /** Blanks around a value are padding, as in version 1.0. */
  padded = false
  /** Values and names are escaped. */
  escaped = false
  /** Headers in the order in which they came; those that were repeated are among them. */
  count = 0
  /** What `content-length` said; -1: it did not come. */
  contentLength = -1
  /** Bytes from the command to the empty line, when all of it has come. */
  headBytes = 0
  /** Who read it last, when the bytes of that head are remembered: the same bytes say the same to the same reader. */
  #reader: object | null = null
  #head = NOTHING
  #misses = 0
  #places = new Int32Array(STRIDE * HEADERS_FIRST)
  /** Of each known header the first, counted from 1; 0 = it did not come. */
  readonly #known = new Int32Array(HEADER_COUNT)

  begin(): void {
    const known = this.#known
    // Only what came last time is set.
    for (let i = 0; i < this.count; i++) {
      const id = this.idAt(i)
      if (id >= 0) known[id] = 0
    }
    this.count = 0
    this.contentLength = -1
    this.#reader = null
  }

  /**
   * Whether the head that begins at `at` is the one that `reader` read last, byte for byte: then all that is known of it
   * holds for this one. Most producers send the same head again and again.
   */
  repeats(reader: object, bytes: Buffer, at: number): boolean {
    const length = this.headBytes
    if (this.#reader !== reader || bytes.length - at < length) return false
    const head = this.#head
    for (let i = 0; i < length; i++) {
      if (bytes[at + i] === head[i]) continue
      this.#misses++
      return false
    }
    this.#misses = 0
    this.bytes = bytes
    this.base = at
    return true
  }

  /** The head is whole, in `bytes`. */
  remember(reader: object): void {
    const { bytes, base, headBytes } = this
    if (headBytes > HEAD_BYTES_MAX || (this.#misses > MISSES_MAX && ++this.#misses % SELDOM !== 0)) return
    this.#reader = reader
    if (this.#head.length === 0) this.#head = Buffer.allocUnsafeSlow(HEAD_BYTES_MAX)
    bytes.copy(this.#head, 0, base, base + headBytes)
  }

  /** Lets go of what it was read from. */
  forget(): void {
    this.bytes = NOTHING
    this.body = NOTHING
  }

  /** Positions count from `base`. */
  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, flags: number): void {
    const at = this.count * STRIDE
    if (at === this.#places.length) {
      const more = new Int32Array(2 * at)
      more.set(this.#places)
      this.#places = more
    }
    const places = this.#places
    const id = headerAt(this.bytes, this.base + nameStart, this.base + nameEnd)
    places[at] = nameStart
    places[at + 1] = nameEnd
    places[at + 2] = valueStart
    places[at + 3] = valueEnd
    places[at + 4] = flags
    places[at + 5] = id
    this.count++
    // STOMP 1.2, "Repeated Header Entries": the first counts.
    if (id >= 0 && this.#known[id] === 0) this.#known[id] = this.count
  }

  has(name: HeaderName): boolean {
    return this.#known[Header[name]] !== 0
  }

  /** The value of a header; null: it did not come. */
  text(name: HeaderName): string | null {
    const index = this.#known[Header[name]] as number
    return index === 0 ? null : this.valueAt(index - 1)
  }

  /** Whether the value of a header is just these bytes; false for what has to be decoded first. */
  isAt(index: number, value: Buffer): boolean {
    if (this.flagsAt(index) !== 0) return false
    const start = this.valueStart(index)
    const length = value.length
    if (this.valueEnd(index) - start !== length) return false
    const { bytes } = this
    let at = 0
    while (at < length && bytes[start + at] === value[at]) at++
    return at === length
  }

  /** Which header it is that has this name; -1: it did not come. */
  indexOf(name: HeaderName): number {
    return (this.#known[Header[name]] as number) - 1
  }

  /** Whether no header of that name came before it. Only for those that are known. */
  isFirst(index: number): boolean {
    return this.#known[this.idAt(index)] === index + 1
  }

  /** The number of a header that is known; -1 = it is not. */
  idAt(index: number): number {
    return this.#places[index * STRIDE + 5] as number
  }

  flagsAt(index: number): number {
    return this.#places[index * STRIDE + 4] as number
  }

  nameAt(index: number): string {
    return this.#text(this.nameStart(index), this.nameEnd(index), this.flagsAt(index))
  }

  valueAt(index: number): string {
    return this.#text(this.valueStart(index), this.valueEnd(index), this.flagsAt(index))
  }

  // Places in `bytes`.

  nameStart(index: number): number {
    return this.base + (this.#places[index * STRIDE] as number)
  }

  nameEnd(index: number): number {
    return this.base + (this.#places[index * STRIDE + 1] as number)
  }

  valueStart(index: number): number {
    let at = this.base + (this.#places[index * STRIDE + 2] as number)
    if (!this.padded) return at
    const end = this.base + (this.#places[index * STRIDE + 3] as number)
    while (at < end && isBlank(this.bytes[at] as number)) at++
    return at
  }

  valueEnd(index: number): number {
    let at = this.base + (this.#places[index * STRIDE + 3] as number)
    if (!this.padded) return at
    const start = this.base + (this.#places[index * STRIDE + 2] as number)
    while (at > start && isBlank(this.bytes[at - 1] as number)) at--
    return at
  }

  #text(start: number, end: number, flags: number): string {
    if (flags === 0) return this.bytes.toString('latin1', start, end)
    const text = this.bytes.toString('utf8', start, end)
    return this.escaped && (flags & LineFlag.Escape) !== 0 ? unescaped(text) : text
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}
