import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/base'
import {
  ConnectionClosedError,
  ConnectionFactory,
  ConnectionFailedError,
  JMSError,
  JMSSecurityError,
  ResourceAllocationError,
} from '@millrace/client'
import { type ConsumerInfo, DataType } from '@millrace/openwire'
import { BrokerService } from 'millrace'
import { failover, next } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

test('after the link broke, everything goes on over the next one', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await producer.send(session.createTextMessage('before'))
  assert.equal(textOf(await consumer.receive(SOON)), 'before')
  assert.equal(connection.connected, true)
  const interrupted = next(connection, 'interrupted')
  const resumed = next(connection, 'resumed')
  const reconnecting = next(connection, 'reconnecting')
  await it.down()
  assert.equal(connection.connected, false)
  assert.deepEqual(await reconnecting, { attempt: 1, delayMs: 10 })
  await it.up()
  assert.equal((await interrupted).address, relay.url)
  assert.equal((await resumed).address, relay.url)
  assert.equal(connection.connected, true)
  await producer.send(session.createTextMessage('after'))
  assert.equal(textOf(await consumer.receive(SOON)), 'after')
  await connection.close()
})

test('a broker that was stopped and started again on its journal finds its clients again', async (t) => {
  const data = temporaryDirectory('failover')
  const first = await startBroker(t, { memory: false, data })
  const connection = await new ConnectionFactory(`failover:(${first.url})?maxReconnectDelay=5`).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('before'))
  const interrupted = next(connection, 'interrupted')
  await first.service.stop()
  await interrupted
  const sent = producer.send(session.createTextMessage('meanwhile'))
  const resumed = next(connection, 'resumed')
  await startBroker(t, { memory: false, data, listen: [first.url.replace('tcp:', 'openwire:')] })
  await resumed
  await sent
  const consumer = await session.createConsumer(queue)
  for (const text of ['before', 'meanwhile']) assert.equal(textOf(await consumer.receive(SOON)), text)
  await connection.close()
})

test('when its broker is gone, the connection goes to the other one', async (t) => {
  const one = await startBroker(t)
  const other = await startBroker(t)
  const connection = await new ConnectionFactory(
    `failover:(${one.url},${other.url})?randomize=false`,
  ).createConnection()
  t.after(() => connection.close().catch(() => {}))
  assert.equal(connection.address, one.url)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const resumed = next(connection, 'resumed')
  await one.service.stop()
  await resumed
  assert.equal(connection.address, other.url)
  await producer.send(session.createTextMessage('to the other'))
  const reader = await (await other.connect()).createSession()
  const consumer = await reader.createConsumer(reader.createQueue('Q'))
  assert.equal(textOf(await consumer.receive(SOON)), 'to the other')
})

test('a first broker that is not there is waited for, and attempts can be limited', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  relay.refusing = true
  const factory = new ConnectionFactory(`failover:(${relay.url})?startupMaxReconnectAttempts=2`)
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

test('whoever waits for a first broker can give up', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  relay.refusing = true
  const factory = new ConnectionFactory(`failover:(${relay.url})`)
  await assert.rejects(factory.createConnection({ timeout: 20 }), { code: 'REQUEST_TIMED_OUT' })
})

test('after so many attempts the connection fails, with everything that waits', async (t) => {
  const { connection, ...it } = await failover(t, '?maxReconnectAttempts=2')
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const failed = next(connection, 'exception')
  await it.down()
  const sent = producer.send(session.createTextMessage('lost'))
  const error = await failed
  assert.ok(error instanceof ConnectionFailedError)
  await assert.rejects(sent, ConnectionFailedError)
  assert.equal(connection.connected, false)
})

test('with maxReconnectAttempts=0 a lost link is the end', async (t) => {
  const { connection, relay } = await failover(t, '?maxReconnectAttempts=0')
  const failed = next(connection, 'exception')
  relay.cut()
  assert.ok((await failed) instanceof ConnectionFailedError)
})

