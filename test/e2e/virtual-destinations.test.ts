import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidDestinationError, type JMSError, type MessageConsumer, type Session } from '@millrace/client'
import { MillraceError } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

async function receive(consumer: MessageConsumer, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) texts.push(textOf(await consumer.receive(SOON)))
  return texts
}

async function send(session: Session, to: 'queue' | 'topic', name: string, ...texts: readonly string[]): Promise<void> {
  const producer = await session.createProducer(to === 'queue' ? session.createQueue(name) : session.createTopic(name))
  for (const text of texts) await producer.send(session.createTextMessage(text))
  await producer.close()
}

test('two groups consume from a virtual topic, one of them in two processes', async (t) => {
  const broker = await startBroker(t)
  const connections = [await broker.connect(), await broker.connect(), await broker.connect()]
  const sessions = await Promise.all(connections.map((connection) => connection.createSession()))
  const [one, other, third] = sessions as [Session, Session, Session]
  const billing = await one.createConsumer(one.createQueue('Consumer.BILLING.VirtualTopic.ORDERS'))
  const billingToo = await other.createConsumer(other.createQueue('Consumer.BILLING.VirtualTopic.ORDERS'))
  const shipping = await third.createConsumer(third.createQueue('Consumer.SHIPPING.VirtualTopic.>'))
  await send(one, 'topic', 'VirtualTopic.ORDERS', '1', '2', '3', '4')
  const shared = [...(await receive(billing, 2)), ...(await receive(billingToo, 2))]
  assert.deepEqual(shared.sort(), ['1', '2', '3', '4'])
  assert.deepEqual(await receive(shipping, 4), ['1', '2', '3', '4'])
})

test('a client sees where a copy is; a transaction and a restart keep what a group has not taken', async (t) => {
  const data = temporaryDirectory('virtual')
  const options = { data, memory: false }
  const first = await startBroker(t, options)
  const session = await (await first.connect()).createSession({ transacted: true })
  const queue = session.createQueue('Consumer.A.VirtualTopic.T')
  await (await session.createConsumer(queue)).close()
  await send(session, 'topic', 'VirtualTopic.T', 'rolled back')
  await session.rollback()
  await send(session, 'topic', 'VirtualTopic.T', '1', '2')
  await session.commit()
  await first.service.stop()

  const second = await startBroker(t, options)
  const again = await (await second.connect()).createSession()
  const consumer = await again.createConsumer(queue)
  const message = await consumer.receive(SOON)
  assert.equal(textOf(message), '1')
  assert.equal(String(message?.jmsDestination), 'queue://Consumer.A.VirtualTopic.T')
  assert.deepEqual(await receive(consumer, 1), ['2'])
  await second.service.stop()
})

test('composites, mirrors, policies and start-up destinations are options of the service', async (t) => {
  const broker = await startBroker(t, {
    destinations: ['ORDERS', 'topic://PRICES'],
    policies: [{ destination: 'X.>', policy: { maxDestinations: 1 } }],
    virtualDestinations: {
      composites: [
        { name: 'ORDERS', forwardTo: [{ destination: 'BIG', selector: 'amount > 1000' }], sendWhenNotMatched: true },
      ],
      mirroredQueues: { prefix: 'Mirror.' },
    },
  })
  const session = await (await broker.connect()).createSession()
  const tap = await session.createConsumer(session.createTopic('Mirror.ORDERS'))
  const producer = await session.createProducer(session.createQueue('ORDERS'))
  for (const amount of [5000, 5]) {
    const message = session.createTextMessage(`${amount}`)
    message.setIntProperty('amount', amount)
    await producer.send(message)
  }
  assert.deepEqual(await receive(await session.createConsumer(session.createQueue('BIG')), 1), ['5000'])
  assert.deepEqual(await receive(await session.createConsumer(session.createQueue('ORDERS')), 1), ['5'])
  assert.deepEqual(await receive(tap, 2), ['5000', '5'])
  await send(session, 'queue', 'X.1', '1')
  await assert.rejects(session.createProducer(session.createQueue('X.2')), (error: JMSError) =>
    /its limit/.test(error.message),
  )
  // And an operator of the process sees them.
  assert.equal(await broker.service.broker.administration.purge('X.1'), 1)
  await assert.rejects(broker.service.broker.administration.deleteDestination('NONE'), MillraceError)
})

test('options in a name are read by the client, and the broker knows the name without them', async (t) => {
  const broker = await startBroker(t)
  const session = await (await broker.connect()).createSession()
  const consumer = await session.createConsumer(
    session.createQueue('Q?consumer.prefetchSize=1&consumer.exclusive=true'),
  )
  await send(session, 'queue', 'Q?x=y', '1')
  assert.deepEqual(await receive(consumer, 1), ['1'])
  const names = [...broker.service.broker.destinations.all].map(({ destination }) => destination.text)
  assert.deepEqual(
    names.filter((name) => name.startsWith('queue:')),
    ['queue://Q'],
  )
  assert.throws(() => session.createQueue('?consumer.prefetchSize=1'), InvalidDestinationError)
})

test('deleteAllMessagesOnStartup begins anew on the same directory', async (t) => {
  const data = temporaryDirectory('anew')
  const first = await startBroker(t, { data, memory: false })
  await send(await (await first.connect()).createSession(), 'queue', 'Q', 'old')
  await first.service.stop()
  const second = await startBroker(t, { data, memory: false, deleteAllMessagesOnStartup: true })
  const session = await (await second.connect()).createSession()
  await send(session, 'queue', 'Q', 'new')
  assert.deepEqual(await receive(await session.createConsumer(session.createQueue('Q')), 1), ['new'])
  await second.service.stop()
})
