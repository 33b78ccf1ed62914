import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { queue, RawClient } from '../protocol/raw-client.ts'
import { BrokerService } from '../../src/service.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { started, Warnings } from './sockets.ts'

test('two brokers cannot have one address: the second says so, the first goes on', async () => {
  const first = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null })
  await first.start()
  const address = first.addresses[0] ?? ''
  const second = new BrokerService({ memory: true, listen: [address], vmName: null })
  await assert.rejects(second.start(), { code: 'ADDRESS_IN_USE', message: new RegExp(address) })
  assert.deepEqual(second.addresses, [])
  const client = await RawClient.connect(address, 'still there')
  await client.leave()
  await first.stop()
})

test('an address that nobody asked for is left out when it is taken, with a warning', async (t) => {
  const taken = await started(t, { listen: ['openwire://127.0.0.1:0'] })
  const address = taken.addresses[0] ?? ''
  const log = new Warnings()
  const listenIfFree = [address, 'stomp://127.0.0.1:0']
  const service = await started(t, { listen: ['auto://127.0.0.1:0'], listenIfFree, log })
  assert.deepEqual(
    service.addresses.map((one) => one.replace(/\d+$/, '')),
    ['auto://127.0.0.1:', 'stomp://127.0.0.1:'],
  )
  assert.deepEqual(log.reasons, [`another program listens on ${address} already`])
  // What is wrong in it is still a mistake.
  await assert.rejects(started(t, { listenIfFree: ['nonsense://127.0.0.1:0'] }), { code: 'ADDRESS_INVALID' })
})

test('an address that this machine does not have is refused', async () => {
  const service = new BrokerService({ memory: true, listen: ['openwire://192.0.2.1:0'], insecure: true, vmName: null })
  await assert.rejects(service.start(), { code: 'ADDRESS_INVALID' })
})

test('connections beyond the limit of the connector are cut, and there is room again when one goes', async () => {
  const service = new BrokerService({
    memory: true,
    listen: ['openwire://127.0.0.1:0?maximumConnections=2'],
    vmName: null,
  })
  await service.start()
  const address = service.addresses[0] ?? ''
  const one = await RawClient.connect(address, 'one')
  const two = await RawClient.connect(address, 'two')
  assert.equal(service.connectionCount, 2)
  const three = await RawClient.open(address)
  await three.closed
  await two.leave()
  while (service.connectionCount > 1) await new Promise((resolve) => setImmediate(resolve))
  const four = await RawClient.connect(address, 'four')
  await four.leave()
  await one.leave()
  await service.stop()
})

test('over TLS the same is said', async () => {
  const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE }
  const service = new BrokerService({ memory: true, listen: ['openwire+ssl://127.0.0.1:0'], tls, vmName: null })
  await service.start()
  const address = service.addresses[0] ?? ''
  assert.match(address, /^openwire\+ssl:\/\/127\.0\.0\.1:\d+$/)
  const socket = connectTls({ host: '127.0.0.1', port: Number(new URL(address).port), ca: TEST_CERTIFICATE })
  await once(socket, 'secureConnect')
  const client = new RawClient(socket, {})
  await client.greet()
  await client.introduce('secret')
  client.send(client.session(1))
  await client.ask(client.producer(1, queue('tls')))
  await client.ask(client.consumer(1, queue('tls')))
  // Larger than any buffer on the way.
  for (let i = 1; i <= 20; i++) await client.ask(client.text(1, i, queue('tls'), 'x'.repeat(300_000)))
  for (let i = 1; i <= 20; i++) client.send(client.ack(await client.takeMessage()))
  await client.leave()

  // Who speaks no TLS is not heard, and disturbs nobody.
  const plain = await RawClient.open(address)
  plain.write(Buffer.from('no handshake at all\r\n\r\n'))
  await plain.closed
  await service.stop()
})

test('a TLS address without a certificate is a mistake in the configuration', async () => {
  const service = new BrokerService({ memory: true, listen: ['ssl://127.0.0.1:0'], vmName: null })
  await assert.rejects(service.start(), { code: 'CONFIGURATION_INVALID' })
})
