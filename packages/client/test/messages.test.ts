import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ActiveMQBytesMessage,
  ActiveMQMapMessage,
  ActiveMQMessage,
  ActiveMQStreamMessage,
  ActiveMQTextMessage,
} from '@millrace/openwire'
import { parseDestination } from '../src/destination.ts'
import {
  MessageEOFError,
  MessageFormatError,
  MessageNotReadableError,
  MessageNotWriteableError,
} from '../src/errors.ts'
import { BytesMessage } from '../src/messages/bytes-message.ts'
import { MapMessage } from '../src/messages/map-message.ts'
import { DeliveryMode, Message } from '../src/messages/message.ts'
import { StreamMessage } from '../src/messages/stream-message.ts'
import { TextMessage } from '../src/messages/text-message.ts'
import { char } from '../src/messages/values.ts'

const SETTINGS = { strictCompliance: false, nestedMapAndListEnabled: true, inflatedBytesMax: 1_000_000 }

test('headers that are set as properties, by their JMS names', () => {
  const message = new Message(new ActiveMQMessage(), SETTINGS)
  message.setStringProperty('JMSCorrelationID', 'c')
  message.setStringProperty('JMSReplyTo', 'topic://T')
  message.setStringProperty('JMSType', 't')
  message.setIntProperty('JMSPriority', 12)
  message.setLongProperty('JMSTimestamp', 5)
  message.setLongProperty('JMSExpiration', 6)
  message.setIntProperty('JMSDeliveryMode', DeliveryMode.PERSISTENT)
  message.setIntProperty('JMSXDeliveryCount', 3)
  message.setStringProperty('JMSXGroupID', 'g')
  message.setIntProperty('JMSXGroupSeq', -1)
  assert.equal(message.jmsCorrelationID, 'c')
  assert.ok(message.jmsReplyTo?.equals(parseDestination('topic://T')))
  assert.equal(message.jmsType, 't')
  assert.equal(message.jmsPriority, 9)
  assert.equal(message.jmsTimestamp, 5)
  assert.equal(message.jmsExpiration, 6)
  assert.equal(message.jmsDeliveryMode, DeliveryMode.PERSISTENT)
  assert.equal(message.jmsRedelivered, true)
  assert.equal(message.getIntProperty('JMSXDeliveryCount'), 3)
  assert.equal(message.getStringProperty('JMSDeliveryMode'), 'PERSISTENT')
  assert.equal(message.encoded(false).marshalledProperties, null)
  assert.deepEqual(message.propertyNames, ['JMSXDeliveryCount', 'JMSXGroupID', 'JMSXGroupSeq'])
})

test('both spellings of a header are the same', () => {
  const message = new Message(new ActiveMQMessage(), SETTINGS)
  message.JMSCorrelationID = 'upper'
  assert.equal(message.jmsCorrelationID, 'upper')
  message.jmsCorrelationIDAsBytes = Buffer.from('lower')
  assert.equal(message.JMSCorrelationID, 'lower')
  message.JMSReplyTo = parseDestination('ANSWERS')
  assert.equal(String(message.jmsReplyTo), 'queue://ANSWERS')
})

test('strict compliance refuses what only ActiveMQ allows', () => {
  const strict = new Message(new ActiveMQMessage(), { ...SETTINGS, strictCompliance: true })
  assert.throws(() => strict.setObjectProperty('c', char('x')), MessageFormatError)
  assert.throws(() => strict.setObjectProperty('m', { a: 1 }), MessageFormatError)
  const flat = new Message(new ActiveMQMessage(), { ...SETTINGS, nestedMapAndListEnabled: false })
  assert.throws(() => flat.setObjectProperty('l', [1]), MessageFormatError)
})

test('scheduling properties are checked when they are set', () => {
  const message = new Message(new ActiveMQMessage(), SETTINGS)
  assert.throws(() => message.setLongProperty('AMQ_SCHEDULED_DELAY', -1), MessageFormatError)
  assert.throws(() => message.setStringProperty('AMQ_SCHEDULED_CRON', '* * *'), MessageFormatError)
  message.setStringProperty('AMQ_SCHEDULED_CRON', '0 12 * * 1-5')
  message.jmsTimestamp = 1000
  message.setLongProperty('AMQ_SCHEDULED_DELAY', 500)
  assert.equal(message.jmsDeliveryTime, 1500)
})

