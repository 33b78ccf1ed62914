import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { stompBroker, VERSIONS } from './stomp-broker.ts'
import { removedAtExit } from '../../removed-at-exit.ts'

test('the headers of SEND that mean something come back as headers of MESSAGE', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask(
    'SEND',
    {
      destination: '/queue/A',
      'correlation-id': 'c:1',
      'reply-to': '/queue/B',
      expires: '99999999999999',
      priority: '7',
      type: 'order',
      persistent: 'true',
      timestamp: '1234',
      JMSXGroupID: 'g',
      JMSXGroupSeq: '3',
      'content-type': 'text/plain',
      'my header': 'with: colon\nand line\\',
    },
    'körper',
  )
  const { headers, body } = await client.message()
  assert.equal(body.toString(), 'körper')
  const { 'message-id': messageId, ...rest } = headers
  assert.ok(messageId?.startsWith('ID:'))
  assert.deepEqual(rest, {
    subscription: 's',
    destination: '/queue/A',
    expires: '99999999999999',
    priority: '7',
    timestamp: '1234',
    persistent: 'true',
    'correlation-id': 'c:1',
    'reply-to': '/queue/B',
    type: 'order',
    JMSXGroupID: 'g',
    JMSXGroupSeq: '3',
    'content-type': 'text/plain',
    'my header': 'with: colon\nand line\\',
  })
  await client.leave()
})

test('what only the broker may say is not taken from a client', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', {
    destination: '/queue/A',
    'message-id': 'mine',
    redelivered: 'true',
    subscription: 'x',
    JMSXUserID: 'root',
    JMSXDeliveryCount: '9',
  })
  const { headers } = await client.message()
  assert.notEqual(headers['message-id'], 'mine')
  assert.equal(headers['subscription'], 's')
  for (const name of ['redelivered', 'JMSXUserID', 'JMSXDeliveryCount']) assert.equal(headers[name], undefined, name)
  await client.leave()
})

test('headers with the names of JMS act on the message', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', {
    destination: '/queue/A',
    JMSPriority: '8',
    JMSExpiration: '88888888888888',
    JMSType: 'kind',
    JMSReplyTo: '/topic/B',
    JMSCorrelationID: 'cid',
    JMSTimestamp: '55',
    JMSDeliveryMode: '2',
  })
  const { headers } = await client.message()
  assert.equal(headers['priority'], '8')
  assert.equal(headers['expires'], '88888888888888')
  assert.equal(headers['type'], 'kind')
  assert.equal(headers['reply-to'], '/topic/B')
  assert.equal(headers['correlation-id'], 'cid')
  assert.equal(headers['timestamp'], '55')
  assert.equal(headers['persistent'], 'true')
  await client.leave()
})

test('a message has a type by its content-length, or as it says', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  const bytes = Buffer.from([0, 1, 255, 0])
  await client.ask('SEND', { destination: '/queue/A', 'content-length': '4' }, bytes)
  const message = await client.message()
  assert.equal(message.headers['content-length'], '4')
  assert.deepEqual(message.body, bytes)
  await client.ask('SEND', { destination: '/queue/A', 'content-length': '2', 'amq-msg-type': 'TEXT' }, 'hi')
  assert.equal((await client.message()).headers['content-length'], undefined)
  await client.ask('SEND', { destination: '/queue/A', 'amq-msg-type': 'bytes' }, 'hi')
  assert.equal((await client.message()).headers['content-length'], '2')
  await client.ask('SEND', { destination: '/queue/A', 'content-length': '3', 'amq-msg-type': 'text' }, 'a\0b')
  const withNul = await client.message()
  assert.equal(withNul.headers['content-length'], '3')
  assert.equal(withNul.body.toString(), 'a\0b')
  await client.leave()
})

test('a connector can count every body', async (t) => {
  const { connect } = await stompBroker(t, '?stomp.contentLengthAlways=true')
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', { destination: '/queue/A' }, 'größe')
  assert.equal((await client.message()).headers['content-length'], '7')
  await client.leave()
})

