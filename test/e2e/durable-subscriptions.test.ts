import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidClientIDError, JMSError, JMSSecurityError } from '@millrace/client'
import { Destination, DestinationKind } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const T = new Destination(DestinationKind.Topic, 'T')

test('an operator lists, makes, looks into and deletes durable subscriptions', async (t) => {
  const data = temporaryDirectory('durables')
  const broker = await startBroker(t, { memory: false, data })
  const { durables } = broker.service.broker
  await durables.create({ clientId: 'me', name: 'news', destination: T, selector: "JMSType = 'a'" })
  await durables.create({ clientId: 'me', name: 'news', destination: T, selector: "JMSType = 'a'" })
  await assert.rejects(durables.create({ clientId: 'me', name: 'news', destination: T }), {
    code: 'SUBSCRIPTION_IN_USE',
  })
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic('T'))
  for (const [text, type] of [
    ['1', 'a'],
    ['no', 'b'],
    ['2', 'a'],
  ] as const) {
    const message = session.createTextMessage(text)
    message.jmsType = type
    await producer.send(message)
  }
  const [view] = durables.list()
  assert.deepEqual(
    [view?.clientId, view?.name, view?.destination.text, view?.selector, view?.pending, view?.consumerIds],
    ['me', 'news', 'topic://T', "JMSType = 'a'", 2, []],
  )
  assert.ok((view?.offlineSinceMs ?? 0) > 0)
  const seen = await durables.browse('me', 'news')
  assert.deepEqual(
    seen.map((message) => message.body?.subarray(4).toString()),
    ['1', '2'],
  )
  assert.equal((await durables.browse('me', 'news', 1)).length, 1)
  const consumer = await session.createDurableConsumer(session.createTopic('T'), 'news', { selector: "JMSType = 'a'" })
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  assert.equal(textOf(await consumer.receive(SOON)), '2')
  await assert.rejects(durables.delete('me', 'news'), { code: 'SUBSCRIPTION_IN_USE' })
  await consumer.close()
  await connection.sync()
  await durables.delete('me', 'news')
  await assert.rejects(durables.delete('me', 'news'), { code: 'SUBSCRIPTION_UNKNOWN' })
  await assert.rejects(durables.browse('me', 'news'), { code: 'SUBSCRIPTION_UNKNOWN' })
  assert.deepEqual(durables.list(), [])
})

test('another selector or topic discards what the old subscription had collected', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  const topic = session.createTopic('T')
  await (await session.createDurableConsumer(topic, 'news')).close()
  const producer = await session.createProducer(topic)
  await producer.send(session.createTextMessage('old'))
  const consumer = await session.createDurableConsumer(topic, 'news', { selector: 'x IS NULL' })
  await producer.send(session.createTextMessage('new'))
  assert.equal(textOf(await consumer.receive(SOON)), 'new')
})

test('a broker that rejects durable subscriptions says so', async (t) => {
  const broker = await startBroker(t, { behaviour: { rejectDurableConsumers: true } })
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  await assert.rejects(session.createDurableConsumer(session.createTopic('T'), 'news'), JMSSecurityError)
  await (await session.createSharedConsumer(session.createTopic('T'), 'work')).close()
})

for (const [where, options] of [
  ['the broker', { behaviour: { allowLinkStealing: true } }],
  ['the connector', { listen: ['openwire://127.0.0.1:0?allowLinkStealing=true'] }],
] as const) {
  test(`with link stealing, by ${where}, the newer connection has the client id and the older one is closed`, async (t) => {
    const broker = await startBroker(t, { ...options, ...('listen' in options ? { listen: [...options.listen] } : {}) })
    const older = await broker.connect({ clientID: 'me' })
    const session = await older.createSession()
    await session.createDurableConsumer(session.createTopic('T'), 'news')
    const closed = new Promise<void>((resolve) => {
      older.on('closed', () => resolve())
    })
    const newer = await broker.connect({ clientID: 'me' })
    await closed
    const again = await newer.createSession()
    const consumer = await again.createDurableConsumer(again.createTopic('T'), 'news')
    await (await again.createProducer(again.createTopic('T'))).send(again.createTextMessage('x'))
    assert.equal(textOf(await consumer.receive(SOON)), 'x')
  })
}

test('without link stealing the second connection is refused, and told whose the client id is', async (t) => {
  const broker = await startBroker(t)
  await broker.connect({ clientID: 'me' })
  await assert.rejects(broker.connect({ clientID: 'me' }), (error) => {
    assert.ok(error instanceof InvalidClientIDError || error instanceof JMSError)
    assert.match(error.message, /me is in use by the connection from 127\.0\.0\.1:\d+/)
    return true
  })
})
