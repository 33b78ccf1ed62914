import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AcknowledgeMode, type JMSError, RequestTimedOutError } from '@millrace/client'
import { milliseconds } from '../src/duration.ts'
import { type Duration, type TestBroker, testBroker } from '../src/index.ts'
import { deskOf, textOf } from './fixture.ts'

test('a duration is a number of milliseconds or has a unit', () => {
  const pairs: [Duration, number][] = [
    [250, 250],
    ['500ms', 500],
    ['10s', 10_000],
    ['3m', 180_000],
    ['2h', 7_200_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
  ]
  for (const [duration, ms] of pairs) assert.equal(milliseconds(duration), ms)
  for (const wrong of ['10', '10x', '-1s', '', 's', -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => milliseconds(wrong as Duration), { code: 'CONFIGURATION_INVALID' }, String(wrong))
  }
})

test('a message dies when its time is over, not before', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  await producer.send(session.createTextMessage('short'), { timeToLive: 3_600_000 })
  await producer.send(session.createTextMessage('long'), { timeToLive: 7_200_001 })
  await broker.clock.advance('59m')
  assert.equal(broker.queue('Q').count, 2)
  await broker.clock.advance('2m')
  assert.deepEqual(
    (await broker.messages('Q')).map((message) => message.text),
    ['long'],
  )
  await broker.clock.advance('2h')
  assert.equal(broker.queue('Q').count, 0)
  assert.equal((await broker.deadLetters()).length, 2)
})

test('a receive ends when its time is over', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { consumer } = await deskOf(broker, 'EMPTY')
  const ended: (number | string)[] = []
  void consumer.receive(30_000).then((message) => ended.push(String(message)))
  await broker.clock.advance('29999ms')
  assert.deepEqual(ended, [])
  await broker.clock.advance(1)
  assert.deepEqual(ended, ['null'])
})

test('a pull of a consumer without prefetch ends, too, by the clock of the broker', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect()
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('EMPTY'), { prefetchSize: 0 })
  let ended = false
  void consumer.receive(60_000).then(() => {
    ended = true
  })
  await broker.clock.advance('59s')
  assert.equal(ended, false)
  await broker.clock.advance('2s')
  assert.equal(ended, true)
})

for (const mode of ['SESSION_TRANSACTED', 'CLIENT', 'AUTO'] as const) {
  test(`redeliveries come at their times, and then the dead letter: ${mode}`, async () => {
    await using broker = await testBroker({ clock: 'virtual' })
    const began = broker.clock.monotonic()
    const connection = await broker.connect({
      redeliveryPolicy: {
        maximumRedeliveries: 3,
        initialRedeliveryDelay: 1000,
        useExponentialBackOff: true,
        backOffMultiplier: 10,
      },
    })
    const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode[mode] })
    const queue = session.createQueue('Q')
    const other = await connection.createSession()
    await (await other.createProducer(queue)).send(session.createTextMessage('poison'))
    const times: number[] = []
    const consumer = await session.createConsumer(queue)
    await consumer.setMessageListener(async () => {
      times.push(broker.clock.monotonic() - began)
      if (mode === 'AUTO') throw new Error('again')
      if (mode === 'CLIENT') await session.recover()
      else await session.rollback()
    })
    await broker.clock.advance('1h')
    assert.deepEqual(times, [0, 1000, 11_000, 111_000])
    assert.deepEqual(
      (await broker.deadLetters()).map(({ text, origin }) => [text, origin]),
      [['poison', 'queue://Q']],
    )
  })
}

test('a connection stays alive for a day, and dies of silence within a minute', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const connection = await broker.connect()
  const errors: JMSError[] = []
  connection.on('exception', (error) => errors.push(error))
  await broker.clock.advance('1d')
  await connection.sync()
  assert.equal(errors.length, 0)
  broker.faults.silence()
  await broker.clock.advance('1m')
  assert.deepEqual(
    errors.map(({ cause }) => (cause as JMSError).code),
    ['INACTIVITY'],
  )
})

test('the limit of a request is of the same time', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer } = await deskOf(broker, 'Q')
  const held = broker.faults.delay('send')
  const failed = assert.rejects(producer.send(session.createTextMessage('x'), { timeout: 5_000 }), RequestTimedOutError)
  await held.happened
  await broker.clock.advance('5s')
  await failed
})

test('what waits for space fails when the limit says so', async () => {
  await using broker = await testBroker({
    clock: 'virtual',
    limits: { memoryBytesMax: 5_000, sendFailIfNoSpaceAfterMs: 3_000 },
  })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await consumer.close()
  const results: string[] = []
  for (let i = 0; i < 6; i++) {
    void producer.send(session.createTextMessage('x'.repeat(500)), { deliveryMode: 1 }).then(
      () => results.push('sent'),
      () => results.push('failed'),
    )
  }
  producer.session.connection.on('exception', () => results.push('refused'))
  await broker.clock.advance('2s')
  assert.equal(results.includes('refused'), false)
  await broker.clock.advance('2s')
  assert.equal(results.includes('refused'), true)
})

