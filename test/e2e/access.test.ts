import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  AcknowledgeMode,
  type Connection,
  DeadLetters,
  type Destination,
  JMSError,
  JMSSecurityError,
  type Session,
  TransactionRolledBackError,
} from '@millrace/client'
import { Access, type AccessRules, BrokerService, hashPassword, type Plugin, statistics, userId } from 'millrace'
import { type Fixture, SOON, startBroker, textOf } from './fixture.ts'

const PASSWORD = 'pearl'

interface Guarded extends Fixture {
  readonly access: Access
  /** A started connection of this user. */
  as(userName: string): Promise<Connection>
}

/** `staff` may do everything below WORK, `crew` sends and reads what is there, `none` is in no group. */
async function guarded(t: TestContext, more: AccessRules = {}, plugins: readonly Plugin[] = []): Promise<Guarded> {
  const password = await hashPassword(PASSWORD)
  const users = ['staff', 'crew', 'none'].map((name) => ({ name, password, groups: name === 'none' ? [] : [name] }))
  const access = new Access({
    users,
    permissions: [
      { destination: 'queue://WORK.>', read: ['staff'], write: ['staff', 'crew'], admin: ['staff'] },
      { destination: 'topic://WORK.>', read: ['staff', 'crew'], write: ['staff'], admin: ['staff', 'crew'] },
      { destination: 'queue://WORK.SHARED', read: ['crew'] },
      { destination: 'queue://ActiveMQ.DLQ', read: ['staff'] },
    ],
    ...more,
  })
  const fixture = await startBroker(t, { access, plugins })
  return { ...fixture, access, as: (userName) => fixture.connect({ userName, password: PASSWORD }) }
}

async function send(session: Session, to: Destination, text: string): Promise<void> {
  await (await session.createProducer(to)).send(session.createTextMessage(text))
}

test('a connection gives user name and password, or is refused with a security error', async (t) => {
  const { factory, as } = await guarded(t)
  await as('staff')
  for (const given of [{}, { userName: 'staff', password: 'ruby' }, { userName: 'eve', password: PASSWORD }]) {
    const connecting = async (): Promise<void> => {
      const connection = await factory(given).createConnection()
      await connection.start()
    }
    await assert.rejects(connecting(), JMSSecurityError)
  }
})

test('anonymous and guest connections are let in where the rules say so', async (t) => {
  const { factory, connect, service } = await guarded(t, { anonymous: true, guest: { name: 'visitor', groups: [] } })
  await connect()
  await connect({ userName: 'eve', password: 'anything' })
  const names = [...service.broker.connections.values()].map((connection) => connection.principal?.name)
  assert.deepEqual(names.sort(), ['anonymous', 'visitor'])
  const wrong = factory({ userName: 'staff', password: 'ruby' })
  await assert.rejects(async () => await (await wrong.createConnection()).start(), JMSSecurityError)
})

test('sending needs write, and admin where the queue is not there yet', async (t) => {
  const { as } = await guarded(t)
  const [staff, crew, none] = [await as('staff'), await as('crew'), await as('none')]
  const session = await crew.createSession()
  const queue = session.createQueue('WORK.A')
  await assert.rejects(session.createProducer(queue), JMSSecurityError)
  await send(await staff.createSession(), queue, 'first')
  await send(session, queue, 'second')
  const refused = await none.createSession()
  await assert.rejects(refused.createProducer(queue), JMSSecurityError)
  // A producer that says with each message where it goes.
  const anyone = await refused.createProducer()
  await assert.rejects(anyone.send(queue, refused.createTextMessage('x')), JMSSecurityError)
  await none.sync()
})

test('every part of a composite must be allowed, or nothing is sent', async (t) => {
  const { as, service } = await guarded(t)
  const staff = await (await as('staff')).createSession()
  for (const name of ['WORK.A', 'WORK.B']) await send(staff, staff.createQueue(name), 'x')
  const session = await (await as('crew')).createSession()
  const producer = await session.createProducer()
  await producer.send(session.createQueue('WORK.A,WORK.B'), session.createTextMessage('both'))
  await assert.rejects(
    producer.send(session.createQueue('WORK.A,topic://WORK.T'), session.createTextMessage('half')),
    JMSSecurityError,
  )
  await assert.rejects(session.createConsumer(session.createQueue('WORK.SHARED,WORK.A')), JMSSecurityError)
  const counts = [...service.broker.queues()].map((queue) => `${queue.destination.name} ${queue.count}`)
  assert.deepEqual(counts.sort(), ['WORK.A 2', 'WORK.B 2'])
})

