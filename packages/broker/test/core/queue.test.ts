import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckKind } from '../../src/core/broker.ts'
import { at, numbers, type Received, TestReply, World } from './world.ts'

test('a persistent message is answered and delivered only after it is stored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  const reply = client.post('Q', 'one')
  assert.equal(reply.code, undefined)
  assert.deepEqual(consumer.texts, [])
  world.run()
  assert.equal(reply.code, null)
  assert.deepEqual(consumer.texts, ['one'])
})

test('a message that is not persistent is answered at once and delivered at the end of the turn', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  const reply = client.post('Q', 'one', { persistent: false })
  assert.equal(reply.code, null)
  assert.deepEqual(consumer.texts, [])
  world.run()
  assert.deepEqual(consumer.texts, ['one'])
})

test('messages wait for a consumer and come in order', async () => {
  const world = await World.open()
  const client = world.connect()
  for (const text of numbers(1, 20)) client.post('Q', text)
  world.run()
  assert.deepEqual(client.consume('Q').texts, numbers(1, 20))
})

test('a consumer has at most its prefetch outstanding and gets more as it acknowledges', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 3 })
  for (const text of numbers(1, 7)) client.post('Q', text)
  world.run()
  const [one, two] = consumer.takeAll() as [Received, Received]
  assert.equal(consumer.subscription.outstanding.length, 3)
  consumer.ack(two, { first: one.key, count: 2 })
  assert.deepEqual(consumer.take(), ['4', '5'])
})

test('an acknowledged message never comes back', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  for (const text of numbers(1, 5)) client.post('Q', text)
  world.run()
  consumer.ack(consumer.received[2] as Received, { count: 3 })
  consumer.close()
  assert.deepEqual(client.consume('Q').texts, ['4', '5'])
  assert.equal(world.broker.queue(at('Q'))?.count, 2)
})

test('a standard acknowledgement with a wrong count is refused and changes nothing', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  for (const text of numbers(1, 3)) client.post('Q', text)
  world.run()
  const third = consumer.received[2] as Received
  assert.equal(consumer.ack(third, { count: 2 }).code, 'ACKNOWLEDGEMENT_INVALID')
  assert.equal(consumer.subscription.outstanding.length, 3)
  assert.equal(consumer.ack(third, { count: 3 }).code, null)
  assert.equal(consumer.subscription.outstanding.length, 0)
})

for (const [name, kind, code] of [
  ['delivered', AckKind.Delivered, 'ACKNOWLEDGEMENT_INVALID'],
  ['poison', AckKind.Poison, 'ACKNOWLEDGEMENT_INVALID'],
  ['standard', AckKind.Standard, 'ACKNOWLEDGEMENT_INVALID'],
  ['redelivered', AckKind.Redelivered, 'ACKNOWLEDGEMENT_INVALID'],
  ['individual', AckKind.Individual, null],
  ['expired', AckKind.Expired, 'ACKNOWLEDGEMENT_INVALID'],
] as const) {
  test(`a ${name} acknowledgement that fits nothing is ${code === null ? 'ignored' : 'an error'}`, async () => {
    const world = await World.open()
    const client = world.connect()
    const consumer = client.consume('Q')
    client.send('Q', 'one')
    const one = consumer.received[0] as Received
    assert.equal(consumer.ack(one).code, null)
    client.send('Q', 'two')
    assert.equal(consumer.ack(one, { kind }).code, code)
    assert.equal(consumer.subscription.outstanding.length, 1)
  })
}

test('an acknowledgement before anything was delivered is ignored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  assert.equal(consumer.ack({ key: 7 } as Received).code, null)
})

test('an acknowledgement of a consumer that is gone is ignored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'one')
  consumer.close()
  assert.equal(consumer.ack(consumer.received[0] as Received).code, null)
  assert.equal(world.broker.queue(at('Q'))?.count, 1)
})

test('individual acknowledgements come in any order', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  for (const text of numbers(1, 300)) client.post('Q', text)
  world.run()
  const received = consumer.takeAll()
  for (const one of [...received].reverse()) {
    if (Number(one.text) % 3 !== 0) assert.equal(consumer.ack(one, { kind: AckKind.Individual }).code, null)
  }
  consumer.close()
  const left = numbers(1, 300).filter((text) => Number(text) % 3 === 0)
  assert.deepEqual(client.consume('Q').texts, left)
})

test('a delivered acknowledgement opens the window until the real one comes', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 2 })
  for (const text of numbers(1, 9)) client.post('Q', text)
  world.run()
  const [, two] = consumer.takeAll() as [Received, Received]
  consumer.ack(two, { kind: AckKind.Delivered, count: 2 })
  assert.deepEqual(consumer.texts, ['3', '4'])
  consumer.ack(two, { count: 2 })
  assert.deepEqual(consumer.take(), ['3', '4'], 'the real acknowledgement takes back what the other gave')
  consumer.close()
  assert.deepEqual(client.consume('Q').texts, numbers(3, 9))
})

