import { Buffer } from 'node:buffer'
import { type ByteReader, ByteWriter, modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from '@millrace/base'

// The same few names travel in nearly every frame: connection ids and destinations, several times each. Both ways
// between a name and its bytes remember recent ones: finding one takes a third of the time of making it anew, and equal
// names that are one string are faster to look up in any map behind this.

/** Longer ones are not remembered. */
const NAME_BYTES_MAX = 64

/** A power of two. */
const SLOTS = 1024

// By a hash of the bytes: the string, and its bytes at NAME_BYTES_MAX times the slot. A name displaces the one that has
// its slot, so unlike names cost only the comparison.
const texts: string[] = Array.from({ length: SLOTS }, () => '')
const textBytes: Buffer = Buffer.alloc(SLOTS * NAME_BYTES_MAX)

/** `length` bytes of modified UTF-8 that were probably seen before. */
export function readName(reader: ByteReader, length: number): string {
  const known = recall(reader, length)
  if (known !== '') return known
  const at = reader.position
  return remember(reader.buffer, at, length, readModifiedUtf8(reader, length))
}

/** As `readName`, but each byte is one character, whatever it is. */
export function readLatin1Name(reader: ByteReader, length: number): string {
  const known = recall(reader, length)
  if (known !== '') return known
  const at = reader.take(length)
  return remember(reader.buffer, at, length, reader.buffer.toString('latin1', at, at + length))
}

/** The empty string when these bytes are not remembered. */
function recall(reader: ByteReader, length: number): string {
  if (length <= 0 || length > NAME_BYTES_MAX || length > reader.left) return ''
  const bytes = reader.buffer
  const at = reader.position
  const slot = slotOf(bytes, at, length)
  const known = texts[slot] as string
  if (known.length !== length) return ''
  const base = slot * NAME_BYTES_MAX
  for (let i = length - 1; i >= 0; i--) {
    if (bytes[at + i] !== textBytes[base + i]) return ''
  }
  reader.take(length)
  return known
}

/** Only ASCII, because then all ways to read these bytes give the same. */
function remember(bytes: Buffer, at: number, length: number, text: string): string {
  if (length <= 0 || length > NAME_BYTES_MAX) return text
  const slot = slotOf(bytes, at, length)
  const base = slot * NAME_BYTES_MAX
  let all = 0
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i] as number
    textBytes[base + i] = byte
    all |= byte
  }
  texts[slot] = all < 0x80 ? text : ''
  return text
}

/** What tells names apart is mostly at their ends: numbers that count. */
function slotOf(bytes: Buffer, at: number, length: number): number {
  const last = at + length - 1
  const mixed =
    Math.imul(bytes[last] as number, 0x9e3779b1) ^
    Math.imul(bytes[Math.max(at, last - 2)] as number, 0x85ebca6b) ^
    Math.imul(bytes[at + (length >> 1)] as number, 0xc2b2ae35) ^
    Math.imul(length, 0x27d4eb2f)
  return (mixed ^ (mixed >>> 15)) & (SLOTS - 1)
}

/** Names, and what stands for them in a loose frame: presence byte, length, bytes. Emptied when it is full. */
const encoded = new Map<string, Uint8Array>()

const ENCODED_MAX = 4096

/** The form of a name in a loose frame, or null for one that is too long to be remembered. */
export function encodedName(name: string): Uint8Array | null {
  if (name.length > NAME_BYTES_MAX) return null
  return encoded.get(name) ?? encodeName(name)
}

function encodeName(name: string): Uint8Array {
  const length = modifiedUtf8Length(name)
  const writer = new ByteWriter(3 + length)
  writer.byte(1)
  writer.short(length)
  writeModifiedUtf8(writer, name, length)
  const bytes = writer.take()
  if (encoded.size >= ENCODED_MAX) encoded.clear()
  encoded.set(name, bytes)
  return bytes
}
