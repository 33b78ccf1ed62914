import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashPassword } from '../../../src/access/password.ts'
import { userId } from '../../../src/plugins/user-id.ts'
import { queue, RawClient } from '../raw-client.ts'
import { LineClient } from './line-client.ts'
import { stompBroker } from './stomp-broker.ts'

test('who sent a message is told as the broker knows it', async (t) => {
  const access = { users: [{ name: 'ann', password: await hashPassword('pearl') }] }
  const { connect } = await stompBroker(t, '', { access, plugins: [userId()] })
  const client = await connect('1.2', { login: 'ann', passcode: 'pearl' })
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', { destination: '/queue/A', JMSXUserID: 'root' }, 'x')
  assert.equal((await client.message()).headers['JMSXUserID'], 'ann')
  await client.leave()
})

for (const ack of ['auto', 'client'] as const) {
  test(`a message that cannot be put into words is a dead letter, and the others come (${ack})`, async (t) => {
    const { connect, service } = await stompBroker(t)
    const raw = await RawClient.connect(service.addresses[1] ?? '', 'raw')
    await raw.ask(raw.producer(1, queue('A')))
    const client = await connect('1.2')
    for (let i = 1; i <= 3; i++) {
      const message = raw.text(1, i, queue('A'), `${i}`)
      // Marked as compressed, and it is not; properties that are none.
      if (i === 2) message.compressed = true
      if (i === 3) message.marshalledProperties = Buffer.from([0, 0, 0, 9, 1])
      await raw.ask(message)
    }
    await raw.ask(raw.text(1, 4, queue('A'), '4'))
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's', ack })
    assert.deepEqual(await client.bodies(2), ['1', '4'])
    await client.nothing()
    const letters = [...service.broker.queues()].find((one) => one.destination.name === 'ActiveMQ.DLQ')
    assert.equal(letters?.count, 2)
    await raw.leave()
    await client.leave()
  })
}

test('a client that does not read is given no more than fits, and all of it when it reads', async (t) => {
  const { connect, service } = await stompBroker(t, '', { output: { blockedBytes: 16_384 } })
  const sender = await connect('1.2')
  const reader = await connect('1.2')
  await reader.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  reader.socket.pause()
  const body = 'x'.repeat(100_000)
  const count = 200
  for (let i = 0; i < count; i++) await sender.ask('SEND', { destination: '/queue/A', number: `${i}` }, body)
  const [waiting] = service.broker.queues()
  assert.ok((waiting?.count ?? 0) > 0, 'all was given to a client that does not read')
  reader.socket.resume()
  for (let i = 0; i < count; i++) {
    const message = await reader.message()
    assert.equal(message.headers['number'], `${i}`)
    assert.equal(message.body.length, body.length)
  }
  await reader.leave()
  await sender.leave()
})

test('a send that finds no space waits, and is confirmed when there is some', async (t) => {
  const { connect } = await stompBroker(t, '', { limits: { memoryBytesMax: 200_000, parkedBytesMax: 1000 } })
  const sender = await connect('1.2')
  const reader = await connect('1.2')
  const body = 'x'.repeat(50_000)
  for (let i = 0; i < 10; i++) sender.send('SEND', { destination: '/queue/A', receipt: `${i}` }, body)
  sender.send('DISCONNECT', { receipt: 'bye' })
  assert.equal((await sender.take()).headers['receipt-id'], '0')
  await reader.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  for (let i = 0; i < 10; i++) assert.equal((await reader.message()).body.length, body.length)
  for (const receipt of ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'bye']) {
    assert.equal((await sender.take()).headers['receipt-id'], receipt)
  }
  await sender.closed
  await reader.leave()
})

// ---- Random conversations

