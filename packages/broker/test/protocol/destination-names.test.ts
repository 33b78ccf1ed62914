import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerService } from '../../src/service.ts'
import { queue, RawClient, textOf } from './raw-client.ts'

test('options that come behind a name on the wire are cut off', async (t) => {
  const service = new BrokerService({ listen: ['openwire://127.0.0.1:0'], vmName: null, memory: true })
  await service.start()
  t.after(() => service.stop())
  const client = await RawClient.connect(service.addresses[0] ?? '', 'raw')
  await client.ask(client.consumer(1, queue('Q')))
  await client.ask(client.producer(1, queue('Q?consumer.prefetchSize=10')))
  await client.ask(client.text(1, 1, queue('Q?consumer.priority=3'), 'one'))
  const dispatch = await client.takeMessage()
  assert.equal(textOf(dispatch), 'one')
  assert.equal(dispatch.message?.destination?.physicalName, 'Q')
  assert.deepEqual(
    [...service.broker.queues()].map((one) => one.name),
    ['queue://Q'],
  )
  await client.leave()
})
