import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AcknowledgeMode, type Message, type Session } from '@millrace/client'
import { AckType, type ConsumerControl, DataType, type MessageAck } from '@millrace/openwire'
import { failover, kept, next, sendAll } from './failover-fixture.ts'
import { SOON, textOf } from './fixture.ts'
import type { Relay } from './relay.ts'

/** Acknowledgements that take messages away. */
function taken(relay: Relay): MessageAck[] {
  return relay.ofType<MessageAck>(DataType.MessageAck).filter((ack) => {
    return ack.ackType === AckType.Standard || ack.ackType === AckType.Individual || ack.ackType === AckType.Poison
  })
}

/** Everything of a queue that the application has not got. */
async function rest(session: Session, name: string): Promise<string[]> {
  const texts: string[] = []
  for await (const message of session.createBrowser(session.createQueue(name))) texts.push(textOf(message))
  return texts
}

test('what was sent ahead is dropped with the link, and comes again', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b', 'c'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await connection.sync()
  await it.cut()
  for (const text of ['b', 'c']) assert.equal(textOf(await consumer.receive(SOON)), text)
  assert.equal(await consumer.receiveNoWait(), null)
  await connection.sync()
  assert.deepEqual(await rest(session, 'Q'), [])
  assert.equal(taken(relay).length, 3)
})

test('CLIENT: what is not acknowledged comes again, and the old acknowledgement is not sent', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b'])
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const first = await consumer.receive(SOON)
  assert.equal(textOf(first), 'a')
  await it.cut()
  await first?.acknowledge()
  const again = await consumer.receive(SOON)
  assert.equal(textOf(again), 'a')
  assert.equal(again?.jmsRedelivered, true)
  const second = await consumer.receive(SOON)
  await second?.acknowledge()
  await connection.sync()
  assert.equal(taken(relay).length, 1)
  assert.deepEqual(await rest(session, 'Q'), [])
})

test('INDIVIDUAL: what is not acknowledged comes again, and the old acknowledgement is not sent', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b'])
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const first = (await consumer.receive(SOON)) as Message
  await it.cut()
  const again = (await consumer.receive(SOON)) as Message
  assert.equal(textOf(again), 'a')
  await first.acknowledge()
  await connection.sync()
  assert.equal(taken(relay).length, 0)
  await again.acknowledge()
  await (await consumer.receive(SOON))?.acknowledge()
  await connection.sync()
  assert.deepEqual(await rest(session, 'Q'), [])
})

test('a loop over messages goes on, and gets each once', async (t) => {
  const { connection, ...it } = await failover(t)
  const texts = ['a', 'b', 'c', 'd', 'e']
  await sendAll(connection, 'Q', texts)
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const got: string[] = []
  for await (const message of consumer) {
    got.push(textOf(message))
    if (got.length === 2) await it.cut()
    if (got.length === texts.length) {
      await message.acknowledge()
      break
    }
  }
  assert.deepEqual(got, texts)
})

