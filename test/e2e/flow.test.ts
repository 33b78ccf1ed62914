import { DeliveryMode } from '@millrace/client'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker, textOf } from './fixture.ts'

const BODY = 'x'.repeat(4_000)

test('one connection sends one-way into a full queue and consumes from it, and everything arrives in order', async (t) => {
  const { connect, service } = await startBroker(t, { limits: { memoryBytesMax: 200_000, parkedBytesMax: 100_000 } })
  const connection = await connect({ useAsyncSend: true })
  const consuming = await connection.createSession()
  const consumer = await consuming.createConsumer(consuming.createQueue('ORDERS?consumer.prefetchSize=5'))
  const sending = await connection.createSession()
  const producer = await sending.createProducer(sending.createQueue('ORDERS'))
  producer.deliveryMode = DeliveryMode.NON_PERSISTENT
  const count = 3_000
  const received: string[] = []
  const { promise, resolve } = deferred()
  await consumer.setMessageListener((message) => {
    received.push(textOf(message).slice(0, 5).trim())
    if (received.length === count) resolve()
  })
  for (let i = 0; i < count; i++) await producer.send(sending.createTextMessage(`${i}`.padEnd(6) + BODY))
  await promise
  assert.deepEqual(
    received,
    Array.from({ length: count }, (_, i) => `${i}`),
  )
  assert.ok(service.broker.parking.blocked.sends > 0, 'the queue was full')
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
