import { Buffer } from 'node:buffer'
import { ProtocolError } from '@millrace/base'
import { Command, commandOf } from './command.ts'
import { undefinedEscape } from './escaping.ts'
import { Frame, LineFlag } from './frame.ts'
import { Version } from './version.ts'

/*
 *     command EOL
 *     name ":" value EOL      any number of times
 *     EOL
 *     body                    as many bytes as content-length says, or up to the NUL
 *     NUL
 *     EOL                     any number of times, between frames: heart-beats
 *
 * EOL is LF, or CR LF: from version 1.2 on by the text, in 1.0 because the model takes it, in 1.1 not.
 */

const LF = 0x0a
const CR = 0x0d
const NUL = 0x00
const COLON = 0x3a
const BACKSLASH = 0x5c

export interface FrameLimits {
  /** Bytes of the first line. */
  readonly commandBytesMax: number
  /** Bytes of one header, without its end of line. */
  readonly headerBytesMax: number
  readonly headersMax: number
  readonly bodyBytesMax: number
  /** Bytes of everything from the command to the NUL. */
  readonly frameBytesMax: number
}

export interface FrameReceiver {
  /** `frame` is lent: valid until this returns. */
  frame(frame: Frame): void
}

const State = { Between: 0, Command: 1, Headers: 2, CountedBody: 3, Body: 4 } as const
type State = (typeof State)[keyof typeof State]

const NOTHING = Buffer.alloc(0)
/** First size of what a frame is gathered in that does not come in one piece. */
const GATHERED_BYTES = 1024

/** Bytes of a frame that came in pieces. Grows with what came, never with what was announced. */
class Gathered {
  bytes: Buffer = NOTHING
  length = 0

  /** `lengthMax`: more will not come. */
  add(chunk: Buffer, start: number, end: number, lengthMax: number): void {
    const length = this.length + end - start
    if (length > this.bytes.length) {
      const size = Math.max(length, Math.min(lengthMax, Math.max(GATHERED_BYTES, 2 * length)))
      const larger = Buffer.allocUnsafeSlow(size)
      this.bytes.copy(larger, 0, 0, this.length)
      this.bytes = larger
    }
    chunk.copy(this.bytes, this.length, start, end)
    this.length = length
  }

  /** What is given away is never written again. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length)
    this.bytes = NOTHING
    this.length = 0
    return taken
  }
}

/** Frames that nobody reads into just now, for all parsers: one is needed from its first byte to its last only. */
const spares: Frame[] = []
const SPARES_MAX = 64
/** Of a parser between two frames. */
const NO_FRAME = new Frame()

/**
 * Bytes to frames, however they are cut into chunks. A frame within one chunk is a view of it; of one that spans several
 * each byte is looked at once and copied once, up to the rare growth of what it is gathered in.
 */
export class FrameParser {
  /** Until the peer is known the rules of 1.0 hold. */
  version: Version = Version.V10
  lenientEscapes = false
  limits: FrameLimits
  #frame: Frame = NO_FRAME
  #state: State = State.Between
  /** The receiver wants no more frames for now. */
  #halted = false
  /** Where the frame, and its line that is being read, begin: in the chunk, or in `#head` once that holds something. */
  #frameAt = 0
  #lineAt = 0
  readonly #head = new Gathered()
  /** The head is in `#head`, not in the chunk. */
  #gathering = false
  readonly #body = new Gathered()
  /** Bytes of the head, when it is whole. */
  #headBytes = 0
  #contentLength = 0

  constructor(limits: FrameLimits) {
    this.limits = limits
  }

  /** No frame comes after this one, until the rest is given again. For the receiver. */
  halt(): void {
    this.#halted = true
  }

