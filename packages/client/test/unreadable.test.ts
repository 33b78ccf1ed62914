import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
} from '@millrace/openwire'
import { MessageFormatError } from '../src/index.ts'
import { BytesMessage } from '../src/messages/bytes-message.ts'
import { MapMessage } from '../src/messages/map-message.ts'
import { StreamMessage } from '../src/messages/stream-message.ts'
import { TextMessage } from '../src/messages/text-message.ts'

// What a peer wrote and nobody can have meant came out as the codec's own error, and unreadable properties were silently
// empty when they were asked for a second time.

const SETTINGS = { strictCompliance: false, nestedMapAndListEnabled: true, inflatedBytesMax: 1000 }
const BAD = Buffer.from('7f0000000903ff', 'hex')

function containing<T extends { content: Buffer | null; marshalledProperties: Buffer | null }>(wire: T): T {
  wire.content = BAD
  wire.marshalledProperties = BAD
  return wire
}

test('a body that cannot be read says so, as often as it is asked for', () => {
  const text = new TextMessage(containing(new ActiveMQTextMessage()), SETTINGS, true)
  const map = new MapMessage(containing(new ActiveMQMapMessage()), SETTINGS, true)
  const stream = new StreamMessage(containing(new ActiveMQStreamMessage()), SETTINGS, true)
  const bytes = new BytesMessage(containing(new ActiveMQBytesMessage()), SETTINGS, true)
  for (let i = 0; i < 2; i++) {
    assert.throws(() => text.text, MessageFormatError)
    assert.throws(() => map.getBody(), MessageFormatError)
    assert.throws(() => stream.getBody(), MessageFormatError)
    assert.throws(() => text.propertyNames, MessageFormatError)
  }
  assert.deepEqual(bytes.bytes, BAD)
})

test('a text of a bytes message that is none says so and leaves the cursor', () => {
  const wire = new ActiveMQBytesMessage()
  wire.content = Buffer.from('0001ff', 'hex')
  const message = new BytesMessage(wire, SETTINGS, true)
  assert.throws(() => message.readUTF(), MessageFormatError)
  assert.equal(message.readShort(), 1)
})
