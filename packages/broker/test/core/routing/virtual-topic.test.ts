import { seededRandom, silentLogger } from '@millrace/base'
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VirtualDestinations, VirtualTopic } from '../../../src/core/broker.ts'
import { JournalStore, openJournalStore } from '../../../src/journal/journal-store.ts'
import { DestinationKind } from '../../../src/message/destination.ts'
import { xidText } from '../../../src/message/xid.ts'
import type { Operation } from '../../../src/store/store.ts'
import { FaultDisk } from '../../journal/fault-disk.ts'
import { TINY } from '../../journal/harness.ts'
import { at, numbers, World, type WorldOptions } from '../world.ts'
import { removedAtExit } from '../../removed-at-exit.ts'

const TOPIC = 'topic://VirtualTopic.T'
const QUEUE_A = 'Consumer.A.VirtualTopic.T'
const QUEUE_B = 'Consumer.B.VirtualTopic.T'

function open(virtualDestinations: VirtualDestinations, options: WorldOptions = {}): Promise<World> {
  return World.open({ ...options, broker: { virtualDestinations } })
}

function openWith(virtualTopic: Partial<VirtualTopic>, options: WorldOptions = {}): Promise<World> {
  return open({ virtualTopics: [{ name: 'VirtualTopic.>', ...virtualTopic }] }, options)
}

function queues(world: World): string[] {
  return [...world.broker.destinations.all]
    .filter(({ destination: { kind } }) => kind === DestinationKind.Queue)
    .map((queue) => queue.destination.name)
}

test('each group of consumers of a virtual topic has a queue of its own, and the topic has its subscribers', async () => {
  const world = await World.open()
  const client = world.connect()
  const plain = client.consume(TOPIC)
  client.send(TOPIC, 'before there is a group')
  const one = client.consume(QUEUE_A)
  const other = client.consume(QUEUE_A)
  const alone = client.consume(QUEUE_B)
  client.consume('Consumer.A.VirtualTopic.OTHER')
  for (const text of numbers(1, 4)) assert.equal(client.send(TOPIC, text).code, null)
  assert.deepEqual(
    [one.take(), other.take()],
    [
      ['1', '3'],
      ['2', '4'],
    ],
  )
  const [first] = alone.received
  assert.deepEqual(alone.take(), numbers(1, 4))
  assert.deepEqual(plain.take(), ['before there is a group', ...numbers(1, 4)])
  // A copy says where it is and where it was sent to.
  assert.equal(first?.message.destination.text, `queue://${QUEUE_B}`)
  assert.equal(first?.message.originalDestination?.text, TOPIC)
  // Without consumers it fills; the queues are the group's memory.
  for (const consumer of [one, other, alone]) consumer.close()
  client.send(TOPIC, '5')
  assert.equal(world.broker.queue(at(QUEUE_B))?.count, 5)
  assert.deepEqual(client.consume(QUEUE_B).drain(), numbers(1, 5))
})

test('messages that are not persistent fan out too, and what is no virtual topic does not', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumers = [QUEUE_A, 'Consumer.A.Other.T', 'Consumer.A.ActiveMQ.Advisory.Queue'].map((name) =>
    client.consume(name),
  )
  client.send(TOPIC, 'one', { persistent: false })
  client.send('topic://Other.T', 'other', { persistent: false })
  client.producer('NEW')
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [['one'], [], []],
  )
})

