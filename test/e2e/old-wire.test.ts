import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory, JMSError } from '@millrace/client'
import { next } from './failover-fixture.ts'
import { startBroker } from './fixture.ts'

// OpenWire 1 has no MessagePull. A listener with prefetch 0 ended the process there, with an exception nobody could catch.

test('a consumer that has to pull says that OpenWire 1 cannot', async (t) => {
  const { url } = await startBroker(t)
  const connection = await new ConnectionFactory(`${url}?wireFormat.version=1`).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'), { prefetchSize: 0 })
  await assert.rejects(consumer.receive(), { code: 'COMMAND_UNSUPPORTED' })
  await assert.rejects(consumer.receive(10), { code: 'COMMAND_UNSUPPORTED' })

  const failed = next(connection, 'exception')
  await consumer.setMessageListener(() => {})
  assert.ok((await failed) instanceof JMSError)
})
