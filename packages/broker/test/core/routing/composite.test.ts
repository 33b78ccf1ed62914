import { seededRandom } from '@millrace/base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Composite, VirtualDestinations } from '../../../src/core/broker.ts'
import { at, type Client, World } from '../world.ts'

function open(virtualDestinations: VirtualDestinations): Promise<World> {
  return World.open({ broker: { virtualDestinations } })
}

function openWith(...composites: readonly Composite[]): Promise<World> {
  return open({ composites })
}

/** Who gets what is sent to one destination. */
function spread(client: Client, to: string, names: readonly string[], types: readonly string[] = ['m']): string[] {
  const consumers = names.map((name) => client.consume(name))
  for (const type of types) client.send(to, type, { type })
  const found = consumers.map((consumer, i) => `${names[i]}: ${consumer.drain().join(' ')}`.trim())
  for (const consumer of consumers) consumer.close()
  return found
}

test('a composite queue passes on what it is sent, to queues and topics, and keeps nothing', async () => {
  const world = await openWith({ name: 'C', forwardTo: ['A', 'topic://T', at('B')] })
  const client = world.connect()
  const consumer = client.consume('A')
  assert.deepEqual(spread(client, 'C', ['B', 'topic://T', 'C']), ['B: m', 'topic://T: m', 'C:'])
  const [one] = consumer.received
  assert.equal(one?.message.destination.text, 'queue://A')
  assert.equal(one?.message.originalDestination?.text, 'queue://C')
  assert.deepEqual(world.broker.queue(at('C'))?.count, 0)
})

test('with forwardOnly false a message stays on the named destination as well', async () => {
  const world = await openWith({ name: 'topic://C', forwardTo: ['A'], forwardOnly: false })
  const client = world.connect()
  assert.deepEqual(spread(client, 'topic://C', ['A', 'topic://C', 'C']), ['A: m', 'topic://C: m', 'C:'])
})

test('a target with a selector gets what that selects; sendWhenNotMatched keeps the rest', async () => {
  const forwardTo = ['red', 'blue'].map((color) => ({ destination: color, selector: `JMSType = '${color}'` }))
  const types = ['red', 'blue', 'green']
  for (const [options, kept] of [
    [{}, 'C:'],
    [{ forwardOnly: false }, 'C: red blue green'],
    [{ sendWhenNotMatched: true }, 'C: green'],
    [{ sendWhenNotMatched: true, forwardOnly: false }, 'C: green'],
  ] as const) {
    const world = await openWith({ name: 'C', forwardTo, ...options })
    assert.deepEqual(spread(world.connect(), 'C', ['red', 'blue', 'C'], types), ['red: red', 'blue: blue', kept])
  }
})