test('two brokers may live by one clock', async () => {
  await using one = await testBroker({ clock: 'virtual' })
  await using other = await testBroker({ clock: one.clock })
  const { session, producer, consumer } = await deskOf(other, 'Q')
  await consumer.close()
  await producer.send(session.createTextMessage('x'), { timeToLive: 1000 })
  await one.clock.advance('1m')
  assert.equal(other.queue('Q').count, 0)
})

test('calls of advance wait for each other', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const began = broker.clock.monotonic()
  await Promise.all([broker.clock.advance('1s'), broker.clock.advance('2s')])
  assert.equal(broker.clock.monotonic() - began, 3000)
})

test('a jump of the wall clock ages messages and rings no alarm', async () => {
  await using broker = await testBroker({ clock: 'virtual' })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  await producer.send(session.createTextMessage('x'), { timeToLive: 60_000 })
  broker.clock.jump(120_000)
  assert.equal(await consumer.receiveNoWait(), null)
})

test('with a journal, what goes to the disk is waited for', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-testing-'))
  t.after(() => rm(directory, { recursive: true }))
  await using broker = await testBroker({ clock: 'virtual', persistent: directory })
  const { session, producer, consumer } = await deskOf(broker, 'Q')
  const steps: string[] = []
  await consumer.setMessageListener((message) => void steps.push(textOf(message)))
  const sent = [1, 2, 3].reduce<Promise<void>>(async (before, i) => {
    await before
    await producer.send(session.createTextMessage(`${i}`))
  }, Promise.resolve())
  await broker.clock.settle()
  assert.deepEqual(steps, ['1', '2', '3'])
  await sent
})

/** Orders that are late, poison, timers and a lost link: a day in which much happens. */
async function day(broker: TestBroker): Promise<string[]> {
  const trace: string[] = []
  const began = broker.clock.monotonic()
  const note = (what: string): void => {
    trace.push(`${broker.clock.monotonic() - began} ${what}`)
  }
  const connection = await broker.connect({
    redeliveryPolicy: { maximumRedeliveries: 2, useCollisionAvoidance: true, redeliveryDelay: 5_000 },
  })
  connection.on('exception', (error) => note(`exception ${error.code}`))
  const session = await connection.createSession()
  const producer = await session.createProducer()
  const orders = session.createQueue('ORDERS')
  const worker = await connection.createSession({ transacted: true })
  const consumer = await worker.createConsumer(orders)
  await consumer.setMessageListener(async (message) => {
    note(`got ${textOf(message)} ${message.jmsMessageID} ${message.getIntProperty('JMSXDeliveryCount')}`)
    if (textOf(message) === 'poison') await worker.rollback()
    else await worker.commit()
  })
  const patient = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const nothing = await patient.createConsumer(patient.createQueue('NOTHING'))
  void (async () => {
    for (let i = 1; i <= 3; i++) {
      await nothing.receive(i * 1_700)
      note(`nothing came ${i}`)
    }
  })()
  for (const text of ['wheel', 'poison', 'axle']) await producer.send(orders, session.createTextMessage(text))
  await producer.send(session.createQueue('LATE'), session.createTextMessage('late'), { timeToLive: 20_000 })
  await broker.clock.advance('2h')
  for (const letter of await broker.deadLetters()) note(`dead ${letter.text} ${letter.id} ${letter.cause}`)
  broker.faults.cut('send', { nth: 2 })
  for (const text of ['one', 'two']) {
    await producer.send(orders, session.createTextMessage(text)).then(
      () => note(`sent ${text}`),
      (error: JMSError) => note(`not sent ${text} ${error.outcome}`),
    )
  }
  await broker.clock.advance('1h')
  for (const { id, timestamp } of broker.sent()) note(`was sent ${id} ${timestamp}`)
  return trace
}

test('the same script gives the same trace in every run', async () => {
  const traces: string[][] = []
  for (let i = 0; i < 3; i++) {
    await using broker = await testBroker({ clock: 'virtual' })
    traces.push(await day(broker))
  }
  assert.deepEqual(traces[1], traces[0])
  assert.deepEqual(traces[2], traces[0])
  const what = (traces[0] ?? []).map((line) => line.replace(/ID:\S+ ?/, '').trimEnd())
  assert.deepEqual(what, [
    '0 got wheel 1',
    '0 got poison 1',
    '1000 got poison 2',
    '1700 nothing came 1',
    '5100 nothing came 2',
    '5254 got poison 3',
    '5254 got axle 1',
    '10200 nothing came 3',
    '7200000 dead poison Exceeded redelivery policy limit: 2 redeliveries',
    '7200000 dead late expired at 1767225620000',
    '7200000 got one 1',
    '7200000 sent one',
    '7200000 exception CONNECTION_FAILED',
    '7200000 not sent two unknown',
    '10800000 was sent 1767225600000',
    '10800000 was sent 1767225600000',
    '10800000 was sent 1767225600000',
    '10800000 was sent 1767225600000',
    '10800000 was sent 1767232800000',
    '10800000 was sent 1767232800000',
  ])
})

test('another seed gives another trace', async () => {
  await using one = await testBroker({ clock: 'virtual', seed: 7 })
  await using other = await testBroker({ clock: 'virtual', seed: 8 })
  assert.notDeepEqual(await day(one), await day(other))
})
