import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { type Credentials, ConnectionFactory, type ConnectionFactoryOptions } from '@millrace/client'
import { type ConnectionInfo, DataType } from '@millrace/openwire'
import { startBroker } from './fixture.ts'
import { Relay } from './relay.ts'

test('without a URL the broker of this machine is meant, with fail-over', () => {
  assert.equal(new ConnectionFactory().brokerURL, 'failover://tcp://localhost:61616')
})

test('user name and password go to the broker; the call beats the options, and they beat the URL', async (t) => {
  const broker = await startBroker(t)
  const relay = await Relay.between(t, broker.url)
  const url = `${relay.url}?jms.userName=url&jms.password=of-url`
  const say = async (options: ConnectionFactoryOptions, credentials: Credentials): Promise<void> => {
    const connection = await new ConnectionFactory(url, options).createConnection(credentials)
    await connection.start()
    await connection.close()
  }
  await say({}, {})
  await say({ userName: 'option', password: 'of-option' }, {})
  await say({ userName: 'option', password: 'of-option' }, { userName: 'call', password: 'of-call' })
  assert.deepEqual(
    relay.ofType<ConnectionInfo>(DataType.ConnectionInfo).map((info) => [info.userName, info.password]),
    [
      ['url', 'of-url'],
      ['option', 'of-option'],
      ['call', 'of-call'],
    ],
  )
})

test('generated ids begin with the prefixes that were asked for', async (t) => {
  const broker = await startBroker(t)
  const connection = await broker.connect({ clientIDPrefix: 'shop', connectionIDPrefix: 'till' })
  assert.match(connection.clientID ?? '', /^shop-/)
  assert.match(connection.id.value ?? '', /^till-/)
})

test('a connection comes from the local address that its URL names', async (t) => {
  const broker = await startBroker(t)
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const free = (probe.address() as AddressInfo).port
  await new Promise((resolve) => probe.close(resolve))
  const relay = await Relay.between(t, broker.url)
  const connection = await new ConnectionFactory(`${relay.url}/localhost:${free}?keepAlive=true`).createConnection()
  await connection.start()
  await connection.close()
  assert.deepEqual(relay.callers, [free])
})
