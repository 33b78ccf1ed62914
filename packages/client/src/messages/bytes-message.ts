import { ByteReader, ByteWriter, modifiedUtf8Length, readModifiedUtf8, writeModifiedUtf8 } from '@millrace/base'
import { MessageEOFError, MessageFormatError, MessageNotReadableError } from '../errors.ts'
import { decoded } from './body.ts'
import { Message } from './message.ts'
import { primitiveFrom, type TypedValue } from './values.ts'

/**
 * A body of raw bytes (JMS BytesMessage). A new one is written from the front; `reset()`, or being received, makes it
 * readable with a cursor. `bytes` is the whole body at any time.
 */
export class BytesMessage extends Message {
  #writer: ByteWriter | null = null
  #reader: ByteReader | null = null

  /** A copy of the whole body; empty when there is none. */
  get bytes(): Buffer {
    return Buffer.from(this.#body())
  }

  set bytes(value: Uint8Array) {
    this.requireWritableBody()
    this.own()
    this.#reader = null
    this.#writer = new ByteWriter(Math.max(64, value.length))
    this.#writer.bytes(value)
    this.bodyChanged = true
  }

  /** Bytes of the body. */
  get bodyLength(): number {
    return this.#body().length
  }

  /** To the front, for reading. */
  reset(): void {
    this.#reader = new ByteReader(this.#body())
  }

  override clearBody(): void {
    super.clearBody()
    this.#writer = null
    this.#reader = null
  }

  override getBody(): Buffer {
    return this.bytes
  }

  readBoolean(): boolean {
    return this.#need(1).boolean()
  }

  readByte(): number {
    return this.#need(1).signedByte()
  }

  readUnsignedByte(): number {
    return this.#need(1).byte()
  }

  readShort(): number {
    return this.#need(2).short()
  }

  readUnsignedShort(): number {
    return this.#need(2).unsignedShort()
  }

  readChar(): string {
    return String.fromCharCode(this.#need(2).unsignedShort())
  }

  readInt(): number {
    return this.#need(4).int()
  }

  readLong(): bigint {
    return BigInt(this.#need(8).long())
  }

  readFloat(): number {
    return this.#need(4).float()
  }

  readDouble(): number {
    return this.#need(8).double()
  }

  /** What `writeUTF` wrote. The cursor stays where it was when it fails. */
  readUTF(): string {
    const reader = this.#need(2)
    const length = reader.buffer.readUInt16BE(reader.position)
    const text = new ByteReader(reader.buffer, this.#need(2 + length).position + 2, reader.position + 2 + length)
    const value = decoded('the text', readRest, text)
    reader.take(2 + length)
    return value
  }

  /** Fills `into` as far as it goes and returns how many bytes it got; -1 at the end. */
  readBytes(into: Uint8Array): number {
    const reader = this.#need(0)
    if (reader.left === 0 && into.length > 0) return -1
    const count = Math.min(into.length, reader.left)
    into.set(reader.view(count))
    return count
  }

  writeBoolean(value: boolean): void {
    this.#write().boolean(value)
  }

  writeByte(value: number): void {
    this.#write().byte(value)
  }

  writeShort(value: number): void {
    this.#write().short(value)
  }

  writeChar(value: string): void {
    this.#write().short(value.charCodeAt(0))
  }

  writeInt(value: number): void {
    this.#write().int(value)
  }

  writeLong(value: bigint | number): void {
    this.#write().long(BigInt.asIntN(64, BigInt(value)))
  }

  writeFloat(value: number): void {
    this.#write().float(value)
  }

  writeDouble(value: number): void {
    this.#write().double(value)
  }

  /** At most 65535 bytes of modified UTF-8, as in Java. */
  writeUTF(value: string): void {
    const length = modifiedUtf8Length(value)
    if (length > 65_535) throw new MessageFormatError(`writeUTF takes 65535 encoded bytes, got ${length}`)
    const writer = this.#write()
    writer.short(length)
    writeModifiedUtf8(writer, value, length)
  }

  writeBytes(value: Uint8Array): void {
    this.#write().bytes(value)
  }

  /** By its type: boolean, string (as `writeUTF`), bytes, bigint (long), number (int or double), or `byte(1)` and kin. */
  writeObject(value: boolean | string | number | bigint | Uint8Array | TypedValue): void {
    if (value === null || value === undefined) throw new MessageFormatError('a bytes message cannot hold null')
    if (value instanceof Uint8Array) return this.writeBytes(value)
    if (typeof value === 'string') return this.writeUTF(value)
    if (typeof value === 'boolean') return this.writeBoolean(value)
    const primitive = primitiveFrom(value, { bytes: true, nested: false, char: true })
    const plain = primitive.value
    switch (primitive.tag) {
      case 2:
        return this.writeByte(plain as number)
      case 3:
        return this.writeChar(plain as string)
      case 4:
        return this.writeShort(plain as number)
      case 5:
        return this.writeInt(plain as number)
      case 6:
        return this.writeLong(plain as bigint)
      case 8:
        return this.writeFloat(plain as number)
      default:
        return this.writeDouble(plain as number)
    }
  }

  protected override encodeBody(): Buffer | null {
    return this.#writer === null ? null : Buffer.from(this.#writer.view())
  }

  #body(): Buffer {
    return this.#writer?.view() ?? this.content() ?? Buffer.alloc(0)
  }

  #write(): ByteWriter {
    this.requireWritableBody()
    this.own()
    if (this.#reader !== null) {
      // After `reset()` writing would go on in the middle of reading.
      this.#reader = null
    }
    this.#writer ??= startWith(this.content())
    this.bodyChanged = true
    return this.#writer
  }

  #need(count: number): ByteReader {
    if (this.#reader === null) {
      if (!this.bodyReadOnly) throw new MessageNotReadableError('the body is being written; reset() first')
      this.#reader = new ByteReader(this.#body())
    }
    if (this.#reader.left < count) {
      throw new MessageEOFError(`${count} bytes wanted, ${this.#reader.left} left in the body`)
    }
    return this.#reader
  }
}

function startWith(content: Buffer | null): ByteWriter {
  const writer = new ByteWriter(256)
  if (content !== null) writer.bytes(content)
  return writer
}

function readRest(reader: ByteReader): string {
  return readModifiedUtf8(reader, reader.left)
}
