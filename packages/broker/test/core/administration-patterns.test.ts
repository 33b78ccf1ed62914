import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './world.ts'

test('an operator finds, purges, pauses and deletes by pattern, and advisory topics only by their own', async () => {
  const world = await World.open()
  const { administration } = world.broker
  const client = world.connect()
  for (const name of ['A.1', 'A.2', 'B']) client.send(name, 'x')
  administration.createDestination('topic://A.3')
  const texts = (pattern: string): string[] =>
    administration
      .find(pattern)
      .map(({ destination }) => destination.text)
      .sort()
  assert.deepEqual(texts('A.>'), ['queue://A.1', 'queue://A.2'])
  assert.deepEqual(texts('A.*,topic://>'), ['queue://A.1', 'queue://A.2', 'topic://A.3'])
  client.consume('topic://ActiveMQ.Advisory.Queue')
  assert.deepEqual(texts('topic://>'), ['topic://A.3'])
  assert.deepEqual(texts('topic://ActiveMQ.Advisory.>'), ['topic://ActiveMQ.Advisory.Queue'])
  assert.throws(() => administration.find('A.1,NONE'), { code: 'DESTINATION_UNKNOWN' })
  assert.deepEqual(texts('NONE.>'), [])

  assert.equal(await world.finished(administration.pause('A.>')), 2)
  const consumer = client.consume('A.1')
  assert.deepEqual(consumer.texts, [])
  assert.equal(await world.finished(administration.resume('A.1')), 1)
  world.run()
  assert.deepEqual(consumer.texts, ['x'])
  await assert.rejects(administration.pause('topic://A.3'), {
    code: 'DESTINATION_INVALID',
    message: /nothing to pause/,
  })

  assert.equal(await world.finished(administration.purge('>')), 2)
  // One that is in use keeps all of them.
  await assert.rejects(administration.deleteDestination('A.>'), { code: 'DESTINATION_IN_USE' })
  assert.equal(administration.find('A.>').length, 2)
  assert.equal(await world.finished(administration.deleteDestination('A.>', { evenIfUsed: true })), 2)
  assert.deepEqual(texts('>'), ['queue://B'])
})

test('an operator ends a consumer, whose messages go to others, or a whole connection', async () => {
  const world = await World.open()
  const { administration } = world.broker
  const client = world.connect()
  const consumer = client.consume('Q')
  client.send('Q', '1')
  const [view] = administration.consumers('Q')
  administration.endConsumer(view?.consumer ?? '')
  assert.equal(consumer.closedBy?.code, 'CONNECTION_CLOSED')
  assert.throws(() => administration.endConsumer(view?.consumer ?? ''), { code: 'CONSUMER_UNKNOWN' })
  const other = world.connect()
  assert.deepEqual(other.consume('Q').texts, ['1'])
  const [next] = administration.consumers()
  administration.endConsumer(next?.consumer ?? '', { connection: true })
  assert.equal(other.closedBy?.code, 'CONNECTION_CLOSED')
  assert.equal(administration.connections().length, 1)
  administration.endConnection(client.connection.id)
  assert.deepEqual(administration.connections(), [])
  assert.throws(() => administration.endConnection(client.connection.id), { code: 'CONNECTION_CLOSED' })
})
