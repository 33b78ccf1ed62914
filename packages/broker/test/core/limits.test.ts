import { MillraceError } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, numbers, type Received, World } from './world.ts'

test('a send that finds the memory full waits, and its answer comes late', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 5000 } })
  const client = world.connect()
  const sent = numbers(1, 7).map((text) => client.send('Q', text, { persistent: false }))
  assert.deepEqual(
    sent.map((reply) => reply.code),
    [null, null, null, null, null, undefined, undefined],
  )
  const consumer = client.consume('Q', { prefetch: 1 })
  assert.deepEqual(consumer.drain(), numbers(1, 7))
  assert.ok(sent.every((reply) => reply.code === null))
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('persistent messages of a queue do not wait for memory, they have the store', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 5000 } })
  const client = world.connect()
  for (const text of numbers(1, 7)) client.send('Q', text, { persistent: false })
  const other = world.connect()
  assert.equal(other.send('P', 'one').code, null)
  for (const text of numbers(2, 100)) assert.equal(other.send('P', text).code, null)
  assert.deepEqual(other.consume('P', { prefetch: 2 }).drain(), ['one', ...numbers(2, 100)])
})

test('a full store makes persistent sends wait, acknowledgements make space', async () => {
  const world = await World.open({ storeBytesMax: 3000 })
  const client = world.connect()
  const sent = numbers(1, 5).map((text) => client.send('Q', text))
  assert.deepEqual(
    sent.map((reply) => reply.code),
    [null, null, null, undefined, undefined],
  )
  const consumer = client.consume('Q')
  assert.deepEqual(consumer.takeAll().length, 3)
  consumer.close(-1)
  const again = client.consume('Q', { prefetch: 1 })
  again.ack(again.takeAll()[0] as Received)
  world.pass(200)
  assert.equal(sent[3]?.code, null)
})

test('a flush is answered behind everything that was sent before it, sends that wait for space included', async () => {
  const world = await World.open({ storeBytesMax: 1000 })
  const client = world.connect()
  const order: string[] = []
  const flush = (name: string): void => {
    world.broker.flush(client.connection, { done: (error) => order.push(`${name} ${error?.code ?? 'done'}`) })
  }
  flush('first')
  world.run()
  assert.deepEqual(order, ['first done'])
  client.send('Q', '1')
  flush('second')
  const waiting = client.send('Q', '2')
  flush('third')
  world.run()
  assert.deepEqual(order, ['first done', 'second done'])
  const consumer = client.consume('Q')
  consumer.ack(consumer.takeAll()[0] as Received)
  world.pass(200)
  assert.equal(waiting.code, null)
  assert.deepEqual(order, ['first done', 'second done', 'third done'])
})

test('a send fails instead of waiting where that is wanted', async () => {
  const world = await World.open({ storeBytesMax: 3000, limits: { sendFailIfNoSpace: true, memoryBytesMax: 8000 } })
  const client = world.connect()
  for (const text of numbers(1, 3)) client.send('Q', text)
  assert.equal(client.send('Q', '4').code, 'STORE_FULL')
  // Of what is stored nothing stays in memory: nobody consumes.
  for (const text of numbers(1, 8)) client.send('Q', text, { persistent: false })
  assert.equal(client.send('Q', '9', { persistent: false }).code, 'MEMORY_FULL')
})

test('a send fails after it has waited as long as it may', async () => {
  const world = await World.open({ storeBytesMax: 1000, limits: { sendFailIfNoSpaceAfterMs: 1000 } })
  const client = world.connect()
  client.send('Q', '1')
  const reply = client.send('Q', '2')
  world.pass(900)
  assert.equal(reply.code, undefined)
  world.pass(300)
  assert.equal(reply.code, 'STORE_FULL')
})

test('a connection that has parked too much stops being read, and goes on when there is space', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 5000, parkedBytesMax: 5000 } })
  const client = world.connect()
  const answers = numbers(1, 20).map((text) => {
    const reply = world.reply()
    const producer = client.producer('Q')
    return world.broker.send(producer, client.message('Q', text, { persistent: false }), reply)
  })
  world.run()
  assert.equal(answers.filter((answer) => !answer).length, 1, 'it is told once')
  assert.equal(client.resumed, 0)
  const consumer = client.consume('Q', { prefetch: 1 })
  assert.deepEqual(consumer.drain(), numbers(1, 20))
  assert.equal(client.resumed, 1)
})

test('everything but sends works on a connection whose sends wait', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 3000 } })
  const client = world.connect()
  for (const text of numbers(1, 6)) client.send('Q', text, { persistent: false })
  const consumer = client.consume('Q', { prefetch: 1 })
  consumer.ack(consumer.takeAll()[0] as Received)
  assert.deepEqual(consumer.take(), ['2'])
  client.begin('T1')
  assert.equal(client.commit('T1').code, null)
})

test('what a connection had parked when it went is answered and not sent', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 3000 } })
  const client = world.connect()
  const sent = numbers(1, 6).map((text) => client.send('Q', text, { persistent: false }))
  client.crash()
  assert.deepEqual(
    sent.map((reply) => reply.code),
    [null, null, null, 'CONNECTION_CLOSED', 'CONNECTION_CLOSED', 'CONNECTION_CLOSED'],
  )
  assert.deepEqual(world.connect().consume('Q').drain(), ['1', '2', '3'])
})