test('what nobody takes is confirmed and gone', async () => {
  const world = await openWith({ name: 'C', forwardTo: [{ destination: 'A', selector: 'FALSE' }] })
  const client = world.connect()
  assert.equal(client.send('C', '1').code, null)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('composites by pattern, and composites of composites, which may form a circle', async () => {
  const world = await openWith(
    { name: 'IN.>', forwardTo: ['MIDDLE', 'topic://T'] },
    { name: 'MIDDLE', forwardTo: ['OUT', 'IN.AGAIN', 'topic://T'], forwardOnly: false },
    { name: 'OUT', forwardTo: ['MIDDLE'], forwardOnly: false },
    { name: 'SELF', forwardTo: ['SELF'], forwardOnly: false },
  )
  const client = world.connect()
  // Each gets one copy, however many ways lead there.
  assert.deepEqual(spread(client, 'IN.A.B', ['MIDDLE', 'OUT', 'topic://T', 'IN.>']), [
    'MIDDLE: m',
    'OUT: m',
    'topic://T: m',
    'IN.>:',
  ])
  assert.deepEqual(spread(client, 'SELF', ['SELF']), ['SELF: m'])
})

test('composites, virtual topics and composites of the sender work together, as one unit', async () => {
  const world = await openWith({ name: 'C', forwardTo: ['topic://VirtualTopic.T', 'D'] })
  const client = world.connect()
  const names = ['Consumer.A.VirtualTopic.T', 'topic://VirtualTopic.T', 'D', 'E']
  assert.deepEqual(
    spread(client, 'C,E', names),
    names.map((name) => `${name}: m`),
  )
  client.begin('t')
  client.send('C', 'rolled back', { transaction: 't' })
  client.rollback('t')
  const consumers = names.map((name) => client.consume(name))
  client.begin('t2')
  client.send('C,E', 'committed', { transaction: 't2' })
  client.commit('t2')
  assert.deepEqual(
    consumers.map((consumer) => consumer.texts),
    names.map(() => ['committed']),
  )
})

test('what a composite forwards to is made with the first message, within the limits', async () => {
  const world = await World.open({
    policies: [{ destination: 'X.>', policy: { maxDestinations: 0 } }],
    broker: { virtualDestinations: { composites: [{ name: 'C', forwardTo: ['A', 'X.1'] }] } },
  })
  const client = world.connect()
  assert.equal(client.send('C', '1').code, 'LIMIT_REACHED')
  // All of it or nothing.
  assert.equal(world.broker.queue(at('A'))?.count ?? 0, 0)
  assert.equal(world.broker.usage.memoryBytes, 0)
})

test('a composite that cannot be is refused', async () => {
  const world = await World.open()
  for (const [composite, message] of [
    [{ name: 'A,B', forwardTo: ['C'] }, /^the composite A,B: expected one name or pattern$/],
    [{ name: 'A', forwardTo: [] }, /^the composite A: forwardTo names no destination$/],
    [{ name: 'A', forwardTo: ['B.>'] }, /^the composite A: nothing can be forwarded to queue:\/\/B.>;/],
    [{ name: 'A', forwardTo: ['B,C'] }, /nothing can be forwarded to/],
    [{ name: 'A', forwardTo: ['temp-queue://B'] }, /nothing can be forwarded to/],
    [
      { name: 'A', forwardTo: [{ destination: 'B', selector: 'x =' }] },
      /^the composite A: the selector for queue:\/\/B: /,
    ],
  ] as const) {
    assert.throws(() => world.broker.setVirtualDestinations({ composites: [composite] }), {
      code: 'CONFIGURATION_INVALID',
      message,
    })
  }
  assert.throws(() => world.broker.setVirtualDestinations({ mirroredQueues: { prefix: 'M.*.' } }), {
    code: 'CONFIGURATION_INVALID',
  })
})

test('a mirrored queue is published on a topic, which groups of consumers can tap', async () => {
  const world = await open({ mirroredQueues: true })
  const client = world.connect()
  const tap = client.consume('topic://VirtualTopic.Mirror.Q')
  const group = client.consume('Consumer.A.VirtualTopic.Mirror.Q')
  client.send('Q', '1')
  assert.deepEqual(client.consume('Q').drain(), ['1'])
  assert.deepEqual([tap.texts, group.texts], [['1'], ['1']])
  assert.equal(tap.received[0]?.message.destination.text, 'topic://VirtualTopic.Mirror.Q')
  assert.equal(tap.received[0]?.message.originalDestination?.text, 'queue://Q')
  // A copy is not mirrored, and temporary queues are not.
  client.ask((reply) =>
    world.broker.addDestination(client.connection, at(`temp-queue://${client.connection.id}:1`), reply),
  )
  client.send(`temp-queue://${client.connection.id}:1`, '2')
  const topics = [...world.broker.destinations.all].filter(({ destination }) => !destination.queue)
  assert.deepEqual(
    topics.map(({ destination }) => destination.name),
    ['VirtualTopic.Mirror.Q'],
  )
})

test('mirrored queues have the prefix, the postfix and the kind of copy that they were given', async () => {
  const world = await open({
    mirroredQueues: { prefix: 'M.', postfix: '.C', copyMessage: false, temporaryQueues: true },
  })
  const client = world.connect()
  const tap = client.consume('topic://M.Q.C')
  client.send('Q', '1')
  assert.equal(tap.received[0]?.message.destination.text, 'queue://Q')
  const temporary = `temp-queue://${client.connection.id}:1`
  client.ask((reply) => world.broker.addDestination(client.connection, at(temporary), reply))
  const other = client.consume(`topic://M.${client.connection.id}:1.C`)
  client.send(temporary, '2')
  assert.deepEqual(other.texts, ['2'])
})

test('whatever the composites are, who can be reached gets one copy each', async () => {
  const seed = Number(process.env['MILLRACE_SEED'] ?? 7)
  const random = seededRandom(seed)
  const names = Array.from({ length: 8 }, (_, i) => (i < 6 ? `queue://Q${i}` : `topic://T${i}`))
  const pick = (): string => names[random(names.length)] as string
  const world = await World.open()
  const client = world.connect()
  const consumers = names.map((name) => client.consume(name))
  for (let round = 0; round < 200; round++) {
    const composites = names
      .filter(() => random(2) === 0)
      .map((name) => ({ name, forwardTo: Array.from({ length: 1 + random(3) }, pick), forwardOnly: random(2) === 0 }))
    world.broker.setVirtualDestinations({ composites, virtualTopics: [] })
    const from = pick()
    const reached = new Set([from])
    for (const one of reached) {
      for (const to of composites.find(({ name }) => name === one)?.forwardTo ?? []) reached.add(to)
    }
    const transaction = random(3) === 0 ? `t${round}` : null
    if (transaction !== null) client.begin(transaction)
    const persistent = random(2) === 0
    client.send(from, `${round}`, transaction === null ? { persistent } : { persistent, transaction })
    if (transaction !== null) assert.equal(client.commit(transaction).code, null)
    for (const [i, consumer] of consumers.entries()) {
      const name = names[i] as string
      const stays = composites.find((one) => one.name === name)?.forwardOnly !== true
      const expected = stays && reached.has(name) ? [`${round}`] : []
      assert.deepEqual(consumer.drain(), expected, `seed ${seed}, round ${round}: ${from} to ${name}`)
    }
  }
  assert.equal(world.broker.usage.memoryBytes, 0)
  assert.equal(world.broker.usage.storingBytes, 0)
})