test('a new link is told of everything, in the order of the recorded conversation', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession()
  await session.createProducer(session.createQueue('OUT'))
  await session.createConsumer(session.createQueue('IN'))
  const closed = await session.createConsumer(session.createQueue('CLOSED'))
  await closed.close()
  const transacted = await connection.createSession({ transacted: true })
  const producer = await transacted.createProducer(transacted.createQueue('TX'))
  await session.createTemporaryQueue()
  await producer.send(transacted.createTextMessage('in a transaction'))
  await connection.sync()
  relay.sent.length = 0
  await it.cut()
  await transacted.commit()
  const names = relay.sent.map((one) => one.constructor.name)
  assert.deepEqual(names, [
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
    'ConsumerControl',
    'ConsumerControl',
    'TransactionInfo',
  ])
  for (const consumer of relay.ofType<ConsumerInfo>(DataType.ConsumerInfo)) assert.equal(consumer.prefetchSize, 0)
  const [info] = relay.ofType(DataType.ConnectionInfo)
  assert.ok(info !== undefined && 'failoverReconnect' in info && info.failoverReconnect && info.faultTolerant)
})

test('a producer that was closed before its transaction ended is replayed with it', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession({ transacted: true })
  const producer = await session.createProducer(session.createQueue('TX'))
  await producer.send(session.createTextMessage('kept'))
  await producer.close()
  await connection.sync()
  relay.sent.length = 0
  await it.cut()
  await session.commit()
  const names = relay.sent.map((one) => one.constructor.name).slice(-6)
  assert.deepEqual(names, [
    'ProducerInfo',
    'TransactionInfo',
    'ActiveMQTextMessage',
    'RemoveInfo',
    'ConsumerControl',
    'TransactionInfo',
  ])
  const consumer = await session.createConsumer(session.createQueue('TX'))
  assert.equal(textOf(await consumer.receive(SOON)), 'kept')
})

test('a temporary queue survives, with what waits for it', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = await session.createTemporaryQueue()
  const consumer = await session.createConsumer(queue)
  await it.cut()
  const producer = await session.createProducer(queue)
  await producer.send(session.createTextMessage('reply'))
  assert.equal(textOf(await consumer.receive(SOON)), 'reply')
})

test('what is made while there is no link is there with the next one', async (t) => {
  const { connection, ...it } = await failover(t)
  await it.down()
  const session = await connection.createSession()
  const made = Promise.all([
    session.createProducer(session.createQueue('Q')),
    session.createConsumer(session.createQueue('Q')),
    session.createTemporaryQueue(),
  ])
  await it.up()
  const [producer, consumer] = await made
  await producer.send(session.createTextMessage('works'))
  assert.equal(textOf(await consumer.receive(SOON)), 'works')
})

test('a consumer that the broker refused is not asked for again', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const other = await it.connect()
  const foreign = await (await other.createSession()).createTemporaryQueue()
  const session = await connection.createSession()
  await session.createConsumer(session.createQueue('Q'))
  // The client would refuse it by itself: as a composite it gets through to the broker.
  await assert.rejects(session.createConsumer(session.createQueue(`A,temp-queue://${foreign.name}`)), JMSError)
  relay.sent.length = 0
  await it.cut()
  await connection.sync()
  assert.equal(relay.ofType(DataType.ConsumerInfo).length, 2)
})

test('a consumer that the next broker refuses is closed, and the application hears of it', async (t) => {
  let refusing = false
  const interceptor = {
    consuming: (subscription: { readonly id: string }) => {
      if (refusing && subscription.id.endsWith(':1:1')) throw new MillraceError('NOT_AUTHORIZED', 'not any more')
    },
  }
  const { connection, ...it } = await failover(t, '', {}, { interceptors: [interceptor] })
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const closed = new Promise((resolve) => consumer.once('closed', resolve))
  const told = next(connection, 'exception')
  refusing = true
  await it.cut()
  assert.ok((await told) instanceof JMSSecurityError)
  await closed
  await assert.rejects(consumer.receive(), { code: 'ALREADY_CLOSED' })
  assert.equal(connection.connected, true)
})

test('a consumer whose creation was given up is not left behind', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  await it.down()
  const queue = session.createQueue('Q')
  await assert.rejects(session.createConsumer(queue, { timeout: 5 }), { outcome: 'unknown' })
  await it.up()
  await (await session.createProducer(queue)).send(session.createTextMessage('for another'))
  const consumer = await session.createConsumer(queue)
  assert.equal(textOf(await consumer.receive(SOON)), 'for another')
})

test('closing while there is no link ends at once, and tells what was not sent', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('Q')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await it.down()
  const confirmed = producer.send(session.createTextMessage('confirmed'))
  const oneWay = producer.send(session.createTextMessage('one way'), { confirm: false })
  const received = consumer.receive()
  assert.equal(connection.waitingCommands, 2)
  const refused = Promise.all([
    assert.rejects(confirmed, ConnectionClosedError),
    assert.rejects(oneWay, ConnectionClosedError),
  ])
  await connection.close()
  await refused
  assert.equal(await received, null)
})

