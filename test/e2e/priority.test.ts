import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SOON, startBroker, textOf } from './fixture.ts'

test('what waits in the client is handed over by priority when that is asked for', async (t) => {
  assert.deepEqual(await handedOver(t, true), ['urgent', 'usual', 'low'])
})

test('otherwise what waits in the client keeps its order', async (t) => {
  assert.deepEqual(await handedOver(t, false), ['low', 'urgent', 'usual'])
})

async function handedOver(t: TestContext, messagePrioritySupported: boolean): Promise<string[]> {
  const broker = await startBroker(t)
  const connection = await broker.factory({ messagePrioritySupported }).createConnection()
  t.after(() => connection.close())
  const session = await connection.createSession()
  const queue = session.createQueue('PRIORITY')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('low'), { priority: 1 })
  await producer.send(session.createTextMessage('urgent'), { priority: 9 })
  await producer.send(session.createTextMessage('usual'), { priority: 4 })
  // Delivered to the client by now, and not started yet: they wait here.
  await connection.sync()
  await connection.start()
  const heard: string[] = []
  for (let i = 0; i < 3; i++) heard.push(textOf(await consumer.receive(SOON)))
  return heard
}
