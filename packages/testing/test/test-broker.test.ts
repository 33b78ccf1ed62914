import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { MillraceError } from '@millrace/base'
import { AcknowledgeMode, ConnectionFactory, DeliveryMode, type JMSError } from '@millrace/client'
import { DrainTimeoutError, testBroker } from '../src/index.ts'
import { deskOf, SOON, textOf } from './fixture.ts'

const run = promisify(execFile)

test('a message goes through a broker of this process', async () => {
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'ORDERS')
  await producer.send(session.createTextMessage('wheels'))
  assert.equal(textOf(await consumer.receive(SOON)), 'wheels')
})

test('each broker is a world of its own', async () => {
  await using one = await testBroker()
  await using other = await testBroker()
  assert.notEqual(one.url, other.url)
  const { session, producer } = await deskOf(one, 'Q')
  await producer.send(session.createTextMessage('here'))
  assert.equal(one.sent().length, 1)
  assert.equal(other.sent().length, 0)
  assert.equal(other.queue('Q').count, 0)
})

test('the end of the block closes what is still connected', async () => {
  const closed: (JMSError | null)[] = []
  let url = ''
  {
    await using broker = await testBroker()
    url = broker.url
    const connection = await broker.connect()
    connection.on('closed', ({ error }) => closed.push(error))
    // A connection that the broker did not make hears of the end, too.
    const foreign = await new ConnectionFactory(url).createConnection()
    await foreign.start()
    foreign.on('closed', ({ error }) => closed.push(error))
    assert.equal(broker.connectionCount, 2)
  }
  assert.equal(closed.length, 2)
  assert.equal(closed[0], null)
  assert.notEqual(closed[1], null)
  await assert.rejects(new ConnectionFactory(url).createConnection(), /has ended/)
})

test('a name is free again when its broker has ended, and taken until then', async () => {
  for (let i = 0; i < 2; i++) {
    await using broker = await testBroker({ name: 'again' })
    await assert.rejects(testBroker({ name: 'again' }), { code: 'ADDRESS_IN_USE' })
    assert.equal(broker.url, 'vm://again')
    const { session, producer, consumer } = await deskOf(broker, 'Q')
    await producer.send(session.createTextMessage(`${i}`))
    assert.equal(textOf(await consumer.receive(SOON)), `${i}`)
  }
})

test('who comes while a broker restarts is turned away', async () => {
  await using broker = await testBroker()
  const restarted = broker.restart()
  await assert.rejects(new ConnectionFactory(broker.url).createConnection(), /not running|is stopping/)
  await restarted
  broker.faults.cutAll()
  await using connection = await new ConnectionFactory(broker.url).createConnection()
  await connection.start()
})

test('a listener that never returns does not keep the end of the block waiting', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const began = new Promise<void>((resolve) => {
    void consumer.setMessageListener(() => {
      resolve()
      return new Promise<void>(() => {})
    })
  })
  await producer.send(session.createTextMessage('stuck'))
  await began
})

test('a process that used a broker ends by itself', async () => {
  const script = `
    const { testBroker } = await import(${JSON.stringify(new URL('../src/index.js', import.meta.url).href)})
    for (const options of [{}, { clock: 'virtual' }, { listen: true }]) {
      const broker = await testBroker(options)
      const connection = await broker.connect()
      const session = await connection.createSession()
      const queue = session.createQueue('Q')
      await (await session.createProducer(queue)).send(session.createTextMessage('x'))
      await (await session.createConsumer(queue)).receive()
      await broker.close()
    }
    console.log('done')`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 })
  assert.equal(stderr, '')
  assert.equal(stdout, 'done\n')
})

test('the fake timers of a test runner do not stop a broker', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
  await using broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await producer.send(session.createTextMessage('still moving'))
  assert.equal(textOf(await consumer.receive(SOON)), 'still moving')
  await broker.drained()
})

