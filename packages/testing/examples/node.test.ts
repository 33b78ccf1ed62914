import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '@millrace/client'
import { testBroker } from '@millrace/testing'

/** What is tested here: confirms each order, or gives it up after the second try. */
async function confirmOrders(connection: Connection): Promise<void> {
  const session = await connection.createSession()
  const confirmations = await session.createProducer(session.createQueue('CONFIRMED'))
  const orders = await session.createConsumer(session.createQueue('ORDERS'))
  await orders.setMessageListener(async (order) => {
    if (order.getIntProperty('count') <= 0) throw new Error('nothing was ordered')
    await confirmations.send(order)
  })
}

test('an order is confirmed', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  await confirmOrders(connection)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  const order = session.createTextMessage('wheel')
  order.setIntProperty('count', 3)
  await producer.send(order)
  await broker.drained('ORDERS')
  assert.deepEqual(
    broker.sent('CONFIRMED').map(({ text, properties }) => [text, properties]),
    [['wheel', { count: 3 }]],
  )
})

test('what cannot be confirmed is given up, a day of waiting in no time', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect({
    redeliveryPolicy: { maximumRedeliveries: 1, initialRedeliveryDelay: 86_400_000 },
  })
  await confirmOrders(connection)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  const order = session.createTextMessage('nothing')
  order.setIntProperty('count', 0)
  await producer.send(order)
  await broker.clock.advance('23h')
  assert.deepEqual(await broker.deadLetters(), [])
  await broker.clock.advance('1h')
  const [letter] = await broker.deadLetters()
  assert.equal(letter?.text, 'nothing')
  assert.equal(letter.origin, 'queue://ORDERS')
})
