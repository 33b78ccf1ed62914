/**
 * What the TypeScript client makes of a broker beyond the plain words of JMS: contexts, branches of XA, requests, pools, containers,
 * dead letters, bodies with types. One list, for every broker. Nothing here waits for a time to pass.
 */
import assert from 'node:assert/strict'
import { after, describe } from 'node:test'
import {
  AcknowledgeMode,
  type Connection,
  ConnectionFactory,
  ConnectionPool,
  createContext,
  createXASession,
  DeadLetters,
  idempotent,
  ListenerContainer,
  type Message,
  Queue,
  request,
  requestMany,
  respond,
  type Session,
  TextMessage,
  typedConsumer,
  typedProducer,
  XA,
  XAError,
  XAErrorCode,
  type Xid,
} from '@millrace/client'
import { behaviourTest } from './behaviour-test.ts'
import type { Subject } from './results.ts'

/** Only for what must come: no test passes because this ended. */
const SOON = 20_000
const AT_ONCE = { initialRedeliveryDelay: 0, redeliveryDelay: 0 }

/** Runs the list against the broker at this URL. */
export function services(name: string, url: string, subject: Subject): void {
  const test = behaviourTest(subject)
  describe(name, () => {
    const factory = new ConnectionFactory(url)
    const open: AsyncDisposable[] = []
    let names = 0

    after(async () => {
      for (const one of open.reverse()) await one[Symbol.asyncDispose]()
    })

    function kept<T extends AsyncDisposable>(one: T): T {
      open.push(one)
      return one
    }

    const fresh = (): Queue => new Queue(`services.${++names}`)

    async function connect(of: ConnectionFactory = factory): Promise<Connection> {
      const connection = kept(await of.createConnection())
      await connection.start()
      return connection
    }

    async function session(): Promise<Session> {
      return (await connect()).createSession()
    }

    async function send(queue: Queue, ...texts: string[]): Promise<void> {
      const on = await session()
      const producer = await on.createProducer(queue)
      for (const text of texts) await producer.send(on.createTextMessage(text))
    }

    async function received(queue: Queue, count: number): Promise<(string | null)[]> {
      await using consumer = await (await session()).createConsumer(queue)
      const texts: (string | null)[] = []
      while (texts.length < count) texts.push(textOf(await consumer.receive(SOON)))
      return texts
    }

    function xid(): Xid {
      return { formatId: 4711, globalTransactionId: Buffer.from(`services ${++names}`), branchQualifier: Buffer.of(1) }
    }

    test('a context sends and receives bodies of every kind', async () => {
      const context = kept(await createContext(factory))
      const queue = fresh()
      const producer = await context.createProducer()
      await producer.setPriority(9).setProperty('region', 'EU').send(queue, 'a text')
      await producer.send(queue, Buffer.from('bytes'))
      await producer.send(queue, { number: 7 })
      const consumer = await context.createConsumer(queue)
      assert.equal(await consumer.receiveBody('string', SOON), 'a text')
      assert.deepEqual(Buffer.from((await consumer.receiveBody('bytes', SOON)) ?? []), Buffer.from('bytes'))
      assert.deepEqual((await consumer.receiveBody('map', SOON))?.get('number'), 7)
    })

    test('a transacted context takes back what it sent and gets again what it received', async () => {
      const context = kept(
        await createContext(factory.with({ redeliveryPolicy: AT_ONCE }), {
          sessionMode: AcknowledgeMode.SESSION_TRANSACTED,
        }),
      )
      const [from, to] = [fresh(), fresh()]
      await send(from, 'work')
      const consumer = await context.createConsumer(from)
      const producer = await context.createProducer()
      for (const attempt of ['first', 'second']) {
        assert.equal(await consumer.receiveBody('string', SOON), 'work')
        await producer.send(to, attempt)
        if (attempt === 'first') await context.rollback()
        else await context.commit()
      }
      assert.deepEqual(await received(to, 1), ['second'])
    })

    test('many requests share one temporary queue, and each gets its own reply', async () => {
      const queue = fresh()
      kept(await respond(await session(), queue, (message) => `answer to ${textOf(message)}`))
      const connection = await connect()
      const asked = Array.from({ length: 20 }, (_, i) => `question ${i}`)
      const replies = await Promise.all(asked.map((text) => request(connection, queue, text, { timeout: SOON })))
      assert.deepEqual(
        replies.map(textOf),
        asked.map((text) => `answer to ${text}`),
      )
    })

    test('a request of many replies ends when the other side is done', async () => {
      const queue = fresh()
      kept(
        await respond(await session(), queue, async function* (message) {
          for (const part of ['one', 'two', 'three']) yield `${textOf(message)} ${part}`
        }),
      )
      const replies: (string | null)[] = []
      for await (const reply of requestMany(await connect(), queue, 'part', { timeout: SOON }))
        replies.push(textOf(reply))
      assert.deepEqual(replies, ['part one', 'part two', 'part three'])
    })

    test('a branch of XA is committed in two phases, in one, and rolled back', async () => {
      const [from, to] = [fresh(), fresh()]
      await send(from, 'a', 'b')
      const worker = await createXASession(await connect(factory.with({ redeliveryPolicy: AT_ONCE })))
      const producer = await worker.session.createProducer(to)
      const consumer = await worker.session.createConsumer(from)
      const [two, one, none, last] = [xid(), xid(), xid(), xid()]

      await worker.resource.start(two)
      assert.equal(textOf(await consumer.receive(SOON)), 'a')
      await producer.send(worker.session.createTextMessage('in two phases'))
      await worker.resource.end(two)
      assert.equal(await worker.resource.prepare(two), XA.XA_OK)
      await worker.resource.commit(two, false)

      await worker.resource.start(one)
      await producer.send(worker.session.createTextMessage('in one'))
      await worker.resource.end(one)
      await worker.resource.commit(one, true)

      await worker.resource.start(none)
      assert.equal(textOf(await consumer.receive(SOON)), 'b')
      await producer.send(worker.session.createTextMessage('never'))
      await worker.resource.end(none)
      await worker.resource.rollback(none)

      await worker.resource.start(last)
      assert.equal(textOf(await consumer.receive(SOON)), 'b')
      await producer.send(worker.session.createTextMessage('last'))
      await worker.resource.end(last)
      await worker.resource.commit(last, true)
      assert.deepEqual(await received(to, 3), ['in two phases', 'in one', 'last'])
    })

    test('a prepared branch outlives its connection, and another one finds and ends it', async () => {
      const queue = fresh()
      const lost = await factory.createConnection()
      const worker = await createXASession(lost)
      const [kept1, dropped] = [xid(), xid()]
      for (const branch of [kept1, dropped]) {
        await worker.resource.start(branch)
        const producer = await worker.session.createProducer(queue)
        await producer.send(worker.session.createTextMessage(branch === kept1 ? 'kept' : 'dropped'))
        await worker.resource.end(branch)
        assert.equal(await worker.resource.prepare(branch), XA.XA_OK)
      }
      await lost.close()
      const { resource } = await createXASession(await connect())
      const ids = (await resource.recover(XA.TMSTARTRSCAN | XA.TMENDRSCAN)).map(idOf)
      for (const branch of [kept1, dropped]) assert.ok(ids.includes(idOf(branch)), 'it waits for a decision')
      await resource.rollback(dropped)
      await resource.commit(kept1, false)
      await send(queue, 'sent afterwards')
      assert.deepEqual(await received(queue, 2), ['kept', 'sent afterwards'])
    })

    test('a branch nobody knows is refused as such', async () => {
      const { resource } = await createXASession(await connect())
      await assert.rejects(
        resource.commit(xid(), false),
        (error) => error instanceof XAError && error.errorCode === XAErrorCode.XAER_NOTA,
      )
    })

    test('a pool lends sessions, and a transaction of it is whole', async () => {
      const pool = kept(new ConnectionPool(factory, { maxConnections: 2 }))
      const [from, to] = [fresh(), fresh()]
      await pool.send(from, 'lent')
      await pool.transaction(async (lent) => {
        await using consumer = await lent.createConsumer(from)
        const text = textOf(await consumer.receive(SOON))
        const producer = await lent.createProducer(to)
        await producer.send(lent.createTextMessage(`${text} and returned`))
      })
      assert.deepEqual(await received(to, 1), ['lent and returned'])
    })

    test('a container handles each message in a transaction, again when its handler throws', async () => {
      const [from, to] = [fresh(), fresh()]
      let failures = 0
      const container = new ListenerContainer(factory.with({ redeliveryPolicy: AT_ONCE }), {
        destination: from,
        transacted: true,
        onMessage: async (message, on) => {
          await using producer = await on.createProducer(to)
          await producer.send(on.createTextMessage(`done: ${textOf(message)}`))
          if (failures === 0) throw new Error('not the first time')
        },
        onError: () => {
          failures++
        },
      })
      await container.start()
      await send(from, 'one', 'two')
      assert.deepEqual(await received(to, 2), ['done: one', 'done: two'])
      assert.equal(failures, 1)
      assert.equal(await container.stop(), true)
    })

    test('a dead letter says why it is one, and goes back to where it came from', async () => {
      const queue = fresh()
      const sender = await session()
      const message = sender.createTextMessage('poison')
      message.setStringProperty('poison', queue.name)
      await (await sender.createProducer(queue)).send(message)
      const once = factory.with({ redeliveryPolicy: { ...AT_ONCE, maximumRedeliveries: 0 } })
      const connection = await connect(once)
      const worker = await connection.createSession({ transacted: true })
      const consumer = await worker.createConsumer(queue)
      assert.equal(textOf(await consumer.receive(SOON)), 'poison')
      await worker.rollback()
      // Of another policy than the one by which it died.
      const reader = await connect()
      const letters = new DeadLetters(reader)
      // One that is looked at until it is there: a browser shows only what has come.
      const looking = await reader.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL_ACKNOWLEDGE })
      const selector = `poison = '${queue.name}'`
      const look = await looking.createConsumer(letters.queue, { selector })
      assert.equal(textOf(await look.receive(SOON)), 'poison')
      await look.close()
      for await (const { originalDestination, cause } of letters.list({ selector })) {
        assert.equal(originalDestination?.name, queue.name)
        assert.match(cause ?? '', /redeliver/i)
      }
      assert.equal(await letters.replay({ selector }), 1)
      await consumer.close()
      assert.deepEqual(await received(queue, 1), ['poison'])
    })

    test('a body with a type is JSON on the wire, and the same value behind it', async () => {
      interface Order {
        readonly item: string
        readonly count: number
      }
      const on = await session()
      const orders = on.createQueue<Order>(fresh().name)
      const producer = await typedProducer(on, orders)
      await producer.send({ item: 'wheel', count: 3 })
      await producer.send({ item: 'wheel', count: 4 })
      const [wire] = await received(orders, 1)
      assert.equal(wire, '{"item":"wheel","count":3}')
      const consumer = await typedConsumer(on, orders)
      for await (const { body } of consumer) {
        assert.deepEqual(body, { item: 'wheel', count: 4 })
        break
      }
    })

    test('a message that is sent twice is handled once by who remembers', async () => {
      const queue = fresh()
      const handled: (string | null)[] = []
      let done: () => void = () => {}
      const all = new Promise<void>((resolve) => {
        done = resolve
      })
      const consumer = await (await session()).createConsumer(queue)
      await consumer.setMessageListener(
        idempotent(
          (message) => {
            handled.push(textOf(message))
            if (textOf(message) === 'last') done()
          },
          { key: textOf },
        ),
      )
      await send(queue, 'order 1', 'order 1', 'last')
      await all
      assert.deepEqual(handled, ['order 1', 'last'])
    })

    test('a large compressed body arrives whole', async () => {
      const queue = fresh()
      const on = await (await connect(factory.with({ useCompression: true }))).createSession()
      const text = 'a line that is there again and again\n'.repeat(10_000)
      await (await on.createProducer(queue)).send(on.createTextMessage(text))
      assert.deepEqual(await received(queue, 1), [text])
    })

    test('messages come in batches, and a batch that fails comes again', async () => {
      const queue = fresh()
      const texts = Array.from({ length: 10 }, (_, i) => `message ${i}`)
      await send(queue, ...texts)
      const on = await (await connect(factory.with({ redeliveryPolicy: AT_ONCE }))).createSession()
      const consumer = await on.createConsumer(queue)
      const seen: (string | null)[] = []
      await assert.rejects(async () => {
        for await (const batch of consumer.batches({ size: 4, wait: SOON })) {
          seen.push(...batch.map(textOf))
          if (seen.length === 8) throw new Error('the second batch failed')
        }
      }, /second batch/)
      assert.deepEqual(seen, texts.slice(0, 8))
      await consumer.close()
      assert.deepEqual(await received(queue, 6), texts.slice(4))
    })
  })
}

function textOf(message: Message | null): string | null {
  assert.ok(message instanceof TextMessage, 'a text message came')
  return message.text
}

function idOf({ formatId, globalTransactionId, branchQualifier }: Xid): string {
  return [formatId, ...[globalTransactionId, branchQualifier].map((part) => Buffer.from(part).toString('hex'))].join(
    ':',
  )
}