test('a one-way send that may not be is told to the connection, which lives on', async (t) => {
  const { as } = await guarded(t)
  const none = await as('none')
  const session = await none.createSession()
  const producer = await session.createProducer()
  const told = new Promise<JMSError>((resolve) => none.on('exception', resolve))
  await producer.send(session.createQueue('WORK.A'), session.createTextMessage('x'), { deliveryMode: 1 })
  assert.ok((await told) instanceof JMSSecurityError)
  await none.sync()
})

test('a send that may not be fails the commit of its transaction', async (t) => {
  const { as, service } = await guarded(t)
  const staff = await (await as('staff')).createSession()
  await send(staff, staff.createQueue('WORK.A'), 'x')
  const crew = await as('crew')
  crew.on('exception', () => {})
  const session = await crew.createSession({ transacted: true })
  const producer = await session.createProducer()
  await producer.send(session.createQueue('WORK.A'), session.createTextMessage('good'))
  await producer.send(session.createQueue('SECRET'), session.createTextMessage('bad')).catch(() => {})
  await assert.rejects(session.commit(), TransactionRolledBackError)
  assert.deepEqual(
    [...service.broker.queues()].map((queue) => queue.count),
    [1],
  )
})

test('consuming and browsing need read', async (t) => {
  const { as } = await guarded(t)
  const staff = await (await as('staff')).createSession()
  for (const name of ['WORK.A', 'WORK.SHARED']) await send(staff, staff.createQueue(name), name)
  const session = await (await as('crew')).createSession()
  await assert.rejects(session.createConsumer(session.createQueue('WORK.A')), JMSSecurityError)
  const browse = async (): Promise<void> => {
    for await (const _ of session.createBrowser(session.createQueue('WORK.A')).messages()) assert.fail('a look')
  }
  await assert.rejects(browse(), JMSSecurityError)
  const consumer = await session.createConsumer(session.createQueue('WORK.SHARED'))
  assert.equal(textOf(await consumer.receive(SOON)), 'WORK.SHARED')
})

test('a pattern gives what may be read of it, now and later', async (t) => {
  const { as } = await guarded(t)
  const staff = await (await as('staff')).createSession()
  await send(staff, staff.createQueue('WORK.A'), 'not for you')
  const session = await (await as('crew')).createSession()
  const consumer = await session.createConsumer(session.createQueue('WORK.>'))
  await send(staff, staff.createQueue('WORK.B'), 'nor this')
  await send(staff, staff.createQueue('WORK.SHARED'), 'this')
  assert.equal(textOf(await consumer.receive(SOON)), 'this')
  await session.connection.sync()
  assert.equal(await consumer.receiveNoWait(), null)
})

test('a durable subscription to a pattern needs all of it', async (t) => {
  const { factory } = await guarded(t)
  const connection = await factory({ userName: 'crew', password: PASSWORD, clientID: 'durable' }).createConnection()
  await connection.start()
  const session = await connection.createSession()
  await assert.rejects(session.createDurableConsumer(session.createTopic('>'), 'all'), JMSSecurityError)
  await session.createDurableConsumer(session.createTopic('WORK.>'), 'work')
  await connection.close()
})

test('making and removing destinations needs admin', async (t) => {
  const { as } = await guarded(t)
  const staff = await as('staff')
  const queue = (await staff.createSession()).createQueue('WORK.A')
  await send(await staff.createSession(), queue, 'x')
  const crew = await as('crew')
  await assert.rejects(crew.deleteDestination(queue), JMSSecurityError)
  await staff.deleteDestination(queue)
})

test('replies over temporary destinations work for everybody, and only the owner consumes', async (t) => {
  const { as } = await guarded(t)
  const [owner, other] = [await as('none'), await as('crew')]
  const session = await owner.createSession()
  const replyTo = await session.createTemporaryQueue()
  const consumer = await session.createConsumer(replyTo)
  const theirs = await other.createSession()
  await send(theirs, replyTo, 'answer')
  assert.equal(textOf(await consumer.receive(SOON)), 'answer')
  await assert.rejects(theirs.createConsumer(replyTo), JMSError)
})

test('temporary destinations can be kept to a group', async (t) => {
  const { as } = await guarded(t, { temporary: { admin: ['staff'], read: ['staff'], write: ['*'] } })
  await assert.rejects((await (await as('crew')).createSession()).createTemporaryQueue(), JMSSecurityError)
  const session = await (await as('staff')).createSession()
  await session.createConsumer(await session.createTemporaryQueue())
})