for (const version of VERSIONS) {
  test(`${version}: texts and headers of any characters arrive as they were sent`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect(version)
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
    for (const text of ['', 'plain', 'ä', '漢字', '😀 and more', 'x'.repeat(100_000), 'é'.repeat(70_000)]) {
      const header = text.slice(0, 3000)
      await client.ask('SEND', { destination: '/queue/A', header }, text)
      const message = await client.message()
      assert.equal(message.body.toString(), text)
      assert.equal(message.headers['header'], header)
    }
    await client.leave()
  })
}

test('a value with an end of line cannot make a header of its own for clients of 1.0', async (t) => {
  const { connect } = await stompBroker(t)
  const [sender, old] = [await connect('1.2'), await connect('1.0')]
  await old.ask('SUBSCRIBE', { destination: '/queue/A' })
  await sender.ask('SEND', { destination: '/queue/A', note: 'x\nredelivered:true\r', 'a:b': 'c' }, 'body')
  const { headers, body } = await old.message()
  assert.equal(headers['note'], 'x redelivered:true ')
  assert.equal(headers['redelivered'], undefined)
  assert.equal(headers['a:b'] ?? headers['a'], undefined)
  assert.equal(body.toString(), 'body')
  await old.leave()
  await sender.leave()
})

test('of a header that is sent twice the first arrives', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  const many = Array.from({ length: 30 }, (_, i) => `h${i}:${i}\nh${i}:again\n`).join('')
  for (const lines of ['foo:one\nfoo:two\n', many]) {
    client.write(`SEND\ndestination:/queue/A\n${lines}\nx\0`)
    const { headers } = await client.message()
    assert.equal(headers['foo'] ?? 'one', 'one')
    assert.equal(headers['h7'] ?? '7', '7')
  }
  await client.leave()
})

for (const [what, headers, code] of [
  ['without destination', {}, 'DESTINATION_INVALID'],
  ['to no destination', { destination: ' ' }, 'DESTINATION_INVALID'],
  ['to an unknown kind', { destination: '/dsub/A' }, 'DESTINATION_INVALID'],
  ['to nothing', { destination: '/queue/' }, 'DESTINATION_INVALID'],
  ['to a pattern', { destination: '/queue/A.>' }, 'DESTINATION_INVALID'],
  ['to a list with something else in it', { destination: '/queue/A,/B' }, 'DESTINATION_INVALID'],
  ['to a temporary queue that is not there', { destination: '/remote-temp-queue/ID:x:1' }, 'DESTINATION_UNKNOWN'],
  ['with a priority that is none', { destination: '/queue/A', priority: 'high' }, 'FRAME_INVALID'],
  ['with an expiry that is none', { destination: '/queue/A', expires: 'soon' }, 'FRAME_INVALID'],
  ['of an unknown type', { destination: '/queue/A', 'amq-msg-type': 'map' }, 'FRAME_INVALID'],
  ['on a day that never comes', { destination: '/queue/A', AMQ_SCHEDULED_CRON: '0 0 31 2 *' }, 'SCHEDULE_INVALID'],
] as const) {
  test(`a SEND ${what} fails, and the connection goes on`, async (t) => {
    const { connect } = await stompBroker(t)
    const client = await connect('1.2')
    const error = await client.fail('SEND', headers, 'x')
    assert.equal(error.headers['code'], code)
    // Without a receipt the error has no id.
    client.send('SEND', headers, 'x')
    assert.equal((await client.error()).headers['receipt-id'], undefined)
    await client.nothing()
    await client.leave()
  })
}

test('a connector can close with every error', async (t) => {
  const { connect } = await stompBroker(t, '?stomp.closeOnError=true')
  const client = await connect('1.2')
  client.send('SEND', { destination: '/A', receipt: 'r' })
  assert.equal((await client.error()).headers['receipt-id'], 'r')
  await client.closed
})

