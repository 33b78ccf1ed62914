import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BlobMessage,
  byte,
  BytesMessage,
  float,
  MapMessage,
  Message,
  MessageFormatError,
  MessageNotWriteableError,
  ObjectMessage,
  type Session,
  short,
  StreamMessage,
  TextMessage,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

async function roundTrip<M extends Message>(session: Session, message: M): Promise<M> {
  const queue = session.createQueue('ROUND.TRIP')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(message)
  const received = await consumer.receive(SOON)
  await consumer.close()
  await producer.close()
  assert.ok(received !== null)
  assert.equal(received.constructor, message.constructor)
  return received as M
}

const BIG = 'große Wörter 🚀 '.repeat(2000)

for (const useCompression of [false, true]) {
  const how = useCompression ? 'compressed' : 'plain'

  test(`every kind of message arrives as it was sent, ${how}`, async (t) => {
    const broker = await startBroker(t)
    const connection = await broker.connect({ useCompression })
    const session = await connection.createSession()

    for (const text of ['', 'plain', BIG, 'zero \u0000 and 🚀', null]) {
      assert.equal((await roundTrip(session, session.createTextMessage(text))).text, text)
    }

    assert.equal((await roundTrip(session, session.createMessage())).getBody(), null)

    const bytes = session.createBytesMessage()
    bytes.writeInt(-7)
    bytes.writeUTF('ünï')
    bytes.writeLong(2n ** 62n)
    bytes.writeBytes(Buffer.alloc(5000, 9))
    const gotBytes = await roundTrip(session, bytes)
    assert.equal(gotBytes.readInt(), -7)
    assert.equal(gotBytes.readUTF(), 'ünï')
    assert.equal(gotBytes.readLong(), 2n ** 62n)
    assert.equal(gotBytes.bodyLength, bytes.bodyLength)
    assert.deepEqual((await roundTrip(session, session.createBytesMessage())).bytes, Buffer.alloc(0))

    const map = session.createMapMessage({
      text: BIG,
      yes: true,
      int: 5,
      long: 5n,
      double: 1.5,
      tiny: byte(1),
      small: short(2),
      single: float(0.5),
      bytes: Buffer.from([1, 2]),
      nothing: null,
      nested: { list: [1, 'two', [3n]] },
    })
    const gotMap = await roundTrip(session, map)
    assert.deepEqual(gotMap.getBody(), map.getBody())
    assert.equal(gotMap.getByte('tiny'), 1)
    assert.equal(gotMap.getLong('tiny'), 1n)
    assert.equal((await roundTrip(session, session.createMapMessage())).size, 0)

    const stream = session.createStreamMessage([1, 'two', 3n, true, 4.5, null, Buffer.from([6])])
    assert.deepEqual((await roundTrip(session, stream)).getBody(), stream.getBody())

    const object = Buffer.from('aced000574000568656c6c6f', 'hex')
    assert.deepEqual((await roundTrip(session, session.createObjectMessage(object))).bodyBytes, object)

    const blob = await roundTrip(session, session.createBlobMessage('https://example.org/data'))
    assert.equal(blob.url, 'https://example.org/data')
    assert.equal(blob.mimeType, 'application/octet-stream')
  })
}

test('headers and properties arrive as they were set', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const message = session.createTextMessage('x')
  message.jmsCorrelationID = 'order-1'
  message.JMSType = 'order'
  message.jmsReplyTo = session.createTopic('ANSWERS')
  message.setStringProperty('JMSXGroupID', 'group')
  message.setIntProperty('JMSXGroupSeq', 3)
  message.setObjectProperty('long', 12n)
  message.setObjectProperty('float', float(0.1))
  message.setObjectProperty('list', ['a', 1])
  const received = await roundTrip(session, message)
  assert.equal(received.JMSCorrelationID, 'order-1')
  assert.equal(received.jmsType, 'order')
  assert.equal(String(received.jmsReplyTo), 'topic://ANSWERS')
  assert.equal(received.getStringProperty('JMSXGroupID'), 'group')
  assert.equal(received.getIntProperty('JMSXGroupSeq'), 3)
  assert.equal(received.getLongProperty('long'), 12n)
  assert.equal(received.getStringProperty('float'), '0.1')
  assert.deepEqual(received.getObjectProperty('list'), ['a', 1])
  assert.equal(received.getObjectProperty('absent'), undefined)
  assert.equal(received.getIntProperty('JMSXDeliveryCount'), 1)
  assert.equal(received.getStringProperty('JMSDestination'), 'queue://ROUND.TRIP')
})

test('a received message is read-only until it is cleared, and can be sent on as it is', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const sent = session.createTextMessage('original')
  sent.setStringProperty('name', 'value')
  const received = await roundTrip(session, sent)
  assert.throws(() => {
    received.text = 'changed'
  }, MessageNotWriteableError)
  assert.throws(() => received.setStringProperty('name', 'other'), MessageNotWriteableError)
  const forwarded = await roundTrip(session, received)
  assert.equal(forwarded.text, 'original')
  assert.equal(forwarded.getStringProperty('name'), 'value')
  assert.notEqual(forwarded.jmsMessageID, sent.jmsMessageID)
  forwarded.clearBody()
  forwarded.clearProperties()
  forwarded.text = 'changed'
  forwarded.setStringProperty('name', 'other')
  const again = await roundTrip(session, forwarded)
  assert.equal(textOf(again), 'changed')
  assert.equal(again.getStringProperty('name'), 'other')
})

test('with copyMessageOnSend off the message of the caller becomes read-only', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ copyMessageOnSend: false })
  const session = await connection.createSession()
  const message = session.createTextMessage('x')
  await roundTrip(session, message)
  assert.throws(() => {
    message.text = 'y'
  }, MessageNotWriteableError)
})

test('what inflates to more than allowed is refused when it is read', async (t) => {
  const broker = await startBroker(t)
  const sender = await broker.connect({ useCompression: true })
  const receiver = await broker.connect({
    wireFormat: { maxFrameSize: 100_000 },
    maxInflatedDataSizeRatio: 2,
  })
  const from = await sender.createSession()
  const to = await receiver.createSession()
  const producer = await from.createProducer(from.createQueue('BOMB'))
  const consumer = await to.createConsumer(to.createQueue('BOMB'))
  await producer.send(from.createTextMessage('a'.repeat(150_000)))
  await producer.send(from.createTextMessage('a'.repeat(300_000)))
  await producer.send(from.createBytesMessage(Buffer.alloc(300_000)))
  assert.equal(textOf(await consumer.receive(SOON)).length, 150_000)
  const text = await consumer.receive(SOON)
  assert.ok(text instanceof TextMessage)
  assert.throws(() => text.text, MessageFormatError)
  const bytes = await consumer.receive(SOON)
  assert.ok(bytes instanceof BytesMessage)
  assert.throws(() => bytes.bytes, MessageFormatError)
})

test('the classes of received messages are exported', () => {
  for (const Class of [BlobMessage, BytesMessage, MapMessage, ObjectMessage, StreamMessage, TextMessage]) {
    assert.ok(Class.prototype instanceof Message)
  }
})
