import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stompBroker, VERSIONS } from './stomp-broker.ts'

for (const version of VERSIONS) {
  test(`${version}: every consumer of a topic gets every message, in its own words`, async (t) => {
    const { connect } = await stompBroker(t)
    const clients = [await connect(version), await connect('1.2'), await connect('1.1'), await connect('1.0')]
    for (const client of clients) {
      await client.ask('SUBSCRIBE', { destination: '/topic/T', id: 'a:b' })
      await client.ask('SUBSCRIBE', { destination: '/topic/T', id: 'second' })
    }
    await clients[0]?.ask('SEND', { destination: '/topic/T', colour: 'r:e:d' }, 'news')
    for (const client of clients) {
      const [one, other] = [await client.message(), await client.message()]
      assert.deepEqual([one.headers['subscription'], other.headers['subscription']], ['a:b', 'second'])
      assert.equal(one.headers['colour'], 'r:e:d')
      assert.deepEqual({ ...one.headers, subscription: 'second' }, other.headers)
      assert.equal(other.body.toString(), 'news')
      await client.leave()
    }
  })
}

test('patterns cover elements of names', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/topic/A.*', id: 'one' })
  await client.ask('SUBSCRIBE', { destination: '/topic/A.>', id: 'all' })
  await client.ask('SEND', { destination: '/topic/A.B' }, 'x')
  const seen = [await client.message(), await client.message()]
  assert.deepEqual(seen.map(({ headers }) => headers['subscription']).toSorted(), ['all', 'one'])
  assert.deepEqual(
    seen.map(({ headers }) => headers['destination']),
    ['/topic/A.B', '/topic/A.B'],
  )
  await client.ask('SEND', { destination: '/topic/A.B.C' }, 'x')
  assert.equal((await client.message()).headers['subscription'], 'all')
  await client.nothing()
  await client.leave()
})

test('a selector compares numbers with headers, which are texts', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', selector: "size > 5 AND colour = 'red'" })
  for (const size of ['3', '7', '30']) await client.ask('SEND', { destination: '/queue/A', size, colour: 'red' }, size)
  assert.deepEqual(await client.bodies(2), ['7', '30'])
  const wrong = await client.fail('SUBSCRIBE', { destination: '/queue/A', id: 't', selector: 'size >' })
  assert.equal(wrong.headers['code'], 'SELECTOR_INVALID')
  await client.leave()
})

test('no message overtakes the receipt of its subscription', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2', { 'client-id': 'c' })
  await client.ask('SEND', { destination: '/queue/A' }, 'x')
  client.send('SUBSCRIBE', { destination: '/queue/A', id: '1', receipt: 'r' })
  assert.equal((await client.take()).command, 'RECEIPT')
  assert.equal((await client.take()).command, 'MESSAGE')
  client.send('SUBSCRIBE', { destination: '/topic/T', id: '2', receipt: 'r', 'activemq.subscriptionName': 'd' })
  client.send('SEND', { destination: '/topic/T' }, 'x')
  assert.equal((await client.take()).command, 'RECEIPT')
  assert.equal((await client.take()).command, 'MESSAGE')
  await client.leave()
})

test('a durable subscription collects while its client is away, and ends when it is unsubscribed by name', async (t) => {
  const { connect, service } = await stompBroker(t)
  const sender = await connect('1.2')
  const news = { destination: '/topic/T', id: 's', 'activemq.subscriptionName': 'news' }
  for (let i = 0; i < 3; i++) {
    const client = await connect('1.1', { 'client-id': 'reader' })
    await client.ask('SUBSCRIBE', { ...news, ack: 'client' })
    if (i > 0) {
      const message = await client.message()
      assert.equal(message.body.toString(), `${i}`)
      await client.settle('ACK', message)
    }
    if (i === 1) await client.ask('UNSUBSCRIBE', { id: 's' })
    await client.leave()
    await sender.ask('SEND', { destination: '/topic/T', persistent: 'true' }, `${i + 1}`)
  }
  const client = await connect('1.2', { 'client-id': 'reader' })
  await client.ask('SUBSCRIBE', { ...news, id: 'other' })
  assert.deepEqual(await client.bodies(1), ['3'])
  await client.ask('UNSUBSCRIBE', { id: 'other', 'activemq.subscriptionName': 'news' })
  assert.equal(service.broker.destinations.durables.size, 0)
  await client.leave()
  await sender.leave()
})

test('1.0 ends a durable subscription with nothing but its name', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.0', { 'client-id': 'news' })
  await client.ask('SUBSCRIBE', { destination: '/topic/T', 'activemq.subcriptionName': 'news' })
  await client.leave()
  assert.equal(service.broker.destinations.durables.size, 1)
  const other = await connect('1.0')
  await other.ask('UNSUBSCRIBE', { destination: '/topic/T', 'activemq.subscriptionName': 'news' })
  assert.equal(service.broker.destinations.durables.size, 0)
  await other.leave()
})

