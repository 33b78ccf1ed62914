import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, MillraceError } from '@millrace/base'
import {
  AbortError,
  AlreadyClosedError,
  ConfigurationError,
  ConnectionClosedError,
  ConnectionFactory,
  ConnectionFailedError,
  DeliveryMode,
  IllegalStateError,
  InvalidClientIDError,
  type JMSError,
  JMSSecurityError,
  RequestTimedOutError,
} from '@millrace/client'
import { type Command, type ConnectionInfo, type ConsumerInfo, DataType, type RemoveInfo } from '@millrace/openwire'
import { BrokerService } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

test('what a connection says from its first use to its end', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url).createConnection()
  assert.equal(relay.sent.length, 0)
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('LIFE'))
  const producer = await session.createProducer(session.createQueue('LIFE'))
  await producer.close()
  await consumer.close()
  await connection.close()
  await relay.ended()
  const said = relay.sent.map((one) => one.dataType)
  assert.deepEqual(said, [
    DataType.ConnectionInfo,
    DataType.ConsumerInfo,
    DataType.SessionInfo,
    DataType.ConsumerInfo,
    DataType.ProducerInfo,
    DataType.RemoveInfo,
    DataType.RemoveInfo,
    DataType.RemoveInfo,
    DataType.RemoveInfo,
    DataType.RemoveInfo,
    DataType.ShutdownInfo,
  ])
  const [info] = relay.ofType<ConnectionInfo>(DataType.ConnectionInfo)
  assert.equal(info?.manageable, true)
  assert.equal(info?.clientMaster, true)
  assert.ok(info?.clientId?.startsWith('ID:'))
  const [watch, consume] = relay.ofType<ConsumerInfo>(DataType.ConsumerInfo)
  assert.equal(watch?.destination?.physicalName, 'ActiveMQ.Advisory.TempQueue,ActiveMQ.Advisory.TempTopic')
  assert.deepEqual([watch?.consumerId?.sessionId, watch?.prefetchSize, watch?.noLocal], [-1, 1000, true])
  assert.deepEqual([consume?.prefetchSize, consume?.dispatchAsync], [1000, true])
  const removed = relay.ofType<RemoveInfo>(DataType.RemoveInfo).map((one) => one.objectId?.dataType)
  assert.deepEqual(removed, [
    DataType.ProducerId,
    DataType.ConsumerId,
    DataType.SessionId,
    DataType.ConsumerId,
    DataType.ConnectionId,
  ])
  const numbers = relay.sent.map((one) => (one as Command & { commandId: number }).commandId)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
  )
})

test('default prefetch by kind of consumer', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(relay.url, { watchTopicAdvisories: false }).createConnection({
    clientID: 'prefetch',
  })
  await connection.start()
  const session = await connection.createSession()
  const topic = session.createTopic('T')
  await session.createConsumer(session.createQueue('Q'))
  await session.createConsumer(topic)
  await session.createDurableConsumer(topic, 'larger, the only session is AUTO')
  for await (const _ of session.createBrowser(session.createQueue('Q'))) assert.fail('nothing is there')
  await connection.createSession()
  await session.createDurableConsumer(topic, 'smaller, there is a second session')
  await session.createConsumer(
    session.createQueue('Q?consumer.prefetchSize=7&consumer.priority=3&consumer.exclusive=true'),
  )
  await session.createConsumer(await session.createTemporaryQueue())
  const infos = relay.ofType<ConsumerInfo>(DataType.ConsumerInfo)
  assert.deepEqual(
    infos.map((info) => info.prefetchSize),
    [1000, 32767, 1000, 500, 100, 7, 1000],
  )
  assert.deepEqual([infos[5]?.priority, infos[5]?.exclusive, infos[5]?.destination?.physicalName], [3, true, 'Q'])
  await connection.close()
})

test('an unknown consumer or producer option in a name is refused with a hint', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  await assert.rejects(
    session.createConsumer(session.createQueue('Q?consumer.prefetchsize=1')),
    /unknown option "consumer.prefetchsize"; did you mean "consumer.prefetchSize"/,
  )
  await assert.rejects(session.createProducer(session.createQueue('Q?producer.window=1')), ConfigurationError)
  // Options without these prefixes are other people's business.
  await session.createConsumer(session.createQueue('Q?color=red'))
})

