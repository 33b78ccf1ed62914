import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@millrace/base'
import { SOON, startBroker, textOf } from './fixture.ts'

test('close gives a listener that does not return only closeTimeout, and its message comes again', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.factory({ closeTimeout: 20 }).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('SHUTDOWN')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer(queue)
  const told = new Promise<AbortSignal>((resolve) => {
    void consumer.setMessageListener((_, signal) => {
      resolve(signal)
      return new Promise(() => {})
    })
  })
  await producer.send(session.createTextMessage('work'))
  const signal = await told
  await connection.close()
  assert.equal(signal.aborted, true)
  const next = await (await broker.connect()).createSession()
  const again = await (await next.createConsumer(next.createQueue('SHUTDOWN'))).receive(SOON)
  assert.equal(textOf(again), 'work')
  assert.equal(again?.jmsRedelivered, true)
})

test('messages for a connection that nobody started are told in the log, once', async (t) => {
  const broker = await startBroker(t)
  const warnings: string[] = []
  let heard: () => void = () => {}
  const warned = new Promise<void>((resolve) => {
    heard = resolve
  })
  const log = {
    ...silentLogger,
    warn: (_: object, message: string): void => {
      warnings.push(message)
      heard()
    },
  }
  const connection = await broker.factory({ log, warnAboutUnstartedConnectionTimeout: 1 }).createConnection()
  t.after(() => connection.close())
  const session = await connection.createSession()
  const queue = session.createQueue('NOT.STARTED')
  await session.createConsumer(queue)
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('one'))
  await producer.send(session.createTextMessage('two'))
  await warned
  await connection.sync()
  assert.deepEqual(warnings, ['messages have arrived, but start() was not called: nothing is delivered'])
})
