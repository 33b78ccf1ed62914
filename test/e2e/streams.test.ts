/** Consumers and producers as streams of Node and of the Web. */
import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { AcknowledgeMode, type Message, readableOf, writableTo } from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'

test('messages stream from one queue into another, and no more are taken than are read', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const [from, to] = [session.createQueue('FROM'), session.createQueue('TO')]
  const filling = await session.createProducer(from)
  for (let number = 0; number < 200; number++) await filling.send(session.createTextMessage(String(number)))
  const consumer = await session.createConsumer(from)
  const producer = await session.createProducer(to)
  const source = readableOf(consumer)
  let count = 0
  await pipeline(
    source,
    async function* (messages: AsyncIterable<Message>) {
      for await (const message of messages) {
        assert.ok(consumer.statistics().messages - count <= 2, 'read ahead')
        count++
        yield message
        if (count === 200) return
      }
    },
    writableTo<Message>(producer, (message) => session.createTextMessage(`copy of ${textOf(message)}`)),
  )
  assert.equal(consumer.closed, false)
  const copies = await session.createConsumer(to)
  for (let number = 0; number < 200; number++) assert.equal(textOf(await copies.receive(SOON)), `copy of ${number}`)
})

test('the streams of the Web, too: a message that is read is acknowledged with the next one', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('WEB')
  const writer = Writable.toWeb(
    writableTo<string>(await session.createProducer(queue), (text) => session.createTextMessage(text)),
  ).getWriter()
  for (const text of ['a', 'b', 'c']) await writer.write(text)
  await writer.close()
  const consumer = await session.createConsumer(queue)
  const reader = Readable.toWeb(readableOf(consumer)).getReader()
  for (const text of ['a', 'b']) assert.equal(textOf((await reader.read()).value as Message), text)
  await reader.cancel()
  await consumer.close()
  const rest = await session.createConsumer(queue)
  assert.equal((await rest.receive(SOON))?.bodyAs('string') !== 'a', true, 'a was acknowledged when b was asked for')
})

test('a send that fails destroys the stream with its error, and a consumer that closes ends it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const wrong = writableTo<string>(producer, (text) => {
    if (text === 'bad') throw new RangeError('no such message')
    return session.createTextMessage(text)
  })
  await assert.rejects(pipeline(Readable.from(['good', 'bad', 'good']), wrong), RangeError)
  const consumer = await session.createConsumer(session.createQueue('EMPTY'))
  const ended = pipeline(readableOf(consumer), async (messages: AsyncIterable<Message>) => {
    for await (const _ of messages) assert.fail('there is nothing')
  })
  await consumer.close()
  await ended
  const stopping = new AbortController()
  const other = await session.createConsumer(session.createQueue('EMPTY'))
  const aborted = pipeline(readableOf(other, { signal: stopping.signal }), async (messages: AsyncIterable<Message>) => {
    for await (const _ of messages) assert.fail('there is nothing')
  })
  stopping.abort()
  await assert.rejects(aborted, { code: 'ABORTED' })
})
