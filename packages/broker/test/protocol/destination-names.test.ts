import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DestinationKind } from '../../src/message/destination.ts'
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

test('with another path separator clients may write names with it', async (t) => {
  const options = { listen: ['openwire://127.0.0.1:0'], vmName: null, memory: true }
  const service = new BrokerService({ ...options, pathSeparator: '/' })
  await service.start()
  t.after(() => service.stop())
  const client = await RawClient.connect(service.addresses[0] ?? '', 'raw')
  await client.ask(client.consumer(1, queue('A/*')))
  await client.ask(client.producer(1, queue('A/B,queue://A/C,topic://T/U')))
  await client.ask(client.text(1, 1, queue('A/B,queue://A/C,topic://T/U'), 'one'))
  await client.ask(client.text(1, 2, queue('A.D'), 'two'))
  const names = [...service.broker.destinations.all].map(({ destination }) => destination.text)
  assert.deepEqual(names, ['queue://A.B', 'queue://A.C', 'topic://T.U', 'queue://A.D'])
  const dispatches = [await client.takeMessage(), await client.takeMessage(), await client.takeMessage()]
  assert.deepEqual(dispatches.map(textOf).sort(), ['one', 'one', 'two'])
  const separator = service.broker.pathSeparator
  assert.equal(separator?.destination(DestinationKind.TempQueue, 'ID:a/b:1').name, 'ID:a/b:1')
  assert.equal(
    separator.destination(DestinationKind.Queue, 'A/B, temp-topic://ID:a/b:1').name,
    'A.B, temp-topic://ID:a/b:1',
  )
  await client.leave()
  for (const pathSeparator of ['', '.', '//', 'x', '>']) {
    await assert.rejects(new BrokerService({ ...options, pathSeparator }).start(), { code: 'CONFIGURATION_INVALID' })
  }
})
