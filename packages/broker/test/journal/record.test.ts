import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter, ProtocolError, seededRandom } from '@millrace/base'
import {
  addSizeMax,
  beginRecord,
  endRecord,
  RECORD_HEAD,
  RecordReader,
  RecordType,
  readMessageAt,
  writeAdd,
  writeAddShared,
  writeDurable,
  writeDurableRemove,
  writeNeeds,
  writeQueue,
  writeQueueDelete,
  writeRefused,
  writeRemove,
  writeText,
  writeXid,
} from '../../src/journal/record.ts'
import { sealFrame, segmentHead, seedOf, snapshotHead } from '../../src/journal/frame.ts'
import { Destination, DestinationKind } from '../../src/message/destination.ts'
import { Message, MessageKind } from '../../src/message/message.ts'
import { assertSameMessage, randomMessage } from '../../src/store/suite.ts'

function bytesOf(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(16)
  write(writer)
  return writer.view().toString('hex')
}

/** Hex digits, with what they mean. */
function hex(...parts: string[]): string {
  return parts.map((part) => part.replace(/ +\(.*\)$/, '').replaceAll(' ', '')).join('')
}

describe('the bytes of records', () => {
  it('an Add with nothing but what it must have', () => {
    const message = new Message(new Destination(DestinationKind.Queue, 'Q'), 'ID:a', 3)
    message.kind = MessageKind.Text
    message.persistent = true
    message.timestamp = 1
    message.properties = Buffer.from([7])
    message.body = Buffer.from('hi')
    assert.equal(
      bytesOf((writer) => writeAdd(writer, 2, 5, 0, 1, message)),
      hex(
        '01 (Add)',
        '00000052 (length)',
        '00000002 (queue)',
        '4014000000000000 (key 5)',
        '00000000 (new)',
        '01 (shares)',
        '4008000000000000 (producer sequence 3)',
        '00000004 49443a61 (producer id)',
        '0c01 (persistent, properties, body)',
        '05 (text)',
        '04 (priority)',
        '0000000000000000 (expiration)',
        '3ff0000000000000 (timestamp 1)',
        '0000000000000000 (broker in time)',
        '00000000 (group sequence)',
        '01 00000001 51 (destination)',
        '00000001 07 (properties)',
        '00000002 6869 (body)',
      ),
    )
  })

  it('an Add with everything', () => {
    const message = new Message(new Destination(DestinationKind.Topic, 'T'), 'p', 1)
    message.persistent = true
    message.compressed = true
    message.originalDestination = new Destination(DestinationKind.Queue, 'O')
    message.textId = 'i'
    message.correlationId = 'c'
    message.replyTo = new Destination(DestinationKind.TempQueue, 'R')
    message.type = 't'
    message.groupId = 'g'
    message.groupSequence = -1
    message.userId = 'u'
    message.transactionId = '€'
    message.blob = { url: 'h', mimeType: null, deletedByBroker: true }
    assert.equal(
      bytesOf((writer) => writeAdd(writer, 1, 1, 9, 2, message)),
      hex(
        '01 00000075',
        '00000001 3ff0000000000000 00000009 02 (queue, key, moved from segment 9, two shares)',
        '3ff0000000000000 00000001 70 (producer)',
        '13ff (flags: all but properties and body)',
        '00 04',
        '0000000000000000 0000000000000000 0000000000000000',
        'ffffffff',
        '02 00000001 54',
        '01 00000001 4f (original destination)',
        '00000001 69 (text id)',
        '00000001 63 (correlation id)',
        '03 00000001 52 (reply to)',
        '00000001 74 (type)',
        '00000001 67 (group id)',
        '00000001 75 (user id)',
        '80000002 ac20 (transaction id: UTF-16)',
        '05 00000001 68 (blob: url, deleted by broker)',
      ),
    )
  })

  it('the schedule of an Add is its last field', () => {
    const message = new Message(new Destination(DestinationKind.Queue, 'Q'), 'p', 1)
    const schedule = { id: 'i', key: 'k', dueMs: 1, delayMs: 2, periodMs: 3, repeats: -1, cron: null, zone: 'z' }
    message.schedule = schedule
    assert.equal(
      bytesOf((writer) => writeAdd(writer, 1, 1, 0, 1, message)),
      hex(
        '01 00000070',
        '00000001 3ff0000000000000 00000000 01',
        '3ff0000000000000 00000001 70 (producer)',
        '2000 (flags: schedule)',
        '00 04',
        '0000000000000000 0000000000000000 0000000000000000',
        '00000000',
        '01 00000001 51',
        '3ff0000000000000 4000000000000000 4008000000000000 (due, delay, period)',
        'ffffffff (repeats)',
        '05 (key and zone)',
        '00000001 69 00000001 6b 00000001 7a',
      ),
    )
  })

  it('every other record', () => {
    assert.equal(
      bytesOf((writer) => writeAddShared(writer, 1, 2, 0, 3, 100)),
      '02000000150000000140000000000000000000000003' + '00000064',
    )
    assert.equal(
      bytesOf((writer) => writeRemove(writer, 1, 2, 7)),
      '030000001000000001400000000000000000000007',
    )
    assert.equal(
      bytesOf((writer) => writeQueue(writer, 1, 'q')),
      '0500000009000000010000000171',
    )
    assert.equal(
      bytesOf((writer) => writeQueueDelete(writer, 1)),
      '060000000400000001',
    )
    const destination = new Destination(DestinationKind.Topic, 'T')
    assert.equal(
      bytesOf((writer) =>
        writeDurable(writer, { clientId: 'c', name: 'n', destination, selector: 's', noLocal: true }),
      ),
      hex('07 00000016', '00000001 63', '00000001 6e', '02 00000001 54', '03', '00000001 73'),
    )
    assert.equal(
      bytesOf((writer) =>
        writeDurable(writer, { clientId: '', name: 'n', destination, selector: null, noLocal: false, shared: true }),
      ),
      hex('07 00000010', '00000000', '00000001 6e', '02 00000001 54', '04'),
    )
    assert.equal(
      bytesOf((writer) => writeDurableRemove(writer, 'c', 'n')),
      hex('08 0000000a', '00000001 63', '00000001 6e'),
    )
    const xid = { formatId: -2, globalTransactionId: Buffer.from([1, 2]), branchQualifier: Buffer.alloc(0) }
    const prepare = (writer: ByteWriter): void => {
      const at = beginRecord(writer, RecordType.Prepare)
      writeXid(writer, xid)
      writeRemove(writer, 1, 2, 0)
      endRecord(writer, at)
    }
    assert.equal(
      bytesOf(prepare),
      hex('09 0000001d', 'fffffffe', '02 0102', '00', '03 00000010 00000001 4000000000000000 00000000'),
    )
    assert.equal(
      bytesOf((writer) => writeNeeds(writer, [3, 4])),
      hex('0d 0000000c', '00000002', '00000003', '00000004'),
    )
    assert.equal(
      bytesOf((writer) => writeRefused(writer, [{ id: 'p', sequences: [1, 2] }])),
      hex('0e 0000001d', '00000001', '00000001 70', '00000002', '3ff0000000000000 4000000000000000'),
    )
  })

  it('heads of a segment, a frame and a snapshot', () => {
    const store = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
    assert.equal(
      segmentHead({ store, segment: 2, size: 4096, epoch: 3 }).toString('hex'),
      hex(
        '4d494c4c52414345 03 000000 00000002',
        '000102030405060708090a0b0c0d0e0f',
        '40b0000000000000 00000003',
        '00000000 00000000 00000000 00000000',
        'd260aa91 (CRC)',
      ),
    )
    const frame = Buffer.alloc(42)
    frame.set([0xaa, 0xbb], 40)
    sealFrame(frame, { number: 5, watermark: 4, epoch: 3 }, 64, seedOf(store, 2))
    assert.equal(
      frame.toString('hex', 0, 36),
      hex('4d424154 0000002a', '4014000000000000', '4010000000000000', '00000003 00000040 00000000'),
    )
    assert.equal(frame.toString('hex', 36), '1630ca08aabb')
    assert.equal(
      snapshotHead({ store, number: 5, place: 2 ** 33, length: 0, epoch: 3 }, 0).toString('hex', 0, 60),
      hex(
        '4d494c4c494e4458 03 00000000000000',
        '000102030405060708090a0b0c0d0e0f',
        '4014000000000000 4200000000000000 0000000000000000 00000003',
      ),
    )
  })
})

