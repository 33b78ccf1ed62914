import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  AcknowledgeMode,
  brokerManagement,
  type Connection,
  createXASession,
  Queue,
  request,
  RequestFailedError,
  type Session,
  TextMessage,
  Topic,
  xidText,
} from '@millrace/client'
import { hashPassword } from 'millrace'
import { SOON, startBroker, textOf } from './fixture.ts'

async function send(session: Session, name: string, ...texts: string[]): Promise<void> {
  const producer = await session.createProducer(
    name.startsWith('topic://') ? new Topic(name.slice(8)) : new Queue(name),
  )
  for (const text of texts) await producer.send(session.createTextMessage(text))
}

function failureOf(connection: Connection): Promise<void> {
  return new Promise((resolve) => connection.once('closed', () => resolve()))
}

async function listed<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of list) found.push(one)
  return found
}

test('destinations are listed with their counts, by name and by pattern, page by page', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  await send(session, 'ORDERS.A', '1', '2')
  await send(session, 'ORDERS.B', '3')
  await send(session, 'topic://PRICES', '4')
  await session.createConsumer(new Topic('PRICES'))
  const management = brokerManagement(connection)
  const all = await listed(management.destinations())
  assert.deepEqual(
    all.map(({ destination, messages, consumers, enqueued }) => [destination, messages, consumers, enqueued]),
    [
      ['queue://ORDERS.A', 2, 0, 2],
      ['queue://ORDERS.B', 1, 0, 1],
      ['topic://PRICES', 0, 1, 1],
    ],
  )
  assert.equal((await listed(management.destinations('queue://ORDERS.>'))).length, 2)
  assert.equal((await listed(management.destinations('ORDERS.A,topic://*'))).length, 2)
  const first = await management.ask('destinations', { limit: 2 })
  const next = first['next']
  assert.equal(next, 'queue://ORDERS.B')
  const rest = await management.ask('destinations', { limit: 2, after: next })
  assert.deepEqual([(rest['destinations'] as unknown[]).length, rest['next']], [1, null])
  await assert.rejects(listed(management.destinations('NONE')), { code: 'DESTINATION_UNKNOWN' })
})

test('queues are made, purged, paused and deleted over the network, one or all that a pattern covers', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const management = brokerManagement(connection)
  await management.create('queue://W.A')
  await management.create('queue://W.B')
  await assert.rejects(management.create('queue://W.>'), { code: 'DESTINATION_INVALID' })
  await send(session, 'W.A', '1', '2')
  await send(session, 'W.B', '3')
  await management.pause('queue://W.*')
  const consumer = await session.createConsumer(new Queue('W.A'))
  assert.equal(await consumer.receive({ timeout: 1 }), null)
  assert.deepEqual(
    (await listed(management.destinations('W.>'))).map(({ paused }) => paused),
    [true, true],
  )
  assert.deepEqual(await management.resume('queue://W.A'), [{ destination: 'queue://W.A', count: 1 }])
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  assert.equal(textOf(await consumer.receive(SOON)), '2')
  await connection.sync()
  assert.deepEqual(await management.purge('W.A,W.B'), [
    { destination: 'queue://W.A', count: 0 },
    { destination: 'queue://W.B', count: 1 },
  ])
  // Of several, what cannot be done is told with the rest.
  const deleted = await management.delete('W.>')
  assert.deepEqual(
    deleted.map(({ destination, error }) => [destination, error?.code]),
    [
      ['queue://W.A', 'DESTINATION_IN_USE'],
      ['queue://W.B', undefined],
    ],
  )
  await assert.rejects(management.delete('W.A'), { code: 'DESTINATION_IN_USE' })
  await management.delete('W.A', { evenIfUsed: true })
  assert.deepEqual(await listed(management.destinations('W.>')), [])
})