test('a received message leaves the wire message as it is, whatever is set on it', () => {
  const wire = new ActiveMQTextMessage()
  wire.correlationId = 'original'
  const received = new TextMessage(wire, SETTINGS, true)
  received.jmsCorrelationID = 'changed'
  received.clearBody()
  received.text = 'changed'
  received.encoded(false)
  assert.equal(wire.correlationId, 'original')
  assert.equal(wire.content, null)
})

test('an encoding is made once and kept until something changes', () => {
  const message = new TextMessage(new ActiveMQTextMessage(), SETTINGS)
  message.text = 'same'
  message.setIntProperty('n', 1)
  const { content, marshalledProperties } = message.encoded(false)
  assert.equal(message.encoded(false).content, content)
  assert.equal(message.encoded(false).marshalledProperties, marshalledProperties)
  message.setIntProperty('n', 2)
  assert.equal(message.encoded(false).content, content)
  assert.notEqual(message.encoded(false).marshalledProperties, marshalledProperties)
})

test('a bytes message is written, then read, and reading stops at the end', () => {
  const message = new BytesMessage(new ActiveMQBytesMessage(), SETTINGS)
  assert.throws(() => message.readByte(), MessageNotReadableError)
  message.writeBoolean(true)
  message.writeByte(-1)
  message.writeShort(-2)
  message.writeChar('é')
  message.writeFloat(1.5)
  message.writeDouble(0.1)
  message.writeObject('text')
  message.writeObject(7)
  message.reset()
  assert.equal(message.readBoolean(), true)
  assert.equal(message.readUnsignedByte(), 255)
  assert.equal(message.readUnsignedShort(), 65_534)
  assert.equal(message.readChar(), 'é')
  assert.equal(message.readFloat(), 1.5)
  assert.equal(message.readDouble(), 0.1)
  assert.equal(message.readUTF(), 'text')
  assert.throws(() => message.readLong(), MessageEOFError)
  assert.equal(message.readInt(), 7)
  assert.equal(message.readBytes(Buffer.alloc(4)), -1)
  assert.throws(() => message.writeUTF('x'.repeat(65_536)), MessageFormatError)
})

test('a failed read of a stream leaves the position', () => {
  const message = new StreamMessage(new ActiveMQStreamMessage(), SETTINGS)
  assert.throws(() => message.readInt(), MessageNotReadableError)
  for (const value of ['x', 5, Buffer.from([1, 2, 3, 4, 5])]) message.writeObject(value)
  message.reset()
  assert.throws(() => message.readInt(), MessageFormatError)
  assert.equal(message.readString(), 'x')
  assert.equal(message.readLong(), 5n)
  const into = Buffer.alloc(3)
  assert.equal(message.readBytes(into), 3)
  assert.throws(() => message.readInt(), MessageFormatError)
  assert.equal(message.readBytes(into), 2)
  assert.throws(() => message.readInt(), MessageEOFError)
  assert.deepEqual([...message], ['x', 5, Buffer.from([1, 2, 3, 4, 5])])
})

test('a map message reads like a map, with typed getters', () => {
  const message = new MapMessage(new ActiveMQMapMessage(), SETTINGS)
  message.set('a', 1).set('b', 'two')
  message.setByte('c', 3)
  assert.deepEqual([...message.keys()], ['a', 'b', 'c'])
  assert.deepEqual(Object.fromEntries(message), { a: 1, b: 'two', c: 3 })
  assert.equal(message.getInt('a'), 1)
  assert.equal(message.getShort('c'), 3)
  assert.equal(message.getString('missing'), null)
  assert.equal(message.getBoolean('missing'), false)
  assert.throws(() => message.getInt('missing'), MessageFormatError)
  assert.throws(() => message.getInt('b'), MessageFormatError)
  const received = new MapMessage(message.encoded(false), SETTINGS, true)
  assert.throws(() => received.set('a', 2), MessageNotWriteableError)
  assert.equal(received.size, 3)
  received.clearBody()
  assert.equal(received.size, 0)
})
