import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind, type Policy } from '../../src/core/broker.ts'
import { type Received, World } from './world.ts'

function open(policy: Partial<Policy> = { consumerLease: 1_000 }): Promise<World> {
  return World.open({ policies: [{ destination: 'default', policy }] })
}

function first(received: readonly Received[]): Received {
  const [one] = received
  assert.ok(one !== undefined)
  return one
}

test('what is not settled within the lease is taken back and given to another connection, counted', async () => {
  const world = await open()
  const sender = world.connect()
  const slow = world.connect().consume('Q', { prefetch: 1 })
  sender.send('Q', '1')
  sender.send('Q', '2')
  assert.deepEqual(slow.texts, ['1'])
  world.pass(900)
  const quick = world.connect().consume('Q', { prefetch: 1 })
  assert.deepEqual(quick.texts, ['2'])
  quick.ack(first(quick.takeAll()))
  world.pass(200)
  const [again] = quick.takeAll()
  assert.deepEqual([again?.text, again?.redeliveries], ['1', 1])
  // Whoever lost it has no credit before it lets go of it, and is told that it comes too late.
  sender.send('Q', '3')
  assert.deepEqual(slow.texts, ['1'])
  assert.equal(slow.ack(first(slow.takeAll())).code, 'ACKNOWLEDGEMENT_INVALID')
  assert.deepEqual(slow.texts, ['3'])
  assert.ok(again !== undefined)
  assert.equal(quick.ack(again).code, null)
})

test('a consumer that settles in time keeps its messages, and without a policy nothing is taken back', async () => {
  for (const policy of [{ consumerLease: 1_000 }, {}]) {
    const world = await open(policy)
    const sender = world.connect()
    const consumer = world.connect().consume('Q', { prefetch: 10 })
    const other = world.connect().consume('Q', { prefetch: 10 })
    for (let round = 0; round < 5; round++) {
      sender.send('Q', 'x')
      sender.send('Q', 'y')
      world.pass(900)
      for (const one of [consumer, other]) assert.equal(one.ack(first(one.takeAll())).code, null)
    }
    if (policy.consumerLease !== undefined) continue
    sender.send('Q', 'kept')
    world.pass(100_000)
    assert.equal(consumer.received.length + other.received.length, 1)
  }
})

test('more time is asked for, again and again', async () => {
  const world = await open()
  const sender = world.connect()
  const slow = world.connect().consume('Q', { prefetch: 1 })
  const other = world.connect().consume('Q', { prefetch: 1 })
  sender.send('Q', 'long')
  const one = first(slow.takeAll())
  for (let left = 5; left > 0; left--) {
    world.pass(900)
    const entry = slow.subscription.find(one.key)
    assert.ok(entry !== null)
    slow.subscription.lease?.extend(entry, 1_000)
  }
  assert.deepEqual(other.texts, [])
  assert.equal(slow.ack(one).code, null)
  world.pass(2_000)
  assert.deepEqual(other.texts, [])
})

test('the connection that lost a message is not given it again before it lets go of it', async () => {
  const world = await open()
  const sender = world.connect()
  const client = world.connect()
  const slow = client.consume('Q', { prefetch: 5 })
  const second = client.consume('Q', { prefetch: 5 })
  sender.send('Q', '1')
  const one = first(slow.takeAll())
  world.pass(1_100)
  assert.deepEqual([slow.texts, second.texts], [[], []])
  assert.equal(slow.ack(one, { kind: AckKind.Individual }).code, 'ACKNOWLEDGEMENT_INVALID')
  world.run()
  // Now it is a new delivery.
  const again = [...slow.received, ...second.received]
  assert.deepEqual(
    again.map(({ text, redeliveries }) => [text, redeliveries]),
    [['1', 1]],
  )

  // Its end lets go, too.
  world.pass(1_100)
  slow.close()
  second.close()
  const next = client.consume('Q')
  assert.deepEqual(next.texts, ['1'])
})

