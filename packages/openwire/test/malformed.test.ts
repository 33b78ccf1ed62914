import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ByteReader, ByteWriter, MillraceError, ProtocolError, seededRandom } from '@millrace/base'
import { type DataStructure, FrameReader, WireFormat, type WireFormatOptions } from '../src/index.ts'
import { CONVERSATIONS, FRAME_FILES, type Frame, fixture, optionsOf, toFields, vectors } from './fixtures.ts'

interface Sample {
  options: WireFormatOptions
  frame: Buffer
}

/** Recorded frames whose size is not excessive, so that many can be tried. */
function samples(): Sample[] {
  const all: Sample[] = []
  for (const file of FRAME_FILES) {
    for (const vector of vectors(file)) {
      const options = { ...optionsOf(vector), maxFrameSize: 1_000_000 }
      for (const { hex } of vector.sequence.slice(0, 3)) {
        if (hex.length < 6000) all.push({ options, frame: Buffer.from(hex, 'hex') })
      }
    }
  }
  for (const file of CONVERSATIONS) {
    const { frames } = fixture<{ frames: Partial<Frame>[] }>(`conversations/${file}`)
    for (const options of [all[0]?.options, all.at(-1)?.options]) {
      assert(options !== undefined)
      for (const { hex } of frames) if (hex !== undefined) all.push({ options, frame: Buffer.from(hex, 'hex') })
    }
  }
  return all
}

const SEED = Number(process.env['MILLRACE_SEED'] ?? 4711)
const COUNT = Number(process.env['MILLRACE_FUZZ'] ?? 20_000)

const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xc0, 0xfe, 0xff, 23, 28, 32, 33, 124]

function mutate(frame: Buffer, random: (limit: number) => number): Buffer {
  let bytes = Buffer.from(frame)
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length)
    switch (random(6)) {
      case 0:
        bytes[at] = random(256)
        break
      case 1:
        bytes[at] = INTERESTING[random(INTERESTING.length)] as number
        break
      case 2:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8))
        break
      case 3: // A length that lies.
        if (bytes.length >= at + 4)
          bytes.writeInt32BE([-1, 0x7fffffff, 0x00010000, -0x80000000][random(4)] as number, at)
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(8))])
        break
      default: {
        const from = random(bytes.length)
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + random(40)), bytes.subarray(at)])
      }
    }
    if (bytes.length === 0) return Buffer.from([0])
  }
  return bytes
}

function outcome(
  options: WireFormatOptions,
  reader: ByteReader,
  context: () => string,
): DataStructure | null | undefined {
  try {
    return new WireFormat(options).unmarshal(reader)
  } catch (error) {
    assert(error instanceof ProtocolError, `${context()}\n${String(error)}`)
    return undefined
  }
}

/** Whatever was read can be written, or is refused in an orderly way, and read back. */
function writeAgain(it: DataStructure, options: WireFormatOptions, context: () => string): void {
  const writer = new ByteWriter(64)
  try {
    new WireFormat(options).marshal(it, writer)
  } catch (error) {
    assert(error instanceof MillraceError, `${context()}\n${String(error)}`)
    return
  }
  const bytes = writer.take()
  const read = new WireFormat(options).unmarshal(new ByteReader(bytes, options.sizePrefixDisabled ? 0 : 4))
  assert.equal(read?.dataType, it.dataType, context())
}

it('gives a structure or a ProtocolError for damaged frames, and nothing else', (context) => {
  context.diagnostic(`MILLRACE_SEED=${SEED} MILLRACE_FUZZ=${COUNT}`)
  const random = seededRandom(SEED)
  const all = samples()
  let refused = 0
  for (let i = 0; i < COUNT; i++) {
    const { options, frame } = all[random(all.length)] as Sample
    const bytes = mutate(frame, random)
    // Without its prefix, which only the frame reader sees.
    const payload = bytes.subarray(options.sizePrefixDisabled ? 0 : 4)
    const context = () => `seed ${SEED}, frame ${i}: ${bytes.toString('hex')}`
    const alone = outcome(options, new ByteReader(payload), context)
    // What stands behind the frame in its chunk must not matter.
    const chunk = Buffer.concat([payload, Buffer.alloc(300, 1)])
    const inChunk = outcome(options, new ByteReader(chunk, 0, payload.length), context)
    if (alone === undefined) refused++
    const [one, other] = [alone, inChunk].map((it) => it && toFields(it, options.version))
    if (i % 4 === 0) assert.deepEqual(one, other, context())
    if (alone) writeAgain(alone, options, context)
  }
  context.diagnostic(`${refused} of ${COUNT} refused`)
  assert(refused > COUNT / 4 && refused < COUNT)
})

it('gives commands, not enough yet or a ProtocolError for damaged streams', (context) => {
  context.diagnostic(`MILLRACE_SEED=${SEED}`)
  const random = seededRandom(SEED + 1)
  const all = samples()
  for (let i = 0; i < COUNT / 10; i++) {
    const { options, frame } = all[random(all.length)] as Sample
    const unprefixed = random(8) === 0
    const reader = new FrameReader(new WireFormat({ ...options, sizePrefixDisabled: unprefixed }))
    const stream = Buffer.concat([frame, mutate(frame, random), frame])
    const to = { command: (_structure: DataStructure | null) => {} }
    try {
      for (let at = 0; at < stream.length; ) {
        const size = 1 + random(300)
        reader.receive(stream.subarray(at, at + size), to)
        at += size
      }
    } catch (error) {
      assert(error instanceof ProtocolError, `seed ${SEED}, stream ${i}: ${stream.toString('hex')}\n${String(error)}`)
    }
  }
})