test('what was confirmed is there after a stop, what was not persistent is not', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-stomp-'))
  removedAtExit(data)
  const { connect, service } = await stompBroker(t, '', { data })
  const client = await connect('1.2')
  await client.ask('SEND', { destination: '/queue/A' }, 'gone')
  await client.ask('SEND', { destination: '/queue/A', persistent: 'true', colour: 'red' }, 'kept')
  await client.ask('BEGIN', { transaction: 't' })
  await client.ask('SEND', { destination: '/queue/A', persistent: 'true', transaction: 't' }, 'kept too')
  await client.ask('COMMIT', { transaction: 't' })
  await client.leave()
  await service.stop()

  const again = await stompBroker(t, '', { data })
  const next = await again.connect('1.1')
  await next.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  const first = await next.message()
  assert.equal(first.body.toString(), 'kept')
  assert.equal(first.headers['colour'], 'red')
  assert.deepEqual(await next.bodies(1), ['kept too'])
  await next.nothing()
  await next.leave()
  await again.service.stop()
})

test('a message can be delayed, and repeated', async (t) => {
  const clock = new ManualClock()
  const { connect } = await stompBroker(t, '', { clock })
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask(
    'SEND',
    { destination: '/queue/A', AMQ_SCHEDULED_DELAY: '5000', AMQ_SCHEDULED_PERIOD: '1000', AMQ_SCHEDULED_REPEAT: '1' },
    'later',
  )
  clock.advance(4900)
  await client.nothing()
  clock.advance(200)
  assert.deepEqual(await client.bodies(1), ['later'])
  clock.advance(1100)
  assert.deepEqual(await client.bodies(1), ['later'])
  clock.advance(5000)
  await client.nothing()
  await client.leave()
})

test('a group ends with the sequence -1', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', { destination: '/queue/A', JMSXGroupID: 'g', JMSXGroupSeq: '-1' })
  assert.equal((await client.message()).headers['JMSXGroupSeq'], '-1')
  await client.leave()
})

test('a message that is dead when it comes is not delivered', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', { destination: '/queue/A', expires: '1' }, 'dead')
  await client.nothing()
  await client.leave()
})

test('a composite goes to each of its parts, of whatever kind', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.1')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 'a' })
  await client.ask('SUBSCRIBE', { destination: '/topic/B', id: 'b' })
  await client.ask('SEND', { destination: '/queue/A,/topic/B' }, 'both')
  const [one, other] = [await client.message(), await client.message()]
  assert.deepEqual([one.headers['subscription'], other.headers['subscription']].toSorted(), ['a', 'b'])
  assert.deepEqual([one.body.toString(), other.body.toString()], ['both', 'both'])
  await client.leave()
})

test('a name with slashes is a name, and blanks around a destination are not part of it', async (t) => {
  const { connect, service } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SEND', { destination: ' /queue/foo/bar ' }, 'x')
  assert.ok([...service.broker.queues()].some((queue) => queue.destination.name === 'foo/bar'))
  await client.leave()
})

test('an answer is sent to a temporary queue, by the name that each side knows', async (t) => {
  const { connect } = await stompBroker(t)
  const [asking, answering] = [await connect('1.2'), await connect('1.1')]
  await answering.ask('SUBSCRIBE', { destination: '/queue/SERVICE', id: 's' })
  await asking.ask('SUBSCRIBE', { destination: '/temp-queue/answers', id: 'a' })
  await asking.ask('SEND', { destination: '/queue/SERVICE', 'reply-to': '/temp-queue/answers' }, 'question')
  const question = await answering.message()
  const replyTo = question.headers['reply-to'] ?? ''
  assert.match(replyTo, /^\/remote-temp-queue\/ID:/)
  const foreign = await answering.fail('SUBSCRIBE', { destination: replyTo, id: 'x' })
  assert.equal(foreign.headers['code'], 'DESTINATION_NOT_OWNED')
  await answering.ask('SEND', { destination: replyTo, 'correlation-id': '1' }, 'answer')
  const answer = await asking.message()
  assert.equal(answer.headers['destination'], '/temp-queue/answers')
  assert.equal(answer.body.toString(), 'answer')
  await asking.leave()
  const late = await answering.fail('SEND', { destination: replyTo }, 'late')
  assert.equal(late.headers['code'], 'DESTINATION_UNKNOWN')
  await answering.leave()
})

test('a name to reply to that is no destination here comes out unchanged', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: '/queue/A', id: 's' })
  await client.ask('SEND', { destination: '/queue/A', 'reply-to': 'sip:bob@example.org' }, 'x')
  assert.equal((await client.message()).headers['reply-to'], 'sip:bob@example.org')
  await client.leave()
})
