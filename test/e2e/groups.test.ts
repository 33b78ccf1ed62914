import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, TextMessage } from '@millrace/client'
import { SOON, startBroker } from './fixture.ts'

test('the first message of a group says so, and sequence -1 ends the group, which then begins anew', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('GROUPS')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer(queue)
  const send = async (text: string, sequence: number): Promise<void> => {
    const message = session.createTextMessage(text)
    message.setStringProperty('JMSXGroupID', 'g')
    message.setIntProperty('JMSXGroupSeq', sequence)
    await producer.send(message)
  }
  await send('first', 1)
  await send('second', 2)
  await send('last', -1)
  await send('first again', 1)
  const heard: (readonly [string | null | undefined, boolean])[] = []
  for (let i = 0; i < 4; i++) heard.push(described(await consumer.receive(SOON)))
  assert.deepEqual(heard, [
    ['first', true],
    ['second', false],
    ['last', false],
    ['first again', true],
  ])
})

function described(message: Message | null): readonly [string | null | undefined, boolean] {
  assert.ok(message instanceof TextMessage)
  return [message.text, message.getBooleanProperty('JMSXGroupFirstForConsumer')]
}
