import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, DeliveryMode, type JMSError, ResourceAllocationError } from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

const PLENTY = 1_000_000_000

test('no more sends wait than maxSendsWaiting says; the next is refused, and room is given back', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(relay.url, { maxSendsInFlight: 1, maxSendsWaiting: 3 })
  const connection = await factory.createConnection()
  await connection.start()
  const session = await connection.createSession()
  const other = await connection.createSession()
  const queue = session.createQueue('WAITING')
  const producer = await session.createProducer(queue)
  const second = await other.createProducer(queue)
  relay.hold()
  const controller = new AbortController()
  const sends = ['a', 'b', 'c'].map((text) => producer.send(session.createTextMessage(text)))
  const given = assert.rejects(second.send(other.createTextMessage('up'), { signal: controller.signal }))
  assert.equal(connection.sendsWaiting, 3)
  await assert.rejects(producer.send(session.createTextMessage('refused')), ResourceAllocationError)
  // One that is given up makes room.
  controller.abort()
  await given
  sends.push(producer.send(session.createTextMessage('d')))
  await assert.rejects(producer.send(session.createTextMessage('refused')), ResourceAllocationError)
  relay.release()
  await Promise.all(sends)
  assert.equal(connection.sendsWaiting, 0)
  assert.equal(connection.bytesWaiting, 0)
  const consumer = await session.createConsumer(queue)
  for (const text of ['a', 'b', 'c', 'd']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await connection.close()
})

test('the bytes that wait are limited, too', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(relay.url, { maxSendsInFlight: 1, maxBytesWaiting: 100_000 })
  const connection = await factory.createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('WAITING.BYTES'))
  relay.hold()
  const large = (): Promise<void> => producer.send(session.createTextMessage('x'.repeat(60_000)))
  const sends = [large(), large(), large()]
  await assert.rejects(large(), ResourceAllocationError)
  relay.release()
  await Promise.all(sends)
  await connection.close()
})

test('one-way sends that nobody awaits are limited without an unhandled rejection, and told as exceptions', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ maxSendsWaiting: 10, transport: { ioBufferSize: 10_000 } })
  const errors: JMSError[] = []
  connection.on('exception', (error) => errors.push(error))
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('WAITING.ONE.WAY'))
  producer.deliveryMode = DeliveryMode.NON_PERSISTENT
  // Within one turn nothing goes out.
  for (let i = 0; i < 30; i++) void producer.send(session.createTextMessage('x'.repeat(1000)))
  assert.ok(errors.length > 0 && errors.length < 30, `${errors.length} refused`)
  assert.ok(errors.every((error) => error instanceof ResourceAllocationError))
  const last = producer.send(session.createTextMessage('awaited'))
  await assert.rejects(last, ResourceAllocationError)
  await connection.sync()
  assert.equal(connection.sendsWaiting, 0)
  await producer.send(session.createTextMessage('room again'))
})

test('a lost connection ends what waits and leaves nothing counted', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(relay.url, { maxSendsInFlight: 1, maxBytesWaiting: PLENTY })
  const connection = await factory.createConnection()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('WAITING.LOST'))
  relay.hold()
  const sends = [1, 2, 3].map((n) => assert.rejects(producer.send(session.createTextMessage(String(n)))))
  assert.equal(connection.sendsWaiting, 2)
  relay.cut()
  await Promise.all(sends)
  assert.equal(connection.sendsWaiting, 0)
  await connection.close()
})
