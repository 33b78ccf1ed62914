import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  type Connection,
  ConnectionFailedError,
  type JMSError,
  JMSSecurityError,
  ResourceAllocationError,
  TransactionRolledBackError,
} from '@millrace/client'
import { testBroker } from '../src/index.ts'
import { deskOf, SOON, textOf } from './fixture.ts'

function lost(connection: Connection): Promise<JMSError | null> {
  return new Promise((resolve) => {
    connection.on('closed', ({ error }) => resolve(error))
  })
}

for (const [at, arrives, outcome] of [
  ['before', false, 'unknown'],
  ['beforeAnswer', true, 'unknown'],
] as const) {
  test(`a link cut ${at} fails the send, and the broker ${arrives ? 'has' : 'does not have'} the message`, async () => {
    await using broker = await testBroker()
    const { session, producer, consumer } = await deskOf(broker, 'Q')
    await consumer.close()
    const fault = broker.faults.cut('send', { nth: 2, at })
    const gone = lost(session.connection)
    await producer.send(session.createTextMessage('1'))
    await assert.rejects(producer.send(session.createTextMessage('2')), (error) => {
      assert.ok(error instanceof ConnectionFailedError)
      assert.equal(error.outcome, outcome)
      return true
    })
    await fault.happened
    assert.ok((await gone) instanceof ConnectionFailedError)
    await broker.drained('NOTHING')
    assert.deepEqual(
      (await broker.messages('Q')).map((message) => message.text),
      arrives ? ['1', '2'] : ['1'],
    )
  })
}

test('a link cut after the answer comes too late for the send', async () => {
  await using broker = await testBroker()
  const { session, producer } = await deskOf(broker, 'Q')
  broker.faults.cut('send', { at: 'afterAnswer' })
  const gone = lost(session.connection)
  await producer.send(session.createTextMessage('1'))
  assert.ok((await gone) instanceof ConnectionFailedError)
  assert.equal(broker.sent('Q').length, 1)
})

test('a command without an answer is cut behind itself', async () => {
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  broker.faults.cut('send')
  const gone = lost(session.connection)
  await producer.send(session.createTextMessage('1'), { deliveryMode: 1 })
  await gone
  assert.equal(broker.sent('Q').length, 1)
})

test('a commit whose answer is lost may have happened', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('Q'))
  broker.faults.cut('commit')
  await producer.send(session.createTextMessage('1'))
  await assert.rejects(session.commit())
  assert.equal(broker.queue('Q').count, 1)
})

test('a message whose acknowledgement is lost comes again', async () => {
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  broker.faults.cut('acknowledge', { at: 'before' })
  const gone = lost(session.connection)
  await producer.send(session.createTextMessage('1'))
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  await gone
  const again = await (await deskOf(broker, 'Q')).consumer.receive(SOON)
  assert.equal(textOf(again), '1')
  assert.equal(again?.jmsRedelivered, true)
})

test('a cut dispatch does not reach its consumer', async () => {
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const got: string[] = []
  await consumer.setMessageListener((message) => void got.push(textOf(message)))
  broker.faults.cut('dispatch', { nth: 2, at: 'before' })
  const gone = lost(session.connection)
  await producer.send(session.createTextMessage('1'))
  void producer.send(session.createTextMessage('2')).catch(() => {})
  await gone
  assert.deepEqual(got, ['1'])
})

test('a delayed answer comes when it is released, and what follows comes behind it', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  const held = broker.faults.delay('send')
  const done: string[] = []
  void producer.send(session.createTextMessage('1')).then(() => done.push('1'))
  void producer.send(session.createTextMessage('2')).then(() => done.push('2'))
  await broker.clock.advance('1s')
  assert.equal(broker.queue('Q').count, 2)
  assert.deepEqual(done, [])
  held.release()
  await broker.clock.settle()
  assert.deepEqual(done, ['1', '2'])
})

test('a delay ends when its time is over', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer } = await deskOf(broker, 'Q')
  broker.faults.delay('send', { by: '5s' })
  let done = false
  void producer.send(session.createTextMessage('1')).then(() => {
    done = true
  })
  await broker.clock.advance('4999ms')
  assert.equal(done, false)
  await broker.clock.advance(1)
  assert.equal(done, true)
})

