import { testBroker } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

/** @type {import('@millrace/testing').TestBroker} */
let broker

beforeAll(async () => {
  broker = await testBroker()
})
beforeEach(() => broker.purge())
afterAll(() => broker.close())

test('an order arrives', async () => {
  const connection = await broker.connect()
  const session = await connection.createSession()
  const orders = session.createQueue('ORDERS')
  await (await session.createProducer(orders)).send(session.createTextMessage('wheel'))
  const consumer = await session.createConsumer(orders)
  expect((await consumer.receive(5000))?.text).toBe('wheel')
  await broker.drained()
  expect(broker.sent('ORDERS')).toMatchObject([{ text: 'wheel', persistent: true }])
})

test('a lost answer is an error, although the broker has the message', async () => {
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  broker.faults.cut('send', { at: 'beforeAnswer' })
  await expect(producer.send(session.createTextMessage('axle'))).rejects.toMatchObject({ outcome: 'unknown' })
  expect(broker.queue('ORDERS').count).toBe(1)
})