  /**
   * Gives every frame that is whole now. Returns how many bytes were taken: all, unless the receiver called `halt`.
   * Throws FRAME_INVALID and FRAME_TOO_LARGE; then nothing of this peer can be read any more.
   */
  receive(chunk: Buffer, receiver: FrameReceiver): number {
    this.#halted = false
    let at = 0
    while (at < chunk.length) {
      switch (this.#state) {
        case State.Between:
          at = this.#between(chunk, at)
          break
        case State.Command:
        case State.Headers:
          at = this.#gathering ? this.#gatherLine(chunk, at) : this.#line(chunk, at, chunk.length)
          break
        case State.CountedBody:
          at = this.#countedBody(chunk, at, receiver)
          break
        case State.Body:
          at = this.#uncountedBody(chunk, at, receiver)
      }
      if (this.#halted) return at
    }
    if (!this.#gathering && this.#state !== State.Between) this.#keepHead(chunk)
    return at
  }

  #between(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && (chunk[at] === LF || chunk[at] === CR)) at++
    if (at === chunk.length) return at
    this.#state = State.Command
    this.#frameAt = at
    this.#lineAt = at
    const frame = spares.pop() ?? new Frame()
    this.#frame = frame
    if (frame.repeats(this, chunk, at)) {
      this.#bodyBegins()
      return at + frame.headBytes
    }
    frame.begin()
    frame.bytes = chunk
    frame.base = at
    return at
  }

  /** Takes a line that began in an earlier chunk, or follows one that did. */
  #gatherLine(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(LF, at)
    const end = found < 0 ? chunk.length : found + 1
    this.#checkLine(this.#head.length - this.#lineAt + end - at - (found < 0 ? 0 : 1))
    // A frame without the empty line before its body would be waited for without end.
    if (chunk.subarray(at, end).includes(NUL)) throw this.#nul()
    this.#head.add(chunk, at, end, this.limits.frameBytesMax)
    this.#frame.bytes = this.#head.bytes
    this.#frame.base = 0
    this.#frameAt = 0
    if (found >= 0) this.#line(this.#head.bytes, this.#lineAt, this.#head.length)
    return end
  }

  /** Reads one line and says where the next begins; `end`, when its own end is not there yet. */
  #line(bytes: Buffer, start: number, end: number): number {
    let at = start
    let colon = -1
    let flags = 0
    for (; at < end; at++) {
      const byte = bytes[at] as number
      if (byte > COLON && byte < 0x80) {
        if (byte === BACKSLASH) flags |= LineFlag.Escape
      } else if (byte === LF) break
      else if (byte === COLON) {
        if (colon < 0) colon = at
      } else if (byte >= 0x80) flags |= LineFlag.BeyondAscii
      else if (byte === NUL) throw this.#nul()
    }
    this.#checkLine(at - start)
    if (at === end) return end
    this.#lineAt = at + 1
    const lineEnd = at > start && bytes[at - 1] === CR && this.version !== Version.V11 ? at - 1 : at
    if (this.#state === State.Command) this.#command(bytes, start, lineEnd)
    else if (lineEnd === start) this.#headEnds(at + 1)
    else this.#header(bytes, start, lineEnd, colon, flags)
    return at + 1
  }

  #checkLine(length: number): void {
    const { commandBytesMax, headerBytesMax, frameBytesMax } = this.limits
    const max = this.#state === State.Command ? commandBytesMax : headerBytesMax
    // One more for the CR, which is not part of it.
    if (length > max + 1) throw tooLarge(`a ${this.#where()} of more than ${max} bytes`)
    if (this.#lineAt - this.#frameAt + length > frameBytesMax)
      throw tooLarge(`a frame of more than ${frameBytesMax} bytes`)
  }

  #nul(): ProtocolError {
    return new ProtocolError(
      'FRAME_INVALID',
      `a NUL in the ${this.#where()}: an empty line has to come before the body`,
    )
  }

