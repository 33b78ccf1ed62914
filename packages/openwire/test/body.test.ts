import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deflateSync } from 'node:zlib'
import {
  ByteWriter,
  decodePrimitiveMap,
  encodePrimitiveMap,
  MillraceError,
  modifiedUtf8Length,
  type Primitive,
  type PrimitiveMap,
  PrimitiveTag,
  ProtocolError,
  writeModifiedUtf8,
} from '@millrace/base'
import {
  DataType,
  decodeMapBody,
  decodeStreamBody,
  decodeText,
  deflateContent,
  encodeMapBody,
  encodeStreamBody,
  encodeText,
  inflateContent,
} from '../src/index.ts'
import { fixture } from './fixtures.ts'

interface Tagged {
  tag: string
  value: unknown
}
type Entries = [string, Tagged][]

interface Body {
  text?: string | null
  bytes?: string
  writes?: Record<string, unknown>[]
  entries?: Entries | null
  items?: Tagged[]
}

interface BodyVector {
  name: string
  structure: keyof typeof DataType
  compressed: boolean
  content: string | null
  plain: string | null
  body: Body
}

// BYTE_ARRAY in the files is ByteArray here.
const TAGS = new Map(
  Object.entries(PrimitiveTag).map(([name, tag]) => [name.replace(/(?<=[a-z])[A-Z]/, '_$&').toUpperCase(), tag]),
)

function primitive({ tag, value }: Tagged): Primitive {
  const code = TAGS.get(tag)
  assert(code !== undefined, tag)
  switch (code) {
    case PrimitiveTag.Long:
      return { tag: code, value: BigInt(value as string) }
    case PrimitiveTag.Float:
    case PrimitiveTag.Double:
      // The special values are texts.
      return { tag: code, value: Number(value) }
    case PrimitiveTag.ByteArray:
      return { tag: code, value: Buffer.from(value as string, 'hex') }
    case PrimitiveTag.Map:
      return { tag: code, value: primitiveMap(value as Entries) }
    case PrimitiveTag.List:
      return { tag: code, value: (value as Tagged[]).map(primitive) }
    default:
      return { tag: code, value: value as Primitive['value'] }
  }
}

function primitiveMap(entries: Entries): PrimitiveMap {
  return new Map(entries.map(([key, value]) => [key, primitive(value)]))
}

const bytesOf = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'))
const hexOf = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString('hex'))

it('reads and writes the recorded primitive maps', () => {
  const { vectors } = fixture<{ vectors: { name: string; hex: string; entries: Entries | null }[] }>(
    'primitive-maps.json',
  )
  for (const { name, hex, entries } of vectors) {
    const map = entries === null ? null : primitiveMap(entries)
    assert.deepEqual(decodePrimitiveMap(Buffer.from(hex, 'hex')), map, name)
    assert.equal(encodePrimitiveMap(map).toString('hex'), hex, name)
  }
})

function typedWrites(writes: Record<string, unknown>[]): Buffer {
  const writer = new ByteWriter()
  for (const write of writes) {
    for (const [kind, value] of Object.entries(write)) {
      if (kind === 'boolean') writer.boolean(value as boolean)
      else if (kind === 'byte') writer.byte(value as number)
      else if (kind === 'short') writer.short(value as number)
      else if (kind === 'char') writer.short((value as string).charCodeAt(0))
      else if (kind === 'int') writer.int(value as number)
      else if (kind === 'long') writer.long(BigInt(value as string))
      else if (kind === 'float') writer.float(value as number)
      else if (kind === 'double') writer.double(value as number)
      else {
        assert.equal(kind, 'utf')
        const length = modifiedUtf8Length(value as string)
        writer.short(length)
        writeModifiedUtf8(writer, value as string, length)
      }
    }
  }
  return writer.take()
}

const bodies = fixture<{ vectors: BodyVector[] }>('message-bodies.json').vectors

