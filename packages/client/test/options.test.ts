import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFactory } from '../src/connection-factory.ts'
import { ConfigurationError } from '../src/errors.ts'
import { type ConnectionFactoryOptions, jmsOptionsOf, linkOptionsOf, prefetchPolicy } from '../src/options.ts'
import { parseBrokerUrl } from '../src/uri.ts'

const NONE = { wireFormat: {}, transport: {}, failover: {}, tls: {} }

test('jms options are read from the outer URL, with their types', () => {
  const url = parseBrokerUrl(
    'failover:(tcp://a:1)?jms.useAsyncSend=true&jms.sendTimeout=5000&jms.userName=me&jms.useCompression' +
      '&jms.prefetchPolicy.queuePrefetch=1&jms.redeliveryPolicy.maximumRedeliveries=-1',
  )
  assert.deepEqual(jmsOptionsOf(url), {
    useAsyncSend: true,
    sendTimeout: 5000,
    userName: 'me',
    useCompression: false,
    prefetchPolicy: { queuePrefetch: 1 },
    redeliveryPolicy: { maximumRedeliveries: -1 },
  })
})

test('the prefixes of other clients mean the same, and case does not matter', () => {
  const url = parseBrokerUrl('tcp://a:1?connection.useAsyncSend=true&nms.AlwaysSyncSend=true')
  assert.deepEqual(jmsOptionsOf(url), { useAsyncSend: true, alwaysSyncSend: true })
})

test('options that mean nothing here are accepted', () => {
  const url = parseBrokerUrl(
    'tcp://a:1?jms.trustAllPackages=true&soLinger=5&wireFormat.providerName=x&jms.alwaysSessionAsync=false',
  )
  assert.deepEqual(jmsOptionsOf(url), {})
  assert.deepEqual(linkOptionsOf(url, NONE), NONE)
})

test('unknown options are refused everywhere, with a hint', () => {
  const wrong: [string, RegExp][] = [
    ['tcp://a:1?jms.useAsyncSent=true', /"jms.useAsyncSent"; did you mean "jms.useAsyncSend"/],
    ['tcp://a:1?jms.prefetchPolicy.queuePrefetsh=1', /did you mean "jms.prefetchPolicy.queuePrefetch"/],
    ['tcp://a:1?wireFormat.maxInactivityDurations=1', /did you mean "wireFormat.maxInactivityDuration"/],
    ['tcp://a:1?connectionTimout=1', /did you mean "connectionTimeout"/],
    ['tcp://a:1?socket.keepAliv=1', /did you mean "keepAlive"/],
    ['tcp://a:1?verifyHostName=false', /unknown option "verifyHostName"/],
    ['failover:(tcp://a:1)?randomise=false', /did you mean "randomize"/],
    ['failover:(tcp://a:1)?wireFormat.cacheSize=1', /did you mean "nested.wireFormat.cacheSize"/],
    ['tcp://a:1?zzzzzzzzzz=1', /unknown option "zzzzzzzzzz"$/],
  ]
  for (const [url, message] of wrong) {
    assert.throws(
      () => new ConnectionFactory(url),
      (error) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('typed options are checked like the URL', () => {
  assert.throws(
    () => new ConnectionFactory('tcp://a:1', { useAsyncSent: true } as ConnectionFactoryOptions),
    /useAsyncSend/,
  )
  assert.throws(
    () => new ConnectionFactory('tcp://a:1', { sendTimeout: '5' } as unknown as ConnectionFactoryOptions),
    /wants a number, got string/,
  )
  assert.throws(() => new ConnectionFactory('tcp://a:1?jms.sendTimeout=soon'), /wants a number, got "soon"/)
})

test('what is passed as an object beats the URL, and with makes another factory', () => {
  const factory = new ConnectionFactory('tcp://a:1?jms.useAsyncSend=true', { prefetchPolicy: { queuePrefetch: 5 } })
  const other = factory.with({ useAsyncSend: false, prefetchPolicy: { topicPrefetch: 6 } })
  assert.deepEqual(other.options.prefetchPolicy, { queuePrefetch: 5, topicPrefetch: 6 })
  assert.deepEqual(factory.options.prefetchPolicy, { queuePrefetch: 5 })
  assert.equal(other.brokerURL, factory.brokerURL)
})

test('options of fail-over stand in the URL or in the object, which beats it', () => {
  const url = parseBrokerUrl('failover:(tcp://a:1)?backOffMultiplier=3&randomize=false&nested.keepAlive=true&timeout=5')
  const found = linkOptionsOf(url, { ...NONE, failover: { timeout: 7 } })
  assert.deepEqual(found.failover, { reconnectDelayExponent: 3, randomize: false, timeout: 7 })
  assert.deepEqual(found.transport, {})
  const wrong = { failover: { timeOut: 7 } } as ConnectionFactoryOptions
  assert.throws(() => new ConnectionFactory('failover:(tcp://a:1)', wrong), /did you mean "failover.timeout"/)
  const text = { failover: { timeout: '7' } } as unknown as ConnectionFactoryOptions
  assert.throws(() => new ConnectionFactory('failover:(tcp://a:1)', text), /"failover.timeout" wants a number/)
})

test('options of sockets and TLS', () => {
  const url = parseBrokerUrl(
    'ssl://a:1?socket.verifyHostName=false&socket.keepAlive=true&socket.enabledCipherSuites=A,B&minmumWireFormatVersion=3',
  )
  assert.deepEqual(linkOptionsOf(url, NONE), {
    wireFormat: {},
    transport: { verifyHostName: false, keepAlive: true, minimumWireFormatVersion: 3 },
    failover: {},
    tls: { ciphers: 'A:B' },
  })
})

test('prefetch: all sets the five, a single one beats it, and 32767 is the most', () => {
  assert.deepEqual(prefetchPolicy({ all: 7, topicPrefetch: 100_000 }), {
    queuePrefetch: 7,
    queueBrowserPrefetch: 7,
    topicPrefetch: 32_767,
    durableTopicPrefetch: 7,
    optimizeDurableTopicPrefetch: 7,
    maximumPendingMessageLimit: 0,
  })
  assert.equal(prefetchPolicy().queuePrefetch, 1000)
})
