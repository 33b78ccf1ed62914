import { type Primitive, PrimitiveTag } from '@millrace/base'
import { decodeStreamBody, encodeStreamBody } from '@millrace/openwire'
import { MessageEOFError, MessageFormatError, MessageNotReadableError } from '../errors.ts'
import { decoded } from './body.ts'
import { Message } from './message.ts'
import { convert, long, type MessageInput, type MessageValue, primitiveFrom, type Target, valueOf } from './values.ts'

/**
 * A body of typed values in a row (JMS StreamMessage). Written from the front; `reset()`, or being received, makes it
 * readable. A failed read leaves the cursor where it was.
 */
export class StreamMessage extends Message implements Iterable<MessageValue> {
  /** undefined: still encoded in the wire message. */
  #values: Primitive[] | undefined
  #at = 0
  #reading = false
  /** Bytes of the byte array at the cursor that `readBytes` has already handed out; -1: none begun. */
  #bytesRead = -1

  /** To the front, for reading. */
  reset(): void {
    this.#at = 0
    this.#bytesRead = -1
    this.#reading = true
  }

  readBoolean(): boolean {
    return this.#read('boolean') as boolean
  }

  readByte(): number {
    return this.#read('byte') as number
  }

  readShort(): number {
    return this.#read('short') as number
  }

  readChar(): string {
    return this.#read('char') as string
  }

  readInt(): number {
    return this.#read('int') as number
  }

  readLong(): bigint {
    return this.#read('long') as bigint
  }

  readFloat(): number {
    return this.#read('float') as number
  }

  readDouble(): number {
    return this.#read('double') as number
  }

  readString(): string | null {
    return this.#read('string') as string | null
  }

  /** The next value as it was written. */
  readObject(): MessageValue {
    const value = valueOf(this.#next())
    this.#at++
    return value
  }

  /**
   * Fills `into` from the byte array at the cursor and returns how many bytes it got; -1 when all were read. The array
   * has to be read to its end (a return of less than `into.length`, or -1) before anything else can be read.
   */
  readBytes(into: Uint8Array): number {
    const primitive = this.#bytesRead >= 0 ? (this.#body()[this.#at] as Primitive) : this.#next()
    if (primitive.tag === PrimitiveTag.Null) {
      this.#at++
      return -1
    }
    if (primitive.tag !== PrimitiveTag.ByteArray) throw new MessageFormatError('the next value is no byte array')
    const bytes = primitive.value as Buffer
    const start = Math.max(0, this.#bytesRead)
    const count = Math.min(into.length, bytes.length - start)
    if (count === 0 && this.#bytesRead >= 0) {
      this.#endBytes()
      return -1
    }
    into.set(bytes.subarray(start, start + count))
    this.#bytesRead = start + count
    if (count < into.length) this.#endBytes()
    return count
  }

  #endBytes(): void {
    this.#bytesRead = -1
    this.#at++
  }

  writeBoolean(value: boolean): void {
    this.#write({ tag: PrimitiveTag.Boolean, value })
  }

  writeByte(value: number): void {
    this.#write({ tag: PrimitiveTag.Byte, value })
  }

  writeShort(value: number): void {
    this.#write({ tag: PrimitiveTag.Short, value })
  }

  writeChar(value: string): void {
    this.#write({ tag: PrimitiveTag.Char, value })
  }

  writeInt(value: number): void {
    this.#write({ tag: PrimitiveTag.Int, value })
  }

  writeLong(value: bigint | number): void {
    this.#write(long(value))
  }

  writeFloat(value: number): void {
    this.#write({ tag: PrimitiveTag.Float, value: Math.fround(value) })
  }

  writeDouble(value: number): void {
    this.#write({ tag: PrimitiveTag.Double, value })
  }

  writeString(value: string | null): void {
    this.writeObject(value)
  }

  writeBytes(value: Uint8Array): void {
    this.writeObject(value)
  }

  /** The type is inferred (an integer that fits is an int, a bigint a long), or said by `byte(1)` and its kin. */
  writeObject(value: MessageInput): void {
    this.#write(primitiveFrom(value, { bytes: true, char: true, nested: false }))
  }

  /** All values from the front; the cursor does not move. */
  *[Symbol.iterator](): IterableIterator<MessageValue> {
    for (const value of this.#body()) yield valueOf(value)
  }

  override clearBody(): void {
    super.clearBody()
    this.#values = []
    this.#at = 0
    this.#bytesRead = -1
    this.#reading = false
  }

  override getBody(): MessageValue[] {
    return [...this]
  }

  protected override encodeBody(): Buffer | null {
    return this.#values === undefined ? null : encodeStreamBody(this.#values)
  }

  #body(): Primitive[] {
    this.#values ??= decoded('the body', decodeStreamBody, this.content())
    return this.#values
  }

  #next(): Primitive {
    if (!this.#reading && !this.bodyReadOnly)
      throw new MessageNotReadableError('the body is being written; reset() first')
    if (this.#bytesRead >= 0) throw new MessageFormatError('a byte array is half read: readBytes() to its end first')
    const value = this.#body()[this.#at]
    if (value === undefined) throw new MessageEOFError('no more values in the stream')
    return value
  }

  #read(target: Target): MessageValue {
    const value = convert(this.#next(), target, 'the next value')
    this.#at++
    return value
  }

  #write(primitive: Primitive): void {
    this.requireWritableBody()
    if (this.#reading) throw new MessageFormatError('the body is being read; clearBody() to write anew')
    const values = this.#body()
    this.own()
    values.push(primitive)
    this.bodyChanged = true
  }
}