test('with listen there is a socket on a free port', async () => {
  await using broker = await testBroker({ listen: true })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  await producer.send(session.createTextMessage('over the wire'))
  await using remote = await new ConnectionFactory(broker.socketUrl).createConnection()
  await remote.start()
  const other = await remote.createSession()
  assert.equal(textOf(await (await other.createConsumer(other.createQueue('Q'))).receive(SOON)), 'over the wire')
})

test('what was not asked for says how to ask for it', async () => {
  await using broker = await testBroker()
  assert.throws(() => broker.socketUrl, { code: 'CONFIGURATION_INVALID' })
  assert.throws(() => broker.clock, { code: 'CONFIGURATION_INVALID' })
})

test('a persistent broker has its messages again after a restart', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-testing-'))
  t.after(() => rm(directory, { recursive: true }))
  {
    await using broker = await testBroker({ persistent: directory })
    const { session, producer, consumer } = await deskOf(broker, 'KEPT')
    await consumer.close()
    await producer.send(session.createTextMessage('still here'))
    await broker.restart()
    assert.equal(broker.queue('KEPT').count, 1)
  }
  await using broker = await testBroker({ persistent: directory })
  const { consumer } = await deskOf(broker, 'KEPT')
  assert.equal(textOf(await consumer.receive(SOON)), 'still here')
  await broker.drained()
})

test('limits and interceptors reach the broker', async () => {
  const seen: string[] = []
  await using broker = await testBroker({
    limits: { destinationsMax: 2 },
    interceptors: [{ sending: (_, message) => void seen.push(message.destination.name) }],
  })
  const connection = await broker.connect()
  const session = await connection.createSession()
  for (const name of ['A', 'B'])
    await (await session.createProducer()).send(session.createQueue(name), session.createTextMessage())
  await assert.rejects(async () =>
    (await session.createProducer()).send(session.createQueue('C'), session.createTextMessage()),
  )
  assert.deepEqual(seen, ['A', 'B', 'C'])
})

test('sent tells what was sent, in order and decoded', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer()
  const text = session.createTextMessage('hello')
  text.setStringProperty('region', 'EU')
  text.jmsCorrelationID = 'c-1'
  await producer.send(session.createQueue('A'), text, { priority: 7 })
  const map = session.createMapMessage()
  map.setString('name', 'wheel')
  map.setInt('count', 3)
  await producer.send(session.createTopic('NEWS'), map, { deliveryMode: DeliveryMode.NON_PERSISTENT })
  await connection.sync()
  const [one, two] = broker.sent()
  assert.deepEqual(
    broker.sent().map(({ destination, kind }) => [destination, kind]),
    [
      ['queue://A', 'text'],
      ['topic://NEWS', 'map'],
    ],
  )
  assert.equal(one?.text, 'hello')
  assert.equal(one.priority, 7)
  assert.equal(one.persistent, true)
  assert.equal(one.correlationId, 'c-1')
  assert.deepEqual(one.properties, { region: 'EU' })
  assert.deepEqual(two?.body, { name: 'wheel', count: 3 })
  assert.equal(two.persistent, false)
  assert.equal(broker.sent('A').length, 1)
  assert.equal(broker.sent('topic://NEWS').length, 1)
})

test('what a sender garbled is listed without what cannot be read', async () => {
  const garble = (_: unknown, message: { properties: Buffer | null; body: Buffer | null }): void => {
    message.properties = Buffer.from('garbled')
    message.body = Buffer.from('xx')
  }
  await using broker = await testBroker({ interceptors: [{ sending: garble }] })
  const { session, producer } = await deskOf(broker, 'Q')
  await producer.send(session.createTextMessage('x'))
  assert.deepEqual(
    broker.sent().map(({ kind, body, properties }) => ({ kind, body, properties })),
    [{ kind: 'text', body: null, properties: {} }],
  )
})