test('an acknowledgement that nobody waits for is answered at once, one that is waited for when it is stored', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', 'one')
  client.send('Q', 'two')
  const [one, two] = consumer.takeAll() as [Received, Received]
  const lazy = new TestReply(true)
  consumer.ackLater(one, {}, lazy)
  assert.equal(lazy.code, null)
  const eager = new TestReply()
  consumer.ackLater(two, {}, eager)
  assert.equal(eager.code, undefined)
  world.run()
  assert.equal(eager.code, null)
})

test('messages are shared among consumers in turn', async () => {
  const world = await World.open()
  const client = world.connect()
  const first = client.consume('Q')
  const second = client.consume('Q')
  for (const text of numbers(1, 6)) client.post('Q', text)
  world.run()
  assert.deepEqual(first.texts, ['1', '3', '5'])
  assert.deepEqual(second.texts, ['2', '4', '6'])
})

test('a consumer of higher priority is served first, the others get what it cannot take', async () => {
  const world = await World.open()
  const client = world.connect()
  const low = client.consume('Q')
  const high = client.consume('Q', { priority: 5, prefetch: 2 })
  for (const text of numbers(1, 4)) client.post('Q', text)
  world.run()
  assert.deepEqual(high.texts, ['1', '2'])
  assert.deepEqual(low.texts, ['3', '4'])
})

test('an exclusive consumer gets everything, and the next one takes over when it leaves', async () => {
  const world = await World.open()
  const client = world.connect()
  const plain = client.consume('Q')
  const first = client.consume('Q', { exclusive: true })
  const second = client.consume('Q', { exclusive: true })
  for (const text of numbers(1, 3)) client.post('Q', text)
  world.run()
  assert.deepEqual(first.texts, ['1', '2', '3'])
  first.close(-1)
  assert.deepEqual(second.texts, ['1', '2', '3'])
  assert.deepEqual(plain.texts, [])
  const third = client.consume('Q', { exclusive: true, priority: 1 })
  client.send('Q', '4')
  assert.deepEqual(third.texts, ['4'], 'a newcomer of higher priority takes over')
})

test('a message group stays with one consumer until it leaves', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumers = [client.consume('Q'), client.consume('Q')]
  for (const text of numbers(1, 12)) client.post('Q', text, { groupId: `g${Number(text) % 3}` })
  world.run()
  const owners = new Map<string, number>()
  for (const [i, consumer] of consumers.entries()) {
    for (const { message, groupFirst } of consumer.received) {
      const group = message.groupId as string
      assert.equal(groupFirst, !owners.has(group), 'only the first of a group says so')
      assert.equal(owners.get(group) ?? i, i, `group ${group} has one owner`)
      owners.set(group, i)
    }
  }
  assert.equal(new Set(owners.values()).size, 2, 'both own groups')
  const [first, second] = consumers as [(typeof consumers)[0], (typeof consumers)[0]]
  const had = first.texts.length
  first.close(-1)
  assert.equal(second.texts.length, 12)
  assert.ok(had > 0)
})

test('a negative sequence closes a message group', async () => {
  const world = await World.open()
  const client = world.connect()
  const first = client.consume('Q')
  client.send('Q', '1', { groupId: 'g' })
  const second = client.consume('Q')
  client.send('Q', '2', { groupId: 'g' })
  client.send('Q', '3', { groupId: 'g', groupSequence: -1 })
  client.send('Q', '4', { groupId: 'g' })
  client.send('Q', '5', { groupId: 'g' })
  assert.deepEqual(first.texts.slice(0, 3), ['1', '2', '3'])
  assert.deepEqual([...first.texts.slice(3), ...second.texts], ['4', '5'])
})

test('a consumer does not get what its own connection sent when it asks so', async () => {
  const world = await World.open()
  const client = world.connect()
  const other = world.connect()
  const consumer = client.consume('Q', { noLocal: true })
  client.send('Q', 'mine')
  other.send('Q', 'theirs')
  assert.deepEqual(consumer.texts, ['theirs'])
  assert.deepEqual(other.consume('Q').texts, ['mine'])
})

test('a paused connection gets nothing until it is resumed', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q')
  client.connection.pauseConsumers()
  client.send('Q', 'one')
  assert.deepEqual(consumer.texts, [])
  client.connection.resumeConsumers()
  world.run()
  assert.deepEqual(consumer.texts, ['one'])
})

test('the prefetch can be changed while messages wait', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 0 })
  for (const text of numbers(1, 5)) client.post('Q', text)
  world.run()
  assert.deepEqual(consumer.texts, [])
  world.broker.setPrefetch(consumer.subscription, 4)
  world.run()
  assert.deepEqual(consumer.texts, numbers(1, 4))
})

test('higher priority goes first where the policy says so, otherwise the order is that of sending', async () => {
  for (const prioritizedMessages of [false, true]) {
    const world = await World.open({ policies: [{ destination: at('P.>'), policy: { prioritizedMessages } }] })
    const client = world.connect()
    for (const priority of [4, 9, 0, 4, 9]) client.post('P.Q', `${priority}`, { priority })
    world.run()
    const texts = client.consume('P.Q').texts
    assert.deepEqual(texts, prioritizedMessages ? ['9', '9', '4', '4', '0'] : ['4', '9', '0', '4', '9'])
  }
})