it('reads the recorded message bodies', () => {
  for (const { name, structure, compressed, content, plain, body } of bodies) {
    let bytes = bytesOf(content)
    if (compressed) {
      assert(bytes !== null)
      bytes = inflateContent(DataType[structure], bytes, 1_000_000)
      assert.equal(bytes.toString('hex'), plain, name)
    }
    if (body.text !== undefined) assert.equal(decodeText(bytes), body.text)
    if (body.bytes !== undefined) assert.equal(bytes?.toString('hex'), body.bytes)
    if (body.writes !== undefined) assert.deepEqual(bytes, typedWrites(body.writes))
    if (body.entries !== undefined) assert.deepEqual(decodeMapBody(bytes), primitiveMap(body.entries ?? []))
    if (body.items !== undefined) assert.deepEqual(decodeStreamBody(bytes), body.items.map(primitive))
  }
})

it('writes the recorded message bodies', () => {
  for (const { compressed, content, body } of bodies) {
    if (compressed) continue
    if (body.text !== undefined) assert.equal(hexOf(encodeText(body.text)), content)
    if (body.entries !== undefined) assert.equal(hexOf(encodeMapBody(primitiveMap(body.entries ?? []))), content)
    if (body.items !== undefined) assert.equal(hexOf(encodeStreamBody(body.items.map(primitive))), content)
  }
})

it('inflates what it deflated, for every kind', () => {
  const body = Buffer.from('squeeze me '.repeat(1000))
  for (const type of [DataType.ActiveMQTextMessage, DataType.ActiveMQBytesMessage, DataType.ActiveMQMapMessage]) {
    const content = deflateContent(type, body)
    assert(content.length < body.length)
    assert.deepEqual(inflateContent(type, content, body.length), body)
  }
})

const hasCode = (code: string) => (error: unknown) => error instanceof MillraceError && error.code === code

it('refuses a body that inflates to more than is allowed', () => {
  const bomb = deflateSync(Buffer.alloc(10_000_000))
  assert.throws(() => inflateContent(DataType.ActiveMQTextMessage, bomb, 100_000), hasCode('MESSAGE_TOO_LARGE'))
  const announced = Buffer.concat([Buffer.from('000000ff', 'hex'), bomb])
  assert.throws(() => inflateContent(DataType.ActiveMQBytesMessage, announced, 100_000), hasCode('MESSAGE_TOO_LARGE'))
  const honest = deflateContent(DataType.ActiveMQBytesMessage, Buffer.alloc(1001))
  assert.throws(() => inflateContent(DataType.ActiveMQBytesMessage, honest, 1000), hasCode('MESSAGE_TOO_LARGE'))
})

it('reads a compressed body whose stream was flushed and not ended, as Artemis sends it', () => {
  const content = Buffer.from('789c626060ccc848cdc9c9571825694d02000000ffff', 'hex')
  const body = inflateContent(DataType.ActiveMQTextMessage, content, 1000)
  assert.equal(decodeText(body), 'hello '.repeat(60))
})

it('refuses compressed bodies that are damaged, shorter than announced or of negative length', () => {
  const content = deflateContent(DataType.ActiveMQBytesMessage, Buffer.from('hello'))
  const refuse = (bytes: Buffer) =>
    assert.throws(() => inflateContent(DataType.ActiveMQBytesMessage, bytes, 1000), ProtocolError)
  refuse(content.subarray(0, content.length - 8))
  refuse(content.subarray(0, 3))
  refuse(Buffer.concat([Buffer.from('00000006', 'hex'), content.subarray(4)]))
  refuse(Buffer.concat([Buffer.from('ffffffff', 'hex'), content.subarray(4)]))
  assert.throws(() => inflateContent(DataType.ActiveMQTextMessage, Buffer.from('hello'), 1000), ProtocolError)
})

it('reads a text of length -1 as null and refuses one that is longer than its content', () => {
  assert.equal(decodeText(Buffer.from('ffffffff', 'hex')), null)
  assert.throws(() => decodeText(Buffer.from('0000000568656c6c', 'hex')), ProtocolError)
  assert.throws(() => decodeText(Buffer.from('fffffffe', 'hex')), ProtocolError)
})

it('refuses a stream that ends within a value or has an unknown tag', () => {
  assert.throws(() => decodeStreamBody(Buffer.from('0500', 'hex')), ProtocolError)
  assert.throws(() => decodeStreamBody(Buffer.from('0e', 'hex')), ProtocolError)
})
