import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { type Connection, type ConsumerOptions, type Message } from '@millrace/client'
import { Destination, DestinationKind, type HistoryPolicy, type Policy } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'

const RETROACTIVE = { retroactive: true }

function policies(policy: Partial<Policy>): {
  policies: { destination: Destination; policy: Partial<Policy> }[]
  vmName: null
} {
  return { policies: [{ destination: new Destination(DestinationKind.Topic, 'T.>'), policy }], vmName: null }
}

async function publish(connection: Connection, ...texts: string[]): Promise<void> {
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createTopic('T.1'))
  for (const text of texts) await producer.send(session.createTextMessage(text))
  await session.close()
  await connection.sync()
}

/** What a consumer that comes now is given before what is sent from now on. */
async function recalled(connection: Connection, options: ConsumerOptions = RETROACTIVE): Promise<string[]> {
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createTopic('T.1'), options)
  await publish(connection, 'now')
  const found: string[] = []
  while (found.at(-1) !== 'now') found.push(textOf(await consumer.receive(SOON)))
  await session.close()
  return found.slice(0, -1)
}

for (const [policy, expected] of [
  [{ kind: 'none' }, []],
  [{ kind: 'lastImage' }, ['4']],
  [{ kind: 'fixedCount', maximumSize: 3 }, ['2', '3', '4']],
  // Each message counts with 1024 bytes and its body.
  [{ kind: 'fixedSized', maximumSize: 2100 }, ['3', '4']],
] as const satisfies readonly (readonly [HistoryPolicy, readonly string[]])[]) {
  test(`a retroactive consumer is given what the policy ${policy.kind} has kept`, async (t) => {
    const broker = await startBroker(t, policies({ subscriptionRecoveryPolicy: policy }))
    const connection = await broker.connect()
    await publish(connection, '1', '2', '3', '4')
    assert.deepEqual(await recalled(connection), expected)
  })
}

test('the policy timed keeps the messages of the last while', async (t) => {
  const clock = new ManualClock()
  const broker = await startBroker(t, {
    ...policies({ subscriptionRecoveryPolicy: { kind: 'timed', recoverDuration: 60_000 } }),
    listen: ['openwire://127.0.0.1:0?wireFormat.maxInactivityDuration=0'],
    clock,
  })
  const connection = await broker.connect()
  await publish(connection, '1')
  clock.advance(40_000)
  await publish(connection, '2')
  clock.advance(30_000)
  assert.deepEqual(await recalled(connection), ['2'])
})

test('the policy query asks the program, which may also keep a message from everybody', async (t) => {
  const asked: string[] = []
  const broker = await startBroker(
    t,
    policies({
      subscriptionRecoveryPolicy: {
        kind: 'query',
        query: {
          recover: (topic, consumer) => {
            asked.push(`${topic.name} ${consumer.clientId}`)
            return [
              { text: 'made', properties: { price: 7 } },
              { text: 'other', properties: { price: 1 } },
            ]
          },
          validateUpdate: (message) => message.type !== 'secret',
        },
      },
    }),
  )
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createTopic('T.1'), { ...RETROACTIVE, selector: 'price > 5' })
  const producer = await session.createProducer(session.createTopic('T.1'))
  const secret = session.createTextMessage('secret')
  secret.jmsType = 'secret'
  secret.setIntProperty('price', 9)
  await producer.send(secret)
  const open = session.createTextMessage('open')
  open.setIntProperty('price', 9)
  await producer.send(open)
  assert.equal(textOf(await consumer.receive(SOON)), 'made')
  assert.equal(textOf(await consumer.receive(SOON)), 'open')
  assert.deepEqual(asked, ['T.1 me'])
})

test('who did not ask for it is given nothing of before, unless the policy says always', async (t) => {
  const asking = await startBroker(t, policies({ subscriptionRecoveryPolicy: { kind: 'lastImage' } }))
  const one = await asking.connect()
  await publish(one, '1')
  assert.deepEqual(await recalled(one, {}), [])
  const always = await startBroker(
    t,
    policies({ subscriptionRecoveryPolicy: { kind: 'lastImage' }, alwaysRetroactive: true }),
  )
  const two = await always.connect()
  await publish(two, '1')
  assert.deepEqual(await recalled(two, {}), ['1'])
})

