import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConnectionFactory, respond } from '@millrace/client'
import { millrace, type Outcome, startBroker, temporaryDirectory } from './program.ts'

type Json = Readonly<Record<string, unknown>>

/** A broker in memory and a way to call client commands on it. */
async function broker(t: TestContext): Promise<(command: string, ...args: readonly string[]) => Promise<Outcome>> {
  const { url } = await startBroker(t, ['--memory'])
  return (command, ...args) => millrace([command, '--broker', url, ...args])
}

function lines(outcome: Outcome): string[] {
  assert.equal(outcome.code, 0, outcome.stderr)
  return outcome.stdout.split('\n').slice(0, -1)
}

function json(outcome: Outcome): Json[] {
  return lines(outcome).map((line) => JSON.parse(line) as Json)
}

test('what is produced can be browsed, and consumed once', async (t) => {
  const call = await broker(t)
  assert.match(lines(await call('produce', 'queue://Q', 'one', 'two')).join(), /^Sent 2 messages to queue:\/\/Q in /)
  const browsed = lines(await call('browse', 'queue://Q')).join('\n')
  assert.match(browsed, /one/)
  assert.match(browsed, /\n2 messages in queue:\/\/Q\.$/)
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '2')), ['one', 'two'])
  assert.deepEqual(lines(await call('browse', 'Q')), ['0 messages in queue://Q.'])
})

test('a queue is purged of what matches, and of everything', async (t) => {
  const call = await broker(t)
  await call('produce', 'Q', 'x', '--count', '1200')
  await call('produce', 'Q', 'test', '--header', 'JMSType=test')
  assert.deepEqual(lines(await call('purge', 'Q', '--selector', "JMSType = 'test'")), [
    'Threw 1 message of queue://Q away.',
  ])
  assert.deepEqual(json(await call('purge', 'queue://Q', '--json')), [{ purged: 1200, destination: 'queue://Q' }])
  assert.deepEqual(lines(await call('browse', 'Q')), ['0 messages in queue://Q.'])
  const topic = await call('purge', 'topic://T')
  assert.equal(topic.code, 2)
  assert.match(topic.stderr, /only queues can be purged/)
})

test('a request prints the reply, and no reply is a failure', async (t) => {
  const { url } = await startBroker(t, ['--memory'])
  const connection = await new ConnectionFactory(url).createConnection()
  t.after(() => connection.close())
  await connection.start()
  const session = await connection.createSession()
  await respond(session, session.createQueue('PRICES'), (message) => `${message.bodyAs('string')}: 7.50`)
  const call = (...args: string[]): Promise<Outcome> => millrace(['request', '--broker', url, ...args])
  assert.deepEqual(lines(await call('PRICES', 'wheel')), ['wheel: 7.50'])
  const [reply = {}] = json(await call('queue://PRICES', 'wheel', '--json'))
  assert.deepEqual([reply['type'], reply['body']], ['text', 'wheel: 7.50'])
  const nobody = await call('NOBODY', 'wheel', '--timeout', '0.05')
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /no reply/)
})

test('--json gives headers, typed properties and the body', async (t) => {
  const call = await broker(t)
  const properties = [
    '--property',
    'colour=red',
    '--property',
    'weight:int=5',
    '--property',
    'far:long=9007199254740993',
  ]
  const headers = ['--header', 'JMSCorrelationID=c1', '--header', 'JMSType=t1', '--header', 'JMSReplyTo=topic://R']
  const sent = await call('produce', 'queue://Q', 'one', ...properties, ...headers, '--priority', '7', '--json')
  assert.deepEqual(Object.keys(json(sent)[0] ?? {}), ['sent', 'destination', 'seconds'])
  for (const command of ['browse', 'consume']) {
    const more = command === 'consume' ? ['--count', '1'] : []
    const [message = {}] = json(await call(command, 'queue://Q', '--json', ...more))
    const { JMSMessageID, JMSTimestamp, ...rest } = message
    assert.match(String(JMSMessageID), /^ID:/)
    assert.equal(typeof JMSTimestamp, 'number')
    assert.deepEqual(rest, {
      JMSDestination: 'queue://Q',
      JMSDeliveryMode: 2,
      JMSPriority: 7,
      JMSExpiration: 0,
      JMSRedelivered: false,
      JMSXDeliveryCount: 1,
      JMSCorrelationID: 'c1',
      JMSReplyTo: 'topic://R',
      JMSType: 't1',
      properties: { colour: 'red', weight: 5, far: '9007199254740993' },
      type: 'text',
      body: 'one',
    })
  }
})

