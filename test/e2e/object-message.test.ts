import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageFormatError, ObjectMessage, readJavaObject, javaClassName } from '@millrace/client'
import { SOON, startBroker } from './fixture.ts'

// TC_STRING "hi"
const TEXT = Buffer.from('aced00057400026869', 'hex')

for (const useCompression of [false, true]) {
  test(`an object message is read when it is plain data, ${useCompression ? 'compressed' : 'plain'}`, async (t) => {
    const broker = await startBroker(t)
    const connection = await broker.connect({ useCompression })
    const session = await connection.createSession()
    const queue = session.createQueue('OBJECTS')
    const producer = await session.createProducer(queue)
    const consumer = await session.createConsumer(queue)
    await producer.send(session.createObjectMessage(TEXT))
    await producer.send(session.createObjectMessage(Buffer.from('not java')))
    await producer.send(session.createObjectMessage())
    const received = await consumer.receive(SOON)
    assert.ok(received instanceof ObjectMessage)
    assert.equal(javaClassName(received.bodyBytes ?? Buffer.alloc(0)), 'java.lang.String')
    assert.equal(readJavaObject(received), 'hi')
    assert.deepEqual(received.bodyBytes, TEXT)
    const other = await consumer.receive(SOON)
    assert.ok(other instanceof ObjectMessage)
    assert.equal(javaClassName(other.bodyBytes ?? Buffer.alloc(0)), null)
    assert.throws(() => readJavaObject(other), MessageFormatError)
    const empty = await consumer.receive(SOON)
    assert.ok(empty instanceof ObjectMessage)
    assert.equal(readJavaObject(empty), null)
  })
}
