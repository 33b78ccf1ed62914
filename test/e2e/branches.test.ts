import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock, MillraceError } from '@millrace/base'
import {
  type Connection,
  createXASession,
  type Session,
  TransactionRolledBackError,
  XA,
  XAError,
  XAErrorCode,
  type Xid,
  xidText,
} from '@millrace/client'
import { type BrokerServiceOptions, Destination, DestinationKind } from 'millrace'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

function xid(number: number): Xid {
  return { formatId: 7, globalTransactionId: Buffer.from([2, number]), branchQualifier: Buffer.from([1]) }
}

async function send(session: Session, name: string, ...texts: string[]): Promise<void> {
  const producer = await session.createProducer(session.createQueue(name))
  for (const text of texts) await producer.send(session.createTextMessage(text))
}

async function rest(connection: Connection, name: string): Promise<string[]> {
  const session = await connection.createSession()
  await connection.sync()
  const found: string[] = []
  for await (const message of session.createBrowser(session.createQueue(name))) found.push(textOf(message))
  await session.close()
  return found
}

function refused(errorCode: number): (error: unknown) => boolean {
  return (error) => error instanceof XAError && error.errorCode === errorCode
}

/** A broker that can be stopped and started on the same journal. */
function restartable(t: TestContext): () => Promise<Fixture> {
  const data = temporaryDirectory('branches')
  let running: Fixture | null = null
  return async () => {
    await running?.service.stop()
    running = await startBroker(t, { memory: false, data })
    return running
  }
}

/** A branch that took `in` from IN and sends `out` to OUT and to the durable subscription of T, prepared. */
async function prepared(broker: Fixture, number: number): Promise<void> {
  const connection = await broker.connect()
  await send(await connection.createSession(), 'IN', 'in')
  const { session, resource } = await createXASession(connection)
  const consumer = await session.createConsumer(session.createQueue('IN'))
  await resource.start(xid(number))
  assert.equal(textOf(await consumer.receive(SOON)), 'in')
  await send(session, 'OUT', 'out')
  const topic = await session.createProducer(session.createTopic('T'))
  await topic.send(session.createTextMessage('out'))
  await resource.end(xid(number))
  assert.equal(await resource.prepare(xid(number)), XA.XA_OK)
  await connection.close()
}

const T = new Destination(DestinationKind.Topic, 'T')

for (const outcome of ['commit', 'rollback'] as const) {
  test(`a branch that was prepared before a restart is listed, and an operator ends it: ${outcome}`, async (t) => {
    const start = restartable(t)
    let broker = await start()
    await broker.service.broker.durables.create({ clientId: 'me', name: 'd', destination: T })
    await prepared(broker, 1)
    const before = broker.service.broker.branches.inDoubt()[0]
    assert.ok((before?.preparedMs ?? 0) > 0)
    broker = await start()
    const { branches, durables } = broker.service.broker
    const [branch] = branches.inDoubt()
    assert.ok(branch !== undefined)
    assert.deepEqual([branch.sends, branch.acknowledgements, branch.preparedMs], [2, 1, 0])
    assert.deepEqual(branch.destinations.map(String).sort(), ['queue://IN', 'queue://OUT', 'topic://T'])
    const connection = await broker.connect()
    // What it holds is neither there nor gone.
    assert.deepEqual([await rest(connection, 'IN'), await rest(connection, 'OUT')], [[], []])
    await assert.rejects(branches.commit('XID:0::'), { code: 'TRANSACTION_UNKNOWN' })
    await branches[outcome](branch.id)
    assert.deepEqual(branches.inDoubt(), [])
    const committed = outcome === 'commit'
    assert.deepEqual(
      [await rest(connection, 'IN'), await rest(connection, 'OUT'), durables.list()[0]?.pending],
      committed ? [[], ['out'], 1] : [['in'], [], 0],
    )
    // The coordinator comes back too late.
    const { resource } = await createXASession(connection)
    assert.deepEqual(await resource.recover(), [])
    await assert.rejects(resource.commit(xid(1), false), refused(XAErrorCode.XAER_NOTA))
    broker = await start()
    assert.deepEqual(await rest(await broker.connect(), 'OUT'), committed ? ['out'] : [])
    assert.deepEqual(await rest(await broker.connect(), 'IN'), committed ? [] : ['in'])
  })
}

test('a coordinator recovers the branches after a restart and ends them', async (t) => {
  const start = restartable(t)
  let broker = await start()
  await prepared(broker, 1)
  await prepared(broker, 2)
  broker = await start()
  const connection = await broker.connect()
  const { resource } = await createXASession(connection)
  const found = (await resource.recover()).map(xidText).sort()
  assert.deepEqual(found, ['7:0201:01', '7:0202:01'])
  await resource.commit(xid(1), false)
  await resource.rollback(xid(2))
  assert.deepEqual(await resource.recover(), [])
  assert.deepEqual([await rest(connection, 'OUT'), await rest(connection, 'IN')], [['out'], ['in']])
})

test('a branch commits in one phase, and not in two without having been prepared', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const { session, resource } = await createXASession(connection)
  await resource.start(xid(1))
  await send(session, 'Q', 'one')
  await resource.end(xid(1))
  await assert.rejects(resource.commit(xid(1), false), refused(XAErrorCode.XAER_PROTO))
  await resource.start(xid(2))
  await send(session, 'Q', 'two')
  await resource.end(xid(2))
  await resource.commit(xid(2), true)
  assert.deepEqual(await rest(connection, 'Q'), ['two'])
})

