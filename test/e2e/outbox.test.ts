/** Messages that wait in a file of this machine for a broker. */
import assert from 'node:assert/strict'
import { appendFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DeliveryMode, MapMessage, Outbox, OUTBOX_ID, type Queue, ResourceAllocationError } from '@millrace/client'
import { failover } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

function outboxFile(): string {
  return join(temporaryDirectory('outbox'), 'outbox')
}

test('what is put while no broker is there is sent in order when one comes', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('OUT')
  const outbox = await Outbox.open(session, outboxFile())
  await it.down()
  const message = session.createMapMessage({ wheels: 3 })
  message.jmsCorrelationID = 'order 1'
  await outbox.put(queue, message, { priority: 7, timeToLive: 3_600_000, deliveryMode: DeliveryMode.NON_PERSISTENT })
  await outbox.put(queue, session.createTextMessage('second'), { priority: 7 })
  assert.equal(outbox.count, 2)
  const drained = outbox.drained()
  await it.up()
  await drained
  assert.equal(outbox.count, 0)
  const consumer = await session.createConsumer(queue)
  const [first, second] = [await consumer.receive(SOON), await consumer.receive(SOON)]
  assert.ok(first instanceof MapMessage)
  assert.deepEqual([first.get('wheels'), first.jmsCorrelationID, first.jmsPriority], [3, 'order 1', 7])
  assert.equal(first.jmsDeliveryMode, DeliveryMode.NON_PERSISTENT)
  assert.ok(first.jmsExpiration > first.jmsTimestamp)
  assert.equal(textOf(second), 'second')
  assert.notEqual(first.getStringProperty(OUTBOX_ID), second?.getStringProperty(OUTBOX_ID))
  await outbox.close()
})

/** Puts while no broker can be reached, and goes. */
async function leave(t: TestContext, path: string, texts: readonly string[]): Promise<void> {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  await using outbox = await Outbox.open(session, path)
  await it.down()
  for (const text of texts) await outbox.put(session.createQueue('KEPT'), session.createTextMessage(text))
  assert.equal(outbox.count, texts.length)
}

test('what waits outlives its process, and half a record at the end of the file is cut off', async (t) => {
  const path = outboxFile()
  await leave(t, path, ['a', 'b'])
  await appendFile(path, Buffer.from([0, 0, 1, 0, 9, 9, 9, 9, 1, 0]))
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const outbox = await Outbox.open(session, path)
  await outbox.put(session.createQueue('KEPT'), session.createTextMessage('c'))
  await outbox.drained()
  const consumer = await session.createConsumer(session.createQueue('KEPT'))
  for (const text of ['a', 'b', 'c']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await outbox.close()
  // What was confirmed is not sent again.
  const again = await Outbox.open(session, path)
  assert.equal(again.count, 0)
  await again.close()
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('an outbox is bounded, and its file does not grow with what was sent', async (t) => {
  const path = outboxFile()
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue: Queue = session.createQueue('BOUNDED')
  const outbox = await Outbox.open(session, path, { bytesMax: 250_000 })
  await it.down()
  const large = (): Promise<void> => outbox.put(queue, session.createTextMessage('x'.repeat(100_000)))
  await large()
  await large()
  await assert.rejects(large(), ResourceAllocationError)
  assert.equal(outbox.count, 2)
  await it.up()
  await outbox.drained()
  for (let count = 0; count < 30; count++) {
    await large()
    await outbox.drained()
  }
  assert.ok((await stat(path)).size < 1_500_000)
  await outbox.close()
})

test('what a broker refuses is told, and the others are sent', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ wireFormat: { maxFrameSize: 10_000 } })
  const session = await connection.createSession()
  const queue = session.createQueue('REFUSED')
  await using outbox = await Outbox.open(session, outboxFile())
  const refused = new Promise<string>((resolve) => {
    outbox.on('refused', ({ error }) => resolve(error.code))
  })
  await outbox.put(queue, session.createTextMessage('x'.repeat(20_000)))
  await outbox.put(queue, session.createTextMessage('small'))
  assert.equal(await refused, '41300')
  assert.equal(textOf(await (await session.createConsumer(queue)).receive(SOON)), 'small')
  assert.equal(outbox.count, 1)
})
