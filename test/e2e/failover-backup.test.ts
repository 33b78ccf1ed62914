import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Logger, silentLogger } from '@millrace/base'
import { type Connection, ConnectionFactory } from '@millrace/client'
import { next } from './failover-fixture.ts'
import { SOON, startBroker, textOf } from './fixture.ts'
import { Relay } from './relay.ts'

/** Tells when a link in reserve is open. */
function watcher(): { readonly log: Logger; readonly spare: Promise<void> } {
  let resolve: () => void = () => {}
  const spare = new Promise<void>((done) => {
    resolve = done
  })
  const log: Logger = {
    ...silentLogger,
    debug: (_fields, text) => {
      if (text === 'a spare link is open') resolve()
    },
  }
  return { log, spare }
}

async function connect(t: TestContext, url: string, log: Logger): Promise<Connection> {
  const connection = await new ConnectionFactory(url, { log }).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  return connection
}

test('backup: a link in reserve is used when the first is lost, though nobody takes new ones', async (t) => {
  const one = await Relay.between(t, (await startBroker(t)).url)
  const other = await Relay.between(t, (await startBroker(t)).url)
  const { log, spare } = watcher()
  const connection = await connect(t, `failover:(${one.url},${other.url})?randomize=false&backup=true`, log)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const consumer = await session.createConsumer(session.createQueue('Q'))
  await spare
  assert.deepEqual(other.sent, [])
  one.refusing = true
  other.refusing = true
  const resumed = next(connection, 'resumed')
  one.cut()
  assert.equal((await resumed).address, other.url)
  await producer.send(session.createTextMessage('over the spare'))
  assert.equal(textOf(await consumer.receive(SOON)), 'over the spare')
})

test('priorityBackup: it goes back to the broker of priority when that answers again', async (t) => {
  const preferred = await Relay.between(t, (await startBroker(t)).url)
  const other = await Relay.between(t, (await startBroker(t)).url)
  preferred.refusing = true
  const options = 'priorityBackup=true&initialReconnectDelay=1&maxReconnectDelay=5'
  const connection = await connect(t, `failover:(${preferred.url},${other.url})?${options}`, silentLogger)
  assert.equal(connection.address, other.url)
  const session = await connection.createSession()
  const producer = await session.createProducer(session.createQueue('Q'))
  const resumed = next(connection, 'resumed')
  preferred.refusing = false
  assert.equal((await resumed).address, preferred.url)
  await producer.send(session.createTextMessage('to the preferred one'))
  // And away again when it is lost.
  const lost = next(connection, 'resumed')
  preferred.refusing = true
  preferred.cut()
  assert.equal((await lost).address, other.url)
})

test('the program may say which brokers there are', async (t) => {
  const gone = await startBroker(t)
  const broker = await startBroker(t)
  await gone.service.stop()
  let asked = 0
  const brokers = async (): Promise<string> => {
    asked++
    if (asked === 1) throw new Error('not readable yet')
    await Promise.resolve()
    return `${broker.url}, vm://not-this`
  }
  const factory = new ConnectionFactory(`failover:(${gone.url})`, { failover: { brokers } })
  const connection = await factory.createConnection()
  t.after(() => connection.close())
  assert.equal(connection.address, broker.url)
  assert.equal(asked, 2)
})

test('discovery:(static:(...)) is a list like another', async (t) => {
  const broker = await startBroker(t)
  const connection = await connect(t, `discovery:(static:(${broker.url}))?maxReconnectAttempts=1`, silentLogger)
  assert.equal(connection.address, broker.url)
})
