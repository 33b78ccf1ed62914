/** Redelivery by destination, and what a dead letter says of its end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcknowledgeMode,
  ConfigurationError,
  type ConnectionFactoryOptions,
  DeadLetters,
  RedeliveryPolicy,
} from '@millrace/client'
import { type Fixture, SOON, startBroker } from './fixture.ts'

const SOON_AGAIN = { initialRedeliveryDelay: 0, redeliveryDelay: 0 }

const MAP: ConnectionFactoryOptions = {
  redeliveryPolicy: { ...SOON_AGAIN, maximumRedeliveries: 1 },
  redeliveryPolicyMap: {
    'ORDERS.>': { ...SOON_AGAIN, maximumRedeliveries: 0 },
    'ORDERS.*.NEW': { ...SOON_AGAIN, maximumRedeliveries: 2 },
    'ORDERS.EU.NEW': { ...SOON_AGAIN, maximumRedeliveries: 3 },
    'topic://ORDERS.EU': { ...SOON_AGAIN, maximumRedeliveries: 4 },
  },
}

/** How often a message of this queue is delivered before it is a dead letter. */
async function deliveries(broker: Fixture, options: ConnectionFactoryOptions, name: string): Promise<number> {
  const connection = await broker.connect(options)
  const session = await connection.createSession()
  const queue = session.createQueue(name)
  await (await session.createProducer(queue)).send(session.createTextMessage(name))
  const consumer = await session.createConsumer(queue)
  let count = 0
  await consumer.setMessageListener(() => {
    count++
    throw new Error('never')
  })
  const watch = await connection.createSession()
  const letter = await (await watch.createConsumer(watch.createQueue('ActiveMQ.DLQ'))).receive(SOON)
  assert.equal(letter?.bodyAs('string'), name)
  await connection.close()
  return count
}

test('the most specific pattern of redeliveryPolicyMap decides how often a message is delivered', async (t) => {
  const broker = await startBroker(t)
  assert.equal(await deliveries(broker, MAP, 'OTHER'), 2, 'the policy of the connection')
  assert.equal(await deliveries(broker, MAP, 'ORDERS'), 1, '> is also nothing')
  assert.equal(await deliveries(broker, MAP, 'ORDERS.EU'), 1, 'the topic is another destination')
  assert.equal(await deliveries(broker, MAP, 'ORDERS.US.NEW'), 3)
  assert.equal(await deliveries(broker, MAP, 'ORDERS.EU.NEW'), 4)
})

test('a consumer may have a redelivery policy of its own', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  const queue = session.createQueue('OWN')
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  await session.commit()
  const consumer = await session.createConsumer(queue)
  consumer.redeliveryPolicy = new RedeliveryPolicy({ ...SOON_AGAIN, maximumRedeliveries: 0 })
  await consumer.receive(SOON)
  await session.rollback()
  const watch = await connection.createSession()
  assert.ok((await (await watch.createConsumer(watch.createQueue('ActiveMQ.DLQ'))).receive(SOON)) !== null)
})

test('misspelt options in redeliveryPolicyMap are refused with a hint', async (t) => {
  const broker = await startBroker(t)
  const wrong = { A: { maximumRedelivery: 1 } } as ConnectionFactoryOptions['redeliveryPolicyMap']
  assert.throws(
    () => broker.factory({ redeliveryPolicyMap: wrong ?? {} }),
    (error: unknown) => error instanceof ConfigurationError && /did you mean .*maximumRedeliveries/.test(error.message),
  )
  assert.throws(() => broker.factory({ redeliveryPolicyMap: { '': {} } }), ConfigurationError)
})

test('the cause of a dead letter names what the listener threw', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ redeliveryPolicy: { ...SOON_AGAIN, maximumRedeliveries: 1 } })
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('CAUSES')
  await (await session.createProducer(queue)).send(session.createTextMessage('x'))
  const consumer = await session.createConsumer(queue)
  await consumer.setMessageListener((message) => {
    throw new RangeError(`no wheel number ${message.deliveryCount}`)
  })
  const watch = await connection.createSession()
  const dead = await watch.createConsumer(watch.createQueue('ActiveMQ.DLQ'))
  const letter = await dead.receive(SOON)
  assert.match(
    letter?.getStringProperty('dlqDeliveryFailureCause') ?? '',
    /redelivery policy limit: 1 redeliveries, cause: RangeError: no wheel number 2/,
  )
  assert.equal(await new DeadLetters(connection).discard(), 0)
})

test('with preDispatchCheck a message that the broker counts beyond the limit is not delivered once more', async (t) => {
  const broker = await startBroker(t)
  for (const preDispatchCheck of [true, false]) {
    const connection = await broker.connect({ redeliveryPolicy: { ...SOON_AGAIN, maximumRedeliveries: 5 } })
    const queue = (await connection.createSession()).createQueue(`COUNTED.${preDispatchCheck}`)
    const session = await connection.createSession({ transacted: true })
    await (await session.createProducer(queue)).send(session.createTextMessage('x'))
    await session.commit()
    const patient = await session.createConsumer(queue)
    for (let times = 0; times < 3; times++) {
      await patient.receive(SOON)
      await session.rollback()
    }
    await connection.close()
    // The broker has counted three redeliveries; this one allows two.
    const strict = await broker.connect({
      redeliveryPolicy: { ...SOON_AGAIN, maximumRedeliveries: 2, preDispatchCheck },
    })
    const strictSession = await strict.createSession({ transacted: true })
    const consumer = await strictSession.createConsumer(queue)
    const given = consumer.receive(SOON)
    if (preDispatchCheck) {
      const watch = await strict.createSession()
      const letter = await (await watch.createConsumer(watch.createQueue('ActiveMQ.DLQ'))).receive(SOON)
      assert.match(letter?.getStringProperty('dlqDeliveryFailureCause') ?? '', /redelivery policy limit/)
      await consumer.close()
      assert.equal(await given, null)
    } else assert.ok(((await given)?.deliveryCount ?? 0) > 3)
    await strict.close()
  }
})
