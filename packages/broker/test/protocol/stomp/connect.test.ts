import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { hashPassword } from '../../../src/access/password.ts'
import { LineClient } from './line-client.ts'
import { stompBroker } from './stomp-broker.ts'

test('the newest version that both speak is agreed on, and 1.0 without a list', async (t) => {
  const { address } = await stompBroker(t)
  for (const [accepted, agreed] of [
    ['1.0,1.1,1.2', '1.2'],
    ['1.1,1.0', '1.1'],
    ['1.2', '1.2'],
    ['1.1, 2.0', '1.1'],
    [null, '1.0'],
  ] as const) {
    const client = await LineClient.open(address)
    client.send('STOMP', accepted === null ? {} : { 'accept-version': accepted, host: 'h' })
    assert.equal((await client.take('CONNECTED')).headers['version'], agreed)
    await client.leave()
  }
})

test('without a common version the answer names ours, and the connection ends', async (t) => {
  const { address } = await stompBroker(t)
  const client = await LineClient.open(address)
  client.send('CONNECT', { 'accept-version': '2.0' })
  const error = await client.error()
  assert.equal(error.headers['version'], '1.0,1.1,1.2')
  assert.equal(error.headers['code'], 'NEGOTIATION_FAILED')
  await client.closed
})

test('CONNECTED has the session, the server, and the id that was asked with; nothing in it is escaped', async (t) => {
  const { address } = await stompBroker(t)
  const client = await LineClient.open(address)
  client.send('CONNECT', { 'accept-version': '1.2', 'client-id': 'a:b', 'request-id': 'q-1' })
  const { headers } = await client.take('CONNECTED')
  assert.equal(headers['session'], 'a:b')
  assert.equal(headers['server'], 'Millrace')
  assert.equal(headers['heart-beat'], '0,0')
  assert.equal(headers['response-id'], 'q-1')
  assert.equal(headers['receipt-id'], 'q-1')
  await client.leave()
})

test('a client without an id of its own has that of its connection', async (t) => {
  const { connect } = await stompBroker(t)
  const one = await LineClient.open((await stompBroker(t)).address)
  const { headers } = await one.introduce('1.1')
  assert.match(headers['session'] ?? '', /^ID:.*-2:1$/)
  await one.leave()
  const other = await connect()
  await other.leave()
})

test('ends of line may come before CONNECT, and everything in pieces', async (t) => {
  const { address } = await stompBroker(t)
  const client = await LineClient.open(address)
  for (const byte of Buffer.from('\n\r\nCONNECT\r\naccept-version:1.2\r\nhost:h\r\n\r\n\0'))
    client.write(Buffer.from([byte]))
  assert.equal((await client.take('CONNECTED')).headers['version'], '1.2')
  await client.leave()
})

for (const [what, bytes, code] of [
  ['a frame before CONNECT', 'SEND\ndestination:/queue/a\n\n\0', 'COMMAND_UNEXPECTED'],
  ['an unknown command', 'HELLO\n\n\0', 'COMMAND_UNEXPECTED'],
  ['a frame that only servers send', 'MESSAGE\n\n\0', 'COMMAND_UNEXPECTED'],
  ['a header without colon', 'CONNECT\nlogin\n\n\0', 'FRAME_INVALID'],
  ['a heart-beat that is none', 'CONNECT\naccept-version:1.1\nheart-beat:1\n\n\0', 'FRAME_INVALID'],
  ['a negative heart-beat', 'CONNECT\naccept-version:1.1\nheart-beat:-1,0\n\n\0', 'FRAME_INVALID'],
  ['more than a stranger may send', `CONNECT\n${`a:${'x'.repeat(10_000)}\n`.repeat(8)}\n\0`, 'FRAME_TOO_LARGE'],
] as const) {
  test(`${what} is answered with ERROR, and the connection ends`, async (t) => {
    const { address, connect } = await stompBroker(t)
    const other = await connect()
    const client = await LineClient.open(address)
    client.write(bytes)
    const error = await client.error()
    assert.equal(error.headers['code'], code)
    assert.equal(error.headers['content-type'], 'text/plain')
    assert.equal(error.body.toString(), error.headers['message'])
    await client.closed
    // Nobody else notices.
    await other.nothing()
    await other.leave()
  })
}

test('a second CONNECT ends the connection, and nothing behind it is looked at', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  client.write('CONNECT\n\n\0SEND\ndestination:/queue/after\n\nx\0')
  assert.equal((await client.error()).headers['code'], 'COMMAND_UNEXPECTED')
  await client.closed
  const other = await connect()
  await other.ask('SUBSCRIBE', { destination: '/queue/after', id: '1' })
  await other.nothing()
  await other.leave()
})

