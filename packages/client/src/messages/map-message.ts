import { type Primitive, type PrimitiveMap, PrimitiveTag } from '@millrace/base'
import { decodeMapBody, encodeMapBody } from '@millrace/openwire'
import { MessageFormatError } from '../errors.ts'
import { decoded } from './body.ts'
import { Message } from './message.ts'
import { convert, long, type MessageInput, type MessageValue, primitiveFrom, type Target, valueOf } from './values.ts'

/** A body of names and typed values (JMS MapMessage); reads like a `ReadonlyMap`. */
export class MapMessage extends Message implements Iterable<[string, MessageValue]> {
  /** undefined: still encoded in the wire message. */
  #map: PrimitiveMap | undefined

  get size(): number {
    return this.#body().size
  }

  has(name: string): boolean {
    return this.#body().has(name)
  }

  /** As it was set; undefined when it was not. */
  get(name: string): MessageValue | undefined {
    const found = this.#body().get(name)
    return found === undefined ? undefined : valueOf(found)
  }

  /** The type is inferred (an integer that fits is an int, a bigint a long), or said by `byte(1)` and its kin. */
  set(name: string, value: MessageInput): this {
    const { nestedMapAndListEnabled } = this.settings
    return this.#set(name, primitiveFrom(value, { bytes: true, char: true, nested: nestedMapAndListEnabled }))
  }

  keys(): IterableIterator<string> {
    return this.#body().keys()
  }

  *values(): IterableIterator<MessageValue> {
    for (const value of this.#body().values()) yield valueOf(value)
  }

  *entries(): IterableIterator<[string, MessageValue]> {
    for (const [name, value] of this.#body()) yield [name, valueOf(value)]
  }

  forEach(callback: (value: MessageValue, name: string, map: this) => void): void {
    for (const [name, value] of this.entries()) callback(value, name, this)
  }

  [Symbol.iterator](): IterableIterator<[string, MessageValue]> {
    return this.entries()
  }

  /** Typed getters follow the JMS conversion table and throw MessageFormatError; a missing boolean is false. */
  getBoolean(name: string): boolean {
    return this.#get(name, 'boolean') as boolean
  }

  getByte(name: string): number {
    return this.#get(name, 'byte') as number
  }

  getShort(name: string): number {
    return this.#get(name, 'short') as number
  }

  getChar(name: string): string {
    return this.#get(name, 'char') as string
  }

  getInt(name: string): number {
    return this.#get(name, 'int') as number
  }

  getLong(name: string): bigint {
    return this.#get(name, 'long') as bigint
  }

  getFloat(name: string): number {
    return this.#get(name, 'float') as number
  }

  getDouble(name: string): number {
    return this.#get(name, 'double') as number
  }

  getString(name: string): string | null {
    return this.#get(name, 'string') as string | null
  }

  /** A copy. */
  getBytes(name: string): Buffer | null {
    return this.#get(name, 'bytes') as Buffer | null
  }

  getObject(name: string): MessageValue | undefined {
    return this.get(name)
  }

  setBoolean(name: string, value: boolean): void {
    this.#set(name, { tag: PrimitiveTag.Boolean, value })
  }

  setByte(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Byte, value })
  }

  setShort(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Short, value })
  }

  setChar(name: string, value: string): void {
    this.#set(name, { tag: PrimitiveTag.Char, value })
  }

  setInt(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Int, value })
  }

  setLong(name: string, value: bigint | number): void {
    this.#set(name, long(value))
  }

  setFloat(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Float, value: Math.fround(value) })
  }

  setDouble(name: string, value: number): void {
    this.#set(name, { tag: PrimitiveTag.Double, value })
  }

  setString(name: string, value: string | null): void {
    this.set(name, value)
  }

  setBytes(name: string, value: Uint8Array): void {
    this.set(name, value)
  }

  setObject(name: string, value: MessageInput): void {
    this.set(name, value)
  }

  override clearBody(): void {
    super.clearBody()
    this.#map = new Map()
  }

  override getBody(): ReadonlyMap<string, MessageValue> {
    return new Map(this.entries())
  }

  protected override encodeBody(): Buffer | null {
    return this.#map === undefined ? null : encodeMapBody(this.#map)
  }

  #body(): PrimitiveMap {
    this.#map ??= decoded('the body', decodeMapBody, this.content())
    return this.#map
  }

  #get(name: string, target: Target): MessageValue {
    return convert(this.#body().get(name), target, `"${name}"`)
  }

  #set(name: string, primitive: Primitive): this {
    this.requireWritableBody()
    if (name === '') throw new MessageFormatError('a map entry needs a name, got an empty one')
    const map = this.#body()
    this.own()
    map.set(name, primitive)
    this.bodyChanged = true
    return this
  }
}
