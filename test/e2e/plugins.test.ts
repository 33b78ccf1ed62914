import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LogFields, Logger } from '@millrace/base'
import {
  AcknowledgeMode,
  type Connection,
  type Destination,
  type JMSError,
  MapMessage,
  type Message,
  type Session,
} from '@millrace/client'
import { BrokerService, deliveryMode, MillraceError, type Plugin, type PluginContext } from 'millrace'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

/** A log that can be read. */
function recorder(): { log: Logger; lines: [string, LogFields][] } {
  const lines: [string, LogFields][] = []
  const line = (fields: LogFields, message: string): void => void lines.push([message, fields])
  return { lines, log: { debug: () => {}, info: line, warn: line, error: line } }
}

async function send(session: Session, to: Destination, text: string): Promise<void> {
  await (await session.createProducer(to)).send(session.createTextMessage(text))
}

async function receive(session: Session, from: Destination): Promise<Message | null> {
  const consumer = await session.createConsumer(from)
  const message = await consumer.receive(SOON)
  await consumer.close()
  return message
}

/** Everything that comes in answer to one request. */
async function ask(
  connection: Connection,
  name: string,
  count: number,
  properties: Readonly<Record<string, boolean>> = {},
): Promise<MapMessage[]> {
  const session = await connection.createSession()
  const replyTo = await session.createTemporaryQueue()
  const consumer = await session.createConsumer(replyTo)
  const request = session.createTextMessage('?')
  request.jmsReplyTo = replyTo
  request.jmsCorrelationID = `asked ${name}`
  for (const [property, value] of Object.entries(properties)) request.setBooleanProperty(property, value)
  await (await session.createProducer(session.createQueue(name))).send(request)
  const answers: MapMessage[] = []
  for (let i = 0; i < count; i++) {
    const answer = await consumer.receive(SOON)
    assert.ok(answer instanceof MapMessage, `answer ${i + 1} of ${count} to ${name} is ${String(answer)}`)
    assert.equal(answer.jmsCorrelationID, `asked ${name}`)
    answers.push(answer)
  }
  // What was asked before the last answer is there: nothing else is on its way.
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
  await session.close()
  return answers
}

test('a plugin sees every step of a message, and acknowledgements in transactions', async (t) => {
  const seen: string[] = []
  const note = (text: string): void => void seen.push(text)
  const plugin: Plugin = {
    name: 'witness',
    start: ({ addresses, data }) => note(`start ${addresses.length} ${data}`),
    stop: () => note('stop'),
    connecting: () => note('connecting'),
    disconnected: () => note('disconnected'),
    producing: (_producer, to) => note(`producing ${to?.text}`),
    producerRemoved: () => note('producerRemoved'),
    consuming: ({ spec }) => note(`consuming ${spec.destination.text}`),
    consumerRemoved: () => note('consumerRemoved'),
    sending: (_producer, { destination }) => note(`sending ${destination.text}`),
    sent: (_producer, _message, error) => note(`sent ${error}`),
    dispatching: (_subscription, { redeliveries }) => note(`dispatching ${redeliveries}`),
    acknowledging: (_subscription, _entry, transactionId) =>
      note(`acknowledging ${transactionId === null ? '-' : 'tx'}`),
    acknowledged: () => note('acknowledged'),
    destinationAdded: ({ text }) => void (text.includes('Advisory') || note(`added ${text}`)),
    emptied: () => note('emptied'),
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const connection = await broker.factory({ watchTopicAdvisories: false }).createConnection()
  await connection.start()
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('WATCHED')
  const consumer = await session.createConsumer(queue)
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('x'))
  await session.commit()
  assert.equal(textOf(await consumer.receive(SOON)), 'x')
  assert.ok(!seen.includes('acknowledging tx'))
  await session.commit()
  await connection.close()
  await broker.service.stop()
  assert.deepEqual(seen, [
    'start 0 null',
    'connecting',
    'consuming queue://WATCHED',
    'added queue://WATCHED',
    'producing queue://WATCHED',
    'sending queue://WATCHED',
    'sent null',
    'dispatching 0',
    'acknowledging tx',
    'acknowledged',
    'emptied',
    'producerRemoved',
    'consumerRemoved',
    'disconnected',
    'stop',
  ])
})