test('every kind of message is shown as plain values', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect({ useCompression: true })
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('KINDS'))
  const bytes = session.createBytesMessage()
  bytes.writeBytes(Buffer.from([1, 2, 3]))
  const stream = session.createStreamMessage()
  stream.writeInt(7)
  stream.writeString('seven')
  const map = session.createMapMessage()
  map.setLong('big', 2n ** 60n)
  map.setBytes('raw', Buffer.from('raw'))
  const plain = session.createMessage()
  plain.setBooleanProperty('flag', true)
  for (const message of [bytes, stream, map, plain, session.createTextMessage('text')]) await producer.send(message)
  assert.deepEqual(
    broker.sent('KINDS').map(({ kind, body }) => [kind, body]),
    [
      ['bytes', Buffer.from([1, 2, 3])],
      ['stream', [7, 'seven']],
      ['map', { big: 2n ** 60n, raw: Buffer.from('raw') }],
      ['plain', null],
      ['text', 'text'],
    ],
  )
  assert.deepEqual(broker.sent('KINDS')[3]?.properties, { flag: true })
})

test('a queue tells how it stands', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue, { prefetchSize: 2 })
  await Promise.all(['1', '2', '3'].map((text) => producer.send(session.createTextMessage(text))))
  assert.ok(await consumer.receive(SOON))
  const { count, outstanding, consumers, enqueued, dequeued } = broker.queue('Q')
  assert.deepEqual(
    { count, outstanding, consumers, enqueued, dequeued },
    {
      count: 3,
      outstanding: 2,
      consumers: 1,
      enqueued: 3,
      dequeued: 0,
    },
  )
  assert.deepEqual(
    (await broker.messages('Q')).map((message) => message.text),
    ['1', '2', '3'],
  )
})

test('messages shows what is in memory and what only the store has, in order', async () => {
  await using broker = await testBroker({ limits: { windowCountMax: 20 } })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('LONG'))
  const texts = Array.from({ length: 1200 }, (_, i) => `${i}`)
  await Promise.all(texts.map((text) => producer.send(session.createTextMessage(text))))
  assert.deepEqual(
    (await broker.messages('LONG')).map((message) => message.text),
    texts,
  )
  await broker.purge()
  assert.equal(broker.queue('LONG').count, 0)
  assert.deepEqual(broker.sent(), [])
  await broker.drained()
})

test('drained waits for the last acknowledgement', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(session.createTextMessage('1'))
  let drained = false
  const wait = broker.drained('Q').then(() => {
    drained = true
  })
  const message = await consumer.receive(SOON)
  await connection.sync()
  assert.equal(drained, false)
  await message?.acknowledge()
  await wait
  assert.equal(broker.queue('Q').dequeued, 1)
})

test('drained waits for what consumers send on', async () => {
  await using broker = await testBroker()
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer()
  const steps = 5
  const seen: string[] = []
  for (let i = 0; i < steps; i++) {
    const worker = await connection.createSession()
    const consumer = await worker.createConsumer(worker.createQueue(`STEP.${i}`))
    await consumer.setMessageListener(async (message) => {
      seen.push(textOf(message))
      if (i + 1 < steps)
        await producer.send(session.createQueue(`STEP.${i + 1}`), session.createTextMessage(`${i + 1}`))
    })
  }
  await producer.send(session.createQueue('STEP.0'), session.createTextMessage('0'))
  await broker.drained()
  assert.deepEqual(seen, ['0', '1', '2', '3', '4'])
})