test('a selector holds for what was kept, too', async (t) => {
  const broker = await startBroker(t, policies({ subscriptionRecoveryPolicy: { kind: 'fixedCount' } }))
  const connection = await broker.connect()
  await publish(connection, '1')
  assert.deepEqual(await recalled(connection, { ...RETROACTIVE, selector: 'JMSPriority = 4 AND x IS NULL' }), ['1'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createTopic('T.1'), { ...RETROACTIVE, selector: 'x = 1' })
  await connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('a new durable subscription is given what was kept, one that has collected is not', async (t) => {
  const broker = await startBroker(t, policies({ subscriptionRecoveryPolicy: { kind: 'fixedCount' } }))
  const connection = await broker.connect({ clientID: 'me' })
  await publish(connection, '1', '2')
  const session = await connection.createSession()
  const topic = session.createTopic('T.1')
  const first = await session.createDurableConsumer(topic, 'd', RETROACTIVE)
  assert.equal(textOf(await first.receive(SOON)), '1')
  assert.equal(textOf(await first.receive(SOON)), '2')
  await first.close()
  await publish(connection, '3')
  const second = await session.createDurableConsumer(topic, 'd', RETROACTIVE)
  assert.equal(textOf(await second.receive(SOON)), '3')
  await connection.sync()
  assert.equal(await second.receiveNoWait(), null)
})

test('what all topics keep together is bounded, and the oldest goes', async (t) => {
  const broker = await startBroker(t, {
    ...policies({ subscriptionRecoveryPolicy: { kind: 'fixedCount' } }),
    limits: { historyBytesMax: 2_500 },
  })
  const connection = await broker.connect()
  await publish(connection, '1', '2', '3')
  assert.ok(broker.service.broker.historySpace.bytes <= 2_500)
  assert.deepEqual(await recalled(connection), ['2', '3'])
})

test('a retained message is given to retroactive consumers until an empty one clears it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const topic = session.createTopic('R')
  const producer = await session.createProducer(topic)
  const send = async (text: string | null): Promise<void> => {
    const message = text === null ? session.createMessage() : session.createTextMessage(text)
    message.setBooleanProperty('ActiveMQ.Retain', true)
    await producer.send(message)
  }
  await send('old')
  await send('kept')
  await producer.send(session.createTextMessage('not retained'))
  await connection.sync()
  const consumer = await session.createConsumer(topic, RETROACTIVE)
  const message = (await consumer.receive(SOON)) as Message
  assert.equal(textOf(message), 'kept')
  assert.equal(message.getBooleanProperty('ActiveMQ.Retained'), true)
  await send('live')
  const live = (await consumer.receive(SOON)) as Message
  assert.equal(live.propertyExists('ActiveMQ.Retained'), false)
  await send(null)
  assert.equal((await consumer.receive(SOON))?.getBooleanProperty('ActiveMQ.Retain'), true)
  const late = await session.createConsumer(topic, RETROACTIVE)
  await connection.sync()
  assert.equal(await late.receiveNoWait(), null)
  assert.equal(broker.service.broker.historySpace.bytes, 0)
})

test('a new durable subscription to a pattern is given what each of its topics has kept', async (t) => {
  const broker = await startBroker(t, policies({ subscriptionRecoveryPolicy: { kind: 'lastImage' } }))
  const connection = await broker.connect({ clientID: 'me' })
  const session = await connection.createSession()
  for (const name of ['T.1', 'T.2']) {
    const producer = await session.createProducer(session.createTopic(name))
    await producer.send(session.createTextMessage(name))
  }
  const consumer = await session.createDurableConsumer(session.createTopic('T.*'), 'd', RETROACTIVE)
  const found = [textOf(await consumer.receive(SOON)), textOf(await consumer.receive(SOON))]
  assert.deepEqual(found.sort(), ['T.1', 'T.2'])
})

test('what a topic has kept is given to a shared subscription once, not to each who joins', async (t) => {
  const broker = await startBroker(t, policies({ subscriptionRecoveryPolicy: { kind: 'lastImage' } }))
  const connection = await broker.connect()
  await publish(connection, '1')
  const session = await connection.createSession()
  const topic = session.createTopic('T.1')
  const first = await session.createSharedConsumer(topic, 'work', RETROACTIVE)
  assert.equal(textOf(await first.receive(SOON)), '1')
  const second = await session.createSharedConsumer(topic, 'work', RETROACTIVE)
  await connection.sync()
  assert.equal(await second.receiveNoWait(), null)
})