test('of a range the rest is settled, and a transaction that acknowledges too late fails', async () => {
  const world = await open()
  const sender = world.connect()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 10 })
  sender.send('Q', '1')
  world.pass(500)
  for (const text of ['2', '3']) sender.send('Q', text)
  world.pass(600)
  const received = consumer.takeAll()
  assert.deepEqual(
    received.map(({ text }) => text),
    ['1', '2', '3'],
  )
  const last = received[2] as Received
  const refused = consumer.ack(last, { count: 3 })
  assert.equal(refused.code, 'ACKNOWLEDGEMENT_INVALID')
  assert.match(refused.outcome?.message ?? '', /acknowledges a message too late: the lease of 1000 ms was over/)
  // The one that was taken back comes again, the others are gone.
  assert.deepEqual(consumer.texts, ['1'])
  assert.equal(world.broker.administration.find('Q')[0]?.used, true)

  const one = first(consumer.takeAll())
  world.broker.begin(client.connection, 't')
  world.pass(1_100)
  consumer.ack(one, { transactionId: 't' })
  assert.equal(client.commit('t').code, 'TRANSACTION_ROLLED_BACK')
})

test('a durable subscription has a lease, a plain topic consumer and a browser have none', async () => {
  const world = await open()
  const sender = world.connect()
  const client = world.connect({ clientId: 'me' })
  const durable = client.consume('topic://T', { durableName: 'd' })
  const plain = client.consume('topic://T')
  sender.send('topic://T', 'x')
  await world.answered()
  assert.deepEqual([durable.texts, plain.texts], [['x'], ['x']])
  world.pass(1_100)
  assert.equal(durable.ack(first(durable.takeAll())).code, 'ACKNOWLEDGEMENT_INVALID')
  assert.equal(first(durable.received).redeliveries, 1)
  assert.equal(plain.ack(first(plain.takeAll())).code, null)
  assert.equal(plain.subscription.lease, null)
})

test('a group whose owner loses a message of it finds another owner', async () => {
  const world = await open()
  const sender = world.connect()
  const slow = world.connect().consume('Q', { prefetch: 1 })
  sender.send('Q', '1', { groupId: 'g' })
  sender.send('Q', '2', { groupId: 'g' })
  const other = world.connect().consume('Q')
  assert.deepEqual([slow.texts, other.texts], [['1'], []])
  world.pass(1_100)
  assert.deepEqual(other.texts, ['1', '2'])
})

test('after random leases, ends and acknowledgements every message is settled once', async () => {
  let state = 7
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state % below
  }
  const world = await open()
  const sender = world.connect()
  const settled = new Map<string, number>()
  const clients = [world.connect(), world.connect(), world.connect()]
  let consumers = clients.map((client) => client.consume('Q', { prefetch: 1 + random(5) }))
  for (let round = 0; round < 300; round++) {
    if (round < 200) sender.send('Q', String(round))
    const at = random(3)
    const consumer = consumers[at]
    assert.ok(consumer !== undefined)
    for (const one of consumer.takeAll()) {
      if (random(4) === 0) continue
      const individual = random(2) === 0 || consumer.subscription.outstanding.first?.key !== one.key
      const { code } = consumer.ack(one, individual ? { kind: AckKind.Individual } : {})
      if (code === null) settled.set(one.text, (settled.get(one.text) ?? 0) + 1)
    }
    if (random(5) === 0) world.pass(100 * random(12))
    if (random(15) === 0) {
      consumer.close()
      consumers = consumers.with(at, (clients[at] as (typeof clients)[number]).consume('Q', { prefetch: 3 }))
    }
  }
  for (const consumer of consumers) consumer.close()
  const last = world.connect().consume('Q')
  for (const text of last.drain()) settled.set(text, (settled.get(text) ?? 0) + 1)
  assert.equal(settled.size, 200)
  assert.deepEqual(
    [...settled].filter(([, times]) => times !== 1),
    [],
  )
  assert.equal(world.broker.usage.memoryBytes, 0)
})