test('several virtual topics with prefixes and postfixes take the place of the built-in one', async () => {
  const world = await open({
    virtualTopics: [
      { name: 'ORDERS.>', prefix: 'Q.*.*.', postfix: '.Copy' },
      { name: 'ORDERS.BIG', prefix: 'Big-', postfix: '' },
      { name: '>', prefix: 'All.' },
    ],
  })
  const client = world.connect()
  const names = [
    'Q.a.b.ORDERS.BIG.Copy',
    'Big-ORDERS.BIG',
    'All.ORDERS.BIG',
    'Q.a.ORDERS.BIG.Copy',
    'Q.a.b.ORDERS.BIG',
    QUEUE_A,
  ]
  const consumers = names.map((name) => client.consume(name))
  client.send('topic://ORDERS.BIG', 'big')
  client.send(TOPIC, 'other')
  assert.deepEqual(
    consumers.map((consumer) => consumer.take()),
    [['big'], ['big'], ['big'], [], [], []],
  )

  // All of it can be changed while producers are there.
  world.broker.setVirtualDestinations({ virtualTopics: [{ name: 'ORDERS.*', prefix: 'Q.*.' }] })
  client.send('topic://ORDERS.BIG', 'again')
  assert.deepEqual(
    consumers.map((consumer) => consumer.take()),
    [[], [], [], [], [], []],
  )
  assert.deepEqual(client.consume('Q.a.b.ORDERS.BIG').take(), [])
  world.broker.setVirtualDestinations({})
  client.send(TOPIC, 'once more')
  assert.deepEqual(
    consumers.map((consumer) => consumer.take()),
    [[], [], [], [], [], ['once more']],
  )
  world.broker.setVirtualDestinations({ virtualTopics: [] })
  client.send(TOPIC, 'nobody')
  assert.deepEqual(consumers.at(-1)?.take(), [])
})

test('a virtual topic that cannot be is refused and changes nothing', async () => {
  const world = await World.open()
  for (const [virtualTopic, message] of [
    [{ name: 'topic://T' }, /^the virtual topic topic:\/\/T: expected the name or pattern of topics, without prefix$/],
    [{ name: 'A,B' }, /expected the name or pattern/],
    [{ name: 'A', prefix: 'X.>.' }, /"X.>." must not have > or a comma/],
    [{ name: 'A', postfix: ',B' }, /",B" must not have > or a comma/],
  ] as const) {
    assert.throws(() => world.broker.setVirtualDestinations({ virtualTopics: [virtualTopic] }), {
      code: 'CONFIGURATION_INVALID',
      message,
    })
  }
  const client = world.connect()
  const consumer = client.consume(QUEUE_A)
  client.send(TOPIC, 'still')
  assert.deepEqual(consumer.texts, ['still'])
})

test('a queue that is deleted gets nothing any more, and a new one of its name does', async () => {
  const world = await World.open()
  const client = world.connect()
  client.producer(QUEUE_A)
  client.send(TOPIC, '1')
  client.ask((reply) => world.broker.removeDestination(client.connection, at(QUEUE_A), reply))
  client.send(TOPIC, '2')
  assert.deepEqual(queues(world), [])
  const consumer = client.consume(QUEUE_A)
  client.send(TOPIC, '3')
  // The topic may go as well.
  client.ask((reply) => world.broker.removeDestination(client.connection, at(TOPIC), reply))
  client.send(TOPIC, '4')
  assert.deepEqual(consumer.texts, ['3', '4'])
})

test('a consumer by pattern makes the queues of its group for every virtual topic, those to come included', async () => {
  const world = await World.open()
  const client = world.connect()
  client.send('topic://VirtualTopic.OLD', 'too early')
  client.producer('topic://Plain')
  const group = client.consume('Consumer.A.VirtualTopic.>')
  const everything = client.consume('Consumer.*.VirtualTopic.>')
  assert.deepEqual(queues(world), ['Consumer.A.VirtualTopic.OLD'])
  for (const name of ['OLD', 'NEW']) client.send(`topic://VirtualTopic.${name}`, name)
  client.send('topic://VirtualTopic.A.B', 'AB')
  assert.deepEqual(
    queues(world),
    ['OLD', 'NEW', 'A.B'].map((name) => `Consumer.A.VirtualTopic.${name}`),
  )
  // Each message went to one of the two that consume from the group's queues.
  assert.deepEqual([...group.texts, ...everything.texts].sort(), ['AB', 'NEW', 'OLD'])
  // The queues stay when the consumer goes.
  group.close()
  everything.close()
  client.send('topic://VirtualTopic.NEW', 'later')
  assert.ok((world.broker.queue(at('Consumer.A.VirtualTopic.NEW'))?.count ?? 0) > 0)
})