test('durable subscriptions are listed, made, looked into and deleted over the network', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ clientID: 'operator' })
  const session = await connection.createSession()
  const management = brokerManagement(connection)
  await management.createSubscription({ clientId: 'shop', name: 'news', destination: 'T', selector: "JMSType = 'a'" })
  await management.createSubscription({ name: 'all', destination: 'topic://T', shared: true })
  const producer = await session.createProducer(new Topic('T'))
  for (const type of ['a', 'b', 'a']) {
    const message = session.createTextMessage(type)
    message.jmsType = type
    await producer.send(message)
  }
  const views = await listed(management.subscriptions())
  assert.deepEqual(
    views.map(({ clientId, name, destination, pending, shared }) => [clientId, name, destination, pending, shared]),
    [
      ['', 'all', 'topic://T', 3, true],
      ['shop', 'news', 'topic://T', 2, false],
    ],
  )
  assert.equal((await listed(management.subscriptions({ clientId: 'shop' }))).length, 1)
  assert.equal((await listed(management.subscriptions({ destination: 'topic://U' }))).length, 0)
  const held = await management.browseSubscription('shop', 'news')
  assert.deepEqual(
    held.map(({ destination, type, persistent }) => [destination, type, persistent]),
    [
      ['topic://T', 'a', true],
      ['topic://T', 'a', true],
    ],
  )
  assert.equal((await management.browseSubscription('shop', 'news', 1)).length, 1)
  await management.deleteSubscription('shop', 'news')
  await management.deleteSubscription('', 'all')
  await assert.rejects(management.deleteSubscription('shop', 'news'), { code: 'SUBSCRIPTION_UNKNOWN' })
  assert.deepEqual(await listed(management.subscriptions()), [])
})

test('slow consumers are listed, and one is ended, or its connection', async (t) => {
  const broker = await startBroker(t)
  const operator = await broker.connect()
  const management = brokerManagement(operator)
  const session = await operator.createSession()
  await send(session, 'Q', '1', '2', '3', '4')
  const slow = await broker.connect({ clientID: 'slow' })
  const slowSession = await slow.createSession({ acknowledgeMode: AcknowledgeMode.CLIENT })
  const consumer = await slowSession.createConsumer(new Queue('Q'), { prefetchSize: 1 })
  assert.equal(textOf(await consumer.receive(SOON)), '1')
  await slow.sync()
  const [view] = await listed(management.consumers({ slow: true }))
  assert.deepEqual(
    [view?.clientId, view?.destination, view?.prefetch, view?.unacknowledged, view?.slow],
    ['slow', 'queue://Q', 1, 2, true],
  )
  assert.equal((await listed(management.consumers({ slow: true, destination: 'OTHER' }))).length, 0)
  assert.deepEqual(broker.service.broker.administration.slowConsumers(), [view])
  await management.endConsumer(view?.consumer ?? '')
  await assert.rejects(management.endConsumer(view?.consumer ?? ''), { code: 'CONSUMER_UNKNOWN' })
  assert.deepEqual(await listed(management.consumers({ destination: 'Q' })), [])
  const mine = await session.createConsumer(new Queue('Q'))
  assert.equal(textOf(await mine.receive(SOON)), '1')
  const again = await slowSession.createConsumer(new Queue('R'))
  void again
  const [other] = await listed(management.consumers({ destination: 'R' }))
  const failed = failureOf(slow)
  await management.endConsumer(other?.consumer ?? '', { connection: true })
  await failed
  assert.equal((await listed(management.connections())).length, 1)
})

test('connections are listed with where they come from, and one is ended', async (t) => {
  const broker = await startBroker(t)
  const operator = await broker.connect({ clientID: 'operator' })
  const other = await broker.connect({ clientID: 'other' })
  const failed = failureOf(other)
  const management = brokerManagement(operator)
  const views = await listed(management.connections())
  assert.deepEqual(views.map(({ clientId }) => clientId).sort(), ['operator', 'other'])
  const view = views.find(({ clientId }) => clientId === 'other')
  assert.match(view?.address ?? '', /127\.0\.0\.1/)
  await management.endConnection(view?.connection ?? '')
  await failed
  await assert.rejects(management.endConnection(view?.connection ?? ''), { code: 'CONNECTION_CLOSED' })
})

test('branches in doubt are listed and ended over the network', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const management = brokerManagement(connection)
  for (const [number, commit] of [
    [1, true],
    [2, false],
  ] as const) {
    const xid = { formatId: 7, globalTransactionId: Buffer.from([number]), branchQualifier: Buffer.from([1]) }
    const { session, resource } = await createXASession(connection)
    await resource.start(xid)
    await send(session, 'OUT', 'x')
    await resource.end(xid)
    await resource.prepare(xid)
    const [branch] = await listed(management.branches())
    assert.deepEqual([branch?.sends, branch?.destinations], [1, ['queue://OUT']])
    assert.equal(branch?.id, `XID:${xidText(xid)}`)
    if (commit) await management.commitBranch(branch?.id ?? '')
    else await management.rollbackBranch(branch?.id ?? '')
    assert.deepEqual(await listed(management.branches()), [])
  }
  await assert.rejects(management.commitBranch('XID:1:00:00'), { code: 'TRANSACTION_UNKNOWN' })
  const [out] = await listed(management.destinations('OUT'))
  assert.equal(out?.messages, 1)
})

