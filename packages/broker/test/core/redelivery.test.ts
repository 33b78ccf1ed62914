import { findPrimitive } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { at, numbers, type Received, World } from './world.ts'

async function five(): Promise<{ world: World; client: ReturnType<World['connect']> }> {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 5)) client.post('Q', text)
  world.run()
  return { world, client }
}

function counts(received: readonly Received[]): string[] {
  return received.map((one) => `${one.text}:${one.redeliveries}`)
}

test('what a closed consumer had comes back in order ahead of the queue', async () => {
  const { client } = await five()
  const first = client.consume('Q', { prefetch: 2 })
  const second = client.consume('Q', { prefetch: 2 })
  assert.deepEqual(
    [first.take(), second.take()],
    [
      ['1', '2'],
      ['3', '4'],
    ],
  )
  second.close(-1)
  first.close(-1)
  assert.deepEqual(client.consume('Q').texts, numbers(1, 5))
})

test('messages up to the last delivered one count as delivered once more', async () => {
  const { client } = await five()
  const consumer = client.consume('Q')
  consumer.close((consumer.received[2] as Received).key)
  assert.deepEqual(counts(client.consume('Q').received), ['1:1', '2:1', '3:1', '4:0', '5:0'])
})

test('when nothing was delivered nothing counts, when nobody knows everything does', async () => {
  const { client } = await five()
  client.consume('Q').close(-1)
  const second = client.consume('Q')
  assert.deepEqual(counts(second.received), ['1:0', '2:0', '3:0', '4:0', '5:0'])
  second.close(-2)
  assert.deepEqual(counts(client.consume('Q').received), ['1:1', '2:1', '3:1', '4:1', '5:1'])
})

test('a last delivered message that is not outstanding any more says that none was delivered', async () => {
  const { client } = await five()
  const consumer = client.consume('Q')
  const one = consumer.received[0] as Received
  consumer.ack(one)
  consumer.close(one.key)
  assert.deepEqual(counts(client.consume('Q').received), ['2:0', '3:0', '4:0', '5:0'])
})

test('the end of a connection counts for everything that its consumers had', async () => {
  const { world, client } = await five()
  const other = world.connect()
  other.consume('Q', { prefetch: 3 })
  other.crash()
  assert.deepEqual(counts(client.consume('Q').received), ['1:1', '2:1', '3:1', '4:0', '5:0'])
})

test('a redelivered acknowledgement counts and removes nothing', async () => {
  const { client } = await five()
  const consumer = client.consume('Q')
  consumer.ack(consumer.received[1] as Received, { kind: AckKind.Redelivered, count: 2 })
  assert.equal(consumer.subscription.outstanding.length, 5)
  consumer.close(-1)
  assert.deepEqual(counts(client.consume('Q').received), ['1:1', '2:1', '3:0', '4:0', '5:0'])
})

test('a poisoned message moves to the dead letter queue and says where it was and why', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  const expiration = world.clock.now() + 60_000
  client.send('Q', 'bad', { expiration })
  const reply = client.ask((one) =>
    consumer.ackLater(consumer.received[0] as Received, { kind: AckKind.Poison, cause: 'it would not go down' }, one),
  )
  assert.equal(reply.code, null)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  const [letter] = client.consume('ActiveMQ.DLQ').received
  assert.ok(letter !== undefined)
  assert.equal(letter.text, 'bad')
  assert.equal(letter.destination, 'queue://ActiveMQ.DLQ')
  assert.equal(letter.message.originalDestination?.text, 'queue://Q')
  assert.equal(letter.message.expiration, 0)
  const properties = letter.message.properties as Buffer
  assert.equal(findPrimitive(properties, 'originalExpiration')?.value, BigInt(expiration))
  assert.equal(findPrimitive(properties, 'dlqDeliveryFailureCause')?.value, 'it would not go down')
})

test('a poisoned message is moved by one commit and seen in neither queue before that', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  const letters = client.consume('ActiveMQ.DLQ')
  client.send('Q', 'bad')
  const reply = world.reply()
  consumer.ackLater(consumer.received[0] as Received, { kind: AckKind.Poison }, reply)
  assert.equal(reply.code, undefined)
  assert.equal(world.store.queue('queue://Q').count, 0)
  assert.equal(world.store.queue('queue://ActiveMQ.DLQ').count, 1)
  assert.deepEqual(letters.texts, [])
  world.run()
  assert.deepEqual(letters.texts, ['bad'])
})

test('a poisoned message that is not persistent is dropped, and so is one of the dead letter queue itself', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'fleeting', { persistent: false })
  consumer.ack(consumer.takeAll()[0] as Received, { kind: AckKind.Poison })
  client.send('Q', 'bad')
  consumer.ack(consumer.takeAll()[0] as Received, { kind: AckKind.Poison })
  const letters = client.consume('ActiveMQ.DLQ')
  assert.deepEqual(letters.texts, ['bad'])
  letters.ack(letters.received[0] as Received, { kind: AckKind.Poison })
  assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a poison acknowledgement covers a range', async () => {
  const { client } = await five()
  const consumer = client.consume('Q')
  consumer.ack(consumer.received[2] as Received, { kind: AckKind.Poison, count: 3 })
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['1', '2', '3'])
})

test('an expired message is dropped on arrival', async () => {
  const world = await World.open()
  const client = world.connect()
  assert.equal(client.send('Q', 'late', { expiration: world.clock.now() - 1 }).code, null)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
})

test('a message that expires in its queue goes to the dead letter queue if it is persistent', async () => {
  const world = await World.open()
  const client = world.connect()
  const expiration = world.clock.now() + 1000
  client.send('Q', 'stored', { expiration })
  client.send('Q', 'fleeting', { expiration, persistent: false })
  client.send('Q', 'fresh')
  world.clock.advance(1000)
  assert.deepEqual(client.consume('Q').texts, ['fresh'])
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['stored'])
})

test('expired messages are found although nobody consumes', async () => {
  const world = await World.open({ limits: { expiryScanMax: 10 } })
  const client = world.connect()
  for (const text of numbers(1, 35)) client.post('Q', text, { expiration: world.clock.now() + 1000 })
  world.run()
  world.pass(40_000)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.equal(world.broker.queue(at('ActiveMQ.DLQ'))?.count, 35)
})

test('an expired acknowledgement drops the message as expired', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'one')
  assert.equal(consumer.ack(consumer.received[0] as Received, { kind: AckKind.Expired }).code, null)
  assert.equal(world.broker.queue(at('Q'))?.count, 0)
  assert.deepEqual(client.consume('ActiveMQ.DLQ').texts, ['one'])
})