test('a connection that says goodbye goes after what it sent', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 3000 } })
  const client = world.connect()
  const sent = numbers(1, 6).map((text) => client.send('Q', text, { persistent: false }))
  const gone = client.goodbye()
  assert.equal(gone.code, undefined)
  assert.deepEqual(world.connect().consume('Q', { prefetch: 1 }).drain(), numbers(1, 6))
  assert.ok(sent.every((reply) => reply.code === null))
  assert.equal(gone.code, null)
  assert.equal(client.connection.removed, true)
})

test('a parked send that expires meanwhile is dropped', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 2000 } })
  const client = world.connect()
  for (const text of numbers(1, 2)) client.send('Q', text, { persistent: false })
  const reply = client.send('Q', '3', { persistent: false, expiration: world.clock.now() + 1000 })
  world.pass(2000)
  assert.deepEqual(client.consume('Q').drain(), ['1', '2'])
  assert.equal(reply.code, null)
})

test('a slow topic consumer makes producers wait once the memory is full', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 5000 } })
  const client = world.connect()
  const consumer = client.consume('topic://T', { prefetch: 2 })
  const sent = numbers(1, 10).map((text) => client.send('topic://T', text))
  assert.equal(sent[9]?.code, undefined)
  const texts = consumer.take()
  for (let i = 0; i < 10; i++) {
    consumer.ack({ key: 0 } as Received)
    texts.push(...consumer.take())
  }
  assert.deepEqual(texts, numbers(1, 10))
  assert.equal(sent[9]?.code, null)
})

test('a commit with persistent sends waits for a full store, one with acknowledgements only does not', async () => {
  const world = await World.open({ storeBytesMax: 2000 })
  const client = world.connect()
  client.send('Q', '1')
  client.send('Q', '2')
  const consumer = client.consume('Q')
  client.begin('T1')
  client.send('Q', '3', { transaction: 'T1' })
  const waiting = client.commit('T1')
  assert.equal(waiting.code, undefined)
  assert.equal(client.send('Q', '4', { transaction: 'T1' }).code, 'TRANSACTION_INVALID')
  client.begin('T2')
  consumer.ack(consumer.received[1] as Received, { count: 2, transactionId: 'T2' })
  assert.equal(client.commit('T2').code, null)
  world.pass(100)
  assert.equal(waiting.code, null)
  assert.deepEqual(consumer.texts, ['1', '2', '3'])
})

test('sends to the store that are not safe yet are bounded', async () => {
  const world = await World.open({ limits: { storingBytesMax: 3000 } })
  const client = world.connect()
  const sent = numbers(1, 10).map((text) => client.post('Q', text))
  assert.equal(world.store.queue('queue://Q').count, 3)
  world.run()
  assert.ok(sent.every((reply) => reply.code === null))
  assert.deepEqual(client.consume('Q').texts, numbers(1, 10))
})

test('connections, destinations, producers, consumers and selectors have limits', async () => {
  const world = await World.open({
    limits: {
      connectionsMax: 1,
      destinationsMax: 2,
      producersPerConnectionMax: 2,
      consumersPerConnectionMax: 1,
      selectorLengthMax: 10,
      temporariesPerConnectionMax: 0,
      transactionsPerConnectionMax: 1,
    },
  })
  const client = world.connect()
  assert.throws(() => world.connect(), { code: 'LIMIT_REACHED' })
  client.producer('A')
  client.producer('B')
  assert.throws(() => client.producer('C'), { code: 'LIMIT_REACHED' })
  assert.throws(() => client.consume('C'), { code: 'LIMIT_REACHED' })
  assert.throws(() => client.consume('A', { selector: "JMSType = 'too long'" }), { code: 'SELECTOR_INVALID' })
  client.consume('A')
  assert.throws(() => client.consume('B'), { code: 'LIMIT_REACHED' })
  const temporary = at(`temp-queue://${client.connection.id}:1`)
  const reply = client.ask((one) => world.broker.addDestination(client.connection, temporary, one))
  assert.equal(reply.code, 'LIMIT_REACHED')
  client.begin('T1')
  assert.throws(() => client.begin('T2'), { code: 'LIMIT_REACHED' })
})

test('an interceptor can refuse what is about to happen, and sees what was acknowledged', async () => {
  const seen: string[] = []
  const world = await World.open({
    interceptors: [
      {
        connecting(connection) {
          if (connection.clientId === 'bad') throw new MillraceError('NOT_AUTHENTICATED', 'no')
        },
        producing(_producer, destination) {
          if (destination?.name === 'secret') throw new MillraceError('NOT_AUTHORIZED', 'no')
        },
        consuming(subscription) {
          if (subscription.spec.destination.name === 'secret') throw new MillraceError('NOT_AUTHORIZED', 'no')
        },
        sending(_producer, message) {
          if (message.type === 'bad') throw new MillraceError('NOT_AUTHORIZED', 'no')
          message.userId = 'somebody'
        },
        acknowledged(_subscription, entry) {
          seen.push(String(entry.message.body))
        },
      },
    ],
  })
  assert.throws(() => world.connect({ clientId: 'bad' }), { code: 'NOT_AUTHENTICATED' })
  const client = world.connect()
  assert.throws(() => client.producer('secret'), { code: 'NOT_AUTHORIZED' })
  assert.throws(() => client.consume('secret'), { code: 'NOT_AUTHORIZED' })
  assert.equal(world.broker.destinations.find(at('secret')), null)
  assert.equal(client.send('Q', 'one', { type: 'bad' }).code, 'NOT_AUTHORIZED')
  client.send('Q', 'two')
  const consumer = client.consume('Q')
  assert.equal(consumer.received[0]?.message.userId, 'somebody')
  consumer.ack(consumer.received[0] as Received)
  assert.deepEqual(seen, ['two'])
})
