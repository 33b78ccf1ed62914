import { Buffer } from 'node:buffer'
import { ByteReader, type ByteWriter, readModifiedUtf8 } from '@millrace/base'
import { Version } from './version.ts'

/*
 * Texts into the output, as names and values of headers: UTF-8, escaped as the version has it. What a version cannot say
 * becomes a blank: the end of a line in 1.0, which would begin another header, and a NUL, at which clients end a frame.
 */

/** Bytes that one UTF-16 unit takes at most: three, or two of an escape. */
const UNIT_BYTES_MAX = 3

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const BACKSLASH = 0x5c
const BLANK = 0x20

export function writeText(writer: ByteWriter, text: string, version: Version): void {
  let at = writer.room(UNIT_BYTES_MAX * text.length)
  const bytes = writer.buffer
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) {
      const end = endBeyondAscii(text, i)
      at += bytes.write(text.slice(i, end), at, 'utf8')
      i = end - 1
      continue
    }
    const escape = escapeOf(unit, version)
    if (escape > 0) bytes[at++] = BACKSLASH
    bytes[at++] = escape === 0 ? unit : Math.abs(escape)
  }
  writer.moveTo(at)
}

/** The same for a string as a property map holds it, of which nearly all are ASCII. */
export function writeEncodedText(
  writer: ByteWriter,
  source: Buffer,
  start: number,
  end: number,
  version: Version,
): void {
  let at = writer.room(2 * (end - start))
  const bytes = writer.buffer
  for (let i = start; i < end; i++) {
    const unit = source[i] as number
    if (unit > 0x7f) {
      writeText(writer, readModifiedUtf8(new ByteReader(source, start, end), end - start), version)
      return
    }
    const escape = unit > COLON && unit !== BACKSLASH ? 0 : escapeOf(unit, version)
    if (escape > 0) bytes[at++] = BACKSLASH
    bytes[at++] = escape === 0 ? unit : Math.abs(escape)
  }
  writer.moveTo(at)
}

/** Characters that need no escape in any version. */
export function writePlain(writer: ByteWriter, text: string): void {
  let at = writer.reserve(text.length)
  const bytes = writer.buffer
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
}

/** A whole number, in decimal. */
export function writeNumber(writer: ByteWriter, value: number): void {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
    writePlain(writer, String(value))
    return
  }
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  let at = writer.reserve(digits) + digits
  const bytes = writer.buffer
  for (let rest = value; digits > 0; digits--) {
    const tenth = Math.floor(rest / 10)
    bytes[--at] = 0x30 + (rest - 10 * tenth)
    rest = tenth
  }
}

/** 0: as it is; above 0: this, behind a backslash; below 0: this in its place. */
function escapeOf(unit: number, version: Version): number {
  switch (unit) {
    case LF:
      return version === Version.V10 ? -BLANK : 0x6e
    case CR:
      if (version === Version.V11) return 0
      return version === Version.V10 ? -BLANK : 0x72
    case COLON:
      return version === Version.V10 ? 0 : 0x63
    case BACKSLASH:
      return version === Version.V10 ? 0 : BACKSLASH
    case 0:
      return -BLANK
    default:
      return 0
  }
}

/** Where the units beyond ASCII end that begin here. */
function endBeyondAscii(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charCodeAt(at) > 0x7f) at++
  return at
}

/** A piece of frames that is the same for many. */
export function piece(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
