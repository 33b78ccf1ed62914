import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  AlreadyClosedError,
  BytesMessage,
  createContext,
  DeliveryMode,
  JMSError,
  MapMessage,
  Message,
  MessageFormatError,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

test('a context sends and receives without being started by hand', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  assert.equal(context.connection.started, false)
  const queue = context.createQueue('CONTEXT')
  const producer = await context.createProducer()
  await producer.send(queue, 'hello')
  assert.equal(context.connection.started, false)
  const consumer = await context.createConsumer(queue)
  assert.equal(context.connection.started, true)
  assert.equal(await consumer.receiveBody('string', SOON), 'hello')
})

test('with autoStart off, delivery begins with start', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  context.autoStart = false
  const queue = context.createQueue('MANUAL')
  await (await context.createProducer()).send(queue, 'waits')
  const consumer = await context.createConsumer(queue)
  assert.equal(await consumer.receiveNoWait(), null)
  assert.equal(context.connection.started, false)
  await context.start()
  assert.equal(textOf(await consumer.receive(SOON)), 'waits')
})

test('contexts share a connection, which closes with the last of them', async (t) => {
  const broker = await startBroker(t)
  const first = await createContext(broker.factory())
  const second = await first.createContext(AcknowledgeMode.SESSION_TRANSACTED)
  assert.equal(second.connection, first.connection)
  assert.equal(second.transacted, true)
  await first.close()
  await assert.rejects(first.createProducer(), AlreadyClosedError)
  await (await second.createProducer()).send(second.createQueue('SHARED'), 'x')
  await second.commit()
  const closed = new Promise((resolve) => {
    second.on('closed', resolve)
  })
  await second.close()
  assert.deepEqual(await closed, { error: null })
})

test('a producer makes a message of each kind of body, and its headers and properties win', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  const queue = context.createQueue('BODIES')
  const replies = context.createQueue('REPLIES')
  const producer = (await context.createProducer())
    .setPriority(7)
    .setDeliveryMode(DeliveryMode.NON_PERSISTENT)
    .setTimeToLive(60_000)
    .setJMSType('test')
    .setJMSCorrelationID('c-1')
    .setJMSReplyTo(replies)
    .setProperty('region', 'EU')
  const own = context.createTextMessage('own')
  own.setStringProperty('region', 'US')
  own.jmsType = 'mine'
  for (const body of ['text', Buffer.from([1, 2]), { a: 1 }, new Map([['b', true]]), null, own]) {
    await producer.send(queue, body)
  }
  const consumer = await context.createConsumer(queue)
  const received: Message[] = []
  while (received.length < 6) {
    const message = await consumer.receive(SOON)
    assert.ok(message !== null)
    assert.equal(message.jmsPriority, 7)
    assert.equal(message.jmsDeliveryMode, DeliveryMode.NON_PERSISTENT)
    assert.equal(message.jmsExpiration - message.jmsTimestamp, 60_000)
    assert.equal(message.jmsType, 'test')
    assert.equal(message.jmsCorrelationID, 'c-1')
    assert.equal(String(message.jmsReplyTo), 'queue://REPLIES')
    assert.equal(message.getStringProperty('region'), 'EU')
    received.push(message)
  }
  const [text, bytes, object, map, empty] = received
  assert.equal(text?.bodyAs('string'), 'text')
  assert.ok(bytes instanceof BytesMessage)
  assert.deepEqual(bytes.bodyAs('bytes'), Buffer.from([1, 2]))
  assert.deepEqual(object?.bodyAs('map'), new Map([['a', 1]]))
  assert.ok(map instanceof MapMessage)
  assert.equal(map.getBoolean('b'), true)
  assert.equal(empty?.constructor, Message)
  await assert.rejects(producer.send(queue, new Date() as never), MessageFormatError)
})

test('a property of a producer needs a name that a selector can use', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  const producer = await context.createProducer()
  for (const name of ['', '1st', 'with-hyphen', 'JMSPriority', 'between', 'NULL']) {
    assert.throws(() => producer.setProperty(name, 1), JMSError, name)
  }
  producer.setProperty('größe', 1).setProperty('_x', 2)
  assert.deepEqual(producer.propertyNames, ['größe', '_x'])
  assert.equal(producer.clearProperties().propertyExists('_x'), false)
})

test('a completion listener hears of each send, in order', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  const producer = await context.createProducer()
  const heard: string[] = []
  producer.setAsync({
    onCompletion: (message) => heard.push(textOf(message)),
    onException: (_, error) => heard.push(error.code),
  })
  await Promise.all(['a', 'b', 'c'].map((text) => producer.send(context.createQueue('ASYNC'), text)))
  assert.deepEqual(heard, ['a', 'b', 'c'])
})

test('a body of another type is left where it is, not counted as delivered', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  const queue = context.createQueue('WRONG.TYPE')
  const producer = await context.createProducer()
  await producer.send(queue, { a: 1 })
  await producer.send(queue, 'second')
  await producer.send(queue, null)
  const consumer = await context.createConsumer(queue)
  await assert.rejects(consumer.receiveBody('string', SOON), MessageFormatError)
  const message = await consumer.receive(SOON)
  assert.equal(message?.deliveryCount, 1)
  assert.equal(message.jmsRedelivered, false)
  assert.deepEqual(message.bodyAs('map'), new Map([['a', 1]]))
  assert.equal(await consumer.receiveBody('string', SOON), 'second')
  // Without a body any type will do.
  assert.equal(await consumer.receiveBody('map', SOON), null)
  assert.equal(await consumer.receiveBodyNoWait('string'), null)
  // All three are acknowledged.
  await consumer.close()
  await context.connection.sync()
  const next = await context.createConsumer(queue)
  assert.equal(await next.receive(5), null)
})

test('in a transaction a body of another type has been delivered, and a roll-back brings it again', async (t) => {
  const broker = await startBroker(t)
  const factory = broker.factory({ redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  await using context = await createContext(factory, { sessionMode: AcknowledgeMode.SESSION_TRANSACTED })
  const queue = context.createQueue('WRONG.TYPE.TRANSACTED')
  await (await context.createProducer()).send(queue, 'text')
  await context.commit()
  const consumer = await context.createConsumer(queue)
  await assert.rejects(consumer.receiveBody('bytes', SOON), MessageFormatError)
  await context.rollback()
  assert.equal((await consumer.receive(SOON))?.deliveryCount, 2)
})

test('isBodyAssignableTo knows the kinds', async (t) => {
  const broker = await startBroker(t)
  await using context = await createContext(broker.factory())
  const text = context.createTextMessage('x')
  assert.equal(text.isBodyAssignableTo('string'), true)
  assert.equal(text.isBodyAssignableTo('map'), false)
  assert.equal(context.createTextMessage().isBodyAssignableTo('map'), true)
  assert.equal(context.createStreamMessage([1]).isBodyAssignableTo('list'), true)
  assert.equal(context.createObjectMessage(Buffer.from([1])).isBodyAssignableTo('bytes'), true)
  assert.equal(context.createMessage().isBodyAssignableTo('bytes'), true)
  assert.throws(() => text.bodyAs('bytes'), MessageFormatError)
})

test('a context asks and answers', async (t) => {
  const broker = await startBroker(t)
  await using server = await createContext(broker.factory())
  const queue = server.createQueue('ECHO')
  await server.respond(queue, (message) => textOf(message))
  await using client = await createContext(broker.factory())
  assert.equal(textOf(await client.request(queue, 'echo', { timeout: SOON })), 'echo')
})
