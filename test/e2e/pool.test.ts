import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  AbortError,
  AcknowledgeMode,
  AlreadyClosedError,
  ConfigurationError,
  type Connection,
  ConnectionFactory,
  ConnectionFailedError,
  ConnectionPool,
  Queue,
  ResourceAllocationError,
  respond,
} from '@millrace/client'
import { type ConnectionInfo, DataType, type SessionInfo } from '@millrace/openwire'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

function closed(connection: Connection): Promise<unknown> {
  return new Promise((resolve) => {
    connection.on('closed', resolve)
  })
}

test('sessions and their producers are used again, per acknowledge mode', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  await using pool = new ConnectionPool(new ConnectionFactory(relay.url))
  const first = await pool.acquire()
  const producer = await first.producer()
  await first.release()
  await first.release()
  const again = await pool.acquire()
  assert.equal(again.session, first.session)
  assert.equal(await again.producer(), producer)
  const other = await pool.acquire({ acknowledgeMode: AcknowledgeMode.CLIENT })
  assert.notEqual(other.session, again.session)
  assert.equal(pool.lentCount, 2)
  await other.release()
  await again.release()
  await Promise.all(['a', 'b', 'c'].map((text) => pool.send(first.session.createQueue('POOL'), text)))
  assert.equal(relay.ofType<ConnectionInfo>(DataType.ConnectionInfo).length, 1)
  assert.equal(relay.ofType<SessionInfo>(DataType.SessionInfo).length, 4)
  assert.equal(pool.lentCount, 0)
})

test('a session comes back without consumers, and its open transaction is rolled back', async (t) => {
  const broker = await startBroker(t)
  await using pool = new ConnectionPool(broker.factory())
  await pool.withSession(
    async (session) => {
      const queue = session.createQueue('LEFTOVERS')
      await (await session.createProducer(queue)).send(session.createTextMessage('undone'))
      await session.createConsumer(queue)
    },
    { transacted: true },
  )
  await pool.transaction(async (session) => {
    const queue = session.createQueue('LEFTOVERS')
    await (await session.createProducer(queue)).send(session.createTextMessage('done'))
  })
  await assert.rejects(
    pool.transaction(async (session) => {
      const queue = session.createQueue('LEFTOVERS')
      await (await session.createProducer(queue)).send(session.createTextMessage('thrown away'))
      throw new RangeError('no')
    }),
    RangeError,
  )
  await pool.withSession(async (session) => {
    const consumer = await session.createConsumer(session.createQueue('LEFTOVERS'))
    assert.equal(textOf(await consumer.receive(SOON)), 'done')
    await session.connection.sync()
    assert.equal(await consumer.receiveNoWait(), null)
  })
})

test('when all sessions are lent, callers wait in their order, or are refused', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  const factory = broker.factory({ clock })
  await using pool = new ConnectionPool(factory, { maximumActiveSessionPerConnection: 1, maxWaiting: 3 })
  const holder = await pool.acquire()
  const order: string[] = []
  const controller = new AbortController()
  const first = pool.acquire().then((lent) => {
    order.push('first')
    return lent.release()
  })
  const aborted = assert.rejects(pool.acquire({ signal: controller.signal }), AbortError)
  const last = pool.acquire().then((lent) => {
    order.push('last')
    return lent.release()
  })
  await assert.rejects(pool.acquire(), ResourceAllocationError)
  // Another mode is not full.
  await (await pool.acquire({ acknowledgeMode: AcknowledgeMode.CLIENT })).release()
  controller.abort()
  await aborted
  assert.equal(pool.waitingCount, 2)
  await holder.release()
  await Promise.all([first, last])
  assert.deepEqual(order, ['first', 'last'])
  await using strict = new ConnectionPool(factory, {
    maximumActiveSessionPerConnection: 1,
    blockIfSessionPoolIsFull: false,
  })
  await using _lent = await strict.acquire()
  await assert.rejects(strict.acquire(), ResourceAllocationError)
})

