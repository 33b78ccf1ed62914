/**
 * What clients see of a broker that was told about users, permissions, policies and composites (`furnished.ts`), and of
 * branches of XA and statistics. The Java clients run it on Millrace and on the brokers they were made for, so
 * that what one of them relies on is the same here.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Pair } from './behaviours.ts'
import { type Incoming, long, string, text } from './exchange.ts'
import type {
  ConnectOptions,
  PartyConnection,
  PartyConsumer,
  PartyError,
  PartySession,
  PartyXASession,
} from './party.ts'

const STAFF = { userName: 'ann', password: 'pearl' }
const GUEST = { userName: 'bob', password: 'quartz' }

/** Of XA. */
const XAER_NOTA = -4

/** Several clients use one broker. */
let names = 0

/** `shared`: with what only Millrace has, and what our client says in another way. */
export function furnishedBehaviours(name: string, open: () => Promise<Pair>, shared: boolean): void {
  describe(name, () => {
    let pair: Pair
    const connections: PartyConnection[] = []

    before(async () => {
      pair = await open()
    })

    after(async () => {
      for (const connection of connections) await connection.close().catch(() => {})
    })

    const fresh = (prefix: string): string => `${prefix}${++names}`

    async function connect(options: ConnectOptions = STAFF, query = ''): Promise<PartyConnection> {
      const connection = await pair.party.connect(`${pair.url}${query}`, options)
      connections.push(connection)
      await connection.start()
      return connection
    }

    async function session(options: ConnectOptions = STAFF, query = ''): Promise<PartySession> {
      return (await connect(options, query)).session()
    }

    async function xaSession(): Promise<PartyXASession> {
      return (await connect({ ...STAFF, xa: true })).xaSession()
    }

    async function send(destination: string, ...bodies: string[]): Promise<void> {
      const connection = await connect()
      const producer = await (await connection.session()).producer(destination)
      for (const body of bodies) await producer.send(text(body))
      await connection.close()
    }

    describe('access', () => {
      it('a connection with a wrong password, or without any, is refused', async () => {
        await rejects(connect({ ...STAFF, password: 'glass' }), 'JMSSecurityException')
        await rejects(connect({}), 'JMSSecurityException')
      })

      it('who may not read does not consume, and who may not write does not send', async () => {
        const guest = await session(GUEST)
        await rejects(guest.consumer(fresh('queue://inbox.')), 'JMSSecurityException')
        await rejects(guest.consumer(fresh('queue://closed.')), 'JMSSecurityException')
        await rejects(guest.consumer(fresh('topic://closed.')), 'JMSSecurityException')
        const closed = fresh('queue://outbox.')
        await rejects(
          guest.producer(closed).then((producer) => producer.send(text('no'))),
          'JMSSecurityException',
        )
        const inbox = fresh('queue://inbox.')
        await (await guest.producer(inbox)).send(text('yes'))
        assert.deepEqual(await bodiesOf(await (await session()).consumer(inbox), 1), ['yes'])
      })

      it('a composite needs all of its parts', async () => {
        const guest = await session(GUEST)
        const [open_, closed] = [fresh('queue://open.'), fresh('queue://closed.')]
        const producer = await guest.producer()
        await rejects(producer.send(text('no'), { destination: `${open_},${closed}` }), 'JMSSecurityException')
        await producer.send(text('yes'), { destination: open_ })
        assert.deepEqual(await bodiesOf(await guest.consumer(open_), 1), ['yes'])
      })

      it('temporary queues are open to all senders, and read by their owner alone', async () => {
        const asking = await session(GUEST)
        const replies = await asking.temporaryQueue()
        const reply = await asking.consumer(replies)
        await rejects((await session()).consumer(replies), 'InvalidDestinationException')
        await (await (await session()).producer()).send(text('42'), { destination: replies })
        assert.equal((await reply.receive()).body, '42')
      })
    })

    describe('branches of XA', () => {
      it('a prepared one is found by another connection, which commits it', async () => {
        const [from, to, branch] = [fresh('queue://xa.'), fresh('queue://xa.'), fresh('branch ')]
        await send(from, 'work')
        const first = await xaSession()
        await first.start(branch)
        assert.deepEqual(await bodiesOf(await first.consumer(from), 1), ['work'])
        await (await first.producer(to)).send(text('done'))
        await first.end(branch)
        await first.prepare(branch)
        await connections.at(-1)?.close()
        const reader = await session()
        assert.deepEqual(await reader.browse(to), [])
        const second = await xaSession()
        assert.ok((await second.recoverBranches()).includes(branch))
        await second.commitBranch(branch, false)
        assert.deepEqual(await bodiesOf(await reader.consumer(to), 1), ['done'])
        assert.ok(!(await second.recoverBranches()).includes(branch))
      })

      it('one is committed in one phase, and another rolled back', async () => {
        const [queue, good, bad] = [fresh('queue://xa.'), fresh('branch '), fresh('branch ')]
        const own = await xaSession()
        for (const branch of [good, bad]) {
          await own.start(branch)
          await (await own.producer(queue)).send(text(branch))
          await own.end(branch)
        }
        await own.commitBranch(good, true)
        await own.prepare(bad)
        await own.rollbackBranch(bad)
        assert.deepEqual(
          (await (await session()).browse(queue)).map(({ body }) => body),
          [good],
        )
      })

      it('one that nobody knows is refused as such', async () => {
        await assert.rejects((await xaSession()).commitBranch(fresh('branch '), false), (error: PartyError) => {
          assert.equal(error.name, 'XAException')
          assert.equal(error.message, `code ${XAER_NOTA}`)
          return true
        })
      })
    })

    describe('statistics by message', () => {
      async function ask(destination: string, properties = {}): Promise<Incoming> {
        const own = await session()
        const replies = await own.temporaryQueue()
        const consumer = await own.consumer(replies)
        const headers = { replyTo: replies, correlationId: 'statistics' }
        await (await own.producer(destination)).send({ kind: 'text', body: '', headers, properties })
        const reply = await consumer.receive()
        assert.equal(reply.kind, 'map')
        return reply
      }

      it('a queue says what is in it and what went through it', async () => {
        const queue = fresh('statistics.Q')
        await send(`queue://${queue}`, 'a', 'b', 'c')
        const own = await session()
        await bodiesOf(await own.consumer(`queue://${queue}?consumer.prefetchSize=1`), 1)
        const { body, headers } = await ask(`queue://ActiveMQ.Statistics.Destination.${queue}`)
        assert.equal(headers.correlationId, 'statistics')
        const counts = body as Readonly<Record<string, unknown>>
        assert.deepEqual(
          ['destinationName', 'enqueueCount', 'consumerCount'].map((key) => counts[key]),
          [string(`queue://${queue}`), long(3), long(1)],
        )
        for (const key of DESTINATION_KEYS) assert.ok(key in counts, key)
      })

      it('the broker says what is in it', async () => {
        const { body } = await ask('queue://ActiveMQ.Statistics.Broker')
        for (const key of BROKER_KEYS) assert.ok(key in (body as object), key)
      })

      it('a subscription says who has it', async () => {
        const own = await session({ ...STAFF, clientId: fresh('statistics-') })
        await own.consumer(fresh('topic://statistics.'), { durable: 'news' })
        const { body } = await ask('queue://ActiveMQ.Statistics.Subscription')
        for (const key of SUBSCRIPTION_KEYS) assert.ok(key in (body as object), key)
      })
    })

    describe('policies', () => {
      it('what dies in a queue goes to a dead letter queue of its own, with the reason', async () => {
        const queue = fresh('policy.dead.Q')
        await send(`queue://${queue}`, 'poison')
        const policy = 'jms.redeliveryPolicy'
        const own = await session(STAFF, `?${policy}.maximumRedeliveries=0&${policy}.initialRedeliveryDelay=0`)
        await (await own.consumer(`queue://${queue}`)).listen(() => {}, 1)
        const letter = await (await (await session()).consumer(`queue://DLQ.${queue}`)).receive()
        assert.equal(letter.body, 'poison')
        assert.match(String(letter.properties['dlqDeliveryFailureCause']?.value), /./)
      })

      it('a retroactive subscriber is given the last message of a topic', async () => {
        const topic = fresh('topic://policy.last.')
        const own = await session()
        // Nobody keeps anything for a topic that was never there.
        await (await own.consumer(topic)).close()
        await send(topic, 'older', 'old')
        const consumer = await own.consumer(`${topic}?consumer.retroactive=true`)
        await send(topic, 'new')
        assert.deepEqual(await bodiesOf(consumer, 2), ['old', 'new'])
        const plain = await own.consumer(topic)
        await send(topic, 'newer')
        assert.deepEqual(await bodiesOf(plain, 1), ['newer'])
      })

      it('a slow subscriber loses the oldest of what waits for it, and an advisory says so', async () => {
        const name = fresh('policy.slow.')
        const own = await session()
        const watcher = await own.consumer(`topic://ActiveMQ.Advisory.MessageDiscarded.Topic.${name}`)
        const slow = await own.consumer(`topic://${name}?consumer.prefetchSize=1`)
        const sending = await session()
        const producer = await sending.producer(`topic://${name}`)
        for (let i = 0; i < 10; i++) await producer.send(text(String(i)), { persistent: false })
        // They went one way; this is answered when they are there.
        await (await sending.producer(fresh('queue://policy.'))).send(text('after them'))
        const advisory = await watcher.receive()
        for (const key of DISCARDED_PROPERTIES) assert.ok(key in advisory.properties, key)
        assert.deepEqual(await bodiesOf(slow, 4), ['0', '7', '8', '9'])
      })

      it('what a queue is told of each message carries the names that clients read, as they are written', async () => {
        const name = fresh('policy.told.')
        const own = await session()
        const delivered = await own.consumer(`topic://ActiveMQ.Advisory.MessageDelivered.Queue.${name}`)
        const consumed = await own.consumer(`topic://ActiveMQ.Advisory.MessageConsumed.Queue.${name}`)
        await send(`queue://${name}`, 'told')
        await bodiesOf(await own.consumer(`queue://${name}`), 1)
        for (const watcher of [delivered, consumed]) {
          const advisory = await watcher.receive()
          assert.equal(advisory.headers.type, 'Advisory')
          for (const key of ['orignalMessageId', 'orignalDestination', ...ORIGIN_PROPERTIES])
            assert.ok(key in advisory.properties, key)
        }
      })

      it('where every consumer is exclusive, the second waits for the first to go', async () => {
        const queue = fresh('queue://policy.exclusive.')
        const first = await connect()
        const mine = await (await first.session()).consumer(queue)
        const next = await (await session()).consumer(queue)
        await send(queue, '1', '2')
        assert.deepEqual(await bodiesOf(mine, 2), ['1', '2'])
        await first.close()
        await send(queue, '3')
        assert.deepEqual(await bodiesOf(next, 1), ['3'])
      })

      it('a composite of the broker gives a copy to each of its targets and keeps none', async () => {
        const own = await session()
        const news = await own.consumer('topic://composite.NEWS')
        const out = await own.consumer('queue://composite.OUT')
        await send('queue://composite.IN', 'both')
        assert.equal((await news.receive()).body, 'both')
        assert.equal((await out.receive()).body, 'both')
        assert.deepEqual(await own.browse('queue://composite.IN'), [])
      })
    })

    if (shared) {
      describe('shared subscriptions, by the name that says so', () => {
        it('one that is not durable gives each message to one of its consumers', async () => {
          const topic = `${fresh('topic://shared.')}?consumer.subscriptionName=shared:workers`
          const one = await (await session()).consumer(topic)
          const other = await (await session()).consumer(topic)
          await send(topic.slice(0, topic.indexOf('?')), '1', '2', '3', '4')
          const all = [...(await bodiesOf(one, 2)), ...(await bodiesOf(other, 2))]
          assert.deepEqual(all.sort(), ['1', '2', '3', '4'])
        })

        it('a durable one collects while nobody is there, until it is given up', async () => {
          const name = fresh('shared.')
          const topic = `topic://${name}?consumer.subscriptionName=shared-durable:${name}`
          const first = await connect()
          await (await first.session()).consumer(topic)
          await first.close()
          await send(`topic://${name}`, '1', '2')
          const own = await session()
          const consumer = await own.consumer(topic)
          assert.deepEqual(await bodiesOf(consumer, 2), ['1', '2'])
          await consumer.close()
          await own.unsubscribe(`shared-durable:${name}`)
          await rejects(own.unsubscribe(`shared-durable:${name}`), 'InvalidDestinationException')
        })
      })
    }
  })
}

