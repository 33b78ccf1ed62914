import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { ProtocolError } from './errors.ts'

// Java's flavour of UTF-8: U+0000 is C0 80, and everything above U+07FF takes three bytes by UTF-16 code unit, so that a
// character above U+FFFF is its two surrogates, six bytes. Lone surrogates are legal.

/** How many bytes `writeModifiedUtf8` will write. Equal to `text.length` exactly when all is U+0001 to U+007F. */
export function modifiedUtf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7ff) length += 2
    else if (unit > 0x7f || unit === 0) length++
  }
  return length
}

/** The bytes only, without a length before them. `length` is `modifiedUtf8Length(text)`, which the caller has written. */
export function writeModifiedUtf8(writer: ByteWriter, text: string, length: number): void {
  let at = writer.reserve(length)
  const bytes = writer.buffer
  if (length === text.length && length > LOOP_WRITE_MAX) {
    bytes.write(text, at, length, 'latin1')
    return
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x7f && unit !== 0) {
      bytes[at++] = unit
    } else if (unit <= 0x7ff) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 0x3f)
    } else {
      bytes[at++] = 0xe0 | (unit >> 12)
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[at++] = 0x80 | (unit & 0x3f)
    }
  }
}

// Up to so many characters a loop is faster than a call into the runtime.
const LOOP_WRITE_MAX = 24
const LOOP_READ_MAX = 6

/**
 * Takes modified UTF-8 and also what standard writers produce: U+0000 as one byte, and sequences of four bytes. Refuses
 * what neither writes: stray or missing continuation bytes, and other forms longer than needed.
 */
export function readModifiedUtf8(reader: ByteReader, length: number): string {
  const at = reader.take(length)
  const bytes = reader.buffer
  const end = at + length
  for (let i = at; i < end; i++) {
    if ((bytes[i] as number) > 0x7f) return readBeyondAscii(bytes, at, end)
  }
  if (length <= LOOP_READ_MAX) {
    let text = ''
    for (let i = at; i < end; i++) text += String.fromCharCode(bytes[i] as number)
    return text
  }
  return bytes.toString('latin1', at, end)
}

function readBeyondAscii(bytes: Buffer, start: number, end: number): string {
  // No sequence gives more code units than it has bytes.
  const units = Buffer.allocUnsafe(2 * (end - start))
  let used = 0
  let at = start
  while (at < end) {
    const first = bytes[at++] as number
    let unit = first
    if (first > 0x7f) {
      const more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : 0
      if (more === 0 || end - at < more) throw malformed(at - 1 - start)
      unit = first & (0x3f >> more)
      for (let i = 0; i < more; i++) {
        const next = bytes[at++] as number
        if ((next & 0xc0) !== 0x80) throw malformed(at - 1 - start)
        unit = (unit << 6) | (next & 0x3f)
      }
      const shortest = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000
      if (unit > 0x10ffff || (unit < shortest && !(more === 1 && unit === 0))) throw malformed(at - 1 - more - start)
      if (unit > 0xffff) {
        const high = 0xd800 | ((unit - 0x10000) >> 10)
        units[used++] = high & 0xff
        units[used++] = high >> 8
        unit = 0xdc00 | ((unit - 0x10000) & 0x3ff)
      }
    }
    units[used++] = unit & 0xff
    units[used++] = unit >> 8
  }
  return units.toString('utf16le', 0, used)
}

function malformed(offset: number): ProtocolError {
  return new ProtocolError('FRAME_INVALID', `malformed UTF-8 at byte ${offset} of a string`)
}