test('busy connections are joined by others up to the limit', async (t) => {
  const broker = await startBroker(t)
  await using pool = new ConnectionPool(broker.factory(), { maxConnections: 2 })
  const lent = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()])
  assert.equal(pool.connectionCount, 2)
  assert.equal(new Set(lent.map((one) => one.connection)).size, 2)
  for (const one of lent) await one.release()
})

test('an unused connection is closed after the idle time, and one in use never is', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  await using pool = new ConnectionPool(broker.factory({ clock }), { idleTimeout: 1000 })
  const lent = await pool.acquire()
  const { connection } = lent
  clock.advance(5000)
  assert.equal(connection.gone, false)
  await lent.release()
  clock.advance(999)
  const again = await pool.acquire()
  assert.equal(again.connection, connection)
  const ended = closed(connection)
  await again.release()
  clock.advance(1000)
  await ended
  const next = await pool.acquire()
  assert.notEqual(next.connection, connection)
  await next.release()
})

test('an expired connection is lent no more, and closes when all of it is back', async (t) => {
  const broker = await startBroker(t)
  const clock = new ManualClock(Date.now())
  await using pool = new ConnectionPool(broker.factory({ clock }), { expiryTimeout: 1000, idleTimeout: 0 })
  const old = await pool.acquire()
  clock.advance(1000)
  const fresh = await pool.acquire()
  assert.notEqual(fresh.connection, old.connection)
  assert.equal(old.connection.gone, false)
  const ended = closed(old.connection)
  await old.release()
  await ended
  assert.equal(pool.connectionCount, 1)
  await fresh.release()
})

test('after a lost connection the pool opens another', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  await using pool = new ConnectionPool(new ConnectionFactory(relay.url))
  const lent = await pool.acquire()
  const ended = closed(lent.connection)
  relay.cut()
  await ended
  await lent.release()
  const next = await pool.acquire()
  assert.notEqual(next.connection, lent.connection)
  await next.release()
})

test('opening that fails is told to all who wait for it, and tried anew by the next', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  await relay.close()
  await using pool = new ConnectionPool(new ConnectionFactory(relay.url))
  const both = [pool.acquire(), pool.acquire()]
  for (const one of await Promise.allSettled(both)) {
    assert.ok(one.status === 'rejected' && one.reason instanceof ConnectionFailedError)
  }
  assert.equal(pool.connectionCount, 0)
  assert.equal(pool.lentCount, 0)
})

test('a closed pool lends nothing, and those who waited are told', async (t) => {
  const broker = await startBroker(t)
  const pool = new ConnectionPool(broker.factory(), { maximumActiveSessionPerConnection: 1 })
  const lent = await pool.acquire()
  const waiting = assert.rejects(pool.acquire(), AlreadyClosedError)
  await pool.close()
  await waiting
  await lent.release()
  await assert.rejects(pool.acquire(), AlreadyClosedError)
  assert.equal(pool.connectionCount, 0)
})

test('options of a pool are checked', () => {
  const factory = new ConnectionFactory('tcp://127.0.0.1:1')
  assert.throws(() => new ConnectionPool(factory, { maxConections: 2 } as never), /did you mean "maxConnections"/)
  assert.throws(() => new ConnectionPool(factory, { maxConnections: 0 }), ConfigurationError)
})

test('a pool receives and asks in one call', async (t) => {
  const broker = await startBroker(t)
  await using pool = new ConnectionPool(broker.factory())
  const orders = new Queue('POOLED.ORDERS')
  await pool.send(orders, 'a wheel')
  await pool.send(orders, 'a saddle')
  const [first, second] = [await pool.receive(orders, { timeout: SOON }), await pool.receive(orders, { timeout: SOON })]
  assert.deepEqual([first?.bodyAs('string'), second?.bodyAs('string')], ['a wheel', 'a saddle'])
  assert.equal(await pool.receive(orders, { timeout: 1, selector: "JMSType = 'none'" }), null)
  const answering = await (await broker.connect()).createSession()
  const prices = new Queue('POOLED.PRICES')
  await using _responder = await respond(answering, prices, () => '7.50')
  assert.equal((await pool.request(prices, 'wheel', { timeout: SOON })).bodyAs('string'), '7.50')
  assert.equal(pool.lentCount, 0)
})
