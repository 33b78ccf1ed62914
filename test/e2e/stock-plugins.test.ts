import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Queue } from '@millrace/client'
import { brokerPath, MillraceError, type Plugin } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

test('each broker that a message passes writes its name into the path of it', async (t) => {
  const first = await startBroker(t, { name: 'first', plugins: ['broker-path'] })
  const second = await startBroker(t, { name: 'second', plugins: [brokerPath({ stampProperty: 'BrokerPath' })] })
  const session = await (await first.connect()).createSession()
  const message = session.createTextMessage('x')
  message.setStringProperty('colour', 'red')
  await (await session.createProducer(new Queue('Q'))).send(message)
  const received = await (await session.createConsumer(new Queue('Q'))).receive(SOON)
  assert.equal(received?.getStringProperty('BrokerPath'), 'first')
  const onward = await (await second.connect()).createSession()
  await (await onward.createProducer(new Queue('Q'))).send(received)
  const passed = await (await onward.createConsumer(new Queue('Q'))).receive(SOON)
  assert.equal(passed?.getStringProperty('BrokerPath'), 'first,second')
  assert.equal(passed.getStringProperty('colour'), 'red')
  await assert.rejects(startBroker(t, { plugins: [{ use: 'broker-path', stampProperty: '' }] }), {
    code: 'CONFIGURATION_INVALID',
  })
})

test('destinations are written into a file when a broker stops, and made from it when it starts', async (t) => {
  const data = temporaryDirectory('list')
  const options = { memory: false, data, plugins: ['destination-list'] }
  const first = await startBroker(t, options)
  first.service.broker.administration.createDestination('topic://PRICES')
  first.service.broker.administration.createDestination('ORDERS')
  const connection = await first.connect()
  await (await connection.createSession()).createTemporaryQueue()
  await first.service.stop()
  const path = join(data, 'destinations')
  assert.equal(await readFile(path, 'utf8'), 'queue://ORDERS\ntopic://PRICES\n')
  // An operator may write into it; what cannot be is passed over.
  await writeFile(path, '# mine\ntopic://PRICES\nqueue://A.>\n\nqueue://MORE\n')
  const second = await startBroker(t, options)
  const names = [...second.service.broker.destinations.all].map(({ destination }) => destination.text).sort()
  assert.deepEqual(names, ['queue://MORE', 'queue://ORDERS', 'topic://PRICES'])
  await assert.rejects(startBroker(t, { plugins: ['destination-list'] }), {
    code: 'CONFIGURATION_INVALID',
    message: /has no directory for "destinations"/,
  })
})

test('a plugin transforms messages with asynchronous code, and the send is answered afterwards', async (t) => {
  const waiting: (() => void)[] = []
  const plugin: Plugin = {
    name: 'patient',
    transforms: ({ name }) => name === 'SLOW',
    transforming: async (_producer, message) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      if (message.type === 'bad') throw new MillraceError('MESSAGE_REFUSED', 'no')
      if (message.type === 'broken') throw new TypeError('oh')
      message.correlationId = 'transformed'
    },
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const session = await (await broker.connect()).createSession()
  const producer = await session.createProducer(null)
  const other = await session.createProducer(null)
  const order: string[] = []
  const send = (by: typeof producer, name: string, type: string): Promise<void> => {
    const message = session.createTextMessage(type)
    message.jmsType = type
    return by.send(message, { destination: new Queue(name) }).then(
      () => void order.push(type),
      (error: unknown) => void order.push(`${type} ${String((error as Error).message)}`),
    )
  }
  const slow = send(producer, 'SLOW', 'slow')
  const behind = send(producer, 'FAST', 'behind')
  await send(other, 'FAST', 'other')
  assert.deepEqual(order, ['other'])
  waiting.shift()?.()
  await Promise.all([slow, behind])
  assert.deepEqual(order, ['other', 'slow', 'behind'])
  const received = await (await session.createConsumer(new Queue('SLOW'))).receive(SOON)
  assert.deepEqual([textOf(received), received?.jmsCorrelationID], ['slow', 'transformed'])
  for (const type of ['bad', 'broken']) {
    const refused = send(producer, 'SLOW', type)
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    waiting.shift()?.()
    await refused
  }
  assert.match(order[3] ?? '', /^bad no/)
  assert.match(order[4] ?? '', /^broken plugin patient failed in transforming/)
})
