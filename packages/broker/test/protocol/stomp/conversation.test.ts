import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerService } from '../../../src/service.ts'
import { LineClient, type StompVersion } from './line-client.ts'

const VERSIONS: readonly StompVersion[] = ['1.0', '1.1', '1.2']

async function started(options = ''): Promise<{ service: BrokerService; address: string }> {
  const service = new BrokerService({ memory: true, listen: [`stomp://127.0.0.1:0${options}`], vmName: null })
  await service.start()
  return { service, address: service.addresses[0] ?? '' }
}

for (const version of VERSIONS) {
  test(`${version}: a message is sent, confirmed, delivered, acknowledged`, async () => {
    const { service, address } = await started()
    const client = await LineClient.connect(address, version)
    await client.ask('SEND', { destination: '/queue/A', persistent: 'true', colour: 'red' }, 'hello')
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '1', ack: 'client' })
    const message = await client.message()
    assert.equal(message.body.toString(), 'hello')
    assert.equal(message.headers['destination'], '/queue/A')
    assert.equal(message.headers['subscription'], '1')
    assert.equal(message.headers['persistent'], 'true')
    assert.equal(message.headers['priority'], '4')
    assert.equal(message.headers['expires'], '0')
    assert.equal(message.headers['colour'], 'red')
    assert.equal(message.headers['content-length'], undefined)
    assert.match(message.headers['message-id'] ?? '', /^ID:.*-2:1:-1:1:1$/)
    await client.ask('ACK', acknowledged(version, message.headers))
    await client.ask('UNSUBSCRIBE', { id: '1', destination: '/queue/A' })
    await client.ask('SUBSCRIBE', { destination: '/queue/A', id: '2' })
    await client.ask('SEND', { destination: '/queue/A' }, 'next')
    const next = await client.message()
    assert.equal(next.body.toString(), 'next')
    assert.equal(next.headers['redelivered'], undefined)
    await client.leave()
    await service.stop()
  })
}

function acknowledged(version: StompVersion, headers: Readonly<Record<string, string>>): Record<string, string> {
  if (version === '1.2') return { id: headers['ack'] ?? '' }
  return { 'message-id': headers['message-id'] ?? '', subscription: headers['subscription'] ?? '' }
}