test('dead letters are sent back over the network', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const management = brokerManagement(connection)
  await assert.rejects(management.retryDeadLetters(), { code: 'DESTINATION_UNKNOWN' })
  await send(session, 'Q', '1', '2')
  const rejecting = await connection.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  const consumer = await rejecting.createConsumer(new Queue('Q'))
  for (let left = 2; left > 0; left--) await (await consumer.receive(SOON))?.reject('broken')
  await consumer.close()
  await connection.sync()
  assert.deepEqual(await management.retryDeadLetters({ limit: 1 }), { count: 1, kept: 0, more: true })
  assert.deepEqual(await management.retryDeadLetters({ to: 'queue://R' }), { count: 1, kept: 0, more: false })
  const counts = (await listed(management.destinations('Q,R'))).map(({ messages }) => messages)
  assert.deepEqual(counts, [1, 1])
})

test('requests need admin on what they are about, and on the management queue for what is of all', async (t) => {
  const password = await hashPassword('pearl')
  const users = ['root', 'shop', 'guest'].map((name) => ({ name, password, groups: [name] }))
  const broker = await startBroker(t, {
    access: {
      users,
      permissions: [
        { destination: 'queue://>', read: ['root'], write: ['root'], admin: ['root'] },
        { destination: 'topic://>', read: ['root'], write: ['root'], admin: ['root'] },
        { destination: 'queue://SHOP.>', read: ['shop'], write: ['shop'], admin: ['shop'] },
        { destination: 'queue://Millrace.Management', write: ['root', 'shop'], admin: ['root'] },
      ],
    },
  })
  const as = (userName: string): Promise<Connection> => broker.connect({ userName, password: 'pearl' })
  const root = brokerManagement(await as('root'))
  await root.create('queue://SHOP.A')
  await root.create('queue://OTHER')
  await root.createSubscription({ clientId: 'c', name: 'n', destination: 'topic://T' })
  const shop = brokerManagement(await as('shop'))
  assert.deepEqual(
    (await listed(shop.destinations())).map(({ destination }) => destination),
    ['queue://SHOP.A'],
  )
  assert.deepEqual(await shop.purge('queue://>'), [{ destination: 'queue://SHOP.A', count: 0 }])
  assert.deepEqual(await listed(shop.subscriptions()), [])
  for (const refused of [
    shop.purge('OTHER'),
    shop.create('queue://NEW'),
    shop.deleteSubscription('c', 'n'),
    listed(shop.connections()),
    listed(shop.branches()),
    shop.retryDeadLetters(),
  ]) {
    await assert.rejects(refused, { name: 'RequestFailedError', code: 'NOT_AUTHORIZED' })
  }
  // Without write on the management queue the request itself is refused.
  const guest = brokerManagement(await as('guest'))
  await assert.rejects(listed(guest.destinations()), { name: 'JMSSecurityError' })
})

test('what is no request is answered with what is wrong with it', async (t: TestContext) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ useCompression: true })
  const management = brokerManagement(connection)
  await assert.rejects(management.ask('destroy', {}), (error: unknown) => {
    assert.ok(error instanceof RequestFailedError)
    assert.equal(error.code, 'MESSAGE_REFUSED')
    assert.match(error.message, /there is no operation destroy; there are .*purge/)
    return true
  })
  await assert.rejects(management.ask('purge', { destination: 7 }), { message: /destination is 7, expected a text/ })
  await assert.rejects(management.ask('purge', {}), { message: /has no destination/ })
  await assert.rejects(management.ask('destinations', { limit: 0 }), { message: /limit is 0, expected a whole number/ })
  const reply = await request(connection, new Queue('Millrace.Management'), 'not JSON', { timeout: SOON })
  assert.ok(reply instanceof TextMessage)
  assert.match(reply.text ?? '', /"code":"MESSAGE_REFUSED"/)
  const bytes = await request(connection, new Topic('Millrace.Management'), Buffer.from('{"operation":"broker"}'), {
    timeout: SOON,
  })
  assert.match(textOf(bytes), /"result":\{"name":"millrace"/)
})