test('a client id belongs to one connection at a time', async (t) => {
  const broker = await startBroker(t)
  const first = await broker.factory().createConnection({ clientID: 'mine' })
  assert.equal(first.clientID, 'mine')
  await assert.rejects(broker.factory().createConnection({ clientID: 'mine' }), (error) => {
    assert.ok(error instanceof InvalidClientIDError)
    assert.match(error.remoteClass ?? '', /InvalidClientIDException$/)
    return true
  })
  await first.close()
  const second = await broker.factory().createConnection()
  await second.setClientID('mine')
  await assert.rejects(second.setClientID('other'), IllegalStateError)
  await second.close()
})

test('close is idempotent, and everything is closed with it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const closed: (JMSError | null)[] = []
  connection.on('closed', ({ error }) => closed.push(error))
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const producer = await session.createProducer()
  const pending = consumer.receive()
  await Promise.all([connection.close(), connection.close()])
  assert.equal(await pending, null)
  assert.deepEqual(closed, [null])
  await assert.rejects(connection.createSession(), ConnectionClosedError)
  await assert.rejects(session.createConsumer(session.createQueue('Q')), ConnectionClosedError)
  await assert.rejects(producer.send(session.createQueue('Q'), session.createMessage()), AlreadyClosedError)
  await assert.rejects(consumer.receive(), AlreadyClosedError)
})

test('await using closes', async (t) => {
  const broker = await startBroker(t)
  let outside: { closing: boolean } | undefined
  {
    await using connection = await broker.factory().createConnection()
    await connection.start()
    await using session = await connection.createSession()
    await using queue = await session.createTemporaryQueue()
    await using producer = await session.createProducer(queue)
    {
      await using consumer = await session.createConsumer(queue)
      await producer.send(session.createTextMessage('in'))
      assert.equal(textOf(await consumer.receive(SOON)), 'in')
    }
    outside = connection
  }
  assert.equal(outside.closing, true)
})

test('close waits for a running listener, and says no inside it', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.factory().createConnection()
  await connection.start()
  const session = await connection.createSession()
  const queue = session.createQueue('INSIDE')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  const events: string[] = []
  let inside: Promise<void> | undefined
  let finish: () => void = () => {}
  const started = new Promise<void>((resolve) => {
    void consumer.setMessageListener(async (_, signal) => {
      signal.addEventListener('abort', () => events.push('signal'))
      inside = Promise.all([
        assert.rejects(connection.close(), IllegalStateError),
        assert.rejects(connection.stop(), IllegalStateError),
        assert.rejects(session.close(), IllegalStateError),
      ]).then(() => {})
      resolve()
      await new Promise<void>((go) => {
        finish = go
      })
      events.push('listener ended')
    })
  })
  await producer.send(session.createTextMessage('x'))
  await started
  await inside
  const closing = connection.close().then(() => events.push('closed'))
  finish()
  await closing
  assert.deepEqual(events, ['signal', 'listener ended', 'closed'])
})

test('a consumer may be closed by its own listener', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('SELF')
  const producer = await session.createProducer(queue)
  const consumer = await session.createConsumer(queue)
  await new Promise<void>((resolve, reject) => {
    void consumer.setMessageListener(() => {
      consumer.close().then(resolve, reject)
    })
    void producer.send(session.createTextMessage('x'))
  })
})

test('an unreachable broker, a wrong URL and an aborted wait are told apart', async () => {
  const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null })
  await service.start()
  const url = service.addresses[0]?.replace('openwire', 'tcp') ?? ''
  await service.stop()
  await assert.rejects(new ConnectionFactory(url).createConnection(), ConnectionFailedError)
  await assert.rejects(
    new ConnectionFactory(`failover:(${url})?maxReconnectAttempts=1`).createConnection(),
    ConnectionFailedError,
  )
  assert.throws(() => new ConnectionFactory('gopher://x'), ConfigurationError)
  await assert.rejects(new ConnectionFactory(url).createConnection({ signal: AbortSignal.abort() }), AbortError)
})