for (const [what, headers, code] of [
  ['without destination', { id: '1' }, 'DESTINATION_INVALID'],
  ['without id', { destination: '/queue/A' }, 'FRAME_INVALID'],
  ['with an id that is taken', { destination: '/queue/B', id: 'taken' }, 'FRAME_INVALID'],
  ['with a prefetch that is none', { destination: '/queue/A', id: '1', 'activemq.prefetchSize': 'x' }, 'FRAME_INVALID'],
  ['with a priority out of range', { destination: '/queue/A', id: '1', 'activemq.priority': '200' }, 'FRAME_INVALID'],
  [
    'that is durable and to a queue',
    { destination: '/queue/A', id: '1', 'activemq.subscriptionName': 'd' },
    'DESTINATION_INVALID',
  ],
  [
    'that is durable and of a client without id',
    { destination: '/topic/A', id: '1', 'activemq.subscriptionName': 'd' },
    'CLIENT_ID_MISSING',
  ],
] as const) {
  test(`a SUBSCRIBE ${what} fails, and the connection goes on`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect('1.2')
    await client.ask('SUBSCRIBE', { destination: '/queue/other', id: 'taken' })
    assert.equal((await client.fail('SUBSCRIBE', headers)).headers['code'], code)
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '1' })
    await client.ask('SEND', { destination: '/queue/A' }, 'x')
    assert.deepEqual(await client.bodies(1), ['x'])
    await client.leave()
  })
}

test('UNSUBSCRIBE ends what is there, by id, and in 1.0 by destination', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  assert.equal((await client.fail('UNSUBSCRIBE', { id: '1' })).headers['code'], 'CONSUMER_UNKNOWN')
  assert.equal((await client.fail('UNSUBSCRIBE', { destination: '/queue/A' })).headers['code'], 'FRAME_INVALID')
  await client.leave()
  const old = await connect('1.0')
  await old.ask('SUBSCRIBE', { destination: '/queue/A' })
  await old.ask('SUBSCRIBE', { destination: '/queue/A' })
  await old.ask('UNSUBSCRIBE', { destination: '/queue/A' })
  await old.ask('SEND', { destination: '/queue/A' }, 'still')
  assert.deepEqual(await old.bodies(1), ['still'])
  await old.ask('UNSUBSCRIBE', { destination: '/queue/A' })
  await old.ask('SEND', { destination: '/queue/A' }, 'not any more')
  await old.nothing()
  assert.equal((await old.fail('UNSUBSCRIBE', { destination: '/queue/A' })).headers['code'], 'CONSUMER_UNKNOWN')
  await old.leave()
})

test('a browser sees all and takes nothing, and is told the end', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  for (const body of ['1', '2', '3']) await client.ask('SEND', { destination: '/queue/A' }, body)
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 'b', browser: 'true' })
  assert.deepEqual(await client.bodies(3), ['1', '2', '3'])
  const end = await client.message()
  assert.deepEqual(end.headers, {
    subscription: 'b',
    destination: '/queue/A',
    'message-id': '0',
    browser: 'end',
  })
  assert.equal(end.body.length, 0)
  await client.ask('UNSUBSCRIBE', { id: 'b' })
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 'c', browser: 'true', ack: 'client' })
  const refused = await client.fail('NACK', client.deliveryOf((await client.message()).headers))
  assert.equal(refused.headers['code'], 'ACKNOWLEDGEMENT_INVALID')
  await client.ask('UNSUBSCRIBE', { id: 'c' })
  client.received.length = 0
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 'd' })
  assert.deepEqual(await client.bodies(3), ['1', '2', '3'])
  await client.leave()
})

test('what a consumer asks for reaches the broker, as header or as option of the destination', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', {
    destination: '/topic/A',
    id: '1',
    'activemq.prefetchSize': '7',
    'activemq.exclusive': 'true',
    'activemq.retroactive': 'true',
    'activemq.noLocal': 'true',
    'activemq.priority': '-5',
    'activemq.maximumPendingMessageLimit': '9',
    'activemq.dispatchAsync': 'false',
  })
  await client.ask('SUBSCRIBE', { destination: '/queue/B?consumer.exclusive=true&consumer.prefetchSize=3', id: '2' })
  const [connection] = service.broker.connections.values()
  const [one, other] = connection?.subscriptions.values() ?? []
  const { exclusive, retroactive, noLocal, priority, maximumPendingMessages, prefetch } = one?.spec ?? {}
  assert.deepEqual(
    { exclusive, retroactive, noLocal, priority, maximumPendingMessages, prefetch },
    {
      exclusive: true,
      retroactive: true,
      noLocal: true,
      priority: -5,
      maximumPendingMessages: 9,
      prefetch: 7,
    },
  )
  assert.deepEqual([other?.spec.destination.text, other?.spec.exclusive, other?.spec.prefetch], ['queue://B', true, 3])
  await client.ask('SEND', { destination: '/topic/A' }, 'own')
  await client.nothing()
  await client.leave()
})

test('a consumer that says nothing has the prefetch of its kind', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.2', { 'client-id': 'c' })
  for (const [id, headers] of Object.entries({
    queue: { destination: '/queue/A' },
    browser: { destination: '/queue/A', browser: 'true' },
    topic: { destination: '/topic/A' },
    durable: { destination: '/topic/A', 'activemq.subscriptionName': 'd' },
  })) {
    await client.ask('SUBSCRIBE', { id, ...headers })
  }
  const [connection] = service.broker.connections.values()
  const asked = [...(connection?.subscriptions.values() ?? [])].map(({ spec }) => spec.prefetch)
  assert.deepEqual(asked, [1000, 500, 32_767, 100])
  await client.leave()
})

test('a consumer whose queue is deleted is told so', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '1', ack: 'client' })
  await client.ask('SEND', { destination: '/queue/A' }, 'x')
  const message = await client.message()
  const [queue] = service.broker.queues()
  assert.ok(queue !== undefined)
  service.broker.destinations.delete(queue, { done: () => {} })
  const late = await client.fail('ACK', client.deliveryOf(message.headers))
  assert.equal(late.headers['code'], 'ACKNOWLEDGEMENT_INVALID')
  await client.leave()
})