test('with selectorAware a queue gets only what a consumer that it has now selects', async () => {
  const world = await openWith({ selectorAware: true })
  const client = world.connect()
  const red = client.consume(QUEUE_A, { selector: "JMSType = 'red'" })
  const all = client.consume(QUEUE_B)
  for (const type of ['red', 'blue']) client.send(TOPIC, type, { type })
  assert.deepEqual([red.texts, all.texts], [['red'], ['red', 'blue']])
  assert.equal(world.broker.queue(at(QUEUE_A))?.count, 1)
  all.close()
  client.send(TOPIC, 'green', { type: 'green' })
  assert.equal(world.broker.queue(at(QUEUE_B))?.count, 2)
})

test('with rememberSelectors a queue also gets what consumers selected that are gone', async () => {
  const world = await openWith({ selectorAware: true })
  const client = world.connect()
  const here = client.consume(QUEUE_B, { selector: "JMSType = 'blue'" })
  const virtualTopics = [{ name: 'VirtualTopic.>', selectorAware: true, rememberSelectors: true }]
  world.broker.setVirtualDestinations({ virtualTopics })
  here.close()
  client.consume(QUEUE_A, { selector: "JMSType = 'red'" }).close()
  for (const type of ['red', 'blue', 'green']) client.send(TOPIC, type, { type })
  assert.deepEqual(client.consume(QUEUE_A).texts, ['red'])
  assert.deepEqual(client.consume(QUEUE_B, { selector: "JMSType = 'black'" }).texts, [])
  assert.equal(world.broker.queue(at(QUEUE_B))?.count, 1)
  // Not for ever: a queue has a hundred at most, and takes them with it.
  for (const number of numbers(1, 100)) client.consume(QUEUE_B, { selector: `JMSType = '${number}'` }).close()
  client.send(TOPIC, 'blue', { type: 'blue' })
  client.send(TOPIC, '100', { type: '100' })
  assert.equal(world.broker.queue(at(QUEUE_B))?.count, 2)
})

test('dropOnResourceLimit leaves out a queue without space where the send would fail, and no other', async () => {
  for (const dropOnResourceLimit of [false, true]) {
    const world = await openWith({ dropOnResourceLimit }, { limits: { memoryBytesMax: 3000, sendFailIfNoSpace: true } })
    const client = world.connect()
    client.producer(QUEUE_A)
    const codes = numbers(1, 5).map((text) => client.send(TOPIC, text, { persistent: false }).code)
    assert.deepEqual(
      codes,
      dropOnResourceLimit ? [null, null, null, null, null] : [null, null, null, 'MEMORY_FULL', 'MEMORY_FULL'],
    )
    assert.equal(world.broker.queue(at(QUEUE_A))?.count, 3)
  }
})

test('copies can keep the topic as their destination, and the topic can be left out', async () => {
  const world = await openWith({ setOriginalDestination: false, forwardOnly: true })
  const client = world.connect()
  const plain = client.consume(TOPIC)
  const consumers = [QUEUE_A, QUEUE_B].map((name) => client.consume(name))
  client.send(TOPIC, '1')
  for (const consumer of consumers) {
    const [one] = consumer.takeAll()
    assert.equal(one?.message.destination.text, TOPIC)
    assert.equal(one?.message.originalDestination?.text, TOPIC)
    assert.equal(consumer.ack(one).code, null)
  }
  assert.deepEqual(plain.texts, [])
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a send to a virtual topic in a transaction fans out when that is committed, and not when it is rolled back', async () => {
  const world = await World.open()
  const client = world.connect()
  const consumers = [QUEUE_A, QUEUE_B, TOPIC].map((name) => client.consume(name))
  client.begin('t1')
  client.send(TOPIC, 'rolled back', { transaction: 't1' })
  assert.equal(client.rollback('t1').code, null)
  client.begin('t2')
  client.send(TOPIC, '1', { transaction: 't2' })
  client.send(QUEUE_A, '2', { transaction: 't2' })
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [[], [], []],
  )
  assert.equal(client.commit('t2').code, null)
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [['1', '2'], ['1'], ['1']],
  )
})