test('a loop that is left by an error after the link broke gets its message again', async (t) => {
  const { connection, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  await assert.rejects(async () => {
    for await (const message of consumer) {
      await it.cut()
      throw new Error(`no luck with ${textOf(message)}`)
    }
  }, /no luck/)
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
})

test('AUTO: a message whose listener was at work when the link broke comes only once', async (t) => {
  const { connection, ...it } = await failover(t, '?jms.poisonDuplicates=false')
  await sendAll(connection, 'Q', ['a', 'b'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const got: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .setMessageListener(async (message) => {
        got.push(textOf(message))
        if (got.length === 1) {
          await it.cut()
          await connection.sync()
        } else resolve()
      })
      .catch(reject)
  })
  assert.deepEqual(got, ['a', 'b'])
  await consumer.close()
  await connection.sync()
  assert.deepEqual(await rest(session, 'Q'), [])
})

test('AUTO: a message whose listener failed after the link broke comes again', async (t) => {
  const { connection, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  let calls = 0
  await new Promise<void>((resolve, reject) => {
    consumer
      .setMessageListener(async () => {
        calls++
        if (calls > 1) resolve()
        else {
          await it.cut()
          await connection.sync()
          throw new Error('not done')
        }
      })
      .catch(reject)
  })
  assert.equal(calls, 2)
})

test('a message whose acknowledgement was lost is not delivered twice, and goes to the dead letter queue', async (t) => {
  const { connection, relay } = await failover(t)
  await sendAll(connection, 'Q', ['a'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  const resumed = next(connection, 'resumed')
  relay.onSent = (structure) => {
    if (structure.dataType !== DataType.MessageAck) return
    relay.onSent = null
    relay.cut()
  }
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await resumed
  await sendAll(connection, 'Q', ['b'])
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
  await connection.sync()
  const poison = taken(relay).find((ack) => ack.ackType === AckType.Poison)
  assert.match(poison?.poisonCause?.message ?? '', /Suppressing duplicate/)
  assert.deepEqual(await rest(session, 'ActiveMQ.DLQ'), ['a'])
})

test('with checkForDuplicates=false such a message is delivered twice', async (t) => {
  const { connection, relay } = await failover(t, '?jms.checkForDuplicates=false')
  await sendAll(connection, 'Q', ['a'])
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'))
  relay.onSent = (structure) => {
    if (structure.dataType !== DataType.MessageAck) return
    relay.onSent = null
    relay.cut()
  }
  for (const text of ['a', 'a']) assert.equal(textOf(await consumer.receive(SOON)), text)
})

test('a consumer of prefetch 0 asks again, and a wait without a link ends in time', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession()
  const consumer = await session.createConsumer(session.createQueue('Q'), { prefetchSize: 0 })
  const waiting = consumer.receive(SOON)
  await connection.sync()
  await it.down()
  assert.equal(await consumer.receiveNoWait(), null)
  await it.up()
  await sendAll(connection, 'Q', ['a'])
  assert.equal(textOf(await waiting), 'a')
  const ends = consumer.receive(30)
  await it.down()
  assert.equal(await ends, null)
  assert.equal(await consumer.receive(1), null)
  await it.up()
  await sendAll(connection, 'Q', ['b'])
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
})

test('a look at a queue ends with an error when the link breaks, and a fresh one works', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  await sendAll(connection, 'Q', ['a', 'b'])
  const session = await connection.createSession()
  const browser = session.createBrowser(session.createQueue('Q?consumer.prefetchSize=1'))
  const iterator = browser.messages()
  assert.equal(textOf((await iterator.next()).value ?? null), 'a')
  const answered = kept(relay)
  await answered
  await it.cut()
  await assert.rejects(iterator.next(), { code: 'INTERRUPTED' })
  assert.deepEqual(await rest(session, 'Q'), ['a', 'b'])
})

test('a durable subscription goes on after the link broke', async (t) => {
  const { connection, ...it } = await failover(t, '?jms.clientID=durable')
  const session = await connection.createSession()
  const topic = session.createTopic('T')
  const consumer = await session.createDurableConsumer(topic, 'sub')
  const producer = await session.createProducer(topic)
  await producer.send(session.createTextMessage('a'))
  assert.equal(textOf(await consumer.receive(SOON)), 'a')
  await connection.sync()
  await it.cut()
  await producer.send(session.createTextMessage('b'))
  assert.equal(textOf(await consumer.receive(SOON)), 'b')
})

test('what waited behind its message group is dropped with the link, and comes again in order', async (t) => {
  const { connection, ...it } = await failover(t)
  const session = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const queue = session.createQueue('GROUPS')
  const producer = await session.createProducer(queue)
  for (const text of ['1', '2', '3']) {
    const message = session.createTextMessage(text)
    message.setStringProperty('JMSXGroupID', 'one')
    await producer.send(message)
  }
  const got: string[] = []
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  let began: () => void = () => {}
  const running = new Promise<void>((resolve) => (began = resolve))
  let ended: () => void = () => {}
  const all = new Promise<void>((resolve) => (ended = resolve))
  const consumer = await session.createConsumer(queue, { concurrency: 3 })
  await consumer.setMessageListener(async (message) => {
    got.push(textOf(message))
    if (got.length === 1) {
      began()
      await held
    }
    await message.acknowledge()
    if (textOf(message) === '3') ended()
  })
  await running
  await it.cut()
  release()
  await all
  await connection.close()
  assert.deepEqual(
    got.filter((text) => text !== '1'),
    ['2', '3'],
  )
})

test('a prefetch that was changed meanwhile holds at the next broker', async (t) => {
  const { connection, relay, ...it } = await failover(t)
  const session = await connection.createSession()
  const queue = session.createQueue('BYTES')
  const consumer = await session.createConsumer(queue, { prefetchBytes: 100_000 })
  await sendAll(connection, 'BYTES', ['x'.repeat(40_000)])
  // The first message shows how large they are.
  while ((await consumer.receiveNoWait()) === null) await connection.sync()
  await connection.sync()
  const wanted = (): number | undefined => relay.ofType<ConsumerControl>(DataType.ConsumerControl).at(-1)?.prefetch
  const before = wanted()
  assert.ok(before !== undefined && before < 16, `a prefetch of ${before}`)
  relay.sent.length = 0
  await it.cut()
  await connection.sync()
  assert.equal(wanted(), before)
})
