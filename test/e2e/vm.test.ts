import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findVm } from '@millrace/base'
import { ConnectionFactory, ConnectionFailedError } from '@millrace/client'
import { BrokerService } from 'millrace'
import { SOON, textOf } from './fixture.ts'

test('vm: finds a broker of this process', async () => {
  const service = new BrokerService({ memory: true, vmName: 'vm-test' })
  await service.start()
  const connection = await new ConnectionFactory('vm://vm-test').createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('VM')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await Promise.all(['a', 'b', 'c'].map((text) => producer.send(session.createTextMessage(text))))
  for (const text of ['a', 'b', 'c']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await connection.close()
  await service.stop()
})

test('vm: makes a broker on demand, which goes with its last connection', async () => {
  const factory = new ConnectionFactory('vm://on-demand')
  const [one, two] = await Promise.all([factory.createConnection(), factory.createConnection()])
  const session = await one.createSession()
  await (await session.createProducer(session.createQueue('Q'))).send(session.createTextMessage('shared'))
  await one.close()
  await two.start()
  const other = await two.createSession()
  assert.equal(textOf(await (await other.createConsumer(other.createQueue('Q'))).receive(SOON)), 'shared')
  assert.notEqual(findVm('on-demand'), undefined)
  await two.close()
  assert.equal(findVm('on-demand'), undefined)
})

test('vm: with create=false there must be one', async () => {
  await assert.rejects(new ConnectionFactory('vm://nobody?create=false').createConnection(), ConnectionFailedError)
})
