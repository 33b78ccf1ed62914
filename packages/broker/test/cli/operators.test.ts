import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ConnectionFactory, Queue } from '@millrace/client'
import { damage, millrace, type Outcome, startBroker, temporaryDirectory } from './program.ts'

type Json = Readonly<Record<string, unknown>>

async function broker(t: TestContext): Promise<{
  url: string
  call: (command: string, ...args: readonly string[]) => Promise<Outcome>
}> {
  const { url } = await startBroker(t, ['--memory'])
  return { url, call: (command, ...args) => millrace([command, '--broker', url, ...args]) }
}

function lines(outcome: Outcome): string[] {
  assert.equal(outcome.code, 0, outcome.stderr)
  return outcome.stdout.split('\n').slice(0, -1)
}

function json(outcome: Outcome): Json[] {
  return lines(outcome).map((line) => JSON.parse(line) as Json)
}

test('destinations are shown, made, paused, purged and deleted', async (t) => {
  const { call } = await broker(t)
  await call('produce', 'queue://ORDERS.A', 'one', 'two')
  assert.deepEqual(lines(await call('destinations', 'queue://ORDERS.B', '--create')), ['queue://ORDERS.B is there.'])
  const table = lines(await call('destinations')).join('\n')
  assert.match(table, /destination.*messages.*consumers/)
  assert.match(table, /queue:\/\/ORDERS\.A.*2/)
  assert.match(table, /2 destinations\.$/)
  const [first] = json(await call('destinations', 'queue://ORDERS.>', '--json'))
  assert.deepEqual([first?.['destination'], first?.['messages']], ['queue://ORDERS.A', 2])
  assert.deepEqual(lines(await call('destinations', 'ORDERS.>', '--pause')), [
    'Paused queue://ORDERS.A.',
    'Paused queue://ORDERS.B.',
  ])
  assert.deepEqual(lines(await call('destinations', 'ORDERS.*', '--purge')), [
    'Threw 2 messages of queue://ORDERS.A away.',
    'Threw 0 messages of queue://ORDERS.B away.',
  ])
  assert.deepEqual(json(await call('destinations', 'ORDERS.A', '--delete', '--json')), [
    { destination: 'queue://ORDERS.A', count: 1 },
  ])
  const unknown = await call('destinations', 'NONE', '--purge')
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /DESTINATION_UNKNOWN: queue:\/\/NONE does not exist/)
  assert.equal((await call('destinations', '--purge')).code, 2)
  assert.equal((await call('destinations', 'A', '--purge', '--delete')).code, 2)
})

test('subscriptions are shown, made, looked into and deleted', async (t) => {
  const { call } = await broker(t)
  lines(await call('subscriptions', 'news', '--of', 'shop', '--create', 'topic://T'))
  await call('produce', 'topic://T', 'one')
  assert.match(lines(await call('subscriptions')).join('\n'), /shop.*news.*topic:\/\/T.*durable.*1/)
  assert.match(lines(await call('subscriptions', 'news', '--of', 'shop', '--browse')).join('\n'), /1 shown\.$/)
  assert.deepEqual(lines(await call('subscriptions', 'news', '--of', 'shop', '--delete')), [
    'Deleted subscription news.',
  ])
  assert.deepEqual(lines(await call('subscriptions')), ['0 subscriptions.'])
})

test('slow consumers, connections, branches and letters have their commands', async (t) => {
  const { call, url } = await broker(t)
  const connection = await new ConnectionFactory(url, { clientID: 'lazy' }).createConnection()
  t.after(() => connection.close().catch(() => {}))
  await connection.start()
  const session = await connection.createSession({ acknowledgeMode: 2 })
  const producer = await session.createProducer(new Queue('Q'))
  for (const text of ['1', '2', '3', '4']) await producer.send(session.createTextMessage(text))
  const consumer = await session.createConsumer(new Queue('Q'), { prefetchSize: 1 })
  await consumer.receive(10_000)
  await connection.sync()
  assert.match(lines(await call('slow')).join('\n'), /lazy.*queue:\/\/Q.*yes[^]*1 slow consumer\.$/)
  const [slow] = json(await call('slow', '--json'))
  assert.equal(json(await call('consumers', 'Q', '--json')).length, 1)
  lines(await call('slow', '--end', String(slow?.['consumer'])))
  assert.deepEqual(lines(await call('slow')), ['0 slow consumers.'])
  const lazy = json(await call('connections', '--json')).find((one) => one['clientId'] === 'lazy')
  lines(await call('connections', '--end', String(lazy?.['connection'])))
  assert.match(lines(await call('connections')).join('\n'), /\n1 connection\.$/)
  assert.deepEqual(lines(await call('branches')), ['0 branches.'])
  const none = await call('retry')
  assert.match(none.stderr, /DESTINATION_UNKNOWN: there is no queue queue:\/\/ActiveMQ\.DLQ/)
})

test('a message that the disk has lost is not delivered, and is named', async (t) => {
  const data = await temporaryDirectory()
  const before = await startBroker(t, ['--data', data])
  await millrace(['produce', '--broker', before.url, 'queue://Q', 'a body that will be damaged'])
  await millrace(['produce', '--broker', before.url, 'queue://Q', 'another body'])
  await before.stop()
  await damage(data, 'be damaged')
  const { url } = await startBroker(t, ['--data', data])
  const call = (command: string, ...args: readonly string[]): Promise<Outcome> =>
    millrace([command, '--broker', url, ...args])
  assert.deepEqual(lines(await call('damaged')), ['0 damaged messages.'])
  assert.deepEqual(lines(await call('consume', 'queue://Q', '--count', '1')), ['another body'])
  const [found, ...more] = json(await call('damaged', '--json'))
  assert.equal(found?.['queue'], 'queue://Q')
  assert.match(String(found?.['where']), /^segment-0000000001\.journal, batch at byte \d+$/)
  assert.equal(more.length, 0)
  assert.match(lines(await call('damaged')).join('\n'), /queue:\/\/Q.*segment-0000000001[^]*1 damaged message\.$/)
})
