import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@millrace/base'
import {
  AcknowledgeMode,
  ConnectionFactory,
  ConnectionFailedError,
  IllegalStateError,
  ListenerContainer,
  Queue,
  type Session,
} from '@millrace/client'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

const AT_ONCE = { redeliveryPolicy: { initialRedeliveryDelay: 0, redeliveryDelay: 0 } }

async function send(session: Session, name: string, ...texts: string[]): Promise<void> {
  const producer = await session.createProducer(session.createQueue(name))
  for (const text of texts) await producer.send(session.createTextMessage(text))
}

/** A promise and what resolves it. */
function signalled(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('several sessions handle messages at once, and stop waits for those under way', async (t) => {
  const broker = await startBroker(t)
  const session = await (await broker.connect()).createSession()
  const [both, told, go] = [signalled(), signalled(), signalled()]
  const started: string[] = []
  const finished: string[] = []
  let aborted = 0
  const container = new ListenerContainer(broker.factory(), {
    destination: new Queue('CONTAINER'),
    sessions: 2,
    consumer: { prefetchSize: 1 },
    onMessage: async (message, _, signal) => {
      started.push(textOf(message))
      signal.addEventListener('abort', () => {
        aborted++
        if (aborted === 2) told.resolve()
      })
      if (started.length === 2) both.resolve()
      await go.promise
      finished.push(textOf(message))
    },
  })
  await container.start()
  await send(session, 'CONTAINER', 'a', 'b', 'c', 'd')
  await both.promise
  const stopped = container.stop()
  await told.promise
  go.resolve()
  assert.equal(await stopped, true)
  assert.equal(finished.length, 2)
  await assert.rejects(container.start(), IllegalStateError)
  const rest = await session.createConsumer(session.createQueue('CONTAINER'))
  const left = [textOf(await rest.receive(SOON)), textOf(await rest.receive(SOON))]
  assert.deepEqual([...finished, ...left].sort(), ['a', 'b', 'c', 'd'])
})

test('transacted, a message and what was sent for it are one; a throw brings both back', async (t) => {
  const broker = await startBroker(t)
  const session = await (await broker.connect()).createSession()
  const errors: string[] = []
  const container = new ListenerContainer(broker.factory(AT_ONCE), {
    destination: new Queue('CONTAINER.IN'),
    transacted: true,
    onMessage: async (message, own) => {
      const producer = await own.createProducer(own.createQueue('CONTAINER.OUT'))
      await producer.send(own.createTextMessage(`try ${message.deliveryCount}`))
      if (message.deliveryCount === 1) throw new RangeError('not the first time')
    },
    onError: (error, message) => errors.push(`${textOf(message)}: ${(error as Error).message}`),
  })
  await container.start()
  await send(session, 'CONTAINER.IN', 'order')
  const out = await session.createConsumer(session.createQueue('CONTAINER.OUT'))
  assert.equal(textOf(await out.receive(SOON)), 'try 2')
  assert.deepEqual(errors, ['order: not the first time'])
  assert.equal(await container.stop(), true)
})

test('an INDIVIDUAL container acknowledges what was handled', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const all = signalled()
  const seen: string[] = []
  const container = new ListenerContainer(broker.factory(AT_ONCE), {
    destination: new Queue('CONTAINER.ACK'),
    acknowledgeMode: AcknowledgeMode.INDIVIDUAL,
    consumer: { selector: 'n > 0' },
    onError: () => {},
    onMessage: (message) => {
      seen.push(`${textOf(message)} ${message.deliveryCount}`)
      if (textOf(message) === 'b' && message.deliveryCount === 1) throw new RangeError('again')
      if (seen.length === 4) all.resolve()
    },
  })
  await container.start()
  const producer = await session.createProducer(session.createQueue('CONTAINER.ACK'))
  for (const text of ['no', 'a', 'b', 'c']) {
    const message = session.createTextMessage(text)
    message.setIntProperty('n', text === 'no' ? 0 : 1)
    await producer.send(message)
  }
  await all.promise
  await container.stop()
  assert.deepEqual(seen, ['a 1', 'b 1', 'b 2', 'c 1'])
  const left: string[] = []
  for await (const message of session.createBrowser(session.createQueue('CONTAINER.ACK'))) left.push(textOf(message))
  assert.deepEqual(left, ['no'])
})

test('a lost connection is replaced, after a delay that doubles', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const session = await (await broker.connect()).createSession()
  const clock = new ManualClock(Date.now())
  const got = signalled()
  const container = new ListenerContainer(new ConnectionFactory(relay.url, { clock }), {
    destination: new Queue('CONTAINER.AGAIN'),
    restartDelay: 1000,
    restartDelayMax: 3000,
    onMessage: got.resolve,
  })
  const interrupted = (): Promise<{ delayMs: number }> =>
    new Promise((resolve) => {
      container.once('interrupted', resolve)
    })
  await container.start()
  const delays: number[] = []
  let next = interrupted()
  await relay.close()
  for (let attempt = 0; attempt < 3; attempt++) {
    const { delayMs } = await next
    delays.push(delayMs)
    next = interrupted()
    clock.advance(delayMs)
  }
  delays.push((await next).delayMs)
  assert.deepEqual(delays, [1000, 2000, 3000, 3000])
  assert.equal(container.connection, undefined)
  const resumed = new Promise<void>((resolve) => {
    container.once('resumed', () => resolve())
  })
  await relay.listen()
  clock.advance(3000)
  await resumed
  await send(session, 'CONTAINER.AGAIN', 'after the loss')
  await got.promise
  await container.stop()
})

test('a container that cannot start says so and does not try again', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  await relay.close()
  const container = new ListenerContainer(new ConnectionFactory(relay.url), {
    destination: new Queue('NEVER'),
    onMessage: () => {},
  })
  await assert.rejects(container.start(), ConnectionFailedError)
  assert.equal(await container.stop(), true)
})

test('a handler that hangs does not hold up the end beyond the time-out, and its message comes again', async (t) => {
  const broker = await startBroker(t)
  const session = await (await broker.connect()).createSession()
  const clock = new ManualClock(Date.now())
  const entered = signalled()
  const container = new ListenerContainer(broker.factory({ clock, closeTimeout: 1000 }), {
    destination: new Queue('CONTAINER.HANGS'),
    onMessage: async () => {
      entered.resolve()
      await new Promise(() => {})
    },
  })
  await container.start()
  await send(session, 'CONTAINER.HANGS', 'stuck')
  await entered.promise
  const { connection } = container
  const ended = new Promise((resolve) => {
    connection?.on('closed', resolve)
  })
  const stopped = container.stop({ timeout: 5000 })
  // The time-out begins after a turn of promises.
  await session.connection.sync()
  clock.advance(5000)
  assert.equal(await stopped, false)
  await session.connection.sync()
  clock.advance(1000)
  await ended
  const again = await (await session.createConsumer(session.createQueue('CONTAINER.HANGS'))).receive(SOON)
  assert.equal(textOf(again), 'stuck')
})
