import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, World } from './world.ts'

test('a client id belongs to one connection at a time', async () => {
  const world = await World.open()
  const client = world.connect({ clientId: 'me' })
  assert.throws(() => world.connect({ clientId: 'me' }), { code: 'CLIENT_ID_IN_USE', message: /127\.0\.0\.1/ })
  client.crash()
  world.connect({ clientId: 'me' })
})

test('a connection that comes back under its id takes over from the old one', async () => {
  const world = await World.open()
  const old = world.connect({ id: 'ID:c', clientId: 'me' })
  old.send('Q', 'one')
  old.consume('Q')
  const again = world.connect({ id: 'ID:c', clientId: 'me', reconnected: true })
  assert.equal(old.closedBy?.code, 'CONNECTION_CLOSED')
  const [one] = again.consume('Q').received
  assert.equal(one?.text, 'one')
  assert.equal(one?.redeliveries, 1)
})

test('a persistent message that is sent again after a fail-over is answered and not stored twice', async () => {
  const world = await World.open()
  const old = world.connect({ id: 'ID:c' })
  old.send('Q', 'one', { sequence: 1 })
  old.post('Q', 'two', { sequence: 2 })
  const again = world.connect({ id: 'ID:c', reconnected: true })
  const replies = ['one', 'two', 'three'].map((text, i) => again.post('Q', text, { sequence: i + 1 }))
  assert.equal(replies[1]?.code, undefined, 'the first copy is not safe yet')
  world.run()
  assert.deepEqual(
    replies.map((reply) => reply.code),
    [null, null, null],
  )
  assert.deepEqual(again.consume('Q').texts, ['one', 'two', 'three'])
})

test('what a rolled back transaction had sent may be sent again', async () => {
  const world = await World.open()
  const old = world.connect({ id: 'ID:c' })
  old.begin('T1')
  old.send('Q', 'one', { sequence: 1, transaction: 'T1' })
  const again = world.connect({ id: 'ID:c', reconnected: true })
  again.begin('T1')
  again.send('Q', 'one', { sequence: 1, transaction: 'T1' })
  assert.equal(again.commit('T1').code, null)
  assert.deepEqual(again.consume('Q').texts, ['one'])
})

test('a producer, a consumer or a destination that is made again is the same one', async () => {
  const world = await World.open()
  const client = world.connect()
  const { broker } = world
  const spec = { producerId: 'ID:p:1:1', destination: at('Q') }
  assert.equal(broker.addProducer(client.connection, spec), broker.addProducer(client.connection, spec))
  const consumer = client.consume('Q', { consumerId: 'ID:k:1:1' })
  const again = client.consume('Q', { consumerId: 'ID:k:1:1' })
  assert.equal(consumer.subscription, again.subscription)
  assert.equal(again.created.code, null)
  for (let i = 0; i < 2; i++) {
    assert.equal(client.ask((reply) => broker.addDestination(client.connection, at('R'), reply)).code, null)
  }
})

test('a broker that is closed refuses, after it has ended its connections', async () => {
  const world = await World.open()
  const client = world.connect()
  client.begin('T1')
  client.send('Q', 'one', { transaction: 'T1' })
  const closed = world.broker.close()
  world.run()
  await closed
  assert.throws(() => world.connect(), { code: 'BROKER_STOPPING' })
  assert.equal(client.connection.removed, true)
  assert.equal(world.broker.usage.memoryBytes, 0)
})