function timed(limits: NonNullable<BrokerServiceOptions['limits']>): Partial<BrokerServiceOptions> & {
  clock: ManualClock
} {
  return { clock: new ManualClock(), listen: ['openwire://127.0.0.1:0?wireFormat.maxInactivityDuration=0'], limits }
}

test('a local transaction that nobody works on for too long is given up, and its commit fails', async (t) => {
  const options = timed({ transactionIdleMsMax: 60_000 })
  const broker = await startBroker(t, options)
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  await send(session, 'Q', 'lost')
  await connection.sync()
  for (let left = 30; left > 0; left--) options.clock.advance(1_000)
  await send(session, 'Q', 'lost, too')
  await connection.sync()
  for (let left = 59; left > 0; left--) options.clock.advance(1_000)
  assert.ok(broker.service.broker.usage.uncommittedBytes > 0)
  for (let left = 3; left > 0; left--) options.clock.advance(1_000)
  assert.equal(broker.service.broker.usage.uncommittedBytes, 0)
  await assert.rejects(session.commit(), (error) => {
    assert.ok(error instanceof TransactionRolledBackError)
    assert.match(error.message, /without work/)
    return true
  })
  await send(session, 'Q', 'next')
  await session.commit()
  assert.deepEqual(await rest(connection, 'Q'), ['next'])
})

test('a branch that is not prepared in time is given up; one that is prepared waits for ever', async (t) => {
  const options = timed({ branchIdleMsMax: 60_000 })
  const broker = await startBroker(t, options)
  const connection = await broker.connect()
  const { session, resource } = await createXASession(connection)
  for (const number of [1, 2]) {
    await resource.start(xid(number))
    await send(session, 'Q', `branch ${number}`)
    await resource.end(xid(number))
  }
  await resource.prepare(xid(1))
  for (let left = 70; left > 0; left--) options.clock.advance(1_000)
  await assert.rejects(resource.prepare(xid(2)), refused(XAErrorCode.XA_RBROLLBACK))
  await resource.commit(xid(1), false)
  assert.deepEqual(await rest(connection, 'Q'), ['branch 1'])
})

test('a transaction of the largest size is whole; one more fails it as a whole', async (t) => {
  const broker = await startBroker(t, { limits: { uncommittedMax: 5 } })
  const connection = await broker.connect()
  const session = await connection.createSession({ transacted: true })
  await send(session, 'Q', '1', '2', '3', '4', '5')
  await session.commit()
  await send(session, 'Q', '6', '7', '8', '9', '10', '11')
  await assert.rejects(session.commit(), TransactionRolledBackError)
  assert.deepEqual(await rest(connection, 'Q'), ['1', '2', '3', '4', '5'])
})

for (const rollbackOnly of [true, false]) {
  test(`after a send failed that nobody waited for, the commit ${rollbackOnly ? 'fails' : 'does the rest'}`, async (t) => {
    const broker = await startBroker(t, {
      behaviour: { rollbackOnlyOnAsyncException: rollbackOnly },
      interceptors: [
        {
          sending: (_producer, message) => {
            if (message.type === 'refused') throw new MillraceError('NOT_AUTHORIZED', 'not this one')
          },
        },
      ],
    })
    const connection = await broker.connect()
    const told = new Promise((resolve) => {
      connection.on('exception', resolve)
    })
    const session = await connection.createSession({ transacted: true })
    await send(session, 'Q', 'good')
    const bad = session.createTextMessage('bad')
    bad.jmsType = 'refused'
    const producer = await session.createProducer(session.createQueue('Q'))
    await producer.send(bad)
    await told
    if (rollbackOnly) await assert.rejects(session.commit(), TransactionRolledBackError)
    else await session.commit()
    assert.deepEqual(await rest(connection, 'Q'), rollbackOnly ? [] : ['good'])
  })
}

test('one transaction takes from a queue and a durable subscription and sends to queues and topics, or does nothing', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ clientID: 'me', redeliveryPolicy: { initialRedeliveryDelay: 0 } })
  await broker.service.broker.durables.create({ clientId: 'other', name: 'd', destination: T })
  const plain = await connection.createSession()
  const session = await connection.createSession({ transacted: true })
  const queue = await session.createConsumer(session.createQueue('IN'))
  const topic = await session.createDurableConsumer(session.createTopic('NEWS'), 'mine')
  await send(plain, 'IN', 'from the queue')
  await (await plain.createProducer(plain.createTopic('NEWS'))).send(plain.createTextMessage('from the topic'))
  const out = await session.createProducer(session.createTopic('T'))
  for (const outcome of ['rollback', 'commit'] as const) {
    const first = await queue.receive(SOON)
    const second = await topic.receive(SOON)
    assert.deepEqual([textOf(first), textOf(second)], ['from the queue', 'from the topic'])
    assert.equal(first?.jmsRedelivered, outcome === 'commit')
    assert.equal(second?.getIntProperty('JMSXDeliveryCount'), outcome === 'commit' ? 2 : 1)
    await send(session, 'A,B', 'out')
    await out.send(session.createTextMessage('out'))
    await session[outcome]()
    const committed = outcome === 'commit' ? ['out'] : []
    assert.deepEqual([await rest(connection, 'A'), await rest(connection, 'B')], [committed, committed])
  }
  const { durables } = broker.service.broker
  assert.deepEqual(
    durables.list().map(({ clientId, pending }) => `${clientId} ${pending}`),
    ['other 1', 'me 0'],
  )
  assert.deepEqual(await rest(connection, 'IN'), [])
})
