import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  advisoryTopic,
  destinationAdvisories,
  ConsumerEventSource,
  DestinationSource,
  IllegalStateError,
  ProducerEventSource,
  Queue,
  readAdvisory,
  Topic,
} from '@millrace/client'
import { SOON, startBroker } from './fixture.ts'

test('a destination source tells what is there, what comes and what goes', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  await (await session.createProducer(session.createQueue('OLD'))).send(session.createTextMessage('x'))
  await using source = new DestinationSource(connection)
  const told: string[] = []
  let changed: () => void = () => {}
  for (const change of ['added', 'removed'] as const) {
    source.on(change, (destination) => {
      told.push(`${change} ${destination.toString().replace(/ID:.*/, 'ID')}`)
      changed()
    })
  }
  const until = async (line: string): Promise<void> => {
    while (!told.includes(line)) {
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
  }
  await source.start()
  await until('added queue://OLD')
  await session.createProducer(session.createTopic('NEW'))
  const temporary = await session.createTemporaryQueue()
  await until('added temp-queue://ID')
  await temporary.delete()
  await until('removed temp-queue://ID')
  await connection.deleteDestination(session.createQueue('OLD'))
  await until('removed queue://OLD')
  const known = source.destinations.map(String)
  assert.equal(known.includes('queue://OLD'), false)
})

test('an endpoint source counts the consumers and producers of a destination', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const queue = session.createQueue('WATCHED,ALSO')
  const single = session.createQueue('WATCHED')
  const first = await session.createConsumer(single)
  await using consumers = new ConsumerEventSource(connection, single)
  await using producers = new ProducerEventSource(connection, single)
  const told: string[] = []
  let changed: () => void = () => {}
  for (const event of ['started', 'stopped'] as const) {
    consumers.on(event, ({ count, id }) => {
      assert.match(id, /^ID:/)
      told.push(`consumer ${event} ${count}`)
      changed()
    })
    producers.on(event, ({ count }) => {
      told.push(`producer ${event} ${count}`)
      changed()
    })
  }
  const until = async (line: string): Promise<void> => {
    while (!told.includes(line)) {
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
  }
  await consumers.start()
  await producers.start()
  await assert.rejects(consumers.start(), IllegalStateError)
  await until('consumer started 1')
  const second = await session.createConsumer(single)
  await until('consumer started 2')
  await second.close()
  await until('consumer stopped 1')
  assert.equal(consumers.count, 1)
  await first.close()
  await until('consumer stopped 0')
  const producer = await session.createProducer(single)
  await until('producer started 1')
  await producer.close()
  await until('producer stopped 0')
  assert.equal(advisoryTopic('Consumer', queue).name, 'ActiveMQ.Advisory.Consumer.Queue.WATCHED&sbquo;ALSO')
})

test('advisories are read from a plain consumer, too', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect()
  const session = await connection.createSession()
  const consumer = await session.createConsumer(destinationAdvisories('TempTopic'))
  const temporary = await session.createTemporaryTopic()
  const message = await consumer.receive(SOON)
  assert.ok(message !== null)
  const advisory = readAdvisory(message)
  assert.ok(advisory.kind === 'destination')
  assert.equal(advisory.change, 'added')
  assert.ok(advisory.destination.equals(temporary))
  const connections = await session.createConsumer(new Topic('ActiveMQ.Advisory.Connection'))
  const other = await broker.connect()
  const seen = new Set<string>()
  while (!seen.has(other.id.value ?? '')) {
    const about = await connections.receive(SOON)
    assert.ok(about !== null)
    const read = readAdvisory(about)
    assert.ok(read.kind === 'connection')
    seen.add(read.id)
  }
  assert.equal(readAdvisory(session.createTextMessage('not one')).kind, 'other')
  assert.equal(advisoryTopic('SlowConsumer', new Queue('A')).name, 'ActiveMQ.Advisory.SlowConsumer.Queue.A')
})