test('drained sees every way in which a message leaves', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect({ redeliveryPolicy: { maximumRedeliveries: 0 } })
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer()
  const queue = session.createQueue('Q')
  const drained: string[] = []
  const watch = (how: string): Promise<void> => broker.drained('Q').then(() => void drained.push(how))
  const post = async (timeToLive = 0): Promise<void> => {
    await producer.send(queue, session.createTextMessage('x'), { timeToLive })
    await session.commit()
    await broker.clock.settle()
    assert.equal(broker.queue('Q').count, 1)
  }
  const step = async (how: string, leave: () => Promise<unknown>): Promise<void> => {
    const watched = watch(how)
    await broker.clock.settle()
    assert.equal(drained.includes(how), false)
    await leave()
    await watched
  }
  await post(1000)
  await step('expired', () => broker.clock.advance('1m'))
  await post()
  await step('committed', async () => {
    const consumer = await session.createConsumer(queue)
    await consumer.receive()
    await session.commit()
    await consumer.close()
  })
  await post()
  await step('dead letter', async () => {
    const consumer = await session.createConsumer(queue)
    await consumer.receive()
    await session.rollback()
    await broker.clock.settle()
    await consumer.close()
  })
  await post()
  await step('purged', () => broker.purge())
  await post()
  await step('deleted', () => connection.deleteDestination(queue))
  assert.deepEqual(drained, ['expired', 'committed', 'dead letter', 'purged', 'deleted'])
})

test('drained looks at durable subscriptions, too', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect({ clientID: 'reader' })
  const session = await connection.createSession()
  const topic = session.createTopic('NEWS')
  await (await session.createDurableConsumer(topic, 'daily')).close()
  await (await session.createProducer(topic)).send(session.createTextMessage('rain'))
  let drained = false
  const wait = broker.drained().then(() => {
    drained = true
  })
  await broker.clock.settle()
  assert.equal(drained, false)
  assert.deepEqual(
    broker.queues().map(({ name, count }) => [name, count]),
    [['durable://reader:daily', 1]],
  )
  const consumer = await session.createDurableConsumer(topic, 'daily')
  assert.equal(textOf(await consumer.receive()), 'rain')
  await wait
})

test('drained of what has nothing resolves at once, and what is only sent is waited for', async () => {
  await using broker = await testBroker()
  await broker.drained()
  await broker.drained('NEVER.SEEN')
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const got: string[] = []
  await consumer.setMessageListener((message) => void got.push(textOf(message)))
  void producer.send(session.createTextMessage('1'))
  await broker.drained()
  assert.deepEqual(got, ['1'])
})

test('drained gives up in time and says what is left', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  await producer.send(session.createTextMessage('nobody wants it'))
  const failed = assert.rejects(broker.drained(undefined, { timeout: '10s' }), (error) => {
    assert.ok(error instanceof DrainTimeoutError)
    assert.deepEqual(
      error.left.map(({ name, count }) => [name, count]),
      [['queue://Q', 1]],
    )
    return true
  })
  await broker.clock.advance('10s')
  await failed
})

test('who waits for drained hears of the end of the broker', async () => {
  const broker = await testBroker()
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  await producer.send(session.createTextMessage('1'))
  const failed = assert.rejects(broker.drained(), (error) => {
    return error instanceof MillraceError && error.code === 'BROKER_STOPPING'
  })
  await broker.close()
  await failed
})

test('dead letters come with their cause and where they were', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect({ redeliveryPolicy: { maximumRedeliveries: 0 } })
  const session = await connection.createSession()
  const queue = session.createQueue('WORK')
  const producer = await session.createProducer()
  const consumer = await session.createConsumer(queue)
  await consumer.setMessageListener(() => {
    throw new Error('cannot do it')
  })
  await producer.send(queue, session.createTextMessage('hopeless'))
  await producer.send(session.createQueue('SLOW'), session.createTextMessage('late'), { timeToLive: 1000 })
  await broker.clock.advance('1m')
  const letters = await broker.deadLetters()
  assert.deepEqual(
    letters.map(({ text, origin }) => [text, origin]),
    [
      ['hopeless', 'queue://WORK'],
      ['late', 'queue://SLOW'],
    ],
  )
  assert.match(letters[0]?.cause ?? '', /redelivery policy limit/)
  assert.match(letters[1]?.cause ?? '', /^expired at/)
  assert.equal(letters[1]?.originalExpiration, Date.UTC(2026, 0, 1) + 1000)
  assert.equal(letters[1].expiration, 0)
  // They do not keep the others from being drained.
  await broker.drained()
  await broker.purge()
  assert.deepEqual(await broker.deadLetters(), [])
})