test('what the broker sends itself asks nobody', async (t) => {
  const { as, service } = await guarded(t)
  const staff = await as('staff')
  const session = await staff.createSession({ acknowledgeMode: AcknowledgeMode.INDIVIDUAL })
  await send(session, session.createQueue('WORK.A'), 'bad')
  const consumer = await session.createConsumer(session.createQueue('WORK.A'))
  await (await consumer.receive(SOON))?.reject('no')
  await staff.sync()
  const letters: string[] = []
  for await (const letter of new DeadLetters(staff).list()) letters.push(textOf(letter.message))
  assert.deepEqual(letters, ['bad'])
  await consumer.close()
  assert.equal((await service.retryDeadLetters()).count, 1)
})

test('rules are replaced while the broker runs', async (t) => {
  const { as, access } = await guarded(t)
  const crew = await as('crew')
  const staff = await (await as('staff')).createSession()
  await send(staff, staff.createQueue('WORK.A'), 'x')
  const session = await crew.createSession()
  const producer = await session.createProducer(session.createQueue('WORK.A'))
  await producer.send(session.createTextMessage('allowed'))
  access.replace({ permissions: [{ destination: 'queue://WORK.>', read: ['crew'] }] })
  await assert.rejects(producer.send(session.createTextMessage('not any more')), JMSSecurityError)
  const consumer = await session.createConsumer(session.createQueue('WORK.A'))
  assert.equal(textOf(await consumer.receive(SOON)), 'x')
})

test('statistics are answered only to who may write there', async (t) => {
  const { as } = await guarded(t, {}, [statistics()])
  const session = await (await as('none')).createSession()
  const producer = await session.createProducer()
  const request = session.createTextMessage('?')
  request.jmsReplyTo = await session.createTemporaryQueue()
  await assert.rejects(producer.send(session.createQueue('ActiveMQ.Statistics.Broker'), request), JMSSecurityError)
})

test('the user id is the name that was made sure of', async (t) => {
  const { as } = await guarded(t, {}, [userId()])
  const session = await (await as('staff')).createSession()
  const queue = session.createQueue('WORK.A')
  const message = session.createTextMessage('x')
  message.setStringProperty('JMSXUserID', 'somebody else')
  await (await session.createProducer(queue)).send(message)
  const received = await (await session.createConsumer(queue)).receive(SOON)
  assert.equal(received?.getStringProperty('JMSXUserID'), 'staff')
})

test('a plugin may ask a directory who it is, and the connection waits', async (t) => {
  let release = (): void => {}
  const asked = new Promise<void>((resolve) => {
    release = resolve
  })
  const plugin: Plugin = {
    name: 'directory',
    authenticating: async ({ userName }) => {
      await asked
      return { name: `cn=${userName}`, groups: ['all'] }
    },
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const connecting = broker.connect({ userName: 'ann', password: 'x' })
  release()
  await connecting
  const [connection] = broker.service.broker.connections.values()
  assert.deepEqual(connection?.principal, { name: 'cn=ann', groups: ['all'] })
})

test('a client that leaves while it is looked at leaves nothing behind', async (t) => {
  const asked: (() => void)[] = []
  const plugin: Plugin = {
    name: 'slow',
    authenticating: () => new Promise((resolve) => asked.push(() => resolve({ name: 'x', groups: [] }))),
  }
  const broker = await startBroker(t, { plugins: [plugin] })
  const connection = await broker
    .factory()
    .createConnection()
    .catch(() => null)
  void connection?.start().catch(() => {})
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const closing = connection?.close()
  while (broker.service.connectionCount > 0) {
    await new Promise((resolve) => setImmediate(resolve))
    if (broker.service.connectionCount > 0) asked.shift()?.()
  }
  await closing?.catch(() => {})
  assert.equal(broker.service.broker.connections.size, 0)
})

test('a broker that asks for passwords may be reached from other machines', async (t) => {
  const options = { memory: true, vmName: null, listen: ['openwire://0.0.0.0:0'] }
  await assert.rejects(new BrokerService(options).start(), { code: 'ADDRESS_INVALID' })
  const service = new BrokerService({ ...options, access: { anonymous: false } })
  await service.start()
  t.after(() => service.stop())
  assert.equal(service.addresses.length, 1)
})