  #where(): string {
    return this.#state === State.Command ? 'command' : 'header'
  }

  #command(bytes: Buffer, start: number, end: number): void {
    this.#frame.command = commandOf(bytes, start, end)
    if (this.#frame.command === Command.Unknown) {
      const shown = bytes.toString('latin1', start, Math.min(end, start + 32))
      throw new ProtocolError('COMMAND_UNEXPECTED', `"${printable(shown)}" is no command of a client`)
    }
    this.#frame.padded = this.version === Version.V10
    this.#frame.escaped = this.version !== Version.V10
    this.#state = State.Headers
  }

  #header(bytes: Buffer, start: number, end: number, colon: number, flags: number): void {
    if (colon <= start) {
      const shown = bytes.toString('latin1', start, Math.min(end, start + 32))
      throw new ProtocolError('FRAME_INVALID', `"${printable(shown)}" is no header: expected name:value`)
    }
    const frame = this.#frame
    if (frame.count === this.limits.headersMax) throw tooLarge(`a frame of more than ${this.limits.headersMax} headers`)
    if ((flags & LineFlag.Escape) !== 0 && frame.escaped && !this.lenientEscapes) {
      const wrong = undefinedEscape(bytes, start, end, this.version)
      if (wrong >= 0) {
        const shown = bytes.toString('latin1', wrong, Math.min(end, wrong + 2))
        throw new ProtocolError('FRAME_INVALID', `"${printable(shown)}" in a header is no escape`)
      }
    }
    const base = this.#frameAt
    frame.add(start - base, colon - base, colon + 1 - base, end - base, flags)
  }

  #headEnds(end: number): void {
    const { bodyBytesMax, frameBytesMax } = this.limits
    const frame = this.#frame
    frame.headBytes = end - this.#frameAt
    const index = frame.indexOf('content-length')
    if (index >= 0) {
      const length = lengthAt(frame, index)
      if (length > bodyBytesMax) throw tooLarge(`a body of ${length} bytes, at most ${bodyBytesMax} are allowed`)
      if (frame.headBytes + length + 1 > frameBytesMax) throw tooLarge(`a frame of more than ${frameBytesMax} bytes`)
      frame.contentLength = length
    }
    // The rules change with it.
    if (frame.command !== Command.Connect) frame.remember(this)
    this.#bodyBegins()
  }

  #bodyBegins(): void {
    this.#headBytes = this.#frame.headBytes
    this.#contentLength = this.#frame.contentLength
    this.#state = this.#contentLength < 0 ? State.Body : State.CountedBody
  }

  #countedBody(chunk: Buffer, at: number, receiver: FrameReceiver): number {
    const missing = this.#contentLength - this.#body.length
    if (chunk.length - at <= missing) {
      this.#body.add(chunk, at, chunk.length, this.#contentLength)
      return chunk.length
    }
    const end = at + missing
    if (chunk[end] !== NUL) {
      throw new ProtocolError('FRAME_INVALID', `no NUL behind the ${this.#contentLength} bytes of the body`)
    }
    this.#whole(chunk, at, end, receiver)
    return end + 1
  }

  #uncountedBody(chunk: Buffer, at: number, receiver: FrameReceiver): number {
    const found = chunk.indexOf(NUL, at)
    const end = found < 0 ? chunk.length : found
    const { bodyBytesMax, frameBytesMax } = this.limits
    const length = this.#body.length + end - at
    if (length > bodyBytesMax) throw tooLarge(`a body of more than ${bodyBytesMax} bytes`)
    if (this.#headBytes + length + 1 > frameBytesMax) throw tooLarge(`a frame of more than ${frameBytesMax} bytes`)
    if (found < 0) {
      this.#body.add(chunk, at, end, bodyBytesMax)
      return end
    }
    this.#whole(chunk, at, end, receiver)
    return end + 1
  }

  /** The body ends at `end`. */
  #whole(chunk: Buffer, at: number, end: number, receiver: FrameReceiver): void {
    const frame = this.#frame
    if (this.#body.length === 0) frame.body = at === end ? NOTHING : chunk.subarray(at, end)
    else {
      this.#body.add(chunk, at, end, this.limits.bodyBytesMax)
      frame.body = this.#body.take()
    }
    if (this.#gathering) {
      this.#gathering = false
      frame.bytes = this.#head.take()
    }
    this.#state = State.Between
    this.#frame = NO_FRAME
    receiver.frame(frame)
    frame.forget()
    if (spares.length < SPARES_MAX) spares.push(frame)
  }

  /** The chunk goes; what it holds of a head does not. */
  #keepHead(chunk: Buffer): void {
    const start = this.#frameAt
    const whole = this.#state === State.CountedBody || this.#state === State.Body
    this.#head.add(chunk, start, whole ? start + this.#headBytes : chunk.length, this.limits.frameBytesMax)
    this.#frame.bytes = this.#head.bytes
    this.#frame.base = 0
    this.#lineAt -= start
    this.#frameAt = 0
    this.#gathering = true
  }
}

/** Digits are read where they stand; whatever else it is, is told in words. */
function lengthAt(frame: Frame, index: number): number {
  const { bytes } = frame
  const start = frame.valueStart(index)
  const end = frame.valueEnd(index)
  let length = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30
    if (digit < 0 || digit > 9) return readLength(frame.valueAt(index))
    length = 10 * length + digit
  }
  return end > start && length <= Number.MAX_SAFE_INTEGER ? length : readLength(frame.valueAt(index))
}

/** A whole number of bytes, without sign or blanks around it. */
function readLength(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) length = Number.NaN
    length = 10 * length + digit
  }
  if (text.length > 0 && Number.isSafeInteger(length)) return length
  throw new ProtocolError('FRAME_INVALID', `content-length is "${printable(text.slice(0, 32))}", expected a number`)
}

/** Of what the peer wrote only this is shown to it, and in logs. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

function tooLarge(message: string): ProtocolError {
  return new ProtocolError('FRAME_TOO_LARGE', message)
}