test('bodies come from lines of standard input, from files and by size', async (t) => {
  const { url } = await startBroker(t, ['--memory'])
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'text'), 'a file\nof two lines')
  await writeFile(join(directory, 'bytes'), Buffer.from([0xff, 0x00, 0xfe]))
  const produce = async (args: readonly string[], input = ''): Promise<void> => {
    const { code, stderr } = await millrace(['produce', '--broker', url, 'queue://Q', ...args], input)
    assert.equal(code, 0, stderr)
  }
  await produce([], 'first\nsecond\n')
  await produce(['--file', join(directory, 'text')])
  await produce(['--file', join(directory, 'bytes')])
  await produce(['--size', '30', '--count', '2'])
  await produce(['text as bytes', '--bytes'])
  const bodies = json(await millrace(['consume', '--broker', url, 'queue://Q', '--count', '7', '--json']))
  assert.deepEqual(
    bodies.map(({ type, body }) => [type, body]),
    [
      ['text', 'first'],
      ['text', 'second'],
      ['text', 'a file\nof two lines'],
      ['bytes', '/wD+'],
      ['text', 'abcdefghijklmnopqrstuvwxyzabcd'],
      ['text', 'abcdefghijklmnopqrstuvwxyzabcd'],
      ['bytes', Buffer.from('text as bytes').toString('base64')],
    ],
  )
})

test('one-way and non-persistent messages arrive too', async (t) => {
  const call = await broker(t)
  await call('produce', 'queue://Q', 'one-way', '--async')
  await call('produce', 'queue://Q', 'fleeting', '--non-persistent')
  const [first, second] = json(await call('consume', 'queue://Q', '--count', '2', '--json'))
  assert.equal(first?.['JMSDeliveryMode'], 2)
  assert.equal(second?.['JMSDeliveryMode'], 1)
})

test('a selector takes what matches and leaves the rest', async (t) => {
  const call = await broker(t)
  await call('produce', 'queue://Q', 'red', '--property', 'colour=red')
  await call('produce', 'queue://Q', 'blue', '--property', 'colour=blue')
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--selector', "colour = 'blue'", '--count', '1')), ['blue'])
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '1')), ['red'])
})

for (const ack of ['auto', 'client', 'individual', 'dups-ok', 'transacted']) {
  test(`--ack ${ack} acknowledges what was printed, and no more`, async (t) => {
    const call = await broker(t)
    await call('produce', 'queue://Q', 'one', 'two', 'three')
    assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '2', '--ack', ack)), ['one', 'two'])
    const [left, ...more] = json(await call('browse', 'queue://Q', '--json'))
    assert.equal(left?.['body'], 'three')
    assert.equal(more.length, 0)
  })
}

test('--ack none prints and leaves everything there', async (t) => {
  const call = await broker(t)
  await call('produce', 'queue://Q', 'one')
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '1', '--ack', 'none')), ['one'])
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '1')), ['one'])
})

test('a durable subscription gets what was sent while nobody consumed', async (t) => {
  const call = await broker(t)
  const durable = ['topic://T', '--client-id', 'me', '--durable', 'mine']
  assert.deepEqual(lines(await call('consume', ...durable, '--timeout', '0.05')), [])
  await call('produce', 'topic://T', 'while you were out')
  assert.deepEqual(lines(await call('consume', ...durable, '--count', '1')), ['while you were out'])
})

test('too few messages in time end with code 1', async (t) => {
  const call = await broker(t)
  await call('produce', 'queue://Q', 'one')
  const { code, stdout, stderr } = await call('consume', 'queue://Q', '--count', '2', '--timeout', '0.05')
  assert.equal(code, 1)
  assert.equal(stdout, 'one\n')
  assert.match(stderr, /^millrace: TIMEOUT: 1 of 2 messages came in time/)
})