test('closing while the broker does not answer any more ends when the link breaks', async (t) => {
  const { connection, relay } = await failover(t)
  await connection.createSession()
  relay.hold()
  const closed = connection.close()
  relay.refusing = true
  relay.cut()
  await closed
})

test('only so much may wait for a link', async (t) => {
  const { connection, ...it } = await failover(t, '?maxWaitingCommands=3')
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  await it.down()
  const message = session.createTextMessage('waits')
  const sent = [1, 2, 3].map(() => producer.send(message))
  await assert.rejects(producer.send(message), ResourceAllocationError)
  await it.up()
  await Promise.all(sent)
})

test('a message waits for a link only as long as timeout says, and the rest goes on', async (t) => {
  const { connection, ...it } = await failover(t, '?timeout=20')
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  await it.down()
  const message = session.createTextMessage('waits')
  const failed = { code: 'FAILOVER_TIMEOUT', outcome: undefined }
  await Promise.all([
    assert.rejects(producer.send(message), failed),
    assert.rejects(producer.send(message, { confirm: false }), failed),
  ])
  const made = session.createConsumer(session.createQueue('Q'))
  await it.up()
  const consumer = await made
  await producer.send(session.createTextMessage('in time'))
  assert.equal(textOf(await consumer.receive(SOON)), 'in time')
})

test('nested options reach each broker, and a misspelt one is refused', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const factory = new ConnectionFactory(`failover:(${relay.url})?nested.wireFormat.tightEncodingEnabled=false`)
  await (await factory.createConnection()).close()
  await assert.rejects(new ConnectionFactory(`failover:(${broker.url}?keepAlife=true)`).createConnection(), {
    code: 'CONFIGURATION',
  })
  await assert.rejects(new ConnectionFactory(`failover:(${broker.url})?nested.keepAlife=true`).createConnection(), {
    code: 'CONFIGURATION',
  })
})

test('a broker that refuses who comes back for reasons of security ends the connection', async (t) => {
  let refusing = false
  const interceptor = {
    connecting: () => {
      if (refusing) throw new MillraceError('NOT_AUTHENTICATED', 'wrong password')
    },
  }
  const { connection, relay } = await failover(t, '', {}, { interceptors: [interceptor] })
  await connection.createSession()
  const failed = next(connection, 'exception')
  refusing = true
  relay.cut()
  const error = await failed
  assert.ok(error instanceof ConnectionFailedError)
  assert.ok(error.cause instanceof JMSSecurityError)
})

test('a broker that refuses who comes at first for reasons of security is not asked again', async (t) => {
  let asked = 0
  const interceptor = {
    connecting: () => {
      asked++
      throw new MillraceError('NOT_AUTHENTICATED', 'wrong password')
    },
  }
  const broker = await startBroker(t, { interceptors: [interceptor] })
  const factory = new ConnectionFactory(`failover:(${broker.url})`, { userName: 'me', password: 'wrong' })
  await assert.rejects(factory.createConnection(), JMSSecurityError)
  assert.equal(asked, 1)
})

test('a broker that refuses who comes back for another reason is tried again', async (t) => {
  let refusals = 2
  let on = false
  const interceptor = {
    connecting: () => {
      if (on && refusals-- > 0) throw new MillraceError('LIMIT_REACHED', 'not yet')
    },
  }
  const { connection, ...it } = await failover(t, '', {}, { interceptors: [interceptor] })
  const session = await connection.createSession()
  on = true
  await it.cut()
  await session.createTemporaryQueue()
  assert.ok(refusals < 0)
})

test('a broker of this process may go and come back', async (t) => {
  const options = { memory: true, vmName: 'failover-vm' }
  const first = new BrokerService(options)
  await first.start()
  const url = 'failover:(vm://failover-vm?create=false)?maxReconnectDelay=5'
  const connection = await new ConnectionFactory(url).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const interrupted = next(connection, 'interrupted')
  await first.stop()
  await interrupted
  const sent = producer.send(session.createTextMessage('to the next one'))
  const second = new BrokerService(options)
  await second.start()
  t.after(() => second.stop())
  await sent
  assert.equal(textOf(await consumer.receive(SOON)), 'to the next one')
  await connection.close()
})
