import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stompBroker } from './stomp-broker.ts'

test('a destination without a kind is a queue, and the names of OpenWire are understood', async (t) => {
  const { connect } = await stompBroker(t)
  const client = await connect('1.2')
  await client.ask('SUBSCRIBE', { destination: 'queue://A', id: 'queue' })
  await client.ask('SUBSCRIBE', { destination: 'topic://B', id: 'topic' })
  for (const destination of ['A', '/topic/B', '/queue/A,topic://B'])
    await client.ask('SEND', { destination }, destination)
  const got: string[] = []
  for (let i = 0; i < 4; i++) {
    const { headers, body } = await client.message()
    got.push(`${headers['destination']} ${body.toString()}`)
  }
  assert.deepEqual(got.sort(), [
    '/queue/A /queue/A,topic://B',
    '/queue/A A',
    '/topic/B /queue/A,topic://B',
    '/topic/B /topic/B',
  ])
  await client.leave()
})
