import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { AcknowledgeMode, idempotent, MemorySeenStore, type Message } from '@millrace/client'
import { startBroker, textOf } from './fixture.ts'

test('a message that comes twice is handled once, and one that failed is tried again', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0, redeliveryDelay: 0 } })
  const session = await connection.createSession()
  const queue = session.createQueue('ONCE')
  const producer = await session.createProducer(queue)
  for (const [order, text] of [
    ['1', 'first'],
    ['1', 'the same again'],
    ['2', 'fails once'],
    [null, 'no key'],
    [null, 'no key'],
    ['3', 'end'],
  ] as const) {
    const message = session.createTextMessage(text)
    if (order !== null) message.setStringProperty('order', order)
    await producer.send(message)
  }
  const handled: string[] = []
  const duplicates: string[] = []
  const consumer = await session.createConsumer(queue)
  await new Promise<void>((resolve) => {
    const handler = (message: Message): void => {
      const text = textOf(message)
      handled.push(text)
      if (text === 'fails once' && message.deliveryCount === 1) throw new RangeError('the database was away')
      if (text === 'end') resolve()
    }
    void consumer.setMessageListener(
      idempotent(handler, {
        key: (message) => message.getStringProperty('order'),
        onDuplicate: (message, key) => duplicates.push(`${key} ${textOf(message)}`),
      }),
    )
  })
  assert.deepEqual(handled, ['first', 'fails once', 'fails once', 'no key', 'no key', 'end'])
  assert.deepEqual(duplicates, ['1 the same again'])
})

test('of two at once the second waits for the first, and tries itself when that failed', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { initialRedeliveryDelay: 0, redeliveryDelay: 0 } })
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('AT.ONCE')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('a'))
  await producer.send(session.createTextMessage('a'))
  let running = 0
  let calls = 0
  const consumer = await session.createConsumer(queue, { concurrency: 2 })
  await new Promise<void>((resolve) => {
    const handler = async (): Promise<void> => {
      running++
      calls++
      assert.equal(running, 1)
      await connection.sync()
      running--
      if (calls === 1) throw new RangeError('the first time')
    }
    let done = 0
    const once = idempotent(handler, { key: textOf })
    void consumer.setMessageListener(async (message, signal) => {
      await once(message, signal)
      await message.acknowledge()
      done++
      if (done === 2) resolve()
    })
  })
  assert.equal(calls, 2)
})

test('the store in memory forgets the oldest, by number and by age', () => {
  const clock = new ManualClock(0)
  const store = new MemorySeenStore({ max: 2, timeToLive: 1000, clock })
  store.add('a')
  store.add('b')
  store.add('c')
  assert.deepEqual([store.has('a'), store.has('b'), store.has('c')], [false, true, true])
  clock.advance(600)
  store.add('b')
  clock.advance(400)
  assert.deepEqual([store.has('b'), store.has('c')], [true, false])
  assert.equal(store.size, 1)
})
