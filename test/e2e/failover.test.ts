import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type Connection,
  ConnectionFactory,
  type ConnectionEvents,
  type ConnectionFactoryOptions,
  ConnectionFailedError,
} from '@millrace/client'
import { DataType } from '@millrace/openwire'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

interface Failover extends Fixture {
  readonly relay: Relay
  readonly connection: Connection
}

/** A broker, a line to it that can be cut, and a started connection that fails over. */
async function failover(t: TestContext, query = '', options: ConnectionFactoryOptions = {}): Promise<Failover> {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(`failover:(${relay.url})${query}`, options).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  return { ...broker, relay, connection }
}

function next<Name extends keyof ConnectionEvents>(
  connection: Connection,
  name: Name,
): Promise<ConnectionEvents[Name]> {
  return new Promise((resolve) => connection.once(name, resolve))
}

async function cut({ relay, connection }: Failover): Promise<void> {
  const resumed = next(connection, 'resumed')
  relay.cut()
  await resumed
}

test('after the link broke, everything goes on over the next one', async (t) => {
  const it = await failover(t)
  const { connection, relay } = it
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(session.createTextMessage('before'))
  assert.equal(textOf(await consumer.receive(SOON)), 'before')
  assert.equal(connection.connected, true)
  const interrupted = next(connection, 'interrupted')
  await cut(it)
  assert.equal((await interrupted).address, relay.url)
  await producer.send(session.createTextMessage('after'))
  assert.equal(textOf(await consumer.receive(SOON)), 'after')
  await connection.close()
})

test('a first broker that is not there is waited for, and attempts can be limited', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  relay.refusing = true
  const factory = new ConnectionFactory(`failover:(${relay.url})?startupMaxReconnectAttempts=2&initialReconnectDelay=1`)
  await assert.rejects(factory.createConnection(), (error) => {
    assert.ok(error instanceof ConnectionFailedError)
    assert.match(error.message, /tried 2 times/)
    return true
  })
  const connecting = new ConnectionFactory(`failover:(${relay.url})`).createConnection()
  relay.refusing = false
  const connection = await connecting
  await connection.close()
})

test('a new link is told of everything, in the order of the recorded conversation', async (t) => {
  const it = await failover(t)
  const { connection, relay } = it
  const session = await connection.createSession()
  await session.createProducer(session.createQueue('OUT'))
  await session.createConsumer(session.createQueue('IN'))
  const transacted = await connection.createSession({ transacted: true })
  const producer = await transacted.createProducer(transacted.createQueue('TX'))
  await session.createTemporaryQueue()
  await producer.send(transacted.createTextMessage('in a transaction'))
  await connection.sync()
  relay.sent.length = 0
  await cut(it)
  await transacted.commit()
  const said = relay.sent.map((one) => one.constructor.name)
  assert.deepEqual(said, [
    'ConnectionControl',
    'ConnectionInfo',
    'DestinationInfo',
    'SessionInfo',
    'ConsumerInfo',
    'SessionInfo',
    'ProducerInfo',
    'ConsumerInfo',
    'SessionInfo',
    'ProducerInfo',
    'TransactionInfo',
    'ActiveMQTextMessage',
    'TransactionInfo',
  ])
  const [info] = relay.ofType(DataType.ConnectionInfo)
  assert.ok(info !== undefined && 'failoverReconnect' in info && info.failoverReconnect && info.faultTolerant)
})
