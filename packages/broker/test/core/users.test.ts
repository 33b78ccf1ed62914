import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numbers, World } from './world.ts'

test('one user has so many connections, producers and consumers, over all its connections', async () => {
  const world = await World.open({
    limits: { connectionsPerUserMax: 2, producersPerUserMax: 2, consumersPerUserMax: 2 },
  })
  const [one, two] = [world.connect({ userName: 'ann' }), world.connect({ userName: 'ann' })]
  assert.throws(() => world.connect({ userName: 'ann' }), {
    code: 'LIMIT_REACHED',
    message: 'there are 2 connections of user ann, which is the limit',
  })
  const other = world.connect({ userName: 'bob' })
  // Who has no name has no user.
  for (let left = 3; left > 0; left--) world.connect()

  one.producer('A')
  two.producer('B')
  assert.throws(() => two.producer('C'), { code: 'LIMIT_REACHED', message: /producers of user ann/ })
  other.producer('C')
  const first = one.consume('A')
  two.consume('B')
  assert.throws(() => two.consume('C'), { code: 'LIMIT_REACHED', message: /consumers of user ann/ })
  first.close()
  two.consume('C')

  world.broker.removeConnection(one.connection)
  const three = world.connect({ userName: 'ann' })
  three.producer('C')
  assert.throws(() => three.producer('D'), { code: 'LIMIT_REACHED' })
})

test('what a user may send per second counts over its connections, and is not had anew by connecting again', async () => {
  const world = await World.open({ limits: { userMessagesPerSecondMax: 10 } })
  const one = world.connect({ userName: 'ann' })
  const two = world.connect({ userName: 'ann' })
  const consumer = world.connect().consume('Q')
  for (const text of numbers(1, 6)) one.send('Q', text)
  for (const text of numbers(7, 12)) two.send('Q', text)
  assert.equal(consumer.received.length, 10)
  world.connect({ userName: 'bob' }).send('Q', 'of bob')
  assert.equal(consumer.received.length, 11)
  world.broker.removeConnection(one.connection)
  world.broker.removeConnection(two.connection)
  const again = world.connect({ userName: 'ann' })
  again.send('Q', 'too early')
  assert.equal(consumer.received.length, 11)
  world.pass(100)
  assert.equal(consumer.received.length, 12)
})

test('sends of transactions count too: a commit waits until they are made up for', async () => {
  for (const [limits, spec] of [
    [{ connectionMessagesPerSecondMax: 10, sendFailIfNoSpace: true }, {}],
    [{ userMessagesPerSecondMax: 10 }, { userName: 'ann' }],
  ] as const) {
    const world = await World.open({ limits })
    const client = world.connect(spec)
    const consumer = world.connect().consume('Q')
    world.broker.begin(client.connection, 't')
    for (const text of numbers(1, 25)) client.send('Q', text, { transaction: 't', persistent: false })
    const committed = world.reply()
    world.broker.commit(client.connection, 't', committed)
    world.run()
    assert.equal(committed.code, undefined)
    assert.deepEqual(consumer.texts, [])
    // Behind it everything waits.
    client.send('Q', '26')
    world.pass(1_500)
    assert.deepEqual(consumer.texts, [])
    world.pass(200)
    assert.equal(committed.code, null)
    assert.deepEqual(consumer.texts, numbers(1, 26))
  }
})
