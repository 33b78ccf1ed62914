import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bytesCodec,
  CodecRegistry,
  CONTENT_TYPE,
  createJsonMessage,
  jsonCodec,
  MessageFormatError,
  type Queue,
  textCodec,
  TextMessage,
  typedConsumer,
  typedProducer,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

interface Order {
  readonly item: string
  readonly count: number
}

function order(value: unknown): Order {
  if (typeof value === 'object' && value !== null && 'item' in value && 'count' in value) {
    if (typeof value.item === 'string' && typeof value.count === 'number')
      return { item: value.item, count: value.count }
  }
  throw new TypeError('not an order')
}

test('a typed queue carries values of its type, with headers and properties', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const orders: Queue<Order> = session.createQueue<Order>('TYPED')
  const producer = await typedProducer<Order, { region: string }>(session, orders)
  const consumer = await typedConsumer(session, orders, { selector: "region = 'EU'" })
  await producer.send({ item: 'nut', count: 1 }, { properties: { region: 'US' } })
  await producer.send(
    { item: 'wheel', count: 3 },
    { properties: { region: 'EU' }, correlationID: 'c', type: 'order', groupID: 'g', priority: 8 },
  )
  const received = await consumer.receive(SOON)
  assert.deepEqual(received?.body, { item: 'wheel', count: 3 })
  const { message } = received
  assert.equal(message.getStringProperty(CONTENT_TYPE), 'application/json')
  assert.equal(message.jmsCorrelationID, 'c')
  assert.equal(message.jmsType, 'order')
  assert.equal(message.getStringProperty('JMSXGroupID'), 'g')
  assert.equal(message.jmsPriority, 8)
  assert.ok(message instanceof TextMessage)
  // The compiler knows the type: this line would not build with another.
  const count: number = received.body.count
  assert.equal(count, 3)
})

test('what is no such value goes to the dead letter queue with the reason, and the next one follows', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  connection.on('internalError', () => {})
  const session = await connection.createSession()
  const orders = session.createQueue<Order>('CHECKED')
  const codec = jsonCodec({ validate: order })
  const plain = await session.createProducer(orders)
  await plain.send(session.createTextMessage('{ not json'))
  await plain.send(session.createTextMessage('{"item":7}'))
  await plain.send(session.createBytesMessage(Buffer.from('{"item":"bytes","count":1}')))
  const xml = session.createTextMessage('<order/>')
  xml.setStringProperty(CONTENT_TYPE, 'text/xml; charset=utf-8')
  await plain.send(xml)
  const producer = await typedProducer(session, orders, codec)
  await assert.rejects(producer.send({ item: 'x' } as unknown as Order), /not an order/)
  await producer.send({ item: 'wheel', count: 3 })
  const consumer = await typedConsumer(session, orders, { codec })
  assert.deepEqual((await consumer.receive(SOON))?.body, { item: 'bytes', count: 1 })
  for await (const { body } of consumer) {
    assert.deepEqual(body, { item: 'wheel', count: 3 })
    break
  }
  await consumer.close()
  await session.close()
  const other = await connection.createSession()
  const dead = await other.createConsumer(other.createQueue('ActiveMQ.DLQ'))
  const causes: (string | null | undefined)[] = []
  while (causes.length < 3) causes.push((await dead.receive(SOON))?.getStringProperty('dlqDeliveryFailureCause'))
  assert.match(causes[0] ?? '', /the body is not JSON/)
  assert.deepEqual(causes.slice(1), ['not an order', 'the body is text/xml, not JSON'])
})

test('a typed listener gets bodies', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue<string>('TYPED.LISTENER')
  const consumer = await typedConsumer(session, queue, { codec: textCodec })
  const heard = new Promise<string>((resolve) => {
    void consumer.setListener(({ body }) => resolve(body))
  })
  await (await typedProducer(session, queue, textCodec)).send('hello')
  assert.equal(await heard, 'hello')
})

test('a registry reads each message by its content type', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('MIXED')
  const registry = new CodecRegistry().register({
    contentType: 'text/csv',
    encode: (body, factory) => factory.createTextMessage(String(body)),
    decode: (message) => textOf(message).split(','),
  })
  const plain = await session.createProducer(queue)
  await plain.send(createJsonMessage(session, { a: [1, null] }))
  await plain.send(registry.encode('x,y', 'text/csv; header=absent', session))
  await plain.send(registry.encode(Buffer.from([7]), bytesCodec.contentType, session))
  await plain.send(session.createTextMessage('no content type'))
  const consumer = await typedConsumer(session, queue, { codec: registry })
  const bodies: unknown[] = []
  while (bodies.length < 4) bodies.push((await consumer.receive(SOON))?.body)
  assert.deepEqual(bodies, [{ a: [1, null] }, ['x', 'y'], Buffer.from([7]), 'no content type'])
  assert.throws(() => registry.get('image/png'), /there are application\/json, text\/plain/)
})

test('what JSON has no word for is refused when it is sent', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  assert.throws(() => createJsonMessage(session, 1n), MessageFormatError)
  assert.throws(() => createJsonMessage(session, undefined), MessageFormatError)
  const circle: { self?: unknown } = {}
  circle.self = circle
  assert.throws(() => createJsonMessage(session, circle), MessageFormatError)
})
