import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { at, numbers, type Received, World } from './world.ts'

const HOUR = 3_600_000

test('a durable subscription without a consumer is deleted after its time, one with a consumer is not', async () => {
  const world = await World.open({ behaviour: { offlineDurableSubscriberTimeout: HOUR } })
  const [away, here] = [world.connect({ clientId: 'away' }), world.connect({ clientId: 'here' })]
  away.consume('topic://T', { durableName: 'd' }).close(-1)
  here.consume('topic://T', { durableName: 'd' })
  away.send('topic://T', 'one')
  world.pass(HOUR - 10_000)
  assert.equal(world.broker.durables.list().length, 2)
  // The next look, which comes every five minutes, finds it.
  world.pass(320_000)
  assert.deepEqual(
    world.broker.durables.list().map(({ clientId }) => clientId),
    ['here'],
  )
  assert.equal(world.store.queue('durable://away:d').count, 0)
})

test('a consumer that comes in between begins the time anew', async () => {
  const world = await World.open({
    behaviour: { offlineDurableSubscriberTimeout: HOUR, offlineDurableSubscriberTaskSchedule: 1_000 },
  })
  const client = world.connect({ clientId: 'me' })
  client.consume('topic://T', { durableName: 'd' }).close(-1)
  world.pass(HOUR - 10_000)
  client.consume('topic://T', { durableName: 'd' }).close(-1)
  world.pass(20_000)
  assert.equal(world.broker.durables.list().length, 1)
  world.pass(HOUR)
  assert.equal(world.broker.durables.list().length, 0)
})

test('without keepDurableSubsActive nothing stored is kept in memory while nobody consumes, and the order stays', async () => {
  const world = await World.open({ behaviour: { keepDurableSubsActive: false } })
  const client = world.connect({ clientId: 'me' })
  const sender = world.connect()
  const spec = { durableName: 'd' }
  // No credit: what is sent waits in the backlog.
  const first = client.consume('topic://T', { ...spec, prefetch: 1 })
  sender.send('topic://T', 'delivered')
  for (const text of numbers(1, 3)) sender.send('topic://T', text)
  sender.send('topic://T', 'volatile', { persistent: false })
  sender.send('topic://T', '4')
  const [one] = first.takeAll()
  first.close(one?.key)
  const volatileBytes = 1024 + 'volatile'.length
  const deliveredBytes = 1024 + 'delivered'.length
  assert.equal(world.broker.usage.memoryBytes, volatileBytes + deliveredBytes)
  sender.send('topic://T', '5')
  assert.equal(world.broker.usage.memoryBytes, volatileBytes + deliveredBytes)
  assert.equal(world.broker.durables.list()[0]?.pending, 7)
  const second = client.consume('topic://T', spec)
  assert.deepEqual(
    second.received.map(({ text, redeliveries }) => `${text} ${redeliveries}`),
    ['delivered 1', '1 0', '2 0', '3 0', 'volatile 0', '4 0', '5 0'],
  )
  assert.equal(second.drain().length, 7)
  assert.equal(world.store.queue('durable://me:d').count, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('what a prepared branch has acknowledged is not read a second time when a subscription goes cold', async () => {
  const world = await World.open({ behaviour: { keepDurableSubsActive: false } })
  const client = world.connect({ clientId: 'me' })
  const first = client.consume('topic://T', { durableName: 'd', prefetch: 1 })
  for (const text of ['1', '2', '3']) client.send('topic://T', text)
  client.begin('T1')
  first.ack(first.takeAll()[0] as Received, { transactionId: 'T1' })
  first.close(-1)
  const second = client.consume('topic://T', { durableName: 'd' })
  assert.equal(second.texts.includes('1'), false)
  client.commit('T1')
  assert.deepEqual(second.drain().sort(), ['2', '3'])
})

test('an operator cannot make what a consumer could not have', async () => {
  const world = await World.open()
  const { durables } = world.broker
  const wrong = [
    { clientId: '', name: 'd', destination: at('topic://T') },
    { clientId: 'me', name: '', destination: at('topic://T') },
    { clientId: 'me', name: 'd', destination: at('queue://Q') },
  ]
  for (const request of wrong) await assert.rejects(durables.create(request), { code: 'DESTINATION_INVALID' })
  await assert.rejects(durables.create({ clientId: 'me', name: 'd', destination: at('topic://T'), selector: '(' }), {
    code: 'SELECTOR_INVALID',
  })
})

test('the consumers of a shared subscription take turns, and one that comes later has its part', async () => {
  const world = await World.open()
  const shared = { durable: false, ownClientId: false, text: 'shared:s' }
  const spec = { durableName: 's', shared }
  const consumers = [world.connect(), world.connect()].map((client) => client.consume('topic://T', spec))
  const sender = world.connect()
  for (const text of numbers(1, 4)) sender.send('topic://T', text)
  assert.deepEqual(
    consumers.map((consumer) => consumer.take()),
    [
      ['1', '3'],
      ['2', '4'],
    ],
  )
  consumers.push(world.connect().consume('topic://T', spec))
  for (const text of numbers(1, 3)) sender.send('topic://T', text)
  assert.deepEqual(
    consumers.map((consumer) => consumer.take().length),
    [1, 1, 1],
  )
  for (const consumer of consumers) consumer.close()
  assert.equal(world.broker.usage.memoryBytes, 0)
  assert.deepEqual(world.broker.durables.list(), [])
})

test('a persistent message for shared subscriptions that are not durable waits for no disk', async () => {
  const world = await World.open()
  const consumer = world.connect().consume('topic://T', {
    durableName: 's',
    shared: { durable: false, ownClientId: false, text: 'shared:s' },
  })
  const sender = world.connect()
  const reply = sender.post('topic://T', 'one')
  assert.equal(reply.code, null, 'answered within the call')
  world.run()
  assert.deepEqual(consumer.texts, ['one'])
  assert.equal(world.store.usage.bytes, 0)
  // With a durable one beside it, it is stored once.
  world.connect({ clientId: 'me' }).consume('topic://T', { durableName: 'd' })
  const stored = sender.post('topic://T', 'two')
  assert.equal(stored.code, undefined)
  world.run()
  assert.equal(stored.code, null)
  assert.deepEqual(consumer.texts, ['one', 'two'])
})

test('acknowledgements of a shared subscription are as those of a queue', async () => {
  const world = await World.open()
  const consumer = world.connect().consume('topic://T', {
    durableName: 's',
    shared: { durable: true, ownClientId: false, text: 'shared-durable:s' },
  })
  const sender = world.connect()
  for (const text of ['bad', 'good']) sender.send('topic://T', text)
  const [bad, good] = consumer.takeAll() as [Received, Received]
  assert.equal(consumer.ack(bad, { kind: AckKind.Poison, cause: 'bad' }).code, null)
  assert.equal(consumer.ack(good).code, null)
  assert.equal(world.broker.durables.list()[0]?.pending, 0)
  assert.deepEqual(world.connect().consume('ActiveMQ.DLQ').texts, ['bad'])
})
