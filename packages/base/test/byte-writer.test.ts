import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '../src/byte-reader.ts'
import { ByteWriter } from '../src/byte-writer.ts'

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(4)
  write(writer)
  return writer.take().toString('hex')
}

test('every width is written big endian, in two’s complement', () => {
  assert.equal(
    written((w) => w.byte(255)),
    'ff',
  )
  assert.equal(
    written((w) => w.byte(-128)),
    '80',
  )
  assert.equal(
    written((w) => w.boolean(true)),
    '01',
  )
  assert.equal(
    written((w) => w.boolean(false)),
    '00',
  )
  assert.equal(
    written((w) => w.short(0x0102)),
    '0102',
  )
  assert.equal(
    written((w) => w.short(-32768)),
    '8000',
  )
  assert.equal(
    written((w) => w.short(65534)),
    'fffe',
  )
  assert.equal(
    written((w) => w.int(0x01020304)),
    '01020304',
  )
  assert.equal(
    written((w) => w.int(-2147483648)),
    '80000000',
  )
  assert.equal(
    written((w) => w.int(-1)),
    'ffffffff',
  )
  assert.equal(
    written((w) => w.int(4294967295)),
    'ffffffff',
  )
  assert.equal(
    written((w) => w.float(1.5)),
    '3fc00000',
  )
  assert.equal(
    written((w) => w.double(-0.1)),
    'bfb999999999999a',
  )
  assert.equal(
    written((w) => w.bytes(Uint8Array.of(1, 2, 3))),
    '010203',
  )
})

const longs: readonly (readonly [value: number | bigint, hex: string])[] = [
  [0, '0000000000000000'],
  [1n, '0000000000000001'],
  [2 ** 32 - 1, '00000000ffffffff'],
  [2 ** 32, '0000000100000000'],
  [2 ** 53 - 1, '001fffffffffffff'],
  [2 ** 53, '0020000000000000'],
  [2n ** 53n + 1n, '0020000000000001'],
  [2n ** 63n - 1n, '7fffffffffffffff'],
  [-1, 'ffffffffffffffff'],
  [-1n, 'ffffffffffffffff'],
  [-(2 ** 32), 'ffffffff00000000'],
  [-(2 ** 32) - 1, 'fffffffeffffffff'],
  [-(2 ** 53), 'ffe0000000000000'],
  [-(2n ** 53n) - 1n, 'ffdfffffffffffff'],
  [-(2n ** 63n), '8000000000000000'],
]

for (const [value, hex] of longs) {
  test(`the ${typeof value} ${value} is the long ${hex}`, () => {
    assert.equal(
      written((w) => w.long(value)),
      hex,
    )
  })
}

test('any long comes back by value', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
      const read = new ByteReader(
        Buffer.from(
          written((w) => w.long(value)),
          'hex',
        ),
      ).long()
      assert.equal(BigInt(read), value)
    }),
  )
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(
        new ByteReader(
          Buffer.from(
            written((w) => w.long(value)),
            'hex',
          ),
        ).long(),
        value,
      )
    }),
  )
})

test('it grows as needed and keeps what was written', () => {
  const writer = new ByteWriter(4)
  const expected = Buffer.alloc(10_000)
  for (let i = 0; i < 10_000; i++) {
    writer.byte(i)
    expected[i] = i
  }
  assert.equal(writer.length, 10_000)
  assert.deepEqual(writer.take(), expected)
})

test('a piece larger than the standing buffer goes in whole', () => {
  const writer = new ByteWriter(4)
  writer.byte(1)
  writer.bytes(Buffer.alloc(1000, 2))
  assert.deepEqual(writer.take(), Buffer.concat([Buffer.from([1]), Buffer.alloc(1000, 2)]))
})

test('what was taken is never written again, not even by growing', () => {
  const writer = new ByteWriter(8)
  writer.int(1)
  const first = writer.take()
  writer.int(2)
  const second = writer.take()
  writer.int(3)
  writer.int(4)
  const third = writer.take()
  assert.equal(writer.length, 0)
  assert.equal(first.toString('hex'), '00000001')
  assert.equal(second.toString('hex'), '00000002')
  assert.equal(third.toString('hex'), '0000000300000004')
  assert.equal(writer.take().length, 0)
})

test('view shows what would be taken and takes nothing', () => {
  const writer = new ByteWriter(8)
  writer.byte(1)
  writer.take()
  writer.short(0x0203)
  assert.equal(writer.view().toString('hex'), '0203')
  assert.equal(writer.length, 2)
  assert.equal(writer.take().toString('hex'), '0203')
})

test('reset forgets what was written since the last take', () => {
  const writer = new ByteWriter(8)
  writer.byte(1)
  const taken = writer.take()
  writer.byte(2)
  writer.reset()
  assert.equal(writer.length, 0)
  writer.byte(3)
  assert.equal(writer.take().toString('hex'), '03')
  assert.equal(taken.toString('hex'), '01')
})

test('rewind uses the buffer again from its beginning', () => {
  const writer = new ByteWriter(8)
  writer.int(1)
  writer.take()
  const buffer = writer.buffer
  writer.rewind()
  assert.equal(writer.length, 0)
  writer.long(2)
  assert.equal(writer.buffer, buffer)
  assert.equal(writer.take().toString('hex'), '0000000000000002')
})

test('truncate cuts off what a command that failed has left', () => {
  const writer = new ByteWriter(8)
  writer.byte(9)
  writer.take()
  writer.byte(1)
  const length = writer.length
  writer.bytes(Buffer.alloc(100, 7))
  writer.truncate(length)
  writer.byte(2)
  assert.equal(writer.take().toString('hex'), '0102')
})

test('a length is filled in afterwards, also when the buffer has grown or moved on since', () => {
  const writer = new ByteWriter(8)
  writer.short(0x0909)
  writer.take()
  writer.byte(1)
  const at = writer.length
  writer.int(0)
  writer.bytes(Buffer.alloc(100))
  writer.intAt(at, writer.length - at - 4)
  assert.equal(writer.take().subarray(0, 6).toString('hex'), '010000006400')
  writer.int(0)
  writer.intAt(0, 0xffffffff)
  assert.equal(writer.take().toString('hex'), 'ffffffff')
})

test('reserve makes room that the caller fills', () => {
  const writer = new ByteWriter(4)
  writer.byte(1)
  const at = writer.reserve(6)
  writer.buffer.fill(5, at, at + 6)
  assert.equal(writer.take().toString('hex'), '01050505050505')
  assert.equal(writer.reserve(0), writer.reserve(0))
})

test('room is made without being used until the cursor is moved', () => {
  const writer = new ByteWriter(4)
  writer.short(0x0909)
  writer.take()
  writer.byte(1)
  const at = writer.room(100)
  assert.equal(writer.length, 1)
  writer.buffer[at] = 2
  writer.buffer[at + 1] = 3
  writer.moveTo(at + 2)
  assert.equal(writer.length, 3)
  writer.byte(4)
  assert.equal(writer.take().toString('hex'), '01020304')
})