describe('reading records', () => {
  it('random messages come back and never take more than was reserved (seed 77)', () => {
    const random = seededRandom(77)
    const reader = new RecordReader()
    for (let i = 0; i < 500; i++) {
      const message = randomMessage(random, i, 400)
      const writer = new ByteWriter(64)
      writer.bytes(Buffer.alloc(random(50)))
      const before = writer.length
      writeAdd(writer, 1, i, 0, 1, message)
      assert.ok(writer.length - before <= addSizeMax(message))
      assertSameMessage(readMessageAt(reader, writer.view(), before), message)
    }
  })

  it('every string comes back', () => {
    const random = seededRandom(78)
    for (let i = 0; i < 300; i++) {
      let text = ''
      for (let length = random(40); length > 0; length--)
        text += String.fromCharCode(random(i % 2 === 0 ? 256 : 65_536))
      const writer = new ByteWriter(16)
      writeText(writer, text)
      const reader = new RecordReader()
      reader.reset(writer.view())
      assert.equal(reader.text(), text)
      assert.equal(reader.left, 0)
    }
  })

  it('no prefix of a record is taken for a message, whatever its lengths say (J10)', () => {
    const message = randomMessage(seededRandom(79), 1, 200)
    const writer = new ByteWriter(64)
    writeAdd(writer, 1, 1, 0, 1, message)
    const whole = Buffer.from(writer.view())
    for (let length = RECORD_HEAD; length < whole.length; length++) {
      const prefix = Buffer.from(whole.subarray(0, length))
      assert.throws(() => readMessageAt(new RecordReader(), prefix, 0), ProtocolError, `${length} bytes`)
    }
  })
})

it('a durable written before subscriptions could be shared is one that is not', () => {
  const reader = new RecordReader()
  reader.reset(Buffer.from(hex('00000001 63', '00000001 6e', '02 00000001 54', '03', '00000001 73'), 'hex'), 0)
  const { destination, ...rest } = reader.durable()
  assert.deepEqual(rest, { clientId: 'c', name: 'n', selector: 's', noLocal: true })
  assert.equal(destination.text, 'topic://T')
  reader.reset(Buffer.from(hex('00000000', '00000001 6e', '02 00000001 54', '04'), 'hex'), 0)
  assert.equal(reader.durable().shared, true)
})
