import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineClient } from './line-client.ts'
import { stompBroker, VERSIONS } from './stomp-broker.ts'

async function sendAll(client: LineClient, destination: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await client.ask('SEND', { destination, persistent: 'true' }, body)
}

for (const version of VERSIONS) {
  test(`${version}: a message is sent, confirmed, delivered, acknowledged`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await client.ask('SEND', { destination: '/queue/A', persistent: 'true', colour: 'red' }, 'hello')
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '1', ack: 'client' })
    const message = await client.message()
    assert.equal(message.body.toString(), 'hello')
    assert.equal(message.headers['destination'], '/queue/A')
    assert.equal(message.headers['subscription'], '1')
    assert.equal(message.headers['persistent'], 'true')
    assert.equal(message.headers['priority'], '4')
    assert.equal(message.headers['expires'], '0')
    assert.equal(message.headers['colour'], 'red')
    assert.equal(message.headers['redelivered'], undefined)
    assert.equal(message.headers['content-length'], undefined)
    assert.equal(message.headers['ack'] === undefined, version !== '1.2')
    assert.match(message.headers['message-id'] ?? '', /^ID:.*-2:1:-1:1:1$/)
    await client.settle('ACK', message)
    await client.ask('UNSUBSCRIBE', { id: '1' })
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '2' })
    await client.nothing()
    await client.leave()
  })

  test(`${version}: in client mode an acknowledgement is of all before it, and the rest comes back`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await sendAll(client, '/queue/A', ['1', '2', '3', '4'])
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
    await client.message()
    const second = await client.message()
    await client.bodies(2)
    await client.settle('ACK', second)
    await client.vanish()

    const next = await connect(version)
    await next.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
    const third = await next.message()
    assert.equal(third.body.toString(), '3')
    assert.equal(third.headers['redelivered'], 'true')
    assert.deepEqual(await next.bodies(1), ['4'])
    await next.nothing()
    await next.leave()
  })

  test(`${version}: in auto mode nothing comes back`, async (t) => {
    const { connect, service } = await stompBroker(t)
    const client = await connect(version)
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', 'activemq.prefetchSize': '1' })
    await sendAll(client, '/queue/A', ['1', '2', '3'])
    assert.deepEqual(await client.bodies(3), ['1', '2', '3'])
    await client.vanish()
    const next = await connect(version)
    await next.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
    await next.nothing()
    await next.leave()
    assert.equal([...service.broker.queues()].find((queue) => queue.destination.name === 'A')?.count, 0)
  })
}

for (const version of ['1.1', '1.2'] as const) {
  test(`${version}: in client-individual mode exactly one message is acknowledged`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await sendAll(client, '/queue/A', ['1', '2', '3'])
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client-individual' })
    await client.message()
    const second = await client.message()
    await client.message()
    await client.settle('ACK', second)
    await client.ask('UNSUBSCRIBE', { id: 's' })
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 't' })
    assert.deepEqual(await client.bodies(2), ['1', '3'])
    await client.leave()
  })

  test(`${version}: what is refused is one dead letter at once, also in client mode`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await sendAll(client, '/queue/A', ['1', '2'])
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
    const [first, second] = [await client.message(), await client.message()]
    await client.settle('NACK', second)
    await client.ask('SUBSCRIBE', { destination: '/queue/ActiveMQ.DLQ', id: 'd' })
    const letter = await client.message()
    assert.equal(letter.body.toString(), '2')
    assert.equal(letter.headers['destination'], '/queue/ActiveMQ.DLQ')
    assert.equal(letter.headers['original-destination'], '/queue/A')
    assert.match(letter.headers['dlqDeliveryFailureCause'] ?? '', /NACK/)
    await client.settle('ACK', first)
    await client.leave()
  })

  test(`${version}: a prefetch is messages not acknowledged`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await sendAll(client, '/queue/A', ['1', '2', '3'])
    await client.ask('SUBSCRIBE', {
      destination: '/queue/A',
      id: 's',
      ack: 'client-individual',
      'activemq.prefetchSize': '2',
    })
    const first = await client.message()
    assert.deepEqual(await client.bodies(1), ['2'])
    await client.nothing()
    await client.settle('ACK', first)
    assert.deepEqual(await client.bodies(1), ['3'])
    await client.leave()
  })

  test(`${version}: consumers of a topic acknowledge, too: one by one, or all before`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    for (const [id, ack] of [
      ['c', 'client'],
      ['i', 'client-individual'],
    ] as const) {
      await client.ask('SUBSCRIBE', { destination: '/topic/T', id, ack, 'activemq.prefetchSize': '2' })
      await sendAll(client, '/topic/T', ['1', '2', '3', '4'])
      const first = await client.message()
      const second = await client.message()
      await client.nothing()
      await client.settle('ACK', ack === 'client' ? second : first)
      assert.equal((await client.message()).body.toString(), '3')
      if (ack === 'client') assert.equal((await client.message()).body.toString(), '4')
      else await client.nothing()
      const again = await client.fail('ACK', client.deliveryOf((ack === 'client' ? second : first).headers))
      assert.equal(again.headers['code'], 'ACKNOWLEDGEMENT_INVALID')
      if (ack === 'client-individual') await client.settle('NACK', second)
      await client.ask('UNSUBSCRIBE', { id })
      client.received.length = 0
    }
    await client.leave()
  })

  test(`${version}: what was not delivered, or was acknowledged, cannot be acknowledged`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await sendAll(client, '/queue/A', ['1'])
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack: 'client' })
    const message = await client.message()
    await client.settle('ACK', message)
    for (const headers of [
      client.deliveryOf(message.headers),
      version === '1.2' ? { id: '1-99' } : { 'message-id': 'ID:x', subscription: 's' },
      version === '1.2' ? { id: 'x' } : { 'message-id': 'ID:x' },
      version === '1.2' ? { id: '-' } : { 'message-id': message.headers['message-id'] ?? '', subscription: 'none' },
      {},
    ]) {
      for (const command of ['ACK', 'NACK']) {
        assert.equal((await client.fail(command, headers)).headers['code'], 'ACKNOWLEDGEMENT_INVALID')
      }
    }
    await client.leave()
  })
}

test('1.0 has no NACK, and an acknowledgement names the message alone', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.0')
  await sendAll(client, '/queue/A', ['1'])
  await client.ask('SUBSCRIBE', { destination: '/queue/A', ack: 'client' })
  const message = await client.message()
  assert.equal(message.headers['subscription'], undefined)
  const id = { 'message-id': message.headers['message-id'] ?? '' }
  assert.equal((await client.fail('NACK', id)).headers['code'], 'COMMAND_UNSUPPORTED')
  await client.ask('ACK', id)
  await client.leave()
})