test('an escape that the version does not know ends the connection, unless the connector is lenient', async (t) => {
  const strict = await stompBroker(t)
  const client = await strict.connect('1.2')
  client.write('SEND\ndestination:/queue/a\nx:\\t\n\n\0')
  assert.equal((await client.error()).headers['code'], 'FRAME_INVALID')
  await client.closed

  const lenient = await stompBroker(t, '?stomp.lenientEscapes=true')
  const other = await lenient.connect('1.2')
  other.write('SEND\ndestination:/queue/a\nx:\\t\n\nb\0')
  await other.ask('SUBSCRIBE', { destination: '/queue/a', id: '1' })
  assert.equal((await other.message()).headers['x'], '\\t')
  await other.leave()
})

test('who does not say CONNECT in time is let go', async (t) => {
  const clock = new ManualClock()
  const { address } = await stompBroker(t, '?transport.connectAttemptTimeout=1000', { clock })
  const client = await LineClient.open(address)
  client.write('\n')
  const other = await LineClient.connect(address)
  await other.nothing()
  clock.advance(900)
  await other.nothing()
  clock.advance(200)
  assert.equal((await client.error()).headers['code'], 'NEGOTIATION_FAILED')
  await client.closed
  await other.leave()
})

test('a password is asked for; what comes behind CONNECT meanwhile waits', async (t) => {
  const access = { users: [{ name: 'ann', password: await hashPassword('pearl') }] }
  const { address } = await stompBroker(t, '', { access })
  for (const login of [{}, { login: 'ann', passcode: 'ruby' }, { login: 'eve', passcode: 'pearl' }]) {
    const client = await LineClient.open(address)
    client.send('CONNECT', { 'accept-version': '1.2', ...login })
    client.send('SEND', { destination: '/queue/a' }, 'not taken')
    const error = await client.error()
    assert.equal(error.headers['code'], 'NOT_AUTHENTICATED')
    assert.doesNotMatch(error.body.toString(), /pearl|ruby/)
    await client.closed
  }
  const client = await LineClient.open(address)
  client.version = '1.2'
  client.write(
    'CONNECT\naccept-version:1.2\nlogin:ann\npasscode:pearl\n\n\0SUBSCRIBE\nid:1\ndestination:/queue/a\nreceipt:r\n\n\0',
  )
  assert.equal((await client.take()).command, 'CONNECTED')
  assert.equal((await client.take()).headers['receipt-id'], 'r')
  await client.nothing()
  await client.leave()
})

test('what a user may not do is refused, and the connection goes on', async (t) => {
  const password = await hashPassword('pearl')
  const access = {
    users: [{ name: 'ann', password, groups: ['staff'] }],
    permissions: [{ destination: 'queue://MINE', read: ['staff'], write: ['staff'], admin: ['staff'] }],
  }
  const { connect } = await stompBroker(t, '', { access })
  const client = await connect('1.2', { login: 'ann', passcode: 'pearl' })
  assert.equal((await client.fail('SEND', { destination: '/queue/YOURS' })).headers['code'], 'NOT_AUTHORIZED')
  assert.equal(
    (await client.fail('SUBSCRIBE', { destination: '/queue/YOURS', id: '1' })).headers['code'],
    'NOT_AUTHORIZED',
  )
  await client.ask('SEND', { destination: '/queue/MINE' }, 'x')
  await client.ask('SUBSCRIBE', { destination: '/queue/MINE', id: '1' })
  assert.equal((await client.message()).body.toString(), 'x')
  await client.leave()
})

test('a client id is of one connection, unless links may be stolen', async (t) => {
  const { connect, address } = await stompBroker(t)
  const first = await connect('1.1', { 'client-id': 'same' })
  const second = await LineClient.open(address)
  second.send('CONNECT', { 'accept-version': '1.1', 'client-id': 'same' })
  assert.equal((await second.error()).headers['code'], 'CLIENT_ID_IN_USE')
  await second.closed
  await first.leave()

  const stealing = await stompBroker(t, '?allowLinkStealing=true')
  const old = await stealing.connect('1.1', { 'client-id': 'same' })
  const young = await stealing.connect('1.1', { 'client-id': 'same' })
  assert.equal((await old.error()).headers['code'], 'CONNECTION_CLOSED')
  await old.closed
  await young.leave()
})

test('the receipt of DISCONNECT comes after everything else that is owed', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  client.send('SEND', { destination: '/queue/a', persistent: 'true', receipt: 'sent' }, 'x')
  client.send('DISCONNECT', { receipt: 'bye' })
  assert.deepEqual(
    [(await client.take()).headers['receipt-id'], (await client.take()).headers['receipt-id']],
    ['sent', 'bye'],
  )
  await client.closed
})

test('a client may leave without asking for a receipt, and come back at once', async (t) => {
  const { connect, service } = await stompBroker(t)
  for (let i = 0; i < 50; i++) {
    const client = await connect('1.2', { 'client-id': 'hasty' })
    client.send('DISCONNECT')
    await client.closed
  }
  assert.equal(service.broker.connections.size, 0)
})

test('a broker that stops says so', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.2')
  const stopping = service.stop()
  assert.equal((await client.error()).headers['code'], 'BROKER_STOPPING')
  await client.closed
  await stopping
})
