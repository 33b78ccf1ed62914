import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DataType } from '@millrace/openwire'
import { BrokerService } from '../src/service.ts'
import { queue, RawClient, textOf } from './protocol/raw-client.ts'

const loopback = { listen: ['openwire://127.0.0.1:0'], vmName: null }

test('what was confirmed is there after a stop and a start, from a directory', async () => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-service-'))
  try {
    const first = new BrokerService({ ...loopback, data })
    await first.start()
    const sender = await RawClient.connect(first.addresses[0] ?? '', 'sender')
    await sender.ask(sender.producer(1, queue('kept')))
    for (let i = 1; i <= 3; i++) await sender.ask(sender.text(1, i, queue('kept'), `${i}`))
    await sender.leave()
    await first.stop()

    const second = new BrokerService({ ...loopback, data })
    await second.start()
    const receiver = await RawClient.connect(second.addresses[0] ?? '', 'receiver')
    await receiver.ask(receiver.consumer(1, queue('kept')))
    for (let i = 1; i <= 3; i++) {
      const dispatch = await receiver.takeMessage()
      assert.equal(textOf(dispatch), `${i}`)
      await receiver.ask(receiver.ack(dispatch))
    }
    await receiver.leave()
    await second.stop()
  } finally {
    rmSync(data, { recursive: true })
  }
})

test('a broker that stops says goodbye: ShutdownInfo, then the end, and no error', async () => {
  const service = new BrokerService({ ...loopback, memory: true })
  await service.start()
  const address = service.addresses[0] ?? ''
  const clients = [await RawClient.connect(address, 'one'), await RawClient.connect(address, 'two')]
  await Promise.all([service.stop(), ...clients.map((client) => client.closed)])
  for (const client of clients) {
    assert.deepEqual(
      client.received.map((one) => one.dataType),
      [DataType.ShutdownInfo],
    )
  }
  await assert.rejects(RawClient.open(address))
  await service.stop()
})

test('it can be started again after a stop, and not while it runs', async () => {
  const service = new BrokerService({ ...loopback, memory: true })
  for (let i = 0; i < 2; i++) {
    await service.start()
    await assert.rejects(service.start(), { code: 'CONFIGURATION_INVALID' })
    const client = await RawClient.connect(service.addresses[0] ?? '', 'again')
    await client.leave()
    await service.stop()
    assert.throws(() => service.broker, { code: 'BROKER_STOPPING' })
  }
})

test('an address that others can reach needs a word to say so', async () => {
  for (const address of ['openwire://0.0.0.0:0', 'openwire://[::]:0', 'openwire://example.org:0']) {
    const service = new BrokerService({ memory: true, listen: [address], vmName: null })
    await assert.rejects(service.start(), { code: 'ADDRESS_INVALID', message: /insecure/ })
  }
  const told = new BrokerService({ memory: true, listen: ['openwire://0.0.0.0:0'], insecure: true, vmName: null })
  await told.start()
  assert.equal(told.addresses.length, 1)
  await told.stop()
})

test('options that do not exist or make no sense are refused before anything is opened', async () => {
  const wrong = ['wireFormat.typo=1', 'wireFormat.version=13', 'wireFormat.cacheEnabled=yes', 'maximumConnections=none']
  for (const option of wrong) {
    const service = new BrokerService({ memory: true, listen: [`openwire://127.0.0.1:0?${option}`], vmName: null })
    await assert.rejects(service.start(), { code: 'CONFIGURATION_INVALID' }, option)
  }
  await assert.rejects(new BrokerService({}).start(), { code: 'CONFIGURATION_INVALID' })
  await assert.rejects(new BrokerService({ data: 'x', memory: true }).start(), { code: 'CONFIGURATION_INVALID' })
})

test('several addresses lead to one broker', async () => {
  const service = new BrokerService({
    memory: true,
    listen: ['openwire://127.0.0.1:0', 'tcp://127.0.0.1:0'],
    vmName: null,
  })
  await service.start()
  const [one = '', two = ''] = service.addresses
  assert.notEqual(one, two)
  const sender = await RawClient.connect(one, 'sender')
  const receiver = await RawClient.connect(two, 'receiver')
  await sender.ask(sender.producer(1, queue('bridge')))
  await receiver.ask(receiver.consumer(1, queue('bridge')))
  await sender.ask(sender.text(1, 1, queue('bridge'), 'over'))
  assert.equal(textOf(await receiver.takeMessage()), 'over')
  await sender.leave()
  await receiver.leave()
  await service.stop()
})

test('a broken invariant is told to whoever runs the broker, with the error itself', async () => {
  const failures: Error[] = []
  const service = new BrokerService({
    ...loopback,
    memory: true,
    interceptors: [{ sending: () => assert.fail('a hook that should not throw this') }],
    onFailed: (error) => failures.push(error),
  })
  await service.start()
  const client = await RawClient.connect(service.addresses[0] ?? '', 'unlucky')
  await client.ask(client.producer(1, queue('q')))
  for (let i = 1; i <= 2; i++) client.send(client.text(1, i, queue('q'), 'x'))
  while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(
    failures.map((error) => error.message),
    ['a hook that should not throw this'],
  )
  await service.stop()
})