test('a composite destination gets a copy each, and one answer', async () => {
  const world = await World.open()
  const client = world.connect()
  const topic = client.consume('topic://T')
  const reply = client.post('A,B,topic://T', 'one')
  assert.equal(reply.code, undefined)
  world.run()
  assert.equal(reply.code, null)
  const a = client.consume('A')
  const b = client.consume('B')
  assert.deepEqual([a.texts, b.texts, topic.texts], [['one'], ['one'], ['one']])
  assert.equal(a.received[0]?.destination, 'queue://A')
  assert.equal(a.received[0]?.message.originalDestination?.text, 'queue://A,B,topic://T')
})

test('producers, consumers and sends make their destination; patterns and composite consumers make nothing of their own', async () => {
  const world = await World.open()
  const client = world.connect()
  const exists = (name: string): boolean => world.broker.destinations.find(at(name)) !== null
  client.producer('P')
  assert.ok(exists('P'))
  client.consume('C')
  assert.ok(exists('C'))
  client.consume('W.*')
  assert.ok(!exists('W.*'))
  client.consume('X,Y')
  assert.ok(!exists('X,Y'))
  client.producer('M,N')
  assert.ok(exists('M') && exists('N') && !exists('M,N'))
  assert.equal(client.send('Z.>', 'one').code, 'DESTINATION_INVALID')
})

test('a consumer by pattern gets from what is there and from what is made later', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('A.1', 'one')
  const consumer = client.consume('A.>')
  client.send('A.2', 'two')
  client.send('B.1', 'three')
  client.send('A', 'four')
  assert.deepEqual(consumer.texts, ['one', 'two', 'four'])
  assert.equal(consumer.received[1]?.destination, 'queue://A.2')
  consumer.ack(consumer.received[2] as Received, { count: 3 })
  assert.equal(world.broker.queue(at('A.1'))?.count, 0)
})

test('one consumer of several queues shares its prefetch among them', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('A,B', { prefetch: 3 })
  for (const text of numbers(1, 4)) client.post(Number(text) % 2 === 0 ? 'A' : 'B', text)
  world.run()
  assert.equal(consumer.received.length, 3)
  const all = consumer.drain()
  assert.deepEqual(all.toSorted(), numbers(1, 4))
})

test('a queue with consumers is not removed; without, everything in it goes', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumer = client.consume('Q', { prefetch: 1 })
  client.send('Q', 'one')
  client.send('Q', 'two')
  const remove = (): string | null | undefined =>
    client.ask((reply) => world.broker.removeDestination(client.connection, at('Q'), reply)).code
  assert.equal(remove(), 'DESTINATION_IN_USE')
  consumer.close()
  assert.equal(remove(), null)
  assert.deepEqual(client.consume('Q').texts, [])
  assert.equal(world.broker.usage.memoryBytes, 0)
  client.send('Q', 'three')
  assert.equal(world.broker.queue(at('Q'))?.count, 1, 'a producer that knew the old queue finds the new one')
})

test('a message that is stored after its queue was removed goes with it', async () => {
  const world = await World.open()
  const client = world.connect()
  const reply = client.post('Q', 'one')
  client.ask((removed) => world.broker.removeDestination(client.connection, at('Q'), removed))
  assert.equal(reply.code, null)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a queue says when nothing is left of it', async () => {
  const emptied: string[] = []
  const world = await World.open({ interceptors: [{ emptied: (queue) => void emptied.push(queue.name) }] })
  const client = world.connect()
  const consumer = client.consume('Q')
  for (const text of ['1', '2']) client.post('Q', text)
  world.run()
  const [one, two] = consumer.takeAll() as [Received, Received]
  consumer.ack(one)
  world.run()
  assert.deepEqual(emptied, [])
  consumer.ack(two)
  world.run()
  assert.deepEqual(emptied, ['queue://Q'])
})

test('a purge empties a queue, what is only in the store included, but for what consumers have', async () => {
  const emptied: string[] = []
  const world = await World.open({
    limits: { windowCountMax: 10 },
    interceptors: [{ emptied: (queue) => void emptied.push(queue.name) }],
  })
  const client = world.connect()
  for (const text of numbers(1, 100)) client.post('Q', text)
  for (const text of numbers(101, 105)) client.post('Q', text, { persistent: false })
  world.run()
  const queue = world.broker.queue(at('Q'))
  assert.ok(queue !== null)
  const consumer = client.consume('Q', { prefetch: 1 })
  world.run()
  const held = consumer.takeAll()
  while (queue.purge()) world.run()
  world.run()
  assert.equal(queue.count, 1)
  assert.deepEqual(emptied, [])
  consumer.ack(held[0] as Received)
  world.run()
  assert.equal(queue.count, 0)
  assert.deepEqual(emptied, ['queue://Q'])
  assert.equal(queue.dequeued, 105)
})
