import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ByteWriter, MillraceError, ProtocolError, seededRandom } from '@millrace/base'
import {
  ActiveMQBytesMessage,
  type DataStructure,
  FrameReader,
  initialFormat,
  KeepAliveInfo,
  negotiate,
  WireFormat,
  wireFormatInfo,
} from '../src/index.ts'
import { FRAME_FILES, type Fields, optionsOf, toFields, type Vector, vectors } from './fixtures.ts'

class Received {
  readonly version: number
  readonly fields: (Fields | null)[] = []

  constructor(version: number) {
    this.version = version
  }

  command(structure: DataStructure | null): void {
    this.fields.push(toFields(structure, this.version))
  }
}

function bytesOf(vector: Vector): Buffer {
  return Buffer.concat(vector.sequence.map((frame) => Buffer.from(frame.hex, 'hex')))
}

function receiveInChunks(vector: Vector, sizeOf: () => number): Received {
  const reader = new FrameReader(new WireFormat(optionsOf(vector)))
  const received = new Received(vector.version)
  const bytes = bytesOf(vector)
  for (let at = 0; at < bytes.length; ) {
    const size = sizeOf()
    // A copy, so that a view of an earlier chunk cannot be right by accident.
    reader.receive(Buffer.from(bytes.subarray(at, at + size)), received)
    at += size
  }
  return received
}

function expected(vector: Vector): (Fields | null)[] {
  return vector.sequence.map((frame) => frame.fields)
}

const SEED = Number(process.env['MILLRACE_SEED'] ?? 20261)

it('gives the same structures whatever the sizes of the chunks are', (context) => {
  context.diagnostic(`MILLRACE_SEED=${SEED}`)
  const random = seededRandom(SEED)
  for (const file of FRAME_FILES) {
    for (const vector of vectors(file)) {
      if (bytesOf(vector).length > 20_000 && random(4) > 0) continue
      const sizeMax = 1 + random(200)
      const received = receiveInChunks(vector, () => 1 + random(sizeMax))
      assert.deepEqual(received.fields, expected(vector), `${file} ${vector.name}`)
    }
  }
})

it('gives the same structures byte by byte', () => {
  for (const file of FRAME_FILES) {
    for (const [index, vector] of vectors(file).entries()) {
      if (index % 5 !== 0 && file !== 'framing.json') continue
      if (bytesOf(vector).length > 5000) continue
      const received = receiveInChunks(vector, () => 1)
      assert.deepEqual(received.fields, expected(vector), `${file} ${vector.name}`)
    }
  }
})

it('takes every prefix of a frame for not enough yet, and the rest completes it', () => {
  let prefixes = 0
  for (const file of FRAME_FILES) {
    for (const [index, vector] of vectors(file).entries()) {
      const [first] = vector.sequence
      if (first === undefined || (index % 9 !== 0 && file !== 'framing.json')) continue
      const bytes = Buffer.from(first.hex, 'hex')
      if (bytes.length > 600) continue
      for (let cut = 1; cut < bytes.length; cut++) {
        const reader = new FrameReader(new WireFormat(optionsOf(vector)))
        const received = new Received(vector.version)
        reader.receive(bytes.subarray(0, cut), received)
        assert.equal(received.fields.length, 0, `${file} ${vector.name}, ${cut} bytes`)
        prefixes++
        if (cut % 7 !== 0) continue
        reader.receive(bytes.subarray(cut), received)
        assert.deepEqual(received.fields, [first.fields], `${file} ${vector.name}, ${cut} bytes`)
      }
    }
  }
  assert(prefixes > 10_000)
})

function options(change: Partial<WireFormat['options']> = {}): WireFormat['options'] {
  return {
    version: 12,
    tightEncodingEnabled: false,
    cacheEnabled: false,
    cacheSize: 0,
    stackTraceEnabled: false,
    sizePrefixDisabled: false,
    maxFrameSize: 1_000_000,
    ...change,
  }
}

it('reads the next frame with the format that a command has put there', () => {
  const agreed = negotiate(
    wireFormatInfo({ tightEncodingEnabled: true }),
    wireFormatInfo({ tightEncodingEnabled: true }),
  )
  const writer = new ByteWriter()
  initialFormat().marshal(wireFormatInfo(), writer)
  new WireFormat(agreed).marshal(new KeepAliveInfo(), writer)
  const bytes = writer.take()
  const seen: string[] = []
  const reader = new FrameReader(initialFormat())
  reader.receive(bytes, {
    command(structure) {
      seen.push(String(structure?.constructor.name))
      reader.format = new WireFormat(agreed)
    },
  })
  assert.deepEqual(seen, ['WireFormatInfo', 'KeepAliveInfo'])
})

const nobody = { command: () => assert.fail('nothing should have arrived') }
const hasCode = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code