const ORIGIN_PROPERTIES = ['originBrokerId', 'originBrokerName', 'originBrokerURL']

const DISCARDED_PROPERTIES = [
  'consumerId',
  'discardedCount',
  'orignalMessageId',
  'orignalDestination',
  ...ORIGIN_PROPERTIES,
]

const COMMON_KEYS = [
  'brokerName',
  'brokerId',
  'size',
  'enqueueCount',
  'dequeueCount',
  'dispatchCount',
  'expiredCount',
  'inflightCount',
  'memoryPercentUsage',
  'memoryUsage',
  'memoryLimit',
  'averageEnqueueTime',
  'maxEnqueueTime',
  'minEnqueueTime',
  'consumerCount',
  'producerCount',
]

const DESTINATION_KEYS = [...COMMON_KEYS, 'destinationName']

const BROKER_KEYS = [
  ...COMMON_KEYS,
  'storePercentUsage',
  'storeUsage',
  'storeLimit',
  'tempPercentUsage',
  'dataDirectory',
]

const SUBSCRIPTION_KEYS = [
  'destinationName',
  'clientId',
  'connectionId',
  'sessionId',
  'enqueueCounter',
  'dequeueCounter',
  'dispatchedCounter',
  'dispatchedQueueSize',
  'prefetchSize',
  'maximumPendingMessageLimit',
  'exclusive',
  'retroactive',
  'slowConsumer',
]

async function bodiesOf(consumer: PartyConsumer, count: number): Promise<unknown[]> {
  const found: unknown[] = []
  for (let i = 0; i < count; i++) found.push((await consumer.receive()).body)
  return found
}

async function rejects(promise: Promise<unknown>, name: string): Promise<void> {
  await assert.rejects(promise, (error: PartyError) => {
    assert.equal(error.name, name, error.message)
    return true
  })
}