test('a plugin refuses a message, changes one, and takes one away', async (t) => {
  const taken: string[] = []
  const plugin: Plugin = {
    name: 'censor',
    sending: (_producer, message) => {
      if (message.type === 'bad') throw new MillraceError('MESSAGE_REFUSED', 'not this one')
      if (message.type === 'secret') {
        taken.push(message.id)
        return 'taken'
      }
      message.priority = 9
      return undefined
    },
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const typed = (type: string): Message => {
    const message = session.createTextMessage(type)
    message.jmsType = type
    return message
  }
  await assert.rejects(producer.send(typed('bad')), (error: JMSError) => /not this one/.test(error.message))
  await producer.send(typed('secret'))
  await producer.send(typed('good'))
  const received = await receive(session, queue)
  assert.equal(received?.jmsType, 'good')
  assert.equal(received.jmsPriority, 9)
  assert.equal(taken.length, 1)
})

test('what a plugin breaks stays with the plugin', async (t) => {
  const { log, lines } = recorder()
  const failures: Error[] = []
  const plugin: Plugin = {
    name: 'clumsy',
    sending: (_producer, message) => {
      if (message.type === 'x') throw new TypeError('oh')
    },
    dispatching: () => {
      throw new RangeError('dear')
    },
  }
  const broker = await startBroker(t, { plugins: [plugin], log, onFailed: (error) => failures.push(error) })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const bad = session.createTextMessage('x')
  bad.jmsType = 'x'
  await assert.rejects((await session.createProducer(queue)).send(bad), /plugin clumsy failed in sending/)
  await send(session, queue, 'fine')
  assert.equal(textOf(await receive(session, queue)), 'fine')
  const told = lines.filter(([text]) => text === 'a plugin failed').map(([, fields]) => fields['reason'])
  assert.deepEqual(told, ['TypeError: oh', 'RangeError: dear'])
  assert.deepEqual(failures, [])
})

test('a hook that is asynchronous where it cannot be refuses everything instead of nothing', async (t) => {
  const plugin: Plugin = {
    name: 'later',
    sending: (async () => {}) as unknown as NonNullable<Plugin['sending']>,
    sent: (async () => {}) as () => void,
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const session = await (await broker.connect()).createSession()
  await assert.rejects(send(session, session.createQueue('Q'), 'x'), /plugin later failed in sending/)
})

test('plugins are loaded by name, from a module with options, and as they are', async (t) => {
  const path = join(temporaryDirectory('plugins'), 'stamp.mjs')
  await writeFile(
    path,
    `export function plugin(options) {
      return { name: 'stamp', sending: (producer, message) => { message.type = options.type } }
    }`,
  )
  const broker = await startBroker(t, {
    plugins: ['user-id', { use: path, type: 'stamped' }, deliveryMode({ persistent: true })],
  })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  await send(session, queue, 'x')
  const message = await receive(session, queue)
  assert.equal(message?.jmsType, 'stamped')
})

test('a plugin that is not there, is none, or has no such option ends the start with a sentence', async () => {
  const path = join(temporaryDirectory('plugins'), 'nothing.mjs')
  await writeFile(path, 'export const plugin = 7')
  for (const [choice, sentence] of [
    ['./nowhere.js', /plugin ".\/nowhere.js" cannot be loaded/],
    [path, /makes no plugin/],
    [{ use: 'statistics', every: 5 }, /plugin statistics has no option every/],
    [{ use: 'delivery-mode', persistent: 'yes' }, /expected a boolean/],
    [{ use: 'redelivery', policies: [{ destination: 'A', redeliveryDelay: -1 }] }, /redeliveryDelay is -1/],
    [{ use: 'discarding', dropOnly: '(' }, /no regular expression/],
    [{ use: 'redirect' }, /expected rules/],
  ] as const) {
    const service = new BrokerService({ memory: true, vmName: null, plugins: [choice] })
    await assert.rejects(service.start(), (error: MillraceError) => {
      assert.equal(error.code, 'CONFIGURATION_INVALID')
      assert.match(error.message, sentence)
      return true
    })
  }
})

test('a plugin sends messages of its own, whatever it is told about', async (t) => {
  let context: PluginContext | null = null
  const broker = await startBroker(t, {
    plugins: [{ name: 'speaker', start: (given) => void (context = given) }],
  })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('NEWS')
  await session.createConsumer(queue).then((consumer) => consumer.close())
  const { broker: core, send: say, addresses } = context as unknown as PluginContext
  assert.equal(addresses.length, 1)
  const to = core.queue([...core.queues()][0]?.destination ?? assert.fail('no queue'))?.destination
  assert.ok(to !== undefined)
  assert.equal(say({ to, body: 'hear, hear', correlationId: 'c' }), true)
  const message = await receive(session, queue)
  assert.equal(textOf(message), 'hear, hear')
  assert.equal(message?.jmsCorrelationID, 'c')
})

test('statistics of the broker come as a map message with the types that Java applications ask for', async (t) => {
  const broker = await startBroker(t, { plugins: ['statistics'] })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('A')
  for (const text of ['1', '2', '3']) await send(session, queue, text)
  await receive(session, queue)
  await connection.sync()
  const [map] = await ask(connection, 'ActiveMQ.Statistics.Broker', 1)
  assert.ok(map !== undefined)
  assert.equal(map.getString('brokerName'), 'millrace')
  assert.match(map.getString('brokerId') ?? '', /^ID:/)
  assert.equal(map.getLong('size'), 2n)
  assert.equal(map.getLong('enqueueCount'), 3n)
  assert.equal(map.getLong('dequeueCount'), 1n)
  for (const name of ['dispatchCount', 'expiredCount', 'inflightCount', 'messagesCached', 'averageMessageSize']) {
    assert.ok(map.getLong(name) >= 0n, name)
  }
  for (const name of ['memoryUsage', 'memoryLimit', 'consumerCount', 'producerCount', 'storeUsage', 'tempLimit']) {
    assert.ok(map.getLong(name) >= 0n, name)
  }
  for (const name of ['averageEnqueueTime', 'maxEnqueueTime', 'minEnqueueTime'])
    assert.ok(map.getDouble(name) >= 0, name)
  for (const name of ['memoryPercentUsage', 'storePercentUsage', 'tempPercentUsage']) assert.ok(map.getInt(name) >= 0)
  assert.equal(map.getString('openwire'), broker.url)
  assert.equal(map.getString('dataDirectory'), '')
  assert.ok(map.has('vm'))
  await ask(connection, 'ActiveMQ.Statistics.Broker', 1, { 'ActiveMQ.Statistics.Broker.Reset': true })
  const [after] = await ask(connection, 'ActiveMQ.Statistics.Broker', 1)
  assert.equal(after?.getLong('enqueueCount'), 0n)
})

test('statistics of destinations come one by one, by pattern, with an end and a timestamp if asked for', async (t) => {
  const broker = await startBroker(t, { plugins: ['statistics'] })
  const connection = await broker.connect()
  const session = await connection.createSession()
  for (const name of ['S.A', 'S.B', 'OTHER']) await send(session, session.createQueue(name), 'x')
  const names = (answers: MapMessage[]): unknown[] => answers.map((one) => one.get('destinationName')).sort()
  const one = await ask(connection, 'ActiveMQ.Statistics.Destination.S.A', 1)
  assert.deepEqual(names(one), ['queue://S.A'])
  assert.equal(one[0]?.getLong('size'), 1n)
  assert.equal(one[0]?.has('firstMessageTimestamp'), false)
  assert.deepEqual(names(await ask(connection, 'ActiveMQ.Statistics.Destination.S.>', 2)), [
    'queue://S.A',
    'queue://S.B',
  ])
  const whole = 'ActiveMQ.Statistics.Destination.Include.First.Message.Timestamp'
  const [stamped] = await ask(connection, 'ActiveMQ.Statistics.Destination.S.A', 1, { [whole]: true })
  assert.ok((stamped?.getLong('firstMessageTimestamp') ?? 0n) > 0n)
  for (const request of [
    'ActiveMQ.Statistics.Destination.S.*.List.End.With.Null',
    'ActiveMQ.Statistics.Destination.S.*.ActiveMQ.Statistics.Destination.List.End.With.Null',
  ]) {
    const list = await ask(connection, request, 3)
    assert.equal(list[2]?.size, 0)
  }
  await ask(connection, 'ActiveMQ.Statistics.Destination.NOWHERE', 0)
})

test('statistics of subscriptions tell who consumes and how far', async (t) => {
  const broker = await startBroker(t, { plugins: ['statistics'] })
  const connection = await broker.connect({ clientID: 'watched', watchTopicAdvisories: false })
  const session = await connection.createSession()
  await session.createConsumer(session.createQueue('A'), { selector: "region = 'EU'", prefetchSize: 7 })
  // The consumer of the answers is one, too.
  const answers = await ask(connection, 'ActiveMQ.Statistics.Subscription', 2)
  const mine = answers.find((one) => one.get('destinationName') === 'queue://A')
  assert.ok(mine !== undefined)
  assert.equal(mine.getString('clientId'), 'watched')
  assert.equal(mine.getString('selector'), "region = 'EU'")
  assert.equal(mine.getInt('prefetchSize'), 7)
  assert.equal(mine.getLong('dispatchedCounter'), 0n)
  assert.equal(mine.getBoolean('exclusive'), false)
})

test('without the plugin a statistics request is a message like any other', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  await ask(connection, 'ActiveMQ.Statistics.Broker', 0)
})

test('the user id is what the broker says it is', async (t) => {
  const broker = await startBroker(t, { plugins: [{ use: 'user-id', authenticated: false }] })
  const connection = await broker.connect({ userName: 'ann', password: 'any' })
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  await send(session, queue, 'x')
  assert.equal((await receive(session, queue))?.getStringProperty('JMSXUserID'), 'ann')
})

test('messages are made persistent, or not, for everybody', async (t) => {
  for (const persistent of [true, false]) {
    const broker = await startBroker(t, { plugins: [{ use: 'delivery-mode', persistent }] })
    const connection = await broker.connect()
    const session = await connection.createSession()
    const queue = session.createQueue('Q')
    const producer = await session.createProducer(queue)
    await producer.send(session.createTextMessage('x'), { deliveryMode: persistent ? 1 : 2 })
    assert.equal((await receive(session, queue))?.jmsDeliveryMode, persistent ? 2 : 1)
  }
})

test('old names lead to new destinations, for who sends and for who consumes', async (t) => {
  const broker = await startBroker(t, {
    plugins: [
      {
        use: 'redirect',
        rules: [
          { from: 'queue://OLD.>', to: 'queue://NEW.>' },
          { from: 'queue://MOVED', to: 'topic://EVENTS' },
        ],
      },
    ],
  })
  const connection = await broker.connect()
  const session = await connection.createSession()
  await send(session, session.createQueue('OLD.A.B'), 'one')
  assert.equal(textOf(await receive(session, session.createQueue('NEW.A.B'))), 'one')
  await send(session, session.createQueue('NEW.C'), 'two')
  assert.equal(textOf(await receive(session, session.createQueue('OLD.C'))), 'two')
  const events = await session.createConsumer(session.createTopic('EVENTS'))
  await send(session, session.createQueue('MOVED,OLD.D'), 'three')
  assert.equal(textOf(await events.receive(SOON)), 'three')
  assert.equal(textOf(await receive(session, session.createQueue('NEW.D'))), 'three')
  const names = [...broker.service.broker.destinations.all].map((one) => one.destination.text)
  assert.ok(!names.some((name) => name.includes('OLD') || name.includes('MOVED')), names.join())
})

test('the log tells what happens, as far as it is asked to', async (t) => {
  const texts = async (options: object): Promise<Set<string>> => {
    const { log, lines } = recorder()
    const broker = await startBroker(t, { plugins: [{ use: 'logging', ...options }], log })
    const connection = await broker.factory().createConnection()
    await connection.start()
    const session = await connection.createSession()
    await send(session, session.createQueue('Q'), 'secret body')
    await receive(session, session.createQueue('Q'))
    await connection.close()
    await broker.service.stop()
    assert.ok(!JSON.stringify(lines).includes('secret body'))
    return new Set(lines.map(([text]) => text))
  }
  const few = await texts({})
  assert.ok(few.has('connects') && few.has('has gone') && !few.has('sent'), [...few].join())
  const all = await texts({ logAll: true })
  for (const text of ['produces', 'sent', 'consumes', 'dispatched', 'acknowledged', 'destination made']) {
    assert.ok(all.has(text), text)
  }
})

/** Sends, and lets a client without patience of its own give it up so many times. */
async function fail(broker: Fixture, name: string, texts: readonly string[]): Promise<void> {
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue(name)
  for (const text of texts) await send(session, queue, text)
  const consumer = await session.createConsumer(queue)
  for (const text of texts) await (await consumer.receive(SOON))?.reject(`no ${text}`)
  await consumer.close()
  await connection.sync()
}

test('what would be a dead letter is dropped, all of it or by pattern', async (t) => {
  for (const [options, kept] of [
    [{}, 0],
    [{ dropOnly: ['queue://JUNK.>'] }, 1],
    [{ dropOnly: 'JUN.\\.A OTHER' }, 1],
    [{ dropAll: false }, 2],
  ] as const) {
    const broker = await startBroker(t, { plugins: [{ use: 'discarding', ...options }] })
    await fail(broker, 'JUNK.A', ['junk'])
    await fail(broker, 'GOOD', ['good'])
    const queues = [...broker.service.broker.queues()].filter((queue) => queue.name === 'queue://ActiveMQ.DLQ')
    assert.equal(queues[0]?.count ?? 0, kept, JSON.stringify(options))
  }
})

test('the broker redelivers what a client gave up, later and without holding up the rest', async (t) => {
  const broker = await startBroker(t, {
    plugins: [
      {
        use: 'redelivery',
        policies: [
          {
            destination: 'queue://RETRIED.>',
            maximumRedeliveries: 2,
            initialRedeliveryDelay: 200,
            redeliveryDelay: 100,
          },
        ],
      },
    ],
  })
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('RETRIED.A')
  await send(session, queue, 'bad')
  await send(session, queue, 'good')
  const consumer = await session.createConsumer(queue)
  const seen: string[] = []
  for (let i = 0; i < 4; i++) {
    const message = await consumer.receive(SOON)
    assert.ok(message !== null)
    seen.push(`${textOf(message)} ${message.deliveryCount}`)
    if (textOf(message) === 'bad') await message.reject('not yet')
    else await message.acknowledge()
  }
  assert.deepEqual(seen, ['bad 1', 'good 1', 'bad 2', 'bad 3'])
  const letter = await receive(session, session.createQueue('ActiveMQ.DLQ'))
  assert.equal(textOf(letter), 'bad')
  assert.match(letter?.getStringProperty('dlqDeliveryFailureCause') ?? '', /not yet/)
})

test('a message that waits for its redelivery survives a restart, and then waits no longer', async (t) => {
  const data = temporaryDirectory('plugins')
  const options = {
    memory: false,
    data,
    plugins: [{ use: 'redelivery', default: { initialRedeliveryDelay: 3_600_000 } }],
  }
  const first = await startBroker(t, options)
  await fail(first, 'Q', ['patient'])
  await first.service.stop()
  const second = await startBroker(t, options)
  const session = await (await second.connect()).createSession()
  assert.equal(textOf(await receive(session, session.createQueue('Q'))), 'patient')
})

test('without a policy, or after the last try, a message is a dead letter or dropped, as the options say', async (t) => {
  for (const [options, kept] of [
    [{}, 1],
    [{ fallbackToDeadLetter: false }, 0],
    [{ default: { maximumRedeliveries: 0 } }, 1],
    [{ default: { maximumRedeliveries: 0 }, sendToDlqIfMaxRetriesExceeded: false }, 0],
  ] as const) {
    const broker = await startBroker(t, { plugins: [{ use: 'redelivery', ...options }] })
    await fail(broker, 'Q', ['x'])
    const queues = [...broker.service.broker.queues()].filter((queue) => queue.name === 'queue://ActiveMQ.DLQ')
    assert.equal(queues[0]?.count ?? 0, kept, JSON.stringify(options))
  }
})

test('dead letters are sent back to their queues by whoever runs the broker', async (t) => {
  const broker = await startBroker(t)
  await fail(broker, 'WORK', ['a', 'b', 'c'])
  assert.deepEqual(await broker.service.retryDeadLetters({ limit: 1 }), { count: 1, kept: 0, more: true })
  assert.deepEqual(await broker.service.retryDeadLetters(), { count: 2, kept: 0, more: false })
  await assert.rejects(broker.service.retryDeadLetters({ selector: 'a =' }), { code: 'SELECTOR_INVALID' })
  const session = await (await broker.connect()).createSession()
  const consumer = await session.createConsumer(session.createQueue('WORK'))
  const back: string[] = []
  for (let i = 0; i < 3; i++) {
    const message = await consumer.receive(SOON)
    back.push(`${textOf(message)} ${message?.deliveryCount}`)
    assert.equal(message?.getStringProperty('dlqDeliveryFailureCause'), null)
  }
  assert.deepEqual(back, ['a 1', 'b 1', 'c 1'])
})
