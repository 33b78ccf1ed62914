import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader } from '../src/byte-reader.ts'
import { ProtocolError } from '../src/errors.ts'

function reader(hex: string): ByteReader {
  return new ByteReader(Buffer.from(hex, 'hex'))
}

function frameInvalid(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === 'FRAME_INVALID'
}

test('every width is read big endian, in two’s complement', () => {
  assert.equal(reader('ff').byte(), 255)
  assert.equal(reader('7f').signedByte(), 127)
  assert.equal(reader('80').signedByte(), -128)
  assert.equal(reader('ff').signedByte(), -1)
  assert.equal(reader('00').boolean(), false)
  assert.equal(reader('01').boolean(), true)
  assert.equal(reader('ff').boolean(), true)
  assert.equal(reader('7fff').short(), 32767)
  assert.equal(reader('8000').short(), -32768)
  assert.equal(reader('fffe').short(), -2)
  assert.equal(reader('0102').unsignedShort(), 0x0102)
  assert.equal(reader('fffe').unsignedShort(), 65534)
  assert.equal(reader('01020304').int(), 0x01020304)
  assert.equal(reader('7fffffff').int(), 2147483647)
  assert.equal(reader('80000000').int(), -2147483648)
  assert.equal(reader('ffffffff').int(), -1)
  assert.equal(reader('ffffffff').unsignedInt(), 4294967295)
  assert.equal(reader('3fc00000').float(), 1.5)
  assert.equal(reader('bfb999999999999a').double(), -0.1)
  assert.equal(reader('7ff8000000000000').double(), Number.NaN)
  assert.equal(reader('fff0000000000000').double(), Number.NEGATIVE_INFINITY)
})

const longs: readonly (readonly [hex: string, value: number | bigint])[] = [
  ['0000000000000000', 0],
  ['0000000000000001', 1],
  ['00000000ffffffff', 2 ** 32 - 1],
  ['0000000100000000', 2 ** 32],
  ['0102030405060708', 0x0102030405060708n],
  ['001ffffffffffffe', 2 ** 53 - 2],
  ['001fffffffffffff', 2 ** 53 - 1],
  ['0020000000000000', 2n ** 53n],
  ['0020000000000001', 2n ** 53n + 1n],
  ['7fffffffffffffff', 2n ** 63n - 1n],
  ['ffffffffffffffff', -1],
  ['ffffffff00000000', -(2 ** 32)],
  ['fffffffeffffffff', -(2 ** 32) - 1],
  ['ffe0000000000001', -(2 ** 53) + 1],
  ['ffe0000000000000', -(2n ** 53n)],
  ['ffdfffffffffffff', -(2n ** 53n) - 1n],
  ['8000000000000000', -(2n ** 63n)],
]

for (const [hex, value] of longs) {
  test(`the long ${hex} is the ${typeof value} ${value}`, () => {
    assert.equal(reader(hex).long(), value)
  })
}

test('reads move the cursor and stop at the end that was given', () => {
  const bytes = Buffer.from('000102030405', 'hex')
  const part = new ByteReader(bytes, 1, 4)
  assert.equal(part.position, 1)
  assert.equal(part.left, 3)
  assert.equal(part.byte(), 1)
  assert.equal(part.position, 2)
  assert.throws(() => part.int(), frameInvalid)
  assert.equal(part.left, 2, 'a refused read takes nothing')
  assert.equal(part.short(), 0x0203)
  assert.equal(part.left, 0)
  assert.throws(() => part.byte(), frameInvalid)
})

test('every read beyond the end is refused', () => {
  const reads: Readonly<Record<string, (short: ByteReader) => unknown>> = {
    byte: (r) => r.byte(),
    signedByte: (r) => r.signedByte(),
    boolean: (r) => r.boolean(),
    short: (r) => r.short(),
    unsignedShort: (r) => r.unsignedShort(),
    int: (r) => r.int(),
    unsignedInt: (r) => r.unsignedInt(),
    long: (r) => r.long(),
    float: (r) => r.float(),
    double: (r) => r.double(),
    view: (r) => r.view(8),
    take: (r) => r.take(8),
  }
  const widths: Readonly<Record<string, number>> = { byte: 1, signedByte: 1, boolean: 1, short: 2, unsignedShort: 2 }
  for (const [name, read] of Object.entries(reads)) {
    const width = widths[name] ?? (/^(int|unsignedInt|float)$/.test(name) ? 4 : 8)
    for (let length = 0; length < width; length++) {
      // The bytes behind the end are there, but belong to somebody else.
      const short = new ByteReader(Buffer.alloc(16), 0, length)
      assert.throws(() => read(short), frameInvalid, `${name} of ${length} bytes`)
    }
    read(new ByteReader(Buffer.alloc(16), 0, width))
  }
})

test('a negative length is refused', () => {
  assert.throws(() => reader('0000').take(-1), frameInvalid)
  assert.throws(() => reader('0000').view(-1), frameInvalid)
})

test('a view is the bytes themselves', () => {
  const bytes = Buffer.from('0102030405', 'hex')
  const all = new ByteReader(bytes, 1)
  const view = all.view(3)
  assert.deepEqual(view, Buffer.from('020304', 'hex'))
  bytes[1] = 9
  assert.equal(view[0], 9)
  assert.equal(all.byte(), 5)
  assert.equal(all.view(0).length, 0)
})

test('take says where the bytes begin in the buffer', () => {
  const bytes = Buffer.from('0102030405', 'hex')
  const all = new ByteReader(bytes, 1)
  assert.equal(all.take(2), 1)
  assert.equal(all.take(2), 3)
  assert.equal(all.buffer, bytes)
})

test('reset starts over on other bytes', () => {
  const one = reader('0102')
  one.short()
  one.reset(Buffer.from('0a0b0c0d', 'hex'), 1, 3)
  assert.equal(one.left, 2)
  assert.equal(one.short(), 0x0b0c)
  assert.throws(() => one.byte(), frameInvalid)
})

test('a count that the bytes left cannot hold is refused', () => {
  assert.equal(reader('00000000').count(4, 1), 4)
  assert.equal(reader('00000000').count(2, 2), 2)
  assert.equal(reader('').count(0, 4), 0)
  assert.throws(() => reader('00000000').count(5, 1), frameInvalid)
  assert.throws(() => reader('00000000').count(3, 2), frameInvalid)
  assert.throws(() => reader('00000000').count(-1, 1), frameInvalid)
  assert.throws(() => reader('00000000').count(0x7fffffff, 100), frameInvalid)
})

test('ahead shows bytes that are there without moving, and moveTo goes over them', () => {
  const part = new ByteReader(Buffer.from('000102030405', 'hex'), 1, 5)
  const at = part.ahead(4)
  assert.equal(at, 1)
  assert.equal(part.position, 1)
  assert.equal(part.buffer[at + 3], 4)
  part.moveTo(at + 3)
  assert.equal(part.byte(), 4)
  part.moveTo(at)
  assert.equal(part.left, 4)
  assert.throws(() => part.ahead(5), frameInvalid)
  assert.throws(() => part.moveTo(6), frameInvalid)
  assert.equal(part.position, 1, 'a refused move goes nowhere')
})