it('refuses sizes below 1 and above the limit as soon as the prefix is there', () => {
  for (const [prefix, code] of [
    ['00000000', 'FRAME_INVALID'],
    ['ffffffff', 'FRAME_INVALID'],
    ['80000000', 'FRAME_INVALID'],
    ['000f4241', 'FRAME_TOO_LARGE'],
    ['7fffffff', 'FRAME_TOO_LARGE'],
    // A web browser has come to the wrong door.
    [Buffer.from('GET ').toString('hex'), 'FRAME_TOO_LARGE'],
  ] as const) {
    const bytes = Buffer.from(prefix, 'hex')
    assert.throws(() => new FrameReader(new WireFormat(options())).receive(bytes, nobody), hasCode(code))
    const slow = new FrameReader(new WireFormat(options()))
    slow.receive(bytes.subarray(0, 3), nobody)
    assert.throws(() => slow.receive(bytes.subarray(3), nobody), hasCode(code))
  }
})

it('refuses a frame that is longer or shorter than its structure', () => {
  const keepAlive = '0a0000000000'
  const longer = Buffer.from(`00000007${keepAlive}00`, 'hex')
  const shorter = Buffer.from(`00000005${keepAlive}`, 'hex')
  for (const bytes of [longer, shorter]) {
    assert.throws(() => new FrameReader(new WireFormat(options())).receive(bytes, nobody), hasCode('FRAME_INVALID'))
  }
})

it('stays broken after an error', () => {
  const reader = new FrameReader(new WireFormat(options()))
  assert.throws(() => reader.receive(Buffer.from('00000000', 'hex'), nobody), ProtocolError)
  assert.throws(() => reader.receive(Buffer.from('000000060a0000000000', 'hex'), nobody), ProtocolError)
})

it('takes no memory for what is only announced', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers: FrameReader[] = []
  for (let i = 0; i < 1000; i++) {
    const reader = new FrameReader(new WireFormat(options({ maxFrameSize: 100_000_000 })))
    reader.receive(Buffer.from('05f5e10017', 'hex'), nobody)
    readers.push(reader)
  }
  const taken = process.memoryUsage().arrayBuffers - before
  assert(taken < 20_000_000, `${taken} bytes for ${readers.length} frames that have begun`)
})

it('joins a large frame that comes in many chunks', () => {
  const message = new ActiveMQBytesMessage()
  message.content = Buffer.alloc(500_000, 'abc')
  const format = new WireFormat(options())
  const writer = new ByteWriter()
  format.marshal(message, writer)
  format.marshal(new KeepAliveInfo(), writer)
  const bytes = writer.take()
  const received: (DataStructure | null)[] = []
  const reader = new FrameReader(new WireFormat(options()))
  for (let at = 0; at < bytes.length; at += 1460) {
    reader.receive(bytes.subarray(at, at + 1460), { command: (structure) => received.push(structure) })
  }
  assert.equal(received.length, 2)
  assert((received[0] as ActiveMQBytesMessage).content?.equals(message.content))
})

it('finds the ends of frames without size prefixes', () => {
  for (const tightEncodingEnabled of [false, true]) {
    const change = { sizePrefixDisabled: true, tightEncodingEnabled, cacheEnabled: true, cacheSize: 200 }
    const message = new ActiveMQBytesMessage()
    message.content = Buffer.alloc(300, 'x')
    const writer = new ByteWriter()
    const writing = new WireFormat(options(change))
    for (const structure of [message, null, new KeepAliveInfo(), message]) writing.marshal(structure, writer)
    const bytes = writer.take()
    for (const size of [1, 2, 7, 100, 350, bytes.length]) {
      const names: (string | undefined)[] = []
      const reader = new FrameReader(new WireFormat(options(change)))
      for (let at = 0; at < bytes.length; at += size) {
        reader.receive(bytes.subarray(at, at + size), {
          command: (structure) => names.push(structure?.constructor.name),
        })
      }
      assert.deepEqual(names, ['ActiveMQBytesMessage', undefined, 'KeepAliveInfo', 'ActiveMQBytesMessage'])
    }
  }
})

it('refuses a frame without size prefix that becomes longer than allowed', () => {
  const reader = new FrameReader(new WireFormat(options({ sizePrefixDisabled: true, maxFrameSize: 1000 })))
  const message = new ActiveMQBytesMessage()
  message.content = Buffer.alloc(2000)
  const writer = new ByteWriter()
  new WireFormat(options({ sizePrefixDisabled: true })).marshal(message, writer)
  assert.throws(() => reader.receive(writer.take().subarray(0, 100), nobody), hasCode('FRAME_TOO_LARGE'))
})

it('does not swallow what a receiver throws', () => {
  const reader = new FrameReader(new WireFormat(options()))
  const oops = new MillraceError('LIMIT_REACHED', 'oops')
  const command = () => {
    throw oops
  }
  assert.throws(() => reader.receive(Buffer.from('000000060a0000000000', 'hex'), { command }), oops)
})