test('a delayed dispatch keeps the order', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const got: string[] = []
  await consumer.setMessageListener((message) => void got.push(textOf(message)))
  broker.faults.delay('dispatch', { nth: 2, by: '10s' })
  for (const text of ['1', '2', '3']) void producer.send(session.createTextMessage(text))
  await broker.clock.advance('9s')
  assert.deepEqual(got, ['1'])
  await broker.clock.advance('1s')
  assert.deepEqual(got, ['1', '2', '3'])
})

test('a duplicate dispatch comes twice', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  const got: string[] = []
  await consumer.setMessageListener((message) => void got.push(textOf(message)))
  broker.faults.duplicate({ nth: 2 })
  for (const text of ['1', '2', '3']) await producer.send(session.createTextMessage(text))
  await broker.clock.settle()
  assert.deepEqual(got, ['1', '2', '2', '3'])
})

test('a refused send rejects with what the code means to a client', async () => {
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  broker.faults.refuse('send', { nth: 2 })
  broker.faults.refuse('send', { nth: 3, code: 'STORE_FULL', message: 'no room' })
  await producer.send(session.createTextMessage('1'))
  await assert.rejects(producer.send(session.createTextMessage('2')), JMSSecurityError)
  await assert.rejects(producer.send(session.createTextMessage('3')), (error) => {
    return error instanceof ResourceAllocationError && error.message.includes('no room')
  })
  await producer.send(session.createTextMessage('4'))
  assert.deepEqual(
    (await broker.messages('Q')).map((message) => message.text),
    ['1', '4'],
  )
  assert.deepEqual(
    broker.sent('Q').map((message) => message.text),
    ['1', '4'],
  )
})

test('a transaction with a refused send cannot be committed', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  connection.on('exception', () => {})
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('Q'))
  broker.faults.refuse('send', { nth: 2, code: 'MEMORY_FULL' })
  for (const text of ['1', '2']) await producer.send(session.createTextMessage(text))
  await assert.rejects(session.commit(), TransactionRolledBackError)
  assert.equal(broker.queue('Q').count, 0)
})

test('connections, producers and consumers can be refused, too', async () => {
  await using broker = await testBroker()
  broker.faults.refuse('connect')
  await assert.rejects(broker.connect(), JMSSecurityError)
  const connection = await broker.connect()
  const session = await connection.createSession()
  broker.faults.refuse('consumer', { code: 'LIMIT_REACHED' })
  await assert.rejects(session.createConsumer(session.createQueue('Q')), ResourceAllocationError)
  await session.createConsumer(session.createQueue('Q'))
})

test('a fault that was taken back does not strike', async () => {
  await using broker = await testBroker()
  const { session, producer } = await deskOf(broker, 'Q')
  broker.faults.cut('send').cancel()
  broker.faults.refuse('send')
  broker.faults.delay('send')
  broker.faults.clear()
  await producer.send(session.createTextMessage('1'))
  assert.throws(() => broker.faults.cut('send', { nth: 0 }), { code: 'CONFIGURATION_INVALID' })
})

test('every link can be cut at once, and who connects again finds everything', async () => {
  await using broker = await testBroker()
  const one = await deskOf(broker, 'Q')
  const other = await deskOf(broker, 'R')
  await one.consumer.close()
  await one.producer.send(one.session.createTextMessage('1'))
  const gone = Promise.all([lost(one.session.connection), lost(other.session.connection)])
  broker.faults.cutAll()
  await gone
  assert.equal(textOf(await (await deskOf(broker, 'Q')).consumer.receive(SOON)), '1')
})

test('silence ends when it is released, and then everything comes', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const got: string[] = []
  await consumer.setMessageListener((message) => void got.push(textOf(message)))
  const silence = broker.faults.silence()
  const sent = ['1', '2'].map((text) => producer.send(session.createTextMessage(text)))
  await broker.clock.advance('5s')
  assert.deepEqual(got, [])
  assert.equal(broker.sent('Q').length, 2)
  silence.release()
  await Promise.all(sent)
  await broker.drained('Q')
  assert.deepEqual(got, ['1', '2'])
})
