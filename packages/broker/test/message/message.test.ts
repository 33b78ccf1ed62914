import { encodePrimitiveMap, findPrimitive, primitiveOf, PrimitiveTag } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Destination } from '../../src/message/destination.ts'
import { Message } from '../../src/message/message.ts'
import { property, setProperties } from '../../src/message/properties.ts'
import { MessageSubject } from '../../src/message/selector-subject.ts'

function message(): Message {
  return new Message(Destination.parse('queue://Q'), 'ID:c:1:2', 3)
}

test('the id is that of the producer and the sequence, unless a foreign one is given', () => {
  const one = message()
  assert.equal(one.id, 'ID:c:1:2:3')
  one.textId = 'ID:foreign'
  assert.equal(one.id, 'ID:foreign')
})

test('a message that owns its bytes does not see what becomes of the chunk', () => {
  const chunk = Buffer.from('propertiesbody')
  const one = message()
  one.properties = chunk.subarray(0, 10)
  one.body = chunk.subarray(10)
  const size = one.sizeBytes
  one.own()
  chunk.fill(0)
  assert.equal(one.properties.toString(), 'properties')
  assert.equal(one.body.toString(), 'body')
  assert.equal(one.sizeBytes, size)
  const body = one.body
  one.own()
  assert.equal(one.body, body, 'it copies once')
})

test('a copy for another destination keeps the content and remembers where it was', () => {
  const one = message()
  one.body = Buffer.from('body')
  one.persistent = true
  one.correlationId = 'c'
  one.own()
  const copy = one.copyTo(Destination.parse('queue://B'))
  assert.equal(copy.id, one.id)
  assert.equal(copy.body, one.body)
  assert.equal(copy.persistent, true)
  assert.equal(copy.correlationId, 'c')
  assert.equal(copy.originalDestination?.text, 'queue://Q')
  assert.equal(copy.copyTo(Destination.parse('queue://C')).originalDestination?.text, 'queue://Q')
})

test('it expires at its moment, and never without one', () => {
  const one = message()
  assert.equal(one.expired(Number.MAX_SAFE_INTEGER), false)
  one.expiration = 1000
  assert.equal(one.expired(999), false)
  assert.equal(one.expired(1000), true)
})

test('properties are found and added without touching the others', () => {
  const one = message()
  assert.equal(property(one, 'a'), null)
  setProperties(one, new Map([['a', primitiveOf(1)]]))
  setProperties(one, new Map([['b', primitiveOf('two')]]))
  assert.equal(property(one, 'a')?.value, 1)
  assert.equal(findPrimitive(one.properties as Buffer, 'b')?.value, 'two')
  assert.equal(property(one, 'c'), null)
})

test('garbled properties stay as they are and hold nothing', () => {
  const one = message()
  const garbled = Buffer.from('ffff', 'hex')
  one.properties = garbled
  assert.equal(property(one, 'a'), null)
  setProperties(one, new Map([['a', primitiveOf(1)]]))
  assert.equal(one.properties, garbled)
})

test('a selector sees headers by their JMS names', () => {
  const one = message()
  one.type = 'order'
  one.priority = 7
  one.timestamp = 123
  one.expiration = 456
  one.brokerInTime = 789
  one.correlationId = 'c'
  one.replyTo = Destination.parse('temp-queue://ID:c:1')
  one.groupId = 'g'
  one.groupSequence = 2
  one.userId = 'u'
  one.transactionId = 'TX:1'
  one.properties = encodePrimitiveMap(new Map([['colour', primitiveOf('red')]]))
  const subject = new MessageSubject().of(one, 2)
  const seen = (name: string): unknown => subject.property(name)?.value ?? null
  assert.equal(seen('JMSDestination'), 'queue://Q')
  assert.equal(seen('JMSReplyTo'), 'temp-queue://ID:c:1')
  assert.equal(seen('JMSType'), 'order')
  assert.equal(seen('JMSDeliveryMode'), 'NON_PERSISTENT')
  assert.equal(seen('JMSPriority'), 7)
  assert.equal(seen('JMSMessageID'), 'ID:c:1:2:3')
  assert.equal(seen('JMSTimestamp'), 123n)
  assert.equal(seen('JMSExpiration'), 456n)
  assert.equal(seen('JMSCorrelationID'), 'c')
  assert.equal(seen('JMSRedelivered'), true)
  assert.equal(seen('JMSXDeliveryCount'), 3)
  assert.equal(seen('JMSXGroupID'), 'g')
  assert.equal(seen('JMSXGroupSeq'), 2)
  assert.equal(seen('JMSXUserID'), 'u')
  assert.equal(seen('JMSXProducerTXID'), 'TX:1')
  assert.equal(seen('JMSActiveMQBrokerInTime'), 789n)
  assert.equal(seen('colour'), 'red')
  assert.equal(seen('JMSNothing'), null)
  assert.equal(seen('nothing'), null)
  one.persistent = true
  one.originalDestination = Destination.parse('topic://VT')
  assert.equal(seen('JMSDeliveryMode'), 'PERSISTENT')
  assert.equal(seen('JMSDestination'), 'topic://VT')
  assert.equal(subject.property('JMSPriority')?.tag, PrimitiveTag.Int)
})