test('without a broker the error says so and what to do', async (t) => {
  const gone = await startBroker(t, ['--memory'])
  await gone.stop()
  for (const args of [['produce', 'queue://Q', 'x'], ['consume', 'queue://Q'], ['browse', 'queue://Q'], ['perf']]) {
    const { code, stdout, stderr } = await millrace([...args, '--broker', gone.url])
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /^millrace: ECONNREFUSED: .*\n {2}No broker listens there\. Start one with `millrace start`/)
  }
})

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a body and a file', ['produce', 'queue://Q', 'x', '--file', 'y'], /USAGE: a body, --file and --size exclude/],
  ['a count of nothing', ['produce', 'queue://Q', '--count', '3'], /USAGE: --count needs a body/],
  ['a property without value', ['produce', 'queue://Q', 'x', '--property', 'p'], /name=value/],
  [
    'a property of no type',
    ['produce', 'queue://Q', 'x', '--property', 'p:colour=red'],
    /USAGE: there is no type colour/,
  ],
  ['a header that cannot be set', ['produce', 'queue://Q', 'x', '--header', 'JMSTimestamp=1'], /USAGE: JMSTimestamp/],
  ['a count that is no number', ['consume', 'queue://Q', '--count', 'many'], /USAGE: .*--count.*whole number/],
  ['a destination of no kind', ['consume', 'heap://Q'], /USAGE: "heap:\/\/Q" is no destination/],
  ['an empty destination', ['consume', 'queue://'], /DESTINATION_INVALID/],
  [
    'a durable subscription of nobody',
    ['consume', 'topic://T', '--durable', 'd'],
    /USAGE: --durable needs --client-id/,
  ],
  ['browsing a topic', ['browse', 'topic://T'], /USAGE: only queues can be browsed/],
  [
    'a mode that is none',
    ['perf', '--mode', 'fast'],
    /USAGE: .*Allowed choices are sync, pipelined, async, transacted/,
  ],
  [
    'a broker URL with an unknown option',
    ['browse', 'Q', '--broker', 'tcp://127.0.0.1:1?jms.nope=1'],
    /CONFIGURATION_INVALID: .*nope/,
  ],
]
for (const [what, args, expected] of wrong) {
  test(`${what} ends with code 2 and a sentence`, async () => {
    const { code, stdout, stderr } = await millrace(args)
    assert.equal(code, 2, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, expected)
  })
}

test('a selector that does not parse ends with code 2 and the place of the fault', async (t) => {
  const call = await broker(t)
  const { code, stderr } = await call('consume', 'queue://Q', '--selector', 'colour = = 1')
  assert.equal(code, 2, stderr)
  assert.match(stderr, /^millrace: SELECTOR_INVALID: /)
})

for (const mode of ['sync', 'pipelined', 'async', 'transacted']) {
  test(`perf --mode ${mode} counts every message and prints one JSON line`, async (t) => {
    const call = await broker(t)
    const args = [
      '--mode',
      mode,
      '--count',
      '300',
      '--size',
      '10',
      '--producers',
      '2',
      '--consumers',
      '2',
      '--window',
      '7',
    ]
    const [outcome = {}, ...more] = json(await call('perf', ...args))
    assert.equal(more.length, 0)
    assert.equal(outcome['sent'], 300)
    assert.equal(outcome['received'], 300)
    assert.deepEqual(Object.keys(outcome['sendLatencyMs'] as Json), ['p50', 'p99', 'p999', 'max'])
    for (const name of ['sentPerSecond', 'receivedPerSecond']) assert.ok(Number(outcome[name]) > 0)
  })
}

test('perf gives every consumer of a topic its own copy', async (t) => {
  const call = await broker(t)
  const [outcome = {}] = json(await call('perf', '--destination', 'topic://T', '--count', '50', '--consumers', '3'))
  assert.equal(outcome['received'], 150)
})

test('perf does not count what an earlier run left behind', async (t) => {
  const call = await broker(t)
  await call('perf', '--count', '50', '--consumers', '0')
  const [outcome = {}] = json(await call('perf', '--count', '20'))
  assert.equal(outcome['received'], 20)
  assert.deepEqual(lines(await call('browse', 'MILLRACE.PERF')), ['0 messages in queue://MILLRACE.PERF.'])
})
