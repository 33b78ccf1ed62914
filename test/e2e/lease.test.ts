import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import { AcknowledgeMode, ConnectionFactory, extendLease, Queue } from '@millrace/client'
import { Destination } from 'millrace'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'

const Q = new Queue('Q')

/** The clock of the test says when a lease is over, and no heart-beat is missed meanwhile. */
const LISTEN = ['openwire://127.0.0.1:0?wireFormat.maxInactivityDuration=0']

function leftIn({ service }: Fixture): number {
  return service.broker.queue(Destination.parse('Q'))?.count ?? 0
}

test('a consumer of a long job asks for more time; one that does not loses its message to another', async (t) => {
  const clock = new ManualClock()
  const policies = [{ destination: 'Q', policy: { consumerLease: 60_000 } }]
  const broker = await startBroker(t, { clock, listen: LISTEN, policies })
  const worker = await broker.connect()
  const session = await worker.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await session.createConsumer(Q, { prefetchSize: 1 })
  const sender = await (await broker.connect()).createSession()
  await (await sender.createProducer(Q)).send(sender.createTextMessage('long job'))
  const job = await consumer.receive(SOON)
  assert.ok(job !== null)
  for (let minutes = 0; minutes < 5; minutes++) {
    clock.advance(50_000)
    assert.equal(await extendLease(worker, job, 60_000), true)
  }
  clock.advance(60_100)
  const other = await broker.connect()
  const otherSession = await other.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const otherConsumer = await otherSession.createConsumer(Q, { prefetchSize: 1 })
  const again = await otherConsumer.receive(SOON)
  assert.deepEqual([textOf(again), again?.deliveryCount], ['long job', 2])
  assert.equal(await extendLease(worker, job, 60_000), false)
  const told = new Promise<Error>((resolve) => worker.once('exception', resolve))
  await session.acknowledge()
  assert.match((await told).message, /acknowledges a message too late/)
  await again?.acknowledge()
  await other.sync()
  assert.equal(leftIn(broker), 0)
  await assert.rejects(extendLease(worker, job, 0), { code: 'MESSAGE_REFUSED' })
})

test('who may only consume may ask for more time, and only for what it has', async (t) => {
  const { hashPassword } = await import('millrace')
  const password = await hashPassword('pearl')
  const broker = await startBroker(t, {
    policies: [{ destination: 'Q', policy: { consumerLease: 60_000 } }],
    access: {
      users: ['worker', 'other'].map((name) => ({ name, password, groups: [name] })),
      permissions: [{ destination: 'queue://Q', read: ['worker'], write: ['worker'], admin: ['worker'] }],
    },
  })
  const worker = await broker.connect({ userName: 'worker', password: 'pearl' })
  const session = await worker.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  await (await session.createProducer(Q)).send(session.createTextMessage('x'))
  const message = await (await session.createConsumer(Q)).receive(SOON)
  assert.ok(message !== null)
  assert.equal(await extendLease(worker, message, 1_000), true)
  const other = await broker.connect({ userName: 'other', password: 'pearl' })
  assert.equal(await extendLease(other, message, 1_000), false)
})

test('with fail-over a message that was done too late, and that nobody else had, is not done again', async (t) => {
  const clock = new ManualClock()
  const broker = await startBroker(t, {
    clock,
    listen: LISTEN,
    policies: [{ destination: 'Q', policy: { consumerLease: 1_000 } }],
  })
  const connection = await new ConnectionFactory(`failover:(${broker.url})`).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const consumer = await session.createConsumer(Q, { prefetchSize: 10 })
  await (await session.createProducer(Q)).send(session.createTextMessage('x'))
  const message = await consumer.receive(SOON)
  clock.advance(1_100)
  await connection.sync()
  const told = new Promise<Error>((resolve) => connection.once('exception', resolve))
  await message?.acknowledge()
  assert.match((await told).message, /too late/)
  // It is given to this connection now, which knows that the application is done with it.
  for (let left = 1_000; left > 0 && leftIn(broker) > 0; left--) {
    assert.equal(await consumer.receive({ timeout: 1 }), null)
    await connection.sync()
  }
  assert.equal(leftIn(broker), 0)
})