test('failover: the first URL that answers is taken', async (t) => {
  const dead = await startBroker(t)
  await dead.service.stop()
  const broker = await startBroker(t)
  const factory = new ConnectionFactory(`failover:(${dead.url},${broker.url}?keepAlive=true)?randomize=false`)
  const connection = await factory.createConnection()
  assert.equal(connection.address, broker.url)
  await connection.close()
})

test('a peer that never says what it speaks is given up after the time limit', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  relay.hold()
  const factory = new ConnectionFactory(`${relay.url}?wireFormat.maxInactivityDurationInitalDelay=30`)
  await assert.rejects(factory.createConnection(), (error) => {
    assert.ok(error instanceof ConnectionFailedError)
    assert.ok(error.cause instanceof RequestTimedOutError)
    return true
  })
})

test('silence ends the connection, keep-alives prevent it', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const clock = new ManualClock(Date.now())
  const connection = await new ConnectionFactory(relay.url, { clock }).createConnection()
  await connection.start()
  const failure = new Promise<JMSError>((resolve) => connection.on('exception', resolve))
  clock.advance(10_000)
  clock.advance(10_000)
  await connection.sync()
  assert.equal(relay.ofType(DataType.KeepAliveInfo).length, 1)
  clock.advance(20_000)
  relay.hold()
  clock.advance(30_000)
  const error = await failure
  assert.ok(error instanceof ConnectionFailedError)
  assert.equal((error.cause as JMSError).code, 'INACTIVITY')
  await connection.close()
})

test('an error of a one-way send goes to the exception listener', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ watchTopicAdvisories: false })
  const owner = await broker.connect()
  const session = await connection.createSession()
  const gone = await (await owner.createSession()).createTemporaryQueue()
  await gone.delete()
  const errors: JMSError[] = []
  connection.on('exception', (error) => errors.push(error))
  const producer = await session.createProducer()
  await producer.send(gone, session.createMessage(), { deliveryMode: DeliveryMode.NON_PERSISTENT })
  await producer.flush()
  assert.equal(errors.length, 1)
  assert.match(errors[0]?.remoteClass ?? '', /Exception$/)
})

test('close tells of one-way sends that failed and that nobody has heard of', async (t) => {
  const broker = await startBroker(t)
  const owner = await broker.connect()
  const gone = await (await owner.createSession()).createTemporaryQueue()
  await gone.delete()
  for (const throwOnPendingErrors of [true, false]) {
    const factory = broker.factory({ watchTopicAdvisories: false, throwOnPendingErrors })
    const connection = await factory.createConnection()
    const session = await connection.createSession()
    const producer = await session.createProducer()
    for (let i = 0; i < 3; i++) {
      void producer.send(gone, session.createMessage(), { deliveryMode: DeliveryMode.NON_PERSISTENT })
    }
    if (throwOnPendingErrors) {
      await assert.rejects(connection.close(), (error) => error instanceof AggregateError && error.errors.length === 3)
    } else await connection.close()
  }
})

test('brokerInfo is what the broker said', async (t) => {
  const broker = await startBroker(t, { name: 'known' })
  const connection = await broker.connect()
  assert.equal(connection.brokerInfo?.name, 'known')
})

test('a stopping broker is reported once, and close still works', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const closed = new Promise<JMSError | null>((resolve) => connection.on('closed', ({ error }) => resolve(error)))
  await broker.service.stop()
  assert.ok((await closed) instanceof ConnectionFailedError)
  await connection.close()
})

test('a connection that the broker refuses stays refused, and closes at once', async (t) => {
  const connecting = (): void => {
    throw new MillraceError('NOT_AUTHENTICATED', 'wrong password')
  }
  const broker = await startBroker(t, { interceptors: [{ connecting }] })
  await assert.rejects(broker.factory().createConnection({ userName: 'me', password: 'x' }), JMSSecurityError)
  const lazy = await broker.factory().createConnection()
  lazy.on('exception', () => assert.fail('the call has told already'))
  await assert.rejects(lazy.createSession(), JMSSecurityError)
  await assert.rejects(lazy.createSession(), ConnectionFailedError)
  await lazy.close()
})
