import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stompBroker, VERSIONS } from './stomp-broker.ts'

for (const version of VERSIONS) {
  test(`${version}: what a transaction sends comes with its COMMIT, or never`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
    await client.ask('BEGIN', { transaction: 'one' })
    await client.ask('SEND', { destination: '/queue/A', transaction: 'one', persistent: 'true' }, '1')
    await client.ask('SEND', { destination: '/queue/A', transaction: 'one' }, '2')
    await client.nothing()
    await client.ask('COMMIT', { transaction: 'one' })
    assert.deepEqual(await client.bodies(2), ['1', '2'])
    await client.ask('BEGIN', { transaction: 'one' })
    await client.ask('SEND', { destination: '/queue/A', transaction: 'one' }, '3')
    await client.ask('ABORT', { transaction: 'one' })
    await client.nothing()
    await client.leave()
  })

  test(`${version}: after ABORT the same deliveries may be acknowledged, and nothing comes again`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    for (const body of ['1', '2']) await client.ask('SEND', { destination: '/queue/A', persistent: 'true' }, body)
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
    await client.message()
    const second = await client.message()
    await client.ask('BEGIN', { transaction: 't' })
    await client.settle('ACK', second, { transaction: 't' })
    await client.ask('ABORT', { transaction: 't' })
    await client.nothing()
    await client.ask('BEGIN', { transaction: 't' })
    await client.settle('ACK', second, { transaction: 't' })
    await client.ask('COMMIT', { transaction: 't' })
    await client.ask('UNSUBSCRIBE', { id: 's' })
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 't' })
    await client.nothing()
    await client.leave()
  })
}

test('acknowledgements of a topic in a transaction count when it is committed', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/topic/T', id: 's', ack: 'client', 'activemq.prefetchSize': '1' })
  for (const body of ['1', '2']) await client.ask('SEND', { destination: '/topic/T' }, body)
  const first = await client.message()
  await client.ask('BEGIN', { transaction: 't' })
  await client.settle('ACK', first, { transaction: 't' })
  await client.nothing()
  await client.ask('ABORT', { transaction: 't' })
  await client.nothing()
  await client.ask('BEGIN', { transaction: 't' })
  await client.settle('ACK', first, { transaction: 't' })
  await client.settle('ACK', first, { transaction: 't' })
  await client.ask('COMMIT', { transaction: 't' })
  assert.deepEqual(await client.bodies(1), ['2'])
  await client.leave()
})

test('a message cannot be refused in a transaction', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SEND', { destination: '/queue/A' }, '1')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
  const message = await client.message()
  await client.ask('BEGIN', { transaction: 't' })
  const error = await client.fail('NACK', { ...client.deliveryOf(message.headers), transaction: 't' })
  assert.equal(error.headers['code'], 'ACKNOWLEDGEMENT_INVALID')
  await client.settle('ACK', message, { transaction: 't' })
  await client.ask('COMMIT', { transaction: 't' })
  await client.leave()
})

test('a transaction that is open is not begun again, and one that is not is not known', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  await client.ask('BEGIN', { transaction: 't' })
  assert.equal((await client.fail('BEGIN', { transaction: 't' })).headers['code'], 'TRANSACTION_INVALID')
  for (const command of ['BEGIN', 'COMMIT', 'ABORT']) {
    assert.equal((await client.fail(command)).headers['code'], 'TRANSACTION_INVALID')
  }
  for (const command of ['COMMIT', 'ABORT']) {
    assert.equal((await client.fail(command, { transaction: 'u' })).headers['code'], 'TRANSACTION_UNKNOWN')
  }
  const send = await client.fail('SEND', { destination: '/queue/A', transaction: 'u' }, 'x')
  assert.equal(send.headers['code'], 'TRANSACTION_UNKNOWN')
  await client.ask('COMMIT', { transaction: 't' })
  await client.leave()
})

test('an open transaction is rolled back when its client goes', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('BEGIN', { transaction: 't' })
  await client.ask('SEND', { destination: '/queue/A', transaction: 't' }, '1')
  await client.vanish()
  const next = await connect('1.2')
  await next.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await next.nothing()
  await next.leave()
})
