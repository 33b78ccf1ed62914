import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcknowledgeMode, ConnectionFactory, ConnectionFailedError, JMSSecurityError } from '@millrace/client'
import { BrokerService } from 'millrace'
import { faultProxy, testBroker } from '../src/index.ts'
import { SOON, textOf } from './fixture.ts'

for (const wireFormat of [
  {},
  { tightEncodingEnabled: true, cacheEnabled: true },
  { version: 6, cacheEnabled: true, maxInactivityDuration: 0 },
] as const) {
  test(`a proxy passes everything on: ${JSON.stringify(wireFormat)}`, async () => {
    await using broker = await testBroker({ listen: true })
    await using proxy = await faultProxy(`${broker.socketUrl}?wireFormat.cacheEnabled=true`)
    await using connection = await new ConnectionFactory(proxy.url, { wireFormat }).createConnection()
    await connection.start()
    const session = await connection.createSession()
    const queue = session.createQueue('Q')
    const producer = await session.createProducer(queue)
    const consumer = await session.createConsumer(queue)
    const long = 'x'.repeat(300_000)
    await Promise.all(['1', long, '2'].map((text) => producer.send(session.createTextMessage(text))))
    for (const text of ['1', long, '2']) assert.equal(textOf(await consumer.receive(SOON)), text)
    assert.equal(proxy.connectionCount, 1)
    await connection.sync()
    await broker.drained('Q')
  })
}

test('faults strike in front of any broker', async () => {
  await using broker = await testBroker({ listen: true })
  await using proxy = await faultProxy(broker.socketUrl)
  const connection = await new ConnectionFactory(proxy.url).createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const refusal = proxy.faults.refuse('send', { code: 'NOT_AUTHORIZED', message: 'not you' })
  await assert.rejects(producer.send(session.createTextMessage('0')), (error) => {
    return error instanceof JMSSecurityError && error.message.includes('not you')
  })
  await refusal.happened
  const held = proxy.faults.delay('send')
  const late = producer.send(session.createTextMessage('1'))
  await held.happened
  held.release()
  await late
  proxy.faults.duplicate()
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  proxy.faults.cut('send', { at: 'beforeAnswer' })
  await assert.rejects(producer.send(session.createTextMessage('2')), ConnectionFailedError)
  await connection.close()
  assert.deepEqual(
    broker.sent('Q').map((message) => message.text),
    ['1', '2'],
  )
})

test('a frame can be left out or repeated although both sides would cache values', async (t) => {
  const options = 'wireFormat.cacheEnabled=true&wireFormat.tightEncodingEnabled=true'
  const service = new BrokerService({ memory: true, vmName: null, listen: [`openwire://127.0.0.1:0?${options}`] })
  await service.start()
  t.after(() => service.stop())
  await using proxy = await faultProxy(service.addresses[0]?.replace('openwire:', 'tcp:') ?? '')
  await using connection = await new ConnectionFactory(`${proxy.url}?${options}`).createConnection()
  await connection.start()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  proxy.faults.refuse('send')
  proxy.faults.duplicate({ nth: 1 })
  // The first frame would have brought values that all later ones only point to.
  await assert.rejects(producer.send(session.createTextMessage('0')), JMSSecurityError)
  for (const text of ['1', '2']) await producer.send(session.createTextMessage(text))
  const got: string[] = []
  for (let i = 0; i < 3; i++) got.push(textOf(await consumer.receive(SOON)))
  assert.deepEqual(got.sort(), ['1', '1', '2'])
})

test('a one-way send that a proxy refuses is told as an exception', async () => {
  await using broker = await testBroker({ listen: true })
  await using proxy = await faultProxy(broker.socketUrl)
  await using connection = await new ConnectionFactory(proxy.url).createConnection()
  const told = new Promise<Error>((resolve) => connection.on('exception', resolve))
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  proxy.faults.refuse()
  await producer.send(session.createTextMessage('x'), { deliveryMode: 1 })
  assert.match((await told).message, /refused by a test/)
  assert.equal(broker.sent().length, 0)
})

test('another broker takes over', async () => {
  await using first = await testBroker({ listen: true })
  await using second = await testBroker({ listen: true })
  await using proxy = await faultProxy(first.socketUrl)
  for (const broker of [first, second]) {
    const connection = await new ConnectionFactory(proxy.url).createConnection()
    const session = await connection.createSession()
    await (await session.createProducer(session.createQueue('Q'))).send(session.createTextMessage(broker.name))
    const gone = new Promise((resolve) => connection.on('closed', resolve))
    proxy.failTo(second.socketUrl)
    await gone
  }
  assert.deepEqual(
    [first, second].map((broker) => broker.sent().map((message) => message.text)),
    [[first.name], [second.name]],
  )
})

test('a proxy in front of nobody ends the link, and a wrong address is refused', async () => {
  let url = ''
  {
    await using broker = await testBroker({ listen: true })
    url = broker.socketUrl
  }
  await using proxy = await faultProxy(url)
  await assert.rejects(new ConnectionFactory(proxy.url).createConnection(), ConnectionFailedError)
  await assert.rejects(faultProxy('vm://somewhere'), { code: 'CONFIGURATION_INVALID' })
  await assert.rejects(faultProxy('nonsense'), { code: 'CONFIGURATION_INVALID' })
})
