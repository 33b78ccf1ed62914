import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError } from '../src/errors.ts'
import { formatBrokerUrl, parseBrokerUrl, redact } from '../src/uri.ts'

test('a simple URL has host, port, local address and options', () => {
  const url = parseBrokerUrl('tcp://broker.example:61617/localhost:60606?keepAlive=true&trace&name=a+b%26c')
  assert.equal(url.scheme, 'tcp')
  assert.equal(url.host, 'broker.example')
  assert.equal(url.port, 61617)
  assert.equal(url.path, 'localhost:60606')
  assert.equal(url.components, null)
  assert.deepEqual(
    [...url.query],
    [
      ['keepAlive', 'true'],
      ['trace', null],
      ['name', 'a b&c'],
    ],
  )
})

test('schemes that mean the same on the client', () => {
  const schemes = ['nio', 'auto', 'auto+nio', 'nio+ssl', 'auto+ssl', 'auto+nio+ssl', 'activemq:tcp', 'TCP']
  assert.deepEqual(
    schemes.map((scheme) => parseBrokerUrl(`${scheme}://h:1`).scheme),
    ['tcp', 'tcp', 'tcp', 'ssl', 'ssl', 'ssl', 'tcp', 'tcp'],
  )
})

test('an address of version 6 stands in brackets', () => {
  const url = parseBrokerUrl('tcp://[::1]:61616')
  assert.equal(url.host, '::1')
  assert.equal(formatBrokerUrl(url), 'tcp://[::1]:61616')
})

test('a composite with parentheses has options of its own', () => {
  for (const text of [
    'failover:(tcp://a:1,tcp://b:2?keepAlive=true)?randomize=false',
    'failover://( tcp://a:1 , tcp://b:2?keepAlive=true )?randomize=false',
  ]) {
    const url = parseBrokerUrl(text)
    assert.deepEqual(url.components?.map(formatBrokerUrl), ['tcp://a:1', 'tcp://b:2'])
    assert.equal(url.components?.[1]?.query.get('keepAlive'), 'true')
    assert.equal(url.query.get('randomize'), 'false')
  }
})

test('in a list without parentheses the options belong to the last URL', () => {
  const url = parseBrokerUrl('failover:tcp://a:1,tcp://b:2?keepAlive=true')
  assert.equal(url.query.size, 0)
  assert.equal(url.components?.[1]?.query.get('keepAlive'), 'true')
  assert.deepEqual(parseBrokerUrl('failover://tcp://localhost:61616').components?.map(formatBrokerUrl), [
    'tcp://localhost:61616',
  ])
})

test('composites nest, and commas inside do not split', () => {
  const url = parseBrokerUrl('failover:(failover:(tcp://a:1,tcp://b:2)?timeout=3,tcp://c:3)?jms.useAsyncSend=true')
  assert.equal(url.components?.length, 2)
  assert.equal(url.components?.[0]?.components?.length, 2)
  assert.equal(url.components?.[0]?.query.get('timeout'), '3')
  assert.equal(url.query.get('jms.useAsyncSend'), 'true')
})

test('what is no URL is refused', () => {
  for (const text of [
    '',
    'localhost',
    'failover:(tcp://a:1',
    'failover:tcp://a:1)',
    'tcp://a:b:c',
    'tcp://a:70000',
    'tcp://a?x=%',
  ]) {
    assert.throws(() => parseBrokerUrl(text), ConfigurationError, text)
  }
})

test('secrets do not get into logs and errors', () => {
  const text = redact('tcp://h:1?jms.password=secret&keyStorePassword=other&x=1')
  assert.equal(text, 'tcp://h:1?jms.password=***&keyStorePassword=***&x=1')
  assert.throws(
    () => parseBrokerUrl('failover:(tcp://h:1?jms.password=hunter2'),
    (error) => {
      assert.doesNotMatch(String(error), /hunter2/)
      return true
    },
  )
})
