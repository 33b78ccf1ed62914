import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcknowledgeMode, type MessageTransformer, TextMessage } from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

const SEAL: MessageTransformer = {
  producerTransform: (message, session) => {
    const sealed = session.createTextMessage(`sealed ${textOf(message)}`)
    sealed.jmsType = 'sealed'
    return sealed
  },
  consumerTransform: (message, session) => {
    if (!(message instanceof TextMessage) || message.text?.startsWith('sealed ') !== true) {
      throw new TypeError('not sealed')
    }
    return session.createTextMessage(message.text.slice('sealed '.length))
  },
}

test('a transformer of the factory changes what is sent and what is received', async (t) => {
  const broker = await startBroker(t)
  const plain = await (await broker.connect()).createSession()
  const connection = await broker.connect({ transformer: SEAL })
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('SEALED')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('one'))
  await producer.send(session.createTextMessage('two'))
  const raw = await (await plain.createConsumer(queue)).receive(SOON)
  assert.equal(textOf(raw), 'sealed one')
  assert.equal(raw?.jmsType, 'sealed')
  await plain.close()
  const consumer = await session.createConsumer(queue)
  const received = await consumer.receive(SOON)
  assert.equal(textOf(received), 'two')
  // What was put in its place can be settled like the original.
  await received?.acknowledge()
  await consumer.close()
  const next = await session.createConsumer(queue)
  await connection.sync()
  assert.equal(await next.receiveNoWait(), null)
})

test('a message that a transformer refuses goes to the dead letter queue, and the next one follows', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ transformer: SEAL })
  const failures: string[] = []
  connection.on('internalError', (error) => failures.push(error.message))
  const session = await connection.createSession()
  const queue = session.createQueue('UNSEALED')
  const open = await session.createProducer(queue)
  open.transformer = null
  await open.send(session.createTextMessage('not sealed'))
  await (await session.createProducer(queue)).send(session.createTextMessage('fine'))
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'fine')
  assert.deepEqual(failures, ['a message was given up: not sealed'])
  session.transformer = null
  const dead = await (await session.createConsumer(session.createQueue('ActiveMQ.DLQ'))).receive(SOON)
  assert.equal(dead?.getStringProperty('dlqDeliveryFailureCause'), 'not sealed')
})

test('when a transformer throws, the send rejects and nothing is sent', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('REFUSED')
  const producer = await session.createProducer(queue)
  producer.transformer = {
    producerTransform: () => {
      throw new RangeError('too secret')
    },
  }
  await assert.rejects(producer.send(session.createTextMessage('x')), /too secret/)
  await connection.sync()
  assert.equal(await (await session.createConsumer(queue)).receive(5), null)
})
