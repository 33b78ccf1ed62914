import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter } from '@millrace/base'
import { initialFormat, WireFormat } from '../src/index.ts'
import {
  CONVERSATIONS,
  FRAME_FILES,
  type Fields,
  type Frame,
  fixture,
  fromFields,
  optionsOf,
  toFields,
  type Vector,
  vectors,
} from './fixtures.ts'

function decode(format: WireFormat, frame: Frame): Fields | null {
  const bytes = Buffer.from(frame.hex, 'hex')
  const prefix = format.options.sizePrefixDisabled ? 0 : 4
  if (prefix === 4) assert.equal(bytes.readInt32BE(0), bytes.length - 4)
  return toFields(format.unmarshal(new ByteReader(bytes, prefix)), format.options.version)
}

function encode(format: WireFormat, fields: Fields | null): string {
  const writer = new ByteWriter(64)
  // Something before it, because a frame hardly ever stands at the beginning of an output.
  writer.byte(0xff)
  writer.take()
  writer.short(0)
  format.marshal(fromFields(fields, format.options.version), writer)
  return writer.take().subarray(2).toString('hex')
}

for (const file of FRAME_FILES) {
  describe(`the recorded frames of ${file}`, () => {
    const all = vectors(file)

    it('decode to the recorded fields', () => {
      for (const vector of all) {
        const format = new WireFormat(optionsOf(vector))
        for (const frame of vector.sequence) assert.deepEqual(decode(format, frame), frame.fields, vector.name)
      }
    })

    it('come out of their fields byte for byte', () => {
      for (const vector of all) {
        const format = new WireFormat(optionsOf(vector))
        for (const frame of vector.sequence) assert.equal(encode(format, frame.fields), frame.hex, vector.name)
      }
    })
  })
}

interface Conversation {
  agreed: (Omit<Vector, 'name' | 'sequence'> & { link: number })[]
  frames: (Frame & { link?: number; from?: string })[]
}

for (const file of CONVERSATIONS) {
  it(`the recorded conversation ${file} decodes and comes out again byte for byte`, () => {
    const { agreed, frames } = fixture<Conversation>(`conversations/${file}`)
    const directions = new Map<string, { reading: WireFormat; writing: WireFormat }>()
    let count = 0
    for (const frame of frames) {
      if (frame.hex === undefined) continue
      const direction = `${frame.link} ${frame.from}`
      let formats = directions.get(direction)
      if (formats === undefined) {
        formats = { reading: initialFormat(), writing: initialFormat() }
        const link = agreed.find((one) => one.link === frame.link)
        assert(link !== undefined)
        const options = optionsOf(link)
        directions.set(direction, { reading: new WireFormat(options), writing: new WireFormat(options) })
      }
      assert.deepEqual(decode(formats.reading, frame), frame.fields)
      assert.equal(encode(formats.writing, frame.fields), frame.hex)
      count++
    }
    assert(count > 0)
  })
}