test('all copies are stored with one commit, before the sender is answered and before any is seen', async () => {
  const world = await World.open()
  const commits: (readonly Operation[])[] = []
  const { store } = world
  const commit = store.commit.bind(store)
  store.commit = (operations, waiter) => {
    commits.push(operations)
    commit(operations, waiter)
  }
  const client = world.connect()
  const consumers = [QUEUE_A, QUEUE_B].map((name) => client.consume(name))
  client.consume(TOPIC, { durableName: 'd' })
  const reply = client.post(TOPIC, '1')
  assert.equal(reply.code, undefined)
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [[], []],
  )
  world.run()
  assert.equal(reply.code, null)
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    [['1'], ['1']],
  )
  assert.equal(commits.length, 1)
  assert.equal(commits[0]?.length, 3)
  // One message for all of them, which a journal writes once.
  const messages = commits[0]?.map((operation) => (operation.kind === 'add' ? operation.message : null))
  assert.equal(new Set(messages).size, 1)
})

test('a fan-out that the store refuses leaves nothing anywhere, and does not hold up the topic', async () => {
  const world = await World.open()
  const client = world.connect()
  const plain = client.consume(TOPIC)
  client.producer(QUEUE_A)
  const durable = client.consume(TOPIC, { durableName: 'd' })
  // The store has lost the queue, which the broker does not know.
  world.broker.queue(at(QUEUE_A))?.store?.delete(null)
  const reply = client.send(TOPIC, '1')
  assert.equal(reply.code, 'DESTINATION_UNKNOWN')
  assert.deepEqual([plain.texts, durable.texts], [[], []])
  assert.equal(world.broker.usage.memoryBytes, 0)
  client.send(TOPIC, '2', { persistent: false })
  assert.deepEqual(plain.texts, ['2'])
})

test('a fan-out that finds no space waits as a whole', async () => {
  const world = await World.open({ limits: { memoryBytesMax: 3000 } })
  const client = world.connect()
  const plain = client.consume(TOPIC)
  client.producer(QUEUE_A)
  const replies = numbers(1, 5).map((text) => client.send(TOPIC, text, { persistent: false }))
  assert.deepEqual(
    replies.map((reply) => reply.code),
    [null, null, null, undefined, undefined],
  )
  assert.deepEqual(plain.texts, numbers(1, 3))
  assert.deepEqual(client.consume(QUEUE_A, { prefetch: 1 }).drain(), numbers(1, 5))
  assert.deepEqual(plain.texts, numbers(1, 5))
})

test('after a restart the journal has every copy of a message or none, and the queues go on getting', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-virtual-'))
  removedAtExit(directory)
  const openDisk = (setOriginalDestination: boolean): Promise<World> =>
    openWith(
      { setOriginalDestination },
      { store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }) },
    )
  let world = await openDisk(true)
  let client = world.connect()
  for (const name of [QUEUE_A, QUEUE_B]) client.producer(name)
  for (const text of numbers(1, 3)) client.post(TOPIC, text)
  await world.answered()
  await world.finished(world.broker.close())

  world = await openDisk(false)
  client = world.connect()
  for (const text of numbers(4, 5)) client.post(TOPIC, text)
  await world.answered()
  for (const name of [QUEUE_A, QUEUE_B]) {
    // Some are only in the store, and are shown by a browser first.
    const browser = client.consumeLater(name, { browser: true })
    await world.until(() => browser.exhaustions > 0)
    const consumer = client.consumeLater(name)
    await world.until(() => consumer.received.length === 5)
    for (const { received, texts } of [browser, consumer]) {
      assert.deepEqual(texts, numbers(1, 5))
      const destinations = received.map(({ message }) => message.destination.text)
      assert.deepEqual(destinations, [...Array.from({ length: 3 }, () => `queue://${name}`), TOPIC, TOPIC])
      assert.ok(received.every(({ message }) => message.originalDestination?.text === TOPIC))
    }
  }
  await world.finished(world.broker.close())
})