const destination = fc.constantFrom(
  '/queue/A',
  '/topic/A',
  '/queue/A,/topic/A',
  '/topic/>',
  '/temp-queue/x',
  '/queue/',
  'A',
  '/topic/ActiveMQ.Advisory.>',
  '/queue/?a=b',
)
const value = fc.constantFrom(
  '1',
  '2',
  'true',
  'client',
  'client-individual',
  '1-1',
  '1-2',
  '2-3',
  '-1',
  '',
  't',
  'x:y',
)
const name = fc.constantFrom(
  'id',
  'ack',
  'transaction',
  'message-id',
  'subscription',
  'persistent',
  'priority',
  'expires',
  'browser',
  'selector',
  'transformation',
  'activemq.prefetchSize',
  'activemq.subscriptionName',
  'activemq.exclusive',
  'amq-msg-type',
  'reply-to',
  'AMQ_SCHEDULED_DELAY',
  'other',
)
const command = fc.constantFrom('SEND', 'SUBSCRIBE', 'UNSUBSCRIBE', 'ACK', 'NACK', 'BEGIN', 'COMMIT', 'ABORT')
const step = fc.record({
  command,
  destination,
  headers: fc.array(fc.tuple(name, value), { maxLength: 4 }),
})

test('whatever a client asks for, each receipt has one answer, and the broker goes on', async (t) => {
  let mistake: Error | null = null
  const { address, connect, service } = await stompBroker(t, '', {
    onFailed: (error) => {
      mistake = error
    },
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom('1.0', '1.1', '1.2'),
      fc.boolean(),
      async (steps, version, vanishes) => {
        const client = await LineClient.connect(address, version, { 'client-id': 'random' })
        const answers = new Map<string, number>()
        for (const [index, { command: verb, destination: where, headers }] of steps.entries()) {
          client.send(verb, { destination: where, ...Object.fromEntries(headers), receipt: `r${index}` }, 'body')
        }
        client.send('DISCONNECT', { receipt: 'bye' })
        for (;;) {
          const frame = await client.take()
          const id = frame.headers['receipt-id']
          if (frame.command === 'RECEIPT' && id === 'bye') break
          if (frame.command === 'RECEIPT' || frame.command === 'ERROR') {
            if (id !== undefined) answers.set(id, (answers.get(id) ?? 0) + 1)
          }
        }
        for (let i = 0; i < steps.length; i++) assert.equal(answers.get(`r${i}`), 1, `answers to frame ${i}`)
        if (vanishes) client.socket.destroy()
        await client.closed
        assert.equal(mistake, null)
      },
    ),
    { numRuns: 60 },
  )
  assert.equal(service.broker.connections.size, 0)
  const client = await connect('1.2')
  await client.nothing()
  await client.leave()
})

const conversation = [
  'CONNECT\naccept-version:1.1\n\n\0\n',
  'SUBSCRIBE\nid:1\ndestination:/queue/A\nack:client\n\n\0\n',
  'SEND\ndestination:/queue/A\ncontent-length:4\npersistent:true\nx:a\\cb\n\n\0\u0001\u0002\u0003\0\n',
  'BEGIN\ntransaction:t\n\n\0\n',
  'SEND\ndestination:/topic/A\ntransaction:t\ntransformation:jms-map-json\n\n{"map":""}\0\n',
  'ACK\nsubscription:1\nmessage-id:ID\\cx\ntransaction:t\n\n\0\n',
  'COMMIT\ntransaction:t\n\n\0\n',
  'UNSUBSCRIBE\nid:1\n\n\0\n',
  'DISCONNECT\nreceipt:bye\n\n\0\n',
].join('')

test('whatever bytes come, only their own connection suffers', async (t) => {
  let mistake: Error | null = null
  const { address, connect, service } = await stompBroker(t, '', {
    onFailed: (error) => {
      mistake = error
    },
  })
  const change = fc.record({
    at: fc.nat(conversation.length),
    remove: fc.nat(3),
    insert: fc.uint8Array({ maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
      let bytes = Buffer.from(conversation, 'latin1')
      for (const { at, remove, insert } of changes) {
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
      }
      const client = await LineClient.open(address)
      client.socket.removeAllListeners('data')
      client.socket.resume()
      client.socket.end(bytes)
      await client.closed
      assert.equal(mistake, null)
    }),
    { numRuns: 150 },
  )
  assert.equal(service.broker.connections.size, 0)
  const client = await connect('1.2')
  await client.nothing()
  await client.leave()
})