it('gives a structure or a ProtocolError for any bytes', () => {
  const random = seededRandom(SEED + 2)
  for (let i = 0; i < COUNT / 10; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + random(60) }, () => random(random(2) === 0 ? 256 : 3)))
    bytes[0] = random(125)
    const options = (samplesOnce ??= samples())[random(samplesOnce.length)]?.options
    assert(options !== undefined)
    try {
      new WireFormat(options).unmarshal(new ByteReader(bytes))
    } catch (error) {
      assert(error instanceof ProtocolError, `${bytes.toString('hex')}\n${String(error)}`)
    }
  }
})

let samplesOnce: Sample[] | undefined

function format(change: Partial<WireFormatOptions> = {}): WireFormat {
  return new WireFormat({
    version: 12,
    tightEncodingEnabled: false,
    cacheEnabled: false,
    cacheSize: 0,
    stackTraceEnabled: true,
    sizePrefixDisabled: false,
    maxFrameSize: 100_000_000,
    ...change,
  })
}

function refuses(hex: string, change: Partial<WireFormatOptions> = {}): void {
  const payload = Buffer.from(hex, 'hex')
  assert.throws(() => format(change).unmarshal(new ByteReader(payload)), {
    name: 'ProtocolError',
    code: 'FRAME_INVALID',
  })
}

it('refuses type codes that it does not know, or not in this version', () => {
  refuses('0d0000000000')
  refuses('ff')
  refuses('130000000000', { version: 2 })
  refuses('5c0000000000', { version: 11 })
})

it('refuses what is of another kind than its place', () => {
  // ProducerInfo with a ConnectionId as its producerId; RemoveInfo of a queue; a dispatch of a Response.
  refuses('060000000000' + '0178' + '00' + '0000000000000000')
  refuses('0c0000000000' + '0164' + '00' + '0000000000000000')
  refuses('150000000000' + '00' + '00' + '011e' + '000000000000000000')
})

it('refuses structures and causes that are nested without end', () => {
  // DataResponse in DataResponse: commandId, responseRequired, correlationId, presence, type.
  const nested = '000000000000000000' + '0120'
  refuses(`20${nested.repeat(100_000)}`)
  // An ExceptionResponse whose causes have causes: class, no message, no stack, presence.
  refuses(`1f000000000000000000${`01${'0100016100'}0000`.repeat(100_000)}`)
})

it('takes a moderate depth for granted', () => {
  const nested = '000000000000000000' + '0120'
  const structure = format().unmarshal(new ByteReader(Buffer.from(`20${nested.repeat(20)}00000000000000000000`, 'hex')))
  assert.equal(structure?.constructor.name, 'DataResponse')
})

it('refuses counts that cannot be true before it makes a list', () => {
  refuses('21' + '000000000000000000' + '017fff')
  refuses('21' + '000000000000000000' + '01ffff')
  // Tight: bits are what elements take at least.
  refuses('21' + '0102' + '0000000000000000' + '7fff', { tightEncodingEnabled: true })
  // Stack trace elements.
  refuses('1f' + '000000000000000000' + '0101000161' + '00' + '7fff')
})

it('refuses a frame whose arrays together have too many elements', () => {
  // DataArrayResponses in a DataArrayResponse, each with a list of absent ones.
  const inner = '0121' + '000000000000000000' + '017fff' + '00'.repeat(32_767)
  const outer = (count: number) =>
    `21${'000000000000000000'}01${count.toString(16).padStart(4, '0')}${inner.repeat(count)}`
  const read = format().unmarshal(new ByteReader(Buffer.from(outer(7), 'hex')))
  assert.equal(read?.constructor.name, 'DataArrayResponse')
  refuses(outer(9))
})

it('refuses a transaction id of unreasonable length', () => {
  refuses(`70${'00000001'}01${'00000401'}${'ab'.repeat(1025)}00`)
})

it('refuses lengths that are negative or longer than the frame', () => {
  for (const length of ['ffffffff', '80000000', '7fffffff', '00000002']) refuses(`3c0000000001${length}61`)
  refuses('0e0000000000' + '01ffff61')
})

it('refuses a bit stream that is longer than the frame, ends too early or has no valid length', () => {
  for (const header of ['05', 'c0ff', '807fff', '80ffff', '40', 'ff', '00']) {
    refuses(`0a${header}00000000`, { tightEncodingEnabled: true })
  }
})

it('refuses a nested message in ready-made form', () => {
  const writer = new ByteWriter()
  const tight = { tightEncodingEnabled: true }
  // MessageDispatch: commandId, consumer and destination absent, a message, the flag.
  writer.bytes(Buffer.from('15' + '0118' + '00000000' + '17', 'hex'))
  refuses(writer.take().toString('hex'), tight)
})

it('refuses cache slots that are out of range or empty', () => {
  const cached = { cacheEnabled: true, cacheSize: 100 }
  refuses('04000000000000' + '0000', cached)
  refuses('04000000000001' + '0064' + '00', cached)
  refuses('04000000000001' + 'fffe' + '00', cached)
  // Slot -1 is not stored.
  const session = format(cached).unmarshal(new ByteReader(Buffer.from('0400000000000' + '1ffff00', 'hex')))
  assert.equal(session?.constructor.name, 'SessionInfo')
})

it('refuses malformed UTF-8', () => {
  for (const bytes of ['c3', 'ff', 'e28028', '80']) {
    refuses(`0e0000000000` + `01${(bytes.length / 2).toString(16).padStart(4, '0')}${bytes}`)
    refuses(`7801${(bytes.length / 2).toString(16).padStart(4, '0')}${bytes}`)
  }
})