test('after a crash at any call of the disk every group has the same messages, and all that were confirmed', async () => {
  const names = [QUEUE_A, QUEUE_B, 'Consumer.C.VirtualTopic.T']
  const store =
    (disk: FaultDisk): NonNullable<WorldOptions['store']> =>
    (turn, clock) => {
      const random = seededRandom(1)
      return new JournalStore({ directory: '/store', turn, clock, log: silentLogger, random, disk, ...TINY })
    }
  const disk = new FaultDisk()
  const crashes: { readonly disk: FaultDisk; readonly confirmed: number }[] = []
  let confirmed = 0
  disk.faults = (call) => {
    const image = crashes.length % 2 === 0 ? disk.afterKill() : disk.afterPowerCut(seededRandom(crashes.length))
    if (call.kind !== 'read') crashes.push({ disk: image, confirmed })
    return null
  }
  const world = await World.open({ store: store(disk) })
  const client = world.connect()
  for (const name of names) client.producer(name)
  for (const text of numbers(1, 60)) {
    const transaction = Number(text) % 3 === 0 ? `t${text}` : undefined
    if (transaction !== undefined) client.begin(transaction)
    client.post(TOPIC, text, { size: 300, ...(transaction === undefined ? {} : { transaction }) })
    if (transaction !== undefined) client.commit(transaction)
    await world.answered()
    confirmed++
  }
  await world.finished(world.broker.close())
  assert.ok(crashes.length > 60, `${crashes.length} calls`)
  for (const crash of crashes) {
    const again = await World.open({ store: store(crash.disk) })
    const counts = names.map((name) => again.broker.queue(at(name))?.count ?? 0)
    assert.ok((counts[0] ?? 0) >= crash.confirmed, `${counts[0]} of ${crash.confirmed}`)
    assert.deepEqual(
      counts,
      names.map(() => counts[0]),
    )
    await again.finished(again.broker.close())
  }
})

test('a fan-out of a prepared branch is there after a restart when that is committed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-virtual-'))
  removedAtExit(directory)
  const openDisk = (): Promise<World> =>
    World.open({ store: (turn, clock) => openJournalStore({ directory, turn, clock, log: silentLogger }) })
  const xid = { formatId: 1, globalTransactionId: Buffer.from('g'), branchQualifier: Buffer.from('b') }
  const id = xidText(xid)
  let world = await openDisk()
  let client = world.connect()
  for (const name of [QUEUE_A, QUEUE_B]) client.producer(name)
  world.broker.begin(client.connection, id, xid)
  client.post(TOPIC, '1', { transaction: id })
  world.broker.prepare(client.connection, id, world.reply())
  await world.answered()
  await world.finished(world.broker.close())

  world = await openDisk()
  client = world.connect()
  const consumers = [QUEUE_A, QUEUE_B].map((name) => client.consumeLater(name))
  world.broker.commit(client.connection, id, world.reply())
  await world.until(() => consumers.every(({ received }) => received.length > 0))
  for (const { received, subscription } of consumers) {
    assert.equal(received[0]?.message.destination.text, subscription.spec.destination.text)
    assert.equal(received[0]?.message.originalDestination?.text, TOPIC)
  }
  await world.finished(world.broker.close())
})
